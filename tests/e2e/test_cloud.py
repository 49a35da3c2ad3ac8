"""The store as a cloud service, straight and through the gateway: what each switch does on the wire, and that
the gateway passes it on. Every test sets what it wants for a namespace of its own."""

import json
import select
import subprocess

import pytest
import turbopuffer as tpuf
from conftest import STORE_KEY, start_gateway, start_store
from harness import wire
from harness.programs import build_folder
from harness.waiting import wait_for
from harness.wire import bearer

KEY = bearer(STORE_KEY)
RESPOND_ASYNC = ("Prefer", "respond-async")
VECTORS = {"upsert_rows": [{"id": 1, "vector": [0.5, 0.5]}], "distance_metric": "cosine_distance"}
HOUR_MS = 3_600_000


class Cloud:
    """A namespace of the simulated service, as one of the two ways reaches it."""

    def __init__(self, store, program, name):
        self.store, self.program, self.name = store, program, name

    def set(self, **settings):
        body = json.dumps({"namespaces": {self.name: settings or None}}).encode()
        got = wire.call(self.store.address, "PATCH", "/_admin/cloud", body, [KEY])
        assert got.status == 200, got.body

    def target(self, path):
        version = "v1" if path.startswith(("/operations", "/_debug", "/schema")) else "v2"
        return f"/{version}/namespaces/{self.name}{path}"

    def call(self, method, path="", body=None, headers=()):
        raw = b"" if body is None else json.dumps(body).encode()
        return wire.call(self.program.address, method, self.target(path), raw, [KEY, *headers])

    def write(self, number, **more):
        return self.call("POST", "", {"upsert_rows": [{"id": number, "n": number}]} | more)

    def query(self, level="strong", **more):
        query = {"rank_by": ["id", "asc"], "limit": 99, "consistency": {"level": level}}
        return self.call("POST", "/query", query | more)

    def ids(self, level="strong"):
        return [row["id"] for row in self.query(level).json["rows"]]

    def metadata(self):
        return self.call("GET", "/metadata").json


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    store = start_store(tmp_path_factory.mktemp("cloud"), arguments=["--admin"])
    gateway = start_gateway(store.url, store.key)
    yield {"store": store, "gateway": gateway}
    gateway.stop()
    store.stop()


@pytest.fixture(params=["store", "gateway"])
def cloud(programs, request):
    name = f"{request.node.originalname}-{request.param}".replace("_", "-")
    one = Cloud(programs["store"], programs[request.param], name)
    yield one
    one.set()


def expect_429(got, text):
    assert got.status == 429 and text in got.json["error"], got.body
    assert got.header("retry-after") == "1" and got.header("retry-after-ms") == "1000"


# --- index lag --------------------------------------------------------------------------------------------


def test_an_eventual_query_sees_an_earlier_state(cloud):
    assert cloud.write(1).status == 200
    cloud.set(index_lag_ms=HOUR_MS, eventual_bytes=0)
    assert cloud.write(2, deletes=[1]).status == 200
    assert (cloud.ids("strong"), cloud.ids("eventual")) == ([2], [1])
    index = cloud.metadata()["index"]
    assert index["status"] == "updating" and index["unindexed_bytes"] > 0
    cloud.set(index_lag_ms=0)
    assert (cloud.ids("strong"), cloud.ids("eventual")) == ([2], [2])
    assert cloud.metadata()["index"] == {"status": "up-to-date"}


def test_little_is_seen_before_it_is_indexed(cloud):
    cloud.set(index_lag_ms=HOUR_MS, eventual_bytes=0)
    assert cloud.write(1).status == 200
    cloud.set(index_lag_ms=HOUR_MS, eventual_bytes=cloud.metadata()["index"]["unindexed_bytes"])
    for number in (2, 3):
        assert cloud.write(number).status == 200
    assert (cloud.ids("strong"), cloud.ids("eventual")) == ([1, 2, 3], [1])


# --- 429 --------------------------------------------------------------------------------------------------


def test_backlogs(cloud):
    cloud.set(index_lag_ms=HOUR_MS, backpressure_bytes=1, strong_backlog_bytes=1)
    assert cloud.write(1).status == 200
    expect_429(cloud.write(2), "back-pressure")
    assert cloud.query().status == 200
    assert cloud.write(3, disable_backpressure=True).status == 200
    expect_429(cloud.query("strong"), "strong queries")
    assert cloud.ids("eventual") == [1, 3]
    cloud.set(index_lag_ms=0)
    assert cloud.write(2).status == 200 and cloud.ids() == [1, 2, 3]


