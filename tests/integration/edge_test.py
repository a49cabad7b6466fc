# SPDX-License-Identifier: Apache-2.0
"""The ports under attack (row 38 of the attack table): idle connections that take every descriptor, handshakes that never end,
floods of streams, pings and settings, headers and messages beyond their size. After each, operators and agents are served again
within seconds, and the controller's memory has stayed below the stated cap."""

import contextlib
import pathlib
import resource
import socket
import struct
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from cluster_case import BIN, Cluster, wait_until  # noqa: E402
from http2_attacker import (CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, RST_STREAM, SETTINGS,  # noqa: E402
                            Connection, call_headers, frame, indexed, literal, reset)

ATTACKER = "127.0.0.66"  # agents and operators come from 127.0.0.1
RSS_CAP_KIB = 384 << 10  # docs/operating.md, "Ports"
DESCRIPTORS = 1024
SERVED_AGAIN = 5.0  # seconds
UNIMPLEMENTED, RESOURCE_EXHAUSTED = 12, 8
STATUS = b"grpc-status"
CONNECT = "/signalbox.v1.AgentService/Connect"
PATHS = {"agent": "/signalbox.v1.AgentService/Enrol", "operator": "/signalbox.v1.StatusService/Get"}


def limit_descriptors(process):
    resource.prlimit(process.handle.pid, resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))


