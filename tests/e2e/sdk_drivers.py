"""The drivers of all official SDKs under one roof: run(language, scenarios, url, key, fresh) → report."""

import json
import os
import shutil
import subprocess
import sys

from harness.programs import ROOT
from scenarios.table import for_drivers

NODE_OLDEST = 22
SECONDS = 120
GO = "/usr/lib/go-1.24/bin/go"
GO_FOLDER = ROOT / "build/go"


def node():
    """The first Node on the path that is new enough, or the one that ./dev installs."""
    found = [shutil.which("node"), ROOT / "build/venv/bin/node"]
    for program in filter(None, found):
        if os.access(program, os.X_OK):
            version = subprocess.run(
                [program, "--version"], capture_output=True, text=True, check=True
            ).stdout
            if int(version[1:].split(".")[0]) >= NODE_OLDEST:
                return program
    raise RuntimeError("no Node 22 or newer; ./dev test installs one")


def go_program(folder, name):
    """Builds the Go program of a folder, with the modules that ./dev test has put into build/go."""
    program = GO_FOLDER / name
    environment = os.environ | {
        "CGO_ENABLED": "0",
        "GOCACHE": str(GO_FOLDER / "cache"),
        "GOFLAGS": "-mod=readonly -modcacherw -buildvcs=false",
        "GOMODCACHE": str(GO_FOLDER / "modules"),
        "GOTOOLCHAIN": "local",
    }
    done = subprocess.run(
        [GO, "build", "-o", program, "."], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return program


def python(client):
    return [sys.executable, ROOT / "tests/e2e/sdk_python.py", client]


DRIVERS = {
    "python": lambda: python("Turbopuffer"),
    "python_async": lambda: python("AsyncTurbopuffer"),
    "typescript": lambda: [node(), ROOT / "tests/e2e/ts/driver.mjs"],
    "go": lambda: [go_program(ROOT / "tests/e2e/go", "driver")],
}


def run(language, scenarios, url, key, fresh=True):
    sdk = language.removesuffix("_async")
    mine = {name: scenario for name, scenario in scenarios.items() if sdk not in scenario["not_in"]}
    done = subprocess.run(
        [*DRIVERS[language](), url, key, "fresh" if fresh else "-"],
        input=for_drivers(mine),
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
