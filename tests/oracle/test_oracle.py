"""The oracle against the worked examples of the contract, so that it cannot be wrong in silence."""

import pytest
from oracle import filters, highlight, text, values
from oracle.namespace import Namespace

TOKENS = [
    ("Don't stop", "don't stop"),
    ("can' hi", "can hi"),
    ("e.g. U.S.A. 3.14 1,000 v2.0.1", "e.g u.s.a 3.14 1,000 v2.0.1"),
    ("3,a a:b a;b 10:30", "3 a a:b a b 10 30"),
    ("foo_bar __init__ ___ a_", "foo_bar __init__ a_"),
    ("e-mail fish@sea.com C++ .NET", "e mail fish sea.com c net"),
    ("http://www.sea.com/a?b=c#d", "http www.sea.com a b c d"),
    ("l’amour rock’n’roll 5'6\" 1'000", "l’amour rock’n’roll 5'6 1'000"),
    ("中文abc123", "中 文 abc123"),
    ("a·b", "a·b"),
]


@pytest.mark.parametrize("source, tokens", TOKENS)
def test_tokens(source, tokens):
    assert [token for _, token in text.analyse(source, text.settings(True))] == tokens.split()


def namespace(schema, rows, metric=None):
    space = Namespace()
    space.write({"schema": schema, "upsert_rows": rows, "distance_metric": metric})
    return space


@pytest.mark.parametrize(
    "query, scores",
    [
        ("fish", {1: 0.19350067, 3: 0.14426166, 2: 0.11623961}),
        ("fish fish", {1: 0.34830117, 3: 0.25967097, 2: 0.20923129}),
        ("fish fish swim", {3: 0.9407541, 1: 0.85607296, 2: 0.20923129}),
    ],
)
def test_bm25(query, scores):
    texts = ["fish fish swim", "fish tank water deep blue", "swim swim fish"]
    space = namespace(
        {"t": {"type": "string", "full_text_search": True}},
        [{"id": i, "t": t} for i, t in enumerate(texts, 1)],
    )
    entries = space.rank({"rank_by": ["t", "BM25", query]}).entries
    assert [key for key, _ in entries] == list(scores)
    assert dict(entries) == pytest.approx(scores, rel=1e-6)


@pytest.mark.parametrize(
    "expression, scores",
    [
        (["Saturate", ["Attribute", "n"], {"midpoint": 100}], {2: 0.75, 1: 0.5, 3: 0, 4: 0}),
        (["Saturate", ["Attribute", "n"], {"midpoint": 100, "exponent": 2}], {2: 0.9, 1: 0.5, 3: 0, 4: 0}),
        (["Decay", ["Attribute", "n"], {"midpoint": 100}], {3: 1, 4: 1, 1: 0.5, 2: 0.25}),
        (["Decay", ["Dist", ["Attribute", "at"], "2026-02-03"], {"midpoint": "6h"}], {1: 0.5, 2: 0.25}),
        (["Dist", ["Attribute", "n"], 100], {2: 200, 3: 100, 1: 0}),
        (["Max", [0.5, ["id", "Eq", 2]]], {2: 1}),
        (["Sum", [["id", "Lte", 2], ["Max", [3, ["id", "Eq", 2]]]]], {1: 4, 2: 4}),
        (["Product", 0, ["id", "Eq", 2]], {}),
        (["t", "BM25", "wal", {"last_as_prefix": True}], {1: 1, 3: 1}),
        (["z", "SparseKNN", {"a": 2, "b": 0.1}], {4: 0.199951172, 1: -1.900024414}),
    ],
)
def test_scores(expression, scores):
    space = namespace(
        {
            "n": "uint",
            "at": "datetime",
            "t": {"type": "string", "full_text_search": True},
            "z": {"type": "{}f16"},
        },
        [
            {"id": 1, "n": 100, "at": "2026-02-03T06:00:00Z", "t": "walrus walnut", "z": {"a": -1, "b": 1}},
            {"id": 2, "n": 300, "at": "2026-02-03T18:00:00Z", "t": "owl"},
            {"id": 3, "n": 0, "t": "wal"},
            {"id": 4, "z": {"b": 2, "c": 1}},
        ],
    )
    entries = space.rank({"rank_by": expression}).entries
    assert [key for key, _ in entries] == list(scores)
    assert dict(entries) == pytest.approx(scores, rel=1e-6)


