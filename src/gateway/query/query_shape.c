#include "gateway/query/query.h"
#include "json/scan.h"

static void read_legs(struct json_scan *s, struct query_shape *shape);

static void read_query(struct json_scan *s, struct query_shape *shape, bool leg)
{
	struct span key;
	json_scan_enter(s, JSON_OBJECT);
	while (json_scan_member(s, &key)) {
		bool there = json_scan_type(s) != JSON_NULL;
		if (json_string_eq(key, SPAN("filters")))
			shape->has_filter |= there;
		else if (json_string_eq(key, SPAN("rank_by")))
			shape->has_rank_by |= there;
		else if (!leg && json_string_eq(key, SPAN("queries")) && json_scan_type(s) == JSON_ARRAY)
			read_legs(s, shape);
	}
}

static void read_legs(struct json_scan *s, struct query_shape *shape)
{
	shape->multi = true;
	json_scan_enter(s, JSON_ARRAY);
	while (json_scan_element(s)) {
		shape->legs++;
		if (json_scan_type(s) == JSON_OBJECT)
			read_query(s, shape, true);
	}
}

struct query_shape query_shape_of(struct span body)
{
	struct query_shape shape = {0};
	struct json_scan s;
	json_scan_init(&s, body);
	read_query(&s, &shape, false);
	shape.known = json_scan_end(&s) == 0;
	return shape.known ? shape : (struct query_shape){0};
}

void query_look_at(struct query_look *look, struct span piece, uint64_t length)
{
	if (look->over || (length != UINT64_MAX && length > QUERY_SHAPE_BYTES_MAX))
		return;
	bool first = look->kept.len == 0;
	if (first && piece.len == length) {
		look->shape = query_shape_of(piece);
		look->over = true;
		return;
	}
	if (first)
		look->kept.max = QUERY_SHAPE_BYTES_MAX;
	buf_append(&look->kept, piece);
	bool whole = piece.len == 0 || look->kept.len == length;
	look->over = whole || buf_status(&look->kept) < 0;
	if (whole && buf_status(&look->kept) == 0)
		look->shape = query_shape_of(buf_span(&look->kept));
	if (look->over)
		query_look_end(look);
}

void query_look_end(struct query_look *look)
{
	buf_free(&look->kept);
}
