"""differential.py: can a client tell our server from etcd?

    python3 differential.py                              thousands of random calls to etcd 3.5.1 and to ours
    python3 differential.py --sides real ours!prev_kv    these two servers (servers.py names them)
    python3 differential.py --mutants                    servers with a mistake each are caught
    python3 differential.py --workload kubernetes        the calls that Kubernetes makes (kubernetes.py)
    ETCD_TEST_FIRST_SEED=7 ETCD_TEST_SEEDS=1 ...         the run of that seed again
    --steps N    how long a run is          --differences N    how many are shown before it stops

Two members that are told the same name get the same calls in the same order:

    workload --- call ---> first  --- reply ---> equal, to the byte? --- no ---> equal without what
             \\-- call ---> second --- reply ---/                                differences.py forgives? --- no ---> found

A WATCH answers when it likes, so its responses are gathered, a list for each watcher, and compared when a
barrier has come through: a put that every stream watches. Nothing that was due before it can come after it.

AT THE END everything is read and hashed at every revision that can still be asked for, before and after a
compaction, and the whole files are hashed too. A run that did not meet every method, option, comparison, sort
and error that a client can provoke fails as well: it proved less than it claims.
"""
import argparse
import collections
import hashlib
import os
import queue
import sys
import threading
import time

import grpc

import boltfile
import differences
import kubernetes
from api import METHODS, pb, show
from servers import Server, wanted_seeds
from workload import BARRIER, BARRIER_ID, Call, Check, Close, Open, Pause, Send, Settle, Workload

PATIENCE = float(os.environ.get("ETCD_INTEROP_PATIENCE", "20"))
#: The loop of etcd that serves watchers that start in the past runs this often, and a little more.
PAST = 0.13


class Difference(Exception):
    """The two sides are not the same; the text says in what."""


class WatchCall:
    """One watch stream of one side: what is sent, and everything that came, in order."""

    def __init__(self, channel):
        self.outgoing = queue.SimpleQueue()
        self.condition = threading.Condition()
        self.by_watcher = collections.defaultdict(list)
        self.compared = collections.Counter()
        self.replies = 0
        self.total = 0
        self.barrier = 0
        self.changed = time.monotonic()
        self.ended = None
        self.call = channel.stream_stream(METHODS["Watch"].path)(iter(self.outgoing.get, None))
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        status = "ended in peace"
        try:
            for raw in self.call:
                response = pb.WatchResponse.FromString(raw)
                with self.condition:
                    self.by_watcher[response.watch_id].append(raw)
                    self.total += max(1, len(response.events))
                    self.changed = time.monotonic()
                    if not response.events:
                        self.replies += 1
                    elif response.watch_id == BARRIER_ID:
                        self.barrier = response.events[-1].kv.mod_revision
                    self.condition.notify_all()
        except grpc.RpcError as error:
            status = f"{error.code().name}: {error.details()}"
        with self.condition:
            self.ended = status
            self.condition.notify_all()

    def wait(self, condition, patience=None):
        with self.condition:
            return self.condition.wait_for(condition, PATIENCE if patience is None else patience)


class Side:
    """One server and the connection to it."""

    def __init__(self, server):
        self.server = server
        self.channel = server.channel()
        self.stubs = {}
        self.streams = []
        #: When a watch stream that is looked at by itself has said everything.
        self.quiet = 0.3

    def stub(self, path):
        if path not in self.stubs:
            self.stubs[path] = self.channel.unary_unary(path)
        return self.stubs[path]

    def begin(self, call):
        return self.stub(call.path).future(call.bytes, timeout=30, metadata=call.metadata)

    @staticmethod
    def finish(future):
        """The bytes of a reply, or its error as text."""
        try:
            return future.result()
        except grpc.RpcError as error:
            return f"{error.code().name}: {error.details()}"

    def ask(self, name, request):
        """One call by itself, decoded."""
        reply = self.finish(self.begin(Call(name, request)))
        return reply if isinstance(reply, str) else METHODS[name].response.FromString(reply)

    def watch(self, *requests):
        """A watch stream of its own: what it answers to these requests until it has been quiet for a while."""
        stream = WatchCall(self.channel)
        for request in requests:
            stream.outgoing.put(pb.WatchRequest(**request).SerializeToString())
        while time.monotonic() - stream.changed < self.quiet:
            time.sleep(0.05)
        stream.call.cancel()
        return [pb.WatchResponse.FromString(raw) for responses in stream.by_watcher.values() for raw in responses]

    def close(self):
        for stream in self.streams:
            stream.call.cancel()
        self.channel.close()


