/*
 * Two IKE instances in one process with everything between them made up: a
 * virtual clock, a link that may lose, repeat, delay and reorder, NAT, a fake
 * kernel and a key store at each end.  All chance comes from one seed, so a
 * run replays bit for bit.
 *
 * After every step the invariants are checked; the first violation is kept in
 * trouble, which every test looks at in the end.
 */
#ifndef TEST_SIM_DUO_H
#define TEST_SIM_DUO_H

#include "ike/ike.h"
#include "sim/sad.h"
#include "sim/tap.h"

enum { LEFT, RIGHT };

#define DUO_PEER	1	/* id of the first configured peer */
#define DUO_PEERS	3	/* per end */

enum duo_fate {
	DUO_PASS,
	DUO_DROP,
	DUO_TWICE,
	DUO_LATE,		/* after delay */
	DUO_KEEP,		/* until duo_release() */
};

/* What happens to certain messages; each rule counts for itself. */
struct duo_rule {
	int		from;		/* LEFT or RIGHT */
	uint8_t		exchange;
	bool		response;
	unsigned	nth, until;	/* from the nth one (1..) to this one */
	enum duo_fate	fate;
	struct span	delay;
	unsigned	seen;		/* counted here */
};

struct duo_link {
	unsigned	loss, repeat;	/* percent */
	struct span	delay, jitter;
	/* Longest IP datagram but for what opens an SA; 0: any. */
	unsigned	mtu;
};

/* The end has a private address behind one of these. */
struct duo_nat {
	bool		on;
	struct addr	public;
	uint16_t	shift;		/* public port = private port + shift */
};

/* What lies at a URL of the simulated net. */
struct duo_page {
	const char	*url;
	struct bytes	octets;		/* borrowed */
	const char	*why;		/* no answer; or NULL */
	struct span	delay;
	bool		silent;		/* never anything */
	bool		busy;		/* it is never even asked */
	unsigned	asked;		/* counted here */
	size_t		request_n;	/* octets of the last one */
};

struct duo_end {
	struct ike	*ike;
	struct drbg	drbg;
	struct ike_limits limits;
	struct addr	addr;
	struct duo_nat	nat;
	size_t		peers;
	struct ike_peer_conf conf[DUO_PEERS];
	const char	*psk[DUO_PEERS];	/* NULL: none */
	const char	*ppk;		/* of all peers; or NULL */
	const struct sig_key *key;	/* of all peers; or NULL */
	struct ike_creds creds;		/* of all peers */
	struct ticket_keys tickets;	/* the host keeps them for it */
	struct duo_page	pages[4];	/* that it can reach */
	int64_t		wall;		/* time of day when it starts */
	struct sad	sad;
	struct tap	tap;
	struct span	kernel_delay, psk_delay;	/* at most */
	struct span	kernel_min;	/* at least */
	struct instant	kernel_free_at;
	unsigned	life;		/* counts restarts */
	/* What its host keeps of each peer, for duo_succeed(). */
	uint8_t		*kept[DUO_PEERS];
	size_t		kept_n[DUO_PEERS];
	unsigned	deposits;
	unsigned	die_in;		/* outputs until it dies; 0: lives on */
	unsigned	adopted, refused;	/* records, by successors */
	bool		keep_up;	/* the host wants its peers up */
	struct instant	retry_at;
	unsigned	events[IKE_EV_REFUSED + 1];
	struct reason	said[IKE_EV_REFUSED + 1];	/* last of each kind */
	unsigned	sent;		/* datagrams */
	unsigned	fragments;	/* of these */
	unsigned	too_long;	/* of these, for the link's MTU */
	unsigned	keepalives;	/* of these */
	unsigned	esp_lost, esp_sent, esp_none;	/* test packets */
};

struct duo_event;

struct duo {
	struct instant	now;
	struct drbg	chance;
	struct duo_link	link;
	struct duo_end	end[2];
	struct duo_rule	*rules;
	size_t		rules_n;
	struct duo_event *events;	/* by time */
	struct duo_event *kept;		/* in order */
	bool		catch;		/* keep datagrams to nobody: */
	struct duo_event *caught;	/* in order */
	bool		hold;		/* keep what no rule is about */
	struct span	esp_every;	/* test packets; zero: none */
	struct instant	esp_at;
	unsigned	stray;		/* datagrams to nobody */
	unsigned	busy;		/* steps without time going on */
	struct reason	trouble;
};

/*
 * Both ends configured for each other with one peer each, nothing started.
 * The caller may change everything before duo_start().
 */
void	duo_init(struct duo *, uint64_t seed);
void	duo_fini(struct duo *);
void	duo_start(struct duo *);
/* Everything that happens in this time. */
void	duo_run(struct duo *, struct span);
/* Runs until both ends have exactly one working pair, or for so long. */
bool	duo_run_up(struct duo *, struct span);
void	duo_release(struct duo *);
/* The message that was kept first, without the marker; empty: none. */
struct bytes duo_kept(const struct duo *);
void	duo_drop_kept(struct duo *);

void	duo_up(struct duo *, int side);
void	duo_down(struct duo *, int side);
bool	duo_rekey(struct duo *, int side, bool child);
/* Deletes the child that it has.  False: it has none. */
bool	duo_delete(struct duo *, int side);
/* Power failure: IKE, SAs and what was under way are gone; starts anew. */
void	duo_crash(struct duo *, int side);
/*
 * The process dies and another one takes its place: host and kernel stay, what
 * it had put out and nobody taken is gone.
 */
void	duo_succeed(struct duo *, int side);
/* Is no exchange under way, by either end, and nothing to be installed? */
bool	duo_is_idle(const struct duo *, int side);
/* A datagram as if it came from the other end. */
void	duo_inject(struct duo *, int to, struct bytes message);
/* The same from anywhere. */
void	duo_inject_from(struct duo *, int to, const struct endpoint *,
	    struct bytes message);
/*
 * The first datagram that went to neither end since catch was set, without
 * the marker; 0: none.
 */
size_t	duo_catch(struct duo *, uint8_t *buf, size_t cap);
void	duo_expire(struct duo *, int side, bool hard);
void	duo_refuse(struct duo *, int side, unsigned additions);
/* Another peer at this end, like its first one; returns its id. */
uint32_t duo_add_peer(struct duo *, int side);

struct ike_peer_info duo_info(const struct duo *, int side);
/* The invariants, after something was done to an instance directly. */
void	duo_check(struct duo *);
/* An SA in a kernel that no child owns any more, or NULL. */
const struct ike_esp *duo_orphan(const struct duo *, int side);
/* One IKE SA and one pair each way, with the same keys at both ends? */
bool	duo_paired(const struct duo *, struct reason *why);
/* Nothing is left anywhere? */
bool	duo_empty(const struct duo *, struct reason *why);

struct alg_list	duo_algs(enum alg_type, const char *names);
/* Slots with '/' between, alternatives with blanks: "20/21 none". */
struct addke	duo_addke(const char *slots);
struct id	duo_id(const char *fqdn);

#endif
