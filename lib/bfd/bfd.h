/*
 * Bidirectional Forwarding Detection (RFC 5880, single hop by RFC 5881) as a
 * sans-IO core: asynchronous mode, one session per tunnel, both sides active.
 * Packets and time are pushed in, packets and changes of state are pulled out
 * with bfd_next().  No echo function, no demand mode of our own (a peer's
 * demand bit is obeyed), no authentication.
 *
 * A session is known by the host's number of its tunnel; on the wire by a
 * random discriminator, which is another one whenever the session is started.
 */
#ifndef BFD_BFD_H
#define BFD_BFD_H

#include "crypto/drbg.h"
#include "util/bytes.h"
#include "util/instant.h"
#include "util/str.h"

#define BFD_PORT	3784	/* RFC 5881 section 4: control packets */
#define BFD_SOURCE_PORT	49152	/* and up: where they come from */
#define BFD_TTL		255	/* RFC 5881 section 5: out, and in */
#define BFD_OCTETS	24	/* of a packet of ours */

struct bfd;

enum bfd_state {		/* RFC 5880 section 4.1, as on the wire */
	BFD_ADMIN_DOWN,
	BFD_DOWN,
	BFD_INIT,
	BFD_UP,
};

enum bfd_diag {			/* likewise */
	BFD_DIAG_NONE,
	BFD_DIAG_EXPIRED,
	BFD_DIAG_ECHO_FAILED,
	BFD_DIAG_NEIGHBOR_DOWN,
	BFD_DIAG_FORWARDING_RESET,
	BFD_DIAG_PATH_DOWN,
	BFD_DIAG_CONCATENATED_DOWN,
	BFD_DIAG_ADMIN_DOWN,
	BFD_DIAG_REVERSE_DOWN,
	BFD_DIAGS
};

/* What became of a packet: taken, or the rule that discards it. */
enum bfd_verdict {
	BFD_TAKEN,
	BFD_BAD_TTL,		/* not 255: from more than a hop away */
	BFD_BAD_LENGTH,
	BFD_BAD_VERSION,
	BFD_BAD_MULTIPLIER,
	BFD_BAD_MULTIPOINT,
	BFD_BAD_DISCRIMINATOR,	/* My Discriminator is zero */
	BFD_BAD_STATE,		/* Your Discriminator is zero in Init or Up */
	BFD_BAD_AUTHENTICATION,
	BFD_NO_SESSION,		/* Your Discriminator is not ours, or it is
				   that of another tunnel */
	BFD_NOT_WANTED,		/* we are administratively down */
	BFD_VERDICTS
};

const char	*bfd_state_str(enum bfd_state);	/* "AdminDown" ... "Up" */
/* "control detection time expired"; what is not assigned: "unassigned" */
const char	*bfd_diag_str(unsigned);
const char	*bfd_verdict_str(enum bfd_verdict);	/* "bad-ttl" */

struct bfd_conf {
	struct span	interval;	/* between packets, both ways, least */
	uint8_t		multiplier;	/* not 0 */
};

struct bfd_counts {
	uint64_t	in, out;	/* taken; sent */
	uint64_t	dropped[BFD_VERDICTS];
	uint32_t	ups, downs;	/* downs: from Up */
	uint32_t	late;		/* timers served too late by the host */
	struct span	latest;		/* and how late at most */
};

/* A look at a session; a copy. */
struct bfd_info {
	uint32_t	id;
	bool		running;	/* started; false: it says nothing */
	enum bfd_state	state, remote_state;
	uint8_t		diag, remote_diag;
	struct instant	since;		/* of the last change of state */
	uint32_t	discr, remote_discr;	/* 0: unknown */
	struct bfd_conf	conf;
	/* What both sides say of themselves, and what follows. */
	struct span	desired_tx, required_rx;
	struct span	remote_desired_tx, remote_required_rx;
	uint8_t		remote_multiplier;
	struct span	tx_interval;	/* before jitter */
	struct span	detect_time;	/* 0: nothing was heard */
	bool		polling;
	bool		remote_demand;
	/* The peer's C bit: its BFD outlives its control plane. */
	bool		remote_independent;
	struct reason	why;		/* of the last change of state */
	struct bfd_counts counts;
};

enum bfd_out_kind {
	BFD_OUT_SEND,		/* octets, with TTL 255, through the tunnel */
	BFD_OUT_STATE,		/* it is Up, or it is not any more */
	BFD_OUT_SILENT,		/* after bfd_stop(): the peer was told */
};

struct bfd_out {
	enum bfd_out_kind kind;
	uint32_t	id;
	uint8_t		octets[BFD_OCTETS];	/* SEND */
	bool		up;		/* STATE */
	/*
	 * STATE, not up: one of both sides is administratively down, which is
	 * no failure of the path (RFC 5882 section 3.2).
	 */
	bool		admin;
	struct reason	why;		/* STATE */
};

/* drbg is borrowed: discriminators and jitter.  NULL: no memory. */
struct bfd	*bfd_new(struct drbg *);
void		bfd_free(struct bfd *);

/* A session that says nothing yet.  False: id is in use, or no memory. */
bool		bfd_add(struct bfd *, uint32_t id, const struct bfd_conf *);
void		bfd_del(struct bfd *, uint32_t id);
/* The path can carry packets: begin with Down.  Idempotent. */
void		bfd_start(struct bfd *, struct instant, uint32_t id);
/*
 * By an operator: AdminDown, and the peer is told so for a detection time
 * (RFC 5880 section 6.8.16); then BFD_OUT_SILENT.
 */
void		bfd_stop(struct bfd *, struct instant, uint32_t id);
/* The path is gone: silent at once, and no change of state is told. */
void		bfd_halt(struct bfd *, struct instant, uint32_t id);
/* Other intervals, agreed upon while it is up by a Poll Sequence. */
void		bfd_change(struct bfd *, struct instant, uint32_t id,
		    const struct bfd_conf *);

/* A datagram came to port 3784 through the tunnel. */
enum bfd_verdict bfd_packet(struct bfd *, struct instant, uint32_t id,
		    unsigned ttl, struct bytes);
bool		bfd_get(const struct bfd *, uint32_t id, struct bfd_info *);

/*
 * The sessions that bfd_tick() would now declare dead, in no order; pos starts
 * at 0.  A host that was busy reads what came for them before it ticks.
 */
bool		bfd_dying(const struct bfd *, struct instant, size_t *pos,
		    uint32_t *id);
void		bfd_tick(struct bfd *, struct instant);
struct instant	bfd_deadline(const struct bfd *);
bool		bfd_next(struct bfd *, struct instant, struct bfd_out *);

#endif
