"""Random schemas, write batches and queries, all of them legal unless they say otherwise."""

import base64
import random
import struct

from . import values
from .highlight import bm25_clauses

ATTRIBUTE_LIMIT = 9
UUIDS = [f"{n:08x}-0000-4000-8000-{n * 7:012x}" for n in (0, 1, 17, 4096, 2**32 - 1)]
POOLS = {
    "string": [
        "",
        "a",
        "b",
        "ab",
        "Abc",
        "straße",
        "東京",
        "a/b.txt",
        "file01.log",
        "[x]",
        "zebra",
        "pufferfish are cute",
    ],
    "int": [-(2**63), -5, -1, 0, 1, 2, 7, 2**53 + 1, 2**63 - 1],
    "uint": [0, 1, 2, 3, 2**53 + 1, 2**64 - 1],
    "float": [-1.5, 0.0, 0.1, 1, 1.0, 2.5, 1e300, 5e-324, -(2**53)],
    "bool": [False, True],
    "uuid": [*UUIDS, UUIDS[1].upper(), UUIDS[2].replace("-", "")],
    "datetime": [
        "1969-12-31T23:59:59.999Z",
        "2024-03-02T00:00:00Z",
        "2024-03-02T02:00:00+02:00",
        "2024-03-02T00:00:00.001Z",
    ],
}
SCALARS = list(POOLS)
NUMBERS = ["int", "uint", "float", "datetime"]
WORDS = [
    "sea",
    "night",
    "harbour",
    "harbour",
    "fish",
    "Fish",
    "fishing",
    "fishes",
    "harbours",
    "nights",
    "generously",
    "Häuser",
    "größer",
    "niños",
    "lopende",
    "the",
    "of",
    "a",
    "don't",
    "rock’n’roll",
    "U.S.A.",
    "e.g.",
    "3.14",
    "1,000",
    "v2.0.1",
    "café",
    "naïve",
    "東京",
    "中文",
    "foo_bar",
    "__init__",
    "a:b",
    "x-ray",
    "pneumonoultramicroscopicsilicovolcanoconiosis",
]
LANGUAGES = ["english", "english", "dutch", "finnish", "french", "german", "italian", "spanish", "swedish"]
SEPARATORS = [" ", " ", " ", ", ", " / ", "-", ". ", "…", "' ", "! ", ".) ", "\n"]
GLOBS = [
    "*",
    "",
    "a*",
    "*b",
    "?b",
    "{a,ab}",
    "[ab]*",
    "[!a]*",
    "*.{txt,log}",
    "file??.log",
    "a/*",
    r"\[x\]",
    "東?",
    "A*",
    "ABC",
]
REGEX_ATOMS = [
    "a",
    "b",
    "e",
    "A",
    "1",
    "é",
    ".",
    "[ab]",
    "[^a]",
    "[a-m]",
    r"\d",
    r"\w",
    r"\s",
    r"\.",
    "(?:ab|b)",
    "(a|)",
]
REGEX_REPEATS = ["", "", "", "*", "+", "?", "*?", "{2}", "{1,2}", "{1,}"]
FUZZY_QUERIES = [
    "ab",
    "zebra",
    "zebar",
    "zebrra",
    "ZEBRA",
    "file01",
    "fil01",
    "pufferfsh",
    "puferfsh",
    "pufferfish are",
    "harbour",
    "harbr our",
]
FUZZY_THRESHOLDS = [{"min_query_chars": 3 * (d + 1), "distance": d} for d in range(3)]
RANGES = ["Lt", "Lte", "Gt", "Gte"]
DIMENSIONS = ["", "a", "b", "salt", "wind", "é", "東京", "B"]
WEIGHTS = [0, 0.1, 0.4, 1.2, 2, -3, 0.5, 1e-9, 6e-8, 2049, 65504, -65519, 1 / 3]
DURATIONS = ["1ms", "0.5s", "90s", "30m", "6h", "2d", "1w", 21_600_000, 0.5]
SCALAR_ONE, SCALAR_MANY = ["Eq", "NotEq", *RANGES], ["In", "NotIn"]
ARRAY_ONE = ["Contains", "NotContains", *("Any" + name for name in RANGES)]
ARRAY_MANY = ["In", "NotIn", "ContainsAny", "NotContainsAny", "Eq", "NotEq"]


