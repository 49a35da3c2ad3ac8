"""`layer dev` and what it prints."""

import json
import pathlib
import re
import subprocess

from harness.programs import Program
from harness.waiting import wait_for

LOAD_SECONDS = 300


class Dev(Program):
    """Shows its user the key, in the commands to try."""

    shows_keys = re.compile(rb"^(curl |export |.*key   ).*$", re.MULTILINE)


def start_dev(data, *arguments, environment=None):
    """Comes back once the gateway serves; the commands may still be to come."""
    listen = ["--listen", "127.0.0.1:{port}", "--data", data]
    return Dev("layer", ["dev", *listen, *arguments], environment)


def commands(program):
    """The commands to try, as printed."""
    wait_for(lambda: "\nCtrl-C " in program.output(), LOAD_SECONDS)
    return [line for line in program.output().splitlines() if line.startswith("curl ")]


def paste(command):
    """What a shell makes of a line."""
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def variables(program):
    """What the printed export line sets."""
    line = next(line for line in program.output().splitlines() if line.startswith("export "))
    done = subprocess.run(
        ["bash", "-c", line + "; env -0"], capture_output=True, text=True, env={}, check=True
    )
    pairs = (pair.split("=", 1) for pair in done.stdout.split("\0") if pair)
    return {name: value for name, value in pairs if name.startswith("TURBOPUFFER_")}


def children(program):
    pid = program.process.pid
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
