/* The durable log: one append-only file of frames (store/log/frame.h) in a directory that one process owns.
 *
 * A frame is one commit group: the records of all writers that came while the previous frame was being
 * written. The next frame is written only after fdatasync of the previous one has returned, so at most the
 * last frame of the file can be unfinished: at open it is cut off. Damage before that is refused.
 *
 * If a write fails (a full disk), the file is cut back to its last good frame and the log goes on; if
 * fdatasync fails, or cutting back does, nothing is known about the disk any more and every further append
 * fails until the store is opened again. */
#pragma once

#include "base/arena.h"

struct commit_log;

/* Called for each record, oldest first; -E_CORRUPT stops the opening. */
typedef int commit_log_fn(void *arg, struct span record);

/* Takes the directory (made if missing), replays the file, cuts off a torn end. -E_BUSY: another process has
 * it. -E_CORRUPT, -E_IO, …: *ret_problem says where and what, in the arena. */
MUST_USE int commit_log_open(const char *dir, commit_log_fn *fn, void *arg, struct arena *a,
    struct commit_log **ret_log, struct span *ret_problem);
/* Returns NULL; NULL is fine. */
struct commit_log *commit_log_close(struct commit_log *log);

/* Appends one record; 0 once it is on the disk. Thread-safe: concurrent appends share an fdatasync. On
 * failure the record is not in the log, except after a failed fdatasync, when it may be. */
MUST_USE int commit_log_append(struct commit_log *log, struct span record);
/* Bytes of the file, and bytes that the last open cut off. */
uint64_t commit_log_size(const struct commit_log *log);
uint64_t commit_log_cut(const struct commit_log *log);

/* Replaces the file by one that holds only what `fill` adds, each record through commit_log_add(). The old
 * file stays in use if anything fails before the new one is complete on the disk. Not while appends are
 * under way. */
typedef int commit_log_fill(void *arg, struct commit_log *log);
MUST_USE int commit_log_rewrite(struct commit_log *log, commit_log_fill *fill, void *arg);
MUST_USE int commit_log_add(struct commit_log *log, struct span record);
