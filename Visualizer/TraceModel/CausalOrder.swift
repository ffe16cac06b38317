// CausalOrder.swift: which number does an event get, when all that is known are arrows?
//
// Each lane is walked as far as it goes. It stops in front of a receipt whose message was not sent yet, and goes on
// when it was:
//
//     n1    1 ---> 2 ---> 3 ... waits for n2's 4
//                   \
//     n2    1 ---> 2 \--> 4 (the longest chain: n1's 1, 2, 3 and this) ---> 5
//
// An event's number is one more than the largest of those right before it. The walk visits each event once and each
// arrow once.
//
// WHEN ALL LANES WAIT for each other, the arrows form a circle. That cannot happen to machines, but to files: two runs
// mixed, a name given twice. One arrow is left out, always the same one for the same traces (of the first lane that
// waits), and reported; then the walk goes on.

import Identifiers
import Trace

/// The walk that gives every event its Lamport number.
struct CausalOrder {
    private let lanes: [Lane]
    /// The number of each event; 0 while it has none.
    private(set) var numbers: [UInt32]
    /// What else must come before an event, beside the one before it in its lane; -1 is nothing.
    private(set) var before: [Int32]
    /// How far each lane is.
    private var cursors: [Int]
    /// Which lanes wait for an event.
    private var waiting: [Int: [Int]] = [:]

    init(lanes: [Lane], count: Int) {
        self.lanes = lanes
        numbers = Array(repeating: 0, count: count)
        before = Array(repeating: -1, count: count)
        cursors = lanes.map(\.events.lowerBound)
        // A later life comes after the whole earlier one.
        for (earlier, later) in zip(lanes, lanes.dropFirst()) where earlier.member == later.member {
            if let last = earlier.events.last, let first = later.events.first { before[first] = Int32(last) }
        }
    }

    /// The event at `to` comes after the one at `from`. A life begins with what the member remembers, never with a
    /// receipt, so no event has two arrows.
    mutating func addArrow(from: Int, to: Int) { if before[to] < 0 { before[to] = Int32(from) } }

    /// Walks; answers with the receipts whose arrow had to be left out.
    mutating func run() -> [Int] {
        var left: [Int] = []
        var ready = Array(lanes.indices.reversed())
        while true {
            while let lane = ready.popLast() { walk(lane, &ready) }
            guard let stuck = lanes.indices.first(where: { cursors[$0] < lanes[$0].events.upperBound }) else { break }
            let event = cursors[stuck]
            left.append(event)
            waiting[Int(before[event])]?.removeAll { $0 == stuck }
            before[event] = -1
            ready.append(stuck)
        }
        return left
    }

    private mutating func walk(_ lane: Int, _ ready: inout [Int]) {
        let events = lanes[lane].events
        while cursors[lane] < events.upperBound {
            let event = cursors[lane]
            var number: UInt32 = event > events.lowerBound ? numbers[event - 1] : 0
            if before[event] >= 0 {
                let other = Int(before[event])
                if numbers[other] == 0 {
                    waiting[other, default: []].append(lane)
                    return
                }
                number = max(number, numbers[other])
            }
            numbers[event] = number + 1
            cursors[lane] += 1
            if !waiting.isEmpty, let woken = waiting.removeValue(forKey: event) { ready += woken.reversed() }
        }
    }

    /// All events by number; where it is equal, by lane.
    func sorted() -> [Int32] {
        // Numbers are at most as many as events, so counting is sorting.
        var starts = [Int](repeating: 0, count: Int(numbers.max() ?? 0) + 2)
        for number in numbers { starts[Int(number) + 1] += 1 }
        for place in starts.indices.dropFirst() { starts[place] += starts[place - 1] }
        var order = [Int32](repeating: 0, count: numbers.count)
        for (event, number) in numbers.enumerated() {
            order[starts[Int(number)]] = Int32(event)
            starts[Int(number)] += 1
        }
        return order
    }

    /// The lane that an event lies in: lanes are few and lie one behind the other.
    static func lane(of event: Int, in lanes: [Lane]) -> Int {
        var (low, high) = (0, lanes.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if lanes[middle].events.lowerBound <= event { low = middle } else { high = middle }
        }
        return low
    }
}
