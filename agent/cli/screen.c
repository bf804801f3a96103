/* SPDX-License-Identifier: GPL-2.0-or-later */
/* screen.c - what stdout is: a terminal of some width, with colours or without */
#include "agent/cli/screen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "agent/base/text.h"

#define COLUMNS_DEFAULT 80
#define COLUMNS_MAX 1000

static enum { AUTO, ALWAYS, NEVER } when;

int screen_set_color(const char *text)
{
	if (strcmp(text, "auto") == 0)
		when = AUTO;
	else if (strcmp(text, "always") == 0)
		when = ALWAYS;
	else if (strcmp(text, "never") == 0)
		when = NEVER;
	else
		return -EINVAL;
	return 0;
}

bool screen_is_terminal(void)
{
	return isatty(STDOUT_FILENO);
}

size_t screen_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	unsigned long n;

	if (!screen_is_terminal())
		return COLUMNS_MAX;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	if (columns && text_number(columns, COLUMNS_MAX, &n) == 0 && n)
		return n;
	return COLUMNS_DEFAULT;
}

static bool has_colors(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (when != AUTO)
		return when == ALWAYS;
	return screen_is_terminal() && !(no && no[0]) &&
	       !(term && strcmp(term, "dumb") == 0);
}

const char *screen_on(enum color color)
{
	static const char *const codes[] = {
		[PLAIN] = "", [GREEN] = "\033[32m", [YELLOW] = "\033[33m",
		[RED] = "\033[31m", [BOLD] = "\033[1m",
	};

	return has_colors() ? codes[color] : "";
}

const char *screen_off(enum color color)
{
	return color != PLAIN && has_colors() ? "\033[0m" : "";
}