def every_leaf(name, kind):
    """Each operator of an attribute with each operand of its pool, and null where it may stand."""
    pool = POOLS[kind.removeprefix("[]")]
    one, many = (ARRAY_ONE, ARRAY_MANY) if kind.startswith("[]") else (SCALAR_ONE, SCALAR_MANY)
    lists = [[], *([first, second] for first in pool for second in pool)]
    yield from ([name, op, operand] for op in one for operand in pool)
    yield from ([name, op, operands] for op in many for operands in lists)
    if kind.startswith("[]"):
        yield from ([name, "In", operand] for operand in pool)
    yield from ([name, op, None] for op in (*one, *many) if op.endswith("Eq") or op in RANGES)


def vectors(schema):
    return [name for name in ("vector", "half") if name in schema]


class Generator(random.Random):
    def maybe(self, probability=0.5):
        return self.random() < probability

    def some(self, pool, low, high):
        return [self.choice(pool) for _ in range(self.randint(low, high))]

    # --- schema -----------------------------------------------------------------------------------

    def full_text_options(self):
        options = {
            "case_sensitive": self.maybe(),
            "remove_stopwords": self.maybe(),
            "stemming": self.maybe(),
            "language": "english",
            "ascii_folding": self.maybe(),
            "max_token_length": self.choice([4, 39, 254]),
            "k1": self.choice([0.5, 1.2, 2.0]),
            "b": self.choice([0.0, 0.75, 1.0]),
            "k3": self.choice([1.0, 8.0]),
        }
        if options["case_sensitive"]:
            options["remove_stopwords"] = options["stemming"] = False
        if not options["remove_stopwords"]:
            options["language"] = self.choice(LANGUAGES)
        return {name: options[name] for name in options if self.maybe(0.4)} if self.maybe(0.6) else True

    def make_schema(self):
        """A full declaration; attribute names tell their type to who reads a failing case."""
        kinds = [("n_" + t, t) for t in SCALARS] + [("l_" + t, "[]" + t) for t in SCALARS]
        schema = {"id": self.choice(["uint", "string", "uuid"])}
        for name, kind in self.sample(kinds, self.randint(2, ATTRIBUTE_LIMIT)):
            schema[name] = kind if self.maybe() else {"type": kind, "filterable": True}
        for name, kind in (("text", "string"), ("texts", "[]string")):
            if self.maybe(0.7):
                schema[name] = {"type": kind, "full_text_search": self.full_text_options()}
        if self.maybe(0.2):
            schema["given"] = {"type": "[]string", "full_text_search": {"tokenizer": "pre_tokenized_array"}}
        for name, kind in (("glob", "string"), ("globs", "[]string")):
            if self.maybe(0.4):
                schema[name] = {"type": kind, "glob": True, "fuzzy": True, "filterable": self.maybe()}
        for name, kind in (("regex", "string"), ("regexes", "[]string")):
            if self.maybe(0.3):
                schema[name] = {"type": kind, "regex": True, "filterable": self.maybe()}
        if self.maybe(0.4):
            schema["sparse"] = {"type": values.SPARSE, "sparse_knn": {"distance_metric": "dot_product"}}
        if self.maybe(0.6):
            schema["vector"] = {"type": f"[{self.randint(1, 6)}]f32", "ann": True}
        if self.maybe(0.3):
            schema["half"] = {"type": f"[{self.randint(1, 40)}]f16", "ann": True}
        return schema

    # --- values -----------------------------------------------------------------------------------

    def vector(self, kind):
        """Never zero, which has no cosine. Quarters, so that sums of squares are exact in f32; but for f16
        what has to be rounded."""
        dims = values.vector_dims(kind)
        components = [self.randint(-8, 8) / 4 for _ in range(dims)]
        if kind.endswith("f16"):
            components = [self.uniform(-2, 2) for _ in range(dims)]
        components[0] = components[0] or 1.0
        return (
            base64.b64encode(struct.pack(f"<{dims}f", *components)).decode()
            if self.maybe(0.3)
            else components
        )

    def sentence(self):
        return "".join(word + self.choice(SEPARATORS) for word in self.some(WORDS, 0, 9))

    def element(self, name, kind):
        if name in ("text", "texts"):
            return self.sentence()
        if name == "given":
            return self.choice(WORDS)
        return self.choice(POOLS[kind])

    def sparse(self):
        names = self.sample(DIMENSIONS, self.randint(0, 5))
        return {name: self.choice(WEIGHTS) for name in names}

    def value(self, name, kind):
        if kind == values.SPARSE:
            return self.sparse()
        if values.is_vector(kind):
            return self.vector(kind)
        if values.is_array(kind):
            return [self.element(name, kind[2:]) for _ in range(self.randint(0, 3))]
        return self.element(name, kind)

    def ids(self, kind):
        return {
            "uint": [0, 1, 2, 9, 10, 100, 2**53 + 1, 2**64 - 1, *list(range(20, 50))],
            "string": ["", "a", "B", "b", "10", "9", "東", "x" * 64] + [f"doc-{n}" for n in range(30)],
            "uuid": UUIDS + [f"00000000-0000-0000-0000-{n:012x}" for n in range(100, 130)],
        }[kind]

    # --- writes -----------------------------------------------------------------------------------

    def row(self, schema, key, patch):
        row = {"id": key}
        for name, option in schema.items():
            kind = option if isinstance(option, str) else option["type"]
            if values.is_vector(kind):
                if not patch:
                    row[name] = self.value(name, kind)
            elif name != "id" and self.maybe(0.4 if patch else 0.8):
                row[name] = None if self.maybe(0.2) else self.value(name, kind)
        return row

    @staticmethod
    def columns(rows):
        names = dict.fromkeys(name for row in rows for name in row)
        return {name: [row.get(name) for row in rows] for name in names}

    def batch(self, schema, first):
        """A write body; by-id operations share no id."""
        keys = self.sample(self.ids(schema["id"]), self.randint(1, 14))
        upserts = keys if first else keys[: len(keys) // 2]
        patches = [] if first else keys[len(upserts) : -2]
        deletes = [] if first else keys[len(upserts) + len(patches) :]
        body = {}
        for kind, chosen in (("upsert", upserts), ("patch", patches)):
            rows = [self.row(schema, key, kind == "patch") for key in chosen]
            if rows and self.maybe(0.4):
                columns = self.columns(rows)
                if len(columns) > 1:
                    body[kind + "_columns"] = columns
                    continue
            if rows:
                body[kind + "_rows"] = rows
        if deletes:
            body["deletes"] = deletes
        if first:
            body["schema"] = schema
        if vectors(schema) and (first or self.maybe()):
            body["distance_metric"] = "cosine_distance"
        return body

    def fitting(self, schema, *kinds):
        return [name for name, option in schema.items() if option["type"] in kinds]

    def ref_leaf(self, schema):
        """One comparison with what the row writes; `schema` is the oracle's."""
        name = self.choice([n for n, o in schema.items() if o.get("filterable")])
        kind = schema[name]["type"]
        if not values.is_array(kind):
            op = self.choice([*SCALAR_ONE, *SCALAR_MANY])
            fitting = self.fitting(schema, kind, *(["[]" + kind] if op in SCALAR_MANY else []))
        else:
            op = self.choice([*ARRAY_ONE, *ARRAY_MANY])
            one, many = kind[2:], kind
            kinds = [one] if op in ARRAY_ONE else [one, many] if op in SCALAR_MANY else [many]
            fitting = self.fitting(schema, *kinds)
        return [name, op, {"$ref_new": self.choice(fitting)}] if fitting else [name, "NotEq", None]

    def condition(self, schema, texts):
        """`texts`: operators that look at the stored text may be in it."""
        parts = []
        for _ in range(self.randint(1, 3)):
            leaf = self.ref_leaf(schema) if self.maybe(0.7) else self.leaf(schema)
            if texts or not ("Token" in leaf[1] or leaf[1] == "Regex"):
                parts.append(["Not", leaf] if self.maybe(0.2) else leaf)
        return parts[0] if len(parts) == 1 else [self.choice(["And", "Or"]), parts]

    def add_conditions(self, body, schema):
        """Makes some of the operations conditional and adds writes by filter; `schema` is the oracle's."""
        if self.maybe(0.7):
            body["return_affected_ids"] = True
        if self.maybe(0.3):
            body["delete_by_filter"] = ["And", [self.filter(schema), self.filter(schema)]]
        if self.maybe(0.3):
            patch = self.row(schema, None, True)
            del patch["id"]
            body["patch_by_filter"] = {"filters": self.filter(schema), "patch": patch}
        for kind in ("upsert", "patch", "delete"):
            if self.maybe(0.4):
                body[kind + "_condition"] = self.condition(schema, "patch_by_filter" not in body)

    def broken(self, schema):
        """A batch that repeats an id: refused as a whole."""
        keys = self.sample(self.ids(schema["id"]), 3)
        return {"upsert_rows": [self.row(schema, key, False) for key in [*keys, keys[0]]]}

    # --- queries ----------------------------------------------------------------------------------

    def leaf(self, schema):
        """One comparison; `schema` is the oracle's, with every option filled in."""
        name = self.choice([n for n, o in schema.items() if self.filter_kinds(n, o)])
        return self.choice(self.filter_kinds(name, schema[name]))(name, schema[name]["type"], schema)

    def filter_kinds(self, name, option):
        kinds = []
        kind = option["type"]
        if option.get("filterable"):
            kinds += [self.array_leaf] if values.is_array(kind) else [self.scalar_leaf]
        if option.get("glob"):
            kinds += [self.glob_leaf]
        if option.get("regex"):
            kinds += [self.regex_leaf]
        if option.get("fuzzy"):
            kinds += [self.fuzzy_leaf]
        if option.get("full_text_search"):
            kinds += [self.token_leaf]
        return kinds

    def operand_pool(self, name, kind, schema):
        return self.ids(schema["id"]["type"]) if name == "id" else POOLS[kind]

    def scalar_leaf(self, name, kind, schema):
        pool = self.operand_pool(name, kind, schema)
        op = self.choice([*SCALAR_ONE, *SCALAR_MANY])
        if op in SCALAR_MANY:
            return [name, op, self.some(pool, 0, 4)]
        return [name, op, None if self.maybe(0.15) else self.choice(pool)]

    def array_leaf(self, name, kind, schema):
        pool = POOLS[kind[2:]]
        op = self.choice([*ARRAY_ONE, *ARRAY_MANY])
        if op.endswith("Eq") and self.maybe():
            return [name, op, None]
        return [name, op, self.some(pool, 0, 4) if op in ARRAY_MANY else self.choice(pool)]

    def glob_leaf(self, name, kind, schema):
        return [name, self.choice(["Glob", "NotGlob", "IGlob", "NotIGlob"]), self.choice(GLOBS)]

    def regex_branch(self):
        atoms = [self.choice(REGEX_ATOMS) + self.choice(REGEX_REPEATS) for _ in range(self.randint(1, 3))]
        return self.choice(["", "", "^"]) + "".join(atoms) + self.choice(["", "", "$"])

    def regex_leaf(self, name, kind, schema):
        branches = [self.regex_branch() for _ in range(self.randint(1, 2))]
        return [name, "Regex", self.choice(["", "(?i)"]) + "|".join(branches)]

    def fuzzy_leaf(self, name, kind, schema):
        first = self.randrange(3)
        options = {"max_edit_distance": FUZZY_THRESHOLDS[first : self.randint(first + 1, 3)]}
        if self.maybe():
            options["case_sensitive"] = self.maybe()
        return [name, "Fuzzy", self.choice(FUZZY_QUERIES), options]

    def token_operand(self, name, words):
        if name == "given":
            return words
        return " ".join(words) if self.maybe(0.7) else words

    def token_leaf(self, name, kind, schema):
        words = self.some(WORDS, 1, 3)
        prefix = [{"last_as_prefix": True}] if self.maybe(0.3) else []
        if prefix:
            words[-1] = words[-1][: self.randint(1, len(words[-1]))]
        op = self.choice(["ContainsAllTokens", "ContainsAnyToken", "ContainsTokenSequence"])
        return [name, op, self.token_operand(name, words), *prefix]

    def filter(self, schema, depth=3):
        if depth == 0 or self.maybe(0.5):
            return self.leaf(schema)
        if self.maybe(0.25):
            return ["Not", self.filter(schema, depth - 1)]
        return [
            self.choice(["And", "Or"]),
            [self.filter(schema, depth - 1) for _ in range(self.randint(1, 3))],
        ]

    def order(self, schema):
        names = [n for n, o in schema.items() if o["type"] in SCALARS and o["filterable"]]
        chosen = self.sample(names, min(len(names), self.randint(1, 3)))
        clauses = [[name, self.choice(["asc", "desc"])] for name in chosen]
        return clauses[0] if len(clauses) == 1 and self.maybe(0.7) else clauses

    def text_query(self, name):
        words = self.some([*WORDS, "unheard"], 1, 5)
        prefix = [{"last_as_prefix": self.maybe(0.8)}] if self.maybe(0.3) else []
        if prefix:
            words[-1] = words[-1][: self.randint(1, len(words[-1]))]
        return [name, "BM25", words if name == "given" else " ".join(words), *prefix]

    def number(self, name, kind):
        """An attribute as a score, or its distance; signed ones need a floor."""
        attribute = ["Attribute", name]
        if kind == "datetime" or self.maybe(0.4):
            return ["Dist", attribute, self.choice(POOLS[kind])]
        if kind == "uint":
            return attribute
        parts = [self.choice([0, 0.5, 2]), attribute]
        return ["Max", parts if self.maybe() else parts[::-1]]

    def bent(self, inner, kind):
        midpoints = DURATIONS if inner[0] == "Dist" and kind == "datetime" else [0.5, 1, 100]
        if inner[0] == "Max" and self.maybe():
            inner = next(part for part in inner[1] if isinstance(part, list))
        options = {"midpoint": self.choice(midpoints)}
        if self.maybe(0.3):
            options["exponent"] = self.choice([0.5, 1, 2, 4])
        return [self.choice(["Saturate", "Decay"]), inner, options]

    def clause(self, schema, searched):
        numbers = [(n, o["type"]) for n, o in schema.items() if o["type"] in NUMBERS and n != "id"]
        if numbers and self.maybe(0.3):
            name, kind = self.choice(numbers)
            inner = self.number(name, kind)
            return self.bent(inner, kind) if self.maybe() else inner
        if "sparse" in schema and self.maybe(0.3):
            return ["sparse", "SparseKNN", self.sparse()]
        return self.text_query(self.choice(searched)) if searched and self.maybe(0.6) else self.leaf(schema)

    def score(self, schema, searched, depth=2):
        """Weights are dyadic, so that what adds up without a text query is exact."""
        if depth == 0 or self.maybe(0.4):
            return self.clause(schema, searched)
        if self.maybe(0.15):
            return self.bent(self.score(schema, searched, depth - 1), None)
        if self.maybe(0.3):
            parts = [self.choice([0, 0.5, 2]), self.score(schema, searched, depth - 1)]
            return ["Product", *(parts if self.maybe() else reversed(parts))]
        return [
            self.choice(["Sum", "Max"]),
            [self.score(schema, searched, depth - 1) for _ in range(self.randint(1, 3))],
        ]

    def floored(self, schema, searched):
        return ["Max", [self.choice([0, 0.25, 1, 3]), self.clause(schema, searched)]]

    def rank_by(self, schema):
        searched = [n for n, o in schema.items() if o.get("full_text_search")]
        ways = [self.order] + [lambda s: self.text_query(self.choice(searched))] * bool(searched)
        ways += [lambda s: self.score(s, searched), lambda s: self.floored(s, searched)]
        if "sparse" in schema:
            ways.append(lambda s: ["sparse", "SparseKNN", self.sparse()])
        near = ["ANN", "ANN", "kNN"]
        for name in vectors(schema):
            ways.append(lambda s, name=name: [name, self.choice(near), self.vector(s[name]["type"])])
        return self.choice(ways)(schema)

    def query(self, schema):
        query = {"rank_by": self.rank_by(schema)}
        limit = self.choice([1, 2, 5, 10, 100, 10000])
        query[self.choice(["limit", "limit", "top_k"])] = limit
        if "kNN" in query["rank_by"] or self.maybe(0.8):
            query["filters"] = self.filter(schema)
        names = [name for name in schema if name != "id"]
        chosen = self.sample(names, self.randint(0, len(names)))
        query |= self.choice(
            [{}, {"include_attributes": True}, {"include_attributes": chosen}, {"exclude_attributes": chosen}]
        )
        if self.maybe(0.4):
            query["compute_attributes"] = self.computed(schema, query["rank_by"])
        if self.maybe(0.15):
            query["offset"] = self.choice([0, 1, 3, 20])
            query = self.capped(query)
        return self.diverse(query, schema) if self.maybe(0.2) else query

    @staticmethod
    def capped(query):
        """offset + limit have a maximum."""
        name = "limit" if "limit" in query else "top_k"
        return {**query, name: min(query[name], 10000 - query["offset"])}

    def diverse(self, query, schema):
        """The query with a limit of rows for each value of some attributes, which it then has to include."""
        names = [name for name, option in schema.items() if option["type"] in SCALARS]
        keys = self.some(names, 1, 2)
        total = query.pop("limit", None) or query.pop("top_k")
        query["limit"] = {
            "total": total,
            "per": {"attributes": keys, "limit": self.randint(1, min(total, 3))},
        }
        query.pop("exclude_attributes", None)
        if query.get("include_attributes") is not True:
            query["include_attributes"] = list({*keys, *query.get("include_attributes", [])})
        return query

    def highlight(self, schema, rank_by, name):
        options = {}
        if self.maybe():
            options["fragment_by"] = self.choice(["none", "sentence", "paragraph", "word"])
        if self.maybe():
            options["fragment_limit"] = self.choice([1, 2, 10])
        if self.maybe(0.7):
            options["include_offsets"] = self.choice(["utf-8", "utf-16", "codepoints"])
        if self.maybe() or not bm25_clauses(rank_by, name):
            fragments = {"$fragment": schema[name] | {"type": "string", "filterable": False}}
            options["rank_fragments_by"] = self.score(fragments, ["$fragment"], 1)
        return ["Highlight", name, options] if options or self.maybe() else ["Highlight", name]

    def computed(self, schema, rank_by):
        searched = [n for n, o in schema.items() if o.get("full_text_search")]
        found = {"c-score": self.score(schema, searched)} if self.maybe(0.7) else {}
        if vectors(schema) and self.maybe():
            name = self.choice(vectors(schema))
            found["c-distance"] = [name, "VectorDist", self.vector(schema[name]["type"])]
        for name in ("text", "texts"):
            if name in searched and self.maybe(0.7):
                found["c-" + name] = self.highlight(schema, rank_by, name)
        return found

    def aggregation(self, schema):
        summable = [name for name in ("n_int", "n_uint", "n_float") if name in schema]
        query = {"aggregate_by": {"n": self.choice([["Count"], ["Count", "id"]])}}
        query["aggregate_by"] |= {"sum of " + name: ["Sum", name] for name in summable if self.maybe()}
        if self.maybe():
            query["filters"] = self.filter(schema)
        scalars = [name for name, option in schema.items() if name.startswith("n_") and option["filterable"]]
        arrays = [name for name, option in schema.items() if name.startswith("l_") and option["filterable"]]
        group_by = self.sample(scalars, self.randint(0, min(2, len(scalars))))
        for name in self.sample(arrays, min(len(arrays), self.choice([0, 0, 1, 2]))):
            group_by.insert(self.randint(0, len(group_by)), {"each " + name: ["ForEachUnique", name]})
        if group_by:
            query["group_by"] = group_by
            if self.maybe(0.3):
                query["top_k"] = self.randint(1, 5)
        return query

    def rerank(self, legs):
        options = {}
        if self.maybe():
            options["rank_constant"] = self.choice([1, 10, 60])
        if self.maybe():
            options["weights"] = [self.choice([0.5, 1, 2, 3]) for _ in range(legs)]
        return ["RRF", options] if options or self.maybe() else ["RRF"]
