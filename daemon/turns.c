/* Two clocks: waiting for a processor is no work of ours, but a delay too. */
#include "daemon/turns.h"

#include <inttypes.h>
#include <time.h>

#include "daemon/log.h"
#include "daemon/mono.h"

static struct span
cpu_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (struct span){ ts.tv_sec * 1000000000LL + ts.tv_nsec };
}

void
turns_begin(struct turns *t)
{
	t->began = mono_now();
	t->cpu = cpu_now();
}

void
turns_end(struct turns *t)
{
	struct span took = instant_since(mono_now(), t->began);
	struct span cpu = { cpu_now().ns - t->cpu.ns };

	t->n++;
	t->over += took.ns > span_ms(TURNS_LONG_MS).ns;
	if (took.ns > t->most.ns)
		t->most = took;
	if (cpu.ns > t->most_cpu.ns)
		t->most_cpu = cpu;
}

void
turns_tell(const struct turns *t, const char *whose)
{
	log_event(LEVEL_INFO, "turns", "whose=%s n=%" PRIu64 " over_%dms=%"
	    PRIu64 " longest_ms=%.1f cpu_ms=%.1f", whose, t->n, TURNS_LONG_MS,
	    t->over, (double)t->most.ns / 1e6, (double)t->most_cpu.ns / 1e6);
}
