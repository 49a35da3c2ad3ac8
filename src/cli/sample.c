#include "cli/sample.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/api.h"
#include "cli/files.h"
#include "cli/sample_fetch.h"
#include "cli/sample_write.h"
#include "json/doc.h"
#include "json/write.h"

#define CALL_NS         (120 * NS_PER_S)
#define BATCH_BYTES_MAX (64 << 20)
#define TEXT_SHOWN_MAX  500

struct load {
	struct api *api;
	struct package *const *packages;
	size_t count;
	struct sample_words *words;
	struct buf body, answer;
	bool terminal;
	int shown; /* percent that was said last */
};

static void show_progress(struct load *l, size_t done)
{
	int percent = (int)(done * 100 / l->count);
	if (!l->terminal && percent / 10 == l->shown / 10)
		return;
	l->shown = percent;
	fprintf(stderr, "%s" SAMPLE_NAMESPACE ": %zu of %zu packages%s", l->terminal ? "\r" : "", done,
	    l->count, l->terminal && done < l->count ? "" : "\n");
}

static int complain(struct load *l, const char *what, int rc, int status)
{
	struct span text = buf_span(&l->answer);
	text.len = text.len > TEXT_SHOWN_MAX ? TEXT_SHOWN_MAX : text.len;
	if (rc < 0)
		fprintf(stderr, "%s: %s\n", what, result_text(rc));
	else
		fprintf(stderr, "%s: the gateway answered %d: %.*s\n", what, status, SPAN_FMT(text));
	return rc < 0 ? rc : -E_IO;
}

/* Whether the last package is there: they are written in order, batch by batch. (The row count of the
 * metadata will not do: it is approximate, and zero for a small namespace.) */
static int loaded_already(struct load *l, bool *ret)
{
	int status, rc;
	assert(l->count); /* an empty catalogue ends earlier */
	buf_clear(&l->body);
	buf_lit(&l->body, "{\"rank_by\":[\"id\",\"asc\"],\"limit\":1,\"filters\":[\"id\",\"Eq\",");
	json_put_string(&l->body, l->packages[l->count - 1]->name);
	buf_lit(&l->body, "]}");
	rc = api_call(l->api, "POST", SPAN("/v2/namespaces/" SAMPLE_NAMESPACE "/query"), buf_span(&l->body),
	    CALL_NS, &status, &l->answer);
	*ret = false;
	if (rc == 0 && status == 404)
		return 0;
	if (rc < 0 || status != 200)
		return complain(l, "Looking for the sample", rc, status);
	struct arena *a = arena_new();
	yyjson_val *root;
	rc = json_parse(a, buf_span(&l->answer), &root, NULL);
	if (rc == 0)
		*ret = yyjson_arr_size(json_get(root, SPAN("rows"))) > 0;
	arena_free(a);
	return rc;
}

static int write_all(struct load *l)
{
	for (size_t at = 0; at < l->count; at += SAMPLE_BATCH_ROWS) {
		size_t rows = l->count - at < SAMPLE_BATCH_ROWS ? l->count - at : SAMPLE_BATCH_ROWS;
		int status = 0, rc;
		buf_clear(&l->body);
		sample_write_batch(&l->body, l->packages + at, rows, l->words);
		rc = buf_status(&l->body);
		if (rc == 0)
			rc = api_call(l->api, "POST", SPAN("/v2/namespaces/" SAMPLE_NAMESPACE),
			    buf_span(&l->body), CALL_NS, &status, &l->answer);
		if (rc < 0 || status != 200)
			return complain(l, "Writing packages", rc, status);
		show_progress(l, at + rows);
	}
	return 0;
}

static int load(struct load *l, const struct catalogue *c)
{
	uint64_t began = time_mono_ns();
	bool there;
	size_t translated = 0;
	int rc = loaded_already(l, &there);
	if (rc < 0)
		return rc;
	if (there) {
		fprintf(stderr, SAMPLE_NAMESPACE ": %zu packages, loaded already\n", l->count);
		return 0;
	}
	if (c->index.names_too_long)
		fprintf(stderr, "Left out for a name past %d bytes: %zu packages\n", PACKAGE_NAME_MAX,
		    c->index.names_too_long);
	for (size_t i = 0; i < l->count; i++) {
		translated += l->packages[i]->translated;
		sample_words_count(l->words, l->packages[i]->name);
		sample_words_count(l->words, sample_summary(l->packages[i]));
	}
	rc = write_all(l);
	if (rc == 0)
		fprintf(stderr, SAMPLE_NAMESPACE ": loaded in %.1f s, %zu with their long description\n",
		    (double)(time_mono_ns() - began) / NS_PER_S, translated);
	return rc;
}

static int run(const struct options *o, struct load *l, struct catalogue *c)
{
	struct arena *a = arena_new();
	const char *dir, *key = o->api_key ? o->api_key : getenv("TURBOPUFFER_API_KEY");
	uint64_t limit = UINT64_MAX;
	int rc = o->packages ? span_to_u64(span_str(o->packages), &limit) : 0;
	if (rc < 0 || limit == 0)
		rc = complain(l, "--packages", -E_INVALID, 0);
	if (rc == 0 && (rc = data_directory(a, o->data, &dir)) < 0)
		complain(l, "The data directory", rc, 0);
	if (rc == 0 && !key && (rc = data_key(a, dir, &key)) < 0)
		complain(l, "The key in the data directory", rc, 0);
	if (rc == 0 && (rc = api_new(span_str(o->url), span_str(key), &l->api)) < 0)
		complain(l, o->url, rc, 0);
	if (rc == 0 && (rc = catalogue_fetch(dir, c)) < 0)
		complain(l, "The package catalogue (is this a machine with apt?)", rc, 0);
	arena_free(a);
	if (rc < 0)
		return rc;
	l->packages = c->index.packages.at;
	l->count = c->index.packages.len < limit ? c->index.packages.len : limit;
	assert(l->count > 0);
	return load(l, c);
}

int sample_run(const struct options *o)
{
	struct catalogue c = {0};
	struct load l = {.words = calloc(1, sizeof *l.words),
	    .body = buf_new(BATCH_BYTES_MAX),
	    .answer = buf_new(1 << 20),
	    .terminal = isatty(STDERR_FILENO)};
	if (!l.words)
		abort();
	int rc = run(o, &l, &c);
	api_free(l.api);
	catalogue_free(&c);
	buf_free(&l.body);
	buf_free(&l.answer);
	free(l.words);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
