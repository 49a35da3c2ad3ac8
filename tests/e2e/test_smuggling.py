"""Request smuggling: no bytes of a client are framed by us in one way and by a web server behind us in
another. framing_requests.py has the table; harness/framing.py says how it is judged.

Each server takes a share of mutations, LAYER_MUTATIONS of them from LAYER_MUTATION_SEED on."""

import collections
import concurrent.futures
import os
import secrets
import threading

import framing_answers as answers
import pytest
from conftest import STORE_KEY, start_gateway
from framing_requests import KEY, OPAQUE, REQUESTS, SOUND, bytes_of
from harness import wire
from harness.backends import BACKENDS, Backend, installed
from harness.framing import Chain, Disagreement
from harness.mutate import Mutator
from harness.strict import END, PART, UNSOUND, Strict
from harness.upstream import Upstream
from harness.waiting import wait_for

MUTATIONS = int(os.environ.get("LAYER_MUTATIONS", "2000"))
SEED = int(os.environ.get("LAYER_MUTATION_SEED", "1"))
MUTABLE_MAX = 4000
SOUND_WEIGHT = 12  # what is sound brings more that passes
BYSTANDER_EVERY = 20
HTTP_IO_BYTES = 65536  # of net/http.h


def start(backend):
    gateway = {"LAYER_LOOPS": "1", "LAYER_ACCESS_LOG": "0"}  # one pool: the next request comes over the same
    return Chain(
        lambda url: start_gateway(url, **gateway),
        backend and (lambda origin: Backend(backend, origin)),
    )


@pytest.fixture(scope="module", params=[None, *BACKENDS], ids=lambda name: name or "origin")
def backend(request):
    if request.param and not installed(request.param):
        pytest.skip(f"{request.param} is not installed")
    return request.param


@pytest.fixture
def chain(backend):
    chain = start(backend)
    yield chain
    chain.close()


def test_table(chain):
    """One chain for the whole table: what one attack leaves behind would harm the next."""
    assert KEY == STORE_KEY
    for name, (_, outcome) in REQUESTS.items():
        try:
            attack = chain.attack(bytes_of(name), patient="closed" in outcome)
        except Disagreement as found:
            raise AssertionError(f"{name}: {found}") from found
        assert attack.outcome() == outcome, name


def test_mutations(chain, backend):
    messages = [bytes_of(name) for name in [*REQUESTS, *SOUND_WEIGHT * list(SOUND)]]
    mutator = Mutator(SEED, [message for message in messages if len(message) < MUTABLE_MAX])
    counts = collections.Counter()
    for number in range(MUTATIONS):
        data = next(mutator)
        try:
            attack = chain.attack(data, bystander=number % BYSTANDER_EVERY == 0)
        except Exception as found:
            raise AssertionError(f"mutation {number} of seed {SEED}: {data!r}: {found}") from found
        counts.update([attack.end], passed=len(attack.forwarded()), stricter=attack.stricter)
    chain.ask(chain.victim)
    print(f"{backend or 'origin'}: {MUTATIONS} from seed {SEED}, {dict(counts)}")
    assert min(counts[kind] for kind in ("passed", END, PART, UNSOUND)) > MUTATIONS / 100, counts
    assert counts["stricter"] < MUTATIONS / 20, counts


@pytest.mark.parametrize("name", SOUND)
def test_strict_reading_agrees_with_the_table(name):
    """The judge itself, without a gateway."""
    found, _ = Strict(bytes_of(name)).requests()
    read = [f"{r.method} {r.target} {r.body.decode('latin-1')}".strip() for r in found]
    wanted = [went for went in SOUND[name][1] if went != "closed" and not isinstance(went, int)]
    assert [went for went in read if went in wanted] == wanted
    assert len(read) <= len(SOUND[name][1])


# --- the other direction: a store's answers ----------------------------------------------------------------


class Store(Upstream):
    """Answers the request with `?attack` by raw bytes, and each other one by its own token."""

    def __init__(self):
        super().__init__()
        self.raw, self.then_close, self.script = b"", False, self.answer
        self.used = []  # the connection of each request

    def answer(self, peer):
        while request := peer.read_request():
            self.used.append(peer)
            if "attack" not in request.target:
                peer.send(wire.response(200, request.header("x-token").encode(), [("X-Told", "1")]))
                continue
            peer.send(self.raw)
            if self.then_close:
                return


