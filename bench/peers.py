"""The processes of the bench: the stub upstream, the proxies in front of it, the loaders."""

import contextlib
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEY = "tpuf_bench"
TICKS = os.sysconf("SC_CLK_TCK")
# Loaders and the stub share a core; the proxy under test has the other one for itself.
LOAD_CORE, PROXY_CORE = 0, 1

BODIES = {"157 B": "/v2/namespaces/bench-small/query", "10.7 KB": "/v2/namespaces/bench-large/query"}
QUERY = json.dumps(
    {
        "rank_by": ["vector", "ANN", [round(0.01 * i - 0.16, 2) for i in range(32)]],
        "top_k": 10,
        "filters": ["And", [["section", "Eq", "net"], ["installed_size", "Lt", 4096]]],
        "include_attributes": ["name", "description"],
    }
)


@contextlib.contextmanager
def on_core(core):
    """What is started inside is pinned to the core, as it inherits this."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def small_answer():
    body = '{"rows":[{"id":1,"$dist":0.25,"name":"nginx"}],"billing":{"billable_logical_bytes_queried":256}}'
    return padded(body, 157)


def large_answer():
    row = '{"id":%d,"$dist":0.125,"name":"package","description":"%s"}'
    text = "a small and fast web server and proxy with a long text about it " * 15
    rows = ",".join(row % (i, text) for i in range(10))
    return padded(f'{{"rows":[{rows}]}}', 10_700)


def padded(body, size):
    """Spaces are fine between the tokens of JSON."""
    return body[:-1] + " " * (size - len(body)) + "}"


class Peer:
    """A server under way. `ready` is the request that is answered with 200 once it serves."""

    def __init__(self, name, folder, core):
        self.name, self.core, self.port = name, core, free_port()
        self.folder = folder / name
        self.folder.mkdir(parents=True)
        self.process = None

    def command(self):
        raise NotImplementedError

    def environment(self):
        return {"PATH": os.environ["PATH"]}

    def start(self):
        """Returns the seconds from just before fork and exec to the first 200 on /health."""
        command = self.command()
        with open(self.folder / "out.log", "ab") as out, on_core(self.core):
            began = time.perf_counter()
            self.process = subprocess.Popen(
                command, env=self.environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        while not answers_health(self.port):
            if self.process.poll() is not None or time.perf_counter() - began > 10:
                raise SystemExit(f"{self.name} did not start; see {self.folder}/out.log")
        return time.perf_counter() - began

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process = None

    def pids(self):
        """The process and its descendants."""
        found, todo = [], [self.process.pid]
        while todo:
            pid = todo.pop()
            found.append(pid)
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                todo += map(int, (task / "children").read_text().split())
        return found

    def cpu_seconds(self):
        ticks = 0
        for pid in self.pids():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / TICKS

    def resident_mb(self):
        kb = 0
        for pid in self.pids():
            for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    kb += int(line.split()[1])
        return kb / 1024

    def tidy(self):
        """Between rounds: the log is not what is measured."""
        os.truncate(self.folder / "out.log", 0)


def answers_health(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as s:
            s.sendall(b"GET /health HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")
            return s.recv(4096).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


class Nginx(Peer):
    connections = 4096

    def command(self):
        conf = self.folder / "nginx.conf"
        values = {
            "user": "user root;" if os.geteuid() == 0 else "",
            "files": self.connections + 4096,
            "connections": self.connections,
            "http": self.http(),
        }
        conf.write_text(NGINX % values)
        return ["nginx", "-p", str(self.folder), "-c", str(conf), "-e", "stderr"]


NGINX = """
%(user)s
daemon off;
worker_processes 1;
worker_rlimit_nofile %(files)d;
pid nginx.pid;
error_log stderr error;
events { worker_connections %(connections)d; }
http {
	access_log off;
	client_body_temp_path body;
	proxy_temp_path proxy;
	fastcgi_temp_path fastcgi;
	uwsgi_temp_path uwsgi;
	scgi_temp_path scgi;
	keepalive_requests 100000000;
	%(http)s
}
"""


class Stub(Nginx):
    """Answers at once, from memory, over kept-alive connections."""

    def http(self):
        # A parameter of nginx's configuration ends at 4 KiB: the long answer is put together.
        large = large_answer()
        parts = [large[i : i + 2700] for i in range(0, len(large), 2700)]
        sets = "".join(f"set $p{i} '{part}';" for i, part in enumerate(self.plain(p) for p in parts))
        joined = "".join(f"${{p{i}}}" for i in range(len(parts)))
        small, large = BODIES.values()
        return f"""
	default_type application/json;
	geo $dollar {{ default "$"; }}
	server {{
		listen 127.0.0.1:{self.port} backlog=4096;
		location = /health {{ return 200; }}
		location = {small} {{ return 200 '{self.plain(small_answer())}'; }}
		location = {large} {{ {sets} return 200 "{joined}"; }}
	}}"""

    @staticmethod
    def plain(text):
        return text.replace("$", "${dollar}")


class NginxProxy(Nginx):
    def __init__(self, folder, upstream):
        super().__init__("nginx", folder, PROXY_CORE)
        self.upstream = upstream

    def http(self):
        return f"""
	upstream stub {{
		server 127.0.0.1:{self.upstream};
		keepalive 512;
		keepalive_requests 100000000;
	}}
	server {{
		listen 127.0.0.1:{self.port} backlog=4096;
		location = /health {{ return 200; }}
		location / {{
			proxy_pass http://stub;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
		}}
	}}"""


class Haproxy(Peer):
    def __init__(self, folder, upstream):
        super().__init__("haproxy", folder, PROXY_CORE)
        self.upstream = upstream

    def command(self):
        conf = self.folder / "haproxy.cfg"
        conf.write_text(
            f"""
