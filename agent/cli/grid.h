/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grid.h - a table on the screen: columns as wide as what is in them */
#ifndef VIFAGENT_GRID_H
#define VIFAGENT_GRID_H

#include "agent/cli/screen.h"

#define GRID_COLUMNS 8
#define GRID_CELL 512

struct grid;

/* @head: the names of its columns, to the first NULL.  Returns NULL for no memory. */
struct grid *grid_new(const char *const head[GRID_COLUMNS]);

/* Begin a row, and fill its next column.  What is not visible ASCII is printed as "?".
 * Without memory a row is missing. */
void grid_row(struct grid *g);
__attribute__((format(printf, 3, 4)))
void grid_cell(struct grid *g, enum color color, const char *fmt, ...);

/* Print it, without columns that are empty, and free it.  A last column that does not fit gets
 * lines of its own. */
void grid_print(struct grid *g);

#endif
