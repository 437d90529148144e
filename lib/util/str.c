/* Bounded text: formatting, and peers' octets made fit to print. */
#include "util/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void
str_set(char *buf, size_t size, const char *s)
{
	str_fmt(buf, size, "%s", s);
}

void
str_fmt(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, size, fmt, ap);
	va_end(ap);
}

void
str_add(char *buf, size_t size, const char *fmt, ...)
{
	size_t n = strnlen(buf, size);
	va_list ap;

	va_start(ap, fmt);
	if (n < size)
		vsnprintf(buf + n, size - n, fmt, ap);
	va_end(ap);
}

const char *
str_utc(int64_t wall, char buf[static STR_UTC_LEN])
{
	time_t t = (time_t)wall;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(buf, STR_UTC_LEN, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		str_set(buf, STR_UTC_LEN, "-");
	return buf;
}

void
reason_set(struct reason *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->s, sizeof(r->s), fmt, ap);
	va_end(ap);
}

void
str_escape(char *buf, size_t size, struct bytes b)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	if (size == 0)
		return;
	for (size_t i = 0; i < b.n; i++) {
		uint8_t c = b.p[i];
		bool plain = c >= ' ' && c <= '~' && c != '\\';

		if (size - n <= (plain ? 1 : 4))
			break;
		if (plain) {
			buf[n++] = (char)c;
			continue;
		}
		buf[n++] = '\\';
		buf[n++] = 'x';
		buf[n++] = hex[c >> 4];
		buf[n++] = hex[c & 15];
	}
	buf[n] = '\0';
}

void
str_hex(char *buf, size_t size, struct bytes b)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	if (size == 0)
		return;
	for (size_t i = 0; i < b.n && n + 3 <= size; i++) {
		buf[n++] = hex[b.p[i] >> 4];
		buf[n++] = hex[b.p[i] & 15];
	}
	buf[n] = '\0';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
str_unhex(uint8_t *out, size_t cap, size_t *n, const char *s)
{
	size_t len = strlen(s);

	if (len % 2 != 0 || len / 2 > cap)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (hex_digit(s[i]) < 0)
			return false;
	}
	for (size_t i = 0; i < len / 2; i++) {
		int hi = hex_digit(s[2 * i]), lo = hex_digit(s[2 * i + 1]);

		out[i] = (uint8_t)(hi << 4 | lo);
	}
	*n = len / 2;
	return true;
}
