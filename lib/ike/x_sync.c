/*
 * Synchronisation of message ids (RFC 6311 sections 5 and 8): a member of the
 * peer's cluster that took an IKE SA over does not know how far its message
 * ids had come, and says where it goes on.
 *
 *   HDR (message id 0), SK {N(IKEV2_MESSAGE_ID_SYNC)}  -->
 *         <--  HDR (message id 0), SK {N(IKEV2_MESSAGE_ID_SYNC)}
 *
 * We are no cluster: we answer and never ask.  Ids only ever go up, so that
 * nothing old is taken for new: what does not go up is dropped in silence,
 * but for the last request word by word, whose answer was lost.  Counters of
 * ESP are the kernel's and not synchronised.
 */
#include "ike/x_sync.h"

#include <stdlib.h>
#include <string.h>

#include "ike/peer.h"
#include "ike/task.h"
#include "ike/xchg.h"

#define NONCE	4
/* Nonce, EXPECTED_SEND_REQ_MESSAGE_ID, EXPECTED_RECV_REQ_MESSAGE_ID. */
#define DATA	(NONCE + 4 + 4)
/* An SA that runs out of ids is lost: nobody takes it close to that. */
#define ID_MAX	(UINT32_MAX - UINT32_C(65536))

struct sync_ids {
	uint8_t		nonce[NONCE];
	uint32_t	send, recv;	/* next ids of its sender's requests,
					   and of those that it expects */
};

struct sync {
	struct sync_ids	asked;
	uint8_t		answer[256];	/* octets, to be sent again */
	size_t		answer_n;
};

void
x_sync_build(struct build *b, const struct ike_sa *sa)
{
	if (sa->initiator ? sa->peer->conf.message_id_sync : sa->syncs)
		build_notify(b, N_SYNC_SUPPORTED, (struct bytes){ 0 });
}

void
x_sync_hear(struct ike_sa *sa, const struct msg *m)
{
	sa->syncs = sa->peer->conf.message_id_sync &&
	    msg_notify(m, N_SYNC_SUPPORTED) != NULL;
}

bool
x_sync_may(const struct ike_sa *sa, const struct hdr *h)
{
	return sa->syncs && h->exchange == INFORMATIONAL && h->mid == 0 &&
	    (h->flags & HDR_RESPONSE) == 0 &&
	    sa_allows(sa, INFORMATIONAL, false);
}

/* False: it is not 12 octets. */
static bool
decode(struct bytes data, struct sync_ids *ids)
{
	struct rd r = rd_of(data);
	struct bytes nonce = rd_bytes(&r, NONCE);

	if (data.n != DATA)
		return false;
	memcpy(ids->nonce, nonce.p, NONCE);
	ids->send = rd_u32(&r);
	ids->recv = rd_u32(&r);
	return true;
}

static void
encode(const struct sync_ids *ids, uint8_t data[static DATA])
{
	struct wr w = wr_of(data, DATA);

	wr_bytes(&w, bytes_of(ids->nonce, NONCE));
	wr_u32(&w, ids->send);
	wr_u32(&w, ids->recv);
}

static bool
same(const struct sync_ids *a, const struct sync_ids *b)
{
	return memcmp(a->nonce, b->nonce, NONCE) == 0 && a->send == b->send &&
	    a->recv == b->recv;
}

/*
 * Section 5.1: "... silently drop any received synchronization message if M1
 * is lower than or equal to the highest value it has seen from the cluster",
 * which takes in the synchronisations before.
 */
static bool
goes_up(const struct ike_sa *sa, const struct sync_ids *ids)
{
	if (ids->send < sa->x.in_mid || ids->send > ID_MAX ||
	    ids->recv > ID_MAX)
		return false;
	return sa->sync == NULL || ids->send > sa->sync->asked.send;
}

/* The message, kept for whoever asks the same again. */
static bool
make_answer(struct ike_sa *sa, const struct sync_ids *ids)
{
	struct hdr h = {
		.spi_i = sa->spi_i, .spi_r = sa->spi_r,
		.version = HDR_VERSION, .exchange = INFORMATIONAL,
		.flags = (uint8_t)((sa->initiator ? HDR_INITIATOR : 0) |
		    HDR_RESPONSE),
	};
	uint8_t data[DATA];
	struct bytes m;
	struct build b;

	encode(ids, data);
	build_begin(&b, sa->ike->scratch, sizeof(sa->ike->scratch), &h);
	build_sk(&b, sa_seal_out(sa));
	build_notify(&b, N_SYNC, bytes_of(data, DATA));
	m = build_end(&b, sa->ike->drbg);
	if (m.n == 0 || m.n > sizeof(sa->sync->answer))
		return false;
	memcpy(sa->sync->answer, m.p, m.n);
	sa->sync->answer_n = m.n;
	return true;
}

