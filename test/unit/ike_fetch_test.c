/*
 * CRLs and OCSP answers that are fetched while an IKE SA waits: whatever comes
 * or does not, with every policy, at the responder and at the initiator.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/prf.h"
#include "unit/ca.h"
#include "unit/ike_duo.h"
#include "util/array.h"

#define OCSP_URL	"http://ocsp.example/"
#define CRL_URL		"http://crl.example/sub.crl"
#define ROOT_URL	"http://crl.example/root.crl"

/* The left one's certificate is in question, the right one asks. */
struct net {
	struct duo	 d;
	struct made	 leaf[2];
	struct cert_chain chain[2];
	struct sig_key	*key[2];
	struct trust	*trust[2];
};

static struct made root, sub, stranger;

static int
make_cas(void **state)
{
	struct made_spec s = { .key = "P-256", .subject = "CN=root",
	    .basic = "critical,CA:TRUE", .usage = "critical,keyCertSign,cRLSign",
	    .until = CA_NOW + 3650 * CA_DAY };

	(void)state;
	if (!crypto_init())
		return -1;
	root = ca_make(&s);
	s.subject = "CN=subordinate";
	s.key = "P-256/2";
	stranger = ca_make(&s);		/* of the same name, by itself */
	s.key = "P-256/3";
	s.issuer = &root;
	s.serial = 5;
	s.cdp = "URI:" ROOT_URL;
	sub = ca_make(&s);
	return 0;
}

static struct sig_key *
key_of(EVP_PKEY *key)
{
	struct bytes pem = ca_key_pem(key);
	struct reason why;
	struct sig_key *k = sig_key_load(pem, &why);

	ca_free(pem);
	assert_non_null(k);
	return k;
}

enum { NAMES_OCSP = 1, NAMES_CRL = 2 };

static void
side_init(struct net *n, int i, unsigned names)
{
	const struct made *anchor = &root;
	struct bytes pem = made_pem(&anchor, 1);
	struct made_spec s = {
		.subject = i == LEFT ? "CN=left" : "CN=right",
		.key = "P-256/4", .issuer = &sub, .serial = 10 + i,
		.san = i == LEFT ? "DNS:left.example" : "DNS:right.example",
		.usage = "critical,digitalSignature",
		.aia = names & NAMES_OCSP ? "OCSP;URI:" OCSP_URL : NULL,
		.cdp = names & NAMES_CRL ? "URI:" CRL_URL : NULL,
	};
	struct reason why;

	n->leaf[i] = ca_make(&s);
	n->chain[i] = (struct cert_chain){ 2,
	    { made_cert(&n->leaf[i]), made_cert(&sub) } };
	n->key[i] = key_of(n->leaf[i].key);
	n->trust[i] = trust_new();
	assert_true(trust_add_pem(n->trust[i], pem, &why));
	ca_free(pem);
}

/* mode is the right one's, who alone fetches. */
static struct net *
net_new(unsigned names, enum trust_crl_mode mode)
{
	struct net *n = calloc(1, sizeof(*n));

	assert_non_null(n);
	duo_init(&n->d, 5);
	for (int i = 0; i < 2; i++) {
		struct duo_end *e = &n->d.end[i];

		side_init(n, i, names);
		e->creds = (struct ike_creds){ .chain = &n->chain[i],
		    .trust = n->trust[i], .fetch = i == RIGHT,
		    .policy.crl = i == RIGHT ? mode : TRUST_CRL_IGNORED };
		e->key = n->key[i];
		e->wall = CA_NOW;
		e->conf[0].local_auth = IKE_AUTH_CERTIFICATE;
		e->conf[0].remote_auth = IKE_AUTH_CERTIFICATE;
	}
	return n;
}

static void
net_free_but_duo(struct net *n)
{
	for (int i = 0; i < 2; i++) {
		cert_chain_fini(&n->chain[i]);
		sig_key_free(n->key[i]);
		trust_free(n->trust[i]);
		made_fini(&n->leaf[i]);
	}
	free(n);
}

static void
pages_free(struct net *n)
{
	for (size_t i = 0; i < ARRAY_SIZE(n->d.end[RIGHT].pages); i++)
		ca_free(n->d.end[RIGHT].pages[i].octets);
	memset(n->d.end[RIGHT].pages, 0, sizeof(n->d.end[RIGHT].pages));
}

static void
net_free(struct net *n)
{
	pages_free(n);
	duo_fini(&n->d);
	net_free_but_duo(n);
}

