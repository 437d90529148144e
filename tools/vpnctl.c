/*
 * vpnctl: asks vpnd what it does and tells it what to do.  The table of
 * commands is the whole language: words, arguments, one line of help, and
 * whoever runs it.  Exit status as in gw/ctl.h; errors are one line each.
 */
#include <stdio.h>
#include <string.h>

#include "tools/apply.h"
#include "tools/aws.h"
#include "tools/check.h"
#include "tools/client.h"
#include "tools/complain.h"
#include "tools/drain.h"
#include "tools/dump.h"
#include "tools/hub.h"
#include "tools/keys.h"
#include "tools/metrics.h"
#include "tools/options.h"
#include "tools/pki.h"
#include "tools/render.h"
#include "tools/restart.h"
#include "tools/routes.h"
#include "tools/view.h"
#include "tools/trace.h"
#include "tools/wait.h"
#include "util/array.h"

struct command {
	const char	*words;		/* "show tunnel" */
	const char	*arguments;	/* for people */
	const char	*help;
	int		 min, max;	/* arguments */
	enum ctl_exit	(*run)(const struct options *, const struct command *,
			    char **argv, int argc);
	enum ctl_command ctl;
	void		(*view)(const json_t *);
	bool		 secrets;	/* takes -s */
	bool		 to;		/* takes an address first */
	enum ctl_exit	(*pki)(const struct pki_options *, char **, int);
	unsigned	 takes;		/* long options */
	/* A verb of the hub, which reads its words itself. */
	enum ctl_exit	(*hub)(const struct options *, char **, int);
};

static enum ctl_exit run_ask(const struct options *, const struct command *,
    char **, int);
static enum ctl_exit run_table(const struct options *, const struct command *,
    char **, int);
static enum ctl_exit run_counters(const struct options *,
    const struct command *, char **, int);
static enum ctl_exit run_neighbor(const struct options *,
    const struct command *, char **, int);
static enum ctl_exit run_explain_route(const struct options *,
    const struct command *, char **, int);
static enum ctl_exit run_shutdown(const struct options *,
    const struct command *, char **, int);
static enum ctl_exit run_wait(const struct options *, const struct command *,
    char **, int);
static enum ctl_exit run_drain(const struct options *, const struct command *,
    char **, int);
static enum ctl_exit run_check(const struct options *, const struct command *,
    char **, int);
static enum ctl_exit run_apply(const struct options *, const struct command *,
    char **, int);
static enum ctl_exit run_restart(const struct options *,
    const struct command *, char **, int);
static enum ctl_exit run_dump(const struct options *, const struct command *,
    char **, int);
static enum ctl_exit run_trace(const struct options *, const struct command *,
    char **, int);
static enum ctl_exit run_keys(const struct options *, const struct command *,
    char **, int);
static enum ctl_exit run_metrics(const struct options *,
    const struct command *, char **, int);
static enum ctl_exit run_import(const struct options *, const struct command *,
    char **, int);
static enum ctl_exit run_export(const struct options *, const struct command *,
    char **, int);
static enum ctl_exit run_pki(const struct options *, const struct command *,
    char **, int);
static enum ctl_exit run_hub(const struct options *, const struct command *,
    char **, int);
static enum ctl_exit run_help(const struct options *, const struct command *,
    char **, int);

#define HUB_WORDS	256	/* and options, behind a verb of the hub */

