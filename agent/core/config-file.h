/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config-file.h - reading a configuration file */
#ifndef VIFAGENT_CONFIG_FILE_H
#define VIFAGENT_CONFIG_FILE_H

#include "agent/core/config.h"

/* A larger file is not a configuration. */
#define CONFIG_SIZE_MAX (1 << 20)

/*
 * config_add() - read a file into a configuration
 * @text:	the whole file; NUL-terminated at @len
 * @error:	on failure what is wrong, beginning with "line N: "
 *
 * What the file sets overrides what is there.  Returns 0, -EINVAL, -ENOMEM;
 * after a failure @c is good for config_free() only: a configuration is taken
 * whole or not at all.
 */
int config_add(struct config *c, const char *text, size_t len,
	       char error[REASON_SIZE]);

#endif
