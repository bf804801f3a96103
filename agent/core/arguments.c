/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arguments.c - the command line of a program that is given taps */
#include "agent/core/arguments.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool arguments_is_qemu(const char *program)
{
	const char *slash = strrchr(program, '/');
	const char *name = slash ? slash + 1 : program;

	return strncmp(name, "qemu-system-", 12) == 0 ||
	       strcmp(name, "qemu-kvm") == 0 || strcmp(name, "kvm") == 0;
}

bool arguments_is_virtio(const char *model)
{
	return strncmp(model, "virtio-net", 10) == 0;
}

int arguments_set_model(struct nic_arguments *nic, const char *model)
{
	for (const char *p = model; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
			return -EINVAL;
	if (!model[0] || !text_copy(nic->model, sizeof(nic->model), model))
		return -EINVAL;
	return 0;
}

/* ---- placeholders ----------------------------------------------------- */

enum field { FD, FDS, VHOSTFDS, NAME, MAC, MTU, FIELDS };

static const char *const field_names[FIELDS] = {
	[FD] = "fd",	 [FDS] = "fds", [VHOSTFDS] = "vhostfds",
	[NAME] = "name", [MAC] = "mac", [MTU] = "mtu",
};

struct placeholder {
	enum field field;
	unsigned long nic;
	size_t len;		/* with its braces */
};

/* Other braces belong to the program (JSON, for example). */
static bool parse(const char *s, struct placeholder *ret)
{
	size_t letters = strspn(s + 1, "abcdefghijklmnopqrstuvwxyz");
	size_t digits = strspn(s + 1 + letters, "0123456789");
	char number[8] = "0";

	if (s[1 + letters + digits] != '}' || digits >= sizeof(number))
		return false;
	if (digits) {
		memcpy(number, s + 1 + letters, digits);
		number[digits] = '\0';
	}
	ret->len = letters + digits + 2;
	for (ret->field = FD; ret->field < FIELDS; ret->field++)
		if (strlen(field_names[ret->field]) == letters &&
		    strncmp(field_names[ret->field], s + 1, letters) == 0)
			return text_number(number, 9999999, &ret->nic) == 0;
	return false;
}

/* The next one at or after @s, or NULL. */
static const char *find(const char *s, struct placeholder *ret)
{
	for (s = strchr(s, '{'); s; s = strchr(s + 1, '{'))
		if (parse(s, ret))
			return s;
	return NULL;
}

static int use(const struct placeholder *p, struct nic_arguments *nics,
	       size_t n, char error[REASON_SIZE])
{
	struct nic_arguments *nic = &nics[p->nic];

	if (p->nic >= n) {
		text_reason(error, "{%s%lu} stands for a NIC that does not exist: there are %zu, counted from 0",
			    field_names[p->field], p->nic, n);
		return -EINVAL;
	}
	if (p->field == FD && nic->queues > 1) {
		text_reason(error, "{fd} is only one of several queues; write {fds}");
		return -EINVAL;
	}
	nic->by_fd |= p->field == FD || p->field == FDS;
	nic->by_name |= p->field == NAME;
	return 0;
}

/* QEMU continues as another process then, and loses all links that end with
 * the first one. */
static int check_daemonize(char *const *argv, const struct nic_arguments *nics,
			   size_t n, char error[REASON_SIZE])
{
	bool daemonizes = false;

	for (char *const *arg = argv; *arg; arg++)
		daemonizes |= strcmp(*arg, "-daemonize") == 0 ||
			      strcmp(*arg, "--daemonize") == 0;
	for (size_t i = 0; daemonizes && i < n; i++) {
		const char *what = "a tap opened by its name";

		if (nics[i].stays)
			what = "a macvtap";
		else if (!nics[i].by_name)
			continue;
		text_reason(error, "with -daemonize QEMU continues as another process, and NIC %zu (%s) disappears with the first one; run QEMU without it, in the background e.g. by systemd-run",
			    i, what);
		return -EINVAL;
	}
	return 0;
}

int arguments_scan(char *const *argv, struct nic_arguments *nics, size_t n,
		   char error[REASON_SIZE])
{
	const char *program = argv[0] ? argv[0] : "";
	struct placeholder p;

	for (size_t i = 0; i < n; i++)
		nics[i].by_fd = nics[i].by_name = nics[i].added = false;
	for (char *const *arg = argv; *arg; arg++) {
		const char *s = *arg;

		while ((s = find(s, &p))) {
			if (use(&p, nics, n, error) < 0)
				return -EINVAL;
			s += p.len;
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (nics[i].by_fd || nics[i].by_name)
			continue;
		nics[i].added = arguments_is_qemu(program);
		nics[i].by_fd = nics[i].added;
		nics[i].by_name = !nics[i].added && nics[i].has_name;
		if (nics[i].by_fd || nics[i].by_name)
			continue;
		text_reason(error, "%s is not QEMU, so its arguments must name NIC %zu: write {fd} where it takes the tap's descriptor; if it opens the tap itself, write {name} or --nic NETWORK,name=NAME; put timeout, nice or sudo before vifctl",
			    text_quote_str(program).text, i);
		return -EINVAL;
	}
	if (arguments_is_qemu(program))
		return check_daemonize(argv, nics, n, error);
	return 0;
}

/* ---- writing ---------------------------------------------------------- */

/* "4:5:6" */
static void print_fds(FILE *f, const int *fd, unsigned int n)
{
	for (unsigned int i = 0; fd && i < n; i++)
		(void)fprintf(f, "%s%d", i ? ":" : "", fd[i]);
}

static void print_field(FILE *f, const struct nic_arguments *nic,
			enum field field)
{
	char mac[MAC_TEXTSIZE];

	switch (field) {
	case FD:
	case FDS:
		print_fds(f, nic->fd, nic->queues);
		break;
	case VHOSTFDS:
		print_fds(f, nic->vhost, nic->queues);
		break;
	case NAME:
		(void)fputs(nic->name, f);
		break;
	case MAC:
		text_mac_print(mac, nic->mac);
		(void)fputs(mac, f);
		break;
	case MTU:
		(void)fprintf(f, "%u", nic->mtu);
		break;
	case FIELDS:
		break;
	}
}

static void print_argument(FILE *f, const char *arg,
			   const struct nic_arguments *nics)
{
	struct placeholder p;
	const char *s;

	for (; (s = find(arg, &p)); arg = s + p.len) {
		(void)fwrite(arg, 1, (size_t)(s - arg), f);
		print_field(f, &nics[p.nic], p.field);
	}
	(void)fputs(arg, f);
}

static void print_netdev(FILE *f, const struct nic_arguments *nic, size_t i)
{
	const char *s = nic->queues > 1 ? "s" : "";

	(void)fprintf(f, "tap,id=vifnic%zu,fd%s=", i, s);
	print_fds(f, nic->fd, nic->queues);
	if (nic->vhost) {
		(void)fprintf(f, ",vhost=on,vhostfd%s=", s);
		print_fds(f, nic->vhost, nic->queues);
	}
}

/* virtio-net-pci: two interrupts a queue, one for changes, one for control. */
static void print_device(FILE *f, const struct nic_arguments *nic, size_t i)
{
	char mac[MAC_TEXTSIZE];

	text_mac_print(mac, nic->mac);
	(void)fprintf(f, "%s,netdev=vifnic%zu,mac=%s", nic->model, i, mac);
	if (!arguments_is_virtio(nic->model))
		return;
	(void)fprintf(f, ",host_mtu=%u", nic->mtu);
	if (nic->queues > 1)
		(void)fputs(",mq=on", f);
	if (nic->queues > 1 && strcmp(nic->model, MODEL_DEFAULT) == 0)
		(void)fprintf(f, ",vectors=%u", 2 * nic->queues + 2);
}

/* All arguments, each with its NUL; returns how many. */
static size_t print_all(FILE *f, char *const *argv,
			const struct nic_arguments *nics, size_t n)
{
	size_t count = 0;

	for (; argv[count]; count++) {
		print_argument(f, argv[count], nics);
		(void)fputc('\0', f);
	}
	for (size_t i = 0; i < n; i++) {
		if (!nics[i].added)
			continue;
		(void)fprintf(f, "-netdev%c", '\0');
		print_netdev(f, &nics[i], i);
		(void)fprintf(f, "%c-device%c", '\0', '\0');
		print_device(f, &nics[i], i);
		(void)fputc('\0', f);
		count += 4;
	}
	return count;
}

char **arguments_make(char *const *argv, const struct nic_arguments *nics,
		      size_t n)
{
	char *text = NULL;
	size_t size, count;
	FILE *f = open_memstream(&text, &size);
	char **ret = NULL;
	bool failed;

	if (!f)
		return NULL;
	count = print_all(f, argv, nics, n);
	failed = ferror(f);
	/* glibc's fclose() succeeds even if there was no memory for text. */
	if (fclose(f) == 0 && !failed && text)
		ret = calloc(count + 1, sizeof(*ret));
	if (!ret) {
		free(text);
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		ret[i] = text;
		text += strlen(text) + 1;
	}
	return ret;
}

char **arguments_free(char **argv)
{
	if (argv)
		free(argv[0]);
	free(argv);
	return NULL;
}
