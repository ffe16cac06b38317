"""traced.py: does a trace tell the truth? A node of ours under etcdctl, and what its trace says beside what clients saw.

    python3 Tests/Interop/traced.py            needs .build/release/etcd and .build/release/visualizer (or ETCD_OURS, ETCD_VISUALIZER)

1. TIME. The trace's monotonic clock is that of the machine, and Python can read the same clock. So a client notes when it asks
   and when it has the answer, and the request's events must lie between, in the order in which a write goes its way. The
   stretches that the picture of a write names must add up to the time from the first to the last of them, and be no more
   than what the client waited. What is left is the way through two sockets and Python. A refusal leaves too: at once, and
   not with the next answer.
2. REVISIONS. etcdctl writes, deletes, compacts; for every revision it is asked what it sees (`get --rev`). The picture of
   the keys must show exactly those revisions and versions, and the bucket what a real etcd would have kept.
3. NOTHING IS LOST: numbers without gaps, causes before effects, and a picture without remarks.
"""
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

from api import METHODS, pb
from servers import CHECKOUT, SANITIZE, Server, work_directory

VISUALIZER = os.environ.get("ETCD_VISUALIZER") or os.path.join(CHECKOUT, ".build", SANITIZE, "release", "visualizer")
WRITES = 100
failures = []
checks = 0


def check(holds, words):
    global checks
    checks += 1
    if not holds:
        failures.append(words)
        print(f"WRONG: {words}")


def etcdctl(server, *words, stdin=None):
    result = subprocess.run(["etcdctl", f"--endpoints={server.address}", *words], input=stdin, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "ETCDCTL_API": "3"})
    return result


def ask(server, key, revision):
    """What etcdctl sees of a key at a revision: (mod_revision, version), None, or "compacted"."""
    words = ["get", key, "-w", "json"] + ([f"--rev={revision}"] if revision else [])
    result = etcdctl(server, *words)
    if "compacted" in result.stderr:
        return "compacted"
    found = json.loads(result.stdout).get("kvs")
    return (found[0]["mod_revision"], found[0]["version"]) if found else None


