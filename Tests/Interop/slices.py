"""slices.py: whoever asks for everything keeps nobody waiting.

    python3 slices.py            ours
    python3 slices.py --keys N   with so many keys (200,000), of 256 bytes each

One client asks for all keys in one request, in one order after the other. Meanwhile another asks for a small thing, again and
again, and for each answer it notes how much CPU time the server's owner thread took between question and answer:

    long     get everything, by MOD ........................................................ answer, 60 MB
    short    ask . ask . ask . ask . ask . ask . ask . ask . ask . ask . ask .
                 |---| the server's CPU time while this one waited

CPU time, because a busy machine lets everybody wait, and that is not what is asked here. A step that is not cut into slices
shows as one short question that cost as much as the whole step.
"""
import argparse
import os
import socket
import sys
import threading
import time

from api import METHODS, pb
from servers import Server

#: Milliseconds that the server may work on other things before it answers. (The reader of this clock is scheduled too: some
#: of it is work that came after the answer.)
LIMIT = 60
VALUE = 256


class Claims:
    """What was claimed, and whether it was so."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, holds, words):
        print(f"{'ok   ' if holds else 'WRONG'} {words}", flush=True)
        self.passed, self.failed = self.passed + bool(holds), self.failed + (not holds)


def owner_milliseconds(server):
    """CPU time so far of the thread that owns the member."""
    with open(f"/proc/{server.pid}/task/{server.pid}/schedstat") as file:
        return int(file.read().split()[0]) / 1e6


class Asker(threading.Thread):
    """Asks for a page that reads a key, until it is told to stop."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server = server
        self.socket = socket.create_connection(("127.0.0.1", server.client_port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.costs = []
        self.stopped = False

    def run(self):
        while not self.stopped:
            before = owner_milliseconds(self.server)
            self.socket.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = b""
            while b"\r\n\r\nok" not in answer:
                answer += self.socket.recv(4096)
            self.costs.append(owner_milliseconds(self.server) - before)

    def finish(self):
        self.stopped = True
        self.join()
        self.socket.close()


def value(number):
    """Values in another order than keys."""
    return b"%08x" % (number * 7919 % 1_000_003) + bytes(VALUE - 8)


def fill(side, keys):
    put = side.unary_unary(METHODS["Txn"].path)
    for start in range(0, keys, 100):
        puts = [pb.RequestOp(request_put=pb.PutRequest(key=b"k%08d" % number, value=value(number)))
                for number in range(start, min(start + 100, keys))]
        put(pb.TxnRequest(success=puts).SerializeToString())


def ask(server, side, keys, name, claims, order, **fields):
    """One long range, while somebody else asks."""
    asker = Asker(server)
    asker.start()
    time.sleep(0.2)
    before, quiet = owner_milliseconds(server), len(asker.costs)
    request = pb.RangeRequest(key=b"k", range_end=b"l", **fields)
    raw = side.unary_unary(METHODS["Range"].path)(request.SerializeToString(), timeout=120)
    total = owner_milliseconds(server) - before
    asker.finish()
    meanwhile = asker.costs[quiet:]
    reply = pb.RangeResponse.FromString(raw)
    found = [kv.key for kv in reply.kvs]
    claims.check(reply.count == keys and found == order, f"{name}: {len(found)} keys, {len(raw) >> 20} MB, in their order")
    claims.check(max(meanwhile) < LIMIT and len(meanwhile) > 10,
                 f"{name}: {len(meanwhile)} others were answered in between; none waited for more than {max(meanwhile):.1f} ms of the "
                 f"server's time, of {total:.0f} (limit {LIMIT})")


def probes(server, claims):
    """What a probe asks must not depend on how much there is."""
    asker = Asker(server)
    asker.start()
    time.sleep(1)
    asker.finish()
    cost = sum(asker.costs) / len(asker.costs)
    claims.check(cost < 1, f"a probe takes {1000 * cost:.0f} us of the server's time, average of {len(asker.costs)} (limit 1000)")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--keys", type=int, default=200_000)
    options = parser.parse_args()
    claims = Claims()
    server = Server("ours").start()
    with server.channel() as side:
        fill(side, options.keys)
        numbers = range(options.keys)
        forwards = [b"k%08d" % number for number in numbers]
        by_value = [b"k%08d" % number for number in sorted(numbers, key=value)]
        probes(server, claims)
        everything = (server, side, options.keys)
        ask(*everything, "by key", claims, forwards)
        ask(*everything, "by key, descending", claims, forwards[::-1], sort_order=2, sort_target=0)
        ask(*everything, "by revision, descending", claims,
            [key for start in range((options.keys - 1) // 100 * 100, -1, -100) for key in forwards[start:start + 100]],
            sort_order=2, sort_target=3)
        ask(*everything, "by value", claims, by_value, sort_order=1, sort_target=4)
    server.stop()
    print(f"{claims.passed} passed, {claims.failed} failed")
    sys.exit(claims.failed > 0)


if __name__ == "__main__":
    main()
