/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vifagentd.c - the daemon: keeps every port as it is wished */
#include <event2/event.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "agent/base/notify.h"
#include "agent/base/options.h"
#include "agent/daemon/keeper.h"
#include "agent/engine/agent.h"
#include "agent/host/presence.h"

struct daemon {
	const char *config_path;
	struct event_base *base;
	struct agent agent;
	struct keeper *keeper;
	struct event *callers;	/* of vifctl; or NULL */
	struct keeper_ops ops;
	bool only_checks;	/* --check */
	bool ready;
	bool waits_to_notify;	/* systemd could not be reached */
	bool ending;
	char status[96];
};

static const char usage[] =
	"usage: vifagentd [-c FILE] [-d] [--check]\n"
	"Give every VM NIC its place on the host's network, and keep it there.\n"
	"  -c, --config FILE   read FILE instead of " SYSCONFDIR "/vifagent/vifagent.conf\n"
	"      --check         check the configuration and exit\n"
	"  -d, --debug         log more\n"
	"  -V, --version       print the version\n"
	"  -h, --help          print this\n"
	"It stays in the foreground and logs to stderr.  SIGHUP reloads\n"
	"the configuration; SIGTERM stops the daemon and leaves every port unchanged.\n";

static void on_idle(void *arg);

static void on_unheard(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *d = arg;

	(void)fd;
	(void)what;
	d->waits_to_notify = false;
	on_idle(d);
}

/* No port is due: tell systemd the state. */
static void on_idle(void *arg)
{
	static const struct timeval pause = { 1, 0 };
	struct daemon *d = arg;
	unsigned int ports = 0, waiting = 0;
	char status[sizeof(d->status)];

	if (!d->keeper)
		return;
	keeper_count(d->keeper, &ports, &waiting);
	(void)snprintf(status, sizeof(status),
		       "STATUS=%u ports, %u of them not in order", ports,
		       waiting);
	if (strcmp(status, d->status) != 0 && notify(status))
		memcpy(d->status, status, sizeof(status));
	if (d->ready || d->waits_to_notify)
		return;
	d->ready = notify("READY=1");
	if (!d->ready) {
		d->waits_to_notify = event_base_once(d->base, -1, EV_TIMEOUT,
						     on_unheard, d, &pause) == 0;
		return;
	}
	log_msg(LOG_INFO, "ready: %u ports, %u of them not in order", ports,
		waiting);
}

static void on_hangup(evutil_socket_t sig, short what, void *arg)
{
	struct daemon *d = arg;
	char error[REASON_SIZE];
	struct config *c;

	(void)sig;
	(void)what;
	(void)notify("RELOADING=1");
	if (agent_load_config(d->config_path, &c, error) < 0) {
		log_msg(LOG_ERR, "%s; keeping the previous configuration", error);
		d->ready = false;
		on_idle(d);
		return;
	}
	config_free(d->agent.config);
	d->agent.config = c;
	log_msg(LOG_INFO, "configuration reloaded");
	d->ready = false;
	keeper_scan(d->keeper);
}

static void on_end(evutil_socket_t sig, short what, void *arg)
{
	struct daemon *d = arg;

	(void)sig;
	(void)what;
	(void)notify("STOPPING=1");
	d->ending = true;
	event_base_loopbreak(d->base);
}

static void on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	(void)notify("WATCHDOG=1");
}

/* Tell systemd that the event loop works, twice in each watchdog interval. */
static struct event *feed_watchdog(struct event_base *base)
{
	unsigned long usec = notify_watchdog() / 2;
	const struct timeval tv = { (time_t)(usec / 1000000),
				    (suseconds_t)(usec % 1000000) };
	struct event *ev = NULL;

	if (usec)
		ev = event_new(base, -1, EV_PERSIST, on_watchdog, NULL);
	if (ev)
		(void)event_add(ev, &tv);
	return ev;
}

