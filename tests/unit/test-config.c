/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test-config.c - the configuration: networks by name, whom the agent serves */
#include "tests/unit/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/core/config-file.h"
#include "agent/core/helper.h"

/* A configuration of one file; @ret is untouched if it is refused. */
static int parse_file(const char *text, size_t len, struct config **ret,
		      char error[REASON_SIZE])
{
	struct config *c = config_new();
	int r = config_add(c, text, len, error);

	if (r == 0)
		*ret = c;
	else
		config_free(c);
	return r;
}

static struct config *parse(const char *text)
{
	char error[REASON_SIZE] = "";
	struct config *c = NULL;
	int r = parse_file(text, strlen(text), &c, error);

	check(r == 0, "%s", error);
	assert_non_null(c);
	assert_string_equal(error, "");
	return c;
}

static struct wish resolve(const struct config *c, const char *network,
			   uint32_t mtu)
{
	struct wish w = { .mtu = mtu };

	assert_true(text_copy(w.network, sizeof(w.network), network));
	config_resolve(c, &w);
	return w;
}

/* ---- good files --------------------------------------------------------- */

static void no_configuration_is_one(void **state)
{
	struct config *c = config_new();

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->n_networks, 0);
	assert_false(c->serve_all);
	assert_int_equal(c->script_wait, 5);
	assert_null(config_free(c));
	assert_null(config_free(NULL));
}

static void an_empty_file_is_no_configuration(void **state)
{
	static const char *const empty[] = {
		"", "\n", "\n\n\n", "; nothing\n", "# nothing\n", "  \t \n",
		"\r\n", "\xef\xbb\xbf",
	};

	(void)state;
	for (each(i, empty)) {
		struct config *c = parse(empty[i]);

		assert_int_equal(c->n_networks, 0);
		assert_int_equal(c->script_wait, 5);
		assert_int_equal(c->toolstack_delay, 500);
		config_free(c);
	}
}

static void a_full_file_is_read(void **state)
{
	struct config *c = parse("# the house's networks\n"
				 "[network red]\n"
				 "kind = bridge\n"
				 "bridge = br-red\n"
				 "mtu = 9000 ; jumbo\n"
				 "\n"
				 "[network br7]\n"
				 "mtu=1400\n"
				 "[xen]\n"
				 "serve = all\n"
				 "script-wait = 30\n"
				 "toolstack-delay = 10000\n"
				 "[network red]\n"
				 "mtu = 8000\n");

	(void)state;
	assert_int_equal(c->n_networks, 2);
	assert_string_equal(c->networks[0].name, "red");
	assert_string_equal(c->networks[0].bridge, "br-red");
	assert_int_equal(c->networks[0].mtu, 8000);
	assert_string_equal(c->networks[1].name, "br7");
	assert_string_equal(c->networks[1].bridge, "br7");
	assert_int_equal(c->networks[1].mtu, 1400);
	assert_true(c->serve_all);
	assert_int_equal(c->script_wait, 30);
	assert_int_equal(c->toolstack_delay, 10000);
	config_free(c);
}

static void the_last_word_counts(void **state)
{
	struct config *c = parse("[xen]\nserve=all\nserve=script\n"
				 "script-wait=0\ntoolstack-delay=0\n");

	(void)state;
	assert_false(c->serve_all);
	assert_int_equal(c->script_wait, 0);
	assert_int_equal(c->toolstack_delay, 0);
	config_free(c);
}

static void line_ends_of_other_systems_are_taken(void **state)
{
	struct config *c = parse("\xef\xbb\xbf[network red]\r\n"
				 "bridge = br0\r\n");

	(void)state;
	assert_string_equal(c->networks[0].bridge, "br0");
	config_free(c);
}

static void many_networks_are_kept(void **state)
{
	size_t size = 1 << 16, len = 0;
	char *text = malloc(size);
	struct config *c;

	(void)state;
	assert_non_null(text);
	for (int i = 0; i < 1000; i++)
		len += (size_t)snprintf(text + len, size - len,
					"[network n%d]\nbridge=b%d\n", i, i);
	c = parse(text);
	assert_int_equal(c->n_networks, 1000);
	assert_string_equal(resolve(c, "n777", 0).bridge, "b777");
	config_free(c);
	free(text);
}

static void a_line_of_198_characters_is_taken(void **state)
{
	char text[256] = "[network red]\nmtu=1400 ;";
	size_t start = strlen("[network red]\n");
	struct config *c;

	(void)state;
	memset(text + strlen(text), 'x', start + 198 - strlen(text));
	text[start + 198] = '\n';
	c = parse(text);
	assert_int_equal(c->networks[0].mtu, 1400);
	config_free(c);
}

