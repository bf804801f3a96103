/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options.c - what a program says of an option that getopt_long() refuses */
#include "agent/base/options.h"

#include <getopt.h>
#include <string.h>

/* Of long options optopt is 0, or the letter (or number) of the one that took no
 * value. */
void options_error(char ret[REASON_SIZE], const char *program, int o,
		   const char *arg)
{
	const char letter[] = { '-', (char)optopt, '\0' };
	bool is_long = strncmp(arg, "--", 2) == 0;
	size_t name = strcspn(arg, "=");

	if (o == ':')
		text_reason(ret, "option %s needs a value; see %s --help",
			    text_quote_str(is_long ? arg : letter).text, program);
	else if (is_long && optopt && arg[name])
		text_reason(ret, "option %s takes no value; see %s --help",
			    text_quote(arg, name).text, program);
	else
		text_reason(ret, "unknown option %s; see %s --help",
			    text_quote_str(optopt ? letter : arg).text, program);
}
