"""The form of a scenario: calls of an SDK as data, and what they must answer.

One table for every language. A driver (sdk_python.py, ts/driver.mjs, go/) makes the calls through its SDK's
own methods and types, and reports the answers; test_sdk.py judges them. So a scenario is written once, and
all SDKs must see the same.
"""

import json

SCENARIOS = {}


class Absent:
    """What a path finds where there is nothing."""

    def __repr__(self):
        return "ABSENT"


ABSENT = Absent()


def scenario(name, *steps, not_in=None, client=None, replies=None, attempts=None, relayed=False):
    """Adds a scenario under its id.

    steps: calls, or lists of calls. not_in: {language: why it cannot run there}. client: options of the
    client, see call(). replies: what a scripted store answers in turn, as (status, headers, value), or None
    for silence, the last one again and again; without, the local store answers. attempts: how many requests
    the scenario makes, where that matters. relayed: the store must get the parameters just as they stand
    here.
    """
    flat = []
    for step in steps:
        flat += step if isinstance(step, list) else [step]
    assert name not in SCENARIOS and flat
    SCENARIOS[name] = {
        "steps": flat,
        "not_in": not_in or {},
        "client": client or {},
        "replies": replies,
        "attempts": attempts,
        "relayed": relayed,
    }


def call(
    method, see=None, fails=None, gateway_fails=None, on="", client=None, options=None, headers=(), **args
):
    """One call.

    method: the Python spelling; `namespaces` gives one page, `all_namespaces` goes through all.
    see: {path: value}; a path goes into the answer by keys and indexes, `*` is every element, and a last `#`
    the sorted keys of an object or the length of an array. ABSENT is a value, and so is a predicate.
    fails: (status, text in the message or the body), or (None, kind of error) where there was no answer.
    gateway_fails: the same through the gateway, where it refuses by itself what the store refuses otherwise.
    on: what the namespace's name has after the scenario's. args: parameters; in strings, NAMESPACE stands for
    the scenario's name, and {"$answer": "1.next_cursor"} for what the step with that number answered.
    client: api_key, compression, headers, query, max_retries, timeout (seconds). options: the same for one
    call. headers: those of the answer that are reported, for `see` under `headers.NAME`.
    """
    return {
        "method": method,
        "see": see or {},
        "fails": fails,
        "gateway_fails": gateway_fails,
        "on": on,
        "client": client or {},
        "options": options or {},
        "headers": list(headers),
        "args": args,
    }


NAMESPACE = "{namespace}"
BY_ID = {"rank_by": ["id", "asc"], "limit": 10}


def finds(ids, see=None, **query):
    """A query that gives these ids; in ascending order, unless it has a ranking of its own."""
    if "rank_by" not in query:
        query = BY_ID | query
    return call("query", see={"rows.*.id": ids} | (see or {}), **query)


def for_drivers(scenarios):
    """The table without what only the judge reads."""
    hidden = {"see", "fails", "gateway_fails"}
    return json.dumps(
        {
            name: {
                "steps": [{k: v for k, v in step.items() if k not in hidden} for step in scenario["steps"]],
                "client": scenario["client"],
            }
            for name, scenario in scenarios.items()
        }
    )


def look(value, path):
    """What stands at a path of a value."""
    for at, key in enumerate(path.split(".")):
        if key == "#":
            return sorted(value) if isinstance(value, dict) else len(value)
        if key == "*":
            rest = path.split(".")[at + 1 :]
            return [look(item, ".".join(rest)) if rest else item for item in value]
        if isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        elif isinstance(value, dict) and key in value:
            value = value[key]
        else:
            return ABSENT
    return value


def differences(step, report, through=False):
    """What is wrong with the report on one call, as text; empty if nothing is."""
    if step["fails"]:
        status, text = (through and step["gateway_fails"]) or step["fails"]
        error = report.get("error")
        if not error:
            return [f"was not refused: {report}"]
        if status is None:
            return [] if error["kind"] == text else [f"failed otherwise: {error}"]
        escaped = json.dumps(text, ensure_ascii=False)[1:-1]
        told = error["message"] + str(error["body"])
        known = text in told or escaped in told
        return [] if error["status"] == status and known else [f"wants {status} {text!r}, got {error}"]
    if "error" in report:
        return [f"failed: {report['error']}"]
    wrong = []
    for path, expected in step["see"].items():
        whole = report if path.startswith("headers.") else report["answer"]
        found = look(whole, path) if path else whole
        if not (expected(found) if callable(expected) else found == expected):
            wrong.append(f"{path}: wants {expected!r}, got {found!r}")
    return wrong


BOOKS = [
    {
        "id": 1,
        "vector": [0.1, 0.2],
        "title": "harbour lights",
        "shelf": "A",
        "tags": ["sea", "night"],
        "ages": [3, 9],
        "rank": 3,
        "cost": 2.5,
    },
    {
        "id": 2,
        "vector": [0.9, 0.1],
        "title": "inland",
        "shelf": "B",
        "tags": [],
        "rank": None,
        "cost": 1.25,
    },
    {
        "id": 3,
        "vector": [0.7, 0.7],
        "title": "night ferry to the harbour",
        "shelf": "A",
        "tags": ["night"],
        "ages": [12],
        "rank": 1,
    },
    {
        "id": 4,
        "vector": [0.5, 0.6],
        "title": "mountain",
        "shelf": None,
        "tags": ["snow"],
        "rank": 2,
        "cost": -4.0,
    },
]
BOOK_SCHEMA = {
    "title": {
        "type": "string",
        "full_text_search": {"language": "english"},
        "filterable": True,
        "regex": True,
        "glob": True,
        "fuzzy": True,
    },
    "shelf": "string",
    "tags": "[]string",
    "ages": "[]uint",
    "rank": "uint",
    "cost": "float",
}
METRIC = {"distance_metric": "cosine_distance"}


def library(on=""):
    """Four books."""
    return call(
        "write",
        see={"rows_affected": 4, "rows_upserted": 4},
        on=on,
        upsert_rows=BOOKS,
        schema=BOOK_SCHEMA,
        **METRIC,
    )
