/* The process log: one JSON object per line on standard error, what it is about before what happened:
 *   {"ts":"…","level":"warn","event":"config.reload","file":"a.yaml","line":3,"message":"…"}
 * Programs log; libraries return errors. Never pass a secret. */
#pragma once

#include "base/span.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
	const char *name;
	enum { LOG_END, LOG_F_U64, LOG_F_SPAN, LOG_F_F64 } kind;
	uint64_t u64;
	double f64;
	struct span span;
};

#define LOG_U64(name_, v)  ((struct log_field){.name = (name_), .kind = LOG_F_U64, .u64 = (uint64_t)(v)})
#define LOG_F64(name_, v)  ((struct log_field){.name = (name_), .kind = LOG_F_F64, .f64 = (v)})
#define LOG_SPAN(name_, s) ((struct log_field){.name = (name_), .kind = LOG_F_SPAN, .span = (s)})
#define LOG_STR(name_, s)  LOG_SPAN(name_, span_str(s))
#define LOG_ERR(rc)        LOG_STR("error", result_text(rc))

#define log_debug(event, ...)                                                                                \
	log_write(LOG_DEBUG, (event), (struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}})
#define log_info(event, ...) log_write(LOG_INFO, (event), (struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}})
#define log_warn(event, ...) log_write(LOG_WARN, (event), (struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}})
#define log_error(event, ...)                                                                                \
	log_write(LOG_ERROR, (event), (struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}})

/* Writes one line at once (thread-safe). Lines below the level are dropped; a line past 8 KiB is cut at a
 * field. `fields` ends with a zeroed one. */
void log_write(enum log_level level, const char *event, const struct log_field *fields);
/* The least level that is written; LOG_INFO until set. */
void log_set_level(enum log_level level);
/* Sends lines elsewhere than to standard error (for tests); fd -1 drops them. */
void log_set_fd(int fd);
