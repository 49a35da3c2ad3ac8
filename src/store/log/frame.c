#include "store/log/frame.h"

#include <stdlib.h>
#include <xxhash.h>

static const char file_magic[8] = "LAYRLOG1";
static const char frame_magic[4] = "FRM1";

static uint64_t load_u64(const void *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

static void save_u64(unsigned char *p, uint64_t v)
{
	memcpy(p, &v, sizeof v);
}

void frame_file_head(uint64_t seed, unsigned char out[FILE_HEAD])
{
	memcpy(out, file_magic, sizeof file_magic);
	save_u64(out + 8, seed);
	save_u64(out + 16, XXH3_64bits(out, 16));
}

int frame_file_seed(struct span file, uint64_t *ret_seed)
{
	if (file.len < FILE_HEAD || memcmp(file.ptr, file_magic, sizeof file_magic) != 0 ||
	    load_u64(file.ptr + 16) != XXH3_64bits(file.ptr, 16))
		return -E_CORRUPT;
	*ret_seed = load_u64(file.ptr + 8);
	return 0;
}

void frame_head(
    uint64_t seed, uint64_t sequence, const struct span *parts, size_t n, unsigned char out[FRAME_HEAD])
{
	uint64_t length = 0;
	XXH3_state_t *state = XXH3_createState();
	if (!state)
		abort();
	XXH3_64bits_reset_withSeed(state, seed);
	for (size_t i = 0; i < n; i++) {
		XXH3_64bits_update(state, parts[i].ptr, parts[i].len);
		length += parts[i].len;
	}
	memset(out, 0, FRAME_HEAD);
	memcpy(out, frame_magic, sizeof frame_magic);
	save_u64(out + 8, length);
	save_u64(out + 16, sequence);
	save_u64(out + 24, XXH3_64bits_digest(state));
	save_u64(out + 32, XXH3_64bits_withSeed(out, 32, seed));
	XXH3_freeState(state);
}

int frame_read(struct span file, size_t at, uint64_t seed, struct frame *ret_frame)
{
	struct span rest = span_skip(file, at);
	if (!rest.len)
		return -E_EOF;
	if (rest.len < FRAME_HEAD || memcmp(rest.ptr, frame_magic, sizeof frame_magic) != 0 ||
	    load_u64(rest.ptr + 32) != XXH3_64bits_withSeed(rest.ptr, 32, seed))
		return -E_CORRUPT;
	uint64_t length = load_u64(rest.ptr + 8);
	if (length > rest.len - FRAME_HEAD)
		return -E_CORRUPT;
	struct span payload = span_of(rest.ptr + FRAME_HEAD, length);
	if (load_u64(rest.ptr + 24) != XXH3_64bits_withSeed(payload.ptr, payload.len, seed))
		return -E_CORRUPT;
	*ret_frame = (struct frame){
	    .sequence = load_u64(rest.ptr + 16), .payload = payload, .end = at + FRAME_HEAD + length};
	return 0;
}

int frame_records(struct span payload, int (*fn)(void *arg, struct span record), void *arg)
{
	while (payload.len) {
		uint32_t length;
		if (payload.len < sizeof length)
			return -E_CORRUPT;
		memcpy(&length, payload.ptr, sizeof length);
		payload = span_skip(payload, sizeof length);
		if (length > payload.len)
			return -E_CORRUPT;
		int rc = fn(arg, span_of(payload.ptr, length));
		if (rc < 0)
			return rc;
		payload = span_skip(payload, length);
	}
	return 0;
}

/* Whether a sound frame starts anywhere past this offset. */
static bool frame_follows(struct span file, size_t at, uint64_t seed)
{
	struct frame ignored;
	const char *end = file.ptr + file.len, *p = file.ptr + at + 1;
	while (p < end && (p = memmem(p, (size_t)(end - p), frame_magic, sizeof frame_magic)) != NULL) {
		if (frame_read(file, (size_t)(p - file.ptr), seed, &ignored) == 0)
			return true;
		p++;
	}
	return false;
}

int frame_walk(
    struct span file, int (*fn)(void *arg, struct span payload), void *arg, struct frame_scan *scan)
{
	*scan = (struct frame_scan){0};
	int rc = frame_file_seed(file, &scan->seed);
	if (rc < 0)
		return rc;
	scan->end = FILE_HEAD;
	struct frame f;
	while ((rc = frame_read(file, scan->end, scan->seed, &f)) == 0) {
		scan->bad_at = scan->end;
		if (f.sequence != scan->sequence + 1)
			return -E_CORRUPT;
		scan->rc_fn = fn(arg, f.payload);
		if (scan->rc_fn < 0)
			return -E_CORRUPT;
		scan->sequence = f.sequence;
		scan->end = f.end;
	}
	scan->bad_at = scan->end;
	return rc == -E_CORRUPT && frame_follows(file, scan->end, scan->seed) ? -E_CORRUPT : 0;
}
