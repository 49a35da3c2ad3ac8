"""Every official SDK through the table of scenarios (scenarios/): straight to the store, and through the
gateway between two recorders. Each answer is what the scenario says, the same on both ways, and the same in
every language; and what passes the gateway is the same byte for byte."""

import collections
import functools
import json
import re
import threading

import pytest
import sdk_drivers
import sdk_surface
from conftest import STORE_KEY, Stack, start_gateway, start_store
from harness.programs import ROOT
from harness.relay import same_bytes, unchanged, without_clock, without_stamp
from harness.upstream import Upstream
from harness.wire import response
from scenarios import SCENARIOS
from scenarios.table import NAMESPACE, differences

LANGUAGES = list(sdk_drivers.DRIVERS)
STORED = {name: scenario for name, scenario in SCENARIOS.items() if not scenario["replies"]}
SCRIPTED = {name: scenario for name, scenario in SCENARIOS.items() if scenario["replies"]}
RELAYED = [name for name in SCRIPTED if SCENARIOS[name]["relayed"]]
ERRORS = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
}


def named(value, name):
    """What a scenario expects, with its namespace's name in it."""
    if isinstance(value, str):
        return value.replace(NAMESPACE, name)
    if isinstance(value, (list, tuple)):
        return type(value)(named(item, name) for item in value)
    return {key: named(item, name) for key, item in value.items()} if isinstance(value, dict) else value


def expected_kind(language, status):
    if language == "go":
        return "*apierror.Error"
    if status == 408:  # no class of its own
        return "APIError" if language == "typescript" else "APIStatusError"
    return ERRORS.get(status, "InternalServerError")


def judge(language, name, report, through=False):
    """What is wrong with the report on one scenario."""
    wrong, steps = [], SCENARIOS[name]["steps"]
    for at, (step, seen) in enumerate(zip(steps, report, strict=True)):
        wrong += [
            f"step {at}, {step['method']}: {text}"
            for text in differences(named(step, "sdk_" + name), seen, through)
        ]
        error = seen.get("error")
        if error and error["status"] and error["kind"] != expected_kind(language, error["status"]):
            wrong.append(f"step {at}: {error['kind']} for {error['status']}")
    return wrong


def comparable(name, report):
    """A report without what no two runs share, or what only one language tells, or what the gateway refuses
    by itself. The body of a 401 is that of who refuses, store or gateway."""
    steps = []
    for step, seen in zip(SCENARIOS[name]["steps"], report, strict=True):
        if step["gateway_fails"]:
            continue
        if error := seen.get("error"):
            steps.append([error["status"], error["status"] != 401 and error["body"]])
        else:
            steps.append(without_stamp(without_clock(seen["answer"])))
    return steps


def skip_without(language, name):
    if reason := SCENARIOS[name]["not_in"].get(language.removesuffix("_async")):
        pytest.skip(reason)


class Runs:
    """The reports of one language after the other, each made when it is first asked for."""

    def __init__(self, store, stack):
        self.store, self.stack = store, stack
        self.of = functools.cache(self.of)

    def of(self, language):
        direct = sdk_drivers.run(language, STORED, self.store.url, self.store.key)
        self.stack.clear()
        through = sdk_drivers.run(language, STORED, self.stack.url, self.stack.key)
        return direct, through, self.stack.above.exchanges(), self.stack.below.exchanges()


@pytest.fixture(scope="session")
def runs(store, stack):
    return Runs(store, stack)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", STORED)
def test_scenario(name, language, runs):
    skip_without(language, name)
    direct, through = (report[name] for report in runs.of(language)[:2])
    assert not judge(language, name, direct), judge(language, name, direct)
    assert not judge(language, name, through, True), judge(language, name, through, True)
    assert comparable(name, direct) == comparable(name, through)
    assert comparable(name, direct) == comparable(name, runs.of("python")[0].get(name, direct))


@pytest.mark.parametrize("language", LANGUAGES)
def test_same_bytes(language, runs):
    same_bytes(*runs.of(language)[2:])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_scenario_ran(language, runs):
    wanted = {name for name in STORED if language.removesuffix("_async") not in SCENARIOS[name]["not_in"]}
    assert set(runs.of(language)[0]) == set(runs.of(language)[1]) == wanted


def of_scenario(exchanges, name):
    return [pair for pair in exchanges if pair[0].method != "DELETE" and f"/sdk_{name}" in pair[0].target]