static void good_files_are_taken(void **state)
{
	static const char *const good[] = {
		"[network m]\nkind = macvtap\ndevice = eth0\n"
		"mode = vepa private bridge passthru\n",
		/* tabs, blanks, carriage returns, no last newline, comments */
		"[network m]\nkind=macvtap\n  device\t=  eth0\n"
		"mode =\tvepa \t bridge\n",
		"[network m]\r\nkind = macvtap\r\ndevice = eth0\r\n",
		"[network m]\nkind = macvtap\ndevice = eth0\nmode = vepa",
		"# one\n; two\n[network m]\nkind = macvtap\n"
		"; three\ndevice = eth0 ; four\n",
		/* the kind last; a network in two sections */
		"[network m]\ndevice = eth0\nmode = private\nkind = macvtap\n",
		"[network m]\nkind = macvtap\ndevice = eth0\n"
		"[network n]\nbridge = br0\n[network m]\nmode = private\n",
		/* the longest names */
		"[network mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm]\n"
		"kind = macvtap\ndevice = a23456789012345\n",
		/* a network, a bridge and a device of the same name */
		"[network br0]\nbridge = br0\nmtu = 1400\n",
		"[network br0]\nmtu = 1400\n[network red]\nbridge = br0\n",
		"[network m]\nkind = macvtap\ndevice = eth0\n"
		"[network eth0]\nbridge = br0\n",
	};

	(void)state;
	for (each(i, good))
		config_free(parse(good[i]));
}

/* ---- wrong files -------------------------------------------------------- */

#define S10 "xxxxxxxxxx"
#define S50 S10 S10 S10 S10 S10
#define S200 S50 S50 S50 S50

#define MACVTAP "[network red]\nkind = macvtap\n"

