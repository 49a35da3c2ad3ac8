#include "gateway/write/stamp.h"

#include <inttypes.h>

enum form { ROWS, COLUMNS, IDS, PATCH, OPAQUE };

/* Top-level members that the gateway reads or refuses; each may stand once. */
static const struct {
	struct span key;
	int form;
} operations[] = {
#define X(id, key, form) [OP_##id] = {SPAN(key), form},
    WRITE_OPERATIONS(X)
#undef X
};

static const struct span conditions[] = {
    SPAN("upsert_condition"), SPAN("patch_condition"), SPAN("delete_condition")};
static const struct span removed[] = {SPAN("upserts"), SPAN("patches")};

#define ITEMS(a) (sizeof(a) / sizeof *(a))

void stamp_init(struct stamp *s, struct arena *a, uint64_t stamp_ms, const struct stamp_watcher *watcher)
{
	*s = (struct stamp){.arena = a, .watcher = watcher, .op = OP_NONE};
	json_flow_init(&s->flow);
	s->flow.watch = 1;
	s->member = arena_printf(a, ",\"" STAMP_ATTRIBUTE "\":%" PRIu64, stamp_ms);
	s->first_member = span_skip(s->member, 1);
	s->value = span_skip(s->member, sizeof ",\"" STAMP_ATTRIBUTE "\":" - 1);
	s->value_comma = arena_printf(a, "%.*s,", SPAN_FMT(s->value));
	s->column = SPAN(",\"" STAMP_ATTRIBUTE "\":[");
	s->first_column = span_skip(s->column, 1);
}

void stamp_free(struct stamp *s)
{
	vec_free(&s->pieces);
}

struct span stamp_rest(const struct stamp *s)
{
	return json_flow_rest(&s->flow);
}

uint64_t stamp_len(const struct stamp *s)
{
	uint64_t n = 0;
	vec_each (&s->pieces, p) {
		n += p->text.len * p->times;
	}
	return n;
}

/* Output */

static void put(struct stamp *s, struct span text, uint64_t times)
{
	if (text.len && times)
		vec_push(&s->pieces, ((struct stamp_piece){text, times}));
}

/* What came up to here stays as it is. */
static void keep_to(struct stamp *s, const char *at)
{
	if (!s->dropping)
		put(s, span_between(s->kept, at), 1);
	s->kept = at;
}

/* The value that begins now is replaced by the stamp. */
static void replace_value(struct stamp *s)
{
	keep_to(s, s->flow.scan.at);
	put(s, s->value, 1);
	s->dropping = true;
	s->flow.want_end = true;
}

/* Puts a member before the bracket that has just been read. */
static void add_member(struct stamp *s, struct span member, struct span first)
{
	keep_to(s, s->flow.scan.at - 1);
	put(s, s->members ? member : first, 1);
}

/* Refusals */

static int refuse(struct stamp *s, enum error_id error, struct span message)
{
	s->error = error;
	s->message = message;
	return -E_INVALID;
}

static int refuse_duplicate(struct stamp *s, struct span name)
{
	return refuse(s, ERROR_BAD_REQUEST,
	    arena_printf(s->arena, "duplicate key \"%.*s\" in the request body", SPAN_FMT(name)));
}

static int refuse_json(struct stamp *s)
{
	struct json_error e = json_flow_error(&s->flow);
	return refuse(s, ERROR_BAD_REQUEST,
	    arena_printf(s->arena, "the body is not JSON: %s at byte %zu", e.message, e.offset));
}

/* What the caller may not write. The stamp is no such name: it is overwritten. */
static int check_name(struct stamp *s, bool *ret_stamp)
{
	struct span key = s->flow.key;
	*ret_stamp = false;
	if (key.len < 2 || (key.ptr[1] != '_' && key.ptr[1] != '\\') ||
	    !json_string_starts(key, SPAN(RESERVED_PREFIX)))
		return 0;
	*ret_stamp = json_string_eq(key, SPAN(STAMP_ATTRIBUTE));
	if (*ret_stamp)
		return 0;
	return refuse(s, ERROR_VALIDATION_ERROR,
	    arena_printf(s->arena,
	        "attribute %.*s is reserved: names that begin with " RESERVED_PREFIX " are the gateway's own",
	        SPAN_FMT(key)));
}

