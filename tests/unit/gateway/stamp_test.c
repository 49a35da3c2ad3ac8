#include "../test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "gateway/write/stamp.h"

#define STAMP 1715600400000ULL
#define T     "1715600400000"
#define M     "\"_hevlayer_upserted_at\":" T

/* What a watcher is told, one line each. */
static void on_id(void *ctx, enum write_operation op, struct span id)
{
	buf_printf(ctx, "id %d %.*s\n", op, SPAN_FMT(id));
}

static void on_row(void *ctx, struct span id, struct span row)
{
	buf_printf(ctx, "row %.*s %.*s\n", SPAN_FMT(id), SPAN_FMT(row));
}

struct outcome {
	int rc;
	enum error_id error;
	char message[512];
	struct buf out, told;
	bool conditional;
};

/* Stamps a body that comes in pieces of this many bytes. */
static struct outcome stamp_body(struct span body, size_t piece)
{
	struct outcome o = {.out = buf_new(1 << 20), .told = buf_new(1 << 20)};
	struct stamp_watcher watcher = {&o.told, on_id, on_row};
	struct arena *a = arena_new();
	struct stamp s;
	struct buf window = buf_new(1 << 20);
	struct span left = body;
	stamp_init(&s, a, STAMP, &watcher);
	do {
		size_t n = piece < left.len ? piece : left.len;
		buf_append(&window, span_of(left.ptr, n));
		left = span_skip(left, n);
		o.rc = stamp_feed(&s, buf_span(&window), left.len == 0);
		uint64_t len = stamp_len(&s), before = o.out.len;
		vec_each (&s.pieces, p) {
			for (uint64_t i = 0; i < p->times; i++)
				buf_append(&o.out, p->text);
		}
		if (o.rc == 0)
			assert_int_equal(o.out.len - before, len);
		struct span rest = stamp_rest(&s);
		if (rest.len)
			memmove(window.ptr, rest.ptr, rest.len);
		window.len = rest.len;
	} while (o.rc == 0 && left.len);
	if (o.rc < 0) {
		o.error = s.error;
		snprintf(o.message, sizeof o.message, "%.*s", SPAN_FMT(s.message));
	}
	o.conditional = s.conditional;
	stamp_free(&s);
	buf_free(&window);
	arena_free(a);
	return o;
}

static void outcome_free(struct outcome *o)
{
	buf_free(&o->out);
	buf_free(&o->told);
}

