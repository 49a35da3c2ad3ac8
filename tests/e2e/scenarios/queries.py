"""Queries: filters, rankings, limits, aggregates, several at once."""

from .table import ABSENT, BY_ID, METRIC, call, finds, library, scenario


def close(number):
    return lambda found: abs(found - number) <= 1e-6 * max(1, abs(number))


FUZZY = {"max_edit_distance": [{"min_query_chars": 3, "distance": 0}, {"min_query_chars": 6, "distance": 1}]}
FILTERS = [
    (["shelf", "Eq", "A"], [1, 3]),
    (["shelf", "Eq", None], [4]),
    (["shelf", "NotEq", "A"], [2, 4]),
    (["shelf", "NotEq", None], [1, 2, 3]),
    (["shelf", "In", ["A", "B"]], [1, 2, 3]),
    (["shelf", "NotIn", ["A", "C"]], [2, 4]),
    (["tags", "In", ["snow", "sea"]], [1, 4]),
    (["tags", "In", "night"], [1, 3]),
    (["rank", "Lt", 3], [2, 3, 4]),
    (["rank", "Lte", 3], [1, 2, 3, 4]),
    (["rank", "Gt", 2], [1]),
    (["rank", "Gte", 2], [1, 4]),
    (["cost", "Gt", -4.5], [1, 2, 4]),
    (["tags", "Contains", "night"], [1, 3]),
    (["tags", "NotContains", "night"], [2, 4]),
    (["tags", "ContainsAny", ["snow", "sea"]], [1, 4]),
    (["tags", "NotContainsAny", ["snow", "sea"]], [2, 3]),
    (["ages", "AnyLt", 4], [1]),
    (["ages", "AnyLte", 3], [1]),
    (["ages", "AnyGt", 9], [3]),
    (["ages", "AnyGte", 9], [1, 3]),
    (["title", "Glob", "*land"], [2]),
    (["title", "NotGlob", "*land"], [1, 3, 4]),
    (["title", "IGlob", "MOUNT*"], [4]),
    (["title", "NotIGlob", "MOUNT*"], [1, 2, 3]),
    (["title", "Regex", "^(in|moun)"], [2, 4]),
    (["title", "Fuzzy", "harbuor", FUZZY], []),
    (["title", "Fuzzy", "HARBOR", FUZZY | {"case_sensitive": False}], [1, 3]),
    (["title", "ContainsAllTokens", "harbour night"], [3]),
    (["title", "ContainsAllTokens", ["harbour", "night"]], [3]),
    (["title", "ContainsAllTokens", "harbour ni", {"last_as_prefix": True}], [3]),
    (["title", "ContainsAllTokens", ["harbour", "ni"], {"last_as_prefix": True}], [3]),
    (["title", "ContainsAnyToken", "lights mountain"], [1, 4]),
    (["title", "ContainsAnyToken", ["lights", "mountain"]], [1, 4]),
    (["title", "ContainsAnyToken", "lights mou", {"last_as_prefix": True}], [1, 4]),
    (["title", "ContainsAnyToken", ["lights", "mou"], {"last_as_prefix": True}], [1, 4]),
    (["title", "ContainsTokenSequence", "the harbour"], [3]),
    (["title", "ContainsTokenSequence", ["the", "harbour"]], [3]),
    (["And", [["shelf", "In", ["A", "B"]], ["Not", ["rank", "Gt", 2]]]], [2, 3]),
    (["Or", [["id", "Eq", 4], ["id", "In", [1, 2]]]], [1, 2, 4]),
]
scenario("filters", library(), [finds(ids, filters=condition) for condition, ids in FILTERS])

# `null` as the smallest of all values, and a missing value below every bound.
scenario(
    "filters_and_missing_values",
    call("write", upsert_rows=[{"id": 1}, {"id": 2, "n": 5}, {"id": 3, "n": 10}]),
    [
        finds(ids, filters=["n", operator, operand])
        for operator, operand, ids in [
            ("Lt", 5, [1]),
            ("Lte", 5, [1, 2]),
            ("Gt", None, [2, 3]),
            ("Gte", None, [1, 2, 3]),
            ("Lt", None, []),
            ("Lte", None, [1]),
        ]
    ],
)

