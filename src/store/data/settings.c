#include "store/data/settings.h"

#include <stdlib.h>

#include "base/time.h"
#include "json/write.h"

static struct span text_copy(struct span s)
{
	char *copy = s.len ? malloc(s.len) : NULL;
	if (s.len && !copy)
		abort();
	if (s.len)
		memcpy(copy, s.ptr, s.len);
	return span_of(copy, s.len);
}

void settings_set(struct settings *to, const struct settings *from)
{
	struct settings copy = *from;
	copy.key_name = text_copy(from->key_name);
	copy.parent = text_copy(from->parent);
	settings_free(to);
	*to = copy;
}

void settings_free(struct settings *s)
{
	free((char *)(uintptr_t)s->key_name.ptr);
	free((char *)(uintptr_t)s->parent.ptr);
	*s = (struct settings){0};
}

/* Encryption */

/* Whether the text is `parts` fields between separators, none of them empty, which stand as the pattern says:
 * * for any. */
static bool fields_fit(struct span text, char separator, const struct span *pattern, size_t parts)
{
	for (size_t i = 0; i < parts; i++) {
		struct span field = i + 1 < parts ? span_cut(&text, separator) : text;
		if (!field.len || (!span_eq(pattern[i], SPAN("*")) && !span_eq(pattern[i], field)))
			return false;
	}
	return span_find(text, separator) == text.len;
}

/* projects/P/locations/L/keyRings/R/cryptoKeys/K, or arn:aws:kms:REGION:ACCOUNT:key/K. */
static bool is_key_name(struct span name)
{
	static const struct span google[] = {SPAN("projects"), SPAN("*"), SPAN("locations"), SPAN("*"),
	    SPAN("keyRings"), SPAN("*"), SPAN("cryptoKeys"), SPAN("*")};
	static const struct span amazon[] = {
	    SPAN("arn"), SPAN("aws"), SPAN("kms"), SPAN("*"), SPAN("*"), SPAN("*")};
	if (name.len > KEY_NAME_MAX)
		return false;
	return fields_fit(name, '/', google, sizeof google / sizeof *google) ||
	       fields_fit(name, ':', amazon, sizeof amazon / sizeof *amazon);
}

static int take_key_name(const char *path, yyjson_val *v, struct span *ret, struct refusal *r)
{
	if (!v)
		return refuse_shape(r, path, "missing field `key_name`");
	if (!yyjson_is_str(v))
		return refuse_type(r, arena_printf(r->arena, "%s.key_name", path).ptr, v, "a string");
	if (!is_key_name(json_span(v)))
		return refuse(r, 400, "Malformed Cloud KMS crypto key: %.*s", SPAN_FMT(json_span(v)));
	*ret = json_span(v);
	return 0;
}

int encryption_from_json(const char *path, yyjson_val *v, struct span *ret_key_name, struct refusal *r)
{
	yyjson_val *mode = yyjson_obj_get(v, "mode"), *key = yyjson_obj_get(v, "key_name");
	yyjson_val *cmek = yyjson_obj_get(v, "cmek"), *context = yyjson_obj_get(v, "encryption_context");
	if (!yyjson_is_obj(v))
		return refuse_type(r, path, v, "a map");
	if (context && !yyjson_is_null(context))
		return refuse(r, 400, "💔 `%s.encryption_context` is not supported by this local store", path);
	if (!mode && yyjson_is_obj(cmek))
		return take_key_name(arena_printf(r->arena, "%s.cmek", path).ptr,
		    yyjson_obj_get(cmek, "key_name"), ret_key_name, r);
	if (yyjson_equals_str(mode, "customer-managed"))
		return take_key_name(path, key, ret_key_name, r);
	if (mode && !yyjson_equals_str(mode, "default"))
		return yyjson_is_str(mode) ? refuse_shape(r, path,
		                                 "unknown variant `%.*s`, expected `default` or "
		                                 "`customer-managed`",
		                                 SPAN_FMT(json_span(mode)))
		                           : refuse_type(r, path, mode, "a string");
	if (!mode && !yyjson_is_true(yyjson_obj_get(v, "sse")))
		return refuse_shape(r, path, "missing field `mode`");
	if (key)
		return refuse(r, 400, "💔 `%s.key_name` needs the mode customer-managed", path);
	*ret_key_name = SPAN_NONE;
	return 0;
}

