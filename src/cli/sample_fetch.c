#include "cli/sample_fetch.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/child.h"
#include "cli/files.h"

#define APT_HELPER      "/usr/lib/apt/apt-helper"
#define SYSTEM_LISTS    "/var/lib/apt/lists"
#define DPKG_STATUS     "/var/lib/dpkg/status"
#define INDEX_BYTES_MAX ((size_t)1 << 30)
#define FETCH_NS        (180 * NS_PER_S)
#define READ_NS         (60 * NS_PER_S)

enum kind { PACKAGES, TRANSLATIONS };

struct fetch {
	struct arena *arena;
	const char *dir;  /* our folder for apt */
	const char *conf; /* apt's configuration for it */
	int log_fd;       /* what apt says */
	struct catalogue *out;
};

/* apt with our configuration keeps its lists and caches in our folder, downloads just the two kinds of index,
 * and leaves the machine's hooks alone. The sources are the machine's own, with their keys. */
static int write_conf(const struct fetch *f, const char *source_list)
{
	struct buf text = buf_new(8192);
	buf_lit(&text,
	    "#clear Acquire::Languages;\n"
	    "Acquire::Languages { \"en\"; };\n"
	    "#clear Acquire::IndexTargets;\n"
	    "Acquire::IndexTargets::deb {\n"
	    "	Packages { MetaKey \"$(COMPONENT)/binary-$(ARCHITECTURE)/Packages\";\n"
	    "		ShortDescription \"Packages\"; Description \"$(RELEASE) Packages\"; };\n"
	    "	Translations { MetaKey \"$(COMPONENT)/i18n/Translation-$(LANGUAGE)\";\n"
	    "		ShortDescription \"Translation\"; Description \"$(RELEASE) Translation\"; };\n"
	    "};\n"
	    "#clear APT::Update::Pre-Invoke;\n"
	    "#clear APT::Update::Post-Invoke;\n"
	    "#clear APT::Update::Post-Invoke-Success;\n"
	    "APT::Sandbox::User \"\";\n"
	    "Acquire::Retries \"1\";\n"
	    "Acquire::http::Timeout \"20\";\n"
	    "Acquire::https::Timeout \"20\";\n"
	    "Debug::NoLocking \"true\";\n");
	if (source_list)
		buf_printf(&text, "Dir::Etc::SourceList \"%s\";\nDir::Etc::SourceParts \"/dev/null\";\n",
		    source_list);
	buf_printf(&text,
	    "Dir::State \"%s/state\";\nDir::State::Lists \"%s/lists\";\n"
	    "Dir::State::Status \"%s/status\";\nDir::Cache \"%s/cache\";\nDir::Log \"%s\";\n",
	    f->dir, f->dir, f->dir, f->dir, f->dir);
	int rc = buf_status(&text);
	if (rc == 0)
		rc = write_file(f->conf, buf_span(&text));
	buf_free(&text);
	return rc;
}

static int add_index(const struct fetch *f, enum kind kind, const char *path)
{
	const char *argv[] = {APT_HELPER, "cat-file", path, NULL}; /* apt keeps them compressed or not */
	struct buf text = buf_new(INDEX_BYTES_MAX);
	int rc = child_output(argv, f->log_fd, READ_NS, &text);
	if (rc < 0) {
		buf_free(&text);
		return rc;
	}
	vec_push(&f->out->texts, text);
	if (kind == TRANSLATIONS)
		sample_index_add_translations(&f->out->index, buf_span(&text));
	else
		sample_index_add_packages(&f->out->index, buf_span(&text));
	return 0;
}

static int is_packages(const struct dirent *e)
{
	return strstr(e->d_name, "_Packages") != NULL;
}

static int is_translation(const struct dirent *e)
{
	return strstr(e->d_name, "_Translation-en") != NULL;
}

