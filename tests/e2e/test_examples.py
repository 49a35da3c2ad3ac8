"""The examples, run as their first lines say, against the sample."""

import os
import subprocess
import sys

import pytest
from harness.dev import variables
from harness.programs import ROOT
from sdk_drivers import go_program, node

EXAMPLES = ROOT / "examples"
LANGUAGES = {
    "python": lambda name: [sys.executable, EXAMPLES / f"python/{name}.py"],
    "typescript": lambda name: [node(), EXAMPLES / f"typescript/{name}.ts"],
    "go": lambda name: [go_program(EXAMPLES / "go" / name, name)],
}


def run(sample, language, name, *arguments):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("TURBOPUFFER_")}
    done = subprocess.run(
        [*LANGUAGES[language](name), *arguments],
        env=clean | variables(sample),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("language", LANGUAGES)
def test_search(sample, language):
    output = run(sample, language, "search_packages", "command line package manager")
    sections = {part.split("\n")[0]: part.split("\n")[1:] for part in output.strip().split("\n\n")}
    titles = list(sections)
    assert titles[0] == 'By text: "command line package manager"'
    assert titles[2].startswith("More like ") and titles[-1].startswith("Hybrid")
    assert len(titles) == 5
    for title, rows in sections.items():
        assert 1 <= len(rows) <= 5 or title.startswith("The largest"), title
    # Text, vector and their fusion agree that these words mean apt or the like of it.
    assert all("package" in " ".join(sections[title]) for title in (titles[0], titles[1], titles[4]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_write_patch_delete(sample, language):
    output = run(sample, language, "write_patch_delete").replace("'", '"').splitlines()
    facts = dict(line.split(": ", 1) for line in output)
    assert facts["written"] == "3" and facts["patched"] == "1" and facts["deleted"] == "2"
    assert "an arctic fox asleep" in facts["about foxes"] and "walrus" not in facts["about foxes"]
    assert "2" in facts["red ones"] and '"red"' in facts["red ones"]
    assert facts["left"].strip("[] ") == "3"
    assert facts["gone"].lower() == "true"


def test_all_languages_find_the_same(sample):
    found = {run(sample, language, "search_packages", "small fast web server") for language in LANGUAGES}
    assert len(found) == 1
