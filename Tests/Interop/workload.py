"""workload.py: what would a client ask that nobody thought of?

An endless sequence of steps from one seed. It knows of the store only what replies said (the revision, the
compacted one, which revisions hold deletions), so the same seed against the same first server asks the same
questions. Keys are few, so that operations meet; values are short, so that they tie; one request in twenty is
wrong in one of the ways that a server must notice.
"""
import random

from api import METHODS, pb, prefix_end

KEYS = [b"a", b"a\0", b"a/1", b"a/2", b"a/3", b"a/10", b"ab", b"b", b"b/", b"b/x", b"c", b"k/\xff", b"k/\xff\xff", b"k0",
        b"\0", b"\0\0", b"\xff", b"\xff\xff", "schlüssel".encode(), b"z" * 200]
KEYS += [b"n/%02d" % number for number in range(30)]
#: Every stream has one watcher of this key. Its events tell that all earlier ones have come.
BARRIER = b"~barrier"
BARRIER_ID = 1 << 40
UNKNOWN_LEASE = 0x1234
MAX_REQUEST = 1_572_864


class Call:
    """A unary call, and what decodes its answer."""

    def __init__(self, method, request, metadata=None, raw=None):
        self.method = METHODS[method] if method in METHODS else None
        self.name = method
        self.path = self.method.path if self.method else method
        self.request = request
        self.bytes = raw if raw is not None else request.SerializeToString()
        self.metadata = metadata


class Open:
    """A new watch stream."""


class Send:
    """A message on a watch stream. `waits` says what its answer is: a reply, a reply and perhaps the past, or nothing."""

    def __init__(self, stream, request, waits):
        self.stream, self.request, self.waits = stream, request, waits


class Close:
    """The client ends a stream. If `half`, it first says that it will send nothing more, and listens for a while."""

    def __init__(self, stream, half):
        self.stream, self.half = stream, half


class Settle:
    """All events are waited for and compared."""


class Pause:
    """Large events are on their way; a server that is asked for more meanwhile may tell them as things of the past."""


class Check:
    """Everything is read and hashed, now and at older revisions."""


class Stream:
    def __init__(self):
        self.watchers = {}


def operations(txn):
    """All operations of a transaction, those of nested ones too."""
    for operation in [*txn.success, *txn.failure]:
        yield operation
        if operation.HasField("request_txn"):
            yield from operations(operation.request_txn)


def puts(txn):
    return (operation.request_put for operation in operations(txn) if operation.HasField("request_put"))


def deletes(txn):
    return (operation.request_delete_range for operation in operations(txn) if operation.HasField("request_delete_range"))


