/*
 * Options of vpnctl.  Some are for every command; what only some commands take
 * is remembered by its bit, so that the table of commands can say which.
 */
#include "tools/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cert.h"
#include "tools/apply.h"
#include "tools/complain.h"
#include "tools/hub.h"
#include "util/http.h"

#define TIMEOUT_MAX	86400
#define COUNT_MAX	1000000000

static const struct option longs[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, 'j' },
	{ "timeout", required_argument, NULL, 't' },
	{ "dir", required_argument, NULL, OPT_DIR },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "dn", required_argument, NULL, OPT_DN },
	{ "reason", required_argument, NULL, OPT_REASON },
	{ "days", required_argument, NULL, OPT_DAYS },
	{ "san", required_argument, NULL, OPT_SAN },
	{ "crl-url", required_argument, NULL, OPT_CRL_URL },
	{ "ocsp-url", required_argument, NULL, OPT_OCSP_URL },
	{ "new-key", no_argument, NULL, OPT_NEW_KEY },
	{ "confirm-within", required_argument, NULL, OPT_CONFIRM_WITHIN },
	{ "namespace", required_argument, NULL, OPT_NAMESPACE },
	{ "every", required_argument, NULL, OPT_EVERY },
	{ "wireshark", no_argument, NULL, OPT_WIRESHARK },
	{ "out", required_argument, NULL, OPT_OUT },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "local-address", required_argument, NULL, OPT_LOCAL_ADDRESS },
	{ "role", required_argument, NULL, OPT_ROLE },
	{ "network", required_argument, NULL, OPT_NETWORK },
	{ "route", required_argument, NULL, OPT_ROUTE },
	{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "interface", required_argument, NULL, OPT_INTERFACE },
	{ "apply-pending-maintenance", no_argument, NULL, OPT_APPLY_PENDING },
	{ "seconds", required_argument, NULL, OPT_SECONDS },
	{ "count", required_argument, NULL, OPT_COUNT },
	{ NULL, 0, NULL, 0 },
};

static bool
read_number(const char *s, unsigned max, unsigned *out)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);

	if (s[0] < '0' || s[0] > '9' || *end != '\0' || n < 1 || n > max)
		return false;
	*out = (unsigned)n;
	return true;
}

static enum ctl_exit
set_timeout(struct options *o, const char *s)
{
	return read_number(s, TIMEOUT_MAX, &o->client.timeout) ? CTL_EXIT_OK :
	    complain(CTL_EXIT_USAGE, "--timeout must be 1 to %d seconds, not "
	    "\"%s\"", TIMEOUT_MAX, s);
}

static enum ctl_exit
add_san(struct pki_options *p, const char *s)
{
	if (p->sans_n == PKI_OPTION_SANS)
		return complain(CTL_EXIT_USAGE, "more than %d of --san",
		    PKI_OPTION_SANS);
	p->sans[p->sans_n++] = s;
	return CTL_EXIT_OK;
}

/* It stands in a certificate, with what OpenSSL's syntax leaves of it. */
static enum ctl_exit
set_url(const char **to, const char *option, const char *s)
{
	struct http_url url;
	struct reason why;

	if (strlen(s) >= CERT_URL_LEN)
		reason_set(&why, "longer than %d characters",
		    CERT_URL_LEN - 1);
	else if (s[strcspn(s, ",;#")] != '\0')
		reason_set(&why, "a URL with \",\", \";\" or \"#\"");
	else if (http_url(&url, s, &why)) {
		*to = s;
		return CTL_EXIT_OK;
	}
	return complain(CTL_EXIT_USAGE, "%s must be an http URL, not \"%s\" "
	    "(%s)", option, s, why.s);
}

static enum ctl_exit
set_count(unsigned *to, const char *option, const char *s)
{
	return read_number(s, COUNT_MAX, to) ? CTL_EXIT_OK :
	    complain(CTL_EXIT_USAGE, "%s must be 1 to %d, not \"%s\"", option,
	    COUNT_MAX, s);
}

static enum ctl_exit
set_every(struct options *o, const char *s)
{
	return apply_time(s, &o->metrics.every) ? CTL_EXIT_OK :
	    complain(CTL_EXIT_USAGE, "--every must be a time from 1s to 24h, "
	    "like 15s or 1m, not \"%s\"", s);
}

static enum ctl_exit
add_net(struct aws_option_nets *nets, const char *option, const char *s)
{
	struct prefix p, net;

	if (nets->n == AWS_OPTION_NETS)
		return complain(CTL_EXIT_USAGE, "more than %d of %s",
		    AWS_OPTION_NETS, option);
	if (!prefix_parse(&p, s))
		return complain(CTL_EXIT_USAGE, "%s must be a network like "
		    "10.1.0.0/16, not \"%s\"", option, s);
	net = prefix_network(&p);
	if (!prefix_eq(&p, &net))
		return complain(CTL_EXIT_USAGE, "%s: \"%s\" has host bits "
		    "set", option, s);
	nets->v[nets->n++] = p;
	return CTL_EXIT_OK;
}

