/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz-naming.c - names and paths: all of it or nothing, and back again */
#include "tests/fuzz/fuzz.h"

#include "naming/naming.h"

/* dev_valid_name(), net/core/dev.c, with isspace() of lib/ctype.c */
static void must_suit_the_kernel(const char *name)
{
	must(name[0] && strlen(name) < 16);
	must(strcmp(name, ".") != 0 && strcmp(name, "..") != 0);
	for (const unsigned char *p = (const unsigned char *)name; *p; p++)
		must(*p != '/' && *p != ':' && *p != ' ' && *p != 0xa0 &&
		     !(*p >= '\t' && *p <= '\r'));
}

static void check_name(const char *s)
{
	char made[VIF_NAMESIZE], emu[VIF_NAMESIZE];
	enum vif_kind kind;
	struct vif_id id;

	if (vif_name_check(s) == 0) {
		must_suit_the_kernel(s);
		if (vif_name_emu(emu, s) >= 0) {
			must_suit_the_kernel(emu);
			must(strncmp(emu, s, strlen(s)) == 0);
			must(strcmp(emu + strlen(s), "-emu") == 0);
		} else {
			must(vif_name_excess(s, "-emu") == strlen(s) - 11);
		}
	}
	if (vif_name_parse(s, &id, &kind) < 0)
		return;
	must_suit_the_kernel(s);
	must(id.domid < VIF_DOMID_END && id.devid < VIF_DEVID_END);
	must(vif_name_make(made, id, kind) == (int)strlen(s));
	must(strcmp(made, s) == 0);
}

static void check_path(const char *s)
{
	char made[VIF_PATHSIZE];
	const char *rest = NULL, *tail;
	struct vif_id id, again;
	int32_t backend, b;

	if (vif_path_parse(s, &id, &backend, &rest) < 0) {
		must(vif_path_parse(s, &id, NULL, NULL) < 0);
		return;
	}
	must(id.domid < VIF_DOMID_END && id.devid < VIF_DEVID_END);
	must((vif_path_parse(s, &again, NULL, NULL) == 0) == !rest);
	must(vif_path_make(made, backend < 0 ? 0 : (uint32_t)backend, id) <
	     VIF_PATHSIZE);
	must(vif_path_parse(made, &again, &b, NULL) == 0);
	must(vif_id_equal(id, again) && b == (backend < 0 ? 0 : backend));
	/* The path is what was made of it, and the rest. */
	tail = backend < 0 ? made + strlen("/local/domain/0/") : made;
	must(strncmp(s, tail, strlen(tail)) == 0);
	must(rest ? rest == s + strlen(tail) + 1 : !s[strlen(tail)]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *s = fuzz_string(data, size);
	const char *end;
	uint32_t n;

	check_name(s);
	check_path(s);
	end = vif_number_parse(s, VIF_DEVID_END, &n);
	if (end) {
		char text[16];

		(void)snprintf(text, sizeof(text), "%u", n);
		must(end == s + strlen(text));
		must(strncmp(s, text, strlen(text)) == 0);
	}
	free(s);
	return 0;
}
