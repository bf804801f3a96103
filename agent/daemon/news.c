/* SPDX-License-Identifier: GPL-2.0-or-later */
/* news.c - what is logged of a port, and only once */
#include "agent/daemon/news.h"

#include <string.h>

#include "agent/base/log.h"
#include "agent/daemon/hash.h"

static void log_found(const struct look *look, bool news)
{
	int level = LOG_INFO;

	if (look->verdict == REFUSED || look->verdict == FAILED)
		level = LOG_WARNING;
	if (!news)
		level = LOG_DEBUG;
	if (look->verdict == IN_ORDER && (news || look->joined))
		log_msg(LOG_INFO, "%s: on %s (%s, by %s)", look->name,
			wish_place(&look->wish), look->wish.network,
			source_name(look->wish.by));
	else if (look->verdict == NOT_OURS && look->steps)
		log_msg(LOG_INFO, "%s: %s", look->name,
			look->state.record.made ? "deleted" : "left");
	else if (look->verdict != NOT_OURS && look->reason[0])
		log_msg(level, "%s: %s", look->name, look->reason);
}

bool news_of(const struct keeper_ops *ops, struct port *p,
	     const struct look *look)
{
	uint32_t said = hash_text(HASH_START, look->reason);
	enum part part = look->part;
	bool news = p->verdict[part] != look->verdict || p->said[part] != said;

	p->verdict[part] = look->verdict;
	p->said[part] = said;
	if (ops->news && news)
		ops->news(look, ops->arg);
	if (!ops->passive)
		log_found(look, news);
	return news;
}

void news_gone(const struct keeper_ops *ops, const struct port *p)
{
	struct look gone = { .id = p->id, .verdict = NOT_OURS };

	text_reason(gone.reason, "it is gone");
	memcpy(gone.name, p->name, sizeof(gone.name));
	if (ops->news && p->name[0])
		ops->news(&gone, ops->arg);
}

void news_failed(const struct port *p, int error)
{
	log_msg(p->tries ? LOG_DEBUG : LOG_WARNING,
		"a look at a port failed: %s", strerror(-error));
}
