/*
 * CAs and CRLs that we hold.  A CA that one of ours issued completes chains;
 * every other one is an anchor, self-signed or not.  Which is which is decided
 * again with each addition, by signatures.  Verification is crypto/trust_verify.c's.
 */
#include "crypto/trust.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/pkey.h"
#include "crypto/prf.h"
#include "crypto/trust_inner.h"

struct trust *
trust_new(void)
{
	return calloc(1, sizeof(struct trust));
}

void
trust_free(struct trust *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->cas_n; i++)
		cert_free(t->cas[i].cert);
	for (size_t i = 0; i < t->crls_n; i++)
		X509_CRL_free(t->crls[i]);
	free(t);
}

size_t
trust_anchors(const struct trust *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->cas_n; i++)
		n += t->cas[i].anchor;
	return n;
}

size_t
trust_cas(const struct trust *t)
{
	return t->cas_n;
}

size_t
trust_crls(const struct trust *t)
{
	return t->crls_n;
}

/* --- CAs --- */

static bool
is_ca(const struct cert *c, struct reason *why)
{
	struct pkey_kind kind;
	struct reason detail;
	struct cert_info info;

	cert_info(c, &info);
	pkey_kind(X509_get0_pubkey(c->x509), &kind);
	if (!info.ca)
		reason_set(why, "%s is not a CA (basicConstraints CA:TRUE and "
		    "keyUsage keyCertSign are missing)", info.subject);
	else if (!pkey_usable(&kind, &detail))
		reason_set(why, "%s: %s", info.subject, detail.s);
	else
		return true;
	return false;
}

static bool
has_ca(const struct trust *t, const struct cert *c)
{
	for (size_t i = 0; i < t->cas_n; i++) {
		if (bytes_eq(cert_der(t->cas[i].cert), cert_der(c)))
			return true;
	}
	return false;
}

/* RFC 7296 section 3.7: the whole SubjectPublicKeyInfo. */
bool
trust_key_hash(const struct cert *c, uint8_t hash[static TRUST_HASH_LEN])
{
	uint8_t *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->x509), &der);
	struct bytes spki = bytes_of(der, n > 0 ? (size_t)n : 0);
	bool ok = n > 0 && sha1(&spki, 1, hash);

	OPENSSL_free(der);
	return ok;
}

/* Takes the certificate when it succeeds. */
static bool
add_ca(struct trust *t, struct cert *c, struct reason *why)
{
	struct trust_ca *ca = &t->cas[t->cas_n];

	if (!is_ca(c, why))
		return false;
	if (t->cas_n == TRUST_CA_MAX) {
		reason_set(why, "more than %d CA certificates", TRUST_CA_MAX);
		return false;
	}
	if (!trust_key_hash(c, ca->key_hash)) {
		reason_set(why, "out of memory");
		return false;
	}
	ca->cert = c;
	t->cas_n++;
	return true;
}

_Static_assert(TRUST_CA_MAX <= 64, "a set of CAs is one word");

/* Who of ours issued it; of one that signed itself nobody is asked. */
static uint64_t
issuers_of(const struct trust *t, const struct cert *c)
{
	uint64_t set = 0;

	if (trust_issued(c, c))
		return 0;
	for (size_t i = 0; i < t->cas_n; i++) {
		if (trust_issued(t->cas[i].cert, c))
			set |= UINT64_C(1) << i;
	}
	return set;
}

/*
 * An anchor is one that nobody of ours issued, and each in a circle of CAs
 * that certify each other when nothing but the circle is above it.
 */
static void
settle(struct trust *t)
{
	uint64_t above[TRUST_CA_MAX], tops = 0;
	size_t n = t->cas_n;

	for (size_t i = 0; i < n; i++) {
		above[i] = issuers_of(t, t->cas[i].cert);
		tops |= (uint64_t)(above[i] == 0) << i;
	}
	for (size_t k = 0; k < n; k++) {
		for (size_t i = 0; i < n; i++)
			above[i] |= (above[i] >> k & 1) != 0 ? above[k] : 0;
	}
	for (size_t i = 0; i < n; i++)
		t->cas[i].anchor = (tops >> i & 1) != 0 ||
		    ((above[i] >> i & 1) != 0 && (above[i] & tops) == 0);
}

/* What was added from this index on is taken back. */
static void
forget_from(struct trust *t, size_t from)
{
	while (t->cas_n > from)
		cert_free(t->cas[--t->cas_n].cert);
}

static bool
add_der(struct trust *t, struct bytes der, size_t number, struct reason *why)
{
	struct reason detail = { "" };
	struct cert *c = cert_read(der, &detail);

	if (c != NULL && has_ca(t, c)) {
		cert_free(c);
		return true;
	}
	if (c != NULL && add_ca(t, c, &detail))
		return true;
	cert_free(c);
	reason_set(why, "certificate %zu: %s", number, detail.s);
	return false;
}

