/* What is wrong with a configuration: a bounded list, so that a user sees every mistake of every file at
 * once. No text in it quotes a value, so none can show a secret. */
#pragma once

#include "base/arena.h"

#define PROBLEMS_MAX 100

/* For messages that quote a name: printf("%.*s", NAME_FMT(s)), cut to what a line can take. */
#define NAME_FMT(s) (int)((s).len > 128 ? 128 : (s).len), (s).ptr

struct problem {
	struct span file;    /* name within the directory, or "environment" */
	uint32_t line;       /* from 1; 0: the file as a whole */
	struct span field;   /* "spec.endpoint.url"; a variable's name; empty: the document as a whole */
	struct span message; /* one line */
};

struct problems {
	struct arena *arena; /* owns the texts; NULL until the first problem */
	struct problem at[PROBLEMS_MAX];
	size_t len, dropped; /* those past PROBLEMS_MAX are only counted */
};

#define PROBLEM_TEXT_MAX 512 /* longer messages are cut */

/* Adds one; all texts are copied. A zeroed struct is an empty list. */
void problems_put(
    struct problems *p, struct span file, uint32_t line, struct span field, const char *message);
void problems_add(struct problems *p, struct span file, uint32_t line, struct span field, const char *fmt,
    ...) __attribute__((format(printf, 5, 6)));
/* Empties the list and frees its texts; the list is usable again. */
void problems_free(struct problems *p);
