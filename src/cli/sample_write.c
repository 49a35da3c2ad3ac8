#include "cli/sample_write.h"

#include "base/base64.h"
#include "json/write.h"

_Static_assert(SAMPLE_DIMENSIONS == 128, "so says the schema");
static const char head[] = "{\"distance_metric\":\"cosine_distance\",\"schema\":{"
                           "\"name\":{\"type\":\"string\",\"full_text_search\":true,\"fuzzy\":true,"
                           "\"filterable\":true},"
                           "\"description\":{\"type\":\"string\",\"full_text_search\":true,\"fuzzy\":true},"
                           "\"section\":\"string\",\"priority\":\"string\",\"maintainer\":\"string\","
                           "\"homepage\":{\"type\":\"string\",\"filterable\":false},\"tags\":\"[]string\","
                           "\"installed_size\":\"uint\","
                           "\"vector\":{\"type\":\"[128]f32\",\"ann\":true}},\"upsert_rows\":[";

static void put_text(struct buf *out, struct span name, struct span value)
{
	if (!value.len)
		return;
	buf_append(out, name);
	json_put_string(out, value);
}

static void put_tags(struct buf *out, struct span tags)
{
	struct span tag = sample_next_tag(&tags);
	if (!tag.len)
		return;
	buf_lit(out, ",\"tags\":[");
	json_put_string(out, tag);
	while ((tag = sample_next_tag(&tags)).len) {
		buf_byte(out, ',');
		json_put_string(out, tag);
	}
	buf_byte(out, ']');
}

static void put_vector(struct buf *out, const float vector[SAMPLE_DIMENSIONS])
{
	buf_lit(out, ",\"vector\":\"");
	base64_encode(span_of((const char *)vector, sizeof(float) * SAMPLE_DIMENSIONS), out);
	buf_byte(out, '"');
}

static void put_package(
    struct buf *out, const struct package *p, const struct sample_words *words, struct arena *a)
{
	float vector[SAMPLE_DIMENSIONS];
	struct span description = sample_unfold(a, p->description);
	uint64_t installed_size;
	put_text(out, SPAN("{\"id\":"), p->name);
	put_text(out, SPAN(",\"name\":"), p->name);
	put_text(out, SPAN(",\"section\":"), p->section);
	put_text(out, SPAN(",\"priority\":"), p->priority);
	put_text(out, SPAN(",\"maintainer\":"), p->maintainer);
	put_text(out, SPAN(",\"homepage\":"), p->homepage);
	if (span_to_u64(p->installed_size, &installed_size) == 0) {
		buf_lit(out, ",\"installed_size\":");
		buf_u64(out, installed_size);
	}
	put_tags(out, p->tags);
	put_text(out, SPAN(",\"description\":"), description);
	sample_vector(words, (const struct span[]){p->name, sample_summary(p)}, 2, vector);
	put_vector(out, vector);
	buf_byte(out, '}');
}

void sample_write_batch(
    struct buf *out, struct package *const *packages, size_t count, const struct sample_words *words)
{
	struct arena *a = arena_new();
	buf_append(out, span_str(head));
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_byte(out, ',');
		put_package(out, packages[i], words, a);
		arena_reset(a);
	}
	buf_lit(out, "]}");
	arena_free(a);
}
