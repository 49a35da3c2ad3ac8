#include "rt/watch.h"

#include <stdlib.h>
#include <uv.h>

struct watch {
	union {
		uv_handle_t handle;
		uv_signal_t signal;
		uv_fs_event_t fs;
	} uv;
	void (*fn)(void *ctx);
	void *ctx;
};

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void watch_stop(struct watch *w)
{
	if (w)
		uv_close(&w->uv.handle, on_closed);
}

static void on_signal(uv_signal_t *handle, int signum)
{
	struct watch *w = handle->data;
	w->fn(w->ctx);
}

static void on_change(uv_fs_event_t *handle, const char *name, int events, int status)
{
	struct watch *w = handle->data;
	w->fn(w->ctx);
}

static struct watch *watch_new(void (*fn)(void *ctx), void *ctx)
{
	struct watch *w = calloc(1, sizeof *w);
	if (!w)
		abort();
	w->fn = fn;
	w->ctx = ctx;
	return w;
}

/* Starting may fail; a handle that was initialised must be closed all the same. */
static int started(struct watch *w, int rc, struct watch **ret)
{
	w->uv.handle.data = w;
	if (rc < 0) {
		watch_stop(w);
		return result_from_errno(-rc);
	}
	*ret = w;
	return 0;
}

int watch_signal(struct loop *l, int signum, void (*fn)(void *ctx), void *ctx, struct watch **ret)
{
	struct watch *w = watch_new(fn, ctx);
	uv_signal_init(loop_uv(l), &w->uv.signal);
	return started(w, uv_signal_start(&w->uv.signal, on_signal, signum), ret);
}

int watch_dir(struct loop *l, const char *path, void (*fn)(void *ctx), void *ctx, struct watch **ret)
{
	struct watch *w = watch_new(fn, ctx);
	uv_fs_event_init(loop_uv(l), &w->uv.fs);
	return started(w, uv_fs_event_start(&w->uv.fs, on_change, path, 0), ret);
}
