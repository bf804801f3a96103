/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vlan.c - the VLANs of a bridge's port, and how they are written */
#include "agent/core/vlan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "naming/naming.h"

/* ---- a set of VLANs ---------------------------------------------------- */

static void set_bit(uint32_t *bits, unsigned int n, bool on)
{
	const uint32_t bit = 1U << n % 32;

	if (on)
		bits[n / 32] |= bit;
	else
		bits[n / 32] &= ~bit;
}

void vlans_put(struct vlans *v, const struct vlan_range *r)
{
	for (unsigned int vid = r->first; vid <= r->last; vid++) {
		set_bit(v->member, vid, true);
		set_bit(v->untagged, vid, r->is_untagged);
		if (r->is_pvid)
			v->pvid = (uint16_t)vid;
		else if (v->pvid == vid)
			v->pvid = 0;
	}
}

bool vlans_equal(const struct vlans *a, const struct vlans *b)
{
	return a->pvid == b->pvid &&
	       memcmp(a->member, b->member, sizeof(a->member)) == 0 &&
	       memcmp(a->untagged, b->untagged, sizeof(a->untagged)) == 0;
}

bool vlans_next(const struct vlans *v, unsigned int from,
		struct vlan_range *ret)
{
	unsigned int vid = from;

	while (vid <= VLAN_MAX && !vlans_have(v, vid))
		vid++;
	if (vid > VLAN_MAX)
		return false;
	*ret = (struct vlan_range) { .first = (uint16_t)vid,
				     .is_pvid = vid == v->pvid,
				     .is_untagged = vlans_have_untagged(v, vid) };
	while (!ret->is_pvid && vid < VLAN_MAX && vlans_have(v, vid + 1) &&
	       vid + 1 != v->pvid &&
	       vlans_have_untagged(v, vid + 1) == ret->is_untagged)
		vid++;
	ret->last = (uint16_t)vid;
	return true;
}

/* ---- reading ----------------------------------------------------------- */

/* One entry: from .first to .last in steps of .step. */
struct entry {
	uint32_t first, last, step;
	bool p, u, t;
};

struct parser {
	struct vlans vlans;
	unsigned int count;		/* of VLANs */
	bool has_t;
	char *error;
};

__attribute__((format(printf, 2, 3)))
static int wrong(struct parser *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(p->error, REASON_SIZE, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int bad_syntax(struct parser *p)
{
	return wrong(p, "write VLANs as in 10, 10p/20, 10p/100-110 or 10p/100+10x4");
}

/* A number that is large, but a number, gets another sentence than nonsense. */
static const char *number(const char *s, uint32_t *ret)
{
	return s ? vif_number_parse(s, 1000000, ret) : NULL;
}

/* "10", "10-20" or "100+10x4"; returns what follows, or NULL. */
static const char *read_range(const char *s, struct entry *e)
{
	uint32_t count;

	s = number(s, &e->first);
	e->last = e->first;
	e->step = 1;
	if (s && *s == '-')
		return number(s + 1, &e->last);
	if (!s || *s != '+')
		return s;
	s = number(s + 1, &e->step);
	if (!s || *s != 'x')
		return NULL;
	s = number(s + 1, &count);
	if (s && (e->step > VLAN_MAX || count > VLAN_MAX))
		e->last = VLAN_MAX + 1;
	else if (s)
		e->last = e->first + e->step * count;
	return s;
}

/* "p", "u", "t", "pt" or nothing; returns what follows. */
static const char *read_suffix(const char *s, struct entry *e)
{
	e->p = *s == 'p';
	s += e->p;
	e->u = *s == 'u' && !e->p;
	e->t = *s == 't';
	return s + (e->u || e->t);
}

static int check_entry(struct parser *p, const struct entry *e)
{
	if (e->first < VLAN_MIN || e->first > VLAN_MAX || e->last > VLAN_MAX ||
	    e->last < VLAN_MIN)
		return wrong(p, "the numbers of VLANs are %d to %d", VLAN_MIN,
			     VLAN_MAX);
	if (e->last < e->first)
		return wrong(p, "%u-%u ends before it begins", e->first,
			     e->last);
	if (e->step == 0)
		return wrong(p, "a step of 0 names VLAN %u twice", e->first);
	if (e->p && e->first != e->last)
		return wrong(p, "only one VLAN can be the PVID (p)");
	if (e->p && p->vlans.pvid)
		return wrong(p, "%u and %u are both marked as the PVID (p), but a port has one",
			     p->vlans.pvid, e->first);
	return 0;
}

static int add_entry(struct parser *p, const struct entry *e)
{
	int r = check_entry(p, e);

	for (uint32_t vid = e->first; r == 0 && vid <= e->last; vid += e->step) {
		const struct vlan_range one = {
			.first = (uint16_t)vid, .last = (uint16_t)vid,
			.is_pvid = e->p, .is_untagged = e->u || (e->p && !e->t),
		};

		if (vlans_have(&p->vlans, vid))
			r = wrong(p, "VLAN %u is named twice", vid);
		vlans_put(&p->vlans, &one);
		p->count++;
	}
	p->has_t |= e->t;
	return r;
}

/* The only one is the PVID without being marked. */
static int check_pvid(struct parser *p)
{
	struct vlan_range only;

	if (p->vlans.pvid || p->has_t)
		return 0;
	if (p->count > 1)
		return wrong(p, "none is marked as the PVID, the VLAN of untagged frames: write 10p/20, or 10t/20 for tagged frames only");
	(void)vlans_next(&p->vlans, VLAN_MIN, &only);
	only.is_pvid = only.is_untagged = true;
	vlans_put(&p->vlans, &only);
	return 0;
}

int vlans_parse(const char *text, struct vlans *ret, char error[REASON_SIZE])
{
	struct parser p = { .error = error };
	const char *s = text;
	int r = 0;

	do {
		struct entry e = { 0 };

		s = read_range(s + (s != text), &e);
		if (s)
			s = read_suffix(s, &e);
		if (!s || (*s && *s != '/'))
			return bad_syntax(&p);
		r = add_entry(&p, &e);
	} while (r == 0 && *s);
	if (r == 0)
		r = check_pvid(&p);
	if (r == 0)
		*ret = p.vlans;
	return r;
}

/* ---- writing ----------------------------------------------------------- */

/* Without a PVID each tagged VLAN says that it is tagged. */
static const char *suffix(const struct vlans *v, const struct vlan_range *r)
{
	if (r->is_pvid)
		return r->is_untagged ? "p" : "pt";
	if (r->is_untagged)
		return "u";
	return v->pvid ? "" : "t";
}

int vlans_print(const struct vlans *v, char buf[VLAN_TEXTSIZE])
{
	struct vlan_range r;
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned int from = VLAN_MIN; vlans_next(v, from, &r);
	     from = r.last + 1U) {
		char text[16];
		int n = snprintf(text, sizeof(text), "%s%u", len ? "/" : "",
				 r.first);

		if (r.last != r.first)
			n += snprintf(text + n, sizeof(text) - (size_t)n,
				      "-%u", r.last);
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s",
			      suffix(v, &r));
		/* There must be room for the dots. */
		if (len + (size_t)n + 4 > VLAN_TEXTSIZE) {
			memcpy(buf + len, "...", 4);
			return -E2BIG;
		}
		memcpy(buf + len, text, (size_t)n + 1);
		len += (size_t)n;
	}
	return (int)len;
}
