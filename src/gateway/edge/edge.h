/* The edge: where a request enters and leaves. */
#pragma once

#include "net/server.h"

/* For struct server_options; the context is the struct worker. */
void edge_handle(struct exchange *x);
void edge_finished(struct exchange *x);
struct span edge_refusal(struct exchange *x, int status, const char *why);
