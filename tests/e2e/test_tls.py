"""Stores behind https: who is believed, and that what is said stays what it was."""

import contextlib
import random
import ssl

import pytest
from conftest import STORE_KEY
from harness import wire
from harness.tls import Authority, TlsUpstream
from harness.upstream import Upstream
from harness.wire import bearer, connect, response

KEY = bearer(STORE_KEY)
HERE = "IP:127.0.0.1,DNS:localhost"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def serve():
    started = []

    def start(context, **options):
        started.append(TlsUpstream(context, **options))
        return started[-1]

    yield start
    for upstream in started:
        upstream.close()


def call(gateway, body=b"{}"):
    return wire.call(gateway.address, "POST", "/v2/namespaces/n/explain_query", body, [KEY])


def noise(count):
    return random.Random(count).randbytes(count)


@pytest.mark.parametrize("host, greeted", [("127.0.0.1", None), ("localhost", "localhost")])
def test_a_store_is_believed(host, greeted, authority, serve, gateways):
    upstream = serve(authority.server(HERE), host=host)
    gateway = gateways(upstream.url, LAYER_TLS_CA_FILE=str(authority.file))
    assert [call(gateway).status for _ in range(3)] == [200, 200, 200]
    assert upstream.greeted[0] == (greeted, "http/1.1")
    assert upstream.requests[0].header("host") == f"{host}:{upstream.address[1]}"


def test_connections_are_kept(authority, serve, gateways):
    upstream = serve(authority.server(HERE))
    gateway = gateways(upstream.url, LAYER_TLS_CA_FILE=str(authority.file), LAYER_LOOPS="1")
    assert [call(gateway).status for _ in range(5)] == [200] * 5
    assert len(upstream.greeted) == 1


@pytest.mark.parametrize("count", [1, 16383, 16384, 16385, 65536, 3_000_001])
@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_are_relayed_byte_for_byte(count, chunked, authority, serve, gateways):
    upstream = serve(authority.server(HERE))
    answer = noise(count + 1)

    def script(peer):
        while peer.read_request():
            if chunked:
                chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(answer), answer)
                peer.send(response(200, chunk, [("Transfer-Encoding", "chunked")]))
            else:
                peer.send(response(200, answer))

    upstream.script = script
    gateway = gateways(upstream.url, LAYER_TLS_CA_FILE=str(authority.file))
    got = call(gateway, noise(count))
    assert (got.status, got.body) == (200, answer)
    assert upstream.requests[0].body == noise(count)


def refused(gateway, upstream):
    got = call(gateway)
    assert got.status == 502 and got.json["error"] == "upstream_error"
    assert STORE_KEY not in got.body.decode() and not upstream.requests


@pytest.mark.parametrize("names", ["DNS:other.example", "IP:127.0.0.2", "DNS:127.0.0.1", "DNS:*.1"])
def test_a_certificate_for_another_address_is_refused(names, authority, serve, gateways):
    upstream = serve(authority.server(names))
    refused(gateways(upstream.url, LAYER_TLS_CA_FILE=str(authority.file)), upstream)


@pytest.mark.parametrize("names", ["DNS:other.example", "DNS:localhost.example", "IP:127.0.0.1"])
def test_a_certificate_for_another_name_is_refused(names, authority, serve, gateways):
    upstream = serve(authority.server(names), host="localhost")
    refused(gateways(upstream.url, LAYER_TLS_CA_FILE=str(authority.file)), upstream)


def test_a_self_signed_certificate_is_refused(authority, serve, gateways):
    upstream = serve(authority.server(HERE, signed=False))
    refused(gateways(upstream.url, LAYER_TLS_CA_FILE=str(authority.file)), upstream)


def test_another_authority_is_refused(authority, serve, gateways, tmp_path):
    upstream = serve(authority.server(HERE))
    other = Authority(tmp_path)
    refused(gateways(upstream.url, LAYER_TLS_CA_FILE=str(other.file)), upstream)


def test_the_systems_authorities_do_not_know_ours(authority, serve, gateways):
    upstream = serve(authority.server(HERE))
    refused(gateways(upstream.url), upstream)


def test_an_expired_certificate_is_refused(authority, serve, gateways):
    upstream = serve(authority.server(HERE, expired=True))
    refused(gateways(upstream.url, LAYER_TLS_CA_FILE=str(authority.file)), upstream)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_an_old_protocol_is_refused(authority, serve, gateways):
    context = authority.server(HERE)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    upstream = serve(context)
    refused(gateways(upstream.url, LAYER_TLS_CA_FILE=str(authority.file)), upstream)


def test_a_store_without_tls_is_refused(authority, gateways):
    plain = Upstream()
    plain.script = lambda peer: peer.send(response(200, b"{}"))
    gateway = gateways(plain.url.replace("http:", "https:"), LAYER_TLS_CA_FILE=str(authority.file))
    refused(gateway, plain)
    plain.close()


@pytest.mark.parametrize("goodbye", [True, False])
def test_an_answer_without_a_goodbye_is_not_whole(goodbye, authority, serve, gateways):
    """Whoever cuts the connection cannot shorten an answer that ends with it."""
    upstream = serve(authority.server(HERE))

    def script(peer):
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\nhalf")
        if goodbye:
            with contextlib.suppress(OSError):
                peer.socket.unwrap()

    upstream.script = script
    gateway = gateways(upstream.url, LAYER_TLS_CA_FILE=str(authority.file))
    with connect(gateway.address) as client:
        client.send(wire.request("POST", "/v2/namespaces/n/explain_query", b"{}", [KEY]))
        if goodbye:
            assert client.response().body == b"half"
        else:
            with pytest.raises(EOFError):
                client.response()


def test_a_file_without_authorities_is_said_at_the_start(gateways, tmp_path):
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    with pytest.raises(RuntimeError, match="LAYER_TLS_CA_FILE"):
        gateways("https://127.0.0.1:1", LAYER_TLS_CA_FILE=str(empty))
