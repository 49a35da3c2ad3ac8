/* Inside of net: what the files behind net/server.h share. */
#pragma once

#include "net/server.h"

#define BACKLOG 4096

/* Answers what never became a request, because of the code rc, and makes the connection end. */
void exchange_refuse(struct exchange *x, int rc);
/* The answer is out: reads what is left of a short body, so that the connection can carry on; reads on a
 * little after a long one, so that its end does not take the answer with it. */
void exchange_finish_body(struct exchange *x);