bool
trust_add_pem(struct trust *t, struct bytes pem, struct reason *why)
{
	BIO *bio = pem.n > INT32_MAX ? NULL :
	    BIO_new_mem_buf(pem.p, (int)pem.n);
	bool bad = bio == NULL, ok = true;
	size_t n, number = 0, before = t->cas_n;
	uint8_t *der;

	while (ok && !bad && cert_pem_next(bio, PEM_STRING_X509, &der, &n,
	    &bad)) {
		ok = add_der(t, bytes_of(der, n), ++number, why);
		OPENSSL_free(der);
	}
	BIO_free(bio);
	if (ok && (bad || number == 0)) {
		reason_set(why, bad ? "PEM that is malformed" :
		    "no certificate in PEM is in it");
		ok = false;
	}
	if (!ok)
		forget_from(t, before);
	settle(t);
	ERR_clear_error();
	return ok;
}

void
trust_key_hashes(const struct trust *t, struct wr *w)
{
	for (size_t i = 0; i < t->cas_n; i++)
		wr_bytes(w, bytes_of(t->cas[i].key_hash, TRUST_HASH_LEN));
}

const struct cert *
trust_issuer(const struct trust *t, const struct cert_chain *ch)
{
	const struct cert *leaf = ch->cert[0], *found = NULL;

	for (size_t i = 0; found == NULL && i < t->cas_n; i++) {
		if (trust_issued(t->cas[i].cert, leaf))
			found = t->cas[i].cert;
	}
	for (size_t i = 1; found == NULL && i < ch->n; i++) {
		if (trust_issued(ch->cert[i], leaf))
			found = ch->cert[i];
	}
	ERR_clear_error();
	return found;
}

/* --- CRLs --- */

static X509_CRL *
crl_read_der(struct bytes in)
{
	const uint8_t *p = in.p;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)in.n);

	if (crl != NULL && p == in.p + in.n)
		return crl;
	X509_CRL_free(crl);
	return NULL;
}

/* Exactly one. */
static X509_CRL *
crl_read_pem(struct bytes in)
{
	BIO *bio = BIO_new_mem_buf(in.p, (int)in.n);
	X509_CRL *crl = NULL;
	uint8_t *der;
	bool bad;
	size_t n;

	if (bio != NULL && cert_pem_next(bio, PEM_STRING_X509_CRL, &der, &n,
	    &bad)) {
		crl = crl_read_der(bytes_of(der, n));
		OPENSSL_free(der);
	}
	if (crl != NULL && cert_pem_next(bio, PEM_STRING_X509_CRL, &der, &n,
	    &bad)) {
		OPENSSL_free(der);
		X509_CRL_free(crl);
		crl = NULL;
	}
	BIO_free(bio);
	return crl;
}

static X509_CRL *
crl_read(struct bytes in, struct reason *why)
{
	X509_CRL *crl = NULL;

	if (in.n > TRUST_CRL_OCTETS) {
		reason_set(why, "a CRL of %zu octets (%d at most)", in.n,
		    TRUST_CRL_OCTETS);
		return NULL;
	}
	if (in.n > 0)		/* DER begins with a SEQUENCE */
		crl = in.p[0] == 0x30 ? crl_read_der(in) : crl_read_pem(in);
	ERR_clear_error();
	if (crl != NULL && X509_CRL_get0_nextUpdate(crl) != NULL &&
	    X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) < 0)
		return crl;
	reason_set(why, crl == NULL ? "not one CRL in PEM or DER" :
	    X509_CRL_get0_nextUpdate(crl) == NULL ?
	    "a CRL that does not say when the next one comes" :
	    "a delta CRL; the full one is needed");
	X509_CRL_free(crl);
	return NULL;
}

/*
 * True when the issuer is not ours: then a peer has to send it, and the
 * verification of its chain checks the signature.
 */
static bool
crl_is_genuine(const struct trust *t, X509_CRL *crl, struct reason *why)
{
	const X509_NAME *issuer = X509_CRL_get_issuer(crl);
	bool known = false;
	char name[160];

	for (size_t i = 0; i < t->cas_n; i++) {
		X509 *ca = t->cas[i].cert->x509;

		if (X509_NAME_cmp(X509_get_subject_name(ca), issuer) != 0)
			continue;
		known = true;
		if (X509_CRL_verify(crl, X509_get0_pubkey(ca)) == 1)
			return true;
	}
	if (known) {
		cert_name_str(issuer, name, sizeof(name));
		reason_set(why, "the CRL says that %s issued it, but its "
		    "signature is wrong", name);
	}
	return !known;
}

/* Like the above, but an issuer that is not known will not do. */
static bool
crl_is_of_chain(const struct trust *t, const struct cert_chain *ch,
    X509_CRL *crl, struct reason *why)
{
	const X509_NAME *issuer = X509_CRL_get_issuer(crl);
	char name[160];

	for (size_t i = 0; i < t->cas_n + ch->n; i++) {
		const struct cert *ca = i < t->cas_n ? t->cas[i].cert :
		    ch->cert[i - t->cas_n];

		if (X509_NAME_cmp(X509_get_subject_name(ca->x509),
		    issuer) == 0 && (i < t->cas_n || trust_leads(t, ch, ca)) &&
		    X509_CRL_verify(crl, X509_get0_pubkey(ca->x509)) == 1)
			return true;
	}
	cert_name_str(issuer, name, sizeof(name));
	reason_set(why, "the CRL says that %s issued it, but no CA of that "
	    "name has signed it", name);
	return false;
}

