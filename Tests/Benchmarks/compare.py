"""compare.py: two servers side by side, one load after the other, and the ratio. Started by compare.sh.

    part      load                                                        figure
    reads     h2load, 16 connections x 16 streams: a range of one key     CPU a request, serializable and linearizable
    puts      16 processes of h2load, each 1 connection x 16 streams      CPU a request
              and a key of its own; beside it random keys (loader)
    latency   h2load, 100 connections x 1 stream, puts                    the slowest hundredth (p99)
    memory    nothing; then a million keys of 8 bytes, values of 64       RssAnon: memory that is no file
    watchers  10 connections x 10 streams x 100 watchers, nothing else    RssAnon a watcher
    starts    exec to the first linearizable range that is answered       time, empty and with a million keys
    instructions  as reads and puts, fewer, under callgrind; ours only    instructions a request, where there is valgrind

Reads and puts meet a store of 100,000 keys (16 bytes, values of 256), random keys are drawn from these.

WHY CPU A REQUEST? Requests a second say how much of the machine the load generator left over. What a server spends on
a request is its own: the kernel counts it for each thread in nanoseconds (/proc/PID/task/*/schedstat). Threads for the
disk and for garbage are in it.

FAIR? Same machine, same disk, same minute: for each load the sides take turns, three times each at full size, and the
median counts. Both sync every write. Memory is read when a side has been quiet for a while and its garbage is gone or not.
"""
import argparse
import atexit
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import grpc

from api import METHODS, pb
from servers import CHECKOUT, Server

FULL = bool(os.environ.get("ETCD_BENCH"))
RAW = os.environ.get("ETCD_BENCH_DIR") or os.path.join(CHECKOUT, ".build", "tests", "compare")
LOADER = os.environ.get("ETCD_LOADER") or os.path.join(CHECKOUT, ".build", os.environ.get("ETCD_TEST_SANITIZE", ""), "release", "loader")
#: full size, small size
PRELOADED = (100_000, 5_000)[not FULL]
READS = (400_000, 10_000)[not FULL]
PUTS = (160_000, 8_000)[not FULL]
LATENCY = (60_000, 4_000)[not FULL]
MANY = (1_000_000, 20_000)[not FULL]
WATCHERS = (10_000, 1_000)[not FULL]
ROUNDS = (3, 1)[not FULL]
QUIET = (10, 0.5)[not FULL]


def key16(number):
    return b"key-%012d" % number


class Table:
    """What was measured, and what is allowed."""

    def __init__(self, sides):
        self.sides = sides
        self.rows = []
        self.passed = self.failed = 0

    def add(self, what, unit, first, second, most=None, digits=2):
        """A row: two figures; ours may be at most `most` of etcd's."""
        ratio = second / first if first else float("nan")
        judged = ""
        if most is not None:
            good = ratio <= most
            judged = f"at most {most:.3f}" + (": yes" if good else ": NO") * FULL
            self.count(good or not FULL)
        self.rows.append((what, unit, first, second, ratio, judged))
        print(f"{what:46} {first:12.{digits}f} {second:12.{digits}f} {unit:8} {self.words(ratio):>22}  {judged}", flush=True)

    def limit(self, what, unit, value, most):
        """A figure of ours that has a limit by itself."""
        good = value <= most
        self.count(good or not FULL)
        print(f"{what:46} {'':12} {value:12.2f} {unit:8} {'':>22}  at most {most}"
              + (": yes" if good else ": NO") * FULL, flush=True)

    def count(self, good):
        self.passed, self.failed = self.passed + good, self.failed + (not good)

    @staticmethod
    def words(ratio):
        return f"1/{1 / ratio:.1f} ({ratio:.3f})" if 0 < ratio < 1 else f"{ratio:.2f}"


