#include "../test.h"

#include "base/buf.h"
#include "config/yaml.h"

/* Writes a tree as one line: maps {key@line=value}, lists [..], scalars as they are, text in quotes. */
static void dump(const struct yaml_node *node, struct buf *b)
{
	if (node->kind == YAML_SCALAR) {
		buf_printf(b, yaml_is_text(node) ? "'%.*s'" : "%.*s", SPAN_FMT(node->text));
		return;
	}
	buf_byte(b, node->kind == YAML_MAP ? '{' : '[');
	for (const struct yaml_node *child = node->first; child; child = child->next) {
		if (node->kind == YAML_MAP)
			buf_printf(b, "%.*s@%u=", SPAN_FMT(child->key), child->key_line);
		dump(child, b);
		if (child->next)
			buf_byte(b, ' ');
	}
	buf_byte(b, node->kind == YAML_MAP ? '}' : ']');
}

static void trees(void **state)
{
	static const struct {
		const char *text, *tree;
	} cases[] = {
	    {"", ""},
	    {"# nothing\n---\n---\n~\n", ""},
	    {"a: 1\nb:\n  c: x\n  d: [y, 'z']\n", "{a@1=1 b@2={c@3='x' d@4=['y' 'z']}}|"},
	    {"a: x\n---\n# c\nb: y\n...\n", "{a@1='x'}|{b@4='y'}|"},
	    {"{\"a\": {\"b\": [1, true, null, \"\\u00e9\\/\"]},\n\"c\":{}}",
	        "{a@1={b@1=[1 true null '\xC3\xA9/']} c@2={}}|"},
	    {"a: |\n  x\n  y\nb: >-\n  p\n  q\nc:\n", "{a@1='x\ny\n' b@4='p q' c@7=}|"},
	    {"\xEF\xBB\xBF"
	     "a: x",
	        "{a@1='x'}|"},
	    {"- yes\n- No\n- ~\n- 0x1F\n- 1e3\n- -.5\n- .inf\n- 1_0\n- 'off'\n",
	        "[yes No ~ 0x1F 1e3 -.5 .inf 1_0 'off']|"},
	    {"- 5m\n- 1.2.3\n- e5\n- 1e\n- 0x\n- '1'\n- 1-2\n- +\n- yess\n",
	        "['5m' '1.2.3' 'e5' '1e' '0x' '1' '1-2' '+' 'yess']|"},
	    {"? a\n: x\n", "{a@1='x'}|"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena *a = arena_new();
		struct buf b = buf_new(1000);
		struct yaml_node *root;
		struct yaml_error err;
		if (yaml_parse(a, span_str(cases[i].text), &root, &err) < 0)
			fail_msg("%s: line %u: %s", cases[i].text, err.line, err.message);
		for (; root; root = root->next) {
			dump(root, &b);
			buf_byte(&b, '|');
		}
		assert_span(buf_span(&b), cases[i].tree);
		buf_free(&b);
		arena_free(a);
	}
}

static void refused(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *message, *key;
	} cases[] = {
	    {"a: 1\nb: 2\na: 3\n", 3, "duplicate key", "a"},
	    {"a:\n  b: 1\n  \"b\": 2\n", 3, "duplicate key", "b"},
	    {"a: &x [1]\nb: *x\n", 2, "aliases are not supported", ""},
	    {"a: !!str 1\n", 1, "tags are not supported", ""},
	    {"a:\n  - !x {}\n", 2, "tags are not supported", ""},
	    {"? [a]\n: 1\n", 1, "a key must be a scalar", ""},
	    {"a: [1\nb: 2\n", 2, "did not find expected ',' or ']'", ""},
	    {"a: x\n b: y\n", 2, "mapping values are not allowed in this context", ""},
	    {"a: x\n\tb: y\n", 2, "found a tab character that violates indentation", ""},
	    {"a: x\nb: \"\xFF\"\n", 2, "invalid leading UTF-8 octet", ""},
	    {"a: x\nb: \"y\n", 3, "found unexpected end of stream", ""},
	    {"a: \x01\n", 1, "control characters are not allowed", ""},
	    {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 1, "nested too deeply", ""},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena *a = arena_new();
		struct yaml_node *root;
		struct yaml_error err;
		if (yaml_parse(a, span_str(cases[i].text), &root, &err) != -E_INVALID)
			fail_msg("%s is accepted", cases[i].text);
		assert_span(span_str(err.message), cases[i].message);
		assert_span(err.key, cases[i].key);
		if (err.line != cases[i].line)
			fail_msg("%s: line %u", cases[i].text, err.line);
		arena_free(a);
	}
}

static void too_many_nodes(void **state)
{
	struct arena *a = arena_new();
	struct buf b = buf_new(1 << 20);
	struct yaml_node *root;
	struct yaml_error err;
	buf_byte(&b, '[');
	for (size_t i = 0; i < YAML_NODES_MAX; i++)
		buf_lit(&b, "a,");
	buf_byte(&b, ']');
	assert_int_equal(yaml_parse(a, buf_span(&b), &root, &err), -E_INVALID);
	assert_span(span_str(err.message), "more values than a manifest may have");
	buf_free(&b);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(trees), cmocka_unit_test(refused), cmocka_unit_test(too_many_nodes)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
