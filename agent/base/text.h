/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text.h - making sentences, also about bytes that nobody vouches for */
#ifndef VIFAGENT_TEXT_H
#define VIFAGENT_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A reason: one sentence for people, printable ASCII, with its NUL. */
#define REASON_SIZE 384

/* What text_quote() makes at most of a value, with its NUL. */
#define QUOTE_SIZE 80

struct quote {
	char text[QUOTE_SIZE];
};

/*
 * text_quote() - show a value of unknown origin
 * @bytes:	may hold anything, NUL and newline too
 *
 * Returns the value in double quotes; what is not printable ASCII, quotes and
 * backslashes as \xNN; a long one cut, with its length behind it.  By value,
 * so that it can stand in a printf argument as text_quote(...).text.
 */
struct quote text_quote(const void *bytes, size_t len);

/* The same for a C string. */
struct quote text_quote_str(const char *s);

/*
 * text_escape() - put a value into one word of a line
 *
 * Everything but letters, digits and -_.:/@+ becomes %NN.
 * Returns the length of the word, or -E2BIG if @size is too small.
 */
int text_escape(char *buf, size_t size, const char *value);

/*
 * text_unescape() - the inverse, in place
 *
 * Returns 0; -EINVAL for a broken %NN, or one that stands for NUL.
 */
int text_unescape(char *word);

/* snprintf into a reason: cut where it ends, without a fuss. */
__attribute__((format(printf, 2, 3)))
void text_reason(char reason[REASON_SIZE], const char *fmt, ...);

/*
 * text_number() - a decimal number and nothing else
 * @max:	the largest that is taken
 *
 * Returns 0; -EINVAL if it is no number; -ERANGE if it is larger than @max.
 */
int text_number(const char *s, unsigned long max, unsigned long *ret);

#define MAC_TEXTSIZE 18

/* "52:54:00:12:34:56" */
void text_mac_print(char buf[MAC_TEXTSIZE], const uint8_t mac[6]);

/*
 * text_mac() - the inverse; capital letters are taken, too
 *
 * Returns 0; or -EINVAL with @ret untouched.
 */
int text_mac(const char *s, uint8_t ret[6]);

#define TEXT_HASH_START 2166136261u

/* FNV-1a of some bytes, continued from @h, which is TEXT_HASH_START at first. */
uint32_t text_hash(uint32_t h, const void *bytes, size_t len);

/* strcpy into @size bytes; returns false, with @dst untouched, if it does not
 * fit: nothing is ever cut. */
bool text_copy(char *dst, size_t size, const char *src);

#endif
