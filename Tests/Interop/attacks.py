"""attacks.py: one client means no good, another one must not notice.

    python3 attacks.py HOST:PORT PID frames|times|connections
    python3 attacks.py HOST:PORT PID tls CA-FILE

For each attack: the code with which the attacker's connection ends, what the server counted, how long a
healthy client waited at worst while it went on, and the server's memory before and after. The groups want
servers with different limits; network.sh says which.
"""
import os
import random
import socket
import ssl
import struct
import sys
import threading
import time

host, port = sys.argv[1].rsplit(":", 1)
target = (host, int(port))
# Under a sanitizer what was freed is kept for a while: how much memory is in use says nothing then.
HOARDS = bool(os.environ.get("ETCD_TEST_SANITIZE"))
pid = int(sys.argv[2])
group = sys.argv[3]
context = ssl.create_default_context(cafile=sys.argv[4]) if group == "tls" else None
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
failed = False


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


SETTINGS = frame(4, 0, 0)
START = PREFACE + SETTINGS


def head(stream, path=b"/fixed", flags=5):
    return frame(1, flags, stream, b"\x82\x86\x04" + bytes([len(path)]) + path + b"\x01\x01x")


def connect():
    """A connection of somebody honest: with TLS where the server wants it."""
    s = socket.create_connection(target, 10)
    return context.wrap_socket(s, server_hostname=host) if context else s


def memory():
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def counters():
    with connect() as s:
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
            with connect() as s:
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


def slow(first, seconds=8):
    """Says a little and waits to be closed; how long that took, and what was said to it."""
    s = socket.create_connection(target, 10)
    s.settimeout(0.2)
    s.sendall(first)
    begin = time.time()
    data = b""
    while time.time() - begin < seconds:
        try:
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
    while healthy.count == 0 and healthy.error is None:
        time.sleep(0.001)  # it is there before the attacker
    outcome = run()
    time.sleep(0.1)
    healthy.stop = True
    healthy.join(5)
    after = counters()
    counted = after[limit] - before[limit] if limit else 0
    growth = memory() - rss
    good = (healthy.error is None and healthy.count > 0 and healthy.worst < 2.0 and (growth < 100_000 or HOARDS)
            and (not limit or counted >= least) and (wanted is None or wanted(outcome)))
    failed = failed or not good
    print(f"{'ok    ' if good else 'WRONG '}attack: {name}: ended with {str(outcome)[:60]}; counted {counted}; healthy client: "
          f"{healthy.count} answers, worst {healthy.worst * 1000:.0f} ms {healthy.error or ''}; memory {rss} -> {rss + growth} KiB")


def crowd(count, first, seconds=12):
    """So many at once that say the same and wait to be closed: how many were, and what one of them heard."""
    sockets = []
    for _ in range(count):
        s = socket.create_connection(target, 10)
        s.sendall(first)
        s.setblocking(False)
        sockets.append(s)
    heard = {s: b"" for s in sockets}
    waiting, begin = set(sockets), time.time()
    while waiting and time.time() - begin < seconds:
        for s in list(waiting):
            try:
                part = s.recv(65536)
                heard[s] += part
                if not part:
                    waiting.discard(s)
            except BlockingIOError:
                pass
            except OSError:
                waiting.discard(s)
        time.sleep(0.02)
    for s in sockets:
        s.close()
    words = [heard[s] for s in sockets if s not in waiting]
    return len(words), round(time.time() - begin, 1), words


def finish():
    sys.exit(failed)


CALM = lambda o: o is not None and o[0] == 11


