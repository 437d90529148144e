/*
 * A ring of batches: the loop fills one, the thread works off those that were
 * given away, in order.  A batch belongs to one of the two at a time; which,
 * say two counts under a lock.  They share one socket, and so the sequence
 * numbers go on from one to the next.
 */
#include "daemon/haul.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define THREAD_STACK	(256 * 1024)

static struct nlq *
next_job(struct haul *h)
{
	struct nlq *q;

	pthread_mutex_lock(&h->lock);
	while (h->given == h->finished && !h->stop)
		pthread_cond_wait(&h->more, &h->lock);
	q = h->given == h->finished ? NULL :
	    h->batch[h->finished % HAUL_BATCHES];
	pthread_mutex_unlock(&h->lock);
	return q;
}

static void *
run(void *of)
{
	struct haul *h = of;
	struct nlq *q;

	while ((q = next_job(h)) != NULL) {
		nlq_flush(q);
		pthread_mutex_lock(&h->lock);
		h->finished++;
		pthread_cond_signal(&h->done);
		pthread_mutex_unlock(&h->lock);
		eventfd_write(h->news, 1);
	}
	return NULL;
}

static void
free_batches(struct haul *h)
{
	for (unsigned i = 1; i < HAUL_BATCHES; i++)
		nlq_close(h->batch[i]);
	if (h->news >= 0)
		close(h->news);
}

/* It needs room for some answers, and no signal. */
static int
start_thread(struct haul *h)
{
	pthread_attr_t attr;
	int error = pthread_attr_init(&attr);

	if (error != 0)
		return error;
	pthread_attr_setstacksize(&attr, THREAD_STACK);
	error = pthread_create(&h->thread, &attr, run, h);
	pthread_attr_destroy(&attr);
	return error;
}

int
haul_start(struct haul *h, struct nl *nl)
{
	int error = 0;

	*h = (struct haul){ .nl = nl, .news = -1 };
	if (nl == NULL)
		return 0;
	h->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	h->batch[0] = nl->route;
	for (unsigned i = 1; i < HAUL_BATCHES; i++) {
		h->batch[i] = nlq_twin(nl->route);
		if (h->batch[i] == NULL)
			error = ENOMEM;
	}
	if (h->news < 0)
		error = EMFILE;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->more, NULL);
	pthread_cond_init(&h->done, NULL);
	if (error == 0)
		error = start_thread(h);
	if (error != 0) {
		free_batches(h);
		h->nl = NULL;
	}
	return -error;
}

void
haul_stop(struct haul *h)
{
	if (h->nl == NULL)
		return;
	while (haul_take(h, true) != NULL)
		haul_back(h);
	pthread_mutex_lock(&h->lock);
	h->stop = true;
	pthread_cond_signal(&h->more);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->thread, NULL);
	/* The one that nl frees is the one that owns the socket. */
	h->nl->route = h->batch[0];
	free_batches(h);
	pthread_cond_destroy(&h->done);
	pthread_cond_destroy(&h->more);
	pthread_mutex_destroy(&h->lock);
	h->nl = NULL;
}

bool
haul_give(struct haul *h)
{
	struct nlq *q = h->nl->route, *next;
	bool full = !nlq_room(q);

	if (q->n == 0 || (h->n >= HAUL_AHEAD && !full))
		return true;
	if (h->n == HAUL_BATCHES - 1)
		return false;
	next = h->batch[(h->first + ++h->n) % HAUL_BATCHES];
	next->seq = q->seq + (uint32_t)q->n;
	h->nl->route = next;
	pthread_mutex_lock(&h->lock);
	h->given++;
	pthread_cond_signal(&h->more);
	pthread_mutex_unlock(&h->lock);
	return true;
}

bool
haul_room(const struct haul *h)
{
	return nlq_room(h->nl->route) || h->n < HAUL_BATCHES - 1;
}

const struct nlq *
haul_each(const struct haul *h, unsigned i)
{
	return i > h->n ? NULL : h->batch[(h->first + i) % HAUL_BATCHES];
}

struct nlq *
haul_take(struct haul *h, bool wait)
{
	eventfd_t count;
	bool done;

	/*
	 * Before the look: what is done after it wakes the loop again; and what
	 * somebody has waited for must not wake it for ever.
	 */
	if (!wait)
		eventfd_read(h->news, &count);
	if (h->n == 0)
		return NULL;
	pthread_mutex_lock(&h->lock);
	while (wait && h->given - h->finished == h->n)
		pthread_cond_wait(&h->done, &h->lock);
	done = h->given - h->finished < h->n;
	pthread_mutex_unlock(&h->lock);
	return done ? h->batch[h->first] : NULL;
}

void
haul_back(struct haul *h)
{
	nlq_reset(h->batch[h->first]);
	h->first = (h->first + 1) % HAUL_BATCHES;
	h->n--;
}
