/* One JSON line per request. Each thread fills a buffer of its own; one writer thread takes the buffers 100
 * ms after the first line, or as soon as one holds 64 KiB, and writes them. An output that does not take the
 * lines never blocks a loop: past 1 MiB per thread lines are dropped and counted. */
#pragma once

#include "base/buf.h"
#include "obs/trace.h"

/* What one line says. Texts that are empty are left out; never give it a secret. */
struct access_line {
	uint64_t wall_ns;   /* when the request arrived */
	struct span client; /* address */
	struct span method, path, route, namespace;
	struct span key; /* the name of the key, not the key */
	unsigned status;
	uint64_t bytes_in, bytes_out; /* bodies */
	uint64_t duration_ns, upstream_ns, overhead_ns;
	const struct trace *trace;
	struct span error; /* our code or a short text */
};

/* Appends the line with its newline; path, key, error and others may hold any bytes. Pure. */
void access_line_format(const struct access_line *line, struct buf *out);

struct access_log;
struct access_log_writer;

/* Starts the writer thread on fd, which stays the caller's. */
MUST_USE int access_log_start(int fd, struct access_log **ret);
/* A buffer for the calling thread; lives as long as the log. Thread-safe. */
struct access_log_writer *access_log_writer_new(struct access_log *log);
/* Only for the writer's thread. */
void access_log_write(struct access_log_writer *w, const struct access_line *line);
/* Lines dropped so far, for layer_log_lines_dropped_total. */
uint64_t access_log_dropped(const struct access_log *log);
/* Writes what is left and frees the log. An output that is stuck gets two seconds; then it is left behind.
 * No thread may write any more. NULL is fine. */
void access_log_stop(struct access_log *log);
