"""A TCP proxy that changes nothing and keeps every byte of both directions."""

import contextlib
import socket
import threading

from . import canary
from .listener import Listener
from .wire import READ_SIZE, reader_of


class Passage:
    """One connection through the recorder."""

    def __init__(self):
        self.sent, self.received, self.ended = bytearray(), bytearray(), False

    def exchanges(self):
        """[(request, response)] in order; a response that did not come whole is None."""
        requests, responses, pairs = reader_of(bytes(self.sent)), reader_of(bytes(self.received)), []
        while request := requests.request():
            try:
                response = responses.response(request.method)
            except EOFError:
                response = None
            pairs.append((request, response))
        return pairs


class Recorder(Listener):
    def __init__(self, target, hides=()):
        """`hides`: what those who connect must not send (harness/canary.py); `target` sends no secret."""
        self.target, self.passages, self.hides = target, [], hides
        super().__init__()

    def serve(self, client):
        passage = Passage()
        try:
            server = socket.create_connection(self.target, timeout=30)
            server.settimeout(None)
        except OSError:
            client.close()
            return
        for end in (client, server):  # a byte that waits here for an acknowledgement costs 40 ms
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.passages.append(passage)
        sent = canary.Stream(f"what was sent to {self.target}", self.hides)
        received = canary.Stream(f"what {self.target} answered")
        answers = (server, client, passage.received, received)
        back = threading.Thread(target=self.pump, args=answers, daemon=True)
        back.start()
        self.pump(client, server, passage.sent, sent)
        back.join()
        client.close()
        server.close()
        passage.ended = True

    @staticmethod
    def pump(source, sink, record, watch):
        with contextlib.suppress(OSError):
            while data := source.recv(READ_SIZE):
                record += data
                watch.see(data)
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def clear(self):
        """Forgets the past; open connections stay, and what they still carry is recorded as new."""
        for passage in self.passages:
            del passage.sent[:], passage.received[:]

    def exchanges(self):
        return [pair for passage in list(self.passages) for pair in passage.exchanges()]

    @property
    def bytes_seen(self):
        return sum(len(passage.sent) for passage in self.passages)
