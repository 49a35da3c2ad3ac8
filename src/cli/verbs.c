#include "cli/verbs.h"

#include <stddef.h>

struct verb_info {
	const char *name, *summary, *text;
};

static const struct verb_info verbs[] = {
    [VERB_DEV] = {"dev", "run Layer on this machine, offline",
        "Starts a local Turbopuffer-compatible store and the gateway in front of it, and prints the URL, "
        "the\n"
        "key and what to try next. Ctrl-C stops both. What is written stays in the data directory."},
    [VERB_SAMPLE] = {"sample", "load the sample data set through a running gateway",
        "The sample is this machine's own package catalogue: name, section, priority, maintainer, homepage,\n"
        "tags, installed size and the long English description of every package, fetched by apt into a\n"
        "folder of our own (without a network the short descriptions that are there). Each package also has\n"
        "a vector made by feature hashing of the words in its name and summary: no model, so it finds "
        "shared\n"
        "words, not meaning. "
        "It lands in the namespace debian-packages. What is loaded already is not loaded\n"
        "again."},
};

struct flag {
	const char *name, *value; /* value: what stands for it in the help; NULL for a switch */
	unsigned verbs;           /* bits: 1 << verb */
	size_t offset;            /* in struct options */
	const char *preset, *text;
};

#define OF(verb)    (1U << VERB_##verb)
#define FIELD(name) offsetof(struct options, name)
static const struct flag flags[] = {
    {"--listen", "ADDRESS:PORT", OF(DEV), FIELD(listen), "127.0.0.1:8080", "where the gateway listens"},
    {"--data", "DIR", OF(DEV) | OF(SAMPLE), FIELD(data), NULL,
        "the data directory (default: layer in $XDG_DATA_HOME or ~/.local/share)"},
    {"--api-key", "KEY", OF(DEV) | OF(SAMPLE), FIELD(api_key), NULL,
        "the key that clients send (default: $TURBOPUFFER_API_KEY, or one made once and kept in the data "
        "directory)"},
    {"--sample", NULL, OF(DEV), FIELD(sample), NULL, "load the sample data set, unless it is there"},
    {"--url", "URL", OF(SAMPLE), FIELD(url), "http://127.0.0.1:8080", "the gateway"},
    {"--packages", "N", OF(SAMPLE), FIELD(packages), NULL, "load the first N packages only"},
    {"--help", NULL, OF(DEV) | OF(SAMPLE), FIELD(help), NULL, "show this"},
};

static const struct flag *flag_named(enum verb verb, struct span name)
{
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		if (flags[i].verbs & 1U << verb && span_eq(span_str(flags[i].name), name))
			return &flags[i];
	}
	return NULL;
}

static void set_text(struct options *o, const struct flag *f, const char *value)
{
	memcpy((char *)o + f->offset, &value, sizeof value);
}

static void set_switch(struct options *o, const struct flag *f)
{
	*(bool *)((char *)o + f->offset) = true;
}

/* Both "--name value" and "--name=value". */
static int parse_flags(int argc, char *const *argv, struct options *o, struct buf *error)
{
	for (int i = 0; i < argc; i++) {
		struct span rest = span_str(argv[i]), name = span_cut(&rest, '=');
		const struct flag *f = flag_named(o->verb, name);
		bool joined = name.len < strlen(argv[i]);
		if (!f) {
			buf_printf(error, "`layer %s` knows no \"%s\"", verbs[o->verb].name, argv[i]);
			return -E_INVALID;
		}
		if (!f->value && joined) {
			buf_printf(error, "%s takes no value", f->name);
			return -E_INVALID;
		}
		if (f->value && !joined && i + 1 == argc) {
			buf_printf(error, "%s needs a value: %s %s", f->name, f->name, f->value);
			return -E_INVALID;
		}
		if (!f->value)
			set_switch(o, f);
		else
			set_text(o, f, joined ? rest.ptr : argv[++i]);
	}
	return 0;
}

int options_parse(int argc, char *const *argv, struct options *ret, struct buf *error)
{
	struct options o = {.verb = VERB_COUNT};
	struct span first = argc > 1 ? span_str(argv[1]) : SPAN("--help");
	if (span_eq(first, SPAN("--help")) || span_eq(first, SPAN("-h")) || span_eq(first, SPAN("help"))) {
		o.help = true;
	} else if (span_eq(first, SPAN("--version")) || span_eq(first, SPAN("version"))) {
		o.version = true;
	} else {
		for (int v = 0; v < VERB_COUNT; v++) {
			if (span_eq(first, span_str(verbs[v].name)))
				o.verb = (enum verb)v;
		}
		if (o.verb == VERB_COUNT) {
			buf_printf(error, "there is no \"%s\"; `layer --help` shows what there is", argv[1]);
			return -E_INVALID;
		}
		for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
			if (flags[i].preset && flags[i].verbs & 1U << o.verb)
				set_text(&o, &flags[i], flags[i].preset);
		}
		int rc = parse_flags(argc - 2, argv + 2, &o, error);
		if (rc < 0)
			return rc;
	}
	*ret = o;
	return 0;
}

static void put_padded(struct buf *out, const char *name, const char *value, int width)
{
	struct buf left = buf_new(200);
	buf_printf(&left, value ? "%s %s" : "%s%s", name, value ? value : "");
	buf_printf(out, "  %-*.*s  ", width, SPAN_FMT(buf_span(&left)));
	buf_free(&left);
}

static void put_flags(struct buf *out, enum verb verb)
{
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		if (!(flags[i].verbs & 1U << verb))
			continue;
		put_padded(out, flags[i].name, flags[i].value, 21);
		buf_printf(out, "%s", flags[i].text);
		if (flags[i].preset)
			buf_printf(out, " (default: %s)", flags[i].preset);
		buf_byte(out, '\n');
	}
}

void verbs_put_help(struct buf *out, enum verb verb)
{
	if (verb < VERB_COUNT) {
		buf_printf(out, "layer %s: %s\n\n%s\n\nFlags:\n", verbs[verb].name, verbs[verb].summary,
		    verbs[verb].text);
		put_flags(out, verb);
		return;
	}
	buf_lit(out, "layer: a gateway in front of Turbopuffer, and a store of its own for your machine\n\n");
	for (int v = 0; v < VERB_COUNT; v++) {
		put_padded(out, "layer", verbs[v].name, 21);
		buf_printf(out, "%s\n", verbs[v].summary);
	}
	put_padded(out, "layer --version", NULL, 21);
	buf_lit(out, "print the version\n\n`layer dev --sample` is the place to start; `layer VERB --help` "
	             "shows a verb's flags.\n");
}

void verbs_put_docs(struct buf *out)
{
	buf_lit(out, "# Command line\n");
	for (int v = 0; v < VERB_COUNT; v++) {
		buf_printf(out, "\n## layer %s\n\n%s\n\n| Flag | Default | Meaning |\n| --- | --- | --- |\n",
		    verbs[v].name, verbs[v].text);
		for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
			const struct flag *f = &flags[i];
			if (f->verbs & 1U << v)
				buf_printf(out, "| `%s%s%s` | %s | %s |\n", f->name, f->value ? " " : "",
				    f->value ? f->value : "", f->preset ? f->preset : "", f->text);
		}
	}
}
