/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.c - the configuration: networks by name, and whom the agent serves */
#include "agent/core/config.h"

#include <errno.h>
#include <fnmatch.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRIPT_WAIT_DEFAULT 5
/* libxl kills a script after 40 s (LIBXL_HOTPLUG_TIMEOUT); ours must have
 * said what is wrong long before. */
#define SCRIPT_WAIT_MAX 30

#define TOOLSTACK_DELAY_DEFAULT 500
/* libxl gives a backend 10 s to get to state 2 (LIBXL_INIT_TIMEOUT); whoever
 * has not looked by then has given up. */
#define TOOLSTACK_DELAY_MAX 10000

/* inih's INI_MAX_LINE; it would silently go on as if a new line began. */
#define LINE_MAX_LEN 198

/* The file on its way through inih, which reads it line by line. */
struct parser {
	struct config *config;
	const char *next;		/* the line to be read next */
	const char *end;
	int line;			/* number of the last one read */
	int error_line;
	char error[REASON_SIZE];	/* of the first bad line */
};

struct config *config_new(void)
{
	struct config *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->script_wait = SCRIPT_WAIT_DEFAULT;
	c->toolstack_delay = TOOLSTACK_DELAY_DEFAULT;
	return c;
}

struct config *config_free(struct config *c)
{
	if (c)
		free(c->networks);
	free(c);
	return NULL;
}

static struct network *find(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->n_networks; i++)
		if (strcmp(c->networks[i].name, name) == 0)
			return &c->networks[i];
	return NULL;
}

/* Says what is wrong; inih's handlers return 0 for an error. */
__attribute__((format(printf, 2, 3)))
static int wrong(struct parser *p, const char *fmt, ...)
{
	va_list ap;

	if (!p->error[0]) {
		p->error_line = p->line;
		va_start(ap, fmt);
		(void)vsnprintf(p->error, sizeof(p->error), fmt, ap);
		va_end(ap);
	}
	return 0;
}

/* The network that a section is about, made when it is new. */
static struct network *section_network(struct parser *p, const char *name)
{
	struct wish w = { 0 };
	struct config *c = p->config;
	struct network *n = find(c, name);

	if (n)
		return n;
	if (wish_set(&w, WISH_NETWORK, "network", name, strlen(name)) < 0) {
		wrong(p, "%s", w.error);
		return NULL;
	}
	n = reallocarray(c->networks, c->n_networks + 1, sizeof(*n));
	if (!n) {
		wrong(p, "out of memory");
		return NULL;
	}
	c->networks = n;
	n += c->n_networks++;
	memset(n, 0, sizeof(*n));
	memcpy(n->name, w.network, sizeof(n->name));
	n->line = p->line;
	return n;
}

static int network_key(struct parser *p, const char *name, const char *key,
		       const char *value)
{
	struct network *n = section_network(p, name);
	struct wish w = { 0 };

	if (!n)
		return 0;
	if (strcmp(key, "kind") == 0) {
		if (strcmp(value, "bridge") == 0)
			return 1;
		return wrong(p, "kind = %s is not known here: bridge is",
			     text_quote_str(value).text);
	}
	if (strcmp(key, "bridge") == 0) {
		if (wish_set(&w, WISH_NAME, key, value, strlen(value)) < 0)
			return wrong(p, "%s", w.error);
		memcpy(n->bridge, w.name, sizeof(n->bridge));
		return 1;
	}
	if (strcmp(key, "mtu") == 0) {
		if (wish_set(&w, WISH_MTU, key, value, strlen(value)) < 0)
			return wrong(p, "%s", w.error);
		n->mtu = w.mtu;
		return 1;
	}
	if (strcmp(key, "taps") == 0) {
		if (!text_copy(n->taps, sizeof(n->taps), value))
			return wrong(p, "taps is too long");
		return 1;
	}
	return wrong(p, "%s is not known in [network]: kind, bridge, mtu and taps are",
		     text_quote_str(key).text);
}

static int number_key(struct parser *p, const char *key, const char *value,
		      unsigned long max, const char *unit, uint32_t *ret)
{
	unsigned long n;

	if (text_number(value, max, &n) < 0)
		return wrong(p, "%s = %s is no number of %s from 0 to %lu",
			     key, text_quote_str(value).text, unit, max);
	*ret = (uint32_t)n;
	return 1;
}

static int xen_key(struct parser *p, const char *key, const char *value)
{
	if (strcmp(key, "serve") == 0) {
		if (strcmp(value, "all") != 0 && strcmp(value, "script") != 0)
			return wrong(p, "serve = %s is neither script nor all",
				     text_quote_str(value).text);
		p->config->serve_all = strcmp(value, "all") == 0;
		return 1;
	}
	if (strcmp(key, "script-wait") == 0)
		return number_key(p, key, value, SCRIPT_WAIT_MAX, "seconds",
				  &p->config->script_wait);
	if (strcmp(key, "toolstack-delay") == 0)
		return number_key(p, key, value, TOOLSTACK_DELAY_MAX,
				  "milliseconds", &p->config->toolstack_delay);
	return wrong(p, "%s is not known in [xen]: serve, script-wait and toolstack-delay are",
		     text_quote_str(key).text);
}

