/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log.h - messages to stderr, with levels if that is the journal */
#ifndef VIFAGENT_LOG_H
#define VIFAGENT_LOG_H

#include <stdbool.h>
#include <syslog.h>

/* Is stderr the journal?  Then each line says its level (sd-daemon(3)). */
void log_open(bool debug);

/*
 * log_msg() - one line
 * @level:	LOG_ERR, LOG_WARNING, LOG_INFO or LOG_DEBUG
 *
 * A format comes from the program, never from outside.
 */
__attribute__((format(printf, 2, 3)))
void log_msg(int level, const char *fmt, ...);

/* The same, unless @said is set; sets it.  Then it is for debugging only. */
#define log_once(said, level, ...) \
	(log_msg(*(said) ? LOG_DEBUG : (level), __VA_ARGS__), *(said) = true)

#endif
