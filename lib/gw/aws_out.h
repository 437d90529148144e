/* What the writers of our configuration share; private to them. */
#ifndef GW_AWS_OUT_H
#define GW_AWS_OUT_H

#include "gw/aws_conf.h"

struct aws_out {
	const struct aws_connection *c;
	const struct aws_form *form;
	struct aws_notes *notes;
	enum aws_side	ours, theirs;
	bool		silent;		/* notes were made before */
};

/* Our address in a tunnel, of the form or of the description. */
const struct addr *aws_out_local(const struct aws_out *, unsigned tunnel);
/* Does it authenticate by certificates? */
bool		aws_out_certificate(const struct aws_out *, unsigned tunnel);

/* aws_assume.c: notes of what is assumed, or left to be done. */
void		aws_assume(const struct aws_out *);
void		aws_assume_psk(const struct aws_out *, unsigned tunnel,
		    const char *arn);

#endif
