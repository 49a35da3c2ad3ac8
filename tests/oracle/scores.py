"""Ranking expressions: a score for every document, and which documents come back.

The score is plain arithmetic, in f32, over parts that score 0 where they do not match. A document comes back
if some leaf of the expression matches it and, unless there is an Attribute or a Dist, if its score is not 0.
"""

import dataclasses
import math

from . import text, values
from .filters import compile_filter

LARGEST = float.fromhex("0x1.fffffep127")
MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


def bounded(number):
    """Nothing is larger than the largest f32."""
    return max(-LARGEST, min(LARGEST, number))


def f32(number):
    return values.f32(bounded(number))


@dataclasses.dataclass
class Scores:
    """Of every document by its key. `exact`: f32 gives these very numbers; `texts`: what was looked at."""

    at: dict
    matched: set
    zeros: bool = False
    exact: bool = True
    texts: list = dataclasses.field(default_factory=list)

    def rows(self):
        return {key: self.at[key] for key in self.matched if self.zeros or self.at[key] != 0}


def combine(parts, join):
    """The parts' scores joined document by document. Rounded to f32 at each step even if a part is not exact:
    large parts that cancel out leave what f32 has kept of the small ones."""
    at = {key: join([part.at[key] for part in parts]) for key in parts[0].at}
    return Scores(
        at,
        set().union(*(part.matched for part in parts)),
        any(part.zeros for part in parts),
        all(part.exact for part in parts),
        [corpus for part in parts for corpus in part.texts],
    )


def total(scores):
    result = 0.0
    for score in scores:
        result = f32(result + score)
    return result


def duration(midpoint):
    if not isinstance(midpoint, str):
        return midpoint
    digits = midpoint.rstrip("abcdefghijklmnopqrstuvwxyz")
    return float(digits) * MILLISECONDS[midpoint[len(digits) :]]


def bend(name, value, options):
    exponent = options.get("exponent", 1)
    value, middle = max(0.0, value) ** exponent, duration(options["midpoint"]) ** exponent
    if value == math.inf:
        return float(name == "Saturate")
    return (value if name == "Saturate" else middle) / (value + middle)


def attribute_scores(name, documents):
    at = {key: f32(document.get(name, 0)) for key, document in documents.items()}
    return Scores(at, set(documents), zeros=True)


def distance_scores(name, origin, documents, schema):
    origin = values.read(schema[name]["type"], origin)
    at = {k: f32(abs(d[name] - origin)) if name in d else math.inf for k, d in documents.items()}
    return Scores(at, {key for key, document in documents.items() if name in document}, zeros=True)


def text_scores(expression, documents, schema, alone):
    name, _, query, *options = expression
    corpus = text.Corpus(documents, name, text.settings(schema[name]["full_text_search"]))
    if alone:
        corpus.forget_others()
    found = corpus.scores(query, bool(options and options[0].get("last_as_prefix")))
    return Scores({key: found.get(key, 0.0) for key in documents}, set(found), exact=False, texts=[corpus])


def sparse_scores(name, query, documents):
    """Dot products, added up in the order of the dimensions' names (UTF-8 sorts as code points do)."""
    query, at, matched = values.read_sparse(query), {}, set()
    for key, document in documents.items():
        vector, at[key] = document.get(name, {}), 0.0
        for dimension, weight in query.items():
            if dimension in vector:
                at[key] = f32(at[key] + weight * vector[dimension])
                matched.add(key)
    return Scores(at, matched)


def evaluate(expression, documents, schema, alone=False):
    """`alone`: as a computed attribute, which is the same whatever other documents there are."""

    def part(inner):
        return evaluate(inner, documents, schema, alone)

    match expression:
        case ["Product", weight, inner] if isinstance(inner, list):
            return combine([part(inner)], lambda scores: f32(weight * bounded(scores[0])))
        case ["Product", inner, weight]:
            return part(["Product", weight, inner])
        case ["Sum", [*inner]]:
            return combine([part(one) for one in inner], total)
        case ["Max", [*inner]]:
            floors = [one for one in inner if not isinstance(one, list)]
            parts = [part(one) for one in inner if isinstance(one, list)]
            return combine(parts, lambda scores: f32(max(floors + scores)))
        case ["Attribute", name]:
            return attribute_scores(name, documents)
        case ["Dist", ["Attribute", name], origin]:
            return distance_scores(name, origin, documents, schema)
        case ["Saturate" | "Decay" as name, inner, options]:
            below = part(inner)
            at = {key: bend(name, score, options) for key, score in below.at.items()}
            return dataclasses.replace(below, at=at, exact=False)
        case [name, "SparseKNN", query]:
            return sparse_scores(name, query, documents)
        case [_, "BM25", *_]:
            return text_scores(expression, documents, schema, alone)
    matches = compile_filter(expression, schema)
    matched = {key for key, document in documents.items() if matches(document)}
    return Scores({key: float(key in matched) for key in documents}, matched)