/* The same extension in both, or in neither. */
static bool
same_extension(const X509_CRL *a, const X509_CRL *b, int nid)
{
	int i = X509_CRL_get_ext_by_NID(a, nid, -1);
	int k = X509_CRL_get_ext_by_NID(b, nid, -1);

	if (i < 0 || k < 0)
		return i < 0 && k < 0;
	return ASN1_STRING_cmp(X509_EXTENSION_get_data(X509_CRL_get_ext(a,
	    i)), X509_EXTENSION_get_data(X509_CRL_get_ext(b, k))) == 0;
}

/* Would the one stand in for the other?  RFC 5280 sections 5.2.1, 5.2.5. */
static bool
same_scope(const X509_CRL *a, const X509_CRL *b)
{
	return X509_NAME_cmp(X509_CRL_get_issuer(a),
	    X509_CRL_get_issuer(b)) == 0 &&
	    same_extension(a, b, NID_authority_key_identifier) &&
	    same_extension(a, b, NID_issuing_distribution_point);
}

/* True, and it is taken: there was one of its scope, and the newer one stays. */
static bool
replace_crl(struct trust *t, X509_CRL *crl)
{
	for (size_t i = 0; i < t->crls_n; i++) {
		X509_CRL *old = t->crls[i];

		if (!same_scope(old, crl))
			continue;
		if (ASN1_TIME_compare(X509_CRL_get0_lastUpdate(crl),
		    X509_CRL_get0_lastUpdate(old)) < 0) {
			X509_CRL_free(crl);
			return true;
		}
		X509_CRL_free(old);
		t->crls[i] = crl;
		return true;
	}
	return false;
}

static bool
append_crl(struct trust *t, X509_CRL *crl, bool fetched, struct reason *why)
{
	if (t->crls_n == TRUST_CRL_MAX) {
		reason_set(why, "more than %d CRLs", TRUST_CRL_MAX);
		return false;
	}
	t->fetched[t->crls_n] = fetched;
	t->crls[t->crls_n++] = crl;
	return true;
}

/* Those of partitions come and go: one that has ended makes room. */
static void
make_room(struct trust *t, int64_t now)
{
	int64_t until;

	if (t->crls_n < TRUST_CRL_MAX)
		return;
	for (size_t i = 0; i < t->crls_n; i++) {
		if (!t->fetched[i] || !cert_time(X509_CRL_get0_nextUpdate(
		    t->crls[i]), &until) || until > now)
			continue;
		X509_CRL_free(t->crls[i]);
		t->crls_n--;
		t->crls[i] = t->crls[t->crls_n];
		t->fetched[i] = t->fetched[t->crls_n];
		return;
	}
}

static bool
append_fetched(struct trust *t, X509_CRL *crl, int64_t now,
    struct reason *why)
{
	make_room(t, now);
	return append_crl(t, crl, true, why);
}

bool
trust_add_crl(struct trust *t, struct bytes in, struct reason *why)
{
	X509_CRL *crl = crl_read(in, why);
	bool ok;

	if (crl == NULL)
		return false;
	ok = crl_is_genuine(t, crl, why) && (replace_crl(t, crl) ||
	    append_crl(t, crl, false, why));
	if (!ok)
		X509_CRL_free(crl);
	ERR_clear_error();
	return ok;
}

/* In force, with five minutes for the other clock. */
static bool
crl_in_force(const X509_CRL *crl, int64_t now, struct reason *why)
{
	const ASN1_TIME *from = X509_CRL_get0_lastUpdate(crl);
	const ASN1_TIME *until = X509_CRL_get0_nextUpdate(crl);
	char when[CERT_TIME_LEN];
	int64_t a, b;

	if (!cert_time(from, &a) || !cert_time(until, &b))
		reason_set(why, "the CRL has a malformed time");
	else if (a > now + TRUST_SKEW)
		reason_set(why, "the CRL is not valid before %s",
		    cert_time_str(from, when));
	else if (b <= now)
		reason_set(why, "the CRL expired on %s",
		    cert_time_str(until, when));
	else
		return true;
	return false;
}

bool
trust_add_fetched(struct trust *t, const struct cert_chain *ch,
    struct bytes in, int64_t now, struct reason *why)
{
	X509_CRL *crl;
	bool ok;

	if (in.n > TRUST_FETCHED_MAX) {
		reason_set(why, "a CRL of more than %d octets",
		    TRUST_FETCHED_MAX);
		return false;
	}
	crl = crl_read(in, why);
	if (crl == NULL)
		return false;
	ok = crl_in_force(crl, now, why) &&
	    crl_is_of_chain(t, ch, crl, why) && (replace_crl(t, crl) ||
	    append_fetched(t, crl, now, why));
	if (!ok)
		X509_CRL_free(crl);
	ERR_clear_error();
	return ok;
}
