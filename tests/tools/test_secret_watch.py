"""The watch for secrets sees what it should."""

import base64
import gzip
import json
import urllib.parse

import pytest
from harness import canary, manifests, wire
from harness.programs import Program

KEY = canary.store_key("tests")
SPELLINGS = {
    "as it is": KEY,
    "in capitals": KEY.upper(),
    "base64": base64.b64encode(KEY.encode()).decode(),
    "base64 of an odd place": base64.b64encode(b"x" + KEY.encode()).decode(),
    "base64 of another": base64.urlsafe_b64encode(b"user:pass:" + KEY.encode()).decode(),
    "hexadecimal": KEY.encode().hex(),
    "all percent": "".join(f"%{ord(char):02X}" for char in KEY),
    "some percent": KEY.replace("C", "%43"),
    "JSON": json.dumps(KEY).replace("C", "\\u0043").replace("q", "\\u0071"),
    "quoted": urllib.parse.quote(f"key={KEY}"),
}


@pytest.fixture
def found():
    """What was found; it fails nothing here."""
    yield canary.found
    canary.found.clear()


@pytest.mark.parametrize("name", SPELLINGS)
def test_spellings(name, found):
    text = b"before " + SPELLINGS[name].encode() + b" after"
    canary.look("a place", text)
    assert len(found) == 1 and "a place" in found[0]
    with pytest.raises(AssertionError, match="a place"):
        canary.verify()
    canary.verify()


@pytest.mark.parametrize("cut", range(1, len(KEY)))
def test_pieces(cut, found):
    stream = canary.Stream("a stream")
    stream.see(b"x" * 5000 + KEY[:cut].encode())
    stream.see(KEY[cut:].encode())
    assert found


def test_bodies(found):
    zipped = wire.Message("HTTP/1.1 200 OK", [("Content-Encoding", "gzip")], gzip.compress(KEY.encode()))
    canary.look_at_body("zipped", zipped)
    canary.look_at_body("chunked", wire.Message("", [("Transfer-Encoding", "chunked")], KEY.encode()))
    assert [finding.split(":")[0].split(" in ")[1] for finding in found] == ["zipped", "chunked"]


def test_nothing_is_found_where_nothing_is(found):
    canary.look("a place", b"Canary %zz \\u00zz store tpuf_ " + bytes(range(256)))
    canary.look("a place", KEY.encode(), (canary.CLIENT,))
    with canary.may_be_relayed("a test of it"):
        canary.Stream("a stream").see(KEY.encode())
    assert not found


def test_secrets_without_a_canary_are_refused():
    with pytest.raises(AssertionError, match="canary"):
        manifests.secret("layer", key="tpuf_other")
    for arguments, environment in (
        (["--api-key", "tpuf_other"], {}),
        ([], {"TURBOPUFFER_API_KEY": "tpuf_other"}),
        ([], {"LAYER_SECRET_A_B": "tpuf_other"}),
    ):
        with pytest.raises(AssertionError, match="canary"):
            Program("layer-store", arguments, environment)
