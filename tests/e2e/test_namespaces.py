"""Namespaces as a whole: the listing with its signals, the `layer` block of metadata, deletion."""

import concurrent.futures
import contextlib
import gzip
import json
import re
import threading
import time
import urllib.parse

import pytest
from conftest import STORE_KEY, start_store
from harness import manifests, wire
from harness.canary import client_key
from harness.manifests import Folder, inbound_key, secret
from harness.relay import UNWATCHED
from harness.upstream import Upstream, answer_with
from harness.waiting import wait_for
from harness.wire import bearer, connect, response

KEY = bearer(STORE_KEY)
COLD = {"state": "cold", "warm_inflight": False}
NO_CACHE = {"NAMESPACE_LIST_CACHE_TTL_MS": "0"}
METADATA = {
    "schema": {
        "id": {"type": "uint"},
        "vector": {"type": "[2]f32"},
        "_hevlayer_upserted_at": {"type": "uint"},
    },
    "approx_row_count": 3,
    "approx_logical_bytes": 48,
    "last_write_at": "2026-05-12T18:48:30Z",
    "index": {"status": "up-to-date"},
}


class Shelf:
    """A scripted store of namespaces: name → metadata, or a raw reply, or a function that sends one."""

    def __init__(self, upstream, spaces=()):
        self.upstream, self.spaces = upstream, dict(spaces)
        self.lock, self.under_way, self.most = threading.Lock(), 0, 0
        upstream.script = self.serve

    def asked(self, what="metadata"):
        pattern = {"metadata": r"/v2/namespaces/[^/]+/metadata", "list": r"/v1/namespaces\?.*"}[what]
        return [r.target for r in self.upstream.requests if re.fullmatch(pattern, r.target)]

    def serve(self, peer):
        while request := peer.read_request():
            path, _, query = request.target.partition("?")
            with self.lock:
                self.under_way += 1
                self.most = max(self.most, self.under_way)
            try:
                if path == "/v1/namespaces":
                    peer.send(self.page(dict(urllib.parse.parse_qsl(query))))
                elif request.method == "DELETE":
                    peer.send(self.delete(path.split("/")[3]))
                else:
                    self.metadata(peer, urllib.parse.unquote(path.split("/")[3]))
            finally:
                with self.lock:
                    self.under_way -= 1

    def page(self, query):
        names = sorted(n for n in self.spaces if n.startswith(query.get("prefix", "")))
        names = [n for n in names if n > query.get("cursor", "")]
        page = names[: int(query["page_size"])]
        # As the cloud does: a cursor also where nothing follows a full page.
        more = page[-1] if page and len(page) == int(query["page_size"]) else None
        return told({"namespaces": [{"id": name} for name in page], "next_cursor": more})

    def delete(self, name):
        return told({"status": "OK"}) if self.spaces.pop(name, None) else told({"status": "error"}, 404)

    def metadata(self, peer, name):
        kept = self.spaces.get(name)
        if callable(kept):
            kept(peer)
        else:
            peer.send(kept if isinstance(kept, bytes) else told(kept, 200 if kept is not None else 404))


def told(value, status=200):
    return response(status, json.dumps(value).encode(), [("Content-Type", "application/json")])


def get(gateway, query="", key=KEY):
    return wire.call(gateway.address, "GET", "/v2/namespaces" + query, headers=[key])


def names(got):
    assert got.status == 200, got.body
    return [row["name"] for row in got.json["namespaces"]]


def pages(gateway, size, prefix=""):
    """Every page from the first to the last."""
    found, cursor = [], ""
    while True:
        got = get(gateway, f"?page_size={size}&prefix={prefix}&cursor={cursor}")
        found.append(names(got))
        cursor = got.json.get("next_cursor")
        if not cursor:
            return found


def listed(gateway, size, prefix=""):
    return [name for page in pages(gateway, size, prefix) for name in page]


# --- the listing ---------------------------------------------------------------------------------


