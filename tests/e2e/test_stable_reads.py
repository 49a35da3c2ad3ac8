"""Stable reads through real processes: a store whose index lags, and gateways that watch it often. What the
page says about queries, row by row; then random histories."""

import json
import random
import time

import pytest
from conftest import STORE_KEY, start_gateway, start_store
from harness import manifests, wire
from harness.manifests import Folder
from harness.upstream import Upstream
from harness.waiting import wait_for
from harness.wire import bearer, connect, response

KEY = bearer(STORE_KEY)
STAMP = "_hevlayer_upserted_at"
AS_OF = "x-layer-stable-as-of"
HOUR_MS = 3_600_000
FAST = {"CONSISTENCY_POLL_INTERVAL_MS": "50", "CONSISTENCY_SAFETY_MARGIN_MS": "20"}
ROWS = {"rank_by": ["id", "asc"], "limit": 99, "include_attributes": ["n", STAMP]}
STRONG = {"consistency": {"level": "strong"}}


class Tap(Upstream):
    """In front of the store: what it was asked, and what it answered, in order."""

    def __init__(self, address):
        super().__init__()
        self.target, self.exchanges, self.script = address, [], self.pass_on

    def pass_on(self, peer):
        with connect(self.target) as store:
            while request := peer.read_request():
                answer = store.call(request.method, request.target, request.body, request.headers)
                self.exchanges.append((request, answer))
                peer.send(response(answer.status, answer.body, answer.headers))


class Namespace:
    """A namespace of the store, as a gateway reaches it."""

    def __init__(self, store, below, gateway, name):
        self.store, self.below, self.gateway, self.name = store, below, gateway, name
        self.path = f"/v2/namespaces/{name}"

    def set(self, **settings):
        body = json.dumps({"namespaces": {self.name: settings or None}}).encode()
        got = wire.call(self.store.address, "PATCH", "/_admin/cloud", body, [KEY])
        assert got.status == 200, got.body

    def write(self, *numbers, through=None, **more):
        body = {"upsert_rows": [{"id": n, "n": n} for n in numbers]} if numbers else {}
        return self.send("POST", self.path, body | more, through)

    def send(self, method, path, body=None, through=None):
        raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        got = wire.call((through or self.gateway).address, method, path, raw, [KEY])
        assert path != self.path or got.status == 200, got.body  # writes succeed
        return got

    def query(self, body=ROWS, through=None):
        return self.send("POST", self.path + "/query", body, through)

    def mark(self, through=None):
        """The watermark as a query reports it, or 0."""
        return int(self.query(through=through).header(AS_OF) or 0)

    def settle(self, through=None):
        """Until the watermark has passed everything that is written by now; it."""
        rows = self.query(ROWS | STRONG, through=self.store).json["rows"]
        newest = max((row.get(STAMP) or 0 for row in rows), default=0)
        return wait_for(lambda: (w := self.mark(through)) >= newest and w)

    def updating(self, *numbers):
        """One row that is indexed and those that are not, and that is known; the watermark."""
        self.write(1)
        mark = self.settle()
        self.set(index_lag_ms=HOUR_MS)
        self.write(*numbers)
        wait_for(lambda: self.carries())
        return self.mark() or mark

    def carries(self):
        """Whether a query goes out with the predicate."""
        return STAMP in json.dumps(self.sent().get("filters"))

    def sent(self, body=ROWS):
        """The one body that the store gets for this query."""
        (one,) = self.all_sent(body)
        return one

    def all_sent(self, body=ROWS):
        self.below.exchanges.clear()
        self.query(body)
        return [json.loads(raw) for raw in self.raw_queries()]

    def raw_queries(self):
        return [one.body for one, _ in list(self.below.exchanges) if one.target == self.path + "/query"]


def predicate(mark):
    return [STAMP, "Lte", mark]


def ids(got):
    return [row["id"] for row in got.json["rows"]]


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    store = start_store(tmp_path_factory.mktemp("stable"), arguments=["--admin"])
    below = Tap(store.address)
    gateway = start_gateway(below.url, **FAST)
    yield store, below, gateway
    gateway.stop()
    below.close()
    store.stop()


@pytest.fixture
def space(programs, request):
    made = Namespace(*programs, request.node.name.replace("_", "-").replace("[", "-").replace("]", ""))
    yield made
    made.set()


# --- the decision -----------------------------------------------------------------------------------------


def test_a_cold_gateway_reports_nothing(space):
    """Neither a namespace that was never polled nor one that was never seen stable has a watermark."""
    space.set(index_lag_ms=HOUR_MS)
    space.write(1)
    for _ in range(10):
        got = space.query()
        assert got.status == 200 and got.header(AS_OF) is None
        assert "filters" not in space.sent() and space.sent()["consistency"] == {"level": "eventual"}
        time.sleep(0.02)
    space.set()
    space.settle()