static const struct {
	const char *text;
	int line;
	const char *says;
} wrong[] = {
	/* no section, or an unknown one */
	{ "mtu = 1500\n", 1, "before the first section" },
	{ "[]\nmtu = 1500\n", 1, "section \"\"" },
	{ "[xem]\nserve = all\n", 1, "\"xem\" is unknown" },
	{ "[Xen]\nserve = all\n", 1, "\"Xen\"" },
	{ "[network]\nbridge = br0\n", 1, "\"network\"" },
	{ "[networks red]\nbridge = br0\n", 1, "\"networks red\"" },
	{ "\n\n[vlan 5]\nx = y\n", 3, "\"vlan 5\"" },
	{ "[macvtap m]\ndevice = eth0\n", 1, "\"macvtap m\"" },
	{ "[Network red]\nkind = macvtap\n", 1, "\"Network red\"" },
	{ "[network red]\n[Service]\nUser=root\n", 2, "\"Service\"" },
	/* a network without a good name */
	{ "[network ]\nmtu = 1500\n", 1, "not valid as the name of a network" },
	{ "[network  red]\nmtu = 1500\n", 1, "not valid as the name of a network" },
	{ "[network a b]\nmtu = 1500\n", 1, "not valid as the name of a network" },
	{ "[network a/b]\nmtu = 1500\n", 1, "not valid as the name of a network" },
	{ "[network ..]\nmtu = 1500\n", 1, "not valid as the name of a network" },
	{ "[network %s]\nmtu = 1500\n", 1, "not valid as the name of a network" },
	{ "[network r\xf6t]\nmtu = 1500\n", 1, "not valid as the name of a network" },
	{ "[network r\xc3\xb6t]\nmtu = 1500\n", 1, "not valid as the name of a network" },
	{ "[network ../m]\nmtu = 1500\n", 1, "not valid as the name of a network" },
	{ "[network %n%n]\nmtu = 1500\n", 1, "not valid as the name of a network" },
	{ "[network \x1b[2J]\nmtu = 1500\n", 1, "not valid as the name of a network" },
	{ "[network 12345678901234567890123456789012]\nmtu = 1500\n", 1,
	  "too long for the name of a network or bridge by 1" },
	{ "[network " S50 S50 "]\nmtu = 1500\n", 1, "too long" },
	/* unknown keys, unknown values */
	{ "[network red]\nbrigde = br0\n", 2, "\"brigde\" is not a key" },
	{ "[network red]\nBridge = br0\n", 2, "\"Bridge\" is not a key" },
	{ "[network red]\nbridge = br0\n\nvlan = 5x\n", 4, "vlan=\"5x\": write VLANs as in" },
	{ "[network red]\nvlan = 10/20\n", 2, "none is marked as the PVID" },
	{ "[network red]\nvlan =\n", 2, "write VLANs as in" },
	{ "[network red]\nvlans = 10\n", 2, "\"vlans\" is not a key" },
	{ "[network red]\nisolated = on\n", 2, "isolated = \"on\" is neither yes nor no" },
	{ "[network red]\nflood =\n", 2, "neither yes nor no" },
	{ MACVTAP "device = eth0\nhairpin = yes\n", 4, "hairpin is for kind = bridge" },
	{ "[network red]\nkind = openvswitch\n", 2, "\"openvswitch\" is unknown" },
	{ "[network red]\nkind = Macvtap\n", 2, "use bridge or macvtap" },
	{ "[network red]\nkind = macvlan\n", 2, "use bridge or macvtap" },
	{ "[network red]\nkind = bridge macvtap\n", 2, "use bridge or macvtap" },
	{ "[network red]\nserve = all\n", 2, "\"serve\" is not a key" },
	{ "[xen]\ndevice = eth0\n", 2, "\"device\" is not a key" },
	/* a macvtap's keys */
	{ "[network red]\nkind = macvtap\n", 2, "has no device=" },
	{ "[network red]\n\nkind=macvtap\nmode=vepa\n", 3, "has no device=" },
	{ MACVTAP "device =\n", 3, "device=\"\"" },
	{ MACVTAP "device = a/b\n", 3, "device=\"a/b\"" },
	{ MACVTAP "device = ../eth0\n", 3, "device=\"../eth0\"" },
	{ MACVTAP "device = eth0:1\n", 3, "device=\"eth0:1\"" },
	{ MACVTAP "device = eth\x1b[2J\n", 3, "device=" },
	{ MACVTAP "device = eth0 eth1\n", 3, "device=\"eth0 eth1\"" },
	{ MACVTAP "device = eth%d\n", 3, "device=\"eth%d\"" },
	{ MACVTAP "device = ..\n", 3, "device=\"..\"" },
	{ MACVTAP "device = enp0s31f6-and-more\n", 3, "too long for a link's name by 3" },
	{ MACVTAP "device = eth0\nmode =\n", 4, "mode is empty" },
	{ MACVTAP "device = eth0\nmode = passthrough\n", 4, "\"passthrough\" is unknown: use vepa, private, bridge or passthru" },
	{ MACVTAP "device = eth0\nmode = source\n", 4, "\"source\"" },
	{ MACVTAP "device = eth0\nmode = vepa,bridge\n", 4, "\"vepa,bridge\"" },
	{ MACVTAP "device = eth0\nmode = vepa bridge vepa\n", 4, "vepa is given twice" },
	{ MACVTAP "device = eth0\nmode = VEPA\n", 4, "\"VEPA\"" },
	{ MACVTAP "device = eth0\nmode = vepa bridge hairpin\n", 4, "\"hairpin\"" },
	{ MACVTAP "device = eth0\nmode = 2\n", 4, "\"2\"" },
	{ MACVTAP "device = eth0\nMode = vepa\n", 4, "\"Mode\" is not a key" },
	{ MACVTAP "device = eth0\nallmulticast = 1\n", 4, "neither yes nor no" },
	{ MACVTAP "device = eth0\nallmulticast = off\n", 4, "neither yes nor no" },
	{ MACVTAP "device = eth0\nallmulticast = on\n", 4, "neither yes nor no" },
	{ MACVTAP "device = eth0\nallmulticast =\n", 4, "neither yes nor no" },
	{ MACVTAP "device = eth0\nmtu = huge\n", 4, "is not an MTU" },
	{ MACVTAP "device = eth0\nvlan = 5\n", 4, "vlan is for kind = bridge, but [network red] is of kind macvtap" },
	/* keys of the other kind */
	{ "[network red]\nmode = vepa\n", 2, "mode is for kind = macvtap, but [network red] is of kind bridge" },
	{ "[network red]\nbridge = br0\ndevice = eth0\n", 3, "device is for kind = macvtap" },
	{ "[network red]\ndevice = eth0\n", 2, "device is for kind = macvtap" },
	{ MACVTAP "device = eth0\n[network red]\nkind = bridge\n", 3, "device is for kind = macvtap" },
	{ "[network red]\nallmulticast = no\nkind = bridge\n", 2, "allmulticast is for kind = macvtap" },
	{ MACVTAP "bridge = br0\ndevice = eth0\n", 3, "bridge is for kind = bridge, but [network red] is of kind macvtap" },
	{ MACVTAP "device = eth0\n\ntaps = tap*\n", 5, "taps is for kind = bridge" },
	{ "[network red]\nbridge = br0\nkind = macvtap\ndevice = eth0\n", 2, "bridge is for kind = bridge" },
	/* networks that name one another */
	{ "[network a]\nbridge = b\n[network b]\nbridge = a\n", 2, "[network a] has bridge = b, but [network b]" },
	{ "[network a]\nbridge = b\n[network b]\nbridge = c\n", 2, "takes a bridge of the host, not a network" },
	{ "[network b]\nkind = macvtap\ndevice = eth0\n[network a]\nbridge = b\n", 5, "but [network b] is something else" },
	{ "[network a]\n[network b]\nbridge = c\n[network c]\nbridge = a\n", 3, "but [network c] is something else" },
	{ "[network red]\nkind =\n", 2, "kind = \"\"" },
	{ "[network red]\nbridge =\n", 2, "bridge=\"\"" },
	{ "[network red]\nbridge = a b\n", 2, "bridge=\"a b\"" },
	{ "[network red]\nbridge = ../x\n", 2, "bridge=\"../x\"" },
	{ "[network red]\nbridge = br0,br1,br2,br34\n", 2,
	  "too long for a link's name by" },
	{ "[network red]\nmtu = big\n", 2, "is not an MTU" },
	{ "[network red]\nmtu = -1\n", 2, "is not an MTU" },
	{ "[network red]\nmtu = 67\n", 2, "is not an MTU" },
	{ "[network red]\nmtu = 65536\n", 2, "is not an MTU" },
	{ "[network red]\nmtu = 1500 1500\n", 2, "is not an MTU" },
	{ "[network red]\nmtu = 0x5dc\n", 2, "is not an MTU" },
	{ "[network red]\nmtu = 4294968796\n", 2, "is not an MTU" },
	/* what other programs' files have */
	{ "[network red]\nmtu = 9000 # jumbo\n", 2, "needs a line of its own" },
	{ "[network red]\nmtu = # jumbo\n", 2, "needs a line of its own" },
	{ "[network red]\ntaps = red* # of these\n", 2, "needs a line of its own" },
	{ "[network red]\nbridge = \"br0\"\n", 2, "without quotes" },
	{ "{ \"network\": { \"kind\": \"macvtap\" } }\n", 1, "before the first section" },
	{ "[xen]\nserve = nobody\n", 2, "neither script nor all" },
	{ "[xen]\nserve =\n", 2, "neither script nor all" },
	{ "[xen]\nscript-wait = 31\n", 2, "from 0 to 30" },
	{ "[xen]\nscript-wait = -1\n", 2, "from 0 to 30" },
	{ "[xen]\nscript-wait = 5s\n", 2, "from 0 to 30" },
	{ "[xen]\nscript-wait = 4294967301\n", 2, "from 0 to 30" },
	{ "[xen]\ntoolstack-delay = 10001\n", 2, "from 0 to 10000" },
	{ "[xen]\ntoolstack-delay = 500ms\n", 2, "from 0 to 10000" },
	{ "[xen]\nscript_wait = 5\n", 2, "\"script_wait\"" },
	{ "[network \"red\"]\nbridge = br0\n", 1, "write the network's name without quotes" },
	{ "[network red]\nisolatd = yes\n", 2, "\"isolatd\" is not a key of [network]; did you mean isolated?" },
	{ "[network red]\nbrigde = br0\n", 2, "did you mean bridge?" },
	{ "[network red]\nnonsense = br0\n", 2, "use kind, mtu" },
	{ "[red]\nbridge = br0\n", 1, "use [xen], or [network red] if that is a network" },
	/* neither this nor that */
	{ "[network red\nbridge = br0\n", 1, "does not end with ]" },
	{ "[network red]\nbridge br0\n", 2, "neither [section] nor key = value" },
	{ "[network red]\nbridge = br0\n\n  nonsense\n", 4,
	  "neither [section] nor key = value" },
	{ "{ \"network\": {} }x\ny\n", 1, "before the first section" },
	{ "\x7f" "ELF\n", 1, "neither [section] nor key = value" },
	/* a continued line is none */
	{ "[network red]\nbridge = br0\n  br1\n", 3, "neither [section] nor key = value" },
	/* too long for inih, which would cut it */
	{ "[xen]\n; " S200 "\n", 2, "longer than 198" },
	{ "[xen]\nserve = all ;" S200 "\n", 2, "longer than 198" },
	{ "\n\n" S200 S200, 3, "longer than 198" },
	/* the first of several */
	{ "[network red]\nmtu = big\nmtu = huge\n", 2, "\"big\"" },
	{ "[network red]\nmtu = big\nnonsense\n", 2, "\"big\"" },
	{ "[network red]\nnonsense\nmtu = big\n", 2, "neither [section] nor key = value" },
	{ "[network a]\nkind = macvtap\ndevice = eth1\n[network b]\nkind = x\n", 5, "\"x\"" },
};

