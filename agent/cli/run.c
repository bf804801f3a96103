/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run.c - vifctl run: create taps and execute a program that uses them
 *
 * The taps are open when the program starts, and disappear when it exits.  If
 * the program opens a tap itself, by name, then the tap is persistent, its
 * record names the process, and the daemon deletes the tap after the process
 * has exited.  The daemon does the same with every macvtap.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/cli/taps.h"
#include "agent/core/arguments.h"
#include "agent/host/procfs.h"

#define NICS_MAX 32

#define NIC_KEYS "model, " TAPS_KEYS
#define NIC_USAGE "--nic takes NETWORK[,KEY=VALUE...]"

struct nic_run {
	struct tap_spec spec;
	struct tap tap;
	unsigned int n_vhost;
	int vhost[TAP_QUEUES_MAX];
};

struct run {
	struct nic_run nic[NICS_MAX];
	struct nic_arguments arguments[NICS_MAX];
	size_t n;
};

/* ---- the arguments ---------------------------------------------------- */

static int set_key(struct nic_run *nic, struct nic_arguments *a,
		   const char *arg)
{
	const char *model = cmd_value(arg, "model");
	int r;

	if (model && arguments_set_model(a, model) < 0)
		return cmd_fail(CMD_FAILED, "model=%s is not a valid QEMU device name",
				text_quote_str(model).text);
	if (model)
		return 0;
	r = taps_set(&nic->spec, arg);
	if (r == -ENOENT)
		return cmd_wrong_key("--nic", arg, NIC_KEYS);
	return r;
}

/* "NETWORK[,KEY=VALUE]..." */
static int add_nic(struct cmd *c, struct run *run, char *text)
{
	struct nic_run *nic = &run->nic[run->n];
	struct nic_arguments *a = &run->arguments[run->n];
	char *save = NULL;
	char *network = strtok_r(text, ",", &save);
	struct wish w;
	int r = 0;

	if (run->n == NICS_MAX)
		return cmd_fail(CMD_FAILED, "run takes at most %d NICs", NICS_MAX);
	taps_spec_init(&nic->spec);
	*a = (struct nic_arguments) { .model = MODEL_DEFAULT };
	if (!network || network[0] == '-')
		return cmd_fail(CMD_USAGE, NIC_USAGE);
	if (wish_set(&nic->spec.wish, WISH_NETWORK, "network", network,
		     strlen(network)) < 0)
		return cmd_fail(CMD_FAILED, "%s", nic->spec.wish.error);
	for (char *arg; r == 0 && (arg = strtok_r(NULL, ",", &save)); )
		r = set_key(nic, a, arg);
	if (r)
		return r;
	w = nic->spec.wish;
	config_resolve(c->agent.config, &w);
	a->stays = w.kind == NETWORK_MACVTAP;
	taps_draw_mac(c, &nic->spec.wish, &w);
	a->queues = nic->spec.options.queues;
	a->has_name = nic->spec.wish.name[0] != '\0';
	if (a->queues > 1 && !arguments_is_virtio(a->model))
		return cmd_fail(CMD_FAILED, "queues=%u works only with virtio-net, not with model=%s",
				a->queues, a->model);
	run->n++;
	return 0;
}

/* "--nic red mac=..." */
static bool is_key_of_nic(const char *word)
{
	size_t len = strcspn(word, "=");

	return word[len] && cmd_find_key(word, len, NIC_KEYS);
}

/* @arg: where getopt_long() was, if the option is a long one; then optopt is 0 */
static int unknown_option(const char *arg)
{
	const char letter[] = { '-', (char)optopt, '\0' };

	return cmd_fail(CMD_USAGE, "run: unknown option %s; it takes --nic NETWORK[,KEY=VALUE...], and -- before the program",
			text_quote_str(optopt ? letter : arg).text);
}

static int parse(struct cmd *c, struct run *run, char ***ret_program)
{
	static const struct option options[] = {
		{ "nic", required_argument, NULL, 'n' },
		{ 0 }
	};
	int o, r;

	/* getopt_long() skips argv[0], which is the verb here. */
	optind = opterr = 0;
	while ((o = getopt_long(c->argc + 1, c->argv - 1, "+:n:", options,
				NULL)) != -1) {
		if (o == ':')
			return cmd_fail(CMD_USAGE, NIC_USAGE);
		if (o != 'n')
			return unknown_option(c->argv[optind - 2]);
		r = add_nic(c, run, optarg);
		if (r)
			return r;
	}
	*ret_program = c->argv - 1 + optind;
	if (!**ret_program)
		return cmd_fail(CMD_USAGE, "run takes [--nic NETWORK[,KEY=VALUE...]]... -- PROGRAM [ARGUMENT...]; see vifctl help run");
	if (run->n == 0)
		return cmd_fail(CMD_OK, "note: without --nic %s gets no NIC",
				text_quote_str(**ret_program).text);
	if (is_key_of_nic(**ret_program))
		return cmd_fail(CMD_USAGE, "run: write the keys of a NIC after its network, separated by commas: --nic %s,KEY=VALUE",
				run->nic[run->n - 1].spec.wish.network);
	return 0;
}

