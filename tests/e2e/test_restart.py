"""Restarts and reloads under load: no request fails, and nothing grows.

The clients do what HTTP asks of them (RFC 9112 section 9.3.1): a request goes out again only if it met the
end of a connection that had been used before, no byte of an answer had come, and it only reads."""

import collections
import ctypes
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading

import pytest
from harness import wire
from harness.canary import client_key, store_key
from harness.manifests import Folder, inbound_key, secret
from harness.manifests import store as store_manifest
from harness.programs import build_folder, free_port
from harness.waiting import wait_for
from harness.wire import bearer, connect

PR_SET_CHILD_SUBREAPER = 36
QUERY = json.dumps({"rank_by": ["id", "asc"], "limit": 1}).encode()
COUNT = json.dumps({"aggregate_by": {"n": ["Count"]}}).encode()
RESTARTS, RELOADS, ENDS = (
    int(os.environ.get(f"LAYER_TEST_{name}", n))
    for name, n in (("RESTARTS", 100), ("RELOADS", 1000), ("ENDS", 12))
)


class Client(threading.Thread):
    """Sends requests one after the other until it is told to stop."""

    def __init__(self, address, key, kept, writes=None):
        super().__init__(daemon=True)
        self.address, self.key, self.kept, self.writes = address, key, kept, writes
        self.connection, self.used, self.stop = None, False, threading.Event()
        self.statuses, self.retried, self.failures = collections.Counter(), 0, []
        self.start()

    def request(self):
        if self.writes is None:
            return "POST", "/v2/namespaces/siege/query", QUERY
        row = {"id": self.writes + sum(self.statuses.values()), "n": 1}
        return "POST", "/v2/namespaces/siege", json.dumps({"upsert_rows": [row]}).encode()

    def run(self):
        while not self.stop.is_set() and not self.failures:
            try:
                self.call(*self.request())
            except OSError as error:
                self.failures.append(repr(error))
        if self.connection:
            self.connection.socket.close()

    def call(self, method, target, body):
        again = False
        while True:
            if not self.connection:
                self.connection, self.used = connect(self.address), False
            got, cut = None, False
            try:
                got = self.connection.call(method, target, body, [bearer(self.key())])
            except (OSError, EOFError):
                cut = bool(self.connection.reader.held)
            if got:
                break
            self.connection.socket.close()
            self.connection = None
            if cut or again or not self.used or self.writes is not None:
                self.failures.append(f"no answer: {target}, cut off {cut}, used before {self.used}")
                return
            self.retried, again = self.retried + 1, True
        self.statuses[got.status] += 1
        self.used = True
        if not self.kept or got.header("connection") == "close":
            self.connection.socket.close()
            self.connection = None


def end(clients):
    """What they were answered, together."""
    for client in clients:
        client.stop.set()
    for client in clients:
        client.join(30)
    assert [client.failures for client in clients] == [[] for _ in clients]
    return sum((client.statuses for client in clients), collections.Counter())


def progress(clients):
    """Waits until each client had one more answer."""
    seen = [sum(client.statuses.values()) for client in clients]
    wait_for(
        lambda: all(
            client.failures or sum(client.statuses.values()) > before
            for client, before in zip(clients, seen, strict=True)
        )
    )


def started(gateway):
    """The processes that have begun to listen, in turn."""
    lines = [line for line in gateway.output().split("\n")[:-1] if '"gateway.listening"' in line]
    return [json.loads(line)["pid"] for line in lines]