def test_rows(gateway, upstream):
    updating = {"index": {"status": "updating", "unindexed_bytes": 7}, "approx_row_count": 1}
    Shelf(upstream, {"a": METADATA, "b": updating, "c-shadow": {}})
    before = time.time() * 1000
    a, b, c = get(gateway).json["namespaces"]
    assert before - 1 <= a.pop("stable_as_of_ms") <= time.time() * 1000 + 1
    rest = {"cache_state": COLD, "labels": {}}
    assert a == rest | {
        "name": "a",
        "row_count": 3,
        "size_bytes": 48,
        "is_stable": True,
        "index": {"status": "up-to-date"},
        "schema_summary": {"vector_dim": 2, "fields": ["id", "vector"]},
        "last_write_ms": 1778611710000,
        "shadow": False,
    }
    assert b == rest | {
        "name": "b",
        "row_count": 1,
        "is_stable": False,
        "index": {"status": "updating", "unindexed_bytes": 7},
        "shadow": False,
    }
    assert c == rest | {"name": "c-shadow", "shadow": True}


def test_a_row_that_fails_stays(gateways, upstream):
    gateway = gateways(upstream.url, LAYER_UPSTREAM_TIMEOUT_MS="500")

    def silent(peer):
        upstream.hold()

    def cut(peer):
        peer.send(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"schema"')
        raise EOFError

    shelf = Shelf(
        upstream,
        {
            "broken": response(200, b"<html>"),
            "cut": cut,
            "gone": None,
            "ill": told({"status": "error"}, 500),
            "silent": silent,
            "sound": METADATA,
            "wide": response(200, b'{"x":"' + b"x" * (2 << 20) + b'"}'),
        },
    )
    rows = {row["name"]: row for row in get(gateway).json["namespaces"]}
    assert list(rows) == sorted(shelf.spaces)
    for name, row in rows.items():
        assert ("metadata_error" in row) == (name != "sound"), row
        assert ("is_stable" in row) == ("row_count" in row) == (name == "sound")
        assert row["cache_state"] == COLD and row["labels"] == {} and row["shadow"] is False
    assert rows["ill"]["metadata_error"] == "the store answered 500"
    assert rows["gone"]["metadata_error"] == "the store answered 404"


@pytest.mark.parametrize("name", ["..", ".", "a\r\nX: y", "a b", "n" * 129])
def test_a_name_that_cannot_be_is_not_asked_for(name, gateway, upstream):
    shelf = Shelf(upstream, {name: METADATA})
    (row,) = get(gateway).json["namespaces"]
    assert row["name"] == name and row["metadata_error"] and shelf.asked() == []


def test_paging_and_prefix(gateways, upstream):
    gateway = gateways(upstream.url, **NO_CACHE)
    shelf = Shelf(upstream, {f"{p}-{i:02}": METADATA for p in ("dev", "prod") for i in range(6)})
    dev, prod = sorted(shelf.spaces)[:6], sorted(shelf.spaces)[6:]
    assert pages(gateway, 1000) == [dev + prod]
    assert pages(gateway, 5) == [dev[:5], dev[5:] + prod[:4], prod[4:]]
    assert pages(gateway, 4, "prod") == [prod[:4], prod[4:]]
    assert [page for page in pages(gateway, 3, "dev") if page] == [dev[:3], dev[3:]]
    assert pages(gateway, 5, "none") == [[]]
    assert names(get(gateway)) == dev + prod
    assert "page_size=100" in shelf.asked("list")[-1]


@pytest.mark.parametrize(
    "query, part",
    [
        ("page_size=0", "page_size"),
        ("page_size=1001", "page_size"),
        ("page_size=ten", "page_size"),
        ("cursor=dev-04", "cursor"),
        ("cursor=eyJ2IjoxLCJzdG9yZSI6Im5vbmUiLCJhdCI6IiJ9", "cursor"),
    ],
)
def test_what_a_listing_does_not_take(query, part, gateway, upstream):
    shelf = Shelf(upstream)
    got = get(gateway, "?" + query)
    assert (got.status, got.json["error"]) == (422, "validation_error") and part in got.json["message"]
    assert shelf.upstream.requests == []


def test_a_cursor_that_the_store_does_not_know(gateway, upstream):
    shelf = Shelf(upstream, {"a": METADATA, "b": METADATA})
    cursor = get(gateway, "?page_size=1").json["next_cursor"]
    shelf.page = lambda query: told({"status": "error", "error": "cursor"}, 400)
    got = get(gateway, f"?page_size=1&cursor={cursor}")
    assert got.status == 422 and "cursor" in got.json["message"]


@pytest.mark.parametrize(
    "reply",
    [
        told({"status": "error"}, 403),
        told({"status": "error"}, 500),
        told({}),
        response(200, b"[]"),
        response(200, b'{"namespaces":[{"id":1}]}'),
        told({"namespaces": [{"id": str(n)} for n in range(101)]}),
    ],
)
def test_a_store_that_does_not_list(reply, gateway, upstream):
    upstream.script = answer_with(reply)
    got = get(gateway)
    assert (got.status, got.json["error"]) == (502, "upstream_error")
    assert get(gateway).status == 502 and len(upstream.requests) == 2, "a failure is not kept"


def test_head(gateway, upstream):
    Shelf(upstream, {"a": METADATA})
    with connect(gateway.address) as client:
        got = client.call("HEAD", "/v2/namespaces", headers=[KEY])
    assert got.status == 200 and got.body == b"" and int(got.header("content-length")) > 100


def test_fan_out_has_a_bound(gateways, upstream):
    gateway = gateways(upstream.url, **NO_CACHE)

    def slow(peer):
        time.sleep(0.01)
        peer.send(told(METADATA))

    shelf = Shelf(upstream, {f"n{i:03}": slow for i in range(200)})
    assert len(names(get(gateway, "?page_size=200"))) == 200
    assert 2 <= shelf.most <= 16 and len(shelf.asked()) == 200


def test_a_client_that_leaves_does_not_take_the_page_with_it(gateways, upstream):
    """Who waited for the same page gets it all the same."""
    gateway = gateways(upstream.url, LAYER_LOOPS="1")
    began, go_on = threading.Event(), threading.Event()

    def slow(peer):
        began.set()
        go_on.wait(30)
        peer.send(told(METADATA))

    Shelf(upstream, {"a": slow})
    with concurrent.futures.ThreadPoolExecutor() as pool:
        with connect(gateway.address) as leaver:
            leaver.send(wire.request("GET", "/v2/namespaces", headers=[KEY]))
            assert began.wait(30)
            stays = pool.submit(get, gateway)
            wait_for(lambda: gateway_connections(gateway) >= 2)
        go_on.set()
        assert names(stays.result(30)) == ["a"]


def gateway_connections(gateway):
    text = wire.call(gateway.address, "GET", "/metrics").body.decode()
    return int(re.search(r"^layer_http_connections (\d+)", text, re.M)[1]) - 1


# --- the list cache ------------------------------------------------------------------------------


def test_a_page_is_given_out_again(gateways, upstream):
    gateway = gateways(upstream.url, LAYER_LOOPS="1", NAMESPACE_LIST_CACHE_TTL_MS="3600000")
    shelf = Shelf(upstream, {"a": METADATA, "b": METADATA})
    first = get(gateway)
    for _ in range(5):
        assert get(gateway).body == first.body
    assert len(shelf.asked("list")) == 1 and len(shelf.asked()) == 2
    for query in ("?prefix=a", "?page_size=1", "?page_size=99"):
        seen = len(shelf.asked("list"))
        get(gateway, query)
        get(gateway, query)
        assert len(shelf.asked("list")) == seen + 1


def test_a_page_lasts_for_its_time(gateways, upstream):
    gateway = gateways(upstream.url, LAYER_LOOPS="1", NAMESPACE_LIST_CACHE_TTL_MS="1")
    shelf = Shelf(upstream, {"a": METADATA})
    get(gateway)
    time.sleep(0.01)
    shelf.spaces["b"] = METADATA
    assert names(get(gateway)) == ["a", "b"]


def test_without_the_cache(gateways, upstream):
    gateway = gateways(upstream.url, LAYER_LOOPS="1", **NO_CACHE)
    shelf = Shelf(upstream, {"a": METADATA})
    assert names(get(gateway)) == names(get(gateway)) == ["a"]
    assert len(shelf.asked("list")) == 2


def test_a_burst_is_one_fan_out(gateways, upstream):
    gateway = gateways(upstream.url, LAYER_LOOPS="1", NAMESPACE_LIST_CACHE_TTL_MS="3600000")
    shelf = Shelf(upstream, {f"n{i}": METADATA for i in range(10)})
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        bodies = {got.body for got in pool.map(lambda _: get(gateway), range(90))}
    assert len(bodies) == 1 and len(shelf.asked("list")) == 1 and len(shelf.asked()) == 10


def test_who_may_not_list_gets_no_kept_page(gateways, upstream, tmp_path):
    folder = Folder(tmp_path)
    keys = {name: client_key(name) for name in ("reader", "writer")}
    folder.write("secret.yaml", secret("layer", **{"api-key": STORE_KEY}, **keys))
    auth = {"mode": "keys", "keys": [inbound_key("reader", ["read"]), inbound_key("writer", ["write"])]}
    folder.write("store.yaml", manifests.store("main", upstream.url, auth=auth))
    gateway = gateways(None, key=None, LAYER_CONFIG_DIR=str(folder.path), LAYER_LOOPS="1")
    Shelf(upstream, {"a": METADATA})
    assert names(get(gateway, key=bearer(client_key("reader")))) == ["a"]
    assert get(gateway, key=bearer(client_key("writer"))).status == 403
    assert get(gateway, key=bearer(client_key("nobody"))).status == 401


# --- several stores ------------------------------------------------------------------------------


@pytest.fixture
def two_stores(gateways, upstream, tmp_path):
    """`alpha`, which is not the default, and `beta`, which is; an Index gives `moved` to alpha."""
    other, folder = Upstream(), Folder(tmp_path)
    folder.write("secret.yaml", secret("layer", **{"api-key": STORE_KEY}))
    folder.write("beta.yaml", manifests.store("beta", upstream.url, default=True))
    folder.write("alpha.yaml", manifests.store("alpha", other.url))
    moved = manifests.index("moved", "moved", "alpha")
    moved["spec"]["metadata"] = {"labels": {"team": "search"}}
    folder.write("index.yaml", moved)
    gateway = gateways(None, key=None, LAYER_CONFIG_DIR=str(folder.path), LAYER_LOOPS="1", **NO_CACHE)
    alpha = Shelf(other, {"a1": METADATA, "moved": METADATA | {"approx_row_count": 11}})
    beta = Shelf(upstream, {"a0": METADATA, "b1": METADATA, "moved": METADATA})
    yield gateway, alpha, beta, folder
    other.close()


def test_stores_follow_one_another(two_stores):
    gateway, _, beta, _ = two_stores
    got = get(gateway)
    assert names(got) == ["a1", "moved", "a0", "b1"] and "next_cursor" not in got.json
    moved = got.json["namespaces"][1]
    assert moved["row_count"] == 11 and moved["labels"] == {"team": "search"}
    assert len(beta.asked()) == 2, "what an Index gave to alpha is not asked of beta"
    for size in (1, 2, 3, 4):
        assert listed(gateway, size) == ["a1", "moved", "a0", "b1"]
    assert listed(gateway, 1, "a") == ["a1", "a0"]


def test_one_store_that_does_not_list_is_said(two_stores):
    gateway, alpha, _, _ = two_stores
    alpha.upstream.script = answer_with(told({}, 500))
    got = get(gateway)
    assert got.status == 502 and '"alpha"' in got.json["message"]


def test_the_store_of_a_cursor_goes(two_stores):
    gateway, _, _, folder = two_stores
    cursor = get(gateway, "?page_size=1").json["next_cursor"]
    folder.remove("index.yaml")
    folder.remove("alpha.yaml")
    wait_for(lambda: names(get(gateway)) == ["a0", "b1", "moved"])
    got = get(gateway, f"?cursor={cursor}")
    assert got.status == 422 and "cursor" in got.json["message"]


# --- thousands -----------------------------------------------------------------------------------


def resident(program):
    with open(f"/proc/{program.process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) << 10


def test_thousands_of_namespaces(gateways, tmp_path):
    """In a real store; memory does not grow from listing to listing."""
    store = start_store(tmp_path / "data")
    try:
        expected = [f"ns-{i:04}" for i in range(2000)]
        body = b'{"upsert_rows":[{"id":1}]}'
        with connect(store.address) as client:
            for name in expected:
                assert client.call("POST", f"/v2/namespaces/{name}", body, [KEY]).status == 200
        gateway = gateways(store.url, LAYER_LOOPS="1", **NO_CACHE)
        assert listed(gateway, 1000) == expected
        assert listed(gateway, 300, "ns-1") == expected[1000:]
        row = get(gateway, "?page_size=1").json["namespaces"][0]
        assert (row["name"], row["is_stable"], row["schema_summary"]) == ("ns-0000", True, {"fields": ["id"]})
        assert row["stable_as_of_ms"] > 1_700_000_000_000 and "metadata_error" not in row
        assert abs(row["last_write_ms"] - row["stable_as_of_ms"]) < 600_000
        before = resident(gateway)
        for _ in range(5):
            assert len(listed(gateway, 1000)) == 2000
        assert resident(gateway) - before < 64 << 20
        watched = wire.call(gateway.address, "GET", "/metrics").body.decode()
        assert not re.search(r"^hevlayer_consistency_namespaces [1-9]", watched, re.M)
    finally:
        store.stop()


def test_listing_registers_nothing(gateways, upstream):
    """With the watcher on, the store is asked by the listing alone."""
    gateway = gateways(upstream.url, CONSISTENCY_POLL_INTERVAL_MS="5", **NO_CACHE)
    shelf = Shelf(upstream, {"a": METADATA})
    get(gateway)
    metadata(gateway, "a")
    time.sleep(0.1)
    assert len(shelf.asked()) == 2


# --- metadata ------------------------------------------------------------------------------------


def metadata(gateway, name, version="v2", headers=()):
    return wire.call(
        gateway.address, "GET", f"/{version}/namespaces/{name}/metadata", headers=[KEY, *headers]
    )


@pytest.mark.parametrize("zipped", [False, True])
def test_metadata_is_verbatim_but_for_one_member(zipped, gateway, upstream):
    body = b'{"schema": {}, "big":18446744073709551616,"f":1e400, "s":"\\u00e9"}'
    headers = [("Content-Type", "application/json")] + zipped * [("Content-Encoding", "gzip")]
    upstream.script = answer_with(response(200, gzip.compress(body) if zipped else body, headers))
    got = metadata(gateway, "n")
    plain = gzip.decompress(got.body) if zipped else got.body
    assert got.status == 200 and plain == body[:-1] + b"," + UNWATCHED + b"}"
    assert got.header("content-encoding") == ("gzip" if zipped else None)


@pytest.mark.parametrize("status", [404, 403, 429, 500])
def test_other_answers_to_metadata_pass(status, gateway, upstream):
    body = b'{"status":"error","error":"so"}'
    upstream.script = answer_with(response(status, body, [("retry-after", "1")]))
    got = metadata(gateway, "n")
    assert (got.status, got.body, got.header("retry-after")) == (status, body, "1")


def test_older_metadata_has_no_layer_block(gateway, upstream):
    body = b'{"encryption":{"sse":true}}'
    upstream.script = answer_with(response(200, body))
    assert metadata(gateway, "n", "v1").body == body


def test_the_layer_block_follows_the_watcher(gateways, upstream):
    gateway = gateways(upstream.url, CONSISTENCY_POLL_INTERVAL_MS="5", CONSISTENCY_SAFETY_MARGIN_MS="0")
    shelf = Shelf(upstream, {"n": METADATA})

    def layer():
        return metadata(gateway, "n").json["layer"]

    assert layer() == {"stable_as_of": None, "is_stable": False, "indexed": None, "index_lag_rows": None}
    before = time.time() * 1000
    write = wire.call(gateway.address, "POST", "/v2/namespaces/n", b'{"upsert_rows":[{"id":1}]}', [KEY])
    assert write.status == 200
    wait_for(lambda: layer()["is_stable"])
    seen = layer()
    assert before - 3 <= seen["stable_as_of"] <= time.time() * 1000 + 1
    shelf.spaces["n"] = METADATA | {"index": {"status": "updating"}}
    wire.call(gateway.address, "POST", "/v2/namespaces/n", b'{"upsert_rows":[{"id":1}]}', [KEY])
    wait_for(lambda: not layer()["is_stable"])
    assert layer()["stable_as_of"] >= seen["stable_as_of"]


# --- deletion ------------------------------------------------------------------------------------


def delete(gateway, name):
    return wire.call(gateway.address, "DELETE", f"/v2/namespaces/{name}", headers=[KEY])


def test_delete_is_idempotent(gateways, store):
    gateway = gateways(store.url)
    written = wire.call(gateway.address, "POST", "/v2/namespaces/del_1", b'{"upsert_rows":[{"id":1}]}', [KEY])
    assert written.status == 200
    for _ in range(2):
        got = delete(gateway, "del_1")
        assert (got.status, got.json) == (200, {"status": "OK"})
    assert metadata(gateway, "del_1").status == 404


def test_a_deleted_namespace_leaves_the_kept_listing(gateways, upstream):
    """On whichever loop the page was kept."""
    gateway = gateways(upstream.url, LAYER_LOOPS="3", NAMESPACE_LIST_CACHE_TTL_MS="3600000")
    Shelf(upstream, {"a": METADATA, "b": METADATA})
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(gateway.address)) for _ in range(24)]
        for client in clients:
            assert names(client.call("GET", "/v2/namespaces", headers=[KEY])) == ["a", "b"]
        assert delete(gateway, "a").status == 200
        for client in clients:
            assert names(client.call("GET", "/v2/namespaces", headers=[KEY])) == ["b"]


@pytest.mark.parametrize("status, kept", [(200, False), (404, False), (403, True), (429, True), (500, True)])
def test_delete_forgets_only_what_the_store_has_deleted(status, kept, gateways, upstream):
    gateway = gateways(upstream.url, CONSISTENCY_POLL_INTERVAL_MS="600000", LAYER_LOOPS="1")
    shelf = Shelf(upstream, {"n": METADATA})
    wire.call(gateway.address, "POST", "/v2/namespaces/n/query", b"{}", [KEY])
    wait_for(lambda: metadata(gateway, "n").json["layer"]["is_stable"])
    before = names(get(gateway))
    shelf.delete = lambda name: told({"status": "x"}, status)
    got = delete(gateway, "n")
    assert (got.status, got.json) == ((200, {"status": "OK"}) if status == 404 else (status, {"status": "x"}))
    assert metadata(gateway, "n").json["layer"]["is_stable"] == kept
    del shelf.spaces["n"]
    assert names(get(gateway)) == (before if kept else [])


def test_delete_that_does_not_reach_the_store(gateways, upstream):
    gateway = gateways(upstream.url)
    upstream.close()
    got = delete(gateway, "n")
    assert (got.status, got.json["error"]) == (502, "upstream_error")
