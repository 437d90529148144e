/* What fuzzers of IKE offer: everything that we support, strongest first. */
#ifndef FUZZ_OFFER_ALL_H
#define FUZZ_OFFER_ALL_H

#include "ike/proposal.h"

static inline struct offer
offer_all(uint8_t proto, bool with_ke)
{
	struct offer o = { .proto = proto };
	struct alg_list *const lists[ALG_TYPES] = {
		[ALG_ENCR] = &o.encr, [ALG_PRF] = &o.prf,
		[ALG_INTEG] = &o.integ, [ALG_KE] = with_ke ? &o.ke : NULL,
		[ALG_ESN] = proto == PROTO_ESP ? &o.esn : NULL,
	};
	const struct alg *a;

	for (size_t i = 0; (a = alg_at(i)) != NULL; i++) {
		struct alg_list *l = lists[a->type];

		if (l != NULL && l->n < ALGS_MAX)
			l->row[l->n++] = (uint8_t)i;
	}
	return o;
}

#endif