/* body, the same as it leaves */
static const char *const bodies[][2] = {
    {"{\"upsert_rows\":[{\"id\":1,\"a\":\"x\"},{\"id\":\"k\"}]}",
        "{\"upsert_rows\":[{\"id\":1,\"a\":\"x\"," M "},{\"id\":\"k\"," M "}]}"},
    {" { \"upsert_rows\" : [ { \"id\" : 1 } , { } ] , \"x\" : [ 1 ] } ",
        " { \"upsert_rows\" : [ { \"id\" : 1 ," M "} , { " M "} ] , \"x\" : [ 1 ] } "},
    /* deeper objects are no rows; numbers and unknown members keep their text */
    {"{\"patch_rows\":[{\"id\":18446744073709551615,\"m\":{\"_hevlayer_x\":1e400},\"v\":[0.10,-0,1E5]}],"
     "\"z\":1.50}",
        "{\"patch_rows\":[{\"id\":18446744073709551615,\"m\":{\"_hevlayer_x\":1e400},\"v\":[0.10,-0,1E5]," M
        "}],\"z\":1.50}"},
    /* a caller's own stamp is overwritten where it stands, however it is written */
    {"{\"upsert_rows\":[{\"_hevlayer_upserted_at\":5,\"id\":1},{\"id\":2,\"\\u005fhevlayer_upserted_at\" : "
     "{\"a\":[1]} }]}",
        "{\"upsert_rows\":[{\"_hevlayer_upserted_at\":" T
        ",\"id\":1},{\"id\":2,\"\\u005fhevlayer_upserted_at\" : " T " }]}"},
    {"{\"upsert_columns\":{\"id\":[1,2,3],\"a\":[null,\"x\",{}]}}",
        "{\"upsert_columns\":{\"id\":[1,2,3],\"a\":[null,\"x\",{}],\"_hevlayer_upserted_at\":[" T "," T "," T
        "]}}"},
    {"{\"patch_columns\":{\"a\":[[1],[2]],\"id\":[\"p\",\"q\"]}}",
        "{\"patch_columns\":{\"a\":[[1],[2]],\"id\":[\"p\",\"q\"],\"_hevlayer_upserted_at\":[" T "," T "]}}"},
    {"{\"upsert_columns\":{\"id\":[]}}", "{\"upsert_columns\":{\"id\":[],\"_hevlayer_upserted_at\":[]}}"},
    {"{\"upsert_columns\":{\"_hevlayer_upserted_at\":[1,null, [2]],\"id\":[1,2,3]}}",
        "{\"upsert_columns\":{\"_hevlayer_upserted_at\":[" T "," T ", " T "],\"id\":[1,2,3]}}"},
    {"{\"patch_by_filter\":{\"filters\":[\"a\",\"Eq\",{\"patch\":{}}],\"patch\":{\"a\":1}}}",
        "{\"patch_by_filter\":{\"filters\":[\"a\",\"Eq\",{\"patch\":{}}],\"patch\":{\"a\":1," M "}}}"},
    {"{\"patch_by_filter\":{\"patch\":{\"_hevlayer_upserted_at\":null},\"filters\":[]}}",
        "{\"patch_by_filter\":{\"patch\":{\"_hevlayer_upserted_at\":" T "},\"filters\":[]}}"},
    {"{\"upsert_rows\":[{\"id\":1}],\"patch_rows\":[{\"id\":2}],\"deletes\":[3,\"x\"]}",
        "{\"upsert_rows\":[{\"id\":1," M "}],\"patch_rows\":[{\"id\":2," M "}],\"deletes\":[3,\"x\"]}"},
    /* what writes no row passes as it is */
    {"{\"deletes\":[1,2]}", NULL},
    {"{\"delete_by_filter\":[\"a\",\"Eq\",1],\"schema\":{\"_hevlayer_upserted_at\":\"int\"}}", NULL},
    {"{\"copy_from_namespace\":\"other\"}", NULL},
    {"{\"branch_from_namespace\":{\"source_namespace\":\"other\"}}", NULL},
    /* shapes that the store refuses, in its own words */
    {"{\"upsert_rows\":{\"id\":1}}", NULL},
    {"{\"upsert_rows\":[1,[{\"id\":1}],null]}", NULL},
    {"{\"upsert_columns\":[{\"id\":[1]}]}", NULL},
    {"{\"upsert_columns\":{\"a\":[1]}}", NULL},
    {"{\"upsert_columns\":{\"id\":7}}", NULL},
    {"{\"upsert_columns\":{\"id\":[1],\"_hevlayer_upserted_at\":7}}", NULL},
    {"{\"patch_by_filter\":[1]}", NULL},
    {"{\"patch_by_filter\":{\"patch\":[1]}}", NULL},
    {"{\"deletes\":7}", NULL},
};

static void stamps(void **state)
{
	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct span body = span_str(bodies[i][0]);
		const char *want = bodies[i][1] ? bodies[i][1] : bodies[i][0];
		for (size_t piece = 1; piece <= body.len; piece++) {
			struct outcome o = stamp_body(body, piece);
			if (o.rc < 0)
				fail_msg("%s: %s", bodies[i][0], o.message);
			assert_span(buf_span(&o.out), want);
			outcome_free(&o);
		}
	}
}