@pytest.mark.parametrize(
    "order, ids",
    [
        (["x", "asc"], [2, 4, 5, 3, 1, 6]),
        (["x", "desc"], [1, 6, 3, 2, 4, 5]),
        ([["x", "asc"], ["y", "asc"]], [5, 4, 2, 3, 6, 1]),
        ([["x", "desc"], ["y", "asc"]], [6, 1, 3, 5, 4, 2]),
    ],
)
def test_order_of_missing_values(order, ids):
    rows = [(3, "b"), (None, "d"), (1, "c"), (None, "a"), (None, None), (3, None)]
    space = namespace({}, [{"id": i, "x": x, "y": y} for i, (x, y) in enumerate(rows, 1)])
    assert [key for key, _ in space.rank({"rank_by": order}).entries] == ids


@pytest.mark.parametrize(
    "op, operand, ids",
    [
        ("Lt", 5, [1]),
        ("Lte", 5, [1, 2]),
        ("Gt", None, [2, 3]),
        ("Gte", None, [1, 2, 3]),
        ("Lt", None, []),
        ("Lte", None, [1]),
    ],
)
def test_range_and_null(op, operand, ids):
    space = namespace({}, [{"id": 1}, {"id": 2, "n": 5}, {"id": 3, "n": 10}])
    assert [
        k for k, _ in space.rank({"rank_by": ["id", "asc"], "filters": ["n", op, operand]}).entries
    ] == ids


def test_fuzzy_finds_substrings():
    options = {"max_edit_distance": [{"min_query_chars": 6, "distance": 1}], "case_sensitive": False}
    matches = filters.fuzzy_predicate("pufferfsh", options)
    assert matches("Small Pufferfish") and matches("pufferfish are cute") and not matches("puffins")


def test_removed_stop_word_keeps_its_position():
    config = text.settings({"remove_stopwords": True})

    def phrase(query):
        return filters.token_predicate("ContainsTokenSequence", query, [], config)

    assert phrase("visited the café")("visited a café")
    assert not phrase("visited café")("visited a café")


def test_stems_of_lower_case_words_fold_last():
    config = text.settings({"stemming": True, "ascii_folding": True, "language": "german"})
    assert text.analyse("Häuser, Running", config) == [(0, "haus"), (1, "running")]
    english = text.settings({"stemming": True})
    assert [token for _, token in text.analyse("Running JUMPING walruses", english)] == [
        "run",
        "jump",
        "walrus",
    ]


@pytest.mark.parametrize(
    "limit, offset, ids",
    [
        ({"total": 9, "per": {"attributes": ["a"], "limit": 1}}, 0, [1, 4, 5]),
        ({"total": 9, "per": {"attributes": ["a"], "limit": 2}}, 1, [2, 4, 5, 6]),
        ({"total": 2, "per": {"attributes": ["a", "b"], "limit": 1}}, 0, [1, 2]),
        ({"total": 2}, 3, [4, 5]),
    ],
)
def test_limit(limit, offset, ids):
    keys = [("x", 1), ("x", 2), ("x", 1), ("y", 1), (None, None), (None, None)]
    space = namespace({}, [{"id": i, "a": a, "b": b} for i, (a, b) in enumerate(keys, 1)])
    query = {"rank_by": ["id", "asc"], "limit": limit, "offset": offset}
    assert [key for key, _ in space.cut(space.rank(query), query)] == ids


def test_fusion():
    space = namespace({}, [{"id": i, "a": i, "b": -i} for i in (1, 2, 3)])
    legs = [
        space.rank({"rank_by": [name, "asc"], "filters": ["id", "Lte", i]})
        for name, i in (("a", 1), ("b", 3))
    ]
    second = space.rank({"rank_by": ["b", "asc"]})
    fused = space.fuse([legs[0].entries[:1], second.entries[:2]], {"rank_constant": 10, "weights": [2, 1]})
    assert dict(fused.entries)[1] == pytest.approx(0.18181819, rel=1e-6)


