// RequestChoice.swift: a trace has a million requests, and a picture shows one. Which may it be?
//
// Following one request means to look at thousands of events behind it. So nobody follows all: requests are sought from the newest
// one back, a filter is asked before anything is followed, and who compares them with each other compares the newest few.
//
// COST     one walk over the kinds of all events, one more over what was proposed if the filter names indexes or terms.

import Identifiers
import Trace
import TraceModel

/// Which requests a filter wants.
enum RequestChoice {
    /// How many are given at the most: whoever wants an older one names it.
    static let most = 200

    /// The arrivals of requests that the filter lets pass, the newest first.
    static func newest(_ methods: Set<TraceMethod>, _ request: PictureRequest) -> [Int] {
        let history = request.history
        let proposed = proposals(request)
        var found: [Int] = []
        for place in history.order.indices.reversed() where request.filter.window?.contains(place) ?? true {
            let event = Int(history.order[place])
            guard history.kind(of: event) == RequestReceived.kind.number else { continue }
            let record = history.record(at: event)
            guard case .requestReceived(let received) = record.event, methods.contains(received.method),
                allows(received, record, request)
            else { continue }
            let name = RequestName(lane: history.lane(of: event), sequence: record.sequence)
            guard proposed?.contains(name) ?? true else { continue }
            found.append(event)
            if found.count == most { break }
        }
        return found
    }

    private static func allows(_ received: RequestReceived, _ record: TraceRecord, _ request: PictureRequest) -> Bool {
        let filter = request.filter
        if let wanted = filter.request, wanted != "\(record.sequence.rawValue)" { return false }
        if !filter.allows(key: received.key) { return false }
        return filter.members.isEmpty
            || filter.members.contains { request.names.member(called: $0) == record.member }
    }

    /// A request has its number in the life of the member that was asked.
    private struct RequestName: Hashable {
        var lane: Int
        var sequence: EventSequence
    }

    /// The requests whose entries have the indexes and terms that the filter names; nil: it names none.
    private static func proposals(_ request: PictureRequest) -> Set<RequestName>? {
        let (history, filter) = (request.history, request.filter)
        guard filter.indexes != nil || filter.terms != nil else { return nil }
        var names: Set<RequestName> = []
        for (number, lane) in history.lanes.enumerated() {
            for event in lane.events where history.kind(of: event) == RequestProposed.kind.number {
                guard case .requestProposed(let proposed) = history.record(at: event).event,
                    filter.indexes?.contains(proposed.index.rawValue) ?? true,
                    filter.terms?.contains(proposed.term.rawValue) ?? true
                else { continue }
                names.insert(RequestName(lane: number, sequence: proposed.request))
            }
        }
        return names
    }
}
