#include "store/codepoint.h"
#include "store/filter_node.h"

/* [attr, "Fuzzy", text, {"max_edit_distance": [{"min_query_chars", "distance"}…], "case_sensitive"}] */

static int parse_threshold(
    const struct filter_leaf *leaf, yyjson_val *json, uint64_t *ret_chars, uint64_t *ret_distance)
{
	yyjson_val *chars = yyjson_obj_get(json, "min_query_chars"),
	           *distance = yyjson_obj_get(json, "distance");
	if (!yyjson_is_uint(chars) || !yyjson_is_uint(distance))
		return filter_refuse(
		    leaf, "each entry of max_edit_distance needs `min_query_chars` and `distance`");
	*ret_chars = yyjson_get_uint(chars);
	*ret_distance = yyjson_get_uint(distance);
	if (*ret_distance > FUZZY_MAX_DISTANCE)
		return filter_refuse(leaf, "max_edit_distance: distance must be 0, 1 or 2");
	if (*ret_chars < 3 * (*ret_distance + 1))
		return filter_refuse(leaf,
		    "max_edit_distance: distance %d needs min_query_chars of at least %d", (int)*ret_distance,
		    (int)(3 * (*ret_distance + 1)));
	return 0;
}

int filter_parse_fuzzy(const struct filter_leaf *leaf, struct filter *f)
{
	yyjson_val *thresholds = yyjson_obj_get(leaf->option, "max_edit_distance"), *threshold;
	yyjson_val *case_sensitive = yyjson_obj_get(leaf->option, "case_sensitive");
	if (!yyjson_is_str(leaf->operand))
		return filter_mismatch(leaf, SPAN("string"));
	if (yyjson_arr_size(thresholds) == 0)
		return filter_refuse(leaf, "Fuzzy requires `max_edit_distance`, a list of thresholds");
	if (case_sensitive && !yyjson_is_bool(case_sensitive))
		return filter_refuse(leaf, "`case_sensitive` must be true or false");

	struct span text = json_span(leaf->operand);
	size_t length = codepoint_count(text), i, n;
	uint64_t allowed = 0, chars = 0, distance = 0;
	bool reached = false;
	yyjson_arr_foreach(thresholds, i, n, threshold)
	{
		int rc = parse_threshold(leaf, threshold, &chars, &distance);
		if (rc < 0)
			return rc;
		if (length >= chars) {
			allowed = distance;
			reached = true;
		}
	}
	if (!reached) {
		f->kind = FILTER_SOME; /* of no parts: nothing */
		return 0;
	}
	f->fuzzy = fuzzy_new(
	    leaf->arena, text, (uint32_t)allowed, !case_sensitive || yyjson_get_bool(case_sensitive));
	return 0;
}
