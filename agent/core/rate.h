/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rate.h - how fast a port may send and receive */
#ifndef VIFAGENT_RATE_H
#define VIFAGENT_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/text.h"

/* From the guest's point of view, in kbit/s (1,000 bits); 0: no limit. */
struct rate {
	uint32_t send;
	uint32_t receive;
};

/* kbit/s: at 16, the longest usual Ethernet frame takes most of a second. */
#define RATE_MIN 16
#define RATE_MAX 400000000

/*
 * rate_parse() - read a rate
 * @text:	"100mbit" for both directions; or "send 20mbit", "receive 100mbit", or both
 *		of them; units are kbit, mbit and gbit, as in tc(8)
 *
 * Returns 0; or -EINVAL with @ret untouched and a reason in @why.
 */
int rate_parse(const char *text, struct rate *ret, char why[REASON_SIZE]);

#define RATE_TEXTSIZE 48

/* The inverse; "": no limit. */
void rate_print(const struct rate *r, char buf[RATE_TEXTSIZE]);

static inline bool rate_is_limited(const struct rate *r)
{
	return r->send || r->receive;
}

#endif
