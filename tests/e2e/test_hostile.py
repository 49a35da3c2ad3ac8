"""Hostile HTTP by raw sockets: each form is refused and its connection closed, or bounded by a deadline, and
no complete request ever reaches the upstream otherwise than the client meant it."""

import socket
import time

import pytest
from conftest import start_gateway
from harness import wire
from harness.upstream import Upstream
from harness.waiting import wait_for
from harness.wire import connect

KEY = "tpuf_store_key_for_tests"
AUTH = f"Authorization: Bearer {KEY}\r\n"
HOST = "Host: layer.test\r\n"
GET = f"GET /v1/namespaces HTTP/1.1\r\n{HOST}{AUTH}"
POST = f"POST /v2/namespaces/h HTTP/1.1\r\n{HOST}{AUTH}"
CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n"
SMUGGLED = "GET /v1/namespaces?smuggled HTTP/1.1\r\nHost: layer.test\r\n" + AUTH + "\r\n"

REFUSED = {
    # one message, two framings
    "two lengths": POST + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "the same length twice": POST + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "a list of lengths": POST + "Content-Length: 5, 5\r\n\r\nhello",
    "length and chunked": POST
    + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    + SMUGGLED,
    "chunked and length": POST
    + "Transfer-Encoding: chunked\r\nContent-Length: 30\r\n\r\n0\r\n\r\n"
    + SMUGGLED,
    "length with a sign": POST + "Content-Length: +5\r\n\r\nhello",
    "negative length": POST + "Content-Length: -5\r\n\r\nhello",
    "hexadecimal length": POST + "Content-Length: 0x5\r\n\r\nhello",
    "two numbers in a length": POST + "Content-Length: 5 5\r\n\r\nhello",
    "length past 64 bits": POST + "Content-Length: 18446744073709551621\r\n\r\nhello",
    "empty length": POST + "Content-Length: \r\n\r\nhello",
    "unknown coding": POST + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunked twice": POST + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunked in two headers": POST
    + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "identity then chunked": POST + "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
    "gzip then chunked": POST + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked then gzip": POST + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "identity": POST + "Transfer-Encoding: identity\r\n\r\n" + SMUGGLED,
    "coding with a vertical tab": POST + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "coding with a parameter": POST + "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n",
    "coding in HTTP/1.0": CHUNKED.replace("HTTP/1.1", "HTTP/1.0") + "0\r\n\r\n",
    # chunks
    "negative chunk": CHUNKED + "-1\r\nhello\r\n0\r\n\r\n",
    "prefixed chunk size": CHUNKED + "0x5\r\nhello\r\n0\r\n\r\n",
    "chunk size past 64 bits": CHUNKED + "10000000000000005\r\nhello\r\n0\r\n\r\n",
    "chunk size that is no number": CHUNKED + "g\r\nhello\r\n0\r\n\r\n",
    "empty chunk size": CHUNKED + "\r\nhello\r\n0\r\n\r\n",
    "space before a chunk size": CHUNKED + " 5\r\nhello\r\n0\r\n\r\n",
    "junk after a chunk size": CHUNKED + "5 junk\r\nhello\r\n0\r\n\r\n",
    "chunk size with a bare LF": CHUNKED + "5\nhello\r\n0\r\n\r\n",
    "chunk without its end": CHUNKED + "5\r\nhello0\r\n\r\n",
    "chunk longer than it says": CHUNKED + "5\r\nhelloX\r\n0\r\n\r\n",
    "chunk ended by a bare LF": CHUNKED + "5\r\nhello\n0\r\n\r\n",
    "extension with a bare CR": CHUNKED + "5;a\rb\r\nhello\r\n0\r\n\r\n",
    "trailer that is no header": CHUNKED + "0\r\nno colon\r\n\r\n",
    "trailer with a space before the colon": CHUNKED + "0\r\nX : y\r\n\r\n",
    # lines and headers
    "request line with a bare LF": GET.replace("\r\n", "\n", 1) + "\r\n",
    "header with a bare LF": GET + "X: y\nY: z\r\n\r\n",
    "all lines with a bare LF": (GET + "\r\n").replace("\r\n", "\n"),
    "bare CR in a value": GET + "X: a\rb\r\n\r\n",
    "bare CR before a header": GET + "X: a\r\rContent-Length: 5\r\n\r\n",
    "NUL in a value": GET + "X: a\0b\r\n\r\n",
    "control character in a value": GET + "X: a\x01b\r\n\r\n",
    "folded value": GET + "X: a\r\n b\r\n\r\n",
    "folded first header": f"GET /v1/namespaces HTTP/1.1\r\n X: a\r\n{HOST}{AUTH}\r\n",
    "space before the colon": POST + "Content-Length : 5\r\n\r\nhello",
    "tab before the colon": POST + "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
    "empty header name": GET + ": x\r\n\r\n",
    "header without a colon": GET + "nonsense\r\n\r\n",
    "name with a parenthesis": GET + "X(y): z\r\n\r\n",
    "name with a NUL": GET + "X\0: z\r\n\r\n",
    "name beyond ASCII": GET + "Xé: z\r\n\r\n",
    # targets and authorities
    "absolute form": f"GET http://elsewhere.test/v1/namespaces HTTP/1.1\r\n{HOST}{AUTH}\r\n",
    "absolute form of ourselves": f"GET http://layer.test/v1/namespaces HTTP/1.1\r\n{HOST}{AUTH}\r\n",
    "authority form": f"CONNECT elsewhere.test:443 HTTP/1.1\r\n{HOST}{AUTH}\r\n",
    "asterisk form": f"OPTIONS * HTTP/1.1\r\n{HOST}{AUTH}\r\n",
    "target that is a network path": f"GET //elsewhere.test/v1/namespaces HTTP/1.1\r\n{HOST}{AUTH}\r\n",
    "target without a slash": f"GET v1/namespaces HTTP/1.1\r\n{HOST}{AUTH}\r\n",
    "target with user information": f"GET @elsewhere.test/v1/namespaces HTTP/1.1\r\n{HOST}{AUTH}\r\n",
    "target with a space": f"GET /v1/name spaces HTTP/1.1\r\n{HOST}{AUTH}\r\n",
    "target with a tab": f"GET /v1/name\tspaces HTTP/1.1\r\n{HOST}{AUTH}\r\n",
    "target with a fragment": f"GET /v1/namespaces#x HTTP/1.1\r\n{HOST}{AUTH}\r\n",
    "target with a NUL": f"GET /v1/namespaces\0 HTTP/1.1\r\n{HOST}{AUTH}\r\n",
    "target beyond ASCII": f"GET /v1/namespaces/é/schema HTTP/1.1\r\n{HOST}{AUTH}\r\n",
    "backslashes": f"GET \\v1\\namespaces HTTP/1.1\r\n{HOST}{AUTH}\r\n",
    "no host": f"GET /v1/namespaces HTTP/1.1\r\n{AUTH}\r\n",
    "two hosts": f"GET /v1/namespaces HTTP/1.1\r\n{HOST}Host: elsewhere.test\r\n{AUTH}\r\n",
    "the same host twice": f"GET /v1/namespaces HTTP/1.1\r\n{HOST}{HOST}{AUTH}\r\n",
    "host with user information": f"GET /v1/namespaces HTTP/1.1\r\nHost: a@b\r\n{AUTH}\r\n",
    "host with a space": f"GET /v1/namespaces HTTP/1.1\r\nHost: a b\r\n{AUTH}\r\n",
    "host with a path": f"GET /v1/namespaces HTTP/1.1\r\nHost: a/b\r\n{AUTH}\r\n",
    # first lines
    "lower-case method": GET.replace("GET", "get") + "\r\n",
    "unheard-of method": GET.replace("GET", "FROB") + "\r\n",
    "TRACE": GET.replace("GET", "TRACE") + "\r\n",
    "no version": "GET /v1/namespaces\r\n\r\n",
    "HTTP/2 preface": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "version 2.0": GET.replace("HTTP/1.1", "HTTP/2.0") + "\r\n",
    "version 1.9": GET.replace("HTTP/1.1", "HTTP/1.9") + "\r\n",
    "version with a typo": GET.replace("HTTP/1.1", "HTP/1.1") + "\r\n",
    "lower-case version": GET.replace("HTTP/1.1", "http/1.1") + "\r\n",
    "two spaces": GET.replace("GET ", "GET  ") + "\r\n",
    "space at the end of the line": GET.replace("HTTP/1.1", "HTTP/1.1 ") + "\r\n",
    "no request at all": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\0" * 40,
    # sizes
    "huge header": GET + f"X: {'a' * 200_000}\r\n\r\n",
    "huge header name": GET + f"{'a' * 200_000}: x\r\n\r\n",
    "many headers": GET + "".join(f"X-{n}: y\r\n" for n in range(2000)) + "\r\n",
    "huge target": f"GET /v1/namespaces?{'a' * 200_000} HTTP/1.1\r\n{HOST}{AUTH}\r\n",
}
REFUSALS = {*range(400, 500), 501, 505}


