"""Web servers of Debian as the gateway's store: each passes what it takes for a request on to an origin of
ours, so that what it saw can be told from what the origin got."""

import getpass
import os
import shutil
import tempfile

from .programs import Program

NGINX = """
{user}
daemon off;
master_process off;
pid nginx.pid;
error_log stderr crit;
events {{ worker_connections 512; }}
http {{
	access_log off;
	client_body_temp_path body;
	proxy_temp_path proxy;
	fastcgi_temp_path fastcgi;
	uwsgi_temp_path uwsgi;
	scgi_temp_path scgi;
	upstream origin {{
		server 127.0.0.1:{origin};
		keepalive 8;
	}}
	server {{
		listen 127.0.0.1:{port};
		location / {{
			proxy_pass http://origin;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
		}}
	}}
}}
"""

APACHE = """
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
ServerRoot {folder}
ServerName backend.test
{apache_user}
PidFile apache.pid
DefaultRuntimeDir .
ErrorLog /dev/stderr
LogLevel crit
Listen 127.0.0.1:{port}
MaxKeepAliveRequests 0
KeepAliveTimeout 60
AllowEncodedSlashes NoDecode
ProxyRequests Off
ProxyPass / http://127.0.0.1:{origin}/ nocanon
"""

LIGHTTPD = """
server.modules = ("mod_proxy")
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{folder}"
server.errorlog = "{folder}/error.log"
server.upload-dirs = ("{folder}")
server.max-keep-alive-requests = 1000
server.max-keep-alive-idle = 60
proxy.server = ("" => (("host" => "127.0.0.1", "port" => {origin})))
"""

HAPROXY = """
global
	nbthread 1
	maxconn 512
defaults
	mode http
	http-reuse always
	option http-ignore-probes
	timeout connect 10s
	timeout client 60s
	timeout server 60s
frontend gateway
	bind 127.0.0.1:{port}
	default_backend origin
backend origin
	server origin 127.0.0.1:{origin}
"""

H2O = """
{user_line}
num-threads: 1
pid-file: {folder}/h2o.pid
error-log: /dev/stderr
temp-buffer-path: {folder}
http1-request-timeout: 60
listen:
  host: 127.0.0.1
  port: {port}
hosts:
  default:
    paths:
      /:
        proxy.reverse.url: http://127.0.0.1:{origin}/
        proxy.timeout.keepalive: 60000
"""

BACKENDS = {
    "nginx": (NGINX, ["nginx", "-p", "{folder}", "-c", "{conf}", "-e", "stderr"]),
    "apache2": (APACHE, ["apache2", "-X", "-d", "{folder}", "-f", "{conf}"]),
    "lighttpd": (LIGHTTPD, ["lighttpd", "-D", "-f", "{conf}"]),
    "haproxy": (HAPROXY, ["haproxy", "-db", "-q", "-f", "{conf}"]),
    "h2o": (H2O, ["h2o", "-m", "worker", "-c", "{conf}"]),
}


def installed(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin") is not None


class Backend(Program):
    """In front of the origin at that port. One process each, which needs no farewell."""

    def __init__(self, name, origin):
        self.folder = tempfile.TemporaryDirectory(prefix=name + "-")
        self.origin = origin
        super().__init__(name)

    def command(self):
        config, command = BACKENDS[self.name]
        root = os.geteuid() == 0
        values = {
            "folder": self.folder.name,
            "conf": f"{self.folder.name}/conf",
            "port": self.port,
            "origin": self.origin,
            "user": "user root;" if root else "",
            "user_line": "user: root" if root else "",
            "apache_user": "User www-data\nGroup www-data" if root else f"User {getpass.getuser()}",
        }
        with open(values["conf"], "w", encoding="utf-8") as file:
            file.write(config.format(**values))
        return [part.format(**values) for part in command]

    def close(self):
        self.kill()
        self.folder.cleanup()
