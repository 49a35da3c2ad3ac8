"""Writes in all their forms."""

from .table import ABSENT, BOOKS, METRIC, call, finds, library, scenario

JAVASCRIPT_ROUNDS = {"typescript": "JSON.parse of JavaScript rounds numbers above 2^53"}
UUID = "a3f1c2d4-0000-4000-8000-00000000000a"


def stored(book):
    return {key: value for key, value in book.items() if value is not None}


scenario(
    "rows_come_back_as_they_went",
    library(),
    finds(
        [1, 2, 3, 4],
        include_attributes=True,
        see={
            "rows": [stored(book) for book in BOOKS],
            "performance.approx_namespace_size": 4,
            "performance.server_total_ms": lambda ms: ms > 2,
            "performance.query_execution_ms": lambda ms: ms > 2,
            "performance.cache_hit_ratio": lambda ratio: 0 <= ratio <= 1,
        },
    ),
)

scenario(
    "columns",
    call(
        "write",
        see={"rows_affected": 3, "rows_upserted": 3, "status": "OK", "rows_patched": ABSENT},
        upsert_columns={
            "id": [1, 2, 3],
            "vector": [[0.1, 0.1], [0.2, 0.2], [0.3, 0.3]],
            "key": ["a", None, "c"],
            "n": [1, 2, None],
        },
        distance_metric="euclidean_squared",
    ),
    call("write", see={"rows_patched": 1}, patch_columns={"id": [1, 9], "key": [None, "nobody"]}),
    finds(
        [1, 2, 3],
        include_attributes=["key", "n"],
        see={"rows": [{"id": 1, "n": 1}, {"id": 2, "n": 2}, {"id": 3, "key": "c"}]},
    ),
)

scenario(
    "patches_and_deletes",
    library(),
    call(
        "write",
        see={"rows_affected": 1, "rows_patched": 1},
        patch_rows=[{"id": 1, "shelf": None, "rank": 30}, {"id": 77, "rank": 1}],
    ),
    call("write", see={"rows_affected": 2, "rows_deleted": 2}, deletes=[2, 99]),
    finds([1, 3, 4], include_attributes=["shelf", "rank"], see={"rows.0": {"id": 1, "rank": 30}}),
)

scenario(
    "all_kinds_in_one_request",
    library(),
    call(
        "write",
        see={
            "upserted_ids": [5],
            "patched_ids": [3],
            "deleted_ids": [4],
            "rows_affected": 3,
            "message": "documents committed successfully",
        },
        upsert_rows=[{"id": 5, "vector": [1.0, 0.0], "title": "new"}],
        patch_rows=[{"id": 3, "rank": 9}],
        deletes=[4],
        return_affected_ids=True,
        disable_backpressure=True,
    ),
    finds([1, 2, 3, 5], include_attributes=["rank"], see={"rows.2": {"id": 3, "rank": 9}}),
)

scenario(
    "an_emptied_namespace_still_answers",
    library(),
    call("write", see={"rows_deleted": 4}, deletes=[1, 2, 3, 4]),
    call("exists", see={"": True}),
    call("query", see={"rows": []}, rank_by=["vector", "ANN", [1.0, 1.0]], limit=10),
)

scenario(
    "an_invalid_row_refuses_the_whole_batch",
    library(),
    call(
        "write",
        fails=(400, "shelf"),
        upsert_rows=[
            {"id": 50, "vector": [1.0, 1.0]},
            {"id": 51, "vector": [1.0, 1.0], "shelf": 5},
        ],
        deletes=[1],
    ),
    finds([1, 2, 3, 4]),
)

scenario(
    "ids_up_to_2_63",
    call(
        "write", see={"rows_upserted": 3}, upsert_rows=[{"id": n, "n": 1} for n in (1, 2**53 + 1, 2**63 - 1)]
    ),
    finds([1, 2**53 + 1, 2**63 - 1]),
    finds([2**53 + 1], filters=["id", "Eq", 2**53 + 1]),
    not_in=JAVASCRIPT_ROUNDS,
)