static void wrong_files_are_refused_with_the_line(void **state)
{
	(void)state;
	for (each(i, wrong)) {
		struct config *untouched = (struct config *)&wrong;
		struct config *c = untouched;
		char error[REASON_SIZE] = "", line[24];
		int r = parse_file(wrong[i].text, strlen(wrong[i].text), &c,
				     error);

		(void)snprintf(line, sizeof(line), "line %d: ", wrong[i].line);
		check(r == -EINVAL, "taken:\n%s", wrong[i].text);
		check(c == untouched, "row %zu", i);
		check(strncmp(error, line, strlen(line)) == 0,
		      "wanted %ssomething, got %s, of:\n%s", line, error,
		      wrong[i].text);
		check(strstr(error, wrong[i].says), "wanted \"%s\", got \"%s\"",
		      wrong[i].says, error);
		for (const char *p = error; *p; p++)
			check(*p >= ' ' && *p < 0x7f, "%s", error);
	}
}

static void a_nul_is_refused_with_the_line(void **state)
{
	static const char value[] = "[xen]\nserve\0=all\n";
	static const char section[] = "[network red\0]\nmtu = 1500\n";
	char error[REASON_SIZE] = "";
	struct config *c = NULL;

	(void)state;
	assert_int_equal(parse_file(value, sizeof(value) - 1, &c, error),
			 -EINVAL);
	assert_string_equal(error, "line 2: it contains a NUL byte");
	assert_int_equal(parse_file(section, sizeof(section) - 1, &c, error),
			 -EINVAL);
	assert_string_equal(error, "line 1: it contains a NUL byte");
	assert_null(c);
}

