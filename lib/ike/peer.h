/*
 * A configured peer as the exchanges see it: what is reported upwards, and
 * which of two SAs stays.  Who may be meant by a datagram is in index.h.
 */
#ifndef IKE_PEER_H
#define IKE_PEER_H

#include "ike/sa.h"
#include "ike/story.h"

/*
 * What the peer of an SA is (see anyone.h).  Before IKE_AUTH a responder does
 * not know who it is: then of all who may be at its path.
 */
unsigned	peer_traits(const struct ike_sa *);
/* The SA that carries the tunnel: established, else the attempt; or NULL. */
struct ike_sa	*peer_main_sa(const struct ike_peer *);
/* The child that the peer calls so, whichever SA it is under; or NULL. */
struct child	*peer_child(const struct ike_peer *, uint32_t spi_out);
/*
 * sa was just established from scratch: older SAs of the peer give way, by
 * INITIAL_CONTACT, by age, or by the lowest nonce when both sides started at
 * once.
 */
void		peer_elect(struct ike_peer *, struct ike_sa *, struct instant);
/* Says upwards what changed since it was last called. */
void		peer_report(struct ike_peer *);
/*
 * Begins the story of what peer_failed(), peer_refused() or sa_die() will
 * report next.  NULL, which every story_*() takes: no memory.
 */
struct story	*peer_story(struct ike_peer *, enum story_code);
/* Keeps and reports why something failed. */
void		peer_failed(struct ike_peer *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));
/*
 * A request of somebody who may or may not be the peer failed.  It is news
 * unless the peer is up: then it explains nothing and is only reported.
 */
void		peer_refused(struct ike_peer *, const char *);
/* "gw.example (ID_FQDN)" for reasons; from, unless NULL, says whose word it is. */
void		peer_id_str(const struct id *, const char *from, char *, size_t);

#endif
