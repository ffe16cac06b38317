// Event+Store.swift: what a member reports about its keys, and about their way to the disk.
//
// Each event is one transition with the state after it. Replaying `revision-written` and the events of compactions gives
// the keyspace at every moment: all keys, all revisions that can still be asked for, and which records lie in the file.
//
//     disk        LogSynced (the log), PagesIssued, PagesDurable (the B+tree file), SnapshotStored
//     keys        StoreRestored, RevisionWritten, RangeEvaluated, TxnDecided, HashComputed
//     forgetting  CompactionScheduled -> CompactionIndexDone -> CompactionStep, CompactionStep, ... -> CompactionDone
//
// WHO REPORTS? The store reports keys and compactions, the member what goes to the disk and comes back from there: what other
// threads have done is reported by the owner when it is told, with how long they say that it took.
//
// CAUSES. `revision-written` is because of what the member is doing: the entry's batch. `compaction-index-done` and the steps are
// because of `compaction-scheduled`; `pages-durable` is because of `pages-issued`.
//
// NUMBERS  80-129 for the disk, 130-199 for the state machines. Each is given once and for ever.
// READ NEXT  Event+Watches.swift.

public import Identifiers

// MARK: - The log and the pages reach the disk

/// The log's writer has synced. Reported by the owner when it is told; `write-durable` and all that follows from it is
/// because of this event.
package struct LogSynced: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(80, "log-synced")
    /// The last entry that no crash can take away any more.
    package var index = LogIndex.zero
    /// Its term.
    package var term = Term.zero
    /// How many bytes this sync covered.
    package var sizeBytes = 0
    /// The last write that it covered, as `write-issued` numbers them.
    package var ticket: UInt64 = 0
    /// How many records it covered.
    package var records = 0
    /// How long the sync took, by the clock of the thread that did it; 0: unknown, or nothing had to be synced.
    package var nanoseconds: UInt64 = 0

    /// Blank, for readers.
    package init() {}
    /// All facts; what is left out is blank.
    package init(
        index: LogIndex, term: Term, sizeBytes: Int, ticket: UInt64 = 0, records: Int = 0, nanoseconds: UInt64 = 0
    ) {
        self.index = index
        self.term = term
        self.sizeBytes = sizeBytes
        self.ticket = ticket
        self.records = records
        self.nanoseconds = nanoseconds
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("index", &index)
        visitor.field("term", &term)
        visitor.field("size_bytes", &sizeBytes)
        visitor.field("ticket", &ticket)
        visitor.field("records", &records)
        visitor.field("nanoseconds", &nanoseconds)
    }
}

/// A transaction of the backend is closed and its changed pages are on their way to the disk; the next has begun.
package struct PagesIssued: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(81, "pages-issued")
    /// Its number.
    package var transaction: UInt64 = 0
    /// The last entry whose effects it holds.
    package var applied = LogIndex.zero
    /// How many runs of pages are written.
    package var pages = 0
    /// How many bytes they are.
    package var sizeBytes = 0
    /// What closed it.
    package var why = TraceCommitReason.interval

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(transaction: UInt64, applied: LogIndex, pages: Int, sizeBytes: Int, why: TraceCommitReason) {
        self.transaction = transaction
        self.applied = applied
        self.pages = pages
        self.sizeBytes = sizeBytes
        self.why = why
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("transaction", &transaction)
        visitor.field("applied", &applied)
        visitor.field("pages", &pages)
        visitor.field("size_bytes", &sizeBytes)
        visitor.field("why", &why)
    }
}

/// The pages of a transaction are on the disk, and so is the page that says so.
package struct PagesDurable: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(82, "pages-durable")
    /// Which.
    package var transaction: UInt64 = 0
    /// How many bytes were written.
    package var sizeBytes = 0
    /// How long writing and syncing took, by the clock of the thread that did it; 0: unknown.
    package var nanoseconds: UInt64 = 0

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(transaction: UInt64, sizeBytes: Int, nanoseconds: UInt64) {
        self.transaction = transaction
        self.sizeBytes = sizeBytes
        self.nanoseconds = nanoseconds
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("transaction", &transaction)
        visitor.field("size_bytes", &sizeBytes)
        visitor.field("nanoseconds", &nanoseconds)
    }
}

