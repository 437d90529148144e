/* Sizes and containers: the two macros that C needs and does not have. */
#ifndef UTIL_ARRAY_H
#define UTIL_ARRAY_H

#include <stddef.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define container_of(p, type, member)					\
	((type *)(void *)((char *)(p) - offsetof(type, member)))

#endif
