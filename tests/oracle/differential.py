"""Asks a running store and the oracle the same questions, and makes a failing question small.

One case is one query, or one write whose counts and whose effect on later queries are compared.
"""

import http.client
import itertools
import json
import os

from .generate import POOLS, Generator, every_leaf
from .namespace import Namespace
from .values import f32_text_value

PERMITS = 16
REQUESTS_PER_STATE = 5
STATES = 4
TOLERANCE = 1e-5


class Store:
    """A keep-alive connection."""

    def __init__(self, host, port, key):
        self.connection = http.client.HTTPConnection(host, port, timeout=60)
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def call(self, method, path, body=None):
        payload = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        self.connection.request(method, path, payload, self.headers)
        response = self.connection.getresponse()
        raw = response.read()
        return response.status, json.loads(raw) if raw else None

    def write(self, namespace, body):
        return self.call("POST", f"/v2/namespaces/{namespace}", body)

    def query(self, namespace, body):
        return self.call("POST", f"/v2/namespaces/{namespace}/query", body)

    def forget(self, namespace):
        self.call("DELETE", f"/v2/namespaces/{namespace}")


class Mismatch(Exception):
    pass


def require(condition, *what):
    if not condition:
        raise Mismatch(" ".join(str(part) for part in what))


def near(a, b):
    return abs(a - b) <= TOLERANCE * max(1.0, abs(a), abs(b))


def check_rows(ranked, expected, rows):
    """Order and scores: rows may stand otherwise only where rounding in f32 may have ordered them."""
    require(len(rows) == len(expected), "rows:", len(rows), "expected:", expected)
    scores = dict(ranked.entries)
    ids = [row["id"] for row in rows]
    require(len(set(ids)) == len(ids), "an id twice:", ids)
    for row, (key, score) in zip(rows, expected, strict=True):
        require(row["id"] in scores, "not a match:", row["id"])
        require(("$dist" in row) == ranked.scored, "$dist in", row)
        if ranked.scored:
            require(near(row["$dist"], scores[row["id"]]), "$dist of", row, "expected", scores[row["id"]])
        if ranked.scored and ranked.exact:
            require(row["$dist"] == f32_text_value(score), "$dist of", row, "expected exactly", score)
        if row["id"] != key:
            free = not ranked.exact and near(scores[row["id"]], score)
            require(free, "order:", ids, "expected:", expected)
    if not ranked.exact:
        ties = all(first < second for first, second in itertools.pairwise(ids) if ranked.same(first, second))
        require(ties, "order of equals:", ids, "expected:", expected)


def check_highlight(shown, ranked, limit):
    """The fragments and their order, but where rounding in f32 decides."""
    require(len(shown) == min(limit, len(ranked)), "fragments:", shown, "expected:", ranked)
    expected = [fragment for _, fragment in ranked]
    if any(near(a[0], b[0]) and a[0] != b[0] for a, b in itertools.pairwise(ranked)):
        require(all(fragment in expected for fragment in shown), "fragments:", shown, "expected:", ranked)
    else:
        require(shown == expected[:limit], "fragments:", shown, "expected:", ranked)


def check_computed(oracle, row, queries):
    """Takes the computed attributes out of a row that these queries returned: the first one's counts."""
    for query in reversed(queries):
        for name, expression in query.get("compute_attributes", {}).items():
            if any(name in other.get("compute_attributes", {}) for other in queries[: queries.index(query)]):
                continue
            expected = oracle.computed(expression, query["rank_by"]).get(row["id"])
            value = row.pop(name, None)
            if isinstance(expected, list):
                limit = next((part for part in expression[2:]), {}).get("fragment_limit", 3)
                check_highlight(value, expected, limit)
            else:
                same = value == expected or (None not in (value, expected) and near(value, expected))
                require(same, name, value, "expected", expected, "of", row)


def check_attributes(rows, expected):
    for row in rows:
        shown = {name: value for name, value in row.items() if name != "$dist"}
        require(shown == expected(row["id"]), "attributes:", shown, "expected:", expected(row["id"]))


def check_groups(expected, groups):
    require(len(groups) == len(expected), "groups:", groups, "expected:", expected)
    for group, wanted in zip(groups, expected, strict=True):
        same = group.keys() == wanted.keys() and all(
            near(group[name], value) if isinstance(value, float) else group[name] == value
            for name, value in wanted.items()
        )
        require(same, "group:", group, "expected:", wanted)


