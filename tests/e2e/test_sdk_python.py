"""The official Python SDK: straight to the store, and through the gateway between two recorders."""

import asyncio
import collections

import pytest
import scenarios
import turbopuffer as tpuf
from harness.relay import same_bytes, without_clock

KEY_THAT_IS_WRONG = "tpuf_wrong"


def client_of(program, **options):
    return tpuf.Turbopuffer(api_key=program.key, base_url=program.url, max_retries=0, **options)


@pytest.mark.parametrize("scenario", scenarios.SCENARIOS, ids=lambda function: function.__name__)
def test_both_ways(scenario, store, stack):
    prefix = "py-" + scenario.__name__
    direct = scenario(client_of(store), prefix)
    stack.clear()
    with client_of(stack) as client:
        through = scenario(client, prefix)
    assert without_clock(direct) == without_clock(through)
    same_bytes(stack.above.exchanges(), stack.below.exchanges())


@pytest.mark.smoke
def test_a_search_through_the_gateway(stack):
    scenarios.many_queries_at_once(client_of(stack), "py-smoke")


def test_the_sdk_packs_vectors(stack):
    stack.clear()
    with client_of(stack) as client:
        namespace = scenarios.fresh(client, "py-packed")
        namespace.write(upsert_rows=[{"id": 1, "vector": [0.7, 0.7]}], **scenarios.VECTOR_METRIC)
    bodies = [request.body for request, _ in stack.below.exchanges()]
    assert any(b"MzMzPzMzMz8=" in body for body in bodies)


def test_compression_reaches_the_store(stack):
    stack.clear()
    with client_of(stack, compression=True) as client:
        scenarios.compressed_bodies(client, "py-gzip")
    seen = collections.Counter(request.header("content-encoding") for request, _ in stack.below.exchanges())
    assert seen["gzip"] >= 1
    same_bytes(stack.above.exchanges(), stack.below.exchanges())


@pytest.mark.parametrize("way", ["store", "stack"])
def test_a_wrong_key_is_refused(way, request):
    program = request.getfixturevalue(way)
    client = tpuf.Turbopuffer(api_key=KEY_THAT_IS_WRONG, base_url=program.url, max_retries=0)
    with client, pytest.raises(tpuf.AuthenticationError):
        client.namespace("py-any").schema()


@pytest.mark.parametrize("way", ["store", "stack"])
def test_async_client(way, request):
    program = request.getfixturevalue(way)

    async def work():
        async with tpuf.AsyncTurbopuffer(api_key=program.key, base_url=program.url, max_retries=0) as client:
            namespace = client.namespace(f"py-async-{way}")
            writes = [namespace.write(upsert_rows=[{"id": number, "n": number}]) for number in range(40)]
            await writes[0]
            await asyncio.gather(*writes[1:])
            queries = [
                namespace.query(rank_by=("id", "asc"), limit=1, filters=("n", "Eq", n)) for n in range(40)
            ]
            return [answer.rows[0].id for answer in await asyncio.gather(*queries)]

    assert asyncio.run(work()) == list(range(40))