/* In order, which leaves nothing behind. */
static void
net_shut(struct net *n)
{
	pages_free(n);
	shut_down(&n->d);
	net_free_but_duo(n);
}

/* --- what lies in the net --- */

enum page_kind {
	ABSENT,			/* connection refused */
	GOOD,
	REVOKED,
	UNKNOWN,
	OLD,			/* good, but over */
	FORGED,			/* good, by somebody else */
	GARBAGE,
	SILENT,
	LATE,			/* good, but not soon */
};

static struct bytes
ocsp_page(const struct net *n, enum page_kind kind)
{
	const struct made *by = kind == FORGED ? &stranger : &sub;
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), n->leaf[LEFT].x509,
	    sub.x509);
	int64_t shift = kind == OLD ? -7200 : 0;
	ASN1_TIME *from = ASN1_GENERALIZEDTIME_set(NULL, CA_NOW - 60 + shift);
	ASN1_TIME *until = ASN1_GENERALIZEDTIME_set(NULL, CA_NOW + 3600 +
	    shift);
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	int status = kind == REVOKED ? V_OCSP_CERTSTATUS_REVOKED :
	    kind == UNKNOWN ? V_OCSP_CERTSTATUS_UNKNOWN :
	    V_OCSP_CERTSTATUS_GOOD;
	OCSP_RESPONSE *resp;
	uint8_t *der = NULL;
	int len;

	ca_must(OCSP_basic_add1_status(basic, id, status, 1,
	    kind == REVOKED ? from : NULL, from, until) != NULL);
	ca_must(OCSP_basic_sign(basic, by->x509, by->key, EVP_sha256(), NULL,
	    0) == 1);
	resp = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	len = i2d_OCSP_RESPONSE(resp, &der);
	ca_must(len > 0);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(resp);
	return bytes_of(der, (size_t)len);
}

static struct bytes
crl_page(const struct made *issuer, enum page_kind kind, long serial)
{
	return ca_crl_pem(&(struct crl_spec){
		.issuer = kind == FORGED ? &stranger : issuer, .reason = 1,
		.revoked = kind == REVOKED ? serial : 77,
		.from = kind == OLD ? CA_NOW - 3 * CA_DAY : 0,
		.until = kind == OLD ? CA_NOW - CA_DAY : 0,
	});
}

static struct bytes
page(const struct net *n, const char *url, enum page_kind kind)
{
	if (kind == GARBAGE)
		return bytes_of(strdup("<html>welcome</html>"), 20);
	if (strcmp(url, OCSP_URL) == 0)
		return ocsp_page(n, kind);
	return strcmp(url, CRL_URL) == 0 ? crl_page(&sub, kind, 10) :
	    crl_page(&root, kind, 5);
}

static struct duo_page *
put(struct net *n, size_t at, const char *url, enum page_kind kind)
{
	struct duo_page *p = &n->d.end[RIGHT].pages[at];

	ca_free(p->octets);
	*p = (struct duo_page){ .url = NULL };
	if (kind == ABSENT)
		return p;
	p->octets = page(n, url, kind);
	p->delay = kind == LATE ? span_s(5) : span_ms(100);
	p->silent = kind == SILENT;
	p->url = url;
	return p;
}

/* --- one handshake --- */

#define ANY	TRUST_CRL_IF_ANY
#define MUST	TRUST_CRL_REQUIRED
#define O	NAMES_OCSP
#define C	NAMES_CRL
#define NONE_FROM(url, why)	"no answer from " url why

