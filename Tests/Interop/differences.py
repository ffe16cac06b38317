"""differences.py: everything in which two servers may differ without being told off, each with its reason.

This is the only file here that forgives. It holds

    MASKED    fields that are set to nothing on both sides before messages are compared
    mask_entry  entries of the store's file
    ties      the one place where etcd itself promises no order
    OUTPUT    what differs in what a program prints from one run to the next
    joined    where the past may be cut into responses
    NOT ASKED what etcd 3.5.1 does not survive
    CASES     calls whose answers are known to differ between etcd 3.5.1 and us, with both answers; they are
              asked at the end of each run, and an answer that is not the expected one is an error

What stands nowhere here is compared to the byte, ids, terms and log indexes included.
"""
import re

from api import pb

#: (message, field): why.
MASKED = {
    ("StatusResponse", "version"): "each says its own version",
    ("StatusResponse", "dbSize"): "how many pages a file has depends on when batches were committed, which goes by the clock",
    ("StatusResponse", "dbSizeInUse"): "the same",
    ("HashKVResponse", "hash_revision"): "3.6 says in a field of its own up to which revision it hashed; so do we",
}
#: How a decoder words what is wrong with bytes that are no message is its own affair; that it says so, and with which
#: code, is not.
UNMARSHALLING = "INTERNAL: grpc: error unmarshalling request: "


def mask_text(error):
    """An error without the words that are left to whoever says it."""
    return UNMARSHALLING if error.startswith(UNMARSHALLING) else error


def mask(message):
    """Sets the masked fields of a decoded message to nothing."""
    name = message.DESCRIPTOR.name
    for field, value in message.ListFields():
        if (name, field.name) in MASKED:
            message.ClearField(field.name)
        elif field.message_type and field.is_repeated:
            for part in value:
                mask(part)
        elif field.message_type:
            mask(value)


# ---- Files ---------------------------------------------------------------------------------------------
# 3.5.1 tells its member's client URLs to the old store only; its bucket `members` keeps what it had before. Later
# releases of 3.5 write them into both, and so do we. The hash over all buckets (Maintenance.Hash) knows the difference,
# so it is compared only between two of the same kind; in its place every entry of the two files is.

def mask_entry(path, value, differs, restarted=False):
    """An entry of a file, without what is known to differ if the files are not both 3.5.1's, or no longer."""
    if path == (b"meta", b"consistent_index") and differs and restarted:
        # After each start 3.5.1 proposes again what its log says already, its name and URLs. We do not, so our log is
        # shorter; where the log of a member that was never stopped ends is compared.
        return None
    if path[0] == b"members" and value is not None and differs:
        return re.sub(rb',"clientURLs":\[[^\]]*\]', b"", value)
    return value


# ---- Ties ---------------------------------------------------------------------------------------------
# "Sort by version" says nothing of keys with the same version. etcd sorts with an algorithm that is not stable, so
# their order is an accident of its library. Groups of equal keys are compared as sets, and of a group that `limit`
# cuts through, only how many there are.

SORT_FIELD = {1: "version", 2: "create_revision", 3: "mod_revision", 4: "value"}


def same_but_for_ties(request, a, b):
    """Whether two RangeResponses are the same list, apart from the order of equals."""
    if request.sort_target not in SORT_FIELD or len(a.kvs) != len(b.kvs) or not a.kvs:
        return False
    if a.header != b.header or a.more != b.more or a.count != b.count:
        return False
    field = SORT_FIELD[request.sort_target]
    if field == "value" and request.keys_only:
        # The values that decided the order are not in the answer: only who is there can be compared.
        return a.more or sorted(kv.key for kv in a.kvs) == sorted(kv.key for kv in b.kvs)
    values = [getattr(kv, field) for kv in a.kvs]
    if values != [getattr(kv, field) for kv in b.kvs]:
        return False
    groups = {}
    for side, reply in ((0, a), (1, b)):
        for kv in reply.kvs:
            groups.setdefault(getattr(kv, field), ([], []))[side].append(kv.SerializeToString())
    cut = values[-1] if a.more else None
    return all(sorted(one) == sorted(other) or (a.more and value == cut) for value, (one, other) in groups.items())


def range_pairs(request, a, b):
    """Each range of a transaction that ran, with the two answers to it; None when the answers have not even the same shape."""
    if a.succeeded != b.succeeded or len(a.responses) != len(b.responses):
        return None
    operations = request.success if a.succeeded else request.failure
    if len(operations) != len(a.responses):
        return None
    pairs = []
    for operation, one, other in zip(operations, a.responses, b.responses):
        kind = operation.WhichOneof("request")
        if kind == "request_range":
            pairs.append((operation.request_range, one.response_range, other.response_range))
        elif kind == "request_txn":
            inner = range_pairs(operation.request_txn, one.response_txn, other.response_txn)
            if inner is None:
                return None
            pairs += inner
    return pairs


