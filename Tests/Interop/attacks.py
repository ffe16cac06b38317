"""attacks.py: one client means no good, another one must not notice.

    python3 attacks.py HOST:PORT PID

For each attack: the code with which the attacker's connection ends, what the server counted, how long a
healthy client waited at worst while it went on, and the server's memory before and after.
"""
import os
import random
import socket
import struct
import sys
import threading
import time

host, port = sys.argv[1].rsplit(":", 1)
target = (host, int(port))
pid = int(sys.argv[2])
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
failed = False


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


SETTINGS = frame(4, 0, 0)
START = PREFACE + SETTINGS


def head(stream, path=b"/fixed", flags=5):
    return frame(1, flags, stream, b"\x82\x86\x04" + bytes([len(path)]) + path + b"\x01\x01x")


def memory():
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def counters():
    with socket.create_connection(target, 10) as s:
        s.sendall(b"GET /counters HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        data = b""
        while part := s.recv(65536):
            data += part
    return dict((k, int(v)) for k, v in (line.split() for line in data.split(b"\r\n\r\n")[1].decode().split("\n") if line))


class Healthy(threading.Thread):
    """Asks every few milliseconds, and remembers the longest wait."""

    def __init__(self):
        super().__init__(daemon=True)
        self.worst = 0.0
        self.count = 0
        self.error = None
        self.stop = False

    def run(self):
        try:
            with socket.create_connection(target, 10) as s:
                while not self.stop:
                    begin = time.time()
                    s.sendall(b"GET /fixed HTTP/1.1\r\nHost: x\r\n\r\n")
                    data = b""
                    while b"ok\n" not in data:
                        part = s.recv(65536)
                        if not part:
                            raise OSError("the healthy client was closed")
                        data += part
                    self.worst = max(self.worst, time.time() - begin)
                    self.count += 1
                    time.sleep(0.002)
        except OSError as error:
            self.error = error


def goaway(data):
    """The last GOAWAY in what came back: its code and its words."""
    at, found = 0, None
    while len(data) - at >= 9:
        length = int.from_bytes(data[at:at + 3], "big")
        if data[at + 3] == 7 and length >= 8:
            found = (int.from_bytes(data[at + 13:at + 17], "big"), data[at + 17:at + 9 + length].decode())
        at += 9 + length
    return found


def flood(make, seconds=10):
    """Sends until the server closes; gives back all that it said."""
    s = socket.create_connection(target, 10)
    s.settimeout(seconds)
    data = b""
    end = time.time() + seconds
    stream = 1
    try:
        s.sendall(START)
        s.setblocking(False)
        pending = b""
        while time.time() < end:
            if not pending:
                pending = b"".join(make(stream + 2 * i) for i in range(500))
                stream += 1000
            try:
                pending = pending[s.send(pending):]
            except BlockingIOError:
                time.sleep(0.001)
            try:
                part = s.recv(65536)
                if not part:
                    return data
                data += part
            except BlockingIOError:
                pass
    except OSError:
        # A reset after the goodbye: what was said before it may still be readable.
        try:
            while part := s.recv(65536):
                data += part
        except OSError:
            pass
    finally:
        s.close()
    return data


def slow(first, drip=b"", seconds=8):
    """Says a little and waits to be closed; how long that took."""
    s = socket.create_connection(target, 10)
    s.settimeout(0.2)
    s.sendall(first)
    begin = time.time()
    data = b""
    while time.time() - begin < seconds:
        try:
            if drip:
                s.sendall(drip)
            part = s.recv(65536)
            if not part:
                return time.time() - begin, data
            data += part
        except TimeoutError:
            continue
        except OSError:
            return time.time() - begin, data
    return None, data


def report(name, limit, run, wanted=None, least=1):
    """Runs an attack beside a healthy client."""
    global failed
    before, rss = counters(), memory()
    healthy = Healthy()
    healthy.start()
    outcome = run()
    time.sleep(0.1)
    healthy.stop = True
    healthy.join(5)
    after = counters()
    counted = after[limit] - before[limit] if limit else 0
    growth = memory() - rss
    good = (healthy.error is None and healthy.count > 0 and healthy.worst < 2.0 and growth < 100_000
            and (not limit or counted >= least) and (wanted is None or wanted(outcome)))
    failed = failed or not good
    print(f"{'ok    ' if good else 'WRONG '}attack: {name}: ended with {str(outcome)[:60]}; counted {counted}; healthy client: "
          f"{healthy.count} answers, worst {healthy.worst * 1000:.0f} ms {healthy.error or ''}; memory {rss} -> {rss + growth} KiB")


CALM = lambda o: o is not None and o[0] == 11
report("rapid reset", "reset_flood", lambda: goaway(flood(lambda s: head(s, b"/echo", 4) + frame(3, 0, s, b"\0\0\0\x08"))), CALM)
report("pings", "too_many_pings", lambda: goaway(flood(lambda s: frame(6, 0, 0, b"12345678"))), CALM)
report("settings", "settings_flood", lambda: goaway(flood(lambda s: SETTINGS)), CALM)
report("empty DATA", "useless_frames",
       lambda: goaway(flood(lambda s: head(1, b"/echo", 4) if s == 1 else frame(0, 0, 1))), CALM)
report("PRIORITY", "useless_frames", lambda: goaway(flood(lambda s: frame(2, 0, s, b"\0\0\0\0\1"))), CALM)
report("window updates", "window_update_flood", lambda: goaway(flood(lambda s: frame(8, 0, 0, b"\0\0\0\1"))), CALM)
report("continuations without end", "malformed",
       lambda: goaway(flood(lambda s: frame(1, 0, 1, b"\x82") if s == 1 else frame(9, 0, 1, b"\x82"))),
       lambda o: o is not None and o[0] != 0)
bomb = b"\x82\x86\x84\x01\x01x\x40\x01a\x7f\xb9\x16" + b"b" * 3000 + b"\xbe" * 13000
report("a header block that unpacks to 39 MB", "header_list",
       lambda: goaway(flood(lambda s: frame(1, 5, s, bomb))), CALM)
report("half a request", "head_time", lambda: slow(b"GET / HTTP/1.1\r\nHos"), lambda o: o[0] and o[0] < 5)
report("a preface that stops", "head_time", lambda: slow(PREFACE[:10]), lambda o: o[0] and o[0] < 5)
report("silence", "head_time", lambda: slow(b""), lambda o: o[0] and o[0] < 5)
report("half a header block", "head_time", lambda: slow(START + frame(1, 0, 1, b"\x82")), lambda o: o[0] and o[0] < 5)
report("a huge request head", "header_list", lambda: slow(b"GET / HTTP/1.1\r\nX: " + b"x" * 100000)[1][:12],
       lambda o: o.startswith(b"HTTP/1.1 431"))


def unread():
    s = socket.create_connection(target, 10)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.sendall(b"".join([b"GET /big?50000000 HTTP/1.1\r\nHost: x\r\n\r\n"]))
    begin = time.time()
    while time.time() - begin < 10:
        time.sleep(0.1)
        if counters()["write_time"] > unread.before:
            return time.time() - begin
    return None


unread.before = counters()["write_time"]
report("a reader that does not read", "write_time", unread, lambda o: o is not None)


def slow_streams():
    """A thousand streams that want a megabyte each and take none of it."""
    s = socket.create_connection(target, 10)
    s.settimeout(0.2)
    s.sendall(START)
    for i in range(1000):
        s.sendall(head(1 + 2 * i, b"/big?1000000"))
    peak, begin, data = memory(), time.time(), b""
    while time.time() - begin < 10:
        peak = max(peak, memory())
        try:
            part = s.recv(65536)
            if not part:
                break
            data += part
        except TimeoutError:
            continue
        except OSError:
            break
    return goaway(data), f"peak {peak} KiB"


report("a thousand slow streams", "outgoing_bytes", slow_streams, lambda o: int(o[1].split()[1]) < 250_000)


def noise():
    dice = random.Random(7)
    for i in range(300):
        with socket.create_connection(target, 10) as s:
            try:
                s.sendall([b"", START, b"GET / HTTP/1.1\r\n", b"\x16\x03\x01"][i % 4] + dice.randbytes(2000))
                s.settimeout(0.01)
                s.recv(4096)
            except OSError:
                pass
    return "300 connections"


report("random bytes", None, noise)


def half_open():
    sockets = [socket.create_connection(target, 10) for _ in range(500)]
    begin = time.time()
    while time.time() - begin < 10 and counters()["open"] > 20:
        time.sleep(0.1)
    for s in sockets:
        s.close()
    return f"all gone after {time.time() - begin:.1f} s"


report("five hundred half-open connections", "head_time", half_open, least=450)
sys.exit(failed)