scenario(
    "ids_up_to_2_64",
    call(
        "write",
        see={"rows_upserted": 2},
        upsert_rows=[{"id": n, "n": n} for n in (7, 2**64 - 1)],
        schema={"n": "uint"},
    ),
    finds([7, 2**64 - 1]),
    not_in=JAVASCRIPT_ROUNDS,
)

scenario(
    "ids_that_are_strings",
    call("write", see={"rows_upserted": 3}, upsert_rows=[{"id": name, "n": 1} for name in ("b", "a", "10")]),
    finds(["10", "a", "b"]),
    finds(["b"], filters=["id", "In", ["b", "c"]]),
    call("write", see={"rows_deleted": 1, "deleted_ids": ["a"]}, deletes=["a"], return_affected_ids=True),
)

scenario(
    "ids_that_are_uuids",
    call(
        "write",
        see={"rows_upserted": 2},
        upsert_rows=[{"id": UUID.upper(), "n": 1}, {"id": "00000000000040008000000000000001", "n": 2}],
        schema={"id": "uuid"},
    ),
    finds(["00000000-0000-4000-8000-000000000001", UUID]),
    finds([UUID], filters=["id", "Eq", UUID.upper()]),
)

VALUES = {
    "id": 1,
    "text": 'höhe "<&>" \\ \u2028 🐡',
    "int": -5,
    "uint": 5,
    "float": 0.1,
    "uuid": UUID,
    "when": "2024-03-02T01:00:00+01:00",
    "on": False,
    "texts": ["b", "a", ""],
    "ints": [-1, 0],
    "uints": [1, 2],
    "floats": [0.5, -2.25],
    "uuids": [UUID],
    "dates": ["2024-03-02"],
    "flags": [True, False],
}
MIDNIGHT = "2024-03-02T00:00:00.000000000Z"
scenario(
    "values_of_every_type",
    call(
        "write",
        see={"rows_upserted": 1},
        upsert_rows=[VALUES],
        schema={
            "uint": "uint",
            "float": "float",
            "uuid": "uuid",
            "when": "datetime",
            "uints": "[]uint",
            "floats": "[]float",
            "uuids": "[]uuid",
            "dates": "[]datetime",
        },
    ),
    finds([1], include_attributes=True, see={"rows.0": VALUES | {"when": MIDNIGHT, "dates": [MIDNIGHT]}}),
    call(
        "schema",
        see={
            "text.type": "string",
            "int.type": "int",
            "on.type": "bool",
            "ints.type": "[]int",
            "flags.type": "[]bool",
        },
    ),
)

scenario(
    "vectors_as_base64",
    call(
        "write",
        see={"rows_upserted": 2},
        upsert_rows=[{"id": 1, "vector": "MzMzPzMzMz8="}, {"id": 2, "vector": [0.5, 1.0]}],
        **METRIC,
    ),
    call("write", upsert_columns={"id": [3], "vector": ["AAAAPwAAgD8="]}),
    call(
        "query",
        see={"rows.0": {"id": 1, "$dist": 0, "vector": [0.7, 0.7]}, "rows.1.vector": [0.5, 1]},
        rank_by=["vector", "ANN", [0.7, 0.7]],
        limit=3,
        include_attributes=["vector"],
        vector_encoding="float",
    ),
    call(
        "query",
        see={"rows.*.vector": ["MzMzPzMzMz8=", "AAAAPwAAgD8=", "AAAAPwAAgD8="]},
        rank_by=["vector", "ANN", [0.7, 0.7]],
        limit=3,
        include_attributes=["vector"],
        vector_encoding="base64",
    ),
)

