/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text.h - build messages, also from untrusted bytes */
#ifndef VIFAGENT_TEXT_H
#define VIFAGENT_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The size of a reason, with its NUL: one sentence in printable ASCII. */
#define REASON_SIZE 384

/* The maximum length of text_quote()'s result, with its NUL. */
#define QUOTE_SIZE 80

struct quote {
	char text[QUOTE_SIZE];
};

/*
 * text_quote() - make an untrusted value printable
 * @bytes:	may contain any bytes, also NUL and newline
 *
 * Returns the value in double quotes.  Quotes, backslashes and everything that is
 * not printable ASCII become \xNN; a long value is cut and followed by its length.
 * It returns a struct, so that text_quote(...).text can be an argument of printf().
 */
struct quote text_quote(const void *bytes, size_t len);

/* The same for a C string. */
struct quote text_quote_str(const char *s);

/* The same for the name of a file, of which the end tells more: a long one is cut
 * in front. */
struct quote text_quote_path(const char *path);

/*
 * text_escape() - write a value as one word of a line
 *
 * Everything except letters, digits and -_.:/@+ becomes %NN.
 * Returns the length of the word, or -E2BIG if @size is too small.
 */
int text_escape(char *buf, size_t size, const char *value);

/*
 * text_unescape() - the inverse, in place
 *
 * Returns 0; -EINVAL for an incomplete %NN or for %00.
 */
int text_unescape(char *word);

/* snprintf() into a reason; a text that is too long is cut silently. */
__attribute__((format(printf, 2, 3)))
void text_reason(char reason[REASON_SIZE], const char *fmt, ...);

/*
 * text_number() - parse a decimal number
 * @max:	the largest number accepted
 *
 * Returns 0; -EINVAL if the whole string is not a number; -ERANGE if the number is
 * larger than @max.
 */
int text_number(const char *s, unsigned long max, unsigned long *ret);

#define MAC_TEXTSIZE 18

/* Writes "52:54:00:12:34:56". */
void text_mac_print(char buf[MAC_TEXTSIZE], const uint8_t mac[6]);

/*
 * text_mac() - parse a MAC; capital letters are accepted
 *
 * Returns 0; or -EINVAL with @ret untouched.
 */
int text_mac(const char *s, uint8_t ret[6]);

#define TEXT_HASH_START 2166136261u

/* FNV-1a of some bytes, continued from @h, which is TEXT_HASH_START at first. */
uint32_t text_hash(uint32_t h, const void *bytes, size_t len);

/* strcpy() into @size bytes.  Returns false, with @dst unchanged, if it does not
 * fit; it never cuts. */
bool text_copy(char *dst, size_t size, const char *src);

/* What is not visible ASCII becomes "?": no escape sequences on a terminal. */
void text_make_visible(char *s);

#endif
