"""The store's HTTP interface to the byte, where an SDK would hide it."""

import gzip
import json

import pytest
from conftest import STORE_KEY
from harness import wire
from harness.wire import bearer

KEY = bearer(STORE_KEY)
VECTORS = {"upsert_rows": [{"id": 1, "vector": [0.7, 0.1]}], "distance_metric": "cosine_distance"}


def call(store, method, target, body=None, headers=()):
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return wire.call(store.address, method, target, raw, [KEY, *headers])


def fresh(store, name, body=VECTORS):
    call(store, "DELETE", f"/v2/namespaces/{name}")
    assert call(store, "POST", f"/v2/namespaces/{name}", body).status == 200
    return f"/v2/namespaces/{name}"


def query(store, path, **fields):
    return call(store, "POST", path + "/query", {"rank_by": ["id", "asc"], "limit": 10} | fields)


# --- numbers ----------------------------------------------------------------------------------------------


def test_numbers_keep_their_text(store):
    """Components and scores are the shortest f32 text, integers keep all their digits."""
    rows = [{"id": 2**64 - 1, "vector": [0.7, 1e-7], "u": 2**64 - 1, "i": -(2**63), "f": 0.1}]
    path = fresh(store, "raw-numbers", VECTORS | {"upsert_rows": rows, "schema": {"u": "uint", "f": "float"}})
    text = query(store, path, include_attributes=True).body.decode().replace(" ", "")
    for piece in (
        '"id":18446744073709551615',
        '"u":18446744073709551615',
        '"i":-9223372036854775808',
        "[0.7,",
    ):
        assert piece in text
    assert '"f":0.1' in text


def test_a_float_is_a_float(store):
    path = fresh(store, "raw-ratio")
    assert b'"cache_hit_ratio":1.0' in query(store, path).body.replace(b" ", b"")


@pytest.mark.parametrize("number", ["1e999", "NaN", "01", "1.", "-", "0x1"])
def test_what_is_no_number(number, store):
    path = fresh(store, "raw-bad-number")
    got = call(store, "POST", path, b'{"upsert_rows":[{"id":1,"vector":[%s,1]}]}' % number.encode())
    assert got.status in (400, 422)


# --- bodies -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"", b"{", b'{"a":1}}', b"[1,]", b'"\xff"', b'{"a":"\\ud800"}', b"nul"])
def test_what_is_no_json(body, store):
    got = call(store, "POST", fresh(store, "raw-json"), body)
    assert got.status == 400 and got.json["error"].startswith("Failed to parse the request body as JSON: ")


@pytest.mark.parametrize("body", [[], 1, "x", None])
def test_json_of_another_shape(body, store):
    got = call(store, "POST", fresh(store, "raw-shape"), json.dumps(body).encode())
    assert got.status == 422
    assert got.json["error"].startswith("Failed to deserialize the JSON body into the target type: ")


def test_gzip_bodies(store):
    path = fresh(store, "raw-gzip")
    body, encoding = json.dumps({"deletes": [1]}).encode(), [("Content-Encoding", "gzip")]
    assert call(store, "POST", path, gzip.compress(body), encoding).status == 200
    two_members = gzip.compress(body[:5]) + gzip.compress(body[5:])
    assert call(store, "POST", path, two_members, encoding).status == 200
    for broken in (gzip.compress(body)[:-4], body, b"", gzip.compress(body) + b"junk"):
        assert call(store, "POST", path, broken, encoding).status == 400
    assert call(store, "POST", path, body, [("Content-Encoding", "br")]).status in (400, 415)


def test_errors_are_plain_utf8(store):
    """Emoji and backticks stand as they are; SDK users match substrings of the raw body."""
    got = call(store, "GET", "/v1/namespaces/raw-nowhere/schema")
    assert got.body.decode() == '{"status":"error","error":"🤷 namespace \'raw-nowhere\' was not found"}'
    assert got.status == 404 and got.header("content-type").startswith("application/json")


# --- names and routes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a%20b", "a%2Fb", "%E6%9D%B1", "a%00", "a%3Ab"])
def test_bad_characters_of_a_name(name, store):
    got = call(store, "GET", f"/v1/namespaces/{name}/schema")
    assert got.status == 400
    assert got.body == b"Invalid URL: Namespace contains invalid characters, must be [A-Za-z0-9-_.]"