/* body, error, part of the message */
static const struct {
	const char *body;
	enum error_id error;
	const char *message;
} refusals[] = {
    {"{}", ERROR_VALIDATION_ERROR, "no write operation"},
    {"[]", ERROR_VALIDATION_ERROR, "no write operation"},
    {"{\"distance_metric\":\"cosine_distance\"}", ERROR_VALIDATION_ERROR, "no write operation"},
    {"{\"upserts\":[]}", ERROR_VALIDATION_ERROR, "\"upserts\""},
    {"{\"deletes\":[],\"patc\\u0068es\":[]}", ERROR_VALIDATION_ERROR, "\"patches\""},
    {"{\"upsert_rows\":[{\"id\":1,\"_hevlayer_shard\":1}]}", ERROR_VALIDATION_ERROR,
        "\"_hevlayer_shard\" is reserved"},
    {"{\"patch_rows\":[{\"id\":1,\"\\u005fhevlayer_x\":1}]}", ERROR_VALIDATION_ERROR, "is reserved"},
    {"{\"upsert_columns\":{\"id\":[1],\"_hevlayer_\":[1]}}", ERROR_VALIDATION_ERROR, "is reserved"},
    {"{\"patch_by_filter\":{\"filters\":[],\"patch\":{\"_hevlayer_udf_a_v\":1}}}", ERROR_VALIDATION_ERROR,
        "is reserved"},
    {"{\"upsert_rows\":[],\"upsert_rows\":[]}", ERROR_BAD_REQUEST, "\"upsert_rows\""},
    {"{\"deletes\":[1],\"delete_condition\":1,\"delete_conditio\\u006e\":1}", ERROR_BAD_REQUEST,
        "\"delete_condition\""},
    {"{\"deletes\":[],\"return_affected_ids\":true,\"return_affected_ids\":false}", ERROR_BAD_REQUEST,
        "\"return_affected_ids\""},
    {"{\"upsert_rows\":[{\"id\":1,\"a\":2,\"\\u0069d\":1}]}", ERROR_BAD_REQUEST, "\"id\""},
    {"{\"upsert_columns\":{\"id\":[1],\"id\":[1]}}", ERROR_BAD_REQUEST, "\"id\""},
    {"{\"upsert_rows\":[{\"id\":1}]", ERROR_BAD_REQUEST, "at byte 25"},
    {"{\"upsert_rows\":[{\"id\":01}]}", ERROR_BAD_REQUEST, "at byte 23"},
    {"{\"deletes\":[1]} x", ERROR_BAD_REQUEST, "at byte 16"},
    {"", ERROR_BAD_REQUEST, "at byte 0"},
};

static void refuses(void **state)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct span body = span_str(refusals[i].body);
		for (size_t piece = 1; piece <= body.len + 1; piece++) {
			struct outcome o = stamp_body(body, piece);
			if (o.rc == 0 || o.error != refusals[i].error ||
			    !strstr(o.message, refusals[i].message))
				fail_msg("%s: %d %d \"%s\"", refusals[i].body, o.rc, o.error, o.message);
			outcome_free(&o);
		}
	}
}

static void tells(void **state)
{
	static const char body[] =
	    "{\"upsert_rows\":[{\"id\":7,\"t\":[1]},{\"t\":1,\"id\":\"a\\u0062\"},{\"id\":null},{}],"
	    "\"patch_columns\":{\"a\":[1],\"id\":[8,[9],\"x\"]},\"patch_rows\":[{\"id\":5}],"
	    "\"deletes\":[1,\"y\",{\"id\":3},null],\"upsert_condition\":[\"id\",\"Eq\",null]}";
	static const char ids[] = "id 3 8\nid 3 \"x\"\nid 2 5\nid 4 1\nid 4 \"y\"\n";
	char want[512];
	/* null is no id */
	snprintf(want, sizeof want, "%s%s",
	    "id 0 7\nrow 7 {\"id\":7,\"t\":[1]}\nid 0 \"a\\u0062\"\nrow \"a\\u0062\" "
	    "{\"t\":1,\"id\":\"a\\u0062\"}\n",
	    ids);
	struct outcome o = stamp_body(span_str(body), sizeof body);
	assert_int_equal(o.rc, 0);
	assert_span(buf_span(&o.told), want);
	assert_true(o.conditional);
	outcome_free(&o);
	snprintf(want, sizeof want, "%s%s", "id 0 7\nid 0 \"a\\u0062\"\n", ids);
	o = stamp_body(span_str(body), 3); /* rows that no window holds are not told of; ids are */
	assert_span(buf_span(&o.told), want);
	outcome_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(stamps),
	    cmocka_unit_test(refuses),
	    cmocka_unit_test(tells),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
