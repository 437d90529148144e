/*
 * What a stranger costs the engine: openings with an address and an SPI of
 * their own each, pushed into the gateway as the loop does it, without sockets.
 * Printed in nanoseconds of a processor for one datagram: those that are asked
 * for a cookie, those that nobody is configured for, those whose SPI is of no
 * SA, and, to compare, two SHA-256 of the size of a cookie's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/prf.h"
#include "gw/gw.h"
#include "ike/build.h"

#define COUNT	200000

static void
die(const char *what)
{
	fprintf(stderr, "strangers: %s\n", what);
	exit(1);
}

static double
spent(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* One connection: from an address of its own, or from anywhere. */
static struct gw *
hub(const char *remote)
{
	const uint8_t seed[DRBG_SEED_LEN] = { 1 };
	struct conf_error why;
	struct conf *conf;
	char text[512];

	snprintf(text, sizeof(text), "connections = ( { name = \"a\";"
	    "role = \"hub\"; startup_action = \"add\"; tunnels = ( {"
	    "local_outside_ip_address = \"192.0.2.1\"; %s"
	    "remote_id = \"a.example\"; local_id = \"hub.example\"; } ); } );",
	    remote);
	conf = conf_parse(bytes_str(text), "bench", &why);
	if (conf == NULL)
		die(why.why.s);
	return gw_new(conf, (struct instant){ 1000000000 }, 0, seed,
	    (struct bytes){ 0 });
}

static size_t
opening(uint8_t *buf, size_t cap)
{
	static const uint8_t sa[] = {
		0, 0, 0, 36, 1, 1, 0, 3,
		3, 0, 0, 12, 1, 0, 0, 20, 0x80, 14, 1, 0,
		3, 0, 0, 8, 2, 0, 0, 5,
		0, 0, 0, 8, 4, 0, 0, 31,
	};
	const struct hdr h = { .spi_i = 1, .version = HDR_VERSION,
	    .exchange = IKE_SA_INIT, .flags = HDR_INITIATOR };
	const uint8_t octets[64] = { 9 };
	struct build b;

	build_begin(&b, buf, cap, &h);
	build_bytes(&b, PL_SA, bytes_of(sa, sizeof(sa)));
	build_ke(&b, 31, bytes_of(octets, 32));
	build_bytes(&b, PL_NONCE, bytes_of(octets + 32, 32));
	build_notify(&b, N_NAT_DETECTION_SOURCE_IP, bytes_of(octets, 20));
	build_notify(&b, N_NAT_DETECTION_DESTINATION_IP, bytes_of(octets, 20));
	return build_end(&b, NULL).n;
}

/* A monitor that nods. */
static void
done(struct gw *gw, const struct kern_op *op)
{
	struct kern_event e = { .kind = KERN_DONE, .id = op->id,
	    .op = op->kind, .conn.fd = -1 };

	if (op->kind == KERN_LINK_SET) {
		memcpy(e.link.name, op->link.name, sizeof(e.link.name));
		e.link.kind = KERN_LINK_VTI;
		e.link.exists = e.link.up = true;
	}
	gw_kern(gw, (struct instant){ 1500000000 }, &e);
}

static unsigned
drain(struct gw *gw)
{
	unsigned answers = 0;
	struct gw_out o;

	while (gw_next(gw, &o)) {
		answers += o.kind == GW_OUT_DATAGRAM;
		if (o.kind == GW_OUT_KERN)
			done(gw, o.op);
		gw_out_fini(&o);
	}
	return answers;
}

static unsigned
push(struct gw *gw, uint8_t *b, size_t n, unsigned count)
{
	uint8_t reply[IKE_SCREEN_MAX];
	size_t reply_n;
	struct path path = { .local.port = 500, .remote.port = 500 };
	const struct instant now = { 2000000000 };
	unsigned answers = 0;

	addr_parse(&path.local.addr, "192.0.2.1");
	addr_parse(&path.remote.addr, "10.0.0.0");
	for (unsigned i = 0; i < count; i++) {
		memcpy(path.remote.addr.b + 1, &i, 3);
		memcpy(b + 1, &i, 4);
		if (gw_screen(gw, now, &path, bytes_of(b, n), reply, &reply_n))
			answers += reply_n > 0;
		else
			gw_datagram(gw, now, &path, bytes_of(b, n));
		if (i % 64 == 63)
			answers += drain(gw);
	}
	return answers + drain(gw);
}

static void
row(const char *name, const char *remote, bool other)
{
	struct gw *gw = hub(remote);
	uint8_t b[512];
	size_t n = opening(b, sizeof(b));
	unsigned answers;
	double was;

	if (gw == NULL)
		die("out of memory");
	drain(gw);
	push(gw, b, n, 100);		/* above where cookies begin */
	b[8] = other ? 1 : 0;		/* an SPI of the responder's */
	was = spent();
	answers = push(gw, b, n, COUNT);
	printf("%s: %.0f ns, %u of %u answered\n", name,
	    (spent() - was) / COUNT, answers, COUNT);
	gw_free(gw);
}

int
main(void)
{
	struct bytes part = { (const uint8_t *)"0123456789abcdef", 16 };
	struct bytes parts[] = { part, part, part, part, part };
	uint8_t out[32];
	double was;

	if (!crypto_init())
		die("no cryptography");
	row("asked for a cookie", "", false);
	row("refused", "remote_outside_ip_address = \"192.0.2.2\";", false);
	row("of no SA", "", true);
	was = spent();
	for (unsigned i = 0; i < COUNT; i++)
		sha256(parts, 5, out);
	printf("one SHA-256: %.0f ns\n", (spent() - was) / COUNT);
	return 0;
}
