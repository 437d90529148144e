/*
 * Descriptions of AWS's connections: what is read from each of their formats,
 * what is refused and why, and that they come back the same after they were
 * written.  Fixtures are in test/vectors/aws.
 */
#include "unit/conf_text.h"

#include "gw/aws_conf.h"
#include "gw/aws_from.h"
#include "gw/aws_json.h"
#include "gw/aws_text.h"
#include "gw/aws_xml.h"

#define TEXT_LEN	65536

struct text {
	uint8_t		p[TEXT_LEN];
	size_t		n;
};

static void
load(const char *name, struct text *t)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "test/vectors/aws/%s", name);
	f = fopen(path, "r");
	assert_non_null(f);
	t->n = fread(t->p, 1, sizeof(t->p), f);
	assert_true(t->n > 0 && t->n < sizeof(t->p));
	fclose(f);
}

/* All of them, settled. */
static void
read_file(const char *name, struct aws_list *list)
{
	static struct text t;
	struct reason why;

	load(name, &t);
	if (!aws_read(list, bytes_of(t.p, t.n), &why))
		fail_msg("%s: %s", name, why.s);
	for (size_t i = 0; i < list->n; i++) {
		if (!aws_settle(list->v[i], &why))
			fail_msg("%s: %s", name, why.s);
	}
}

static struct conf *
configure(const struct aws_connection *c, bool hub, struct text *t)
{
	static struct aws_notes notes;
	struct aws_form form = { .name = c->id, .hub = hub };
	struct conf_error e;
	struct wr w = wr_of(t->p, sizeof(t->p));
	struct conf *conf;
	char line[600];

	aws_say(&w, "router_id = \"10.0.0.1\";");
	aws_conf_write(&w, c, &form, &notes);
	assert_false(w.bad);
	t->n = w.n;
	conf = conf_parse(wr_done(&w), "c", &e);
	if (conf == NULL) {
		conf_error_str(&e, line, sizeof(line));
		fail_msg("%s\n%.*s", line, (int)w.n, (const char *)w.p);
	}
	return conf;
}

static const struct fixture {
	const char	*file;
	size_t		n;		/* connections */
	const char	*id;		/* of the first */
	uint32_t	asn, remote_asn;
	const char	*cloud[2], *inside[2], *psk[2];
	enum {
		XML,
		TEXT,
		JSON
	} format;
} fixtures[] = {
#define BGP "vpn-0b6b21f0c5d7e8a01", 65010, 64512,			\
	{ "203.0.113.10", "203.0.113.20" },				\
	{ "169.254.20.0/30", "169.254.21.4/30" },			\
	{ "synthetic.key_of.tunnel.one", "synthetic.key_of.tunnel.two" }
#define STATIC "vpn-0c0ffee0", 0, 0,					\
	{ "203.0.113.30", "203.0.113.40" },				\
	{ "169.254.30.8/30", "169.254.31.12/30" },			\
	{ "static.one_12345", "static.two_12345" }
	{ "vgw-bgp.xml", 1, BGP, XML },
	{ "generic-bgp.txt", 1, BGP, TEXT },
	{ "string.json", 1, BGP, XML },
	{ "slashes.txt", 1, BGP, XML },
	{ "escaped.xml", 1, BGP, XML },
	{ "terraform.json", 1, BGP, XML },
	{ "several.json", 2, BGP, JSON },
	{ "vgw-static.xml", 1, STATIC, XML },
	{ "generic-static.txt", 1, STATIC, TEXT },
	{ "static.json", 1, STATIC, JSON },
	{ "tgw-options.json", 1, "vpn-0d15ea5e0d15ea5e0", 65010, 4200000001,
	    { "203.0.113.10", "203.0.113.20" },
	    { "169.254.20.0/30", "169.254.21.4/30" },
	    { "transit.key_1aaaa", "transit.key_0aaaa" }, JSON },
	{ "secrets-manager.json", 1, "vpn-05ec2e75", 65010, 64512,
	    { "203.0.113.10", "203.0.113.20" },
	    { "169.254.20.0/30", "169.254.21.4/30" }, { "", "" }, JSON },
	{ "certificates.json", 1, "vpn-0ce27000", 65010, 64512,
	    { "203.0.113.10", "203.0.113.20" },
	    { "169.254.20.0/30", "169.254.21.4/30" }, { "", "" }, JSON },
	{ "create-answer.json", 1, "vpn-0accc000", 65010, 64512,
	    { "203.0.113.10", "203.0.113.20" },
	    { "169.254.20.0/30", "169.254.21.4/30" },
	    { "synthetic.key_of.tunnel.one", "synthetic.key_of.tunnel.two" },
	    JSON },
	{ "ipv6.json", 1, "vpn-06666666", 65010, 64512,
	    { "2001:db8:a::10", "2001:db8:a::20" },
	    { "fd00:10::/126", "fd00:20::/126" },
	    { "ipv6.key_number.two", "ipv6.key_number.one" }, JSON },
};

