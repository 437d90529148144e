/*
 * Which of several sockets of one port a datagram goes to: the kernel's answer
 * by a classic BPF program (SO_ATTACH_REUSEPORT_CBPF) that is built here from
 * the addresses of the peers.
 */
#ifndef DAEMON_SIEVE_H
#define DAEMON_SIEVE_H

#include <linux/filter.h>

#include "util/addr.h"

/* Bits of the set; the smaller one is for kernels before 6.8. */
#define SIEVE_BITS_MAX	32768
#define SIEVE_BITS_MIN	16384
#define SIEVE_PROGRAM	BPF_MAXINSNS	/* instructions at most */

/* What the program returns: the place of the socket in its group. */
enum sieve_class {
	SIEVE_STRANGER_OPENING,	/* the first IKE_SA_INIT, without a cookie */
	SIEVE_STRANGER_OTHER,
	SIEVE_PEER_OPENING,
	SIEVE_PEER_OTHER,
	SIEVE_CLASSES
};

/* A set of addresses of one family, known by their hashes. */
struct sieve {
	bool		v6;
	uint32_t	key[4];		/* odd; nobody outside knows them */
	uint32_t	bits;		/* SIEVE_BITS_MAX or _MIN */
	uint32_t	word[SIEVE_BITS_MAX / 32];
};

/* Empty.  The key is four random words. */
void	sieve_init(struct sieve *, bool v6, const uint32_t key[static 4],
	    uint32_t bits);
/* An address of the other family is passed over. */
void	sieve_add(struct sieve *, const struct addr *);
/*
 * Is it of the set?  Sure when it was added; else yes by chance: one in
 * bits / (number of addresses).
 */
bool	sieve_has(const struct sieve *, const struct addr *);
/*
 * The program for one port, with the non-ESP marker (RFC 3948) in front of
 * IKE or without; the number of its instructions.
 */
size_t	sieve_program(const struct sieve *, bool marker,
	    struct sock_filter out[static SIEVE_PROGRAM]);

#endif
