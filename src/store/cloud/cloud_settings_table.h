/* Every setting of the simulated cloud: a flag of layer-store (--index-lag-ms), a member of GET and PATCH
 * /_admin/cloud ("index_lag_ms"), a row of docs/cloud-settings.md. */
#pragma once

/*  field, kind, least, most, words, default, value with --cloud, unit, meaning */
#define CLOUD_SETTINGS_TABLE(X)                                                                              \
	X(seed, NUMBER, 0, 4294967295, "", "1", "1", "",                                                     \
	    "What chance follows: the same requests of a namespace in the same order meet the same "         \
	    "latencies and faults.")                                                                         \
	X(index_lag_ms, NUMBER, 0, 1000000000000, "", "0", "5000", "ms",                                     \
	    "How long after a write its indexing begins. 0, and no rate: the index never lags.")             \
	X(index_bytes_per_s, NUMBER, 0, 1000000000000, "", "0", "20000000", "bytes/s",                       \
	    "How fast a namespace is indexed, one write after the other. 0: at once.")                       \
	X(eventual_bytes, NUMBER, 0, 1000000000000000, "", "134217728", "134217728", "bytes",                \
	    "How much that is not indexed yet `eventual` queries see, oldest writes first. 0: nothing of "   \
	    "it.")                                                                                           \
	X(backpressure_bytes, NUMBER, 0, 1000000000000000, "", "2000000000", "2000000000", "bytes",          \
	    "Writes get 429 while more than this is not indexed, unless they are plain upserts and deletes " \
	    "with `disable_backpressure`. 0: never.")                                                        \
	X(strong_backlog_bytes, NUMBER, 0, 1000000000000000, "", "2000000000", "2000000000", "bytes",        \
	    "`strong` queries get 429 while more than this is not indexed and a write with "                 \
	    "`disable_backpressure` is part of it. 0: never.")                                               \
	X(permits, NUMBER, 0, 1000, "", "0", "16", "",                                                       \
	    "Permits of a namespace: a query takes one, kNN two, an aggregation four, a multi-query the "    \
	    "sum. 0: no limit.")                                                                             \
	X(permit_wait_ms, NUMBER, 0, 3600000, "", "800", "800", "ms",                                        \
	    "How long a query waits for its permits before it gets 429.")                                    \
	X(read_p50_ms, NUMBER, 0, 3600000, "", "0", "15", "ms",                                              \
	    "Latency of whatever reads: half take less. Log-normal between this and the next.")              \
	X(read_p99_ms, NUMBER, 0, 3600000, "", "0", "60", "ms",                                              \
	    "The same: 99 of 100 take less. 0: all take `read_p50_ms`.")                                     \
	X(write_p50_ms, NUMBER, 0, 3600000, "", "0", "160", "ms", "The same for whatever writes.")           \
	X(write_p99_ms, NUMBER, 0, 3600000, "", "0", "500", "ms", "The same for whatever writes.")           \
	X(operation_p50_ms, NUMBER, 0, 3600000, "", "0", "3000", "ms",                                       \
	    "The same for copies and recall. 0: as any other write or read.")                                \
	X(operation_p99_ms, NUMBER, 0, 3600000, "", "0", "10000", "ms", "The same for copies and recall.")   \
	X(async_after_ms, NUMBER, 0, 3600000, "", "0", "1000", "ms",                                         \
	    "With `prefer: respond-async`, what would take at least this long is answered 202 and "          \
	    "carried out when that time has passed. 0: never.")                                              \
	X(async_routes, WORDS, 0, 0, "copy,recall,write,query", "copy,recall", "copy,recall", "",            \
	    "What `async_after_ms` is for.")                                                                 \
	X(index_build_ms, NUMBER, 0, 1000000000000, "", "0", "0", "ms",                                      \
	    "How long queries that use a newly declared index of existing data are told to wait.")           \
	X(index_build_status, WORDS, 0, 0, "202,409", "202", "202", "",                                      \
	    "What `index_build_ms` answers with.")                                                           \
	X(status_rate, RATE, 0, 1, "", "0", "0", "", "Requests that fail with one of `statuses`.")           \
	X(statuses, WORDS, 0, 0, "408,409,429,500,502,503,504", "500,502,503,504", "500,502,503,504", "",    \
	    "Statuses to fail with, all equally likely.")                                                    \
	X(cut_rate, RATE, 0, 1, "", "0", "0", "", "Requests whose connection ends without an answer.")       \
	X(applied_rate, RATE, 0, 1, "", "0", "0", "",                                                        \
	    "How many of the failures and ended connections came after the request was carried out.")        \
	X(cut_body_rate, RATE, 0, 1, "", "0", "0", "",                                                       \
	    "Answers whose connection ends inside of the body; what was asked for has been carried out.")    \
	X(garbage_rate, RATE, 0, 1, "", "0", "0", "",                                                        \
	    "Answers that are 200 with cut off JSON or with no JSON at all.")                                \
	X(slow_rate, RATE, 0, 1, "", "0", "0", "", "Answers whose body comes slowly.")                       \
	X(slow_bytes_per_s, NUMBER, 1, 1000000000, "", "1000", "1000", "bytes/s",                            \
	    "How slowly a slow body comes.")                                                                 \
	X(faults_on, WORDS, 0, 0, "query,write,metadata", "query,write,metadata", "query,write,metadata",    \
	    "", "Which requests these faults may hit; metadata is all that neither queries nor writes.")     \
	X(faults_prefix, TEXT, 0, 0, "", "", "", "",                                                         \
	    "Only namespaces whose name begins so are hit. Empty: all, and the listing.")                    \
	X(retry_after_ms, NUMBER, 0, 1800000, "", "1000", "1000", "ms",                                      \
	    "What `retry-after` and `retry-after-ms` of a 429 or 503 say. 0: they are left out.")
