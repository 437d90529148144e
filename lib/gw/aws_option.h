/*
 * AWS's tunnel options: one table joins the API's name, our key, and the field
 * of the value.
 */
#ifndef GW_AWS_OPTION_H
#define GW_AWS_OPTION_H

#include <jansson.h>

#include "gw/aws.h"

/* One of TunnelOptions[]: what it says wins.  False: *why. */
bool	aws_options_read(struct aws_tunnel *, const json_t *,
	    struct reason *why);
/*
 * Is it a tunnel of which the XML says all that is known?  Then it has no
 * options, which would end its being a baseline.
 */
bool	aws_options_default(const struct aws_tunnel *);
json_t	*aws_options_json(const struct aws_tunnel *);

/*
 * The algorithms that a device offers to such a cloud, strongest first:
 * everything that AWS has but for the weak ones; where the list is all that
 * the cloud takes, what is strong of it, or what there is; with a baseline,
 * the strong ones and then that.  Returns how many weak ones were left out.
 */
unsigned aws_offer(const struct aws_tunnel *, const struct conf_algs *,
	    enum alg_type, struct conf_algs *out);
/* The same as the value of a key: [ "AES128", ... ]. */
void	aws_algs_say(struct wr *, const struct conf_algs *);

/* Our numbers, in the order in which a configuration has them. */
struct aws_option {
	const char	*key;		/* of ours */
	size_t		 at;		/* struct aws_number in aws_tunnel */
};
const struct aws_option *aws_option_at(size_t i);	/* NULL past the end */
const struct aws_number *aws_option_of(const struct aws_tunnel *,
	    const struct aws_option *);
struct aws_number *aws_option_in(struct aws_tunnel *,
	    const struct aws_option *);

#endif