def test_length_of_a_name(store):
    assert call(store, "GET", f"/v1/namespaces/{'x' * 128}/schema").status == 404
    got = call(store, "GET", f"/v1/namespaces/{'x' * 129}/schema")
    assert got.status == 400 and got.body.endswith(b"` is too long, limit is currently 128 characters")


@pytest.mark.parametrize(
    "method, target",
    [
        ("GET", "/"),
        ("PUT", "/v2/namespaces/n"),
        ("GET", "/v2/namespaces/n/nowhere"),
        ("POST", "/v1/namespaces"),
    ],
)
def test_other_routes(method, target, store):
    assert call(store, method, target).status in (404, 405)


def test_head(store):
    fresh(store, "raw-head")
    got = wire.call(store.address, "HEAD", "/v1/namespaces/raw-head/schema", headers=[KEY])
    assert got.status == 200 and got.body == b""


@pytest.mark.parametrize(
    "asked", ["page_size=0", "page_size=1001", "page_size=x", "cursor=%21%21", "cursor=abc"]
)
def test_listing_refuses(asked, store):
    assert call(store, "GET", f"/v1/namespaces?{asked}").status == 400


def test_the_last_page(store):
    """A page that is exactly full still has a cursor; the page after it is empty and has none."""
    for number in range(4):
        fresh(store, f"raw-page-{number}")
    first = call(store, "GET", "/v1/namespaces?prefix=raw-page-&page_size=4").json
    assert len(first["namespaces"]) == 4 and first["next_cursor"]
    last = call(
        store, "GET", f"/v1/namespaces?prefix=raw-page-&page_size=4&cursor={first['next_cursor']}"
    ).json
    assert last["namespaces"] == [] and not last.get("next_cursor")


def test_two_shapes_of_metadata(store):
    fresh(store, "raw-metadata")
    old = call(store, "GET", "/v1/namespaces/raw-metadata/metadata").json
    new = call(store, "GET", "/v2/namespaces/raw-metadata/metadata").json
    assert (old.pop("encryption"), new.pop("encryption")) == ({"sse": True}, {"mode": "default"})
    assert old == new


def test_updated_is_not_written(store):
    """A change of the schema moves updated_at only."""
    fresh(store, "raw-clock")
    before = call(store, "GET", "/v2/namespaces/raw-clock/metadata").json
    assert call(store, "POST", "/v1/namespaces/raw-clock/schema", {"later": "int"}).status == 200
    after = call(store, "GET", "/v2/namespaces/raw-clock/metadata").json
    assert after["last_write_at"] == before["last_write_at"] and after["updated_at"] > before["updated_at"]
    assert after["created_at"] == before["created_at"]


@pytest.mark.parametrize(
    "body, shown",
    [
        ({}, {}),
        ({"pinning": None, "read_only": False, "odd": 1}, {}),
        ({"read_only": True}, {"read_only": True}),
        ({"pinning": {"replicas": 2}}, {"replicas": 2}),
        ({"pinning": True}, {"replicas": 1}),
    ],
)
def test_settings(body, shown, store):
    """A setting is in the answer and in what is read afterwards; taken back, it leaves no trace."""
    path = fresh(store, "raw-settings")
    plain = set(call(store, "GET", "/v1/namespaces/raw-settings/metadata").json)
    got = call(store, "PATCH", "/v1/namespaces/raw-settings/metadata", body)
    assert got.status == 200
    assert got.json == call(store, "GET", "/v1/namespaces/raw-settings/metadata").json
    assert got.json.get("read_only") == shown.get("read_only")
    assert got.json.get("pinning", {}).get("replicas") == shown.get("replicas")
    assert call(store, "POST", path, {"deletes": [1]}).status == (400 if "read_only" in shown else 200)
    back = {"pinning": False, "read_only": False}
    assert set(call(store, "PATCH", "/v1/namespaces/raw-settings/metadata", back).json) == plain


# --- rules of writing ---------------------------------------------------------------------------------------

