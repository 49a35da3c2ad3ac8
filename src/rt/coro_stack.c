/* glibc's checked longjmp refuses to jump to another stack, which is the point here. */
#undef _FORTIFY_SOURCE

#include "rt/coro_stack.h"

#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/result.h"

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define WITH_TSAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define WITH_TSAN 1
#endif

#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define STACK_BYTES (256 * 1024) /* instrumented frames are larger */
#elif defined(WITH_TSAN)
#include <sanitizer/tsan_interface.h>
#define STACK_BYTES (256 * 1024)
#else
#define STACK_BYTES (64 * 1024)
#endif
#define GUARD_BYTES 4096

int coro_side_new(struct coro_side *ret)
{
	char *p =
	    mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -E_NOMEM;
	if (mprotect(p, GUARD_BYTES, PROT_NONE) < 0) {
		munmap(p, GUARD_BYTES + STACK_BYTES);
		return -E_NOMEM;
	}
	*ret = (struct coro_side){.stack = p + GUARD_BYTES, .size = STACK_BYTES};
#ifdef WITH_TSAN
	ret->fiber = __tsan_create_fiber(0);
#endif
	return 0;
}

void coro_side_free(struct coro_side *s)
{
	if (!s->stack)
		return;
#ifdef WITH_TSAN
	__tsan_destroy_fiber(s->fiber);
#endif
#ifdef WITH_ASAN
	ASAN_UNPOISON_MEMORY_REGION(s->stack, s->size);
#endif
	munmap((char *)s->stack - GUARD_BYTES, GUARD_BYTES + s->size);
}

static void before_switch(struct coro_side *from, struct coro_side *to)
{
#ifdef WITH_ASAN
	__sanitizer_start_switch_fiber(&from->fiber, to->stack, to->size);
#elif defined(WITH_TSAN)
	if (!from->stack)
		from->fiber = __tsan_get_current_fiber();
	__tsan_switch_to_fiber(to->fiber, 0);
#endif
	(void)from;
	(void)to;
}

/* Runs on the side just switched to; `from` is the side that was left. */
static void after_switch(struct coro_side *self, struct coro_side *from)
{
#ifdef WITH_ASAN
	const void *bottom;
	size_t size;
	__sanitizer_finish_switch_fiber(self->fiber, &bottom, &size);
	if (!from->stack) { /* the thread's own stack is known only now */
		from->stack = (void *)(uintptr_t)bottom;
		from->size = size;
	}
#endif
	(void)self;
	(void)from;
}

/* makecontext passes ints, so the first call finds its arguments here. */
struct first_call {
	struct coro_side *self, *from;
	void (*entry)(void *arg);
	void *arg;
};
static _Thread_local struct first_call first;

static void trampoline(void)
{
	struct first_call call = first;
	after_switch(call.self, call.from);
	if (!_setjmp(call.self->env)) {
		before_switch(call.self, call.from);
		_longjmp(call.from->env, 1);
	}
	after_switch(call.self, call.from);
	call.entry(call.arg);
	__builtin_unreachable();
}

void coro_side_prepare(struct coro_side *from, struct coro_side *s, void (*entry)(void *arg), void *arg)
{
	ucontext_t uc;
	getcontext(&uc);
	uc.uc_stack.ss_sp = s->stack;
	uc.uc_stack.ss_size = s->size;
	uc.uc_link = NULL;
	makecontext(&uc, trampoline, 0);
	first = (struct first_call){.self = s, .from = from, .entry = entry, .arg = arg};
	if (!_setjmp(from->env)) {
		before_switch(from, s);
		setcontext(&uc);
	}
	after_switch(from, s);
}

void coro_side_switch(struct coro_side *from, struct coro_side *to)
{
	if (!_setjmp(from->env)) {
		before_switch(from, to);
		_longjmp(to->env, 1);
	}
	after_switch(from, to);
}
