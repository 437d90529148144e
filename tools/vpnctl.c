/*
 * vpnctl: asks vpnd what it does and tells it what to do.  The table of
 * commands is the whole language: words, arguments, one line of help, and
 * whoever runs it.  Exit status as in gw/ctl.h; errors are one line each.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/check.h"
#include "tools/client.h"
#include "tools/complain.h"
#include "tools/keys.h"
#include "tools/render.h"
#include "tools/view.h"
#include "tools/wait.h"
#include "util/array.h"

#define TIMEOUT_MAX	86400

struct options {
	struct client	client;
	bool		json, help;
	const char	*secrets;	/* check's; NULL: not given */
	struct keys_form keys;		/* keys' */
};

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
	bool		 keys;		/* takes --wireshark and --dir */
};

static enum ctl_exit run_ask(const struct options *, const struct command *,
    char **, int);
static enum ctl_exit run_wait(const struct options *, const struct command *,
    char **, int);
static enum ctl_exit run_check(const struct options *, const struct command *,
    char **, int);
static enum ctl_exit run_keys(const struct options *, const struct command *,
    char **, int);
static enum ctl_exit run_help(const struct options *, const struct command *,
    char **, int);

/* Of two that fit, the later one has more words. */
static const struct command commands[] = {
	{ "show", "", "one line per tunnel, and why it is down",
	    .run = run_ask, .ctl = CTL_SHOW, .view = view_tunnels },
	{ "show tunnel", "NAME", "all about a tunnel or a connection's tunnels",
	    .min = 1, .max = 1, .run = run_ask, .ctl = CTL_SHOW,
	    .view = view_tunnel },
	{ "show routes", "", "routes through tunnels, in the kernel or not yet",
	    .run = run_ask, .ctl = CTL_ROUTES, .view = view_routes },
	{ "explain", "NAME | ADDRESS", "the last failure in detail, both sides",
	    .min = 1, .max = 1, .run = run_ask, .ctl = CTL_EXPLAIN,
	    .view = view_explain },
	{ "up", "NAME", "bring it up and wait until it is",
	    .min = 1, .max = 1, .run = run_wait, .ctl = CTL_UP },
	{ "down", "NAME", "take it down and wait until it is",
	    .min = 1, .max = 1, .run = run_wait, .ctl = CTL_DOWN },
	{ "rekey", "NAME [ike|child]", "new keys, for the child SA unless told",
	    .min = 1, .max = 2, .run = run_wait, .ctl = CTL_REKEY },
	{ "check", "[FILE] [-s SECRETS]",
	    "check a configuration, which need not be the running one",
	    .max = 1, .run = run_check, .secrets = true },
	{ "reload", "", "make the daemon read its configuration again",
	    .run = run_ask, .ctl = CTL_RELOAD },
	{ "keys", "[NAME] --wireshark",
	    "keys of the SAs, to read captured packets with",
	    .max = 1, .run = run_keys, .keys = true },
	{ "help", "[COMMAND]", "this list, or a command's part of it",
	    .max = 2, .run = run_help },
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
	rc = wait_for(&o->client, c->ctl, argv[0], what, &answer);
	if (rc == CTL_EXIT_OK && o->json)
		render_json(answer);
	json_decref(answer);
	return rc;
}

static enum ctl_exit
run_check(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	(void)c;
	return check_run(argc > 0 ? argv[0] : NULL, o->secrets, o->json);
}

static enum ctl_exit
run_keys(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	struct keys_form form = o->keys;

	(void)c;
	if (argc > 0 && !is_name(argv[0]))
		return bad_name(argv[0]);
	form.json = o->json;
	return keys_run(&o->client, argc > 0 ? argv[0] : "", &form);
}

static void
help_line(const struct command *c)
{
	char head[64];

	str_fmt(head, sizeof(head), "%s %s", c->words, c->arguments);
	printf("  %-28s %s\n", head, c->help);
}

/* "show" alone also stands for everything that can be shown. */
static bool
help_wanted(const struct command *c, char **argv, int argc)
{
	char words[64] = "";
	size_t n;

	for (int i = 0; i < argc; i++)
		str_add(words, sizeof(words), "%s%s", i > 0 ? " " : "",
		    argv[i]);
	n = strlen(words);
	return n == 0 || (strncmp(c->words, words, n) == 0 &&
	    (c->words[n] == ' ' || c->words[n] == '\0'));
}