def forgive_ties(request, a, b):
    """Takes lists that are the same but for ties out of both answers. Returns how many there were."""
    name = request.DESCRIPTOR.name
    if name == "RangeRequest":
        pairs = [(request, a, b)]
    elif name == "TxnRequest":
        pairs = range_pairs(request, a, b) or []
    else:
        return 0
    forgiven = 0
    for asked, one, other in pairs:
        if one != other and same_but_for_ties(asked, one, other):
            del one.kvs[:], other.kvs[:]
            forgiven += 1
    return forgiven


# ---- How the past is cut into responses ----------------------------------------------------------------
# Who watches from the past gets many revisions in one response, and its header says how far the store was at that
# moment. etcd looks for such watchers ten times a second, so on a busy machine what was meant to be the present may be
# past already. And it puts up to 1,000 revisions into one response, however large that is; we also end a response when
# it has become large, so that one watcher cannot take all memory. Both only cut between revisions, which a client cannot
# tell from two moments. So where lists of responses are not equal, the events in them are compared; but if that happens
# to more than one list in MOST_CUTS, something else is wrong. Fragments of one revision are compared as they are.

MOST_CUTS = 20


def joined(raws):
    """Watch responses without their moments: cuts between two revisions are taken back, and what headers say of the store."""
    whole = []
    for raw in raws:
        response = pb.WatchResponse.FromString(raw)
        last = whole[-1] if whole else None
        if response.events:
            response.header.revision = 0
        if last is not None and last.events and response.events and last.events[-1].kv.mod_revision < response.events[0].kv.mod_revision:
            last.events.extend(response.events)
            last.fragment = response.fragment
        else:
            whole.append(response)
    return whole


# ---- NOT ASKED -----------------------------------------------------------------------------------------
# Some requests make the process of etcd 3.5.1 end, so there is nothing to compare with, and no case below:
#   - a range whose sort_target is no number of the list (later releases refuse it, and so do we);
#   - an alarm request with an action that is no number of the list;
#   - a transaction that deletes a key with a range without end, which the check for overlaps does not see, and then
#     puts it with ignore_value or ignore_lease. (Found by this test. The entry is in its log by then, so it ends
#     again at each start.)

# ---- Known differences ---------------------------------------------------------------------------------

class Case:
    """A call, what etcd 3.5.1 answers, what we answer, and why that is not the same."""

    def __init__(self, name, ask, real, ours, why):
        self.name, self.ask, self.real, self.ours, self.why = name, ask, real, ours, why


def responses(messages):
    """What watch responses say, without headers."""
    words = []
    for message in messages:
        said = [name for name in ("created", "canceled") if getattr(message, name)]
        said += [f"{('PUT', 'DELETE')[event.type]} {event.kv.key.decode()}" for event in message.events]
        if message.watch_id == -1:
            said.append("id -1")
        if message.cancel_reason:
            said.append(f"because: {message.cancel_reason}")
        words.append(" ".join(said) or "empty")
    return ", ".join(words) or "nothing"


def progress_without_watchers(side):
    return responses(side.watch({"progress_request": pb.WatchProgressRequest()}))


def progress_and_future(side):
    create = pb.WatchCreateRequest(key=b"case", start_revision=1 << 60)
    return responses(side.watch({"create_request": create}, {"progress_request": pb.WatchProgressRequest()}))


def negative_start(side):
    return responses(side.watch({"create_request": pb.WatchCreateRequest(key=b"case", start_revision=-5)}))


def hash_of_compacted(side):
    reply = side.ask("Put", pb.PutRequest(key=b"case", value=b"1"))
    side.ask("Compact", pb.CompactionRequest(revision=reply.header.revision, physical=True))
    reply = side.ask("HashKV", pb.HashKVRequest(revision=reply.header.revision))
    return reply if isinstance(reply, str) else "a hash"


def tombstone_of_compacted(side):
    side.ask("Put", pb.PutRequest(key=b"case", value=b"1"))
    revision = side.ask("DeleteRange", pb.DeleteRangeRequest(key=b"case")).header.revision
    side.ask("Put", pb.PutRequest(key=b"other", value=b"1"))
    side.ask("Compact", pb.CompactionRequest(revision=revision, physical=True))
    return responses(side.watch({"create_request": pb.WatchCreateRequest(key=b"case", start_revision=revision)}))


