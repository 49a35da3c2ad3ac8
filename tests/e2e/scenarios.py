"""What an unmodified Turbopuffer client does: each scenario checks its own answers and returns what it saw.

A scenario gets the official Python client and a prefix for its namespaces. The facts that the SDKs' own live
tests pin down are asserted here to the letter.
"""

import contextlib

import pytest
import turbopuffer as tpuf

SCENARIOS = []
VECTOR_METRIC = {"distance_metric": "cosine_distance"}


def scenario(function):
    SCENARIOS.append(function)
    return function


def rows(answer):
    return [row.to_dict() for row in answer.rows or []]


def ids(answer):
    return [row.id for row in answer.rows or []]


def fresh(client, name):
    namespace = client.namespace(name)
    with contextlib.suppress(tpuf.NotFoundError):
        namespace.delete_all()
    return namespace


BOOKS = [
    {
        "id": 1,
        "vector": [0.1, 0.2],
        "title": "harbour lights",
        "shelf": "A",
        "tags": ["sea", "night"],
        "rank": 3,
    },
    {"id": 2, "vector": [0.9, 0.1], "title": "inland", "shelf": "B", "tags": [], "rank": None},
    {
        "id": 3,
        "vector": [0.7, 0.7],
        "title": "night ferry to the harbour",
        "shelf": "A",
        "tags": ["night"],
        "rank": 1,
    },
    {"id": 4, "vector": [0.5, 0.6], "title": "mountain", "shelf": None, "tags": ["snow"], "rank": 2},
]
BOOK_SCHEMA = {
    "title": {"type": "string", "full_text_search": True, "filterable": True},
    "shelf": "string",
    "tags": "[]string",
    "rank": "uint",
}


def library(client, name):
    namespace = fresh(client, name)
    answer = namespace.write(upsert_rows=BOOKS, schema=BOOK_SCHEMA, **VECTOR_METRIC)
    assert answer.rows_affected == 4 and answer.rows_upserted == 4
    return namespace


@scenario
def rows_come_back_as_they_went(client, prefix):
    namespace = library(client, prefix)
    answer = namespace.query(rank_by=("id", "asc"), limit=10, include_attributes=True)
    found = rows(answer)
    expected = [{k: v for k, v in book.items() if v is not None} for book in BOOKS]
    assert found == expected
    assert answer.performance.approx_namespace_size == 4
    assert isinstance(answer.performance.cache_hit_ratio, float)
    assert answer.performance.server_total_ms > 2 and answer.performance.query_execution_ms > 2
    return found


@scenario
def vectors_are_f32(client, prefix):
    namespace = library(client, prefix)
    answer = namespace.query(rank_by=("vector", "ANN", [0.7, 0.7]), limit=2, include_attributes=["vector"])
    assert answer.rows[0].vector == [0.7, 0.7]
    assert answer.rows[0]["$dist"] == pytest.approx(0, abs=1e-6)
    packed = namespace.query(
        rank_by=("vector", "ANN", [0.7, 0.7]),
        limit=1,
        include_attributes=["vector"],
        vector_encoding="base64",
    )
    assert packed.rows[0].vector == "MzMzPzMzMz8="
    return rows(answer), rows(packed)


@scenario
def columns(client, prefix):
    namespace = fresh(client, prefix)
    answer = namespace.write(
        upsert_columns={
            "id": [1, 2, 3],
            "vector": [[0.1, 0.1], [0.2, 0.2], [0.3, 0.3]],
            "key": ["a", None, "c"],
            "n": [1, 2, None],
        },
        distance_metric="euclidean_squared",
    )
    assert answer.rows_affected == 3
    namespace.write(patch_columns={"id": [1, 9], "key": [None, "nobody"]})
    found = rows(namespace.query(rank_by=("id", "asc"), limit=10, include_attributes=["key", "n"]))
    assert found == [{"id": 1, "n": 1}, {"id": 2, "n": 2}, {"id": 3, "key": "c"}]
    return found


@scenario
def patches_and_deletes(client, prefix):
    namespace = library(client, prefix)
    patched = namespace.write(patch_rows=[{"id": 1, "shelf": None, "rank": 30}, {"id": 77, "rank": 1}])
    assert patched.rows_affected == 1 and patched.rows_patched == 1
    deleted = namespace.write(deletes=[2, 99])
    assert deleted.rows_affected == 2 and deleted.rows_deleted == 2
    mixed = namespace.write(
        upsert_rows=[{"id": 5, "vector": [1.0, 0.0], "title": "new"}],
        patch_rows=[{"id": 3, "rank": 9}],
        deletes=[4],
        return_affected_ids=True,
    )
    assert (mixed.upserted_ids, mixed.patched_ids, mixed.deleted_ids) == ([5], [3], [4])
    found = rows(namespace.query(rank_by=("id", "asc"), limit=10, include_attributes=["shelf", "rank"]))
    assert found == [{"id": 1, "rank": 30}, {"id": 3, "shelf": "A", "rank": 9}, {"id": 5}]
    return found, mixed.to_dict()


