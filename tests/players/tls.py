# Gets a stream over TLS and writes its audio to stdout: tls.py AUTHORITY PORT VERSION. Before that it connects
# once, and the second connection must resume its session. For tests/programs/tls/.
import socket
import ssl
import sys

authority, port, version = sys.argv[1], int(sys.argv[2]), ssl.TLSVersion[sys.argv[3]]
context = ssl.create_default_context(cafile=authority)
context.minimum_version = context.maximum_version = version


def connect(session):
    plain = socket.create_connection(("127.0.0.1", port))
    tls = context.wrap_socket(plain, server_hostname="localhost", session=session)
    tls.sendall(b"GET /live HTTP/1.0\r\n\r\n")
    return tls


first = connect(None)
# The tickets of TLS 1.3 come before the answer.
assert first.recv(12) == b"HTTP/1.0 200"
stream = connect(first.session)
assert stream.session_reused, "the session was not resumed"
first.close()
received = b""
while b"\r\n\r\n" not in received:
    received += stream.recv(1)
while chunk := stream.recv(65536):
    sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()
