"""The gateway between a client and a scripted upstream: what passes, what is changed, and what is answered
when the upstream misbehaves."""

import gzip
import json
import time

import pytest
from conftest import STORE_KEY
from harness import wire
from harness.canary import store_key
from harness.upstream import answer_with
from harness.wire import bearer, connect, response

KEY = bearer(STORE_KEY)
WRITE = json.dumps({"deletes": [1]}).encode()  # nothing in it that the gateway changes
QUERY = json.dumps({"rank_by": ["id", "asc"], "limit": 1, "consistency": {"level": "strong"}}).encode()
OPAQUE = "/v2/namespaces/n/explain_query"  # a body that the gateway does not look into
OK = response(200, b"{}", [("Content-Type", "application/json")])

PROXIED = [
    ("GET", "/v1/namespaces"),
    ("GET", "/v1/namespaces?cursor=abc%3D&prefix=p&page_size=5"),
    ("POST", "/v2/namespaces/n"),
    ("POST", "/v2/namespaces/n?stainless_overload=copyFrom"),
    ("POST", "/v2/namespaces/n?stainless_overload=branchFrom"),
    ("POST", "/v2/namespaces/n/async?stainless_overload=startCopyFrom"),
    ("DELETE", "/v2/namespaces/n"),
    ("POST", "/v2/namespaces/n/query"),
    ("POST", "/v2/namespaces/n/query?stainless_overload=multiQuery"),
    ("POST", "/v2/namespaces/n/explain_query"),
    ("GET", "/v2/namespaces/n/metadata"),
    ("GET", "/v1/namespaces/n/metadata"),
    ("PATCH", "/v1/namespaces/n/metadata"),
    ("GET", "/v1/namespaces/n/schema"),
    ("POST", "/v1/namespaces/n/schema"),
    ("GET", "/v1/namespaces/n/hint_cache_warm"),
    ("POST", "/v1/namespaces/n/_debug/recall"),
    ("GET", "/v1/namespaces/n/operations/token-1"),
]
NOT_PROXIED = [
    ("GET", "/"),
    ("GET", "/v1"),
    ("GET", "/v1/namespaces/n"),
    ("HEAD", "/v1/namespaces/n"),
    ("POST", "/v1/namespaces/n"),
    ("POST", "/v1/namespaces/n/query"),
    ("POST", "/v1/vectors/n"),
    ("GET", "/v1/vectors/n"),
    ("GET", "/v2/namespaces/n/nowhere"),
    ("GET", "/v3/namespaces"),
    ("GET", "/v1/namespaces/n/operations"),
    ("GET", "/v1/namespaces/n/operations/a/b"),
    ("GET", "/V1/namespaces"),
    ("GET", "/v1//namespaces"),
]
WRONG_METHOD = [
    ("PUT", "/v2/namespaces/n"),
    ("DELETE", "/v1/namespaces/n/schema"),
    ("POST", "/v1/namespaces"),
]


def call(gateway, method, target, body=None, headers=()):
    if body is None:
        body = WRITE if method in ("POST", "PATCH") else b""
    return wire.call(gateway.address, method, target, body, [KEY, *headers])


def body_for(target):
    return QUERY if "query" in target else WRITE


# --- routes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("method, target", PROXIED)
def test_route_is_relayed(method, target, gateway, upstream):
    body = body_for(target) if method in ("POST", "PATCH") else b""
    answer = response(
        200,
        b'{"odd":  [1.0, 1e400, 12345678901234567890123]}',
        [("Content-Type", "application/json"), ("X-Odd", "Value")],
    )
    upstream.script = answer_with(answer)
    got = call(
        gateway, method, target, body, [("Content-Type", "application/json"), ("X-Stainless-Lang", "js")]
    )
    (seen,) = upstream.requests
    assert (seen.method, seen.target, seen.body) == (method, target, body)
    assert seen.header("x-stainless-lang") == "js"
    assert seen.header("host") == upstream.url.removeprefix("http://")
    assert (got.status, got.body) == (200, answer.partition(b"\r\n\r\n")[2])
    assert (got.header("content-type"), got.header("x-odd")) == ("application/json", "Value")


@pytest.mark.parametrize("target", [target for method, target in PROXIED if method == "GET"])
def test_head_where_get_is(target, gateway, upstream):
    """Upstream is asked with GET, as not every store serves HEAD; the client gets the head of that answer."""
    with connect(gateway.address) as client:
        for _ in range(2):
            got = client.call("HEAD", target, headers=[KEY])
            assert (got.status, got.header("content-type")) == (200, "application/json")
            assert int(got.header("content-length")) > 0
    assert upstream.requests[0].target == target


