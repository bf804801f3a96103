/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guard.c - from which addresses a port may send, and how fast */
#include "agent/core/guard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/core/mac.h"

/* In records a comma would take three characters. */
#define SEPARATORS ",+"

const char *guard_name(enum guard_kind kind)
{
	static const char *const names[] = {
		[GUARD_NONE] = "none", [GUARD_MAC] = "mac", [GUARD_IP] = "ip",
	};

	return names[kind];
}

int guard_find(const char *name, enum guard_kind *ret)
{
	for (enum guard_kind k = GUARD_NONE; k <= GUARD_IP; k++) {
		if (strcmp(name, guard_name(k)) == 0) {
			*ret = k;
			return 0;
		}
	}
	return -EINVAL;
}

const char *guard_reason_name(enum guard_reason why)
{
	static const char *const names[GUARD_REASONS] = {
		[DROPPED_MAC] = "its MAC",   [DROPPED_VLAN] = "its VLAN",
		[DROPPED_TYPE] = "its type", [DROPPED_ARP] = "its ARP",
		[DROPPED_IP4] = "its IPv4",  [DROPPED_IP6] = "its IPv6",
		[DROPPED_ND] = "its ND",     [DROPPED_DHCP] = "its DHCP",
		[DROPPED_SENT] = "the rate it sent at",
		[DROPPED_RECEIVED] = "the rate it received at",
	};

	return names[why];
}

const char *guard_reason_key(enum guard_reason why)
{
	static const char *const keys[GUARD_REASONS] = {
		[DROPPED_MAC] = "mac",	     [DROPPED_VLAN] = "vlan",
		[DROPPED_TYPE] = "type",     [DROPPED_ARP] = "arp",
		[DROPPED_IP4] = "ipv4",	     [DROPPED_IP6] = "ipv6",
		[DROPPED_ND] = "nd",	     [DROPPED_DHCP] = "dhcp",
		[DROPPED_SENT] = "sent-too-fast", [DROPPED_RECEIVED] = "received-too-fast",
	};

	return keys[why];
}

/* ---- lists ------------------------------------------------------------ */

/* An array of addresses of one size. */
struct list {
	uint8_t *n;
	uint8_t *bytes;
	size_t size;		/* of one */
	size_t max;
	const char *what;	/* "IPv4 addresses" */
};

static struct list macs(struct guard *g)
{
	return (struct list) { &g->n_macs, g->mac[0], sizeof(g->mac[0]),
			       GUARD_MACS, "MAC addresses" };
}

static struct list ip4s(struct guard *g)
{
	return (struct list) { &g->n_ip4, g->ip4[0], sizeof(g->ip4[0]),
			       GUARD_IP4S, "IPv4 addresses" };
}

static struct list ip6s(struct guard *g)
{
	return (struct list) { &g->n_ip6, g->ip6[0], sizeof(g->ip6[0]),
			       GUARD_IP6S, "IPv6 addresses" };
}

static struct list nets(struct guard *g)
{
	return (struct list) { &g->n_nets, g->net[0], sizeof(g->net[0]),
			       GUARD_NETS, "IPv6 prefixes" };
}

static bool has(const struct list *l, const void *one)
{
	for (size_t i = 0; i < *l->n; i++)
		if (memcmp(l->bytes + i * l->size, one, l->size) == 0)
			return true;
	return false;
}

static int add(struct list l, const void *one, char why[REASON_SIZE])
{
	if (has(&l, one))
		return 0;
	if (*l.n == l.max) {
		text_reason(why, "a port may have at most %zu %s", l.max,
			    l.what);
		return -EINVAL;
	}
	memcpy(l.bytes + *l.n * l.size, one, l.size);
	++*l.n;
	return 0;
}

static int wrong(char why[REASON_SIZE], const char *word, const char *what)
{
	text_reason(why, "%s %s", text_quote_str(word).text, what);
	return -EINVAL;
}

/* ---- one address ------------------------------------------------------ */

static int add_mac(struct guard *g, char *word, char why[REASON_SIZE])
{
	uint8_t mac[6];

	if (text_mac(word, mac) < 0)
		return wrong(why, word, "is not a MAC address: write six bytes like 52:54:00:12:34:56");
	if (mac_is_multicast(mac) || mac_is_zero(mac))
		return wrong(why, word, "cannot be a NIC's address: it is a multicast address or all zero");
	return add(macs(g), mac, why);
}

/* Not this network, loopback, multicast or reserved (RFC 6890). */
static bool is_host4(const uint8_t a[4])
{
	return a[0] != 0 && a[0] != 127 && a[0] < 224;
}

/* Not ::/8, which has the unspecified and the loopback address, or multicast. */
static bool is_host6(const uint8_t a[16])
{
	return a[0] != 0 && a[0] != 0xff;
}