def test_shortest_f32():
    assert values.f32_text_value(values.f32(0.7)) == 0.7


NEWER = ["v", "Lt", {"$ref_new": "v"}]


@pytest.mark.parametrize(
    "body, fields, left",
    [
        (
            {"upsert_rows": [{"id": 1, "v": 6}, {"id": 2, "v": 6}], "upsert_condition": NEWER},
            {"rows_upserted": 1, "rows_affected": 1},
            {1: 6, 2: 7, 3: None},
        ),
        (
            {"upsert_rows": [{"id": 3, "v": 1}, {"id": 4, "v": 1}], "upsert_condition": ["id", "Eq", None]},
            {"rows_upserted": 1, "rows_affected": 1},
            {1: 5, 2: 7, 3: None, 4: 1},
        ),
        (
            {"deletes": [1, 3, 9], "delete_condition": ["v", "Eq", {"$ref_new": "v"}]},
            {"rows_deleted": 1, "rows_affected": 1},
            {1: 5, 2: 7},
        ),
        ({"deletes": [1, 9]}, {"rows_deleted": 2, "rows_affected": 2}, {2: 7, 3: None}),
        (
            {
                "delete_by_filter": ["v", "Gte", 5],
                "upsert_rows": [{"id": 2, "v": 1}],
                "return_affected_ids": True,
            },
            {
                "rows_deleted": 2,
                "rows_upserted": 1,
                "rows_affected": 3,
                "deleted_ids": [1, 2],
                "upserted_ids": [2],
            },
            {2: 1, 3: None},
        ),
        (
            {"patch_by_filter": {"filters": ["v", "Gte", 7], "patch": {"v": None}}},
            {"rows_patched": 1, "rows_affected": 1},
            {1: 5, 2: None, 3: None},
        ),
    ],
)
def test_conditions_and_filter_writes(body, fields, left):
    space = namespace({}, [{"id": 1, "v": 5}, {"id": 2, "v": 7}, {"id": 3}])
    assert space.write(body).fields() == fields
    assert {key: document.get("v") for key, document in space.documents.items()} == left


@pytest.mark.parametrize(
    "source",
    [
        "One. |Two 3.5 a. b",
        "Mr. |Smith went. |He stayed.",
        "See U.S.A. today. |Yes!\n|No",
        '"Stop!" |he said. |"No."',
        "etc., and so on... |Then (really.) |A-b",
        "a.\r\n|b",
    ],
)
def test_sentences(source):
    whole = source.replace("|", "")
    places = [i for i in range(1, len(whole)) if highlight.ends_sentence(whole[:i], whole[i:])]
    pieces = [whole[start:end] for start, end in zip([0, *places], [*places, None], strict=True)]
    assert "|".join(pieces) == source


def test_highlight():
    schema = {"t": {"type": "string", "full_text_search": True}}
    rank_by, options = ["t", "BM25", "harbour quay"], {"include_offsets": "utf-16"}
    source = "Boats leave the harbour at dawn. Nets dry on the quay.\n \nThe café 🐟 sells naïve harbour art."
    ranked = highlight.Highlight(["Highlight", "t", options], rank_by, schema).ranked(source)
    assert [fragment for _, fragment in ranked] == [
        {"text": "Nets dry on the quay.", "fragment_range": [33, 54], "match_ranges": [[49, 53]]},
        {"text": "Boats leave the harbour at dawn.", "fragment_range": [0, 32], "match_ranges": [[16, 23]]},
        {
            "text": "The café 🐟 sells naïve harbour art.",
            "fragment_range": [57, 93],
            "match_ranges": [[81, 88]],
        },
    ]


def test_computed_score_knows_no_other_documents():
    space = namespace(
        {"t": {"type": "string", "full_text_search": True}}, [{"id": 1, "t": "fish fish swim"}, {"id": 2}]
    )
    assert space.computed(["t", "BM25", "fish"], ["id", "asc"]) == {1: pytest.approx(0.60996956), 2: 0.0}
