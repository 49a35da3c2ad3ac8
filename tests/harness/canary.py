"""Canaries: every secret that a test plants holds one of two words, and whatever our programs write or answer
is searched for them, in any spelling. The harness keeps the watch: `Program` over output and metrics, `wire`
over answers, `Recorder` and `Upstream` over both sides of a gateway. What `look` finds fails the test that
runs (conftest.py).

A store's credential may reach that store. A client's own key never gets past the gateway. Neither ever comes
back.
"""

import base64
import contextlib
import gzip
import re
import urllib.parse

STORE = "StoreCanaryq7Zx"
CLIENT = "ClientCanaryq7Zx"
ALL = (STORE, CLIENT)
OVERLAP = 256  # more than any spelling of a word takes

found, relayed = [], []


def store_key(name):
    """A credential that a gateway shows to a store (and, in mode deriveFromStore, a client to a gateway)."""
    return f"tpuf_{STORE}_{name}"


def client_key(name):
    """A key that only the gateway knows its clients by."""
    return f"hl_{CLIENT}_{name}"


STORE_KEY = store_key("tests")


def is_planted(secret):
    return any(word in secret for word in ALL)


def base64_spellings(word):
    """What of the word's base64 does not depend on its neighbours, at each of three offsets."""
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + word + b"\0\0")
        yield encoded[-(-offset * 8 // 6) : (offset + len(word)) * 8 // 6]


def spellings(word):
    """(as it stands whatever the case, as it stands in this case)"""
    plain = word.lower().encode()
    return [plain, word.encode().hex().encode()], list(base64_spellings(word.encode()))


SPELLINGS = {word: spellings(word) for word in ALL}
UNICODE_ESCAPE = re.compile(rb"\\u00([0-9a-fA-F]{2})")


def unescaped(data):
    """Without the escapes of URLs and JSON."""
    if b"%" in data:
        data = urllib.parse.unquote_to_bytes(data)
    if b"\\u00" in data:
        data = UNICODE_ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), data)
    return data


def search(data, words=ALL):
    """The first word in these bytes with a piece of what is around it, or None."""
    for form in {data, unescaped(data)}:
        lowered = form.lower()
        for word in words:
            anyhow, exact = SPELLINGS[word]
            places = [lowered.find(spelling) for spelling in anyhow]
            places += [form.find(spelling) for spelling in exact]
            at = max(places)
            if at >= 0:
                return word, form[max(0, at - 120) : at + 120]
    return None


def look(where, data, words=ALL):
    """Notes a finding."""
    hit = search(data, words)
    if hit:
        found.append(f"{hit[0]} in {where}: {hit[1]!r}")


def look_at_body(where, message, words=ALL):
    """What a stream hides from `Stream`: chunks may part a word, and compression has another spelling."""
    body = message.body
    if message.header("content-encoding") == "gzip":
        with contextlib.suppress(OSError, EOFError):
            body = gzip.decompress(body)
    elif not message.header("transfer-encoding"):
        return
    if not relayed:
        look(where, body, words)


class Stream:
    """Bytes that come in pieces."""

    def __init__(self, where, words=ALL):
        self.where, self.words, self.tail = where, words, b""

    def see(self, piece):
        piece = bytes(piece)
        if self.words and not relayed:
            look(self.where, self.tail + piece, self.words)
        self.tail = (self.tail + piece)[-OVERLAP:]


@contextlib.contextmanager
def may_be_relayed(reason):
    """While messages may hold what is searched for, because a test's own peers put it into their bodies.
    Output, logs and metrics may not, at any time."""
    relayed.append(reason)
    try:
        yield
    finally:
        relayed.remove(reason)


def verify():
    """Fails with all that was found since the last time."""
    findings, found[:] = list(found), []
    assert not findings, "secrets got out:\n" + "\n".join(findings[:20])
