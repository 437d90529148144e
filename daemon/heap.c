/*
 * A daemon that has read a configuration of ten thousand tunnels, or has set
 * up as many, keeps a small part of what that took.  By default the allocator
 * moves the border above which a block is mapped on its own up to 32 MB, once
 * large blocks were freed, and then the holes stay.  The border is fixed here,
 * which also fixes when the end of the heap is given back, and there is one
 * arena since there is one thread that allocates.
 */
#include "daemon/heap.h"

#include <malloc.h>

#define BORDER	(128 * 1024)

void
heap_init(void)
{
	mallopt(M_MMAP_THRESHOLD, BORDER);
	mallopt(M_TRIM_THRESHOLD, 2 * BORDER);
	mallopt(M_ARENA_MAX, 1);
}

void
heap_trim(void)
{
	malloc_trim(0);
}