CREATIONS = [
    (
        {"upsert_rows": [{"id": 1, "vector": [1, 2]}]},
        400,
        "distance_metric must be specified for write to namespace",
    ),
    (
        {
            "upsert_rows": [{"id": 1, "vector": [1, 2]}],
            "schema": {"vector": {"type": "[2]f32", "ann": {"distance_metric": "cosine_distance"}}},
        },
        400,
        "must be specified as a field at the top level of the write request",
    ),
    (VECTORS | {"schema": {"vector": {"type": "[2]f32", "ann": {}}}}, 200, ""),
    (
        VECTORS | {"schema": {"vector": {"type": "[2]f32", "ann": {"distance_metric": None, "odd": 1}}}},
        200,
        "",
    ),
    (VECTORS | {"schema": {"vector": {"type": "[2]f32"}}}, 400, "must have `ann` set to `true`"),
    (
        VECTORS | {"schema": {"vector": {"type": "[2]f32", "ann": {"distance_metric": "euclidean_squared"}}}},
        400,
        "",
    ),
    (VECTORS | {"schema": {"vector": {"type": "[2]f32", "ann": {"distance_metric": "odd"}}}}, 422, ""),
    (VECTORS | {"schema": {"vector": {"type": "[3]f32", "ann": True}}}, 400, ""),
    ({"upsert_rows": [{"id": 1, "s": "x"}], "schema": {"s": {"type": "string", "ann": True}}}, 400, ""),
    ({"upsert_rows": [{"id": 1, "s": "x"}], "schema": {"s": {"type": "string", "ann": False}}}, 200, ""),
    ({"upsert_rows": [{"id": 1}], "schema": {"id": "int"}}, 400, "💔 int is not a valid ID type"),
    ({"upsert_rows": [{"id": "x" * 65}]}, 400, ""),
    ({"upsert_rows": [{"id": "x" * 64}]}, 200, ""),
    (
        {"upsert_rows": [{"id": -1}]},
        422,
        "upsert_rows[0].id: data did not match any variant of untagged enum Id",
    ),
    (
        {"upsert_rows": [{"id": 1.5}]},
        422,
        "upsert_rows[0].id: data did not match any variant of untagged enum Id",
    ),
    ({"upsert_rows": [{"id": 1, "$a": 1}]}, 400, "$a"),
    ({"upsert_rows": [{"id": 1, "a" * 129: 1}]}, 400, ""),
    ({"upsert_rows": [{"id": 1, "a": 1.5}]}, 400, ""),
    ({"upsert_rows": [{"id": 1, "a": [1, "x"]}]}, 400, ""),
    ({"upsert_rows": [{"id": 1, "a": {"b": 1}}]}, 400, ""),
    ({"upsert_rows": [{"id": 1, "u": -1}], "schema": {"u": "uint"}}, 400, ""),
    ({"upsert_rows": [{"id": 1, "i": 2**63}], "schema": {"i": "int"}}, 400, ""),
    ({"upsert_rows": [{"id": 1, "d": "yesterday"}], "schema": {"d": "datetime"}}, 400, ""),
    ({"upsert_rows": [{"id": 1, "g": "no-uuid"}], "schema": {"g": "uuid"}}, 400, ""),
    ({"upsert_rows": [{"id": 1, "s": "x" * 4097}]}, 400, ""),
    (
        {
            "upsert_rows": [{"id": 1, "s": "x" * 4097}],
            "schema": {"s": {"type": "string", "filterable": False}},
        },
        200,
        "",
    ),
    ({"upsert_columns": {"id": [1, 2], "n": [1]}}, 400, ""),
    ({"upsert_columns": {"n": [1]}}, 422, "id"),
    ({"upsert_rows": [{"id": 1}], "schema": {"t": {"full_text_search": True}}}, 422, "type"),
    (
        {
            "upsert_rows": [{"id": 1}],
            "schema": {"t": {"type": "string", "full_text_search": {"tokenizer": "odd"}}},
        },
        422,
        "",
    ),
    (
        {
            "upsert_rows": [{"id": 1}],
            "schema": {"t": {"type": "string", "full_text_search": {"language": "odd"}}},
        },
        422,
        "",
    ),
    ({"upsert_rows": [{"id": 1}], "schema": {"t": {"type": "int", "full_text_search": True}}}, 400, ""),
]


