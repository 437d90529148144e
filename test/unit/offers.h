/*
 * Proposals as a peer writes them, by an encoder of the tests' own, and offers
 * of ours by their names in configuration.
 */
#ifndef TEST_UNIT_OFFERS_H
#define TEST_UNIT_OFFERS_H

#include <string.h>

#include "ike/proposal.h"

/* One transform on the wire, and one proposal of several. */
struct tf {
	uint8_t		type;
	uint16_t	id, bits;
};

#define TFS	12
#define PS	4

struct pr {
	uint8_t		proto, spi_n;
	struct tf	t[TFS];
};

static inline void
put_transform(struct wr *w, const struct tf *t, bool last)
{
	wr_u8(w, last ? 0 : 3);
	wr_u8(w, 0);
	wr_u16(w, t->bits != 0 ? 12 : 8);
	wr_u8(w, t->type);
	wr_u8(w, 0);
	wr_u16(w, t->id);
	if (t->bits != 0) {
		wr_u16(w, 0x800e);
		wr_u16(w, t->bits);
	}
}

static inline void
put_proposal(struct wr *w, const struct pr *p, uint8_t number, bool last)
{
	size_t at = w->n;
	uint8_t n = 0;

	while (n < TFS && p->t[n].type != 0)
		n++;
	wr_u8(w, last ? 0 : 2);
	wr_u8(w, 0);
	wr_u16(w, 0);
	wr_u8(w, number);
	wr_u8(w, p->proto);
	wr_u8(w, p->spi_n);
	wr_u8(w, n);
	for (uint8_t i = 0; i < p->spi_n; i++)
		wr_u8(w, (uint8_t)(number << 4 | i));
	for (uint8_t i = 0; i < n; i++)
		put_transform(w, &p->t[i], i + 1 == n);
	wr_patch_u16(w, at + 2, (uint16_t)(w->n - at));
}

/*
 * The proposals, numbered from first, as a peer would send them.  cmocka's
 * assert_* must be declared before.
 */
static inline void
peer_says(const struct pr *p, uint8_t first, struct proposals *ps)
{
	static uint8_t buf[4096];
	struct wr w = wr_of(buf, sizeof(buf));
	uint8_t n = 0;

	while (n < PS && p[n].proto != 0)
		n++;
	for (uint8_t i = 0; i < n; i++)
		put_proposal(&w, &p[i], (uint8_t)(first + i), i + 1 == n);
	assert_int_equal(proposal_decode(wr_done(&w), ps), N_NONE);
}

/* Names of configuration with blanks between. */
static inline struct alg_list
algs(enum alg_type type, const char *names)
{
	struct alg_list l = { 0 };
	char buf[128], *save = NULL;

	str_set(buf, sizeof(buf), names);
	for (char *s = strtok_r(buf, " ", &save); s != NULL;
	    s = strtok_r(NULL, " ", &save)) {
		const struct alg *a = alg_by_conf(type, s);

		assert_non_null(a);
		l.row[l.n++] = (uint8_t)alg_index(a);
	}
	return l;
}

struct want {
	const char	*encr, *prf, *integ, *ke;
};

static inline struct offer
offer_of(uint8_t proto, const struct want *w)
{
	return (struct offer){
		.proto = proto,
		.encr = algs(ALG_ENCR, w->encr),
		.prf = algs(ALG_PRF, w->prf),
		.integ = algs(ALG_INTEG, w->integ),
		.ke = algs(ALG_KE, w->ke),
	};
}

#define GCM256	{ 1, 20, 256 }
#define GCM128	{ 1, 20, 128 }
#define GCM_NOLEN { 1, 20, 0 }
#define CBC256	{ 1, 12, 256 }
#define CBC128	{ 1, 12, 128 }
#define CBC_NOLEN { 1, 12, 0 }
#define DES3	{ 1, 3, 0 }
#define CHACHA	{ 1, 28, 0 }
#define P256	{ 2, 5, 0 }
#define P384	{ 2, 6, 0 }
#define P512	{ 2, 7, 0 }
#define PSHA1	{ 2, 2, 0 }
#define I256	{ 3, 12, 0 }
#define I384	{ 3, 13, 0 }
#define I512	{ 3, 14, 0 }
#define ISHA1	{ 3, 2, 0 }
#define INONE	{ 3, 0, 0 }
#define K14	{ 4, 14, 0 }
#define K2	{ 4, 2, 0 }
#define K19	{ 4, 19, 0 }
#define K20	{ 4, 20, 0 }
#define K31	{ 4, 31, 0 }
#define KNONE	{ 4, 0, 0 }
#define NOESN	{ 5, 0, 0 }
#define ESN	{ 5, 1, 0 }

#define IKE	PROTO_IKE, 0
#define ESP	PROTO_ESP, 4

static const struct want all_ike = {
	"AES256-GCM-16 AES256 AES128", "SHA2-512 SHA2-256",
	"SHA2-512 SHA2-256", "31 20 14",
};
static const struct want gcm_ike = { "AES256-GCM-16", "SHA2-384", "", "20" };
static const struct want cbc_ike = {
	"AES256", "SHA2-256", "SHA2-256", "14",
};
static const struct want all_esp = {
	"AES256-GCM-16 AES256 AES128", "", "SHA2-512 SHA2-256", "31 20 14",
};
static const struct want plain_esp = {	/* as in IKE_AUTH: no group */
	"AES256-GCM-16 AES256", "", "SHA2-256", "",
};

#endif