static void
send_answer(const struct ike_sa *sa, const struct path *path)
{
	out_datagram(sa->ike, sa->peer->conf.id, path,
	    bytes_of(sa->sync->answer, sa->sync->answer_n));
}

/*
 * Both counters as they were agreed.  Of a request of ours the new member
 * knows nothing, or no longer what it was: what it was about begins anew.
 */
static void
adopt(struct ike_sa *sa, struct instant now, uint32_t in, uint32_t out)
{
	enum task task = sa->x.task;
	uint32_t subject = sa->x.subject;

	xchg_drop(sa);
	xchg_ungather(sa, false);
	if (task != TASK_NONE)
		xchg_done(sa);
	sa->x.in_mid = in;
	sa->x.out_mid = out;
	if (task != TASK_NONE)
		task_again(sa, now, task, subject);
}

/*
 * Section 5.1: "M2 is the higher of" M1 and the request that we expect next:
 * that always is M1 here.  "P2 is the higher of" P1 and the id of our own next
 * request, so that no id is used twice.
 */
static void
agree(struct ike_sa *sa, struct instant now, const struct path *path,
    const struct sync_ids *asked)
{
	uint32_t next = sa->x.out_mid + (sa->x.task != TASK_NONE);
	struct sync_ids ours = {
		.send = asked->recv > next ? asked->recv : next,
		.recv = asked->send,
	};

	if (sa->sync == NULL)
		sa->sync = calloc(1, sizeof(*sa->sync));
	if (sa->sync == NULL)
		return;
	memcpy(ours.nonce, asked->nonce, NONCE);
	if (!make_answer(sa, &ours))
		return;
	sa->sync->asked = *asked;
	send_answer(sa, path);
	adopt(sa, now, ours.recv, ours.send);
	out_event(sa->ike, sa->peer->conf.id, IKE_EV_SYNC,
	    "another member of the peer's cluster took over: its requests go "
	    "on with id %u, ours with %u", ours.recv, ours.send);
}

bool
x_sync_respond(struct ike_sa *sa, struct instant now, const struct path *path,
    uint8_t first, struct bytes plain)
{
	const struct pl_notify *n;
	struct sync_ids asked;
	struct msg m;

	if (payload_decode(first, plain, 0, &m) != N_NONE ||
	    (n = msg_notify(&m, N_SYNC)) == NULL)
		return false;
	sa_heard(sa, now);
	if (!decode(n->data, &asked))
		return true;
	if (sa->sync != NULL && sa->sync->answer_n > 0 &&
	    same(&sa->sync->asked, &asked))
		send_answer(sa, path);
	/* One that is being worked on first: this one will come again. */
	else if (goes_up(sa, &asked) && !sa->x.answering)
		agree(sa, now, path, &asked);
	return true;
}

void
x_sync_fini(struct ike_sa *sa)
{
	free(sa->sync);
	sa->sync = NULL;
}

void
x_sync_pack(const struct ike_sa *sa, struct wr *w)
{
	const struct sync *y = sa->sync;
	uint8_t data[DATA];

	if (y == NULL)
		return;
	encode(&y->asked, data);
	wr_bytes(w, bytes_of(data, DATA));
	wr_bytes(w, bytes_of(y->answer, y->answer_n));
}

bool
x_sync_adopt(struct ike_sa *sa, struct bytes octets)
{
	struct rd r = rd_of(octets);
	struct bytes data = rd_bytes(&r, DATA);
	struct sync *y;

	if (octets.n == 0)
		return true;
	y = calloc(1, sizeof(*y));
	if (y == NULL || r.bad || r.n > sizeof(y->answer) ||
	    !decode(data, &y->asked)) {
		free(y);
		return false;
	}
	y->answer_n = r.n;
	rd_copy(&r, y->answer, y->answer_n);
	sa->sync = y;
	return true;
}
