/* Keys as Wireshark's tables want them. */
#ifndef TOOLS_WIRESHARK_H
#define TOOLS_WIRESHARK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define WIRESHARK_LINE	1024

enum wireshark_table {
	WIRESHARK_IKE,
	WIRESHARK_ESP,
	WIRESHARK_TABLES
};

/* The file of that name in Wireshark's configuration directory. */
const char	*wireshark_file(enum wireshark_table);
/* The member of a tunnel that lists what goes into the table. */
const char	*wireshark_member(enum wireshark_table);
/*
 * One SA as one line, without newline.  False: Wireshark has no name for its
 * algorithms; the line is then a comment that says so.
 */
bool		wireshark_line(enum wireshark_table, const json_t *sa,
		    char line[static WIRESHARK_LINE]);

#endif
