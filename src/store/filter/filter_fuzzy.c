#include "store/filter/codepoint.h"
#include "store/filter/filter_node.h"
#include "store/text/text_query.h"

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

/* The distance of the last threshold that a query of this length reaches; -1 if it reaches none. */
static int parse_thresholds(
    const struct filter_leaf *leaf, yyjson_val *thresholds, size_t length, int *ret_distance)
{
	size_t i, n;
	yyjson_val *threshold;
	uint64_t chars = 0, distance = 0;
	int reached = -1;
	if (yyjson_arr_size(thresholds) == 0)
		return filter_refuse(leaf, "Fuzzy requires `max_edit_distance`, a list of thresholds");
	yyjson_arr_foreach(thresholds, i, n, threshold)
	{
		int rc = parse_threshold(leaf, threshold, &chars, &distance);
		if (rc < 0)
			return rc;
		if (length >= chars)
			reached = (int)distance;
	}
	*ret_distance = reached;
	return 0;
}

int filter_parse_fuzzy(const struct filter_leaf *leaf, struct filter *f)
{
	yyjson_val *exact_case = yyjson_obj_get(leaf->option, "case_sensitive");
	struct span text = json_span(leaf->operand);
	size_t length = codepoint_count(text);
	int distance = -1;
	if (!yyjson_is_str(leaf->operand))
		return filter_mismatch(leaf, SPAN("string"));
	if (length > TEXT_QUERY_MAX)
		return filter_refuse(leaf, "the query is longer than %d characters", TEXT_QUERY_MAX);
	if (exact_case && !yyjson_is_bool(exact_case))
		return filter_refuse(leaf, "`case_sensitive` must be true or false");
	int rc = parse_thresholds(leaf, yyjson_obj_get(leaf->option, "max_edit_distance"), length, &distance);
	if (rc < 0)
		return rc;
	if (distance < 0)
		f->kind = FILTER_SOME; /* of no parts: nothing */
	else
		f->fuzzy = fuzzy_new(leaf->arena, text, (uint32_t)distance, !yyjson_is_false(exact_case));
	return 0;
}
