/* The local store: a Turbopuffer-compatible vector and full-text store in one process, on one directory.
 *
 * store_handle() answers one HTTP request. It blocks (locks, fdatasync), so a server calls it on a thread of
 * its blocking pool, never on a loop. It is thread-safe: each namespace has a read-write lock, writes to
 * different namespaces share one fdatasync (group commit). A write that answers 200 is on the disk. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

struct store;

struct store_options {
	/* Bytes a reply may have; 0: 1 GiB. */
	size_t reply_max;
	/* Rows that one request may delete or patch by filter; 0: 5,000,000 and 50,000. */
	size_t delete_rows_max, patch_rows_max;
};

/* What happened while a store was opened, for the operator. */
struct store_report {
	struct span problem; /* why it failed; in the arena */
	uint64_t bytes_cut;  /* of an unfinished write at the end of the log */
	/* The log was mostly garbage and has been rewritten, or (rewrite_rc < 0) should have been: then the
	 * old file stays in use. Sizes are 0 if there was no need. */
	uint64_t bytes_before, bytes_after;
	int rewrite_rc;
};

/* Opens the store in this directory (made if it is missing), or one in memory only if dir is NULL. `opts` may
 * be NULL. -E_BUSY: another process has it open. -E_CORRUPT: the log is damaged. The report is filled in any
 * case. */
MUST_USE int store_open(const char *dir, const struct store_options *opts, struct arena *a,
    struct store **ret_store, struct store_report *ret_report);
/* Waits for no one: no request may be under way. Returns NULL; NULL is fine. */
struct store *store_close(struct store *st);

struct store_request {
	struct span method, path, query; /* path without query string; query without `?`; both as they came */
	struct span body;                /* inflated */
	struct arena *arena;
};

struct store_reply {
	int status;
	const char *content_type; /* static text */
	struct buf body;          /* the caller frees it */
};

/* Answers the request; never fails: trouble is a reply too. */
void store_handle(struct store *st, const struct store_request *req, struct store_reply *ret_reply);
/* The reply of the ordinary error shape, for refusals that happen before the store is asked. */
void store_reply_error(struct store_reply *ret_reply, int status, struct span text);
