/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arguments.h - the command line of a program that is given taps
 *
 * {fd}, {fds}, {vhostfds}, {name}, {mac} and {mtu} are replaced by those of the
 * first NIC, {fd1} by that of the second, and so on.  A NIC without a placeholder
 * is added to QEMU's arguments as -netdev and -device; other programs must know it
 * by the requested name.
 */
#ifndef VIFAGENT_ARGUMENTS_H
#define VIFAGENT_ARGUMENTS_H

#include "agent/base/text.h"
#include "naming/naming.h"

#define MODEL_SIZE 32
#define MODEL_DEFAULT "virtio-net-pci"

struct nic_arguments {
	char model[MODEL_SIZE];		/* QEMU's -device */
	unsigned int queues;
	const int *fd;			/* one for each queue */
	const int *vhost;		/* likewise; NULL: none */
	char name[VIF_NAMESIZE];
	uint8_t mac[6];			/* the guest's */
	uint32_t mtu;
	bool has_name;			/* its name was requested */
	bool stays;			/* it does not disappear when its
					 * fds are closed, but with its process */
	/* set by arguments_scan(): how it is used, and are arguments added? */
	bool by_fd, by_name, added;
};

/* Is it QEMU, by its name?  Then we know how to write its arguments. */
bool arguments_is_qemu(const char *program);

/* A model that has virtio's queues, MTU and vhost. */
bool arguments_is_virtio(const char *model);

/*
 * arguments_set_model() - take a model's name
 *
 * Returns 0, or -EINVAL if it is none that QEMU could have.
 */
int arguments_set_model(struct nic_arguments *nic, const char *model);

/*
 * arguments_scan() - which NICs does the command line take, and how?
 *
 * Returns 0, or -EINVAL with the sentence in @error.
 */
int arguments_scan(char *const *argv, struct nic_arguments *nics, size_t n,
		   char error[REASON_SIZE]);

/*
 * arguments_make() - the command line with everything put in
 *
 * Returns a NULL-terminated vector for arguments_free(), or NULL for no memory.
 */
char **arguments_make(char *const *argv, const struct nic_arguments *nics,
		      size_t n);
char **arguments_free(char **argv);

#endif
