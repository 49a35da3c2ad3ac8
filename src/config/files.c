#include "config/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/vec.h"

struct names {
	VEC(char *) list;
};

static bool is_manifest_name(struct span name)
{
	return !span_starts(name, SPAN(".")) &&
	       (span_ends(name, SPAN(".yaml")) || span_ends(name, SPAN(".yml")) ||
	           span_ends(name, SPAN(".json")));
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_names(DIR *dir, struct names *names)
{
	for (struct dirent *entry; errno = 0, (entry = readdir(dir)) != NULL;) {
		if (!is_manifest_name(span_str(entry->d_name)))
			continue;
		if (names->list.len == FILES_COUNT_MAX)
			return -E_TOO_LARGE;
		char *name = strdup(entry->d_name);
		if (!name)
			return -E_NOMEM;
		vec_push(&names->list, name);
	}
	if (errno)
		return result_from_errno(errno);
	if (names->list.len)
		qsort(names->list.at, names->list.len, sizeof *names->list.at, by_name);
	return 0;
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

static int read_names(
    int dir_fd, const struct names *names, files_each_fn *each, void *ctx, struct problems *problems)
{
	size_t total = 0;
	int result = 0;
	vec_each (&names->list, name) {
		struct buf text = buf_new(FILES_BYTES_MAX + 4096);
		struct span file = span_str(*name);
		int rc = read_file(dir_fd, *name, &text);
		if (rc > 0 && text.len > FILES_BYTES_MAX)
			rc = -E_TOO_LARGE;
		total += text.len;
		if (rc < 0) {
			problems_add(problems, file, 0, SPAN_NONE, "cannot be read: %s", result_text(rc));
			result = -E_CONFIG;
		} else if (total > FILES_TOTAL_BYTES_MAX) {
			problems_add(problems, file, 0, SPAN_NONE, "all files together are too large");
			result = -E_CONFIG;
		} else if (rc > 0) {
			each(ctx, file, buf_span(&text));
		}
		buf_free(&text);
	}
	return result;
}

/* Opens the directory, or what its `..data` leads to. */
static DIR *open_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	int data = openat(fd, "..data", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (data >= 0) {
		close(fd);
		fd = data;
	}
	DIR *dir = fdopendir(fd);
	if (!dir)
		close(fd);
	return dir;
}

int files_read(const char *path, files_each_fn *each, void *ctx, struct problems *problems)
{
	struct names names = {0};
	DIR *dir = open_directory(path);
	int rc = dir ? list_names(dir, &names) : result_from_errno(errno);
	if (rc < 0) {
		problems_add(problems, span_str(path), 0, SPAN_NONE, "the directory cannot be read: %s",
		    result_text(rc));
		rc = -E_CONFIG;
	} else {
		rc = read_names(dirfd(dir), &names, each, ctx, problems);
	}
	vec_each (&names.list, name) {
		free(*name);
	}
	vec_free(&names.list);
	if (dir)
		closedir(dir);
	return rc;
}
