"""What is refused, with the error that the SDK makes of it. The texts are those that the SDKs' own tests look
for."""

from .table import call, finds, library, scenario

FIRST = {"rank_by": ["id", "asc"], "limit": 1}
QUERIES = [
    (
        400,
        f"filter error in key `tags`: type mismatch, {operator} expects {wanted}, but got ",
        {"filters": ["tags", operator, operand]},
    )
    for operator, wanted, operand in [
        ("ContainsAny", "[]string", "sea"),
        ("NotContainsAny", "[]string", "sea"),
        ("Contains", "string", ["sea"]),
        ("NotContains", "string", ["sea"]),
    ]
] + [
    (
        400,
        "filter error in key `shelf`: type mismatch, Eq expects string, but got '1'",
        {"filters": ["shelf", "Eq", 1]},
    ),
    (400, "top_k must be between 1 and 10000", {"limit": 10001}),
    (400, "not found in schema, cannot be part of `include_attributes`", {"include_attributes": ["nope"]}),
    (
        400,
        "cannot specify both include_attributes and exclude_attributes",
        {"include_attributes": ["shelf"], "exclude_attributes": ["rank"]},
    ),
    (400, "kNN", {"rank_by": ["vector", "kNN", [0.1, 0.2]]}),
    (400, "vector", {"rank_by": ["vector", "ANN", [0.1, 0.2, 0.3]]}),
    (400, "rank_by cannot be empty", {"rank_by": []}),
    (
        422,
        "unknown variant `nonexistentvalue`, expected `strong` or `eventual`",
        {"consistency": {"level": "nonexistentvalue"}},
    ),
    (
        422,
        'consistency: invalid type: string "eventual", expected struct Consistency',
        {"consistency": "eventual"},
    ),
    (422, "vector_encoding: unknown variant `bad`, expected `float` or `base64`", {"vector_encoding": "bad"}),
]
WRITES = [
    (422, "upsert_rows: invalid type: map, expected a sequence", {"upsert_rows": {"id": 1}}),
    (422, "upsert_rows[0]: missing field `id`", {"upsert_rows": [{"n": 1}]}),
    (422, "distance_metric: unknown variant `bad`", {"deletes": [1], "distance_metric": "bad"}),
    (400, "contains duplicate document IDs", {"deletes": [1, 1]}),
    (400, "namespace ID type is uint, but you sent string", {"deletes": ["x"]}),
    (
        400,
        "distance metric mismatch, expected cosine_distance, got euclidean_squared",
        {"upsert_rows": [{"id": 9, "vector": [1.0, 1.0]}], "distance_metric": "euclidean_squared"},
    ),
    (400, "vector", {"upsert_rows": [{"id": 9, "vector": [1.0, 1.0, 1.0]}]}),
    (400, "vector", {"upsert_rows": [{"id": 9}]}),
    (400, "rank", {"upsert_rows": [{"id": 9, "vector": [1.0, 1.0], "rank": "three"}]}),
]
scenario(
    "refused_queries",
    library(),
    [call("query", fails=(status, text), **FIRST | change) for status, text, change in QUERIES],
)
scenario(
    "refused_writes",
    library(),
    [call("write", fails=(status, text), **body) for status, text, body in WRITES],
    call("write", fails=(400, "no writes provided"), gateway_fails=(422, "no write operation")),
    finds([1, 2, 3, 4]),
)
scenario(
    "a_wrong_key",
    call("schema", fails=(401, ""), client={"api_key": "tpuf_wrong"}),
    call("namespaces", fails=(401, ""), client={"api_key": "tpuf_wrong"}),
)