@pytest.mark.parametrize("body, status, text", CREATIONS)
def test_creating_a_namespace(body, status, text, store):
    call(store, "DELETE", "/v2/namespaces/raw-create")
    got = call(store, "POST", "/v2/namespaces/raw-create", body)
    assert (got.status, text in got.json.get("error", "")) == (status, True), got.body
    created = call(store, "GET", "/v1/namespaces/raw-create/schema").status
    assert created == (200 if status == 200 else 404), "a refused write creates nothing"


def test_two_spellings_of_one_uuid(store):
    name = "a3f1c2d4-0000-4000-8000-00000000000a"
    body = {"upsert_rows": [{"id": name}, {"id": name.upper()}], "schema": {"id": "uuid"}}
    got = call(store, "POST", "/v2/namespaces/raw-uuid", body)
    assert got.status == 400 and "contains duplicate document IDs" in got.json["error"]


def test_a_schema_alone(store):
    path = fresh(store, "raw-schema")
    assert call(store, "POST", path, {"schema": {"n": "int"}}).status == 200
    assert call(store, "GET", "/v1/namespaces/raw-schema/schema").json["n"]["type"] == "int"


# --- what is not there yet ----------------------------------------------------------------------------------

NOT_YET_WRITTEN = [
    ("embed", {"schema": {"t": {"type": "string", "embed": "openai/text-embedding-3-small"}}}),
]
NOT_YET_ASKED = [
    ("Embed", {"rank_by": ["vector", "ANN", ["Embed", "harbour"]]}),
    ("multi-vector", {"rank_by": ["vector", "ANN", [[1, 1], [1, 2]]]}),
]


def named(got, field):
    return got.status == 400 and field in got.json["error"]


@pytest.mark.parametrize("field, body", NOT_YET_WRITTEN)
def test_unsupported_writes_say_so(field, body, store):
    path = fresh(store, "raw-not-yet")
    assert named(call(store, "POST", path, body), field)
    assert [row["id"] for row in query(store, path).json["rows"]] == [1]


@pytest.mark.parametrize("field, change", NOT_YET_ASKED)
def test_unsupported_queries_say_so(field, change, store):
    path = fresh(
        store, "raw-not-yet", VECTORS | {"upsert_rows": [{"id": 1, "vector": [1, 1], "n": 1, "s": "a"}]}
    )
    body = {"rank_by": ["id", "asc"], "limit": 5} | change
    got = call(store, "POST", path + "/query", body)
    assert named(got, field), got.body


@pytest.mark.parametrize(
    "method, target",
    [
        ("GET", "/v1/namespaces/raw-route/hint_cache_warm"),
        ("POST", "/v1/namespaces/raw-route/_debug/recall"),
        ("POST", "/v2/namespaces/raw-route/explain_query"),
    ],
)
def test_routes_answer_or_say_so(method, target, store):
    """Each does what the contract says or refuses clearly; none pretends."""
    fresh(store, "raw-route")
    got = call(store, method, target, {"rank_by": ["id", "asc"], "limit": 1} if method == "POST" else None)
    assert got.status in (200, 202) or (400 <= got.status < 500 and "error" in got.json)


# --- several queries -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "count, status, text",
    [
        (0, 400, "must send at least one sub-query"),
        (16, 200, ""),
        (17, 400, "requires 17 permits, max is 16"),
    ],
)
def test_number_of_legs(count, status, text, store):
    path = fresh(store, "raw-legs")
    body = {"queries": [{"rank_by": ["id", "asc"], "limit": 1}] * count}
    got = call(store, "POST", path + "/query", body)
    assert got.status == status and text in got.json.get("error", "")


def test_one_bad_leg_fails_all(store):
    path = fresh(store, "raw-leg")
    legs = [{"rank_by": ["id", "asc"], "limit": 1}, {"rank_by": ["nope", "asc"], "limit": 1}]
    assert call(store, "POST", path + "/query", {"queries": legs}).status == 400


def test_key(store):
    for headers in ([], [bearer("wrong")], [("Authorization", STORE_KEY)], [bearer(STORE_KEY + "x")]):
        got = wire.call(store.address, "GET", "/v1/namespaces", headers=headers)
        assert got.status == 401 and set(got.json) == {"status", "error"}