void encryption_to_json(const struct settings *s, int version, struct buf *out)
{
	if (!s->key_name.len) {
		buf_append(out, version == 1 ? SPAN("{\"sse\":true}") : SPAN("{\"mode\":\"default\"}"));
		return;
	}
	buf_append(out, version == 1 ? SPAN("{\"cmek\":{\"key_name\":")
	                             : SPAN("{\"mode\":\"customer-managed\",\"key_name\":"));
	json_put_string(out, s->key_name);
	buf_append(out, version == 1 ? SPAN("}}") : SPAN("}"));
}

/* Sharding, pinning, read_only */

int sharding_from_json(const char *path, yyjson_val *v, uint32_t *ret_shards, struct refusal *r)
{
	yyjson_val *n = yyjson_obj_get(v, "num_shards");
	if (!yyjson_is_obj(v))
		return refuse_type(r, path, v, "struct ShardingConfig");
	if (!n)
		return refuse_shape(r, path, "missing field `num_shards`");
	if (!yyjson_is_uint(n))
		return refuse_type(r, arena_printf(r->arena, "%s.num_shards", path).ptr, n, "u32");
	if (yyjson_get_uint(n) == 0 || yyjson_get_uint(n) > SHARDS_MAX)
		return refuse(r, 400, "💔 %s.num_shards must be between 1 and %d", path, SHARDS_MAX);
	*ret_shards = (uint32_t)yyjson_get_uint(n);
	return 0;
}

static int pinning_from_json(yyjson_val *v, uint32_t *ret_replicas, struct refusal *r)
{
	yyjson_val *n = yyjson_obj_get(v, "replicas");
	if (!yyjson_is_null(v) && !yyjson_is_bool(v) && !yyjson_is_obj(v))
		return refuse_type(r, "pinning", v, "a boolean or an object");
	if (n && !yyjson_is_null(n) && !yyjson_is_uint(n))
		return refuse_type(r, "pinning.replicas", n, "u32");
	bool given = yyjson_is_uint(n);
	if (given && (yyjson_get_uint(n) == 0 || yyjson_get_uint(n) > REPLICAS_MAX))
		return refuse(r, 400, "💔 pinning.replicas must be between 1 and %d", REPLICAS_MAX);
	bool off = yyjson_is_null(v) || yyjson_is_false(v);
	*ret_replicas = off ? 0 : given ? (uint32_t)yyjson_get_uint(n) : 1;
	return 0;
}

int settings_update(struct settings *s, yyjson_val *body, uint64_t now_ns, bool *ret_any, struct refusal *r)
{
	yyjson_val *pinning = yyjson_obj_get(body, "pinning"), *read_only = yyjson_obj_get(body, "read_only");
	if (!yyjson_is_obj(body))
		return refuse_type(r, "", body, "a map");
	if (yyjson_is_null(read_only))
		read_only = NULL;
	if (read_only && !yyjson_is_bool(read_only))
		return refuse_type(r, "read_only", read_only, "a boolean");
	int rc = pinning ? pinning_from_json(pinning, &s->replicas, r) : 0;
	if (rc < 0)
		return rc;
	if (pinning)
		s->pinned_ns = s->replicas ? now_ns : 0;
	if (read_only)
		s->read_only = yyjson_get_bool(read_only);
	*ret_any = pinning || read_only;
	return 0;
}

void settings_to_json(const struct settings *s, struct buf *out)
{
	char text[TIME_RFC3339_MAX];
	if (s->replicas)
		buf_printf(out,
		    ",\"pinning\":{\"replicas\":%u,\"status\":{\"ready_replicas\":%u,\"replicas\":%u,"
		    "\"utilization\":0.0,\"updated_at\":\"%.*s\"}}",
		    s->replicas, s->replicas, s->replicas, (int)time_format_rfc3339(s->pinned_ns, 9, text),
		    text);
	if (s->shards)
		buf_printf(out, ",\"sharding\":{\"num_shards\":%u}", s->shards);
	if (s->parent.len) {
		buf_lit(out, ",\"branching\":{\"parent\":");
		json_put_string(out, s->parent);
		buf_byte(out, '}');
	}
	if (s->read_only)
		buf_lit(out, ",\"read_only\":true");
}
