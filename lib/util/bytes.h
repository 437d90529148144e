/*
 * Wire bytes: a view, a reader and a writer.
 *
 * Reader and writer carry a sticky error: after the first access out of
 * bounds every further read yields zero and every write does nothing, so
 * that a parser reads straight through and asks once at the end.  Integers
 * are big-endian.  Nothing here owns memory.
 */
#ifndef UTIL_BYTES_H
#define UTIL_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	const uint8_t	*p;
	size_t		 n;
};

struct bytes	bytes_of(const void *, size_t);
struct bytes	bytes_str(const char *);	/* without the NUL */
bool		bytes_eq(struct bytes, struct bytes);
/* memcmp order; a proper prefix sorts first. */
int		bytes_cmp(struct bytes, struct bytes);

/* Cursor over bytes that someone else owns. */
struct rd {
	const uint8_t	*p;
	size_t		 n;		/* octets left */
	bool		 bad;		/* something was read past the end */
};

struct rd	rd_of(struct bytes);
uint8_t		rd_u8(struct rd *);
uint16_t	rd_u16(struct rd *);
uint32_t	rd_u32(struct rd *);
uint64_t	rd_u64(struct rd *);
/* A view of the next n octets; empty and sticky-bad when fewer are left. */
struct bytes	rd_bytes(struct rd *, size_t n);
struct bytes	rd_rest(struct rd *);
/* Copies n octets out; zeroes the target when fewer are left. */
void		rd_copy(struct rd *, void *, size_t n);
/* A reader bounded to the next n octets; bad when fewer are left. */
struct rd	rd_sub(struct rd *, size_t n);
/* Read to the last octet, and nothing was out of bounds. */
bool		rd_done(const struct rd *);

/* Cursor into a buffer of the caller's. */
struct wr {
	uint8_t		*p;
	size_t		 cap;
	size_t		 n;		/* octets written */
	bool		 bad;		/* something did not fit */
};

struct wr	wr_of(void *, size_t cap);
void		wr_u8(struct wr *, uint8_t);
void		wr_u16(struct wr *, uint16_t);
void		wr_u32(struct wr *, uint32_t);
void		wr_u64(struct wr *, uint64_t);
void		wr_bytes(struct wr *, struct bytes);
void		wr_zero(struct wr *, size_t n);
/* Reserves n octets and returns where they start, or NULL. */
uint8_t		*wr_space(struct wr *, size_t n);
/* Overwrites what was written at an earlier offset. */
void		wr_patch_u8(struct wr *, size_t at, uint8_t);
void		wr_patch_u16(struct wr *, size_t at, uint16_t);
void		wr_patch_u32(struct wr *, size_t at, uint32_t);
void		wr_patch_bytes(struct wr *, size_t at, struct bytes);
struct bytes	wr_done(const struct wr *);

#endif
