/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-cli.c - vifctl's verbs on a fake host, with arguments and an
 * environment from outside
 *
 * The input is lines: the verb's letter, the environment's XENBUS_PATH and
 * INTERFACE, then arguments.
 */
#include "agent/engine/door.h"

/* libFuzzer has the alarm for itself. */
#define door_direct(agent, ms, words) ((void)(agent), (void)(ms), (void)(words))

#include "agent/cli/attach.c"
#include "agent/cli/xen-script.c"

#include "tests/fuzz/fuzz.h"
#include "tests/unit/fake-host.h"

#define ARGS 6

static unsigned int said;

int cmd_fail(int code, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	must_be_a_sentence(text);
	must(code == CMD_OK || code == CMD_FAILED || code == CMD_USAGE);
	said += code != CMD_OK;
	return code;
}

const char *cmd_program(void)
{
	return "vifctl";
}

int cmd_find_link(struct cmd *c, const char *name, struct link *ret)
{
	struct host *h = c->agent.host;

	return h->ops->link_by_name(h, name, ret) < 0 ?
		cmd_fail(CMD_FAILED, "link %s does not exist",
			 text_quote_str(name).text) : 0;
}

int cmd_link_to_leave(struct cmd *c, const char *name, struct link *ret)
{
	return cmd_find_link(c, name, ret);
}

int cmd_only_link(struct cmd *c, const char *usage, struct link *ret)
{
	return c->argc == 1 ? cmd_find_link(c, c->argv[0], ret) :
			      cmd_fail(CMD_USAGE, "%s", usage);
}

int cmd_find_nic(struct cmd *c, const char *path, struct vif_id *ret)
{
	(void)c;
	return vif_path_parse(path, ret, NULL, NULL);
}

int look_or_fail(struct cmd *c, const struct request *q, const char *name)
{
	struct look looks[LOOKS];

	(void)name;
	return door_look(&c->agent, q, NULL, looks) < 0;
}

int wait_for_port(struct cmd *c, const struct port_id *id, enum part part,
		  unsigned int flags, unsigned int seconds, struct look *ret)
{
	(void)c;
	(void)part;
	(void)flags;
	(void)seconds;
	must(id->is_nic && id->nic.domid < VIF_DOMID_END);
	*ret = (struct look){ .id = *id };
	return 0;
}

static void make_host(struct fake_host *f)
{
	fake_host_init(f);
	(void)fake_host_put(f, 2, "br0", "bridge");
	(void)fake_host_put(f, 3, "tap7", "tun");
	(void)fake_host_put(f, 4, "vif5.0", "");
	(void)fake_host_put(f, 5, "stranger", "tun");
	(void)fake_host_put(f, 6, "br1", "bridge");
	fake_host_put(f, 7, "eth0", "")->hardware = true;
	(void)text_copy(fake_host_at(f, 5)->l.alias, LINK_ALIASSIZE, "foreign");
}

/* Only the link that was named, and only bridges' pins. */
static void check_host(const struct fake_host *is, const char *named)
{
	struct fake_host was;

	make_host(&was);
	for (int i = 0; i < FAKE_LINKS; i++) {
		const struct link *a = &was.link[i].l, *b = &is->link[i].l;

		must(is->link[i].exists == was.link[i].exists);
		if (!was.link[i].exists)
			continue;
		must(vif_name_check(b->name) == 0);
		if (!named || strcmp(a->name, named) != 0)
			must(memcmp(a, b, sizeof(*a)) == 0);
		/* what must not become a port, whoever asks */
		if (was.link[i].hardware || a->loopback ||
		    strcmp(a->kind, "bridge") == 0)
			must(memcmp(a, b, sizeof(*a)) == 0);
	}
}

static void set_env(const char *name, const char *value)
{
	if (value && value[0])
		must(setenv(name, value, 1) == 0);
	else
		must(unsetenv(name) == 0);
}

/* An argument that is not known is never passed over. */
static bool all_known(const struct cmd *c)
{
	static const char *const known[] = { "online", "offline", "add",
					     "remove", "type_if=vif",
					     "type_if=tap" };
	size_t k;

	for (int i = 0; i < c->argc; i++) {
		for (k = 0; k < 6 && strcmp(c->argv[i], known[k]) != 0;)
			k++;
		if (k == 6)
			return false;
	}
	return c->argc > 0;
}

static bool may_touch(const struct cmd *c)
{
	if (c->argc && strcmp(c->argv[0], "stranger") != 0)
		return true;
	for (int i = 2; i < c->argc; i++)
		if (strcmp(c->argv[i], "alias=replace") == 0)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int (*const verbs[])(struct cmd *) = { cmd_attach, cmd_detach,
					       cmd_xen_script };
	char *s = fuzz_string(data, size), *p = s;
	char *line[3], *args[ARGS + 1] = { 0 };
	struct fake_host f;
	struct cmd c = { .argv = args,
			 .agent = { .store = STORE_GONE,
				    .store_error = -ENOENT } };
	int code, verb;

	make_host(&f);
	c.agent.host = &f.host;
	c.agent.config = config_new();
	must(c.agent.config);
	for (int i = 0; i < 3; i++)
		line[i] = p ? strsep(&p, "\n") : NULL;
	set_env("XENBUS_PATH", line[1]);
	set_env("INTERFACE", line[2]);
	while (c.argc < ARGS && p)
		args[c.argc++] = strsep(&p, "\n");
	said = 0;
	verb = (line[0] ? (unsigned char)line[0][0] : 0) % 3;
	code = verbs[verb](&c);
	must(code == CMD_OK || code == CMD_FAILED || code == CMD_USAGE);
	must((code == CMD_OK) == !said);
	/* A link of a refused attach may have been begun with, no other, and
	 * none with an alias of somebody else's. */
	check_host(&f, may_touch(&c) ? args[0] : NULL);
	if (verbs[verb] == cmd_xen_script && !all_known(&c))
		must(code == CMD_USAGE);
	if (code == CMD_USAGE)
		must(f.acts == 0);
	config_free(c.agent.config);
	free(s);
	return 0;
}
