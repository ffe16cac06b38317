// MVCC.swift: start here. Keys and values that remember every change.
//
// What is a key's value? In etcd the question has a second half: at which revision? A write adds a new version and leaves
// the old one where it is, so that a reader of an old revision is never disturbed, a watcher that was away can be
// told what it missed, and "has this changed since I looked?" is a comparison of two numbers. That is multi-version
// concurrency control.
//
//     log       ... put a=1      put b=1      put a=2      delete b     txn { put a=3, put c=1 }
//     revision       2            3            4            5            6
//
//     bucket    2_0 a=1      3_0 b=1      4_0 a=2      5_0 t b      6_0 a=3   6_1 c=1       in the file, by time
//     `key`      \____________/_____________/ \_________ /              /         /
//     index           a: 2_0 4_0 6_0            b: 3_0 5_0 t       c: 6_1                   in memory, by key
//
//     get a at revision 5  ->  index: the newest change of a that is not after 5 is 4_0  ->  file: a=2
//
// ONE ENTRY OF THE LOG IS AT MOST ONE REVISION. All changes of a transaction share it and are numbered within it. What
// changes nothing makes no revision. Every member applies the same entries and so gets the same revisions, sub
// revisions included, to the byte: that is what HashKV compares.
//
// WHERE THINGS ARE. The file is the Backend's, lent to each call; the index is in memory and rebuilt at each start
// (Restoring.swift). Answers are encoded straight from the file's pages into the caller's buffer; nothing is decoded on the
// way of a get. Time does not come in here at all.
//
// HISTORY IS FORGOTTEN only by a compaction (Compaction.swift): everything that no reader of revision C or later can
// see goes.
//
// READING ORDER   KeyRevision                               a place in history
//                 KeyTable, KeyFinder, KeyOrder, KeyIndex   the index
//                 Reading, RangeCursor                      get
//                 Writing, Transactions                     put, delete, txn
//                 RequestCheck                              what is refused before anybody proposes it
//                 Compaction, KeyspaceHash, Restoring       forgetting, comparing, starting
//                 WatchHub                                  telling others
// RULES    V1  revisions go up by one for each call that changes something, and never otherwise.
//          V2  a call that throws `.refused` has changed nothing.
//          V3  the index says what the file says: each change is in both.
//          V4  views of keys and values are true until the next change of store or backend.

import Bytes
package import Identifiers
package import Trace

/// What an answer's header says besides the revision.
@frozen
package struct HeaderFields: Hashable, Sendable {
    /// The cluster that answers.
    package var cluster: ClusterID
    /// The member that answers.
    package var member: MemberID
    /// Its term now.
    package var term: Term

    /// Whatever is not given is left out of the answer.
    package init(cluster: ClusterID = .none, member: MemberID = .none, term: Term = .zero) {
        self.cluster = cluster
        self.member = member
        self.term = term
    }
}

/// One key that a write has changed.
package struct Change: Sendable {
    /// When.
    package let revision: KeyRevision
    /// Whether the key was deleted.
    package let isDelete: Bool
    /// Of a put: whether the key was not there before.
    package let isCreation: Bool
    /// Of a put: the lease that the key is tied to now.
    package let lease: LeaseID
    let entry: UInt32
}

/// Every key with its history.
package struct Store: ~Copyable {
    /// The newest revision; 1 when nothing was ever written.
    package internal(set) var revision: Revision
    /// Revisions before this one are gone; -1 when nothing was ever compacted.
    package internal(set) var compacted: Revision
    /// Where events go.
    package var trace: Tracer
    /// What the last write changed, in order; empty when it changed nothing.
    package internal(set) var changes: [Change] = []

    var index: KeyIndex
    var compaction: Compaction
    /// Revisions that long readers stand at, one for each.
    var readers: [Int64] = []
    /// Hashes that compactions left behind, newest last.
    var rememberedHashes: [RememberedHash] = []
    /// Room for a value that is about to be stored.
    var scratch = ByteBuffer(capacity: 4096)
    /// Which branches the transaction under way takes.
    var path: [Bool] = []

    init(index: consuming KeyIndex, revision: Revision, compacted: Revision, finished: Revision, trace: Tracer) {
        self.index = index
        self.revision = revision
        self.compacted = compacted
        self.trace = trace
        compaction = Compaction(finished: finished, previous: finished)
    }

    /// How many keys the index holds, those included that are deleted and not compacted.
    package var keyCount: Int { index.count }
    /// How many older changes it holds besides each key's newest.
    package var olderChangeCount: Int { index.table.olderCount }
    /// How much memory the index takes.
    package var indexBytes: Int { index.byteCount }

    /// Whether all rules of the index hold, in words when not: for tests.
    package func check() -> String? { index.check() }
}
