// LogBatch.swift: what is to be written down next, gathered before it goes to the disk.
//
// A sync costs about a tenth of a millisecond, whether it covers one entry or a thousand. So entries
// gather while a sync is under way, and the next write and the next sync take them all. This is where
// they gather.
//
//     owner's turn:   add(entry) add(entry) add(state)          bytes: |entry|entry|state|
//                                                               marks:       ^     ^     ^
//     log's thread:   append(batch): a frame around each, one write
//
// WHY BYTES AND NOT ENTRIES? The batch crosses from the thread that owns the member to the thread that
// owns the log. Handing over entries would share their reference counts between two processors, which
// costs more than encoding them; a buffer is handed over as one address.
//
// WHY NO CHECKSUMS YET? They form a chain through the file, and where a file ends and the next begins is
// decided when the batch is written (a cut adds records of its own to the chain).
//
// RULES    A1  entries stand in the order of their indexes; an entry with an index that was there before
//              replaces that one and everything behind it, as a new leader may demand.
//          A2  the state comes after the entries that it speaks of: a commit index never stands in the log
//              before the entry that it commits.
// COST     one encoding into memory that is used again; no allocation once the buffers have grown.
// READ NEXT WriteAheadLog.swift.

internal import Bytes
package import Identifiers
internal import Protobuf
package import RaftMessages

/// A place in the log, with the term that tells which of the entries that ever had this index is meant.
package struct LogPosition: Hashable, Sendable, CustomStringConvertible {
    /// The term of the entry.
    package var term: Term
    /// Its index.
    package var index: LogIndex

    /// A place; by default the one before the first entry.
    package init(term: Term = .zero, index: LogIndex = .zero) {
        self.term = term
        self.index = index
    }

    /// For people: `7@3` is entry 7 of term 3.
    package var description: String { "\(index)@\(term)" }
}

/// Records that wait to be written.
package struct LogBatch: ~Copyable, Sendable {
    /// The data of the records, one behind another.
    private(set) var bytes = ByteBuffer()
    /// For each record its type and where its data ends.
    private(set) var marks: [Mark] = []
    /// The last entry that was added.
    package private(set) var lastEntry: LogPosition?
    /// The last state that was added.
    package private(set) var lastState: HardState?
    /// The snapshot with the highest index that was added.
    package private(set) var lastSnapshot: LogPosition?

    struct Mark: Sendable {
        let type: RecordKind
        let end: Int
    }

    /// A batch without records.
    package init() {}

    /// Whether there is nothing to write.
    package var isEmpty: Bool { marks.isEmpty }
    /// How many records wait.
    package var count: Int { marks.count }
    /// How many bytes of data wait; what a bound on the memory of a slow disk is measured by.
    package var sizeBytes: Int { bytes.count }

    /// One entry of the replicated log.
    package mutating func add(_ entry: borrowing Entry) {
        entry.encode(into: &bytes)
        marks.append(Mark(type: .entry, end: bytes.count))
        lastEntry = LogPosition(term: entry.term, index: entry.index)
    }

    /// Term, vote and commit as they are now, after the entries that they speak of (A2).
    package mutating func add(_ state: HardState) {
        state.encode(into: &bytes)
        marks.append(Mark(type: .state, end: bytes.count))
        lastState = state
    }

    /// "A snapshot up to here is safely on disk", with who voted then.
    package mutating func add(_ snapshot: SnapshotRecord) {
        precondition(
            snapshot.index == .zero || snapshot.confState != nil,
            "A3: etcd 3.5 does not accept the record of a snapshot without its configuration")
        snapshot.encode(into: &bytes)
        marks.append(Mark(type: .snapshot, end: bytes.count))
        let position = LogPosition(term: snapshot.term, index: snapshot.index)
        if position.index >= lastSnapshot?.index ?? .zero { lastSnapshot = position }
    }

    /// Everything in another batch, behind what is here.
    package mutating func add(_ later: borrowing LogBatch) {
        let start = bytes.count
        bytes.append(later.bytes.view)
        for mark in later.marks { marks.append(Mark(type: mark.type, end: start + mark.end)) }
        if let entry = later.lastEntry { lastEntry = entry }
        if let state = later.lastState { lastState = state }
        if let snapshot = later.lastSnapshot, snapshot.index >= lastSnapshot?.index ?? .zero { lastSnapshot = snapshot }
    }

    /// Forgets the records and keeps the memory, unless one batch was unusually large.
    package mutating func removeAll() {
        bytes.removeAll()
        bytes.shrink(to: 4 << 20)
        marks.removeAll(keepingCapacity: true)
        lastEntry = nil
        lastState = nil
        lastSnapshot = nil
    }
}