static void
every_format_gives_the_same_connection(void **state)
{
	static struct text text;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fixtures); i++) {
		const struct fixture *f = &fixtures[i];
		struct aws_list list = { 0 };
		const struct aws_connection *c;
		struct conf *conf;

		read_file(f->file, &list);
		assert_int_equal(list.n, f->n);
		c = list.v[0];
		assert_string_equal(c->id, f->id);
		conf = configure(c, false, &text);
		assert_int_equal(conf->asn, f->asn);
		assert_int_equal(conf->connections[0].remote_asn,
		    f->remote_asn);
		assert_int_equal(conf->connections[0].tunnels_n, 2);
		for (unsigned k = 0; k < 2; k++) {
			const struct conf_tunnel *t =
			    &conf->connections[0].tunnels[k];
			const struct prefix *in = t->inside ==
			    CONF_INSIDE_IPV6 ? &t->inside6 : &t->inside4;
			char s[PREFIX_STRLEN];

			assert_string_equal(addr_str(&t->remote, s),
			    f->cloud[k]);
			assert_string_equal(prefix_str(in, s), f->inside[k]);
			assert_string_equal(c->tunnels[k].psk, f->psk[k]);
			assert_true(t->start);
			assert_int_equal(t->dpd_action, CONF_DPD_RESTART);
		}
		conf_free(conf);
		aws_list_free(&list);
	}
}

static void
write_as(const struct aws_connection *c, int format, struct text *t)
{
	struct wr w = wr_of(t->p, sizeof(t->p));

	if (format == XML)
		aws_xml_write(&w, c);
	else if (format == TEXT)
		aws_text_write(&w, c);
	else
		aws_json_write(&w, c);
	assert_false(w.bad);
	t->n = w.n;
}

static void
assert_same_conf(const struct conf *a, const struct conf *b,
    const char *what)
{
	const struct conf_connection *x = a->connections, *y = b->connections;

	if (a->asn != b->asn || a->n != 1 || b->n != 1 ||
	    strcmp(x->name, y->name) != 0 || x->hub != y->hub ||
	    x->remote_asn != y->remote_asn || x->hold_time != y->hold_time ||
	    x->routes.n != y->routes.n ||
	    memcmp(x->tunnels, y->tunnels, sizeof(x->tunnels)) != 0)
		fail_msg("%s: another configuration", what);
}

