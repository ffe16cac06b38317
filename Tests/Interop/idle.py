"""idle.py: what does a connection cost that has nothing to say?

    python3 idle.py HOST:PORT PID COUNT LIMIT-KIB [CA-FILE]

Opens COUNT connections, makes one HTTP/2 request on each so that everything is allocated that a
connection needs, waits, and divides the growth of the server's memory by their number.
"""
import socket
import ssl
import struct
import sys
import time

host, port = sys.argv[1].rsplit(":", 1)
pid, count, limit = int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
context = None
if len(sys.argv) > 5:
    context = ssl.create_default_context(cafile=sys.argv[5])
    context.set_alpn_protocols(["h2"])


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0) + frame(1, 5, 1, b"\x82\x86\x04\x06/fixed\x01\x01x")


def memory():
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def connect():
    s = socket.create_connection((host, int(port)), 30)
    if context:
        s = context.wrap_socket(s, server_hostname=host)
    s.sendall(HELLO)
    return s


first = connect()
time.sleep(0.5)
before = memory()
sockets = []
for _ in range(count):
    sockets.append(connect())
for s in sockets:
    data = b""
    while b"ok\n" not in data:
        data += s.recv(65536)
time.sleep(1)
each = (memory() - before) / count
good = each < limit
print(f"{'ok    ' if good else 'WRONG '}idle: {count} connections{' with TLS' if context else ''}: "
      f"{each:.1f} KiB each (limit {limit:.0f})")
sys.exit(not good)
