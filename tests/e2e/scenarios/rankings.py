"""Rankings that are computed: expressions, sparse vectors, prefixes, diversity; and what is computed for a
row."""

from .queries import close
from .table import ABSENT, METRIC, call, finds, library, scenario

CLICKS = [
    {"id": 1, "clicks": 10, "delta": -5, "made": "2026-01-02", "text": "red fox"},
    {"id": 2, "clicks": 40, "delta": 3, "made": "2026-01-01", "text": "red red fish"},
    {"id": 3, "text": "blue"},
]


def scored(ids, scores, **query):
    see = {f"rows.{at}.$dist": close(score) for at, score in enumerate(scores)}
    return finds(ids, see=see, limit=10, **query)


scenario(
    "rank_by_expressions",
    call(
        "write",
        upsert_rows=CLICKS,
        schema={
            "clicks": "uint",
            "delta": "int",
            "made": "datetime",
            "text": {"type": "string", "full_text_search": True},
        },
    ),
    scored([2, 1, 3], [40, 10, 0], rank_by=["Attribute", "clicks"]),
    scored([2, 1, 3], [0.8, 0.5, 0], rank_by=["Saturate", ["Attribute", "clicks"], {"midpoint": 10}]),
    scored(
        [2, 1, 3],
        [1600 / 1700, 0.5, 0],
        rank_by=["Saturate", ["Attribute", "clicks"], {"midpoint": 10, "exponent": 2.0}],
    ),
    scored([3, 1, 2], [1, 0.5, 0.2], rank_by=["Decay", ["Attribute", "clicks"], {"midpoint": 10}]),
    scored([1, 2], [20, 10], rank_by=["Dist", ["Attribute", "clicks"], 30]),
    scored(
        [2, 1],
        [1, 0.5],
        rank_by=["Decay", ["Dist", ["Attribute", "made"], "2026-01-01"], {"midpoint": "1d", "exponent": 1.0}],
    ),
    scored([2, 1, 3], [3, 0, 0], rank_by=["Max", [0, ["Attribute", "delta"]]]),
    scored(
        [2, 1],
        [3, 2.5],
        rank_by=[
            "Sum",
            [["Product", 2.5, ["text", "ContainsAnyToken", "fox"]], ["Product", ["id", "Eq", 2], 3]],
        ],
    ),
    call(
        "query",
        fails=(400, "rank_by clauses must produce non-negative scores"),
        rank_by=["Attribute", "delta"],
        limit=10,
    ),
)

scenario(
    "rank_by_prefix",
    library(),
    scored([1, 3], [1, 1], rank_by=["title", "BM25", "harb", {"last_as_prefix": True}]),
    finds([2], rank_by=["title", "BM25", "inl", {"last_as_prefix": True}], limit=10),
    finds([], rank_by=["title", "BM25", "inl", {"last_as_prefix": False}], limit=10),
)

scenario(
    "computed_attributes",
    library(),
    call(
        "query",
        see={
            "rows.*.id": [3, 1],
            "rows.*.on_a": [1, 1],
            "rows.0.far": close(0),
            "rows.0.title": ABSENT,
            "rows.*.hits.0.text": ["night ferry to the harbour", "harbour lights"],
            "rows.0.hits.0.match_ranges": ABSENT,
        },
        rank_by=["title", "BM25", "night harbour"],
        limit=10,
        compute_attributes={
            "on_a": ["shelf", "Eq", "A"],
            "far": ["vector", "VectorDist", [0.7, 0.7]],
            "hits": ["Highlight", "title"],
        },
    ),
    call(
        "multi_query",
        see={
            "results.0.rows.*.id": [1],
            "results.0.rows.0.hits": [
                {"text": "lights", "fragment_range": [8, 14], "match_ranges": [[8, 14]]}
            ],
        },
        queries=[
            {
                "rank_by": ["id", "asc"],
                "filters": ["id", "Eq", 1],
                "limit": 1,
                "compute_attributes": {
                    "hits": [
                        "Highlight",
                        "title",
                        {
                            "fragment_by": "word",
                            "fragment_limit": 2,
                            "include_offsets": "utf-8",
                            "rank_fragments_by": ["$fragment", "BM25", "lights"],
                        },
                    ]
                },
            }
        ],
    ),
)

# There is an index to explain once there are more than 64 KiB of documents.
PLAN = {"plan_text": lambda text: isinstance(text, str) and text}
FILLING = [{"id": n, "vector": [1.0, n], "shelf": "S" * 2000} for n in range(100, 150)]
scenario(
    "explanations",
    library(),
    call(
        "explain_query", fails=(400, "index does not exist, cannot explain"), rank_by=["id", "asc"], limit=1
    ),
    call("write", upsert_rows=FILLING),
    call(
        "explain_query",
        see=PLAN,
        rank_by=["vector", "ANN", [0.7, 0.7]],
        filters=["shelf", "Eq", "A"],
        top_k=3,
        include_attributes=["title"],
        compute_attributes={"on_a": ["shelf", "Eq", "A"]},
        consistency={"level": "strong"},
        vector_encoding="float",
        distance_metric="cosine_distance",
    ),
    call(
        "explain_query",
        see=PLAN,
        rank_by=["title", "BM25", "night"],
        limit={"total": 3},
        offset=0,
        exclude_attributes=["title", "ages", "cost", "rank", "tags", "vector"],
    ),
    call("explain_query", see=PLAN, aggregate_by={"n": ["Count"]}, group_by=["shelf"]),
)

scenario(
    "recall_of_a_query",
    call(
        "write", upsert_rows=[{"id": n, "vector": [n, 1.0], "odd": n % 2 == 1} for n in (1, 2, 3)], **METRIC
    ),
    call(
        "recall",
        see={
            "avg_recall": 1,
            "avg_ann_count": 2,
            "avg_exhaustive_count": 2,
            "ground_truth.0.query_vector": [1, 1],
            "ground_truth.0.nearest_neighbors.*.id": [1, 3],
        },
        num=1,
        top_k=5,
        filters=["odd", "Eq", True],
        rank_by=["vector", "ANN", [1.0, 1.0]],
        include_ground_truth=True,
    ),
)
scenario(
    "rank_by_sparse_vector",
    call(
        "write",
        see={"rows_upserted": 3},
        upsert_rows=[
            {"id": 1, "taste": {"salt": 0.5, "wind": 1.0}},
            {"id": 2, "taste": {"salt": 1.0}},
            {"id": 3, "taste": {"sugar": 1.0}},
        ],
        schema={"taste": {"type": "{}f16", "sparse_knn": {"distance_metric": "dot_product"}}},
    ),
    scored([1, 2], [1.5, 1], rank_by=["taste", "SparseKNN", {"salt": 1.0, "wind": 1.0}]),
    call("write", see={"rows_patched": 1}, patch_rows=[{"id": 3, "taste": {"salt": 2.0}}]),
    finds([3, 2, 1], rank_by=["taste", "SparseKNN", {"salt": 1.0}], limit=10),
)

PER_SHELF = {"total": 3, "per": {"attributes": ["shelf"], "limit": 1}}
scenario(
    "limit_per_attribute",
    library(),
    finds([1, 2, 4], rank_by=["id", "asc"], limit=PER_SHELF, include_attributes=["shelf"]),
    finds([3, 4, 2], rank_by=["vector", "ANN", [0.7, 0.7]], limit=PER_SHELF, include_attributes=["shelf"]),
)
