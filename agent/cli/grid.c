/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grid.c - a table on the screen: columns as wide as what is in them */
#include "agent/cli/grid.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "agent/base/text.h"

struct row {
	STAILQ_ENTRY(row) next;
	size_t n;		/* cells filled */
	enum color color[GRID_COLUMNS];
	char cell[GRID_COLUMNS][GRID_CELL];
};

STAILQ_HEAD(row_list, row);

struct grid {
	struct row_list rows;
	struct row *last;	/* or NULL */
	struct row head;
	size_t width[GRID_COLUMNS];
	size_t filled[GRID_COLUMNS];	/* rows that have something there */
};

struct grid *grid_new(const char *const head[GRID_COLUMNS])
{
	struct grid *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	STAILQ_INIT(&g->rows);
	for (size_t i = 0; i < GRID_COLUMNS && head[i]; i++) {
		(void)snprintf(g->head.cell[i], GRID_CELL, "%s", head[i]);
		g->head.color[i] = BOLD;
		g->width[i] = strlen(head[i]);
		g->head.n++;
	}
	return g;
}

void grid_row(struct grid *g)
{
	struct row *r = g ? calloc(1, sizeof(*r)) : NULL;

	if (!r)
		return;
	STAILQ_INSERT_TAIL(&g->rows, r, next);
	g->last = r;
}

void grid_cell(struct grid *g, enum color color, const char *fmt, ...)
{
	struct row *r = g ? g->last : NULL;
	va_list ap;
	size_t i;

	if (!r || r->n == g->head.n)
		return;
	i = r->n++;
	va_start(ap, fmt);
	(void)vsnprintf(r->cell[i], GRID_CELL, fmt, ap);
	va_end(ap);
	text_make_visible(r->cell[i]);
	r->color[i] = color;
	if (strlen(r->cell[i]) > g->width[i])
		g->width[i] = strlen(r->cell[i]);
	g->filled[i] += r->cell[i][0] && strcmp(r->cell[i], "-") != 0;
}

static void print_cell(const struct row *r, size_t i, size_t width)
{
	(void)printf("%s%-*s%s", screen_on(r->color[i]), (int)width, r->cell[i],
		     screen_off(r->color[i]));
}

/* The last column is a sentence: if it does not fit it gets lines of its own. */
static void print_row(const struct grid *g, const struct row *r)
{
	size_t used = 0, last = g->head.n - 1;

	for (size_t i = 0; i < last; i++) {
		if (!g->filled[i])
			continue;
		print_cell(r, i, g->width[i]);
		(void)fputs("  ", stdout);
		used += g->width[i] + 2;
	}
	if (used + strlen(r->cell[last]) > screen_width())
		(void)fputs("\n    ", stdout);
	if (g->filled[last])
		print_cell(r, last, 0);
	puts("");
}

void grid_print(struct grid *g)
{
	struct row *r;

	if (!g)
		return;
	if (!STAILQ_EMPTY(&g->rows))
		print_row(g, &g->head);
	while ((r = STAILQ_FIRST(&g->rows))) {
		print_row(g, r);
		STAILQ_REMOVE_HEAD(&g->rows, next);
		free(r);
	}
	free(g);
}