def times():
    """Servers with short times: idle 1.2 s, body 1.5 s, a ping after 2 s of silence with 1 s to answer it."""
    get = b"GET /fixed HTTP/1.1\r\nHost: x\r\n\r\n"
    report("two hundred that have nothing more to say, HTTP/1.1", "idle_time",
           lambda: crowd(200, get)[:2], lambda o: o[0] == 200 and o[1] < 8, 200)

    def idle2():
        count, seconds, words = crowd(200, START + head(1))
        return count, seconds, {str(goaway(w)) for w in words}

    report("two hundred that have nothing more to say, HTTP/2", "idle_time", idle2,
           lambda o: o[0] == 200 and o[2] == {"(0, '')"}, 200)

    def bodies():
        count, seconds, words = crowd(200, b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
        return count, seconds, {w[:12] for w in words}

    report("two hundred bodies that do not come", "body_time", bodies,
           lambda o: o[0] == 200 and o[2] == {b"HTTP/1.1 408"}, 200)

    def vanished():
        # The stream stays open, so this is no idle connection; our pings are not answered.
        count, seconds, words = crowd(200, START + head(1, b"/echo", 4))
        pinged = sum(frame(6, 0, 0)[3:5] in w for w in words)
        return count, seconds, f"{pinged} were pinged"

    report("two hundred that vanished without a word", "ping_timeout", vanished,
           lambda o: o[0] == 200 and o[2] == "200 were pinged", 200)


def connections():
    """A server that takes fifty connections at once."""
    def too_many():
        sockets = [socket.create_connection(target, 10) for _ in range(300)]
        time.sleep(0.5)
        closed = 0
        for s in sockets:
            s.setblocking(False)
            try:
                closed += s.recv(1) == b""
            except BlockingIOError:
                pass
            except OSError:
                closed += 1
        for s in sockets:
            s.close()
        time.sleep(0.3)
        with socket.create_connection(target, 10) as late:
            late.sendall(b"GET /fixed HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            late.settimeout(5)
            served = late.recv(12) == b"HTTP/1.1 200"
        return closed, "who comes later is served" if served else "nobody is served any more"

    report("three hundred connections where fifty may be", "connections", too_many,
           lambda o: 250 <= o[0] < 300 and o[1].startswith("who"), 250)


def alert_of(data):
    """The last alert in TLS records: its number."""
    at, found = 0, None
    while len(data) - at >= 5:
        length = int.from_bytes(data[at + 3:at + 5], "big")
        if data[at] == 21 and length == 2 and len(data) >= at + 7:
            found = data[at + 6]
        at += 5 + length
    return found


def tls():
    """A server with TLS, and 1.5 s for a handshake."""
    dice = random.Random(11)

    def noise(first):
        heard = {}
        for _ in range(300):
            s = socket.create_connection(target, 10)
            s.settimeout(2)
            data = b""
            try:
                s.sendall(first + dice.randbytes(600))
                while part := s.recv(65536):
                    data += part
            except OSError:
                pass
            s.close()
            heard[alert_of(data)] = heard.get(alert_of(data), 0) + 1
        return "alerts " + ", ".join(f"{k}: {v} times" for k, v in sorted(heard.items(), key=str))

    report("TLS: three hundred times random bytes", "handshake_failed", lambda: noise(b"\x80"), None, 250)
    report("TLS: three hundred times a record of random bytes", "handshake_failed",
           lambda: noise(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"), lambda o: "None: 300" not in o, 290)

    def inside():
        heard = {}
        for _ in range(100):
            s = connect()
            raw = socket.socket(fileno=s.detach())  # past OpenSSL, into the open connection
            raw.settimeout(2)
            data = b""
            try:
                raw.sendall(b"\x17\x03\x03\x00\x40" + dice.randbytes(64))
                while part := raw.recv(65536):
                    data += part
            except OSError:
                pass
            raw.close()
            heard["closed"] = heard.get("closed", 0) + 1
        return heard

    report("TLS: random bytes inside a hundred open connections", "malformed", inside, lambda o: o == {"closed": 100}, 100)

    def cut():
        for _ in range(300):
            s = socket.create_connection(target, 10)
            s.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + dice.randbytes(100))
            s.shutdown(socket.SHUT_WR)
            s.settimeout(2)
            try:
                while s.recv(4096):
                    pass
            except OSError:
                pass
            s.close()
        return "300 cut"

    report("TLS: three hundred handshakes cut in the middle", "handshake_failed", cut, None, 300)
    report("TLS: two hundred handshakes that never go on", "handshake_time",
           lambda: crowd(200, b"\x16\x03\x01\x02\x00\x01")[:2], lambda o: o[0] == 200 and o[1] < 6, 200)
    report("TLS: two hundred that speak plain HTTP", "plain_on_tls_port",
           lambda: {w[:12] for w in crowd(200, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")[2]},
           lambda o: o == {b"HTTP/1.0 400"}, 200)

    def handshakes():
        for _ in range(300):
            connect().close()
        return "300 handshakes"

    report("TLS: three hundred handshakes, one after the other", None, handshakes)


if group != "frames":
    {"times": times, "connections": connections, "tls": tls}[group]()
    finish()

report("rapid reset", "reset_flood", lambda: goaway(flood(lambda s: head(s, b"/echo", 4) + frame(3, 0, s, b"\0\0\0\x08"))), CALM)
report("pings", "too_many_pings", lambda: goaway(flood(lambda s: frame(6, 0, 0, b"12345678"))), CALM)


def forgiven_pings():
    """An answer between two pings forgives them to gRPC's rule; but not for ever."""
    with socket.create_connection(target, 10) as s:
        s.settimeout(2)
        s.sendall(START)
        data = b""
        try:
            for i in range(400):
                s.sendall(head(1 + 2 * i) + frame(6, 0, 0, b"12345678"))
                part = s.recv(65536)
                if not part:
                    break
                data += part
        except OSError:
            pass
        return goaway(data)


report("pings between requests", "ping_flood", forgiven_pings, CALM)
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
report("TLS on a plain port, two hundred times", "tls_on_plain_port",
       lambda: crowd(200, b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00")[:2], lambda o: o[0] == 200, 200)
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


report("a thousand slow streams", "outgoing_bytes", slow_streams, lambda o: int(o[1].split()[1]) < 250_000 or HOARDS)


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
finish()
