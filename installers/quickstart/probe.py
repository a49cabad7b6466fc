# SPDX-License-Identifier: Apache-2.0
"""Asks one URL again and again until it is told to stop (SIGTERM), then prints what it saw as one JSON line:
{"requests": n, "failed": n, "answers": {"shop 1.0 on web-blue": n, …}, "errors": ["…"]}."""

import collections
import http.client
import json
import signal
import sys
import urllib.parse

stop = False


def on_term(*_):
    global stop
    stop = True


signal.signal(signal.SIGTERM, on_term)
signal.signal(signal.SIGINT, signal.SIG_IGN)
url = urllib.parse.urlsplit(sys.argv[1])
answers, errors, requests, failed = collections.Counter(), [], 0, 0
connection = None
while not stop:
    requests += 1
    try:
        # A new connection each time, as most visitors are: a refused connection counts as a failure too.
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=5)
        connection.request("GET", url.path or "/", headers={"Connection": "close"})
        response = connection.getresponse()
        text = response.read().decode().strip()
        if response.status == 200:
            answers[text] += 1
        else:
            failed += 1
            errors.append(f"{response.status} {text}"[:200])
    except OSError as error:
        failed += 1
        errors.append(str(error)[:200])
    finally:
        connection.close()
print(json.dumps({"requests": requests, "failed": failed, "answers": dict(answers), "errors": errors[:5]}))
