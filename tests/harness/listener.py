"""What the recorder and the scripted upstream share: a loopback listener with a thread per connection."""

import contextlib
import socket
import threading


class Listener:
    """A subclass says in `serve(accepted)` what becomes of a connection; `connections` counts them."""

    def __init__(self):
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
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
        raise NotImplementedError

    def close(self):
        with contextlib.suppress(OSError):  # closed before
            # A close alone leaves the accepting thread, and with it the port.
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