def test_a_stable_namespace_is_read_whole(space):
    space.write(1, 2)
    before = time.time() * 1000
    mark = space.settle()
    assert before - 1000 < mark < time.time() * 1000
    assert space.sent() == ROWS | {"consistency": {"level": "eventual"}}
    assert ids(space.query()) == [1, 2]


def test_an_updating_namespace_is_read_at_its_watermark(space):
    mark = space.updating(2)
    got = space.query()
    assert (ids(got), int(got.header(AS_OF))) == ([1], mark)
    assert space.sent()["filters"] == predicate(mark)
    own = ["n", "Gt", 0]
    assert space.sent(ROWS | {"filters": own})["filters"] == ["And", [own, predicate(mark)]]
    space.set()
    space.settle()
    assert ids(space.query()) == [1, 2]


def test_what_is_rewritten_leaves_and_comes_back(space):
    mark = space.updating(1)
    assert ids(space.query()) == []
    assert ids(space.query(ROWS | STRONG)) == [1]
    assert int(space.query().header(AS_OF)) == mark
    space.set()
    space.settle()
    assert ids(space.query()) == [1]


def test_a_delete_takes_effect_at_once(space):
    space.write(3)
    space.updating(2)
    space.write(deletes=[1])
    assert ids(space.query()) == [3]


def test_the_watermark_stands_while_writes_go_on(space):
    mark = space.updating(2)
    for number in range(3, 8):
        space.write(number)
        assert space.mark() == mark and ids(space.query()) == [1]
        time.sleep(0.06)


def test_all_legs_share_one_cut(space):
    mark = space.updating(2)
    legs = [ROWS, {"aggregate_by": {"rows": ["Count"]}}, ROWS | {"filters": ["n", "Gt", 0]}]
    got = space.query({"queries": legs})
    rows, count, filtered = got.json["results"]
    assert [row["id"] for row in rows["rows"]] == [row["id"] for row in filtered["rows"]] == [1]
    assert count["aggregations"] == {"rows": 1} and int(got.header(AS_OF)) == mark
    sent = space.sent({"queries": legs})["queries"]
    assert [leg["filters"] for leg in sent] == [
        predicate(mark),
        predicate(mark),
        ["And", [["n", "Gt", 0], predicate(mark)]],
    ]


def test_fused_bodies_pass_untouched(space):
    mark = space.updating(2)
    legs = [ROWS, ROWS | {"rank_by": ["n", "desc"]}]
    fused = json.dumps({"queries": legs, "rerank_by": ["RRF"]}, indent=1).encode()
    space.below.exchanges.clear()
    got = space.query(fused)
    assert space.raw_queries() == [fused] and int(got.header(AS_OF)) == mark


# --- `consistency` in the query ---------------------------------------------------------------------------


def test_strong_sees_everything(space):
    mark = space.updating(2)
    got = space.query(ROWS | STRONG)
    assert (ids(got), int(got.header(AS_OF))) == ([1, 2], mark)
    assert space.sent(ROWS | STRONG) == ROWS | STRONG


def test_eventual_is_as_if_absent(space):
    mark = space.updating(2)
    eventual = ROWS | {"consistency": {"level": "eventual"}}
    assert space.sent(eventual) == eventual | {"filters": predicate(mark)}
    assert ids(space.query(eventual)) == [1]


def test_a_malformed_one_is_for_the_store_to_refuse(space):
    space.write(1)
    space.settle()
    for malformed in (b'"x"', b'{"level":"weak"}', b'{"level":5}', b"[]", b"7"):
        body = json.dumps(ROWS)[:-1].encode() + b', "consistency" : ' + malformed + b"}"
        space.below.exchanges.clear()
        got = space.query(body)
        assert space.raw_queries() == [body]
        straight = space.query(body, through=space.store)
        assert (got.status, got.body) == (straight.status, straight.body) and got.status in (400, 422)


# --- 429 --------------------------------------------------------------------------------------------------


def test_a_429_is_tried_once_with_the_predicate(space):
    space.write(1)
    space.settle()
    space.set(status_rate=1, statuses="429", faults_on="query")
    first, second = space.all_sent()
    assert "filters" not in first and second["filters"] == predicate(second["filters"][2])
    got = space.query()
    assert got.status == 429 and got.header("retry-after") == "1" and got.header(AS_OF)
    legs = {"queries": [ROWS, ROWS]}
    first, second = space.all_sent(legs)
    assert [leg.get("filters", [0])[0] for leg in first["queries"]] == [0, 0]
    (cut,) = {json.dumps(leg["filters"]) for leg in second["queries"]}
    assert json.loads(cut)[:2] == [STAMP, "Lte"]


