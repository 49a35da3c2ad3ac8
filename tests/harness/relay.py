"""What the recorders on both sides of a gateway must agree on."""

import collections

CLOCK_KEYS = {"performance", "created_at", "updated_at", "last_write_at", "last_included_write_at"}


def without_clock(value):
    """A result without timings and timestamps, which no two runs share."""
    if isinstance(value, dict):
        return {key: without_clock(item) for key, item in value.items() if key not in CLOCK_KEYS}
    if isinstance(value, (list, tuple)):
        return [without_clock(item) for item in value]
    return value


def facts(exchange):
    request, response = exchange
    return (
        request.method,
        request.target,
        request.header("content-type"),
        request.header("content-encoding"),
        request.header("accept-encoding"),
        request.body,
        response.status,
        response.header("content-type"),
        response.header("content-encoding"),
        response.body,
    )


def same_bytes(above, below):
    """Every request and response that the client exchanged is, byte for byte, what the store did; only what
    lacks a key never gets there."""
    let_in = [exchange for exchange in above if exchange[1].status != 401]
    assert let_in, "nothing was recorded"
    assert collections.Counter(map(facts, let_in)) == collections.Counter(map(facts, below))
