#include "json/splice.h"

#include <assert.h>

#include "json/scan.h"

static const char *text_end(const struct json_splice *sp)
{
	return sp->text.ptr + sp->text.len;
}

void json_splice_init(struct json_splice *sp, struct span text)
{
	*sp = (struct json_splice){.text = text, .len = text.len};
}

void json_splice_free(struct json_splice *sp)
{
	vec_free(&sp->edits);
}

/* The index of the first edit that begins at `at` or later. */
static size_t first_at(const struct json_splice *sp, const char *at)
{
	size_t low = 0, high = sp->edits.len;
	if (high && sp->edits.at[high - 1].from < at)
		return high;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (sp->edits.at[mid].from < at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_insertion(const struct json_edit *e)
{
	return e->from == e->to;
}

static void put_at(struct json_splice *sp, size_t i, struct json_edit e)
{
	assert(e.from >= sp->text.ptr && e.from <= e.to && e.to <= text_end(sp));
	assert(i == 0 || sp->edits.at[i - 1].to <= e.from);
	assert(i == sp->edits.len || e.to <= sp->edits.at[i].from);
	vec_push(&sp->edits, e);
	struct json_edit *at = sp->edits.at + i;
	memmove(at + 1, at, (sp->edits.len - 1 - i) * sizeof *at);
	*at = e;
	sp->len += e.put.len - (size_t)(e.to - e.from);
}

/* At one place insertions stand before a replacement. */
static size_t behind_insertions(const struct json_splice *sp, const char *at)
{
	size_t i = first_at(sp, at);
	while (i < sp->edits.len && sp->edits.at[i].from == at && is_insertion(&sp->edits.at[i]))
		i++;
	return i;
}

void json_splice_insert(struct json_splice *sp, const char *at, struct span put)
{
	put_at(sp, behind_insertions(sp, at), (struct json_edit){at, at, put});
}

void json_splice_replace(struct json_splice *sp, struct span old, struct span put)
{
	struct json_edit e = {old.ptr, old.ptr + old.len, put};
	put_at(sp, behind_insertions(sp, old.ptr), e);
}

/* Inside a container, whose closing bracket ends it. */
static const char *skip_space(const char *p)
{
	while (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')
		p++;
	return p;
}

/* Whether the result has an item in the container whose inside begins at p, which is where edit i would
 * stand. */
static bool has_items(const struct json_splice *sp, const char *p, size_t i)
{
	for (p = skip_space(p); i < sp->edits.len && sp->edits.at[i].from <= p; i++) {
		if (sp->edits.at[i].put.len)
			return true;
		p = skip_space(sp->edits.at[i].to);
	}
	return *p != ']' && *p != '}';
}

void json_splice_add(struct json_splice *sp, struct span container, struct span item)
{
	assert(container.len >= 2 && item.len && item.ptr[item.len - 1] == ',');
	const char *inside = container.ptr + 1;
	size_t i = first_at(sp, inside);
	if (!has_items(sp, inside, i))
		item.len--;
	put_at(sp, i, (struct json_edit){inside, inside, item});
}

static bool is_named(struct span key, const struct span *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (json_string_eq(key, names[i]))
			return true;
	}
	return false;
}

/* A removed member takes a comma along: the one before it if any member stays before it, else the one behind.
 */
size_t json_splice_remove(struct json_splice *sp, struct span object, const struct span *names, size_t n)
{
	struct json_scan s;
	struct span key;
	const char *end_of_last = NULL, *removed_from = NULL;
	bool kept = false;
	size_t removed = 0;
	json_scan_init(&s, object);
	json_scan_enter(&s, JSON_OBJECT);
	while (json_scan_member(&s, &key)) {
		if (removed_from) {
			json_splice_replace(sp, span_between(removed_from, key.ptr), SPAN_NONE);
			removed_from = NULL;
		}
		json_scan_value(&s, NULL);
		if (!is_named(key, names, n)) {
			kept = true;
		} else {
			removed++;
			if (kept)
				json_splice_replace(sp, span_between(end_of_last, s.at), SPAN_NONE);
			else
				removed_from = key.ptr;
		}
		end_of_last = s.at;
	}
	assert(s.status == 0);
	if (removed_from)
		json_splice_replace(sp, span_between(removed_from, end_of_last), SPAN_NONE);
	return removed;
}

struct pieces {
	struct span *at;
	size_t n;
};

static void add_piece(struct pieces *p, struct span piece)
{
	if (piece.len)
		p->at[p->n++] = piece;
}

struct span *json_splice_pieces(const struct json_splice *sp, struct arena *a, size_t *ret_n)
{
	struct pieces p = {.at = arena_array(a, struct span, 2 * sp->edits.len + 1)};
	const char *from = sp->text.ptr;
	vec_each (&sp->edits, e) {
		add_piece(&p, span_between(from, e->from));
		add_piece(&p, e->put);
		from = e->to;
	}
	add_piece(&p, span_between(from, text_end(sp)));
	*ret_n = p.n;
	return p.at;
}

void json_splice_append(const struct json_splice *sp, struct buf *out)
{
	const char *from = sp->text.ptr;
	vec_each (&sp->edits, e) {
		buf_append(out, span_between(from, e->from));
		buf_append(out, e->put);
		from = e->to;
	}
	buf_append(out, span_between(from, text_end(sp)));
}
