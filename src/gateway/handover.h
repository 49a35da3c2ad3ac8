/* One process of the gateway takes the place of another, and tells its supervisor so.
 *
 * Listening sockets come as descriptors from 3 on, counted by LISTEN_FDS, as systemd's socket units pass them
 * (sd_listen_fds(3)); LISTEN_PID, if set, must be ours. NOTIFY_SOCKET is told when the process serves
 * (sd_notify(3)). */
#pragma once

#include "rt/loop.h"

struct handover;

/* The sockets that this process was started with, at most `most`: how many, with the port of the first one.
 * -E_CONFIG if LISTEN_FDS names something that is not a listening TCP socket. Before other threads run. */
MUST_USE int handover_sockets(int *ret_sockets, unsigned most, uint16_t *ret_port);
/* `control` is the loop that the calls below are made on. Before other threads run: it changes the
 * environment. */
MUST_USE int handover_new(struct loop *control, struct handover **ret);
/* Before the loop is freed; NULL is fine. */
void handover_free(struct handover *h);
/* This process serves now: tells the supervisor, and the process that it succeeds, which then drains. */
void handover_serving(struct handover *h);
/* Starts the program that this process was started from, as it lies on disk now, with the same environment
 * and these listening sockets. If it fails or ends before it serves, that is logged and nothing else changes.
 */
void handover_start(struct handover *h, const int *sockets, unsigned count);
/* This process begins to end. Whether a successor runs, whose end is no matter of ours from now on. */
bool handover_leave(struct handover *h);
