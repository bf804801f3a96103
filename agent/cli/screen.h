/* SPDX-License-Identifier: GPL-2.0-or-later */
/* screen.h - what stdout is: a terminal of some width, with colours or without */
#ifndef VIFAGENT_SCREEN_H
#define VIFAGENT_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

/* --color: returns 0; -EINVAL if @when is not auto, always or never. */
int screen_set_color(const char *when);

bool screen_is_terminal(void);

/* Columns of the terminal; a large number without a terminal. */
size_t screen_width(void);

enum color { PLAIN, GREEN, YELLOW, RED, BOLD };

/* For printf before and after a text; "" without colours: not a terminal, $NO_COLOR is set
 * (https://no-color.org), or --color=never. */
const char *screen_on(enum color color);
const char *screen_off(enum color color);

#endif
