/* The columns of the attribute table; for attr*.c only. */
#ifndef BGP_ATTR_ROW_H
#define BGP_ATTR_ROW_H

#include "bgp/attr.h"

struct attr_row {
	const char	*name;
	uint8_t		 flags;		/* Optional and Transitive */
	uint8_t		 size;		/* of the value or of an entry; 0 any */
	bool		 list;		/* one entry or more */
	bool		 ibgp;		/* only within an AS */
	enum attr_verdict bad;		/* when malformed, RFC 7606 */
	uint8_t		 subcode;
	/*
	 * Value to set; NULL when fine, else what is not.  No decoder: the
	 * octets are kept as they are.
	 */
	const char	*(*decode)(struct attr_set *, struct rd *,
			    const struct attr_mode *);
	/* Writes the attribute when it is there; no encoder: never sent. */
	void		 (*encode)(struct wr *, uint8_t type,
			    const struct attrs *, const struct attr_out *);
};

extern const struct attr_row attr_rows[ATTR_TYPES];

void	attr_put_origin(struct wr *, uint8_t, const struct attrs *,
	    const struct attr_out *);
void	attr_put_as_path(struct wr *, uint8_t, const struct attrs *,
	    const struct attr_out *);
void	attr_put_next_hop(struct wr *, uint8_t, const struct attrs *,
	    const struct attr_out *);
void	attr_put_med(struct wr *, uint8_t, const struct attrs *,
	    const struct attr_out *);
void	attr_put_local_pref(struct wr *, uint8_t, const struct attrs *,
	    const struct attr_out *);
void	attr_put_atomic(struct wr *, uint8_t, const struct attrs *,
	    const struct attr_out *);
void	attr_put_aggregator(struct wr *, uint8_t, const struct attrs *,
	    const struct attr_out *);
void	attr_put_as4_path(struct wr *, uint8_t, const struct attrs *,
	    const struct attr_out *);
void	attr_put_as4_aggregator(struct wr *, uint8_t, const struct attrs *,
	    const struct attr_out *);
void	attr_put_ext(struct wr *, uint8_t, const struct attrs *,
	    const struct attr_out *);
void	attr_put_otc(struct wr *, uint8_t, const struct attrs *,
	    const struct attr_out *);
/* From the rest, as it came. */
void	attr_put_rest(struct wr *, uint8_t, const struct attrs *,
	    const struct attr_out *);

#endif
