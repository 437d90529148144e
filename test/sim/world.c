/*
 * Clock and event queue.  A step is the earliest thing that is to happen: an
 * event of the heap, or the deadline of a gateway.  After each step the
 * gateways that it touched are checked (check.h).
 */
#include "sim/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/check.h"
#include "sim/gate.h"
#include "sim/link.h"
#include "sim/tcp.h"

#define BUSY_MAX	50000	/* steps at one instant */

void *
world_alloc(size_t n)
{
	void *p = calloc(1, n);

	if (p == NULL)
		abort();
	return p;
}

void
world_init(struct world *w, uint64_t seed)
{
	uint8_t b[DRBG_SEED_LEN] = { 'w' };
	struct wr wr = wr_of(b + 8, 8);

	*w = (struct world){ .seed = seed };
	w->now = instant_after(w->now, span_s(1000));
	w->trace = getenv("SIM_TRACE") != NULL;
	wr_u64(&wr, seed);
	drbg_seed(&w->chance, b);
}

void
world_fini(struct world *w)
{
	for (size_t i = 0; i < w->n; i++)
		w->heap[i]->drop(w->heap[i]);
	free(w->heap);
	tcp_forget_all(w);
	for (unsigned i = 0; i < w->gates_n; i++)
		gate_free(w->gates[i]);
	for (unsigned i = 0; i < w->links_n; i++)
		free(w->links[i]);
	drbg_fini(&w->chance);
	*w = (struct world){ 0 };
}

/* --- heap --- */

static bool
before(const struct happening *a, const struct happening *b)
{
	return a->at.ns != b->at.ns ? a->at.ns < b->at.ns : a->seq < b->seq;
}

static void
sift_up(struct world *w, size_t i)
{
	struct happening *e = w->heap[i];

	for (; i > 0 && before(e, w->heap[(i - 1) / 2]); i = (i - 1) / 2)
		w->heap[i] = w->heap[(i - 1) / 2];
	w->heap[i] = e;
}

static void
sift_down(struct world *w, size_t i)
{
	struct happening *e = w->heap[i];
	size_t k;

	for (; (k = 2 * i + 1) < w->n; i = k) {
		if (k + 1 < w->n && before(w->heap[k + 1], w->heap[k]))
			k++;
		if (!before(w->heap[k], e))
			break;
		w->heap[i] = w->heap[k];
	}
	w->heap[i] = e;
}

void
world_at(struct world *w, struct span from_now, struct happening *e)
{
	if (w->n == w->cap) {
		w->cap = w->cap == 0 ? 64 : w->cap * 2;
		w->heap = realloc(w->heap, w->cap * sizeof(*w->heap));
		if (w->heap == NULL)
			abort();
	}
	e->at = instant_after(w->now, from_now);
	e->seq = w->next_seq++;
	w->heap[w->n] = e;
	sift_up(w, w->n++);
}

static struct happening *
pop(struct world *w)
{
	struct happening *e = w->heap[0];

	w->heap[0] = w->heap[--w->n];
	if (w->n > 0)
		sift_down(w, 0);
	return e;
}

/* --- steps --- */

static struct gate *
next_gate(const struct world *w, struct instant *at)
{
	struct gate *best = NULL;

	for (unsigned i = 0; i < w->gates_n; i++) {
		struct instant t = gate_deadline(w->gates[i]);

		if (t.ns < at->ns) {
			*at = t;
			best = w->gates[i];
		}
	}
	return best;
}

/* A deadline in the past is as due as one that is now. */
static void
advance(struct world *w, struct instant at)
{
	w->busy = at.ns > w->now.ns ? 0 : w->busy + 1;
	if (at.ns > w->now.ns)
		w->now = at;
	if (w->busy > BUSY_MAX)
		world_trouble(w, "time stands still");
}

bool
world_step(struct world *w, struct instant until)
{
	struct instant at = w->n > 0 ? w->heap[0]->at : INSTANT_NEVER;
	struct gate *gate = next_gate(w, &at);

	if (at.ns > until.ns || instant_is_never(at))
		return false;
	advance(w, at);
	w->steps++;
	if (gate != NULL) {
		gate_tick(gate);
	} else {
		struct happening *e = pop(w);

		e->run(w, e);
		e->drop(e);
	}
	check_step(w);
	return true;
}

void
world_run(struct world *w, struct span d)
{
	struct instant until = instant_after(w->now, d);

	while (w->trouble.s[0] == '\0' && world_step(w, until))
		continue;
	if (w->trouble.s[0] == '\0')
		w->now = until;
}

/* --- chance and words --- */

struct span
world_span(struct world *w, struct span least, struct span most)
{
	struct span d = { most.ns - least.ns };

	return (struct span){ least.ns + drbg_span(&w->chance, d).ns };
}

bool
world_chance(struct world *w, unsigned percent)
{
	return percent > 0 && drbg_below(&w->chance, 100) < percent;
}

void
world_trouble(struct world *w, const char *fmt, ...)
{
	char text[180];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (w->trouble.s[0] == '\0')
		reason_set(&w->trouble, "seed %llu step %llu at %.3f s: %s",
		    (unsigned long long)w->seed, (unsigned long long)w->steps,
		    (double)w->now.ns / 1e9 - 1000, text);
}

void
world_trace(const struct world *w, const char *who, const char *fmt, ...)
{
	va_list ap;

	if (!w->trace)
		return;
	fprintf(stderr, "%11.4f %-7s ", (double)w->now.ns / 1e9 - 1000, who);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}