static void a_very_long_line_is_refused_with_its_number(void **state)
{
	size_t len = 100000;
	char *text = calloc(1, len + 1);
	char error[REASON_SIZE] = "";
	struct config *c = NULL;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', len);
	memcpy(text, "[xen]\n; ", strlen("[xen]\n; "));
	assert_int_equal(parse_file(text, len, &c, error), -EINVAL);
	check(strncmp(error, "line 2: ", 8) == 0, "%s", error);
	check(strstr(error, "longer than 198"), "%s", error);
	free(text);
}

/* A network's section without bridge= means the bridge of that name. */
static void a_network_that_no_bridge_can_be_named_after_says_so(void **state)
{
	char error[REASON_SIZE] = "";
	static const char text[] = "[xen]\nserve = all\n"
				   "[network a-name-of-20-letters]\nmtu = 1500\n";
	struct config *c = NULL;

	(void)state;
	assert_int_equal(parse_file(text, strlen(text), &c, error), -EINVAL);
	assert_non_null(strstr(error, "[network a-name-of-20-letters] has no bridge="));
	assert_non_null(strstr(error, "too long for a link's name by 5"));
}

static void every_error_has_its_line(void **state)
{
	static const char text[] = "[network a-name-of-20-letters]\nmtu = 1500\n";
	char error[REASON_SIZE] = "";
	struct config *c = NULL;

	(void)state;
	assert_int_equal(parse_file(text, strlen(text), &c, error), -EINVAL);
	check(strncmp(error, "line ", 5) == 0, "%s", error);
}

static void a_wrong_section_is_wrong_even_when_empty(void **state)
{
	static const char *const bad[] = {
		"[netwrok red]\n", "[network a/b]\n", "[xen]\n[nex]\n",
	};

	(void)state;
	for (each(i, bad)) {
		char error[REASON_SIZE] = "";
		struct config *c = NULL;
		int r = parse_file(bad[i], strlen(bad[i]), &c, error);

		config_free(c);
		check(r == -EINVAL, "taken: %s", bad[i]);
	}
}

/* ---- resolving ---------------------------------------------------------- */