def test_a_429_at_the_cut_is_relayed(space):
    space.updating(2)
    space.set(index_lag_ms=HOUR_MS, status_rate=1, statuses="429", faults_on="query")
    assert space.sent()["filters"][0] == STAMP
    assert space.query().header("retry-after") == "1"


def test_a_429_without_a_watermark_is_relayed(space):
    space.set(index_lag_ms=HOUR_MS, status_rate=1, statuses="429", faults_on="query")
    space.write(1)
    assert len(space.all_sent()) == 1 and space.query().status == 429


def test_a_429_of_strong_is_relayed(space):
    space.write(1)
    space.settle()
    space.set(status_rate=1, statuses="429", faults_on="query")
    assert len(space.all_sent(ROWS | STRONG)) == 1


def test_reads_never_meet_the_backlog(space):
    space.write(1)
    space.settle()
    space.set(index_lag_ms=HOUR_MS, strong_backlog_bytes=1)
    for number in range(2, 12):
        space.write(number, disable_backpressure=True)
        assert space.query().status == 200
    assert space.query(ROWS | STRONG).status == 429


# --- namespaces whose stamp cannot be filtered by -----------------------------------------------------------


def test_a_namespace_without_the_stamp_is_read_plainly(space):
    space.write(1, through=space.store)
    wait_for(lambda: space.mark())
    space.set(index_lag_ms=HOUR_MS)
    space.write(2, through=space.store)
    ids_only = {"rank_by": ["id", "asc"], "limit": 99}
    for _ in range(5):
        assert "filters" not in space.sent(ids_only)
        time.sleep(0.05)
    got = space.query(ids_only)
    assert ids(got) == [1, 2] and got.header(AS_OF)


def test_a_400_of_the_predicate_falls_back(space):
    """The namespace is another one, without the stamp, before the watcher has noticed."""
    bodies = []
    with_stamp = {
        "schema": {STAMP: {"type": "int", "filterable": True}},
        "index": {"status": "up-to-date"},
    }

    def script(peer):
        while request := peer.read_request():
            if request.method == "GET":
                peer.send(response(200, json.dumps(with_stamp).encode()))
                continue
            bodies.append(json.loads(request.body))
            refused = STAMP in json.dumps(bodies[-1].get("filters"))
            peer.send(response(400, b'{"error":"no such attribute"}') if refused else response(200, b"{}"))

    upstream = Upstream()
    upstream.script = script
    gateway = start_gateway(upstream.url, **FAST)
    try:
        wait_for(lambda: space.mark(gateway))
        with_stamp["index"] = {"status": "updating"}
        space.write(1, through=gateway)  # polls at once
        wait_for(lambda: bodies.clear() or (space.query(through=gateway) and len(bodies) == 2))
        assert space.query(through=gateway).status == 200
        assert [STAMP in json.dumps(body.get("filters")) for body in bodies[:2]] == [True, False]
        strange = ROWS | {"filters": [STAMP, "Lte", 1]}
        assert space.query(strange, through=gateway).status == 400
    finally:
        gateway.stop()
        upstream.close()


# --- the Index, the watcher -------------------------------------------------------------------------------


def test_an_index_with_eventual(space, tmp_path):
    """No predicate and no second try; the header is there."""
    index = manifests.index("one", space.name, "main")
    index["spec"]["consistency"] = "eventual"
    credentials = manifests.secret("layer", **{"api-key": STORE_KEY})
    folder = Folder(tmp_path)
    folder.write("all.yaml", credentials, manifests.store("main", space.below.url), index)
    gateway = start_gateway(None, key=None, LAYER_CONFIG_DIR=str(tmp_path), **FAST)
    try:
        other = Namespace(space.store, space.below, gateway, space.name)
        space.write(1, through=space.store)
        other.write(2)
        other.settle()
        other.set(index_lag_ms=HOUR_MS)
        other.write(3)
        wait_for(lambda: polled_updating(other))
        assert other.sent() == ROWS | {"consistency": {"level": "eventual"}}
        assert ids(other.query()) == [1, 2, 3] and other.mark()
        other.set(index_lag_ms=HOUR_MS, status_rate=1, statuses="429", faults_on="query")
        assert len(other.all_sent()) == 1 and other.query().status == 429
    finally:
        gateway.stop()


def polls(space):
    """The answers to the watcher's questions about this namespace so far."""
    return [
        answer
        for request, answer in list(space.below.exchanges)
        if request.target == space.path + "/metadata"
    ]


def polled_updating(space):
    seen = polls(space)
    return seen and seen[-1].json["index"]["status"] == "updating"