static const struct {
	const char	*what;
	unsigned	 names;
	enum page_kind	 ocsp, crl, above;
	enum trust_crl_mode mode;
	bool		 up;
	const char	*found;		/* how the revocation shown begins */
	const char	*why;		/* is in the reason when not up */
} cases[] = {
	{ "good by OCSP", O, GOOD, ABSENT, GOOD, MUST, true,
	  "good by OCSP of " OCSP_URL, NULL },
	{ "good by OCSP, which is all that if-present needs", O, GOOD, ABSENT,
	  ABSENT, ANY, true, "good by OCSP of " OCSP_URL, NULL },
	{ "good by OCSP, but the CA above has no CRL", O, GOOD, ABSENT,
	  ABSENT, MUST, false, "good by OCSP",
	  NONE_FROM(ROOT_URL, ": connection refused") },
	{ "good by OCSP, but the CA above is revoked", O, GOOD, ABSENT,
	  REVOKED, ANY, false, "revoked by CRL",
	  "refused at depth 1: the certificate \"CN=subordinate\" was" },
	{ "revoked by OCSP", O, REVOKED, ABSENT, GOOD, ANY, false,
	  "revoked by OCSP of " OCSP_URL,
	  "(key compromise), says OCSP" },
	{ "revoked by OCSP whatever a CRL says", O | C, REVOKED, GOOD, GOOD,
	  MUST, false, "revoked by OCSP", "says OCSP" },
	{ "unknown to OCSP", O, UNKNOWN, ABSENT, GOOD, ANY, true,
	  "unknown: the OCSP responder does not know", NULL },
	{ "unknown to OCSP, required", O, UNKNOWN, ABSENT, GOOD, MUST, false,
	  "unknown: the OCSP responder does not know",
	  "cannot be told: unknown: the OCSP responder does not know" },
	{ "an old response again", O, OLD, ABSENT, GOOD, MUST, false,
	  "unknown: the OCSP response expired", "OCSP response expired" },
	{ "an OCSP response by another signer", O, FORGED, ABSENT, GOOD, MUST,
	  false, "unknown: the OCSP response is not signed by",
	  "not signed by" },
	{ "garbage for OCSP", O, GARBAGE, ABSENT, GOOD, MUST, false,
	  "unknown: not an OCSP response", "not an OCSP response" },
	{ "garbage for OCSP, if present", O, GARBAGE, ABSENT, GOOD, ANY, true,
	  "unknown: not an OCSP response", NULL },
	{ "a dead responder", O, SILENT, ABSENT, GOOD, ANY, true,
	  "unknown: " NONE_FROM(OCSP_URL, ""), NULL },
	{ "a dead responder, required", O, SILENT, ABSENT, GOOD, MUST, false,
	  "unknown: " NONE_FROM(OCSP_URL, ""), NONE_FROM(OCSP_URL, "") },
	{ "a late responder", O, LATE, ABSENT, GOOD, MUST, false,
	  "unknown: " NONE_FROM(OCSP_URL, ""), NONE_FROM(OCSP_URL, "") },
	{ "a dead responder, but a CRL", O | C, SILENT, GOOD, GOOD, MUST,
	  true, "good by CRL", NULL },
	{ "a dead responder, and a CRL that revokes", O | C, SILENT, REVOKED,
	  GOOD, ANY, false, "revoked by CRL", "CN=left\" was revoked" },
	{ "good by CRL", C, ABSENT, GOOD, GOOD, MUST, true, "good by CRL",
	  NULL },
	{ "revoked by CRL", C, ABSENT, REVOKED, GOOD, ANY, false,
	  "revoked by CRL", "CN=left\" was revoked on" },
	{ "an expired CRL", C, ABSENT, OLD, GOOD, MUST, false,
	  "unknown: the CRL expired on", "the CRL expired on" },
	{ "a CRL by another signer", C, ABSENT, FORGED, GOOD, MUST, false,
	  "unknown: the CRL says that CN=subordinate issued it",
	  "no CA of that name" },
	{ "a CRL by another signer, if present", C, ABSENT, FORGED, GOOD, ANY,
	  true, "unknown: the CRL says that", NULL },
	{ "garbage for a CRL", C, ABSENT, GARBAGE, GOOD, MUST, false,
	  "unknown: not one CRL", "not one CRL" },
	{ "no CRL to be had", C, ABSENT, ABSENT, GOOD, ANY, true,
	  "unknown: " NONE_FROM(CRL_URL, ": connection refused"), NULL },
	{ "no CRL in time", C, ABSENT, SILENT, GOOD, MUST, false,
	  "unknown: " NONE_FROM(CRL_URL, ""), NONE_FROM(CRL_URL, "") },
	{ "no URL at all", 0, ABSENT, ABSENT, GOOD, ANY, true,
	  "unknown: there is no CRL of", NULL },
	{ "no URL at all, required", 0, ABSENT, ABSENT, GOOD, MUST, false,
	  "unknown: there is no CRL of", "there is no CRL of" },
};

