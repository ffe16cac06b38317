"""kills.py: what is still true after the server has been killed, again and again, while it was busy?

    python3 kills.py                     rounds of kill -9 under load, ours
    python3 kills.py --server real       the same with etcd 3.5.1
    python3 kills.py --plants            etcd 3.5.1 with lies planted on the way: each must be found
    ETCD_TEST_SECONDS=600 ...            as long as that;   ETCD_TEST_LONG=1: 200 rounds

Writers put, delete and make transactions, each on keys of its own, and remember what was acknowledged and at which
revision. Watchers follow, and come back after each kill from the revision after the last that they saw. Somebody
compacts what all watchers have seen. Then nobody writes any more, and this must hold:

    K1  each revision was seen once, by the watcher of everything, in order, without a gap
    K2  what was acknowledged at a revision is what was seen at it, to the byte (nothing acknowledged is lost)
    K3  what was not acknowledged happened once or never
    K4  every other watcher saw exactly its part of what the watcher of everything saw, with the right previous values
    K5  the store holds what these events make of an empty one
    K6  a clean restart changes no hash; so does etcd 3.5.1 that starts on the directory
"""
import argparse
import os
import random
import shutil
import sys
import tempfile
import threading
import time

import grpc

from api import METHODS, pb
from servers import Server

WRITERS = 8
KEYS = 12
FLAGS = ["--snapshot-count=1000"]


class Wrong(Exception):
    """One of the sentences K1 to K6 is not true."""


class Writer(threading.Thread):
    """Writes to its own keys as fast as it is answered, and remembers every answer."""

    def __init__(self, number, server, seed):
        super().__init__(daemon=True)
        self.number, self.server = number, server
        self.random = random.Random(seed)
        self.sequence = 0
        self.acknowledged = []  # (revision, {key: value or None})
        self.unknown = []  # values that may have been written or not
        self.stopping = False
        self.error = None

    def key(self):
        return b"w/%d/%d" % (self.number, self.random.randrange(KEYS))

    def run(self):
        channel = self.server.channel()
        calls = {name: channel.unary_unary(METHODS[name].path) for name in ("Put", "DeleteRange", "Txn")}
        while not self.stopping:
            self.sequence += 1
            value = b"%d.%d." % (self.number, self.sequence) + b"x" * self.random.choice((0, 10, 100, 3000))
            name, request, changes = self.request(value)
            try:
                raw = calls[name](request.SerializeToString(), timeout=10, wait_for_ready=True)
            except grpc.RpcError as error:
                if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DEADLINE_EXCEEDED):
                    self.error = f"{name}: {error.code().name} {error.details()}"
                    return
                self.unknown.append(value)
                continue
            reply = METHODS[name].response.FromString(raw)
            if name == "DeleteRange" and reply.deleted == 0:
                continue
            self.acknowledged.append((reply.header.revision, changes))
        channel.close()

    def request(self, value):
        kind = self.random.random()
        key = self.key()
        if kind < 0.7:
            return "Put", pb.PutRequest(key=key, value=value), {key: value}
        if kind < 0.8:
            return "DeleteRange", pb.DeleteRangeRequest(key=key), {key: None}
        other = b"w/%d/t" % self.number
        return "Txn", pb.TxnRequest(
            compare=[pb.Compare(key=b"nothing", target=1, create_revision=0)],
            success=[pb.RequestOp(request_put=pb.PutRequest(key=key, value=value)),
                     pb.RequestOp(request_put=pb.PutRequest(key=other, value=value))]), {key: value, other: value}


class Watcher(threading.Thread):
    """Sees everything in a range; after a loss it goes on from where it was. `slip` is a planted mistake in that."""

    def __init__(self, server, key, end, prev=False, slip=0):
        super().__init__(daemon=True)
        self.server, self.key, self.end, self.prev, self.slip = server, key, end, prev, slip
        self.events = []  # (revision, key, value or None, previous value or None)
        self.seen = 0
        self.resumed = 0
        self.stopping = False
        self.error = None

    def run(self):
        while not self.stopping:
            channel = self.server.channel()
            request = pb.WatchRequest(create_request=pb.WatchCreateRequest(
                key=self.key, range_end=self.end, prev_kv=self.prev, start_revision=max(1, self.seen + 1 + (self.slip if self.seen else 0))))
            call = channel.stream_stream(METHODS["Watch"].path)(self.requests(request), wait_for_ready=True)
            self.call = call
            try:
                for raw in call:
                    response = pb.WatchResponse.FromString(raw)
                    if response.canceled:
                        self.error = f"the watcher of {self.key} was cancelled: {response.cancel_reason} {response.compact_revision}"
                        return
                    for event in response.events:
                        previous = event.prev_kv.value if event.HasField("prev_kv") else None
                        self.events.append((event.kv.mod_revision, event.kv.key, None if event.type else event.kv.value, previous))
                    if response.events:
                        self.seen = response.events[-1].kv.mod_revision
            except grpc.RpcError:
                pass
            self.resumed += 1
            channel.close()
            time.sleep(0.01)

    def requests(self, request):
        yield request.SerializeToString()
        while not self.stopping:
            time.sleep(0.05)


