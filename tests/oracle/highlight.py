"""Computed attributes: scores of single rows, and highlights.

The sentence rules cover what the generated texts contain: Latin-1 and Han letters, digits, and some marks.
"""

import itertools
import re

from . import scores, text

PSEUDO = "$fragment"
CLOSE, CONTINUE, SPACE, LINE_END = "'\"()’", ",-:", " \t", "\r\n"
TERMINATED = re.compile(f"([.!?])([{re.escape(CLOSE)}]*)([{SPACE}]*)$")


def is_letter(char):
    return char.isalpha()


def before_lower_case(rest):
    """Whether a lower-case letter is the first letter, terminator or line end."""
    first = next((char for char in rest if is_letter(char) or char in ".!?" + LINE_END), "")
    return first.islower()


def ends_sentence(before, after):
    """Whether a sentence ends between the two, neither of which is empty."""
    if before[-1] in LINE_END:
        return not (before[-1] == "\r" and after[0] == "\n")
    found = TERMINATED.search(before)
    if not found:
        return False
    mark, close, space = found.groups()
    cased = before[found.start() - 1 : found.start()] if found.start() else ""
    full_stop = mark == "." and not close and not space
    if full_stop and (after[0].isdigit() or (after[0].isupper() and (cased.isupper() or cased.islower()))):
        return False
    if after[0] in CONTINUE + SPACE + LINE_END + ".!?" or (after[0] in CLOSE and not space):
        return False
    return not (mark == "." and before_lower_case(after))


def cut(whole, ends):
    """[(start, piece without white space around it)] of the pieces that are not empty."""
    places, found = [0, *ends, len(whole)], []
    for start, end in itertools.pairwise(places):
        piece = whole[start:end]
        if piece.strip():
            found.append((start + len(piece) - len(piece.lstrip()), piece.strip()))
    return found


def sentences(whole):
    return cut(whole, [i for i in range(1, len(whole)) if ends_sentence(whole[:i], whole[i:])])


def paragraphs(whole):
    return cut(whole, [i for i, char in enumerate(whole) if char in LINE_END])


def words(whole):
    return [
        (found.start(), found.group())
        for found in text.SEGMENT.finditer(whole)
        if text.KEPT.search(found.group())
    ]


SPLITS = {
    "none": lambda whole: [(0, whole)] if whole else [],
    "sentence": sentences,
    "paragraph": paragraphs,
    "word": words,
}
UNITS = {
    "utf-8": lambda part: len(part.encode()),
    "utf-16": lambda part: len(part.encode("utf-16-le")) // 2,
    "codepoints": len,
}


def bm25_clauses(expression, name):
    if not isinstance(expression, list):
        return []
    if len(expression) >= 3 and expression[:2] == [name, "BM25"]:
        return [expression]
    return [clause for part in expression for clause in bm25_clauses(part, name)]


class Highlight:
    """One ["Highlight", name, options] beside a rank_by."""

    def __init__(self, expression, rank_by, schema):
        self.name, options = expression[1], dict(enumerate(expression)).get(2) or {}
        given = options.get("rank_fragments_by")
        source = PSEUDO if given else self.name
        clauses = bm25_clauses(given or rank_by, source)
        self.ranks = [given] if given else clauses
        self.schema = {source: schema[self.name] | {"type": "string"}}
        self.source, self.config = source, text.settings(schema[self.name]["full_text_search"])
        self.split = SPLITS[options.get("fragment_by", "sentence")]
        self.limit, self.unit = options.get("fragment_limit", 3), options.get("include_offsets")
        self.wanted, self.prefixes = set(), []
        for clause in clauses:
            found = [token for _, token in text.analyse(clause[2], self.config)]
            if clause[3:] and clause[3].get("last_as_prefix") and found:
                self.prefixes.append(found.pop())
            self.wanted.update(found)

    def matches(self, piece):
        for start, segment in words(piece):
            for _, token in text.analyse(segment, self.config):
                if token in self.wanted or any(token.startswith(prefix) for prefix in self.prefixes):
                    yield start, start + len(segment)

    def show(self, item, start, piece, index):
        shown = {"text": piece}
        if self.unit:
            size = UNITS[self.unit]
            shown["fragment_range"] = [size(item[:start]), size(item[: start + len(piece)])]
            shown["match_ranges"] = [
                [size(item[: start + place]) for place in match] for match in self.matches(piece)
            ]
            if index is not None:
                shown["array_index"] = index
        return shown

    def ranked(self, value):
        """[(score, fragment as shown)], best first."""
        pieces = [
            (item, start, piece, index if isinstance(value, list) else None)
            for index, item in enumerate(value if isinstance(value, list) else [value])
            for start, piece in self.split(item)
        ]
        documents = {number: {self.source: piece[2]} for number, piece in enumerate(pieces)}
        parts = [scores.evaluate(rank, documents, self.schema) for rank in self.ranks] if documents else []
        sums = [(sum(part.at[number] for part in parts), number) for number in documents]
        best = sorted((-score, number) for score, number in sums if score > 0)
        return [(-score, self.show(*pieces[number])) for score, number in best]
