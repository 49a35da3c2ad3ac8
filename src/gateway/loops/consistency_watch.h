/* Polls the index state of every registered namespace (gateway/consistency), on the control loop: at most 64
 * polls at a time, the longest due first, so that a watcher that cannot keep its pace falls behind evenly. */
#pragma once

#include "gateway/worker.h"

struct consistency_watch;

struct consistency_watch *consistency_watch_start(struct loop *control, struct gateway *g);
/* Another configuration: polls go to its stores, and the namespaces of its Indexes are registered. */
void consistency_watch_configure(struct consistency_watch *w, struct config *cfg);
/* Ends the polls under way; its coroutines end with the loop's next turns. */
void consistency_watch_stop(struct consistency_watch *w);
/* After the loop has ended. NULL is fine. */
void consistency_watch_free(struct consistency_watch *w);