@pytest.mark.parametrize("method, target", NOT_PROXIED)
def test_other_routes_are_404(method, target, gateway, upstream):
    got = call(gateway, method, target)
    assert got.status == 404 and upstream.requests == []
    if method != "HEAD":
        assert got.json["error"] == "not_found" and set(got.json) == {"error", "message"}


@pytest.mark.parametrize("method, target", WRONG_METHOD)
def test_other_methods_are_refused(method, target, gateway, upstream):
    got = call(gateway, method, target)
    assert got.status in (404, 405) and upstream.requests == []


@pytest.mark.parametrize("name", [".", "..", "%2e", "%2E%2e", ".%2E"])
@pytest.mark.parametrize(
    "pattern", ["/v2/namespaces/{}", "/v2/namespaces/{}/query", "/v1/namespaces/{}/schema"]
)
def test_dot_namespaces_are_400(name, pattern, gateway, upstream):
    method = "GET" if "schema" in pattern else "POST"
    got = call(gateway, method, pattern.format(name), body_for(pattern) if method == "POST" else b"")
    assert got.status == 400 and set(got.json) == {"error", "message"} and upstream.requests == []


@pytest.mark.parametrize(
    "name", ["a.b-c_D9", "a%20b", "%E6%9D%B1", "x" * 128, "...", "%2Fa", "a%2Fb", "a%3Fb"]
)
def test_namespace_spelling_is_kept(name, gateway, upstream):
    assert call(gateway, "GET", f"/v1/namespaces/{name}/schema").status == 200
    assert upstream.requests[0].target == f"/v1/namespaces/{name}/schema"


# --- headers -------------------------------------------------------------------------------------


def test_key_of_the_client_stays_here(gateways, upstream):
    gateway = gateways(upstream.url, key=store_key("upstream"))
    got = wire.call(
        gateway.address, "GET", "/v1/namespaces", headers=[bearer(store_key("upstream")), ("X-Api-Key", "k")]
    )
    assert got.status == 200
    (seen,) = upstream.requests
    assert seen.values("authorization") == [f"Bearer {store_key('upstream')}"]
    assert not any(store_key("upstream") in value for _, value in got.headers)


@pytest.mark.parametrize("accept", [None, "identity", "gzip", "gzip, deflate, br", "*;q=0"])
def test_accept_encoding_is_relayed(accept, gateway, upstream):
    call(gateway, "GET", "/v1/namespaces", headers=[("Accept-Encoding", accept)] if accept else [])
    assert upstream.requests[0].values("accept-encoding") == ([accept] if accept else [])


def test_gzip_passes_both_ways(gateway, upstream):
    zipped = gzip.compress(WRITE * 100)
    upstream.script = answer_with(response(200, zipped, [("Content-Encoding", "gzip")]))
    got = call(gateway, "POST", OPAQUE, gzip.compress(WRITE), [("Content-Encoding", "gzip")])
    assert (got.body, got.header("content-encoding")) == (zipped, "gzip")
    assert gzip.decompress(upstream.requests[0].body) == WRITE


def test_hop_by_hop_headers_end_here(gateway, upstream):
    hops = [
        ("Connection", "keep-alive, X-Mine"),
        ("X-Mine", "1"),
        ("Keep-Alive", "timeout=5"),
        ("TE", "trailers"),
        ("Upgrade", "websocket"),
        ("Proxy-Authorization", "Basic eA=="),
        ("Proxy-Connection", "keep-alive"),
    ]
    back = [
        ("Connection", "X-Theirs"),
        ("X-Theirs", "1"),
        ("Keep-Alive", "timeout=9"),
        ("Upgrade", "h2c"),
        ("X-Kept", "1"),
    ]
    upstream.script = answer_with(response(200, b"{}", back))
    got = call(gateway, "GET", "/v1/namespaces", headers=[*hops, ("X-Kept", "2")])
    (seen,) = upstream.requests
    for name, _ in hops[1:]:
        assert seen.header(name) is None, name
    assert seen.header("x-kept") == "2" and got.header("x-kept") == "1"
    for name in ("x-theirs", "keep-alive", "upgrade"):
        assert got.header(name) is None, name


