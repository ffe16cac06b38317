// Filtering.swift: which part of a history does a filter mean?
//
// A filter means a stretch of the causal order: from the first event that speaks of what is wanted to the last. A stretch, and
// not a selection: an arrow without the events around it explains nothing. What lies before it is not drawn but is replayed,
// so that the picture begins with the true state.
//
// Keys and requests do select within their stretch (Selection.swift): between two writes of one key there may be thousands of
// others. What becomes of it is each picture's: an election keeps all roles, and of the entries only the chosen ones.

package import Identifiers
import Trace
import TraceModel

extension Filter {
    /// The part of `CausalHistory.order` that is meant.
    func range(in history: CausalHistory, of selection: Selection?) -> Range<Int> {
        var range = 0..<history.count
        if let window { range = range.clamped(to: window.lowerBound..<min(window.upperBound, history.count) + 1) }
        if terms == nil, indexes == nil, selection == nil { return range }
        var first: Int?
        var last = range.lowerBound
        for position in range {
            let place = Int(history.order[position])
            if let selection, !selection.isAbout(place) { continue }
            let event = history.record(at: place).event
            let isMeant =
                (terms.map { terms in event.terms.contains { terms.contains($0.rawValue) } } ?? true)
                && (indexes.map { indexes in event.indexes.map { $0.overlaps(indexes) } ?? false } ?? true)
            guard isMeant else { continue }
            first = first ?? position
            last = position
        }
        guard let first else { return range.lowerBound..<range.lowerBound }
        return first..<(last + 1)
    }

    /// The members that have lanes.
    package func chosenMembers(_ names: MemberNames) throws(PictureError) -> [MemberID] {
        var chosen: [MemberID] = []
        for text in members {
            guard let member = names.member(called: text) else {
                throw PictureError(
                    "no member is called `\(text)` in these traces; there are \(names.list(names.members))")
            }
            chosen.append(member)
        }
        return chosen.isEmpty ? names.members : names.members.filter(chosen.contains)
    }
}

extension Event {
    /// The terms that an event speaks of as news: those of roles, votes and messages.
    var terms: [Term] {
        switch self {
        case .roleChanged(let event): [event.term]
        case .voteAnswered(let event): [event.term]
        case .voteCounted(let event): [event.term]
        case .timeoutFired(let event): [event.term]
        case .quorumLost(let event): [event.term]
        case .raftMessageSent(let event): [event.message.term]
        case .raftMessageReceived(let event): [event.message.term]
        case .entriesAppended(let event): event.entries.map(\.term)
        case .commitAdvanced(let event): [event.term]
        default: []
        }
    }

    /// The log indexes that an event is about.
    var indexes: ClosedRange<UInt64>? {
        let span: (LogIndex, LogIndex)? =
            switch self {
            case .entriesAppended(let event): (event.first, event.last)
            case .commitAdvanced(let event): (event.commit, event.commit)
            case .entryApplied(let event): (event.index, event.index)
            case .requestProposed(let event): (event.index, event.index)
            case .raftMessageSent(let event): event.message.carried
            case .raftMessageReceived(let event): event.message.carried
            default: nil
            }
        guard let span, span.0 <= span.1 else { return nil }
        return span.0.rawValue...span.1.rawValue
    }
}

extension TraceMessage {
    /// The entries that an append carries, or the one that its answer is about.
    var carried: (LogIndex, LogIndex)? {
        switch type {
        case .app where entries > 0:
            (LogIndex(rawValue: index.rawValue &+ 1), LogIndex(rawValue: index.rawValue &+ UInt64(entries)))
        case .appResp: (index, index)
        default: nil
        }
    }
}