/// A snapshot of the state machine is durable: the log before it may go.
package struct SnapshotStored: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(83, "snapshot-stored")
    /// The last entry in it.
    package var index = LogIndex.zero
    /// Its term.
    package var term = Term.zero
    /// How long its file is; 0: unknown.
    package var sizeBytes = 0

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(index: LogIndex, term: Term, sizeBytes: Int) {
        self.index = index
        self.term = term
        self.sizeBytes = sizeBytes
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("index", &index)
        visitor.field("term", &term)
        visitor.field("size_bytes", &sizeBytes)
    }
}

// MARK: - Keys

/// The store has read its keys from the file: the first event of the store in every life.
package struct StoreRestored: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(130, "store-restored")
    /// Its revision.
    package var revision = Revision.zero
    /// Up to where history is forgotten.
    package var compacted = Revision.zero
    /// How many keys it has, the deleted ones that history still knows included.
    package var keys = 0
    /// How many revisions of them lie in the file.
    package var revisions = 0

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(revision: Revision, compacted: Revision, keys: Int, revisions: Int) {
        self.revision = revision
        self.compacted = compacted
        self.keys = keys
        self.revisions = revisions
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("revision", &revision)
        visitor.field("compacted", &compacted)
        visitor.field("keys", &keys)
        visitor.field("revisions", &revisions)
    }
}

/// A key has another value, as a reader of traces has it.
package typealias RevisionWritten = RevisionWrittenOf<TraceBytes>

/// A key has another value, or none any more: one record of the bucket `key`. The store shows key and value where they lie
/// (`ByteView`); a reader owns them (`TraceBytes`).
@frozen
public struct RevisionWrittenOf<Key: TraceKey>: FrequentEvent {
    /// Its number.
    @inlinable public static var number: UInt8 { 131 }
    /// Its number and name.
    public static var kind: EventKind { EventKind(number, "revision-written") }
    /// The key.
    public var key = Key()
    /// Whether it was put or deleted.
    public var change = TraceKeyChange.put
    /// The revision of the whole store.
    public var main = Revision.zero
    /// The place among the changes of that revision, counted from 0.
    public var sub = 0
    /// The revision in which this generation of the key began; 0 when deleted.
    public var create = Revision.zero
    /// How often it was put since; 0 when deleted.
    public var version = 0
    /// The how-manieth life of the key this is, as far as history is known, counted from 1; 0 when that history is long, and
    /// counting would cost more than the write.
    public var generation = 0
    /// The lease that it lives with; 0: none.
    public var lease = LeaseID.none
    /// How the value begins, so that pictures can show it.
    public var value = Key()
    /// How long the value is.
    public var valueBytes = 0

    /// Blank, for readers.
    @inlinable public init() {}
    /// All facts; what is left out is blank.
    @inlinable
    public init(
        key: Key, change: TraceKeyChange, main: Revision, sub: Int, create: Revision, version: Int,
        generation: Int, lease: LeaseID = .none, value: Key = Key(), valueBytes: Int = 0
    ) {
        self.key = key
        self.change = change
        self.main = main
        self.sub = sub
        self.create = create
        self.version = version
        self.generation = generation
        self.lease = lease
        self.value = value
        self.valueBytes = valueBytes
    }

    /// Its fields, in order.
    @inlinable @inline(__always)
    public mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("key", &key)
        visitor.field("change", &change)
        visitor.field("main", &main)
        visitor.field("sub", &sub)
        visitor.field("create", &create)
        visitor.field("version", &version)
        visitor.field("generation", &generation)
        visitor.field("lease", &lease)
        visitor.field("value", &value)
        visitor.field("value_bytes", &valueBytes)
    }
}

