"""A namespace: writes, and queries answered by looking at every document."""

import math

from . import values
from .filters import compile_filter
from .highlight import Highlight
from .scores import evaluate
from .writes import Written


class Ranked:
    """One answer before its limit is cut: [(id, score)], and whether scores compare exactly.

    `same(a, b)` tells that two documents must score alike, whatever the arithmetic: their ids order them.
    """

    def __init__(self, entries, scored, exact, same=lambda a, b: True):
        self.entries, self.scored, self.exact, self.same = entries, scored, exact, same


class Namespace(Written):
    # --- ranking ----------------------------------------------------------------------------------

    def order(self, candidates, clauses):
        """Attribute order: a stable sort per clause, the last first; missing values are smaller than any.

        A reversed sort of Python keeps equals in place, so ties stay in ascending order of id.
        """
        keys = sorted(candidates)
        for attribute, direction in reversed(clauses):
            keys.sort(
                key=lambda key: (attribute in candidates[key], candidates[key].get(attribute, 0)),
                reverse=direction == "desc",
            )
        return Ranked([(key, None) for key in keys], scored=False, exact=True)

    def distance(self, a, b):
        if self.metric == "euclidean_squared":
            return math.fsum((x - y) ** 2 for x, y in zip(a, b, strict=True))
        dot, norms = math.fsum(x * y for x, y in zip(a, b, strict=True)), math.hypot(*a) * math.hypot(*b)
        return 1 - dot / norms

    def nearest(self, candidates, attribute, vector):
        target = values.read_vector(vector)
        scores = {k: self.distance(target, d[attribute]) for k, d in candidates.items() if attribute in d}
        entries = sorted(scores.items(), key=lambda item: (item[1], item[0]))

        def same(a, b):
            return candidates[a][attribute] == candidates[b][attribute]

        f32 = self.schema[attribute]["type"].endswith("f32")
        return Ranked(entries, True, f32 and self.metric == "euclidean_squared", same)

    def score(self, candidates, expression):
        scores = evaluate(expression, self.documents, self.schema)
        found = scores.rows()
        entries = [(key, score) for key, score in found.items() if key in candidates]
        entries.sort(key=lambda item: (-item[1], item[0]))

        def same(a, b):
            return found[a] == found[b] and all(c.tokens.get(a) == c.tokens.get(b) for c in scores.texts)

        return Ranked(entries, True, scores.exact, same)

    def rank(self, query):
        matches = compile_filter(query.get("filters"), self.schema)
        candidates = {key: document for key, document in self.documents.items() if matches(document)}
        rank_by = query["rank_by"]
        if isinstance(rank_by[0], list):
            return self.order(candidates, rank_by)
        if rank_by[1] in ("asc", "desc"):
            return self.order(candidates, [rank_by])
        if rank_by[1] in ("ANN", "kNN"):
            return self.nearest(candidates, rank_by[0], rank_by[2])
        return self.score(candidates, rank_by)

    def cut(self, ranked, query):
        """What a query's limit leaves of its ranking: at most so many of each key, then so many in all."""
        limit = query.get("limit", query.get("top_k"))
        total, per = (limit["total"], limit.get("per")) if isinstance(limit, dict) else (limit, None)
        entries, seen = ranked.entries, {}
        if per:
            entries = []
            for key, score in ranked.entries:
                group = tuple(self.documents[key].get(name) for name in per["attributes"])
                seen[group] = seen.get(group, 0) + 1
                if seen[group] <= per["limit"]:
                    entries.append((key, score))
        offset = query.get("offset", 0)
        return entries[offset : offset + total]

    @staticmethod
    def fuse(legs, options):
        """Reciprocal rank fusion of lists of (key, score)."""
        constant = options.get("rank_constant", 60)
        weights = options.get("weights", [1] * len(legs))
        scores = {}
        for leg, weight in zip(legs, weights, strict=True):
            for place, (key, _) in enumerate(leg, 1):
                scores[key] = scores.get(key, 0.0) + weight / (constant + place)
        entries = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
        return Ranked(entries, True, False, lambda a, b: False)

    # --- aggregation ----------------------------------------------------------------------------------------

    def group_keys(self, document, group_by):
        """The groups that a document is in, each as a tuple of values; an array counts once per element."""
        keys = [()]
        for part in group_by:
            if isinstance(part, str):
                found = [document.get(part)]
            else:
                ((_, array),) = part.values()
                found = list(dict.fromkeys(document.get(array, []))) or [None]
            keys = [(*key, value) for key in keys for value in found]
        return keys

    @staticmethod
    def summary(documents, functions):
        """{label: value}"""
        result = {}
        for label, (function, *attribute) in functions.items():
            numbers = [
                document[attribute[0]] for document in documents if attribute and attribute[0] in document
            ]
            result[label] = len(documents) if function == "Count" else sum(numbers)
        return result

    def aggregate(self, query):
        """The list of groups, or one group without a key."""
        matches, group_by = compile_filter(query.get("filters"), self.schema), query.get("group_by", [])
        groups = {} if group_by else {(): []}
        for document in filter(matches, self.documents.values()):
            for key in self.group_keys(document, group_by):
                groups.setdefault(key, []).append(document)
        ordered = sorted(groups, key=lambda key: [(value is not None, value) for value in key])
        names = [part if isinstance(part, str) else next(iter(part)) for part in group_by]
        sources = [part if isinstance(part, str) else next(iter(part.values()))[1] for part in group_by]
        kinds = [values.element_type(self.schema[source]["type"]) for source in sources]
        return [
            {
                name: None if value is None else values.show(kind, value)
                for name, kind, value in zip(names, kinds, key, strict=True)
            }
            | self.summary(groups[key], query["aggregate_by"])
            for key in ordered[: query.get("top_k", 10000)]
        ]

    # --- computed attributes ---------------------------------------------------------------------------

    def computed(self, expression, rank_by):
        """{key: value} of a computed attribute: a number (not there: none), or a Highlight's ranking."""
        if expression[0] == "Highlight":
            name, highlight = expression[1], Highlight(expression, rank_by, self.schema)
            return {k: highlight.ranked(d[name]) if name in d else [] for k, d in self.documents.items()}
        if expression[1] == "VectorDist":
            target = values.read_vector(expression[2])
            return {k: self.distance(target, d[expression[0]]) for k, d in self.documents.items()}
        found = evaluate(expression, self.documents, self.schema, alone=True)
        return {k: score for k, score in found.at.items() if k in found.matched or values.f32(score) == 0}

    # --- answers ----------------------------------------------------------------------------------

    def shown(self, key, query):
        """A document's attributes as the query selects them."""
        document = self.documents[key]
        wanted = query.get("include_attributes", "exclude_attributes" in query)
        if wanted is True:
            names = set(document) - set(query.get("exclude_attributes", []))
        else:
            names = set(wanted or [])
        names.add("id")
        return {
            name: values.show(self.schema[name]["type"], document[name]) for name in names if name in document
        }
