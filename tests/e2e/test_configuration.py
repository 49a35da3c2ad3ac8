"""Stores, keys and reloads: what LAYER_CONFIG_DIR says, and who may do what."""

import json
import signal

import pytest
from harness import manifests, wire
from harness.canary import client_key, store_key
from harness.manifests import Folder, inbound_key, index, secret, store
from harness.upstream import Upstream, answer_with
from harness.waiting import wait_for
from harness.wire import bearer, response

WRITE = json.dumps({"upsert_rows": [{"id": 1}]}).encode()
QUERY = json.dumps({"rank_by": ["id", "asc"], "limit": 1}).encode()
CREDENTIAL = store_key("upstream")
KEYS = {"reader": ["read"], "writer": ["write"], "both": ["read", "write"], "boss": ["admin"]}
CREDENTIALS = secret(
    "layer", **{"api-key": CREDENTIAL, "other-key": store_key("other")}, **{k: client_key(k) for k in KEYS}
)

ROUTES = [
    ("read", "GET", "/v1/namespaces", b""),
    ("read", "GET", "/v1/namespaces/n/schema", b""),
    ("read", "HEAD", "/v1/namespaces/n/schema", b""),
    ("read", "GET", "/v1/namespaces/n/metadata", b""),
    ("read", "GET", "/v2/namespaces/n/metadata", b""),
    ("read", "GET", "/v1/namespaces/n/hint_cache_warm", b""),
    ("read", "POST", "/v2/namespaces/n/query", QUERY),
    ("read", "POST", "/v2/namespaces/n/explain_query", QUERY),
    ("read", "POST", "/v1/namespaces/n/_debug/recall", b"{}"),
    ("read", "GET", "/v1/namespaces/n/operations/t", b""),
    ("write", "POST", "/v2/namespaces/n", WRITE),
    ("write", "POST", "/v1/namespaces/n/schema", b"{}"),
    ("write", "PATCH", "/v1/namespaces/n/metadata", b"{}"),
    ("admin", "DELETE", "/v2/namespaces/n", b""),
]


@pytest.fixture
def folder(tmp_path):
    made = Folder(tmp_path)
    made.write("secret.yaml", CREDENTIALS)
    return made


@pytest.fixture
def other():
    scripted = Upstream()
    yield scripted
    scripted.close()


def configured(gateways, folder, **environment):
    """A gateway whose only configuration is the folder."""
    return gateways(None, key=None, LAYER_CONFIG_DIR=str(folder.path), **environment)


def call(gateway, method, target, body=b"", key=None, headers=()):
    return wire.call(gateway.address, method, target, body, [*headers, *([bearer(key)] if key else [])])


def keys_policy(*names):
    return {"mode": "keys", "keys": [inbound_key(name, KEYS[name]) for name in names or KEYS]}


# --- who may -------------------------------------------------------------------------------------


def test_derive_from_store_is_the_default(gateways, folder, upstream):
    folder.write("store.yaml", store("main", upstream.url))
    gateway = configured(gateways, folder)
    assert call(gateway, "DELETE", "/v2/namespaces/n", key=CREDENTIAL).status == 200
    for key in (None, CREDENTIAL + "x", CREDENTIAL[:-1], client_key("boss"), ""):
        got = call(gateway, "GET", "/v1/namespaces", key=key)
        assert (got.status, got.json["error"], got.header("www-authenticate")) == (
            401,
            "unauthorized",
            "Bearer",
        )
    assert len(upstream.requests) == 1


@pytest.mark.parametrize(
    "value", [CREDENTIAL, f"Basic {CREDENTIAL}", f"Bearer  {CREDENTIAL} x", "Bearer", f"Token {CREDENTIAL}"]
)
def test_only_bearer_is_a_key(value, gateways, folder, upstream):
    folder.write("store.yaml", store("main", upstream.url))
    gateway = configured(gateways, folder)
    assert call(gateway, "GET", "/v1/namespaces", headers=[("Authorization", value)]).status == 401
    assert upstream.requests == []


def test_two_authorizations_are_refused(gateways, folder, upstream):
    folder.write("store.yaml", store("main", upstream.url))
    gateway = configured(gateways, folder)
    got = call(gateway, "GET", "/v1/namespaces", headers=[bearer("wrong"), bearer(CREDENTIAL)])
    assert got.status in (400, 401) and upstream.requests == []