/* Of two that fit, the later one has more words. */
static const struct command commands[] = {
	{ "show", "", "one line per tunnel, and why it is down",
	    .run = run_ask, .ctl = CTL_SHOW, .view = view_tunnels },
	{ "show tunnel", "NAME", "all about a tunnel or a connection's tunnels",
	    .min = 1, .max = 1, .run = run_ask, .ctl = CTL_SHOW,
	    .view = view_tunnel },
	{ "show tables", "", "route tables, and whose they are",
	    .run = run_ask, .ctl = CTL_TABLES, .view = view_tables },
	{ "show vpcs", "", "VPCs, their interfaces and their prefixes",
	    .run = run_ask, .ctl = CTL_VPCS, .view = view_vpcs },
	{ "show routes", "[table NAME]",
	    "routes through tunnels, in the kernel or not yet",
	    .max = 2, .run = run_table, .ctl = CTL_ROUTES },
	{ "show counters", "[NAME]", "what is counted, of the gateway and tunnels",
	    .max = 1, .run = run_counters },
	{ "show bgp", "[NAME]", "one line per BGP neighbor",
	    .max = 1, .run = run_ask, .ctl = CTL_BGP, .view = view_neighbors },
	{ "show bgp neighbor", "NAME [received|accepted|advertised]",
	    "all about a neighbor, or its routes",
	    .min = 1, .max = 2, .run = run_neighbor },
	{ "show bgp routes", "[table NAME]", "the routes that BGP uses",
	    .max = 2, .run = run_table, .ctl = CTL_BGP_ROUTES },
	{ "show bfd", "[NAME]", "one line per BFD session, or all about one",
	    .max = 1, .run = run_ask, .ctl = CTL_BFD, .view = view_bfd },
	{ "explain", "NAME | ADDRESS", "the last failure in detail, both sides",
	    .min = 1, .max = 1, .run = run_ask, .ctl = CTL_EXPLAIN,
	    .view = view_explain },
	{ "explain route", "PREFIX | ADDRESS [table NAME]",
	    "candidates, which one is used and why, who is told",
	    .min = 1, .max = 3, .run = run_explain_route },
	{ "bgp dump", "[FILE|-]", "what neighbors taught, in the format of MRT",
	    .max = 1, .run = run_dump },
	{ "bgp trace", "[NAME] [--out FILE] [--seconds N] [--count N]",
	    "what is said in sessions, as it is said, in the format of MRT",
	    .max = 1, .run = run_trace,
	    .takes = TAKES(OPT_OUT) | TAKES(OPT_SECONDS) | TAKES(OPT_COUNT) },
	{ "bgp refresh", "NAME", "ask a neighbor for its routes again",
	    .min = 1, .max = 1, .run = run_ask, .ctl = CTL_BGP_REFRESH },
	{ "bgp clear", "NAME", "end a session, which then begins anew",
	    .min = 1, .max = 1, .run = run_ask, .ctl = CTL_BGP_CLEAR },
	{ "bgp shutdown", "NAME [TEXT...]",
	    "end a session until \"bgp start\"; the peer is told the text",
	    .min = 1, .max = 32, .run = run_shutdown },
	{ "bgp start", "NAME", "let it begin again",
	    .min = 1, .max = 1, .run = run_ask, .ctl = CTL_BGP_START },
	{ "up", "NAME", "bring it up and wait until it is",
	    .min = 1, .max = 1, .run = run_wait, .ctl = CTL_UP },
	{ "down", "NAME", "take it down and wait until it is",
	    .min = 1, .max = 1, .run = run_wait, .ctl = CTL_DOWN },
	{ "rekey", "NAME [ike|child]", "new keys, for the child SA unless told",
	    .min = 1, .max = 2, .run = run_wait, .ctl = CTL_REKEY },
	{ "replace-tunnel", "NAME [--apply-pending-maintenance]",
	    "new ends for a tunnel, whose traffic takes the other one",
	    .min = 1, .max = 1, .run = run_wait, .ctl = CTL_REPLACE,
	    .takes = TAKES(OPT_APPLY_PENDING) },
	{ "drain", "[NAME]", "let nobody new in, for maintenance",
	    .max = 1, .run = run_drain, .ctl = CTL_DRAIN },
	{ "drain to", "ADDRESS [NAME]", "send peers to another gateway",
	    .min = 1, .max = 2, .run = run_drain, .ctl = CTL_DRAIN,
	    .to = true },
	{ "drain off", "[NAME]", "let everybody in again",
	    .max = 1, .run = run_drain, .ctl = CTL_UNDRAIN },
	{ "check", "[FILE] [-s SECRETS]",
	    "check a configuration, which need not be the running one",
	    .max = 1, .run = run_check, .secrets = true },
	{ "apply", "FILE [--confirm-within TIME]",
	    "another configuration; undone unless confirmed in TIME",
	    .min = 1, .max = 1, .run = run_apply,
	    .takes = TAKES(OPT_CONFIRM_WITHIN) },
	{ "confirm", "", "keep what was applied", .run = run_ask,
	    .ctl = CTL_CONFIRM },
	{ "undo", "", "undo what was applied and is not confirmed",
	    .run = run_ask, .ctl = CTL_UNDO },
	{ "reload", "", "make the daemon read its configuration again",
	    .run = run_ask, .ctl = CTL_RELOAD },
	{ "restart", "", "the daemon becomes the program on the disk; "
	    "tunnels stay", .run = run_restart },
	{ "keys", "[NAME] --wireshark",
	    "keys, to read captured packets with; --dir DIR: as files",
	    .max = 1,
	    .run = run_keys,
	    .takes = TAKES(OPT_DIR) | TAKES(OPT_WIRESHARK) },
	{ "metrics", "[--format F] [--out FILE] [--every TIME]",
	    "for Prometheus (openmetrics, prometheus) or CloudWatch (emf)",
	    .run = run_metrics,
	    .takes = TAKES(OPT_FORMAT) | TAKES(OPT_OUT) | TAKES(OPT_EVERY) |
	    TAKES(OPT_NAMESPACE) },
	{ "import", "FILE|-",
	    "what AWS gives for a device, as configuration",
	    .min = 1, .max = 1, .run = run_import,
	    .takes = TAKES_AWS | TAKES(OPT_NAME) | TAKES(OPT_ROLE) |
	    TAKES(OPT_DRY_RUN) },
	{ "export", "CONNECTION [FILE] --format FORMAT",
	    "a connection, as its device needs it",
	    .min = 1, .max = 2, .run = run_export, .secrets = true,
	    .takes = TAKES_AWS | TAKES(OPT_FORMAT) | TAKES(OPT_INTERFACE) },
	{ "pki init", "[SUBJECT]", "make a root CA, for who has none",
	    .max = 1, .run = run_pki, .pki = pki_init,
	    .takes = TAKES_KEY },
	{ "pki subca", "[SUBJECT]", "make or renew a subordinate CA",
	    .max = 1, .run = run_pki, .pki = pki_subca,
	    .takes = TAKES_KEY },
	{ "pki issue", "NAME", "make or renew a gateway's certificate",
	    .min = 1, .max = 1, .run = run_pki, .pki = pki_issue,
	    .takes = TAKES_KEY | TAKES(OPT_NEW_KEY) | TAKES(OPT_DN) |
	    TAKES(OPT_SAN) },
	{ "pki revoke", "NAME|SERIAL", "revoke a certificate, new CRLs",
	    .min = 1, .max = 1, .run = run_pki, .pki = pki_revoke,
	    .takes = TAKES(OPT_DIR) | TAKES(OPT_REASON) },
	{ "pki crl", "", "new CRLs, before those that there are expire",
	    .run = run_pki, .pki = pki_crl, .takes = TAKES(OPT_DIR) },
	{ "pki show", "[NAME|SERIAL]", "certificates that were issued",
	    .max = 1, .run = run_pki, .pki = pki_show,
	    .takes = TAKES(OPT_DIR) },
	{ "create", "OBJECT [NAME] [--OPTION VALUE]...",
	    "a part of the hub: connection, gateway, route...",
	    .min = 1, .max = HUB_WORDS, .run = run_hub, .hub = hub_create },
	{ "modify", "OBJECT NAME --OPTION VALUE...", "change one",
	    .min = 1, .max = HUB_WORDS, .run = run_hub, .hub = hub_modify },
	{ "delete", "OBJECT NAME", "remove one",
	    .min = 1, .max = HUB_WORDS, .run = run_hub, .hub = hub_delete },
	{ "describe", "OBJECT [NAME]", "all about it, as AWS's API tells it",
	    .min = 1, .max = HUB_WORDS, .run = run_hub, .hub = hub_describe },
	{ "help", "[COMMAND]", "this list, or a command's part of it",
	    .max = 3, .run = run_help },
};

