"""HTTP/1.1 messages as bytes: a small reader, and raw requests for what no client library would send."""

import contextlib
import dataclasses
import json
import socket

from . import canary

READ_SIZE = 1 << 16


@dataclasses.dataclass
class Message:
    """A request or a response; `start` is its first line, `body` is without chunk framing."""

    start: str
    headers: list
    body: bytes = b""

    def values(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name):
        return next(iter(self.values(name)), None)

    @property
    def method(self):
        return self.start.split(" ")[0]

    @property
    def target(self):
        return self.start.split(" ")[1]

    @property
    def status(self):
        return int(self.start.split(" ")[1])

    @property
    def json(self):
        return json.loads(self.body)


class Reader:
    """Takes messages from a source of bytes: `more()` returns the next piece, or b"" at the end."""

    def __init__(self, more):
        self.more, self.held = more, b""

    def fill(self):
        piece = self.more()
        self.held += piece
        return bool(piece)

    def take(self, count):
        pieces, missing = [self.held[:count]], count - len(self.held)
        self.held = self.held[count:]
        while missing > 0:
            piece = self.more()
            if not piece:
                raise EOFError
            pieces.append(piece[:missing])
            self.held = piece[missing:]
            missing -= len(pieces[-1])
        return b"".join(pieces)

    def line(self):
        while b"\r\n" not in self.held:
            if not self.fill():
                raise EOFError
        line, self.held = self.held.split(b"\r\n", 1)
        return line

    def rest(self):
        while self.fill():
            pass
        rest, self.held = self.held, b""
        return rest

    def head(self):
        """A message without its body, or None at the end of the source."""
        while not self.held:
            if not self.fill():
                return None
        message, lines = Message(self.line().decode("latin-1"), []), iter(self.line, b"")
        for line in lines:
            name, value = line.decode("latin-1").split(":", 1)
            message.headers.append((name, value.strip(" \t")))
        return message

    def chunked(self):
        pieces = []
        while size := int(self.line().split(b";")[0], 16):
            pieces.append(self.take(size))
            assert self.take(2) == b"\r\n"
        while self.line():
            pass
        return b"".join(pieces)

    def body(self, message, until_close):
        if (message.header("transfer-encoding") or "").lower() == "chunked":
            message.body = self.chunked()
        elif message.header("content-length"):
            message.body = self.take(int(message.header("content-length")))
        elif until_close:
            message.body = self.rest()
        return message

    def request(self):
        message = self.head()
        return message and self.body(message, until_close=False)

    def response(self, method="GET"):
        """The final response; interim ones are skipped."""
        while message := self.head():
            if message.status >= 200:
                empty = method == "HEAD" or message.status in (204, 304)
                return message if empty else self.body(message, until_close=True)
        return None


def reader_of(data):
    pieces = iter([data])
    return Reader(lambda: next(pieces, b""))


class Connection:
    """One end of a connection, byte by byte."""

    hides = canary.ALL  # what the other end must not say

    def __init__(self, connected):
        self.watch = canary.Stream(f"what a {type(self).__name__} received", self.hides)
        self.socket = connected
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = Reader(self.receive)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def receive(self):
        try:
            piece = self.socket.recv(READ_SIZE)
        except (ConnectionResetError, BrokenPipeError):
            return b""
        self.watch.see(piece)
        return piece

    def send(self, data):
        self.socket.sendall(data)
        return self

    def offer(self, data):
        """Sends what the peer is willing to take; a peer that has hung up is no error."""
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            self.socket.sendall(data)
        return self

    def response(self, method="GET"):
        answer = self.reader.response(method)
        if answer:
            canary.look_at_body(self.watch.where, answer, self.hides)
        return answer

    def closed(self):
        """Waits for the peer to hang up; false if it says anything more."""
        return not self.reader.held and self.receive() == b""

    def call(self, method, target, body=b"", headers=()):
        self.send(request(method, target, body, headers))
        return self.response(method)


def connect(address, timeout=30):
    return Connection(socket.create_connection(address, timeout=timeout))


def call(address, method, target, body=b"", headers=()):
    """One request on a connection of its own."""
    with connect(address) as connection:
        return connection.call(method, target, body, headers)


def request(method, target, body=b"", headers=()):
    lines = [f"{method} {target} HTTP/1.1"]
    fields = list(headers)
    names = {name.lower() for name, _ in fields}
    if "host" not in names:
        fields.insert(0, ("Host", "layer.test"))
    if (body or method in ("POST", "PATCH")) and not names & {"content-length", "transfer-encoding"}:
        fields.append(("Content-Length", str(len(body))))
    lines += [f"{name}: {value}" for name, value in fields]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def response(status, body=b"", headers=(), reason="Any"):
    fields = list(headers)
    if not {name.lower() for name, _ in fields} & {"content-length", "transfer-encoding"}:
        fields.append(("Content-Length", str(len(body))))
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"HTTP/1.1 {status} {reason}\r\n{head}\r\n".encode("latin-1") + body


def bearer(key):
    return ("Authorization", f"Bearer {key}")
