/*
 * Values as octets, in records that nobody reads but ourselves: tickets, and
 * what is kept of an IKE SA.  Algorithms are written by their numbers.  Every
 * unpack_*() turns the reader bad when what it reads is no such value.
 */
#ifndef IKE_PACK_H
#define IKE_PACK_H

#include "crypto/suite.h"
#include "ike/child.h"
#include "ike/ticket.h"
#include "ike/ts.h"
#include "util/instant.h"
#include "util/secret.h"

/* Without ESN. */
void		pack_suite(struct wr *, const struct suite *);
/* What it may lack (PRF, MAC, group) is NULL then; the cipher is there. */
void		unpack_suite(struct rd *, struct suite *);
void		pack_key(struct wr *, const struct key *);
void		unpack_key(struct rd *, struct key *);
void		pack_vouch(struct wr *, const struct vouch *);
void		unpack_vouch(struct rd *, struct vouch *);
/* Instants and seconds since 1970 are not negative. */
int64_t		unpack_time(struct rd *);
void		pack_instant(struct wr *, struct instant);
struct instant	unpack_instant(struct rd *);
void		pack_addr(struct wr *, const struct addr *);
void		unpack_addr(struct rd *, struct addr *);
/* Of one family, or neither end set. */
void		pack_path(struct wr *, const struct path *);
void		unpack_path(struct rd *, struct path *);
/* As they are narrowed: each a range of one family, the right way round. */
void		pack_ts(struct wr *, const struct ts_list *);
void		unpack_ts(struct rd *, struct ts_list *);
void		pack_nonce(struct wr *, const struct nonce_key *);
void		unpack_nonce(struct rd *, struct nonce_key *);
/* With a length of four octets before it. */
void		pack_octets(struct wr *, struct bytes);
struct bytes	unpack_octets(struct rd *, size_t most);

#endif
