/*
 * SA payloads (RFC 7296 section 3.3) from a line of text, right or wrong.
 * Proposals are separated by '|', what is in one by commas:
 *
 *	e20.256 p5 i12 k31 n0	transforms, with a key length behind the dot
 *	t9.1			a transform of type 9 with id 1
 *	a14.7			an attribute of type 14 for the transform before
 *	v			a variable-length attribute, likewise
 *	#2 @3 s8		proposal number, protocol, SPI size
 *	c+1 l+4 m+4		count of transforms, length of the proposal,
 *				length of the transform before: off by so much
 *	z			"last" marks the wrong way round
 */
#include <stdlib.h>
#include <string.h>

#include "hostile/speech.h"

struct sa_text {
	struct wr	*w;
	const char	*at;
	uint8_t		number, proto;
	bool		begun;
	size_t		head;		/* of the proposal */
	size_t		transform;	/* the last one's start, or 0 */
	int		count_off, length_off, transform_off;
	unsigned	transforms;
	bool		swapped;
	struct bytes	spi;
	size_t		spi_n;
};

static int
number(struct sa_text *t)
{
	char *end;
	long v = strtol(t->at, &end, 10);

	t->at = end;
	return (int)v;
}

static void
begin(struct sa_text *t)
{
	static const uint8_t more[256] = { 0x77 };

	if (t->begun)
		return;
	t->begun = true;
	t->head = t->w->n;
	wr_u8(t->w, 0);
	wr_u8(t->w, 0);
	wr_u16(t->w, 0);
	wr_u8(t->w, t->number);
	wr_u8(t->w, t->proto);
	wr_u8(t->w, (uint8_t)t->spi_n);
	wr_u8(t->w, 0);
	if (t->spi_n == t->spi.n)
		wr_bytes(t->w, t->spi);
	else
		wr_bytes(t->w, bytes_of(more, t->spi_n));
}

static void
end_transform(struct sa_text *t, bool last)
{
	if (t->transform == 0)
		return;
	wr_patch_u8(t->w, t->transform, last != t->swapped ? 0 : 3);
	wr_patch_u16(t->w, t->transform + 2, (uint16_t)(t->w->n -
	    t->transform + (size_t)t->transform_off));
	t->transform = 0;
	t->transform_off = 0;
}

static void
transform(struct sa_text *t, uint8_t type)
{
	int id = number(t);

	begin(t);
	end_transform(t, false);
	t->transform = t->w->n;
	t->transforms++;
	wr_u8(t->w, 3);
	wr_u8(t->w, 0);
	wr_u16(t->w, 0);
	wr_u8(t->w, type);
	wr_u8(t->w, 0);
	wr_u16(t->w, (uint16_t)id);
	if (*t->at == '.') {
		t->at++;
		wr_u16(t->w, 0x8000 | 14);
		wr_u16(t->w, (uint16_t)number(t));
	}
}

static void
attribute(struct sa_text *t)
{
	wr_u16(t->w, (uint16_t)(0x8000 | number(t)));
	if (*t->at == '.')
		t->at++;
	wr_u16(t->w, (uint16_t)number(t));
}

/* "t9.1": the type is part of the text. */
static void
odd_transform(struct sa_text *t)
{
	int type = number(t);

	if (*t->at == '.')
		t->at++;
	transform(t, (uint8_t)type);
}

static void
token(struct sa_text *t)
{
	static const char types[] = "epikn";
	char c = *t->at++;
	const char *type = strchr(types, c);

	if (c != '\0' && type != NULL)
		transform(t, (uint8_t)(1 + (type - types)));
	else if (c == 't')
		odd_transform(t);
	else if (c == 'a')
		attribute(t);
	else if (c == 'v')
		wr_bytes(t->w, bytes_of("\0\x0e\0\x02\x01\0", 6));
	else if (c == '#')
		t->number = (uint8_t)number(t);
	else if (c == '@')
		t->proto = (uint8_t)number(t);
	else if (c == 's')
		t->spi_n = (size_t)number(t);
	else if (c == 'c')
		t->count_off = number(t);
	else if (c == 'l')
		t->length_off = number(t);
	else if (c == 'm')
		t->transform_off = number(t);
	else if (c == 'z')
		t->swapped = true;
	else
		t->w->bad = true;
}

static void
end_proposal(struct sa_text *t, bool last)
{
	begin(t);
	end_transform(t, true);
	wr_patch_u8(t->w, t->head, last != t->swapped ? 0 : 2);
	wr_patch_u16(t->w, t->head + 2, (uint16_t)(t->w->n - t->head +
	    (size_t)t->length_off));
	wr_patch_u8(t->w, t->head + 7, (uint8_t)((int)t->transforms +
	    t->count_off));
}

void
sa_text(struct wr *w, const char *text, uint8_t proto, struct bytes spi)
{
	struct sa_text t = { .w = w, .at = text };
	uint8_t next = 1;

	while (*t.at != '\0' && !w->bad) {
		t.number = next++;
		t.proto = proto;
		t.spi = spi;
		t.spi_n = spi.n;
		t.transforms = 0;
		t.count_off = t.length_off = 0;
		t.begun = t.swapped = false;
		while (*t.at != '\0' && *t.at != '|' && !w->bad) {
			token(&t);
			if (*t.at == ',')
				t.at++;
		}
		if (*t.at == '|')
			t.at++;
		end_proposal(&t, *t.at == '\0');
	}
}
