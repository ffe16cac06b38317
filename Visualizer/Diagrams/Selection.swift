// Selection.swift: which entries of the logs did some requests make, and which events are about them?
//
// Raft does not look into its commands: no event of the log knows a key. But the member that was asked says which entry a
// request became, and the store of every member says which keys an entry wrote. So keys and requests select entries:
//
//     request-received (its key)  --name------>  request-proposed  --index, term-->  the entry
//     revision-written (a key)    --revision-->  entry-applied     --index, term-->  the entry
//
// and an entry selects the events that move it on: where it is appended, sent, written, acknowledged, committed, applied.
// For an event that speaks of an index without naming entries ("durable up to 7") that is the one which first gets there.
//
// The history is walked twice: for the entries, and then, with a replica of every member, for the events.
//
// COST     a number of memory for each event that is selected. The second walk decodes every event once; who chooses no keys
//          pays nothing.

import Bytes
import Identifiers
import Trace
import TraceModel

/// The entries that some requests have made, and the events about them.
struct Selection: Sendable {
    /// The arrivals of the requests.
    private var arrivals: Set<Int> = []
    /// The terms of the entries that they have made, by index: an index may have had others in other terms.
    private var terms: [LogIndex: Set<Term>] = [:]
    /// The indexes of these entries, in order.
    private(set) var indexes: [LogIndex] = []
    private var events: Set<Int> = []

    /// Nil when a filter chooses neither keys nor a request.
    init?(_ filter: Filter, in history: CausalHistory) throws(PictureError) {
        guard filter.choosesRequests else { return nil }
        for lane in history.lanes { findEntries(of: lane, filter, history) }
        guard !arrivals.isEmpty || !terms.isEmpty else {
            var words: [String] = []
            if let number = filter.request { words.append("has the number \(number)") }
            if !filter.keys.isEmpty {
                words.append("is about keys that begin with `\(filter.keys.joined(separator: "` or `"))`")
            }
            throw PictureError("no request in these traces \(words.joined(separator: " and "))")
        }
        indexes = terms.keys.sorted()
        findEvents(history)
    }

    /// Whether an event is about what was chosen.
    func isAbout(_ event: Int) -> Bool { events.contains(event) }

    /// Whether there is something to be seen in a log.
    func requireEntries(for picture: PictureKind) throws(PictureError) {
        guard terms.isEmpty else { return }
        throw PictureError(
            "what was chosen has made no entry in these logs (a read makes none): `\(picture.rawValue)` has nothing to show "
                + "of it; `timeline` and `read` have")
    }

    private func has(_ index: LogIndex, _ term: Term) -> Bool { terms[index]?.contains(term) ?? false }

    /// The chosen indexes above one and up to another.
    private func indexes(after low: LogIndex, upTo high: LogIndex) -> ArraySlice<LogIndex> {
        guard low < high else { return [] }
        let first = place(after: low)
        return indexes[first..<max(first, place(after: high))]
    }

    /// Where in `indexes` the first one above an index stands.
    private func place(after index: LogIndex) -> Int {
        var (low, high) = (0, indexes.count)
        while low < high {
            let middle = (low + high) / 2
            if indexes[middle] <= index { low = middle + 1 } else { high = middle }
        }
        return low
    }

    // MARK: - Entries

    private mutating func findEntries(of lane: Lane, _ filter: Filter, _ history: CausalHistory) {
        var names: Set<EventSequence> = []
        var written: Set<Revision> = []
        for event in lane.events where Self.isOfRequests[Int(history.kind(of: event))] {
            let record = history.record(at: event)
            switch record.event {
            case .requestReceived(let request):
                if let number = filter.request, number != "\(record.sequence.rawValue)" { continue }
                guard filter.allows(key: request.key) else { continue }
                arrivals.insert(event)
                names.insert(record.sequence)
            case .requestProposed(let proposed) where names.contains(proposed.request):
                terms[proposed.index, default: []].insert(proposed.term)
            // A transaction, or the deletion of a range, has more keys than the one that its request is known by.
            case .revisionWritten(let change) where filter.request == nil && filter.allows(key: change.key):
                written.insert(change.main)
            case .entryApplied(let entry) where written.contains(entry.revision) && entry.revision != .zero:
                terms[entry.index, default: []].insert(entry.term)
            default: break
            }
        }
    }

    // MARK: - Events

    /// What the second walk knows.
    private struct Walk {
        struct Pair: Hashable {
            var from: MemberID
            var to: MemberID
        }
        var replicas: [MemberID: Replica] = [:]
        /// Up to where somebody has acknowledged entries to somebody.
        var acknowledged: [Pair: LogIndex] = [:]
        /// What a store has written since it has applied the last entry.
        var written: [MemberID: [(event: Int, main: Revision)]] = [:]
        /// Who has answered one of the requests, and has not sent the answer yet.
        var answering: Set<MemberID> = []
    }

    private mutating func findEvents(_ history: CausalHistory) {
        var walk = Walk()
        for place in history.order {
            let event = Int(place)
            let record = history.record(at: event)
            if isAbout(record, event, history, &walk) { events.insert(event) }
            walk.replicas[record.member, default: Replica(record.member)].apply(record.event)
        }
    }

