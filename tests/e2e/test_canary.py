"""Secrets stay where they are. The harness searches all that the suite's programs write and answer, in every
test (harness/canary.py); here are the places where one would get out first."""

import base64
import contextlib
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import tempfile

import pytest
from conftest import start_gateway, start_store
from harness import canary, wire
from harness.canary import STORE_KEY, client_key, store_key
from harness.manifests import Folder, inbound_key, index, secret, store
from harness.programs import Program, build_folder
from harness.waiting import wait_for
from harness.wire import bearer, connect, response

DEBUG = {"LAYER_LOG_LEVEL": "debug"}
LIST = ("GET", "/v1/namespaces")
CREDENTIAL, CLIENT = store_key("upstream"), client_key("client")
SECRET = secret("layer", **{"api-key": CREDENTIAL, "client": CLIENT})


def ended_and_silent(program):
    """Stops it and looks at all it wrote; what is found fails the test."""
    program.stop()
    canary.verify()


# --- requests ------------------------------------------------------------------------------------

NEAR = [
    STORE_KEY[:-1],
    STORE_KEY + "x",
    STORE_KEY * 2,
    STORE_KEY.swapcase(),
    STORE_KEY[:-1] + chr(ord(STORE_KEY[-1]) ^ 1),
    "x" + STORE_KEY[1:],
    STORE_KEY + "," + STORE_KEY,
    '"' + STORE_KEY + '"',
]
ENCODED = base64.b64encode(f"user:{STORE_KEY}".encode()).decode()
ODD = {
    "no scheme": [("Authorization", STORE_KEY)],
    "another scheme": [("Authorization", f"Basic {ENCODED}")],
    "scheme of its own": [("Authorization", f"{STORE_KEY} {STORE_KEY}")],
    "cookie": [("Cookie", f"key={STORE_KEY}")],
    "API key": [("X-Api-Key", STORE_KEY)],
    "proxy": [("Proxy-Authorization", f"Bearer {STORE_KEY}")],
    "agent": [("User-Agent", STORE_KEY)],
    "trace": [("traceparent", STORE_KEY), ("tracestate", f"a={STORE_KEY}")],
    "name of a header": [(STORE_KEY, "x")],
    "named by Connection": [("Connection", STORE_KEY)],
}
BROKEN = {
    "no such version": b"GET / HTTP/9 %b\r\n\r\n",
    "bare line end": b"GET /v1/namespaces HTTP/1.1\nAuthorization: Bearer %b\n\n",
    "folded": b"GET /v1/namespaces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer\r\n %b\r\n\r\n",
    "no colon": b"GET /v1/namespaces HTTP/1.1\r\nHost: x\r\nAuthorization Bearer %b\r\n\r\n",
    "bad length": b"POST /v2/namespaces/n HTTP/1.1\r\nHost: x\r\nContent-Length: %b\r\n\r\n",
    "bad coding": b"POST /v2/namespaces/n HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: %b\r\n\r\n",
    "bad chunk": b"POST /v2/namespaces/n HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%b\r\n",
    "bad host": b"GET /v1/namespaces HTTP/1.1\r\nHost: %b/x y\r\n\r\n",
    "only the key": b"%b\r\n\r\n",
    "long head": b"GET /v1/namespaces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b" + b"x" * 80000,
}


@pytest.fixture(params=["gateway", "store"])
def guarded(request, gateways, upstream, tmp_path):
    """Each program that asks for a key."""
    if request.param == "gateway":
        yield gateways(upstream.url, **DEBUG)
        return
    program = start_store(tmp_path)
    yield program
    program.stop()


@pytest.mark.parametrize("target", [LIST[1], f"{LIST[1]}?api_key={STORE_KEY}&x=%0a"])
def test_keys_near_the_right_one(target, guarded, upstream):
    for key in NEAR:
        got = wire.call(guarded.address, "GET", target, headers=[bearer(key)])
        assert got.status == 401 and got.json, key
    assert upstream.requests == []
    ended_and_silent(guarded)


