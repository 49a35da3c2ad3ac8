"""Many connections at once: idle ones, more than there may be, and clients that are slow on purpose
(slowhttptest). Whoever behaves is served throughout."""

import contextlib
import pathlib
import resource
import select
import subprocess
import threading
import time

import pytest
from harness import wire
from harness.canary import store_key
from harness.manifests import Folder, secret, store
from harness.programs import Program
from harness.waiting import wait_for
from harness.wire import bearer, connect, response

KEY = store_key("siege")
ENOUGH_FILES = 1000
ATTACKERS = 400


def serves(gateway):
    return wire.call(gateway.address, "GET", "/health").status == 200


def metric(gateway, name, *labels):
    """The sum of a metric's series with these labels."""
    text = wire.call(gateway.address, "GET", "/metrics").body.decode()
    series = [
        line.rsplit(" ", 1) for line in text.splitlines() if line.partition("{")[0].split(" ")[0] == name
    ]
    return sum(float(value) for key, value in series if all(label in key for label in labels))


def still_open(connections):
    """Those that the gateway has not ended."""
    poll = select.poll()
    for connection in connections:
        poll.register(connection.socket, select.POLLIN | select.POLLHUP)
    ended = {fd for fd, _ in poll.poll(0)}
    return [c for c in connections if c.socket.fileno() not in ended]


def gone(connection):
    """Waits for the peer to hang up, with or without a last word."""
    with contextlib.suppress(ConnectionResetError):
        while connection.socket.recv(65536):
            pass
    return True


# --- at the limit --------------------------------------------------------------------------------


@pytest.fixture
def small(gateways, upstream):
    """Four connections, and no more."""
    return gateways(upstream.url, LAYER_LOOPS="1", LAYER_CONNECTIONS_MAX="4")


def test_the_longest_idle_makes_room(small):
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(connect(small.address)) for _ in range(4)]
        for connection in idle:
            assert connection.call("GET", "/health").status == 200
        assert idle[0].call("GET", "/health").status == 200  # now the second one has rested for longest
        newcomer = stack.enter_context(connect(small.address))
        assert newcomer.call("GET", "/health").status == 200
        assert idle[1].closed()
        assert len(still_open([*idle, newcomer])) == 4
        assert metric(small, "layer_http_connections_limited_total", "made_room") >= 1
        assert metric(small, "layer_http_connections_limited_total", "turned_away") == 0


@pytest.mark.parametrize("sent", [b"", b"GET /health HTTP/1.1\r\nHost: "], ids=["nothing", "half a head"])
def test_who_owes_a_request_makes_room(sent, small):
    """They go before an idle client that has been served; after a second, not before."""
    with contextlib.ExitStack() as stack:
        served = stack.enter_context(connect(small.address))
        assert served.call("GET", "/health").status == 200
        owing = [stack.enter_context(connect(small.address)).send(sent) for _ in range(3)]
        time.sleep(1.2)
        for _ in range(3):
            newcomer = stack.enter_context(connect(small.address))
            assert newcomer.call("GET", "/health").status == 200
        assert all(gone(connection) for connection in owing)
        assert served.call("GET", "/health").status == 200


def test_a_newcomer_is_turned_away_while_all_are_busy(small, upstream):
    gate = threading.Event()

    def slow(peer):
        while peer.read_request():
            gate.wait(20)
            peer.send(response(200, b'"late"'))

    upstream.script = slow
    with contextlib.ExitStack() as stack:
        busy = [stack.enter_context(connect(small.address)) for _ in range(4)]
        for connection in busy:
            connection.send(wire.request("GET", "/v1/namespaces", headers=[bearer(small.key)]))
        wait_for(lambda: len(upstream.requests) == 4)
        for _ in range(100):  # more than are told so at once
            refused = wire.call(small.address, "GET", "/health")
            assert (refused.status, refused.header("retry-after")) == (503, "1")
            assert refused.header("connection") == "close"
            assert refused.json["error"] == "unavailable"
        gate.set()
        assert [connection.response().status for connection in busy] == [200] * 4
        assert serves(small)
        assert metric(small, "layer_http_connections_limited_total", "turned_away") == 100


@pytest.fixture
def poor(upstream):
    """A gateway that may have 200 descriptors."""
    variables = {
        "LAYER_HOST": "127.0.0.1",
        "PORT": "{port}",
        "LAYER_LOOPS": "1",
        "TURBOPUFFER_API_URL": upstream.url,
        "TURBOPUFFER_API_KEY": KEY,
    }
    program = Program("layer-gateway", environment=variables, files=200)
    yield program
    program.stop()


def test_few_descriptors(poor):
    """The limit follows the descriptors that there are: idle clients never use up what requests need."""
    with contextlib.ExitStack() as stack:
        for _ in range(300):
            idle = stack.enter_context(connect(poor.address))
            assert idle.call("GET", "/v1/namespaces", headers=[bearer(KEY)]).status == 200


