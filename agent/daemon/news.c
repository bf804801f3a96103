/* SPDX-License-Identifier: GPL-2.0-or-later */
/* news.c - what is logged about a port, and only once */
#include "agent/daemon/news.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/base/text.h"

static void log_attached(const struct look *look)
{
	const struct wish *wish = &look->wish;
	const char *kind = "bridge";

	if (wish->kind == NETWORK_MACVTAP)
		kind = "device";
	log_msg(LOG_INFO, "%s: attached to %s %s (network %s, requested by %s)%s%s",
		look->name, kind, wish_place(wish), wish->network,
		source_name(wish->by),
		look->unused[0] ? "; not carried out: " : "", look->unused);
}

static void log_found(const struct look *look, bool news)
{
	int level = LOG_INFO;

	if (look->verdict == REFUSED || look->verdict == FAILED)
		level = LOG_WARNING;
	if (!news)
		level = LOG_DEBUG;
	if (look->verdict == IN_ORDER && (news || look->joined))
		log_attached(look);
	else if (look->verdict == NOT_OURS && look->steps)
		log_msg(LOG_INFO, "%s: %s", look->name,
			look->state.record.made ? "deleted" : "detached");
	else if (look->verdict != NOT_OURS && look->reason[0])
		log_msg(level, "%s: %s", look->name, look->reason);
}

bool news_of(const struct keeper_ops *ops, struct port *p,
	     const struct look *look)
{
	uint32_t said = text_hash(TEXT_HASH_START, look->reason,
				  strlen(look->reason));
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

	text_reason(gone.reason, "it no longer exists");
	memcpy(gone.name, p->name, sizeof(gone.name));
	if (ops->news && p->name[0])
		ops->news(&gone, ops->arg);
}

void news_failed(const struct port *p, int error)
{
	int level = p->tries ? LOG_DEBUG : LOG_WARNING;
	char name[32];

	/* It has no name before the first check. */
	if (p->name[0])
		(void)text_copy(name, sizeof(name), p->name);
	else if (p->id.is_nic)
		(void)snprintf(name, sizeof(name), "vif%" PRIu32 ".%" PRIu32,
			       p->id.nic.domid, p->id.nic.devid);
	else
		(void)snprintf(name, sizeof(name), "link %d", p->id.ifindex);
	log_msg(level, "%s: check failed: %s", name, strerror(-error));
}