def test_the_second_of_two_at_once_finds_no_permit(cloud):
    """Whichever comes first is still working when the other one is refused."""
    assert cloud.write(1).status == 200
    cloud.set(permits=1, permit_wait_ms=0, read_p50_ms=60_000)
    body = json.dumps({"rank_by": ["id", "asc"], "limit": 1}).encode()
    query = wire.request("POST", cloud.target("/query"), body, [KEY])
    with wire.connect(cloud.program.address) as one, wire.connect(cloud.program.address) as other:
        pair = {end.send(query).socket: end for end in (one, other)}
        ready, _, _ = select.select(list(pair), [], [], 30)
        expect_429(pair[ready[0]].response("POST"), "too many concurrent queries")


# --- latency ----------------------------------------------------------------------------------------------


def test_latency_is_reported(cloud):
    assert cloud.write(1).status == 200
    cloud.set(read_p50_ms=40, write_p50_ms=60)
    assert cloud.query().json["performance"]["server_total_ms"] >= 40
    assert cloud.query().json["performance"]["query_execution_ms"] >= 40
    assert cloud.write(2).json["performance"]["server_total_ms"] >= 60


# --- failures ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("applied", [0, 1])
@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
def test_a_failure_keeps_its_status(status, applied, cloud):
    assert cloud.write(1).status == 200
    cloud.set(status_rate=1, statuses=str(status), applied_rate=applied, faults_on="write")
    got = cloud.write(2)
    assert got.status == status and got.json["error"] == f"💔 simulated failure {status}"
    assert (got.header("retry-after") == "1") == (status in (429, 503))
    assert cloud.ids() == [1, 2][: 1 + applied]
    cloud.call("DELETE")


@pytest.mark.parametrize("applied", [0, 1])
def test_a_write_without_an_answer(applied, cloud, programs):
    assert cloud.write(1).status == 200
    cloud.set(cut_rate=1, applied_rate=applied, faults_on="write")
    if cloud.program is programs["store"]:
        assert cloud.write(2) is None
    else:
        assert cloud.write(2).status == 504  # outcome unknown
    assert cloud.ids() == [1, 2][: 1 + applied]
    cloud.set()
    cloud.call("DELETE")


def test_an_answer_that_breaks_off(cloud, programs):
    assert cloud.write(1).status == 200
    cloud.set(cut_body_rate=1, faults_on="query")
    for _ in range(5):
        try:
            got = cloud.query()
        except EOFError:
            continue
        assert cloud.program is programs["gateway"] and got.status >= 500


def test_an_answer_that_is_no_json_passes_as_it_is(cloud):
    assert cloud.write(1).status == 200
    cloud.set(garbage_rate=1, faults_on="metadata")
    bodies = [cloud.call("GET", "/metadata") for _ in range(10)]
    assert {got.status for got in bodies} == {200}
    assert any(got.body.startswith(b"<html>") for got in bodies)
    for got in bodies:
        with pytest.raises(json.JSONDecodeError):
            json.loads(got.body or b"")


def test_a_slow_answer_is_whole(cloud):
    assert cloud.write(1).status == 200
    whole = cloud.call("GET", "/metadata").body
    cloud.set(slow_rate=1, slow_bytes_per_s=2000)
    assert cloud.call("GET", "/metadata").body == whole


# --- respond-async ----------------------------------------------------------------------------------------


def test_a_slow_recall_is_answered_later(cloud):
    assert cloud.call("POST", "", VECTORS).status == 200
    cloud.set(operation_p50_ms=200, async_after_ms=1)
    assert cloud.call("POST", "/_debug/recall", {}).json["avg_recall"] == 1.0
    got = cloud.call("POST", "/_debug/recall", {}, [RESPOND_ASYNC])
    assert got.status == 202 and got.header("preference-applied") == "respond-async"
    location = got.header("location")
    token = got.json["token"]
    assert location == f"/v1/namespaces/{cloud.name}/operations/{token}"
    wait_for(lambda: cloud.call("GET", f"/operations/{token}").json["status"] == "finished")
    result = cloud.call("GET", f"/operations/{token}").json["result"]
    assert result["success"]["avg_recall"] == 1.0
    assert cloud.call("GET", "/operations/none").status == 404


