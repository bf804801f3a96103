/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-store.c - a xenstored that answers whatever it likes, or hangs up
 *
 * The input is what it says: as answers to questions and changes, and to those asked
 * ahead, and then, on another connection, as answers and events of watches.
 */
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/xen/store.h"
#include "agent/xen/wire.h"
#include "naming/naming.h"

/* What a socket takes at once. */
#define SIZE_MAX_SAID 65536

static struct sockaddr_un address = { .sun_family = AF_UNIX };
static int listener = -1;

static void end(void)
{
	(void)unlink(address.sun_path);
}

static void listen_once(void)
{
	if (listener >= 0)
		return;
	(void)snprintf(address.sun_path, sizeof(address.sun_path),
		       "/tmp/fuzz-store.%d", (int)getpid());
	end();
	must(atexit(end) == 0);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(listener >= 0);
	must(bind(listener, (struct sockaddr *)&address,
		  sizeof(address)) == 0);
	must(listen(listener, 4) == 0);
	must(setenv("XENSTORED_PATH", address.sun_path, 1) == 0);
}

/* The other end of a connection, on which all has been said. */
static int say(const uint8_t *data, size_t size)
{
	int fd = accept(listener, NULL, NULL);

	must(fd >= 0);
	must(send(fd, data, size, 0) == (ssize_t)size);
	must(shutdown(fd, SHUT_WR) == 0);
	return fd;
}

static int count(const char *name, void *arg)
{
	size_t *n = arg;

	*n += strlen(name) + 1;
	return 0;
}

static void check_answer(const struct store_question *q)
{
	must(q->len < (int)sizeof(q->value));
	must(q->len < 0 || q->value[q->len] == '\0');
}

/* Asks; what was asked ahead takes answers on a connection of its own. */
static void ask(struct store *s, struct store_question q[3])
{
	static const struct store_change change[2] = {
		{ "/a/c", "connected" }, { "/a/d", NULL },
	};
	uint32_t self = 0;
	size_t names = 0;
	bool known;

	if (store_self(s, &self, &known) == 0)
		must(self < VIF_DOMID_END);
	for (int i = 0; i < 2; i++)
		for (int j = 0; store_ask(s, q, 3) == 0 && j < 3; j++)
			check_answer(&q[j]);
	store_forget_ahead(s);
	(void)store_each(s, "/a", count, &names);
	must(store_write_if(s, "/a", "2", change, 2) <= 0);
	must(store_rm_empty(s, "/a") <= 0);
}

static void watch(struct wire *w)
{
	struct wire_request r = { .type = XS_WATCH, .text = "a", .more = "a",
				  .more_len = 2 };
	char path[64];
	int err = wire_talk(w, &r, 1);

	must(err == 0 || err == -ENOTCONN);
	do
		err = wire_next_event(w, path, sizeof(path));
	while (err == 0 && memchr(path, 0, sizeof(path)));
	/* It has hung up. */
	must(err == -ENOTCONN || err == -EAGAIN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store_question q[3] = { { .path = "/a" }, { .path = "/a/b" },
				       { .domid = 5 } };
	struct store *s = NULL;
	struct wire *w = NULL;
	int fd, early;

	if (size > SIZE_MAX_SAID)
		return 0;
	listen_once();
	must(store_open(&s) == 0);
	fd = say(data, size);
	for (int i = 0; i < 3; i++)
		store_ask_ahead(s, q, 3);
	early = say(data, size);
	ask(s, q);
	store_close(s);
	close(early);
	close(fd);
	must(wire_open(address.sun_path, false, &w) == 0);
	fd = say(data, size);
	watch(w);
	wire_close(w);
	close(fd);
	return 0;
}
