// Loading.swift: records come in, in any order, from any number of files; a history comes out.
//
//     add, add, add ...        lines as they come: lives interleaved, files in any order, a file given twice
//        |
//        v  finish             1  lives get their rows, each sorted by the events' own numbers
//     CausalHistory                  2  what is there twice is taken once; what is missing is noted
//                              3  both ends of each message find each other by its name
//                              4  Lamport numbers (CausalOrder.swift)
//
// NO CLOCK is looked at. Times are kept for whoever wants to show them.
//
// COST     about a hundred bytes an event while loading; each step is linear, but for the sorting of lives whose
//          events did not come in order. A million lines: see `bench: a million events`.
// RULES    H1  what is kept can be read again: it was decoded once before it was written.
//          H2  whatever the records say, nothing here traps: traces are edited by people and cut by crashes.

package import Bytes
import Identifiers
package import Trace

/// Collects records and makes a history of them.
package struct HistoryLoader: ~Copyable {
    /// What was found wrong so far; sources add to it.
    package private(set) var troubles = Troubles()

    private var rows: [TraceOrigin: Int32] = [:]
    private var origins: [TraceOrigin] = []
    private var lastOrigin: TraceOrigin?
    private var lastRow: Int32 = 0

    // One element an event, in the order of arrival.
    private var rowOf: [Int32] = []
    private var sequences: [UInt64] = []
    private var kinds: [UInt8] = []
    private var offsets: [Int] = [0]
    private var times: [TraceTime?] = []
    private var clock = WallClockMemory()
    private var facts = ByteBuffer(capacity: 1 << 16)
    private var writer = CompactWriter()

    // Events that send or receive, and events about writes; few or many, so kept apart.
    private var named: [(event: Int32, name: MessageName, peer: MemberID)] = []
    private var tickets: [(event: Int32, ticket: UInt64)] = []

    /// Nothing was added yet.
    package init() {}

    /// How many records were added.
    package var count: Int { kinds.count }

    /// Adds a line. Nearly all are spelled as our own writer spells them, and go from text to the compact form in one
    /// pass; any other is read as JSON.
    package mutating func add(line: ByteView) throws(TraceLineError) {
        if let head = LineScanner.read(line, into: &writer, &clock) {
            keep(head)
        } else {
            add(try TraceRecord(line: line))
        }
    }

    /// Adds a record.
    package mutating func add(_ record: TraceRecord) {
        var record = record
        if let bad = record.causes.first(where: { $0 >= record.sequence }) {
            troubles.note(.badCause(record.member, record.epoch, record.sequence, cause: bad))
            record.causes.removeAll { $0 >= record.sequence }
        }
        writer.write(record)
        var head = TraceHead()
        head.origin = TraceOrigin(member: record.member, epoch: record.epoch)
        head.sequence = record.sequence
        head.message = record.message
        head.time = record.time
        head.kind = type(of: record.event.payload).kind.number
        keep(head)
    }

    /// Keeps the record that `writer` has written last.
    private mutating func keep(_ head: TraceHead) {
        guard kinds.count < Int32.max else { return }
        let event = Int32(kinds.count)
        if head.origin != lastOrigin {
            lastRow = row(of: head.origin)
            lastOrigin = head.origin
        }
        facts.append(writer.view)
        rowOf.append(lastRow)
        sequences.append(head.sequence.rawValue)
        kinds.append(head.kind)
        offsets.append(facts.count)
        if head.time != nil, times.isEmpty { times = Array(repeating: nil, count: Int(event)) }
        if head.time != nil || !times.isEmpty { times.append(head.time) }
        let isTraffic = [RaftMessageSent.kind.number, RaftMessageReceived.kind.number].contains(head.kind)
        if isTraffic || head.kind == WriteDurable.kind.number || head.message != nil { noteTraffic(head, event) }
    }

    /// Remembers the ends of messages, and which write a message waits for.
    private mutating func noteTraffic(_ head: TraceHead, _ event: Int32) {
        guard let record = try? TraceRecord(compact: writer.view, from: head.origin) else { return }
        var peer = MemberID.none
        switch record.event {
        case .raftMessageSent(let sent):
            if sent.afterTicket > 0 { tickets.append((event, sent.afterTicket)) }
            peer = sent.message.to
        case .raftMessageReceived(let received): peer = received.message.from
        case .writeDurable(let durable): tickets.append((event, durable.ticket))
        default: break
        }
        if let name = record.message { named.append((event, name, peer)) }
    }

    /// Notes what is wrong with a source.
    package mutating func note(_ trouble: Trouble) { troubles.note(trouble) }

    private mutating func row(of origin: TraceOrigin) -> Int32 {
        if let row = rows[origin] { return row }
        let row = Int32(origins.count)
        origins.append(origin)
        rows[origin] = row
        return row
    }

    // MARK: - The end

    /// Makes the history.
    package consuming func finish() -> CausalHistory {
        let (places, lanes) = arrange()
        var place = [Int32](repeating: -1, count: kinds.count)
        for (new, old) in places.enumerated() { place[Int(old)] = Int32(new) }
        noteGaps(places, lanes)
        let sorted = places.map { kinds[Int($0)] }
        var ends = matchEnds(place, sorted, lanes)
        let releases = findReleases(place, sorted, lanes)
        var clocks = CausalOrder(lanes: lanes, count: places.count)
        for (receipt, sending) in ends.arrows {
            clocks.addArrow(from: releases[sending].map(Int.init) ?? Int(sending), to: Int(receipt))
        }
        for event in clocks.run() {
            let lane = lanes[CausalOrder.lane(of: event, in: lanes)]
            troubles.note(
                .cycle(lane.member, lane.epoch, EventSequence(rawValue: sequences[Int(places[event])])))
        }
        // The facts move into the order of the lanes, so that who walks along a lane walks along memory.
        var moved = ByteBuffer(capacity: facts.count)
        var movedOffsets: [Int] = [0]
        movedOffsets.reserveCapacity(places.count + 1)
        let view = facts.view
        for old in places {
            moved.append(view[offsets[Int(old)]..<offsets[Int(old) + 1]])
            movedOffsets.append(moved.count)
        }
        ends.lost.sort()
        return CausalHistory(
            lanes: lanes, order: clocks.sorted(), troubles: troubles, repeatedArrivals: ends.repeated,
            sequences: places.map { sequences[Int($0)] }, kinds: sorted, offsets: movedOffsets, facts: moved.slice(),
            partners: ends.partners, arrows: clocks.before, lamport: clocks.numbers,
            times: times.isEmpty ? [] : places.map { times[Int($0)] },
            unreceived: ends.lost)
    }

    /// Rows by member and life, each by number; every event once.
    private mutating func arrange() -> (places: [Int32], lanes: [Lane]) {
        let sorted = origins.indices.sorted { left, right in
            (origins[left].member, origins[left].epoch) < (origins[right].member, origins[right].epoch)
        }
        var members = [[Int32]](repeating: [], count: origins.count)
        for event in kinds.indices { members[Int(rowOf[event])].append(Int32(event)) }
        var places: [Int32] = []
        places.reserveCapacity(kinds.count)
        var lanes: [Lane] = []
        for row in sorted {
            var events = members[row]
            members[row] = []
            let isInOrder = zip(events, events.dropFirst()).allSatisfy { sequences[Int($0)] < sequences[Int($1)] }
            if !isInOrder {
                // Of two with the same number the one that came first stays in front.
                events.sort { (sequences[Int($0)], $0) < (sequences[Int($1)], $1) }
                dropRepeated(&events, origins[row])
            }
            let first = places.count
            places += events
            lanes.append(Lane(member: origins[row].member, epoch: origins[row].epoch, events: first..<places.count))
        }
        return (places, lanes)
    }

    private mutating func dropRepeated(_ events: inout [Int32], _ origin: TraceOrigin) {
        var kept: [Int32] = []
        kept.reserveCapacity(events.count)
        for event in events {
            guard let last = kept.last, sequences[Int(last)] == sequences[Int(event)] else {
                kept.append(event)
                continue
            }
            let view = facts.view
            let same =
                view[offsets[Int(last)]..<offsets[Int(last) + 1]] == view[offsets[Int(event)]..<offsets[Int(event) + 1]]
            if !same {
                troubles.note(
                    .contradiction(origin.member, origin.epoch, EventSequence(rawValue: sequences[Int(event)])))
            }
        }
        events = kept
    }

    private mutating func noteGaps(_ places: [Int32], _ lanes: [Lane]) {
        for lane in lanes {
            var expected: UInt64 = 1
            for event in lane.events {
                let old = Int(places[event])
                let isGap = kinds[old] == Gap.kind.number
                if sequences[old] > expected || isGap {
                    troubles.note(
                        .gap(
                            lane.member, lane.epoch, first: EventSequence(rawValue: min(expected, sequences[old])),
                            last: EventSequence(rawValue: isGap ? sequences[old] : sequences[old] - 1),
                            isAdmitted: isGap))
                }
                expected = sequences[old] &+ 1
            }
        }
    }

    // MARK: Messages

    private struct Ends {
        var partners: [Int32]
        /// From each receipt to its sending.
        var arrows: [(receipt: Int32, sending: Int)] = []
        var lost: [Int32] = []
        var repeated = 0
    }

    private mutating func matchEnds(_ place: [Int32], _ kinds: [UInt8], _ lanes: [Lane]) -> Ends {
        var ends = Ends(partners: Array(repeating: -1, count: kinds.count))
        var sendings: [MessageName: Int32] = [:]
        sendings.reserveCapacity(named.count / 2)
        let traced = Set(lanes.map(\.member))
        let isReceipt = { (event: Int32) in kinds[Int(event)] == RaftMessageReceived.kind.number }
        for (old, name, _) in named {
            let event = place[Int(old)]
            guard event >= 0, !isReceipt(event) else { continue }
            if sendings.updateValue(event, forKey: name) != nil { note(old, Trouble.nameTwice) }
        }
        for (old, name, peer) in named {
            let event = place[Int(old)]
            guard event >= 0, isReceipt(event) else { continue }
            guard let sending = sendings[name] else {
                if traced.contains(peer) { note(old, Trouble.receivedUnsent) }
                continue
            }
            ends.partners[Int(event)] = sending
            ends.arrows.append((event, Int(sending)))
            if ends.partners[Int(sending)] < 0 { ends.partners[Int(sending)] = event } else { ends.repeated += 1 }
        }
        for (old, _, peer) in named {
            let event = place[Int(old)]
            guard event >= 0, !isReceipt(event), ends.partners[Int(event)] < 0 else { continue }
            if traced.contains(peer) { ends.lost.append(event) }
        }
        return ends
    }

    private mutating func note(_ old: Int32, _ make: (MemberID, BootEpoch, EventSequence) -> Trouble) {
        let origin = origins[Int(rowOf[Int(old)])]
        troubles.note(make(origin.member, origin.epoch, EventSequence(rawValue: sequences[Int(old)])))
    }

    /// For promises, where they really left: a message that waits for a write leaves when that is durable.
    private func findReleases(_ place: [Int32], _ kinds: [UInt8], _ lanes: [Lane]) -> [Int: Int32] {
        var releases: [Int: Int32] = [:]
        var waiting: [Int: [(event: Int32, ticket: UInt64)]] = [:]
        var durable: [Int: UInt64] = [:]
        var sorted = tickets.compactMap { old, ticket in
            place[Int(old)] < 0 ? nil : (event: place[Int(old)], ticket: ticket)
        }
        sorted.sort { $0.event < $1.event }
        for (event, ticket) in sorted {
            let lane = CausalOrder.lane(of: Int(event), in: lanes)
            if kinds[Int(event)] == WriteDurable.kind.number {
                durable[lane] = max(durable[lane] ?? 0, ticket)
                guard let promises = waiting[lane] else { continue }
                for promise in promises where promise.ticket <= ticket { releases[Int(promise.event)] = event }
                waiting[lane] = promises.filter { $0.ticket > ticket }
            } else if ticket > durable[lane] ?? 0 {
                waiting[lane, default: []].append((event, ticket))
            }
        }
        return releases
    }
}