/* The owner of a tap matters only to a program that opens it. */
static int check_owners(const struct run *run)
{
	for (size_t i = 0; i < run->n; i++) {
		const struct tap_spec *s = &run->nic[i].spec;

		if (run->arguments[i].by_fd && (s->owner != (uid_t)-1 ||
						s->group != (gid_t)-1))
			return cmd_fail(CMD_USAGE, "owner= and group= are only for a program that opens its tap by {name}; the tap on network %s is already open when the program starts",
					s->wish.network);
	}
	return 0;
}

/* ---- the taps --------------------------------------------------------- */

/* vhost is faster, but optional: the kernel or the device may not support it. */
static void open_vhost(struct nic_run *nic, struct nic_arguments *a)
{
	if (!arguments_is_virtio(a->model))
		return;
	while (nic->n_vhost < a->queues) {
		int fd = tap_open_vhost();

		if (fd < 0)
			break;
		nic->vhost[nic->n_vhost++] = fd;
	}
	if (nic->n_vhost == a->queues)
		a->vhost = nic->vhost;
}

static int make(struct cmd *c, struct nic_run *nic, struct nic_arguments *a)
{
	struct process self;
	struct look look;
	int r = procfs_process(getpid(), &self);

	if (r < 0)
		return cmd_fail(CMD_FAILED, "cannot read this process from /proc: %s",
				strerror(-r));
	r = taps_make(c, &nic->spec, &self, !a->by_fd, &nic->tap, &look);
	if (r)
		return r;
	memcpy(a->name, nic->tap.name, sizeof(a->name));
	if (nic->tap.is_macvtap)
		memcpy(a->mac, look.state.link.mac, sizeof(a->mac));
	else
		memcpy(a->mac, nic->spec.wish.mac, sizeof(a->mac));
	a->mtu = look.state.link.mtu;
	a->fd = nic->tap.fd;
	if (a->by_fd)
		open_vhost(nic, a);
	return 0;
}

static int hand_over(const int *fd, unsigned int n)
{
	for (unsigned int i = 0; fd && i < n; i++)
		if (fcntl(fd[i], F_SETFD, 0) < 0)
			return cmd_fail(CMD_FAILED, "cannot pass on fd %d: %s", fd[i],
					strerror(errno));
	return 0;
}

static int prepare(struct nic_run *nic, const struct nic_arguments *a)
{
	int r;

	if (!a->by_fd)
		return taps_give(&nic->spec, &nic->tap);
	r = hand_over(a->fd, a->queues);
	if (r)
		return r;
	return hand_over(a->vhost, a->queues);
}

/* ---- the program ------------------------------------------------------ */

static int become(struct run *run, char **program)
{
	char **argv = arguments_make(program, run->arguments, run->n);
	int r = 0;

	if (!argv)
		return cmd_fail(CMD_FAILED, "out of memory");
	for (size_t i = 0; r == 0 && i < run->n; i++)
		r = prepare(&run->nic[i], &run->arguments[i]);
	if (r == 0) {
		(void)signal(SIGPIPE, SIG_DFL);
		(void)execvp(argv[0], argv);
		r = cmd_fail(CMD_FAILED, "cannot run %s: %s",
			     text_quote_str(program[0]).text, strerror(errno));
	}
	arguments_free(argv);
	return r;
}

int cmd_run(struct cmd *c)
{
	struct run *run = calloc(1, sizeof(*run));
	char error[REASON_SIZE];
	char **program = c->argv;
	size_t made = 0;
	int r;

	if (!run)
		return cmd_fail(CMD_FAILED, "out of memory");
	r = parse(c, run, &program);
	if (r == 0 && arguments_scan(program, run->arguments, run->n, error) < 0)
		r = cmd_fail(CMD_USAGE, "%s", error);
	if (r == 0)
		r = check_owners(run);
	while (r == 0 && made < run->n) {
		r = make(c, &run->nic[made], &run->arguments[made]);
		made += r == 0;
	}
	if (r == 0)
		r = become(run, program);
	/* The program was not started, so nothing will use them. */
	for (size_t i = 0; i < made; i++)
		taps_drop(c, &run->nic[i].tap);
	free(run);
	return r;
}
