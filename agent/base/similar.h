/* SPDX-License-Identifier: GPL-2.0-or-later */
/* similar.h - which word may have been meant? */
#ifndef VIFAGENT_SIMILAR_H
#define VIFAGENT_SIMILAR_H

#include <stddef.h>

/*
 * similar_word() - the one of @n known words that is most like @word
 * @nth:	gives each of them
 *
 * Returns NULL if none is like it.
 */
const char *similar_word(const char *word, const char *(*nth)(size_t i), size_t n);

#endif