/* Adds every index of a kind in a folder of apt lists whose name has `suite` in it. */
static int add_kind(const struct fetch *f, const char *lists, enum kind kind, const char *suite)
{
	struct dirent **names;
	int rc = 0,
	    count = scandir(lists, &names, kind == PACKAGES ? is_packages : is_translation, alphasort);
	for (int i = 0; i < count; i++) {
		if (rc == 0 && strstr(names[i]->d_name, suite))
			rc = add_index(f, kind, path_in(f->arena, lists, names[i]->d_name));
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return rc;
}

static int add_all(const struct fetch *f, const char *lists, const char *suite)
{
	int rc = add_kind(f, lists, PACKAGES, suite);
	return rc < 0 ? rc : add_kind(f, lists, TRANSLATIONS, suite);
}

/* The machine's own release, to leave out suites that were added beside it; empty if unknown. */
static struct span codename(const struct fetch *f)
{
	struct span text;
	if (read_file(f->arena, "/etc/os-release", 65536, false, &text) < 0)
		return SPAN_NONE;
	while (text.len) {
		struct span value = span_cut(&text, '\n'), name = span_cut(&value, '=');
		if (span_eq(name, SPAN("VERSION_CODENAME")))
			return value;
	}
	return SPAN_NONE;
}

/* The file that names the release among apt's sources, or NULL: then apt reads all of them. */
static const char *source_list_of(const struct fetch *f)
{
	const char *filter = arena_printf(f->arena, "Release: %.*s", SPAN_FMT(codename(f))).ptr;
	const char *argv[] = {"apt-get", "indextargets", "--format", "$(SOURCESENTRY)", filter, NULL};
	struct buf lines = buf_new(1 << 20);
	const char *path = NULL;
	if (child_output(argv, f->log_fd, READ_NS, &lines) == 0 && lines.len) {
		struct span rest = buf_span(&lines); /* path:line */
		path = arena_str(f->arena, span_cut(&rest, ':'));
	}
	buf_free(&lines);
	return path && access(path, R_OK) == 0 ? path : NULL;
}

static int make_folders(const struct fetch *f)
{
	static const char *const names[] = {"state", "lists/partial", "cache/archives/partial"};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < sizeof names / sizeof *names; i++)
		rc = make_directories(path_in(f->arena, f->dir, names[i]));
	return rc < 0 ? rc : write_file(path_in(f->arena, f->dir, "status"), SPAN_NONE);
}

static bool any_translated(const struct fetch *f)
{
	vec_each (&f->out->index.packages, p) {
		if ((*p)->translated)
			return true;
	}
	return false;
}

static int update(const struct fetch *f)
{
	const char *argv[] = {"apt-get", "-c", f->conf, "-q", "update", NULL};
	struct buf said = buf_new(1 << 20);
	int rc = make_folders(f);
	if (rc == 0)
		rc = write_conf(f, source_list_of(f));
	if (rc == 0)
		rc = child_output(argv, f->log_fd, FETCH_NS, &said);
	buf_free(&said);
	return rc;
}

static int fetch(const struct fetch *f)
{
	const char *lists = path_in(f->arena, f->dir, "lists");
	int rc = add_all(f, lists, "");
	if (rc == 0 && any_translated(f))
		return 0;
	fputs("Fetching the package descriptions with apt …\n", stderr);
	rc = update(f);
	if (rc == 0)
		rc = add_all(f, lists, "");
	if (rc == 0 && any_translated(f))
		return 0;
	fprintf(stderr,
	    "apt could not fetch the long descriptions (%s/apt.log says why); taking the short ones.\n",
	    f->dir);
	rc = add_all(f, SYSTEM_LISTS, arena_printf(f->arena, "_dists_%.*s_", SPAN_FMT(codename(f))).ptr);
	return f->out->index.packages.len ? rc : add_index(f, PACKAGES, DPKG_STATUS);
}

int catalogue_fetch(const char *dir, struct catalogue *ret)
{
	struct catalogue c = {0};
	struct fetch f = {.arena = arena_new(), .out = &c, .log_fd = -1};
	f.dir = path_in(f.arena, dir, "apt");
	f.conf = path_in(f.arena, f.dir, "apt.conf");
	int rc = access(APT_HELPER, X_OK) < 0 ? -E_NOT_FOUND : make_directories(f.dir);
	if (rc == 0 && strpbrk(f.dir, "\"\\\n"))
		rc = -E_INVALID; /* apt's configuration cannot quote it */
	if (rc == 0) {
		f.log_fd =
		    open(path_in(f.arena, f.dir, "apt.log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		rc = fetch(&f);
		if (rc == 0 && !c.index.packages.len)
			rc = -E_NOT_FOUND;
	}
	if (f.log_fd >= 0)
		close(f.log_fd);
	arena_free(f.arena);
	if (rc < 0)
		catalogue_free(&c);
	else
		*ret = c;
	return rc;
}

void catalogue_free(struct catalogue *c)
{
	sample_index_free(&c->index);
	vec_each (&c->texts, text)
		buf_free(text);
	vec_free(&c->texts);
}
