/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xsdom - play the toolstack's and the hypervisor's part in a domain's life
 *
 *   xsdom introduce|release|resume|introduced DOMID    to xenstored, by libxenstore
 *   xsdom virq FIFO      raise VIRQ_DOM_EXC in a xenstored under fakexen.so
 *
 * "introduced" exits 0 when xenstored knows the domain and 1 when it does not.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenstore.h>

#define VIRQ_PORT 1 /* as in fakexen.c */
#define RING_REF 1 /* what libxl says as well */
#define RING_EVTCHN 2 /* any: the shim binds whatever it is told */

static bool introduce(struct xs_handle *xs, unsigned int domid)
{
	return xs_introduce_domain(xs, domid, RING_REF, RING_EVTCHN);
}

static const struct verb {
	const char *name;
	bool (*act)(struct xs_handle *xs, unsigned int domid);
} verbs[] = {
	{ "introduce", introduce },
	{ "release", xs_release_domain },
	{ "resume", xs_resume_domain },
	{ "introduced", xs_is_domain_introduced },
};

static int raise_virq(const char *fifo)
{
	const uint32_t port = VIRQ_PORT;
	int fd = open(fifo, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || write(fd, &port, sizeof(port)) != sizeof(port)) {
		perror(fifo);
		return 1;
	}
	return 0;
}

static int act(const struct verb *verb, unsigned int domid)
{
	struct xs_handle *xs = xs_open(0);
	bool ok;

	if (!xs) {
		perror("xs_open");
		return 2;
	}
	errno = 0;
	ok = verb->act(xs, domid);
	if (!ok && errno)
		fprintf(stderr, "%s %u: %s\n", verb->name, domid, strerror(errno));
	xs_close(xs);
	return !ok;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "virq"))
		return raise_virq(argv[2]);
	for (size_t i = 0; argc == 3 && i < sizeof(verbs) / sizeof(*verbs); i++)
		if (!strcmp(argv[1], verbs[i].name))
			return act(&verbs[i], strtoul(argv[2], NULL, 10));
	fprintf(stderr, "usage: xsdom introduce|release|resume|introduced DOMID\n"
			"       xsdom virq FIFO\n");
	return 2;
}
