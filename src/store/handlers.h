/* What the route handlers of the store share. */
#pragma once

#include "store/catalog.h"
#include "store/cloud/tail.h"
#include "store/log/change.h"
#include "store/log/commit_log.h"
#include "store/store.h"
#include "store/write/write_plan.h"

struct store {
	struct catalog catalog;
	struct commit_log *log; /* NULL: in memory only */
	size_t reply_max;
	struct write_limits limits;
	struct cloud *cloud; /* NULL: nothing is simulated */
	bool admin;
};

/* One request on its way through a handler. */
struct call {
	struct store *store;
	const struct store_request *req;
	struct span ns; /* the namespace in the path, decoded; empty without */
	yyjson_val *body;
	struct store_reply *reply;
	struct refusal refusal;
	uint64_t started_ns;
	struct visit *visit; /* of store/cloud; NULL: nothing is simulated */
	bool quiet;          /* the request of an operation: the simulation had its say before */
};

/* As store_handle(). */
void store_answer(
    struct store *st, const struct store_request *req, bool quiet, struct store_reply *ret_reply);

/* Applies a record of the log to the (struct store) `store`, as at its opening. -E_CORRUPT; -E_FULL: too many
 * namespaces. */
MUST_USE int store_replay(void *store, struct span record);
/* Makes the change durable; 500 in the refusal if that fails. `schema` is the one in force after it. */
MUST_USE int store_commit(struct call *c, const struct change *change, const struct schema *schema);
/* Milliseconds since the request came, as `performance` reports them: at least 3. */
uint64_t call_ms(const struct call *c);
int refuse_not_found(struct call *c);
/* 400: the catalog is full. */
int refuse_too_many(struct call *c);
/* 400 if the namespace takes no writes. */
int refuse_read_only(struct call *c, const struct namespace *ns);

/* Takes the read lock of the namespace, or refuses with 404; end with call_end_read(). */
MUST_USE int call_begin_read(struct call *c, struct holder **ret_holder);
void call_end_read(struct call *c, struct holder *h);
/* The namespace as this query may see it: as it is, or as a lagging index shows it (store/cloud/tail.h). */
struct view {
	struct holder *holder;
	const struct namespace *ns;
	bool lagging;
};
MUST_USE int call_begin_view(struct call *c, struct view *ret_view);
void call_end_view(struct call *c, struct view *view);
/* How far its index is, with its read lock held. */
struct tail_state call_index_state(struct call *c, const struct holder *h);
/* The same with the lock of writers; the namespace may not exist. 400 if there are too many. */
MUST_USE int call_begin_write(struct call *c, struct holder **ret_holder);
void call_end_write(struct call *c, struct holder *h);
/* The end of a write's reply: `billing` (bytes_queried 0: the write read nothing) and `performance`. */
void call_put_billing(const struct call *c, uint64_t bytes_written, uint64_t bytes_queried);

/* Handlers: they fill c->reply (status 200 unless they set it) or c->refusal with -E_INVALID. */
int write_handle(struct call *c);
int copy_handle(struct call *c); /* a write that copies or branches a namespace */
int query_handle(struct call *c);
int explain_handle(struct call *c);
int list_handle(struct call *c);
int delete_handle(struct call *c);
int metadata_v1_handle(struct call *c);
int metadata_v2_handle(struct call *c);
int metadata_update_handle(struct call *c);
int schema_handle(struct call *c);
int schema_update_handle(struct call *c);
int warm_handle(struct call *c);
int recall_handle(struct call *c);
int operation_handle(struct call *c);
int cloud_settings_handle(struct call *c);
int cloud_settings_update_handle(struct call *c);