def check_answer(oracle, query, result):
    if "group_by" in query:
        check_groups(oracle.aggregate(query), result["aggregation_groups"])
    elif "aggregate_by" in query:
        check_groups(oracle.aggregate(query), [result["aggregations"]])
    else:
        ranked = oracle.rank(query)
        if not has_per(query) or clear_ranks(ranked, query):
            check_rows(ranked, oracle.cut(ranked, query), result["rows"])
        for row in result["rows"]:
            check_computed(oracle, row, [query])
        check_attributes(result["rows"], lambda key: oracle.shown(key, query))


def has_per(query):
    return isinstance(query.get("limit"), dict) and "per" in query["limit"]


def clear_ranks(ranked, query):
    """Fusing and groups need ranks that rounding cannot change, also at the cut."""
    limit = query.get("limit", query.get("top_k"))
    entries = ranked.entries if has_per(query) else ranked.entries[: query.get("offset", 0) + limit + 1]
    return ranked.exact or all(
        not near(a[1], b[1]) or ranked.same(a[0], b[0]) for a, b in itertools.pairwise(entries)
    )


def answer(status, body):
    require(status == 200, "status", status, body)
    return body


def ask(store, namespace, oracle, queries):
    """One request with several legs; returns the number of cases."""
    status, body = store.query(namespace, {"queries": queries})
    if status != 200:
        culprits = [query for query in queries if store.query(namespace, query)[0] != 200]
        raise Mismatch(f"status {status} {body} for {json.dumps(culprits or queries, ensure_ascii=False)}")
    results = body["results"]
    require(len(results) == len(queries), "results:", len(results))
    for query, result in zip(queries, results, strict=True):
        try:
            check_answer(oracle, query, result)
        except Mismatch as mismatch:
            raise Mismatch(explain(store, oracle, query, mismatch)) from None
    return len(queries)


def returned_by(queries, legs, key):
    return [query for query, leg in zip(queries, legs, strict=True) if any(entry[0] == key for entry in leg)]


def shown_by_legs(oracle, queries, legs, key):
    """A fused row has the attributes of all legs that returned it."""
    shown = {}
    for query in returned_by(queries, legs, key):
        shown |= oracle.shown(key, query)
    return shown


def ask_fused(store, namespace, oracle, queries, rerank_by, limit):
    ranked = [oracle.rank(query) for query in queries]
    if not all(clear_ranks(one, query) for one, query in zip(ranked, queries, strict=True)):
        return 0
    legs = [oracle.cut(one, query) for one, query in zip(ranked, queries, strict=True)]
    fused = oracle.fuse(legs, rerank_by[1] if len(rerank_by) > 1 else {})
    body = {"queries": queries, "rerank_by": rerank_by, "limit": limit}
    results = answer(*store.query(namespace, body))["results"]
    require(len(results) == 1, "fused results:", len(results))
    try:
        check_rows(fused, fused.entries[:limit], results[0]["rows"])
        for row in results[0]["rows"]:
            check_computed(oracle, row, returned_by(queries, legs, row["id"]))
        check_attributes(results[0]["rows"], lambda key: shown_by_legs(oracle, queries, legs, key))
    except Mismatch as mismatch:
        raise Mismatch(f"{mismatch}\nfused: {json.dumps(body, ensure_ascii=False)}") from None
    return 1


# --- a failing case, small -----------------------------------------------------------------------


def differs(store, oracle, query, keys):
    """What differs when only these documents exist, or None."""
    small = Namespace()
    small.metric, small.schema = oracle.metric, oracle.schema
    small.documents = {key: oracle.documents[key] for key in keys}
    rows = [oracle.shown(key, {"include_attributes": True}) for key in keys]
    body = {"upsert_rows": rows, "schema": oracle.schema}
    if oracle.metric:
        body["distance_metric"] = oracle.metric
    name = f"shrink-{os.getpid()}"
    store.forget(name)
    try:
        answer(*store.write(name, body))
        check_answer(small, query, answer(*store.query(name, query)))
    except Mismatch as mismatch:
        return f"{mismatch}\nwrite: {json.dumps(body, ensure_ascii=False)}"
    return None


def simpler(query):
    """The query with a smaller filter, and without its selection of attributes."""
    filters = query.get("filters")
    if filters and filters[0] in ("And", "Or"):
        yield from ({**query, "filters": part} for part in filters[1])
    elif filters and filters[0] == "Not":
        yield {**query, "filters": filters[1]}
    if has_per(query):
        yield {**query, "limit": query["limit"]["total"]}
    computed = query.get("compute_attributes", {})
    for name in computed if len(computed) > 1 else ():
        yield {**query, "compute_attributes": {name: computed[name]}}
    for name in ("include_attributes", "exclude_attributes", "compute_attributes", "offset"):
        if name in query and not (has_per(query) and name == "include_attributes"):
            yield {other: value for other, value in query.items() if other != name}