@pytest.mark.parametrize("language", LANGUAGES)
def test_compression_reaches_the_store(language, runs):
    sent, got = {}, {}
    for request, answer in of_scenario(runs.of(language)[3], "compressed_"):
        sent[request.target] = request.header("content-encoding")
        got[request.target, request.header("accept-encoding")] = answer.header("content-encoding")
    queries = {key[0].split("/")[3] + " " + key[1]: value for key, value in got.items() if "query" in key[0]}
    # What the gateway reads, it sends on plain.
    assert sent["/v2/namespaces/sdk_compressed_bodies"] is None
    from_client = {
        pair[0].header("content-encoding") for pair in of_scenario(runs.of(language)[2], "compressed_bodies")
    }
    # The Go SDK compresses no requests.
    assert ("gzip" in from_client) == (language != "go")
    assert queries == {
        "sdk_compressed_bodies gzip": "gzip",
        "sdk_compressed_answers gzip": "gzip",
        "sdk_compressed_answers identity": None,
        "sdk_compressed_answers-small gzip": None,
    }


@pytest.mark.parametrize("language", ["python", "python_async"])
def test_the_sdk_packs_vectors(language, runs):
    requests = [request for request, _ in of_scenario(runs.of(language)[3], "rows_come_back_as_they_went")]
    assert b'"zczMPc3MTD4="' in requests[0].body  # [0.1, 0.2]


def test_a_ratio_has_a_fraction(runs):
    """Python's type for it is float, and 1 would be an integer."""
    answers = [answer.body for _, answer in of_scenario(runs.of("go")[3], "rows_come_back_as_they_went")]
    assert re.search(rb'"cache_hit_ratio":\d\.\d', b"".join(answers))


@pytest.fixture(scope="session")
def slow_stack(tmp_path_factory):
    """Where whatever may take long is answered later."""
    slow = ["--operation-p50-ms", "50", "--operation-p99-ms", "60", "--async-after-ms", "1"]
    whole = Stack(start_store(tmp_path_factory.mktemp("slow"), arguments=slow))
    yield whole
    whole.close()
    whole.store.stop()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sdk_waits_for_what_takes_long(language, slow_stack):
    name = "recall_of_a_query"
    slow_stack.clear()
    report = sdk_drivers.run(language, {name: SCENARIOS[name]}, slow_stack.url, slow_stack.key)
    assert judge(language, name, report[name]) == []
    assert any("/operations/" in request.target for request, _ in slow_stack.below.exchanges())


class Scripted:
    """The scripted scenarios of one language, through a gateway to a store that answers as they say."""

    def __init__(self, language):
        self.counts, self.lock = collections.Counter(), threading.Lock()
        self.upstream = Upstream()
        self.upstream.script = self.answer
        gateway = start_gateway(self.upstream.url)
        try:
            self.report = sdk_drivers.run(language, SCRIPTED, gateway.url, STORE_KEY, fresh=False)
        finally:
            self.upstream.close()
            gateway.stop()

    def answer(self, peer):
        while request := peer.read_request():
            namespace = request.target.split("?")[0].split("/")[3]
            replies = SCRIPTED[namespace.removeprefix("sdk_")]["replies"]
            with self.lock:
                at = min(self.counts[namespace], len(replies) - 1)
                self.counts[namespace] += 1
            if replies[at] is None:
                self.upstream.hold()
                return
            status, headers, value = named(replies[at], namespace)
            known = [("Content-Type", "application/json"), *headers.items()]
            peer.send(response(status, json.dumps(value, ensure_ascii=False).encode(), known))

    def requests(self, name):
        return [request for request in self.upstream.requests if f"/sdk_{name}" in request.target]


@pytest.fixture(scope="session")
def scripted():
    return functools.cache(Scripted)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SCRIPTED)
def test_scripted(name, language, scripted):
    skip_without(language, name)
    run = scripted(language)
    assert not judge(language, name, run.report[name]), judge(language, name, run.report[name])
    attempts = SCRIPTED[name]["attempts"]
    assert attempts in (None, len(run.requests(name)))
    first = [request for request in run.requests(name) if "/operations/" not in request.target]
    counted = range(len(first)) if len(SCRIPTED[name]["steps"]) == 1 else [0] * len(first)
    assert [request.header("x-stainless-retry-count") for request in first] == [str(n) for n in counted]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", RELAYED)
