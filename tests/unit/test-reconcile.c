/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-reconcile.c - looks at ports of a host without xenstore and udev
 *
 * What a look at a link by itself does, what becomes of NICs that nobody can
 * ask about, and which links are whose.
 */
#include "tests/unit/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/core/config-file.h"
#include "agent/engine/door.h"
#include "tests/unit/fake-host.h"

enum { BR0 = 2, TAP = 3, BR1 = 4, STRANGER = 5 };

#define WAS "was.name=tap7 was.mac=52:54:00:00:00:03 was.mtu=1400 was.up=0 was.gen=0"
#define BY_HAND_BR0 "vifagent/1 by=hand net=br0 " WAS
#define BY_HAND_BR1 "vifagent/1 by=hand net=br1 " WAS

static struct fake_host f;
static struct agent a;
static struct look looks[LOOKS];
static struct tell tell;

static int setup(void **state)
{
	(void)state;
	fake_host_init(&f);
	fake_host_put(&f, BR0, "br0", "bridge")->mac_set = true;
	fake_host_put(&f, TAP, "tap7", "tun");
	fake_host_put(&f, BR1, "br1", "bridge")->mac_set = true;
	fake_host_put(&f, STRANGER, "tap8", "tun");
	a = (struct agent){ .host = &f.host, .config = config_new(),
			    .store = STORE_GONE };
	return a.config ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	a.config = config_free(a.config);
	return 0;
}

static void alias(int ifindex, const char *text)
{
	assert_true(text_copy(fake_host_at(&f, ifindex)->l.alias,
			      LINK_ALIASSIZE, text));
}

static int look_at(struct port_id id, unsigned int flags)
{
	const struct request q = { .id = id, .flags = flags };

	return reconcile(&a, &q, looks, &tell);
}

static int look_at_link(int ifindex, unsigned int flags)
{
	return look_at((struct port_id){ .ifindex = ifindex }, flags);
}

static int look_at_nic(uint32_t domid, uint32_t devid, unsigned int flags)
{
	return look_at((struct port_id){ .is_nic = true,
					 .nic = { domid, devid } }, flags);
}

static const struct link *tap(void)
{
	return &fake_host_at(&f, TAP)->l;
}

/* ---- a link for itself ---------------------------------------------------- */

static void a_link_that_nobody_wishes_anything_of_is_not_ours(void **state)
{
	(void)state;
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, NOT_OURS);
	assert_string_equal(looks[0].name, "tap7");
	assert_int_equal(f.acts, 0);
	alias(TAP, "to rack 7");
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, NOT_OURS);
	assert_int_equal(f.acts, 0);
}

static void a_link_that_does_not_exist_is_no_port(void **state)
{
	(void)state;
	assert_int_equal(look_at_link(11, LOOK_ACT), -ENODEV);
	assert_int_equal(look_at_link(0, LOOK_ACT), -ENODEV);
	assert_int_equal(look_at_link(-1, LOOK_ACT), -ENODEV);
}

static void a_port_by_hand_is_put_right_from_its_record(void **state)
{
	(void)state;
	alias(TAP, "vifagent/1 by=hand net=br0 name=web0 mtu=9000 " WAS);
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	assert_true(look_is_done(&looks[0]));
	/* it has been ours, so this is not news to netback */
	assert_false(looks[0].joined);
	assert_string_equal(looks[0].name, "web0");
	assert_int_equal(looks[0].wish.by, BY_HAND);
	assert_string_equal(tap()->name, "web0");
	assert_int_equal(tap()->mtu, 9000);
	assert_int_equal(tap()->master, BR0);
	assert_true(tap()->up);
	/* the log says what was done … */
	assert_non_null(strstr(looks[0].done, "name web0"));
	assert_non_null(strstr(looks[0].done, "master br0"));
	/* and the record stays as it was */
	assert_string_equal(tap()->alias,
			    "vifagent/1 by=hand net=br0 name=web0 mtu=9000 "
			    WAS);
	f.acts = 0;
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(f.acts, 0);
	assert_false(looks[0].joined);
	assert_int_equal(looks[0].steps, 0);
}

static void a_network_of_the_configuration_is_its_bridge(void **state)
{
	static const char text[] = "[network br0]\nbridge = br1\nmtu = 1400\n";
	char error[REASON_SIZE];

	(void)state;
	assert_int_equal(config_add(a.config, text, strlen(text), error), 0);
	alias(TAP, BY_HAND_BR0);
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	assert_int_equal(tap()->master, BR1);
	assert_int_equal(tap()->mtu, 1400);
}

static void only_looking_changes_nothing(void **state)
{
	struct fake_host before;

	(void)state;
	alias(TAP, BY_HAND_BR0);
	before = f;
	assert_int_equal(look_at_link(TAP, 0), 1);
	assert_int_equal(looks[0].verdict, TO_DO);
	assert_non_null(strstr(looks[0].reason, "master br0"));
	assert_false(look_is_done(&looks[0]));
	assert_memory_equal(f.link, before.link, sizeof(f.link));
	assert_int_equal(f.acts, 0);
}

static void a_missing_bridge_is_waited_for(void **state)
{
	(void)state;
	alias(TAP, BY_HAND_BR0);
	fake_host_del(&f, BR0);
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, WAITING);
	assert_non_null(strstr(looks[0].reason, "bridge br0 does not exist"));
	assert_int_equal(f.acts, 0);
	(void)fake_host_put(&f, BR0, "br0", "bridge");
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
}

static void one_that_vanishes_while_it_is_looked_at_too(void **state)
{
	(void)state;
	alias(TAP, BY_HAND_BR0);
	f.vanish_at_facts = true;
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, WAITING);
	assert_int_equal(f.acts, 0);
	/* and one that the port is to leave … */
	alias(TAP, "vifagent/1 by=hand net=br0 leave=1 " WAS);
	(void)fake_host_put(&f, BR0, "br0", "bridge");
	fake_host_join(&f, TAP, BR0);
	f.vanish_at_facts = true;
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, NOT_OURS);
	assert_int_equal(tap()->master, 0);
	/* … or to go back to */
	alias(TAP, "vifagent/1 by=hand net=br0 leave=1 " WAS " was.master=br1");
	f.vanish_at_facts = true;
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, NOT_OURS);
	assert_int_equal(tap()->master, 0);
}

static void a_detach_that_was_begun_is_finished(void **state)
{
	(void)state;
	alias(TAP, "vifagent/1 by=hand net=br0 leave=1 " WAS);
	fake_host_join(&f, TAP, BR0);
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, NOT_OURS);
	assert_int_equal(tap()->master, 0);
	assert_int_equal(tap()->mtu, 1400);
	assert_string_equal(tap()->alias, "");
}

