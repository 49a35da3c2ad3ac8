"""Starts the real programs on free loopback ports and sees them out."""

import atexit
import contextlib
import http.client
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

from . import canary, wire

ROOT = pathlib.Path(__file__).resolve().parents[2]
START_SECONDS = 30
STOP_SECONDS = 30
RUNNING = set()
SECRET_VARIABLES = ("TURBOPUFFER_API_KEY", "LAYER_STORE_API_KEY", "LAYER_SECRET_")
SANITIZER_MARKS = ("Sanitizer:", "UndefinedBehavior", "runtime error:")


def build_folder():
    """LAYER_BUILD, else the sanitizer build, else the release build."""
    chosen = os.environ.get("LAYER_BUILD")
    folders = [ROOT / chosen] if chosen else [ROOT / "build-asan", ROOT / "build"]
    return next((folder for folder in folders if folder.is_dir()), folders[-1])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@atexit.register
def reap():
    for program in list(RUNNING):
        program.kill()


class Program:
    """A running program. Its output goes to a file, so that it can never block on a full pipe. Once it has
    ended, that is searched for secrets, but for what matches `shows_keys`."""

    shows_keys = None

    def __init__(self, name, arguments=(), environment=None, port=None, ready="/ready", files=None):
        self.host, self.port, self.name = "127.0.0.1", port or free_port(), name
        self.address, self.url = (self.host, self.port), f"http://{self.host}:{self.port}"
        self.log = tempfile.NamedTemporaryFile(prefix=name + "-", suffix=".log")  # noqa: SIM115
        self.files, self.arguments = files, [str(a).format(port=self.port) for a in arguments]
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("TURBOPUFFER_", "LAYER_"))}
        clean |= {k: v.format(port=self.port) for k, v in (environment or {}).items()}
        self.check_planted(clean)
        self.searched = 0
        self.process = subprocess.Popen(
            self.command(), env=clean, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT
        )
        RUNNING.add(self)
        self.await_ready(ready)

    def check_planted(self, environment):
        """No secret may be unknown to those who look for it."""
        secrets = [value for name, value in environment.items() if name.startswith(SECRET_VARIABLES)]
        pairs = zip(self.arguments, self.arguments[1:], strict=False)
        secrets += [value for name, value in pairs if name == "--api-key"]
        assert all(canary.is_planted(secret) for secret in secrets), "use harness.canary for secrets"

    def command(self):
        command = [str(build_folder() / self.name), *self.arguments]
        if self.files:  # so many descriptors at most
            command = ["bash", "-c", f'ulimit -n {self.files}; exec "$0" "$@"', *command]
        return command

    def output(self):
        with open(self.log.name, encoding="utf-8", errors="replace") as log:
            return log.read()

    def examine(self):
        """Searches the output for secrets: what has come since the last time."""
        written = pathlib.Path(self.log.name).read_bytes()[self.searched :]
        self.searched += len(written)
        if self.shows_keys:
            written = self.shows_keys.sub(b"", written)
        canary.look(f"the output of {self.name}", written)

    def examine_metrics(self):
        """The last ones of a gateway that still answers; `wire` searches them."""
        if self.name == "layer-gateway":
            with (
                contextlib.suppress(OSError, EOFError, ValueError),
                wire.connect(self.address, timeout=5) as connection,
            ):
                connection.call("GET", "/metrics", headers=[("Connection", "close")])

    def get(self, path):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def await_ready(self, path):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.get(path) < 500:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"{self.name} did not start:\n{self.output()}")

    def rss_peak(self):
        """Bytes, the most that was ever resident."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=STOP_SECONDS):
        code = self.process.wait(seconds)
        RUNNING.discard(self)
        self.examine()
        return code

    def kill(self):
        """Ends the program at once; what it was doing is lost."""
        self.process.kill()
        self.process.wait()
        RUNNING.discard(self)
        self.examine()

    def stop(self):
        """Asks the program to end and looks at how it did."""
        if self.process.poll() is None:
            self.examine_metrics()
            self.signal(signal.SIGTERM)
            try:
                self.wait()
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"{self.name} did not end:\n{self.output()[-4000:]}") from None
        RUNNING.discard(self)
        self.examine()
        self.check()
        assert self.process.returncode == 0, (
            f"{self.name} ended with {self.process.returncode}:\n{self.output()[-4000:]}"
        )

    def check(self):
        output = self.output()
        assert not any(mark in output for mark in SANITIZER_MARKS), output[-8000:]
