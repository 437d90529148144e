/* The answers of AWS's EC2 API about VPN connections. */
#ifndef GW_AWS_JSON_H
#define GW_AWS_JSON_H

#include "gw/aws.h"

/* Owned by the list. */
struct aws_list {
	size_t		n;
	struct aws_connection *v[AWS_LIST];
};

void	aws_list_free(struct aws_list *);
/* Another, empty; NULL: *why. */
struct aws_connection *aws_list_add(struct aws_list *, struct reason *why);
/*
 * All connections of an answer, none of them settled: with XML inside, which
 * the tunnel options override.  Those that are deleted are passed over.  JSON
 * of another kind is looked through for texts that are such XML.  False: *why,
 * and the list is empty.
 */
bool	aws_json_read(struct aws_list *, struct bytes, struct reason *why);
/*
 * aws_read.c: any of what can be read, by its looks: JSON, XML, XML as a JSON string or
 * escaped in other XML, generic text.  Not settled.
 */
bool	aws_read(struct aws_list *, struct bytes, struct reason *why);
/* As describe-vpn-connections answers. */
void	aws_json_write(struct wr *, const struct aws_connection *);

#endif
