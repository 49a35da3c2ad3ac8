"""Everything at once: many clients on several loops while the configuration changes, then the program ends.
In the build with the thread sanitizer a data race ends it with an error."""

import json
import signal
import threading

import pytest
from harness.canary import client_key, store_key
from harness.manifests import Folder, inbound_key, secret, store
from harness.upstream import Upstream
from harness.waiting import wait_for
from harness.wire import Connection, bearer, connect

QUERY = json.dumps({"rank_by": ["id", "asc"], "limit": 1, "filters": ["a", "Eq", 1]}).encode()
WRITE = json.dumps({"upsert_rows": [{"id": n, "text": "x" * 1000} for n in range(300)]}).encode()
CREDENTIALS = secret("layer", **{"api-key": store_key("key"), "client": client_key("client")})
KEY = bearer(client_key("client"))
CALLS = [
    ("POST", "/v2/namespaces/n{}/query", QUERY),
    ("POST", "/v2/namespaces/n{}", WRITE),
    ("GET", "/v1/namespaces", b""),
    ("GET", "/v1/namespaces/n{}/schema", b""),
    ("GET", "/metrics", b""),
    ("GET", "/health", b""),
]


class Client(threading.Thread):
    """Calls until it is told to stop or the gateway hangs up, on connections of some calls each."""

    def __init__(self, address, number, stop):
        super().__init__(daemon=True)
        self.address, self.number, self.stop = address, number, stop
        self.statuses, self.hung_up = [], False
        self.start()

    def run(self):
        while not self.stop.is_set() and not self.hung_up:
            try:
                with connect(self.address) as connection:
                    self.some_calls(connection)
            except (OSError, EOFError):
                self.hung_up = True

    def some_calls(self, connection: Connection):
        for count in range(7):
            method, target, body = CALLS[(self.number + count) % len(CALLS)]
            got = connection.call(method, target.format(count), body, [KEY])
            if got is None:
                raise EOFError
            self.statuses.append(got.status)


@pytest.fixture
def upstreams():
    pair = Upstream(), Upstream()
    yield pair
    for upstream in pair:
        upstream.close()


def policy():
    return {"mode": "keys", "keys": [inbound_key("client", ["read", "write"])]}


def test_load_reloads_and_drain(gateways, upstreams, tmp_path):
    folder, stop = Folder(tmp_path), threading.Event()
    folder.write("secret.yaml", CREDENTIALS)
    folder.write("store.yaml", store("main", upstreams[0].url, auth=policy()))
    gateway = gateways(None, key=None, LAYER_CONFIG_DIR=str(tmp_path), LAYER_LOOPS="4")
    clients = [Client(gateway.address, number, stop) for number in range(8)]
    for change in range(1, 41):
        seen = min(len(client.statuses) for client in clients)
        folder.write("store.yaml", store("main", upstreams[change % 2].url, auth=policy()))
        gateway.signal(signal.SIGHUP)
        wait_for(lambda seen=seen: all(len(client.statuses) > seen for client in clients))
    assert not any(client.hung_up for client in clients)
    gateway.signal(signal.SIGTERM)
    assert gateway.wait() == 0
    stop.set()
    for client in clients:
        client.join(30)
    assert all(upstream.requests for upstream in upstreams)
    assert {status for client in clients for status in client.statuses} == {200}
