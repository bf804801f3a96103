/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log.c - messages to stderr, with their level if stderr is the journal */
#include "agent/base/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool to_journal;
static bool with_debug;

void log_open(bool debug)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char here[64];
	struct stat st;

	with_debug = debug;
	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return;
	/* "device:inode" of the journal's socket (systemd.exec(5)) */
	(void)snprintf(here, sizeof(here), "%ju:%ju", (uintmax_t)st.st_dev,
		       (uintmax_t)st.st_ino);
	to_journal = strcmp(stream, here) == 0;
}

void log_msg(int level, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (level == LOG_DEBUG && !with_debug)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (to_journal)
		(void)fprintf(stderr, "<%d>%s\n", level, text);
	else
		(void)fprintf(stderr, "%s\n", text);
}