def test_keys_in_odd_places(guarded, upstream):
    for name, headers in ODD.items():
        got = wire.call(guarded.address, *LIST, headers=headers)
        assert got.status in (400, 401), name
    for body in (STORE_KEY, json.dumps({"api_key": STORE_KEY, "rank_by": STORE_KEY})):
        assert wire.call(guarded.address, "POST", "/v2/namespaces/n/query", body.encode()).status == 401
    assert upstream.requests == []
    ended_and_silent(guarded)


@pytest.mark.parametrize("name", ["AUTHORIZATION", "authorization", "aUTHORIZATION"])
def test_the_right_key_in_any_spelling_of_the_header(name, guarded):
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert wire.call(guarded.address, *LIST, headers=[(name, f"{scheme} {STORE_KEY}")]).status == 200
    ended_and_silent(guarded)


def test_requests_that_are_none(guarded, upstream):
    for name, head in BROKEN.items():
        with connect(guarded.address) as client:
            got = client.offer(head.replace(b"%b", STORE_KEY.encode())).response()
            assert got is None or 400 <= got.status < 506, name
    assert upstream.requests == []
    ended_and_silent(guarded)


def test_the_path_of_the_log_has_no_query(gateways, upstream):
    gateway = gateways(upstream.url, **DEBUG)
    target = f"/v1/namespaces?page_size=1&api_key={STORE_KEY}"
    assert wire.call(gateway.address, "GET", target, headers=[bearer(STORE_KEY)]).status == 200
    wait_for(lambda: '"/v1/namespaces"' in gateway.output())
    ended_and_silent(gateway)


def test_stores_that_fail(gateways, upstream):
    """Answers that are none, a store that is away: the gateway tells of it without its credential."""
    gateway = gateways(upstream.url, **DEBUG)
    for script in (
        lambda peer: peer.read_request() and peer.reset(),
        lambda peer: peer.read_request() and peer.send(b"HTTP/1.1 banana\r\n\r\n"),
        lambda peer: peer.read_request() and peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1"),
    ):
        upstream.script = script
        with connect(gateway.address) as client:
            client.send(wire.request(*LIST, headers=[bearer(STORE_KEY)]))
            with contextlib.suppress(EOFError):
                assert client.response().status in (200, 502, 504)
    upstream.close()
    assert wire.call(gateway.address, *LIST, headers=[bearer(STORE_KEY)]).status == 502
    ended_and_silent(gateway)


def test_what_a_store_echoes_is_relayed(gateways, upstream):
    """By design: the body of an answer is the store's own. The gateway's own output stays clean."""

    def echo(peer):
        while request := peer.read_request():
            peer.send(response(400, request.header("authorization").encode()))

    upstream.script = echo
    gateway = gateways(upstream.url, **DEBUG)
    with canary.may_be_relayed("the store echoes it"):
        got = wire.call(gateway.address, *LIST, headers=[bearer(STORE_KEY)])
        assert (got.status, got.body) == (400, bearer(STORE_KEY)[1].encode())
    ended_and_silent(gateway)


# --- configuration -------------------------------------------------------------------------------


def documents(url):
    policy = {"mode": "keys", "keys": [inbound_key("client", ["read"])]}
    return [SECRET, store("main", url, default=True, auth=policy), index("books", "books-v2", "main")]