@scenario
def an_emptied_namespace_still_answers(client, prefix):
    namespace = library(client, prefix)
    namespace.write(deletes=[1, 2, 3, 4])
    assert namespace.exists()
    answer = namespace.query(rank_by=("vector", "ANN", [1.0, 1.0]), limit=10)
    assert rows(answer) == []
    return namespace.schema()["vector"].to_dict()


@scenario
def filters(client, prefix):
    namespace = library(client, prefix)
    table = [
        (("shelf", "Eq", "A"), [1, 3]),
        (("shelf", "Eq", None), [4]),
        (("shelf", "NotEq", "A"), [2, 4]),
        (("rank", "Lt", 3), [2, 3, 4]),
        (("rank", "Gte", 2), [1, 4]),
        (("tags", "Contains", "night"), [1, 3]),
        (("tags", "ContainsAny", ["snow", "sea"]), [1, 4]),
        (("title", "Glob", "*land"), [2]),
        (("title", "IGlob", "MOUNT*"), [4]),
        (("title", "ContainsAllTokens", "harbour night"), [3]),
        (("title", "ContainsTokenSequence", "the harbour"), [3]),
        (("And", [("shelf", "In", ["A", "B"]), ("Not", ("rank", "Gt", 2))]), [2, 3]),
        (("Or", [("id", "Eq", 4), ("id", "In", [1, 2])]), [1, 2, 4]),
    ]
    found = []
    for condition, expected in table:
        answer = namespace.query(rank_by=("id", "asc"), limit=10, filters=condition)
        assert ids(answer) == expected, condition
        found.append(ids(answer))
    return found


@scenario
def ranking(client, prefix):
    namespace = library(client, prefix)
    by_rank = namespace.query(rank_by=("rank", "desc"), top_k=10, include_attributes=["rank"])
    assert ids(by_rank) == [1, 4, 3, 2] and "$dist" not in by_rank.rows[0].to_dict()
    by_two = namespace.query(rank_by=[("shelf", "asc"), ("id", "desc")], limit=10)
    assert ids(by_two) == [4, 3, 1, 2]
    by_text = namespace.query(rank_by=("title", "BM25", "night harbour"), limit=10)
    assert set(ids(by_text)) == {1, 3}
    exact = namespace.query(rank_by=("vector", "kNN", [0.1, 0.2]), filters=("shelf", "Eq", "A"), limit=10)
    assert ids(exact) == [1, 3]
    without = namespace.query(
        rank_by=("id", "asc"), limit=1, exclude_attributes=["vector", "title", "nowhere"]
    )
    assert set(without.rows[0].to_dict()) == {"id", "shelf", "tags", "rank"}
    return [rows(answer) for answer in (by_rank, by_two, by_text, exact, without)]


@scenario
def many_queries_at_once(client, prefix):
    namespace = library(client, prefix)
    legs = [
        {"rank_by": ("vector", "ANN", [0.7, 0.7]), "limit": 3, "include_attributes": ["title"]},
        {"rank_by": ("title", "BM25", "night"), "limit": 3, "filters": ("shelf", "Eq", "A")},
    ]
    answer = namespace.multi_query(queries=legs)
    assert len(answer.results) == 2 and ids(answer.results[0])[0] in (3, 4)
    fused = namespace.multi_query(
        queries=legs, rerank_by=("RRF", {"rank_constant": 10, "weights": [2, 1]}), limit=3
    )
    assert len(fused.results) == 1 and len(fused.results[0].rows) == 3
    return [rows(result) for result in answer.results], rows(fused.results[0])


@scenario
def fusion_weights(client, prefix):
    """The leader of the first leg alone: 2 / (10 + 1)."""
    namespace = library(client, prefix)
    legs = [
        {"rank_by": ("id", "asc"), "limit": 1},
        {"rank_by": ("id", "desc"), "limit": 2},
    ]
    fused = namespace.multi_query(
        queries=legs, rerank_by=("RRF", {"rank_constant": 10, "weights": [2, 1]}), limit=10
    )
    found = [(row.id, row["$dist"]) for row in fused.results[0].rows]
    assert found[0] == (1, 0.18181819)
    return found