static void asked_to_leave_it_leaves(void **state)
{
	(void)state;
	alias(TAP, BY_HAND_BR0);
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(tap()->master, BR0);
	assert_int_equal(look_at_link(TAP, LOOK_ACT | LOOK_LEAVE), 1);
	assert_int_equal(looks[0].verdict, NOT_OURS);
	assert_int_equal(tap()->master, 0);
	assert_false(tap()->up);
	assert_string_equal(tap()->alias, "");
}

static void a_rule_that_is_gone_lets_its_port_go(void **state)
{
	(void)state;
	alias(TAP, "vifagent/1 by=udev " WAS);
	fake_host_join(&f, TAP, BR0);
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, NOT_OURS);
	assert_int_equal(tap()->master, 0);
	assert_string_equal(tap()->alias, "");
}

static void a_held_port_is_told_to_who_only_looks(void **state)
{
	(void)state;
	alias(TAP, "vifagent/1 by=hand net=br0 held=1 " WAS);
	assert_int_equal(look_at_link(TAP, 0), 1);
	assert_int_equal(looks[0].verdict, WAITING);
	assert_string_equal(looks[0].reason, HELD_REASON);
	/* Who acts puts it right, and the mark is gone. */
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	assert_null(strstr(tap()->alias, "held"));
}

static void who_just_leaves_it_may_finish(void **state)
{
	(void)state;
	alias(TAP, "vifagent/1 by=hand net=br0 leave=1 " WAS);
	assert_int_equal(look_at_link(TAP, LOOK_ACT | LOOK_YIELD), 1);
	assert_int_equal(looks[0].verdict, WAITING);
	assert_string_equal(looks[0].reason, "another process is detaching it");
	assert_int_equal(f.acts, 0);
	/* Whoever looks again finishes it. */
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, NOT_OURS);
}

static void what_was_made_for_a_process_goes_with_it(void **state)
{
	(void)state;
	alias(TAP, "vifagent/1 by=hand net=br0 process=7.8 made=1");
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	f.dead_pid = 7;
	assert_int_equal(look_at_link(TAP, 0), 1);
	assert_string_equal(looks[0].reason, "delete it");
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, NOT_OURS);
	assert_false(fake_host_at(&f, TAP)->exists);
}

/* ---- macvtaps ------------------------------------------------------------- */

enum { ETH0 = 6, MACVTAP = 7, OTHERS = 8 };

#define MADE "vifagent/1 by=hand net=v name=mv0 mac=52:54:00:00:00:09 process=7.8 made=1"

/* One as vifctl makes it, and one of somebody else's, of the same MAC. */
static void macvtaps(void)
{
	static const char text[] = "[network v]\nkind = macvtap\n"
				   "device = eth0\nmode = vepa bridge\n";
	static const uint8_t mac[6] = { 0x52, 0x54, 0, 0, 0, 9 };
	char error[REASON_SIZE];
	struct macvtap_new m = { .device = ETH0, .mode = MACVLAN_MODE_VEPA };
	struct link made;

	assert_int_equal(config_add(a.config, text, strlen(text), error), 0);
	fake_host_put(&f, ETH0, "eth0", NULL)->l.up = true;
	memcpy(m.mac, mac, sizeof(m.mac));
	assert_true(text_copy(m.alias, sizeof(m.alias), MADE));
	assert_int_equal(a.host->ops->create_macvtap(a.host, &m, &made), 0);
	assert_int_equal(made.ifindex, MACVTAP);
	*fake_host_put(&f, OTHERS, "macvtap0", "macvtap") =
		*fake_host_at(&f, MACVTAP);
	assert_true(text_copy(fake_host_at(&f, OTHERS)->l.name, VIF_NAMESIZE,
			      "macvtap0"));
	fake_host_at(&f, OTHERS)->l.ifindex = OTHERS;
	fake_host_at(&f, OTHERS)->l.alias[0] = '\0';
	f.acts = 0;
}