static void
check_case(size_t i, int starts)
{
	struct net *n = net_new(cases[i].names, cases[i].mode);
	struct ike_peer_info info;
	bool up;

	put(n, 0, OCSP_URL, cases[i].ocsp);
	put(n, 1, CRL_URL, cases[i].crl);
	put(n, 2, ROOT_URL, cases[i].above);
	duo_start(&n->d);
	duo_up(&n->d, starts);
	/* Four seconds at most, and then some for the way. */
	up = duo_run_up(&n->d, span_ms(4800));
	info = duo_info(&n->d, RIGHT);
	if (up != cases[i].up || info.cert.ok != cases[i].up)
		fail_msg("%s: %s (%s)", cases[i].what, info.why.s,
		    info.cert.revocation.s);
	if (strncmp(info.cert.revocation.s, cases[i].found,
	    strlen(cases[i].found)) != 0)
		fail_msg("%s: %s", cases[i].what, info.cert.revocation.s);
	if (!up && strstr(info.cert.why.s, cases[i].why) == NULL)
		fail_msg("%s: %s", cases[i].what, info.cert.why.s);
	/* A late answer changes nothing. */
	duo_run(&n->d, span_s(3));
	assert_sound(&n->d);
	assert_int_equal(duo_info(&n->d, RIGHT).child, cases[i].up);
	if (up) {
		assert_paired(&n->d);
		duo_down(&n->d, LEFT);
	}
	duo_run(&n->d, span_s(60));
	assert_empty(&n->d);
	net_free(n);
}

static void
each_answer_has_its_consequence(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		print_message("    %s\n", cases[i].what);
		check_case(i, LEFT);
		check_case(i, RIGHT);
	}
}

/* --- more than one handshake --- */

static void
again(struct net *n)
{
	duo_down(&n->d, LEFT);
	duo_run(&n->d, span_s(5));
	bring_up(&n->d, LEFT);
}

static void
answers_are_kept_until_their_next_update(void **state)
{
	struct net *n = net_new(O, MUST);
	struct duo_page *p = put(n, 0, OCSP_URL, GOOD);
	struct duo_page *above = put(n, 2, ROOT_URL, GOOD);

	(void)state;
	duo_start(&n->d);
	bring_up(&n->d, LEFT);
	assert_int_equal(p->asked, 1);
	assert_true(p->request_n > 40);
	assert_int_equal(above->asked, 1);
	assert_int_equal(above->request_n, 0);
	again(n);
	assert_int_equal(p->asked, 1);
	assert_int_equal(above->asked, 1);
	assert_string_equal(duo_info(&n->d, RIGHT).cert.revocation.s,
	    "good by OCSP of " OCSP_URL);
	/* The response ends after an hour, the CRL after a month. */
	ike_wall(n->d.end[RIGHT].ike, n->d.now, CA_NOW + 4000);
	duo_down(&n->d, LEFT);
	duo_run(&n->d, span_s(5));
	duo_up(&n->d, LEFT);
	assert_false(duo_run_up(&n->d, span_s(4)));
	assert_int_equal(p->asked, 2);
	assert_int_equal(above->asked, 1);
	net_shut(n);
}

static void
what_failed_is_not_asked_again_at_once(void **state)
{
	struct net *n = net_new(C, ANY);
	struct duo_page *p = put(n, 0, CRL_URL, SILENT);

	(void)state;
	duo_start(&n->d);
	bring_up(&n->d, LEFT);
	assert_int_equal(p->asked, 1);
	again(n);
	assert_int_equal(p->asked, 1);
	duo_run(&n->d, span_s(40));
	put(n, 0, CRL_URL, GOOD);
	again(n);
	assert_int_equal(p->asked, 1);
	assert_string_equal(duo_info(&n->d, RIGHT).cert.revocation.s,
	    "unknown: no answer from " ROOT_URL ": connection refused");
	net_shut(n);
}

