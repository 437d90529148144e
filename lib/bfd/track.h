/* One session from inside: its variables (RFC 5880 section 6.8.1) and rules. */
#ifndef BFD_TRACK_H
#define BFD_TRACK_H

#include <sys/queue.h>

#include "bfd/control.h"
#include "util/map.h"
#include "util/timer.h"

struct track {
	TAILQ_ENTRY(track) of_ready;
	struct bfd	*bfd;
	uint32_t	id;
	struct bfd_conf	conf;
	bool		running;
	bool		ready;		/* in the line of those */
	bool		send, answer;	/* a packet; one with the F bit */
	bool		told_up;	/* what the host was told last */
	bool		tell;		/* it is to be told */
	bool		silent;		/* likewise, of that */
	enum bfd_state	state, remote_state;
	uint8_t		diag, remote_diag;
	uint32_t	discr, remote_discr;
	/*
	 * Microseconds.  What is said of ourselves, and what is still in force
	 * until the peer has acknowledged it.
	 */
	uint32_t	desired_tx, tx;
	uint32_t	required_rx, rx;
	uint32_t	remote_desired_tx, remote_required_rx;
	uint8_t		remote_multiplier;
	uint8_t		remote_flags;
	bool		poll, poll_again;
	struct instant	sent_at;
	struct timer	send_timer;	/* in bfd.sends */
	struct timer	end_timer;	/* in bfd.ends: detection, or the end
					   of AdminDown */
	struct instant	since;
	struct reason	why;
	struct bfd_counts counts;
};

TAILQ_HEAD(track_list, track);

struct bfd {
	struct drbg	*drbg;		/* borrowed */
	struct map	by_id, by_discr;
	struct timers	sends, ends;
	struct track_list ready;	/* something for the host, in order */
};

void		track_start(struct track *, struct instant);
void		track_stop(struct track *, struct instant);
void		track_halt(struct track *, struct instant);
void		track_change(struct track *, struct instant,
		    const struct bfd_conf *);
/* One that no rule of control.h discards, and that is for this session. */
enum bfd_verdict track_packet(struct track *, struct instant,
		    const struct control *);
/* The timers. */
void		track_send_due(struct track *, struct instant);
void		track_end_due(struct track *, struct instant);
/* What it says now; final: in answer to a poll. */
void		track_say(struct track *, struct instant, bool final,
		    uint8_t octets[static BFD_OCTETS]);
/* In force now, in microseconds: its interval, and its detection time. */
uint32_t	track_interval(const struct track *);
uint64_t	track_detect_time(const struct track *);

#endif