/* Each link that goes with a process needs one. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int parse_args(int argc, char **argv, struct daemon *d)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, 'k' },
		{ "debug", no_argument, NULL, 'd' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	char error[REASON_SIZE];
	bool debug = false;
	int o;

	opterr = 0;
	while ((o = getopt_long(argc, argv, ":c:dVh", options, NULL)) != -1) {
		switch (o) {
		case 'c':
			d->config_path = optarg;
			break;
		case 'k':
			d->only_checks = true;
			break;
		case 'd':
			debug = true;
			break;
		case 'V':
			puts("vifagentd " PACKAGE_VERSION);
			exit(EXIT_SUCCESS);
		case 'h':
			(void)fputs(usage, stdout);
			exit(EXIT_SUCCESS);
		default:
			options_error(error, "vifagentd", o, argv[optind - 1]);
			(void)fprintf(stderr, "vifagentd: %s\n", error);
			return -1;
		}
	}
	if (optind < argc) {
		(void)fprintf(stderr, "vifagentd: unknown argument %s; see vifagentd --help\n",
			      text_quote_str(argv[optind]).text);
		return -1;
	}
	log_open(debug);
	return 0;
}

static void on_libevent(int severity, const char *text)
{
	log_msg(severity == EVENT_LOG_DEBUG ? LOG_DEBUG : LOG_WARNING,
		"libevent: %s", text);
}

static int check(const struct daemon *d)
{
	char error[REASON_SIZE];
	struct config *c = NULL;
	int r = agent_load_config(d->config_path, &c, error);

	if (r < 0)
		(void)fprintf(stderr, "vifagentd: %s\n", error);
	else
		(void)printf("the configuration is valid: %zu network%s\n", c->n_networks,
			     c->n_networks == 1 ? "" : "s");
	config_free(c);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* vifctl asks for that. */
static int show_presence(void)
{
	int fd = presence_show();

	if (fd == -EADDRINUSE)
		log_msg(LOG_WARNING, "another vifagentd seems to run in this network namespace; stop one of them");
	return fd;
}

/* From the root of its file system. */
static void config_file(const struct daemon *d, char ret[PATH_MAX])
{
	const char *path = d->config_path ? d->config_path : CONFIG_DEFAULT;
	char here[PATH_MAX] = "";

	if (path[0] != '/' && getcwd(here, sizeof(here)))
		(void)strncat(here, "/", sizeof(here) - strlen(here) - 1);
	if (snprintf(ret, PATH_MAX, "%s%s", here, path) >= PATH_MAX)
		ret[0] = '\0';
}

static void on_pause_end(evutil_socket_t fd, short what, void *arg)
{
	const struct daemon *d = arg;

	(void)fd;
	(void)what;
	(void)event_add(d->callers, NULL);
}

static void on_caller(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval pause = { .tv_sec = 1 };
	struct daemon *d = arg;
	struct presence p = {
		.corrections = d->keeper ? keeper_corrections(d->keeper) : 0,
	};

	(void)what;
	config_file(d, p.config);
	/* Out of descriptors: the caller keeps waiting and would wake the event loop all
	 * the time. */
	if (presence_answer(fd, &p) < 0 && event_del(d->callers) == 0)
		(void)event_base_once(d->base, -1, EV_TIMEOUT, on_pause_end, d, &pause);
}

/* Without memory for it vifctl learns that a daemon runs, and nothing else. */
static struct event *answer_callers(struct daemon *d, int presence)
{
	if (presence >= 0)
		d->callers = event_new(d->base, presence, EV_READ | EV_PERSIST, on_caller, d);
	if (d->callers)
		(void)event_add(d->callers, NULL);
	return d->callers;
}

static int run(struct daemon *d)
{
	struct event *events[5] = { 0 };
	char error[REASON_SIZE];
	int presence, r = agent_open(&d->agent, d->config_path, error);

	if (r < 0) {
		log_msg(LOG_ERR, "%s", error);
		agent_close(&d->agent);
		return r;
	}
	presence = show_presence();
	events[0] = evsignal_new(d->base, SIGHUP, on_hangup, d);
	events[1] = evsignal_new(d->base, SIGTERM, on_end, d);
	events[2] = evsignal_new(d->base, SIGINT, on_end, d);
	events[3] = feed_watchdog(d->base);
	events[4] = answer_callers(d, presence);
	r = keeper_new(d->base, &d->agent, &d->ops, &d->keeper, error);
	for (int i = 0; i < 3 && r == 0; i++)
		if (!events[i] || event_add(events[i], NULL) < 0) {
			r = -ENOMEM;
			text_reason(error, "cannot wait for signals: %s", strerror(-r));
		}
	if (r < 0)
		log_msg(LOG_ERR, "%s", error);
	else if (event_base_dispatch(d->base) < 0 || !d->ending)
		r = -1;
	d->keeper = keeper_free(d->keeper);
	for (int i = 0; i < 5; i++)
		if (events[i])
			event_free(events[i]);
	agent_close(&d->agent);
	if (presence >= 0)
		close(presence);
	return r;
}

int main(int argc, char **argv)
{
	struct daemon d = { .ops = { .idle = on_idle } };
	int r;

	if (parse_args(argc, argv, &d) < 0)
		return 2;
	if (d.only_checks)
		return check(&d);
	d.ops.arg = &d;
	(void)signal(SIGPIPE, SIG_IGN);
	event_set_log_callback(on_libevent);
	raise_limit();
	d.base = event_base_new();
	if (!d.base) {
		log_msg(LOG_ERR, "cannot create the event loop");
		return EXIT_FAILURE;
	}
	r = run(&d);
	event_base_free(d.base);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
