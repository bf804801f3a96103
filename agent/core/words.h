/* SPDX-License-Identifier: GPL-2.0-or-later */
/* words.h - steps and verdicts for people */
#ifndef VIFAGENT_WORDS_H
#define VIFAGENT_WORDS_H

#include "agent/core/plan.h"

/* "ok", "not ours", "to do", "waiting", "refused", "failed". */
const char *verdict_name(enum verdict v);

/* A step in words ("master br0, mtu 1500"). */
void step_text(const struct step *step, const struct state *state, char *buf,
	       size_t size);

#endif
