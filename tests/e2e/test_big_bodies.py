"""Bodies as large as the contract allows stream through in bounded memory, unaltered, in both directions."""

import hashlib

import pytest
from conftest import STORE_KEY
from harness.wire import READ_SIZE, bearer, connect, request, response

MEGABYTE = 1 << 20
LARGEST = 512 * MEGABYTE
GROWTH_MAX = 48 * MEGABYTE
PIECE = bytes(range(256)) * 4096
CHUNKED = ("Transfer-Encoding", "chunked")
OPAQUE = "/v2/namespaces/n/explain_query"  # a body that the gateway does not look into


def digest_of(size):
    digest = hashlib.blake2b()
    for _ in range(size // len(PIECE)):
        digest.update(PIECE)
    return digest.hexdigest()


def stream(connection, size, chunked):
    for _ in range(size // len(PIECE)):
        connection.send(b"%x\r\n" % len(PIECE) + PIECE + b"\r\n" if chunked else PIECE)
    if chunked:
        connection.send(b"0\r\n\r\n")


def swallow(reader, message):
    """Reads a body piece by piece and gives its digest."""
    digest, framed = hashlib.blake2b(), message.header("transfer-encoding") == "chunked"
    left = 0 if framed else int(message.header("content-length"))
    while True:
        if framed and not left:
            left = int(reader.line(), 16)
        if not left:
            break
        piece = reader.take(min(left, READ_SIZE))
        digest.update(piece)
        left -= len(piece)
        if framed and not left:
            reader.line()
    return digest.hexdigest()


def framing(size, chunked):
    return CHUNKED if chunked else ("Content-Length", str(size))


@pytest.fixture
def gateway(gateways, upstream):
    """Without the memory that a sanitizer would hold back before using it again."""
    return gateways(upstream.url, ASAN_OPTIONS="quarantine_size_mb=1:malloc_context_size=2")


@pytest.mark.parametrize("size, chunked", [(LARGEST, False), (128 * MEGABYTE, True)])
def test_upload(size, chunked, gateway, upstream):
    digests = []

    def hash_it(peer):
        while message := peer.read_head():
            digests.append(swallow(peer.reader, message))
            peer.send(response(200, b"{}"))

    upstream.script = hash_it
    before = gateway.rss_peak()
    with connect(gateway.address, timeout=120) as client:
        client.send(request("POST", OPAQUE, b"", [bearer(STORE_KEY), framing(size, chunked)]))
        stream(client, size, chunked)
        assert client.response().status == 200
    assert digests == [digest_of(size)]
    assert gateway.rss_peak() - before < GROWTH_MAX


@pytest.mark.parametrize("size, chunked", [(128 * MEGABYTE, False), (128 * MEGABYTE, True)])
def test_download(size, chunked, gateway, upstream):
    def pour(peer):
        peer.read_request()
        peer.send(response(200, headers=[framing(size, chunked)]))
        stream(peer, size, chunked)

    upstream.script = pour
    before = gateway.rss_peak()
    with connect(gateway.address, timeout=120) as client:
        client.send(request("GET", "/v1/namespaces", headers=[bearer(STORE_KEY)]))
        assert swallow(client.reader, client.reader.head()) == digest_of(size)
    assert gateway.rss_peak() - before < GROWTH_MAX


def test_a_body_past_the_limit(gateway, upstream):
    """Refused by its length before anything is forwarded."""
    with connect(gateway.address) as client:
        client.send(request("POST", OPAQUE, b"", [bearer(STORE_KEY), framing(LARGEST + 1, False)]))
        answer = client.response()
    assert (answer.status, answer.json["error"]) == (413, "payload_too_large")
    assert upstream.requests == []