/* Configuration, description, as format, and the whole way back. */
static void
there_and_back(struct aws_connection *c, int format, bool hub,
    const char *what)
{
	static struct text one, other, written;
	struct conf *first = configure(c, hub, &one), *second;
	struct aws_list list = { 0 };
	struct aws_connection *back;
	struct reason why;

	back = aws_from_conf(first, &first->connections[0], &why);
	assert_non_null(back);
	for (unsigned i = 0; i < c->tunnels_n; i++) {
		memcpy(back->tunnels[i].psk, c->tunnels[i].psk,
		    sizeof(c->tunnels[i].psk));
		memcpy(back->tunnels[i].certificate_arn,
		    c->tunnels[i].certificate_arn,
		    sizeof(c->tunnels[i].certificate_arn));
	}
	write_as(back, format, &written);
	if (!aws_read(&list, bytes_of(written.p, written.n), &why) ||
	    !aws_settle(list.v[0], &why))
		fail_msg("%s: %s\n%.*s", what, why.s, (int)written.n,
		    (const char *)written.p);
	second = configure(list.v[0], hub, &other);
	assert_same_conf(first, second, what);
	for (unsigned i = 0; i < c->tunnels_n; i++)
		assert_string_equal(list.v[0]->tunnels[i].psk,
		    c->tunnels[i].psk);
	conf_free(first);
	conf_free(second);
	aws_free(back);
	aws_list_free(&list);
}

static void
what_was_exported_is_imported_as_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fixtures); i++) {
		const struct fixture *f = &fixtures[i];

		for (int format = XML; format <= JSON; format++) {
			struct aws_list list = { 0 };

			/* XML and text have no more than a baseline. */
			if (format != JSON && f->format == JSON)
				continue;
			read_file(f->file, &list);
			there_and_back(list.v[0], format, false, f->file);
			there_and_back(list.v[0], format, true, f->file);
			aws_list_free(&list);
		}
	}
}

/* Parts of the text, so that no key is forgotten or invented. */
static const struct {
	const char	*file;
	bool		hub;
	const char	*has, *lacks;
} texts[] = {
	{ "vgw-bgp.xml", false, "phase1_dh_group_numbers = "
	    "[ 21, 20, 19, 16, 15, 18, 17, 14, 2 ];", "local_as" },
	{ "vgw-bgp.xml", false, "bgp_hold_time_seconds = 30;", "routes =" },
	{ "vgw-bgp.xml", false, "\n\tdpd_timeout_seconds = 30;", "local_id" },
	{ "vgw-bgp.xml", false, "\tinterface_name = \"vpn-c5d7e8a01-1\";",
	    NULL },
	{ "vgw-bgp.xml", true, "\tremote_outside_ip_address = "
	    "\"198.51.100.7\";", NULL },
	{ "vgw-bgp.xml", true, "startup_action = \"add\";", "restart" },
	{ "static.json", false, "# the peer routes 10.2.0.0/16 to us",
	    "10.9.0.0" },
	{ "static.json", true, "routes = [ \"10.2.0.0/16\" ];", "asn" },
	{ "tgw-options.json", false,
	    "\t\tphase1_dh_group_numbers = [ 20, 14 ];", "SHA1\"" },
	{ "tgw-options.json", false, "\t\trekey_fuzz_percentage = 0;", NULL },
	{ "tgw-options.json", false, "# Transit gateway: tgw-0cc3",
	    "Virtual private" },
	{ "tgw-options.json", false, "\t\tdpd_timeout_seconds = 45;",
	    "\n\tdpd_timeout_seconds" },
	{ "create-answer.json", false, "force_encapsulation = true;", NULL },
	{ "certificates.json", false, "authentication = \"certificate\";",
	    "pre_shared" },
	{ "ipv6.json", false, "tunnel_inside_ip_version = \"ipv6\";", NULL },
};

static void
the_text_has_what_was_given_and_no_more(void **state)
{
	static struct text t;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct aws_list list = { 0 };
		bool there;

		read_file(texts[i].file, &list);
		conf_free(configure(list.v[0], texts[i].hub, &t));
		t.p[t.n] = '\0';
		there = strstr((char *)t.p, texts[i].has) != NULL;
		if (!there || (texts[i].lacks != NULL &&
		    strstr((char *)t.p, texts[i].lacks) != NULL))
			fail_msg("%s: %s, %s\n%s", texts[i].file, texts[i].has,
			    texts[i].lacks, (char *)t.p);
		aws_list_free(&list);
	}
}

