#include "rt/spawn.h"

#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "base/vec.h"

struct spawned {
	uv_process_t process;
	void (*on_end)(void *ctx, int status);
	void *ctx;
};

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void spawned_forget(struct spawned *s)
{
	if (s)
		uv_close((uv_handle_t *)&s->process, on_closed);
}

static void on_exit_of(uv_process_t *process, int64_t status, int signal)
{
	struct spawned *s = process->data;
	s->on_end(s->ctx, signal ? 128 + signal : (int)status);
}

int spawn(struct loop *l, const struct spawn_spec *spec, void (*on_end)(void *ctx, int status), void *ctx,
    struct spawned **ret)
{
	VEC(char *) env = {0};
	VEC(uv_stdio_container_t) stdio = {0};
	struct spawned *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	*s = (struct spawned){.on_end = on_end, .ctx = ctx};
	for (const char *const *v = spec->variables; *v; v++) /* the first of a name is the one that counts */
		vec_push(&env, (char *)(uintptr_t)*v);
	for (char **v = environ; *v; v++)
		vec_push(&env, *v);
	vec_push(&env, NULL);
	for (unsigned i = 0; i < 3 + spec->fd_count; i++) {
		uv_stdio_container_t inherit = {.flags = UV_INHERIT_FD};
		inherit.data.fd = i < 3 ? (int)i : spec->fds[i - 3];
		vec_push(&stdio, inherit);
	}
	char *argv[] = {(char *)(uintptr_t)spec->program, NULL};
	const uv_process_options_t options = {
	    .file = spec->program,
	    .args = argv,
	    .env = env.at,
	    .stdio = stdio.at,
	    .stdio_count = (int)stdio.len,
	    .exit_cb = on_exit_of,
	};
	int rc = uv_spawn(loop_uv(l), &s->process, &options);
	s->process.data = s;
	vec_free(&env);
	vec_free(&stdio);
	if (rc < 0) {
		spawned_forget(s);
		return result_from_errno(-rc);
	}
	*ret = s;
	return 0;
}
