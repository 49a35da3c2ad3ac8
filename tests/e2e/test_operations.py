"""Health, metrics, logs, traces and the end of a gateway."""

import gzip
import json
import re
import signal
import threading

import pytest
from conftest import STORE_KEY
from harness import wire
from harness.upstream import answer_with
from harness.waiting import wait_for
from harness.wire import bearer, connect, response

KEY = bearer(STORE_KEY)
CHUNKED = ("Transfer-Encoding", "chunked")
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
QUERY = json.dumps({"rank_by": ["id", "asc"], "limit": 1}).encode()


def call(gateway, method="GET", target="/v1/namespaces", body=b"", headers=()):
    return wire.call(gateway.address, method, target, body, [KEY, *headers])


def access_lines(gateway):
    """The JSON lines of the log that tell of requests; the last one may still be on its way."""
    whole = gateway.output().split("\n")[:-1]
    lines = [json.loads(line) for line in whole if line.startswith("{")]
    return [line for line in lines if "route" in line]


@pytest.mark.smoke
@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_health(path, gateway):
    got = wire.call(gateway.address, "GET", path)
    assert got.status == 200 and got.header("content-type") == "application/json" and got.json


def test_health_is_200_without_an_upstream(gateways, upstream):
    upstream.close()
    gateway = gateways(upstream.url)
    assert call(gateway).status == 502
    assert wire.call(gateway.address, "GET", "/health").status == 200


def test_not_ready_while_the_drain_marker_exists(gateways, upstream, tmp_path):
    marker = tmp_path / "draining"
    gateway = gateways(upstream.url, LAYER_DRAIN_MARKER_PATH=str(marker))
    for exists, status in ((False, 200), (True, 503), (False, 200)):
        marker.touch() if exists else marker.unlink(missing_ok=True)
        assert wire.call(gateway.address, "GET", "/ready").status == status
        assert wire.call(gateway.address, "GET", "/health").status == 200
        assert call(gateway).status == 200


def test_api_description_needs_no_key(gateway, upstream):
    got = wire.call(gateway.address, "GET", "/openapi.json")
    paths = got.json["paths"]
    assert got.status == 200 and {"/v1/namespaces", "/v2/namespaces/{namespace}/query"} <= set(paths)
    assert b"openapi: 3" in wire.call(gateway.address, "GET", "/openapi.yaml").body
    assert upstream.requests == []


def samples(gateway):
    text = wire.call(gateway.address, "GET", "/metrics").body.decode()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def counted(gateway, name, *labels):
    """The sum of a metric's series with these labels, once it is not 0: a request counts when it is over."""

    def found():
        series = samples(gateway).items()
        return sum(v for key, v in series if key.startswith(name) and all(label in key for label in labels))

    return wait_for(found)


def test_metrics(gateway, upstream):
    call(gateway, "POST", "/v2/namespaces/books/query", QUERY)
    call(gateway, "GET", "/nowhere")
    got = wire.call(gateway.address, "GET", "/metrics")
    assert got.header("content-type").startswith("text/plain; version=0.0.4")
    assert all(re.fullmatch(r'[a-z_:]+(\{([a-z_]+="[^"]*",?)*\})?', name) for name in samples(gateway))
    assert counted(gateway, "layer_http_requests_total", 'code="404"') == 1
    assert counted(gateway, "layer_query_duration_seconds_count", 'namespace="books"', 'status="ok"') == 1
    for name in (
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "process_open_fds",
        "layer_build_info",
    ):
        assert counted(gateway, name), name


def test_failures_of_the_store_are_counted_as_such(gateway, upstream):
    upstream.script = answer_with(response(500, b"{}"))
    call(gateway, "POST", "/v2/namespaces/books/query", QUERY)
    assert counted(gateway, "layer_query_duration_seconds_count", 'status="tpuf_error"') == 1


SHAPES = {
    ("false", "false"): [{}, {"aggregate_by": {"n": ["Count"]}}],
    ("true", "false"): [{"filters": ["a", "Eq", 1]}],
    ("false", "true"): [{"rank_by": ["id", "asc"], "pad": "x" * 60000}, {"queries": [{"rank_by": []}] * 3}],
    ("true", "true"): [{"rank_by": ["id", "asc"], "filters": ["a", "Eq", 1]}],
}


def test_query_shapes(gateway, upstream):
    """Queries are counted by what they ask for."""
    bodies = [json.dumps(body, indent=1).encode() for group in SHAPES.values() for body in group]
    with connect(gateway.address) as client:
        for body in bodies:
            client.call("POST", "/v2/namespaces/books/query", body, [KEY])
        in_chunks = b"".join(
            b"%x\r\n%b\r\n" % (1, body[n : n + 1]) for body in bodies[-1:] for n in range(len(body))
        )
        client.call("POST", "/v2/namespaces/books/query", in_chunks + b"0\r\n\r\n", [KEY, CHUNKED])
    wait_for(lambda: counted(gateway, "layer_query_duration_seconds_count") == len(bodies) + 1)
    found = samples(gateway)
    for (has_filter, has_rank_by), group in SHAPES.items():
        labels = f'namespace="books",has_filter="{has_filter}",has_rank_by="{has_rank_by}",status="ok"'
        name = f'layer_query_shape_total{{pipeline_id="",{labels}}}'
        assert found[name] == len(group) + (has_filter == has_rank_by == "true")
    multi = 'namespace="books",store_kind="turbopuffer"'
    assert found[f'hevlayer_multi_query_total{{{multi},status="ok"}}'] == 1
    assert found[f"hevlayer_multi_query_legs_sum{{{multi}}}"] == 3
    assert found[f"hevlayer_multi_query_upstream_calls_sum{{{multi}}}"] == 1


