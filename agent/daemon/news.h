/* SPDX-License-Identifier: GPL-2.0-or-later */
/* news.h - what is logged about a port, and only once */
#ifndef VIFAGENT_NEWS_H
#define VIFAGENT_NEWS_H

#include "agent/daemon/keeper-ops.h"
#include "agent/daemon/table.h"

/* Log what a check found, and call ops->news, unless it is what was found
 * last.  Returns whether it is news. */
bool news_of(const struct keeper_ops *ops, struct port *p,
	     const struct look *look);

/* The port is gone. */
void news_gone(const struct keeper_ops *ops, const struct port *p);

/* A check of it failed.  The first time that is a warning. */
void news_failed(const struct port *p, int error);

#endif
