/* One message of the rogue's while it is being made. */
#ifndef TEST_HOSTILE_SPEECH_H
#define TEST_HOSTILE_SPEECH_H

#include "hostile/rogue.h"

struct speech {
	struct rogue	*r;
	uint8_t		exchange;
	bool		response;
	struct hdr	h;
	struct build	b;
	bool		plain;		/* not sealed although it should be */
	enum rogue_from	from;
	bool		other_port;
	bool		replaces_ike;	/* an IKE SA is in it */
	uint8_t		id[512];	/* the ID body that AUTH covers */
	size_t		id_n;
	struct octets	out;
};

/*
 * A word is "name" or "name{argument}".  It changes the header before the
 * message is begun, adds payloads, or changes the finished octets.
 */
struct word {
	const char	*name;
	void		(*head)(struct speech *, const char *arg);
	void		(*body)(struct speech *, const char *arg);
	void		(*tail)(struct speech *, const char *arg);
};

extern const struct word words_frame[], words_payload[];

/* Finds a word in both tables; NULL: there is none. */
const struct word *word_find(const char *name, size_t n);
/*
 * An SA payload's body from text: "e20.256,p5,k31|#2,e12.128,..." (sa_text.c).
 */
void		sa_text(struct wr *, const char *, uint8_t proto,
		    struct bytes spi);

#endif
