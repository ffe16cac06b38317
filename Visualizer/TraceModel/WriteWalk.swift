// WriteWalk.swift: one write, followed event by event through the lane of the member that was asked.
//
// Each event is looked at once, and only what the write has come to decides whether it is meant: the first sync whose ticket
// covers the entry, the first commit that reaches it. Three things make that harder than it sounds:
//
//     EARLY     Raft hands an entry to its followers and to the log before the member has said which entry it is. So
//               appends and writes are kept until `request-proposed` names the index.
//     TOGETHER  entries are handed over and applied in groups. What the state machine reports belongs to the next
//               `entry-applied`; if that is another entry's, it is forgotten.
//     LOST      when another leader has overwritten the entry, whatever is said of its index is another's.
//
// RULES    H2  whatever the events say, nothing here traps: what is missing is nil.

import Identifiers
import Trace

/// A write while it is followed.
struct WriteWalk {
    /// As far as it is known.
    private(set) var path: WritePath
    private let name: EventSequence
    /// What is kept until the entry has a name.
    private var appends: [(event: Int, entries: EntriesAppended)] = []
    private var writes: [(event: Int, write: WriteIssued)] = []
    /// What the state machine has said of the entry that it is applying.
    private var written: [(event: Int, main: Revision)] = []
    private var (compared, compacted): (Int?, Int?)
    /// The write of the log, the revision and the pages that are waited for.
    private var (ticket, transaction): (UInt64, UInt64) = (0, 0)
    private var revision = Revision.zero

    init(_ path: WritePath, _ name: EventSequence) {
        self.path = path
        self.name = name
    }

    /// Looks at the next event of the lane.
    mutating func take(_ facts: Event, at event: Int) {
        switch facts {
        case .requestProposed(let proposed) where proposed.request == name: propose(proposed, event)
        case .requestRefused(let refused) where refused.request == name: path.refused = event
        case .requestAnswered(let answered) where answered.request == name: path.answered = event
        case .answersFlushed where path.answered != nil || path.refused != nil: path.flushed = path.flushed ?? event
        default:
            log(facts, event)
            apply(facts, event)
            store(facts, event)
        }
    }

    private mutating func propose(_ proposed: RequestProposed, _ event: Int) {
        path.proposed = event
        (path.index, path.term, path.id) = (proposed.index, proposed.term, proposed.id)
        path.appended = appends.last { $0.entries.term(at: path.index) != nil }?.event
        if let write = writes.last(where: { $0.write.covers(path.index) }) {
            (path.issued, ticket) = (write.event, write.write.ticket)
        }
    }

    /// Raft and the log's writer.
    private mutating func log(_ facts: Event, _ event: Int) {
        switch facts {
        case .entriesAppended(let entries) where path.proposed == nil: appends.append((event, entries))
        case .entriesAppended(let entries) where path.appended == nil && entries.term(at: path.index) == path.term:
            path.appended = event
        case .entriesAppended(let entries) where path.overwritten != nil && path.successor == .zero:
            path.successor = entries.term(at: path.index) ?? .zero
        case .entriesTruncated(let cut) where path.canBeLost && cut.first <= path.index: path.overwritten = event
        case .writeIssued(let write) where path.proposed == nil: writes.append((event, write))
        case .writeIssued(let write) where path.issued == nil && write.covers(path.index):
            (path.issued, ticket) = (event, write.ticket)
        case .logSynced(let sync) where isAwaited(sync.ticket): path.synced = event
        case .writeDurable(let write) where isAwaited(write.ticket): path.synced = event
        case .commitAdvanced(let commit) where path.canBeLost && commit.commit >= path.index: path.committed = event
        default: break
        }
    }

    /// Whether a write of the log is the one that makes the entry durable.
    private func isAwaited(_ done: UInt64) -> Bool { path.synced == nil && path.issued != nil && done >= ticket }

    /// The state machine, and who hears of what it did.
    private mutating func apply(_ facts: Event, _ event: Int) {
        switch facts {
        case .entriesHanded(let handed) where path.isIn(handed.first, handed.last):
            path.handed = path.handed ?? event
            forget()
        case .revisionWritten(let record): written.append((event, record.main))
        case .txnDecided: compared = event
        case .compactionScheduled: compacted = event
        case .entryApplied(let entry) where path.isItself(entry):
            path.applied = path.applied ?? event
            revision = entry.revision
            path.written = written.filter { $0.main == revision }.map(\.event)
            (path.compared, path.compacted) = (compared, compacted)
        case .entryApplied: forget()
        case .watchEventsSent(let sent)
        where path.applied != nil && path.flushed == nil && sent.revision >= revision && !path.written.isEmpty:
            path.watched.append(event)
        default: break
        }
    }

    private mutating func forget() { (written, compared, compacted) = ([], nil, nil) }

    /// The file of pages, later.
    private mutating func store(_ facts: Event, _ event: Int) {
        switch facts {
        case .pagesIssued(let pages)
        where path.applied != nil && path.pagesIssued == nil && pages.applied >= path.index:
            (path.pagesIssued, transaction) = (event, pages.transaction)
        case .pagesDurable(let pages)
        where path.pagesIssued != nil && path.pagesDurable == nil && pages.transaction >= transaction:
            path.pagesDurable = event
        default: break
        }
    }
}

extension WriteIssued {
    /// Whether this write has an entry in it.
    func covers(_ index: LogIndex) -> Bool { index != .zero && first <= index && index <= last }
}

extension WritePath {
    /// Whether an applied entry is this request's.
    fileprivate func isItself(_ entry: EntryApplied) -> Bool {
        guard overwritten == nil else { return false }
        return index != .zero ? entry.index == index && entry.term == term : id != 0 && entry.id == id
    }

    /// Whether the entry is in the log and nothing has decided yet whether it stays there.
    fileprivate var canBeLost: Bool { index != .zero && committed == nil && overwritten == nil }

    /// Whether a span of entries has this one.
    fileprivate func isIn(_ first: LogIndex, _ last: LogIndex) -> Bool {
        overwritten == nil && first <= index && index <= last
    }
}

extension EntriesAppended {
    /// The term of one of these entries; nil when it is not among them.
    fileprivate func term(at index: LogIndex) -> Term? {
        let place = index.rawValue &- first.rawValue
        return place < UInt64(entries.count) ? entries[Int(place)].term : nil
    }
}