static void a_configured_network_is_what_it_says(void **state)
{
	struct config *c = parse("[network red]\nbridge=br-red\nmtu=9000\n"
				 "[network blue]\nbridge=br-blue\n"
				 "[network br9]\nmtu=1400\n");
	struct wish w;

	(void)state;
	w = resolve(c, "red", 0);
	assert_string_equal(w.bridge, "br-red");
	assert_int_equal(w.mtu, 9000);
	/* The wish's own MTU goes before the network's. */
	assert_int_equal(resolve(c, "red", 1300).mtu, 1300);
	w = resolve(c, "blue", 0);
	assert_string_equal(w.bridge, "br-blue");
	assert_int_equal(w.mtu, 0);
	w = resolve(c, "br9", 0);
	assert_string_equal(w.bridge, "br9");
	assert_int_equal(w.mtu, 1400);
	config_free(c);
}

static void a_network_s_vlans_are_for_ports_that_request_none(void **state)
{
	struct config *c = parse("[network red]\nbridge=br0\nvlan=10p/20\n"
				 "[network v]\nkind=macvtap\ndevice=eth0\n");
	struct wish w = { .network = "red" };

	(void)state;
	config_resolve(c, &w);
	assert_string_equal(w.vlan, "10p/20");
	w = (struct wish){ .network = "red", .vlan = "30" };
	config_resolve(c, &w);
	assert_string_equal(w.vlan, "30");
	assert_string_equal(w.error, "");
	w = (struct wish){ .network = "v", .vlan = "30" };
	config_resolve(c, &w);
	assert_string_equal(w.error, "vlan=30 (requested by its network): network v is of kind macvtap, and only ports of a bridge have VLANs; set device= to a VLAN link (ip link add link eth0 name eth0.10 type vlan id 10), and request no vlan=");
	config_free(c);
}

static void a_network_names_options_of_its_ports(void **state)
{
	struct config *c = parse("[network red]\nisolated = yes\nflood=no\n"
				 "hairpin = yes\nhairpin = no\n");
	struct wish w = { .network = "red" };

	(void)state;
	config_resolve(c, &w);
	assert_int_equal(w.options_named, OPTION(OPTION_ISOLATED) |
			 OPTION(OPTION_FLOOD) | OPTION(OPTION_HAIRPIN));
	assert_int_equal(w.options_on, OPTION(OPTION_ISOLATED));
	config_free(c);
}

static void a_tap_finds_its_network_by_its_name(void **state)
{
	struct config *c = parse("[network red]\ntaps = red* web?\n"
				 "[network blue]\ntaps=tap[0-9]\tred1\n"
				 "[network none]\n");
	static const struct {
		const char *tap, *network;
	} rows[] = {
		{ "red", "red" },   { "red1", "red" }, { "web0", "red" },
		{ "tap7", "blue" }, { "web10", NULL }, { "tap77", NULL },
		{ "ared", NULL },   { "", NULL },      { "none", NULL },
	};

	(void)state;
	for (each(i, rows)) {
		const struct network *n = config_network_of_tap(c,
								rows[i].tap);

		check(!n == !rows[i].network, "%s", rows[i].tap);
		if (n)
			assert_string_equal(n->name, rows[i].network);
	}
	config_free(c);
}

static void later_files_go_before_earlier_ones(void **state)
{
	struct config *c = parse("[xen]\nserve = all\nscript-wait = 7\n"
				 "[network red]\nbridge = br1\nmtu = 9000\n"
				 "[network blue]\n");
	static const char second[] = "[network red]\nbridge = br2\n"
				     "[xen]\nscript-wait = 8\n"
				     "[network green]\n";
	static const char third[] = "\n\n[network a-name-of-20-letters]\n";
	char error[REASON_SIZE] = "";
	struct wish w;

	(void)state;
	assert_int_equal(config_add(c, second, strlen(second), error), 0);
	assert_int_equal(c->n_networks, 3);
	w = resolve(c, "red", 0);
	assert_string_equal(w.bridge, "br2");
	assert_int_equal(w.mtu, 9000);
	assert_string_equal(resolve(c, "blue", 0).bridge, "blue");
	assert_true(c->serve_all);
	assert_int_equal(c->script_wait, 8);
	assert_int_equal(config_add(c, "", 0, error), 0);
	/* The line is that of the file that is wrong. */
	assert_int_equal(config_add(c, third, strlen(third), error), -EINVAL);
	check(strncmp(error, "line 3: ", 8) == 0, "%s", error);
	config_free(c);
}