static bool is_id(struct span key)
{
	return json_string_eq(key, SPAN("id"));
}

/* The parts of a body */

static void begin_container(struct stamp *s)
{
	s->members = s->stamped = s->has_id = s->in_ids = false;
	s->ids = 0;
	s->row_id = SPAN_NONE;
}

/* Notes a member that may stand once. */
static int once(struct stamp *s, unsigned bit, struct span name)
{
	if (s->seen >> bit & 1)
		return refuse_duplicate(s, name);
	s->seen |= 1ULL << bit;
	return 0;
}

static int begin_operation(struct stamp *s, enum write_operation op)
{
	static const enum json_type wanted[] = {
	    [ROWS] = JSON_ARRAY, [COLUMNS] = JSON_OBJECT, [IDS] = JSON_ARRAY, [PATCH] = JSON_OBJECT};
	int form = operations[op].form;
	s->has[op] = true;
	if (form != OPAQUE && s->flow.type == wanted[form]) {
		s->op = op;
		s->form = form;
		s->flow.watch = form == ROWS ? 3 : 2;
		begin_container(s);
	}
	return once(s, op, operations[op].key);
}

static int begin_top(struct stamp *s)
{
	struct span key = s->flow.key;
	unsigned bit = OP_NONE;
	s->flow.watch = 1;
	s->op = OP_NONE;
	for (size_t i = 0; i < ITEMS(operations); i++) {
		if (json_string_eq(key, operations[i].key))
			return begin_operation(s, (enum write_operation)i);
	}
	for (size_t i = 0; i < ITEMS(conditions); i++, bit++) {
		if (json_string_eq(key, conditions[i])) {
			s->conditional = true;
			return once(s, bit, conditions[i]);
		}
	}
	if (json_string_eq(key, SPAN("return_affected_ids"))) {
		s->asks_affected_ids = true;
		return once(s, bit, SPAN("return_affected_ids"));
	}
	for (size_t i = 0; i < ITEMS(removed); i++) {
		if (json_string_eq(key, removed[i]))
			return refuse(s, ERROR_VALIDATION_ERROR,
			    arena_printf(s->arena,
			        "\"%.*s\" is not a write operation any more: use the store's own "
			        "(upsert_rows, patch_rows, …)",
			        SPAN_FMT(removed[i])));
	}
	return 0;
}

/* A member of a row or of a patch. */
static int begin_attribute(struct stamp *s)
{
	bool stamp;
	s->members = true;
	int rc = check_name(s, &stamp);
	if (rc < 0)
		return rc;
	if (stamp) {
		s->stamped = true;
		replace_value(s);
	} else if (s->form == ROWS && is_id(s->flow.key)) {
		s->flow.want_end = true;
		rc = s->has_id ? refuse_duplicate(s, SPAN("id")) : 0;
		s->has_id = true;
	}
	return rc;
}

static int begin_column(struct stamp *s)
{
	bool stamp, array = s->flow.type == JSON_ARRAY;
	s->members = true;
	s->in_ids = false;
	s->flow.watch = 2;
	int rc = check_name(s, &stamp);
	if (rc < 0)
		return rc;
	if (stamp) {
		s->stamped = true;
		s->flow.watch = array ? 3 : 2;
	} else if (is_id(s->flow.key)) {
		if (s->has_id)
			return refuse_duplicate(s, SPAN("id"));
		s->has_id = s->in_ids = array;
		s->flow.watch = array ? 3 : 2;
	}
	return 0;
}

/* A value at depth 2: a row, a column, an id, a member of patch_by_filter. */
static int begin_inner(struct stamp *s)
{
	switch (s->form) {
	case ROWS:
		begin_container(s);
		s->row = s->flow.scan.at;
		s->flow.watch = s->flow.type == JSON_OBJECT ? 3 : 2;
		return 0;
	case COLUMNS:
		return begin_column(s);
	case IDS:
		s->flow.want_end = true;
		return 0;
	default: {
		bool patch = s->flow.type == JSON_OBJECT && json_string_eq(s->flow.key, SPAN("patch"));
		begin_container(s);
		s->flow.watch = patch ? 3 : 2;
		return 0;
	}
	}
}

