# SPDX-License-Identifier: Apache-2.0
"""Real Git servers on loopback: Git's own http-backend behind TLS, and an sshd that lets one key in."""

import base64
import getpass
import http.server
import os
import pathlib
import shutil
import ssl
import subprocess
import threading

from processes import Process, free_port, wait_until

USER, TOKEN = "deploy", "s3cret@token"


def run(*argv, **more):
    return subprocess.run([str(a) for a in argv], check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL, **more).stdout


class Ca:
    """A certificate authority of its own, and the certificates that it gives."""

    def __init__(self, folder, name):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.key, self.pem = self.folder / "ca.key", self.folder / "ca.pem"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.pem)

    def certificate(self, host, days=1):
        """(certificate, key) for a server of this name."""
        stem = self.folder / f"{host}-{days}"
        key, request, pem, extra = (stem.with_name(stem.name + end) for end in (".key", ".csr", ".pem", ".ext"))
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={host}",
            "-keyout", key, "-out", request)
        extra.write_text(f"subjectAltName=DNS:{host}\n")
        run("openssl", "x509", "-req", "-in", request, "-CA", self.pem, "-CAkey", self.key, "-CAcreateserial", "-days", days,
            "-extfile", extra, "-out", pem)
        return pem, key


class Handler(http.server.BaseHTTPRequestHandler):
    """Runs git-http-backend for each request; what is below /closed/ only with the user and the token."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(b"")

    def do_POST(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(body)

    def answer(self, body):
        shown = self.headers.get("Authorization")
        self.server.seen.append(shown)
        if self.path.startswith("/closed/") and shown != "Basic " + base64.b64encode(f"{USER}:{TOKEN}".encode()).decode():
            return self.reply(401, [("WWW-Authenticate", 'Basic realm="git"')], b"")
        path, _, query = self.path.partition("?")
        environment = {"PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(self.server.root), "GIT_HTTP_EXPORT_ALL": "1",
                       "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": self.command,
                       "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
                       "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""), "GIT_CONFIG_COUNT": "1",
                       "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
        done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=environment, check=False)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n") if line]
        status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200)
        self.reply(status, [h for h in headers if h[0] != "Status"], content)

    def reply(self, status, headers, content):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


class HttpsServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, root, certificate):
        super().__init__(("127.0.0.1", 0), Handler)
        self.root, self.port = root, self.server_address[1]
        self.seen = []  # the Authorization of each request
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, *_):  # a client that refuses our certificate
        pass

    def stop(self):
        self.shutdown()
        self.server_close()


class SshServer:
    """sshd as this user, on a port of its own; it lets this user in, with the keys in `authorized`."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(mode=0o700)
        self.port, self.user = free_port(), getpass.getuser()
        self.host_key, self.authorized = self.folder / "host_key", self.folder / "authorized_keys"
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.host_key)
        self.authorized.write_text("")
        config = self.folder / "sshd_config"
        config.write_text(f"""\
ListenAddress 127.0.0.1
Port {self.port}
HostKey {self.host_key}
PidFile none
AuthorizedKeysFile {self.authorized}
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
""")
        if os.geteuid() == 0:
            pathlib.Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where Debian's sshd locks itself in
        self.process = Process("sshd", [shutil.which("sshd") or "/usr/sbin/sshd", "-D", "-e", "-f", config],
                               self.folder / "sshd.log").start()
        wait_until("sshd to listen", lambda: "Server listening" in self.process.log.read_text(), process=self.process)

    def known_hosts_line(self, public=None):
        return f"[127.0.0.1]:{self.port} " + (public or self.host_key.with_suffix(".pub")).read_text()

    def url(self, path):
        return f"ssh://{self.user}@127.0.0.1:{self.port}{path}"

    def stop(self):
        self.process.stop()


def new_key(path):
    """An ssh key without passphrase; its public half."""
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path)
    return pathlib.Path(f"{path}.pub")
