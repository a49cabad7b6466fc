# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 frames written by hand (RFC 9113, headers by RFC 7541 without Huffman coding), so that a test can send what no library
would. One connection over TLS each; a source address of 127.0.0.0/8 stands for one peer."""

import select
import socket
import ssl
import struct

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS, ACK = 0x1, 0x4, 0x1
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
PATIENCE = 60  # seconds that one send or read may take before the test fails


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def _integer(prefix_bits, pattern, value):
    most = (1 << prefix_bits) - 1
    if value < most:
        return bytes([pattern | value])
    out, value = [pattern | most], value - most
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    return bytes([*out, value])


def literal(name, value, index=False):
    """A header field with its name in words; `index` puts it into the dynamic table."""
    name, value = name.encode(), value.encode()
    return (b"\x40" if index else b"\x00") + _integer(7, 0, len(name)) + name + _integer(7, 0, len(value)) + value


def indexed(number):
    return _integer(7, 0x80, number)


def call_headers(path, te="trailers"):
    """The header block of a gRPC call."""
    return b"".join(literal(*pair) for pair in ((":method", "POST"), (":scheme", "https"), (":path", path),
                                                (":authority", "signalbox"), ("content-type", "application/grpc"), ("te", te)))


class Connection:
    """A TLS connection that speaks h2. `certificate` is a pair of files, for a peer that is enrolled. What comes is taken in
    while we send, or else the server would stop reading for our own fault."""

    def __init__(self, port, ca, source="127.0.0.1", certificate=None):
        context = ssl.create_default_context(cafile=ca)
        context.check_hostname = False  # the attacker knows where it goes
        context.set_alpn_protocols(["h2"])
        if certificate:
            context.load_cert_chain(*certificate)
        raw = socket.create_connection(("127.0.0.1", port), PATIENCE, source_address=(source, 0))
        self.tls = context.wrap_socket(raw)
        self.tls.setblocking(False)
        self.came, self.open = b"", True
        self.send(PREFACE + frame(SETTINGS, 0, 0))

    def _take(self):
        try:
            while self.open:
                more = self.tls.recv(65536)
                self.came += more
                self.open = bool(more)
        except ssl.SSLWantReadError:
            pass
        except (OSError, ssl.SSLError):
            self.open = False

    def _wait(self, write):
        ready = select.select([self.tls], [self.tls] if write else [], [], PATIENCE)
        if not any(ready):
            raise TimeoutError("the server neither took nor sent anything")

    def send(self, data):
        """False once the server has hung up: that it may."""
        view = memoryview(data)
        while view:
            self._take()
            if not self.open:
                return False
            try:
                view = view[self.tls.send(view):]
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
                self._wait(write=True)
            except (OSError, ssl.SSLError):
                self.open = False
        return self.open

    def frames(self):
        """Every whole frame that has come: (kind, flags, stream, payload)."""
        data, out = self.came, []
        while len(data) >= 9:
            length = int.from_bytes(data[:3], "big")
            if len(data) < 9 + length:
                break
            out.append((data[3], data[4], int.from_bytes(data[5:9], "big"), data[9:9 + length]))
            data = data[9 + length:]
        return out

    def read_until(self, enough):
        """The frames that came until enough(frames), or until the server hung up."""
        while self.open and not enough(self.frames()):
            self._take()
            if self.open and not enough(self.frames()):
                self._wait(write=False)
        return self.frames()

    def answers(self):
        """The frames that came until the server answered a ping, or hung up: it has seen all that was sent."""
        self.send(frame(PING, 0, 0, b"answered"))
        return self.read_until(lambda frames: any(kind == PING and payload == b"answered" for kind, _, _, payload in frames))

    def send_body(self, stream, size):
        """A gRPC message of `size` zeros, as fast as the server's windows allow. False when it hung up or ended the stream."""
        data = struct.pack(">BI", 0, size) + bytes(size)
        sent = 0
        while sent < len(data):
            room = min(self._window(0), self._window(stream)) - sent
            if self._ended(stream):
                return False
            if room <= 0:
                before = len(self.frames())
                self.read_until(lambda frames, before=before: len(frames) > before)
                continue
            part = min(room, 16384)
            if not self.send(frame(DATA, 0, stream, data[sent:sent + part])):
                return False
            sent += len(data[sent:sent + part])
        return True

    def _ended(self, stream):
        return any(s == stream and (kind == RST_STREAM or flags & END_STREAM) for kind, flags, s, _ in self.frames())

    def _window(self, stream):
        """All that the server ever allowed to be sent on this stream (0: on the connection)."""
        allowed = 65535
        for kind, flags, s, payload in self.frames():
            if kind == WINDOW_UPDATE and s == stream:
                allowed += int.from_bytes(payload, "big")
            elif kind == SETTINGS and stream and not flags & ACK:
                for at in range(0, len(payload), 6):
                    if payload[at:at + 2] == b"\0\x04":
                        allowed += int.from_bytes(payload[at + 2:at + 6], "big") - 65535
        return allowed

    def close(self):
        self.tls.close()


def reset(sock):
    """Closes with a TCP reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
