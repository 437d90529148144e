/* Answers of the daemon as text for people, or as JSON for programs. */
#ifndef TOOLS_RENDER_H
#define TOOLS_RENDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define RENDER_CELL	1024

/* A column: where its value lies in a row and how it reads. */
struct render_column {
	const char	*title;
	const char	*path;		/* "ike.state"; "": the row itself */
	/* NULL: texts and numbers as they are */
	void		(*format)(const json_t *, char *, size_t);
};

/* How a value under some path reads in a list of fields. */
struct render_field {
	const char	*path;		/* "interface.if_id" */
	void		(*format)(const json_t *, char *, size_t);
};

/* Aligned columns, under their titles or not; empty cells show as "-". */
void	render_table(const struct render_column *, size_t n,
	    const json_t *rows, bool titles);
/* All fields of an object, "name: value", objects in it as groups. */
void	render_fields(const struct render_field *, size_t n,
	    const json_t *object, const char *title);
void	render_json(const json_t *);	/* compact, one line */
/* What is not printable ASCII becomes "?". */
void	render_plain(char *);

#endif
