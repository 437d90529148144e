/*
 * The course of an edit: words, lock, files, change, check, exchange, reload.
 * A router_id that nobody has written down is the first inside address: it is
 * written down as soon as an edit would change it.
 */
#include "tools/hub_job.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "crypto/prf.h"
#include "tools/complain.h"
#include "util/array.h"
#include "util/secret.h"

#define PIN	"router-id.conf"

static const struct {
	const char	*word;
	enum hub_kind	kind;
} kinds[] = {
	{ "customer-gateway", HUB_CUSTOMER }, { "gateway", HUB_GATEWAY },
	{ "connection", HUB_CONNECTION }, { "route-table", HUB_TABLE },
	{ "route", HUB_ROUTE }, { "association", HUB_ASSOCIATION },
	{ "propagation", HUB_PROPAGATION }, { "tunnel-status", HUB_STATUS },
	{ "customer-gateways", HUB_CUSTOMER }, { "gateways", HUB_GATEWAY },
	{ "connections", HUB_CONNECTION }, { "route-tables", HUB_TABLE },
};

enum ctl_exit
hub_job_args(struct hub_job *j, const struct options *o, char **argv,
    int argc)
{
	struct hub_args a = { .client = o->client, .json = o->json,
	    .conf = HUB_CONF, .secrets = o->secrets };

	*j = (struct hub_job){ .set = { .lock = -1 } };
	if (!crypto_init())
		return complain(CTL_EXIT_FAILED,
		    "OpenSSL lacks an algorithm that is needed");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].word, argv[0]) != 0)
			continue;
		a.kind = kinds[i].kind;
		j->args = a;
		return hub_args_read(&j->args, argv + 1, argc - 1);
	}
	return complain(CTL_EXIT_USAGE, "\"%s\" is none of customer-gateway, "
	    "gateway, connection, route-table, route, association, "
	    "propagation and tunnel-status", argv[0]);
}

static bool
seed(struct hub_job *j)
{
	uint8_t octets[DRBG_SEED_LEN];
	bool ok = getrandom(octets, sizeof(octets), 0) == sizeof(octets);

	if (ok)
		drbg_seed(&j->drbg, octets);
	wipe(octets, sizeof(octets));
	return ok;
}

enum ctl_exit
hub_job_begin(struct hub_job *j)
{
	enum ctl_exit rc;

	if (!seed(j))
		return complain(CTL_EXIT_FAILED, "no random numbers");
	rc = hub_set_read(&j->set, j->args.conf, true,
	    j->args.client.timeout);
	if (rc != CTL_EXIT_OK)
		return rc;
	j->before = hub_set_parse(&j->set);
	return j->before != NULL ? CTL_EXIT_OK : CTL_EXIT_CONF;
}

/* Makes the set keep the identifier that it has had. */
static bool
pin(struct hub_job *j)
{
	uint32_t id = j->before->router_id;
	config_t config;
	char text[16];
	bool ok;

	str_fmt(text, sizeof(text), "%u.%u.%u.%u", id >> 24, id >> 16 & 255,
	    id >> 8 & 255, id & 255);
	config_init(&config);
	ok = hub_text_put(config_root_setting(&config), "router_id", text) &&
	    hub_set_put(&j->set, PIN, hub_object_print(&config));
	config_destroy(&config);
	return ok;
}

static enum ctl_exit
parse(struct hub_job *j)
{
	uint32_t was = j->before->router_id;

	j->after = hub_set_parse(&j->set);
	if (j->after == NULL)
		return CTL_EXIT_CONF;
	if (was == 0 || j->after->n == 0 || j->after->router_id == was)
		return CTL_EXIT_OK;
	conf_free(j->after);
	j->after = pin(j) ? hub_set_parse(&j->set) : NULL;
	return j->after != NULL ? CTL_EXIT_OK : CTL_EXIT_CONF;
}

enum ctl_exit
hub_job_commit(struct hub_job *j)
{
	const struct hub_way way = { .client = &j->args.client,
	    .secrets = j->args.secrets, .dry_run = j->args.dry_run };
	enum ctl_exit rc = parse(j);

	return rc == CTL_EXIT_OK ? hub_set_commit(&j->set, &way, &j->taken) :
	    rc;
}

void
hub_job_end(struct hub_job *j)
{
	conf_free(j->before);
	conf_free(j->after);
	hub_set_fini(&j->set);
	hub_args_fini(&j->args);
	drbg_fini(&j->drbg);
	crypto_fini();
}
