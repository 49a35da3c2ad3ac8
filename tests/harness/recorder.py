"""A TCP proxy that changes nothing and keeps every byte of both directions."""

import contextlib
import socket
import threading

from .wire import READ_SIZE, reader_of


class Passage:
    """One connection through the recorder."""

    def __init__(self):
        self.sent, self.received = bytearray(), bytearray()

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


class Recorder:
    def __init__(self, target):
        self.target, self.passages = target, []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.address = self.listener.getsockname()
        self.url = f"http://127.0.0.1:{self.address[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

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
        back = threading.Thread(target=self.pump, args=(server, client, passage.received), daemon=True)
        back.start()
        self.pump(client, server, passage.sent)
        back.join()
        client.close()
        server.close()

    @staticmethod
    def pump(source, sink, record):
        with contextlib.suppress(OSError):
            while data := source.recv(READ_SIZE):
                record += data
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

    def close(self):
        with contextlib.suppress(OSError):  # closed before
            self.listener.shutdown(
                socket.SHUT_RDWR
            )  # a close alone leaves the accepting thread, and the port
        self.listener.close()