def due(responses, newest):
    """The first of these responses, up to the one that tells of something newer."""
    for index, raw in enumerate(responses):
        response = pb.WatchResponse.FromString(raw)
        if response.events and response.events[0].kv.mod_revision > newest:
            return responses[:index]
    return responses


class Coverage:
    """What was asked and what was answered."""

    OPTIONS = [("RangeRequest", None), ("PutRequest", None), ("DeleteRangeRequest", None), ("TxnRequest", None), ("Compare", None),
               ("RequestOp", None), ("CompactionRequest", None), ("WatchCreateRequest", None), ("WatchCancelRequest", None),
               ("WatchRequest", None), ("HashKVRequest", None), ("MemberListRequest", None)]
    CALLS = ["Range", "Put", "DeleteRange", "Txn", "Compact", "Watch", "Status", "HashKV", "MemberList", "Alarm", "Snapshot", "Hash"]
    ERRORS = [
        "INVALID_ARGUMENT: etcdserver: key is not provided", "INVALID_ARGUMENT: etcdserver: key not found",
        "INVALID_ARGUMENT: etcdserver: value is provided", "INVALID_ARGUMENT: etcdserver: lease is provided",
        "INVALID_ARGUMENT: etcdserver: too many operations in txn request",
        "INVALID_ARGUMENT: etcdserver: duplicate key given in txn request",
        "INVALID_ARGUMENT: etcdserver: request is too large",
        "NOT_FOUND: etcdserver: requested lease not found",
        "OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted",
        "OUT_OF_RANGE: etcdserver: mvcc: required revision is a future revision",
        "RESOURCE_EXHAUSTED: grpc: received message larger than max",
        "UNIMPLEMENTED: unknown service", "UNIMPLEMENTED: unknown method",
        "INTERNAL: grpc: error unmarshalling request",
        "watch cancelled: mvcc: watcher range is empty",
        "watch cancelled: mvcc: duplicate watch ID provided on the WatchStream",
        "watch cancelled: compacted", "watch cancelled: asked to",
    ]

    def __init__(self):
        self.calls = collections.Counter()
        self.options = collections.Counter()
        self.sorts = collections.Counter()
        self.compares = collections.Counter()
        self.errors = collections.Counter()
        self.events = collections.Counter()
        self.cases = {}
        self.identical = self.forgiven = self.ties = self.cuts = self.lists = 0

    def request(self, message):
        name = message.DESCRIPTOR.name
        for field, value in message.ListFields():
            self.options[f"{name}.{field.name}"] += 1
            if field.message_type:
                for part in value if field.is_repeated else [value]:
                    self.request(part)
        if name == "RangeRequest" and (message.sort_order or message.sort_target):
            self.sorts[(message.sort_order, message.sort_target)] += 1
        elif name == "Compare":
            self.compares[(message.target, message.result)] += 1
        elif name == "WatchCreateRequest":
            for kind in message.filters:
                self.options[f"WatchCreateRequest.filters={kind}"] += 1

    def response(self, response):
        """A watch response."""
        for event in response.events:
            self.events[("PUT", "DELETE")[event.type] + (" with prev_kv" if event.HasField("prev_kv") else "")] += 1
        if response.canceled:
            reason = response.cancel_reason or ("compacted" if response.compact_revision else "asked to")
            self.errors["watch cancelled: " + reason] += 1
        if not response.events and not response.created and not response.canceled:
            self.events["progress"] += 1

    def report(self, everything):
        """Prints what was met, and returns what was not and should have been."""
        options = [f"{name}.{field.name}" for name, _ in self.OPTIONS for field in getattr(pb, name).DESCRIPTOR.fields]
        options += ["WatchCreateRequest.filters=0", "WatchCreateRequest.filters=1"]
        sorts = [(order, target) for order in range(3) for target in range(5) if order or target]
        compares = [(target, result) for target in range(5) for result in range(4)]
        events = ["PUT", "DELETE", "PUT with prev_kv", "DELETE with prev_kv", "progress"]
        missing = []
        line = []
        for what, wanted, met in (("methods", self.CALLS, self.calls), ("options", options, self.options), ("sorts", sorts, self.sorts),
                                  ("compares", compares, self.compares), ("kinds of event", events, self.events)):
            absent = [one for one in wanted if not met[one]]
            missing += [f"{what}: {one}" for one in absent]
            line.append(f"{len(wanted) - len(absent)} of {len(wanted)} {what}")
        absent = [text for text in self.ERRORS if not any(seen.startswith(text) for seen in self.errors)]
        missing += [f"errors: {text}" for text in absent]
        line.append(f"{len(self.ERRORS) - len(absent)} of {len(self.ERRORS)} provokable errors")
        print("coverage: " + ", ".join(line))
        print("  calls:  " + ", ".join(f"{name} {count}" for name, count in sorted(self.calls.items())))
        print("  events: " + ", ".join(f"{name} {count}" for name, count in sorted(self.events.items())))
        print("  errors: " + "; ".join(f"{text} ({count})" for text, count in sorted(self.errors.items())))
        print(f"  equal to the byte: {self.identical}; after masking {sorted({f for _, f in differences.MASKED})}: {self.forgiven}; "
              f"lists with ties in another order: {self.ties}; pasts cut elsewhere: {self.cuts}")
        if self.cuts > 3 + self.lists // differences.MOST_CUTS:
            missing.append(f"watch responses: {self.cuts} lists are cut elsewhere and {self.lists} are not")
        for name, differs in self.cases.items():
            print(f"  known difference: {name}: {'each gave its own answer' if differs else 'both gave the same answer'}")
        return missing if everything else []


