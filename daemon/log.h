/*
 * Log events: one line on standard error each, a stable name and key=value
 * fields, the connection and tunnel always first:
 *
 *   2026-11-23T03:23:00Z warning kern-refused op=sa-add why="no such tunnel"
 */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include <stddef.h>

enum log_level {
	LEVEL_DEBUG,
	LEVEL_INFO,
	LEVEL_WARNING,
	LEVEL_ERROR,
};

#define LOG_QUOTE_LEN	512

/* Lines below this level are not written. */
void		log_init(enum log_level least);
/*
 * At most `burst` lines of this name at once and `per_minute` later; how many
 * were left out is said in the next one.  The name must stay where it is.
 */
void		log_limit(const char *name, unsigned burst,
		    unsigned per_minute);
/* From now on lines wait for log_flush(); errors do not. */
void		log_hold(void);
void		log_flush(void);
/* Fields as in "conn=%s tunnel=%u"; texts with blanks go through log_quote. */
void		log_event(enum log_level, const char *name, const char *fmt,
		    ...) __attribute__((format(printf, 3, 4)));
/* The text in double quotes, what would break the line escaped. */
const char	*log_quote(char buf[static LOG_QUOTE_LEN], const char *);

#endif