scenario(
    "order_by_attributes",
    library(),
    finds([1, 4, 3, 2], rank_by=["rank", "desc"], limit=10, see={"rows.0.$dist": ABSENT}),
    finds([2, 3, 4, 1], rank_by=["rank", "asc"], top_k=10),
    finds([4, 3, 1, 2], rank_by=[["shelf", "asc"], ["id", "desc"]], limit=10),
    finds([4, 3], rank_by=["id", "desc"], limit={"total": 2}),
    finds([1, 2], limit=2),
)

scenario(
    "null_ordering",
    call(
        "write",
        upsert_columns={
            "id": [1, 2, 3, 4, 5, 6],
            "x": [3, None, 1, None, None, 3],
            "y": ["b", "d", "c", "a", None, None],
        },
    ),
    finds([2, 4, 5, 3, 1, 6], rank_by=["x", "asc"], limit=10),
    finds([1, 6, 3, 2, 4, 5], rank_by=["x", "desc"], limit=10),
    finds([5, 4, 2, 3, 6, 1], rank_by=[["x", "asc"], ["y", "asc"]], limit=10),
    finds([6, 1, 3, 5, 4, 2], rank_by=[["x", "desc"], ["y", "asc"]], limit=10),
)

scenario(
    "pages_by_offset",
    library(),
    finds([2, 3], rank_by=["id", "asc"], limit=2, offset=1),
    call(
        "multi_query",
        see={"results.0.rows.*.id": [4, 3]},
        queries=[
            {"rank_by": ["id", "desc"], "limit": 2},
            {"rank_by": ["id", "desc"], "limit": 2, "offset": 2},
        ],
    ),
)

scenario(
    "rank_by_vector",
    library(),
    call(
        "query",
        see={"rows.*.id": [3, 4], "rows.0.$dist": close(0), "rows.0.vector": [0.7, 0.7]},
        rank_by=["vector", "ANN", [0.7, 0.7]],
        limit=2,
        include_attributes=["vector"],
        distance_metric="cosine_distance",
        consistency={"level": "eventual"},
    ),
    finds(
        [1, 3],
        rank_by=["vector", "kNN", [0.1, 0.2]],
        filters=["shelf", "Eq", "A"],
        limit=10,
        consistency={"level": "strong"},
    ),
)

scenario(
    "bm25_to_the_last_digit",
    call(
        "write",
        upsert_rows=[
            {"id": 1, "t": "fish fish swim"},
            {"id": 2, "t": "fish tank water deep blue"},
            {"id": 3, "t": "swim swim fish"},
        ],
        schema={"t": {"type": "string", "full_text_search": {"k1": 1.2, "b": 0.75}}},
    ),
    [
        call(
            "query",
            see={"rows.*.id": ids} | {f"rows.{at}.$dist": close(score) for at, score in enumerate(scores)},
            rank_by=["t", "BM25", words],
            limit=3,
        )
        for words, ids, scores in [
            ("fish", [1, 3, 2], [0.19350067, 0.14426166, 0.11623961]),
            ("fish fish", [1, 3, 2], [0.34830117, 0.25967097, 0.20923129]),
            ("fish fish swim", [3, 1, 2], [0.9407541, 0.85607296, 0.20923129]),
        ]
    ],
)

scenario(
    "rank_by_text",
    library(),
    call("query", see={"rows.#": 2}, rank_by=["title", "BM25", "night harbour"], limit=10),
    finds(
        [3],
        rank_by=["Sum", [["title", "BM25", "ferry"], ["Product", 2.5, ["title", "BM25", "night"]]]],
        limit=10,
    ),
    finds(
        [1, 3],
        rank_by=["Max", [["shelf", "Eq", "A"], ["title", "BM25", "nowhere"]]],
        limit=10,
        see={"rows.0.$dist": 1},
    ),
    finds([1, 3], rank_by=["title", "ContainsAnyToken", "harbour"], limit=10),
)

scenario(
    "which_attributes",
    library(),
    call("query", see={"rows.0.#": ["id"]}, **BY_ID, include_attributes=False),
    call("query", see={"rows.0.#": ["id"]}, **BY_ID, include_attributes=[]),
    call("query", see={"rows.0.#": ["id", "shelf"]}, **BY_ID, include_attributes=["shelf"]),
    call(
        "query",
        see={"rows.0.#": ["ages", "cost", "id", "rank", "shelf", "tags"]},
        **BY_ID,
        exclude_attributes=["vector", "title", "nowhere"],
    ),
)

