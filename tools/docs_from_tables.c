/* Writes the pages of docs/ that come from the program's own tables: docs_from_tables FOLDER.
 * `./dev docs` writes them into docs/; `./dev lint` fails when the committed ones differ. */
#include "cli/verbs.h"
#include "config/manifest.h"
#include "gateway/edge/errors.h"
#include "gateway/routes_table.h"
#include "gateway/settings_table.h"
#include "obs/access_log_table.h"
#include "obs/metrics_table.h"
#include "store/cloud/cloud_settings_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* One cell of a table's row; `|` would end it. */
static void cell(FILE *f, const char *text)
{
	fputc(' ', f);
	for (const char *p = *text ? text : "–"; *p; p++)
		*p == '|' ? fputs("\\|", f) : fputc(*p, f);
	fputs(" |", f);
}

static void row(FILE *f, const char *const *cells, int n)
{
	fputc('|', f);
	for (int i = 0; i < n; i++)
		cell(f, cells[i]);
	fputc('\n', f);
}

#define ROW(f, ...)                                                                                          \
	row(f, (const char *const[]){__VA_ARGS__},                                                           \
	    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* A word of a table (a kind, a scope) as the exposition and the reader have it. */
static const char *lower(const char *word)
{
	static char text[4][32];
	static unsigned next;
	char *out = text[next++ % 4];
	size_t n = strnlen(word, sizeof text[0] - 1);
	for (size_t i = 0; i < n; i++)
		out[i] = word[i] >= 'A' && word[i] <= 'Z' ? (char)(word[i] + 32) : word[i];
	out[n] = 0;
	return out;
}

static void metrics(FILE *f)
{
	fputs("# Metrics\n\nWhat `GET /metrics` tells, in the Prometheus text format.\n\n", f);
	ROW(f, "Name", "Kind", "Labels", "Meaning");
	ROW(f, "---", "---", "---", "---");
#define X(id, kind, unit, name, labels, help) ROW(f, "`" name "`", lower(#kind), labels, help);
	METRICS_TABLE(X)
#undef X
}

static void access_log(FILE *f)
{
	fputs("# Access log\n\nOne JSON object per request and line, on standard output. A text without a "
	      "value is left "
	      "out.\n\n",
	    f);
	ROW(f, "Field", "Meaning");
	ROW(f, "---", "---");
#define X(name, kind, member, meaning) ROW(f, "`" name "`", meaning);
	ACCESS_LOG_TABLE(X)
#undef X
}

static void settings(FILE *f)
{
	fputs("# Settings\n\nWhat `layer-gateway` reads from its environment.\n\n", f);
	ROW(f, "Variable", "Default", "Allowed", "Meaning");
	ROW(f, "---", "---", "---", "---");
#define DEFAULT_TEXT(value)         *value ? "`" value "`" : ""
#define DEFAULT_NUMBER(value)       #value
#define DEFAULT_FLAG(value)         #value
#define ALLOWED_TEXT(least, most)   "text"
#define ALLOWED_NUMBER(least, most) #least " to " #most
#define ALLOWED_FLAG(least, most)   "0 or 1"
#define X(field, type, variable, value, least, most, meaning)                                                \
	ROW(f, "`" variable "`", DEFAULT_##type(value), ALLOWED_##type(least, most), meaning);
	SETTINGS_TABLE(X)
#undef X
}

static void cloud_settings(FILE *f)
{
	fputs("# Settings of the simulated cloud\n\nWhat `layer-store` takes as flags (`index_lag_ms` as "
	      "`--index-lag-ms`) and as members of `/_admin/cloud`. What they do together: [the local "
	      "store](local-store.md#like-the-cloud).\n\n",
	    f);
	ROW(f, "Name", "Default", "With `--cloud`", "Allowed", "Meaning");
	ROW(f, "---", "---", "---", "---", "---");
#define CLOUD_VALUE(value)               value[0] ? "`" value "`" : ""
#define CLOUD_NUMBER(least, most, words) #least " to " #most
#define CLOUD_RATE(least, most, words)   "0 to 1"
#define CLOUD_WORDS(least, most, words)  "some of `" words "`"
#define CLOUD_TEXT(least, most, words)   "at most 128 bytes"
#define X(field, kind, least, most, words, fallback, cloud, unit, meaning)                                   \
	ROW(f, "`" #field "`", CLOUD_VALUE(fallback), CLOUD_VALUE(cloud), CLOUD_##kind(least, most, words),  \
	    meaning);
	CLOUD_SETTINGS_TABLE(X)
#undef X
}

static void routes(FILE *f)
{
	fputs("# Routes\n\nEvery route that `layer-gateway` serves; `HEAD` wherever `GET` is. The scope is "
	      "what a key "
	      "needs. Anything else is 404.\n\n",
	    f);
	ROW(f, "Method", "Path", "Scope", "Meaning");
	ROW(f, "---", "---", "---", "---");
#define X(id, method, pattern, scope, handler, flags, meaning)                                               \
	ROW(f, #method, "`" pattern "`", lower(#scope), meaning);
	ROUTES_TABLE(X)
#undef X
}

static void errors(FILE *f)
{
	fputs("# Errors\n\nWhat the gateway itself answers: `{\"error\": code, \"message\": text}`. "
	      "The store's own errors are relayed as they are.\n\n",
	    f);
	ROW(f, "Status", "Code", "When");
	ROW(f, "---", "---", "---");
#define X(id, code, status, when) ROW(f, #status, "`" code "`", when);
	ERRORS_TABLE(X)
#undef X
}

static void manifests(FILE *f)
{
	struct buf b = buf_new(1 << 20);
	fputs("# Manifest fields\n\nEvery field that is read. What they do together: "
	      "[configuration](configuration.md).\n\n",
	    f);
	manifest_write_manual(&b);
	fwrite(b.ptr, 1, b.len, f);
	buf_free(&b);
}

static void command_line(FILE *f)
{
	struct buf b = buf_new(1 << 20);
	verbs_put_docs(&b);
	fwrite(b.ptr, 1, b.len, f);
	buf_free(&b);
}

static const struct {
	const char *name;
	void (*write)(FILE *f);
} pages[] = {
    {"settings.md", settings},
    {"cloud-settings.md", cloud_settings},
    {"routes.md", routes},
    {"errors.md", errors},
    {"metrics.md", metrics},
    {"access-log.md", access_log},
    {"manifests.md", manifests},
    {"cli.md", command_line},
};

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: docs_from_tables FOLDER\n", stderr);
		return 2;
	}
	mkdir(argv[1], 0777);
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		char path[4096];
		snprintf(path, sizeof path, "%s/%s", argv[1], pages[i].name);
		FILE *f = fopen(path, "w");
		if (!f) {
			perror(path);
			return 1;
		}
		pages[i].write(f);
		fputs("\nThis page is generated from a table in the source: `./dev docs`.\n", f);
		if (fclose(f) != 0) {
			perror(path);
			return 1;
		}
	}
	return 0;
}
