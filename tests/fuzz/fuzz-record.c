/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz-record.c - an alias: foreign, or a record that says the same again */
#include "tests/fuzz/fuzz.h"

#include <errno.h>

#include "agent/core/record.h"

static void must_be_same(const struct record *a, const struct record *b)
{
	must(a->by == b->by && a->leaving == b->leaving);
	must(a->hold == b->hold);
	must(a->has_nic == b->has_nic);
	must(!a->has_nic || (vif_id_equal(a->nic, b->nic) &&
			     a->part == b->part));
	/* What xenstore wishes stands there, and is not written. */
	must(a->by == BY_XENSTORE ||
	     (a->wish.by == b->wish.by &&
	      strcmp(a->wish.network, b->wish.network) == 0 &&
	      strcmp(a->wish.name, b->wish.name) == 0 &&
	      a->wish.mtu == b->wish.mtu &&
	      strcmp(a->wish.vlan, b->wish.vlan) == 0 &&
	      memcmp(a->wish.mac, b->wish.mac, 6) == 0 &&
	      a->wish.mode == b->wish.mode &&
	      a->wish.stays_down == b->wish.stays_down));
	must(a->made == b->made);
	must(a->process.pid == b->process.pid &&
	     a->process.start == b->process.start);
	must(strcmp(a->was.name, b->was.name) == 0);
	must(strcmp(a->was.master, b->was.master) == 0);
	must(a->set == b->set && a->kept == b->kept &&
	     a->was.options == b->was.options);
	must(strcmp(a->was.vlan, b->was.vlan) == 0);
	must(strcmp(a->was.alias, b->was.alias) == 0);
	must(memcmp(a->was.mac, b->was.mac, 6) == 0);
	must(a->was.mtu == b->was.mtu && a->was.up == b->was.up);
	must(a->was.addrgen == b->was.addrgen);
}

static void check_record(const struct record *r)
{
	char alias[LINK_ALIASSIZE];
	struct record again;
	int n;

	must(r->by == BY_UDEV || r->by == BY_XENSTORE || r->by == BY_HAND);
	must(r->by != BY_HAND || r->wish.network[0]);
	must(!r->wish.error[0] && !r->wish.replace_alias);
	must(r->made ? !r->was.name[0] : vif_name_check(r->was.name) == 0);
	must(r->process.pid >= 0);
	must(!r->was.master[0] || vif_name_check(r->was.master) == 0);
	must(!r->wish.name[0] || vif_name_check(r->wish.name) == 0);
	must(!r->has_nic || (r->nic.domid < VIF_DOMID_END &&
			     r->nic.devid < VIF_DEVID_END));
	n = record_print(r, alias);
	/* A short record prints longer: what was left out is written. */
	must(n > 0 || n == -E2BIG);
	if (n < 0)
		return;
	must(n == (int)strlen(alias) && n < LINK_ALIASSIZE);
	must_be_a_sentence(alias);
	must(record_parse(alias, &again) == 0);
	must_be_same(r, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *s = fuzz_string(data, size);
	struct record r;
	int err = record_parse(s, &r);

	must(err == (s[0] ? err : -ENOENT));
	must(err == 0 || err == -ENOENT || err == -EINVAL);
	if (err == 0)
		check_record(&r);
	/* Anybody's alias is kept in a record, whole, or not at all. */
	if (strlen(s) < LINK_ALIASSIZE) {
		struct record own = { .by = BY_UDEV, .was = { .addrgen = -1 } };

		memcpy(own.was.name, "tap0", 5);
		memcpy(own.was.alias, s, strlen(s) + 1);
		check_record(&own);
	}
	free(s);
	return 0;
}