def test_scopes_of_keys(gateways, folder, upstream):
    """Each route with each key: admin may all, write does not imply read."""
    folder.write("store.yaml", store("main", upstream.url, auth=keys_policy()))
    gateway = configured(gateways, folder)
    for scope, method, target, body in ROUTES:
        for name, scopes in KEYS.items():
            got = call(gateway, method, target, body, key=client_key(name))
            allowed = scope in scopes or "admin" in scopes
            assert got.status == (200 if allowed else 403), (method, target, name)
            if not allowed and method != "HEAD":
                assert got.json == {"error": "insufficient API key scope", "required_scope": scope}
    assert {request.header("authorization") for request in upstream.requests} == {f"Bearer {CREDENTIAL}"}
    assert not any("hl_" in value for request in upstream.requests for _, value in request.headers)
    before = len(upstream.requests)
    for key in (CREDENTIAL, client_key("nobody"), None):
        assert call(gateway, "GET", "/v1/namespaces", key=key).status == 401
    assert len(upstream.requests) == before


def test_open(gateways, folder, upstream):
    folder.write("store.yaml", store("main", upstream.url, auth={"mode": "open"}))
    gateway = configured(gateways, folder)
    for key in (None, "anything"):
        assert call(gateway, "DELETE", "/v2/namespaces/n", key=key).status == 200
    assert [request.values("authorization") for request in upstream.requests] == [
        [f"Bearer {CREDENTIAL}"]
    ] * 2


def test_operations_need_no_key(gateways, folder, upstream):
    folder.write("store.yaml", store("main", upstream.url))
    gateway = configured(gateways, folder)
    assert [call(gateway, "GET", path).status for path in ("/health", "/ready", "/metrics")] == [200] * 3


# --- which store ---------------------------------------------------------------------------------


def naming(name):
    return answer_with(response(200, json.dumps({"store": name}).encode()))


def served_by(gateway, namespace, key=CREDENTIAL):
    return call(gateway, "GET", f"/v1/namespaces/{namespace}/schema", key=key).json.get("store")


def test_store_of_an_index(gateways, folder, upstream, other):
    upstream.script, other.script = naming("main"), naming("second")
    folder.write("main.yaml", store("main", upstream.url, default=True))
    folder.write(
        "second.json", store("second", other.url, key="other-key"), index("books", "books-v2", "second")
    )
    gateway = configured(gateways, folder)
    assert served_by(gateway, "books-v2") == served_by(gateway, "books%2Dv2") == "second"
    assert served_by(gateway, "books") == "main"
    assert call(gateway, "GET", "/v1/namespaces", key=CREDENTIAL).json["store"] == "main"
    assert {request.header("authorization") for request in other.requests} == {f"Bearer {store_key('other')}"}


def test_policy_is_that_of_the_serving_store(gateways, folder, upstream, other):
    folder.write("main.yaml", store("main", upstream.url, default=True))
    folder.write(
        "second.yaml",
        store("second", other.url, "other-key", auth=keys_policy("reader")),
        index("b", "b", "second"),
    )
    gateway = configured(gateways, folder)
    assert call(gateway, "GET", "/v1/namespaces/b/schema", key=client_key("reader")).status == 200
    assert call(gateway, "GET", "/v1/namespaces/b/schema", key=CREDENTIAL).status == 401
    assert call(gateway, "GET", "/v1/namespaces/a/schema", key=client_key("reader")).status == 401
    assert call(gateway, "GET", "/v1/namespaces/a/schema", key=CREDENTIAL).status == 200


def test_base_url_with_a_path(gateways, folder, upstream):
    folder.write("store.yaml", store("main", upstream.url + "/prefix/"))
    gateway = configured(gateways, folder)
    assert call(gateway, "GET", "/v1/namespaces?page_size=1", key=CREDENTIAL).status == 200
    assert upstream.requests[0].target == "/prefix/v1/namespaces?page_size=1"


