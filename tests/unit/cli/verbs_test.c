#include "../test.h"

#include "cli/verbs.h"

#define ARGS_MAX 8

static void parses(void **state)
{
	static const struct {
		const char *args[ARGS_MAX];
		const char *error; /* NULL: fine */
		const char *listen, *data;
		bool sample;
	} cases[] = {
	    {{"dev"}, NULL, "127.0.0.1:8080", NULL, false},
	    {{"dev", "--sample", "--listen", "127.0.0.1:1"}, NULL, "127.0.0.1:1", NULL, true},
	    {{"dev", "--data=a=b", "--listen="}, NULL, "", "a=b", false},
	    {{"dev", "--data"}, "--data needs a value: --data DIR", NULL, NULL, false},
	    {{"dev", "--sample=yes"}, "--sample takes no value", NULL, NULL, false},
	    {{"dev", "--url", "x"}, "`layer dev` knows no \"--url\"", NULL, NULL, false},
	    {{"dev", "x"}, "`layer dev` knows no \"x\"", NULL, NULL, false},
	    {{"devel"}, "there is no \"devel\"; `layer --help` shows what there is", NULL, NULL, false},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct options o;
		struct buf error = buf_new(1000);
		char *argv[ARGS_MAX + 1] = {(char *)(uintptr_t) "layer"};
		int argc = 1;
		for (; cases[i].args[argc - 1]; argc++)
			argv[argc] = (char *)(uintptr_t)cases[i].args[argc - 1];
		int rc = options_parse(argc, argv, &o, &error);
		assert_span(buf_span(&error), cases[i].error ? cases[i].error : "");
		assert_int_equal(rc, cases[i].error ? -E_INVALID : 0);
		if (rc == 0) {
			assert_int_equal(o.verb, VERB_DEV);
			assert_span(span_str(o.listen), cases[i].listen);
			assert_span(span_str(o.data), cases[i].data ? cases[i].data : "");
			assert_int_equal(o.sample, cases[i].sample);
		}
		buf_free(&error);
	}
}

static void help_names_every_flag(void **state)
{
	static const char *const dev[] = {"--listen ADDRESS:PORT", "--data DIR", "--sample", "--api-key KEY"};
	struct buf help = buf_new(65536), docs = buf_new(65536);
	verbs_put_help(&help, VERB_DEV);
	verbs_put_docs(&docs);
	for (size_t i = 0; i < COUNT(dev); i++) {
		assert_true(span_contains(buf_span(&help), span_str(dev[i])));
		assert_true(span_contains(buf_span(&docs), span_str(dev[i])));
	}
	assert_false(span_contains(buf_span(&help), SPAN("--packages")));
	buf_free(&help);
	buf_free(&docs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parses),
	    cmocka_unit_test(help_names_every_flag),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