@scenario
def schema_shapes(client, prefix):
    namespace = fresh(client, prefix)
    namespace.write(
        upsert_rows=[
            {"id": 1, "vector": [0.1, 0.2], "shelf": "A", "blurb": "text", "on": True, "ages": [1, 2]}
        ],
        schema={"blurb": {"type": "string", "full_text_search": {"language": "dutch"}}},
        **VECTOR_METRIC,
    )
    raw = namespace.with_raw_response.schema().http_response.json()
    full_text = {
        "k1": 1.2, "k3": 8.0, "b": 0.75, "language": "dutch", "stemming": False, "max_token_length": 39,
        "remove_stopwords": False, "ascii_folding": False, "case_sensitive": False, "tokenizer": "word_v4",
    }  # fmt: skip
    expected = {
        "id": {"type": "uint", "filterable": None, "full_text_search": None},
        "shelf": {"type": "string", "filterable": True, "full_text_search": None},
        "blurb": {"type": "string", "filterable": False, "full_text_search": full_text},
        "on": {"type": "bool", "filterable": True, "full_text_search": None},
        "ages": {"type": "[]int", "filterable": True, "full_text_search": None},
        "vector": {"type": "[2]f32", "ann": True, "filterable": None, "full_text_search": None},
    }
    assert raw == expected
    updated = namespace.with_raw_response.update_schema(
        schema={"blurb": {"type": "string", "full_text_search": False, "filterable": True}, "later": "float"}
    ).http_response.json()
    expected["blurb"] = {"type": "string", "filterable": True, "full_text_search": None}
    expected["later"] = {"type": "float", "filterable": True, "full_text_search": None}
    assert updated == expected
    with pytest.raises(tpuf.BadRequestError, match="cannot change attribute type from string to uint"):
        namespace.update_schema(schema={"shelf": "uint"})
    return raw, updated


@scenario
def metadata_has_exactly_these_keys(client, prefix):
    namespace = library(client, prefix)
    raw = namespace.with_raw_response.metadata().http_response.json()
    assert " ".join(sorted(raw)) == (
        "approx_logical_bytes approx_row_count created_at encryption index last_write_at schema updated_at"
    )
    assert (raw["approx_row_count"], raw["approx_logical_bytes"]) == (0, 0)
    assert raw["encryption"] == {"mode": "default"} and raw["index"] == {"status": "up-to-date"}
    assert raw["schema"]["id"] == {"type": "uint"}
    assert raw["schema"]["shelf"] == {"type": "string", "filterable": True}
    assert raw["schema"]["vector"] == {"type": "[2]f32", "ann": {"distance_metric": "cosine_distance"}}
    assert len(raw["schema"]["title"]["full_text_search"]) == 10
    assert namespace.metadata().index.status == "up-to-date"
    return raw


@scenario
def billing(client, prefix):
    namespace = fresh(client, prefix)
    namespace.write(
        upsert_rows=[{"id": 1, "vector": [0.1, 0.1]}, {"id": 2, "vector": [0.2, 0.2]}], **VECTOR_METRIC
    )
    two = namespace.query(rank_by=("vector", "ANN", [0.1, 0.1]), limit=10)
    assert two.billing.billable_logical_bytes_queried == 256000000
    assert two.billing.billable_logical_bytes_returned == 24
    assert two.performance.exhaustive_search_count == 2
    namespace.write(
        upsert_rows=[{"id": i, "vector": [0.1, float(i)]} for i in (3, 4)]
        + [{"id": 5, "vector": [1, 1], "hello": "world"}]
    )
    five = namespace.query(
        rank_by=("vector", "ANN", [0.1, 0.1]), limit=10, include_attributes=["vector", "hello"]
    )
    assert five.billing.billable_logical_bytes_returned == 105
    return two.billing.to_dict(), five.billing.to_dict()


@scenario
def ids_of_three_kinds(client, prefix):
    big, name = 2**64 - 1, "a3f1c2d4-0000-4000-8000-00000000000a"
    kinds = [
        ([1, 2**53 + 1, big], {}, [1, 2**53 + 1, big]),
        (["b", "a", "10"], {}, ["10", "a", "b"]),
        (
            [name.upper(), "00000000000040008000000000000001"],
            {"id": "uuid"},
            ["00000000-0000-4000-8000-000000000001", name],
        ),
    ]
    found = []
    for number, (written, schema, expected) in enumerate(kinds):
        namespace = fresh(client, f"{prefix}-{number}")
        namespace.write(upsert_rows=[{"id": key, "n": 1} for key in written], schema=schema)
        found.append(ids(namespace.query(rank_by=("id", "asc"), limit=10)))
        assert found[-1] == expected
        assert ids(namespace.query(rank_by=("id", "asc"), limit=10, filters=("id", "Eq", written[0]))) == [
            expected[-1] if number else 1
        ]
    return found


