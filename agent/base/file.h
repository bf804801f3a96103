/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file.h - read files; needs no library */
#ifndef VIFAGENT_FILE_H
#define VIFAGENT_FILE_H

#include <stddef.h>

/*
 * file_read() - read an open file to its end
 * @max:	the maximum size in bytes
 * @ret:	the text, with a NUL after it; the caller must free() it
 *
 * Returns 0; -EFBIG if the file is longer than @max; -ENOMEM; or the negative
 * errno of read().
 */
int file_read(int fd, size_t max, char **ret, size_t *ret_len);

#endif
