/*
 * What the files of the simulated pair share: events, and how the link and
 * the host at an end take part in them.
 */
#ifndef TEST_SIM_DUO_EVENT_H
#define TEST_SIM_DUO_EVENT_H

#include "crypto/prf.h"
#include "sim/duo.h"
#include "sim/mail.h"

enum duo_kind {
	DUO_DATAGRAM,
	DUO_KERNEL,
	DUO_PSK,
	DUO_ESP,
	DUO_FETCH,
};

struct duo_event {
	struct duo_event *next;
	struct instant	at;
	enum duo_kind	kind;
	int		side;		/* where it happens */
	unsigned	life;		/* of that side; a crash ends it */
	struct ike_out	out;		/* owned */
	struct mail	mail;		/* of a datagram that is kept */
	uint8_t		method;
	uint8_t		value[SIG_VALUE_MAX];
	size_t		value_n;
	struct reason	why;
};

/* Takes what out holds; NULL: nothing. */
struct duo_event *duo_event_new(struct duo *, enum duo_kind, int side,
		    struct ike_out *);
void		duo_event_at(struct duo *, struct duo_event *, struct instant);
void		duo_event_free(struct duo_event *);
void		duo_events_free(struct duo_event **);

struct span	duo_some(struct duo *, struct span most);
/* The address at which the others see it. */
struct addr	duo_seen_at(const struct duo_end *);
/* How long a datagram is under way. */
struct span	duo_travel(struct duo *);
/* A datagram without the non-ESP marker. */
struct bytes	duo_message(const struct ike_out *);
void		duo_send(struct duo *, int from, struct ike_out *);
/* The first kept message that is so, to go on, twice or not at all. */
bool		duo_pass(struct duo *, const struct mail_like *, enum duo_fate,
		    struct mail *);
void		duo_arrive(struct duo *, const struct duo_event *);

#endif
