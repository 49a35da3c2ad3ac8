"""An upstream that behaves as a test tells it to, down to the byte."""

import contextlib
import json
import socket
import struct
import threading

from .wire import Connection, response

HELLO = json.dumps({"status": "OK", "message": "from the scripted upstream"}).encode()


class Peer(Connection):
    """The gateway's connection as the upstream sees it."""

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


class Upstream:
    """Runs `script(peer)` on a thread for each connection; a test replaces `script` as it likes."""

    def __init__(self):
        self.script, self.requests, self.connections = answer_all, [], 0
        self.stopping = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address = self.listener.getsockname()
        self.url = f"http://127.0.0.1:{self.address[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                accepted, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(accepted,), daemon=True).start()

    def serve(self, accepted):
        accepted.settimeout(60)
        with Peer(accepted, self) as peer, contextlib.suppress(OSError, EOFError, ValueError):
            self.script(peer)

    def hold(self):
        """What a script calls to stay silent for as long as the test runs."""
        self.stopping.wait()

    def close(self):
        self.stopping.set()
        with contextlib.suppress(OSError):  # a thread that accepts would keep a merely closed socket alive
            self.listener.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):  # closed before
            self.listener.shutdown(
                socket.SHUT_RDWR
            )  # a close alone leaves the accepting thread, and the port
        self.listener.close()
