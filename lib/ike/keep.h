/*
 * What is kept of a peer's IKE SAs outside of this process, so that another one
 * can go on with them when this one dies at any instant.
 *
 * The rule that makes it safe: a record is with whoever keeps it before any
 * message leaves that it does not tell of yet.  Then for the peer the engine
 * that goes on is the one that was there, and maybe a message got lost:
 *
 *   requests	an id that was used is in the record, with the octets that went
 *		out under it: they may go out again, others never do
 *   responses	an id that was answered is in the record, with the answer: a
 *		repeated request gets it again and does nothing else.  A request
 *		that was not answered is as if it had never come in
 *   IVs	of an AEAD count: the record has the next one, and who goes on
 *		leaves a gap that no message between two records could fill
 */
#ifndef IKE_KEEP_H
#define IKE_KEEP_H

#include "ike/sa.h"

#define KEEP_VERSION	1	/* of a record */
#define KEEP_SAS	3
#define KEEP_CHILDREN	6	/* of each */
#define KEEP_MESSAGE	4096	/* the longest message that is kept */
#define KEEP_SYNC	320
#define KEEP_PROOF	5120
#define KEEP_IV_GAP	(UINT64_C(1) << 20)

struct keep_child {
	struct child	c;		/* what is plain of it; no ts */
	struct ts_list	local_ts, remote_ts;
	struct child_keys keys;		/* when it has any */
	bool		has_keys;
};

struct keep_sa {
	struct ike_sa	sa;		/* what is plain of it */
	struct key	encr[2], integ[2];	/* initiator's, responder's */
	bool		counting;	/* we have used IVs: the next one */
	uint64_t	iv;
	struct bytes	request, response;	/* borrowed */
	uint32_t	orphan;		/* our SPI of a child being created */
	size_t		sync_n, proof_n;	/* proof: 0 where it is longer */
	uint8_t		children_n;
	/* Room, of which more is not used than is said above. */
	uint8_t		sync[KEEP_SYNC];	/* see x_sync_pack() */
	uint8_t		proof[KEEP_PROOF];	/* see proof_pack(); no secret */
	struct keep_child child[KEEP_CHILDREN];
};

struct keep {			/* on the heap; whoever has one wipes it */
	uint8_t		rules[TICKET_DIGEST];	/* of the tunnel, then */
	uint32_t	rekeys, child_rekeys;
	bool		spoken, proved;	/* see struct peer_tickets */
	uint8_t		peer_id[TICKET_DIGEST];
	struct vouch	vouch;
	uint8_t		n;		/* the first carries the tunnel */
	struct keep_sa	sa[KEEP_SAS];
};

/* The peer's keys, messages or children may be others than before. */
void	keep_touch(struct ike_peer *);
void	keep_forget(struct ike_peer *);
/*
 * A record as values: what is out of range in itself is false, but nothing was
 * held against the configuration.  Views go into the record.
 */
bool	keep_decode(struct bytes record, struct keep *);

#endif