def shrink(store, oracle, query):
    keys, found = list(oracle.documents), differs(store, oracle, query, oracle.documents)
    while found:
        smaller = ((query, [k for k in keys if k != key]) for key in keys if len(keys) > 1)
        for candidate in (*((q, keys) for q in simpler(query)), *smaller):
            if less := differs(store, oracle, *candidate):
                (query, keys), found = candidate, less
                break
        else:
            return f"{found}\nquery: {json.dumps(query, ensure_ascii=False)}"
    return None


def explain(store, oracle, query, mismatch):
    """The smallest case found, or the case as it is if fresh documents answer rightly."""
    small = shrink(store, oracle, query)
    return small or f"{mismatch}\nonly after these writes; query: {json.dumps(query, ensure_ascii=False)}"


# --- a run ---------------------------------------------------------------------------------------


ANSWERED = (
    *("rows_" + kind for kind in ("affected", "upserted", "patched", "deleted", "remaining")),
    *(kind + "_ids" for kind in ("upserted", "patched", "deleted")),
)


def check_write(store, namespace, oracle, body):
    result = answer(*store.write(namespace, body))
    written = oracle.write(body)
    expected = written.fields()
    for name in ANSWERED:
        require(
            result.get(name) == expected.get(name), name, result.get(name), "expected", expected, "for", body
        )
    require(("query" in result["billing"]) == written.reads, "billing", result["billing"], "for", body)


def permits_of(query):
    if "aggregate_by" in query:
        return 4
    return 2 if "kNN" in query["rank_by"] else 1


def make_legs(random, schema):
    """As many queries as one request may hold."""
    legs, permits = [], 0
    while permits < PERMITS:
        leg = random.aggregation(schema) if random.maybe(0.05) else random.query(schema)
        permits += permits_of(leg)
        if permits <= PERMITS:
            legs.append(leg)
    return legs


def run_namespace(store, seed):
    """Writes and reads one random namespace; returns the number of cases."""
    random, oracle, namespace, cases = Generator(seed), Namespace(), f"diff-{seed}", 0
    schema = random.make_schema()
    store.forget(namespace)
    for state in range(STATES):
        body = random.batch(schema, first=state == 0)
        if state == 0 and "distance_metric" in body:
            body["distance_metric"] = random.choice(["cosine_distance", "euclidean_squared"])
        elif "distance_metric" in body:
            body["distance_metric"] = oracle.metric
        if state:
            random.add_conditions(body, oracle.schema)
        check_write(store, namespace, oracle, body)
        if random.maybe(0.3):
            status, _ = store.write(namespace, random.broken(schema))
            require(status == 400, "a repeated id answered", status)
        cases += 1
        for _ in range(REQUESTS_PER_STATE):
            cases += ask(store, namespace, oracle, make_legs(random, oracle.schema))
        legs = [random.query(oracle.schema) for _ in range(random.randint(2, 4))]
        cases += ask_fused(
            store, namespace, oracle, legs, random.rerank(len(legs)), random.choice([1, 5, 100])
        )
    store.forget(namespace)
    return cases


def run_every_leaf(store):
    """Every operator with every operand, over documents that hold every value and none. Returns the cases."""
    names = {"n_" + kind: kind for kind in POOLS} | {"l_" + kind: "[]" + kind for kind in POOLS}
    oracle, rows, cases = Namespace(), [{"id": 0}], 0
    for number in range(1, 14):
        row = {"id": number}
        for name, kind in names.items():
            pool = POOLS[kind.removeprefix("[]")]
            here = pool[number % len(pool) :]
            row[name] = here[0] if kind in POOLS else here[: number % 4]
        rows.append(row)
    body = {"upsert_rows": rows, "schema": names}
    store.forget("every-leaf")
    check_write(store, "every-leaf", oracle, body)
    leaves = [leaf for name, kind in names.items() for leaf in every_leaf(name, kind)]
    filters = [form for leaf in leaves for form in (leaf, ["Not", leaf])]
    for batch in (filters[at : at + PERMITS] for at in range(0, len(filters), PERMITS)):
        queries = [{"rank_by": ["id", "asc"], "limit": 100, "filters": one} for one in batch]
        cases += ask(store, "every-leaf", oracle, queries)
    return cases


def run(address, seeds, cases_wanted):
    """Runs namespace after namespace until there were enough cases. Returns (cases, failure or None)."""
    store, cases = Store(*address), 0
    for seed in seeds:
        if cases >= cases_wanted:
            break
        try:
            cases += run_namespace(store, seed)
        except Mismatch as mismatch:
            return cases, f"seed {seed}: {mismatch}"
    return cases, None
