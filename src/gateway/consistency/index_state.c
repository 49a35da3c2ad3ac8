#include "gateway/consistency/index_state.h"

#include "json/scan.h"

/* Whether the schema has the stamp, filterable. */
static bool stamp_filterable(struct span schema)
{
	struct json_member stamp = {.name = SPAN("_hevlayer_upserted_at")},
	                   filterable = {.name = SPAN("filterable")};
	return json_find_members(schema, &stamp, 1, NULL) == 0 && stamp.value.ptr &&
	       json_find_members(stamp.value, &filterable, 1, NULL) == 0 &&
	       span_eq(filterable.value, SPAN("true"));
}

void index_state_read(struct watermark_poll *poll, struct span metadata)
{
	struct json_member top[] = {{.name = SPAN("index")}, {.name = SPAN("schema")}};
	struct json_member status = {.name = SPAN("status")};
	if (json_find_members(metadata, top, 2, NULL) < 0 || !top[0].value.ptr ||
	    json_find_members(top[0].value, &status, 1, NULL) < 0 || !status.value.ptr ||
	    json_type_of(status.value) != JSON_STRING)
		return;
	if (json_string_eq(status.value, SPAN("up-to-date")))
		poll->seen = WATERMARK_STABLE;
	else if (json_string_eq(status.value, SPAN("updating")))
		poll->seen = WATERMARK_UPDATING;
	poll->filterable = top[1].value.ptr && stamp_filterable(top[1].value);
}