static int begin_innermost(struct stamp *s)
{
	if (s->form != COLUMNS)
		return begin_attribute(s);
	if (s->in_ids) {
		s->ids++;
		s->flow.want_end = true;
	} else {
		replace_value(s); /* an element of a stamp column that the caller brought */
	}
	return 0;
}

static int begin_value(struct stamp *s)
{
	switch (s->flow.scan.depth) {
	case 0:
		return 0;
	case 1:
		return begin_top(s);
	case 2:
		return begin_inner(s);
	default:
		return begin_innermost(s);
	}
}

static void tell_id(struct stamp *s)
{
	enum json_type type = json_type_of(s->flow.raw);
	if (type != JSON_NUMBER && type != JSON_STRING)
		return;
	s->row_id = s->flow.raw;
	if (s->watcher)
		s->watcher->id(s->watcher->ctx, s->op, s->flow.raw);
}

static void end_row(struct stamp *s)
{
	struct span row = span_between(s->row ? s->row : s->flow.scan.at, s->flow.scan.at);
	if (s->watcher && s->op == OP_UPSERT_ROWS && s->row && s->row_id.ptr)
		s->watcher->row(s->watcher->ctx, s->row_id, row);
	if (!s->stamped)
		add_member(s, s->member, s->first_member);
}

/* The end of upsert_columns or patch_columns: a column as long as that of the ids. */
static void end_columns(struct stamp *s)
{
	if (s->stamped || !s->has_id)
		return;
	add_member(s, s->column, s->first_column);
	if (s->ids) {
		put(s, s->value_comma, s->ids - 1);
		put(s, s->value, 1);
	}
	put(s, SPAN("]"), 1);
}

static void end_value(struct stamp *s)
{
	unsigned depth = s->flow.scan.depth;
	if (s->dropping) {
		s->kept = s->flow.scan.at;
		s->dropping = false;
	} else if (s->flow.raw.ptr) { /* of scalars only ids are asked for */
		tell_id(s);
	} else if (depth == 2 && s->form == ROWS && s->flow.watch == 3) {
		end_row(s);
	} else if (depth == 2 && s->form == PATCH && s->flow.watch == 3) {
		if (!s->stamped)
			add_member(s, s->member, s->first_member);
	} else if (depth == 1 && s->op != OP_NONE && s->form == COLUMNS) {
		end_columns(s);
	}
}

/* A whole body: it must say what to write. */
static int check_operations(struct stamp *s)
{
	for (size_t i = 0; i < OP_NONE; i++) {
		if (s->has[i])
			return 0;
	}
	return refuse(s, ERROR_VALIDATION_ERROR,
	    SPAN("no write operation: the body has none of upsert_rows, upsert_columns, patch_rows, "
	         "patch_columns, "
	         "deletes, delete_by_filter, patch_by_filter, copy_from_namespace, branch_from_namespace, "
	         "schema"));
}

int stamp_feed(struct stamp *s, struct span window, bool final)
{
	enum json_flow_event event;
	int rc = 0;
	s->pieces.len = 0;
	s->row = NULL;
	s->row_id = SPAN_NONE;
	s->kept = window.ptr;
	json_flow_feed(&s->flow, window, final);
	while (rc == 0 && (event = json_flow_next(&s->flow)) > JSON_FLOW_MORE) {
		if (event == JSON_FLOW_VALUE)
			rc = begin_value(s);
		else
			end_value(s);
	}
	if (rc < 0)
		return rc;
	if (event == JSON_FLOW_FAILED)
		return refuse_json(s);
	if (event == JSON_FLOW_DONE && (rc = check_operations(s)) < 0)
		return rc;
	keep_to(s, s->flow.scan.at);
	return 0;
}
