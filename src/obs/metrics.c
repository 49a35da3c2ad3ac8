#include "obs/metrics.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/time.h"
#include "base/vec.h"
#include "obs/process.h"

/* How threads share: a series is pushed onto its shard's list of its metric by the shard's thread, with a
 * release store, and is never removed; so a reader walks any list at any time. The shard's map is its
 * thread's alone. The admitted label values are common to all shards; they are changed under the registry's
 * mutex, and once full never again, so that a flood of new names finds out without the mutex. */

#define OTHER SPAN("other")
/* One byte for the metric, then per label one for the length and the value. */
#define KEY_BYTES_MAX (1 + METRIC_LABELS_MAX * (1 + METRIC_LABEL_BYTES_MAX))
#define CACHE_LINE    64

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

static const struct metric_info {
	const char *name, *labels, *help; /* labels: "a,b" */
	enum metric_kind kind;
	enum metric_unit unit;
} metric_infos[] = {
#define X(id_, kind_, unit_, name_, labels_, help_)                                                          \
	{.name = name_, .labels = labels_, .help = help_, .kind = METRIC_##kind_, .unit = METRIC_##unit_},
    METRICS_TABLE(X)
#undef X
};

static const uint64_t bounds_seconds[] = {METRICS_BOUNDS_SECONDS};
static const uint64_t bounds_units[] = {METRICS_BOUNDS_UNITS};

static const struct bounds {
	const uint64_t *at;
	size_t count;
} bounds_of[] = {
    [METRIC_SECONDS] = {bounds_seconds, sizeof bounds_seconds / sizeof *bounds_seconds},
    [METRIC_UNITS] = {bounds_units, sizeof bounds_units / sizeof *bounds_units},
};

static const struct {
	const char *label;
	size_t cap;
} label_caps[] = {
#define X(label, cap) {label, cap},
    METRICS_LABEL_CAPS(X)
#undef X
};

/* A label name and the values admitted for it. */
struct label {
	struct span name;
	size_t cap;
	struct map values;
	atomic_bool frozen; /* full: never changes again */
};

struct series {
	struct series *next;
	struct span key; /* stands after the cell */
	struct metric_cell cell;
};

struct metrics_shard {
	struct metrics_shard *next;
	struct metrics *registry;
	struct map by_key;
	_Atomic(struct series *) lists[METRICS_COUNT];
	size_t counts[METRICS_COUNT];
};

struct metrics {
	pthread_mutex_t mutex; /* label values, and adding shards */
	_Atomic(struct metrics_shard *) shards;
	struct arena *arena; /* label values */
	struct label labels[METRICS_COUNT * METRIC_LABELS_MAX];
	size_t label_count;
	struct label *labels_of[METRICS_COUNT][METRIC_LABELS_MAX];
	size_t arity[METRICS_COUNT];
	uint64_t start_wall_ns;
};

static struct label *label_named(struct metrics *m, struct span name)
{
	for (size_t i = 0; i < m->label_count; i++) {
		if (span_eq(m->labels[i].name, name))
			return &m->labels[i];
	}
	struct label *label = &m->labels[m->label_count++];
	label->name = name;
	label->cap = METRICS_LABEL_CAP_DEFAULT;
	for (size_t i = 0; i < sizeof label_caps / sizeof *label_caps; i++) {
		if (span_eq(span_str(label_caps[i].label), name))
			label->cap = label_caps[i].cap;
	}
	return label;
}

struct metrics *metrics_new(void)
{
	struct metrics *m = calloc(1, sizeof *m);
	if (!m)
		abort();
	pthread_mutex_init(&m->mutex, NULL);
	m->arena = arena_new();
	m->start_wall_ns = time_wall_ns();
	for (int id = 0; id < METRICS_COUNT; id++) {
		struct span rest = span_str(metric_infos[id].labels);
		while (rest.len) {
			assert(m->arity[id] < METRIC_LABELS_MAX);
			m->labels_of[id][m->arity[id]++] = label_named(m, span_cut(&rest, ','));
		}
	}
	return m;
}

static void shard_free(struct metrics_shard *s)
{
	map_each (&s->by_key, e)
		free(e->value);
	map_free(&s->by_key);
	free(s);
}

void metrics_free(struct metrics *m)
{
	if (!m)
		return;
	for (struct metrics_shard *s = m->shards, *next; s; s = next) {
		next = s->next;
		shard_free(s);
	}
	for (size_t i = 0; i < m->label_count; i++)
		map_free(&m->labels[i].values);
	arena_free(m->arena);
	pthread_mutex_destroy(&m->mutex);
	free(m);
}

struct metrics_shard *metrics_shard_new(struct metrics *m)
{
	struct metrics_shard *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	s->registry = m;
	pthread_mutex_lock(&m->mutex);
	s->next = atomic_load(&m->shards);
	atomic_store(&m->shards, s);
	pthread_mutex_unlock(&m->mutex);
	return s;
}

/* The value itself if the label has admitted it or still has room for it, else "other". */
static struct span admit(struct metrics *m, struct label *label, struct span value)
{
	if (value.len > METRIC_LABEL_BYTES_MAX || span_utf8_valid_prefix(value) != value.len)
		return OTHER;
	if (atomic_load_explicit(&label->frozen, memory_order_acquire))
		return map_get(&label->values, value) ? value : OTHER;
	bool known = true;
	pthread_mutex_lock(&m->mutex);
	if (!map_get(&label->values, value)) {
		known = label->values.len < label->cap;
		if (known)
			map_put(&label->values, arena_copy(m->arena, value), label);
		if (label->values.len == label->cap)
			atomic_store_explicit(&label->frozen, true, memory_order_release);
	}
	pthread_mutex_unlock(&m->mutex);
	return known ? value : OTHER;
}

static struct span key_write(
    char out[KEY_BYTES_MAX], enum metric_id id, const struct span *values, size_t count)
{
	char *p = out;
	*p++ = (char)id;
	for (size_t i = 0; i < count; i++) {
		*p++ = (char)values[i].len;
		if (values[i].len)
			memcpy(p, values[i].ptr, values[i].len);
		p += values[i].len;
	}
	return span_between(out, p);
}

static struct series *series_new(struct metrics_shard *s, enum metric_id id, struct span key)
{
	enum metric_unit unit = metric_infos[id].unit;
	size_t buckets = metric_infos[id].kind == METRIC_HISTOGRAM ? bounds_of[unit].count + 1 : 0;
	size_t bytes = sizeof(struct series) + buckets * sizeof(uint64_t), whole = bytes + key.len;
	/* Whole cache lines, so that no two threads write to one. */
	struct series *new = aligned_alloc(CACHE_LINE, (whole + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
	if (!new)
		abort();
	memset(new, 0, bytes);
	new->cell.unit = unit;
	new->key = span_of(memcpy((char *)new + bytes, key.ptr, key.len), key.len);
	map_put(&s->by_key, new->key, new);
	s->counts[id]++;
	new->next = atomic_load_explicit(&s->lists[id], memory_order_relaxed);
	atomic_store_explicit(&s->lists[id], new, memory_order_release);
	return new;
}

/* The labels are new to this shard: admits or folds them, and makes the series unless it exists folded. */
static struct series *series_admit(
    struct metrics_shard *s, enum metric_id id, const struct span *values, size_t count)
{
	char bytes[KEY_BYTES_MAX];
	struct span folded[METRIC_LABELS_MAX];
	bool full = count && s->counts[id] >= METRIC_SERIES_MAX;
	for (size_t i = 0; i < count; i++)
		folded[i] = full ? OTHER : admit(s->registry, s->registry->labels_of[id][i], values[i]);
	struct span key = key_write(bytes, id, folded, count);
	struct series *found = map_get(&s->by_key, key);
	return found ? found : series_new(s, id, key);
}

struct metric_cell *metrics_cell_of(
    struct metrics_shard *s, enum metric_id id, const struct span *values, size_t count)
{
	char bytes[KEY_BYTES_MAX];
	assert(count == s->registry->arity[id]);
	for (size_t i = 0; i < count; i++) {
		if (values[i].len > METRIC_LABEL_BYTES_MAX)
			return &series_admit(s, id, values, count)->cell;
	}
	struct series *found = map_get(&s->by_key, key_write(bytes, id, values, count));
	return found ? &found->cell : &series_admit(s, id, values, count)->cell;
}

void metric_observe(struct metric_cell *c, uint64_t value)
{
	struct bounds bounds = bounds_of[c->unit];
	size_t i = 0;
	while (i < bounds.count && value > bounds.at[i])
		i++;
	metric_cell_bump(&c->buckets[i], 1);
	metric_cell_bump(&c->value, value);
}

/* One series summed over all shards. */
struct total {
	struct span key;
	uint64_t value;
	uint64_t *buckets;
};

static void add_up(struct arena *a, struct map *totals, const struct series *from, size_t buckets)
{
	struct total *t = map_get(totals, from->key);
	if (!t) {
		t = arena_one(a, struct total);
		t->key = from->key;
		t->buckets = arena_array(a, uint64_t, buckets);
		map_put(totals, t->key, t);
	}
	t->value += atomic_load_explicit(&from->cell.value, memory_order_relaxed);
	for (size_t i = 0; i < buckets; i++)
		t->buckets[i] += atomic_load_explicit(&from->cell.buckets[i], memory_order_relaxed);
}

static int by_key(const void *a, const void *b)
{
	const struct total *const *x = a, *const *y = b;
	return span_cmp((*x)->key, (*y)->key);
}

/* Nanoseconds as seconds, without zeros at the end: 0.00001, 2.5, 60. */
static void put_seconds(struct buf *out, uint64_t ns)
{
	char digits[9];
	size_t len = 9;
	buf_u64(out, ns / NS_PER_S);
	ns %= NS_PER_S;
	if (!ns)
		return;
	for (size_t i = 9; i-- > 0; ns /= 10)
		digits[i] = (char)('0' + ns % 10);
	while (digits[len - 1] == '0')
		len--;
	buf_byte(out, '.');
	buf_append(out, span_of(digits, len));
}

static void put_number(struct buf *out, const struct metric_info *info, uint64_t value)
{
	if (info->unit == METRIC_SECONDS)
		put_seconds(out, value);
	else if (info->kind == METRIC_GAUGE)
		buf_i64(out, (int64_t)value);
	else
		buf_u64(out, value);
}

static void put_escaped(struct buf *out, struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (c == '\n')
			buf_lit(out, "\\n");
		else if (c == '\\' || c == '"')
			buf_append(out, span_of((char[]){'\\', c}, 2));
		else
			buf_byte(out, c);
	}
}

/* name_suffix{labels,le="bound"} and a space. */
static void put_series(
    struct buf *out, const struct metric_info *info, struct span suffix, struct span key, struct span bound)
{
	struct span names = span_str(info->labels);
	char before = '{';
	buf_append(out, span_str(info->name));
	buf_append(out, suffix);
	for (key = span_skip(key, 1); names.len; before = ',') {
		size_t len = (unsigned char)key.ptr[0];
		buf_byte(out, before);
		buf_append(out, span_cut(&names, ','));
		buf_lit(out, "=\"");
		put_escaped(out, span_of(key.ptr + 1, len));
		buf_byte(out, '"');
		key = span_skip(key, 1 + len);
	}
	if (bound.len) {
		buf_byte(out, before);
		buf_lit(out, "le=\"");
		buf_append(out, bound);
		buf_byte(out, '"');
		before = ',';
	}
	if (before == ',')
		buf_byte(out, '}');
	buf_byte(out, ' ');
}

static void put_histogram(struct buf *out, const struct metric_info *info, const struct total *t)
{
	struct bounds bounds = bounds_of[info->unit];
	uint64_t count = 0;
	for (size_t i = 0; i <= bounds.count; i++) {
		struct buf bound = buf_new(32);
		if (i == bounds.count)
			buf_lit(&bound, "+Inf");
		else
			put_number(&bound, info, bounds.at[i]);
		count += t->buckets[i];
		put_series(out, info, SPAN("_bucket"), t->key, buf_span(&bound));
		buf_u64(out, count);
		buf_byte(out, '\n');
		buf_free(&bound);
	}
	put_series(out, info, SPAN("_sum"), t->key, SPAN_NONE);
	put_number(out, info, t->value);
	buf_byte(out, '\n');
	put_series(out, info, SPAN("_count"), t->key, SPAN_NONE);
	buf_u64(out, count);
	buf_byte(out, '\n');
}

static void put_value(struct buf *out, const struct metric_info *info, const struct total *t)
{
	put_series(out, info, SPAN_NONE, t->key, SPAN_NONE);
	put_number(out, info, t->value);
	buf_byte(out, '\n');
}

static void put_head(struct buf *out, const struct metric_info *info)
{
	static const char *const kinds[] = {"counter", "gauge", "histogram"};
	buf_printf(
	    out, "# HELP %s %s\n# TYPE %s %s\n", info->name, info->help, info->name, kinds[info->kind]);
}

static void render_metric(const struct metrics *m, struct arena *a, enum metric_id id, struct buf *out)
{
	const struct metric_info *info = &metric_infos[id];
	size_t buckets = info->kind == METRIC_HISTOGRAM ? bounds_of[info->unit].count + 1 : 0;
	struct map totals = {0};
	VEC(struct total *) sorted = {0};
	for (struct metrics_shard *s = atomic_load(&m->shards); s; s = s->next) {
		const struct series *from = atomic_load_explicit(&s->lists[id], memory_order_acquire);
		for (; from; from = from->next)
			add_up(a, &totals, from, buckets);
	}
	map_each (&totals, e)
		vec_push(&sorted, e->value);
	if (sorted.len) {
		qsort(sorted.at, sorted.len, sizeof *sorted.at, by_key);
		put_head(out, info);
	}
	vec_each (&sorted, t) {
		if (buckets)
			put_histogram(out, info, *t);
		else
			put_value(out, info, *t);
	}
	vec_free(&sorted);
	map_free(&totals);
}

static void render_process(const struct metrics *m, struct buf *out)
{
	struct process_figures p = process_figures_read();
	const struct {
		enum metric_id id;
		uint64_t value;
	} figures[] = {
	    {METRIC_PROCESS_CPU, p.cpu_ns},
	    {METRIC_PROCESS_RESIDENT, p.resident_bytes},
	    {METRIC_PROCESS_VIRTUAL, p.virtual_bytes},
	    {METRIC_PROCESS_OPEN_FDS, p.open_fds},
	    {METRIC_PROCESS_MAX_FDS, p.max_fds},
	    {METRIC_PROCESS_START, m->start_wall_ns},
	};
	for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
		const struct metric_info *info = &metric_infos[figures[i].id];
		put_head(out, info);
		put_value(out, info, &(struct total){.key = SPAN("\0"), .value = figures[i].value});
	}
}

void metrics_render(const struct metrics *m, struct buf *out)
{
	struct arena *a = arena_new();
	for (int id = 0; id < METRICS_COUNT; id++) {
		render_metric(m, a, (enum metric_id)id, out);
		arena_reset(a);
	}
	render_process(m, out);
	arena_free(a);
}