scenario(
    "several_vector_columns",
    call(
        "write",
        upsert_rows=[{"id": n, "vector": [0.1, n], "image": [n, 0.5, 0.5]} for n in (1, 2, 3)],
        schema={"image": {"type": "[3]f32", "ann": {"distance_metric": "cosine_distance"}}},
        **METRIC,
    ),
    call("query", see={"rows.0.id": 1}, rank_by=["image", "ANN", [1.0, 0.5, 0.5]], limit=1),
    call(
        "query",
        see={"rows.*.id": [1, 2]},
        rank_by=["image", "kNN", [1.0, 0.5, 0.5]],
        filters=["id", "Lt", 3],
        limit=5,
    ),
)

scenario(
    "schema_with_every_option",
    call(
        "write",
        upsert_rows=[
            {"id": 1, "text": "Über die Höhe", "list": ["A b", "c"], "note": "x", "tokens": ["A-1", "b"]}
        ],
        schema={
            "text": {
                "type": "string",
                "filterable": True,
                "full_text_search": {
                    "tokenizer": "word_v4",
                    "language": "german",
                    "stemming": False,
                    "remove_stopwords": False,
                    "case_sensitive": False,
                    "ascii_folding": True,
                    "max_token_length": 20,
                    "k1": 1.5,
                    "b": 0.5,
                },
                "regex": True,
                "glob": True,
                "fuzzy": True,
            },
            "list": {"type": "[]string", "full_text_search": {"case_sensitive": True}},
            "note": {"type": "string", "filterable": False},
            "tokens": {"type": "[]string", "full_text_search": {"tokenizer": "pre_tokenized_array"}},
        },
    ),
    call(
        "schema",
        see={
            "text.full_text_search": {
                "tokenizer": "word_v4",
                "language": "german",
                "stemming": False,
                "remove_stopwords": False,
                "case_sensitive": False,
                "ascii_folding": True,
                "max_token_length": 20,
                "k1": 1.5,
                "b": 0.5,
                "k3": 8.0,
            },
            "text.regex": True,
            "text.glob": True,
            "text.fuzzy": True,
            "text.filterable": True,
            "list.full_text_search.case_sensitive": True,
            "list.filterable": False,
            "note.filterable": False,
            "note.full_text_search": None,
        },
    ),
    finds([1], rank_by=["text", "BM25", "hohe"], limit=1),
    finds([], rank_by=["list", "BM25", "a"], limit=1),
    finds([1], rank_by=["tokens", "BM25", ["A-1"]], limit=1),
    call(
        "query", fails=(400, "isn't filterable"), filters=["note", "Eq", "x"], rank_by=["id", "asc"], limit=1
    ),
)

scenario(
    "words_by_their_stems",
    call(
        "write",
        upsert_rows=[{"id": 1, "text": "walruses were running"}, {"id": 2, "text": "the jump"}],
        schema={
            "text": {
                "type": "string",
                "full_text_search": {"language": "english", "stemming": True, "remove_stopwords": True},
            }
        },
    ),
    finds([1], rank_by=["text", "BM25", "walrus runs"], limit=10),
    finds([2], rank_by=["text", "BM25", "jumping"], limit=10),
    finds([], rank_by=["text", "BM25", "the"], limit=10),
)

scenario(
    "encryption_by_default",
    call("write", upsert_rows=[{"id": 1}], encryption={"mode": "default"}),
    call("metadata", see={"encryption": {"mode": "default"}}),
)

scenario(
    "nothing_but_a_schema",
    library(),
    call("write", see={"rows_affected": 0}, schema={"later": "bool"}),
    call("schema", see={"later.type": "bool"}),
)

scenario(
    "the_vector_of_one_answer_in_the_next_query",
    library(),
    finds([1], rank_by=["title", "BM25", "lights"], limit=1, include_attributes=["vector"]),
    call(
        "query",
        see={"rows.*.id": [4, 3, 2]},
        rank_by=["vector", "ANN", {"$answer": "1.rows.0.vector"}],
        filters=["id", "NotEq", 1],
        limit=3,
    ),
)