def test_repeated_headers_stay_repeated(gateway, upstream):
    upstream.script = answer_with(
        response(200, b"{}", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Empty", "")])
    )
    got = call(gateway, "GET", "/v1/namespaces", headers=[("X-Two", "1"), ("X-Two", "2")])
    assert upstream.requests[0].values("x-two") == ["1", "2"]
    assert got.values("set-cookie") == ["a=1", "b=2"] and got.values("x-empty") == [""]


def test_user_agent_is_never_missing(gateway, upstream):
    call(gateway, "GET", "/v1/namespaces")
    call(gateway, "GET", "/v1/namespaces", headers=[("User-Agent", "Turbopuffer/JS 2.8.0")])
    assert upstream.requests[0].header("user-agent")
    assert upstream.requests[1].values("user-agent") == ["Turbopuffer/JS 2.8.0"]


@pytest.mark.parametrize(
    "method, target, relayed",
    [
        ("POST", "/v2/namespaces/n", True),
        ("POST", "/v2/namespaces/n?stainless_overload=copyFrom", True),
        ("POST", "/v2/namespaces/n?stainless_overload=branchFrom", True),
        ("POST", "/v1/namespaces/n/_debug/recall", True),
        ("POST", "/v2/namespaces/n/query", False),
        ("POST", "/v2/namespaces/n/query?stainless_overload=multiQuery", False),
        ("POST", "/v2/namespaces/n/explain_query", False),
        ("GET", "/v1/namespaces", False),
        ("GET", "/v1/namespaces/n/schema", False),
    ],
)
def test_prefer_only_where_it_may_take_long(method, target, relayed, gateway, upstream):
    body = body_for(target) if method == "POST" else b""
    call(gateway, method, target, body, [("prefer", "respond-async")])
    assert upstream.requests[0].values("prefer") == (["respond-async"] if relayed else [])


@pytest.mark.parametrize(
    "location, told",
    [
        ("{url}/v1/namespaces/n/operations/t", "/v1/namespaces/n/operations/t"),
        ("{url}/v1/namespaces/n/operations/t?a=b", "/v1/namespaces/n/operations/t?a=b"),
        ("https://elsewhere.test/v1/namespaces/n/operations/t", "/v1/namespaces/n/operations/t"),
        ("/v1/namespaces/n/operations/t", "/v1/namespaces/n/operations/t"),
    ],
)
def test_location_of_an_operation(location, told, gateway, upstream):
    headers = [("Location", location.format(url=upstream.url)), ("Preference-Applied", "respond-async")]
    upstream.script = answer_with(response(202, b'{"token":"t"}', headers))
    got = call(gateway, "POST", "/v2/namespaces/n", headers=[("prefer", "respond-async")])
    assert (got.status, got.header("location"), got.body) == (202, told, b'{"token":"t"}')
    assert got.header("preference-applied") == "respond-async"


@pytest.mark.parametrize("status", [200, 202, 400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 504])
def test_answers_pass_with_what_steers_retries(status, gateway, upstream):
    body = '{"status":"error","error":"🤷 namespace \'n\' was not found"}'.encode()
    steering = [
        ("retry-after", "0.5"),
        ("retry-after-ms", "500"),
        ("x-should-retry", "false"),
        ("Content-Type", "application/json"),
    ]
    upstream.script = answer_with(response(status, body, steering, reason="Odd Reason"))
    got = call(gateway, "POST", "/v2/namespaces/n/query", QUERY)
    assert (got.status, got.body) == (status, body)
    for name, value in steering:
        assert got.values(name) == [value]


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_a_body(status, gateway, upstream):
    upstream.script = answer_with(b"HTTP/1.1 %d No Body\r\n\r\n" % status)
    with connect(gateway.address) as client:
        for _ in range(2):
            assert client.call("GET", "/v1/namespaces", headers=[KEY]).status == status


# --- forms of a body -----------------------------------------------------------------------------


def chunked(data, size):
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


@pytest.mark.parametrize("size", [1, 7, 1000, 65536, 70001])
def test_chunks_of_any_size(size, gateway, upstream):
    data = bytes(range(256)) * (4 if size < 7 else 900)
    framing = [("Transfer-Encoding", "chunked")]
    upstream.script = answer_with(response(200, chunked(data, size), framing))
    got = call(gateway, "POST", OPAQUE, chunked(data, size), framing)
    assert got.body == data and upstream.requests[0].body == data


def test_an_answer_that_ends_with_its_connection(gateway, upstream):
    def until_close(peer):
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b"x" * 100_000)

    upstream.script = until_close
    with connect(gateway.address) as client:
        assert client.call("GET", "/v1/namespaces", headers=[KEY]).body == b"x" * 100_000