/// Keys were looked up, at one revision.
package struct RangeEvaluated: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(132, "range-evaluated")
    /// The first key.
    package var key = TraceBytes()
    /// The end of the range; empty: one key only.
    package var rangeEnd = TraceBytes()
    /// The revision they were looked up at.
    package var revision = Revision.zero
    /// How many keys there are.
    package var found = 0
    /// How many of them the answer holds.
    package var returned = 0

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(key: TraceBytes, rangeEnd: TraceBytes, revision: Revision, found: Int, returned: Int) {
        self.key = key
        self.rangeEnd = rangeEnd
        self.revision = revision
        self.found = found
        self.returned = returned
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("key", &key)
        visitor.field("range_end", &rangeEnd)
        visitor.field("revision", &revision)
        visitor.field("found", &found)
        visitor.field("returned", &returned)
    }
}

/// A transaction has compared, and goes one of its two ways. A transaction within one reports for itself.
package struct TxnDecided: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(133, "txn-decided")
    /// How many comparisons it has.
    package var compares = 0
    /// Whether all of them hold.
    package var succeeded = false
    /// How many operations the way has that it goes.
    package var operations = 0

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(compares: Int, succeeded: Bool, operations: Int) {
        self.compares = compares
        self.succeeded = succeeded
        self.operations = operations
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("compares", &compares)
        visitor.field("succeeded", &succeeded)
        visitor.field("operations", &operations)
    }
}

/// Everything in the store has one number: two members with the same history have the same.
package struct HashComputed: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(134, "hash-computed")
    /// Up to where it looks.
    package var revision = Revision.zero
    /// From where it looks.
    package var compacted = Revision.zero
    /// The number.
    package var hash: UInt64 = 0

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(revision: Revision, compacted: Revision, hash: UInt64) {
        self.revision = revision
        self.compacted = compacted
        self.hash = hash
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("revision", &revision)
        visitor.field("compacted", &compacted)
        visitor.field(hex: "hash", &hash)
    }
}

// MARK: - Compaction

/// History up to a revision is to be forgotten; from now on nobody can read it.
package struct CompactionScheduled: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(135, "compaction-scheduled")
    /// Up to here.
    package var revision = Revision.zero
    /// Up to where it was forgotten before.
    package var before = Revision.zero
    /// The newest revision.
    package var current = Revision.zero

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(revision: Revision, before: Revision, current: Revision) {
        self.revision = revision
        self.before = before
        self.current = current
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("revision", &revision)
        visitor.field("before", &before)
        visitor.field("current", &current)
    }
}

/// The key index has forgotten what nobody can ask for any more: of each key it keeps the newest revision at or below the
/// compacted one, and everything above.
package struct CompactionIndexDone: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(136, "compaction-index-done")
    /// Up to here.
    package var revision = Revision.zero
    /// How many keys are left.
    package var keys = 0
    /// How many revisions at or below the compacted one are still needed.
    package var kept = 0

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(revision: Revision, keys: Int, kept: Int) {
        self.revision = revision
        self.keys = keys
        self.kept = kept
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("revision", &revision)
        visitor.field("keys", &keys)
        visitor.field("kept", &kept)
    }
}

/// Records of forgotten revisions were removed from the file: one step of several, so that nobody waits.
package struct CompactionStep: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(137, "compaction-step")
    /// The compaction.
    package var revision = Revision.zero
    /// How many records this step has looked at.
    package var examined = 0
    /// What it removed.
    package var removed: [TraceRevision] = []

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(revision: Revision, examined: Int, removed: [TraceRevision]) {
        self.revision = revision
        self.examined = examined
        self.removed = removed
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("revision", &revision)
        visitor.field("examined", &examined)
        visitor.field("removed", &removed)
    }
}

/// The file holds nothing any more that the compaction has forgotten.
package struct CompactionDone: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(138, "compaction-done")
    /// The compaction.
    package var revision = Revision.zero
    /// How many records it has removed in all.
    package var removed = 0

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(revision: Revision, removed: Int) {
        self.revision = revision
        self.removed = removed
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("revision", &revision)
        visitor.field("removed", &removed)
    }
}