static int handler(void *user, const char *section, const char *key,
		   const char *value)
{
	struct parser *p = user;

	if (strncmp(section, "network ", 8) == 0)
		return network_key(p, section + 8, key, value);
	if (strcmp(section, "xen") == 0)
		return xen_key(p, key, value);
	return wrong(p, "section %s is not known: [xen] and [network NAME] are",
		     text_quote_str(section).text);
}

/* "[network red]": inih says nothing of sections without keys. */
static void open_section(struct parser *p, const char *s, size_t len)
{
	char name[LINE_MAX_LEN + 1];
	const char *end = memchr(s, ']', len);

	if (!end) {
		wrong(p, "a section's name ends with ]");
		return;
	}
	len = (size_t)(end - s);
	memcpy(name, s, len);
	name[len] = '\0';
	if (strncmp(name, "network ", 8) == 0)
		(void)section_network(p, name + 8);
	else if (strcmp(name, "xen") != 0)
		wrong(p, "section %s is not known: [xen] and [network NAME] are",
		      text_quote_str(name).text);
}

/* fgets() for inih, with an eye on what it would pass over in silence. */
static char *read_line(char *buf, int size, void *user)
{
	struct parser *p = user;
	size_t n = strcspn(p->next, "\n");
	size_t blanks;

	if (p->next == p->end)
		return NULL;
	p->line++;
	if (!p->next[n] && p->next + n != p->end) {
		wrong(p, "it has a NUL inside");
		return NULL;
	}
	if (n > LINE_MAX_LEN || n >= (size_t)size) {
		wrong(p, "it is longer than %d characters", LINE_MAX_LEN);
		return NULL;
	}
	memcpy(buf, p->next, n);
	buf[n] = '\0';
	p->next += n + (p->next[n] == '\n');
	blanks = strspn(buf, " \t\r");
	if (buf[blanks] == '[')
		open_section(p, buf + blanks + 1, n - blanks - 1);
	return buf;
}

/* Every network needs a bridge that can exist. */
static int finish(struct parser *p)
{
	struct config *c = p->config;

	for (size_t i = 0; i < c->n_networks; i++) {
		struct network *n = &c->networks[i];
		struct wish w = { 0 };

		if (n->bridge[0])
			continue;
		p->line = n->line;
		if (wish_set(&w, WISH_NAME, "bridge", n->name,
			     strlen(n->name)) < 0)
			return wrong(p, "[network %s] has no bridge=, and %s",
				     n->name, w.error);
		memcpy(n->bridge, w.name, sizeof(n->bridge));
	}
	return 1;
}

int config_add(struct config *c, const char *text, size_t len,
	       char error[REASON_SIZE])
{
	struct parser p = { .config = c, .next = text, .end = text + len };
	int line;

	ini_allow_multiline = false;
	line = ini_parse_stream(read_line, &p, handler, &p);
	if (!p.error[0] && line == 0 && finish(&p))
		return 0;
	if (line < 0)
		return -ENOMEM;
	/* What inih itself cannot read never came to the handler. */
	if (p.error[0] && (line == 0 || p.error_line <= line))
		text_reason(error, "line %d: %s", p.error_line, p.error);
	else
		text_reason(error, "line %d: it is neither [section] nor key = value",
			    line);
	return -EINVAL;
}

void config_resolve(const struct config *c, struct wish *w)
{
	const struct network *n = find(c, w->network);
	size_t excess = vif_name_excess(w->network, "");

	if (!w->network[0])
		return;
	if (n) {
		memcpy(w->bridge, n->bridge, sizeof(w->bridge));
		if (!w->mtu)
			w->mtu = n->mtu;
		return;
	}
	if (excess == 0)
		memcpy(w->bridge, w->network, sizeof(w->bridge));
	else if (!w->error[0])
		text_reason(w->error, "network %s is not configured, and as a bridge's name it is too long by %zu characters",
			    w->network, excess);
}

static bool matches(const char *patterns, const char *name)
{
	char text[CONFIG_TAPSSIZE];
	char *save = NULL;

	(void)text_copy(text, sizeof(text), patterns);
	for (char *p = strtok_r(text, " \t", &save); p;
	     p = strtok_r(NULL, " \t", &save))
		if (fnmatch(p, name, 0) == 0)
			return true;
	return false;
}

const struct network *config_network_of_tap(const struct config *c,
					    const char *name)
{
	for (size_t i = 0; i < c->n_networks; i++)
		if (matches(c->networks[i].taps, name))
			return &c->networks[i];
	return NULL;
}