global
	nbthread 1
	maxconn 4096
defaults
	mode http
	timeout connect 10s
	timeout client 60s
	timeout server 60s
frontend bench
	bind 127.0.0.1:{self.port}
	http-request return status 200 if {{ path /health }}
	default_backend stub
backend stub
	server stub 127.0.0.1:{self.upstream}
"""
        )
        return ["haproxy", "-db", "-q", "-f", str(conf)]


class Gateway(Peer):
    def __init__(self, folder, upstream, build):
        super().__init__("gateway", folder, PROXY_CORE)
        self.upstream, self.build = upstream, build

    def command(self):
        return [str(self.build / "layer-gateway")]

    def environment(self):
        return super().environment() | {
            "TURBOPUFFER_API_KEY": KEY,
            "TURBOPUFFER_API_URL": f"http://127.0.0.1:{self.upstream}",
            "LAYER_HOST": "127.0.0.1",
            "LAYER_LOOPS": "1",
            "PORT": str(self.port),
        }


# wrk counts; what it found is one line of JSON.
WRK_SCRIPT = """
wrk.method = "POST"
wrk.headers["authorization"] = "Bearer %s"
wrk.headers["content-type"] = "application/json"
wrk.body = [==[%s]==]
function done(summary)
	local e = summary.errors
	io.write(string.format("\\n{\\"requests\\":%%d,\\"seconds\\":%%f,\\"errors\\":%%d}\\n", summary.requests,
		summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout))
end
"""


def wrk(folder, port, path, connections, seconds):
    script = folder / "query.lua"
    if not script.exists():
        script.write_text(WRK_SCRIPT % (KEY, QUERY))
    argv = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script)]
    return json.loads(output_of([*argv, f"http://127.0.0.1:{port}{path}"]).splitlines()[-1])


def steady_load(build, folder, port, path, connections, rate, seconds):
    """Requests at a fixed rate (bench/load.c); latencies in microseconds."""
    body = folder / "query.json"
    body.write_text(QUERY)
    argv = [build / "bench/load", port, path, KEY, body, connections, rate, seconds]
    return json.loads(output_of(map(str, argv)))


def output_of(loader):
    with on_core(LOAD_CORE):
        return subprocess.run(list(loader), capture_output=True, text=True, check=True).stdout


def need_programs():
    missing = [name for name in ("nginx", "haproxy", "slowhttptest", "wrk") if not shutil.which(name)]
    if missing:
        raise SystemExit(f"not installed: {', '.join(missing)}; `./dev bench` installs them")
    if os.cpu_count() < 2:
        raise SystemExit("the bench needs two cores: one for the proxy, one for the load")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20_000), hard))
