"""What writes make of a namespace: one request after the other, in the order that the contract gives."""

from . import values
from .filters import RANGE, compile_filter

NOTHING, EVERYTHING = ["Or", []], ["And", []]
KINDS = {"upsert": "upserted", "patch": "patched", "delete": "deleted"}


def rows_of(columns):
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def with_new_values(condition, row):
    """The condition with {"$ref_new": name} replaced by what the row writes; without a row all is null."""
    if condition[0] in ("And", "Or"):
        return [condition[0], [with_new_values(part, row) for part in condition[1]]]
    if condition[0] == "Not":
        return ["Not", with_new_values(condition[1], row)]
    attribute, name, operand, *options = condition
    if not isinstance(operand, dict):
        return condition
    value = row.get(operand["$ref_new"]) if row else None
    if value is None and name not in (*RANGE, "Eq", "NotEq"):
        return EVERYTHING if name.startswith("Not") else NOTHING
    return [attribute, name, value, *options]


class Answer:
    """Counts and ids of the kinds of operation that a request has."""

    def __init__(self, body):
        present = {
            "upsert": "upsert_rows" in body or "upsert_columns" in body,
            "patch": any("patch_" + form in body for form in ("rows", "columns", "by_filter")),
            "delete": "deletes" in body or "delete_by_filter" in body,
        }
        self.ids = {kind: [] for kind in KINDS if present[kind]}
        self.with_ids = body.get("return_affected_ids", False)
        conditions = any(kind + "_condition" in body and present[kind] for kind in KINDS)
        self.reads = present["patch"] or "delete_by_filter" in body or conditions

    def fields(self):
        counts = {"rows_" + KINDS[kind]: len(ids) for kind, ids in self.ids.items()}
        counts["rows_affected"] = sum(counts.values())
        lists = {KINDS[kind] + "_ids": ids for kind, ids in self.ids.items() if ids and self.with_ids}
        return counts | lists


class Written:
    def __init__(self):
        self.schema = {}
        self.documents = {}
        self.metric = None

    # --- schema -----------------------------------------------------------------------------------

    def declare(self, schema):
        for name, option in schema.items():
            option = {"type": option} if isinstance(option, str) else dict(option)
            if option.get("full_text_search") == {}:
                option["full_text_search"] = True
            searched = any(option.get(flag) for flag in ("full_text_search", "regex", "glob", "fuzzy"))
            if not values.is_vector(option["type"]):
                option.setdefault("filterable", not searched and option["type"] != values.SPARSE)
            self.schema[name] = option

    def infer(self, row):
        """Declares what no schema did; a vector's metric stands in the request, not here."""
        for name, value in row.items():
            if name not in self.schema and value is not None:
                self.declare({name: values.infer_type(name, value)})

    def read_row(self, row):
        present = {name: value for name, value in row.items() if value is not None}
        return {name: values.read(self.schema[name]["type"], value) for name, value in present.items()}

    # --- operations -------------------------------------------------------------------------------

    def matching(self, filters):
        """Ids in their order."""
        matches = compile_filter(filters, self.schema)
        return sorted(key for key, document in self.documents.items() if matches(document))

    def passes(self, condition, key, row):
        if condition is None:
            return True
        return compile_filter(with_new_values(condition, row), self.schema)(self.documents[key])

    def patch(self, key, row):
        document = self.documents[key] | self.read_row(row)
        self.documents[key] = {
            name: value for name, value in document.items() if row.get(name, value) is not None
        }

    def write(self, body):
        """Applies a legal body; returns its answer."""
        answer = Answer(body)
        self.metric = body.get("distance_metric", self.metric)
        self.declare(body.get("schema", {}))
        upserts = body.get("upsert_rows", []) + rows_of(body.get("upsert_columns", {}))
        patches = body.get("patch_rows", []) + rows_of(body.get("patch_columns", {}))
        by_filter = body.get("patch_by_filter", {"patch": {}})
        for row in (*upserts, *patches, by_filter["patch"]):
            self.infer(row)
        if "delete_by_filter" in body:
            for key in self.matching(body["delete_by_filter"]):
                del self.documents[key]
                answer.ids["delete"].append(key)
        if "filters" in by_filter:
            for key in self.matching(by_filter["filters"]):
                self.patch(key, by_filter["patch"])
                answer.ids["patch"].append(key)
        for row in upserts:
            document = self.read_row(row)
            key = document["id"]
            if key not in self.documents or self.passes(body.get("upsert_condition"), key, row):
                self.documents[key] = document
                answer.ids["upsert"].append(key)
        for row in patches:
            key = self.read_row(row)["id"]
            if key in self.documents and self.passes(body.get("patch_condition"), key, row):
                self.patch(key, row)
                answer.ids["patch"].append(key)
        self.delete(body.get("deletes", []), body.get("delete_condition"), answer)
        return answer

    def delete(self, ids, condition, answer):
        """Without a condition what does not exist counts as well."""
        for raw in ids:
            key = values.read(self.schema["id"]["type"], raw)
            there = key in self.documents
            if condition is None or (there and self.passes(condition, key, None)):
                self.documents.pop(key, None)
                answer.ids["delete"].append(key)