class Compactor(threading.Thread):
    """Compacts what every watcher has seen."""

    def __init__(self, server, watchers):
        super().__init__(daemon=True)
        self.server, self.watchers, self.stopping, self.done = server, watchers, False, 0

    def run(self):
        channel = self.server.channel()
        compact = channel.unary_unary(METHODS["Compact"].path)
        while not self.stopping:
            time.sleep(0.07)
            # The narrow watchers have seen as much as they ever will of what is older than their own last event.
            revision = min(watcher.seen for watcher in self.watchers) - 20
            if revision <= self.done:
                continue
            try:
                compact(pb.CompactionRequest(revision=revision).SerializeToString(), timeout=5)
                self.done = revision
            except grpc.RpcError:
                pass
        channel.close()


class Trial:
    """Everything from an empty directory to the last check."""

    def __init__(self, kind, seed, plant=None):
        self.random = random.Random(seed)
        self.plant = plant
        # A real disk: what is killed should be in the middle of real syncs.
        self.directory = tempfile.mkdtemp(prefix="etcd-kills-")
        self.server = Server(kind, directory=os.path.join(self.directory, "data"), flags=FLAGS)
        self.kills = self.killed_while_starting = self.stops = 0

    def go(self, rounds, seconds):
        slip = {"repeat": -1, "gap": 1}.get(self.plant, 0)
        self.server.start()
        self.writers = [Writer(number, self.server, self.random.random()) for number in range(WRITERS)]
        # The narrow one watches what writer 3 does, and so does not hold the compactor up for long.
        self.watchers = [Watcher(self.server, b"w/", b"w0"), Watcher(self.server, b"w/", b"w0", prev=True, slip=slip),
                         Watcher(self.server, b"w/3/", b"w/30")]
        self.compactor = Compactor(self.server, self.watchers)
        for thread in self.writers + self.watchers + [self.compactor]:
            thread.start()
        deadline = time.monotonic() + seconds
        turn = 0
        while turn < rounds or time.monotonic() < deadline:
            turn += 1
            self.round()
        self.finish()

    def round(self):
        if self.random.random() < 0.2:
            # While it is still starting.
            time.sleep(self.random.random() * 0.08)
            self.killed_while_starting += 1
        else:
            self.server.wait_until_it_answers()
            time.sleep(0.05 + self.random.random() * 0.6)
        copy = os.path.join(self.directory, "copy")
        if self.plant == "back":
            # A disk that has lost what it said it had: the directory as it was a moment ago.
            self.server.wait_until_it_answers()
            self.server.kill()
            shutil.copytree(self.server.directory, copy)
            self.server.spawn()
            self.server.wait_until_it_answers()
            time.sleep(0.3)
        if self.random.random() < 0.1 and self.server.process.poll() is None:
            try:
                self.server.stop()
            except RuntimeError as error:
                raise Wrong(f"a clean stop: {error}")
            self.stops += 1
        else:
            self.server.kill()
            self.kills += 1
        if self.plant == "back":
            shutil.rmtree(self.server.directory)
            os.rename(copy, self.server.directory)
        self.server.spawn()

    def finish(self):
        try:
            self.server.wait_until_it_answers()
        except RuntimeError as error:
            raise Wrong(str(error))
        time.sleep(0.3)
        for thread in self.writers + [self.compactor]:
            thread.stopping = True
        for thread in self.writers + [self.compactor]:
            thread.join(15)
        self.channel = self.server.channel()
        # The last revision, which nobody but this one writes; when the watchers have seen it they have seen all before.
        last = self.ask("Put", pb.PutRequest(key=b"w/3/last", value=b"last")).header.revision
        deadline = time.monotonic() + 10
        while any(watcher.seen < last for watcher in self.watchers) and time.monotonic() < deadline:
            for watcher in self.watchers:
                if watcher.error:
                    raise Wrong("K4: " + watcher.error)
            time.sleep(0.02)
        for watcher in self.watchers:
            watcher.stopping = True
            watcher.call.cancel()
            watcher.join(5)
        self.check(last)

    def ask(self, name, request):
        raw = self.channel.unary_unary(METHODS[name].path)(request.SerializeToString(), timeout=10, wait_for_ready=True)
        return METHODS[name].response.FromString(raw)

    def check(self, last):
        for thread in self.writers + self.watchers:
            if thread.error:
                raise Wrong(thread.error)
        whole = self.watchers[0]
        revisions = sorted(set(event[0] for event in whole.events))
        in_order = [event[0] for event in whole.events]
        if in_order != sorted(in_order):
            raise Wrong("K1: a revision came after a later one")
        if len({(revision, key) for revision, key, _, _ in whole.events}) != len(whole.events):
            raise Wrong("K1: an event came twice")
        missing = sorted(set(range(2, last + 1)) - set(revisions))
        if missing:
            raise Wrong(f"K1: of the revisions 2 to {last}, these were never seen: {missing[:10]}")

        at = {}
        for revision, key, value, _ in whole.events:
            at.setdefault(revision, {})[key] = value
        acknowledged = 0
        for writer in self.writers:
            for revision, changes in writer.acknowledged:
                acknowledged += 1
                if at.get(revision) != changes:
                    raise Wrong(f"K2: revision {revision} was acknowledged as {brief(changes)} and was seen as {brief(at.get(revision))}")
            if [one[0] for one in writer.acknowledged] != sorted(one[0] for one in writer.acknowledged):
                raise Wrong(f"K2: writer {writer.number} was given a revision after a later one")
        times = {}
        for revision, changes in at.items():
            for value in set(changes.values()) - {None}:
                times.setdefault(value, []).append(revision)
        for writer in self.writers:
            for value in writer.unknown:
                if len(times.get(value, [])) > 1:
                    raise Wrong(f"K3: {value[:20]} was never acknowledged, and happened at {times[value]}")

        state = {}
        expected = []
        for revision, key, value, _ in whole.events:
            expected.append((revision, key, value, state.get(key)))
            if value is None:
                state.pop(key, None)
            else:
                state[key] = value
        # A previous value that has been compacted meanwhile is left out; one that is told must be right.
        compare("the watcher with previous values", expected, self.watchers[1].events, previous=True)
        compare("the watcher of one writer's keys", [one for one in expected if one[1].startswith(b"w/3/")], self.watchers[2].events)
        held = {kv.key: kv.value for kv in self.ask("Range", pb.RangeRequest(key=b"w/", range_end=b"w0")).kvs}
        if held != state:
            wrong = [key for key in set(held) | set(state) if held.get(key) != state.get(key)]
            raise Wrong(f"K5: the store and its history do not agree about {wrong[:5]}")
        self.same_hash()
        self.report = (f"{self.kills} kills, {self.killed_while_starting} of them while it started, {self.stops} clean stops; "
                       f"{acknowledged} acknowledged writes, {sum(len(writer.unknown) for writer in self.writers)} unknown; {last} revisions, "
                       f"compacted up to {self.compactor.done}; watchers resumed {sum(watcher.resumed for watcher in self.watchers)} times")

    def same_hash(self):
        before = self.ask("HashKV", pb.HashKVRequest())
        directories = [self.server]
        self.channel.close()
        self.server.stop()
        for kind in (self.server.kind, "real"):
            server = Server(kind, directory=self.server.directory, flags=FLAGS)
            server.start()
            self.channel = server.channel()
            after = self.ask("HashKV", pb.HashKVRequest())
            self.channel.close()
            server.stop()
            if (before.hash, before.compact_revision, before.header.revision) != (after.hash, after.compact_revision, after.header.revision):
                raise Wrong(f"K6: {kind} finds {after}where there was {before}")

    def close(self):
        for thread in getattr(self, "writers", []) + getattr(self, "watchers", []):
            thread.stopping = True
        self.server.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