static enum ctl_exit
run_help(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	unsigned found = 0;

	(void)o;
	(void)c;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		found += help_wanted(&commands[i], argv, argc);
	if (found == 0)
		return complain(CTL_EXIT_USAGE, "no command \"%s%s%s\"; "
		    "\"vpnctl help\" lists them", argv[0],
		    argc > 1 ? " " : "", argc > 1 ? argv[1] : "");
	printf("usage: vpnctl [-S SOCKET] [--json] [--timeout SECONDS] "
	    "COMMAND\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (help_wanted(&commands[i], argv, argc))
			help_line(&commands[i]);
	}
	printf("NAME is a connection (vpn-branch1) or one of its tunnels "
	    "(vpn-branch1/1).\n");
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

static enum ctl_exit
check_arguments(const struct options *o, const struct command *c, char **argv,
    int argc)
{
	if (o->secrets != NULL && !c->secrets)
		return complain(CTL_EXIT_USAGE, "-s is for \"check\" only");
	if ((o->keys.wireshark || o->keys.dir != NULL) && !c->keys)
		return complain(CTL_EXIT_USAGE,
		    "--wireshark and --dir are for \"keys\" only");
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

static enum ctl_exit
set_timeout(struct options *o, const char *s)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);

	if (s[0] < '0' || s[0] > '9' || *end != '\0' || n < 1 ||
	    n > TIMEOUT_MAX)
		return complain(CTL_EXIT_USAGE, "--timeout must be 1 to %d "
		    "seconds, not \"%s\"", TIMEOUT_MAX, s);
	o->client.timeout = (unsigned)n;
	return CTL_EXIT_OK;
}

/* What getopt has against an option, as our line. */
static enum ctl_exit
bad_option(int c, const char *word)
{
	char letter[3] = { '-', (char)optopt, '\0' };

	if (c == '?' && optopt != 0)
		word = letter;
	return complain(CTL_EXIT_USAGE, "%s %s; see \"vpnctl help\"",
	    c == ':' ? "a value is missing after" : "unknown option", word);
}

/* Options may stand anywhere. */
static enum ctl_exit
read_options(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "timeout", required_argument, NULL, 't' },
		{ "wireshark", no_argument, NULL, 'w' },
		{ "dir", required_argument, NULL, 'd' },
		{ NULL, 0, NULL, 0 },
	};
	enum ctl_exit rc = CTL_EXIT_OK;
	int c;

	opterr = 0;
	while (rc == CTL_EXIT_OK &&
	    (c = getopt_long(argc, argv, ":S:s:h", longs, NULL)) != -1) {
		if (c == 'S')
			o->client.path = optarg;
		else if (c == 's')
			o->secrets = optarg;
		else if (c == 'j')
			o->json = true;
		else if (c == 'h')
			o->help = true;
		else if (c == 'w')
			o->keys.wireshark = true;
		else if (c == 'd')
			o->keys.dir = optarg;
		else if (c == 't')
			rc = set_timeout(o, optarg);
		else
			rc = bad_option(c, argv[optind - 1]);
	}
	return rc;
}

int
main(int argc, char **argv)
{
	struct options o = {
		.client = { .path = CLIENT_SOCKET, .timeout = 30 },
	};
	enum ctl_exit rc = read_options(&o, argc, argv);

	argv += optind;
	argc -= optind;
	if (rc == CTL_EXIT_OK && o.help)
		rc = run_help(&o, NULL, argv, argc < 2 ? argc : 2);
	else if (rc == CTL_EXIT_OK && argc == 0)
		rc = complain(CTL_EXIT_USAGE,
		    "no command; \"vpnctl help\" lists them");
	else if (rc == CTL_EXIT_OK)
		rc = run(&o, argv, argc);
	if (fflush(stdout) != 0 && rc == CTL_EXIT_OK)
		rc = complain(CTL_EXIT_FAILED, "output cannot be written");
	return (int)rc;
}
