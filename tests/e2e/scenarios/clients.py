"""What a client is set to: compression, headers, query strings, retries, time limits; answers that come
later."""

from .table import NAMESPACE, call, scenario

SEA = [{"id": number, "text": "sea " * 50} for number in range(100)]
scenario(
    "compressed_bodies",
    call("write", see={"rows_affected": 100}, upsert_rows=SEA),
    call("query", see={"rows": SEA}, rank_by=["id", "asc"], limit=100, include_attributes=True),
    client={"compression": True},
)

# The service compresses large answers, if asked, and never small ones.
LONG = [0.5] * 4096
scenario(
    "compressed_answers",
    call("write", upsert_rows=[{"id": n, "vector": LONG} for n in (1, 2)], distance_metric="cosine_distance"),
    [
        call(
            "query",
            see={"rows.*.vector": [LONG, LONG]},
            rank_by=["vector", "ANN", LONG],
            limit=2,
            include_attributes=["vector"],
            client={"compression": compression},
        )
        for compression in (False, True)
    ],
    call("write", on="-small", upsert_rows=[{"id": 1, "vector": [0.5]}], distance_metric="cosine_distance"),
    call(
        "query",
        see={"rows.*.vector": [[0.5]]},
        on="-small",
        rank_by=["vector", "ANN", [0.5]],
        limit=2,
        include_attributes=["vector"],
        client={"compression": True},
    ),
)

# From here on a scripted store answers, so that it can be slow, busy or broken.
ERROR = {"status": "error", "error": "🐡 not now"}
WRITTEN = {
    "status": "OK",
    "message": "written",
    "rows_affected": 1,
    "billing": {"billable_logical_bytes_written": 1},
}
SOON = {"retry-after-ms": "1"}
WRITE = {"upsert_rows": [{"id": 1}]}

for status in (408, 409, 429, 500, 503):
    scenario(
        f"retries_after_{status}",
        call("write", see={"message": "written"}, **WRITE),
        replies=[(status, SOON, ERROR), (status, {"retry-after": "0.001"}, ERROR), (200, {}, WRITTEN)],
        attempts=3,
        client={"max_retries": 4},
    )
    scenario(
        f"gives_up_after_{status}",
        call("write", fails=(status, "🐡 not now"), **WRITE, options={"max_retries": 1}),
        replies=[(status, SOON, ERROR)],
        attempts=2,
    )
for status in (400, 401, 403, 404, 422):
    scenario(
        f"does_not_retry_{status}",
        call("write", fails=(status, "🐡 not now"), **WRITE),
        replies=[(status, SOON, ERROR), (200, {}, WRITTEN)],
        attempts=1,
        client={"max_retries": 4},
    )
scenario(
    "told_to_retry",
    call("write", see={"message": "written"}, **WRITE),
    replies=[(400, SOON | {"x-should-retry": "true"}, ERROR), (200, {}, WRITTEN)],
    attempts=2,
    client={"max_retries": 4},
)
scenario(
    "told_not_to_retry",
    call("write", fails=(503, "🐡 not now"), **WRITE),
    replies=[(503, SOON | {"x-should-retry": "false"}, ERROR), (200, {}, WRITTEN)],
    attempts=1,
    client={"max_retries": 4},
)
scenario(
    "time_limit_of_the_client",
    call("query", fails=(None, "timeout"), rank_by=["id", "asc"], limit=1),
    replies=[None],
    client={"timeout": 0.2},
)
scenario(
    "time_limit_of_a_call",
    call("query", fails=(None, "timeout"), rank_by=["id", "asc"], limit=1, options={"timeout": 0.2}),
    replies=[None],
)
scenario(
    "headers_and_query_strings",
    call(
        "schema",
        see={"id.type": "uint", "headers.x-answer": "yes"},
        headers=["x-answer"],
        options={"headers": {"X-Call": "2"}, "query": {"call": "b c"}},
    ),
    replies=[(200, {"x-answer": "yes"}, {"id": {"type": "uint"}})],
    client={"headers": {"X-Client": "1"}, "query": {"client": "a"}},
)
scenario(
    "an_index_that_is_not_built_yet",
    call("query", see={"message": "building"}, rank_by=["id", "asc"], limit=1),
    replies=[(202, {}, {"message": "building", "rows": []})],
    attempts=1,
    client={"max_retries": 4},
)

LATER = (
    202,
    {"preference-applied": "respond-async", "location": f"/v1/namespaces/{NAMESPACE}/operations/t-1"},
    {"token": "t-1"},
)
scenario(
    "an_answer_that_comes_later",
    call("copy_from", see={"message": "written", "rows_affected": 1}, source_namespace="other"),
    replies=[
        LATER,
        (200, {}, {"status": "running"}),
        (200, {}, {"status": "finished", "result": {"success": WRITTEN}}),
    ],
    attempts=3,
)
scenario(
    "an_error_that_comes_later",
    call("recall", fails=(404, "🐡 not now")),
    replies=[
        LATER,
        (200, {}, {"status": "finished", "result": {"error": {"status_code": 404, "detail": ERROR}}}),
    ],
    attempts=2,
)
