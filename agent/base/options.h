/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options.h - what a program says of an option that getopt_long() refuses */
#ifndef VIFAGENT_OPTIONS_H
#define VIFAGENT_OPTIONS_H

#include "agent/base/text.h"

/*
 * options_error() - one sentence, without the program's name
 * @program:	its name, for "see PROGRAM --help"
 * @o:		what getopt_long() returned: '?' or ':'; its short options begin
 *		with ':', and opterr is 0
 * @arg:	the argument it was at, argv[optind - 1]
 */
void options_error(char ret[REASON_SIZE], const char *program, int o,
		   const char *arg);

#endif
