/*
 * First pass over configuration text: skips strings and comments the way
 * libconfig's lexer does and deals with what libconfig would do behind our
 * back.  @include would open files (lib/ does no file I/O), so it is refused;
 * a NUL octet would end the text early; and numbers beyond 31 bits would wrap
 * silently, so they get the suffix that makes them 64 bits wide.  Does not
 * judge syntax otherwise.
 */
#include "gw/conf_scan.h"

#include <stdlib.h>
#include <string.h>

struct scan {
	const char	*p, *end;	/* what is left */
	int		 line;
	char		*out;		/* the copy */
	size_t		 n;
	struct reason	*why;
};

static void
copy(struct scan *s, size_t n)
{
	for (size_t i = 0; i < n && s->p < s->end; i++) {
		if (*s->p == '\n')
			s->line++;
		s->out[s->n++] = *s->p++;
	}
}

static bool
ahead(const struct scan *s, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(s->end - s->p) >= n && memcmp(s->p, word, n) == 0;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_name(char c)
{
	return is_alpha(c) || is_digit(c) || c == '*' || c == '-' || c == '_';
}

static bool
scan_string(struct scan *s)
{
	int start = s->line;

	copy(s, 1);
	while (s->p < s->end && *s->p != '"')
		copy(s, *s->p == '\\' ? 2 : 1);
	if (s->p < s->end) {
		copy(s, 1);
		return true;
	}
	s->line = start;
	reason_set(s->why, "string without its closing quote");
	return false;
}

static bool
scan_line_comment(struct scan *s)
{
	while (s->p < s->end && *s->p != '\n')
		copy(s, 1);
	return true;
}

static bool
scan_block_comment(struct scan *s)
{
	int start = s->line;

	copy(s, 2);
	while (s->p < s->end && !ahead(s, "*/"))
		copy(s, 1);
	if (s->p < s->end) {
		copy(s, 2);
		return true;
	}
	s->line = start;
	reason_set(s->why, "comment without its closing */");
	return false;
}

static unsigned
digit_value(char c)
{
	return (unsigned)(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* Copies the digits; false when they do not fit 63 bits. */
static bool
scan_digits(struct scan *s, unsigned base, bool (*belongs)(char),
    uint64_t *value)
{
	*value = 0;
	for (; s->p < s->end && belongs(*s->p); copy(s, 1)) {
		if (*value > ((uint64_t)INT64_MAX - 15) / base)
			return false;
		*value = *value * base + digit_value(*s->p);
	}
	return true;
}

static bool
scan_number(struct scan *s)
{
	bool hex = ahead(s, "0x") || ahead(s, "0X");
	uint64_t value;

	if (hex)
		copy(s, 2);
	if (!scan_digits(s, hex ? 16 : 10, hex ? is_hex : is_digit, &value)) {
		reason_set(s->why, "number too large");
		return false;
	}
	if (!hex && s->p < s->end && strchr(".eE", *s->p) != NULL) {
		while (s->p < s->end && (is_digit(*s->p) ||
		    strchr(".eE+-", *s->p) != NULL))
			copy(s, 1);
		return true;
	}
	if (value > INT32_MAX && (s->p == s->end || *s->p != 'L'))
		s->out[s->n++] = 'L';
	return true;
}

static bool
scan_word(struct scan *s)
{
	while (s->p < s->end && is_name(*s->p))
		copy(s, 1);
	return true;
}

static bool
scan_token(struct scan *s)
{
	if (*s->p == '"')
		return scan_string(s);
	if (*s->p == '#' || ahead(s, "//"))
		return scan_line_comment(s);
	if (ahead(s, "/*"))
		return scan_block_comment(s);
	if (is_digit(*s->p))
		return scan_number(s);
	if (is_alpha(*s->p) || *s->p == '*')
		return scan_word(s);
	if (ahead(s, "@include")) {
		reason_set(s->why, "@include is not supported: "
		    "what is to be read too goes into conf.d");
		return false;
	}
	copy(s, 1);
	return true;
}

/* Numbers that grow by a suffix have ten digits or more (eight in hex). */
static char *
scan_buffer(struct bytes text)
{
	return malloc(text.n + text.n / 8 + 2);
}

static bool
scan_text(struct scan *s, struct bytes text)
{
	if (text.n > CONF_TEXT_MAX) {
		reason_set(s->why, "larger than %u MiB", CONF_TEXT_MAX >> 20);
		return false;
	}
	s->out = scan_buffer(text);
	if (s->out == NULL) {
		reason_set(s->why, "out of memory");
		return false;
	}
	while (s->p < s->end) {
		if (!scan_token(s))
			return false;
	}
	s->out[s->n] = '\0';
	return true;
}

/* The line of the first NUL octet, or 0. */
static int
nul_line(struct bytes text)
{
	int line = 1;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\0')
			return line;
		line += text.p[i] == '\n';
	}
	return 0;
}

char *
conf_scan(struct bytes text, int *line, struct reason *why)
{
	const char *p = text.n > 0 ? (const char *)text.p : "";
	struct scan s = { .p = p, .end = p + text.n, .line = 1, .why = why };
	int nul = nul_line(text);

	if (nul != 0) {
		*line = nul;
		reason_set(why, "NUL octet in the text");
		return NULL;
	}
	if (scan_text(&s, text))
		return s.out;
	*line = s.out != NULL ? s.line : 0;
	free(s.out);
	return NULL;
}
