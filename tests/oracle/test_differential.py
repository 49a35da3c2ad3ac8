"""The store against the oracle on random cases. ORACLE_SEED and ORACLE_CASES choose others, and how many."""

import concurrent.futures
import os

import pytest
from oracle import differential

SEED = int(os.environ.get("ORACLE_SEED", "1"))
CASES = int(os.environ.get("ORACLE_CASES", "100000"))
WORKERS = 2


def run_workers(store, cases):
    """Each worker takes every other seed, so that a failing seed is the same whatever the number of cases."""
    with concurrent.futures.ProcessPoolExecutor(WORKERS) as pool:
        runs = [
            pool.submit(
                differential.run,
                (store.host, store.port, store.key),
                range(SEED + w, SEED + 10**6, WORKERS),
                cases // WORKERS,
            )
            for w in range(WORKERS)
        ]
        results = [run.result() for run in runs]
    failures = [failure for _, failure in results if failure]
    assert not failures, "\n\n".join(failures)
    return sum(done for done, _ in results)


@pytest.mark.smoke
def test_store_answers_as_the_oracle_in_short(store):
    assert run_workers(store, 2000) >= 2000


def test_store_answers_as_the_oracle(store):
    assert run_workers(store, CASES) >= CASES


def test_every_operator_of_every_type(store):
    connection = differential.Store(store.host, store.port, store.key)
    assert differential.run_every_leaf(connection) > 5000
