/* Makes the C file behind gateway/openapi.h: embed_openapi api/openapi.yaml OUT.c. The YAML goes in as it is;
 * the JSON is made from it here, so that the build needs no YAML reader of another language. */
#include <stdio.h>
#include <stdlib.h>

#include "config/yaml.h"
#include "json/doc.h"
#include "json/write.h"

#define TEXT_MAX (4 << 20)

static void put_scalar(struct buf *b, const struct yaml_node *node)
{
	struct arena *a = arena_new();
	yyjson_val *v;
	/* What JSON takes for a null, a boolean or a number is one in YAML too. */
	bool literal = !node->quoted && node->text.len && json_parse(a, node->text, &v, NULL) == 0;
	if (literal)
		buf_append(b, node->text);
	else if (yaml_is_null(node))
		buf_lit(b, "null");
	else
		json_put_string(b, node->text);
	arena_free(a);
}

static void put_node(struct buf *b, const struct yaml_node *node)
{
	if (node->kind == YAML_SCALAR) {
		put_scalar(b, node);
		return;
	}
	bool first = true, map = node->kind == YAML_MAP;
	buf_byte(b, map ? '{' : '[');
	for (const struct yaml_node *child = node->first; child; child = child->next) {
		if (map)
			json_put_key(b, &first, child->key);
		else if (child != node->first)
			buf_byte(b, ',');
		put_node(b, child);
	}
	buf_byte(b, map ? '}' : ']');
}

static int read_file(const char *path, struct buf *text)
{
	FILE *f = fopen(path, "r");
	if (!f)
		return -E_IO;
	for (char *room; (room = buf_reserve(text, 65536)) != NULL;) {
		size_t n = fread(room, 1, 65536, f);
		if (n == 0)
			break;
		buf_commit(text, n);
	}
	int rc = ferror(f) ? -E_IO : buf_status(text);
	fclose(f);
	return rc;
}

static void write_span(FILE *f, const char *name, struct span s)
{
	fprintf(f, "static const char %s_text[] = {", name);
	for (size_t i = 0; i < s.len; i++)
		fprintf(f, "%s%d,", i % 32 ? "" : "\n\t", (signed char)s.ptr[i]);
	fprintf(f, "\n};\nconst struct span %s = {%s_text, %zu};\n", name, name, s.len);
}

static int write_c(const char *path, struct span yaml, struct span json)
{
	FILE *f = fopen(path, "w");
	if (!f)
		return -E_IO;
	fputs("#include \"gateway/openapi.h\"\n\n", f);
	write_span(f, "openapi_yaml", yaml);
	write_span(f, "openapi_json", json);
	bool failed = ferror(f);
	return fclose(f) != 0 || failed ? -E_IO : 0;
}

int main(int argc, char **argv)
{
	struct arena *a = arena_new();
	struct buf yaml = buf_new(TEXT_MAX), json = buf_new(TEXT_MAX);
	struct yaml_node *root = NULL;
	struct yaml_error err;
	if (argc != 3) {
		fputs("usage: embed_openapi openapi.yaml OUT.c\n", stderr);
		return 2;
	}
	int rc = read_file(argv[1], &yaml);
	if (rc == 0 && (rc = yaml_parse(a, buf_span(&yaml), &root, &err)) < 0)
		fprintf(stderr, "%s:%u: %s\n", argv[1], err.line, err.message);
	if (rc == 0 && root)
		put_node(&json, root);
	if (rc == 0)
		rc = buf_status(&json);
	if (rc == 0)
		rc = write_c(argv[2], buf_span(&yaml), buf_span(&json));
	if (rc < 0)
		fprintf(stderr, "embed_openapi: %s\n", result_text(rc));
	buf_free(&yaml);
	buf_free(&json);
	arena_free(a);
	return rc < 0;
}