def test_interim_answers_are_skipped(gateway, upstream):
    upstream.script = answer_with(b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + OK)
    assert call(gateway, "GET", "/v1/namespaces").status == 200


def test_expect_continue(gateway, upstream):
    with connect(gateway.address) as client:
        head = wire.request(
            "POST",
            "/v2/namespaces/n",
            b"",
            [KEY, ("Expect", "100-continue"), ("Content-Length", str(len(WRITE)))],
        )
        client.send(head)
        assert client.reader.line() == b"HTTP/1.1 100 Continue" and client.reader.line() == b""
        client.send(WRITE)
        assert client.response().status == 200
    assert upstream.requests[0].body == WRITE


def test_answer_before_the_body_has_been_read(gateway, upstream):
    """An upstream that refuses early is heard, however much the client still wants to send."""

    def early(peer):
        peer.read_head()
        peer.send(response(413, b'{"status":"error","error":"too big"}', [("Connection", "close")]))

    upstream.script = early
    with connect(gateway.address) as client:
        head = wire.request("POST", OPAQUE, b"", [KEY, ("Content-Length", str(64 << 20))])
        client.send(head)
        for _ in range(64):
            client.offer(b"a" * (1 << 20))
        assert client.response().status == 413


def test_connections_are_kept(gateway, upstream):
    with connect(gateway.address) as client:
        for _ in range(10):
            assert client.call("GET", "/v1/namespaces", headers=[KEY]).status == 200
    assert upstream.connections == 1


def test_a_kept_connection_that_the_upstream_closed(gateway, upstream):
    """Between two requests: the second goes over a new connection, and nobody notices."""
    upstream.script = lambda peer: peer.read_request() and peer.send(OK)
    for _ in range(5):
        assert call(gateway, "POST", "/v2/namespaces/n").status == 200
        time.sleep(0.05)
    assert len(upstream.requests) == 5


# --- an upstream that fails ----------------------------------------------------------------------


def error_of(got):
    return got.status, got.json["error"]


NO_COMPLETE_REQUEST = (502, "upstream_error")
OUTCOME_UNKNOWN = (504, "upstream_timeout")


def test_upstream_that_is_not_there(gateways, upstream):
    upstream.close()
    gateway = gateways(upstream.url)
    assert error_of(call(gateway, "POST", "/v2/namespaces/n")) == NO_COMPLETE_REQUEST


def test_upstream_whose_name_is_unknown(gateways):
    gateway = gateways("http://store.invalid")
    assert error_of(call(gateway, "GET", "/v1/namespaces")) == NO_COMPLETE_REQUEST


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Le", b"HTTP/1.1 "])
def test_hanging_up_after_a_complete_request(said, gateway, upstream):
    def cut(peer):
        peer.read_request()
        peer.send(said)

    upstream.script = cut
    got = call(gateway, "POST", "/v2/namespaces/n")
    assert error_of(got) == OUTCOME_UNKNOWN and "outcome unknown" in got.json["message"]
    assert len(upstream.requests) == 1, "a write whose outcome is unknown is not repeated"


def test_reset_after_a_complete_request(gateway, upstream):
    def reset(peer):
        peer.read_request()
        peer.reset()

    upstream.script = reset
    assert error_of(call(gateway, "POST", "/v2/namespaces/n")) == OUTCOME_UNKNOWN


def test_hanging_up_before_the_request_is_complete(gateway, upstream):
    """The upstream dies while the body is still on its way: it cannot have applied."""

    def die(peer):
        peer.read_head()
        peer.reset()

    upstream.script = die
    with connect(gateway.address) as client:
        client.send(wire.request("POST", OPAQUE, b"", [KEY, ("Content-Length", str(256 << 20))]))
        for _ in range(256):
            client.offer(b"a" * (1 << 20))
        assert error_of(client.response()) == NO_COMPLETE_REQUEST


def test_silence(gateways, upstream):
    def silent(peer):
        peer.read_request()
        upstream.hold()

    upstream.script = silent
    gateway = gateways(upstream.url, LAYER_UPSTREAM_TIMEOUT_MS="300")
    got = call(gateway, "POST", "/v2/namespaces/n")
    assert error_of(got) == OUTCOME_UNKNOWN and "outcome unknown" in got.json["message"]


