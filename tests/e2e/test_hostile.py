"""Hostile clients by raw sockets: whoever cuts, stalls, floods or hangs up harms nobody else, and no request
reaches the upstream otherwise than the client meant it. What is refused as HTTP: test_smuggling.py."""

import time

import pytest
from framing_requests import CHUNKED, GET, KEY, POST, SMUGGLED, UNSOUND
from harness import wire
from harness.waiting import wait_for
from harness.wire import connect


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
        assert client.response().body == b"/v2/namespaces/h/explain_query"


def test_a_request_behind_a_refused_one_is_not_served(gateway, upstream):
    with connect(gateway.address) as client:
        client.offer((UNSOUND["unknown coding"] + SMUGGLED).encode())
        assert client.response().status == 400
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
