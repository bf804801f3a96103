/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rate.c - how fast a port may send and receive */
#include "agent/core/rate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t"

/* The largest first, for rate_print(). */
static const struct {
	const char *name;
	uint32_t kbit;
} units[] = { { "gbit", 1000000 }, { "mbit", 1000 }, { "kbit", 1 } };

#define UNITS (sizeof(units) / sizeof(units[0]))

/* "20mbit" */
static int parse_one(const char *word, uint32_t *ret)
{
	size_t digits = strspn(word, "0123456789");
	unsigned long n;
	char number[16];

	if (digits == 0 || digits >= sizeof(number))
		return -EINVAL;
	memcpy(number, word, digits);
	number[digits] = '\0';
	for (size_t i = 0; i < UNITS; i++) {
		if (strcasecmp(word + digits, units[i].name) != 0)
			continue;
		if (text_number(number, RATE_MAX / units[i].kbit, &n) < 0 ||
		    n * units[i].kbit < RATE_MIN)
			return -EINVAL;
		*ret = (uint32_t)n * units[i].kbit;
		return 0;
	}
	return -EINVAL;
}

/* "send 20mbit"; each direction once. */
static int parse_direction(const char *direction, const char *word, struct rate *r)
{
	uint32_t *which = NULL;

	if (strcmp(direction, "send") == 0)
		which = &r->send;
	if (strcmp(direction, "receive") == 0)
		which = &r->receive;
	if (!which || *which || !word)
		return -EINVAL;
	return parse_one(word, which);
}

static int parse_words(char *text, struct rate *ret)
{
	char *save = NULL;
	const char *word = strtok_r(text, BLANKS, &save);
	int r = 0;

	if (!word)
		return -EINVAL;
	if (parse_one(word, &ret->send) == 0) {
		ret->receive = ret->send;
		return strtok_r(NULL, BLANKS, &save) ? -EINVAL : 0;
	}
	for (; word && r == 0; word = strtok_r(NULL, BLANKS, &save))
		r = parse_direction(word, strtok_r(NULL, BLANKS, &save), ret);
	return r;
}

int rate_parse(const char *text, struct rate *ret, char why[REASON_SIZE])
{
	struct rate rate = { 0 };
	char copy[RATE_TEXTSIZE];

	if (strcmp(text, "none") != 0 &&
	    (!text_copy(copy, sizeof(copy), text) || parse_words(copy, &rate) < 0)) {
		text_reason(why, "%s is not a rate: use 16kbit to 400gbit, with the unit kbit, mbit or gbit, for both directions, or send and receive with one each (send 20mbit receive 100mbit), or none",
			    text_quote_str(text).text);
		return -EINVAL;
	}
	*ret = rate;
	return 0;
}

static void print_one(uint32_t kbit, char *buf, size_t size)
{
	size_t i = 0;

	while (kbit % units[i].kbit)
		i++;
	(void)snprintf(buf, size, "%u%s", kbit / units[i].kbit, units[i].name);
}

void rate_print(const struct rate *r, char buf[RATE_TEXTSIZE])
{
	char send[16] = "", receive[16] = "";

	print_one(r->send, send, sizeof(send));
	print_one(r->receive, receive, sizeof(receive));
	if (!rate_is_limited(r))
		buf[0] = '\0';
	else if (r->send == r->receive)
		(void)snprintf(buf, RATE_TEXTSIZE, "%s", send);
	else if (!r->send)
		(void)snprintf(buf, RATE_TEXTSIZE, "receive %s", receive);
	else if (!r->receive)
		(void)snprintf(buf, RATE_TEXTSIZE, "send %s", send);
	else
		(void)snprintf(buf, RATE_TEXTSIZE, "send %s receive %s", send, receive);
}
