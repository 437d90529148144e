/*
 * Answers to control requests, one line of JSON each, and which tunnels a
 * request is about: a connection's, one of them, or those of a neighbour.
 */
#include "gw/request.h"

#include <stdlib.h>
#include <string.h>

#include "gw/show.h"

void
request_answer(const struct request *q, json_t *j)
{
	struct gw_out *out = queue_push(&q->gw->out, GW_OUT_CTL);
	char *text = j == NULL ? NULL : json_dumps(j, JSON_COMPACT);
	size_t n = text == NULL ? 0 : strlen(text);

	json_decref(j);
	if (out == NULL) {
		free(text);
		return;
	}
	out->client = q->client;
	out->data = malloc(n + 1);
	if (out->data != NULL) {
		if (n > 0)
			memcpy(out->data, text, n);
		out->data[n] = '\n';
		out->n = n + 1;
	}
	free(text);
}

void
request_refuse(const struct request *q, enum ctl_exit code, const char *why)
{
	request_answer(q, json_pack("{s:b, s:i, s:o}", "ok", 0, "exit",
	    (int)code, "error", show_text(why)));
}

void
request_done(const struct request *q)
{
	request_answer(q, json_pack("{s:b}", "ok", 1));
}

void
request_page(const struct request *q, json_t *routes, uint64_t cursor)
{
	request_page_of(q, "routes", routes, cursor);
}

void
request_page_of(const struct request *q, const char *member, json_t *list,
    uint64_t cursor)
{
	json_t *j = json_pack("{s:b, s:o}", "ok", 1, member, list);
	char text[24];

	str_fmt(text, sizeof(text), "%llu", (unsigned long long)cursor);
	if (cursor != 0)
		json_object_set_new(j, "cursor", json_string(text));
	request_answer(q, j);
}

static bool
is_neighbor(const struct request *q, const struct gw_tunnel *t)
{
	return t->remote_asn != 0 &&
	    (addr_eq(&q->neighbor, &t->conf->remote4) ||
	    addr_eq(&q->neighbor, &t->conf->remote6));
}

bool
request_names(const struct request *q, const struct gw_tunnel *t)
{
	if (addr_is_set(&q->neighbor))
		return is_neighbor(q, t);
	return q->r.name[0] == '\0' ||
	    (strcmp(q->connection, t->connection) == 0 &&
	    (q->number == 0 || q->number == t->conf->number));
}

bool
request_chose(const struct request *q, const struct gw_tunnel *t)
{
	return !t->removing && request_names(q, t);
}

bool
request_chose_neighbor(const struct request *q, const struct neighbor *n)
{
	const struct gw_outer *o = n->outer;

	if (o == NULL)
		return request_chose(q, n->tunnel);
	if (addr_is_set(&q->neighbor))
		return addr_eq(&q->neighbor, &o->remote);
	return q->r.name[0] == '\0' || strcmp(q->r.name, o->name) == 0 ||
	    strcmp(q->r.name, o->conf->name) == 0;
}
