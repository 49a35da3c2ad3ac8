"""RFC 9112 read as strictly as it allows: the judge of what a connection's bytes mean. Shares nothing with
the gateway, nor with the lenient reader of `wire`.

Where the RFC leaves a choice to the recipient, the stricter one is taken, but for empty lines before a
request (2.2) and a missing reason (4)."""

import dataclasses
import re

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
REQUEST_LINE = re.compile(rb"(%s) (/[!-\"$-~]*) HTTP/1\.([01])\r\n" % TOKEN)
STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9][0-9])(?: [\t -~\x80-\xff]*)?\r\n")
FIELD = re.compile(rb"(%s):[ \t]*((?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?)[ \t]*\r\n" % TOKEN)
CHUNK = re.compile(rb"([0-9A-Fa-f]+)[ \t]*(?:;[\t -~\x80-\xff]*)?\r\n")
LENGTH = re.compile(rb"[0-9]+")
HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[-._0-9A-Za-z]*)(?::[0-9]*)?")
LENGTH_MAX = (1 << 64) - 1

END, PART, UNSOUND = "end", "part", "unsound"  # how a reading ended


@dataclasses.dataclass
class Sound:
    """A whole message."""

    headers: list
    http10: bool
    method: str = ""
    target: str = ""
    status: int = 0
    body: bytes = b""
    stays: bool = True  # whether the connection outlives it

    def values(self, name):
        return [value for key, value in self.headers if key.lower() == name]


class Fault(Exception):
    """PART or UNSOUND."""


class Strict:
    def __init__(self, data):
        self.data, self.at = bytes(data), 0

    def match(self, pattern):
        """The next line by its pattern. What may still become one is no fault yet."""
        found = pattern.match(self.data, self.at)
        if not found:
            raise Fault(PART if b"\n" not in self.data[self.at :] else UNSOUND)
        self.at = found.end()
        return found.groups()

    def skip(self, literal):
        if not self.data.startswith(literal, self.at):
            left = self.data[self.at :]
            raise Fault(PART if literal.startswith(left) else UNSOUND)
        self.at += len(literal)

    def take(self, count):
        if len(self.data) - self.at < count:
            raise Fault(PART)
        self.at += count
        return self.data[self.at - count : self.at]

    def fields(self):
        found = []
        while not self.data.startswith(b"\r\n", self.at):
            name, value = self.match(FIELD)
            found.append((name.decode("latin-1"), value.decode("latin-1")))
        self.at += 2
        return found

    def chunks(self):
        pieces = []
        while size := int(self.match(CHUNK)[0], 16):
            if size > LENGTH_MAX:
                raise Fault(UNSOUND)
            pieces.append(self.take(size))
            self.skip(b"\r\n")
        if {"content-length", "transfer-encoding"} & {name.lower() for name, _ in self.fields()}:
            raise Fault(UNSOUND)
        return b"".join(pieces)

    @staticmethod
    def stays(message):
        options = {o.strip(" \t").lower() for v in message.values("connection") for o in v.split(",")}
        return "close" not in options and (not message.http10 or "keep-alive" in options)

    def framing(self, message):
        """The length of the body, "chunked", or None."""
        lengths, codings = message.values("content-length"), message.values("transfer-encoding")
        if len(lengths) + len(codings) > 1 or (codings and message.http10):
            raise Fault(UNSOUND)
        if codings:
            if codings[0].lower() != "chunked":
                raise Fault(UNSOUND)
            return "chunked"
        if lengths:
            if not LENGTH.fullmatch(lengths[0].encode("latin-1")) or int(lengths[0]) > LENGTH_MAX:
                raise Fault(UNSOUND)
            return int(lengths[0])
        return None

    def content(self, framing):
        return self.chunks() if framing == "chunked" else self.take(framing)

    def request(self):
        while self.data.startswith(b"\r\n", self.at):
            self.at += 2
        method, target, minor = self.match(REQUEST_LINE)
        message = Sound(self.fields(), minor == b"0", method.decode(), target.decode())
        framing, hosts = self.framing(message), message.values("host")
        if len(hosts) > 1 or (not hosts and not message.http10):
            raise Fault(UNSOUND)
        if hosts and not HOST.fullmatch(hosts[0].encode("latin-1")):
            raise Fault(UNSOUND)
        message.body = b"" if framing is None else self.content(framing)
        message.stays = self.stays(message)
        return message

    def response(self, method):
        """Interim ones are skipped. A body that only the connection's end ends is not for this reader."""
        minor, status = self.match(STATUS_LINE)
        message = Sound(self.fields(), minor == b"0", status=int(status))
        if message.status < 200:
            return self.response(method)
        framing = self.framing(message)
        if method != "HEAD" and message.status not in (204, 304):
            if framing is None:
                raise Fault(UNSOUND)
            message.body = self.content(framing)
        message.stays = self.stays(message)
        return message

    def requests(self):
        """([whole requests], how it ended); what follows a request that ends its connection is not read."""
        found = []
        try:
            while not found or found[-1].stays:
                start = self.at
                while self.data.startswith(b"\r\n", self.at):
                    self.at += 2
                if self.at == len(self.data):
                    return found, END
                found.append(self.request())
            return found, END
        except Fault as fault:
            self.at = start
            return found, fault.args[0]