def leaves(value, path=()):
    """Where the texts, numbers and lists of a document stand."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield (*path, key)
        if isinstance(item, (dict, list)):
            yield from leaves(item, (*path, key))


def replaced(document, path, item):
    copy = json.loads(json.dumps(document))
    at = copy
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = item
    return copy


PLACES = [
    (number, path)
    for number, document in enumerate(documents("http://127.0.0.1:1"))
    for path in leaves(document)
    if path[0] not in ("kind", "apiVersion")  # a document of another kind is not ours
    and path[0] != "stringData"  # where it belongs
    and path[-1] not in ("region",)  # free text
]
ALONE = [CLIENT, CLIENT + "\n", f"https://user:{CLIENT}@example.org", f"Bearer {CLIENT}"]
TEXTS = [
    f'stringData: {{"key": "{CLIENT}',
    f"stringData:\n  key: {CLIENT}: {CLIENT}\n",
    f"stringData:\n\tkey: {CLIENT}\n",
    f"key: *{CLIENT}\n",
    f"key: !{CLIENT} x\n",
    f"key: %{CLIENT}\n",
    f"key: &{CLIENT} x\n",
    f"- {CLIENT}\n",
    CLIENT,
    f"key: [{CLIENT}\n",
    f'key: "\\q{CLIENT}"\n',
    f"kind: Secret\napiVersion: v1\nmetadata: {{name: x}}\ndata: {{key: {CLIENT}}}\n",
    f"kind: Secret\napiVersion: v1\nmetadata: {{name: x}}\nstringData: [{CLIENT}]\n",
    f"kind: Secret\napiVersion: {CLIENT}\nmetadata: {{name: x}}\nstringData: {{a: 5}}\n",
]


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def reports(gateway):
    """What the log says of reloads that failed."""
    lines = [json.loads(line) for line in gateway.output().split("\n")[:-1] if line.startswith("{")]
    return [line for line in lines if line.get("event", "").startswith("config") and "file" in line]


def test_a_secret_in_every_wrong_field(gateways, folder, upstream):
    """Each field of each manifest gets the key for its value, and as its member; then files that are no YAML.
    What is said names file and line, and never the value."""
    good = documents(upstream.url)
    folder.write("all.yaml", *good)
    gateway = gateways(None, key=None, LAYER_CONFIG_DIR=str(folder.path), **DEBUG)
    for value in (*ALONE, {"value": CLIENT}, [CLIENT]):
        for number, path in PLACES:
            wrong = [replaced(d, path, value) if n == number else d for n, d in enumerate(good)]
            folder.write("all.yaml", *wrong)
            reload(gateway)
    folder.write("all.yaml", *good)
    for text in TEXTS:
        folder.write_text("other.yaml", text)
        reload(gateway)
    said = reports(gateway)
    placed = [report for report in said if report["file"].endswith(".yaml") and report["line"] > 0]
    assert len(placed) > 150
    assert all("no vector store" in report["message"] for report in said if report not in placed)
    ended_and_silent(gateway)


def reload(gateway):
    before = reloads(gateway)
    gateway.signal(signal.SIGHUP)
    wait_for(lambda: reloads(gateway) > before)


def reloads(gateway):
    text = wire.call(gateway.address, "GET", "/metrics").body.decode()
    lines = [line for line in text.splitlines() if line.startswith("layer_config_reloads_total")]
    return sum(float(line.split()[-1]) for line in lines)


ENVIRONMENTS = [
    {"TURBOPUFFER_API_KEY": CREDENTIAL + " x"},
    {"TURBOPUFFER_API_KEY": CREDENTIAL + "\n"},
    {"TURBOPUFFER_API_URL": CREDENTIAL},
    {"TURBOPUFFER_API_URL": f"https://{CREDENTIAL}@example.org:x"},
    {"LAYER_LOG_LEVEL": CREDENTIAL},
    {"LAYER_LOOPS": CREDENTIAL},
    {"LAYER_IDLE_TIMEOUT_MS": CREDENTIAL},
]


@pytest.mark.parametrize("wrong", ENVIRONMENTS, ids=lambda wrong: next(iter(wrong)))
def test_a_secret_in_the_wrong_variable(wrong, gateways):
    """The program names the variable, and does not start."""
    with pytest.raises(RuntimeError, match=next(iter(wrong))):
        gateways("http://127.0.0.1:1", **wrong)
    canary.verify()


def test_a_secret_of_the_environment_that_is_none(gateways, folder, upstream):
    folder.write("store.yaml", store("main", upstream.url))
    with pytest.raises(RuntimeError, match=r"store\.yaml.*secretRef"):
        gateways(
            None, key=None, LAYER_CONFIG_DIR=str(folder.path), LAYER_SECRET_LAYER_API_KEY=CREDENTIAL + "\x01"
        )
    canary.verify()


@pytest.mark.parametrize(
    "arguments",
    [
        [STORE_KEY],
        ["--api-key=" + STORE_KEY],
        ["--listen", STORE_KEY],
        ["--api-key", STORE_KEY, STORE_KEY],
        ["--listen", "127.0.0.1:{port}", "--data", "/dev/null/x", "--api-key", STORE_KEY],
    ],
)
def test_a_secret_in_the_wrong_argument(arguments):
    with pytest.raises(RuntimeError, match="layer-store: "):
        Program("layer-store", arguments)
    canary.verify()


# --- the process itself --------------------------------------------------------------------------

NO_SANITIZER_HELP = "disable_coredump=0:handle_segv=0:handle_abort=0:handle_sigbus=0"


@pytest.fixture(params=["gateway", "store"])
def exposed(request, upstream, monkeypatch, tmp_path):
    """Either program with its secret, where its starter would have let it write a core into tmp_path."""
    monkeypatch.setenv("ASAN_OPTIONS", NO_SANITIZER_HELP)
    monkeypatch.chdir(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        of_gateway = request.param == "gateway"
        program = start_gateway(upstream.url) if of_gateway else start_store(tmp_path / "data")
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    assert wire.call(program.address, *LIST, headers=[bearer(STORE_KEY)]).status == 200
    yield program
    program.kill()


def proc(program, name):
    return pathlib.Path(f"/proc/{program.process.pid}/{name}")


@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS])
def test_a_crash_leaves_no_core(number, exposed, tmp_path):
    limit = next(line for line in proc(exposed, "limits").read_text().splitlines() if "core file" in line)
    assert limit.split()[4:6] == ["0", "0"]
    exposed.signal(number)
    pid, status = os.waitpid(exposed.process.pid, 0)
    exposed.process.returncode = -number
    assert pid and os.WIFSIGNALED(status) and os.WTERMSIG(status) == number
    assert not os.WCOREDUMP(status) and not list(tmp_path.glob("core*"))
    exposed.kill()
    canary.verify()


def test_the_kernel_does_not_show_it(exposed):
    """What `ps` and /proc tell of a process, to root as well; the program itself goes on."""
    for name in ("environ", "cmdline"):
        shown = proc(exposed, name).read_bytes()
        assert shown and not canary.search(shown), name
    assert wire.call(exposed.address, *LIST, headers=[bearer(STORE_KEY)]).status == 200


def test_a_hidden_secret_survives_a_reload(gateways, folder, upstream):
    folder.write("store.yaml", store("main", upstream.url))
    variables = {"LAYER_CONFIG_DIR": str(folder.path), "LAYER_SECRET_LAYER_API_KEY": CREDENTIAL}
    gateway = gateways(None, key=None, **variables)
    reload(gateway)
    assert wire.call(gateway.address, *LIST, headers=[bearer(CREDENTIAL)]).status == 200
    assert not canary.search(proc(gateway, "environ").read_bytes())


def as_nobody():
    os.setgid(65534)
    os.setuid(65534)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs two users")
def test_another_process_of_its_user_cannot_look_inside():
    """Through /proc or as a debugger."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        binary = shutil.copy(build_folder() / "layer-store", folder)
        command = [binary, "--listen", "127.0.0.1:0", "--api-key", STORE_KEY]
        started = subprocess.Popen(command, stdout=subprocess.PIPE, preexec_fn=as_nobody, cwd="/")
        assert b"layer-store" in started.stdout.readline()
    try:
        for name in ("environ", "mem", "maps"):
            looked = subprocess.run(
                ["head", "-c", "1", f"/proc/{started.pid}/{name}"], preexec_fn=as_nobody, capture_output=True
            )
            assert looked.returncode != 0 and b"ermission denied" in looked.stderr, name
    finally:
        started.kill()
        started.wait()
        started.stdout.close()