    private mutating func isAbout(
        _ record: TraceRecord, _ event: Int, _ history: CausalHistory, _ walk: inout Walk
    ) -> Bool {
        let member = record.member
        // Of an index, this member may hold the entry of another term.
        func reaches(_ low: LogIndex?, _ high: LogIndex) -> Bool {
            let replica = walk.replicas[member]
            return indexes(after: low ?? .zero, upTo: high).contains { index in
                replica?.term(at: index).map { has(index, $0) } ?? true
            }
        }
        switch record.event {
        case .raftMessageSent(let sent): return isAbout(sent.message, &walk)
        case .raftMessageReceived: return history.partner(of: event).map(events.contains) ?? false
        case .entriesAppended(let appended):
            return appended.entries.enumerated().contains { has(appended.first.advanced(by: $0), $1.term) }
        case .entriesTruncated(let cut):
            for pair in walk.acknowledged.keys where pair.from == member {
                walk.acknowledged[pair] = min(walk.acknowledged[pair]!, cut.first.before)
            }
            guard let replica = walk.replicas[member] else { return false }
            return indexes(after: cut.first.before, upTo: replica.last).contains {
                has($0, replica.term(at: $0) ?? .zero)
            }
        case .commitAdvanced(let now): return reaches(walk.replicas[member]?.commit, now.commit)
        case .writeIssued(let write): return write.first != .zero && reaches(write.first.before, write.last)
        case .logSynced(let sync): return reaches(walk.replicas[member]?.durable, sync.index)
        case .writeDurable(let write): return reaches(walk.replicas[member]?.durable, write.index)
        case .entriesHanded(let handed): return reaches(handed.first.before, handed.last)
        case .entriesApplied(let now): return reaches(walk.replicas[member]?.applied, now.applied)
        case .snapshotRestored(let snapshot): return reaches(walk.replicas[member]?.last, snapshot.index)
        case .revisionWritten(let change):
            walk.written[member, default: []].append((event, change.main))
            return false
        case .entryApplied(let entry):
            let written = walk.written.removeValue(forKey: member) ?? []
            guard has(entry.index, entry.term) else { return false }
            for change in written where change.main == entry.revision { events.insert(change.event) }
            return true
        case .answersFlushed: return walk.answering.remove(member) != nil
        default:
            guard isOfRequest(record, event, history) else { return false }
            switch record.event {
            case .requestAnswered, .requestRefused: walk.answering.insert(member)
            default: break
            }
            return true
        }
    }

    /// Whether a message carries one of the entries, or is the first to say that its sender has it.
    private func isAbout(_ message: TraceMessage, _ walk: inout Walk) -> Bool {
        guard let (first, last) = message.carried else { return false }
        let sender = walk.replicas[message.from]
        let isOurs = { (index: LogIndex) in sender?.term(at: index).map { self.has(index, $0) } ?? true }
        if message.type == .app { return indexes(after: first.before, upTo: last).contains(where: isOurs) }
        guard !message.reject else { return false }
        let pair = Walk.Pair(from: message.from, to: message.to)
        let known = walk.acknowledged[pair] ?? .zero
        walk.acknowledged[pair] = max(known, last)
        return indexes(after: known, upTo: last).contains(where: isOurs)
    }

    private func isOfRequest(_ record: TraceRecord, _ event: Int, _ history: CausalHistory) -> Bool {
        let isOurs = { (name: EventSequence) in
            history.event(name, inLane: history.lane(of: event)).map(arrivals.contains) ?? false
        }
        switch record.event {
        case .requestReceived: return arrivals.contains(event)
        case .requestProposed(let proposed): return isOurs(proposed.request)
        case .requestAnswered(let answered): return isOurs(answered.request)
        case .requestRefused(let refused): return isOurs(refused.request)
        case .readParked(let parked): return isOurs(parked.request)
        // What is done for a request within its own turn names it as its cause.
        default: return record.causes.contains(where: isOurs)
        }
    }

    private static let isOfRequests: [Bool] = {
        var flags = [Bool](repeating: false, count: 256)
        for kind in [RequestReceived.kind, RequestProposed.kind, RevisionWritten.kind, EntryApplied.kind] {
            flags[Int(kind.number)] = true
        }
        return flags
    }()
}

extension Filter {
    /// Whether keys or a request are chosen.
    package var choosesRequests: Bool { !keys.isEmpty || request != nil }

    /// Whether a key begins as it should.
    func allows(key: TraceBytes) -> Bool {
        if keys.isEmpty { return true }
        let slice = key.slice
        let text = slice.view.lossyText
        return keys.contains { text.hasPrefix($0) }
    }
}

extension LogIndex {
    /// The one before, or none.
    fileprivate var before: LogIndex { LogIndex(rawValue: rawValue == 0 ? 0 : rawValue - 1) }
    fileprivate func advanced(by count: Int) -> LogIndex { LogIndex(rawValue: rawValue &+ UInt64(count)) }
}
