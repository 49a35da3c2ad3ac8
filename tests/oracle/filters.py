"""Filters: `compile_filter` turns the JSON form into a predicate over a stored document."""

import operator
import re

from . import text, values

RANGE = {"Lt": operator.lt, "Lte": operator.le, "Gt": operator.gt, "Gte": operator.ge}


def null_bound(name, value):
    """A range operator whose operand is null: null is smaller than every value."""
    missing = value is None
    return {"Lt": False, "Lte": missing, "Gt": not missing, "Gte": True}[name]


def range_matches(name, value, bound):
    if bound is None:
        return null_bound(name, value)
    if value is None:
        return name in ("Lt", "Lte")
    return RANGE[name](value, bound)


def elements(value):
    return value if isinstance(value, list) else [value]


def glob_regex(pattern):
    """globset's syntax without its path rules: * ? [...] {a,b} and backslash."""
    out, at, depth = [], 0, 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            out.append(".*")
        elif char == "?":
            out.append(".")
        elif char == "[":
            end = pattern.index("]", at + 1)
            body = pattern[at:end]
            out.append("[" + ("^" + body[1:] if body[0] in "!^" else body) + "]")
            at = end + 1
        elif char == "{":
            out.append("(?:")
            depth += 1
        elif char == "}" and depth:
            out.append(")")
            depth -= 1
        elif char == "," and depth:
            out.append("|")
        elif char == "\\":
            out.append(re.escape(pattern[at]))
            at += 1
        else:
            out.append(re.escape(char))
    return "".join(out)


def glob_predicate(pattern, ignore_case):
    regex = re.compile(glob_regex(pattern), re.DOTALL | (re.IGNORECASE if ignore_case else 0))
    return lambda value: any(regex.fullmatch(item) for item in elements(value))


def regex_predicate(pattern):
    """Python's `$` also matches before a last newline, Rust's only at the end. None is generated escaped."""
    regex = re.compile(pattern.replace("$", r"\Z"))
    return lambda value: any(regex.search(item) for item in elements(value))


def fuzzy_distance(query, thresholds):
    """The distance allowed for a query, or None if it is too short for any."""
    allowed = [t["distance"] for t in thresholds if len(query) >= t["min_query_chars"]]
    return allowed[-1] if allowed else None


def substring_distance(query, value):
    """The least edit distance between the query and any substring of the value (Sellers)."""
    column = list(range(len(query) + 1))
    best = column[-1]
    for char in value:
        previous, column[0] = column[0], 0
        for i, wanted in enumerate(query, 1):
            cost = min(previous + (wanted != char), column[i] + 1, column[i - 1] + 1)
            previous, column[i] = column[i], cost
        best = min(best, column[-1])
    return best


def fuzzy_predicate(query, options):
    distance = fuzzy_distance(query, options["max_edit_distance"])
    exact_case = options.get("case_sensitive", True)
    if distance is None:
        return lambda value: False
    wanted = query if exact_case else query.lower()
    return lambda value: any(
        substring_distance(wanted, item if exact_case else item.lower()) <= distance
        for item in elements(value)
    )


def token_predicate(name, operand, options, config):
    wanted = text.analyse(operand, config)
    as_prefix = bool(options and options[0].get("last_as_prefix"))
    if not wanted:
        return lambda value: False

    def token_matches(index, token):
        word = wanted[index][1]
        return token.startswith(word) if as_prefix and index == len(wanted) - 1 else token == word

    def occurs(tokens, index):
        return any(token_matches(index, token) for _, token in tokens)

    def sequence(tokens):
        by_position = dict(tokens)
        first = wanted[0][0]
        return any(
            all(
                (position + at - first) in by_position
                and token_matches(i, by_position[position + at - first])
                for i, (at, _) in enumerate(wanted)
            )
            for position in by_position
        )

    every = {
        "ContainsAllTokens": lambda tokens: all(occurs(tokens, i) for i in range(len(wanted))),
        "ContainsAnyToken": lambda tokens: any(occurs(tokens, i) for i in range(len(wanted))),
        "ContainsTokenSequence": sequence,
    }[name]
    return lambda value: every(text.analyse(value, config))


def membership(name, type_name, operand):
    """Eq, In, Contains, ContainsAny: the positive predicate. The `Not` form negates it, nulls included."""
    read_item = values.READERS[values.element_type(type_name)]
    if name == "Eq" and values.is_array(type_name):
        wanted = [read_item(item) for item in operand]
        return lambda value: value == wanted
    items = {read_item(item) for item in (operand if isinstance(operand, list) else [operand])}
    if values.is_array(type_name):
        return lambda value: not items.isdisjoint(value)
    return lambda value: value in items


def attribute_predicate(name, type_name, operand, options, schema):
    """(predicate over a present value, answer for a missing one)"""
    if name in ("Eq", "NotEq") and operand is None:
        return lambda value: name == "NotEq", name == "Eq"
    if name in RANGE:
        bound = None if operand is None else values.read(type_name, operand)
        return lambda value: range_matches(name, value, bound), range_matches(name, None, bound)
    if name.startswith("Any"):
        compare, bound = RANGE[name[3:]], values.read(values.element_type(type_name), operand)
        return lambda value: any(compare(item, bound) for item in value), False
    if name == "Fuzzy":
        return fuzzy_predicate(operand, options[0]), False
    if name == "Regex":
        return regex_predicate(operand), False
    if "Token" in name:
        return token_predicate(name, operand, options, text.settings(schema["full_text_search"])), False
    negated, positive = name.startswith("Not"), name.removeprefix("Not")
    if positive.endswith("Glob"):
        matches = glob_predicate(operand, positive == "IGlob")
    else:
        matches = membership(positive, type_name, operand)
    return (lambda value: not matches(value)) if negated else matches, negated


def compile_filter(expression, schema):
    if expression is None:
        return lambda document: True
    if expression[0] in ("And", "Or"):
        parts = [compile_filter(part, schema) for part in expression[1]]
        join = all if expression[0] == "And" else any
        return lambda document: join(part(document) for part in parts)
    if expression[0] == "Not":
        inner = compile_filter(expression[1], schema)
        return lambda document: not inner(document)
    attribute, name, operand, *options = expression
    matches, when_missing = attribute_predicate(
        name, schema[attribute]["type"], operand, options, schema[attribute]
    )
    return lambda document: matches(document[attribute]) if attribute in document else when_missing
