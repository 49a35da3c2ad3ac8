#include "config/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fault.h"

static int is_manifest(const struct dirent *entry)
{
	struct span name = span_str(entry->d_name);
	return !span_starts(name, SPAN(".")) &&
	       (span_ends(name, SPAN(".yaml")) || span_ends(name, SPAN(".yml")) ||
	           span_ends(name, SPAN(".json")));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Fills `text` to the end of the file, or to its maximum: then -E_TOO_LARGE. */
static int read_all(int fd, struct buf *text)
{
	for (;;) {
		char *room = buf_reserve(text, 4096);
		if (!room)
			return buf_status(text);
		ssize_t n = FAULT("config.files.read") ? (errno = EIO, -1) : read(fd, room, 4096);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return result_from_errno(errno);
		if (n == 0)
			return 0;
		buf_commit(text, (size_t)n);
	}
}

/* 1 if the file was read, 0 if it is not a regular file. */
static int read_file(int dir_fd, const char *name, struct buf *text)
{
	struct stat st;
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hold us up */
	if (fd < 0)
		return result_from_errno(errno);
	int rc = fstat(fd, &st) < 0 ? result_from_errno(errno) : S_ISREG(st.st_mode);
	if (rc > 0) {
		int read_rc = read_all(fd, text);
		rc = read_rc < 0 ? read_rc : 1;
	}
	close(fd);
	return rc;
}

struct reading {
	int dir_fd;
	size_t total; /* bytes so far */
	files_each_fn *each;
	void *ctx;
};

/* Delivers one file; returns what is wrong with it, or NULL. */
static const char *deliver(struct reading *r, const char *name)
{
	struct buf text = buf_new(FILES_BYTES_MAX + 4096);
	int rc = read_file(r->dir_fd, name, &text);
	const char *why = NULL;
	r->total += text.len;
	if (rc > 0 && text.len > FILES_BYTES_MAX)
		rc = -E_TOO_LARGE;
	if (rc < 0)
		why = result_text(rc);
	else if (r->total > FILES_TOTAL_BYTES_MAX)
		why = "all files together are larger than their limit";
	else if (rc > 0)
		r->each(r->ctx, span_str(name), buf_span(&text));
	buf_free(&text);
	return why;
}

/* Opens the directory, or what its `..data` leads to. */
static int open_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int data = fd < 0 ? -1 : openat(fd, "..data", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (data < 0)
		return fd;
	close(fd);
	return data;
}

static int complain(struct problems *problems, const char *name, const char *why)
{
	problems_add(problems, span_str(name), 0, SPAN_NONE, "cannot be read: %s", why);
	return -E_CONFIG;
}

int files_read(const char *path, files_each_fn *each, void *ctx, struct problems *problems)
{
	struct reading r = {.dir_fd = open_directory(path), .each = each, .ctx = ctx};
	struct dirent **entries = NULL;
	int rc = 0, n = r.dir_fd < 0 ? -1 : scandirat(r.dir_fd, ".", &entries, is_manifest, by_name);
	if (n < 0)
		rc = complain(problems, path, result_text(result_from_errno(errno)));
	else if (n > FILES_COUNT_MAX)
		rc = complain(problems, path, "holds more files than its limit");
	for (int i = 0; i < n; i++) {
		const char *why = n > FILES_COUNT_MAX ? NULL : deliver(&r, entries[i]->d_name);
		if (why)
			rc = complain(problems, entries[i]->d_name, why);
		free(entries[i]);
	}
	free(entries);
	if (r.dir_fd >= 0)
		close(r.dir_fd);
	return rc;
}