/* It may be the best of servers. */
static void
what_was_never_asked_is_asked_at_once(void **state)
{
	static const struct {
		const char	*why, *found;
	} rows[] = {
		{ "the fetcher takes no more", "unknown: no answer from "
		  CRL_URL ": the fetcher takes no more" },
		{ NULL, "unknown: " CRL_URL " could not be asked in time" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct net *n = net_new(C, ANY);
		struct duo_page *p = put(n, 0, CRL_URL, GOOD);

		put(n, 2, ROOT_URL, GOOD);
		p->busy = true;
		p->why = rows[i].why;
		duo_start(&n->d);
		bring_up(&n->d, LEFT);
		assert_int_equal(p->asked, 1);
		assert_string_equal(duo_info(&n->d,
		    RIGHT).cert.revocation.s, rows[i].found);
		p->busy = false;
		p->why = NULL;
		again(n);
		assert_int_equal(p->asked, 2);
		assert_string_equal(duo_info(&n->d,
		    RIGHT).cert.revocation.s, "good by CRL");
		net_shut(n);
	}
}

/* Nobody is asked on behalf of one who has proved nothing. */
static void
nothing_is_fetched_for_a_signature_that_is_wrong(void **state)
{
	struct net *n = net_new(O | C, ANY);
	struct duo_page *p = put(n, 0, OCSP_URL, GOOD);
	struct sig_key *other = key_of(ca_key("P-256/5"));

	(void)state;
	n->d.end[LEFT].key = other;
	duo_start(&n->d);
	duo_up(&n->d, LEFT);
	assert_false(duo_run_up(&n->d, span_s(5)));
	assert_int_equal(p->asked, 0);
	assert_false(duo_info(&n->d, RIGHT).cert.ok);
	sig_key_free(other);
	net_free(n);
}

/* The peer goes away, or is taken away, while it is asked about. */
static void
who_waits_may_go(void **state)
{
	(void)state;
	for (int how = 0; how < 4; how++) {
		struct net *n = net_new(O, ANY);
		struct duo_page *p = put(n, 0, OCSP_URL, GOOD);

		p->delay = span_s(1);
		put(n, 2, ROOT_URL, GOOD);
		duo_start(&n->d);
		duo_up(&n->d, how % 2 == 0 ? LEFT : RIGHT);
		duo_run(&n->d, span_ms(900));
		assert_int_equal(p->asked, 1);
		assert_false(duo_info(&n->d, RIGHT).child);
		if (how < 2)
			duo_down(&n->d, RIGHT);
		else
			ike_peer_del(n->d.end[RIGHT].ike, n->d.now, DUO_PEER);
		duo_run(&n->d, span_s(30));
		if (how < 2)
			assert_false(duo_info(&n->d, RIGHT).child);
		assert_sound(&n->d);
		net_free(n);
	}
}

/* Both ends start at once: two IKE SAs wait for one answer. */
static void
who_asks_the_same_shares_the_answer(void **state)
{
	struct net *n = net_new(O, MUST);
	struct duo_page *p = put(n, 0, OCSP_URL, GOOD);
	struct duo_page *above = put(n, 2, ROOT_URL, GOOD);

	(void)state;
	p->delay = span_s(1);
	duo_start(&n->d);
	duo_up(&n->d, LEFT);
	duo_up(&n->d, RIGHT);
	duo_run(&n->d, span_ms(900));
	assert_int_equal(duo_info(&n->d, RIGHT).ike_sas, 2);
	assert_int_equal(p->asked, 1);
	duo_run(&n->d, span_s(60));
	assert_paired(&n->d);
	assert_int_equal(p->asked, 1);
	assert_int_equal(above->asked, 1);
	net_shut(n);
}

/* Else one who has a certificate of ours could lift his revocation. */
static void
a_ca_that_only_the_peer_vouches_for_issues_no_crl(void **state)
{
	struct net *n = net_new(C, ANY);
	struct bytes forged = crl_page(&sub, FORGED, 10);
	struct bytes ours = crl_page(&sub, GOOD, 10);
	struct cert_chain ch = n->chain[LEFT];
	static uint8_t big[TRUST_FETCHED_MAX + 1];
	struct reason why;

	(void)state;
	ch.cert[ch.n++] = made_cert(&stranger);
	assert_false(trust_add_fetched(n->trust[RIGHT], &ch, forged, CA_NOW,
	    &why));
	assert_string_equal(why.s, "the CRL says that CN=subordinate issued "
	    "it, but no CA of that name has signed it");
	assert_int_equal(trust_crls(n->trust[RIGHT]), 0);
	assert_true(trust_add_fetched(n->trust[RIGHT], &ch, ours, CA_NOW,
	    &why));
	assert_int_equal(trust_crls(n->trust[RIGHT]), 1);
	assert_false(trust_add_fetched(n->trust[RIGHT], &ch, bytes_of(big,
	    sizeof(big)), CA_NOW, &why));
	assert_string_equal(why.s, "a CRL of more than 1048576 octets");
	cert_free(ch.cert[2]);
	ca_free(forged);
	ca_free(ours);
	duo_start(&n->d);
	net_free(n);
}

/* --- another's CA, and the same URL --- */

#define OTHER_PEER	2

struct other {
	struct made	 leaf;
	struct cert_chain chain;
	struct trust	*trust;
};

/*
 * Behind the left one's address is one more, of another CA, whose certificate
 * names the CRL of the first one's: of no use to him.
 */
static void
other_init(struct net *n, struct other *o)
{
	const struct made *anchor = &stranger;
	struct bytes pem = made_pem(&anchor, 1);
	struct made_spec s = { .subject = "CN=left2", .key = "P-256/4",
	    .issuer = &stranger, .serial = 20, .san = "DNS:left2.example",
	    .usage = "critical,digitalSignature", .cdp = "URI:" CRL_URL };
	struct ike_creds creds = n->d.end[LEFT].creds;
	struct reason why;

	o->leaf = ca_make(&s);
	o->chain = (struct cert_chain){ 1, { made_cert(&o->leaf) } };
	o->trust = trust_new();
	assert_true(trust_add_pem(o->trust, pem, &why));
	ca_free(pem);
	for (int side = LEFT; side <= RIGHT; side++)
		assert_int_equal(duo_add_peer(&n->d, side), OTHER_PEER);
	n->d.end[LEFT].conf[1].local_id = duo_id("left2.example");
	n->d.end[RIGHT].conf[1].remote_id = duo_id("left2.example");
	duo_start(&n->d);
	creds.chain = &o->chain;
	ike_peer_creds(n->d.end[LEFT].ike, OTHER_PEER, &creds);
	creds = n->d.end[RIGHT].creds;
	creds.trust = o->trust;
	ike_peer_creds(n->d.end[RIGHT].ike, OTHER_PEER, &creds);
}

static void
other_fini(struct other *o)
{
	cert_chain_fini(&o->chain);
	made_fini(&o->leaf);
	trust_free(o->trust);
}

static void
other_is_refused(struct net *n)
{
	struct ike_peer_info info;

	assert_true(ike_peer_get(n->d.end[RIGHT].ike, OTHER_PEER, &info));
	assert_false(info.cert.ok);
	assert_non_null(strstr(info.cert.why.s, "no CA of that name"));
}

static void
what_is_no_use_to_one_is_good_for_who_waits_with_him(void **state)
{
	struct net *n = net_new(C, MUST);
	struct duo_page *p = put(n, 0, CRL_URL, GOOD);
	struct other o;

	(void)state;
	put(n, 2, ROOT_URL, GOOD);
	p->delay = span_s(1);
	other_init(n, &o);
	ike_peer_up(n->d.end[LEFT].ike, n->d.now, OTHER_PEER);
	duo_run(&n->d, span_ms(200));
	duo_up(&n->d, LEFT);
	duo_run(&n->d, span_s(3));
	assert_int_equal(p->asked, 1);
	other_is_refused(n);
	assert_string_equal(duo_info(&n->d, RIGHT).cert.revocation.s,
	    "good by CRL");
	assert_true(duo_info(&n->d, RIGHT).child);
	net_shut(n);
	other_fini(&o);
}

static void
what_was_no_use_to_one_is_asked_for_by_another(void **state)
{
	struct net *n = net_new(C, MUST);
	struct duo_page *p = put(n, 0, CRL_URL, GOOD);
	struct other o;

	(void)state;
	put(n, 2, ROOT_URL, GOOD);
	other_init(n, &o);
	ike_peer_up(n->d.end[LEFT].ike, n->d.now, OTHER_PEER);
	duo_run(&n->d, span_s(3));
	other_is_refused(n);
	/* He remembers it. */
	ike_peer_up(n->d.end[LEFT].ike, n->d.now, OTHER_PEER);
	duo_run(&n->d, span_s(3));
	other_is_refused(n);
	assert_int_equal(p->asked, 1);
	duo_up(&n->d, LEFT);
	duo_run(&n->d, span_s(3));
	assert_int_equal(p->asked, 2);
	assert_true(duo_info(&n->d, RIGHT).child);
	assert_string_equal(duo_info(&n->d, RIGHT).cert.revocation.s,
	    "good by CRL");
	net_shut(n);
	other_fini(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_answer_has_its_consequence),
		cmocka_unit_test(answers_are_kept_until_their_next_update),
		cmocka_unit_test(what_failed_is_not_asked_again_at_once),
		cmocka_unit_test(what_was_never_asked_is_asked_at_once),
		cmocka_unit_test(
		    nothing_is_fetched_for_a_signature_that_is_wrong),
		cmocka_unit_test(who_waits_may_go),
		cmocka_unit_test(who_asks_the_same_shares_the_answer),
		cmocka_unit_test(
		    what_is_no_use_to_one_is_good_for_who_waits_with_him),
		cmocka_unit_test(
		    what_was_no_use_to_one_is_asked_for_by_another),
		cmocka_unit_test(
		    a_ca_that_only_the_peer_vouches_for_issues_no_crl),
	};

	return cmocka_run_group_tests(tests, make_cas, NULL);
}
