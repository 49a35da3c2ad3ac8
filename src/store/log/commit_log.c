#include "store/log/commit_log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fault.h"
#include "store/log/frame.h"

#define FILE_NAME     "store.log"
#define NEW_FILE_NAME "store.log.new"
#define LOCK_NAME     "lock"
#define GROUP_RECORDS 256
#define GROUP_BYTES   ((size_t)64 << 20)

/* An appender that waits; it stands on its own stack. */
struct waiter {
	struct span record;
	struct waiter *next;
	bool done;
	int rc;
};

struct commit_log {
	int dir, lock, fd;
	uint64_t seed, sequence;
	uint64_t end; /* of the last good frame */
	uint64_t cut;
	/* Group commit: whoever finds nobody committing commits for all that wait. */
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct waiter *first, **last;
	bool committing, failed;
};

static int errno_rc(void)
{
	return result_from_errno(errno);
}

static int problem(struct arena *a, struct span *ret, int rc, const char *dir, const char *what)
{
	*ret = arena_printf(a, "%s: %s (%s)", dir, what, result_text(rc));
	return rc;
}

/* Files */

static int open_at(int dir, const char *name, int flags)
{
	if (FAULT("store.log.open"))
		return -E_IO;
	int fd = openat(dir, name, flags | O_CLOEXEC, 0600);
	return fd < 0 ? errno_rc() : fd;
}

static int sync_fd(int fd)
{
	if (FAULT("store.log.fdatasync"))
		return -E_IO;
	return fdatasync(fd) < 0 ? errno_rc() : 0;
}

static int sync_dir(int fd)
{
	if (FAULT("store.log.sync_dir"))
		return -E_IO;
	return fsync(fd) < 0 ? errno_rc() : 0;
}

static int truncate_fd(int fd, uint64_t len)
{
	if (FAULT("store.log.truncate"))
		return -E_IO;
	return ftruncate(fd, (off_t)len) < 0 ? errno_rc() : 0;
}

/* Writes all of the parts at this offset. */
static int write_all(int fd, struct iovec *io, size_t n, uint64_t at)
{
	if (FAULT("store.log.write"))
		return -E_FULL;
	while (n) {
		ssize_t done = pwritev(fd, io, (int)n, (off_t)at);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return errno_rc();
		at += (size_t)done;
		for (; n && (size_t)done >= io->iov_len; io++, n--)
			done -= (ssize_t)io->iov_len;
		if (n) {
			io->iov_base = (char *)io->iov_base + done;
			io->iov_len -= (size_t)done;
		}
		if (FAULT("store.log.write_on"))
			return -E_FULL;
	}
	return 0;
}

/* A new, empty log file that becomes store.log when it is complete. */
static int create_file(struct commit_log *log, int *ret_fd, uint64_t *ret_seed)
{
	unsigned char head[FILE_HEAD];
	uint64_t seed;
	if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
		return errno_rc();
	frame_file_head(seed, head);
	int fd = open_at(log->dir, NEW_FILE_NAME, O_RDWR | O_CREAT | O_TRUNC);
	if (fd < 0)
		return fd;
	struct iovec io = {head, sizeof head};
	int rc = write_all(fd, &io, 1, 0);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	*ret_fd = fd;
	*ret_seed = seed;
	return 0;
}

static int rename_file(struct commit_log *log)
{
	if (FAULT("store.log.rename"))
		return -E_IO;
	return renameat(log->dir, NEW_FILE_NAME, log->dir, FILE_NAME) < 0 ? errno_rc() : 0;
}

/* Frames */

/* Writes the records as the next frame behind the last good one. */
static int write_frame(struct commit_log *log, const struct span *records, size_t n)
{
	unsigned char head[FRAME_HEAD];
	uint32_t lengths[GROUP_RECORDS];
	struct span parts[2 * GROUP_RECORDS];
	struct iovec io[2 * GROUP_RECORDS + 1];
	uint64_t bytes = FRAME_HEAD;
	io[0] = (struct iovec){head, sizeof head};
	for (size_t i = 0; i < n; i++) {
		lengths[i] = (uint32_t)records[i].len;
		parts[2 * i] = span_of((const char *)&lengths[i], sizeof lengths[i]);
		parts[2 * i + 1] = records[i];
		bytes += sizeof lengths[i] + records[i].len;
	}
	for (size_t i = 0; i < 2 * n; i++)
		io[i + 1] = (struct iovec){(void *)(uintptr_t)parts[i].ptr, parts[i].len};
	frame_head(log->seed, log->sequence + 1, parts, 2 * n, head);
	int rc = write_all(log->fd, io, 2 * n + 1, log->end);
	if (rc == 0) {
		log->sequence++;
		log->end += bytes;
	}
	return rc;
}