@scenario
def listing_in_pages(client, prefix):
    names = [f"{prefix}-{number:02}" for number in range(12)]
    for name in names:
        client.namespace(name).write(upsert_rows=[{"id": 1}])
    first = client.namespaces(prefix=prefix, page_size=5)
    second = client.namespaces(prefix=prefix, page_size=5, cursor=first.next_cursor)
    assert len(first.namespaces) == len(second.namespaces) == 5
    assert first.next_cursor != second.next_cursor
    assert [entry.id for entry in client.namespaces(prefix=prefix, page_size=5)] == names
    assert [entry.id for entry in client.namespaces(prefix=prefix)] == names
    with pytest.raises(tpuf.APIStatusError) as refused:
        client.namespaces(page_size=1001)
    assert 400 <= refused.value.status_code < 500
    return [entry.id for entry in first.namespaces], first.next_cursor


@scenario
def deleting_a_namespace(client, prefix):
    namespace = library(client, prefix)
    assert namespace.exists()
    assert namespace.delete_all().status == "OK"
    assert not namespace.exists()
    for call in (
        namespace.delete_all,
        namespace.schema,
        namespace.metadata,
        lambda: namespace.write(deletes=[1]),
    ):
        with pytest.raises(tpuf.NotFoundError, match=f"🤷 namespace '{prefix}' was not found"):
            call()
    with pytest.raises(tpuf.NotFoundError):
        namespace.query(rank_by=("id", "asc"), limit=1)
    return namespace.write(upsert_rows=[{"id": "string ids now"}]).rows_affected


@scenario
def warming_and_recall(client, prefix):
    namespace = fresh(client, prefix)
    namespace.write(upsert_rows=[{"id": i, "vector": [i, 1.0]} for i in (1, 2, 3)], **VECTOR_METRIC)
    warm = namespace.hint_cache_warm()
    assert warm.status in ("ACCEPTED", "OK") and isinstance(warm.message, str)
    recall = namespace.recall(num=1, top_k=2)
    assert (recall.avg_recall, recall.avg_ann_count, recall.avg_exhaustive_count) == (1, 2, 2)
    return warm.to_dict(), recall.to_dict()


REFUSED_QUERIES = [
    (
        tpuf.BadRequestError,
        "filter error in key `tags`: type mismatch, ContainsAny expects []string, but got ",
        {"filters": ("tags", "ContainsAny", "sea")},
    ),
    (
        tpuf.BadRequestError,
        "filter error in key `tags`: type mismatch, NotContainsAny expects []string, but got ",
        {"filters": ("tags", "NotContainsAny", "sea")},
    ),
    (
        tpuf.BadRequestError,
        "filter error in key `tags`: type mismatch, Contains expects string, but got ",
        {"filters": ("tags", "Contains", ["sea"])},
    ),
    (
        tpuf.BadRequestError,
        "filter error in key `tags`: type mismatch, NotContains expects string, but got ",
        {"filters": ("tags", "NotContains", ["sea"])},
    ),
    (
        tpuf.BadRequestError,
        "filter error in key `shelf`: type mismatch, Eq expects string, but got '1'",
        {"filters": ("shelf", "Eq", 1)},
    ),
    (tpuf.BadRequestError, "top_k must be between 1 and 10000", {"limit": 10001}),
    (
        tpuf.BadRequestError,
        "not found in schema, cannot be part of `include_attributes`",
        {"include_attributes": ["nope"]},
    ),
    (
        tpuf.BadRequestError,
        "cannot specify both include_attributes and exclude_attributes",
        {"include_attributes": ["shelf"], "exclude_attributes": ["rank"]},
    ),
    (tpuf.BadRequestError, "", {"rank_by": ("vector", "kNN", [0.1, 0.2])}),
    (tpuf.BadRequestError, "", {"rank_by": ("vector", "ANN", [0.1, 0.2, 0.3])}),
    (tpuf.BadRequestError, "rank_by cannot be empty", {"rank_by": []}),
    (
        tpuf.UnprocessableEntityError,
        'consistency: invalid type: string \\"eventual\\", expected struct Consistency',
        {"consistency": "eventual"},
    ),
    (
        tpuf.UnprocessableEntityError,
        "consistency.level: unknown variant `nonexistentvalue`, expected `strong` or `eventual`",
        {"consistency": {"level": "nonexistentvalue"}},
    ),
    (
        tpuf.UnprocessableEntityError,
        "vector_encoding: unknown variant `bad`, expected `float` or `base64`",
        {"vector_encoding": "bad"},
    ),
]

