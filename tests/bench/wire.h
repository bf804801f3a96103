/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wire.h - xenstored's protocol on a bare socket: several requests at once */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/io/xs_wire.h>

#define WIRE_SIZE (XENSTORE_PAYLOAD_MAX + 1)

struct wire;

/* Returns a connection, or NULL. */
struct wire *wire_open(void);
int wire_fd(const struct wire *w);

/* Two payloads make one: a path and its value.  Goes out with wire_send(). */
void wire_put(struct wire *w, uint32_t type, uint32_t tx, const void *data,
	      size_t len, const void *more, size_t more_len);
int wire_send(struct wire *w);

/* The next message, whatever it is; a NUL is put behind it.
 * Returns its length, or -1; of an error of xenstored's, -2. */
int wire_receive(struct wire *w, uint32_t *ret_type, char buf[WIRE_SIZE]);

/* Has something come that poll() does not know of any more? */
bool wire_has_more(const struct wire *w);

/* Put, send, and wait; watch events that come meanwhile are dropped. */
int wire_ask(struct wire *w, uint32_t type, uint32_t tx, const void *data,
	     size_t len, char buf[WIRE_SIZE]);

int wire_write(struct wire *w, const char *path, const char *value);
int wire_watch(struct wire *w, const char *path);
