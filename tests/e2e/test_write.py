"""Writes through the gateway: stamped, checked, and otherwise as they came."""

import gzip
import json
import time

import pytest
from conftest import STORE_KEY
from harness import wire
from harness.upstream import answer_with
from harness.wire import bearer, connect, request, response

KEY = bearer(STORE_KEY)
STAMP = "_hevlayer_upserted_at"
OK = response(200, b'{"status":"OK"}', [("Content-Type", "application/json")])
MEGABYTE = 1 << 20


def write(gateway, body, headers=()):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return wire.call(gateway.address, "POST", "/v2/namespaces/n", raw, [KEY, *headers])


def stamps(body):
    """Every stamp in a write's body, wherever one may stand."""
    found = []
    for op in ("upsert_rows", "patch_rows"):
        found += [row[STAMP] for row in body.get(op, [])]
    for op in ("upsert_columns", "patch_columns"):
        found += body.get(op, {}).get(STAMP, [])
    if "patch_by_filter" in body:
        found.append(body["patch_by_filter"]["patch"][STAMP])
    return found


EVERY_FORM = {
    "upsert_rows": [{"id": 1, "a": "x"}, {"id": 2}],
    "patch_rows": [{"id": 3, "a": None}],
    "upsert_columns": {"id": [4, 5], "a": ["y", None]},
    "patch_columns": {"a": ["z"], "id": [6]},
    "patch_by_filter": {"filters": ["a", "Eq", "x"], "patch": {"a": "w"}},
    "deletes": [7],
}


@pytest.mark.parametrize("coding", ["plain", "gzip", "chunked", "gzip, chunked"])
def test_every_form_is_stamped_once(coding, gateway, upstream):
    upstream.script = answer_with(OK)
    raw = json.dumps(EVERY_FORM).encode()
    if "gzip" in coding:
        raw = gzip.compress(raw)
    headers = [KEY, ("Content-Encoding", "gzip")] if "gzip" in coding else [KEY]
    before = time.time() * 1000
    with connect(gateway.address) as client:
        if "chunked" in coding:
            chunks = b"".join(
                b"%x\r\n%s\r\n" % (len(raw[i : i + 50]), raw[i : i + 50]) for i in range(0, len(raw), 50)
            )
            client.send(
                request("POST", "/v2/namespaces/n", headers=[*headers, ("Transfer-Encoding", "chunked")])
                + chunks
                + b"0\r\n\r\n"
            )
            got = client.response()
        else:
            got = client.call("POST", "/v2/namespaces/n", raw, headers)
    (seen,) = upstream.requests
    assert got.status == 200 and seen.header("content-encoding") is None
    assert int(seen.header("content-length")) == len(seen.body)
    body = json.loads(seen.body)
    (stamp,) = set(stamps(body))
    assert len(stamps(body)) == 7 and before - 1 <= stamp <= time.time() * 1000 + 1
    for form in ("upsert_rows", "patch_rows"):
        for row in body[form]:
            del row[STAMP]
    del body["upsert_columns"][STAMP], body["patch_columns"][STAMP], body["patch_by_filter"]["patch"][STAMP]
    assert body == EVERY_FORM


def test_what_is_not_stamped_keeps_its_bytes(gateway, upstream):
    upstream.script = answer_with(OK)
    raw = b' {"deletes": [1e2, 18446744073709551615],  "future_field": [0.10, 1E400, {"a": "\\u00e9"}]} '
    assert write(gateway, raw).status == 200
    assert upstream.requests[0].body == raw


@pytest.mark.parametrize(
    "body, status, part",
    [
        ({}, 422, "no write operation"),
        ({"distance_metric": "cosine_distance"}, 422, "no write operation"),
        ([], 422, "no write operation"),
        ({"upserts": []}, 422, "upserts"),
        ({"patches": [], "deletes": [1]}, 422, "patches"),
        ({"upsert_rows": [{"id": 1, "_hevlayer_shard": 3}]}, 422, "_hevlayer_shard"),
        ({"upsert_columns": {"id": [1], "_hevlayer_udf_x_v": ["v1"]}}, 422, "_hevlayer_udf_x_v"),
        ({"patch_by_filter": {"filters": ["a", "Eq", 1], "patch": {"_hevlayer_y": 1}}}, 422, "_hevlayer_y"),
        (b'{"upsert_rows":[{"id":1,"\\u005fhevlayer_z":1}]}', 422, "hevlayer_z"),
        (b'{"deletes":[1],"deletes":[2]}', 400, "deletes"),
        (b'{"upsert_rows":[{"id":1,"id":2}]}', 400, "id"),
        (b'{"upsert_rows":[{"id":1}', 400, "at byte 24"),
        (b"", 400, "not JSON"),
        (b'{"deletes":[1]}x', 400, "at byte 15"),
    ],
)
def test_refused_before_anything_is_sent(body, status, part, gateway, upstream):
    got = write(gateway, body)
    assert got.status == status and part in got.json["message"]
    assert got.json["error"] == ("validation_error" if status == 422 else "bad_request")
    assert upstream.requests == []