static enum ctl_exit
bad_name(const char *name)
{
	return complain(CTL_EXIT_USAGE, "\"%s\" is not the name of a "
	    "connection (NAME) or of a tunnel (NAME/1)", name);
}

static bool
is_name(const char *name)
{
	char connection[CONF_NAME_LEN];
	unsigned tunnel;

	return ctl_name(name, connection, &tunnel);
}

static bool
is_address(const char *s)
{
	struct addr a;

	return addr_parse(&a, s);
}

static enum ctl_exit
run_ask(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	json_t *request, *answer = NULL;
	enum ctl_exit rc;

	if (argc > 0 && !is_name(argv[0]) && !is_address(argv[0]))
		return bad_name(argv[0]);
	request = json_pack("{s:s}", "command", ctl_command_str(c->ctl));
	if (argc > 0)
		json_object_set_new(request, "name", json_string(argv[0]));
	rc = client_ask(&o->client, request, &answer);
	if (rc == CTL_EXIT_OK && o->json)
		render_json(answer);
	else if (rc == CTL_EXIT_OK && c->view != NULL)
		c->view(answer);
	json_decref(answer);
	return rc;
}

static struct routes_options
routes_of(const struct options *o)
{
	return (struct routes_options){ .client = &o->client,
	    .json = o->json };
}