def test_the_store_gets_what_the_caller_said(name, language, scripted):
    skip_without(language, name)
    requests = scripted(language).requests(name)
    said = [step["args"] for step in SCRIPTED[name]["steps"]]
    assert [unchanged(request, sdk_surface.method_of(request)[1]) for request in requests] == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_headers_and_query_strings_of_a_caller(language, scripted):
    (request,) = scripted(language).requests("headers_and_query_strings")
    assert (request.header("x-client"), request.header("x-call")) == ("1", "2")
    assert sorted(request.target.split("?")[1].split("&")) in (
        ["call=b+c", "client=a"],
        ["call=b%20c", "client=a"],
    )


WITHOUT_SCENARIO = {
    "go": {("copy_from", "dest_encryption"): "CopyFrom of 2.4.0 leaves it out of the request"},
}


@functools.cache
def offered(language):
    if language == "typescript":
        return sdk_surface.typescript()
    if language == "go":
        return sdk_surface.go(sdk_drivers.go_program(ROOT / "tests/e2e/go", "driver"))
    return sdk_surface.python()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_method_or_parameter_is_forgotten(language, runs, scripted):
    """What the SDK's own types offer has gone over the wire in some scenario, but for the list above."""
    sdk = language.removesuffix("_async")
    methods, fields, words = offered(language)
    called = {
        step["method"]
        for scenario in SCENARIOS.values()
        if sdk not in scenario["not_in"]
        for step in scenario["steps"]
    }
    called.add("namespaces_auto_paging")  # all_namespaces
    parameters = {(method, name) for method, names in methods.items() for name in names}
    requests = [request for request, _ in runs.of(language)[2]] + scripted(language).upstream.requests
    used, used_fields, used_words = sdk_surface.used(requests)
    used |= {("namespaces_auto_paging", name) for method, name in used if method == "namespaces"}
    forgotten = (set(methods) - called) | (parameters - used) | (fields - used_fields) | (words - used_words)
    assert forgotten == set(WITHOUT_SCENARIO.get(language, {}))


def test_the_go_driver_uses_every_constructor():
    known, used = sdk_surface.constructors(ROOT / "tests/e2e/go")
    assert used == known


# What the types of the Go SDK 2.4.0 cannot say; a caller has option.WithJSONSet, and so has the driver.
NO_FIELD = "there is no such field"
UNTYPED_IN_GO = {
    ("explain_query", "compute_attributes"): NO_FIELD,
    ("explain_query", "offset"): NO_FIELD,
    ("multi_query", "limit"): NO_FIELD,
    ("multi_query", "offset"): NO_FIELD,
    ("multi_query", "queries"): "no compute_attributes or offset in one of them",
    ("multi_query", "rerank_by"): "no weights, no model",
    ("query", "compute_attributes"): NO_FIELD,
    ("query", "aggregate_by"): "no Count of an id",
    ("query", "filters"): "no value alone for In",
    ("query", "consistency"): "no max_staleness_seconds",
    ("query", "offset"): NO_FIELD,
    ("query", "rank_by"): "no number within Max, no list of vectors",
    ("query", "rerank_by"): NO_FIELD,
    ("update_metadata", "pinning"): "no null",
    ("update_metadata", "read_only"): NO_FIELD,
    ("update_schema", "schema"): "no full_text_search that is false, no drop",
    ("write", "branch_from_namespace"): "no name alone",
    ("write", "copy_from_namespace"): "no name alone",
    ("write", "create_namespace"): NO_FIELD,
    ("write", "encryption"): "no encryption_context",
    ("write", "sharding"): NO_FIELD,
    ("write", "schema"): "no name alone for embed, no late_interaction",
}


def test_what_the_types_of_the_go_sdk_cannot_say(runs, scripted):
    found = {
        (step["method"], name)
        for report in (runs.of("go")[0], scripted("go").report)
        for scenario, steps in report.items()
        if not scenario.startswith("refused_")
        for step, seen in zip(SCENARIOS[scenario]["steps"], steps, strict=True)
        for name in seen.get("untyped") or []
    }
    assert found == set(UNTYPED_IN_GO)


@pytest.mark.smoke
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_search_through_the_gateway(language, stack):
    one = {"several_queries_at_once": SCENARIOS["several_queries_at_once"]}
    report = sdk_drivers.run(language, one, stack.url, stack.key)
    assert not judge(language, "several_queries_at_once", report["several_queries_at_once"])
