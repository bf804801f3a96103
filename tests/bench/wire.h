/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wire.h - xenstored's protocol on a bare socket: several requests at once */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <xen/io/xs_wire.h>

#define WIRE_SIZE (XENSTORE_PAYLOAD_MAX + 1)

/* Returns a connection, or -1. */
int wire_open(void);

/* Ask, without waiting.  Two payloads make one: a path and its value. */
int wire_send(int fd, uint32_t type, uint32_t tx, const void *data, size_t len,
	      const void *more, size_t more_len);

/* The next message, whatever it is; a NUL is put behind it.
 * Returns its length, or -1; of an error of xenstored's, -2. */
int wire_receive(int fd, uint32_t *ret_type, char buf[WIRE_SIZE]);

/* Ask, and wait; watch events that come meanwhile are dropped. */
int wire_ask(int fd, uint32_t type, uint32_t tx, const void *data, size_t len,
	     const void *more, size_t more_len, char buf[WIRE_SIZE]);

int wire_write(int fd, const char *path, const char *value);
int wire_watch(int fd, const char *path);
