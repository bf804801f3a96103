/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check.h - cmocka, and an assertion that says which row of a table failed */
#ifndef VIFAGENT_CHECK_H
#define VIFAGENT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define check(cond, ...)						\
	do {								\
		if (!(cond)) {						\
			print_error("not so: %s\n", #cond);		\
			print_error("        " __VA_ARGS__);		\
			print_error("\n");				\
			fail();						\
		}							\
	} while (0)

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define each(row, table)						\
	size_t row = 0; (row) < ROWS(table); (row)++

#endif
