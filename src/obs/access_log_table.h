/* The fields of an access-log line, in its order. docs/access-log.md comes from this table. */
#pragma once

/*  name, kind, member of struct access_line, meaning */
#define ACCESS_LOG_TABLE(X)                                                                                  \
	X("ts", time, wall_ns, "When the request arrived, UTC.")                                             \
	X("trace_id", trace, trace, "The trace of the request's `traceparent`, or the one begun for it.")    \
	X("client", text, client, "The peer's address.")                                                     \
	X("key", text, key, "The name of the key that let the request in; never the key.")                   \
	X("method", text, method, "The request's method.")                                                   \
	X("path", text, path, "The path as sent, without the query.")                                        \
	X("route", text, route, "The pattern of the route.")                                                 \
	X("namespace", text, namespace, "The namespace of the path.")                                        \
	X("status", count, status, "The answer's status; 499 if the client went away first.")                \
	X("bytes_in", count, bytes_in, "Bytes of the request's body.")                                       \
	X("bytes_out", count, bytes_out, "Bytes of the answer's body.")                                      \
	X("duration_ms", ms, duration_ns, "From the request's head to the end of the answer.")               \
	X("upstream_ms", ms, upstream_ns, "The part of it that was spent waiting for the store.")            \
	X("overhead_us", us, overhead_ns, "The part of it that was the gateway's own, in microseconds.")     \
	X("error", text, error, "What went wrong: a code of errors.md, or a few words.")
