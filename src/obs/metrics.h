/* Counters, gauges and histograms, and their Prometheus text form. The list of them is metrics_table.h.
 *
 * Each thread owns a shard and updates only its own cells, with relaxed stores and without locks; the
 * exposition walks the shards of all threads at any time, also without stopping them. A cell is found by its
 * label values in tens of nanoseconds and may be kept as long as the registry lives. */
#pragma once

#include <stdatomic.h>

#include "base/buf.h"
#include "obs/metrics_table.h"

enum metric_id {
#define X(id, kind, unit, name, labels, help) METRIC_##id,
	METRICS_TABLE(X)
#undef X
	    METRICS_COUNT,
};

enum metric_unit { METRIC_SECONDS, METRIC_UNITS }; /* recorded in nanoseconds; as it is */

#define METRIC_LABELS_MAX      5
#define METRIC_LABEL_BYTES_MAX 128 /* a longer label value counts as "other" */
/* Series of one metric on one shard; past it every label of a new series becomes "other". */
#define METRIC_SERIES_MAX 20000

struct metrics;
struct metrics_shard;

/* The numbers of one series on one shard. Only the shard's thread may update it. */
struct metric_cell {
	enum metric_unit unit;
	_Atomic uint64_t value;     /* counter and gauge (two's complement); a histogram's sum */
	_Atomic uint64_t buckets[]; /* histogram: observations per bucket, +Inf last; not cumulative */
};

/* A registry without shards; never NULL. */
struct metrics *metrics_new(void);
/* Frees shards and cells; no thread may use them any more. NULL is fine. */
void metrics_free(struct metrics *m);
/* A new shard for the calling thread; lives as long as the registry. Thread-safe. */
struct metrics_shard *metrics_shard_new(struct metrics *m);

/* The cell of a metric with these label values, in the table's order; made on first use. Never NULL.
 * Only for the shard's thread. Values past the caps are folded into "other". */
struct metric_cell *metrics_cell_of(
    struct metrics_shard *s, enum metric_id id, const struct span *values, size_t count);
/* metrics_cell(shard, METRIC_HTTP_REQUESTS, route, code): the values are spans. */
#define metrics_cell(s, id, ...)                                                                             \
	metrics_cell_of((s), (id), (const struct span[]){__VA_ARGS__ __VA_OPT__(, ) SPAN_NONE},              \
	    sizeof((const struct span[]){__VA_ARGS__ __VA_OPT__(, ) SPAN_NONE}) / sizeof(struct span) - 1)

/* One writer per cell: a plain load and store, no locked instruction. */
static inline void metric_cell_bump(_Atomic uint64_t *value, uint64_t by)
{
	atomic_store_explicit(
	    value, atomic_load_explicit(value, memory_order_relaxed) + by, memory_order_relaxed);
}

/* Counter or gauge: adds (a gauge may go down). */
static inline void metric_add(struct metric_cell *c, int64_t by)
{
	metric_cell_bump(&c->value, (uint64_t)by);
}

/* Gauge, or a counter that is kept elsewhere. A gauge set on several shards shows their sum. */
static inline void metric_set(struct metric_cell *c, int64_t value)
{
	atomic_store_explicit(&c->value, (uint64_t)value, memory_order_relaxed);
}

/* Histogram: one observation; nanoseconds if the metric is in seconds. */
void metric_observe(struct metric_cell *c, uint64_t value);

/* Appends the whole exposition (text format 0.0.4), reading the process's own figures from the system.
 * Any thread. Values of one moment need not agree with one another to the last request. */
void metrics_render(const struct metrics *m, struct buf *out);
#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"
