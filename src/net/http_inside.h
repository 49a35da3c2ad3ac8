/* Inside of net/http: what the parser and the checks share. */
#pragma once

#include "net/http.h"

/* What llhttp accepts but two readers could take differently. NULL if the head is sound, else what is wrong
 * (static text). `text` is all of the head; the spans point into it. */
const char *http_check_request(const struct http_head *h, struct span text);
const char *http_check_response(const struct http_head *h, struct span text);
/* Whether the connection outlives a message with these headers (RFC 9112 section 9.3). */
bool http_keeps_alive(const struct http_head *h);