struct splitter {
	commit_log_fn *fn;
	void *arg;
};

static int split_payload(void *arg, struct span payload)
{
	struct splitter *s = arg;
	return frame_records(payload, s->fn, s->arg);
}

/* Opening */

/* The cut is on the disk before anything is written behind it. */
static int cut_tail(struct commit_log *log, uint64_t size)
{
	log->cut = size - log->end;
	int rc = log->cut ? truncate_fd(log->fd, log->end) : 0;
	return rc == 0 && log->cut ? sync_fd(log->fd) : rc;
}

static int replay(
    struct commit_log *log, const char *dir, struct splitter *s, struct arena *a, struct span *ret_problem)
{
	struct stat st;
	if (FAULT("store.log.stat") || fstat(log->fd, &st) < 0)
		return problem(a, ret_problem, -E_IO, dir, "cannot read " FILE_NAME);
	size_t size = (size_t)st.st_size;
	void *map = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, log->fd, 0) : NULL;
	if (map == MAP_FAILED || FAULT("store.log.map"))
		return problem(a, ret_problem, -E_IO, dir, "cannot map " FILE_NAME);
	if (map)
		(void)madvise(map, size, MADV_SEQUENTIAL);
	struct frame_scan scan;
	int rc = frame_walk(span_of(map, size), split_payload, s, &scan);
	if (map)
		munmap(map, size);
	if (rc < 0) {
		*ret_problem = arena_printf(a,
		    "%s/" FILE_NAME
		    ": damaged at byte %zu; nothing was changed. Restore the file from a copy",
		    dir, scan.bad_at);
		return rc;
	}
	log->seed = scan.seed;
	log->sequence = scan.sequence;
	log->end = scan.end;
	rc = cut_tail(log, size);
	return rc < 0 ? problem(a, ret_problem, rc, dir, "cannot cut off the torn end of " FILE_NAME) : 0;
}

