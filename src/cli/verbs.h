/* The command line: verbs and their flags. The parser, --help and docs/cli.md come from the tables in
 * verbs.c. */
#pragma once

#include "base/buf.h"

enum verb { VERB_DEV, VERB_SAMPLE, VERB_COUNT };

/* What the flags say; NULL where one was not given and has no default. */
struct options {
	enum verb verb;
	const char *listen, *data, *url, *api_key, *packages;
	bool sample, help, version;
};

/* Reads argv. On failure -E_INVALID, and *error says what is wrong, naming the argument. With `help` or
 * `version` set nothing else is checked. */
MUST_USE int options_parse(int argc, char *const *argv, struct options *ret, struct buf *error);
/* The text of --help: of one verb, or with VERB_COUNT of the program. */
void verbs_put_help(struct buf *out, enum verb verb);
/* docs/cli.md. */
void verbs_put_docs(struct buf *out);