def brief(changes):
    return changes and {key: value and value[:20] for key, value in changes.items()}


def compare(who, expected, seen, previous=False):
    """K4: what a watcher should have seen and what it saw."""
    for index in range(max(len(expected), len(seen))):
        one, other = (part[index] if index < len(part) else None for part in (expected, seen))
        if one is None or other is None or one[:3] != other[:3]:
            raise Wrong(f"K4: {who}: event {index} should be {str(one)[:100]} and is {str(other)[:100]}")
        if previous and other[3] is not None and one[3] != other[3]:
            raise Wrong(f"K4: {who}: before {str(one)[:80]} there was {str(one[3])[:40]}, it was told {str(other[3])[:40]}")


def trial(kind, seed, rounds, seconds, plant=None):
    """One trial; the error that it found, or nothing, and its report."""
    run = Trial(kind, seed, plant)
    try:
        run.go(rounds, seconds)
        return None, run.report
    except (Wrong, RuntimeError) as error:
        if os.environ.get("ETCD_INTEROP_KEEP"):
            kept = run.directory + ".kept"
            shutil.copytree(run.directory, kept)
            print(f"the directory is kept: {kept}; the log: {run.server.log}")
        return str(error), ""
    finally:
        run.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", default="ours")
    parser.add_argument("--rounds", type=int, default=200 if os.environ.get("ETCD_TEST_LONG") else 15)
    parser.add_argument("--plants", action="store_true")
    options = parser.parse_args()
    seed = int(os.environ.get("ETCD_TEST_FIRST_SEED", "1"))
    passed = failed = 0
    if options.plants:
        for plant, what in (("back", "a disk that loses what it said it had"), ("repeat", "a watcher that comes back one revision early"),
                            ("gap", "a watcher that comes back one revision late")):
            error, _ = trial("real", seed, 4, 0, plant)
            print(f"{'ok   ' if error else 'WRONG'} {what}: {error or 'not found'}")
            passed, failed = passed + bool(error), failed + (not error)
    else:
        since = time.monotonic()
        error, report = trial(options.server, seed, options.rounds, float(os.environ.get("ETCD_TEST_SECONDS", "0")))
        print(f"WRONG {error}" if error else f"ok    {report}; {time.monotonic() - since:.1f} s")
        passed, failed = passed + (not error), failed + bool(error)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