class Workload:
    def __init__(self, seed, compacts=True, largest=300_000):
        self.random = random.Random(seed)
        self.revision = 1
        self.compacted = -1
        self.tombstones = set()
        self.streams = {}
        self.opened = 0
        self.compacts = compacts
        self.largest = largest
        self.plan = []
        self.kinds = [(28, self.put), (9, self.delete), (26, self.range), (24, self.txn), (1.2, self.compact),
                      (3.5, self.watch), (1.5, self.unwatch), (0.8, self.progress), (1.6, self.hash_kv),
                      (0.7, self.maintenance), (1.2, self.malformed), (1.5, self.settle), (0.25, self.check)]

    # ---- What replies teach

    def learn(self, call, reply):
        """Takes note of a reply of the first server."""
        header = getattr(reply, "header", None)
        if header is not None and header.revision > self.revision:
            if call.name in ("DeleteRange", "Txn"):
                self.tombstones.add(header.revision)
            self.revision = header.revision
        if call.name == "Compact":
            self.compacted = call.request.revision

    def created(self, stream, watch_id, start):
        if stream in self.streams and watch_id not in (-1, BARRIER_ID):
            self.streams[stream].watchers[watch_id] = start

    def cancelled(self, stream, watch_id):
        if stream in self.streams:
            self.streams[stream].watchers.pop(watch_id, None)

    # ---- Dice

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def pick(self, *choices):
        return self.random.choice(choices)

    def key(self):
        return self.random.choice(KEYS)

    def end(self, key):
        """A range end: none, a prefix, open, another key, and one that makes the range empty."""
        kind = self.random.random()
        if kind < 0.35:
            return b""
        if kind < 0.55:
            return prefix_end(key[:1])
        if kind < 0.70:
            return b"\0"
        return self.key()

    def value(self):
        kind = self.random.random()
        if kind < 0.05:
            return b""
        if kind < 0.60:
            return self.pick(b"1", b"2", b"3", b"10")
        if kind < 0.992:
            return self.random.randbytes(self.random.randrange(1, 200))
        return bytes([self.random.randrange(256)]) * self.random.randrange(1000, self.largest)

    def past(self):
        """A revision to ask about: mostly one that is there."""
        kind = self.random.random()
        if kind < 0.70:
            return self.random.randint(max(1, self.compacted), self.revision)
        if kind < 0.80:
            return self.revision
        if kind < 0.87:
            return self.revision + self.pick(1, 2, 1000)
        if kind < 0.95:
            return max(1, self.compacted + self.pick(-5, -1, 0, 1))
        return self.pick(-1, -7, 1 << 62)

    # ---- Steps

    def next(self):
        if self.plan:
            step = self.plan.pop(0)
            return step() if callable(step) else step
        weights = [weight for weight, _ in self.kinds]
        step = self.random.choices(self.kinds, weights)[0][1]()
        if isinstance(step, list):
            self.plan = step[1:]
            step = step[0]
        return step

    def metadata(self):
        return [("hasleader", "true")] if self.chance(3) else None

    def put_request(self, errors=True):
        request = pb.PutRequest(key=self.key(), prev_kv=self.chance(40))
        if self.chance(10):
            request.ignore_value = True
        else:
            request.value = self.value()
        if self.chance(10):
            request.ignore_lease = True
        if errors and self.chance(6):
            kind = self.random.randrange(5)
            if kind == 0:
                request.key = b""
            elif kind == 1:
                request.lease = self.pick(UNKNOWN_LEASE, -5)
                request.ignore_lease = False
            elif kind == 2:
                request.value, request.ignore_value = b"both", True
            elif kind == 3:
                request.lease, request.ignore_lease = UNKNOWN_LEASE, True
            else:
                request.key, request.ignore_value, request.value = b"never written", self.chance(50), b""
                request.ignore_lease = not request.ignore_value
        return request

    def put(self):
        if self.chance(0.25):
            return Call("Put", pb.PutRequest(key=b"large", value=bytes(MAX_REQUEST)), self.metadata())
        if self.chance(0.5):
            return Call("Put", pb.PutRequest(key=b"larger", value=bytes(2_097_152)), self.metadata())
        return Call("Put", self.put_request(), self.metadata())

    def range_request(self, errors=True):
        request = pb.RangeRequest(key=self.key())
        request.range_end = self.end(request.key)
        if self.chance(15):
            request.key, request.range_end = b"\0", b"\0"
        if self.chance(35):
            request.limit = self.pick(1, 2, 3, 5, 20, 1000, -1)
        if self.chance(35):
            request.revision = self.past() if errors else self.random.randint(max(1, self.compacted), self.revision)
        if self.chance(45):
            request.sort_order = self.random.randrange(3)
            request.sort_target = self.random.randrange(5)
        request.serializable = self.chance(40)
        request.keys_only = self.chance(20)
        request.count_only = self.chance(12)
        for field in ("min_mod_revision", "max_mod_revision", "min_create_revision", "max_create_revision"):
            if self.chance(8):
                setattr(request, field, self.random.randint(1, self.revision + 1))
        if errors and self.chance(2):
            request.key = b""
        return request

    def range(self):
        return Call("Range", self.range_request(), self.metadata())

    def delete_request(self, errors=True):
        request = pb.DeleteRangeRequest(key=self.key(), prev_kv=self.chance(50))
        if self.chance(30):
            request.range_end = self.end(request.key) if self.chance(50) else prefix_end(request.key[:3])
        if errors and self.chance(4):
            request.key = b""
        return request

    def delete(self):
        return Call("DeleteRange", self.delete_request(), self.metadata())

    def compare(self, errors):
        target = self.random.randrange(5)
        compare = pb.Compare(result=self.random.randrange(4), target=target, key=self.key())
        near = self.random.randint(max(0, self.revision - 40), self.revision)
        if self.chance(92):
            if target == 0:
                compare.version = self.random.randrange(4)
            elif target == 1:
                compare.create_revision = self.pick(0, near)
            elif target == 2:
                compare.mod_revision = self.pick(0, near)
            elif target == 3:
                compare.value = self.value()[:200]
            else:
                compare.lease = self.pick(0, 0, UNKNOWN_LEASE)
        if self.chance(20):
            compare.range_end = self.end(compare.key)
        if errors and self.chance(1.5):
            compare.key = b""
        return compare

    def operations(self, depth, errors):
        branch = []
        for _ in range(self.random.choice((0, 1, 1, 2, 2, 3, 4, 6))):
            operation = pb.RequestOp()
            kind = self.random.random()
            if kind < 0.35:
                operation.request_range.CopyFrom(self.range_request(errors))
            elif kind < 0.68:
                operation.request_put.CopyFrom(self.put_request(errors))
            elif kind < 0.85:
                operation.request_delete_range.CopyFrom(self.delete_request(errors))
            elif depth < 3:
                operation.request_txn.CopyFrom(self.txn_request(depth + 1, errors))
            elif not errors or self.chance(90):
                continue
            branch.append(operation)
        return branch

    def txn_request(self, depth=0, errors=False):
        return pb.TxnRequest(
            compare=[self.compare(errors) for _ in range(self.random.choice((0, 0, 1, 1, 2, 3)))],
            success=self.operations(depth, errors), failure=self.operations(depth, errors))

    def wide_txn(self):
        """As many operations as are allowed, or one too many, flat or nested."""
        count = self.pick(127, 128, 129)
        puts = [pb.RequestOp(request_put=pb.PutRequest(key=b"w/%03d" % number, value=self.pick(b"1", b"2")))
                for number in range(count)]
        if self.chance(40):
            inner = pb.TxnRequest(success=puts[:self.pick(87, 88)])
            return pb.TxnRequest(success=[pb.RequestOp(request_txn=inner)] + [
                pb.RequestOp(request_range=pb.RangeRequest(key=b"w/%03d" % number)) for number in range(39)] + [
                pb.RequestOp(request_put=pb.PutRequest(key=b"w/last", value=b"1"))])
        if self.chance(30):
            return pb.TxnRequest(compare=[pb.Compare(key=b"a", version=0, result=3)] * count, failure=puts[:3])
        return pb.TxnRequest(success=puts) if self.chance(50) else pb.TxnRequest(
            compare=[pb.Compare(key=b"a", target=3)], success=puts[:2], failure=puts)

    def overlap_txn(self):
        """Puts and deletes of the same keys in every arrangement that the overlap rules tell apart."""
        key = self.random.choice(KEYS[2:11])
        put = lambda: pb.RequestOp(request_put=pb.PutRequest(key=key, value=self.value()[:50]))
        delete = lambda: pb.RequestOp(request_delete_range=pb.DeleteRangeRequest(
            key=key[:1], range_end=self.pick(prefix_end(key[:1]), b"\0", prefix_end(key[:1])), prev_kv=self.chance(50)))
        single = lambda: pb.RequestOp(request_delete_range=pb.DeleteRangeRequest(key=key))
        leaf = lambda: self.pick(put, delete, single)()
        nested = lambda *parts: pb.RequestOp(request_txn=pb.TxnRequest(
            compare=[pb.Compare(key=self.key(), version=1)] if self.chance(50) else [], success=list(parts),
            failure=list(parts) if self.chance(50) else []))
        shape = self.random.randrange(6)
        if shape == 0:
            branch = [leaf(), leaf()]
        elif shape == 1:
            branch = [nested(leaf()), leaf()]
        elif shape == 2:
            branch = [leaf(), nested(leaf())]
        elif shape == 3:
            branch = [nested(leaf()), nested(leaf())]
        elif shape == 4:
            branch = [nested(nested(leaf())), nested(leaf(), leaf())]
        else:
            branch = [nested(leaf()), pb.RequestOp(request_range=pb.RangeRequest(key=key[:1], range_end=b"\0")), leaf()]
        return pb.TxnRequest(success=branch, failure=branch if self.chance(30) else [])

    def txn(self):
        kind = self.random.random()
        if kind < 0.02:
            request = self.wide_txn()
        elif kind < 0.15:
            request = self.overlap_txn()
        elif kind < 0.17:
            request = pb.TxnRequest(success=[pb.RequestOp()])
        elif kind < 0.30:
            # Only ranges: this one does not go through the log.
            only = lambda: [pb.RequestOp(request_range=self.range_request(False)) for _ in range(self.random.randrange(4))]
            request = pb.TxnRequest(compare=[self.compare(False) for _ in range(self.random.randrange(3))],
                                    success=only(), failure=only())
        else:
            request = self.txn_request(errors=self.chance(25))
        if any(True for _ in deletes(request)):
            # Deleted by a range without end, then put with what it had: etcd 3.5.1 dies of that (differences.py, NOT ASKED).
            for put in puts(request):
                put.ignore_lease = put.ignore_value = False
        return Call("Txn", request, self.metadata())

    def compact(self):
        request = pb.CompactionRequest(physical=self.chance(50))
        kind = self.random.random()
        if kind < 0.25 or not self.compacts:
            request.revision = self.pick(-1, 0, self.compacted, self.compacted - 1, self.revision + 1, self.revision + 500)
            if request.revision == 0 and self.compacted == -1:
                request.revision = -1
        else:
            # Which tombstones a compaction keeps has changed within 3.5 for the one revision that it names: see differences.py.
            highest = self.revision - self.pick(0, 1, 10, 100)
            while highest in self.tombstones:
                highest -= 1
            request.revision = highest
        return Call("Compact", request)

    # ---- Watches

    def open(self):
        name = self.opened
        self.opened += 1
        self.streams[name] = Stream()
        barrier = pb.WatchRequest(create_request=pb.WatchCreateRequest(key=BARRIER, watch_id=BARRIER_ID))
        return [Open(), Send(name, barrier, "reply")]

    def watch(self):
        if not self.streams or (len(self.streams) < 3 and self.chance(15)):
            return self.open()
        if self.chance(8) and len(self.streams) > 1:
            return [Settle(), Close(self.random.choice(sorted(self.streams)), half=self.chance(50))]
        name = self.random.choice(sorted(self.streams))
        create = pb.WatchCreateRequest(key=self.key() if self.chance(95) else b"", prev_kv=self.chance(50),
                                       progress_notify=self.chance(20), fragment=self.chance(20))
        create.range_end = self.end(create.key)
        waits = "reply"
        if self.chance(45):
            create.start_revision = self.past()
            if create.start_revision < 0:
                create.start_revision = 1
            if self.compacted > 1 and self.chance(20):
                create.start_revision = self.random.randint(1, self.compacted - 1)
            waits = "past" if create.start_revision <= self.revision else "reply"
        if self.chance(25):
            create.filters.extend(self.random.sample((0, 1), self.pick(1, 1, 1, 2)))
        if self.chance(25):
            create.watch_id = self.pick(3, 5, 77, -9, 1 << 50)
        return Send(name, pb.WatchRequest(create_request=create), waits)

    def unwatch(self):
        if not self.streams:
            return self.put()
        name = self.random.choice(sorted(self.streams))

        def cancel():
            # Only now, after the comparison, is it known which watchers have been cancelled by the server already.
            known = sorted(self.streams[name].watchers)
            lives = known and self.chance(85)
            watch_id = self.random.choice(known) if lives else 987_654
            request = pb.WatchRequest(cancel_request=pb.WatchCancelRequest(watch_id=watch_id))
            return Send(name, request, "reply" if lives else "nothing")
        return [Settle(), cancel]

    def progress(self):
        if not self.streams:
            return self.range()
        name = self.random.choice(sorted(self.streams))
        if self.chance(15):
            return Send(name, pb.WatchRequest(), "nothing")

        def ask():
            # Whether a stream with a watcher that waits for the future gets an answer is a known difference.
            if any(start > self.revision for start in self.streams[name].watchers.values()):
                return Settle()
            return Send(name, pb.WatchRequest(progress_request=pb.WatchProgressRequest()), "reply")
        return [Settle(), ask]

    def fragments(self):
        """Events of which a response can hold only a few, for a watcher that takes pieces and one that does not."""
        puts = [Call("Put", pb.PutRequest(key=b"piece/%d" % number, value=bytes([number]) * 400_000)) for number in range(9)]
        first = self.revision + 1
        name = self.opened
        watches = [lambda fragment=fragment: Send(name, pb.WatchRequest(create_request=pb.WatchCreateRequest(
            key=b"piece/", range_end=b"piece0", start_revision=first, fragment=fragment)), "past") for fragment in (True, False)]
        # All at once is one revision, too large for one response when the previous values are told as well.
        every = lambda value: Call("Txn", pb.TxnRequest(success=[
            pb.RequestOp(request_put=pb.PutRequest(key=b"piece/%d" % number, value=value * 450_000)) for number in range(3)]))
        live = [lambda fragment=fragment: Send(name, pb.WatchRequest(create_request=pb.WatchCreateRequest(
            key=b"piece/", range_end=b"piece0", prev_kv=True, fragment=fragment)), "reply") for fragment in (True, False)]
        return puts + self.open() + watches + live + [every(b"1"), Pause(), every(b"2"), Pause()]

    # ---- The rest

    def hash_kv(self):
        revision = self.pick(0, max(0, self.past()), max(0, self.past()))
        # Whether the compacted revision itself can be hashed is a known difference.
        return Call("HashKV", pb.HashKVRequest(revision=revision + (revision == self.compacted)))

    def maintenance(self):
        return self.pick(Call("Status", pb.StatusRequest()), Call("MemberList", pb.MemberListRequest(linearizable=self.chance(50))),
                         Call("Alarm", pb.AlarmRequest()))

    def malformed(self):
        if self.chance(30):
            # No message at all: a length that is a lie, a wire type that does not fit, a group.
            raw = self.pick(b"\x0a\xff", b"\xff", b"\x0b", b"\x08\x01", b"\x0a\x05ab")
            return Call(self.pick("Range", "Put", "DeleteRange", "Txn"), None, raw=raw)
        if self.chance(50):
            return Call("/" + self.pick("etcdserverpb.KV/Nothing", "nothing.Nothing/Nothing", "etcdserverpb.Nothing/Put"),
                        None, raw=b"")
        # Fields that nobody knows are passed over.
        return Call("Range", pb.RangeRequest(key=b"a"), raw=b"\x0a\x01a" + b"\xc0\x3e\x07\xca\x3e\x02hi")

    def settle(self):
        return Settle()

    def check(self):
        return Check()
