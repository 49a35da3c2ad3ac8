/* The local store: a Turbopuffer-compatible vector and full-text store in one process, on one directory.
 *
 * store_handle() answers one HTTP request. It blocks (locks, fdatasync), so a server calls it on a thread of
 * its blocking pool, never on a loop. It is thread-safe: each namespace has a read-write lock, writes to
 * different namespaces share one fdatasync (group commit). A write that answers 200 is on the disk. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

struct store;
struct cloud_settings;

struct store_options {
	/* Bytes a reply may have; 0: 1 GiB. */
	size_t reply_max;
	/* Rows that one request may delete or patch by filter; 0: 5,000,000 and 50,000. */
	size_t delete_rows_max, patch_rows_max;
	/* Behave like the cloud service (store/cloud/cloud_settings.h); NULL: nothing is simulated. Copied.
	 */
	const struct cloud_settings *cloud;
	/* Serve /_admin/cloud, by which these settings are read and changed; wants `cloud`. */
	bool admin;
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
	bool respond_async; /* has `prefer: respond-async` */
};

struct store_header {
	struct span name, value;
};

/* How a reply goes out, if something is simulated; all zero: at once, whole. */
struct delivery {
	uint64_t ready_ns;    /* not before this time (monotonic) */
	uint64_t bytes_per_s; /* of the body; 0: as fast as it goes */
	enum {
		CUT_NONE,
		CUT_HEAD,
		CUT_BODY
	} cut;                          /* the connection ends before the head; inside of the body */
	uint32_t cut_permille;          /* after that part of the body */
	struct store_header headers[4]; /* in the request's arena */
	size_t headers_len;
};

struct store_reply {
	int status;
	const char *content_type; /* static text */
	struct buf body;          /* the caller frees it */
	struct delivery delivery;
};

/* Answers the request; never fails: trouble is a reply too. Never sleeps: the simulation says in the reply
 * what is to be waited for, and takes all time from base/time, so that it runs on virtual time as well. */
void store_handle(struct store *st, const struct store_request *req, struct store_reply *ret_reply);
/* The reply of the ordinary error shape, for refusals that happen before the store is asked. */
void store_reply_error(struct store_reply *ret_reply, int status, struct span text);
