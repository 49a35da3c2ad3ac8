#include "cli/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/uuid.h"

#define KEY_BYTES_MAX 1024

const char *path_in(struct arena *a, const char *dir, const char *name)
{
	return arena_printf(a, "%s/%s", dir, name).ptr;
}

int make_directories(const char *path)
{
	struct arena *a = arena_new();
	char *copy = arena_str(a, span_str(path));
	int rc = 0;
	for (char *slash = copy + 1; rc == 0 && slash;) {
		slash = strchr(slash, '/');
		if (slash)
			*slash = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST)
			rc = result_from_errno(errno);
		if (slash)
			*slash++ = '/';
	}
	arena_free(a);
	return rc;
}

int data_directory(struct arena *a, const char *given, const char **ret)
{
	const char *home = getenv("HOME"), *xdg = getenv("XDG_DATA_HOME");
	if (!given) {
		if (xdg && *xdg)
			given = path_in(a, xdg, "layer");
		else
			given = path_in(a, home && *home ? home : ".", ".local/share/layer");
	}
	int rc = make_directories(given);
	char *absolute = rc == 0 ? realpath(given, NULL) : NULL;
	if (!absolute)
		return rc < 0 ? rc : result_from_errno(errno);
	*ret = arena_str(a, span_str(absolute));
	free(absolute);
	return 0;
}

int read_file(struct arena *a, const char *path, size_t max, bool tail, struct span *ret)
{
	struct stat st;
	FILE *f = fopen(path, "re");
	if (!f)
		return result_from_errno(errno);
	int rc = fstat(fileno(f), &st) < 0 ? -E_IO : 0;
	size_t size = rc == 0 ? (size_t)st.st_size : 0;
	if (size > max && !tail)
		rc = -E_TOO_LARGE;
	if (rc == 0 && size > max && fseek(f, -(long)max, SEEK_END) < 0)
		rc = -E_IO;
	if (rc == 0) {
		size = size > max ? max : size;
		char *text = arena_alloc(a, size + 1);
		*ret = span_of(text, fread(text, 1, size, f));
	}
	fclose(f);
	return rc;
}

int write_file(const char *path, struct span text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return result_from_errno(errno);
	ssize_t n = write(fd, text.ptr, text.len);
	close(fd);
	return n == (ssize_t)text.len ? 0 : -E_IO;
}

int data_lock(struct arena *a, const char *dir)
{
	int fd = open(path_in(a, dir, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return result_from_errno(errno);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0; /* stays open on purpose */
	int rc = errno == EWOULDBLOCK ? -E_BUSY : result_from_errno(errno);
	close(fd);
	return rc;
}

int data_key(struct arena *a, const char *dir, const char **ret)
{
	const char *path = path_in(a, dir, "api-key");
	struct span text;
	int rc = read_file(a, path, KEY_BYTES_MAX, false, &text);
	if (rc == -E_NOT_FOUND) {
		struct uuid id = uuid_random();
		char uuid[UUID_TEXT_LEN];
		uuid_format(&id, uuid);
		text = arena_printf(a, "layer_%.*s", UUID_TEXT_LEN, uuid);
		rc = write_file(path, text);
	}
	if (rc < 0)
		return rc;
	*ret = arena_str(a, span_trim(span_cut(&text, '\n')));
	return 0;
}
