"""The programs that tests run against. Nothing listens anywhere but on the loopback interface."""

import pytest
from harness import canary
from harness.canary import STORE_KEY
from harness.dev import commands, start_dev
from harness.programs import Program
from harness.recorder import Recorder
from harness.upstream import Upstream


@pytest.fixture(scope="session", autouse=True)
def no_secret_at_the_end():
    """After the programs that live as long as the session."""
    yield
    canary.verify()


@pytest.fixture(autouse=True)
def no_secret():
    yield
    canary.verify()


def start_store(data, key=STORE_KEY, arguments=(), port=None):
    options = ["--listen", "127.0.0.1:{port}", "--data", data, *arguments]
    if key:
        options += ["--api-key", key]
    store = Program("layer-store", options, port=port)
    store.key = key or "any"
    return store


def start_gateway(upstream_url, key=STORE_KEY, **environment):
    variables = {
        "LAYER_HOST": "127.0.0.1",
        "PORT": "{port}",
        "TURBOPUFFER_API_URL": upstream_url,
        "TURBOPUFFER_API_KEY": key,
        "CONSISTENCY_POLL_INTERVAL_MS": "0",  # who counts what reaches the store wants no polls among it
    } | environment
    gateway = Program("layer-gateway", environment={k: v for k, v in variables.items() if v is not None})
    gateway.key = key
    return gateway


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    program = start_store(tmp_path_factory.mktemp("store"))
    yield program
    program.stop()


@pytest.fixture
def upstream():
    scripted = Upstream()
    yield scripted
    scripted.close()


@pytest.fixture
def gateways():
    """start_gateway for one test: what it starts is stopped, and looked at, when the test ends."""
    started = []

    def start(*arguments, **environment):
        started.append(start_gateway(*arguments, **environment))
        return started[-1]

    yield start
    for program in started:
        program.stop()


@pytest.fixture
def gateway(gateways, upstream):
    """A gateway in front of the scripted upstream."""
    return gateways(upstream.url)


class Stack:
    """client → recorder → gateway → recorder → store"""

    def __init__(self, store):
        self.store, self.key = store, store.key
        self.below = Recorder(store.address, hides=(canary.CLIENT,))
        self.gateway = start_gateway(self.below.url, store.key)
        self.above = Recorder(self.gateway.address)
        self.url, self.address = self.above.url, self.above.address

    def clear(self):
        self.above.clear()
        self.below.clear()

    def close(self):
        self.above.close()
        self.below.close()
        self.gateway.stop()


@pytest.fixture(scope="session")
def stack(store):
    whole = Stack(store)
    yield whole
    whole.close()


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    """`layer dev --sample` with the whole package catalogue of this machine in it."""
    program = start_dev(tmp_path_factory.mktemp("sample"), "--sample")
    commands(program)
    yield program
    program.stop()
