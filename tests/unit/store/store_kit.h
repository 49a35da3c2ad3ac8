/* A store and a one-line way to ask it, for the tests of this folder. */
#pragma once

#include <stdio.h>

#include "../test.h"

#include "store/store.h"

struct kit {
	struct store *st;
	struct arena *arena;
	struct store_reply reply;
	struct store_report report;
	bool respond_async;
};

/* Opens a store in the directory, or in memory; the test fails if that does. */
static inline struct kit kit_open_with(const char *dir, const struct store_options *opts)
{
	struct kit k = {.arena = arena_new()};
	int rc = store_open(dir, opts, k.arena, &k.st, &k.report);
	if (rc < 0)
		fail_msg("store_open: %d %.*s", rc, SPAN_FMT(k.report.problem));
	return k;
}

static inline struct kit kit_open(const char *dir)
{
	return kit_open_with(dir, NULL);
}

static inline void kit_close(struct kit *k)
{
	store_close(k->st);
	buf_free(&k->reply.body);
	arena_free(k->arena);
	*k = (struct kit){0};
}

/* Sends "METHOD /path?query" with a body; the answer stays in k->reply until the next one. */
static inline int kit_ask(struct kit *k, const char *what, const char *body)
{
	struct span path = span_str(what), method = span_cut(&path, ' '), query = path;
	path = span_cut(&query, '?');
	struct store_request req = {.method = method,
	    .path = path,
	    .query = query,
	    .body = span_str(body),
	    .arena = k->arena,
	    .respond_async = k->respond_async};
	buf_free(&k->reply.body);
	store_handle(k->st, &req, &k->reply);
	return k->reply.status;
}

/* Asks, and expects this status and this text somewhere in the body. */
#define kit_expect(k, what, sent, want_status, want_text)                                                    \
	do {                                                                                                 \
		int status_ = kit_ask((k), (what), (sent));                                                  \
		struct span got_ = buf_span(&(k)->reply.body);                                               \
		if (status_ != (want_status) || !span_contains(got_, span_str(want_text)))                   \
			fail_msg("%s %s\n  got %d %.*s\n  want %d …%s…", (what), (sent), status_,            \
			    SPAN_FMT(got_), (want_status), (want_text));                                     \
	} while (0)

/* One request and what it answers: in the body ' stands for ", and in the text for either. */
struct step {
	const char *what, *body;
	int status;
	const char *text;
};

#define SCENARIO_STEPS 12
/* Steps on a store of their own, up to the first without `what`. */
struct scenario {
	const char *about;
	struct step steps[SCENARIO_STEPS];
};

static inline const char *kit_swapped(struct kit *k, struct span text, char from, char to)
{
	char *copy = arena_str(k->arena, text);
	for (char *p = copy; *p; p++)
		*p = *p == from ? to : *p;
	return copy;
}

static inline const char *kit_quoted(struct kit *k, const char *text)
{
	return kit_swapped(k, span_str(text), '\'', '"');
}

static inline void kit_step(struct kit *k, const struct step *step)
{
	int status = kit_ask(k, step->what, kit_quoted(k, step->body));
	const char *got = kit_swapped(k, buf_span(&k->reply.body), '"', '\'');
	if (status != step->status || !strstr(got, step->text))
		fail_msg("%s %s\n  got %d %s\n  want %d …%s…", step->what, step->body, status, got,
		    step->status, step->text);
}

static inline void kit_play(const struct scenario *s, const struct store_options *opts)
{
	struct kit k = kit_open_with(NULL, opts);
	print_message("# %s\n", s->about);
	for (size_t i = 0; i < SCENARIO_STEPS && s->steps[i].what; i++)
		kit_step(&k, &s->steps[i]);
	kit_close(&k);
}
