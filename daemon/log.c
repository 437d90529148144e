/*
 * Log events on standard error, whole lines with a single write so that those
 * of monitor and engine do not mix; never more than a pipe takes at once.  A
 * process that works in turns may hold them until a turn's end, all but
 * errors and what an operator wants to see as it happens (-v).  Control characters never reach the
 * terminal whatever a field holds.  What an unauthenticated packet can cause
 * is given a limit by its caller with log_limit(): a bucket of tokens per
 * event name.  Secrets are not for here, and nobody filters them out.
 */
#include "daemon/log.h"

#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/mono.h"
#include "util/array.h"

#define LINE_MAX_OCTETS	1400

struct limit {
	const char	*name;
	double		 tokens, burst, per_second;
	struct instant	 last;
	unsigned	 left_out;
};

static const char *const levels[] = {
	[LEVEL_DEBUG] = "debug",
	[LEVEL_INFO] = "info",
	[LEVEL_WARNING] = "warning",
	[LEVEL_ERROR] = "error",
};

static enum log_level least_level = LEVEL_INFO;
static struct limit limits[32];
static size_t limits_n;
static bool holding;
static char held[PIPE_BUF];
static size_t held_n;

void
log_init(enum log_level least)
{
	least_level = least;
}

static struct limit *
limit_find(const char *name)
{
	for (size_t i = 0; i < limits_n; i++)
		if (strcmp(limits[i].name, name) == 0)
			return &limits[i];
	return NULL;
}

void
log_limit(const char *name, unsigned burst, unsigned per_minute)
{
	struct limit *l = limit_find(name);

	if (l == NULL && limits_n < ARRAY_SIZE(limits))
		l = &limits[limits_n++];
	if (l == NULL)
		return;
	*l = (struct limit){ .name = name, .tokens = burst, .burst = burst,
	    .per_second = per_minute / 60.0, .last = mono_now() };
}

/* May this line be written?  *left_out: how many before it were not. */
static bool
limit_take(const char *name, unsigned *left_out)
{
	struct limit *l = limit_find(name);
	struct instant now;

	*left_out = 0;
	if (l == NULL)
		return true;
	now = mono_now();
	l->tokens += l->per_second * (double)instant_since(now, l->last).ns /
	    1e9;
	l->last = now;
	if (l->tokens > l->burst)
		l->tokens = l->burst;
	if (l->tokens < 1) {
		l->left_out++;
		return false;
	}
	l->tokens -= 1;
	*left_out = l->left_out;
	l->left_out = 0;
	return true;
}

static size_t
add(char *line, size_t n, const char *fmt, va_list ap)
{
	int k = vsnprintf(line + n, LINE_MAX_OCTETS - n, fmt, ap);

	if (k < 0)
		return n;
	return n + (size_t)k < LINE_MAX_OCTETS ? n + (size_t)k :
	    LINE_MAX_OCTETS - 1;
}

static size_t __attribute__((format(printf, 3, 4)))
addf(char *line, size_t n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	n = add(line, n, fmt, ap);
	va_end(ap);
	return n;
}

/* The time is spelled once a second. */
static size_t
stamp(char *line)
{
	static char text[32];
	static size_t text_n;
	static time_t of;
	time_t now = time(NULL);
	struct tm tm;

	if (text_n == 0 || now != of)
		text_n = gmtime_r(&now, &tm) == NULL ? 0 : strftime(text,
		    sizeof(text), "%Y-%m-%dT%H:%M:%SZ ", &tm);
	of = now;
	memcpy(line, text, text_n);
	return text_n;
}

static size_t
head(char *line, enum log_level level, const char *name)
{
	size_t n = stamp(line);

	return addf(line, n, "%s %s", levels[level], name);
}

void
log_hold(void)
{
	holding = least_level != LEVEL_DEBUG;
}

void
log_flush(void)
{
	if (held_n > 0 && write(STDERR_FILENO, held, held_n) < 0) {
		/* nobody left to tell */
	}
	held_n = 0;
}

static void
put(const char *line, size_t n, bool at_once)
{
	if (n > sizeof(held) - held_n)
		log_flush();
	memcpy(held + held_n, line, n);
	held_n += n;
	if (at_once || !holding)
		log_flush();
}

void
log_event(enum log_level level, const char *name, const char *fmt, ...)
{
	char line[LINE_MAX_OCTETS + 1];
	unsigned left_out;
	size_t n;
	va_list ap;

	if (level < least_level || !limit_take(name, &left_out))
		return;
	n = head(line, level, name);
	if (left_out > 0)
		n = addf(line, n, " left-out=%u", left_out);
	if (fmt[0] != '\0')
		n = addf(line, n, " ");
	va_start(ap, fmt);
	n = add(line, n, fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[n++] = '\n';
	put(line, n, level == LEVEL_ERROR);
}

const char *
log_quote(char buf[static LOG_QUOTE_LEN], const char *s)
{
	size_t n = 0;

	buf[n++] = '"';
	for (; *s != '\0' && n + 6 < LOG_QUOTE_LEN; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			buf[n++] = '\\';
		if (c < ' ' || c == 0x7f)
			n += (size_t)snprintf(buf + n, 5, "\\x%02x", c);
		else
			buf[n++] = (char)c;
	}
	buf[n++] = '"';
	buf[n] = '\0';
	return buf;
}
