"""What an SDK can say and the local store has no answer to: it reaches the store behind the gateway as it was
said. A scripted store answers."""

from .table import call, scenario

DONE = (200, {}, {"status": "OK", "message": "done", "rows_affected": 1})
ROWS = (200, {}, {"rows": [{"id": 7, "$dist": 0.5}], "results": [{"rows": [{"id": 7}]}]})
FOUND = {"rows.0.id": 7}
NEW = "came with Python 3, which is newer than the others' releases"
FIRST = {"limit": {"total": 1}}


def relayed(name, reply, *calls, not_in=None):
    scenario(name, *calls, replies=[reply], attempts=len(calls), not_in=not_in, relayed=True)


relayed(
    "embedding_on_write",
    DONE,
    call(
        "write",
        see={"message": "done"},
        upsert_rows=[{"id": 1, "text": "words", "more": "words"}],
        schema={
            "text": {"type": "string", "embed": {"model": "m-small", "dims": 256, "attribute": "own"}},
            "more": {"type": "string", "embed": "m-small"},
        },
        distance_metric="cosine_distance",
    ),
)
relayed(
    "embedding_in_a_query",
    ROWS,
    call("query", see=FOUND, rank_by=["text", "ANN", ["Embed", "words"]], **FIRST),
    call("query", see=FOUND, rank_by=["text", "ANN", ["Embed", "words", {"model": "m-small"}]], **FIRST),
    call("query", see=FOUND, rank_by=["text", "kNN", ["Embed", "words"]], filters=["id", "Gt", 1], **FIRST),
)
relayed(
    "late_interaction",
    DONE,
    call(
        "write",
        see={"message": "done"},
        upsert_rows=[{"id": 1, "many": [[0.5, 1], [1, 0.25]]}],
        schema={
            "many": {
                "type": "[][2]f32",
                "ann": {"distance_metric": "cosine_distance", "late_interaction": True},
            }
        },
    ),
)
relayed(
    "several_vectors_in_a_query",
    ROWS,
    call("query", see=FOUND, rank_by=["many", "ANN", [[0.5, 1], [1, 0.25]]], **FIRST),
    call("query", see=FOUND, rank_by=["many", "kNN", [[0.5, 1]]], filters=["id", "Gt", 1], **FIRST),
)
relayed(
    "keys_of_the_customer",
    DONE,
    call(
        "write",
        see={"message": "done"},
        upsert_rows=[{"id": 1}],
        encryption={"mode": "customer-managed", "key_name": "k", "encryption_context": {"tpuf:a": "b"}},
    ),
    call(
        "write",
        see={"message": "done"},
        upsert_rows=[{"id": 1}],
        encryption={"mode": "customer-managed", "key_name": "k"},
    ),
)
relayed(
    "copies_from_elsewhere",
    DONE,
    call(
        "copy_from",
        see={"message": "done"},
        source_namespace="other",
        source_api_key="tpuf_other",
        source_region="aws-us-east-1",
    ),
    call(
        "write",
        see={"message": "done"},
        copy_from_namespace={
            "source_namespace": "other",
            "source_api_key": "tpuf_other",
            "source_region": "aws-us-east-1",
        },
    ),
    call("branch_from", see={"message": "done"}, source_namespace="other"),
    call("write", see={"message": "done"}, branch_from_namespace={"source_namespace": "other"}),
)
relayed(
    "copies_with_a_key_of_their_own",
    DONE,
    call(
        "copy_from",
        see={"message": "done"},
        source_namespace="other",
        dest_encryption={"mode": "default"},
    ),
    not_in={"go": "CopyFrom of 2.4.0 leaves DestEncryption out of the request"},
)
relayed(
    "models_that_rerank",
    ROWS,
    call(
        "query",
        see=FOUND,
        rank_by=["text", "BM25", "words"],
        include_attributes=["text"],
        rerank_by={"model": "m-rerank", "attribute": "text", "query": "words"},
        **FIRST,
    ),
    call(
        "multi_query",
        see={"results.0.rows.0.id": 7},
        queries=[{"rank_by": ["text", "BM25", "words"], "include_attributes": ["text"], **FIRST}],
        rerank_by={"model": "m-rerank", "attribute": "text", "query": "words"},
        offset=1,
        limit={"total": 1},
    ),
)
relayed(
    "how_stale_an_answer_may_be",
    ROWS,
    call(
        "query",
        see=FOUND,
        rank_by=["id", "asc"],
        consistency={"level": "eventual", "max_staleness_seconds": 5},
        **FIRST,
    ),
)
relayed(
    "namespaces_without_documents",
    DONE,
    call("write", see={"message": "done"}, create_namespace=True, schema={"id": {"type": "uint"}}),
    call("write", see={"message": "done"}, create_namespace=False, upsert_rows=[{"id": 1}]),
)
relayed(
    "attributes_that_are_dropped",
    (200, {}, {"id": {"type": "uint"}}),
    call("update_schema", see={"id.type": "uint"}, schema={"old": {"drop": True}}),
)
relayed(
    "a_copy_in_the_background",
    (200, {}, {"token": "t-1"}),
    call(
        "start_copy_from",
        see={"token": "t-1"},
        source_namespace="other",
        source_api_key="tpuf_other",
        source_region="aws-us-east-1",
        dest_encryption={"mode": "default"},
    ),
    not_in={"typescript": NEW, "go": NEW},
)
relayed(
    "how_far_a_copy_is",
    (200, {}, {"status": "running", "start_time": "2026-11-21T10:00:00Z", "progress": "half"}),
    call("poll_copy_from", see={"status": "running", "progress": "half"}, token="t-1"),
    not_in={"typescript": NEW, "go": NEW},
)
