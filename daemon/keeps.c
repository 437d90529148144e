/*
 * Records come in parts, in order, with nothing between the parts of one; only
 * a whole one takes the place of the one before.  So an engine that dies in the
 * middle leaves the old one, and has not yet done what the new one tells of.
 *
 * There are no more of them than tunnels are configured, each no longer than
 * KERN_KEEP_MAX.  Nobody looks into them here: the next engine judges them.
 */
#include "daemon/keeps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "util/str.h"

struct kept {
	struct kept	*next, **at;	/* at: what points here */
	char		name[KERN_SECRET_NAME + 8];
	size_t		n;
	uint8_t		b[];
};

static void
kept_free(struct kept *k)
{
	if (k != NULL)
		wipe(k, sizeof(*k) + k->n);
	free(k);
}

static void
forget(struct keeps *t, const char *name)
{
	struct kept *k = dict_del(&t->by_name, name);

	if (k == NULL)
		return;
	*k->at = k->next;
	if (k->next != NULL)
		k->next->at = k->at;
	kept_free(k);
}

static bool
is_configured(const struct conf *conf, const char *connection,
    uint32_t number)
{
	const struct conf_connection *c = conf_find(conf, connection);

	for (unsigned i = 0; c != NULL && i < c->tunnels_n; i++) {
		if (c->tunnels[i].number == number)
			return true;
	}
	return false;
}

/* It is whole.  Without memory to find it by, there is none. */
static void
commit(struct keeps *t)
{
	struct kept *k = t->part;

	t->part = NULL;
	forget(t, k->name);
	if (!dict_put(&t->by_name, k->name, k)) {
		kept_free(k);
		return;
	}
	k->next = t->all;
	k->at = &t->all;
	if (k->next != NULL)
		k->next->at = &k->next;
	t->all = k;
}

/* 0, -ENOMEM, or -EBADMSG: it is out of place. */
static int
first_part(struct keeps *t, const char *name, uint32_t total)
{
	if (t->part != NULL || total > KERN_KEEP_MAX)
		return -EBADMSG;
	t->part = calloc(1, sizeof(*t->part) + total);
	if (t->part == NULL)
		return -ENOMEM;
	mlock(t->part, sizeof(*t->part) + total); /* where the limit allows */
	str_set(t->part->name, sizeof(t->part->name), name);
	t->part->n = total;
	t->have = 0;
	return 0;
}

static int
take_part(struct keeps *t, const struct kern_keep *p)
{
	char name[sizeof(t->part->name)];
	int rc = 0;

	str_fmt(name, sizeof(name), "%s/%u", p->connection, p->tunnel);
	if (p->total == 0) {
		forget(t, name);
		return t->part == NULL && p->n == 0 ? 0 : -EBADMSG;
	}
	if (p->at == 0)
		rc = first_part(t, name, p->total);
	if (rc != 0)
		return rc;
	if (t->part == NULL || strcmp(t->part->name, name) != 0 ||
	    t->part->n != p->total || t->have != p->at || p->n == 0 ||
	    p->n > p->total - p->at)
		return -EBADMSG;
	memcpy(t->part->b + p->at, p->octets, p->n);
	t->have += p->n;
	if (t->have == t->part->n)
		commit(t);
	return 0;
}

/* The records of one datagram. */
static int
take_ops(struct keeps *t, struct chan *c, const struct conf *conf)
{
	struct kern_op op = { .kind = KERN_KEEP };
	int rc;

	while ((rc = chan_get_op(c, &op)) > 0) {
		if (op.kind != KERN_KEEP)
			rc = -EBADMSG;
		else
			rc = take_part(t, &op.keep);
		if (rc == 0 && t->part == NULL && !is_configured(conf,
		    op.keep.connection, op.keep.tunnel)) {
			char name[sizeof(t->part->name)];

			str_fmt(name, sizeof(name), "%s/%u",
			    op.keep.connection, op.keep.tunnel);
			forget(t, name);
		}
		wipe(&op, sizeof(op));
		if (rc < 0)
			break;
	}
	return rc;
}

int
keeps_read(struct keeps *t, struct chan *c, const struct conf *conf,
    unsigned most)
{
	int rc = 1;

	while (rc > 0 && most-- > 0) {
		rc = chan_recv(c);
		if (rc > 0)
			rc = take_ops(t, c, conf) < 0 ? -EBADMSG : 1;
	}
	return rc < 0 ? rc : 0;
}

void
keeps_prune(struct keeps *t, const struct conf *conf)
{
	struct kept *k, *next;
	char connection[KERN_SECRET_NAME + 8];
	char *slash;

	for (k = t->all; k != NULL; k = next) {
		next = k->next;
		str_set(connection, sizeof(connection), k->name);
		slash = strrchr(connection, '/');
		*slash = '\0';
		if (!is_configured(conf, connection,
		    (uint32_t)strtoul(slash + 1, NULL, 10)))
			forget(t, k->name);
	}
}

size_t
keeps_count(const struct keeps *t)
{
	return t->by_name.used;
}

struct bytes
keeps_hand(struct keeps *t)
{
	size_t n = 0;
	struct wr w;
	uint8_t *p;

	/* What the engine before did not finish. */
	kept_free(t->part);
	t->part = NULL;
	for (const struct kept *k = t->all; k != NULL; k = k->next)
		n += 2 + strlen(k->name) + 4 + k->n;
	p = n == 0 ? NULL : malloc(n);
	if (p == NULL)
		return (struct bytes){ 0 };
	w = wr_of(p, n);
	for (const struct kept *k = t->all; k != NULL; k = k->next) {
		wr_u16(&w, (uint16_t)strlen(k->name));
		wr_bytes(&w, bytes_str(k->name));
		wr_u32(&w, (uint32_t)k->n);
		wr_bytes(&w, bytes_of(k->b, k->n));
	}
	t->handed = bytes_of(p, n);
	return t->handed;
}

void
keeps_handed(struct keeps *t)
{
	uint8_t *p = (uint8_t *)(uintptr_t)t->handed.p;

	if (p != NULL)
		wipe(p, t->handed.n);
	free(p);
	t->handed = (struct bytes){ 0 };
}

static bool
take_whole(struct keeps *t, struct bytes name, struct bytes record)
{
	char text[sizeof(t->part->name)] = "";

	if (name.n == 0 || name.n >= sizeof(text) || record.n == 0 ||
	    memchr(name.p, '\0', name.n) != NULL ||
	    memchr(name.p, '/', name.n) == NULL)
		return false;
	memcpy(text, name.p, name.n);
	if (record.n > KERN_KEEP_MAX ||
	    first_part(t, text, (uint32_t)record.n) != 0)
		return false;
	memcpy(t->part->b, record.p, record.n);
	commit(t);
	return true;
}

bool
keeps_take(struct keeps *t, struct bytes all)
{
	struct rd r = rd_of(all);
	bool ok = true;

	while (ok && r.n > 0) {
		struct bytes name = rd_bytes(&r, rd_u16(&r));
		struct bytes record = rd_bytes(&r, rd_u32(&r));

		ok = !r.bad && take_whole(t, name, record);
	}
	if (!ok)
		keeps_forget(t);
	return ok;
}

void
keeps_forget(struct keeps *t)
{
	struct kept *k;

	while ((k = t->all) != NULL) {
		t->all = k->next;
		kept_free(k);
	}
	kept_free(t->part);
	t->part = NULL;
	dict_fini(&t->by_name);
}

void
keeps_fini(struct keeps *t)
{
	keeps_forget(t);
	keeps_handed(t);
}