@pytest.fixture(scope="module")
def wall():
    """One gateway for all refusals: its upstream hears of none."""
    scripted = Upstream()
    program = start_gateway(scripted.url)
    yield program.address, scripted.requests
    scripted.close()
    program.stop()


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name, wall):
    address, seen = wall
    before = len(seen)
    with connect(address) as client:
        client.offer(REFUSED[name].encode("latin-1"))
        answer = client.response()
        assert answer is not None, "closed without an answer"
        assert answer.status in REFUSALS, (answer.start, answer.body)
        error = answer.json
        assert set(error) == {"error", "message"} and answer.header("content-type") == "application/json"
        if answer.status not in (404, 405):
            client.socket.shutdown(socket.SHUT_WR)
            assert client.closed()
    assert len(seen) == before


SERVED = {
    "plain": (POST + "Content-Length: 5\r\n\r\nhello", b"hello"),
    "empty lines first": ("\r\n\r\n" + POST + "Content-Length: 5\r\n\r\nhello", b"hello"),
    "no body": (POST + "Content-Length: 0\r\n\r\n", b""),
    "chunks of odd sizes": (CHUNKED + "1\r\nh\r\n3\r\nell\r\n01\r\no\r\n0\r\n\r\n", b"hello"),
    "upper-case chunk size": (CHUNKED + "A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    "chunk extension": (CHUNKED + '5;a=b;c="d"\r\nhello\r\n0\r\n\r\n', b"hello"),
    "trailers are dropped": (CHUNKED + "5\r\nhello\r\n0\r\nX-T: y\r\n\r\n", b"hello"),
    "coding in upper case": (CHUNKED.replace("chunked", "CHUNKED") + "5\r\nhello\r\n0\r\n\r\n", b"hello"),
    "spaces around a value": (POST + "Content-Length:   5  \r\n\r\nhello", b"hello"),
    "version 1.0": (POST.replace("HTTP/1.1", "HTTP/1.0") + "Content-Length: 5\r\n\r\nhello", b"hello"),
}


@pytest.mark.parametrize("name", SERVED)
def test_served_as_meant(name, gateway, upstream):
    raw, body = SERVED[name]
    with connect(gateway.address) as client:
        assert client.send(raw.encode()).response().status == 200
    (seen,) = upstream.requests
    assert (seen.method, seen.target, seen.body) == ("POST", "/v2/namespaces/h", body)
    assert seen.header("x-t") is None


def test_pipelined_answers_keep_their_order(gateway, upstream):
    def echo(peer):
        while request := peer.read_request():
            peer.send(wire.response(200, b"" if request.method == "HEAD" else request.target.encode()))

    upstream.script = echo
    with connect(gateway.address) as client:
        client.send("".join(GET.replace("s HTTP", f"s?n={n} HTTP") + "\r\n" for n in range(30)).encode())
        client.send((GET.replace("/v1/namespaces", "/nowhere") + "\r\n").encode())
        client.send((POST + "Content-Length: 5\r\n\r\nhello").encode())
        bodies = [client.response().body for _ in range(30)]
        assert bodies == [b"/v1/namespaces?n=%d" % n for n in range(30)]
        assert client.response().status == 404
        assert client.response().body == b"/v2/namespaces/h"


def test_a_request_behind_a_refused_one_is_not_served(gateway, upstream):
    with connect(gateway.address) as client:
        client.offer((REFUSED["unknown coding"] + SMUGGLED).encode())
        assert client.response().status in REFUSALS
        assert client.response() is None
    assert upstream.requests == []


def test_hanging_up_at_every_byte(gateway, upstream):
    """No part of a request is ever taken for a whole one, and the gateway serves on."""
    wholes = [CHUNKED + "5\r\nhello\r\n0\r\n\r\n", POST + "Content-Length: 5\r\n\r\nhello"]
    for whole in wholes:
        for length in range(1, len(whole), 3):
            with connect(gateway.address) as client:
                client.send(whole[:length].encode())
    assert wire.call(gateway.address, "GET", "/v1/namespaces?last", headers=[wire.bearer(KEY)]).status == 200
    assert [request.target for request in upstream.requests] == ["/v1/namespaces?last"]


def test_requests_cut_at_every_byte(gateway, upstream):
    """However TCP divides a request, it is the same request."""
    whole = (CHUNKED + "5;x=y\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n").encode()
    with connect(gateway.address) as client:
        for cut in range(1, len(whole)):
            client.send(whole[:cut])
            time.sleep(0.001)
            client.send(whole[cut:])
            assert client.response().status == 200
    assert {request.body for request in upstream.requests} == {b"helloyou"}


@pytest.mark.parametrize(
    "raw, kept",
    [
        (GET + "\r\n", True),
        (GET + "Connection: close\r\n\r\n", False),
        (GET + "Connection: Keep-Alive, CLOSE\r\n\r\n", False),
        (GET.replace("HTTP/1.1", "HTTP/1.0") + "\r\n", False),
        (GET.replace("HTTP/1.1", "HTTP/1.0") + "Connection: keep-alive\r\n\r\n", True),
    ],
)
def test_who_keeps_the_connection(raw, kept, gateway):
    with connect(gateway.address) as client:
        assert client.send(raw.encode()).response().status == 200
        if kept:
            assert client.send(raw.encode()).response().status == 200
        else:
            assert client.closed()


def test_hanging_up_while_the_upstream_thinks(gateway, upstream):
    """The client goes away, so its upstream connection does."""
    ended = []

    def think(peer):
        peer.read_request()
        ended.append(peer.closed())

    upstream.script = think
    with connect(gateway.address) as client:
        client.send((GET + "\r\n").encode())
        wait_for(lambda: upstream.requests)
    wait_for(lambda: ended)
    assert ended == [True]


def test_hanging_up_during_the_answer(gateway, upstream):
    def endless(peer):
        peer.read_request()
        peer.send(wire.response(200, headers=[("Transfer-Encoding", "chunked")]))
        while True:
            peer.send(b"10000\r\n" + b"a" * 0x10000 + b"\r\n")

    upstream.script = endless
    for _ in range(20):
        with connect(gateway.address) as client:
            client.send((GET + "\r\n").encode())
            assert client.receive()
    assert wire.call(gateway.address, "GET", "/health").status == 200


# --- slow and endless ----------------------------------------------------------------------------


@pytest.fixture
def hasty(gateways, upstream):
    """A gateway whose patience is short."""
    return gateways(
        upstream.url,
        LAYER_HEAD_TIMEOUT_MS="300",
        LAYER_IDLE_TIMEOUT_MS="300",
        LAYER_BODY_TIMEOUT_MS="300",
        LAYER_WRITE_TIMEOUT_MS="300",
        LAYER_BODY_MAX_BYTES=str(8 << 20),
    )


def trickle(client, pieces, pause=0.05, seconds=20):
    """Sends piece by piece until the peer answers or hangs up; what it said."""
    deadline = time.monotonic() + seconds
    client.socket.settimeout(pause)
    for piece in pieces:
        assert time.monotonic() < deadline, "was not bounded"
        try:
            client.socket.sendall(piece)
            if data := client.socket.recv(1 << 16):
                client.reader.held += data
            client.socket.settimeout(20)
            return client.response()
        except TimeoutError:
            continue
        except (ConnectionResetError, BrokenPipeError):
            return None
    raise AssertionError("all pieces were taken")


def test_slow_head(hasty, upstream):
    with connect(hasty.address) as client:
        client.send(GET.encode())
        answer = trickle(client, [b"X: y\r\n"] * 1000)
    assert answer is None or answer.status == 408
    assert upstream.requests == []


def test_silent_head(hasty, upstream):
    with connect(hasty.address) as client:
        answer = client.send(GET.encode()).response()
    assert answer is None or answer.status == 408
    assert upstream.requests == []


def test_idle_connection(hasty):
    with connect(hasty.address) as client:
        assert client.call("GET", "/health").status == 200
        assert client.closed()


@pytest.mark.parametrize("head", [POST + "Content-Length: 1000000\r\n\r\n", CHUNKED + "F4240\r\n"])
def test_slow_body(head, hasty, upstream):
    with connect(hasty.address) as client:
        client.send(head.encode())
        answer = trickle(client, [b"a"] * 1000)
    assert answer is None or answer.status == 408
    assert upstream.requests == []


def test_silent_body(hasty, upstream):
    with connect(hasty.address) as client:
        answer = client.send((POST + "Content-Length: 10\r\n\r\nabc").encode()).response()
    assert answer is None or answer.status == 408
    assert upstream.requests == []


@pytest.mark.parametrize(
    "head, piece",
    [
        (POST + "Content-Length: 999999999999\r\n\r\n", b"a" * 65536),
        (CHUNKED, b"10000\r\n" + b"a" * 0x10000 + b"\r\n"),
    ],
)
def test_endless_body(head, piece, hasty, upstream):
    with connect(hasty.address) as client:
        client.send(head.encode())
        answer = trickle(client, (piece for _ in range(100_000)), pause=0.001)
    assert answer is None or answer.status == 413
    assert upstream.requests == []


def test_a_client_that_does_not_read(hasty, upstream):
    """Its connection ends after the write deadline; memory stays bounded."""

    def flood(peer):
        peer.read_request()
        peer.send(wire.response(200, headers=[("Content-Length", str(1 << 30))]))
        try:
            while True:
                peer.send(b"a" * 65536)
        except OSError:
            upstream.requests.append("gave up")

    upstream.script = flood
    with connect(hasty.address) as client:
        client.send((GET + "\r\n").encode())
        wait_for(lambda: upstream.requests[-1:] == ["gave up"])
    assert hasty.rss_peak() < 400 << 20
