/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz-config.c - a configuration: taken whole and sound, or refused with its
 * line */
#include "tests/fuzz/fuzz.h"

#include "agent/core/config-file.h"

static void check_network(const struct config *c, const struct network *n)
{
	struct wish w = { 0 };

	must(n->name[0] && memchr(n->name, 0, sizeof(n->name)));
	must(n->kind == NETWORK_BRIDGE || n->kind == NETWORK_MACVTAP);
	must(vif_name_check(n->kind == NETWORK_BRIDGE ? n->bridge :
			    n->device) == 0);
	must(n->modes & n->mode && !(n->modes & ~(uint32_t)MACVTAP_MODES));
	must(!n->mtu || (n->mtu >= WISH_MTU_MIN && n->mtu <= WISH_MTU_MAX));
	/* Each can be asked for, and is found. */
	must(wish_set(&w, WISH_NETWORK, "n", n->name, strlen(n->name)) == 0);
	config_resolve(c, &w);
	must(!w.error[0]);
	must(w.kind == n->kind && w.mtu == n->mtu);
	must(strcmp(w.vlan, n->vlan) == 0);
	must(w.options_named == n->options_named &&
	     w.options_on == n->options_on);
	must(!(n->options_on & ~n->options_named));
	must(strcmp(wish_place(&w), n->kind == NETWORK_BRIDGE ? n->bridge :
		    n->device) == 0);
}

static void check_error(const char *error, const char *text, size_t size)
{
	unsigned long line = 0, lines = 1;
	int used = 0;

	must(memchr(error, 0, REASON_SIZE));
	must_be_a_sentence(error);
	must(sscanf(error, "line %lu: %n", &line, &used) == 1 && used);
	must(error[used]);
	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	must(line >= 1 && line <= lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[REASON_SIZE] = "";
	char *text = fuzz_string(data, size);
	struct config *c = config_new();
	int r = config_add(c, text, size, error);

	if (r < 0) {
		check_error(error, text, size);
		c = config_free(c);
	}
	/* A second time it says the same. */
	must(!c || config_add(c, text, size, error) == 0);
	for (size_t i = 0; c && i < c->n_networks; i++)
		check_network(c, &c->networks[i]);
	must(!c || c->script_wait <= 30);
	must(!c || c->toolstack_delay <= 10000);
	must(!c || !memchr(text, 0, size));
	config_free(c);
	free(text);
	return 0;
}
