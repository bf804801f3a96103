/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log.h - messages to stderr, with their level if stderr is the journal */
#ifndef VIFAGENT_LOG_H
#define VIFAGENT_LOG_H

#include <stdbool.h>
#include <syslog.h>

/* Call this first.  If stderr is the journal, each line begins with its level
 * (sd-daemon(3)).  @debug: print LOG_DEBUG, too. */
void log_open(bool debug);

/*
 * log_msg() - print one line
 * @level:	LOG_ERR, LOG_WARNING, LOG_INFO or LOG_DEBUG
 *
 * The format must be a constant of the program.
 */
__attribute__((format(printf, 2, 3)))
void log_msg(int level, const char *fmt, ...);

/* The same, but if *@said is set the level is LOG_DEBUG.  Sets it. */
#define log_once(said, level, ...) \
	(log_msg(*(said) ? LOG_DEBUG : (level), __VA_ARGS__), *(said) = true)

#endif