def test_a_stamp_of_the_callers_is_overwritten(gateway, upstream):
    upstream.script = answer_with(OK)
    write(gateway, {"upsert_rows": [{"id": 1, STAMP: 7}], "patch_columns": {STAMP: [1, 2], "id": [2, 3]}})
    body = json.loads(upstream.requests[0].body)
    assert len(stamps(body)) == 3 and len(set(stamps(body))) == 1 and stamps(body)[0] > 1_700_000_000_000


@pytest.mark.parametrize(
    "coding, body, status",
    [
        ("gzip", b"not gzip at all", 400),
        ("gzip", gzip.compress(b'{"deletes":[1]}')[:-3], 400),
        ("br", b'{"deletes":[1]}', 422),
    ],
)
def test_codings_that_cannot_be_read(coding, body, status, gateway, upstream):
    got = write(gateway, body, [("Content-Encoding", coding)])
    assert got.status == status and upstream.requests == []


# --- bodies that pass --------------------------------------------------------------------------------


def long_rows(count):
    row = '{"id":%d,"text":"' + "x" * 1000 + '"}'
    return b'{"upsert_rows":[' + b",".join((row % i).encode() for i in range(count)) + b"]}"


@pytest.mark.parametrize("zipped", [False, True])
def test_a_long_body_is_stamped_while_it_passes(zipped, gateways, upstream):
    upstream.script = answer_with(OK)
    gateway = gateways(upstream.url, LAYER_WRITE_WHOLE_MAX_BYTES="65536")
    raw = long_rows(3000)
    sent = gzip.compress(raw, 1) if zipped else raw
    assert write(gateway, sent, [("Content-Encoding", "gzip")] if zipped else []).status == 200
    (seen,) = upstream.requests
    body = json.loads(seen.body)
    assert seen.header("transfer-encoding") == "chunked"
    assert len(stamps(body)) == 3000 and len(set(stamps(body))) == 1
    assert [row["id"] for row in body["upsert_rows"]] == list(range(3000))


def test_columns_of_any_length_take_no_memory(gateways, upstream):
    """The stamp column is as long as that of the ids, and made on the way out."""
    upstream.script = answer_with(OK)
    gateway = gateways(upstream.url, LAYER_WRITE_WHOLE_MAX_BYTES="65536")
    count = 200_000
    raw = json.dumps({"upsert_columns": {"id": list(range(count))}}).encode()
    assert write(gateway, raw).status == 200
    column = json.loads(upstream.requests[0].body)["upsert_columns"][STAMP]
    assert len(column) == count and len(set(column)) == 1


@pytest.mark.parametrize(
    "end, status",
    [(b',{"id":9,"_hevlayer_x":1}]}', 422), (b"]} x", 400), (b"]}", None), (b',{"id":9]}', 400)],
)
def test_what_is_refused_on_the_way_is_never_complete(end, status, gateways, upstream):
    """The store sees the request break off; the client gets the same answer as for a short body."""
    complete = []

    def script(peer):
        try:
            complete.append(peer.read_request())
            peer.send(OK)
        except (EOFError, OSError):
            complete.append(None)
            raise

    upstream.script = script
    gateway = gateways(upstream.url, LAYER_WRITE_WHOLE_MAX_BYTES="65536")
    got = write(gateway, long_rows(2000)[:-2] + end)
    assert got.status == (status or 200)
    deadline = time.monotonic() + 20
    while not complete and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [bool(seen) for seen in complete] == [status is None]


def test_memory_for_whole_bodies_has_a_bound(gateways, upstream):
    """When it is used up, a body passes as a longer one does."""
    upstream.script = answer_with(OK)
    gateway = gateways(upstream.url, LAYER_WRITE_MEMORY_BYTES="1000")
    assert write(gateway, long_rows(3)).status == 200
    assert write(gateway, {"deletes": [1]}).status == 200
    first, second = upstream.requests
    assert (first.header("transfer-encoding"), len(stamps(json.loads(first.body)))) == ("chunked", 3)
    assert second.header("content-length") is not None


def test_stamps_never_go_back(gateway, upstream):
    upstream.script = answer_with(OK)
    for i in range(50):
        write(gateway, {"upsert_rows": [{"id": i}]})
    found = [stamps(json.loads(seen.body))[0] for seen in upstream.requests]
    assert found == sorted(found)
