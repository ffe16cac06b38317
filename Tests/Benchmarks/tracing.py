"""tracing.py: what does a trace cost a server that is busy with puts? Started by tracing.sh.

    off        no --trace-dir: each trace point is one branch
    on         --trace-dir: the owner's thread writes compact records into a ring, another thread makes lines of them
    without    a program that was built without trace points, if ETCD_UNTRACED names one (see tracing.sh)

CPU. 16 processes of h2load, one connection x 16 streams and a key of its own each, on 100,000 keys. What the kernel counts for
a thread depends by more than a trace costs on how the machine feels in that second, and on the luck that a process has with its
memory: one is a fifth slower than its twin all its life. So there are several processes of each side, one after the other, and many
short rounds, in each of which all sides have their turn, the first of them another one each time. Sides are compared within a round,
and the median of these comparisons is judged. With 16 load generators on two cores even that says less than instructions do.
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
from compare import Bench, FULL, PRELOADED, PUTS, h2load, key16, measured, message_file, raw_file
from servers import PROGRAMS

SIDES = ["off", "on"] + (["without"] if os.environ.get("ETCD_UNTRACED") else [])
judged = []
# A round lasts less than half a second a side.
ROUND_PUTS = 32_000 if FULL else PUTS
PROCESSES, CPU_ROUNDS = (15, 7) if FULL else (1, 1)


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


def one_round(server, folder):
    """Nanoseconds of CPU a put, the owner's and all, and puts a second."""
    before = server.threads()
    _, rate = measured(server, "tracing", ROUND_PUTS, lambda: puts(server, folder, ROUND_PUTS), True)
    after = server.threads()
    spent = {task: after[task] - before.get(task, 0) for task in after}
    return spent[server.pid] / ROUND_PUTS, sum(spent.values()) / ROUND_PUTS, rate


def look_at_trace(server):
    """Bytes in its files, and gaps."""
    names = glob.glob(os.path.join(server.home, "trace", "*.ndjson"))
    return sum(os.path.getsize(name) for name in names), sum(line.count('"event":"gap"') for name in names for line in open(name))


def part_cpu(folder):
    figures = {side: [] for side in SIDES}
    size = gaps = 0
    for process in range(PROCESSES):
        servers = {side: Traced(side).start() for side in SIDES}
        for server in servers.values():
            server.fill(PRELOADED, key16, 256)
        for number in range(CPU_ROUNDS + 1):
            for place in range(len(SIDES)):
                side = SIDES[(process + number + place) % len(SIDES)]
                figure = one_round(servers[side], folder)
                # The first round warms up.
                if number or not FULL:
                    figures[side].append(figure)
        more_size, more_gaps = look_at_trace(servers["on"])
        size, gaps = size + more_size, gaps + more_gaps
        for server in servers.values():
            server.stop()
            server.remove()
    for side, rows in figures.items():
        owner, everybody, rate = (statistics.median(one[place] for one in rows) for place in range(3))
        print(f"CPU a put, 16 x 16, {side:8} owner's thread {owner / 1000:7.2f} us   all {everybody / 1000:7.2f} us   {rate:8.0f} puts a second")

    def more(place, side, than):
        shares = sorted(100 * (one[place] / other[place] - 1) for one, other in zip(figures[side], figures[than]))
        print(f"  a quarter of the rounds below {shares[len(shares) // 4]:.1f} %, a quarter above {shares[len(shares) * 3 // 4]:.1f} %")
        return statistics.median(shares)

    judge("CPU: on, more than off on the owner's thread", more(0, "on", "off"), 10)
    judge("CPU: on, more than off in all", more(1, "on", "off"), 60)
    if "without" in SIDES:
        judge("CPU: off, more than without trace points", more(1, "off", "without"), 1)
    print(f"the traces: {size / 1e6:.0f} MB in their files, {gaps} gaps")


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
    print(f"program: {PROGRAMS['ours']}; puts of 16-byte keys and 256-byte values on {PRELOADED} keys; CPU: {PROCESSES} processes x {CPU_ROUNDS} rounds of {ROUND_PUTS}")
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
