"""kubernetes.py: the calls with which Kubernetes' API server lives on etcd.

    python3 differential.py --workload kubernetes        asks two servers all this, and compares (see there)

Written from what is public about its storage layer. Everything it keeps lies at /registry/KIND/NAMESPACE/NAME, as
one value, and its `resourceVersion` is etcd's revision:

    create      txn: if mod_revision(key) = 0 then put, with an empty other branch
    update      txn: if mod_revision(key) = what I read then put else get; whoever loses reads what won and tries again
    delete      the same, with a delete
    get         range of one key; from its cache's point of view sometimes serializable
    list        pages: range of a prefix with a limit; the next page begins behind the last key and names the FIRST
                page's revision, so that all pages together are one moment; page 2 of a compacted moment must fail
    watch       a prefix, from the revision of the list + 1, with prev_kv (a deletion must say what was deleted) and
                progress_notify, later also asked for by hand ("bookmarks")
    compaction  every few minutes each API server tries: txn on one well-known key, guarded by its version, that says
                which revision it was five minutes ago; whoever wins compacts up to there
    health      a get of /registry/health, linearizable
"""
from api import pb
from workload import Call, Send, Settle, Workload

KINDS = {b"pods": 700, b"configmaps": 300, b"events": 200, b"leases": 60, b"nodes": 1200}
NAMESPACES = [b"default", b"kube-system", b"team-a", b"team-a1"]
COMPACT_KEY = b"compact_rev_key"


class Kubernetes(Workload):
    """The steps of several API servers and controllers, mixed by a seed."""

    def __init__(self, seed, compacts=True):
        super().__init__(seed, compacts)
        self.mods = {}  # key: the mod_revision that a client remembers, which may be old
        self.compact_version = 0
        self.compact_memory = 0
        self.continued = []
        self.kinds = [(14, self.create), (30, self.update), (6, self.remove), (12, self.get), (5, self.list), (7, self.next_page),
                      (1.5, self.watch), (2, self.progress), (1.2, self.unwatch), (1.5, self.compact), (2, self.health), (1, self.count),
                      (2, self.settle), (0.3, self.check), (0.5, self.hash_kv)]

    def learn(self, call, reply):
        super().learn(call, reply)
        if call.name == "Txn" and not call.request.compare:
            return
        if call.name == "Txn" and call.request.compare[0].key != COMPACT_KEY:
            key = call.request.compare[0].key
            if reply.succeeded:
                removed = call.request.success[0].HasField("request_delete_range")
                if removed:
                    self.mods.pop(key, None)
                else:
                    self.mods[key] = reply.header.revision
            elif reply.responses:
                kvs = reply.responses[0].response_range.kvs
                self.mods[key] = kvs[0].mod_revision if kvs else 0
        elif call.name == "Txn":
            kvs = reply.responses[0].response_range.kvs if not reply.succeeded else []
            self.compact_version = kvs[0].version if kvs else self.compact_version + 1
            if reply.succeeded and self.compacts:
                # Who has won compacts up to what it remembers of its last turn.
                revision = self.compact_memory
                while revision in self.tombstones:
                    revision -= 1
                if revision > self.compacted:
                    self.plan.append(Call("Compact", pb.CompactionRequest(revision=revision)))
            self.compact_memory = self.revision
        elif call.name == "Range" and call.request.limit > 1 and reply.more:
            # The next page: behind the last key, at the moment of the first one.
            self.continued.append(pb.RangeRequest(
                key=reply.kvs[-1].key + b"\0", range_end=call.request.range_end, limit=call.request.limit,
                revision=call.request.revision or reply.header.revision))

    # ---- Steps

    def name(self):
        kind = self.random.choice(sorted(KINDS))
        number = self.random.randrange(25)
        if kind == b"nodes":
            return b"/registry/nodes/node-%02d" % number
        return b"/registry/%s/%s/%s-%02d" % (kind, self.random.choice(NAMESPACES), kind[:3], number)

    def value_of(self, key):
        """Binary, as their objects are: a few bytes that name the encoding, then as many as such objects have."""
        kind = key.split(b"/")[2]
        return b"k8s\0" + self.random.randbytes(self.random.randrange(20, KINDS[kind]))

    def guarded(self, key, revision, operation, otherwise=True):
        get = [pb.RequestOp(request_range=pb.RangeRequest(key=key))] if otherwise else []
        return Call("Txn", pb.TxnRequest(compare=[pb.Compare(key=key, target=2, result=0, mod_revision=revision)],
                                         success=[operation], failure=get))

    def create(self):
        key = self.name()
        return self.guarded(key, 0, pb.RequestOp(request_put=pb.PutRequest(key=key, value=self.value_of(key))), otherwise=False)

    def known(self):
        return self.random.choice(sorted(self.mods)) if self.mods else self.name()

    def remembered(self, key):
        """What a client thinks: mostly right, sometimes an old or a made up revision."""
        revision = self.mods.get(key, 0)
        return max(0, revision - self.random.randrange(1, 9)) if self.chance(12) else revision

    def update(self):
        key = self.known()
        return self.guarded(key, self.remembered(key), pb.RequestOp(request_put=pb.PutRequest(key=key, value=self.value_of(key))))

    def remove(self):
        key = self.known()
        return self.guarded(key, self.remembered(key), pb.RequestOp(request_delete_range=pb.DeleteRangeRequest(key=key)))

    def get(self):
        return Call("Range", pb.RangeRequest(key=self.known(), serializable=self.chance(30)))

    def prefix(self):
        kind = self.random.choice(sorted(KINDS))
        prefix = b"/registry/%s/" % kind
        if kind != b"nodes" and self.chance(40):
            prefix += self.random.choice(NAMESPACES) + b"/"
        return prefix, prefix[:-1] + b"0"

    def list(self):
        key, end = self.prefix()
        request = pb.RangeRequest(key=key, range_end=end, limit=self.pick(0, 3, 5, 10, 500))
        if self.chance(30):
            request.revision = self.random.randint(max(1, self.compacted), self.revision)
        return Call("Range", request)

    def next_page(self):
        if not self.continued:
            return self.list()
        index = self.random.randrange(len(self.continued)) if self.chance(20) else len(self.continued) - 1
        return Call("Range", self.continued.pop(index))

    def count(self):
        key, end = self.prefix()
        return Call("Range", pb.RangeRequest(key=key, range_end=end, count_only=True))

    def watch(self):
        if not self.streams or (len(self.streams) < 3 and self.chance(20)):
            return self.open()
        key, end = self.prefix()
        create = pb.WatchCreateRequest(key=key, range_end=end, prev_kv=True, progress_notify=True)
        # From the revision of a list that was made a while ago; if that is compacted, the client must be told.
        create.start_revision = max(1, self.revision + 1 - self.pick(0, 0, 0, 5, 50, 500))
        waits = "past" if create.start_revision <= self.revision else "reply"
        return Send(self.random.choice(sorted(self.streams)), pb.WatchRequest(create_request=create), waits)

    def compact(self):
        """One turn of one API server; who loses learns the version of who won."""
        version = max(0, self.compact_version - self.chance(15))
        return Call("Txn", pb.TxnRequest(
            compare=[pb.Compare(key=COMPACT_KEY, target=0, result=0, version=version)],
            success=[pb.RequestOp(request_put=pb.PutRequest(key=COMPACT_KEY, value=b"%d" % self.revision))],
            failure=[pb.RequestOp(request_range=pb.RangeRequest(key=COMPACT_KEY))]))

    def health(self):
        return Call("Range", pb.RangeRequest(key=b"/registry/health"))

    def settle(self):
        return Settle()