/* Options of import and export. */
static enum ctl_exit
set_aws(struct aws_options *a, int c, const char *s)
{
	if (c == OPT_OUT)
		a->out = s;
	else if (c == OPT_NAME)
		a->name = s;
	else if (c == OPT_FORMAT)
		a->format = s;
	else if (c == OPT_DRY_RUN)
		a->dry_run = true;
	else if (c == OPT_FORCE)
		a->force = true;
	else if (c == OPT_NETWORK)
		return add_net(&a->networks, "--network", s);
	else if (c == OPT_ROUTE)
		return add_net(&a->routes, "--route", s);
	else if (c == OPT_LOCAL_ADDRESS && !addr_parse(&a->local, s))
		return complain(CTL_EXIT_USAGE, "--local-address must be an "
		    "IPv4 or IPv6 address, not \"%s\"", s);
	else if (c == OPT_ROLE && strcmp(s, "hub") != 0 &&
	    strcmp(s, "device") != 0)
		return complain(CTL_EXIT_USAGE, "--role must be \"device\" "
		    "or \"hub\", not \"%s\"", s);
	else if (c == OPT_ROLE)
		a->hub = strcmp(s, "hub") == 0;
	else if (c == OPT_INTERFACE && strcmp(s, "xfrmi") != 0 &&
	    strcmp(s, "vti") != 0)
		return complain(CTL_EXIT_USAGE, "--interface must be "
		    "\"xfrmi\" or \"vti\", not \"%s\"", s);
	else if (c == OPT_INTERFACE)
		a->vti = strcmp(s, "vti") == 0;
	return CTL_EXIT_OK;
}

static enum ctl_exit
set_long(struct options *o, int c, const char *s)
{
	switch (c) {
	case OPT_DIR:
		o->pki.dir = s;
		break;
	case OPT_KEY:
		o->pki.key = s;
		break;
	case OPT_DN:
		o->pki.dn = s;
		break;
	case OPT_REASON:
		o->pki.reason = s;
		break;
	case OPT_NEW_KEY:
		o->pki.new_key = true;
		break;
	case OPT_WIRESHARK:
		o->wireshark = true;
		break;
	case OPT_APPLY_PENDING:
		o->apply_pending = true;
		break;
	case OPT_CONFIRM_WITHIN:
		if (!apply_time(s, &o->confirm_within))
			return complain(CTL_EXIT_USAGE, "--confirm-within must "
			    "be a time from 1s to 24h, like 60s or 5m, not "
			    "\"%s\"", s);
		break;
	case OPT_SECONDS:
		return set_count(&o->seconds, "--seconds", s);
	case OPT_COUNT:
		return set_count(&o->count, "--count", s);
	case OPT_CRL_URL:
		return set_url(&o->pki.crl_url, "--crl-url", s);
	case OPT_OCSP_URL:
		return set_url(&o->pki.ocsp_url, "--ocsp-url", s);
	case OPT_NAMESPACE:
		o->metrics.name_space = s;
		break;
	case OPT_EVERY:
		return set_every(o, s);
	case OPT_SAN:
		return add_san(&o->pki, s);
	case OPT_OUT:
	case OPT_NAME:
	case OPT_LOCAL_ADDRESS:
	case OPT_ROLE:
	case OPT_NETWORK:
	case OPT_ROUTE:
	case OPT_DRY_RUN:
	case OPT_FORCE:
	case OPT_FORMAT:
	case OPT_INTERFACE:
		return set_aws(&o->aws, c, s);
	default:
		if (!read_number(s, PKI_DAYS_MAX, &o->pki.days))
			return complain(CTL_EXIT_USAGE, "--days must be 1 to "
			    "%d, not \"%s\"", PKI_DAYS_MAX, s);
		break;
	}
	return CTL_EXIT_OK;
}

/* What getopt has against an option, as our line. */
static enum ctl_exit
bad_option(int c, const char *word)
{
	char letter[3] = { '-', (char)optopt, '\0' };

	if (c == '?' && optopt != 0 && optopt < OPT_DIR)
		word = letter;
	return complain(CTL_EXIT_USAGE, "%s %s; see \"vpnctl help\"",
	    c == ':' ? "a value is missing after" : "unknown option", word);
}

static bool
takes_value(const char *word)
{
	if (strcmp(word, "-S") == 0 || strcmp(word, "-s") == 0)
		return true;
	for (const struct option *l = longs; l->name != NULL; l++) {
		if (l->has_arg == required_argument &&
		    strncmp(word, "--", 2) == 0 &&
		    strcmp(word + 2, l->name) == 0)
			return true;
	}
	return false;
}

/* Where the options end that are read here: a verb of the hub has its own. */
static int
read_until(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-')
			return hub_is_verb(argv[i]) ? i : argc;
		i += takes_value(argv[i]);
	}
	return argc;
}

/* Options may stand anywhere. */
enum ctl_exit
options_read(struct options *o, int argc, char **argv)
{
	int n = read_until(argc, argv);
	enum ctl_exit rc = CTL_EXIT_OK;
	int c;

	opterr = 0;
	while (rc == CTL_EXIT_OK &&
	    (c = getopt_long(n, argv, ":S:s:h", longs, NULL)) != -1) {
		if (c >= OPT_DIR) {
			o->given |= TAKES(c);
			rc = set_long(o, c, optarg);
		} else if (c == 'S')
			o->client.path = optarg;
		else if (c == 's')
			o->secrets = optarg;
		else if (c == 'j')
			o->json = true;
		else if (c == 'h')
			o->help = true;
		else if (c == 't')
			rc = set_timeout(o, optarg);
		else
			rc = bad_option(c, argv[optind - 1]);
	}
	o->words_at = optind;
	return rc;
}

const char *
options_unwanted(const struct options *o, unsigned takes)
{
	for (const struct option *l = longs; l->name != NULL; l++) {
		if (l->val >= OPT_DIR &&
		    (o->given & ~takes & TAKES(l->val)) != 0)
			return l->name;
	}
	return NULL;
}
