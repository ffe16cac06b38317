"""tracing.py: what does a trace cost a server that is busy with puts? Started by tracing.sh.

    off        no --trace-dir: each trace point is one branch
    on         --trace-dir: the owner's thread writes compact records into a ring, another thread makes lines of them
    without    a program that was built without trace points, if ETCD_UNTRACED names one (see tracing.sh)

CPU. 16 processes of h2load, one connection x 16 streams and a key of its own each, on 100,000 keys; the sides take turns, and
the median of what the kernel counted for each thread is printed: the owner's, and all together.
INSTRUCTIONS. The same, fewer, under callgrind, which counts thread by thread; a run with few requests is subtracted from one
with many, so that start and end do not count. A machine's mood does not change these figures.
NOBODY WAITS: the puts a second stand beside; and a trace whose disk is full, or that cannot keep up, leaves gaps and serves.
"""
import glob
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

import compare
from api import pb
from compare import Bench, FULL, PRELOADED, PUTS, ROUNDS, h2load, key16, measured, message_file, raw_file
from servers import PROGRAMS

SIDES = ["off", "on"] + (["without"] if os.environ.get("ETCD_UNTRACED") else [])
judged = []


class Traced(Bench):
    """A server with or without a trace."""

    def __init__(self, side):
        super().__init__("ours")
        self.side = side
        if side == "on":
            self.flags += [f"--trace-dir={os.path.join(self.home, 'trace')}"]
        if side == "without":
            self.program = os.environ["ETCD_UNTRACED"]

    def threads(self):
        """Nanoseconds of CPU by thread; the owner is the one with the process's number."""
        with_times = {}
        for task in os.listdir(f"/proc/{self.pid}/task"):
            with open(f"/proc/{self.pid}/task/{task}/schedstat") as file:
                with_times[int(task)] = int(file.read().split()[0])
        return with_times


def puts(server, folder, total):
    each = total // 16
    bodies = [message_file(folder, f"put-{n}", pb.PutRequest(key=key16(n), value=b"v" * 256)) for n in range(16)]
    return [h2load(server, "Put", body, each, 1, 16) for body in bodies]


def judge(what, more, most):
    """A share, in per cent, and what it may be at most."""
    good = more <= most
    judged.append(good or not FULL)
    print(f"{what:52} {more:8.1f} %   at most {most} %" + (": yes" if good else ": NO") * FULL, flush=True)


def part_cpu(folder):
    servers = {side: Traced(side).start() for side in SIDES}
    for server in servers.values():
        server.fill(PRELOADED, key16, 256)
    figures = {side: [] for side in SIDES}
    for number in range(ROUNDS + 1):
        for side, server in servers.items():
            before = server.threads()
            _, rate = measured(server, "tracing", PUTS // 16 * 16, lambda: puts(server, folder, PUTS), True)
            after = server.threads()
            spent = {task: after[task] - before.get(task, 0) for task in after}
            # The first round warms up.
            if number or not FULL:
                figures[side].append((spent[server.pid] / PUTS, sum(spent.values()) / PUTS, rate))
    middle = {side: [statistics.median(one[place] for one in rows) for place in range(3)] for side, rows in figures.items()}
    for side, (owner, everybody, rate) in middle.items():
        print(f"CPU a put, 16 x 16, {side:8} owner's thread {owner / 1000:7.2f} us   all {everybody / 1000:7.2f} us   {rate:8.0f} puts a second")
    judge("CPU: on, more than off on the owner's thread", 100 * (middle["on"][0] / middle["off"][0] - 1), 10)
    judge("CPU: on, more than off in all", 100 * (middle["on"][1] / middle["off"][1] - 1), 60)
    trace = servers["on"]
    size = sum(os.path.getsize(name) for name in glob.glob(os.path.join(trace.home, "trace", "*.ndjson")))
    gaps = sum(line.count('"event":"gap"') for name in glob.glob(os.path.join(trace.home, "trace", "*.ndjson")) for line in open(name))
    print(f"the trace: {size / 1e6:.0f} MB in its files, {gaps} gaps")
    for server in servers.values():
        server.stop()
        server.remove()


def part_instructions(folder):
    few, more = (2_000, 12_000) if FULL else (320, 960)
    costs = {}
    for side in SIDES:
        counts = []
        for number in (few, more):
            server = Traced(side)
            stripped = os.path.join(folder, "stripped")
            # What newer compilers write for debuggers, valgrind cannot read.
            subprocess.run(["strip", "--strip-debug", "-o", stripped, server.program], check=True)
            server.program = stripped
            out = raw_file(server, f"tracing-{number}", "callgrind")
            for old in glob.glob(out + "*"):
                os.remove(old)
            server.under = ["valgrind", "--tool=callgrind", "--separate-threads=yes", f"--callgrind-out-file={out}"]
            server.start(120)
            server.fill(1_000, key16, 256)
            for process in puts(server, folder, number):
                process.communicate()
            server.stop(120)
            threads = {}
            for name in glob.glob(out + "-*"):
                found = re.search(r"^(?:totals|summary): (\d+)", open(name).read(), re.M)
                threads[int(name.rsplit("-", 1)[1])] = int(found[1]) if found else 0
            counts.append(threads)
            server.remove()
        costs[side] = ((counts[1][1] - counts[0][1]) / (more - few), (sum(counts[1].values()) - sum(counts[0].values())) / (more - few))
        print(f"instructions a put, {side:8} owner's thread {costs[side][0]:9.0f}   all {costs[side][1]:9.0f}   (callgrind, user mode)", flush=True)
    if "without" in costs:
        judge("instructions: off, more than without trace points", 100 * (costs["off"][1] / costs["without"][1] - 1), 1)
    judge("instructions: on, more than off on the owner's thread", 100 * (costs["on"][0] / costs["off"][0] - 1), 10)
    judge("instructions: on, more than off in all", 100 * (costs["on"][1] / costs["off"][1] - 1), 60)


def main():
    wanted = sys.argv[1:] or ["cpu", "instructions"]
    folder = tempfile.mkdtemp(prefix="etcd-tracing-")
    print(f"program: {PROGRAMS['ours']}; {PUTS} puts of 16-byte keys and 256-byte values on {PRELOADED} keys, {ROUNDS} rounds")
    if "cpu" in wanted:
        part_cpu(folder)
    if "instructions" in wanted:
        part_instructions(folder)
    shutil.rmtree(folder, ignore_errors=True)
    # Small runs only show that it works: nothing is judged, and everything passes.
    print(f"{sum(judged)} passed, {len(judged) - sum(judged)} failed")
    sys.exit(not all(judged))


if __name__ == "__main__":
    compare.RAW = compare.RAW.replace("compare", "tracing")
    main()
