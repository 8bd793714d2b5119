"""What is not HTTP, not a websocket's frame or not a message is answered or dropped; the server says nothing of it."""

import base64
import os
import socket
import struct
import zlib

import pytest

from tests.tui.served import Served

pytestmark = pytest.mark.slow

APP = 'import sys; print("__GANGLION__", flush=True); sys.stdin.read()'
TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9
DEFLATE = b"Sec-WebSocket-Extensions: permessage-deflate\r\n"


def frame(kind, data, *, final=True, masked=True, reserved=0, length=None):
    """A websocket's frame, as RFC 6455 section 5.2 draws it, or nearly."""
    length = len(data) if length is None else length
    head = bytes([final << 7 | reserved << 4 | kind])
    if length < 126:
        head += bytes([masked << 7 | length])
    elif length < 2**16:
        head += bytes([masked << 7 | 126]) + struct.pack("!H", length)
    else:
        head += bytes([masked << 7 | 127]) + struct.pack("!Q", length)
    return head + bytes(4 if masked else 0) + data  # a mask of zeros changes nothing


def bomb():
    """A message that unpacks to 256 MB, four times what is taken."""
    packer = zlib.compressobj(9, wbits=-15)
    return (packer.compress(bytes(2**28)) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


FRAMES = {
    "not UTF-8": frame(TEXT, b"\xff\xfe"),
    "an unknown kind": frame(3, b"x"),
    "a reserved bit": frame(TEXT, b"x", reserved=2),
    "not masked": frame(TEXT, b"[]", masked=False),
    "a long ping": frame(PING, bytes(200)),
    "a ping in parts": frame(PING, b"x", final=False),
    "a close without a code": frame(CLOSE, b"x"),
    "a close with an unknown code": frame(CLOSE, struct.pack("!H", 5)),
    "a close with bytes": frame(CLOSE, struct.pack("!H", 1000) + b"\xff"),
    "a terabyte": frame(TEXT, b"x", length=2**40),
    "more than there is": frame(TEXT, b"x", length=2**63 + 5),
    "a second part without a first": frame(0, b"x"),
    "a message in another": frame(TEXT, b"x", final=False) + frame(TEXT, b"y"),
    "half a frame": frame(TEXT, bytes(100))[:20],
    "bytes": frame(BINARY, b"\0\1"),
    "a width without end": frame(TEXT, b'["resize", {"width": ' + b"9" * 4000 + b', "height": 3}]'),
    "a width that is none": frame(TEXT, b'["resize", {"width": NaN, "height": true}]'),
    "a ping as deep as JSON is read": frame(TEXT, b'["ping", ' + b"[" * 900 + b"]" * 900 + b"]"),
    "a ping without end": frame(TEXT, b'["ping", ' + b"[" * 50_000 + b"]" * 50_000 + b"]"),
    "bytes that do not unpack": frame(TEXT, b"\xff" * 4, reserved=4),
    "a bomb": frame(TEXT, bomb(), reserved=4),
}
REQUESTS = {
    "bytes": (b"\xff\xff\r\n\r\n", 400),
    "a TLS greeting": (b"\x16\x03\x01\x02\x00\x01\x00", 400),
    "another version": (b"GET / HTTP/9.9\r\n\r\n", 400),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    "a long line": (b"GET " + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n", 400),
    "a long header": (b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", 400),
    "a bad address": (b"GET http://[ HTTP/1.1\r\nHost: [\r\n\r\n", 400),
    "a bad length": (b"POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: -1\r\n\r\n", 400),
    "a bad chunk": (b"POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    "a body that does not unpack": (
        b"POST / HTTP/1.1\r\nHost: HOST\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        404,
    ),
    "another host": (b"CONNECT a:1 HTTP/1.1\r\nHost: HOST\r\n\r\n", 403),
    "an address of bytes": (b"GET /%ff%fe%00 HTTP/1.1\r\nHost: HOST\r\n\r\n", 404),
    "a name with NUL": (b"GET ROOTstatic/%00 HTTP/1.1\r\nHost: HOST\r\n\r\n", 404),
    "a name that no file has": (b"GET ROOTstatic/" + b"a" * 5000 + b" HTTP/1.1\r\nHost: HOST\r\n\r\n", 404),
    "a file outside": (b"GET ROOTstatic/../../../../etc/passwd HTTP/1.1\r\nHost: HOST\r\n\r\n", 404),
    "no websocket": (b"GET ROOTws HTTP/1.1\r\nHost: HOST\r\nOrigin: http://HOST\r\n\r\n", 400),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    server = Served(tmp_path_factory.mktemp("served"), APP)
    yield server
    assert server.end() == (0, "", "")


def connected(server, sent):
    """Send bytes, with the server's own host and path in them; return the connection and the first answer."""
    host, path = f"127.0.0.1:{server.port}", server.address.removeprefix(server.origin)
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    connection.sendall(sent.replace(b"HOST", host.encode()).replace(b"ROOT", path.encode()))
    return connection, connection.recv(1000)


@pytest.mark.parametrize("case", FRAMES)
def test_a_malformed_frame_ends_only_its_session(served, case):
    key = base64.b64encode(os.urandom(16))
    upgrade = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key
    connection, answer = connected(
        served, b"GET ROOTws HTTP/1.1\r\nHost: HOST\r\nOrigin: http://HOST\r\n" + DEFLATE + upgrade + b"\r\n\r\n"
    )
    with connection:
        assert answer.startswith(b"HTTP/1.1 101 "), answer
        connection.sendall(FRAMES[case])
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(2**16):  # to the server's end
            pass


@pytest.mark.parametrize("case", REQUESTS)
def test_a_request_that_is_none_is_answered(served, case):
    sent, status = REQUESTS[case]
    connection, answer = connected(served, sent)
    with connection:
        assert answer.split(b" ")[1] == str(status).encode(), answer
