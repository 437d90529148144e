/*
 * What XML and generic text both say of a connection, one value at a time, as
 * they spell it: the one place where these words become values and back.
 */
#ifndef GW_AWS_FIELD_H
#define GW_AWS_FIELD_H

#include "gw/aws.h"

enum aws_field {
	AWS_NOTHING,		/* a row without a value */
	AWS_ID,
	AWS_CUSTOMER_GATEWAY,
	AWS_GATEWAY,
	AWS_TYPE,
	AWS_ATTRIBUTES,
	AWS_OUTSIDE,
	AWS_INSIDE,		/* address, the text's with "/30" */
	AWS_MASK,
	AWS_LEN,
	AWS_INSIDE6,
	AWS_LEN6,
	AWS_ASN,
	AWS_HOLD,
	AWS_NEIGHBOR,
	AWS_INTEG,		/* of phase 1 or 2 */
	AWS_ENCR,
	AWS_LIFETIME,
	AWS_GROUP,
	AWS_MODE,
	AWS_PSK,
	AWS_PROTOCOL,
	AWS_CLEAR_DF,
	AWS_FRAGMENT,
	AWS_MSS,
	AWS_DPD_INTERVAL,
	AWS_DPD_RETRIES,
	AWS_FIELDS
};

#define AWS_VALUE_LEN	300		/* of one value as text, with NUL */

/* Where a value stands: whose, and of which phase (0 or 1). */
struct aws_place {
	enum aws_field	field;
	enum aws_side	side;
	unsigned	phase;
};

/*
 * Takes a value; t is NULL outside of tunnels.  What is only there for people
 * or follows from the rest is not looked at.  False: *why.
 */
bool	aws_put(struct aws_connection *, struct aws_tunnel *,
	    const struct aws_place *, const char *text, struct reason *why);
/* The value as text; false: there is none. */
bool	aws_get(const struct aws_connection *, const struct aws_tunnel *,
	    const struct aws_place *, char buf[static AWS_VALUE_LEN]);

/* Named as the API does ("AES128-GCM-16", "14"); false: unknown. */
bool	aws_add_alg(struct conf_algs *, enum alg_type, const char *name);
/* An id, or none: letters, digits, "-", "." and "_". */
bool	aws_id_ok(const char *);
/* A key as IKE and our secrets file take it. */
bool	aws_psk_ok(const char *);
/* The list's weakest algorithm that AWS knows; NULL: it has none. */
const struct alg *aws_weakest(const struct conf_algs *);

#endif