#define X(s)	"<?xml version=\"1.0\"?>\n" s
#define XCON(s)	X("<vpn_connection id=\"vpn-1\">\n" s "</vpn_connection>")
#define XTUN(s)	XCON("<ipsec_tunnel>\n" s "</ipsec_tunnel>\n")
#define D8	"<a><a><a><a><a><a><a><a>"

static const struct {
	const char	*what, *text, *error;
} refused[] = {
	{ "nothing", "", "neither a CustomerGatewayConfiguration" },
	{ "prose", "hello", "neither a CustomerGatewayConfiguration" },
	{ "broken JSON", "{ \"VpnConnections\": [", "line 1: not JSON" },
	{ "JSON of something else", "{}", "no VPN connection in it" },
	{ "deleted ones alone", "{\"VpnConnections\":[{\"State\":\"deleted\"}]}",
	    "that is not deleted" },
	{ "a DTD", "<!DOCTYPE v [ <!ENTITY a \"b\"> ]>\n<vpn_connection/>",
	    "a document type (DTD) is refused" },
	{ "an external DTD", "<!DOCTYPE v SYSTEM \"file:///etc/passwd\">\n"
	    "<vpn_connection/>", "a document type (DTD) is refused" },
	{ "an entity", XCON("<customer_gateway_id>&a;</customer_gateway_id>"),
	    "undefined entity" },
	{ "another root", X("<other/>"), "no CustomerGatewayConfiguration" },
	{ "half of it", "<vpn_connection>", "no element found" },
	{ "too deep", XCON(D8), "nested too deeply" },
	{ "no tunnel", XCON(""), "there is no tunnel in it" },
	{ "three tunnels", XCON("<ipsec_tunnel/><ipsec_tunnel/>"
	    "<ipsec_tunnel/>"), "more than 2 tunnels" },
	{ "no outside address", XTUN(""), "tunnel 1 has no outside address" },
	{ "an address that is none", XTUN("<vpn_gateway>"
	    "<tunnel_outside_address><ip_address>1.2.3</ip_address>"
	    "</tunnel_outside_address></vpn_gateway>"),
	    "line 4: ipsec_tunnel/vpn_gateway/tunnel_outside_address/"
	    "ip_address must be an address, not \"1.2.3\"" },
	{ "two AS numbers", XTUN("<vpn_gateway><bgp><asn>1</asn></bgp>"
	    "<bgp><asn>2</asn></bgp></vpn_gateway>"),
	    "AS 1 in one tunnel and 2 in another" },
	{ "one AS number", XTUN("<vpn_gateway><tunnel_outside_address>"
	    "<ip_address>203.0.113.1</ip_address></tunnel_outside_address>"
	    "<bgp><asn>1</asn></bgp></vpn_gateway>"),
	    "the AS number of the customer is missing" },
	{ "an encryption of yore", XTUN("<ike><encryption_protocol>3des-cbc"
	    "</encryption_protocol></ike>"), "must be aes-128-cbc" },
	{ "a group of no one", XTUN("<ike><perfect_forward_secrecy>group1"
	    "</perfect_forward_secrecy></ike>"), "a Diffie-Hellman group" },
	{ "a lifetime of words", XTUN("<ike><lifetime>long</lifetime></ike>"),
	    "must be a number, not \"long\"" },
	{ "a key with a line in it", XTUN("<ike><pre_shared_key>a\nb"
	    "</pre_shared_key></ike>"), "printable characters" },
	{ "ends that are swapped", XTUN("<vpn_gateway><tunnel_outside_address>"
	    "<ip_address>203.0.113.1</ip_address></tunnel_outside_address>"
	    "<tunnel_inside_address><ip_address>169.254.9.2</ip_address>"
	    "</tunnel_inside_address></vpn_gateway>"),
	    "must be the first (cloud)" },
	{ "options of no tunnel", "{\"VpnConnections\":[{\"Options\":"
	    "{\"TunnelOptions\":[{\"OutsideIpAddress\":\"x\"}]}}]}",
	    "no tunnel has the OutsideIpAddress" },
	{ "no XML, and BGP", "{\"VpnConnections\":[{\"Options\":"
	    "{\"TunnelOptions\":[{\"OutsideIpAddress\":\"203.0.113.1\"}]}}]}",
	    "AS numbers are not known" },
	{ "IKEv1 alone", "{\"VpnConnections\":[{\"Options\":{"
	    "\"StaticRoutesOnly\":true,\"TunnelOptions\":[{"
	    "\"IkeVersions\":[{\"Value\":\"ikev1\"}],"
	    "\"OutsideIpAddress\":\"203.0.113.1\"}]}}]}",
	    "allows only IKEv1" },
	{ "an algorithm that AWS has not", "{\"VpnConnections\":[{"
	    "\"Options\":{\"TunnelOptions\":[{\"OutsideIpAddress\":"
	    "\"203.0.113.1\",\"Phase1DHGroupNumbers\":[{\"Value\":31}]}]}}]}",
	    "Phase1DHGroupNumbers: \"31\" is not understood" },
	{ "text with three tunnels", "IPSec Tunnel #1\nIPSec Tunnel #2\n"
	    "IPSec Tunnel #3\n", "line 3:  more than two tunnels" },
	{ "text with a bad address", "IPSec Tunnel #1\n"
	    "Outside IP Addresses:\n - Virtual Private Gateway : x\n",
	    "line 3: virtual private gateway must be an address" },
};