static void a_macvtap_is_kept_as_its_record_says(void **state)
{
	const struct link *l = &fake_host_at(&f, MACVTAP)->l;
	struct fake_link others;

	(void)state;
	macvtaps();
	memcpy(&others, fake_host_at(&f, OTHERS), sizeof(others));
	assert_int_equal(look_at_link(MACVTAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	assert_string_equal(l->name, "mv0");
	assert_true(l->up && l->allmulticast);
	assert_int_equal(l->addrgen, LINK_ADDRGEN_NONE);
	assert_string_equal(l->alias, MADE);
	f.acts = 0;
	assert_int_equal(look_at_link(MACVTAP, LOOK_ACT), 1);
	assert_int_equal(f.acts, 0);
	/* what its device does is followed, or waited for */
	fake_host_at(&f, ETH0)->l.mtu = 9000;
	assert_int_equal(look_at_link(MACVTAP, LOOK_ACT), 1);
	assert_int_equal(l->mtu, 9000);
	fake_host_at(&f, ETH0)->exists = false;
	assert_int_equal(look_at_link(MACVTAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, WAITING);
	/* others' are nobody's business */
	assert_int_equal(look_at_link(OTHERS, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, NOT_OURS);
	assert_memory_equal(&others, fake_host_at(&f, OTHERS), sizeof(others));
}

static void a_macvtap_goes_with_its_process_and_no_other(void **state)
{
	(void)state;
	macvtaps();
	f.dead_pid = 7;
	for (int i = MACVTAP; i <= OTHERS; i++)
		assert_int_equal(look_at_link(i, LOOK_ACT), 1);
	assert_false(fake_host_at(&f, MACVTAP)->exists);
	assert_true(fake_host_at(&f, OTHERS)->exists);
	assert_int_equal(f.acts, 1);
}

static void an_address_that_is_in_use_is_said_so(void **state)
{
	(void)state;
	macvtaps();
	fake_host_at(&f, OTHERS)->l.up = true;
	assert_int_equal(look_at_link(MACVTAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, FAILED);
	assert_string_equal(looks[0].reason, "its MAC 52:54:00:00:00:09 is already used on device eth0, by another macvtap or by the device itself; request another (mac=), or stop the other guest");
	/* and taken when it is free */
	fake_host_at(&f, OTHERS)->l.up = false;
	assert_int_equal(look_at_link(MACVTAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
}

static void a_macvtap_is_finished_whatever_failed(void **state)
{
	(void)state;
	for (unsigned int at = 1; at <= 3; at++) {
		assert_int_equal(teardown(state), 0);
		assert_int_equal(setup(state), 0);
		macvtaps();
		fake_host_at(&f, ETH0)->l.up = false;
		f.fail_at = at;
		f.fail_errno = EPROTO;
		assert_int_equal(look_at_link(MACVTAP, LOOK_ACT), 1);
		assert_int_equal(looks[0].verdict, FAILED);
		/* it is never without its record */
		assert_string_equal(fake_host_at(&f, MACVTAP)->l.alias, MADE);
		assert_int_equal(look_at_link(MACVTAP, LOOK_ACT), 1);
		assert_int_equal(looks[0].verdict, IN_ORDER);
		assert_true(fake_host_at(&f, ETH0)->l.up);
		assert_int_equal(looks[0].device_was_down, at < 3);
	}
}

static void a_full_bridge_is_told_in_words(void **state)
{
	(void)state;
	alias(TAP, BY_HAND_BR0);
	f.fail_at = 1;
	f.fail_errno = EXFULL;
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, FAILED);
	assert_string_equal(looks[0].reason, "bridge br0 has 1,023 ports already, and the kernel takes no more; request another bridge");
}

static void a_failure_is_told_with_the_step(void **state)
{
	(void)state;
	alias(TAP, BY_HAND_BR0);
	/* another port of ours, for which the bridge has been seen to */
	alias(STRANGER, "vifagent/1 by=udev was.name=tap8");
	fake_host_join(&f, STRANGER, BR0);
	memcpy(fake_host_at(&f, TAP)->l.mac,
	       (uint8_t[]){ 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff }, 6);
	f.fail_at = 1;
	f.fail_errno = EPROTO;
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, FAILED);
	assert_string_equal(looks[0].reason,
			    "addrgenmode none, master br0 failed: Protocol error");
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
}

static void what_changed_on_the_way_is_looked_at_again(void **state)
{
	static const int errnos[] = { EEXIST, ENODEV };

	(void)state;
	for (each(i, errnos)) {
		assert_int_equal(teardown(state), 0);
		assert_int_equal(setup(state), 0);
		alias(TAP, BY_HAND_BR0);
		f.fail_at = 1;
		f.fail_errno = errnos[i];
		assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
		assert_int_equal(looks[0].verdict, IN_ORDER);
	}
}

/* Takes the port off its bridge after every act. */
static void undo(struct fake_host *h, int ifindex, const struct step *step)
{
	(void)step;
	fake_host_join(h, ifindex, 0);
}

/* A request by hand for the tap; @leave: that it be no port any more. */
static void ask_by_hand(struct record record, bool leave)
{
	const struct by_hand hand = { .ifindex = TAP, .leave = leave,
				      .record = record };
	const struct request q = { .id.ifindex = TAP, .flags = LOOK_ACT,
				   .hand = &hand };

	assert_int_equal(reconcile(&a, &q, looks, &tell), 1);
}

static struct record on_br0(void)
{
	return (struct record) { .by = BY_HAND,
				 .wish = { .by = BY_HAND, .network = "br0" } };
}

/* Another door is done with the tap. */
static void joined_by_another(struct fake_host *h, int ifindex)
{
	struct link *l = &fake_host_at(h, ifindex)->l;

	*l = *(const struct link *)h->arg;
}

/* Nothing is done because of what the link was like a moment ago. */
static void what_is_to_be_changed_is_asked_for_once_more(void **state)
{
	struct link joined;

	(void)state;
	alias(TAP, BY_HAND_BR0);
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	joined = *tap();
	fake_host_at(&f, TAP)->l.master = 0;
	f.acts = 0;
	f.arg = &joined;
	f.asked = joined_by_another;
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	assert_int_equal(f.acts, 0);
}

static void by_hand_for_br1(struct fake_host *h, int ifindex)
{
	(void)h;
	alias(ifindex, BY_HAND_BR1);
}

static void never_on_br0(struct fake_host *h, int ifindex,
			 const struct step *step)
{
	(void)step;
	assert_int_not_equal(fake_host_at(h, ifindex)->l.master, BR0);
}

/* Another door has asked for another network: that wish is to be looked for. */
static void a_wish_is_not_carried_out_when_its_record_is_another(void **state)
{
	(void)state;
	alias(TAP, BY_HAND_BR0);
	f.asked = by_hand_for_br1;
	f.after = never_on_br0;
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	assert_int_equal(tap()->master, BR1);
	/* A door that has its own wish is not deterred. */
	f.after = NULL;
	f.asked = by_hand_for_br1;
	ask_by_hand(on_br0(), false);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	assert_int_equal(tap()->master, BR0);
	assert_non_null(strstr(tap()->alias, "net=br0"));
}

static void rename_to_web0(struct fake_host *h, int ifindex)
{
	(void)text_copy(fake_host_at(h, ifindex)->l.name, VIF_NAMESIZE, "web0");
}

/* The daemon gives a link that vifctl makes its name while vifctl looks at it. */
static void its_own_name_is_not_another_link_s(void **state)
{
	struct record r = on_br0();

	(void)state;
	(void)text_copy(r.wish.name, sizeof(r.wish.name), "web0");
	f.asked = rename_to_web0;
	ask_by_hand(r, false);
	assert_string_equal(looks[0].reason, "");
	assert_int_equal(looks[0].verdict, IN_ORDER);
	assert_string_equal(tap()->name, "web0");
}

/* A rule that went by the name that a link had sees nothing of it afterwards. */
static void a_rule_that_renames_keeps_its_port(void **state)
{
	(void)state;
	alias(TAP, "vifagent/1 by=udev net=br0 name=tap7 " WAS);
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	assert_int_equal(tap()->master, BR0);
	/* With another name it is the rule that is gone. */
	alias(TAP, "vifagent/1 by=udev net=br0 name=web0 " WAS);
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, NOT_OURS);
	assert_int_equal(tap()->master, 0);
}

static void a_name_that_is_taken_is_not_taken_away(void **state)
{
	(void)state;
	alias(TAP, "vifagent/1 by=hand net=br0 name=tap8 " WAS);
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_not_equal(looks[0].verdict, IN_ORDER);
	assert_non_null(strstr(looks[0].reason, "tap8"));
	assert_int_equal(f.acts, 0);
	fake_host_del(&f, STRANGER);
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	assert_string_equal(tap()->name, "tap8");
}

/* Somebody's tap of a smaller MTU, on a bridge that goes by it. */
static void the_bridge_that_a_link_leaves_keeps_its_mtu(void **state)
{
	(void)state;
	fake_host_at(&f, TAP)->l.mtu = 1400;
	fake_host_join(&f, TAP, BR1);
	assert_int_equal(fake_host_at(&f, BR1)->l.mtu, 1400);
	ask_by_hand(on_br0(), false);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	assert_int_equal(tap()->master, BR0);
	assert_int_equal(fake_host_at(&f, BR1)->l.mtu, 1400);
}

/* Its MAC is that of its lowest port, which the link would be. */
static void the_bridge_that_a_link_goes_back_to_stays_as_it_is(void **state)
{
	struct fake_link *former = fake_host_at(&f, BR1);

	(void)state;
	former->mac_set = false;
	fake_host_join(&f, STRANGER, BR1);
	assert_int_equal(former->l.mac[5], STRANGER);
	alias(TAP, "vifagent/1 by=hand net=br0 leave=1 " WAS " was.master=br1");
	fake_host_join(&f, TAP, BR0);
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, NOT_OURS);
	assert_int_equal(tap()->master, BR1);
	assert_int_equal(tap()->mtu, 1400);
	assert_int_equal(former->l.mac[5], STRANGER);
	assert_int_equal(former->l.mtu, 1500);
}

/* ---- guards ------------------------------------------------------------- */

#define GUARDED "vifagent/1 by=hand net=red mac=52:54:00:00:00:07 guard=1 " WAS

/* A running port, guarded. */
static void guard_tap(void)
{
	static const char text[] = "[network red]\nbridge = br0\nguard = mac\n";
	char error[REASON_SIZE];

	assert_int_equal(config_add(a.config, text, strlen(text), error), 0);
	alias(TAP, GUARDED);
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	assert_true(tap()->up);
	assert_int_equal(fake_host_at(&f, TAP)->guard.kind, GUARD_MAC);
}

static void a_guard_that_cannot_be_put_back_sets_the_port_down(void **state)
{
	static const struct {
		int error;
		const char *reason;
	} rows[] = {
		{ -EEXIST, "File exists" }, { -ENOMEM, "Cannot allocate memory" },
		{ -ECONNRESET, "Connection reset by peer" },
		{ -ENOSPC, "No space left on device" },
	};

	(void)state;
	for (each(i, rows)) {
		guard_tap();
		f.guard_step = rows[i].error;
		fake_host_at(&f, TAP)->guard = (struct guard) { 0 };
		assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
		assert_int_equal(looks[0].verdict, FAILED);
		check(strstr(looks[0].reason, rows[i].reason), "%s", looks[0].reason);
		assert_false(tap()->up);
		f.guard_step = 0;
	}
}

static void also_when_something_else_fails_before_it(void **state)
{
	(void)state;
	guard_tap();
	fake_host_at(&f, TAP)->guard = (struct guard) { 0 };
	fake_host_at(&f, TAP)->l.mtu = 1400;
	f.fail_at = f.acts + 1;
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, FAILED);
	assert_false(tap()->up);
}

static void a_guard_that_stands_keeps_the_port_up_whatever_fails(void **state)
{
	static const char *const records[] = {
		GUARDED,	/* it stays as it is, … */
		/* … is removed, … */
		"vifagent/1 by=hand net=br0 guard=1 " WAS,
		/* … is another */
		"vifagent/1 by=hand net=red mac=52:54:00:00:00:08 guard=1 " WAS,
	};

	(void)state;
	for (each(i, records)) {
		guard_tap();
		alias(TAP, records[i]);
		fake_host_at(&f, TAP)->l.mtu = 1400;
		f.fail_at = f.acts + 1;
		assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
		check(looks[0].verdict == FAILED, "%s", looks[0].reason);
		check(tap()->up, "%zu", i);
	}
}

/* It may be there all the same, and would stay. */
static void without_an_answer_about_its_guard_a_port_stays_as_it_is(void **state)
{
	static const int errors[] = { -ECONNRESET, -ENOBUFS, -ENOMEM, -EMFILE };
	unsigned int acts;

	(void)state;
	for (each(i, errors)) {
		guard_tap();
		acts = f.acts;
		f.guard_question = errors[i];
		look_at_link(TAP, LOOK_ACT | LOOK_LEAVE);
		assert_int_equal(looks[0].verdict, FAILED);
		assert_non_null(strstr(looks[0].reason, "asking the kernel failed: "));
		f.guard_question = 0;
		assert_int_equal(f.acts, acts);
	}
}

static void hand(int ifindex, bool force)
{
	const struct by_hand by_hand = { .ifindex = ifindex,
					 .record = { .by = BY_HAND,
						     .wish = { .by = BY_HAND, .network = "br0",
							       .force = force } } };
	const struct request q = { .id = { .ifindex = ifindex }, .flags = LOOK_ACT,
				   .hand = &by_hand };

	assert_int_equal(reconcile(&a, &q, looks, &tell), 1);
}

/* An administrator may mistake it, but not one that is a port already. */
static void what_the_host_uses_is_not_taken_at_the_first_attach_by_hand(void **state)
{
	(void)state;
	fake_host_at(&f, TAP)->route = "198.51.100.0/24";
	hand(TAP, false);
	assert_int_equal(looks[0].verdict, REFUSED);
	assert_non_null(strstr(looks[0].reason, "the route to 198.51.100.0/24 goes over tap7"));
	hand(TAP, true);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	/* … but for the record, which is new here */
	assert_non_null(strstr(looks[0].done, "master br0"));
	assert_null(strstr(looks[0].done, "record"));
	hand(TAP, false);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	fake_host_put(&f, OTHERS, "over", "vlan")->l.lower = STRANGER;
	hand(STRANGER, false);
	assert_int_equal(looks[0].verdict, REFUSED);
	assert_non_null(strstr(looks[0].reason, "over"));
}

static void a_macvtap_s_device_is_on_no_bridge(void **state)
{
	(void)state;
	macvtaps();
	fake_host_join(&f, ETH0, BR0);
	assert_int_equal(look_at_link(MACVTAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, REFUSED);
	assert_non_null(strstr(looks[0].reason, "br0"));
	assert_int_equal(f.acts, 0);
}

/* ---- what udev is told ---------------------------------------------------- */

static unsigned int announced(void)
{
	unsigned int n = fake_host_at(&f, TAP)->announced;

	fake_host_at(&f, TAP)->announced = 0;
	return n;
}

static void udev_is_told_of_a_record_that_is_new_or_gone(void **state)
{
	(void)state;
	ask_by_hand(on_br0(), false);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	assert_int_equal(announced(), 1);
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	fake_host_join(&f, TAP, 0);
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(tap()->master, BR0);
	assert_int_equal(announced(), 0);
	ask_by_hand(on_br0(), true);
	assert_int_equal(looks[0].verdict, NOT_OURS);
	assert_int_equal(announced(), 1);
}

static void udev_is_not_told_what_its_rules_know(void **state)
{
	struct record made = on_br0();

	(void)state;
	made.made = true;
	ask_by_hand(made, false);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	alias(TAP, "vifagent/1 by=udev net=br0 name=tap7 " WAS);
	fake_host_join(&f, TAP, 0);
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	assert_int_equal(tap()->master, BR0);
	assert_int_equal(announced(), 0);
}

static void an_opponent_ends_a_look_after_some_rounds(void **state)
{
	(void)state;
	alias(TAP, BY_HAND_BR0);
	f.after = undo;
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, FAILED);
	assert_non_null(strstr(looks[0].reason, "another program keeps changing it"));
	assert_true(f.acts < 20);
	f.after = NULL;
	assert_int_equal(look_at_link(TAP, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
}

/* ---- NICs that xenstore cannot be asked about ------------------------------ */

static void without_xenstore_a_nic_is_left_as_it_is(void **state)
{
	(void)state;
	(void)fake_host_put(&f, 6, "vif5.0", "");
	alias(6, "vifagent/1 by=xenstore nic=5.0 part=vif was.name=vif5.0");
	fake_host_join(&f, 6, BR0);
	assert_int_equal(look_at_nic(5, 0, LOOK_ACT | LOOK_SEARCH), 1);
	assert_int_equal(looks[0].verdict, WAITING);
	assert_string_equal(looks[0].reason,
			    "xenstored does not answer; port left unchanged");
	assert_int_equal(f.acts, 0);
	assert_int_equal(fake_host_at(&f, 6)->l.master, BR0);
}

static void asked_to_leave_it_leaves_all_the_same(void **state)
{
	(void)state;
	(void)fake_host_put(&f, 6, "web0", "");
	alias(6, "vifagent/1 by=xenstore nic=5.0 part=vif was.name=vif5.0 was.mtu=1400 was.up=1");
	fake_host_at(&f, 6)->l.up = true;
	fake_host_join(&f, 6, BR0);
	assert_int_equal(look_at_nic(5, 0, LOOK_ACT | LOOK_SEARCH | LOOK_LEAVE),
			 1);
	assert_int_equal(looks[0].verdict, NOT_OURS);
	assert_string_equal(fake_host_at(&f, 6)->l.name, "vif5.0");
	assert_int_equal(fake_host_at(&f, 6)->l.master, 0);
	assert_int_equal(fake_host_at(&f, 6)->l.mtu, 1400);
	/* its NIC is dead: it stays down */
	assert_false(fake_host_at(&f, 6)->l.up);
}

static void a_nic_without_links_has_nothing_to_say(void **state)
{
	(void)state;
	assert_int_equal(look_at_nic(5, 0, LOOK_ACT | LOOK_SEARCH), 0);
	assert_int_equal(look_at_nic(5, 0, LOOK_ACT | LOOK_SEARCH |
				     LOOK_LEAVE), 0);
	/* one whose -emu cannot even be named */
	assert_int_equal(look_at_nic(32751, 2147483647, LOOK_ACT), 0);
}

static void both_links_of_a_nic_are_looked_at(void **state)
{
	(void)state;
	(void)fake_host_put(&f, 6, "vif5.0", "");
	(void)fake_host_put(&f, 7, "vif5.0-emu", "tun");
	alias(6, "vifagent/1 by=xenstore nic=5.0 part=vif was.name=vif5.0");
	alias(7, "vifagent/1 by=xenstore nic=5.0 part=emu was.name=vif5.0-emu");
	assert_int_equal(look_at_nic(5, 0, LOOK_ACT), 2);
	/* the tap first: "connected" is the last of all */
	assert_int_equal(looks[0].part, PART_EMU);
	assert_string_equal(looks[0].name, "vif5.0-emu");
	assert_int_equal(looks[1].part, PART_VIF);
	assert_string_equal(looks[1].name, "vif5.0");
}

static void a_link_of_that_name_but_another_nic_s_is_not_it(void **state)
{
	(void)state;
	/* says that it is 6.0, whatever it is called */
	(void)fake_host_put(&f, 6, "vif5.0", "");
	alias(6, "vifagent/1 by=xenstore nic=6.0 part=vif was.name=vif6.0");
	/* a bridge called like QEMU's tap */
	(void)fake_host_put(&f, 7, "vif5.0-emu", "bridge");
	assert_int_equal(look_at_nic(5, 0, LOOK_ACT | LOOK_SEARCH | LOOK_LEAVE),
			 0);
	assert_int_equal(f.acts, 0);
}

static void a_hint_or_a_search_finds_a_renamed_link(void **state)
{
	struct request q = { .id = { .is_nic = true, .nic = { 5, 0 } } };

	(void)state;
	(void)fake_host_put(&f, 6, "odd", "");
	alias(6, "vifagent/1 by=xenstore nic=5.0 part=vif was.name=vif5.0");
	assert_int_equal(reconcile(&a, &q, looks, &tell), 0);
	q.hint[PART_VIF] = 6;
	assert_int_equal(reconcile(&a, &q, looks, &tell), 1);
	assert_string_equal(looks[0].name, "odd");
	/* a hint that is out of date is only a hint */
	q.hint[PART_VIF] = TAP;
	assert_int_equal(reconcile(&a, &q, looks, &tell), 0);
	q.flags = LOOK_SEARCH;
	assert_int_equal(reconcile(&a, &q, looks, &tell), 1);
	assert_string_equal(looks[0].name, "odd");
}

static void netback_s_link_is_known_by_its_device(void **state)
{
	(void)state;
	f.has_netback = true;
	/* in dom0 a name proves nothing */
	(void)fake_host_put(&f, 6, "vif5.0", "tun");
	alias(6, "vifagent/1 by=xenstore nic=5.0 part=vif was.name=vif5.0");
	assert_int_equal(look_at_nic(5, 0, LOOK_SEARCH), 0);
	fake_host_put(&f, 7, "web0", "")->is_netback = true;
	fake_host_at(&f, 7)->nic = (struct vif_id){ 5, 0 };
	alias(7, "vifagent/1 by=xenstore nic=5.0 part=vif was.name=vif5.0");
	assert_int_equal(look_at_nic(5, 0, 0), 1);
	assert_string_equal(looks[0].name, "web0");
}

/* ---- NICs whose keys are known --------------------------------------------- */

enum { VIF = 6, EMU = 7 };

/* As libxl makes it, and netback has brought it to state 2. */
static struct nic new_nic(void)
{
	return (struct nic) { .exists = true, .online = true,
			      .state = NIC_INIT_WAIT, .script = SCRIPT_OURS,
			      .has_domain = true, .status = HOTPLUG_EMPTY,
			      .wish = { .by = BY_XENSTORE, .network = "br0" } };
}

static struct request about(const struct nic *nic, unsigned int flags)
{
	return (struct request) { .id = { .is_nic = true, .nic = { 5, 0 } },
				  .flags = flags, .nic = nic };
}

static int look_with_keys(const struct nic *nic, unsigned int flags)
{
	const struct request q = about(nic, flags);

	return reconcile(&a, &q, looks, &tell);
}

/* toolstack-delay is over. */
static int look_late(const struct nic *nic)
{
	struct request q = about(nic, LOOK_ACT);

	q.delay_is_over = true;
	return reconcile(&a, &q, looks, &tell);
}

static void in_dom0_the_script_tells_netback(void **state)
{
	struct nic nic = new_nic();

	(void)state;
	(void)fake_host_put(&f, VIF, "vif5.0", "");
	assert_int_equal(look_with_keys(&nic, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	assert_null(tell.status);
	assert_int_equal(look_with_keys(&nic, LOOK_ACT | LOOK_SCRIPT), 1);
	assert_string_equal(tell.status, "connected");
	assert_true(looks[0].connected);
}

static void in_a_driver_domain_the_daemon_tells_netback(void **state)
{
	struct nic nic = new_nic();

	(void)state;
	a.self = 3;
	(void)fake_host_put(&f, VIF, "vif5.0", "");
	/* libxl gets its time first */
	assert_int_equal(look_with_keys(&nic, LOOK_ACT), 1);
	assert_true(looks[0].early);
	assert_null(tell.status);
	assert_int_equal(look_late(&nic), 1);
	assert_string_equal(tell.status, "connected");
	/* There is a time for it. */
	nic.state = NIC_INIT_WAIT - 1;
	assert_int_equal(look_late(&nic), 1);
	assert_null(tell.status);
	nic.state = NIC_CONNECTED + 1;
	assert_int_equal(look_late(&nic), 1);
	assert_null(tell.status);
}

static void why_a_nic_waits_is_told_by_whose_turn_it_is(void **state)
{
	struct nic nic = new_nic();

	(void)state;
	fake_host_del(&f, BR0);
	(void)fake_host_put(&f, VIF, "vif5.0", "");
	/* in dom0 the script's caller does it */
	assert_int_equal(look_with_keys(&nic, LOOK_ACT), 1);
	assert_int_equal(looks[0].verdict, WAITING);
	assert_null(tell.status);
	assert_int_equal(look_with_keys(&nic, LOOK_ACT | LOOK_SCRIPT), 1);
	assert_null(tell.status);
	a.self = 3;
	assert_int_equal(look_with_keys(&nic, LOOK_ACT), 1);
	assert_string_equal(tell.status, "error");
	assert_int_equal(strncmp(tell.error, "vif5.0: ", 8), 0);
	assert_string_equal(tell.error + 8, looks[0].reason);
	/* a detach that goes on is no error */
	alias(VIF, "vifagent/1 by=xenstore nic=5.0 part=vif leave=1 was.name=vif5.0");
	assert_int_equal(look_with_keys(&nic, LOOK_ACT | LOOK_YIELD), 1);
	assert_int_equal(looks[0].verdict, WAITING);
	assert_null(tell.status);
}

static void a_vifname_is_for_both_links(void **state)
{
	struct nic nic = new_nic();

	(void)state;
	assert_true(text_copy(nic.wish.name, VIF_NAMESIZE, "web"));
	(void)fake_host_put(&f, VIF, "vif5.0", "");
	(void)fake_host_put(&f, EMU, "vif5.0-emu", "tun");
	assert_int_equal(look_with_keys(&nic, LOOK_ACT), LOOKS);
	assert_string_equal(fake_host_at(&f, EMU)->l.name, "web-emu");
	assert_string_equal(fake_host_at(&f, VIF)->l.name, "web");
	/* Without it they are what they were. */
	nic.wish.name[0] = '\0';
	for (int i = VIF; i <= EMU; i++)
		alias(i, "");
	(void)fake_host_put(&f, VIF, "vif5.0", "");
	(void)fake_host_put(&f, EMU, "vif5.0-emu", "tun");
	assert_int_equal(look_with_keys(&nic, LOOK_ACT), LOOKS);
	assert_string_equal(fake_host_at(&f, EMU)->l.name, "vif5.0-emu");
	assert_string_equal(fake_host_at(&f, VIF)->l.name, "vif5.0");
	assert_int_equal(fake_host_at(&f, EMU)->l.master, BR0);
}

static void a_link_that_comes_later_is_waited_for(void **state)
{
	struct nic nic = new_nic();

	(void)state;
	assert_int_equal(look_with_keys(&nic, LOOK_ACT), 1);
	assert_int_equal(looks[0].part, PART_VIF);
	assert_int_equal(looks[0].verdict, WAITING);
	assert_string_equal(looks[0].name, "vif5.0");
	nic.online = false;
	assert_int_equal(look_with_keys(&nic, LOOK_ACT), 0);
}

static void a_stranger_of_a_nic_s_name_is_told(void **state)
{
	struct nic nic = new_nic();

	(void)state;
	(void)fake_host_put(&f, VIF, "vif5.0", "");
	(void)fake_host_put(&f, EMU, "vif5.0-emu", "bridge");
	assert_int_equal(look_with_keys(&nic, LOOK_ACT), LOOKS);
	assert_int_equal(looks[0].part, PART_EMU);
	assert_int_equal(looks[0].verdict, REFUSED);
	assert_non_null(strstr(looks[0].reason, "kind bridge"));
	assert_int_equal(fake_host_at(&f, EMU)->l.master, 0);
	/* The other link is none the worse for it. */
	assert_int_equal(looks[1].verdict, IN_ORDER);
}

static void one_that_is_kept_shows_its_bridge(void **state)
{
	(void)state;
	(void)fake_host_put(&f, VIF, "vif5.0", "");
	alias(VIF, "vifagent/1 by=xenstore nic=5.0 part=vif was.name=vif5.0");
	fake_host_join(&f, VIF, BR0);
	assert_int_equal(look_at_nic(5, 0, LOOK_ACT), 1);
	assert_string_equal(looks[0].state.master.name, "br0");
}

static void a_look_says_the_name_that_its_link_has_now(void **state)
{
	struct nic nic = new_nic();

	(void)state;
	assert_true(text_copy(nic.wish.name, VIF_NAMESIZE, "web"));
	(void)fake_host_put(&f, VIF, "vif5.0", "");
	assert_int_equal(look_with_keys(&nic, LOOK_ACT), 1);
	assert_string_equal(looks[0].name, "web");
}

static int by_hand(const struct nic *nic, int ifindex, bool leave)
{
	const struct by_hand hand = { .ifindex = ifindex, .leave = leave,
				      .record = { .by = BY_HAND,
						  .wish = { .by = BY_HAND,
							    .network = "br1" } } };
	struct request q = about(nic, LOOK_ACT);

	q.hand = &hand;
	return reconcile(&a, &q, looks, &tell);
}

/* Whatever it is called, and whatever xenstore wishes. */
static void a_nic_s_link_that_is_named_by_hand_is_that_link(void **state)
{
	struct nic nic = new_nic();

	(void)state;
	(void)fake_host_put(&f, VIF, "odd", "");
	assert_int_equal(by_hand(&nic, VIF, false), 1);
	assert_int_equal(looks[0].part, PART_VIF);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	assert_int_equal(fake_host_at(&f, VIF)->l.master, BR1);
	assert_non_null(strstr(fake_host_at(&f, VIF)->l.alias, "nic=5.0"));
	/* the name is still xenstore's affair */
	assert_string_equal(fake_host_at(&f, VIF)->l.name, "vif5.0");
	/* detached, it is xenstore's wish that counts again, in the same look */
	assert_int_equal(by_hand(&nic, VIF, true), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	assert_int_equal(fake_host_at(&f, VIF)->l.master, BR0);
}

static void by_its_record_or_its_name_it_is_the_tap(void **state)
{
	struct nic nic = new_nic();

	(void)state;
	(void)fake_host_put(&f, EMU, "vif5.0-emu", "tun");
	assert_int_equal(by_hand(&nic, EMU, false), LOOKS);
	assert_int_equal(looks[0].part, PART_EMU);
	assert_int_equal(fake_host_at(&f, EMU)->l.master, BR1);
	assert_int_equal(looks[1].verdict, WAITING);
	(void)text_copy(fake_host_at(&f, EMU)->l.name, VIF_NAMESIZE, "odd");
	assert_int_equal(by_hand(&nic, EMU, false), LOOKS);
	assert_int_equal(looks[0].part, PART_EMU);
	assert_int_equal(looks[0].verdict, IN_ORDER);
}

/* Also when the NIC is gone, and when its script is another's. */
static void by_hand_it_joins_without_xenstore(void **state)
{
	struct nic nic = new_nic();

	(void)state;
	(void)fake_host_put(&f, VIF, "vif5.0", "");
	assert_int_equal(by_hand(NULL, VIF, false), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	nic.script = SCRIPT_NETWORK;
	(void)fake_host_put(&f, VIF, "vif5.0", "");
	assert_int_equal(by_hand(&nic, VIF, false), 1);
	assert_int_equal(looks[0].verdict, IN_ORDER);
	assert_int_equal(fake_host_at(&f, VIF)->l.master, BR1);
}

static void links_of_a_vifname_are_found_by_it(void **state)
{
	struct nic nic = new_nic();

	(void)state;
	assert_true(text_copy(nic.wish.name, VIF_NAMESIZE, "web"));
	(void)fake_host_put(&f, VIF, "web", "");
	(void)fake_host_put(&f, EMU, "web-emu", "tun");
	alias(VIF, "vifagent/1 by=xenstore nic=5.0 part=vif was.name=vif5.0");
	alias(EMU, "vifagent/1 by=xenstore nic=5.0 part=emu was.name=vif5.0-emu");
	assert_int_equal(look_with_keys(&nic, LOOK_ACT), LOOKS);
	assert_true(looks[0].found && looks[1].found);
	/* without it they are only found by a search */
	nic.wish.name[0] = '\0';
	assert_int_equal(look_with_keys(&nic, 0), 1);
	assert_false(looks[0].found);
}

static void whose_script_it_is_decides_who_serves_a_nic(void **state)
{
	static const struct {
		enum nic_script script;
		bool all, exists;
		uint32_t self;
		enum hotplug_status status;
		bool served;
	} table[] = {
		{ SCRIPT_OURS, false, false, 0, HOTPLUG_EMPTY, true },
		{ SCRIPT_NONE, false, false, 0, HOTPLUG_EMPTY, false },
		{ SCRIPT_NONE, true, false, 0, HOTPLUG_EMPTY, true },
		{ SCRIPT_ANOTHERS, false, false, 0, HOTPLUG_CONNECTED, false },
		{ SCRIPT_ANOTHERS, true, true, 0, HOTPLUG_EMPTY, false },
		{ SCRIPT_ANOTHERS, true, true, 0, HOTPLUG_ABSENT, false },
		{ SCRIPT_ANOTHERS, true, true, 0, HOTPLUG_CONNECTED, true },
		{ SCRIPT_ANOTHERS, true, true, 0, HOTPLUG_OTHER, true },
		{ SCRIPT_ANOTHERS, true, false, 0, HOTPLUG_EMPTY, true },
		{ SCRIPT_ANOTHERS, true, true, 3, HOTPLUG_EMPTY, true },
		{ SCRIPT_NETWORK, true, false, 0, HOTPLUG_CONNECTED, false },
		{ SCRIPT_NETWORK, true, false, 3, HOTPLUG_CONNECTED, false },
		{ SCRIPT_MISSPELT, true, false, 0, HOTPLUG_EMPTY, false },
	};
	struct nic nic = new_nic();

	(void)state;
	for (each(i, table)) {
		nic.script = table[i].script;
		nic.script_exists = table[i].exists;
		nic.status = table[i].status;
		a.self = table[i].self;
		a.config->serve_all = table[i].all;
		check(nic_is_served(&a, &nic) == table[i].served, "row %zu", i);
	}
	nic = new_nic();
	nic.exists = false;
	assert_false(nic_is_served(&a, &nic));
}

/* libxl waits for that; `xl devd` may have to see state 6 before. */
static void a_driver_domain_clears_a_dead_nic_away(void **state)
{
	struct nic nic = new_nic();

	(void)state;
	nic.state = NIC_CLOSED;
	nic.online = false;
	assert_int_equal(look_late(&nic), 0);
	assert_false(tell.remove);	/* in dom0 libxl does it */
	a.self = 3;
	assert_int_equal(look_with_keys(&nic, LOOK_ACT), 1);
	assert_true(looks[0].early);
	assert_string_equal(looks[0].name, "vif5.0");
	assert_false(tell.remove);
	assert_int_equal(look_late(&nic), 0);
	assert_true(tell.remove);
}

static void a_dead_nic_whose_link_may_be_newer_is_not_cleared_away(void **state)
{
	struct nic nic = new_nic();
	struct request q = about(&nic, LOOK_ACT);

	(void)state;
	a.self = 3;
	nic.state = NIC_CLOSED;
	nic.online = false;
	(void)fake_host_put(&f, VIF, "vif5.0", "");
	alias(VIF, "vifagent/1 by=xenstore nic=5.0 part=vif was.name=vif5.0");
	fake_host_join(&f, VIF, BR0);
	assert_int_equal(look_late(&nic), 1);
	assert_true(looks[0].unsure);
	assert_false(tell.remove);
	assert_int_equal(f.acts, 0);
	/* One that was there before the keys were read is left. */
	q.hint[PART_VIF] = VIF;
	q.delay_is_over = true;
	assert_int_equal(reconcile(&a, &q, looks, &tell), 1);
	assert_int_equal(looks[0].verdict, NOT_OURS);
	assert_int_equal(fake_host_at(&f, VIF)->l.master, 0);
	assert_true(tell.remove);
}

/* ---- whose link is this? ---------------------------------------------------- */

static struct port_id whose(int ifindex)
{
	return door_owner(&a, &fake_host_at(&f, ifindex)->l);
}

static void a_link_is_for_itself_unless_a_record_says_more(void **state)
{
	(void)state;
	assert_false(whose(TAP).is_nic);
	assert_int_equal(whose(TAP).ifindex, TAP);
	alias(TAP, BY_HAND_BR0);
	assert_false(whose(TAP).is_nic);
	alias(TAP, "vifagent/1 by=xenstore nic=5.0 part=emu was.name=tap5.0");
	assert_true(whose(TAP).is_nic);
	assert_int_equal(whose(TAP).nic.domid, 5);
	/* by hand, and no xenstore has that NIC: for itself */
	alias(TAP, "vifagent/1 by=hand net=br0 nic=5.0 part=emu was.name=tap5.0");
	assert_false(whose(TAP).is_nic);
	/* a name alone says nothing */
	(void)fake_host_put(&f, 6, "vif5.0", "");
	assert_false(whose(6).is_nic);
}

struct found {
	int links, nics;
};

static int count(const struct port_id *id, const int hint[LOOKS], void *arg)
{
	struct found *found = arg;

	(void)hint;
	if (id->is_nic)
		found->nics++;
	else
		found->links++;
	return 0;
}

static int stop(const struct port_id *id, const int hint[LOOKS], void *arg)
{
	(void)id;
	(void)hint;
	(*(int *)arg)++;
	return 42;
}

static void ports_are_what_has_a_record(void **state)
{
	struct found found = { 0 };
	int calls = 0;

	(void)state;
	assert_int_equal(each_link_port(&a, count, &found), 0);
	assert_int_equal(found.links + found.nics, 0);
	alias(TAP, BY_HAND_BR0);
	alias(STRANGER, "vifagent/1 by=xenstore nic=5.0 part=emu was.name=tap8");
	assert_int_equal(each_link_port(&a, count, &found), 0);
	assert_int_equal(found.links, 1);
	assert_int_equal(found.nics, 1);
	assert_int_equal(each_link_port(&a, stop, &calls), 42);
	assert_int_equal(calls, 1);
}

#define look_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		look_test(a_link_that_nobody_wishes_anything_of_is_not_ours),
		look_test(a_link_that_does_not_exist_is_no_port),
		look_test(a_port_by_hand_is_put_right_from_its_record),
		look_test(a_network_of_the_configuration_is_its_bridge),
		look_test(only_looking_changes_nothing),
		look_test(a_missing_bridge_is_waited_for),
		look_test(one_that_vanishes_while_it_is_looked_at_too),
		look_test(a_detach_that_was_begun_is_finished),
		look_test(asked_to_leave_it_leaves),
		look_test(a_rule_that_is_gone_lets_its_port_go),
		look_test(a_held_port_is_told_to_who_only_looks),
		look_test(who_just_leaves_it_may_finish),
		look_test(what_was_made_for_a_process_goes_with_it),
		look_test(a_macvtap_is_kept_as_its_record_says),
		look_test(a_macvtap_goes_with_its_process_and_no_other),
		look_test(an_address_that_is_in_use_is_said_so),
		look_test(a_macvtap_is_finished_whatever_failed),
		look_test(a_full_bridge_is_told_in_words),
		look_test(a_failure_is_told_with_the_step),
		look_test(what_changed_on_the_way_is_looked_at_again),
		look_test(what_is_to_be_changed_is_asked_for_once_more),
		look_test(a_wish_is_not_carried_out_when_its_record_is_another),
		look_test(its_own_name_is_not_another_link_s),
		look_test(udev_is_told_of_a_record_that_is_new_or_gone),
		look_test(udev_is_not_told_what_its_rules_know),
		look_test(an_opponent_ends_a_look_after_some_rounds),
		look_test(without_xenstore_a_nic_is_left_as_it_is),
		look_test(asked_to_leave_it_leaves_all_the_same),
		look_test(a_nic_without_links_has_nothing_to_say),
		look_test(both_links_of_a_nic_are_looked_at),
		look_test(a_link_of_that_name_but_another_nic_s_is_not_it),
		look_test(a_hint_or_a_search_finds_a_renamed_link),
		look_test(netback_s_link_is_known_by_its_device),
		look_test(a_link_is_for_itself_unless_a_record_says_more),
		look_test(ports_are_what_has_a_record),
		look_test(a_rule_that_renames_keeps_its_port),
		look_test(a_name_that_is_taken_is_not_taken_away),
		look_test(the_bridge_that_a_link_leaves_keeps_its_mtu),
		look_test(in_dom0_the_script_tells_netback),
		look_test(in_a_driver_domain_the_daemon_tells_netback),
		look_test(why_a_nic_waits_is_told_by_whose_turn_it_is),
		look_test(a_vifname_is_for_both_links),
		look_test(a_link_that_comes_later_is_waited_for),
		look_test(a_stranger_of_a_nic_s_name_is_told),
		look_test(one_that_is_kept_shows_its_bridge),
		look_test(a_look_says_the_name_that_its_link_has_now),
		look_test(the_bridge_that_a_link_goes_back_to_stays_as_it_is),
		look_test(a_guard_that_cannot_be_put_back_sets_the_port_down),
		look_test(also_when_something_else_fails_before_it),
		look_test(a_guard_that_stands_keeps_the_port_up_whatever_fails),
		look_test(without_an_answer_about_its_guard_a_port_stays_as_it_is),
		look_test(what_the_host_uses_is_not_taken_at_the_first_attach_by_hand),
		look_test(a_macvtap_s_device_is_on_no_bridge),
		look_test(a_nic_s_link_that_is_named_by_hand_is_that_link),
		look_test(by_its_record_or_its_name_it_is_the_tap),
		look_test(by_hand_it_joins_without_xenstore),
		look_test(links_of_a_vifname_are_found_by_it),
		look_test(whose_script_it_is_decides_who_serves_a_nic),
		look_test(a_driver_domain_clears_a_dead_nic_away),
		look_test(a_dead_nic_whose_link_may_be_newer_is_not_cleared_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
