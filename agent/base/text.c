/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text.c - build messages, also from untrusted bytes */
#include "agent/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Space for the closing quote and the length. */
#define QUOTE_TAIL (sizeof("...\" (18446744073709551615 bytes)") + 3)

static bool is_plain(unsigned char c)
{
	return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

struct quote text_quote(const void *bytes, size_t len)
{
	const unsigned char *b = bytes;
	struct quote q;
	size_t o = 0, i;

	q.text[o++] = '"';
	for (i = 0; i < len && o + 4 < QUOTE_SIZE - QUOTE_TAIL; i++) {
		if (is_plain(b[i]))
			q.text[o++] = (char)b[i];
		else
			o += (size_t)snprintf(q.text + o, 5, "\\x%02x", b[i]);
	}
	if (i < len)
		(void)snprintf(q.text + o, QUOTE_SIZE - o, "...\" (%zu bytes)",
			       len);
	else
		(void)snprintf(q.text + o, QUOTE_SIZE - o, "\"");
	return q;
}

struct quote text_quote_str(const char *s)
{
	return text_quote(s, strlen(s));
}

struct quote text_quote_path(const char *path)
{
	const size_t room = QUOTE_SIZE - sizeof("\"...\"");
	size_t len = strlen(path);
	const char *dots = "";
	struct quote q;

	for (const char *p = path; *p; p++)
		if (!is_plain((unsigned char)*p))
			return text_quote_str(path);
	if (len > room) {
		dots = "...";
		path += len - room;
	}
	(void)snprintf(q.text, sizeof(q.text), "\"%s%s\"", dots, path);
	return q;
}

static bool word_byte(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("-_.:/@+", c));
}

int text_escape(char *buf, size_t size, const char *value)
{
	size_t o = 0;

	for (const char *p = value; *p; p++) {
		unsigned char c = (unsigned char)*p;

		bool plain = word_byte(c);

		/* Leave space for the NUL. */
		if (size - o <= (plain ? 1 : 3))
			return -E2BIG;
		if (plain)
			buf[o++] = (char)c;
		else
			o += (size_t)snprintf(buf + o, 4, "%%%02X", c);
	}
	if (o >= size)
		return -E2BIG;
	buf[o] = '\0';
	return (int)o;
}

static int digit(char c, const char *digits)
{
	const char *d = c ? strchr(digits, c) : NULL;

	if (!d)
		return -1;
	return (int)(d - digits);
}

int text_unescape(char *word)
{
	char *o = word;

	for (const char *p = word; *p; p++) {
		int hi, lo;

		if (*p != '%') {
			*o++ = *p;
			continue;
		}
		hi = digit(p[1], "0123456789ABCDEF");
		lo = hi < 0 ? -1 : digit(p[2], "0123456789ABCDEF");
		if (lo < 0 || hi + lo == 0)
			return -EINVAL;
		*o++ = (char)(hi << 4 | lo);
		p += 2;
	}
	*o = '\0';
	return 0;
}

void text_reason(char reason[REASON_SIZE], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(reason, REASON_SIZE, fmt, ap);
	va_end(ap);
}

int text_number(const char *s, unsigned long max, unsigned long *ret)
{
	unsigned long n = 0;

	if (!*s)
		return -EINVAL;
	for (; *s >= '0' && *s <= '9'; s++) {
		unsigned long last = (unsigned long)(*s - '0');

		if (last > max || n > (max - last) / 10)
			return -ERANGE;
		n = n * 10 + last;
	}
	if (*s)
		return -EINVAL;
	*ret = n;
	return 0;
}

uint32_t text_hash(uint32_t h, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 16777619u;
	return h;
}

bool text_copy(char *dst, size_t size, const char *src)
{
	size_t len = strlen(src);

	if (len >= size)
		return false;
	memcpy(dst, src, len + 1);
	return true;
}

void text_mac_print(char buf[MAC_TEXTSIZE], const uint8_t mac[6])
{
	(void)snprintf(buf, MAC_TEXTSIZE, "%02x:%02x:%02x:%02x:%02x:%02x",
		       mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static int hex_digit(char c)
{
	return digit((char)tolower((unsigned char)c), "0123456789abcdef");
}

int text_mac(const char *s, uint8_t ret[6])
{
	uint8_t mac[6];

	for (int i = 0; i < 6; i++, s += 3) {
		int high = hex_digit(s[0]);
		int low = high < 0 ? -1 : hex_digit(s[1]);

		if (low < 0 || s[2] != (i < 5 ? ':' : '\0'))
			return -EINVAL;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(ret, mac, sizeof(mac));
	return 0;
}

void text_make_visible(char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
}