static enum ctl_exit
run_table(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	struct routes_options r = routes_of(o);
	const char *table;

	if (!routes_table(argv, argc, 0, &table))
		return CTL_EXIT_USAGE;
	return routes_show(&r, c->ctl, NULL, NULL, table);
}

static enum ctl_exit
run_counters(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	struct routes_options r = routes_of(o);

	(void)c;
	if (argc > 0 && !is_name(argv[0]))
		return bad_name(argv[0]);
	return routes_show(&r, CTL_COUNTERS, argc > 0 ? argv[0] : NULL, NULL,
	    NULL);
}

static enum ctl_exit
run_neighbor(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	struct routes_options r = routes_of(o);

	(void)c;
	if (!is_name(argv[0]) && !is_address(argv[0]))
		return bad_name(argv[0]);
	return routes_neighbor(&r, argv, argc);
}

static enum ctl_exit
run_explain_route(const struct options *o, const struct command *c,
    char **argv, int argc)
{
	struct routes_options r = routes_of(o);
	const char *table;

	(void)c;
	if (!routes_table(argv, argc, 1, &table))
		return CTL_EXIT_USAGE;
	return routes_explain(&r, argv[0], table);
}

static enum ctl_exit
run_shutdown(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	struct routes_options r = routes_of(o);

	(void)c;
	if (!is_name(argv[0]) && !is_address(argv[0]))
		return bad_name(argv[0]);
	return routes_shutdown(&r, argv, argc);
}

static enum ctl_exit
run_wait(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	const char *what = argc > 1 ? argv[1] : "child";
	json_t *answer = NULL;
	enum ctl_exit rc;

	if (!is_name(argv[0]))
		return bad_name(argv[0]);
	if (strcmp(what, "child") != 0 && strcmp(what, "ike") != 0)
		return complain(CTL_EXIT_USAGE,
		    "rekey \"ike\" or \"child\", not \"%s\"", what);
	if (c->ctl == CTL_REPLACE)
		what = o->apply_pending ? "maintenance" : "";
	rc = wait_for(&o->client, c->ctl, argv[0], what, &answer);
	if (rc == CTL_EXIT_OK && o->json)
		render_json(answer);
	json_decref(answer);
	return rc;
}

static enum ctl_exit
run_drain(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	const char *to = c->to ? argv[0] : "";
	const char *name = argc > c->to ? argv[c->to] : "";

	if (c->to && !is_address(to))
		return complain(CTL_EXIT_USAGE, "\"%s\" is not an IPv4 or "
		    "IPv6 address", to);
	if (argc > c->to && !is_name(name))
		return bad_name(name);
	return c->ctl == CTL_DRAIN ?
	    drain_run(&o->client, o->json, to, name) :
	    drain_end(&o->client, o->json, name);
}