def picture(name, trace, *words):
    result = subprocess.run([VISUALIZER, name, "--from", trace, "--format", "txt", "--width", "200", *words],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check(result.returncode == 0, f"visualizer {name}: status {result.returncode}, {result.stderr}")
    return result.stdout


def nanoseconds(text):
    number, unit = text.split()
    return float(number) * {"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9}[unit]


def read_trace(trace):
    events = []
    for name in sorted(os.listdir(trace)):
        if name.endswith(".ndjson"):
            with open(os.path.join(trace, name)) as lines:
                events += [json.loads(line) for line in lines]
    return events


def check_numbers(events):
    for number, event in enumerate(events, 1):
        check(event["seq"] == number and event["event"] != "gap", f"event {number} is missing")
        check(all(cause < number for cause in event.get("causes", [])), f"event {number} has a cause that comes later")


def waits(server):
    """Writes, each with what the client's clock said before and after: revision, asked, answered."""
    seen = []
    with server.channel() as channel:
        put = channel.unary_unary(METHODS["Put"].path)
        for number in range(WRITES):
            message = pb.PutRequest(key=b"key-%d" % (number % 7), value=b"v" * 256).SerializeToString()
            asked = time.monotonic_ns()
            answer = pb.PutResponse.FromString(put(message))
            seen.append((answer.header.revision, asked, time.monotonic_ns()))
    return seen


def way_of(events, applied):
    """The events of a request, in the order of its way, from the one that applied it."""
    proposed = next(e for e in reversed(events[:applied["seq"]])
                    if e["event"] == "request-proposed" and e["index"] == applied["index"])
    name = proposed["request"]
    received = events[name - 1]
    answered = next(e for e in events[applied["seq"] - 1:] if e["event"] == "request-answered" and e["request"] == name)
    flushed = next(e for e in events[answered["seq"] - 1:] if e["event"] == "answers-flushed")
    synced = next(e for e in events[proposed["seq"] - 1:] if e["event"] == "log-synced" and e["index"] >= applied["index"])
    committed = next(e for e in events[synced["seq"] - 1:] if e["event"] == "commit-advanced" and e["commit"] >= applied["index"])
    written = [e for e in events[committed["seq"] - 1:applied["seq"]]
               if e["event"] == "revision-written" and e["main"] == applied["revision"]]
    return [received, proposed, synced, committed, *written, applied, answered, flushed]


def check_time(events, trace, seen):
    by_revision = {e["revision"]: e for e in events if e["event"] == "entry-applied" and e["method"] == "put"}
    rests = []
    for revision, asked, answered in seen:
        way = way_of(events, by_revision[revision])
        times = [e["mono"] for e in way]
        check([e["event"] for e in way][:4] + [e["event"] for e in way][-3:] == [
            "request-received", "request-proposed", "log-synced", "commit-advanced", "entry-applied", "request-answered",
            "answers-flushed"] and len(way) == 8, f"revision {revision}: its way is {[e['event'] for e in way]}")
        check(times == sorted(times), f"revision {revision}: an effect has an earlier time than its cause")
        check(asked <= times[0] and times[-1] <= answered, f"revision {revision}: its events do not lie within the client's wait")
        rests.append((answered - asked) - (times[-1] - times[0]))
    # The picture of the slowest: its stretches add up to the whole, within the digits that it prints.
    revision, asked, answered = max(seen, key=lambda one: one[2] - one[1])
    way = way_of(events, by_revision[revision])
    whole = way[-1]["mono"] - way[0]["mono"]
    lines = picture("write", trace, "--request", str(way[0]["seq"])).split("to scale")[-1].splitlines()
    stretches = {}
    for line in lines:
        found = re.match(r"(.{16,34}?)\s{2,}([0-9.]+ (?:ns|µs|ms|s))\s", line + " ")
        if found:
            stretches[found[1].strip()] = nanoseconds(found[2])
    together = stretches.pop("together", 0)
    check(len(stretches) >= 5, f"the picture names only {sorted(stretches)}")
    check(abs(together - whole) <= 0.01 * whole, f"the picture says {together} ns together, the trace {whole}")
    check(abs(sum(stretches.values()) - whole) <= 0.01 * whole + 1000 * len(stretches),
          f"the stretches are {sum(stretches.values())} ns together, the whole is {whole}")
    check(together <= answered - asked, "the picture says more than the client waited")
    print(f"{len(seen)} writes: each within its client's wait; beside the node a client waits "
          f"{statistics.median(rests) / 1e3:.0f} us more (median; two sockets and Python); the slowest: the client "
          f"{(answered - asked) / 1e6:.2f} ms, the picture {together / 1e6:.2f} ms in {len(stretches)} stretches")


def check_refusals(events):
    """Each refused read of the past was flushed in its own turn, before anybody asked anything else."""
    refused = [event for event in events if event["event"] == "request-refused"]
    for event in refused:
        later = events[event["seq"]:]
        flushed = next((e for e in later if e["event"] == "answers-flushed"), None)
        asked = next((e for e in later if e["event"] == "request-received"), None)
        check(flushed is not None and (asked is None or flushed["seq"] < asked["seq"]),
              f"the refusal of request {event['request']} was never said to have left")
    check(refused, "nothing was refused")
    print(f"{len(refused)} refusals left in the turn in which they were made")


def use(server):
    """What a person would try, with etcdctl; returns what it sees of each key at each revision."""
    first = json.loads(etcdctl(server, "get", "x", "-w", "json").stdout)["header"]["revision"]
    for words in (["put", "x", "1"], ["put", "y", "1"], ["put", "x", "2"]):
        check(etcdctl(server, *words).stdout == "OK\n", f"etcdctl {words}")
    etcdctl(server, "txn", stdin='value("x") = "2"\n\nput x 3\nput z 1\n\n\n')
    for words in (["del", "y"], ["put", "y", "9"], ["del", "z"], ["put", "x", "4"]):
        etcdctl(server, *words)
    etcdctl(server, "compact", str(first + 5))
    deadline = time.monotonic() + 10
    last = first + 8
    sights = {}
    for key in "xyz":
        for revision in range(first + 1, last + 1):
            sights[key, revision] = ask(server, key, revision)
    while time.monotonic() < deadline and "compaction-done" not in open_trace(server):
        time.sleep(0.1)
    return first, last, sights


def open_trace(server):
    return "".join(open(os.path.join(server.trace, name)).read() for name in os.listdir(server.trace) if name.endswith(".ndjson"))


def check_revisions(events, trace, first, last, sights):
    text = picture("mvcc", trace, "--keys", "x,y,z")
    rows = {line.split()[0]: line for line in text.splitlines() if line.split()}
    head = rows["revision"]
    columns = {int(found[0]): found.start() for found in re.finditer(r"\d+", head)}
    check(sorted(columns) == list(range(first + 1, last + 1)), f"the picture has revisions {sorted(columns)}")
    shown = {}
    for key in "xyz":
        for revision, place in columns.items():
            cell = rows[key][place:place + 10].strip()
            if cell and not cell.startswith("──"):
                shown[key, revision] = cell
    for (key, revision), sight in sights.items():
        cell = shown.get((key, revision), "")
        if sight == "compacted":
            check(revision < first + 5, f"{key} at {revision}: compacted, says etcdctl")
        elif sight is None:
            # Deleted here or before: the newest cell at or before this revision is a tombstone.
            newest = max((r for k, r in shown if k == key and r <= revision), default=None)
            check(newest is None or "✕" in shown[key, newest], f"{key} at {revision}: etcdctl sees nothing, the picture {newest}")
        else:
            modified, version = sight
            check(shown.get((key, modified), "").startswith(f"[{version}]"),
                  f"{key} at {revision}: etcdctl sees version {version} of revision {modified}, the picture {shown.get((key, modified))}")
            check(modified == revision or not cell, f"{key} at {revision}: the picture has {cell}, etcdctl nothing new")
    gone = {(r["main"], r["sub"]) for e in events if e["event"] == "compaction-step" for r in e["removed"]}
    # Of x the revisions before the transaction, of y what the tombstone at the compacted revision has replaced.
    expected = {(first + 1, 0), (first + 2, 0), (first + 3, 0)}
    check(expected <= gone, f"the compaction has removed {sorted(gone)}, not {sorted(expected)}")
    print(f"{len(sights)} looks of etcdctl at {len(columns)} revisions of three keys are what the picture shows; "
          f"the compaction removed {len(gone)} records")


def main():
    if not os.access(VISUALIZER, os.X_OK):
        sys.exit(f"There is no {VISUALIZER}: build it with `swift build -c release --product visualizer`.")
    trace = tempfile.mkdtemp(prefix="trace-", dir=work_directory())
    server = Server("ours", flags=[f"--trace-dir={trace}"])
    server.trace = trace
    server.start()
    first, last, sights = use(server)
    seen = waits(server)
    status = server.stop()
    check(status in (0, -15), f"the server ended with {status}")
    events = read_trace(trace)
    check_numbers(events)
    check_time(events, trace, seen)
    check_refusals(events)
    check_revisions(events, trace, first, last, sights)
    read = picture("read", trace, "--keys", "x")
    check("get x" in read, "the picture of a read says nothing of it")
    print(f"{len(events)} events, {len({e['event'] for e in events})} kinds")
    print(f"{checks - len(failures)} passed, {len(failures)} failed")
    sys.exit(bool(failures))


main()
