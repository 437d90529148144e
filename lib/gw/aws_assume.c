/*
 * What AWS's files do not say, and what is therefore assumed or left to be
 * done: a sentence for each, which names the option or the key that is the way
 * out.
 */
#include "gw/aws_out.h"

const struct addr *
aws_out_local(const struct aws_out *o, unsigned i)
{
	if (addr_is_set(&o->form->local[i]))
		return &o->form->local[i];
	return &o->c->tunnels[i].outside[o->ours];
}

bool
aws_out_certificate(const struct aws_out *o, unsigned i)
{
	const struct aws_tunnel *t = &o->c->tunnels[i];

	return t->psk[0] == '\0' && t->certificate_arn[0] != '\0';
}

static void
note_routing(const struct aws_out *o)
{
	const struct aws_connection *c = o->c;
	const char *device = o->form->hub ? "hub" : "device";

	if (!c->is_static && o->form->asn != 0 &&
	    o->form->asn != c->asn[o->ours])
		aws_note(o->notes, "AS number: the gateway's asn is %u; to "
		    "this peer we are %u (local_as)", o->form->asn,
		    c->asn[o->ours]);
	if (!c->is_static && c->nets[o->ours].n == 0)
		aws_note(o->notes, "networks to announce: not in the file, so "
		    "that the %s announces nothing yet; add networks = "
		    "[ \"10.0.0.0/16\" ] to connection %s, or import with "
		    "--network", device, o->form->name);
	if (c->is_static && c->nets[o->theirs].n == 0)
		aws_note(o->notes, "static routes: what is behind the other "
		    "end is not in the file; add routes = "
		    "[ \"10.0.0.0/16\" ] to connection %s, or import with "
		    "--route", o->form->name);
}

static void
note_algorithms(const struct aws_out *o)
{
	bool baseline = false;

	for (unsigned i = 0; i < o->c->tunnels_n; i++)
		baseline |= o->c->tunnels[i].baseline;
	if (!baseline)
		return;
	aws_note(o->notes, "IKE version: IKEv2, which the file does not tell "
	    "(its mode is one of IKEv1) and AWS allows unless it was "
	    "configured otherwise");
	aws_note(o->notes, "algorithms: the file has only the least that AWS "
	    "asks for; stronger ones are offered before it, but AWS takes the "
	    "first of its own list. To do without the weak ones, restrict "
	    "the tunnel options and import what "
	    "describe-vpn-connections answers");
}

static void
note_local(const struct aws_out *o)
{
	char ours[ADDR_STRLEN], known[ADDR_STRLEN];

	for (unsigned i = 0; i < o->c->tunnels_n; i++) {
		const struct addr *a = &o->c->tunnels[i].outside[o->ours];
		const struct addr *l = aws_out_local(o, i);

		if (!addr_is_set(l))
			aws_note(o->notes, "local address: the file has none; "
			    "import with --local-address");
		else if (addr_is_set(a) && !addr_eq(a, l))
			aws_note(o->notes, "local address: packets come from "
			    "%s, but the peer knows us as %s, which is our "
			    "identity (local_id): there must be a NAT "
			    "between", addr_str(l, ours), addr_str(a, known));
		else
			aws_note(o->notes, "local address: %s, as the peer "
			    "knows us", addr_str(l, ours));
	}
}

static void
note_certificates(const struct aws_out *o)
{
	for (unsigned i = 0; i < o->c->tunnels_n; i++) {
		if (aws_out_certificate(o, i))
			aws_note(o->notes, "certificates: put ours with its "
			    "subordinate CA into %s.pem, its key into %s.key, "
			    "and the root CA into %s-ca.pem, in the "
			    "configuration's directory", o->form->name,
			    o->form->name, o->form->name);
	}
}

void
aws_assume_psk(const struct aws_out *o, unsigned i, const char *arn)
{
	if (arn[0] != '\0')
		aws_note(o->notes, "pre-shared key of tunnel %u: it is in "
		    "Secrets Manager (%s); put it into the secrets file", i + 1,
		    arn);
	else
		aws_note(o->notes, "pre-shared key of tunnel %u: not in the "
		    "file; put it into the secrets file", i + 1);
}

void
aws_assume(const struct aws_out *o)
{
	note_algorithms(o);
	note_local(o);
	note_routing(o);
	note_certificates(o);
}
