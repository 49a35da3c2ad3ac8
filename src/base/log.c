#include "base/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/time.h"

#define LINE_MAX_BYTES 8192

static atomic_int least_level = LOG_INFO;
static atomic_int log_fd = STDERR_FILENO;

void log_set_level(enum log_level level)
{
	atomic_store(&least_level, (int)level);
}

void log_set_fd(int fd)
{
	atomic_store(&log_fd, fd);
}

static void put_field(struct buf *b, const struct log_field *f)
{
	buf_byte(b, ',');
	buf_quoted(b, span_str(f->name));
	buf_byte(b, ':');
	if (f->kind == LOG_F_U64)
		buf_u64(b, f->u64);
	else if (f->kind == LOG_F_F64)
		buf_printf(b, "%.6g", f->f64);
	else
		buf_quoted(b, f->span);
}

void log_write(enum log_level level, const char *event, const struct log_field *fields)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};
	if ((int)level < atomic_load(&least_level) || atomic_load(&log_fd) < 0)
		return;
	char ts[TIME_RFC3339_MAX];
	time_format_rfc3339(time_wall_ns(), 3, ts);
	struct buf b = buf_new(LINE_MAX_BYTES);
	buf_printf(&b, "{\"ts\":\"%s\",\"level\":\"%s\",\"event\":", ts, names[level]);
	buf_quoted(&b, span_str(event));
	for (; fields->kind != LOG_END; fields++) {
		size_t before = b.len;
		put_field(&b, fields);
		if (buf_status(&b) < 0 || b.len + 3 > LINE_MAX_BYTES) {
			b.len = before;
			b.status = 0;
			break;
		}
	}
	buf_lit(&b, "}\n");
	ssize_t ignored = write(atomic_load(&log_fd), b.ptr, b.len); /* nowhere to report it */
	(void)ignored;
	buf_free(&b);
}
