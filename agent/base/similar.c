/* SPDX-License-Identifier: GPL-2.0-or-later */
/* similar.c - which word may have been meant? */
#include "agent/base/similar.h"

#include <string.h>

#define WORD_MAX 16

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters must be added, removed, replaced or swapped with the next
 * one to make @b of @a; both are shorter than WORD_MAX. */
static size_t distance(const char *a, const char *b)
{
	size_t d[WORD_MAX][WORD_MAX];
	size_t a_len = strlen(a), b_len = strlen(b);

	for (size_t i = 0; i <= a_len; i++) {
		for (size_t j = 0; j <= b_len; j++) {
			d[i][j] = i + j;
			if (i == 0 || j == 0)
				continue;
			d[i][j] = min(d[i - 1][j], d[i][j - 1]) + 1;
			d[i][j] = min(d[i][j], d[i - 1][j - 1] +
					       (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = min(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[a_len][b_len];
}

/* At most every third letter is wrong, or the end is missing. */
const char *similar_word(const char *word, const char *(*nth)(size_t i), size_t n)
{
	size_t len = strlen(word), nearest = len / 3 + 1;
	const char *found = NULL;

	if (len < 2 || len >= WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const char *known = nth(i);
		size_t d = strlen(known) < WORD_MAX ? distance(word, known) : WORD_MAX;

		if (strncmp(known, word, len) == 0)
			d = 0;
		if (d < nearest || (d == nearest && !found)) {
			nearest = d;
			found = known;
		}
	}
	return found;
}
