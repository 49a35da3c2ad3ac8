"""Connections by the thousand and slow clients, beside nginx: parts of run.py."""

import collections
import contextlib
import json
import os
import socket
import statistics
import subprocess
import time

import peers

IDLE, SLOW = 10_000, 2_000
LONG = "/v1/namespaces/bench-long/schema"
HEAD = "%s %s HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer " + peers.KEY + "\r\n"
QUERY = HEAD % ("POST", peers.BODIES["157 B"])
ATTACKS = {
    "no attack": None,
    "slow heads": ["-H"],
    "slow bodies": ["-B", "-s", "100000"],
    "slow readers": ["-X", "-n", "1", "-z", "32", "-w", "512", "-y", "1024"],
}
RATE, CLIENTS = 2_000, 32


class Many:
    """More connections than the other parts need."""

    connections = 16_000


class Stub(Many, peers.Stub):
    def http(self):
        (self.folder / "long").write_bytes(b"[" + b" " * (1 << 20) + b"]")
        long = f"\n\t\tlocation = {LONG} {{ alias {self.folder}/long; }}\n\t}}"
        return super().http().rstrip().removesuffix("}") + long.lstrip("\n")


class NginxProxy(Many, peers.NginxProxy):
    pass


class Gateway(Many, peers.Gateway):
    """Anybody may call it: slowhttptest sends no key."""

    def environment(self):
        config = self.folder / "config"
        config.mkdir(exist_ok=True)
        store = {
            "apiVersion": "hevlayer.com/v1alpha1",
            "kind": "VectorStore",
            "metadata": {"name": "bench"},
            "spec": {
                "kind": "turbopuffer",
                "endpoint": {"url": f"http://127.0.0.1:{self.upstream}", "region": "bench"},
                "credential": {"secretRef": {"name": "bench", "key": "key"}},
                "inboundAuth": {"mode": "open"},
            },
        }
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "bench"},
            "stringData": {"key": peers.KEY},
        }
        for name, document in (("store", store), ("secret", secret)):
            (config / f"{name}.json").write_text(json.dumps(document))
        given = {k: v for k, v in super().environment().items() if not k.startswith("TURBOPUFFER_")}
        return given | {"LAYER_CONFIG_DIR": str(config)}


@contextlib.contextmanager
def besieged(bench, name):
    """Stub, nginx and gateway, each started afresh by whoever takes them."""
    folder = bench.folder / name
    stub = Stub("stub", folder, peers.LOAD_CORE)
    stub.start()
    proxies = [NginxProxy(folder, stub.port), Gateway(folder, stub.port, bench.build)]
    try:
        yield proxies
    finally:
        for peer in [*proxies, stub]:
            peer.stop()


# --- memory per connection -------------------------------------------------------------------------------


def answered(connection):
    """Reads one short answer."""
    got = b""
    while b"\r\n\r\n" not in got or not got.endswith(b"}"):
        piece = connection.recv(65536)
        if not piece:
            raise SystemExit(f"a connection ended: {got[:200]}")
        got += piece


def one_request(connections):
    for connection in connections:
        connection.sendall((QUERY + f"content-length: {len(peers.QUERY)}\r\n\r\n{peers.QUERY}").encode())
        answered(connection)


def send_to_all(text):
    def send(connections):
        for connection in connections:
            connection.sendall(text.encode())

    return send


# What the connections do before memory is looked at, and how many there are.
STATES = {
    "connected, nothing sent": (IDLE, lambda connections: None),
    "idle after a request": (IDLE, one_request),
    "half a head": (SLOW, send_to_all(QUERY + "x-half: ")),
    "half a body": (SLOW, send_to_all(QUERY + "content-length: 100000\r\n\r\n" + "x" * 1000)),
    "1 MB answer, not read": (SLOW, send_to_all(HEAD % ("GET", LONG) + "\r\n")),
}


def hold(port, count, small):
    """Connections; `small`: with receive buffers that an answer of 1 MB does not fit into."""
    held = []
    for _ in range(count):
        s = socket.socket()
        if small:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.connect(("127.0.0.1", port))
        held.append(s)
    return held


def connections(bench):
    """Resident memory that a connection costs, in a process started for it."""
    print("\nResident memory per connection, bytes: median (least–most)")
    print(f"{'':34} {'nginx':>24} {'gateway':>24}")
    with besieged(bench, "connections") as proxies:
        for state, (count, act) in STATES.items():
            costs = collections.defaultdict(list)
            for number, proxy in bench.interleaved(proxies):
                proxy.start()
                before = proxy.resident_mb()
                held = hold(proxy.port, count, "answer" in state)
                act(held)
                time.sleep(1)
                cost = (proxy.resident_mb() - before) * (1 << 20) / count
                bench.note(part="connections", state=state, round=number, proxy=proxy.name, bytes=cost)
                costs[proxy.name].append(cost)
                for connection in held:
                    connection.close()
                proxy.stop()
            cells = "".join(f" {spread(costs[name]):>24}" for name in ("nginx", "gateway"))
            print(f"{f'{state}, {count:,}':34}{cells}", flush=True)


def spread(values):
    return f"{statistics.median(values):,.0f} ({min(values):,.0f}–{max(values):,.0f})"


# --- healthy clients beside slow ones --------------------------------------------------------------------


@contextlib.contextmanager
def attack(options, port, path):
    """Slow connections, all of which are open when the body runs."""
    if options is None:
        yield
        return
    argv = ["slowhttptest", *options, "-c", SLOW, "-r", SLOW, "-i", 2, "-l", 120, "-v", 0]
    with peers.on_core(peers.LOAD_CORE):
        attacker = subprocess.Popen(
            [*map(str, argv), "-u", f"http://127.0.0.1:{port}{path}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    try:
        began, open_now = time.monotonic(), 0
        while open_now < SLOW:
            if attacker.poll() is not None or time.monotonic() > began + 30:
                raise SystemExit(f"only {open_now} slow connections")
            time.sleep(0.2)
            open_now = len(os.listdir(f"/proc/{attacker.pid}/fd"))
        time.sleep(1)
        yield
    finally:
        attacker.kill()
        attacker.wait()


def under_attack(bench):
    """Requests on a fixed schedule while thousands of slow connections are open."""
    print(f"\nLatency at {RATE:,}/s beside {SLOW:,} slow connections, microseconds: median (least–most)")
    print(f"{'':20} {'nginx p50':>20} {'gateway p50':>20} {'nginx p99':>26} {'gateway p99':>26}")
    with besieged(bench, "attack") as proxies:
        for name, options in ATTACKS.items():
            rounds = collections.defaultdict(list)
            for number, proxy in bench.interleaved(proxies):
                proxy.start()
                path = LONG if name == "slow readers" else peers.BODIES["157 B"]
                with attack(options, proxy.port, path):
                    found = peers.steady_load(
                        bench.build,
                        bench.folder,
                        proxy.port,
                        peers.BODIES["157 B"],
                        CLIENTS,
                        RATE,
                        bench.seconds,
                    )
                    found["resident_mb"] = proxy.resident_mb()
                proxy.stop()
                bench.note(part="attack", attack=name, round=number, proxy=proxy.name, **found)
                if found["errors"]:
                    raise SystemExit(f"{proxy.name}: {found}")
                rounds[proxy.name].append(found)
            cells = [
                f"{spread([r[q] for r in rounds[p]]):>{20 if q == 'p50' else 26}}"
                for q in ("p50", "p99")
                for p in ("nginx", "gateway")
            ]
            print(f"{name:20} " + " ".join(cells), flush=True)


PARTS = {"connections": connections, "attack": under_attack}