CASES = [
    Case("a progress request without watchers", progress_without_watchers, "id -1", "nothing",
         "since 3.5.8 an answer means that all watchers of the stream have seen everything; without watchers nobody can say so"),
    Case("a progress request with a watcher that waits for the future", progress_and_future, "created, id -1", "created",
         "the same: this watcher has not seen the revisions that it waits for"),
    Case("a watcher that starts at a negative revision", negative_start, "created, canceled",
         "created canceled id -1 because: etcdserver: mvcc: required revision has been compacted",
         "since 3.5.24 this is refused at once instead of being found out later"),
    Case("a hash at the compacted revision", hash_of_compacted,
         "OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted", "a hash",
         "later 3.5 releases hash every revision that can be read"),
    Case("a deletion at the compacted revision itself", tombstone_of_compacted, "created", "created, DELETE case",
         "since 3.5.16 a compaction keeps a tombstone of the very revision that it names, for watchers that start there"),
]


# ---- What programs print ---------------------------------------------------------------------------------
# (commands that it is for, pattern, replacement, why)
OUTPUT = [
    ("", r'"ts":("[^"]*"|[0-9.]+)', '"ts":"TIME"', "the time of day in a line of the log"),
    ("", r"\d{4}-\d\d-\d\dT[0-9:.]+(Z|[+-]\d{4})", "TIME", "the same, in the other format of logs"),
    ("", r'"target":"[^"]*"', '"target":"TARGET"', "holds an address in etcdctl's memory"),
    ("", r'endpoint://client-[0-9a-f-]+', "endpoint://client-ID", "an id that etcdctl draws"),
    ("", r"took( = |\"?:\"?)[0-9.]+[mµun]?s", r"took\1DURATION", "how long something took"),
    ("page", r"date: .*", "date: NOW", "the time of day"),
    ("web ", r"date: .*", "date: NOW", "the time of day"),
    ("/version", r'"etcdserver":"3\.5\.\d+"', '"etcdserver":"VERSION"', "each says its own version"),
    ("/version", r"content-length: \d+", "content-length: N", "and versions are not equally long"),
    ("endpoint health", r"\b[0-9.]+[mµ]s\b", "DURATION", "the same, in a table"),
    ("endpoint health", r"[ -]{2,}", " ", "the width of a table that has such a column"),
    ("endpoint status", r"3\.5\.\d+", "VERSION", "each says its own version"),
    ("endpoint status -w table", r"[ -]+", " ", "the width of a table that has such a column"),
    ("endpoint status", r"\b\d+ [kM]B\b", "SIZE", "see StatusResponse.dbSize"),
    ("endpoint status", r'"(DBSize|dbSize|dbSizeInUse)"( : |:)\d+', r'"\1"\2SIZE', "the same"),
    ("snapshot", r'"took":("[^"]*"|[0-9.]+)', '"took":"DURATION"', "how long it took"),
    ("snapshot", r'"size":"[^"]*"', '"size":"SIZE"', "see StatusResponse.dbSize"),
    ("snapshot status", r"\b\d+(\.\d+)? [kM]B\b", "SIZE", "the same"),
    ("snapshot status", r'"(Size|totalSize)"( : |:)\d+', r'"\1"\2SIZE', "the same"),
    ("snapshot status saved.db -w table", r"[ -]+", " ", "the width of a table that has such columns"),
    ("snapshot status saved.db -w table", r"^\| [0-9a-f]{1,8} \|", "| HASH |", "goes over bucket `members` too: see FILES above"),
    ("snapshot status", r"^[0-9a-f]{1,8}, ", "HASH, ", "goes over bucket `members` too: see FILES above"),
    ("snapshot status", r'"(Hash|hash)"( : |:)\d+', r'"\1"\2HASH', "the same"),
    ("", r"remote error: tls: (bad certificate|handshake failure|unknown certificate( authority)?)", "remote error: tls: REFUSED",
     "for every certificate that is refused Go's library sent the same alert in 3.5.1's day; OpenSSL says which of several reasons it was"),
    ("$PLACE briefly", r"last connection error: [^\"]*", "last connection error: ENDED",
     "whoever speaks without TLS to a port of TLS notices it in writing or in reading, as it happens"),
    ("snapshot restore", r"github[^ ]*snapshot\.\(\*v3Manager\)[^\"]*", "STACK", "addresses in a stack trace"),
]


def mask_output(command, text):
    """What a command printed, without what differs from run to run."""
    for commands, pattern, replacement, _ in OUTPUT:
        if commands in command:
            text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    return text