static void
what_is_wrong_is_refused_with_its_cause(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct aws_list list = { 0 };
		struct reason why = { "" };

		if (aws_read(&list, bytes_str(refused[i].text), &why) &&
		    aws_settle(list.v[0], &why))
			str_set(why.s, sizeof(why.s), "accepted");
		if (strstr(why.s, refused[i].error) == NULL) {
			print_error("%s:\n  got  %s\n  want %s\n",
			    refused[i].what, why.s, refused[i].error);
			bad++;
		}
		aws_list_free(&list);
	}
	assert_int_equal(bad, 0);
}

static void
no_key_is_in_a_message(void **state)
{
	static const char text[] = XTUN("<ike><pre_shared_key>secret\x01"
	    "</pre_shared_key></ike>");
	struct aws_list list = { 0 };
	struct reason why;

	(void)state;
	assert_false(aws_read(&list, bytes_str(text), &why));
	assert_null(strstr(why.s, "secret"));
}

static void
a_key_keeps_every_character(void **state)
{
	static const char odd[] = "a\"b\\c<d>&'e";
	static struct text t;
	struct aws_list list = { 0 }, back = { 0 };
	struct reason why;

	(void)state;
	for (int format = XML; format <= JSON; format++) {
		if (format == TEXT)
			continue;
		read_file("vgw-bgp.xml", &list);
		str_set(list.v[0]->tunnels[0].psk, AWS_PSK_LEN, odd);
		write_as(list.v[0], format, &t);
		assert_true(aws_read(&back, bytes_of(t.p, t.n), &why));
		assert_string_equal(back.v[0]->tunnels[0].psk, odd);
		aws_list_free(&list);
		aws_list_free(&back);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_gives_the_same_connection),
		cmocka_unit_test(what_was_exported_is_imported_as_the_same),
		cmocka_unit_test(the_text_has_what_was_given_and_no_more),
		cmocka_unit_test(what_is_wrong_is_refused_with_its_cause),
		cmocka_unit_test(no_key_is_in_a_message),
		cmocka_unit_test(a_key_keeps_every_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