class Run:
    """One seed against two sides."""

    def __init__(self, kinds, seed, coverage, flags=(), allowed=1, compacts=True, make=Workload):
        self.seed = seed
        self.coverage = coverage
        self.allowed = allowed
        self.found = []
        self.starts = {}
        self.creations = collections.Counter()
        self.work = make(seed, compacts)
        # The clock of the disk says nothing about answers; the first side is etcd, and is spared its syncs.
        self.servers = [Server(kind, name=f"{'ab'[index]}-{kind.replace('!', '-')}",
                               flags=[*flags, *(["--unsafe-no-fsync"] if kind.startswith("real") else [])])
                        for index, kind in enumerate(kinds)]
        self.restarted = False
        self.differs_in_file = self.servers[0].kind != self.servers[1].kind
        self.sides = [Side(server.start()) for server in self.servers]
        self.step = 0

    def close(self):
        for side in self.sides:
            side.close()
        for server in self.servers:
            server.kill()

    # ---- Unary calls

    def both(self, call):
        """The same call to both; their replies, compared. Returns the first side's reply, decoded."""
        self.coverage.calls[call.name] += 1
        if call.request is not None:
            self.coverage.request(call.request)
        futures = [side.begin(call) for side in self.sides]
        a, b = (Side.finish(future) for future in futures)
        if isinstance(a, str):
            self.coverage.errors[a] += 1
        if isinstance(a, str) and isinstance(b, str):
            a, b = differences.mask_text(a), differences.mask_text(b)
        if a == b:
            self.coverage.identical += 1
        elif isinstance(a, str) or isinstance(b, str):
            self.differ(call, a, b)
        else:
            self.compare(call, a, b)
        if isinstance(a, str):
            return None
        reply = call.method.response.FromString(a)
        self.work.learn(call, reply)
        return reply

    def compare(self, call, a, b):
        one, other = (call.method.response.FromString(raw) for raw in (a, b))
        for message in (one, other):
            differences.mask(message)
        ties = differences.forgive_ties(call.request, one, other)
        if one != other:
            return self.differ(call, a, b)
        self.coverage.ties += ties
        if not ties:
            self.coverage.forgiven += 1

    def differ(self, call, a, b):
        def text(reply):
            return reply if isinstance(reply, str) else show(call.method.response.FromString(reply))
        asked = show(call.request) if call.request is not None else call.bytes.hex()
        self.found_one(f"{call.name} {asked}", text(a), text(b))

    def found_one(self, what, a, b):
        report = (f"seed {self.seed}, step {self.step}: {what}\n    {self.servers[0].label:5} {a}\n"
                  f"    {self.servers[1].label:5} {b}")
        self.found.append(report)
        if len(self.found) >= self.allowed:
            raise Difference(report)

    # ---- Watches

    def open(self):
        self.coverage.calls["Watch"] += 1
        for side in self.sides:
            side.streams.append(WatchCall(side.channel))

    def send(self, step):
        self.coverage.request(step.request)
        pair = [side.streams[step.stream] for side in self.sides]
        wanted = [stream.replies + (step.waits != "nothing") for stream in pair]
        for stream in pair:
            stream.outgoing.put(step.request.SerializeToString())
        for side, stream, count in zip(self.sides, pair, wanted):
            if not stream.wait(lambda: stream.replies >= count or stream.ended):
                self.found_one(f"watch stream {step.stream}: {show(step.request)}", f"(waited {PATIENCE} s)",
                               f"{side.server.label} does not answer")
            if stream.ended:
                self.found_one(f"watch stream {step.stream}: {show(step.request)}", "", f"{side.server.label} ended it: {stream.ended}")
        if step.waits == "past":
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline:
                still = min(time.monotonic() - stream.changed for stream in pair)
                if still > PAST and pair[0].total == pair[1].total:
                    break
                time.sleep(max(0.005, PAST - still))
        if step.request.WhichOneof("request_union") != "create_request":
            return
        # Which id did it get? The one that has been created once more often than we know.
        start = step.request.create_request.start_revision
        for watch_id, raws in pair[0].by_watcher.items():
            responses = [pb.WatchResponse.FromString(raw) for raw in raws]
            starts = self.starts.setdefault((step.stream, watch_id), [])
            if sum(response.created and not response.canceled for response in responses) > len(starts):
                starts.append(start)

    def settle(self):
        """Waits until everything that is due has come, then compares it.

        Of the watchers of one stream, any may hear of a revision first. So it takes a second put to know that all
        have heard of the first; what tells of the second itself is compared the next time.
        """
        streams = [(name, [side.streams[name] for side in self.sides]) for name in sorted(self.work.streams)]
        if not streams:
            return
        replies = [self.both(Call("Put", pb.PutRequest(key=BARRIER, value=b"%d %d" % (self.step, number)))) for number in range(2)]
        if None in replies:
            return
        first, second = (reply.header.revision for reply in replies)
        for name, pair in streams:
            for side, stream in zip(self.sides, pair):
                if not stream.wait(lambda: stream.barrier >= second or stream.ended):
                    self.found_one(f"watch stream {name}: an event of revision {second}", f"(waited {PATIENCE} s)",
                                   f"has not come from {side.server.label}")
            self.compare_streams(name, pair, first)

    def compare_streams(self, name, pair, newest):
        """Compares what came on one stream and is not newer than a revision, watcher by watcher."""
        for watch_id in sorted(set(pair[0].by_watcher) | set(pair[1].by_watcher)):
            a, b = (due(stream.by_watcher[watch_id][stream.compared[watch_id]:], newest) for stream in pair)
            for raw in a:
                response = pb.WatchResponse.FromString(raw)
                self.coverage.response(response)
                # In the order of the server: an id may be cancelled and used again between two looks.
                if response.canceled:
                    self.work.cancelled(name, watch_id)
                elif response.created:
                    number = self.creations[(name, watch_id)]
                    self.work.created(name, watch_id, self.starts[(name, watch_id)][number])
                    self.creations[(name, watch_id)] += 1
            if a == b:
                self.coverage.identical += len(a)
                self.coverage.lists += len(a) > 0
            else:
                self.compare_pasts(f"watch stream {name}, watcher {watch_id}", differences.joined(a), differences.joined(b))
            for stream, part in zip(pair, (a, b)):
                stream.compared[watch_id] += len(part)

    def compare_pasts(self, what, a, b):
        """Two lists of responses that are not equal as they came; are they, but for where the past is cut?"""
        for index in range(max(len(a), len(b))):
            one, other = (part[index] if index < len(part) else None for part in (a, b))
            if one != other:
                one, other = ("no response" if part is None else show(part) for part in (one, other))
                return self.found_one(f"{what}, response {index}", one, other)
        self.coverage.cuts += 1

    def close_stream(self, step):
        pair = [side.streams[step.stream] for side in self.sides]
        if step.half:
            # Who only sends nothing more still hears of everything: a server must not end the stream for that.
            for stream in pair:
                stream.outgoing.put(None)
            self.settle()
        if pair[0].ended != pair[1].ended:
            self.found_one(f"watch stream {step.stream}: the client is done", pair[0].ended, pair[1].ended)
        for stream in pair:
            stream.call.cancel()
        del self.work.streams[step.stream]

    # ---- Everything

    def check(self, thorough=False):
        """All keys and the hash of their history, now and at older revisions."""
        everything = dict(key=b"\0", range_end=b"\0")
        oldest = max(1, self.work.compacted + 1)
        revisions = list(range(oldest, self.work.revision + 1))
        if not thorough:
            revisions = self.work.random.sample(revisions, min(3, len(revisions)))
        elif len(revisions) > 400:
            revisions = revisions[:100] + revisions[100:-100:max(1, (len(revisions) - 200) // 200)] + revisions[-100:]
        self.both(Call("Range", pb.RangeRequest(**everything)))
        self.both(Call("HashKV", pb.HashKVRequest()))
        for revision in revisions:
            self.both(Call("HashKV", pb.HashKVRequest(revision=revision)))
            if not thorough or revision % 10 == 0:
                self.both(Call("Range", pb.RangeRequest(revision=revision, keys_only=thorough, **everything)))

    def finish(self):
        self.settle()
        self.check(thorough=True)
        self.compare_files()
        revision = self.work.revision
        while revision in self.work.tombstones:
            revision -= 1
        if self.work.compacts and revision > self.work.compacted:
            self.both(Call("Compact", pb.CompactionRequest(revision=revision, physical=True)))
            self.check(thorough=True)
            self.compare_files()
        self.both(Call("Status", pb.StatusRequest()))
        for step in self.work.fragments():
            self.take(step() if callable(step) else step)
        self.settle()
        self.known_differences()

    def compare_files(self):
        """A snapshot of each side, whole and with the right checksum, and every entry of every bucket the same."""
        self.coverage.calls["Snapshot"] += 1
        files = []
        for side in self.sides:
            parts = list(side.channel.unary_stream(METHODS["Snapshot"].path)(b"", timeout=60))
            parts = [pb.SnapshotResponse.FromString(part) for part in parts]
            data = b"".join(part.blob for part in parts)
            if hashlib.sha256(data[:-32]).digest() != data[-32:] or parts[-1].remaining_bytes != 0:
                self.found_one("Snapshot", "a file and its SHA-256", f"{side.server.label} sends {len(data)} bytes that are not")
            self.compare_remainders(side, parts, len(data) - 32)
            files.append(boltfile.contents(data[:-32]))
            # What two servers hash may differ (differences.py); that each hashes what is in its file may not.
            self.coverage.calls["Hash"] += 1
            said, wanted = side.ask("Hash", pb.HashRequest()), boltfile.hash_of_all(files[-1])
            if isinstance(said, str) or said.hash != wanted:
                self.found_one("Hash", f"{wanted}, which is the hash of what the snapshot has", f"{side.server.label}: {said}")
        if not self.differs_in_file:
            self.both(Call("Hash", pb.HashRequest()))
        for path in sorted(set(files[0]) | set(files[1])):
            a, b = (differences.mask_entry(path, file.get(path), self.differs_in_file, self.restarted) for file in files)
            if a != b:
                self.found_one(f"the file: {path}", str(a)[:300], str(b)[:300])

    def compare_remainders(self, side, parts, size):
        """Each part of a snapshot says how much of the file is still to come: people see that as progress."""
        for part in parts[:-1]:
            size -= len(part.blob)
            if part.remaining_bytes != max(0, size):
                return self.found_one("Snapshot", f"{size} bytes are left", f"{side.server.label} says {part.remaining_bytes}")

    def known_differences(self):
        """What is known to be different is asked too: each side must give its own answer, and no third one."""
        for case in differences.CASES:
            answers = []
            for side, server in zip(self.sides, self.servers):
                right = case.ours if server.kind == "ours" else case.real
                for side.quiet in (0.3, 2):
                    # On a busy machine an answer may take longer than we first wait for it.
                    answer = case.ask(side)
                    if answer == right:
                        break
                answers.append(answer)
                if answer != right:
                    self.found_one(f"{case.name} ({case.why})", f"{case.real} or {case.ours}", f"{server.label}: {answer}")
            self.coverage.cases[case.name] = answers[0] != answers[1]

    def take(self, step):
        {Call: self.both, Open: lambda _: self.open(), Send: self.send, Close: self.close_stream,
         Settle: lambda _: self.settle(), Check: lambda _: self.check(), Pause: lambda _: time.sleep(0.7)}[type(step)](step)

    def go(self, steps):
        """All steps, then the end. Raises at the first difference that is one too many."""
        for self.step in range(steps):
            self.take(self.work.next())
        self.finish()
        if self.found:
            raise Difference(self.found[-1])


def run_seed(kinds, seed, steps, coverage, allowed=1, make=Workload):
    """One run; returns the differences it found."""
    run = Run(kinds, seed, coverage, allowed=allowed, make=make)
    try:
        run.go(steps)
    except Difference:
        pass
    finally:
        run.close()
    return run.found, run


def equal(kinds, seeds, first, steps, allowed, make=Workload):
    """The test: no difference in any seed, and everything met."""
    passed = failed = 0
    coverage = Coverage()
    for seed in range(first, first + seeds):
        since = time.monotonic()
        found, run = run_seed(kinds, seed, steps, coverage, allowed, make)
        if found:
            failed += 1
            print("\n".join(found))
            print(f"WRONG seed {seed}: {len(found)} differences. Again: ETCD_TEST_FIRST_SEED={seed} ETCD_TEST_SEEDS=1 "
                  f"python3 Tests/Interop/differential.py --sides {' '.join(kinds)} --steps {steps} --workload {make.__name__.lower()}")
        else:
            passed += 1
            print(f"ok    seed {seed}: {steps} steps, {run.work.revision} revisions, {time.monotonic() - since:.1f} s, no difference")
    missing = coverage.report(everything=make is Workload)
    if missing and steps * seeds < 3000:
        print(f"  (a short run: {len(missing)} of all that is counted were not met)")
    elif missing:
        for one in missing:
            print(f"  not met: {one}")
        failed += 1
        print("WRONG coverage: a run of this length should have met all of it")
    else:
        passed += 1
    return passed, failed


def bookmarks(kinds):
    """Progress that nobody asked for: every interval, for whom wants it, and no event newer than it says can still come.

    When exactly it comes is the clock's affair. So what is compared is the story, in which the same sentence twice is one.
    """
    wanted = ["created at 1", "progress at 1", "progress at 2", "event at 3", "progress at 3"]
    passed = failed = 0
    for kind in kinds:
        server = Server(kind, flags=["--experimental-watch-progress-notify-interval=200ms"]).start()
        side = Side(server)
        watch = WatchCall(side.channel)
        for watch_id, wants in ((1, True), (2, False)):
            create = pb.WatchCreateRequest(key=b"a", watch_id=watch_id, progress_notify=wants)
            watch.outgoing.put(pb.WatchRequest(create_request=create).SerializeToString())
        for key in (b"b", b"a", None):
            time.sleep(1)
            if key:
                side.ask("Put", pb.PutRequest(key=key))
        told = []
        for watch_id in (1, 2):
            told.append([])
            for raw in watch.by_watcher[watch_id]:
                response = pb.WatchResponse.FromString(raw)
                what = "created" if response.created else "event" if response.events else "progress"
                sentence = f"{what} at {response.header.revision}"
                if not told[-1] or told[-1][-1] != sentence:
                    told[-1].append(sentence)
        side.close()
        server.kill()
        good = told == [wanted, ["created at 1", "event at 3"]]
        print(f"{'ok   ' if good else 'WRONG'} progress by the clock, {kind}: {told[0] if good else told}")
        passed, failed = passed + good, failed + (not good)
    return passed, failed


def different(kinds, steps, what):
    """The test of the test: a difference is found, and early."""
    since = time.monotonic()
    found, run = run_seed(kinds, 1, steps, Coverage())
    if found:
        print(f"ok    {what}: caught at step {run.step} after {time.monotonic() - since:.1f} s: {found[0].splitlines()[0][:150]}")
        return 1, 0
    print(f"WRONG {what}: not caught in {steps} steps")
    return 0, 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sides", nargs=2, default=["real", "ours"])
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--differences", type=int, default=1)
    parser.add_argument("--mutants", nargs="*")
    parser.add_argument("--workload", choices=["workload", "kubernetes"], default="workload")
    options = parser.parse_args()
    seeds, first = wanted_seeds(2, 100)
    if options.mutants is None:
        make = kubernetes.Kubernetes if options.workload == "kubernetes" else Workload
        passed, failed = equal(options.sides, seeds, first, options.steps, options.differences, make)
        if options.workload == "kubernetes":
            good, bad = bookmarks(options.sides)
            passed, failed = passed + good, failed + bad
    else:
        import mutant
        passed = failed = 0
        for mistake in options.mutants or mutant.MISTAKES:
            if mistake == "nothing":
                # First of all the proxy itself must not be what is found.
                good, bad = equal(["real", "real!nothing"], 1, 1, 300, 1)
                passed, failed = passed + good, failed + bad
                continue
            steps = getattr(mutant.MISTAKES[mistake], "steps", options.steps)
            good, bad = different(["real", f"real!{mistake}"], steps, f"a server that {mutant.MISTAKES[mistake].__doc__}")
            passed, failed = passed + good, failed + bad
        good, bad = different(["real", "old"], options.steps, "etcd 3.4 in the place of etcd 3.5")
        passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
