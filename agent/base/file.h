/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file.h - reading files; needs no library */
#ifndef VIFAGENT_FILE_H
#define VIFAGENT_FILE_H

#include <stddef.h>

/*
 * file_read() - the whole of an open file
 * @max:	bytes
 * @ret:	to be given to free(); with a NUL behind the text
 *
 * Returns 0; -EFBIG if there is more than @max; -ENOMEM; or what read() gave.
 */
int file_read(int fd, size_t max, char **ret, size_t *ret_len);

#endif
