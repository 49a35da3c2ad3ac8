#include "cli/dev_text.h"

struct command {
	const char *title, *path, *body; /* with a body it is a POST */
};

#define SAMPLE "/v2/namespaces/debian-packages"
#define NOTES  "/v2/namespaces/notes"

static const struct command on_sample[] = {
    {"full-text search (BM25)", SAMPLE "/query",
        "{\"rank_by\":[\"description\",\"BM25\",\"small fast web server\"],\"limit\":5,"
        "\"include_attributes\":[\"section\",\"homepage\"]}"},
    {"filter and order", SAMPLE "/query",
        "{\"filters\":[\"And\",[[\"section\",\"Eq\",\"games\"],[\"installed_size\",\"Gt\",100000]]],"
        "\"rank_by\":[\"installed_size\",\"desc\"],\"limit\":5,"
        "\"include_attributes\":[\"installed_size\",\"maintainer\"]}"},
    {"the schema and the size", SAMPLE "/metadata", NULL},
};

static const struct command on_notes[] = {
    {"write two documents", NOTES,
        "{\"distance_metric\":\"cosine_distance\",\"schema\":{\"text\":{\"type\":\"string\","
        "\"full_text_search\":true}},\"upsert_rows\":["
        "{\"id\":1,\"vector\":[0.1,0.9],\"text\":\"a walrus on the ice\",\"year\":1999},"
        "{\"id\":2,\"vector\":[0.8,0.2],\"text\":\"a fox in the snow\",\"year\":2024}]}"},
    {"search by vector, with a filter", NOTES "/query",
        "{\"rank_by\":[\"vector\",\"ANN\",[0.2,0.8]],\"filters\":[\"year\",\"Gte\",1990],\"limit\":5,"
        "\"include_attributes\":[\"text\",\"year\"]}"},
    {"the schema and the size", NOTES "/metadata", NULL},
};

static void put_command(struct buf *out, const struct command *c, struct span url, struct span key)
{
	buf_printf(out, "curl -sS -w '\\n' -H 'Authorization: Bearer %.*s' '%.*s%s'", SPAN_FMT(key),
	    SPAN_FMT(url), c->path);
	if (c->body)
		buf_printf(out, " -d '%s'", c->body);
	buf_byte(out, '\n');
}

void dev_put_commands(struct buf *out, struct span url, struct span key, bool sample)
{
	const struct command *commands = sample ? on_sample : on_notes;
	buf_lit(out, "\nThree commands to try next:\n");
	for (int i = 0; i < 3; i++) {
		buf_printf(out, "\n# %d. %s\n", i + 1, commands[i].title);
		put_command(out, &commands[i], url, key);
	}
	buf_lit(out, "\nThe official SDKs work as they are:\n\n");
	buf_printf(out, "export TURBOPUFFER_BASE_URL='%.*s' TURBOPUFFER_API_KEY='%.*s'\n", SPAN_FMT(url),
	    SPAN_FMT(key));
	buf_lit(out, "\nCtrl-C stops both programs.\n");
}