static enum ctl_exit
run_check(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	(void)c;
	return check_run(argc > 0 ? argv[0] : NULL, o->secrets, o->json);
}

static enum ctl_exit
run_apply(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	(void)c;
	(void)argc;
	return apply_run(&o->client, o->json, argv[0], o->confirm_within);
}

static enum ctl_exit
run_restart(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	(void)c;
	(void)argv;
	(void)argc;
	return restart_run(&o->client, o->json);
}

static enum ctl_exit
run_dump(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	(void)c;
	return dump_run(&o->client, o->json, argc > 0 ? argv[0] : "-");
}

static enum ctl_exit
run_trace(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	const struct trace_options t = {
		.name = argc > 0 ? argv[0] : "",
		.file = o->aws.out != NULL ? o->aws.out : "-",
		.seconds = o->seconds, .count = o->count,
	};

	(void)c;
	if (argc > 0 && !is_name(t.name) && !is_address(t.name))
		return bad_name(t.name);
	return trace_run(&o->client, o->json, &t);
}

static enum ctl_exit
run_keys(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	const struct keys_form form = {
		.json = o->json, .wireshark = o->wireshark, .dir = o->pki.dir,
	};

	(void)c;
	if (argc > 0 && !is_name(argv[0]))
		return bad_name(argv[0]);
	return keys_run(&o->client, argc > 0 ? argv[0] : "", &form);
}

static enum ctl_exit
run_metrics(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	struct metrics_options m = o->metrics;

	(void)c;
	(void)argv;
	(void)argc;
	m.out = o->aws.out;
	if (o->aws.format != NULL && !metrics_format(o->aws.format, &m.format))
		return complain(CTL_EXIT_USAGE, "--format must be openmetrics, "
		    "prometheus or emf, not \"%s\"", o->aws.format);
	return metrics_run(&o->client, &m);
}

static enum ctl_exit
run_import(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	(void)c;
	(void)argc;
	return import_run(&o->aws, argv[0], o->json);
}

static enum ctl_exit
run_export(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	(void)c;
	return export_run(&o->aws, argv[0], argc > 1 ? argv[1] : NULL,
	    o->secrets, o->json);
}

static enum ctl_exit
run_pki(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	struct pki_options p = o->pki;

	p.json = o->json;
	return c->pki(&p, argv, argc);
}

static enum ctl_exit
run_hub(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	return c->hub(o, argv, argc);
}

#define HELP_WIDTH	28	/* of a command with its arguments */

static void
help_line(const struct command *c)
{
	char head[64];

	str_fmt(head, sizeof(head), "%s %s", c->words, c->arguments);
	if (strlen(head) > HELP_WIDTH)
		printf("  %s\n  %-*s %s\n", head, HELP_WIDTH, "", c->help);
	else
		printf("  %-*s %s\n", HELP_WIDTH, head, c->help);
}

/* "show" alone also stands for everything that can be shown. */
static bool
help_wanted(const struct command *c, const char *words)
{
	size_t n = strlen(words);

	return n == 0 || (strncmp(c->words, words, n) == 0 &&
	    (c->words[n] == ' ' || c->words[n] == '\0'));
}

static void
join(char *buf, size_t size, char **argv, int argc)
{
	buf[0] = '\0';
	for (int i = 0; i < argc; i++)
		str_add(buf, size, "%s%s", i > 0 ? " " : "", argv[i]);
}

