/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config-file.c - reading a configuration file */
#include "agent/core/config-file.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/core/config-network.h"

/* libxl kills a script after 40 s (LIBXL_HOTPLUG_TIMEOUT); ours must report
 * its error long before that. */
#define SCRIPT_WAIT_MAX 30

/* libxl gives a backend 10 s to get to state 2 (LIBXL_INIT_TIMEOUT); a
 * toolstack that has not looked by then has given up. */
#define TOOLSTACK_DELAY_MAX 10000

int parser_wrong(struct parser *p, const char *fmt, ...)
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

/* Keys of earlier files have no line in this one. */
static void begin_file(struct config *c)
{
	for (size_t i = 0; i < c->n_networks; i++) {
		struct network *n = &c->networks[i];

		n->line = 0;
		for (int key = 0; key < NETWORK_KEYS; key++)
			if (n->said[key])
				n->said[key] = LINE_ELSEWHERE;
	}
}

/* ---- [xen] ------------------------------------------------------------ */

static int number_key(struct parser *p, const char *key, const char *value,
		      unsigned long max, const char *unit, uint32_t *ret)
{
	unsigned long n;

	if (text_number(value, max, &n) < 0)
		return parser_wrong(p, "%s = %s is not a number of %s from 0 to %lu",
			     key, text_quote_str(value).text, unit, max);
	*ret = (uint32_t)n;
	return 1;
}

static int xen_key(struct parser *p, const char *key, const char *value)
{
	if (strcmp(key, "serve") == 0) {
		if (strcmp(value, "all") != 0 && strcmp(value, "script") != 0)
			return parser_wrong(p, "serve = %s is neither script nor all",
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
	return parser_wrong(p, "%s is not a key of [xen]: use serve, script-wait or toolstack-delay",
		     text_quote_str(key).text);
}

/* Syntax of other configuration files, which inih takes as part of the value. */
static const char *foreign_syntax(const char *value)
{
	const char *hash = strchr(value, '#');

	if (value[0] == '"' || value[0] == '\'')
		return "write the value without quotes";
	if (hash && (hash == value || isblank((unsigned char)hash[-1])))
		return "a comment with # needs a line of its own";
	return NULL;
}

/* It can be written into a message, and into the file, as it is. */
static bool is_plain(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ._-";

	return name[0] && !name[strspn(name, plain)];
}

static int unknown_section(struct parser *p, const char *name)
{
	if (is_plain(name) && vif_name_check(name) >= 0)
		return parser_wrong(p, "section %s is unknown: use [xen], or [network %s] if that is a network",
				    text_quote_str(name).text, name);
	return parser_wrong(p, "section %s is unknown: use [xen] or [network NAME]",
			    text_quote_str(name).text);
}

static int handler(void *user, const char *section, const char *key,
		   const char *value)
{
	struct parser *p = user;
	const char *foreign = foreign_syntax(value);

	if (foreign)
		return parser_wrong(p, "%s = %s: %s", text_quote_str(key).text,
			     text_quote_str(value).text, foreign);
	if (strncmp(section, "network ", 8) == 0)
		return parser_network_key(p, section + 8, key, value);
	if (strcmp(section, "xen") == 0)
		return xen_key(p, key, value);
	if (!section[0])
		return parser_wrong(p, "%s is before the first section; begin with [xen] or [network NAME]",
				    text_quote_str(key).text);
	return unknown_section(p, section);
}

/* "[network red]": inih does not report sections without keys. */
static void open_section(struct parser *p, const char *s, size_t len)
{
	char name[LINE_MAX_LEN + 1];
	const char *end = memchr(s, ']', len);

	if (!end) {
		parser_wrong(p, "the section's name does not end with ]");
		return;
	}
	len = (size_t)(end - s);
	memcpy(name, s, len);
	name[len] = '\0';
	if (strncmp(name, "network ", 8) == 0)
		(void)parser_section(p, name + 8);
	else if (strcmp(name, "xen") != 0)
		(void)unknown_section(p, name);
}

/* fgets() for inih, which checks what inih silently ignores. */
static char *read_line(char *buf, int size, void *user)
{
	struct parser *p = user;
	size_t n = strcspn(p->next, "\n");
	size_t blanks;

	if (p->next == p->end)
		return NULL;
	p->line++;
	if (!p->next[n] && p->next + n != p->end) {
		parser_wrong(p, "it contains a NUL byte");
		return NULL;
	}
	if (n > LINE_MAX_LEN || n >= (size_t)size) {
		parser_wrong(p, "it is longer than %d characters", LINE_MAX_LEN);
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

int config_add(struct config *c, const char *text, size_t len,
	       char error[REASON_SIZE])
{
	struct parser p = { .config = c, .next = text, .end = text + len };
	int line;

	begin_file(c);
	ini_allow_multiline = false;
	line = ini_parse_stream(read_line, &p, handler, &p);
	if (!p.error[0] && line == 0 && parser_check_networks(&p))
		return 0;
	if (line < 0)
		return -ENOMEM;
	/* The handler never sees a line that inih itself cannot read. */
	if (p.error[0] && (line == 0 || p.error_line <= line))
		text_reason(error, "line %d: %s", p.error_line, p.error);
	else
		text_reason(error, "line %d: it is neither [section] nor key = value",
			    line);
	return -EINVAL;
}