class Attack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="signalbox-test-")
        cls.addClassCleanup(temporary.cleanup)
        c = cls.cluster = Cluster(temporary.name, BIN, name="test")
        cls.addClassCleanup(c.stop)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, hard))  # the controller reads its own when it starts
        c.init()
        c.start_controller()
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
        cls.addClassCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        c.add_host("edge-1", "staging", "here", {})
        c.wait_online()
        cls.ca = c.data / "pki" / "ca.crt"
        live = c.hosts["edge-1"]["home"] / "agent" / "pki" / "live"
        cls.agent_certificate = (live / "agent.crt", live / "agent.key")

    def controller_memory(self):
        """The greatest that the controller's resident memory ever was, KiB."""
        status = pathlib.Path(f"/proc/{self.cluster.controller.handle.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0])

    def assert_serving(self):
        """An operator and an agent that come anew are served, each within the time."""
        started = time.monotonic()
        self.assertEqual(self.cluster.agents()["edge-1"]["state"], "active")
        self.assertLess(time.monotonic() - started, SERVED_AGAIN)
        agent = self.cluster.hosts["edge-1"]["agent"]
        agent.stop()
        self.cluster.start_agent("edge-1")
        wait_until("the agent to be online again", lambda: self.cluster.agents()["edge-1"]["presence"] == "online",
                   SERVED_AGAIN)
        self.assertLess(self.controller_memory(), RSS_CAP_KIB)
        self.assertFalse(self.cluster.controller.ended())

    def connection(self, port, **more):
        connection = Connection(self.cluster.listen[port], self.ca, source=ATTACKER, **more)
        self.addCleanup(connection.close)
        return connection

    def on_each_port(self, attack):
        """attack(port, path) on each, and whether all is well afterwards."""
        for port, path in PATHS.items():
            with self.subTest(port):
                attack(port, path)
                self.assert_serving()

    # -- connections -------------------------------------------------------------------------------------------------

    def test_attack_38_idle_connections_and_resets(self):
        for name in ("agent", "operator", "https"):
            with self.subTest(name), contextlib.ExitStack() as cleanup:
                crowd = []
                for _ in range(1500):
                    one = socket.socket()
                    one.bind((ATTACKER, 0))
                    one.settimeout(20)
                    try:
                        one.connect(("127.0.0.1", self.cluster.listen[name]))
                    except OSError:
                        one.close()
                        continue
                    cleanup.callback(one.close)
                    crowd.append(one)
                self.assertGreater(len(crowd), 500)
                self.assert_serving()  # while they are there: one address does not keep the others out
                for one in crowd:
                    reset(one)
                self.assert_serving()

    def test_attack_38_handshakes_that_never_end(self):
        hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"  # the beginning of a ClientHello
        for name in ("agent", "operator", "https"):
            with self.subTest(name), contextlib.ExitStack() as cleanup:
                slow = []
                for _ in range(200):
                    one = cleanup.enter_context(socket.create_connection(("127.0.0.1", self.cluster.listen[name]), 20,
                                                                        source_address=(ATTACKER, 0)))
                    one.sendall(hello)
                    slow.append(one)
                self.assert_serving()
                # Nobody waits for them: each is hung up on once the time for a handshake is over.
                for one in slow:
                    with contextlib.suppress(ConnectionError):
                        while one.recv(4096):
                            pass

    # -- frames ------------------------------------------------------------------------------------------------------

    def test_attack_38_streams_reset_in_a_flood(self):
        self.on_each_port(lambda port, path: self.reset_streams(self.connection(port), path))

    def test_attack_38_streams_reset_by_an_enrolled_agent(self):
        self.reset_streams(self.connection("agent", certificate=self.agent_certificate), CONNECT)
        self.assert_serving()

    def reset_streams(self, connection, path):
        """100,000 calls, each begun and given up: hung up on before the end."""
        block, stream = call_headers(path), 1
        for _ in range(1000):
            batch = b""
            for _ in range(100):
                batch += frame(HEADERS, END_HEADERS, stream, block) + frame(RST_STREAM, 0, stream, struct.pack(">I", 8))
                stream += 2
            if not connection.send(batch):
                return
        self.fail("100,000 calls were taken from one connection")

    def test_attack_38_too_many_calls_are_told_so(self):
        def attack(port, path):
            connection = self.connection(port)
            for number in range(250):  # one after the other: no flood
                stream = 1 + 2 * number
                connection.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, call_headers(path)))
                connection.read_until(lambda frames, stream=stream: any(f[2] == stream for f in frames))
            self.assertTrue(any(b"too many calls" in f[3] for f in connection.frames()), connection.frames()[-3:])

        self.on_each_port(attack)

    def test_attack_38_pings_and_settings_in_a_flood(self):
        def attack(port, _):
            connection = self.connection(port)
            while connection.send(frame(PING, 0, 0, b"12345678") * 100):
                self.assertLess(len(connection.frames()), 200_000, "pings without end were answered")
            self.assertTrue(any(f[0] == GOAWAY and b"too_many_pings" in f[3] for f in connection.frames()))
            connection = self.connection(port)
            for _ in range(1000):
                if not connection.send(frame(SETTINGS, 0, 0) * 100):
                    break

        self.on_each_port(attack)

    def test_attack_38_messages_beyond_their_size(self):
        def attack(port, path):
            connection = self.connection(port)
            connection.send(frame(HEADERS, END_HEADERS, 1, call_headers(path)))
            connection.send_body(1, 64 << 20)
            # For a unary call of the agents' port gRPC itself answers, with a status of its own choice.
            self.assert_status(connection, 1, RESOURCE_EXHAUSTED if port == "operator" else UNIMPLEMENTED)
            # As many calls as one connection may have at once, each in the middle of its message; from several connections.
            for _ in range(8):
                connection = self.connection(port)
                for stream in range(1, 64, 2):
                    connection.send(frame(HEADERS, END_HEADERS, stream, call_headers(path)))
                    connection.send(frame(DATA, 0, stream, struct.pack(">BI", 0, 2_000_000) + bytes(16000)))
                connection.answers()

        self.on_each_port(attack)

    def test_attack_38_headers_beyond_their_size(self):
        def attack(port, path):
            with self.subTest("a header of 9 KiB"):
                connection = self.connection(port)
                connection.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, call_headers(path, te="x" * 9216)))
                self.assert_no_success(connection)
            with self.subTest("a header that unpacks to 58 MB"):
                connection = self.connection(port)
                connection.send(frame(HEADERS, END_HEADERS | END_STREAM, 1,
                                      call_headers(path) + literal("a", "y" * 3900, index=True)))
                bomb = call_headers(path) + indexed(62) * 15000
                for number in range(50):
                    if not connection.send(frame(HEADERS, END_HEADERS | END_STREAM, 3 + 2 * number, bomb)):
                        break
                self.assert_no_success(connection)
            with self.subTest("headers without end"):
                connection = self.connection(port)
                connection.send(frame(HEADERS, 0, 1, call_headers(path)))
                for number in range(2000):
                    if not connection.send(frame(CONTINUATION, 0, 1, literal(f"b{number}", "z" * 16000))):
                        break

        self.on_each_port(attack)

    def test_attack_38_a_message_of_an_enrolled_agent_beyond_its_size(self):
        connection = self.connection("agent", certificate=self.agent_certificate)
        connection.send(frame(HEADERS, END_HEADERS, 1, call_headers(CONNECT)))
        self.assertFalse(connection.send_body(1, 64 << 20), "the stream was to end before the message did")
        self.assert_serving()

    def assert_status(self, connection, stream, status):
        """The call ended with this gRPC status."""
        ends = [f[3] for f in connection.answers() if f[0] == HEADERS and f[2] == stream]
        self.assertTrue(any(STATUS + bytes([len(str(status))]) + str(status).encode() in end for end in ends), ends)

    def assert_no_success(self, connection):
        for kind, _, _, payload in connection.answers():
            self.assertFalse(kind == HEADERS and STATUS + b"\x010" in payload, payload)

    def test_attack_38_garbage_instead_of_frames(self):
        def attack(port, _):
            for garbage in (bytes(9), b"\xff" * 4096, frame(HEADERS, END_HEADERS, 0, b"\x80"), frame(DATA, 0, 77, b"x"),
                            frame(99, 0xff, 0x7fffffff, bytes(16384)), b"GET / HTTP/1.1\r\n\r\n",
                            frame(HEADERS, END_HEADERS, 1, b"\x40\x7f\xff\xff\xff\xff\x0f")):
                connection = self.connection(port)
                connection.send(garbage)
                self.assert_no_success(connection)

        self.on_each_port(attack)


if __name__ == "__main__":
    unittest.main()
