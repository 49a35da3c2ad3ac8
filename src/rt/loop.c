#include "rt/loop.h"

#include <stdlib.h>

#include "rt/loop_inside.h"

static _Thread_local struct loop *current;

struct loop *loop_current(void)
{
	return current;
}

struct uv_loop_s *loop_uv(struct loop *l)
{
	return &l->uv;
}

uint64_t loop_now_ns(void)
{
	return current && !current->clock ? (uv_now(&current->uv) + 1) * NS_PER_MS : time_mono_ns();
}

uint64_t loop_blocked_total(const struct loop *l)
{
	return atomic_load_explicit(&l->blocked_total, memory_order_relaxed);
}

/* --- timers: a binary heap, and one uv timer that is set no later than its top ----------------------------
 */

static void heap_set(struct loop *l, size_t i, struct timer *t)
{
	l->timers.at[i] = t;
	t->slot = i + 1;
}

static void heap_up(struct loop *l, size_t i, struct timer *t)
{
	while (i && l->timers.at[(i - 1) / 2]->queued_ns > t->queued_ns) {
		heap_set(l, i, l->timers.at[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	heap_set(l, i, t);
}

static void heap_down(struct loop *l, size_t i, struct timer *t)
{
	for (size_t child; (child = 2 * i + 1) < l->timers.len; i = child) {
		if (child + 1 < l->timers.len &&
		    l->timers.at[child + 1]->queued_ns < l->timers.at[child]->queued_ns)
			child++;
		if (l->timers.at[child]->queued_ns >= t->queued_ns)
			break;
		heap_set(l, i, l->timers.at[child]);
	}
	heap_set(l, i, t);
}

static void on_wakeup(uv_timer_t *handle);

/* The uv timer only ever moves forward in time when it fires: a wake-up too early costs less than setting
 * it anew for every wait that ended before its deadline. */
static void arm_wakeup(struct loop *l, uint64_t deadline_ns)
{
	if (l->clock || deadline_ns >= l->wakeup_ns)
		return;
	uint64_t now = time_mono_ns();
	uint64_t ms = deadline_ns > now ? (deadline_ns - now + NS_PER_MS - 1) / NS_PER_MS : 0;
	l->wakeup_ns = deadline_ns;
	uv_update_time(&l->uv);
	uv_timer_start(&l->wakeup, on_wakeup, ms, 0);
}

void timer_start(struct loop *l, struct timer *t, uint64_t deadline_ns)
{
	t->deadline_ns = deadline_ns;
	if (t->slot && t->queued_ns <= deadline_ns)
		return; /* seen to when it comes up */
	timer_stop(l, t);
	t->deadline_ns = t->queued_ns = deadline_ns;
	if (deadline_ns == DEADLINE_NONE)
		return;
	vec_push(&l->timers, t);
	heap_up(l, l->timers.len - 1, t);
	arm_wakeup(l, deadline_ns);
}

void timer_rest(struct loop *l, struct timer *t)
{
	timer_start(l, t, DEADLINE_NONE);
}

void timer_stop(struct loop *l, struct timer *t)
{
	t->deadline_ns = DEADLINE_NONE;
	if (!t->slot)
		return;
	size_t i = t->slot - 1;
	struct timer *last = l->timers.at[--l->timers.len];
	t->slot = 0;
	if (last == t)
		return;
	if (i && l->timers.at[(i - 1) / 2]->queued_ns > last->queued_ns)
		heap_up(l, i, last);
	else
		heap_down(l, i, last);
}

/* The timer that fires first. What comes up before its deadline, since that moved, is put where it belongs.
 */
static struct timer *first_timer(struct loop *l)
{
	while (l->timers.len) {
		struct timer *t = l->timers.at[0];
		uint64_t deadline_ns = t->deadline_ns;
		if (deadline_ns == t->queued_ns)
			return t;
		timer_stop(l, t);
		timer_start(l, t, deadline_ns);
	}
	return NULL;
}

static void fire_due_timers(struct loop *l)
{
	uint64_t now = time_mono_ns();
	for (struct timer *t; (t = first_timer(l)) && t->deadline_ns <= now;) {
		timer_stop(l, t);
		t->fn(t);
	}
}

static void on_wakeup(uv_timer_t *handle)
{
	struct loop *l = handle->data;
	l->wakeup_ns = DEADLINE_NONE;
	fire_due_timers(l);
	if (l->timers.len)
		arm_wakeup(l, l->timers.at[0]->queued_ns);
}

/* --- mail --- */

void loop_post(struct loop *l, struct mail *m)
{
	struct mail *head = atomic_load_explicit(&l->mail, memory_order_relaxed);
	do
		m->next = head;
	while (!atomic_compare_exchange_weak_explicit(
	    &l->mail, &head, m, memory_order_release, memory_order_relaxed));
	uv_async_send(&l->mail_signal);
}

static void on_mail(uv_async_t *handle)
{
	struct loop *l = handle->data;
	struct mail *newest = atomic_exchange_explicit(&l->mail, NULL, memory_order_acquire), *oldest = NULL;
	while (newest) { /* the list is a stack: turn it round */
		struct mail *next = newest->next;
		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	while (oldest) {
		struct mail *m = oldest;
		oldest = m->next;
		m->fn(m);
	}
}

/* --- turns --- */

static void on_idle(uv_idle_t *handle)
{
	(void)handle; /* its being active keeps the loop from waiting for the kernel */
}

static void run_turn(struct loop *l)
{
	loop_run_ready(l);
	if (l->ready_first)
		uv_idle_start(&l->idle, on_idle);
	else
		uv_idle_stop(&l->idle);
}

static void on_prepare(uv_prepare_t *handle)
{
	struct loop *l = handle->data;
	bool any = l->ready_first;
	run_turn(l);
	if (any) /* else libuv has just looked at the clock, as it has before on_check */
		uv_update_time(&l->uv);
	if (l->turn_began_ms && (uv_now(&l->uv) - l->turn_began_ms) * NS_PER_MS > LOOP_BLOCKED_NS)
		atomic_fetch_add_explicit(&l->blocked_total, 1, memory_order_relaxed);
	if (l->stopping && l->live_count == 0)
		uv_stop(&l->uv);
}

static void on_check(uv_check_t *handle)
{
	struct loop *l = handle->data;
	l->turn_began_ms = uv_now(&l->uv);
	run_turn(l);
}

static void run_virtual(struct loop *l)
{
	struct virtual_clock *before = time_virtual();
	time_use_virtual(l->clock);
	while (!(l->stopping && l->live_count == 0)) {
		uv_run(&l->uv, UV_RUN_NOWAIT);
		if (l->ready_first)
			continue;
		struct timer *first = first_timer(l);
		if (!first)
			break;
		uint64_t next = first->deadline_ns;
		if (next > l->clock->mono_ns) {
			l->clock->wall_ns += next - l->clock->mono_ns;
			l->clock->mono_ns = next;
		}
		fire_due_timers(l);
	}
	time_use_virtual(before);
}

void loop_run(struct loop *l)
{
	struct loop *outer = current;
	current = l;
	if (l->clock)
		run_virtual(l);
	else
		uv_run(&l->uv, UV_RUN_DEFAULT);
	l->stopping = false;
	current = outer;
}

void loop_stop(struct loop *l)
{
	l->stopping = true;
	uv_async_send(&l->mail_signal); /* a turn, so that the prepare step sees it */
}

/* --- birth and end --- */

int loop_new(struct loop **ret)
{
	struct loop *l = calloc(1, sizeof *l);
	if (!l)
		return -E_NOMEM;
	int rc = uv_loop_init(&l->uv);
	if (rc < 0) {
		free(l);
		return result_from_errno(-rc);
	}
	l->wakeup_ns = DEADLINE_NONE;
	uv_prepare_init(&l->uv, &l->prepare);
	uv_check_init(&l->uv, &l->check);
	uv_idle_init(&l->uv, &l->idle);
	uv_timer_init(&l->uv, &l->wakeup);
	rc = uv_async_init(&l->uv, &l->mail_signal, on_mail);
	if (rc < 0)
		abort(); /* out of descriptors before anything runs */
	l->prepare.data = l->check.data = l->wakeup.data = l->mail_signal.data = l->idle.data = l;
	uv_prepare_start(&l->prepare, on_prepare);
	uv_check_start(&l->check, on_check);
	*ret = l;
	return 0;
}

int loop_new_virtual(struct virtual_clock *clock, struct loop **ret)
{
	int rc = loop_new(ret);
	if (rc == 0)
		(*ret)->clock = clock;
	return rc;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	uv_close((uv_handle_t *)&l->prepare, NULL);
	uv_close((uv_handle_t *)&l->check, NULL);
	uv_close((uv_handle_t *)&l->idle, NULL);
	uv_close((uv_handle_t *)&l->wakeup, NULL);
	uv_close((uv_handle_t *)&l->mail_signal, NULL);
	uv_run(&l->uv, UV_RUN_DEFAULT); /* lets every closing handle call back */
	uv_loop_close(&l->uv);
	coro_free_spare(l);
	vec_free(&l->timers);
	free(l);
}
