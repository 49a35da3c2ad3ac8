"""The official TypeScript SDK: straight to the store, and through the gateway between two recorders."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest
from harness.programs import ROOT
from harness.relay import same_bytes, without_clock

FOLDER = pathlib.Path(__file__).parent / "ts"
NAMES = re.findall(r"^  async (\w+)\(name\)", (FOLDER / "scenarios.mjs").read_text(), re.MULTILINE)


def node():
    """The first Node on the path that is new enough, or the one that ./dev installs."""
    found = [shutil.which("node"), ROOT / "build/venv/bin/node"]
    for program in filter(None, found):
        if os.access(program, os.X_OK):
            version = subprocess.run(
                [program, "--version"], capture_output=True, text=True, check=True
            ).stdout
            if int(version[1:].split(".")[0]) >= 22:
                return program
    raise RuntimeError("no Node 22 or newer; ./dev test installs one")


def run(program):
    command = [node(), FOLDER / "scenarios.mjs", program.url, program.key]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def reports(store, stack):
    direct = run(store)
    stack.clear()
    through = run(stack)
    return direct, through, stack.above.exchanges(), stack.below.exchanges()


@pytest.mark.parametrize("name", NAMES)
def test_both_ways(name, reports):
    direct, through = reports[0][name], reports[1][name]
    assert "failed" not in direct, direct["failed"]
    assert "failed" not in through, through["failed"]
    assert without_clock(direct) == without_clock(through)


def test_same_bytes(reports):
    same_bytes(*reports[2:])