def test_no_descriptor_left(poor):
    """Fewer than it reckoned with: who rests makes room all the same."""
    pid = poor.process.pid
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(connect(poor.address)) for _ in range(10)]
        assert all(connection.call("GET", "/health").status == 200 for connection in idle)
        used = 1 + max(int(fd.name) for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir())
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used, used))
        for _ in range(30):
            newcomer = stack.enter_context(connect(poor.address))
            assert newcomer.call("GET", "/health").status == 200


# --- idle ----------------------------------------------------------------------------------------


def test_ten_thousand_idle_connections(gateways, upstream):
    """As many as the descriptors of this machine allow, each of which has been served once."""
    gateway = gateways(upstream.url, LAYER_ACCESS_LOG="0", LAYER_IDLE_TIMEOUT_MS="600000")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(10_000, hard * 3 // 4 - ENOUGH_FILES)
    assert count >= 1000, f"only {hard} descriptors"
    request = wire.request("GET", "/health")
    with contextlib.ExitStack() as stack:
        idle = []
        for _ in range(count):
            idle.append(stack.enter_context(connect(gateway.address)))
            idle[-1].send(request)
        assert all(connection.response().status == 200 for connection in idle)
        assert metric(gateway, "layer_http_connections") >= count
        for _ in range(100):
            assert (
                wire.call(gateway.address, "GET", "/v1/namespaces", headers=[bearer(gateway.key)]).status
                == 200
            )
        assert len(still_open(idle)) == count
        assert all(c.call("GET", "/health").status == 200 for c in idle[:: count // 100])
    wait_for(lambda: metric(gateway, "layer_http_connections") < 10)
    print(f"{count} connections, at most {gateway.rss_peak() >> 20} MB")


# --- slow on purpose -----------------------------------------------------------------------------


ATTACKS = {
    "slow heads": (["-H", "-i", "1"], "408"),
    "slow bodies": (["-B", "-i", "1", "-s", "100000"], "408"),
    "slow readers": (["-X", "-n", "1", "-z", "16", "-w", "512", "-y", "1024"], None),
}
LONG = "/v1/namespaces/big/metadata"


@pytest.fixture
def besieged(gateways, upstream, tmp_path):
    """A gateway that anybody may call, with little patience, in front of a store with long answers."""

    def big_or_small(peer):
        while request := peer.read_request():
            peer.send(response(200, b"x" * (1 << 20) if request.target == LONG else b"{}"))

    upstream.script = big_or_small
    folder = Folder(tmp_path)
    folder.write("secret.yaml", secret("layer", **{"api-key": KEY}))
    folder.write("store.yaml", store("main", upstream.url, auth={"mode": "open"}))
    patience = {f"LAYER_{name}_TIMEOUT_MS": "2000" for name in ("HEAD", "BODY", "WRITE", "IDLE")}
    patience["ASAN_OPTIONS"] = "quarantine_size_mb=1"  # so that memory can be looked at
    return gateways(None, key=None, LAYER_CONFIG_DIR=str(tmp_path), LAYER_ACCESS_LOG="0", **patience)


def healthy_statuses(gateway):
    queried = wire.call(gateway.address, "POST", "/v2/namespaces/books/query", b"{}")
    return {queried.status, wire.call(gateway.address, "GET", "/health").status}


@pytest.mark.parametrize("name", ATTACKS)
def test_slow_clients(name, besieged):
    """They are cut by their deadlines; beside them every request of a healthy client succeeds."""
    options, code = ATTACKS[name]
    target = LONG if code is None else "/v2/namespaces/books/query"
    command = ["slowhttptest", *options, "-c", ATTACKERS, "-r", ATTACKERS, "-l", 60, "-v", 0]
    before, statuses, counts = besieged.rss_peak(), set(), []

    def over():
        """They came, and they are gone."""
        statuses.update(healthy_statuses(besieged))
        counts.append(metric(besieged, "layer_http_connections"))
        cut = metric(besieged, "layer_http_requests_total", f'code="{code}"') if code else 2 * max(counts)
        return cut > ATTACKERS * 0.9 and counts[-1] < 3

    attack = subprocess.Popen(
        [*map(str, command), "-u", besieged.url + target],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(over, 60)
    finally:
        attack.kill()
        attack.wait()
    assert statuses == {200}
    wait_for(lambda: metric(besieged, "layer_tpuf_inflight") == 0)
    if code:
        assert metric(besieged, "layer_http_requests_total", f'code="{code}"') > ATTACKERS * 0.9
    grown = besieged.rss_peak() - before
    print(f"{max(counts):.0f} connections at once, {grown >> 10} KB more than before")
    assert grown < ATTACKERS * (256 << 10)


def test_an_answer_does_not_wait_for_the_rest_of_a_body(gateways, upstream):
    """Refused with a part of the body there: the client is answered and told to go, however slow the rest."""
    gateway = gateways(upstream.url, LAYER_BODY_TIMEOUT_MS="600000")
    for framing, part in (("Content-Length: 1000", b"a part"), ("Transfer-Encoding: chunked", b"1\r\nx\r\n")):
        with connect(gateway.address) as client:
            head = f"POST /v2/namespaces/n HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n"
            client.send(head.encode() + part)
            assert client.response().status == 401
            assert client.closed()
