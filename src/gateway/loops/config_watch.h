/* Loads the configuration and loads it again when its directory changes or SIGHUP comes. Runs on the control
 * loop; what is in force is handed to the workers and to the watcher of index states whole. */
#pragma once

#include "gateway/loops/consistency_watch.h"

struct config_watch;

/* `consistency` may be NULL. Loads it for the first time and starts to watch. -E_CONFIG: every problem has
 * been logged. */
MUST_USE int config_watch_start(struct loop *control, struct gateway *g, struct worker **workers,
    unsigned count, struct consistency_watch *consistency, struct config_watch **ret);
/* Loads again now; a configuration with an error changes nothing. */
void config_watch_reload(struct config_watch *w);
/* NULL is fine. */
void config_watch_stop(struct config_watch *w);
