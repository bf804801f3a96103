/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz-wish.c - one value after the other: taken as it is, or refused */
#include "tests/fuzz/fuzz.h"

#include <strings.h>

#include "agent/core/config.h"
#include "agent/udev/udev.h"

static const char *const properties[] = { "VIF_NETWORK", "VIF_NAME", "VIF_MTU",
					  "VIF_VLAN", "VIF_MAC", "VIF_IP", "VIF_OTHER" };
#define PROPERTIES (sizeof(properties) / sizeof(properties[0]))

/* What it means is written, too, and means the same. */
static void check_vlans(const char *text)
{
	char error[REASON_SIZE], again[VLAN_TEXTSIZE];
	struct vlans v, w;

	must(vlans_parse(text, &v, error) == 0);
	must(v.pvid <= VLAN_MAX && (!v.pvid || vlans_have(&v, v.pvid)));
	must(!vlans_have(&v, 0) && !vlans_have(&v, VLAN_MAX + 1));
	if (vlans_print(&v, again) < 0)
		return;
	must(vlans_parse(again, &w, error) == 0 && vlans_equal(&v, &w));
}

/* What is printed is read as the same, and so is what is packed. */
static void check_guard(const struct guard *g)
{
	struct guard again = { .kind = g->kind, .tags = g->tags }, unpacked;
	char text[GUARD_TEXTSIZE], error[REASON_SIZE];
	uint8_t bytes[GUARD_PACKED];

	guard_print_macs(g, ',', text);
	must(!text[0] || guard_parse_macs(text, &again, error) == 0);
	guard_print_ips(g, '+', text);
	must(!text[0] || guard_parse_ips(text, &again, error) == 0);
	must(guard_equal(g, &again));
	must(guard_unpack(bytes, guard_pack(g, bytes), &unpacked) == 0);
	must(guard_equal(g, &unpacked));
}

static void check_taken(const struct wish *w, enum wish_key key,
			const uint8_t *value, size_t len)
{
	char text[MAC_TEXTSIZE];

	switch (key) {
	case WISH_NETWORK:
		must(strlen(w->network) == len);
		must(memcmp(w->network, value, len) == 0);
		break;
	case WISH_NAME:
		must(strlen(w->name) == len);
		must(memcmp(w->name, value, len) == 0);
		must(vif_name_check(w->name) == 0);
		break;
	case WISH_MTU:
		must(w->mtu >= WISH_MTU_MIN && w->mtu <= WISH_MTU_MAX);
		(void)snprintf(text, sizeof(text), "%u", w->mtu);
		while (len > 1 && *value == '0') {
			value++;
			len--;
		}
		must(strlen(text) == len && memcmp(text, value, len) == 0);
		break;
	case WISH_MAC:
		must(memcmp(w->mac, w->guard.mac[0], sizeof(w->mac)) == 0);
		/* fall through */
	case WISH_SENDER:
	case WISH_IP:
		check_guard(&w->guard);
		break;
	case WISH_MODE:
		must(strlen(macvtap_mode_name(w->mode)) == len &&
		     memcmp(macvtap_mode_name(w->mode), value, len) == 0);
		break;
	case WISH_VLAN:
		must(strlen(w->vlan) == len);
		must(memcmp(w->vlan, value, len) == 0);
		check_vlans(w->vlan);
		break;
	case WISH_UP:
		must(len == 2 || len == 3);
		must(memcmp(w->stays_down ? "no" : "yes", value, len) == 0);
		break;
	}
}

static void check_resolved(struct wish *w)
{
	struct config *c = config_new();

	must(c);
	config_resolve(c, w);
	must(!w->bridge[0] || strcmp(w->bridge, w->network) == 0);
	must(!w->bridge[0] || vif_name_check(w->bridge) == 0);
	must(!w->network[0] || w->bridge[0] || w->error[0]);
	config_free(c);
}

/* Records of: which key, how long, the value. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wish w = { 0 }, by_rule = { 0 }, lower;

	while (size >= 2) {
		enum wish_key key = data[0] % WISH_KEYS;
		size_t len = data[1] < size - 2 ? data[1] : size - 2;
		struct wish old = w;
		char *s;

		data += 2;
		size -= 2;
		s = fuzz_string(data, len);
		if (wish_set(&w, key, "key", data, len) == 0) {
			must(memcmp(w.error, old.error, sizeof(w.error)) == 0);
			check_taken(&w, key, data, len);
		} else {
			must_be_a_sentence(w.error);
			memcpy(old.error, w.error, sizeof(old.error));
			old.vlan_is_wrong = w.vlan_is_wrong;
			must(memcmp(&w, &old, sizeof(w)) == 0);
		}
		udev_wish_set(&by_rule, properties[key % PROPERTIES], s);
		free(s);
		data += len;
		size -= len;
	}
	lower = by_rule;
	check_resolved(&by_rule);
	wish_merge(&w, &lower);
	check_resolved(&w);
	return 0;
}