REFUSED_WRITES = [
    (
        tpuf.UnprocessableEntityError,
        "upsert_rows: invalid type: map, expected a sequence",
        {"upsert_rows": {"id": 1}},
    ),
    (tpuf.UnprocessableEntityError, "upsert_rows[0]: missing field `id`", {"upsert_rows": [{"n": 1}]}),
    (
        tpuf.UnprocessableEntityError,
        "distance_metric: unknown variant `bad`",
        {"deletes": [1], "distance_metric": "bad"},
    ),
    (tpuf.BadRequestError, "no writes provided", {}),
    (tpuf.BadRequestError, "contains duplicate document IDs", {"deletes": [1, 1]}),
    (tpuf.BadRequestError, "namespace ID type is uint, but you sent string", {"deletes": ["x"]}),
    (
        tpuf.BadRequestError,
        "distance metric mismatch, expected cosine_distance, got euclidean_squared",
        {"upsert_rows": [{"id": 9, "vector": [1.0, 1.0]}], "distance_metric": "euclidean_squared"},
    ),
    (tpuf.BadRequestError, "", {"upsert_rows": [{"id": 9, "vector": [1.0, 1.0, 1.0]}]}),
    (tpuf.BadRequestError, "", {"upsert_rows": [{"id": 9}]}),
    (tpuf.BadRequestError, "", {"upsert_rows": [{"id": 9, "vector": [1.0, 1.0], "rank": "three"}]}),
]


@scenario
def errors_by_class(client, prefix):
    namespace = library(client, prefix)
    seen = []
    for kind, text, change in REFUSED_QUERIES:
        with pytest.raises(kind) as refused:
            namespace.query(**({"rank_by": ("id", "asc"), "limit": 1} | change))
        assert text in refused.value.response.text or text in str(refused.value), (
            change,
            refused.value.response.text,
        )
        seen.append(refused.value.response.text)
    for kind, text, body in REFUSED_WRITES:
        with pytest.raises(kind) as refused:
            namespace.write(extra_body=body)
        assert text in str(refused.value), (body, refused.value.response.text)
        seen.append(refused.value.response.text)
    assert len(namespace.query(rank_by=("id", "asc"), limit=10).rows) == 4
    return seen


@scenario
def an_invalid_row_refuses_the_whole_batch(client, prefix):
    namespace = library(client, prefix)
    with pytest.raises(tpuf.BadRequestError):
        namespace.write(
            upsert_rows=[{"id": 50, "vector": [1, 1]}, {"id": 51, "vector": [1, 1], "shelf": 5}], deletes=[1]
        )
    return ids(namespace.query(rank_by=("id", "asc"), limit=10))


@scenario
def compressed_bodies(client, prefix):
    zipped = client.with_options(compression=True)
    namespace = fresh(zipped, prefix)
    many = [{"id": number, "text": "sea " * 50} for number in range(100)]
    assert namespace.write(upsert_rows=many).rows_affected == 100
    answer = namespace.query(rank_by=("id", "asc"), limit=100, include_attributes=True)
    assert rows(answer) == many
    return len(answer.rows)


@scenario
def compressed_answers(client, prefix):
    """Large answers are gzip if the client asked for it, small ones never are."""
    namespace = fresh(client, prefix)
    namespace.write(upsert_rows=[{"id": i, "vector": [0.5] * 4096} for i in (1, 2)], **VECTOR_METRIC)
    small = fresh(client, prefix + "-small")
    small.write(upsert_rows=[{"id": 1, "vector": [0.5]}], **VECTOR_METRIC)

    def encoding(where, dims, asked):
        raw = where.with_raw_response.query(
            rank_by=("vector", "ANN", [0.5] * dims), limit=2, include_attributes=["vector"],
            extra_headers={"Accept-Encoding": asked},
        )  # fmt: skip
        assert raw.parse().rows[0].vector == [0.5] * dims
        return raw.headers.get("content-encoding")

    found = [
        encoding(namespace, 4096, "identity"),
        encoding(namespace, 4096, "gzip"),
        encoding(small, 1, "gzip"),
    ]
    assert found == [None, "gzip", None]
    return found