static int take_dir(struct commit_log *log, const char *dir, struct arena *a, struct span *ret_problem)
{
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return problem(a, ret_problem, errno_rc(), dir, "cannot make the data directory");
	log->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (log->dir < 0)
		return problem(a, ret_problem, errno_rc(), dir, "cannot open the data directory");
	log->lock = open_at(log->dir, LOCK_NAME, O_RDWR | O_CREAT);
	if (log->lock < 0)
		return problem(a, ret_problem, log->lock, dir, "cannot make the lock file");
	if (flock(log->lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	*ret_problem = arena_printf(a, "%s: another process is using this data directory", dir);
	return -E_BUSY;
}

static int open_file(
    struct commit_log *log, const char *dir, struct splitter *s, struct arena *a, struct span *ret_problem)
{
	log->fd = open_at(log->dir, FILE_NAME, O_RDWR);
	if (log->fd >= 0)
		return replay(log, dir, s, a, ret_problem);
	int rc = log->fd;
	if (rc == -E_NOT_FOUND)
		rc = create_file(log, &log->fd, &log->seed);
	if (rc == 0)
		rc = sync_fd(log->fd);
	if (rc == 0)
		rc = rename_file(log);
	if (rc == 0)
		rc = sync_dir(log->dir);
	log->end = FILE_HEAD;
	return rc < 0 ? problem(a, ret_problem, rc, dir, "cannot make " FILE_NAME) : 0;
}

int commit_log_open(const char *dir, commit_log_fn *fn, void *arg, struct arena *a,
    struct commit_log **ret_log, struct span *ret_problem)
{
	struct commit_log *log = calloc(1, sizeof *log);
	struct splitter s = {fn, arg};
	if (!log)
		return problem(a, ret_problem, -E_NOMEM, dir, "cannot open");
	*log = (struct commit_log){.dir = -1, .lock = -1, .fd = -1, .last = &log->first};
	pthread_mutex_init(&log->mutex, NULL);
	pthread_cond_init(&log->changed, NULL);
	int rc = take_dir(log, dir, a, ret_problem);
	if (rc == 0)
		rc = open_file(log, dir, &s, a, ret_problem);
	if (rc < 0)
		commit_log_close(log);
	else
		*ret_log = log;
	return rc;
}

struct commit_log *commit_log_close(struct commit_log *log)
{
	if (!log)
		return NULL;
	int fds[] = {log->fd, log->lock, log->dir};
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	pthread_cond_destroy(&log->changed);
	pthread_mutex_destroy(&log->mutex);
	free(log);
	return NULL;
}

/* Appending */

/* Takes as many waiters as one frame should carry; at least one. */
static struct waiter *take_group(struct commit_log *log, struct span *records, size_t *ret_n)
{
	struct waiter *group = log->first, **at = &log->first;
	size_t n = 0, bytes = 0;
	while (*at && n < GROUP_RECORDS && (n == 0 || bytes + (*at)->record.len <= GROUP_BYTES)) {
		records[n++] = (*at)->record;
		bytes += (*at)->record.len;
		at = &(*at)->next;
	}
	log->first = *at;
	*at = NULL;
	if (!log->first)
		log->last = &log->first;
	*ret_n = n;
	return group;
}

static int commit(struct commit_log *log, const struct span *records, size_t n)
{
	uint64_t end = log->end, sequence = log->sequence;
	int rc = write_frame(log, records, n);
	bool written = rc == 0;
	if (written)
		rc = sync_fd(log->fd);
	if (rc == 0)
		return 0;
	log->end = end;
	log->sequence = sequence;
	log->failed = truncate_fd(log->fd, end) < 0 || written;
	return rc;
}

/* Commits the waiting group; the mutex is held on entry and on return, not meanwhile. */
static void lead(struct commit_log *log)
{
	struct span records[GROUP_RECORDS];
	size_t n;
	struct waiter *group = take_group(log, records, &n);
	log->committing = true;
	pthread_mutex_unlock(&log->mutex);
	int rc = log->failed ? -E_IO : commit(log, records, n);
	pthread_mutex_lock(&log->mutex);
	log->committing = false;
	for (struct waiter *w = group, *next; w; w = next) {
		next = w->next;
		w->rc = rc;
		w->done = true;
	}
	pthread_cond_broadcast(&log->changed);
}

int commit_log_append(struct commit_log *log, struct span record)
{
	struct waiter w = {.record = record};
	if (record.len > UINT32_MAX)
		return -E_TOO_LARGE;
	pthread_mutex_lock(&log->mutex);
	*log->last = &w;
	/* cppcheck-suppress autoVariables ; w is off the list before this returns */
	log->last = &w.next;
	while (!w.done) {
		if (log->committing)
			pthread_cond_wait(&log->changed, &log->mutex);
		else
			lead(log);
	}
	pthread_mutex_unlock(&log->mutex);
	return w.rc;
}

uint64_t commit_log_size(const struct commit_log *log)
{
	return log->end;
}

uint64_t commit_log_cut(const struct commit_log *log)
{
	return log->cut;
}

/* Rewriting */

int commit_log_add(struct commit_log *log, struct span record)
{
	return record.len > UINT32_MAX ? -E_TOO_LARGE : write_frame(log, &record, 1);
}

int commit_log_rewrite(struct commit_log *log, commit_log_fill *fill, void *arg)
{
	struct commit_log old = *log;
	int rc = create_file(log, &log->fd, &log->seed);
	if (rc < 0)
		return rc;
	log->sequence = 0;
	log->end = FILE_HEAD;
	rc = fill(arg, log);
	if (rc == 0)
		rc = sync_fd(log->fd);
	if (rc == 0)
		rc = rename_file(log);
	if (rc == 0) {
		/* From here on the new file is the log, whatever a crash makes of its name. */
		close(old.fd);
		log->failed = sync_dir(log->dir) < 0;
		return log->failed ? -E_IO : 0;
	}
	close(log->fd);
	log->fd = old.fd;
	log->seed = old.seed;
	log->sequence = old.sequence;
	log->end = old.end;
	return rc;
}
