# SPDX-License-Identifier: Apache-2.0
"""The quickstart's service: a small web shop. It answers with its version, and says whether it is healthy.

  GET /         200 "shop 1.1 on web-green"
  GET /healthz  200 "ok 1.1", or 503 and the reason
"""

import http.server
import json
import pathlib
import signal
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
RELEASE = json.loads((HERE / "release.json").read_text())


def unhealthy(settings):
    """Why this release cannot work with these settings of the host, or None."""
    needed = RELEASE.get("needs_payments_api", "v1")
    found = settings["payments_api"]
    if found < needed:
        return f"this release needs payments API {needed}, and this host is set up for {found}"
    return None


class Shop(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    settings = {}

    def do_GET(self):
        reason = unhealthy(self.settings)
        if self.path == "/healthz":
            self.answer(503 if reason else 200, reason or f"ok {RELEASE['version']}")
        elif self.path == "/":
            self.answer(503 if reason else 200, reason or f"shop {RELEASE['version']} on {self.settings['host']}")
        else:
            self.answer(404, "not found")

    def answer(self, status, text):
        body = (text + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


def main():
    Shop.settings = json.loads(pathlib.Path(sys.argv[1]).read_text())
    server = Server(("127.0.0.1", Shop.settings["port"]), Shop)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.05)


if __name__ == "__main__":
    main()