/* @bits: the length of its prefix, or NULL */
static int add_ip4(struct guard *g, const char *word, const uint8_t a[4],
		   const char *bits, char why[REASON_SIZE])
{
	if (bits && strcmp(bits, "32") != 0)
		return wrong(why, word, "has a prefix: of IPv4 only single addresses can be given");
	if (!is_host4(a))
		return wrong(why, word, "cannot be the address of a guest");
	return add(ip4s(g), a, why);
}

static int add_ip6(struct guard *g, const char *word, const uint8_t a[16],
		   const char *bits, char why[REASON_SIZE])
{
	static const uint8_t no_host[8];

	if (!is_host6(a))
		return wrong(why, word, "cannot be the address of a guest");
	if (!bits || strcmp(bits, "128") == 0)
		return add(ip6s(g), a, why);
	if (strcmp(bits, "64") != 0)
		return wrong(why, word, "has a prefix of another length than 64: give single addresses, or prefixes of 64 bits");
	if (memcmp(a + 8, no_host, sizeof(no_host)) != 0)
		return wrong(why, word, "has bits behind its prefix: the last 64 bits of a prefix are 0");
	return add(nets(g), a, why);
}

static int add_ip(struct guard *g, char *word, char why[REASON_SIZE])
{
	char whole[64], *slash;
	uint8_t a[16];

	if (!text_copy(whole, sizeof(whole), word))
		return wrong(why, word, "is not an IP address");
	slash = strchr(word, '/');
	if (slash)
		*slash++ = '\0';
	if (inet_pton(AF_INET, word, a) == 1)
		return add_ip4(g, whole, a, slash, why);
	if (inet_pton(AF_INET6, word, a) == 1)
		return add_ip6(g, whole, a, slash, why);
	return wrong(why, whole, "is not an IP address: write 192.0.2.1, 2001:db8::1 or 2001:db8::/64, several separated by commas");
}

/* ---- texts ------------------------------------------------------------ */

typedef int (*add_fn)(struct guard *g, char *word, char why[REASON_SIZE]);

static int add_words(struct guard *g, const char *text, const char *separators,
		     add_fn fn, char why[REASON_SIZE])
{
	char copy[GUARD_TEXTSIZE];
	char *save = NULL;

	if (!text_copy(copy, sizeof(copy), text)) {
		text_reason(why, "the list is too long");
		return -EINVAL;
	}
	for (char *word = strtok_r(copy, separators, &save); word;
	     word = strtok_r(NULL, separators, &save)) {
		int r = fn(g, word, why);

		if (r < 0)
			return r;
	}
	return 0;
}

int guard_parse_macs(const char *text, struct guard *ret,
		     char why[REASON_SIZE])
{
	struct guard g = *ret;
	int r;

	g.n_macs = 0;
	r = add_words(&g, text, SEPARATORS, add_mac, why);
	if (r == 0 && g.n_macs == 0)
		r = wrong(why, text, "has no MAC address");
	if (r == 0)
		*ret = g;
	return r;
}

int guard_parse_ips(const char *text, struct guard *ret, char why[REASON_SIZE])
{
	struct guard g = *ret;
	int r;

	g.n_ip4 = g.n_ip6 = g.n_nets = 0;
	r = add_words(&g, text, SEPARATORS " ", add_ip, why);
	if (r == 0 && !guard_has_ips(&g))
		r = wrong(why, text, "has no IP address");
	if (r == 0)
		*ret = g;
	return r;
}

static void put_word(char buf[GUARD_TEXTSIZE], char separator, const char *word)
{
	size_t len = strlen(buf);

	(void)snprintf(buf + len, GUARD_TEXTSIZE - len, "%.*s%s", len > 0,
		       &separator, word);
}

void guard_print_macs(const struct guard *g, char separator,
		      char buf[GUARD_TEXTSIZE])
{
	char word[MAC_TEXTSIZE];

	buf[0] = '\0';
	for (size_t i = 0; i < g->n_macs; i++) {
		text_mac_print(word, g->mac[i]);
		put_word(buf, separator, word);
	}
}

void guard_print_ips(const struct guard *g, char separator,
		     char buf[GUARD_TEXTSIZE])
{
	char word[INET6_ADDRSTRLEN], prefix[INET6_ADDRSTRLEN + sizeof("/64")];

	buf[0] = '\0';
	for (size_t i = 0; i < g->n_ip4; i++)
		put_word(buf, separator, inet_ntop(AF_INET, g->ip4[i], word,
						   sizeof(word)));
	for (size_t i = 0; i < g->n_ip6; i++)
		put_word(buf, separator, inet_ntop(AF_INET6, g->ip6[i], word,
						   sizeof(word)));
	for (size_t i = 0; i < g->n_nets; i++) {
		uint8_t net[16] = { 0 };

		memcpy(net, g->net[i], sizeof(g->net[i]));
		(void)snprintf(prefix, sizeof(prefix), "%s/64",
			       inet_ntop(AF_INET6, net, word, sizeof(word)));
		put_word(buf, separator, prefix);
	}
}

/* ---- the rest --------------------------------------------------------- */