/* A later file may make a network another one, if it is all of it. */
static void a_later_file_is_wrong_together_with_an_earlier_one(void **state)
{
	static const struct {
		const char *second;
		int line;
		const char *says;
	} rows[] = {
		{ "\n[network red]\nkind=macvtap\ndevice=eth0\n", 3,
		  "bridge is for kind = bridge, but [network red] is of kind macvtap; another file sets it" },
		{ "[network v]\n\nkind=bridge\n", 3,
		  "device is for kind = macvtap, but [network v] is of kind bridge; another file sets it" },
		{ "[network v]\nbridge=br0\n", 2, "bridge is for kind = bridge" },
		{ "\n\n[network br1]\nbridge=br2\n", 3,
		  "[network red] has bridge = br1, but [network br1]" },
		{ "[network x]\n\nbridge=v\n", 3, "but [network v] is something else" },
	};

	(void)state;
	for (each(i, rows)) {
		struct config *c = parse("[network red]\nbridge = br1\n"
					 "[network v]\nkind = macvtap\n"
					 "device = eth0\n");
		char error[REASON_SIZE] = "", line[24];
		int r = config_add(c, rows[i].second, strlen(rows[i].second),
				   error);

		(void)snprintf(line, sizeof(line), "line %d: ", rows[i].line);
		check(r == -EINVAL, "taken: %s", rows[i].second);
		check(strncmp(error, line, strlen(line)) == 0, "%s", error);
		check(strstr(error, rows[i].says), "%s", error);
		config_free(c);
	}
}

static void a_macvtap_network_has_device_and_modes(void **state)
{
	struct config *c = parse("[network v]\nkind = macvtap\ndevice = eth0\n"
				 "[network w]\nmode = bridge \t private\n"
				 "device = eth1\nallmulticast = no\nmtu = 9000\n"
				 "kind = macvtap\n");
	struct wish w;

	(void)state;
	w = resolve(c, "v", 0);
	assert_int_equal(w.kind, NETWORK_MACVTAP);
	assert_string_equal(w.device, "eth0");
	assert_string_equal(w.bridge, "");
	assert_string_equal(wish_place(&w), "eth0");
	assert_int_equal(w.mode, MACVLAN_MODE_VEPA);
	assert_int_equal(w.mtu, 0);
	assert_true(w.allmulticast);
	w = resolve(c, "w", 0);
	assert_string_equal(w.device, "eth1");
	assert_int_equal(w.mode, MACVLAN_MODE_BRIDGE);
	assert_int_equal(w.mtu, 9000);
	assert_false(w.allmulticast);
	w = (struct wish){ .network = "w", .mode = MACVLAN_MODE_PRIVATE };
	config_resolve(c, &w);
	assert_int_equal(w.mode, MACVLAN_MODE_PRIVATE);
	assert_string_equal(w.error, "");
	config_free(c);
}

static void a_mode_that_is_not_allowed_is_refused(void **state)
{
	struct config *c = parse("[network v]\nkind = macvtap\ndevice = eth0\n"
				 "mode = bridge vepa\n[network red]\n");
	struct wish w = { .network = "v", .mode = MACVLAN_MODE_PASSTHRU };

	(void)state;
	config_resolve(c, &w);
	assert_string_equal(w.error, "mode=passthru is requested, but network v allows only vepa bridge; request another mode, or change mode= in the configuration");
	for (int i = 0; i < 2; i++) {
		w = (struct wish){ .mode = MACVLAN_MODE_VEPA };
		assert_true(text_copy(w.network, sizeof(w.network),
				      i ? "red" : "br7"));
		config_resolve(c, &w);
		check(strstr(w.error, "is a bridge, and only a macvtap has a mode"),
		      "%s", w.error);
	}
	config_free(c);
}

static void another_network_is_the_bridge_of_that_name(void **state)
{
	struct config *c = config_new();
	struct wish w;

	(void)state;
	w = resolve(c, "br0", 0);
	assert_string_equal(w.bridge, "br0");
	assert_string_equal(w.error, "");
	w = resolve(c, "123456789012345", 0);
	assert_string_equal(w.bridge, "123456789012345");
	w = resolve(c, "1234567890123456", 0);
	assert_string_equal(w.bridge, "");
	assert_non_null(strstr(w.error, "too long by 1 character"));
	config_free(c);
}

static void no_network_is_no_bridge(void **state)
{
	struct config *c = config_new();
	struct wish w = resolve(c, "", 0);

	(void)state;
	assert_string_equal(w.bridge, "");
	assert_string_equal(w.error, "");
	config_free(c);
}

static void an_error_that_is_there_stays(void **state)
{
	struct config *c = config_new();
	struct wish w = { .network = "1234567890123456", .error = "mine" };

	(void)state;
	config_resolve(c, &w);
	assert_string_equal(w.error, "mine");
	config_free(c);
}

