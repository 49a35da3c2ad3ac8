#include "obs/access_log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "obs/access_log_table.h"
#include "obs/timing.h"

#define FLUSH_EVERY_NS   (100 * NS_PER_MS)
#define FLUSH_AT_BYTES   (64 * 1024)
#define BUFFER_MAX_BYTES (1024 * 1024)
#define STOP_WITHIN_NS   (2 * NS_PER_S)

struct access_log_writer {
	struct access_log_writer *next;
	struct access_log *log;
	pthread_mutex_t mutex; /* held to append a line and to swap the buffer, never while writing */
	struct buf buf;
};

struct access_log {
	int fd;
	pthread_t thread;
	sem_t wake;
	_Atomic(struct access_log_writer *) writers; /* only grows */
	atomic_bool stopping;
	atomic_bool gathering; /* there is a line that no flush has taken */
	atomic_bool full;      /* a buffer is past FLUSH_AT_BYTES */
	_Atomic uint64_t dropped;
};

/* One function per kind of the table; `name` comes with its comma and colon. */

/* A second's text is made once per thread. */
static void put_time(struct buf *out, struct span name, uint64_t wall_ns)
{
	static _Thread_local struct {
		uint64_t second;
		char text[TIME_RFC3339_MAX];
	} last;
	unsigned ms = (unsigned)(wall_ns % NS_PER_S / NS_PER_MS);
	if (last.second != wall_ns / NS_PER_S || !last.text[0]) {
		last.second = wall_ns / NS_PER_S;
		time_format_rfc3339(wall_ns, 3, last.text);
	}
	char *fraction = last.text + sizeof "2026-09-01T10:00:00." - 1;
	fraction[0] = (char)('0' + ms / 100);
	fraction[1] = (char)('0' + ms / 10 % 10);
	fraction[2] = (char)('0' + ms % 10);
	buf_append(out, name);
	buf_byte(out, '"');
	buf_append(out, span_of(last.text, sizeof "2026-09-01T10:00:00.000Z" - 1));
	buf_byte(out, '"');
}

static void put_text(struct buf *out, struct span name, struct span value)
{
	if (!value.len)
		return;
	buf_append(out, name);
	buf_quoted(out, value);
}

static void put_count(struct buf *out, struct span name, uint64_t value)
{
	buf_append(out, name);
	buf_u64(out, value);
}

static void put_ms(struct buf *out, struct span name, uint64_t ns)
{
	buf_append(out, name);
	timing_put_ms(out, ns);
}

static void put_us(struct buf *out, struct span name, uint64_t ns)
{
	put_count(out, name, ns / NS_PER_US);
}

static void put_trace(struct buf *out, struct span name, const struct trace *trace)
{
	char id[TRACE_ID_LEN];
	if (!trace)
		return;
	trace_format_id(trace, id);
	buf_append(out, name);
	buf_byte(out, '"');
	buf_append(out, span_of(id, sizeof id));
	buf_byte(out, '"');
}

void access_line_format(const struct access_line *line, struct buf *out)
{
	size_t before = out->len;
#define X(name, kind, member, meaning) put_##kind(out, SPAN(",\"" name "\":"), line->member);
	ACCESS_LOG_TABLE(X)
#undef X
	buf_lit(out, "}\n");
	if (buf_status(out) == 0)
		out->ptr[before] = '{'; /* in place of the first comma */
}

void access_log_write(struct access_log_writer *w, const struct access_line *line)
{
	pthread_mutex_lock(&w->mutex);
	size_t before = w->buf.len;
	access_line_format(line, &w->buf);
	if (buf_status(&w->buf) < 0) {
		w->buf.len = before;
		w->buf.status = 0;
		atomic_fetch_add(&w->log->dropped, 1);
	}
	bool full = before < FLUSH_AT_BYTES && w->buf.len >= FLUSH_AT_BYTES;
	pthread_mutex_unlock(&w->mutex);
	bool asleep = !atomic_load(&w->log->gathering) && !atomic_exchange(&w->log->gathering, true);
	if (full)
		atomic_store(&w->log->full, true);
	if (asleep || full)
		sem_post(&w->log->wake);
}

