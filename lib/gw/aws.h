/*
 * A Site-to-Site VPN connection as AWS describes it, as a value: what is in
 * its CustomerGatewayConfiguration (XML), in the answer of
 * describe-vpn-connections (JSON), and in the generic text download.  Readers
 * fill it, writers print it; nothing here knows a file.
 *
 * Addresses are AWS's pair: the customer's and the cloud's, whoever reads.
 */
#ifndef GW_AWS_H
#define GW_AWS_H

#include "gw/conf.h"

#define AWS_TEXT_MAX	(16u << 20)	/* octets of what is read */
#define AWS_ID_LEN	64
#define AWS_ARN_LEN	256
#define AWS_PSK_LEN	257
#define AWS_NETS	1000
#define AWS_NOTES	48
#define AWS_LIST	64		/* connections in one answer */

enum aws_side {
	AWS_CUSTOMER,
	AWS_CLOUD,
	AWS_SIDES
};

/* What may be said or not; v 0 and not given: not. */
struct aws_number {
	bool		given;
	uint32_t	v;
};

struct aws_phase {
	struct conf_algs encr, integ, ke;	/* n 0: not given */
	struct aws_number lifetime;		/* seconds */
};

enum aws_ike {			/* bits: versions that are allowed */
	AWS_IKEV1 = 1,
	AWS_IKEV2 = 2,
};

struct aws_tunnel {
	struct addr	outside[AWS_SIDES];	/* the customer's: or unset */
	char		identity[AWS_SIDES][CONF_ID_LEN]; /* "": the address */
	/* As written; aws_settle() checks them against the networks. */
	struct addr	inside4[AWS_SIDES], inside6[AWS_SIDES];
	struct prefix	cidr4, cidr6;
	char		psk[AWS_PSK_LEN];	/* "": not given */
	char		psk_arn[AWS_ARN_LEN];	/* where it is instead */
	char		certificate_arn[AWS_ARN_LEN];
	/*
	 * Baseline: the algorithms are the least that the cloud asks for, and
	 * what else it takes is not known.  Otherwise a list is all that it
	 * takes, and none means everything.
	 */
	bool		baseline;
	struct aws_phase phase[2];
	struct aws_number margin, fuzz, window, dpd_timeout;
	struct aws_number dpd_interval, dpd_retries;
	unsigned	versions;		/* 0: not given */
	bool		start;			/* the cloud initiates */
};

struct aws_nets {
	size_t		n;
	struct prefix	v[AWS_NETS];
};

/* Large: it lives on the heap. */
struct aws_connection {
	char		id[AWS_ID_LEN];		/* "vpn-..." */
	char		name[AWS_ID_LEN];	/* tag Name */
	char		customer_gateway[AWS_ID_LEN];
	char		gateway[AWS_ID_LEN];	/* virtual private; "" */
	char		transit_gateway[AWS_ID_LEN];
	uint32_t	asn[AWS_SIDES];		/* 0: no BGP */
	struct aws_number hold_time;
	bool		is_static;		/* NoBGPVPNConnection */
	bool		bare;			/* JSON without the XML */
	bool		accelerated;		/* ESP always in UDP */
	enum conf_inside inside;		/* 0: not given */
	struct prefix	ts4[AWS_SIDES], ts6[AWS_SIDES];	/* or unset */
	struct aws_nets	nets[AWS_SIDES];	/* behind each end */
	unsigned	tunnels_n;
	struct aws_tunnel tunnels[CONF_TUNNELS];
};

/* What was assumed where the description is silent, a sentence each. */
struct aws_notes {
	unsigned	n;
	struct reason	v[AWS_NOTES];
};

struct aws_connection *aws_new(void);		/* NULL: no memory */
void		aws_free(struct aws_connection *);	/* wipes; NULL is fine */
/*
 * After all was read: networks of the inside addresses, what must be there,
 * and the tunnels in order of the cloud's addresses, since AWS lists them in
 * any order.  False: *why.
 */
bool		aws_settle(struct aws_connection *, struct reason *why);
/* Of addresses that are on the tunnel; unset where it has no such network. */
struct addr	aws_inside4(const struct aws_tunnel *, enum aws_side);
struct addr	aws_inside6(const struct aws_tunnel *, enum aws_side);
/* False: full, or there already. */
bool		aws_nets_add(struct aws_nets *, const struct prefix *);
/* May AWS be told of it, by this name? */
bool		aws_knows(const struct alg *);
/* Another one; what is there already, or too much, is dropped. */
void		aws_note(struct aws_notes *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

/* Text that grows into a buffer of the caller's; bad: it did not fit. */
void		aws_say(struct wr *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

#endif
