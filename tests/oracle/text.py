"""Tokens and BM25.

The tokenizer covers what the generated texts contain: Latin-1 letters, digits, underscore, the middle
characters of UAX #29, Han characters, and separators. Everything outside of these classes separates.
"""

import functools
import math
import re
import unicodedata

import snowballstemmer

LETTER = "A-Za-z\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff"
BETWEEN_LETTERS = ":.'\u2019\u00b7"
BETWEEN_DIGITS = ",;.'\u2019"
SEGMENT = re.compile(
    "[\u4e00-\u9fff]|"
    f"(?:[{LETTER}0-9_]|(?<=[{LETTER}])[{BETWEEN_LETTERS}](?=[{LETTER}])|(?<=[0-9])[{BETWEEN_DIGITS}](?=[0-9]))+"
)
KEPT = re.compile(f"[{LETTER}0-9\u4e00-\u9fff]")
STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "but",
        "by",
        "for",
        "if",
        "in",
        "into",
        "is",
        "it",
        "no",
        "not",
        "of",
        "on",
        "or",
        "such",
        "that",
        "the",
        "their",
        "then",
        "there",
        "these",
        "they",
        "this",
        "to",
        "was",
        "will",
        "with",
    ]
)
DEFAULTS = {
    "tokenizer": "word_v4",
    "language": "english",
    "stemming": False,
    "remove_stopwords": False,
    "case_sensitive": False,
    "ascii_folding": False,
    "max_token_length": 39,
    "k1": 1.2,
    "b": 0.75,
    "k3": 8.0,
}


def settings(option):
    """The full set of full-text settings of a schema's `full_text_search`."""
    return {**DEFAULTS, **(option if isinstance(option, dict) else {})}


def fold(token):
    return "".join(c for c in unicodedata.normalize("NFD", token) if not unicodedata.combining(c))


@functools.cache
def stemmer(language):
    return snowballstemmer.stemmer(language)


@functools.lru_cache(maxsize=1 << 16)
def analyse_text(text, max_length, case_sensitive, remove_stopwords, stemming, ascii_folding):
    """[(position, token)] and the number of positions: a dropped token keeps its position."""
    tokens = []
    segments = [s for s in SEGMENT.findall(text) if KEPT.search(s)]
    for position, token in enumerate(segments):
        if len(token) > max_length:
            continue
        if not case_sensitive:
            token = token.lower()
        if remove_stopwords and token in STOP_WORDS:
            continue
        if stemming:
            token = stemmer(stemming).stemWord(token)
        tokens.append((position, fold(token) if ascii_folding else token))
    return tokens, len(segments)


def analyse(value, config):
    """The tokens of a text or of an array of texts, whose positions run on from element to element."""
    if config["tokenizer"] == "pre_tokenized_array":
        return list(enumerate(value))
    options = (
        config["max_token_length"],
        config["case_sensitive"],
        config["remove_stopwords"],
        config["stemming"] and config["language"],
        config["ascii_folding"],
    )
    tokens, start = [], 0
    for text in value if isinstance(value, list) else [value]:
        found, length = analyse_text(text, *options)
        tokens.extend((start + position, token) for position, token in found)
        start += length
    return tokens


class Corpus:
    """The statistics of one attribute over the documents that have it."""

    def __init__(self, documents, attribute, config):
        self.config = config
        self.tokens = {}
        for key, document in documents.items():
            if attribute in document:
                self.tokens[key] = [token for _, token in analyse(document[attribute], config)]
        self.count = len(self.tokens)
        self.average = sum(map(len, self.tokens.values())) / max(1, self.count)
        self.frequency = {}
        for tokens in self.tokens.values():
            for token in set(tokens):
                self.frequency[token] = self.frequency.get(token, 0) + 1

    def forget_others(self):
        """As if no document were known: every idf is ln 2, and the average length 1."""
        self.count, self.average, self.frequency = 0, 1, dict.fromkeys(self.frequency, 0)

    def scores(self, query, last_as_prefix=False):
        """{key: score} of the documents that contain at least one term of the query.

        A prefix adds 1 to a document that has any token beginning with it.
        """
        k1, b, k3 = (self.config[name] for name in ("k1", "b", "k3"))
        terms = [token for _, token in analyse(query, self.config)]
        prefix = terms.pop() if last_as_prefix and terms else None
        result = {}
        for key, tokens in self.tokens.items():
            if prefix is not None and any(token.startswith(prefix) for token in tokens):
                result[key] = 1.0
        for term in dict.fromkeys(terms):
            if term not in self.frequency:
                continue
            df, qtf = self.frequency[term], terms.count(term)
            idf = math.log(1 + (self.count - df + 0.5) / (df + 0.5))
            query_part = (k3 + 1) * qtf / (k3 + qtf)
            for key, tokens in self.tokens.items():
                tf = tokens.count(term)
                if tf:
                    norm = 1 - b + b * len(tokens) / self.average
                    result[key] = result.get(key, 0.0) + idf * query_part * tf * (k1 + 1) / (tf + k1 * norm)
        return result
