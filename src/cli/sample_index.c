#include "cli/sample_index.h"

/* Which field goes where. */
static const struct {
	struct span name;
	size_t offset;
} fields[] = {
    {SPAN("Package"), offsetof(struct package, name)},
    {SPAN("Section"), offsetof(struct package, section)},
    {SPAN("Priority"), offsetof(struct package, priority)},
    {SPAN("Maintainer"), offsetof(struct package, maintainer)},
    {SPAN("Homepage"), offsetof(struct package, homepage)},
    {SPAN("Description-md5"), offsetof(struct package, description_md5)},
    {SPAN("Description"), offsetof(struct package, description)},
    {SPAN("Description-en"), offsetof(struct package, description)},
    {SPAN("Tag"), offsetof(struct package, tags)},
    {SPAN("Installed-Size"), offsetof(struct package, installed_size)},
};

/* Cuts a line off *rest, without its newline. */
static struct span cut_line(struct span *rest)
{
	const char *end = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
	struct span line = end ? span_between(rest->ptr, end) : *rest;
	*rest = span_skip(*rest, line.len + 1);
	return line;
}

static bool continues(struct span rest)
{
	return rest.len && (rest.ptr[0] == ' ' || rest.ptr[0] == '\t');
}

static void set_field(struct package *p, struct span name, struct span value)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		if (span_eq_nocase(fields[i].name, name))
			memcpy((char *)p + fields[i].offset, &value, sizeof value);
	}
}

/* Reads the next stanza off *rest; false at the end of the text. */
static bool next_stanza(struct span *rest, struct package *ret)
{
	*ret = (struct package){0};
	while (rest->len && rest->ptr[0] == '\n')
		*rest = span_skip(*rest, 1);
	if (!rest->len)
		return false;
	for (struct span line; (line = cut_line(rest)).len;) {
		size_t colon = span_find(line, ':');
		while (continues(*rest)) {
			struct span more = cut_line(rest);
			line = span_between(line.ptr, more.ptr + more.len);
		}
		set_field(ret, span_of(line.ptr, colon), span_trim(span_skip(line, colon + 1)));
	}
	return true;
}

void sample_index_add_packages(struct sample_index *index, struct span text)
{
	for (struct package p; next_stanza(&text, &p);) {
		if (!p.name.len)
			continue;
		if (p.name.len > PACKAGE_NAME_MAX) {
			index->names_too_long++;
			continue;
		}
		struct package *kept = map_get(&index->by_name, p.name);
		if (!kept) {
			kept = malloc(sizeof *kept);
			if (!kept)
				abort();
			vec_push(&index->packages, kept);
		}
		*kept = p;
		map_put(&index->by_name, p.name, kept);
	}
}

void sample_index_add_translations(struct sample_index *index, struct span text)
{
	for (struct package t; next_stanza(&text, &t);) {
		struct package *p = map_get(&index->by_name, t.name);
		if (!p || !span_eq(p->description_md5, t.description_md5) || !t.description.len)
			continue;
		p->description = t.description;
		p->translated = true;
	}
}

void sample_index_free(struct sample_index *index)
{
	vec_each (&index->packages, p)
		free(*p);
	vec_free(&index->packages);
	map_free(&index->by_name);
	*index = (struct sample_index){0};
}

struct span sample_summary(const struct package *p)
{
	struct span rest = p->description;
	return cut_line(&rest);
}

struct span sample_unfold(struct arena *a, struct span field)
{
	char *out = arena_alloc(a, field.len + 1), *p = out;
	for (bool first = true; field.len; first = false) {
		struct span line = cut_line(&field);
		if (!first) {
			*p++ = '\n';
			line = span_skip(line, 1);
			if (span_eq(span_trim(line), SPAN(".")))
				line = SPAN_NONE;
		}
		if (line.len)
			memcpy(p, line.ptr, line.len);
		p += line.len;
	}
	return span_between(out, p);
}

static bool is_separator(char c)
{
	return c == ',' || c == ' ' || c == '\n' || c == '\t';
}

struct span sample_next_tag(struct span *tags)
{
	size_t len = 0;
	while (tags->len && is_separator(tags->ptr[0]))
		*tags = span_skip(*tags, 1);
	while (len < tags->len && !is_separator(tags->ptr[len]))
		len++;
	struct span tag = span_of(tags->ptr, len);
	*tags = span_skip(*tags, len);
	return tag;
}