bool guard_has_ips(const struct guard *g)
{
	return g->n_ip4 > 0 || g->n_ip6 > 0 || g->n_nets > 0;
}

void guard_merge(struct guard *g, const struct guard *lower)
{
	struct guard both = *lower;

	both.kind = g->kind;
	if (g->n_macs > 0) {
		both.n_macs = g->n_macs;
		memcpy(both.mac, g->mac, sizeof(both.mac));
	}
	if (guard_has_ips(g)) {
		both.n_ip4 = g->n_ip4;
		both.n_ip6 = g->n_ip6;
		both.n_nets = g->n_nets;
		memcpy(both.ip4, g->ip4, sizeof(both.ip4));
		memcpy(both.ip6, g->ip6, sizeof(both.ip6));
		memcpy(both.net, g->net, sizeof(both.net));
	}
	*g = both;
}

/* fe80::/10 */
static bool is_link_local(const uint8_t a[16])
{
	return a[0] == 0xfe && (a[1] & 0xc0) == 0x80;
}

void guard_add_link_local(struct guard *g)
{
	for (size_t i = 0; i < g->n_ip6; i++)
		if (is_link_local(g->ip6[i]))
			return;
	for (size_t i = 0; i < g->n_macs; i++) {
		const uint8_t *m = g->mac[i];
		const uint8_t a[16] = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0,
					m[0] ^ 2, m[1], m[2], 0xff, 0xfe,
					m[3], m[4], m[5] };

		memcpy(g->ip6[g->n_ip6++], a, sizeof(a));
	}
}

bool guard_is_none(const struct guard *g)
{
	return g->kind == GUARD_NONE && !rate_is_limited(&g->rate);
}

bool guard_equal(const struct guard *a, const struct guard *b)
{
	uint8_t x[GUARD_PACKED], y[GUARD_PACKED];
	size_t n = guard_pack(a, x);

	return n == guard_pack(b, y) && memcmp(x, y, n) == 0;
}

static size_t put_bytes(uint8_t *buf, size_t at, const void *bytes, size_t len)
{
	memcpy(buf + at, bytes, len);
	return at + len;
}

/* In front: kind, tags, four numbers of addresses; then the rates. */
#define HEAD 6
#define FRONT (HEAD + (unsigned int)sizeof(struct rate))

static size_t packed_size(const uint8_t head[HEAD])
{
	return FRONT + head[2] * 6U + head[3] * 4U + head[4] * 16U + head[5] * 8U;
}

size_t guard_pack(const struct guard *g, uint8_t buf[GUARD_PACKED])
{
	const uint8_t head[HEAD] = { (uint8_t)g->kind, g->tags, g->n_macs,
				     g->n_ip4, g->n_ip6, g->n_nets };
	size_t n = put_bytes(buf, 0, head, sizeof(head));

	n = put_bytes(buf, n, &g->rate, sizeof(g->rate));
	n = put_bytes(buf, n, g->mac, g->n_macs * sizeof(g->mac[0]));
	n = put_bytes(buf, n, g->ip4, g->n_ip4 * sizeof(g->ip4[0]));
	n = put_bytes(buf, n, g->ip6, g->n_ip6 * sizeof(g->ip6[0]));
	return put_bytes(buf, n, g->net, g->n_nets * sizeof(g->net[0]));
}

_Static_assert(FRONT + GUARD_MACS * 6U + GUARD_IP4S * 4U + GUARD_ALL_IP6S * 16U +
	       GUARD_NETS * 8U <= GUARD_PACKED, "GUARD_PACKED is too small");

static bool is_head(const uint8_t head[HEAD])
{
	return head[0] <= GUARD_IP && head[1] <= 1 && head[2] <= GUARD_MACS &&
	       head[3] <= GUARD_IP4S && head[4] <= GUARD_ALL_IP6S &&
	       head[5] <= GUARD_NETS;
}

int guard_unpack(const uint8_t *b, size_t len, struct guard *ret)
{
	struct guard g = { 0 };

	if (len < FRONT || !is_head(b) || len != packed_size(b))
		return -EINVAL;
	g.kind = (enum guard_kind)b[0];
	g.tags = b[1];
	g.n_macs = b[2];
	g.n_ip4 = b[3];
	g.n_ip6 = b[4];
	g.n_nets = b[5];
	memcpy(&g.rate, b + HEAD, sizeof(g.rate));
	b += FRONT;
	memcpy(g.mac, b, g.n_macs * sizeof(g.mac[0]));
	b += g.n_macs * sizeof(g.mac[0]);
	memcpy(g.ip4, b, g.n_ip4 * sizeof(g.ip4[0]));
	b += g.n_ip4 * sizeof(g.ip4[0]);
	memcpy(g.ip6, b, g.n_ip6 * sizeof(g.ip6[0]));
	b += g.n_ip6 * sizeof(g.ip6[0]);
	memcpy(g.net, b, g.n_nets * sizeof(g.net[0]));
	*ret = g;
	return 0;
}