class Behind:
    """A gateway in front of such a store, and its clients."""

    def __init__(self, **environment):
        self.store = Store()
        self.gateway = start_gateway(self.store.url, LAYER_LOOPS="1", **environment)
        self.victims = [wire.connect(self.gateway.address) for _ in range(2)]

    def close(self):
        for victim in self.victims:
            victim.socket.close()
        self.store.close()
        self.gateway.stop()

    def attacked(self, raw, then_close=False, method="GET"):
        """What the client got, the requests that follow having got their own."""
        self.store.raw, self.store.then_close = raw.encode("latin-1"), then_close
        with wire.connect(self.gateway.address) as client:
            client.send(wire.request(method, "/v1/namespaces?attack", headers=[wire.bearer(STORE_KEY)]))
            try:
                answer = client.response(method)
            except EOFError:
                answer = None
            for victim in [client] * (answer is not None and not answer.header("connection")) + self.victims:
                self.ask(victim)
        if answer is None:
            return "cut"
        if answer.status == 502:
            assert answer.json["error"] == "upstream_error"
            return 502
        assert answer.header("x-told") is None
        return f"{answer.status} {answer.body.decode('latin-1')}".strip()

    def ask(self, victim):
        token = secrets.token_hex(8)
        headers = [wire.bearer(STORE_KEY), ("X-Token", token)]
        answer = victim.call("POST", "/v2/namespaces/victim/explain_query", b"x", headers)
        assert answer is not None and (answer.status, answer.body.rstrip()) == (200, token.encode()), answer

    def reused(self):
        """Whether the last attack's connection carried the victims' requests, too."""
        at = max(n for n, request in enumerate(self.store.requests) if "attack" in request.target)
        return self.store.used[at] in self.store.used[at + 1 :]


@pytest.fixture(scope="module")
def behind():
    behind = Behind()
    yield behind
    behind.close()


ANSWERS = (
    {("unsound", name): (raw, 502, False) for name, raw in answers.UNSOUND.items()}
    | {("cut", name): (raw, "cut", False) for name, raw in answers.CUT.items()}
    | {("surplus", name): (raw, outcome, False) for name, (raw, outcome) in answers.SURPLUS.items()}
    | {("closing", name): (raw, outcome, False) for name, (raw, outcome) in answers.CLOSING.items()}
    | {("sound", name): (raw, outcome, True) for name, (raw, outcome) in answers.SOUND.items()}
)


@pytest.mark.parametrize(("kind", "name"), ANSWERS)
def test_answers(kind, name, behind):
    raw, outcome, reused = ANSWERS[kind, name]
    ends = name.startswith(("end ", "until the end"))  # else the gateway must end it
    assert behind.attacked(raw, then_close=ends) == outcome
    assert behind.reused() == reused


@pytest.mark.parametrize("name", answers.SOUND)
def test_answers_to_head(name, behind):
    """The store is asked by GET; what it sends as a body stays here."""
    raw, outcome = answers.SOUND[name]
    assert behind.attacked(raw, method="HEAD") == outcome.split()[0]
    assert behind.reused()


@pytest.fixture
def narrow():
    """One connection to the store for all: who waits gets the one that another has just given back."""
    behind = Behind(LAYER_UPSTREAM_CONNECTIONS_MAX="1")
    yield behind
    behind.close()


def test_a_forged_answer_behind_a_full_buffer(narrow):
    """An answer that ends where the gateway's buffer does leaves what follows unread, while others wait."""

    def answer_and_forge(peer):
        while request := peer.read_request():
            token = request.header("x-token").encode()
            head = len(wire.response(200, token.ljust(HTTP_IO_BYTES))) - HTTP_IO_BYTES
            peer.send(wire.response(200, token.ljust(HTTP_IO_BYTES - head)) + answers.FORGED.encode())

    def ask_often(_):
        with wire.connect(narrow.gateway.address) as client:
            for _ in range(20):
                narrow.ask(client)

    narrow.store.script = answer_and_forge
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(ask_often, range(8)))


def test_a_forged_answer_on_a_resting_connection(narrow):
    """It is closed at once, whoever may come next."""
    ended = []

    def answer_then_forge(peer):
        request = peer.read_request()
        peer.send(wire.response(200, request.header("x-token").encode()))
        rested.wait()
        peer.offer(answers.FORGED.encode())
        ended.append(peer.closed())

    for _ in range(5):
        rested = threading.Event()
        narrow.store.script = answer_then_forge
        narrow.ask(narrow.victims[0])
        rested.set()
        wait_for(lambda: ended)
        assert ended.pop()


def test_an_answer_before_the_request_is_whole(narrow):
    """The client gets it; the connection, on which the store waits for the rest of a body, carries nothing
    else."""
    answered, ended = threading.Event(), []

    def answer_early(peer):
        peer.read_head()
        narrow.store.script = narrow.store.answer
        peer.send(answers.HELLO.encode())
        answered.set()
        while peer.receive():
            pass
        ended.append(peer)

    narrow.store.script = answer_early
    with wire.connect(narrow.gateway.address) as client:
        headers = [wire.bearer(STORE_KEY), ("Content-Length", "100000")]
        client.send(wire.request("POST", OPAQUE, b"GET /v1/namespaces HTTP/1.1\r\n", headers))
        answered.wait()
        client.send(b"Host: layer.test\r\n\r\n")
        answer = client.response()
        assert (answer.status, answer.body, answer.header("connection")) == (200, b"hello", "close")
        narrow.ask(narrow.victims[0])
        wait_for(lambda: ended)
        assert narrow.store.used[-1] not in ended