def test_registration(space):
    """A namespace that nobody asked for is not polled; one that the store does not know is forgotten."""
    gateway = start_gateway(space.below.url, **FAST, CONSISTENCY_STABLE_POLL_INTERVAL_MS="50")
    try:
        space.gateway = gateway
        space.write(1, through=space.store)
        time.sleep(0.3)
        assert not polls(space)
        space.query()
        wait_for(lambda: len(polls(space)) > 3)
        space.send("DELETE", space.path, through=space.store)
        wait_for(lambda: [answer for answer in polls(space) if answer.status == 404])
        space.below.exchanges.clear()
        time.sleep(0.3)
        assert not polls(space)
    finally:
        gateway.stop()


def test_the_stable_pace(programs, space):
    """At the stable pace nothing is asked until a write comes."""
    store, below, _ = programs
    gateway = start_gateway(below.url, **FAST, CONSISTENCY_STABLE_POLL_INTERVAL_MS="600000")
    uniform = start_gateway(below.url, **FAST, CONSISTENCY_STABLE_POLL_INTERVAL_MS="50")
    try:
        lazy, eager = (Namespace(store, below, one, space.name) for one in (gateway, uniform))
        lazy.write(1)
        lazy.settle()
        time.sleep(0.2)
        below.exchanges.clear()
        time.sleep(0.4)
        assert not polls(lazy)
        lazy.write(2)
        lazy.settle()
        before = eager.settle()
        wait_for(lambda: eager.mark() > before + 200)
        assert lazy.mark() < eager.mark() - 100
    finally:
        gateway.stop()
        uniform.stop()


# --- random histories -------------------------------------------------------------------------------------


class History:
    """Writes and reads through two gateways, one after the other, while the index lags by chance."""

    def __init__(self, space, gateways, seed):
        self.space, self.gateways = space, gateways
        self.chance = random.Random(seed)
        self.rows, self.marks, self.number = {}, dict.fromkeys(gateways, 0), 0

    def write(self):
        gateway, one = self.chance.choice(self.gateways), self.chance.randrange(5)
        self.number += 1
        how = self.chance.choice(["upsert_rows", "upsert_rows", "patch_rows", "deletes"])
        if how == "deletes":
            self.rows.pop(one, None)
            self.space.write(deletes=[one], through=gateway)
        elif how == "upsert_rows" or self.rows:
            self.space.write(through=gateway, **{how: [{"id": one, "n": self.number}]})
            if how == "upsert_rows" or one in self.rows:
                self.rows[one] = (self.number, time.time() * 1000)

    def read(self):
        gateway = self.chance.choice(self.gateways)
        self.space.below.exchanges.clear()
        got = self.space.query({"queries": [ROWS, {"aggregate_by": {"rows": ["Count"]}}]}, gateway)
        if got.status == 404:
            return
        (sent,) = (json.loads(raw) for raw in self.space.raw_queries())
        legs = [leg.get("filters") for leg in sent["queries"]]
        mark = int(got.header(AS_OF) or 0)
        rows, count = got.json["results"]
        assert mark >= self.marks[gateway] or not mark
        self.marks[gateway] = max(mark, self.marks[gateway])
        assert legs in ([None, None], [predicate(mark)] * 2)
        assert len(rows["rows"]) == count["aggregations"]["rows"]
        there = {row["id"]: row["n"] for row in rows["rows"]}
        if legs[0]:
            assert all(row[STAMP] <= mark for row in rows["rows"])
            for one, (number, answered_ms) in self.rows.items():
                assert answered_ms > mark or there[one] == number
        assert all(there[one] in range(self.number + 1) for one in there)

    def step(self):
        what = self.chance.randrange(10)
        if what < 4:
            self.write()
        elif what < 8:
            self.read()
        elif what == 8:
            lag, seen = self.chance.choice([0, 0, 60, 200]), self.chance.choice([0, 30, 1 << 20])
            self.space.set(index_lag_ms=lag, eventual_bytes=seen)
        else:
            time.sleep(self.chance.choice([0.001, 0.03, 0.08]))

    def play(self):
        self.space.write(0, through=self.gateways[0])
        self.rows[0] = (0, time.time() * 1000)
        for _ in range(20):
            self.step()
        self.space.set()
        if self.rows:
            for gateway in self.gateways:
                self.space.settle(gateway)
            got = self.space.query(through=gateway)
            assert {row["id"]: row["n"] for row in got.json["rows"]} == {
                one: number for one, (number, _) in self.rows.items()
            }


@pytest.mark.parametrize("block", range(4))
def test_histories(block, programs):
    """25 of each block, in a namespace each; the margin is more than a write takes."""
    store, below, _ = programs
    calm = FAST | {"CONSISTENCY_SAFETY_MARGIN_MS": "300", "CONSISTENCY_STABLE_POLL_INTERVAL_MS": "100"}
    gateways = [start_gateway(below.url, **calm) for _ in range(2)]
    try:
        for seed in range(block * 25, block * 25 + 25):
            History(Namespace(store, below, gateways[0], f"history-{seed}"), gateways, seed).play()
    finally:
        for gateway in gateways:
            gateway.stop()