GARBAGE = {
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "two framings": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}}",
    "bad length": b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n{}",
    "bad status": b"HTTP/1.1 abc OK\r\nContent-Length: 2\r\n\r\n{}",
    "folded header": b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
    "NUL in a header": b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\n{}",
    "huge header": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\nContent-Length: 2\r\n\r\n{}",
    "switched protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nxyz",
    "version 2.0": b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "bare LF": b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
    "unknown coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_for_an_answer(name, gateway, upstream):
    upstream.script = answer_with(GARBAGE[name])
    got = call(gateway, "POST", "/v2/namespaces/n")
    assert got.status in (502, 504) and set(got.json) == {"error", "message"}


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"a" * 500,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n",
    ],
    ids=["length", "chunks", "bad chunk"],
)
def test_a_cut_answer_never_looks_whole(said, gateway, upstream):
    upstream.script = lambda peer: peer.read_request() and peer.send(said)
    with connect(gateway.address) as client:
        client.send(wire.request("GET", "/v1/namespaces", headers=[KEY]))
        try:
            answer = client.response()
        except (EOFError, ValueError):
            return
        assert answer.status in (502, 504)


def forever(peer, first, piece):
    peer.read_request()
    peer.send(first)
    while not peer.upstream.stopping.wait(0.02):
        peer.send(piece)


@pytest.mark.parametrize(
    "first, piece",
    [(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), (b"", b"HTTP/1.1 102 Processing\r\n\r\n"), (b"", b"\r\n")],
    ids=["headers", "interim answers", "empty lines"],
)
def test_an_answer_that_never_begins(first, piece, gateways, upstream):
    upstream.script = lambda peer: forever(peer, first, piece)
    gateway = gateways(upstream.url, LAYER_UPSTREAM_TIMEOUT_MS="300")
    got = call(gateway, "POST", "/v2/namespaces/n")
    assert got.status in (502, 504) and set(got.json) == {"error", "message"}


@pytest.mark.parametrize("piece", [b"", b"a"], ids=["silence", "trickle"])
def test_an_answer_that_never_ends(piece, gateways, upstream):
    """Its connection is cut off, so that nobody takes it for whole."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nabc"
    upstream.script = lambda peer: forever(peer, head, piece)
    gateway = gateways(upstream.url, LAYER_UPSTREAM_TIMEOUT_MS="300")
    with connect(gateway.address) as client, pytest.raises(EOFError):
        client.call("GET", "/v1/namespaces", headers=[KEY])


@pytest.mark.parametrize(
    "method, target, outcome", [("POST", "/v2/namespaces/n/query", 200), ("POST", "/v2/namespaces/n", 504)]
)
def test_a_kept_connection_that_closes_on_the_next_request(method, target, outcome, gateway, upstream):
    """A read is asked once more over a new connection; a write may have applied and is not."""

    def one_answer(peer):
        peer.read_request()
        peer.send(OK)
        peer.read_request()

    upstream.script = one_answer
    with connect(gateway.address) as client:
        assert client.call("GET", "/v1/namespaces", headers=[KEY]).status == 200
        assert client.call(method, target, body_for(target), [KEY]).status == outcome
    assert len(upstream.requests) == (3 if outcome == 200 else 2)


def test_answers_cut_at_every_byte(gateway, upstream):
    """However TCP divides an answer, it is the same answer."""
    head = b"HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n"
    whole = head + b"5;x=y\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n"
    cuts = iter(range(1, len(whole)))

    def in_two(peer):
        while peer.read_request():
            cut = next(cuts)
            peer.send(whole[:cut])
            time.sleep(0.001)
            peer.send(whole[cut:])

    upstream.script = in_two
    with connect(gateway.address) as client:
        for _ in range(1, len(whole)):
            got = client.call("GET", "/v1/namespaces", headers=[KEY])
            assert (got.status, got.header("x-a"), got.body) == (200, "b", b"helloyou")


def test_bytes_after_an_answer_are_not_the_next_answer(gateway, upstream):
    """A response that nobody asked for ends the upstream connection instead of answering the next client."""
    upstream.script = answer_with(OK + response(200, b'"stolen"'))
    for _ in range(5):
        assert call(gateway, "GET", "/v1/namespaces").body == b"{}"