class Bench(Server):
    """A server that is measured: on a real disk, syncing every write."""

    def __init__(self, kind, directory=None):
        self.home = directory or tempfile.mkdtemp(prefix="etcd-compare-", dir=os.environ.get("TMPDIR", "/tmp"))
        # The quota is etcd's protection against a full disk; a million keys are within it, their history need not be.
        super().__init__(kind, directory=os.path.join(self.home, "data"), name=f"bench-{kind}")
        atexit.register(self.remove)

    def cpu(self):
        """Nanoseconds of CPU of all threads that live. Threads that ended are in the process's own, coarser, count."""
        total = 0
        for task in os.listdir(f"/proc/{self.pid}/task"):
            try:
                with open(f"/proc/{self.pid}/task/{task}/schedstat") as file:
                    total += int(file.read().split()[0])
            except FileNotFoundError:
                pass
        return total

    def memory(self, field="RssAnon"):
        """Kilobytes of memory that no file stands behind."""
        with open(f"/proc/{self.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(field + ":"))

    def remove(self):
        self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def fill(self, count, make_key, value_bytes):
        """Puts so many keys, 100 in a transaction, several under way."""
        with self.channel() as channel:
            txn = channel.unary_unary(METHODS["Txn"].path)
            under_way = []
            for start in range(0, count, 100):
                request = pb.TxnRequest(success=[
                    pb.RequestOp(request_put=pb.PutRequest(key=make_key(number), value=b"v" * value_bytes))
                    for number in range(start, min(start + 100, count))])
                under_way.append(txn.future(request.SerializeToString()))
                if len(under_way) > 32:
                    under_way.pop(0).result()
            for call in under_way:
                call.result()


# ---- h2load -------------------------------------------------------------------------------------------

def message_file(folder, name, message):
    """A gRPC message as h2load sends it: one byte and the length before it."""
    path = os.path.join(folder, name)
    body = message.SerializeToString()
    with open(path, "wb") as file:
        file.write(b"\0" + len(body).to_bytes(4, "big") + body)
    return path


def h2load(server, method, body, requests, connections, streams, *more):
    """One process of h2load."""
    return subprocess.Popen(
        ["h2load", "-n", str(requests), "-c", str(connections), "-m", str(streams), "-t", "1", "-d", body,
         "-H", "content-type: application/grpc", "-H", "te: trailers", *more, f"http://{server.address}{METHODS[method].path}"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def instructions(server, name):
    """Counts the server's instructions while something else goes on; nothing where the machine cannot."""
    return subprocess.Popen(["perf", "stat", "-x,", "-e", "instructions:u,instructions:k", "-o", raw_file(server, name, "perf.txt"),
                             "-p", str(server.pid)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def raw_file(server, name, end):
    os.makedirs(RAW, exist_ok=True)
    return os.path.join(RAW, f"{name}-{server.side}-{server.label}.{end}")


def revision(server):
    with server.channel() as channel:
        raw = channel.unary_unary(RANGE_PATH.decode())(pb.RangeRequest(key=b"x").SerializeToString())
        return pb.RangeResponse.FromString(raw).header.revision


def measured(server, name, requests, start, writes):
    """CPU nanoseconds a request while the processes that `start` returns run to their end. For h2load an answer that is an
    error of gRPC is an answer like any other; so writes must have raised the revision, and reads have brought bytes."""
    revision_before = revision(server)
    counter = instructions(server, name) if shutil.which("perf") else None
    before, since = server.cpu(), time.monotonic()
    processes = start()
    outputs = [process.communicate()[0] for process in processes]
    took, spent = time.monotonic() - since, server.cpu() - before
    if counter:
        counter.send_signal(signal.SIGINT)
        counter.wait()
    with open(raw_file(server, name, "txt"), "a") as file:
        file.write("\n".join(outputs))
        file.write(f"\n{requests} requests, {spent} ns of CPU, {took:.3f} s\n\n")
    done = sum(int(word.split()[0]) for text in outputs for word in text.split(", ") if word.endswith(" succeeded"))
    if done != requests and "failed\":0" not in outputs[0]:
        raise RuntimeError(f"{name}: {server.label} answered {done} of {requests} requests:\n{outputs[0][-800:]}")
    if revision(server) - revision_before != (requests if writes else 0):
        raise RuntimeError(f"{name}: {requests} requests raised {server.label}'s revision from {revision_before} to {revision(server)}")
    data = sum(int(number) for text in outputs for number in re.findall(r"\((\d+)\) data", text))
    if not writes and data < 280 * requests:
        raise RuntimeError(f"{name}: {server.label} sent {data} bytes for {requests} values of 256 bytes")
    return spent / requests, requests / took


def alternate(servers, name, requests, start, writes=True):
    """Each side in turn, several rounds; the medians of CPU a request (us) and of requests a second."""
    figures = [[], []]
    for number in range(ROUNDS):
        for side, server in enumerate(servers):
            figures[side].append(measured(server, name, requests, lambda: start(server), writes))
    return [tuple(statistics.median(one[index] for one in part) for index in (0, 1)) for part in figures]


# ---- Parts --------------------------------------------------------------------------------------------

def filled(kinds):
    servers = start_all(kinds)
    for server in servers:
        server.fill(PRELOADED, key16, 256)
    return servers


def start_all(kinds):
    servers = []
    for side, kind in enumerate(kinds):
        server = Bench(kind).start()
        server.side = "ab"[side]
        servers.append(server)
    return servers


def part_reads(kinds, table, folder):
    servers = filled(kinds)
    for name, serializable, most in (("serializable", True, 1 / 8), ("linearizable", False, 1 / 8)):
        body = message_file(folder, name, pb.RangeRequest(key=key16(PRELOADED // 2), serializable=serializable))
        both = alternate(servers, name, READS, lambda server: [h2load(server, "Range", body, READS, 16, 16)], writes=False)
        table.add(f"{name} range, 16 x 16: CPU a request", "us", both[0][0] / 1000, both[1][0] / 1000, most)
        table.add("    requests a second", "/s", both[0][1], both[1][1], digits=0)
    for server in servers:
        server.remove()


def part_puts(kinds, table, folder):
    servers = filled(kinds)
    bodies = [message_file(folder, f"put{number}", pb.PutRequest(key=key16(number * (PRELOADED // 16)), value=b"v" * 256))
              for number in range(16)]
    both = alternate(servers, "put", PUTS, lambda server: [h2load(server, "Put", body, PUTS // 16, 1, 16) for body in bodies])
    table.add("put, 16 processes x 16 streams: CPU a request", "us", both[0][0] / 1000, both[1][0] / 1000, 1 / 4)
    table.add("    requests a second", "/s", both[0][1], both[1][1], digits=0)

    def random_keys(server):
        return [subprocess.Popen([LOADER, server.address, "16", "16", str(PUTS), str(PRELOADED)], stdout=subprocess.PIPE, text=True)]
    both = alternate(servers, "put-random", PUTS, random_keys)
    table.add("put of random keys, 16 x 16: CPU a request", "us", both[0][0] / 1000, both[1][0] / 1000)
    table.add("    requests a second", "/s", both[0][1], both[1][1], digits=0)
    for server in servers:
        server.remove()


def part_latency(kinds, table, folder):
    servers = filled(kinds)
    body = message_file(folder, "put", pb.PutRequest(key=key16(1), value=b"v" * 256))
    slowest = [[], []]
    for number in range(ROUNDS):
        for side, server in enumerate(servers):
            log = raw_file(server, f"latency-{number}", "log")
            if os.path.exists(log):
                os.remove(log)
            process = h2load(server, "Put", body, LATENCY, 100, 1, f"--log-file={log}")
            process.communicate()
            # start of the request in us, HTTP status, how long it took in us
            with open(log) as file:
                times = sorted(int(line.split()[2]) for line in file)
            if len(times) != LATENCY:
                raise RuntimeError(f"latency: {server.label} answered {len(times)} of {LATENCY} requests")
            slowest[side].append((times[len(times) * 99 // 100], times[len(times) // 2]))
    medians = [[statistics.median(one[index] for one in part) / 1000 for index in (0, 1)] for part in slowest]
    table.add("put, 100 clients: slowest hundredth", "ms", medians[0][0], medians[1][0], 1 / 2)
    table.add("    the one in the middle", "ms", medians[0][1], medians[1][1])
    for server in servers:
        server.remove()


def part_memory(kinds, table, folder):
    servers = start_all(kinds)
    time.sleep(QUIET)
    table.add("RssAnon, idle and empty", "MB", *(server.memory() / 1024 for server in servers), 1 / 2)
    for server in servers:
        server.fill(MANY, lambda number: b"%08d" % number, 64)
    time.sleep(QUIET)
    table.add(f"RssAnon, {MANY:,} keys, after they were put", "MB", *(server.memory() / 1024 for server in servers), 1 / 2)
    for server in servers:
        server.stop()
        server.start(300)
    time.sleep(QUIET)
    table.add(f"RssAnon, {MANY:,} keys, after a restart", "MB", *(server.memory() / 1024 for server in servers), 1 / 2)
    for server in servers:
        server.stop()
    times = [[start_time(server) for _ in range(ROUNDS)] for server in servers]
    table.add(f"start on {MANY:,} keys", "ms", *(statistics.median(part) for part in times), 1 / 2)
    for server in servers:
        server.remove()


def part_watchers(kinds, table, folder):
    servers = start_all(kinds)
    figures = []
    for server in servers:
        time.sleep(QUIET)
        before = server.memory()
        channels, calls = [], []
        for connection in range(10):
            options = [("grpc.use_local_subchannel_pool", 1)]
            channels.append(grpc.insecure_channel(server.address, options))
            for _ in range(10):
                calls.append(idle_watchers(channels[-1], connection, WATCHERS // 100))
        for call in calls:
            next(call)
        for call in calls:
            for _ in range(WATCHERS // 100 - 1):
                next(call)
        time.sleep(QUIET)
        figures.append((server.memory() - before) * 1024 / WATCHERS)
        for call in calls:
            call.cancel()
        for channel in channels:
            channel.close()
    table.add(f"RssAnon an idle watcher ({WATCHERS:,})", "bytes", *figures, 1 / 4, digits=0)
    for server in servers:
        server.remove()


def idle_watchers(channel, connection, count):
    """A stream with so many watchers, each of a key of its own."""
    ended = []

    def requests():
        for number in range(count):
            idle_watchers.made += 1
            yield pb.WatchRequest(create_request=pb.WatchCreateRequest(key=b"watched/%08d" % idle_watchers.made)).SerializeToString()
        while not ended:
            time.sleep(0.5)
    call = channel.stream_stream(METHODS["Watch"].path)(requests())
    call.add_callback(lambda: ended.append(True))
    return call


idle_watchers.made = 0

#: A linearizable range of one key, byte for byte as HTTP/2 sends it: preface, SETTINGS, one HEADERS, one DATA.
QUESTION = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000")


def range_question():
    def text(data):
        return bytes([len(data)]) + data
    head = b"\x83\x86"  # :method POST, :scheme http
    for name, value in ((b":path", RANGE_PATH), (b":authority", b"localhost"), (b"content-type", b"application/grpc"), (b"te", b"trailers")):
        head += b"\x00" + text(name) + text(value)
    message = pb.RangeRequest(key=b"first", limit=1).SerializeToString()
    body = b"\0" + len(message).to_bytes(4, "big") + message
    return (QUESTION + len(head).to_bytes(3, "big") + b"\x01\x04" + (1).to_bytes(4, "big") + head
            + len(body).to_bytes(3, "big") + b"\x00\x01" + (1).to_bytes(4, "big") + body)


RANGE_PATH = METHODS["Range"].path.encode()


def start_time(server):
    """Milliseconds from exec to the first answered linearizable range. The server is stopped again.

    Both sides run before everything else, if we have the right to ask for that: a start is a row of short steps in several
    threads, and on a busy machine it is the waiting between them that would be measured.
    """
    question = range_question()
    server.under = before_everything_else()
    since = time.perf_counter()
    server.spawn()
    while True:
        try:
            with socket.create_connection(("127.0.0.1", server.client_port), 30) as client:
                client.sendall(question)
                if answered(client):
                    took = (time.perf_counter() - since) * 1000
                    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
                    server.under = []
                    break
        except OSError:
            pass
        if server.process.poll() is not None:
            raise RuntimeError(f"{server.label} does not start:\n{server.tail()}")
        time.sleep(0.0005)
    server.stop()
    return took


def before_everything_else():
    """The command under which a program runs with the priority of real time; nothing if we may not."""
    if shutil.which("chrt") and subprocess.run(["chrt", "-r", "20", "true"], stderr=subprocess.DEVNULL).returncode == 0:
        # And we, who ask for the first answer.
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(20))
        return ["chrt", "-r", "20"]
    return []


def answered(client):
    """Whether a DATA frame with an answer comes back."""
    held = b""
    while True:
        part = client.recv(65536)
        if not part:
            return False
        held += part
        while len(held) >= 9 and len(held) >= 9 + int.from_bytes(held[:3], "big"):
            length, kind = int.from_bytes(held[:3], "big"), held[3]
            if kind == 0 and length > 5:
                return True
            if kind in (3, 7):  # RST_STREAM, GOAWAY
                return False
            if kind == 1 and held[4] & 1:  # trailers only: an error
                return False
            held = held[9 + length:]


def part_starts(kinds, table, folder):
    figures = []
    for kind in kinds:
        times = []
        for _ in range(3 * ROUNDS):
            server = Bench(kind)
            times.append(start_time(server))
            server.remove()
        figures.append(statistics.median(times))
    table.add("start on an empty directory", "ms", *figures)
    table.limit("    ours by itself", "ms", figures[1], 50)


def part_instructions(kinds, table, folder):
    """Instructions a request of the second side, counted by a machine in software. Go's programs do not run under it."""
    if not shutil.which("valgrind") or not shutil.which("strip"):
        return print("instructions: there is no valgrind, which counts them, or no strip, without which it stumbles")
    requests = {
        "serializable": ("Range", pb.RangeRequest(key=key16(7), serializable=True)),
        "linearizable": ("Range", pb.RangeRequest(key=key16(7))),
        "put": ("Put", pb.PutRequest(key=key16(7), value=b"v" * 256)),
    }
    few, more = (2_000, 12_000) if FULL else (200, 1_200)
    for name, (method, message) in requests.items():
        counts = []
        body = message_file(folder, "counted", message)
        for number in (few, more):
            server = Bench(kinds[1])
            server.side = "b"
            # What newer compilers write for debuggers, valgrind cannot read.
            stripped = os.path.join(folder, "stripped")
            subprocess.run(["strip", "--strip-debug", "-o", stripped, server.program], check=True)
            server.program = stripped
            server.under = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={raw_file(server, f'{name}-{number}', 'callgrind')}"]
            server.start(120)
            server.fill(1_000, key16, 256)
            h2load(server, method, body, number, 16, 16).communicate()
            server.stop(120)
            found = re.findall(r"Collected : (\d+)", server.tail(60))
            if not found:
                raise RuntimeError(f"instructions: callgrind has not said how many:\n{server.tail()}")
            counts.append(int(found[-1]))
            server.remove()
        print(f"{'instructions a request, ' + name:46} {'':12} {(counts[1] - counts[0]) / (more - few):12.0f}  (callgrind, in user mode, all threads)",
              flush=True)
    table.count(True)


PARTS = {"reads": part_reads, "puts": part_puts, "latency": part_latency, "memory": part_memory, "watchers": part_watchers,
         "starts": part_starts, "instructions": part_instructions}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", default=[])
    parser.add_argument("--sides", nargs=2, default=["real", "ours"])
    options = parser.parse_args()
    table = Table(options.sides)
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "unknown")
    print(f"{os.cpu_count()} x {model}; load {os.getloadavg()[0]:.1f}; {'full size' if FULL else 'small: nothing is judged'}; "
          f"median of {ROUNDS}; raw output in {RAW}")
    print(f"{'':46} {options.sides[0]:>12} {options.sides[1]:>12} {'':8} {'ratio':>22}")
    folder = tempfile.mkdtemp()
    for name in options.parts or PARTS:
        try:
            PARTS[name](options.sides, table, folder)
        except RuntimeError as error:
            print(f"WRONG {name}: {error}")
            table.failed += 1
    shutil.rmtree(folder)
    os.makedirs(RAW, exist_ok=True)
    with open(os.path.join(RAW, "figures.json"), "w") as file:
        json.dump([dict(zip(("what", "unit", *(f"{side}:{kind}" for side, kind in zip("ab", options.sides)), "ratio", "judged"), row))
                   for row in table.rows], file, indent=1)
    print(f"{table.passed} passed, {table.failed} failed")
    sys.exit(table.failed > 0)


if __name__ == "__main__":
    main()
