#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks a ledger export of two entries without Signalbox: openssl and python3's standard library for the JSON.
# Usage: openssl-verify.sh EXPORT PUBLIC_KEY_PEM_OF_THE_LEDGER
set -eu
exec python3 - "$1" "$2" <<'PY'
import base64, hashlib, json, subprocess, sys, tempfile

def verified(pem, message, signature):
    with tempfile.TemporaryDirectory() as d:
        for name, data in (("key", pem), ("msg", message), ("sig", signature)):
            open(f"{d}/{name}", "wb").write(data)
        done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", f"{d}/key", "-rawin",
                               "-in", f"{d}/msg", "-sigfile", f"{d}/sig"], stdout=subprocess.DEVNULL)
        return done.returncode == 0

lines = [json.loads(line) for line in open(sys.argv[1])]
header, entries = lines[0], lines[1:]
ledger_pem = open(sys.argv[2], "rb").read()
hashes = []
for entry in entries:
    envelope, spec = json.loads(entry["envelope"]), json.loads(entry["leaf"])["spec"]
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"].encode()
    pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    pem = base64.b64decode(spec["signatures"][0]["verifier"])
    assert verified(pem, pae, base64.b64decode(envelope["signatures"][0]["sig"])), entry["index"]
    assert spec["envelopeHash"]["value"] == hashlib.sha256(entry["envelope"].encode()).hexdigest()
    assert spec["payloadHash"]["value"] == hashlib.sha256(payload).hexdigest()
    hashes.append(hashlib.sha256(b"\0" + entry["leaf"].encode()).digest())

def root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\1" + root(leaves[:split]) + root(leaves[split:])).digest()

text, _, signatures = header["checkpoint"].rpartition("\n\n")
text += "\n"
origin, size, digest = text.splitlines()[:3]
assert int(size) == len(entries) and base64.b64decode(digest) == root(hashes)
assert verified(ledger_pem, text.encode(), base64.b64decode(signatures.split(" ")[2])[4:])
print("verified", len(entries), "entries of", origin)
PY
