/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz.h - what the fuzzers share */
#ifndef VIFAGENT_FUZZ_H
#define VIFAGENT_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* assert(), which no -DNDEBUG takes away */
#define must(cond)							\
	do {								\
		if (!(cond)) {						\
			(void)fprintf(stderr, "%s:%d: not so: %s\n",	\
				      __FILE__, __LINE__, #cond);	\
			abort();					\
		}							\
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input as a C string, to be freed: what is behind a NUL does not count. */
static inline char *fuzz_string(const uint8_t *data, size_t size)
{
	char *s = malloc(size + 1);

	must(s);
	if (size)
		memcpy(s, data, size);
	s[size] = '\0';
	return s;
}

/* What people are to read: printable ASCII, and some of it. */
static inline void must_be_a_sentence(const char *s)
{
	must(s[0]);
	for (; *s; s++)
		must(*s >= ' ' && *s < 0x7f);
}

#endif