def test_the_sdk_waits_for_operations(cloud):
    cloud.set(operation_p50_ms=300, write_p50_ms=300, async_after_ms=1, async_routes="recall,write")
    with tpuf.Turbopuffer(api_key=STORE_KEY, base_url=cloud.program.url, max_retries=0) as client:
        namespace = client.namespace(cloud.name)
        assert namespace.write(**VECTORS).rows_affected == 1
        assert namespace.recall().avg_recall == 1.0
        assert namespace.write(upsert_rows=[{"id": 2, "vector": [1.0, 0.0]}]).rows_upserted == 1
        with pytest.raises(tpuf.BadRequestError, match="mix ID types"):
            namespace.write(upsert_rows=[{"id": "text", "vector": [1.0, 0.0]}])
        cloud.set()
        copy = Cloud(cloud.store, cloud.program, cloud.name + "-copy")
        copy.set(operation_p50_ms=300, async_after_ms=1)
        answer = client.namespace(copy.name).copy_from(source_namespace=cloud.name)
        assert answer.rows_affected == 2
    assert cloud.ids() == copy.ids() == [1, 2]
    copy.set()


# --- index builds -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [202, 409])
def test_a_new_index_is_waited_for(status, cloud):
    cloud.set(index_build_ms=HOUR_MS, index_build_status=str(status))
    assert cloud.call("POST", "", {"upsert_rows": [{"id": 1, "t": "harbour"}]}).status == 200
    schema = {"t": {"type": "string", "full_text_search": True}}
    assert cloud.call("POST", "/schema", schema).status == 200
    got = cloud.query(rank_by=["t", "BM25", "harbour"])
    assert got.status == status and b"still being built" in got.body
    assert cloud.ids() == [1]
    cloud.set()
    assert cloud.query(rank_by=["t", "BM25", "harbour"]).json["rows"][0]["id"] == 1
    cloud.call("DELETE")


# --- switches ---------------------------------------------------------------------------------------------


def test_the_admin_route_wants_the_key_and_the_switch(programs, store):
    assert wire.call(programs["store"].address, "GET", "/_admin/cloud").status == 401
    assert wire.call(programs["gateway"].address, "GET", "/_admin/cloud", b"", [KEY]).status == 404
    assert wire.call(store.address, "GET", "/_admin/cloud", b"", [bearer(store.key)]).status == 404


def test_flags_and_the_ordinary_day(tmp_path):
    store = start_store(tmp_path, arguments=["--admin", "--permits", "3", "--cloud", "--write-p50-ms", "1"])
    try:
        settings = wire.call(store.address, "GET", "/_admin/cloud", b"", [KEY]).json["settings"]
        assert (settings["permits"], settings["write_p50_ms"], settings["read_p50_ms"]) == (3, 1, 15)
        with tpuf.Turbopuffer(api_key=STORE_KEY, base_url=store.url, max_retries=0) as client:
            namespace = client.namespace("ordinary")
            namespace.write(**VECTORS)
            answer = namespace.query(rank_by=("vector", "ANN", [0.5, 0.5]), limit=1)
            assert answer.rows[0].id == 1
            assert namespace.metadata().index.status == "updating"
    finally:
        store.stop()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--index-lag-ms", "soon"],
        ["--index-lag-ms"],
        ["--cut-rate", "2"],
        ["--read-p50-ms", "9", "--read-p99-ms", "1"],
        ["--no-such-setting", "1"],
        ["--admin"],
    ],
    ids=" ".join,
)
def test_what_is_no_flag(arguments):
    command = [str(build_folder() / "layer-store"), "--listen", "127.0.0.1:0", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)
    assert done.returncode == 2 and "Try layer-store --help." in done.stderr


def test_the_help_names_every_setting(programs):
    done = subprocess.run(
        [str(build_folder() / "layer-store"), "--help"], capture_output=True, text=True, timeout=30
    )
    settings = wire.call(programs["store"].address, "GET", "/_admin/cloud", b"", [KEY]).json["settings"]
    for name in settings:
        assert "--" + name.replace("_", "-") + " " in done.stdout