@pytest.fixture
def adopting():
    """Processes whose parent has ended become children of this one."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    assert prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    yield
    prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def clients_of(gateway, key):
    def same():
        return key

    reading = [Client(gateway.address, same, kept) for kept in (True, True, True, False, False)]
    return [
        *reading,
        *(Client(gateway.address, same, kept, base) for kept, base in ((True, 1), (False, 10**9))),
    ]


def test_restarts_under_load(adopting, gateways, store):
    """One process takes over from the other: every request is answered, and what was written is there."""
    target = "/v2/namespaces/siege"
    seed = json.dumps({"upsert_rows": [{"id": 0, "n": 1}]}).encode()
    assert wire.call(store.address, "POST", target, seed, [bearer(store.key)]).status == 200
    gateway = gateways(store.url, store.key, LAYER_ACCESS_LOG="0", LAYER_LOOPS="2")
    clients = clients_of(gateway, store.key)
    try:
        for number in range(1, RESTARTS + 1):
            os.kill(wait_for(lambda: started(gateway))[-1], signal.SIGUSR2)
            wait_for(lambda number=number: len(started(gateway)) > number)
            if number % 10 == 0:
                progress(clients)
        statuses = end(clients)
        pids = started(gateway)
        os.kill(pids[-1], signal.SIGTERM)
        assert gateway.wait() == 0
        assert [os.waitpid(pid, 0)[1] for pid in pids[1:]] == [0] * RESTARTS
    except BaseException:
        for pid in started(gateway)[1:]:
            if pathlib.Path(f"/proc/{pid}").exists():
                os.kill(pid, signal.SIGKILL)
        raise
    assert len(set(pids)) == RESTARTS + 1
    assert set(statuses) == {200} and statuses[200] > RESTARTS
    written = sum(sum(client.statuses.values()) for client in clients if client.writes is not None)
    counted = wire.call(store.address, "POST", target + "/query", COUNT, [bearer(store.key)]).json
    assert counted["aggregations"]["n"] == written + 1
    print(f"{statuses[200]} requests, {sum(client.retried for client in clients)} sent again")


def test_a_successor_that_fails_changes_nothing(gateways, upstream, tmp_path):
    """The new process does not get as far as serving: the old one goes on, and may try again."""
    folder = Folder(tmp_path)
    folder.write("secret.yaml", secret("layer", **{"api-key": store_key("key")}))
    folder.write("store.yaml", store_manifest("main", upstream.url))
    gateway = gateways(None, key=None, LAYER_CONFIG_DIR=str(tmp_path))
    folder.write_text("store.yaml", "kind: nonsense: [")
    for tries in (1, 2):
        gateway.signal(signal.SIGUSR2)
        wait_for(lambda tries=tries: gateway.output().count("the new process ended") == tries)
        assert wire.call(gateway.address, "GET", "/ready").status == 200
    assert len(started(gateway)) == 1


def test_answers_end_their_connections_while_draining(gateways, upstream):
    """Whoever has a connection is told before it closes; who is new is served until the delay is over."""
    gateway = gateways(upstream.url, LAYER_DRAIN_DELAY_MS="600000")
    with connect(gateway.address) as kept, connect(gateway.address) as other:
        assert kept.call("GET", "/health").header("connection") is None
        assert other.call("GET", "/health").header("connection") is None
        gateway.signal(signal.SIGTERM)
        wait_for(lambda: wire.call(gateway.address, "GET", "/ready").status == 503)
        assert kept.call("GET", "/health").header("connection") == "close"
        assert kept.closed()
        fresh = wire.call(gateway.address, "GET", "/health")
        assert (fresh.status, fresh.header("connection")) == (200, "close")
    gateway.signal(signal.SIGTERM)
    assert gateway.wait() == 130  # asked twice: at once
    gateway.process.returncode = 0


def test_an_answer_under_way_is_its_connections_last(gateways, upstream):
    """Its head goes out after the drain began, and says so; nothing waits for an idle connection."""
    gate = threading.Event()

    def slow(peer):
        while peer.read_request():
            gate.wait(20)
            peer.send(wire.response(200, b'"late"'))

    upstream.script = slow
    gateway = gateways(upstream.url)
    with connect(gateway.address) as client:
        client.send(wire.request("GET", "/v1/namespaces", headers=[bearer(gateway.key)]))
        wait_for(lambda: upstream.requests)
        gateway.signal(signal.SIGTERM)
        wait_for(lambda: "gateway.draining" in gateway.output())
        gate.set()
        assert client.response().header("connection") == "close"
        assert client.closed()
        assert gateway.wait() == 0


def test_sockets_from_a_supervisor(tmp_path, upstream):
    """LISTEN_FDS and NOTIFY_SOCKET as systemd sets them; a connection made before the start is served."""
    listener = socket.create_server(("127.0.0.1", 0))
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(str(tmp_path / "notify"))
    notify.settimeout(20)
    environment = {
        "TURBOPUFFER_API_URL": upstream.url,
        "TURBOPUFFER_API_KEY": store_key("key"),
        "LAYER_LOOPS": "2",
        "PORT": str(free_port()),
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
    }
    with connect(listener.getsockname()) as early:
        early.send(wire.request("GET", "/ready"))
        program = build_folder() / "layer-gateway"
        script = f"exec 3<&{listener.fileno()}; LISTEN_PID=$$ LISTEN_FDS=1 exec {program}"
        process = subprocess.Popen(["bash", "-c", script], env=environment, pass_fds=[listener.fileno()])
        assert notify.recv(1000).decode() == f"READY=1\nMAINPID={process.pid}"
        assert early.response().status == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    with connect(listener.getsockname()):  # the queue is the supervisor's, and lives on
        listener.accept()[0].close()
    listener.close()
    notify.close()


def test_listen_fds_of_something_else():
    command = f"exec 3</dev/null; LISTEN_FDS=1 TURBOPUFFER_API_KEY=k exec {build_folder() / 'layer-gateway'}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, timeout=30)
    assert done.returncode == 1 and b"gateway.listen" in done.stderr


# --- reloads -------------------------------------------------------------------------------------


def keys_policy(names):
    return {"mode": "keys", "keys": [inbound_key(name, ["read", "write"]) for name in names]}


class Rotation:
    """A directory that changes: each step brings a key and drops one of many steps ago, and a second
    store comes and goes."""

    KEPT = 10

    def __init__(self, path, url):
        self.folder, self.url, self.step_number = Folder(path), url, 0
        self.write()

    def write(self):
        steps = range(max(0, self.step_number - self.KEPT), self.step_number + 1)
        names = [f"client-{n}" for n in steps]
        values = {name: client_key(name) for name in names}
        documents = [secret("layer", **{"api-key": store_key("key")}, **values)]
        documents.append(store_manifest("main", self.url, default=True, auth=keys_policy(names)))
        if self.step_number % 2:
            documents.append(store_manifest(f"extra-{self.step_number}", "http://127.0.0.1:9"))
        self.folder.write("all.yaml", *documents)  # one file: changed at once

    def step(self):
        self.step_number += 1
        self.write()

    def key(self):
        """Known in several configurations before this one and after it."""
        return client_key(f"client-{max(0, self.step_number - self.KEPT // 2)}")


def reloads(gateway):
    text = wire.call(gateway.address, "GET", "/metrics").body.decode()
    lines = [line for line in text.splitlines() if line.startswith("layer_config_reloads_total")]
    assert not any('result="error"' in line for line in lines)
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def resident(gateway):
    status = pathlib.Path(f"/proc/{gateway.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def descriptors(gateway):
    return len(os.listdir(f"/proc/{gateway.process.pid}/fd"))


def test_reloads_under_load(gateways, upstream, tmp_path):
    rotation = Rotation(tmp_path, upstream.url)
    gateway = gateways(
        None,
        key=None,
        LAYER_CONFIG_DIR=str(tmp_path),
        LAYER_LOOPS="2",
        LAYER_ACCESS_LOG="0",
        ASAN_OPTIONS="quarantine_size_mb=1:thread_local_quarantine_size_kb=16",
    )
    clients = [
        Client(gateway.address, rotation.key, kept, writes) for kept in (True, False) for writes in (None, 1)
    ]
    early = None
    for number in range(1, RELOADS + 1):
        before = reloads(gateway)
        rotation.step()
        gateway.signal(signal.SIGHUP)
        wait_for(lambda before=before: reloads(gateway) > before)
        if number % 20 == 0:
            progress(clients)
        if number == RELOADS // 5:
            early = resident(gateway), descriptors(gateway)
    late = resident(gateway), descriptors(gateway)
    assert set(end(clients)) == {200}
    assert reloads(gateway) >= RELOADS
    assert late[0] < early[0] + (8 << 20) and late[1] < early[1] + 20, (early, late)
    print(f"resident {early[0] >> 10} KB, then {late[0] >> 10} KB; descriptors {early[1]}, then {late[1]}")


def hold_an_answer(upstream):
    """The store answers when the gate opens."""
    gate = threading.Event()

    def slow(peer):
        while peer.read_request():
            gate.wait(20)
            peer.send(wire.response(200, b'"late"'))

    upstream.script = slow
    return gate


def test_no_reload_after_the_end_began(gateways, upstream, tmp_path):
    """One loop has ended, the other has an answer under way: a change of the configuration is for neither."""
    gate, rotation = hold_an_answer(upstream), Rotation(tmp_path, upstream.url)
    environment = {"LAYER_CONFIG_DIR": str(tmp_path), "LAYER_LOOPS": "2"}
    ending = gateways(None, key=None, **environment)
    other = gateways(None, key=None, **environment)
    with connect(ending.address) as client:
        client.send(wire.request("GET", "/v1/namespaces", headers=[bearer(rotation.key())]))
        wait_for(lambda: upstream.requests)
        ending.signal(signal.SIGTERM)
        wait_for(lambda: "gateway.draining" in ending.output())
        for _ in range(3):
            seen = reloads(other)
            rotation.step()
            ending.signal(signal.SIGHUP)
            wait_for(lambda seen=seen: reloads(other) > seen)  # which saw the same change
        gate.set()
        assert client.response().status == 200
    assert ending.wait() == 0
    assert ending.output().count('"config.loaded"') == 1


def test_reloads_meet_the_end(gateways, upstream, tmp_path):
    """Changes and signals before, while and after the loops end: it ends well all the same."""
    rotation, environment = Rotation(tmp_path, upstream.url), {"LAYER_LOOPS": "3", "LAYER_ACCESS_LOG": "0"}
    for number in range(ENDS):
        gateway = gateways(None, key=None, LAYER_CONFIG_DIR=str(tmp_path), **environment)
        for _ in range(number % 4):
            rotation.step()
            gateway.signal(signal.SIGHUP)
        gateway.signal(signal.SIGTERM)
        while gateway.process.poll() is None:
            rotation.step()
            gateway.signal(signal.SIGHUP)
        assert gateway.wait() == 0, gateway.output()
        gateway.check()
