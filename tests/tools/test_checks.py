"""The checks themselves: what tools/ would object to, and what not."""

import pathlib

import check_layers
import check_spec
import pytest
import report

RULES = check_layers.parse((pathlib.Path(check_layers.__file__).parent.parent / "docs/rules.md").read_text())


@pytest.mark.parametrize(
    ("path", "own", "system", "allowed"),
    [
        ("base/map.c", "base/span.h", None, True),
        ("base/map.c", None, "xxhash.h", True),
        ("base/map.c", "json/doc.h", None, False),
        ("base/map.c", None, "uv.h", False),
        ("base/map.c", None, "stdlib.h", True),
        ("base/map.c", None, "glib.h", False),
        ("json/doc.c", None, "yyjson.h", True),
        ("json/scan.c", None, "yyjson.h", False),
        ("cache/index.c", "queue/queue.h", None, False),
        ("remote/turbopuffer/upstream.c", "net/client.h", None, True),
        ("remote/s3/sign.c", "remote/turbopuffer/upstream.h", None, False),
        ("remote/s3/sign.c", "objects/objects.h", None, True),
        ("gateway/relay/relay_handle.c", "remote/turbopuffer/upstream.h", None, True),
        ("gateway/relay/relay_handle.c", "gateway/edge/request.h", None, True),
        ("gateway/relay/relay_handle.c", "gateway/edge/edge.h", None, False),
        ("gateway/relay/relay_handle.c", "gateway/status/status.h", None, True),
        ("gateway/relay/relay_handle.c", "gateway/loops/config_watch.h", None, False),
        ("gateway/relay/relay_handle.c", "store/store.h", None, False),
        ("gateway/loops/config_watch.c", "gateway/relay/relay_headers.h", None, True),
        ("cli/dev.c", "store/store.h", None, False),
        ("attic/old.c", "base/span.h", None, False),
    ],
)
def test_layers(path, own, system, allowed):
    assert (check_layers.objection(RULES, path, own, system) is None) == allowed


JUNIT = {
    "unit": """<testsuites><testsuite name="layer.layer:unit / base/span">
        <testcase name="1 - numbers" classname="layer.layer:unit / base/span"/>
        <testcase name="2 - globs" classname="layer.layer:unit / base/span"><failure message="no"/></testcase>
        </testsuite></testsuites>""",
    "fuzz": """<testsuites><testsuite name="layer">
        <testcase name="layer:fuzz / json_scan" classname="layer"/></testsuite></testsuites>""",
    "e2e": """<testsuites><testsuite name="pytest">
        <testcase classname="e2e.test_relay" name="test_chunks[gzip]"/>
        <testcase classname="e2e.test_relay" name="test_later"><skipped message="no network"/></testcase>
        </testsuite></testsuites>""",
}


@pytest.fixture
def results(tmp_path):
    for name, text in JUNIT.items():
        (tmp_path / f"{name}.xml").write_text(text)
    return tmp_path


def test_report_adds_up(results, capsys):
    (results / "stages").write_text("build\t0\nunit\t1\nfuzz\t0\ne2e\t0\nlint\t7\n")
    assert report.main(results) == 1
    assert capsys.readouterr().out.splitlines() == [
        "FAILED unit base/span/globs: no",
        "SKIPPED e2e e2e/test_relay/test_later: no network",
        "FAILED lint : the stage ended with status 7",
        "3 passed, 2 failed, 1 skipped",
    ]


def test_spec_wants_tests_that_passed(results, monkeypatch, capsys):
    pages = results / "pages"
    pages.mkdir()
    monkeypatch.setattr(check_spec, "PAGES", pages)
    page = pages / "page.md"
    head = "| Rule | Test |\n| --- | --- |\n"
    page.write_text(
        head + "| one | `base/span/numbers`, `fuzz/json_scan` |\n| two | `e2e/test_relay/test_chunks` |\n"
    )
    assert check_spec.main(results) == 0
    page.write_text(
        head + "| one | `base/span` |\n| two | `e2e/test_relay/test_later` |\n| three | later |\n"
    )
    assert check_spec.main(results) == 1
    assert capsys.readouterr().out.splitlines()[-4:] == [
        "tests/spec/page.md:3: did not run and pass: base/span",
        "tests/spec/page.md:4: did not run and pass: e2e/test_relay/test_later",
        "tests/spec/page.md:5: no test: three",
        "3 rules, 3 without a test that passed",
    ]
