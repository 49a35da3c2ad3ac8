"""An upstream that behaves as a test tells it to, down to the byte."""

import contextlib
import json
import socket
import struct
import threading

from . import canary
from .listener import Listener
from .wire import Connection, response

HELLO = json.dumps({"status": "OK", "message": "from the scripted upstream"}).encode()


class Peer(Connection):
    """The gateway's connection as the upstream sees it. A store gets its credential, never a client's key."""

    hides = (canary.CLIENT,)

    def __init__(self, accepted, upstream):
        super().__init__(accepted)
        self.upstream = upstream

    def read_request(self):
        request = self.reader.request()
        if request:
            self.upstream.requests.append(request)
        return request

    def read_head(self):
        """The request without its body, for answers that come early."""
        request = self.reader.head()
        if request:
            self.upstream.requests.append(request)
        return request

    def reset(self):
        """Ends the connection with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def answer_all(peer):
    """The script that a test starts with: every request gets a small 200."""
    while peer.read_request():
        peer.send(response(200, HELLO, [("Content-Type", "application/json")]))


def answer_with(*replies):
    """A script that gives these raw replies in turn, the last one again and again."""

    def script(peer):
        while peer.read_request():
            at = min(len(peer.upstream.requests), len(replies)) - 1
            peer.send(replies[at])

    return script


class Upstream(Listener):
    """Runs `script(peer)` on a thread for each connection; a test replaces `script` as it likes."""

    def __init__(self):
        self.script, self.requests = answer_all, []
        self.stopping = threading.Event()
        super().__init__()

    def serve(self, accepted):
        accepted.settimeout(60)
        with Peer(accepted, self) as peer, contextlib.suppress(OSError, EOFError, ValueError):
            self.script(peer)

    def hold(self):
        """What a script calls to stay silent for as long as the test runs."""
        self.stopping.wait()

    def close(self):
        self.stopping.set()
        super().close()