static uint64_t count_lines(struct span s)
{
	uint64_t lines = 0;
	for (size_t i = 0; i < s.len; i++)
		lines += s.ptr[i] == '\n';
	return lines;
}

static void write_all(struct access_log *log, struct span s)
{
	while (s.len) {
		ssize_t n = write(log->fd, s.ptr, s.len);
		if (n >= 0) {
			s = span_skip(s, (size_t)n);
		} else if (errno == EAGAIN) { /* whoever shares our standard output made it so */
			poll(&(struct pollfd){.fd = log->fd, .events = POLLOUT}, 1, -1);
		} else if (errno != EINTR) {
			atomic_fetch_add(&log->dropped, count_lines(s));
			return;
		}
	}
}

static void flush(struct access_log *log, struct buf *spare)
{
	for (struct access_log_writer *w = atomic_load(&log->writers); w; w = w->next) {
		pthread_mutex_lock(&w->mutex);
		struct buf full = w->buf;
		w->buf = *spare;
		pthread_mutex_unlock(&w->mutex);
		write_all(log, buf_span(&full));
		buf_clear(&full);
		*spare = full;
	}
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
}

static void *writer_run(void *arg)
{
	struct access_log *log = arg;
	struct buf spare = buf_new(BUFFER_MAX_BYTES);
	for (bool last = false; !last;) {
		/* Asleep until there is a line; then a while to gather more, unless a buffer fills or the log
		 * stops. */
		while (!atomic_load(&log->gathering) && !atomic_load(&log->stopping))
			sem_wait(&log->wake);
		struct timespec until = timespec_of(time_mono_ns() + FLUSH_EVERY_NS);
		while (!atomic_load(&log->full) && !atomic_load(&log->stopping)) {
			if (sem_clockwait(&log->wake, CLOCK_MONOTONIC, &until) < 0)
				break;
		}
		last = atomic_load(&log->stopping);
		atomic_store(&log->full, false);
		atomic_store(
		    &log->gathering, false); /* before the flush: a line that misses it asks for the next */
		flush(log, &spare);
	}
	buf_free(&spare);
	return NULL;
}

int access_log_start(int fd, struct access_log **ret)
{
	struct access_log *log = calloc(1, sizeof *log);
	sigset_t all, before;
	if (!log)
		return -E_NOMEM;
	log->fd = fd;
	sem_init(&log->wake, 0, 0);
	/* Signals are the loops' matter; and a closed output must not end the process. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&log->thread, NULL, writer_run, log);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0) {
		sem_destroy(&log->wake);
		free(log);
		return result_from_errno(rc);
	}
	*ret = log;
	return 0;
}

struct access_log_writer *access_log_writer_new(struct access_log *log)
{
	struct access_log_writer *w = calloc(1, sizeof *w);
	if (!w)
		abort();
	pthread_mutex_init(&w->mutex, NULL);
	w->log = log;
	w->buf = buf_new(BUFFER_MAX_BYTES);
	w->next = atomic_load(&log->writers);
	while (!atomic_compare_exchange_weak(&log->writers, &w->next, w))
		;
	return w;
}

uint64_t access_log_dropped(const struct access_log *log)
{
	return atomic_load(&log->dropped);
}

void access_log_stop(struct access_log *log)
{
	if (!log)
		return;
	atomic_store(&log->stopping, true);
	sem_post(&log->wake);
	struct timespec until = timespec_of(time_wall_ns() + STOP_WITHIN_NS);
	if (pthread_timedjoin_np(log->thread, NULL, &until) != 0) {
		pthread_detach(log->thread); /* stuck in write(2): it and its memory end with the process */
		return;
	}
	for (struct access_log_writer *w = atomic_load(&log->writers), *next; w; w = next) {
		next = w->next;
		pthread_mutex_destroy(&w->mutex);
		buf_free(&w->buf);
		free(w);
	}
	sem_destroy(&log->wake);
	free(log);
}