scenario(
    "aggregates",
    library(),
    call(
        "query",
        see={"aggregations": {"n": 4, "ranks": 6, "costs": -0.25}, "rows": ABSENT},
        aggregate_by={"n": ["Count"], "ranks": ["Sum", "rank"], "costs": ["Sum", "cost"]},
    ),
    call("query", see={"aggregations.n": 2}, aggregate_by={"n": ["Count"]}, filters=["shelf", "Eq", "A"]),
    call("query", see={"aggregations": {"n": 4}}, aggregate_by={"n": ["Count", "id"]}),
    call(
        "query",
        see={"aggregation_groups": [{"shelf": None, "n": 1}, {"shelf": "A", "n": 2}]},
        aggregate_by={"n": ["Count"]},
        group_by=["shelf"],
        top_k=2,
    ),
    call(
        "query",
        see={
            "aggregation_groups": [
                {"shelf": "A", "tag": "night", "n": 2},
                {"shelf": "A", "tag": "sea", "n": 1},
            ]
        },
        aggregate_by={"n": ["Count"]},
        group_by=["shelf", {"tag": ["ForEachUnique", "tags"]}],
        filters=["shelf", "Eq", "A"],
    ),
)

LEGS = [
    {"rank_by": ["vector", "ANN", [0.7, 0.7]], "limit": 3, "include_attributes": ["title"]},
    {"rank_by": ["title", "BM25", "night"], "limit": 3, "filters": ["shelf", "Eq", "A"]},
]
scenario(
    "several_queries_at_once",
    library(),
    call(
        "multi_query",
        see={"results.#": 2, "results.0.rows.0.id": 3, "results.0.rows.#": 3, "results.1.rows.#": 1},
        queries=LEGS,
        consistency={"level": "strong"},
    ),
    call(
        "multi_query",
        see={
            "results.0.rows.*.vector": ["MzMzPzMzMz8="],
            "results.1.aggregations": {"n": 4},
            "results.2.aggregation_groups.#": 3,
        },
        queries=[
            {
                "rank_by": ["vector", "ANN", [0.7, 0.7]],
                "top_k": 1,
                "exclude_attributes": ["title"],
                "distance_metric": "cosine_distance",
            },
            {"aggregate_by": {"n": ["Count"]}},
            {"aggregate_by": {"n": ["Count"]}, "group_by": ["shelf"]},
        ],
        vector_encoding="base64",
    ),
)

scenario(
    "fused_lists",
    library(),
    call(
        "multi_query", see={"results.#": 1, "results.0.rows.#": 3}, queries=LEGS, rerank_by=["RRF"], limit=3
    ),
    call(
        "multi_query",
        see={"results.0.rows.0": {"id": 1, "$dist": 0.18181819}, "results.0.rows.*.id": [1, 4, 3]},
        queries=[{"rank_by": ["id", "asc"], "limit": 1}, {"rank_by": ["id", "desc"], "limit": 2}],
        rerank_by=["RRF", {"rank_constant": 10, "weights": [2, 1]}],
        limit={"total": 10},
    ),
)

scenario(
    "billing",
    call("write", upsert_rows=[{"id": 1, "vector": [0.1, 0.1]}, {"id": 2, "vector": [0.2, 0.2]}], **METRIC),
    call(
        "query",
        see={
            "billing.billable_logical_bytes_queried": 256000000,
            "billing.billable_logical_bytes_returned": 24,
            "performance.exhaustive_search_count": 2,
        },
        rank_by=["vector", "ANN", [0.1, 0.1]],
        limit=10,
    ),
    call(
        "query",
        see={"rows.*.id": [2], "performance.exhaustive_search_count": 2},
        rank_by=["vector", "ANN", [0.1, 0.1]],
        filters=["id", "Eq", 2],
        limit=10,
    ),
    call(
        "write",
        upsert_rows=[
            {"id": 3, "vector": [0.1, 3.0]},
            {"id": 4, "vector": [0.1, 4.0]},
            {"id": 5, "vector": [1.0, 1.0], "hello": "world"},
        ],
    ),
    call(
        "query",
        see={"billing.billable_logical_bytes_returned": 105},
        rank_by=["vector", "ANN", [0.1, 0.1]],
        limit=10,
        include_attributes=["vector", "hello"],
    ),
)