def test_secret_from_the_environment(gateways, folder, upstream):
    folder.remove("secret.yaml")
    folder.write("store.yaml", store("main", upstream.url))
    gateway = configured(gateways, folder, LAYER_SECRET_LAYER_API_KEY=CREDENTIAL)
    assert call(gateway, "GET", "/v1/namespaces", key=CREDENTIAL).status == 200


# --- mistakes and reloads ------------------------------------------------------------------------

MISTAKES = {
    "not YAML": ("store.yaml", "kind: ["),
    "two defaults": (
        "spec.default",
        lambda url: [store("a", url, default=True), store("b", url, default=True)],
    ),
    "no default among several": ("default", lambda url: [store("a", url), store("b", url)]),
    "pinecone": ("spec.kind", lambda url: [store("a", url, kind="pinecone")]),
    "no such secret key": ("spec.credential.secretRef", lambda url: [store("a", url, key="nowhere")]),
    "no such store": ("spec.backend.storeRef", lambda url: [store("a", url), index("i", "n", "nowhere")]),
    "two indexes of one namespace": (
        "spec.backend.namespace",
        lambda url: [store("a", url), index("i", "n", "a"), index("j", "n", "a")],
    ),
    "bad URL": ("spec.endpoint.url", lambda url: [store("a", "ftp://x")]),
    "unknown mode": ("spec.inboundAuth.mode", lambda url: [store("a", url, auth={"mode": "closed"})]),
    "unknown scope": (
        "scopes",
        lambda url: [store("a", url, auth={"mode": "keys", "keys": [inbound_key("boss", ["root"])]})],
    ),
}


def write_mistake(folder, name, url):
    field, documents = MISTAKES[name]
    if callable(documents):
        folder.write("store.yaml", *documents(url))
    else:
        folder.write_text("store.yaml", documents)
    return field


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_at_the_start(name, gateways, folder, upstream):
    """The program says which file and field, and does not start."""
    field = write_mistake(folder, name, upstream.url)
    with pytest.raises(RuntimeError) as refused:
        configured(gateways, folder)
    assert "store.yaml" in str(refused.value) and field in str(refused.value)
    assert CREDENTIAL not in str(refused.value)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_later_keeps_the_last_good(name, gateways, folder, upstream):
    folder.write("store.yaml", store("main", upstream.url))
    gateway = configured(gateways, folder)
    field = write_mistake(folder, name, upstream.url)
    wait_for(lambda: field in gateway.output() and "store.yaml" in gateway.output())
    assert call(gateway, "GET", "/v1/namespaces", key=CREDENTIAL).status == 200
    assert metric(gateway, "layer_config_valid") == 0
    folder.write("store.yaml", store("main", upstream.url, auth={"mode": "open"}))
    wait_for(lambda: call(gateway, "GET", "/v1/namespaces").status == 200)
    assert metric(gateway, "layer_config_valid") == 1


def metric(gateway, name):
    text = wire.call(gateway.address, "GET", "/metrics").body.decode()
    return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))


def test_a_changed_folder_is_noticed(gateways, folder, upstream, other):
    upstream.script, other.script = naming("main"), naming("second")
    folder.write("store.yaml", store("main", upstream.url))
    gateway = configured(gateways, folder)
    assert served_by(gateway, "n") == "main"
    folder.write("store.yaml", store("main", other.url))
    wait_for(lambda: served_by(gateway, "n") == "second")


def test_hangup_signal_reloads(gateways, folder, upstream):
    folder.write("store.yaml", store("main", upstream.url))
    gateway = configured(gateways, folder)
    loads = metric(gateway, "layer_config_reloads_total")
    gateway.signal(signal.SIGHUP)
    wait_for(lambda: metric(gateway, "layer_config_reloads_total") > loads)
    assert call(gateway, "GET", "/v1/namespaces", key=CREDENTIAL).status == 200


def test_without_any_store(gateways):
    """It says how to give it one."""
    with pytest.raises(RuntimeError, match="TURBOPUFFER_API_KEY"):
        gateways(None, key=None)


def test_other_kinds_are_left_alone(gateways, folder, upstream):
    strange = manifests.manifest("apps/v1", "Deployment", "x", {"replicas": "many"})
    folder.write("store.yaml", strange, store("main", upstream.url))
    assert call(configured(gateways, folder), "GET", "/v1/namespaces", key=CREDENTIAL).status == 200
