/* SPDX-License-Identifier: GPL-2.0-or-later */
/* news.c - what is logged about a port, and only once */
#include "agent/daemon/news.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/base/text.h"

/* For so many tries, some 3 s, nothing is said of a link that is missing: netback
 * takes its time with nearly every NIC. */
#define TRIES_BEFORE_MISSING 3

static void log_place(const char *label, const struct look *look,
		      const char *what)
{
	const struct wish *wish = &look->wish;
	const char *kind = "bridge";

	if (wish->kind == NETWORK_MACVTAP)
		kind = "device";
	log_msg(LOG_INFO, "%s: %s %s %s (network %s, requested by %s)%s%s%s%s",
		label, what, kind, wish_place(wish), wish->network,
		source_name(wish->by),
		look->unused[0] ? "; ignored keys: " : "", look->unused,
		look->reason[0] ? "; " : "", look->reason);
}

/* @last: where it was on before */
static void log_in_order(const char *label, const struct look *look, bool news,
			 const struct place *last)
{
	if (news || look->joined)
		log_place(label, look, "attached to");
	else if (look->steps && strcmp(last->name, state_place(&look->state)->name) != 0)
		log_place(label, look, "moved to");
	else if (look->done[0])
		log_msg(LOG_INFO, "%s: corrected: %s", label, look->done);
}

static void log_left(const char *label, const struct look *look)
{
	const char *what = look->state.record.made ? "deleted" : "detached";
	const char *why = "";

	if (look->goal == GOAL_LEAVE_DEAD)
		why = ", because its NIC is gone";
	log_msg(LOG_INFO, "%s: %s%s", label, what, why);
}

static bool is_missing(const struct look *look)
{
	return !look->found && look->verdict == WAITING;
}

static void log_obstacle(const char *label, const struct look *look, bool news)
{
	int level = LOG_INFO;

	if (look->verdict == REFUSED || look->verdict == FAILED)
		level = LOG_WARNING;
	if (!news)
		level = LOG_DEBUG;
	log_msg(level, "%s: %s", label, look->reason);
}

static void log_found(const struct port *p, const struct look *look, bool news)
{
	char label[PORT_LABEL_SIZE];

	port_label(label, &look->id, look->part, look->name);
	if (look->verdict == IN_ORDER)
		log_in_order(label, look, news, &p->place[look->part]);
	else if (look->verdict == NOT_OURS && look->steps)
		log_left(label, look);
	else if (is_missing(look))
		log_obstacle(label, look, p->tries == TRIES_BEFORE_MISSING);
	else if (look->verdict != NOT_OURS && look->reason[0])
		log_obstacle(label, look, news);
}

bool news_of(const struct keeper_ops *ops, struct port *p,
	     const struct look *look)
{
	uint32_t said = text_hash(TEXT_HASH_START, look->reason,
				  strlen(look->reason));
	enum part part = look->part;
	bool news = p->verdict[part] != look->verdict || p->said[part] != said;

	if (ops->news && news)
		ops->news(look, ops->arg);
	if (!ops->passive)
		log_found(p, look, news);
	p->verdict[part] = look->verdict;
	p->said[part] = said;
	return news;
}

/* It was a port until now. */
static bool was_port(const struct port *p)
{
	return p->name[0] && (p->place[PART_VIF].ifindex ||
			      p->place[PART_EMU].ifindex);
}

void news_gone(const struct keeper_ops *ops, const struct port *p)
{
	struct look gone = { .id = p->id, .verdict = NOT_OURS };
	char label[PORT_LABEL_SIZE];

	text_reason(gone.reason, "it no longer exists");
	memcpy(gone.name, p->name, sizeof(gone.name));
	if (ops->news && p->name[0])
		ops->news(&gone, ops->arg);
	port_label(label, &p->id, PART_VIF, p->name);
	if (!ops->passive && was_port(p))
		log_msg(LOG_INFO, "%s: its link has been removed", label);
}

void news_failed(const struct port *p, int error)
{
	int level = p->tries ? LOG_DEBUG : LOG_WARNING;
	char label[PORT_LABEL_SIZE];

	port_label(label, &p->id, PART_VIF, p->name);
	/* It has no name before the first check. */
	if (!label[0])
		(void)snprintf(label, sizeof(label), "link %d", p->id.ifindex);
	log_msg(level, "%s: check failed: %s", label, strerror(-error));
}
