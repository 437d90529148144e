/*
 * One gateway of the simulated world: the struct gw under test, its fake
 * kernel, its key store and configuration file, and what it said.
 */
#ifndef TEST_SIM_GATE_H
#define TEST_SIM_GATE_H

#include <jansson.h>

#include "gw/gw.h"
#include "sim/kernel.h"
#include "sim/world.h"

#define GATE_HOST_0	"10.1.0.5"	/* behind the first gate */
#define GATE_HOST_1	"10.2.0.7"	/* behind the second */
#define GATE_LISTENERS	8
#define GATE_SAID	32

struct tcp_listener;

/* BFD's sockets of a tunnel. */
struct gate_udp {
	uint32_t	tunnel;		/* 0: a free place */
	bool		in, out;	/* which of them are open */
	char		dev[KERN_IFNAME_LEN];
	unsigned	serial;		/* of the interface */
	struct addr	local, remote;
};

/* How often an event was said, and its last text. */
struct gate_said {
	const char	*name;
	unsigned	n;
	char		tunnel[CONF_NAME_LEN + 8];
	struct reason	text;
};

struct kept;

struct gate {
	struct world	*world;
	const char	*name;
	struct gw	*gw;		/* NULL: not running */
	unsigned	life;		/* a crash ends it */
	char		*text;		/* the configuration file */
	const char	*psk[3];	/* by tunnel number; NULL: none */
	struct ticket_keys tickets;	/* its monitor's: a crash of the
					   engine alone leaves them */
	struct kernel	kernel;
	struct instant	kernel_free_at;
	struct instant	link_told_at;	/* news of interfaces keep order */
	unsigned	outstanding;	/* operations and events under way */
	unsigned	lose;		/* so many of the next kernel events */
	unsigned	lost;		/* and so many are, untold */
	unsigned	owed;		/* KERN_RESYNC_DONE by the gateway */
	struct kept *kept;		/* records of tunnels, owned */
	unsigned	keeps;		/* parts of them that came */
	struct tcp_listener *listeners;	/* GATE_LISTENERS of them */
	struct gate_udp	udp[GATE_LISTENERS];
	struct gate_said said[GATE_SAID];
	json_t		*answer;	/* to the last request */
	unsigned	answers;
	bool		stopped;
	bool		touched;	/* in this step */
};

struct gate_tunnel_name {
	char		connection[CONF_NAME_LEN];
	unsigned	number;
};

/* Owned by the world; not started. */
struct gate	*gate_new(struct world *, const char *name,
		    enum kern_link_kind);
void		gate_free(struct gate *);
/* Configuration text; for a running gate it only is in the file then. */
void		gate_conf(struct gate *, const char *text);
void		gate_start(struct gate *);
/* Power failure; what the kernel has survives only where it is said so. */
void		gate_crash(struct gate *, bool keep_kernel);
/* One request; the answer comes at once or, with reload, some time later. */
json_t		*gate_ctl(struct gate *, const char *line);	/* by root */
json_t		*gate_ctl_as(struct gate *, uint32_t uid, const char *line);
void		gate_stop(struct gate *);
/* As SIGHUP: reads the file again, without a client. */
void		gate_reload(struct gate *);

void		gate_datagram(struct gate *, const struct path *,
		    struct bytes);
void		gate_tick(struct gate *);
struct instant	gate_deadline(const struct gate *);
/* Everything that the gateway wants done. */
void		gate_drain(struct gate *);
/* A kernel event of its own accord; it may be lost. */
void		gate_note(struct gate *, const struct kern_event *);
/* The answer to an operation. */
void		gate_answer(struct gate *, const struct kern_op *, int error,
		    const char *text);
/* Somebody else deletes an interface or takes it down. */
void		gate_link_delete(struct gate *, const char *name);
void		gate_link_down(struct gate *, const char *name);
/* kernel_meddle(), and it hears of it. */
void		gate_meddle(struct gate *, unsigned which);
/* The next n kernel events are lost, or those of the next second. */
void		gate_lose(struct gate *, unsigned n);
/* It is told now that events were lost. */
void		gate_overrun(struct gate *);

unsigned	gate_count(const struct gate *, const char *event);
const char	*gate_text(const struct gate *, const char *event);
/* Kernel operations of all kinds up to now. */
unsigned	gate_ops(const struct gate *);
/* The tunnel of an interface; false: none. */
bool		gate_tunnel_of(const struct gate *, const char *ifname,
		    struct gate_tunnel_name *);

#endif
