"""Throw-away certificates, and an upstream that speaks TLS with them."""

import contextlib
import ssl
import subprocess

from .upstream import Upstream

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"]


class Authority:
    """A certificate authority in a folder; `file` is what its clients trust."""

    def __init__(self, folder, name="authority"):
        self.folder, self.file, self.key = folder, folder / f"{name}.pem", folder / f"{name}.key"
        self.request(self.file, self.key, name, "basicConstraints=critical,CA:TRUE")

    @staticmethod
    def request(certificate, key, name, extension, *issuer):
        command = ["openssl", "req", "-x509", *KEY, "-out", certificate, "-keyout", key, "-days", "2"]
        command += ["-subj", f"/CN={name}", "-addext", extension, *issuer]
        subprocess.run(command, check=True, capture_output=True)

    def server(self, names, signed=True, expired=False):
        """A server's context with a certificate for these alternative names."""
        certificate, key = self.folder / "server.pem", self.folder / "server.key"
        issuer = ["-CA", self.file, "-CAkey", self.key]
        itself = expired or not signed
        self.request(certificate, key, "server", f"subjectAltName={names}", *([] if itself else issuer))
        if expired:
            command = ["openssl", "x509", "-in", certificate, *issuer, "-set_serial", "2", "-days", "-1"]
            subprocess.run([*command, "-out", certificate], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.set_alpn_protocols(["http/1.1"])
        return context


class TlsUpstream(Upstream):
    """`greeted` holds the name and protocol of each handshake that came to its end."""

    def __init__(self, context, host="127.0.0.1"):
        self.context, self.greeted, self.asked_for = context, [], None
        context.sni_callback = self.note_name
        super().__init__()
        self.url = f"https://{host}:{self.address[1]}"

    def note_name(self, _socket, name, _context):
        self.asked_for = name

    def serve(self, accepted):
        with contextlib.suppress(OSError):
            accepted.settimeout(60)
            secured = self.context.wrap_socket(accepted, server_side=True)
            self.greeted.append((self.asked_for, secured.selected_alpn_protocol()))
            super().serve(secured)