static enum ctl_exit
run_help(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	char words[64];
	unsigned found = 0;
	bool pki = false;

	(void)o;
	(void)c;
	join(words, sizeof(words), argv, argc);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!help_wanted(&commands[i], words))
			continue;
		found++;
		pki |= commands[i].pki != NULL;
	}
	if (found == 0)
		return complain(CTL_EXIT_USAGE, "no command \"%s\"; "
		    "\"vpnctl help\" lists them", words);
	printf("usage: vpnctl [-S SOCKET] [--json] [--timeout SECONDS] "
	    "[--help] COMMAND\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (help_wanted(&commands[i], words))
			help_line(&commands[i]);
	}
	printf("NAME is a connection (vpn-branch1) or one of its tunnels "
	    "(vpn-branch1/1).\n");
	if (pki)
		printf("pki NAME is a certificate's.  pki takes --dir DIR; "
		    "what makes keys --key TYPE --days N "
		    "--crl-url URL --ocsp-url URL;\nissue --san "
		    "dns:NAME|ip:ADDR|email:USER@NAME --dn SUBJECT --new-key; "
		    "revoke --reason REASON.\n");
	return CTL_EXIT_OK;
}

/* How many words of the command line the command's name takes; 0: not it. */
static int
command_words(const struct command *c, char **argv, int argc)
{
	const char *p = c->words;
	int n = 0;

	while (n < argc) {
		size_t len = strcspn(p, " ");

		if (strlen(argv[n]) != len || strncmp(argv[n], p, len) != 0)
			return 0;
		n++;
		if (p[len] == '\0')
			return n;
		p += len + 1;
	}
	return 0;
}

/*
 * How many words --help is about: not those behind the command, like a name.
 */
static int
help_words(char **argv, int argc)
{
	int most = argc > 0 ? 1 : 0;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		for (int n = argc; n > most; n--) {
			char words[64];

			join(words, sizeof(words), argv, n);
			if (help_wanted(&commands[i], words))
				most = n;
		}
	}
	return most;
}

static enum ctl_exit
check_arguments(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	const char *unwanted = options_unwanted(o, c->takes);

	if (o->secrets != NULL && !c->secrets && c->hub == NULL)
		return complain(CTL_EXIT_USAGE, "-s is not for \"%s\"",
		    c->words);
	if (unwanted != NULL)
		return complain(CTL_EXIT_USAGE, "--%s is not for \"%s\"",
		    unwanted, c->words);
	if (argc < c->min)
		return complain(CTL_EXIT_USAGE, "%s needs %s", c->words,
		    c->arguments);
	if (argc > c->max)
		return complain(CTL_EXIT_USAGE, "\"%s\" after \"%s\" is not "
		    "understood; see \"vpnctl help %.*s\"", argv[c->max],
		    c->words, (int)strcspn(c->words, " "), c->words);
	return CTL_EXIT_OK;
}

static enum ctl_exit
run(const struct options *o, char **argv, int argc)
{
	const struct command *found = NULL;
	enum ctl_exit rc;
	int words = 0;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		int n = command_words(&commands[i], argv, argc);

		if (n > words) {
			words = n;
			found = &commands[i];
		}
	}
	if (found == NULL)
		return complain(CTL_EXIT_USAGE, "unknown command \"%s\"; "
		    "\"vpnctl help\" lists them", argv[0]);
	rc = check_arguments(o, found, argv + words, argc - words);
	if (rc != CTL_EXIT_OK)
		return rc;
	return found->run(o, found, argv + words, argc - words);
}

int
main(int argc, char **argv)
{
	struct options o = {
		.client = { .path = CLIENT_SOCKET, .timeout = 30 },
	};
	enum ctl_exit rc = options_read(&o, argc, argv);

	argv += o.words_at;
	argc -= o.words_at;
	if (rc == CTL_EXIT_OK && o.help)
		rc = run_help(&o, NULL, argv, help_words(argv, argc));
	else if (rc == CTL_EXIT_OK && argc == 0)
		rc = complain(CTL_EXIT_USAGE,
		    "no command; \"vpnctl help\" lists them");
	else if (rc == CTL_EXIT_OK)
		rc = run(&o, argv, argc);
	if (fflush(stdout) != 0 && rc == CTL_EXIT_OK)
		rc = complain(CTL_EXIT_FAILED, "output cannot be written");
	return (int)rc;
}
