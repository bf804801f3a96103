/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* naming.c - the names and identities of VM NICs */
#include "naming/naming.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define EMU_SUFFIX "-emu"

/* The text after @prefix, or NULL if @s does not begin with it. */
static const char *after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

static bool name_byte_ok(unsigned char c)
{
	/* 0xa0 is a blank to the kernel (lib/ctype.c) */
	return c > ' ' && c != 0x7f && c != 0xa0 && c != '/' && c != ':' &&
	       c != '%';
}

int vif_name_check(const char *name)
{
	size_t len = strnlen(name, VIF_NAMESIZE);

	if (len == VIF_NAMESIZE)
		return -ENAMETOOLONG;
	if (len == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		if (!name_byte_ok((unsigned char)name[i]))
			return -EINVAL;
	return 0;
}

const char *vif_number_parse(const char *s, uint32_t end, uint32_t *ret)
{
	uint64_t n = 0;
	const char *p;

	for (p = s; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (uint64_t)(*p - '0');
		if (n >= end)
			return NULL;
	}
	if (p == s || (*s == '0' && p - s > 1))
		return NULL;
	*ret = (uint32_t)n;
	return p;
}

/* "D<sep>V": returns what follows, or NULL. */
static const char *id_parse(const char *s, char sep, struct vif_id *ret)
{
	s = vif_number_parse(s, VIF_DOMID_END, &ret->domid);
	if (!s || *s != sep)
		return NULL;
	return vif_number_parse(s + 1, VIF_DEVID_END, &ret->devid);
}

int vif_name_parse(const char *name, struct vif_id *ret_id,
		   enum vif_kind *ret_kind)
{
	const char *s = after(name, "vif");
	enum vif_kind kind = VIF_NETBACK;
	struct vif_id id;

	if (vif_name_check(name) < 0)
		return -EINVAL;
	if (!s) {
		s = after(name, "tap");
		kind = VIF_TAP;
	}
	if (s)
		s = id_parse(s, '.', &id);
	if (s && kind == VIF_NETBACK && strcmp(s, EMU_SUFFIX) == 0)
		kind = VIF_EMU;
	else if (!s || *s)
		return -EINVAL;
	*ret_id = id;
	*ret_kind = kind;
	return 0;
}

/* Copy only what fits whole. */
static int put_name(char buf[VIF_NAMESIZE], const char *text, int len)
{
	if (len >= VIF_NAMESIZE)
		return -ENAMETOOLONG;
	memcpy(buf, text, (size_t)len + 1);
	return len;
}

int vif_name_make(char buf[VIF_NAMESIZE], struct vif_id id, enum vif_kind kind)
{
	char text[40];
	int len = snprintf(text, sizeof(text), "%s%" PRIu32 ".%" PRIu32 "%s",
			   kind == VIF_TAP ? "tap" : "vif", id.domid, id.devid,
			   kind == VIF_EMU ? EMU_SUFFIX : "");

	return put_name(buf, text, len);
}

int vif_name_emu(char buf[VIF_NAMESIZE], const char *vifname)
{
	char text[VIF_NAMESIZE + sizeof(EMU_SUFFIX)];
	int len;

	if (vif_name_excess(vifname, EMU_SUFFIX) > 0)
		return -ENAMETOOLONG;
	len = snprintf(text, sizeof(text), "%s" EMU_SUFFIX, vifname);
	return put_name(buf, text, len);
}

size_t vif_name_excess(const char *name, const char *suffix)
{
	size_t len = strlen(name) + strlen(suffix);

	return len < VIF_NAMESIZE ? 0 : len - (VIF_NAMESIZE - 1);
}

int vif_path_parse(const char *path, struct vif_id *ret_id,
		   int32_t *ret_backend, const char **ret_rest)
{
	const char *s = after(path, "/local/domain/");
	uint32_t backend = 0;
	struct vif_id id;
	bool absolute = s;

	if (absolute) {
		s = vif_number_parse(s, VIF_DOMID_END, &backend);
		if (s)
			s = after(s, "/");
	} else {
		s = path;
	}
	if (s)
		s = after(s, "backend/vif/");
	if (s)
		s = id_parse(s, '/', &id);
	if (!s || (*s && (*s != '/' || !ret_rest)))
		return -EINVAL;
	*ret_id = id;
	if (ret_backend)
		*ret_backend = absolute ? (int32_t)backend : -1;
	if (ret_rest)
		*ret_rest = *s ? s + 1 : NULL;
	return 0;
}

int vif_path_make(char buf[VIF_PATHSIZE], uint32_t backend, struct vif_id id)
{
	return snprintf(buf, VIF_PATHSIZE,
			"/local/domain/%" PRIu32 "/backend/vif/%" PRIu32
			"/%" PRIu32, backend, id.domid, id.devid);
}
