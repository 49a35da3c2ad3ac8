/* A directory for a store on the disk, for the tests that open one twice. */
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_kit.h"

struct dir {
	char path[64], file[80], lock[80];
};

static inline struct dir dir_new(void)
{
	struct dir d = {.path = P_tmpdir "/layer-store-test-XXXXXX"};
	assert_non_null(mkdtemp(d.path));
	snprintf(d.file, sizeof d.file, "%s/store.log", d.path);
	snprintf(d.lock, sizeof d.lock, "%s/lock", d.path);
	return d;
}

static inline void dir_remove(struct dir *d)
{
	char new[96];
	snprintf(new, sizeof new, "%s.new", d->file);
	unlink(new);
	unlink(d->file);
	unlink(d->lock);
	assert_int_equal(rmdir(d->path), 0);
}

static inline size_t file_size(const struct dir *d)
{
	struct stat st;
	assert_int_equal(stat(d->file, &st), 0);
	return (size_t)st.st_size;
}

static inline void file_write(const struct dir *d, struct span s)
{
	int fd = open(d->file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0 && write(fd, s.ptr, s.len) == (ssize_t)s.len);
	close(fd);
}
