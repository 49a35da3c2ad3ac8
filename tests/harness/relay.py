"""What the recorders on both sides of a gateway must agree on: what passes is the same byte for byte, but for
what the gateway changes, told here a second time, plainly, on parsed JSON whose numbers stay texts."""

import collections
import gzip
import json
import re

CLOCK_KEYS = {"performance", "created_at", "updated_at", "last_write_at", "last_included_write_at"}
STAMP = "_hevlayer_upserted_at"
OURS = [STAMP, "_hevlayer_shard"]


def without_clock(value):
    """A result without timings and timestamps, which no two runs share."""
    if isinstance(value, dict):
        return {key: without_clock(item) for key, item in value.items() if key not in CLOCK_KEYS}
    if isinstance(value, (list, tuple)):
        return [without_clock(item) for item in value]
    return value


def without_stamp(value):
    """A result without what the stamp adds: an attribute in the schema of metadata, and its bytes."""
    if isinstance(value, dict):
        left = {key: without_stamp(item) for key, item in value.items() if key != STAMP}
        return {key: item for key, item in left.items() if key != "billable_logical_bytes_written"}
    if isinstance(value, str):  # a plan names every attribute that is there
        return value.replace(f", {STAMP}", "")
    return [without_stamp(item) for item in value] if isinstance(value, (list, tuple)) else value


def parsed(message):
    raw = gzip.decompress(message.body) if message.header("content-encoding") == "gzip" else message.body
    return json.loads(raw, parse_int=str, parse_float=str)


def is_write(request):
    return request.method == "POST" and re.fullmatch(r"/v2/namespaces/[^/?]+(\?.*)?", request.target)


def is_query(request):
    return request.method == "POST" and re.fullmatch(r"/v2/namespaces/[^/?]+/query(\?.*)?", request.target)


def is_schema(request):
    return re.fullmatch(r"/v1/namespaces/[^/?]+/schema", request.target)


def stamped(body, stamp):
    """A write as it leaves the gateway."""
    for form in ("upsert_rows", "patch_rows"):
        for row in body.get(form, []):
            if isinstance(row, dict):
                row[STAMP] = stamp
    for form in ("upsert_columns", "patch_columns"):
        if isinstance(body.get(form, {}).get("id"), list):
            body[form][STAMP] = [stamp] * len(body[form]["id"])
    if "patch_by_filter" in body:
        body["patch_by_filter"]["patch"][STAMP] = stamp
    return body


def hidden(query):
    """A query, or a leg, as it leaves the gateway."""
    if "exclude_attributes" in query and "include_attributes" not in query:
        query["exclude_attributes"] = OURS + query["exclude_attributes"]
    elif query.get("include_attributes") is True and "exclude_attributes" not in query:
        del query["include_attributes"]
        query["exclude_attributes"] = OURS
    return query


def asked(body):
    """The same for a whole query, of a namespace without a watermark."""
    if body.get("rerank_by") is not None:
        return body
    for leg in body.get("queries", [body]):
        hidden(leg)
    return {"consistency": {"level": "eventual"}} | body


def unchanged(request, body):
    """What the caller said, by what reached the store."""
    if is_query(request) and body.get("consistency") == {"level": "eventual"}:
        body = {key: item for key, item in body.items() if key != "consistency"}
    return without_stamp(body) if is_write(request) else body


def sent_on(request, below):
    """The body of the client's request as the store should get it; and as it did."""
    if is_write(request):
        got = parsed(below)
        stamp = re.search(rf'"{STAMP}":\[?(\d+)', below.body.decode())
        return stamped(parsed(request), stamp and stamp[1]), got
    if is_query(request):
        return asked(parsed(request)), parsed(below)
    return request.body, below.body


def answered(request, above, below):
    """The body of the answer as the client should get it; and as it did."""
    if is_schema(request) and below.status == 200:
        return {key: item for key, item in parsed(below).items() if key != STAMP}, parsed(above)
    return below.body, above.body


def facts(request, response):
    changed = is_write(request) or is_query(request)
    return (
        request.method,
        request.target,
        request.header("content-type"),
        None if changed else request.header("content-encoding"),
        request.header("accept-encoding"),
        response.status,
        response.header("content-type"),
        response.header("content-encoding"),
    )


def same(exchange, below):
    """Whether what the store saw is what the client's exchange became."""
    request, answer = exchange
    store_request, store_answer = below
    if facts(*exchange) != facts(*below):
        return False
    pairs = sent_on(request, store_request), answered(request, answer, store_answer)
    return all(want == got for want, got in pairs)


def same_bytes(above, below):
    """Every request and response that the client exchanged is what the store did, but for what the gateway
    changes; only what it refuses itself never gets there. Some are asked at once, in no certain order."""
    let_in = [exchange for exchange in above if not refused_here(exchange[1])]
    assert let_in, "nothing was recorded"
    waiting = collections.defaultdict(list)
    for exchange in below:
        waiting[exchange[0].method, exchange[0].target].append(exchange)
    for exchange in let_in:
        candidates = waiting[exchange[0].method, exchange[0].target]
        twin = next((other for other in candidates if same(exchange, other)), None)
        assert twin, f"{exchange} is none of {candidates}"
        candidates.remove(twin)
    assert not any(waiting.values()), "something reached the store, and nobody asked"


def refused_here(answer):
    if answer.status not in (400, 401, 422):
        return False
    return b'"message":' in answer.body and answer.body.startswith(b'{"error":"')
