/* The frames of the commit log's file, as bytes: no I/O here.
 *
 *   file    magic "LAYRLOG1" seed:u64 check:u64 frame…
 *   frame   magic "FRM1" zero:u32 length:u64 sequence:u64 payload_check:u64 head_check:u64 payload
 *   payload record…, each length:u32 bytes
 *
 * Numbers are little-endian; checks are XXH3 with the file's random seed, so that no client can write bytes
 * into a document that look like a frame. Sequences count from 1 without a gap. */
#pragma once

#include "base/buf.h"

#define FILE_HEAD  24
#define FRAME_HEAD 40

void frame_file_head(uint64_t seed, unsigned char out[FILE_HEAD]);
/* -E_CORRUPT if the file does not begin with a sound head. */
MUST_USE int frame_file_seed(struct span file, uint64_t *ret_seed);

/* The head of a frame whose payload is the concatenation of these parts. */
void frame_head(
    uint64_t seed, uint64_t sequence, const struct span *parts, size_t n, unsigned char out[FRAME_HEAD]);

struct frame {
	uint64_t sequence;
	struct span payload;
	size_t end; /* offset in the file */
};

/* The frame at this offset; -E_EOF at the end of the file, -E_CORRUPT if it is not whole and sound. */
MUST_USE int frame_read(struct span file, size_t at, uint64_t seed, struct frame *ret_frame);

/* Calls fn for each record of a payload; stops when fn fails. -E_CORRUPT if a record does not fit. */
MUST_USE int frame_records(struct span payload, int (*fn)(void *arg, struct span record), void *arg);

struct frame_scan {
	uint64_t seed, sequence; /* of the last good frame; 0: none */
	size_t end;              /* where the good frames end */
	size_t bad_at;           /* with -E_CORRUPT: where the damage is */
	int rc_fn;               /* with -E_CORRUPT: what fn returned, if it was fn that failed */
};

/* Walks the file and calls fn for each payload in order; it stops when fn fails. What follows the last good
 * frame is a torn write if no sound frame comes after it: then the result is 0 and scan->end < file.len.
 * Otherwise, as for a bad head of the file or a gap in the sequence, -E_CORRUPT. */
MUST_USE int frame_walk(
    struct span file, int (*fn)(void *arg, struct span payload), void *arg, struct frame_scan *scan);
