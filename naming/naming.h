/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * naming.h - the names and identities of VM NICs
 *
 * No system calls, no allocation.  Every string passed to these functions may be
 * hostile; a parser either accepts all of it or refuses it.
 */
#ifndef VIFAGENT_NAMING_H
#define VIFAGENT_NAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* IFNAMSIZ of <linux/if.h>: 15 characters and the NUL. */
#define VIF_NAMESIZE 16

/* DOMID_FIRST_RESERVED, xen/include/public/xen.h: the first domid that no
 * guest ever has. */
#define VIF_DOMID_END 0x7FF0u

/* libxl's devid is an int; netback prints it with "%u" (xenvif_alloc). */
#define VIF_DEVID_END 0x80000000u

/* Longest backend path that vif_path_make() writes, with its NUL:
 * "/local/domain/32751/backend/vif/32751/2147483647". */
#define VIF_PATHSIZE 56

/* One NIC of one domain, as one backend domain counts them. */
struct vif_id {
	uint32_t domid;		/* the frontend's domain, < VIF_DOMID_END */
	uint32_t devid;		/* < VIF_DEVID_END */
};

/* The kind of link that a canonical name belongs to. */
enum vif_kind {
	VIF_NETBACK,		/* vifD.V: netback's link (xen-netback) */
	VIF_EMU,		/* vifD.V-emu: QEMU's tap (libxl 4.2 and later) */
	VIF_TAP,		/* tapD.V: QEMU's tap (Xen 4.1, xapi) */
};

/*
 * vif_name_check() - can a link have this name?
 * @name:	a C string
 *
 * dev_valid_name(), net/core/dev.c: not empty, at most 15 bytes, not "." or
 * "..", no '/', no ':', no white space.  Also refused, because they are hard to
 * print or type: '%' (a template to the kernel) and control characters.
 *
 * Returns 0, -EINVAL, or -ENAMETOOLONG.
 */
int vif_name_check(const char *name);

/*
 * vif_name_parse() - read a canonical name
 * @name:	a C string
 * @ret_id:	the NIC it names; untouched on failure
 * @ret_kind:	which of its links; untouched on failure
 *
 * Numbers are decimal without sign and leading zeros, so that every NIC has
 * just one name of a kind.
 *
 * Returns 0, or -EINVAL if @name is not a canonical name.
 */
int vif_name_parse(const char *name, struct vif_id *ret_id,
		   enum vif_kind *ret_kind);

/*
 * vif_name_make() - the canonical name of one link of a NIC
 *
 * Returns the name's length, or -ENAMETOOLONG with @buf untouched:
 * "vif32751.100-emu" has 16 characters.
 */
int vif_name_make(char buf[VIF_NAMESIZE], struct vif_id id, enum vif_kind kind);

/*
 * vif_name_emu() - the name of the emulated half of a NIC with a vifname
 * @vifname:	a name that vif_name_check() has passed
 *
 * Returns the name's length, or -ENAMETOOLONG with @buf untouched: only
 * vifnames of up to 11 characters leave room for "-emu".
 */
int vif_name_emu(char buf[VIF_NAMESIZE], const char *vifname);

/*
 * vif_name_excess() - by how many characters is a name too long?
 *
 * Returns 0 if "@name@suffix" fits, else the number over the limit.
 */
size_t vif_name_excess(const char *name, const char *suffix);

/*
 * vif_path_parse() - read the path of a vif backend in xenstore
 * @path:	"backend/vif/D/V" as libxl's XENBUS_PATH and netback's nodename
 *		have it, or "/local/domain/B/backend/vif/D/V"
 * @ret_id:	the NIC; untouched on failure
 * @ret_backend: the backend domain B, or -1 for a relative path; may be NULL
 * @ret_rest:	what follows, after the slash ("state" of ".../5/0/state"), or
 *		NULL if nothing does; with a NULL pointer here a path that goes
 *		on is refused
 *
 * Returns 0, or -EINVAL.
 */
int vif_path_parse(const char *path, struct vif_id *ret_id,
		   int32_t *ret_backend, const char **ret_rest);

/*
 * vif_path_make() - the absolute path of a NIC's backend directory
 *
 * Returns its length.
 */
int vif_path_make(char buf[VIF_PATHSIZE], uint32_t backend, struct vif_id id);

/*
 * vif_number_parse() - read a decimal number as Xen writes them
 * @s:		where to begin
 * @end:	the first value that is too large
 * @ret:	the number; untouched on failure
 *
 * Returns the first character after the number, or NULL: no digit, a leading
 * zero, or @end reached.
 */
const char *vif_number_parse(const char *s, uint32_t end, uint32_t *ret);

static inline bool vif_id_equal(struct vif_id a, struct vif_id b)
{
	return a.domid == b.domid && a.devid == b.devid;
}

#endif
