#include "../test.h"

#include <stdlib.h>

#include "gateway/edge/errors.h"
#include "json/doc.h"

static const struct {
	enum error_id id;
	const char *code;
	int status;
} rows[] = {
#define X(id, code, status, when) {ERROR_##id, code, status},
    ERRORS_TABLE(X)
#undef X
};

static void table(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_string_equal(error_info(rows[i].id)->code, rows[i].code);
		assert_int_equal(error_info(rows[i].id)->status, rows[i].status);
		assert_in_range(rows[i].status, 400, 599);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(rows[i].code, rows[k].code);
	}
}

/* The body is a JSON object of exactly the code and the message, whatever the message holds. */
static void check_body(struct arena *a, enum error_id id, struct span message)
{
	yyjson_val *root;
	struct span body = error_body(a, id, message);
	assert_int_equal(json_parse(a, body, &root, NULL), 0);
	assert_int_equal(yyjson_obj_size(root), 2);
	assert_span(json_span(json_get(root, SPAN("error"))), error_info(id)->code);
	assert_true(span_eq(json_span(json_get(root, SPAN("message"))), message));
}

static void bodies(void **state)
{
	struct arena *a = arena_new();
	char longest[511];
	memset(longest, 1, sizeof longest); /* six bytes each in JSON */
	for (size_t i = 0; i < COUNT(rows); i++) {
		check_body(a, rows[i].id, SPAN(""));
		check_body(a, rows[i].id, SPAN("a \"quoted\\\" \n\t \xC3\xA9 text"));
		check_body(a, rows[i].id, span_of(longest, sizeof longest));
	}
	arena_free(a);
}

static void statuses(void **state)
{
	static const struct {
		int status;
		enum error_id id;
	} cases[] = {
	    {400, ERROR_BAD_REQUEST},
	    {408, ERROR_REQUEST_TIMEOUT},
	    {413, ERROR_PAYLOAD_TOO_LARGE},
	    {431, ERROR_HEADERS_TOO_LARGE},
	    {500, ERROR_INTERNAL_ERROR},
	    {0, ERROR_INTERNAL_ERROR},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(error_of_status(cases[i].status), cases[i].id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(table),
	    cmocka_unit_test(bodies),
	    cmocka_unit_test(statuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