static void the_helper_refuses_what_it_cannot_give(void **state)
{
	static const struct {
		const char *settings, *reason;	/* NULL: it may make a tap there */
	} rows[] = {
		{ "isolated = no\nhairpin = yes\n", NULL },
		{ "isolated = yes\n", "isolates ports of bridge br0 from one another" },
		{ "rate = 20mbit\n", "limits the rate of ports of bridge br0" },
		{ "guard = mac\n", "checks what ports of bridge br0 send (guard = mac), and QEMU tells the helper no MAC" },
		{ "guard = ip\nrate = 20mbit\n", "(guard = ip)" },
		{ "learning = no\n", "does not let bridge br0 learn addresses" },
		{ "locked = yes\nrate = 20mbit\n", "does not let bridge br0 learn addresses" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config *c = config_new();
		char text[100], error[REASON_SIZE], reason[REASON_SIZE] = "";
		int len = snprintf(text, sizeof(text), "[network red]\nbridge = br0\n%s", rows[i].settings);

		assert_int_equal(config_add(c, text, (size_t)len, error), 0);
		assert_false(helper_refuses(c, "br1", reason));
		assert_int_equal(helper_refuses(c, "br0", reason), rows[i].reason != NULL);
		if (rows[i].reason)
			check(strstr(reason, rows[i].reason), "%s: %s", rows[i].settings, reason);
		config_free(c);
	}
}

static void a_key_of_networks_is_known_by_its_whole_name(void **state)
{
	(void)state;
	assert_true(config_is_network_key("guard=ip", 5));
	assert_true(config_is_network_key("isolated", 8));
	assert_false(config_is_network_key("guard=ip", 4));
	assert_false(config_is_network_key("guards=ip", 6));
	assert_false(config_is_network_key("web", 3));
}

/* xenstore is asked for mac and ip only if there is a use for them. */
static void addresses_are_needed_for_a_guard_or_entries(void **state)
{
	static const struct {
		const char *text;
		bool needs;
	} rows[] = {
		{ "", false },
		{ "[network a]\nbridge = br0\nrate = 10mbit\n", false },
		{ "[network a]\nbridge = br0\n[network b]\nbridge = br1\nguard = mac\n", true },
		{ "[network a]\nbridge = br0\nlearning = no\n", true },
		{ "[network a]\nbridge = br0\nlearning = yes\n", false },
	};

	(void)state;
	for (each(i, rows)) {
		struct config *c = parse(rows[i].text);

		check(config_needs_addresses(c) == rows[i].needs, "%s", rows[i].text);
		config_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_of_networks_is_known_by_its_whole_name),
		cmocka_unit_test(addresses_are_needed_for_a_guard_or_entries),
		cmocka_unit_test(no_configuration_is_one),
		cmocka_unit_test(an_empty_file_is_no_configuration),
		cmocka_unit_test(a_full_file_is_read),
		cmocka_unit_test(the_last_word_counts),
		cmocka_unit_test(line_ends_of_other_systems_are_taken),
		cmocka_unit_test(many_networks_are_kept),
		cmocka_unit_test(a_line_of_198_characters_is_taken),
		cmocka_unit_test(good_files_are_taken),
		cmocka_unit_test(wrong_files_are_refused_with_the_line),
		cmocka_unit_test(a_nul_is_refused_with_the_line),
		cmocka_unit_test(a_very_long_line_is_refused_with_its_number),
		cmocka_unit_test(a_network_that_no_bridge_can_be_named_after_says_so),
		cmocka_unit_test(every_error_has_its_line),
		cmocka_unit_test(a_wrong_section_is_wrong_even_when_empty),
		cmocka_unit_test(a_configured_network_is_what_it_says),
		cmocka_unit_test(a_network_names_options_of_its_ports),
		cmocka_unit_test(a_network_s_vlans_are_for_ports_that_request_none),
		cmocka_unit_test(a_tap_finds_its_network_by_its_name),
		cmocka_unit_test(later_files_go_before_earlier_ones),
		cmocka_unit_test(a_later_file_is_wrong_together_with_an_earlier_one),
		cmocka_unit_test(a_macvtap_network_has_device_and_modes),
		cmocka_unit_test(a_mode_that_is_not_allowed_is_refused),
		cmocka_unit_test(another_network_is_the_bridge_of_that_name),
		cmocka_unit_test(no_network_is_no_bridge),
		cmocka_unit_test(an_error_that_is_there_stays),
		cmocka_unit_test(the_helper_refuses_what_it_cannot_give),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