def test_a_compressed_query_has_a_shape(gateway, upstream):
    zipped = [("Content-Encoding", "gzip")]
    assert call(gateway, "POST", "/v2/namespaces/books/query", gzip.compress(QUERY), zipped).status == 200
    assert counted(gateway, "layer_query_shape_total", 'has_rank_by="true"') == 1


def test_a_malformed_query_has_no_shape(gateway, upstream):
    got = call(gateway, "POST", "/v2/namespaces/books/query", b'{"rank_by":')
    assert (got.status, got.json["error"], upstream.requests) == (400, "bad_request", [])
    assert not any(name.startswith("layer_query_shape_total") for name in samples(gateway))


def test_access_log(gateway, upstream):
    call(gateway, "POST", "/v2/namespaces/books/query?a=b", QUERY, [("traceparent", PARENT)])
    (line,) = wait_for(lambda: [one for one in access_lines(gateway) if one.get("namespace") == "books"])
    assert (line["method"], line["status"], line["route"]) == ("POST", 200, "/v2/namespaces/{ns}/query")
    assert TRACE in json.dumps(line)
    assert STORE_KEY not in gateway.output()


def test_log_lines_survive_hostile_bytes(gateway, upstream):
    with connect(gateway.address) as client:
        client.send(
            b'GET /v1/namespaces/%22%0a%00%ff"\\/schema HTTP/1.1\r\nHost: x\r\n'
            b'User-Agent: "\xff\\\r\nAuthorization: Bearer '
        )
        client.send(STORE_KEY.encode() + b"\r\n\r\n")
        client.response()
    call(gateway, "GET", "/v1/namespaces/last/schema")
    wait_for(lambda: [line for line in access_lines(gateway) if line.get("namespace") == "last"])


def test_every_request_is_logged_once(gateway, upstream):
    with connect(gateway.address) as client:
        for number in range(50):
            client.call("GET", f"/v1/namespaces/n{number}/schema", headers=[KEY])
    wait_for(lambda: len([line for line in access_lines(gateway) if line.get("namespace")]) == 50)


def test_trace_goes_on(gateway, upstream):
    got = call(gateway, headers=[("traceparent", PARENT), ("tracestate", "a=b")])
    sent = upstream.requests[0].header("traceparent")
    assert re.fullmatch(rf"00-{TRACE}-[0-9a-f]{{16}}-01", sent) and sent != PARENT
    assert upstream.requests[0].header("tracestate") == "a=b"
    assert got.header("traceparent").split("-")[1] == TRACE


@pytest.mark.parametrize(
    "given", [None, "nonsense", "00-" + "0" * 32 + "-b7ad6b7169203331-01", "ff-" + PARENT[3:]]
)
def test_trace_is_begun(given, gateway, upstream):
    got = call(gateway, headers=[("traceparent", given)] if given else [])
    sent = upstream.requests[0].header("traceparent")
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]", sent)
    assert got.header("traceparent").split("-")[1] == sent.split("-")[1] != "0" * 32


def test_server_timing(gateway, upstream):
    assert re.search(r"dur=\d+(\.\d+)?", call(gateway).header("server-timing"))


def test_drain(gateway, upstream):
    """A request in flight ends well, new connections find nobody, and the program ends with 0."""
    gate, answers = threading.Event(), []

    def slow(peer):
        peer.read_request()
        gate.wait(20)
        peer.send(response(200, b'"late"'))

    upstream.script = slow
    with connect(gateway.address) as idle:
        assert idle.call("GET", "/ready").status == 200
        worker = threading.Thread(target=lambda: answers.append(call(gateway)))
        worker.start()
        wait_for(lambda: upstream.requests)
        gateway.signal(signal.SIGTERM)
        wait_for(lambda: refuses(gateway))
        assert idle.closed()
    gate.set()
    worker.join(20)
    assert [(answer.status, answer.body) for answer in answers] == [(200, b'"late"')]
    assert gateway.wait() == 0


def refuses(gateway):
    """Nobody listens any more, or whoever does is not ready."""
    try:
        return wire.call(gateway.address, "GET", "/ready").status == 503
    except (OSError, AttributeError, EOFError):
        return True


def test_interrupt_ends_it_too(gateway):
    gateway.signal(signal.SIGINT)
    assert gateway.wait() == 0
