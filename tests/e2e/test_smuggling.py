"""Request smuggling: no bytes of a client are framed by us in one way and by a web server behind us in
another. framing_requests.py has the table; harness/framing.py says how it is judged.

Each server takes a share of mutations, LAYER_MUTATIONS of them from LAYER_MUTATION_SEED on."""

import collections
import os

import pytest
from conftest import STORE_KEY, start_gateway
from framing_requests import KEY, REQUESTS, SOUND, bytes_of
from harness.backends import BACKENDS, Backend, installed
from harness.framing import Chain, Disagreement
from harness.mutate import Mutator
from harness.strict import END, PART, UNSOUND, Strict

MUTATIONS = int(os.environ.get("LAYER_MUTATIONS", "2000"))
SEED = int(os.environ.get("LAYER_MUTATION_SEED", "1"))
MUTABLE_MAX = 4000
SOUND_WEIGHT = 12  # what is sound brings more that passes
BYSTANDER_EVERY = 20


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
