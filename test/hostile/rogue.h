/*
 * An IKEv2 peer that knows the keys and keeps no rule unless it is told to.
 * It speaks over any wire: to `struct ike` in the same process, or by UDP to
 * a daemon.  What it says is a line of words, one per payload or per mistake
 * (words.c); what comes back is only sorted, never judged.
 */
#ifndef TEST_HOSTILE_ROGUE_H
#define TEST_HOSTILE_ROGUE_H

#include "crypto/kex.h"
#include "ike/build.h"
#include "ike/keys.h"
#include "ike/ts.h"
#include "util/instant.h"

#define ROGUE_MAX	65536

/* Where a datagram leaves from. */
enum rogue_from {
	FROM_CALLER,		/* the address that may initiate */
	FROM_CALLED,		/* the address that is called */
	FROM_STRANGER,		/* one that nobody has configured */
	FROMS
};

enum rogue_wish {
	WISH_UP,		/* call the rogue */
	WISH_DOWN,		/* leave it alone again */
	WISH_REKEY_CHILD,
	WISH_REKEY_IKE,
};

struct rogue_wire {
	void		*self;
	struct span	patience;	/* an answer takes no longer */
	struct span	quiet;		/* so long counts as silence */
	void		(*send)(void *, enum rogue_from, bool other_port,
			    struct bytes);
	/* The next datagram for either address; 0: none in this time. */
	size_t		(*recv)(void *, struct span, uint8_t *buf);
	void		(*wish)(void *, enum rogue_wish);
	struct instant	(*now)(void *);
};

struct octets {
	size_t		n;
	uint8_t		b[ROGUE_MAX];
};

/* One IKE SA as the rogue knows it. */
struct line {
	bool		initiator;	/* the rogue is */
	uint64_t	spi_i, spi_r;
	struct suite	suite;
	struct keys	keys;
	bool		keyed;
	uint32_t	out_mid, in_mid;
};

enum heard {
	HEARD_NOTHING,
	HEARD_ANSWER,		/* to what was said last */
	HEARD_REQUEST,		/* a new one that wants an answer */
	HEARD_DELETE,		/* the IKE SA is deleted */
};

struct rogue {
	const struct rogue_wire *wire;
	struct drbg	drbg;
	const char	*psk;
	const char	*id[FROM_STRANGER], *peer_id;
	struct ts_list	ours, theirs;

	bool		called;		/* the other side initiated */
	struct line	sa, heir;	/* heir: made by a rekey */
	const struct alg *ke;		/* group in use */
	struct kex	*kex;
	uint8_t		nonce[NONCE_MAX];	/* ours, the last one */
	size_t		nonce_n;
	uint8_t		peer_nonce[NONCE_MAX];
	size_t		peer_nonce_n;
	struct octets	public;		/* the peer's Key Exchange Data */
	struct octets	init_i, init_r;
	struct octets	cookie;
	uint64_t	new_spi, their_spi;	/* of a rekeyed IKE SA */
	uint32_t	spi_in, spi_out;	/* of the child, ours first */
	uint32_t	other_spi;	/* that belongs to another peer */

	struct octets	said;
	uint32_t	said_mid;
	struct octets	raw;		/* the last datagram */
	struct hdr	h;		/* its header */
	struct msg	m;		/* its payloads, opened */
	struct octets	request;	/* the other side's last one */
	struct hdr	request_h;
	bool		asks_child;	/* or to rekey the IKE SA */
	unsigned	repeats;	/* how often that came again */
	bool		grown;		/* an answer was larger than allowed */
};

/* Forgets all SAs; draws new SPIs, a nonce and a key for the group. */
void		rogue_reset(struct rogue *, bool called);
bool		rogue_group(struct rogue *, uint16_t id);
/*
 * Says one message.  As a response it answers the other side's last request.
 * False: words that do not exist or did not fit.
 */
bool		rogue_say(struct rogue *, uint8_t exchange, bool response,
		    const char *words);
/* What comes within this time. */
enum heard	rogue_listen(struct rogue *, struct span);
/* The error of the message last heard, or N_NONE. */
uint16_t	rogue_error(const struct rogue *);
/* The AUTH value of either side over these ID octets; its length, or 0. */
size_t		rogue_auth(const struct rogue *, bool of_initiator,
		    struct bytes id, uint8_t *out);
void		rogue_fini(struct rogue *);

#endif
