"""Speed of the gateway beside nginx and HAProxy as bare proxies to the same stub: see bench/README.md.

`run.py [--rounds N] [--seconds S] [--only cpu,latency,idle,connections,attack] [--build FOLDER]`
"""

import argparse
import collections
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import time

import peers
import siege

CONNECTIONS = (32, 256)
SETTLE_SECONDS = 0.3  # the access log's last lines, the end of the connections


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=2, help="of load per round and proxy")
    parser.add_argument(
        "--only", default="cpu,latency,idle", help="parts of the bench; the others: " + ", ".join(siege.PARTS)
    )
    parser.add_argument("--build", default="build", help="build folder of the gateway")
    args = parser.parse_args()
    peers.need_programs()
    bench = Bench(args)
    try:
        bench.start()
        for part in args.only.split(","):
            PARTS[part](bench)
    finally:
        bench.stop()


class Bench:
    def __init__(self, args):
        self.rounds, self.seconds = args.rounds, args.seconds
        self.build = peers.ROOT / args.build
        self.folder = self.build / "bench-run"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.raw = self.folder / "rounds.jsonl"
        self.stub = peers.Stub("stub", self.folder, peers.LOAD_CORE)
        self.proxies = []

    def start(self):
        print(f"{time.strftime('%Y-%m-%d')}, {machine()}")
        self.stub.start()
        self.proxies = [
            peers.NginxProxy(self.folder, self.stub.port),
            peers.Haproxy(self.folder, self.stub.port),
            peers.Gateway(self.folder, self.stub.port, self.build),
        ]
        for proxy in self.proxies:
            proxy.start()

    def stop(self):
        for peer in [*self.proxies, self.stub]:
            peer.stop()

    def note(self, **fields):
        with self.raw.open("a") as raw:
            raw.write(json.dumps(fields) + "\n")

    def interleaved(self, peers_):
        """Every round begins with another one, so that none always follows the same."""
        for number in range(self.rounds):
            for i in range(len(peers_)):
                yield number, peers_[(i + number) % len(peers_)]


def machine():
    model = next(
        (
            line.partition(":")[2].strip()
            for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith(("model name", "Model"))
        ),
        platform.machine(),
    )
    nginx = subprocess.run(["nginx", "-v"], capture_output=True, text=True).stderr.partition("/")[2].strip()
    haproxy = subprocess.run(["haproxy", "-v"], capture_output=True, text=True).stdout.split()[2]
    return f"{os.cpu_count()} cores of {model}, Linux {platform.release()}, nginx {nginx}, HAProxy {haproxy}"


def spread(values):
    middle = statistics.median(values)
    return f"{middle:.2f} ({min(values):.2f}–{max(values):.2f})"


# --- CPU per request -------------------------------------------------------------------------------------


def cpu_of_round(bench, proxy, path, connections):
    before = proxy.cpu_seconds()
    load = peers.wrk(bench.folder, proxy.port, path, connections, bench.seconds)
    time.sleep(SETTLE_SECONDS)
    cpu = proxy.cpu_seconds() - before
    proxy.tidy()
    if load["errors"] or not load["requests"]:
        raise SystemExit(f"{proxy.name}: {load}")
    return {
        "cpu_us": cpu / load["requests"] * 1e6,
        "per_second": load["requests"] / load["seconds"],
        **load,
    }


def cpu(bench):
    """CPU time of all the proxy's processes, divided by the requests, at full load."""
    print("\nCPU per request, microseconds: median (least–most); requests per second: median")
    print(f"{'':22} {'nginx':>22} {'haproxy':>22} {'gateway':>22}  gateway/nginx")
    for body, path in peers.BODIES.items():
        for connections in CONNECTIONS:
            rounds = collections.defaultdict(list)
            for number, proxy in bench.interleaved(bench.proxies):
                found = cpu_of_round(bench, proxy, path, connections)
                bench.note(
                    part="cpu", body=body, connections=connections, round=number, proxy=proxy.name, **found
                )
                rounds[proxy.name].append(found)
            print_cpu(f"{body}, {connections} conn.", rounds)


def print_cpu(title, rounds):
    costs = {name: [r["cpu_us"] for r in found] for name, found in rounds.items()}
    rates = {name: statistics.median(r["per_second"] for r in found) for name, found in rounds.items()}
    ratios = [ours / theirs for ours, theirs in zip(costs["gateway"], costs["nginx"], strict=True)]
    cells = "".join(f" {spread(costs[name]):>22}" for name in ("nginx", "haproxy", "gateway"))
    print(f"{title:22}{cells}  {spread(ratios)}", flush=True)
    print(f"{'':22}" + "".join(f" {rates[name]:>20,.0f}/s" for name in ("nginx", "haproxy", "gateway")))


# --- added latency ---------------------------------------------------------------------------------------


def latency(bench):
    """At half of what nginx can do, from when a request was due to the last byte of its answer."""
    connections = CONNECTIONS[0]
    print(
        "\nAdded latency, microseconds: median over the rounds of (through the proxy - straight to the stub)"
    )
    print(f"{'':30} {'nginx':>16} {'haproxy':>16} {'gateway':>16}   straight")
    nginx = bench.proxies[0]
    for body, path in peers.BODIES.items():
        peak = peers.wrk(bench.folder, nginx.port, path, connections, bench.seconds)
        rate = int(peak["requests"] / peak["seconds"] / 2)
        rounds = collections.defaultdict(list)
        for number, peer in bench.interleaved([bench.stub, *bench.proxies]):
            found = peers.steady_load(
                bench.build, bench.folder, peer.port, path, connections, rate, bench.seconds
            )
            peer.tidy()
            bench.note(part="latency", body=body, rate=rate, round=number, proxy=peer.name, **found)
            if found["errors"]:
                raise SystemExit(f"{peer.name}: {found}")
            rounds[peer.name].append(found)
        for quantile in ("p50", "p99"):
            print_latency(f"{body}, {rate:,}/s, {quantile}", rounds, quantile)


def print_latency(title, rounds, quantile):
    straight = [r[quantile] for r in rounds["stub"]]
    added = {
        name: statistics.median(r[quantile] - s for r, s in zip(found, straight, strict=True))
        for name, found in rounds.items()
    }
    cells = "".join(f" {added[name]:>16.0f}" for name in ("nginx", "haproxy", "gateway"))
    print(f"{title:30}{cells} {statistics.median(straight):>10.0f}", flush=True)


# --- start and memory ------------------------------------------------------------------------------------


def idle(bench):
    """Memory at rest before and after load, and how long a start takes."""
    print("\nResident memory (MB, all processes) and start, exec to the first 200 on /health (ms)")
    print(f"{'':10} {'fresh':>8} {'after load':>12}   start: median (least–most)")
    for proxy in bench.proxies:
        starts = []
        for _ in range(bench.rounds):
            proxy.stop()
            starts.append(proxy.start() * 1e3)
        time.sleep(SETTLE_SECONDS)
        fresh = proxy.resident_mb()
        for path in peers.BODIES.values():
            peers.wrk(bench.folder, proxy.port, path, max(CONNECTIONS), bench.seconds)
        time.sleep(SETTLE_SECONDS)
        loaded = proxy.resident_mb()
        proxy.tidy()
        bench.note(part="idle", proxy=proxy.name, starts_ms=starts, fresh_mb=fresh, loaded_mb=loaded)
        print(f"{proxy.name:10} {fresh:>8.1f} {loaded:>12.1f}   {spread(starts)}", flush=True)


PARTS = {"cpu": cpu, "latency": latency, "idle": idle} | siege.PARTS

if __name__ == "__main__":
    main()
