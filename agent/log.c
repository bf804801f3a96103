/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log.c - messages to stderr, with levels if that is the journal */
#include "agent/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool to_journal;
static bool with_debug;

void log_open(bool debug)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	with_debug = debug;
	/* "device:inode" of the journal's socket (systemd.exec(5)) */
	to_journal = stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 &&
		     fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev &&
		     st.st_ino == ino;
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
