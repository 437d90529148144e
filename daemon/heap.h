/* The C library's allocator, told to give back what is not used. */
#ifndef DAEMON_HEAP_H
#define DAEMON_HEAP_H

/* At the start of a process; a fork inherits it. */
void	heap_init(void);
/* After much was freed: whole pages go back to the system. */
void	heap_trim(void);

#endif
