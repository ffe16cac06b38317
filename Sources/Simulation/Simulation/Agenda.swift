// Agenda.swift: what happens next?
//
// A simulated world has no clock that runs; it has a list of things that will happen, each with its
// time. The simulator takes the earliest, sets the time to it, lets it happen, and that may put new
// things on the list. A night of cluster life passes in as long as it takes to compute its events.
//
//     agenda:   t=100 n1 ticks | t=103 message 7 arrives at n2 | t=110 n2's disk has synced | ...
//                    ^ take it, now = 100
//
// RULES    G1  time never goes back: nothing is put on the agenda before now.
//          G2  things of the same time happen in the order in which they were put down, so that equal
//              seeds give equal histories on every machine.
// COST     a binary heap: log2(n) comparisons to put down and to take.

/// Things that will happen, the earliest first.
package struct Agenda<Happening> {
    private struct Item {
        var time: Int
        var order: UInt64
        var happening: Happening

        func isBefore(_ other: Item) -> Bool { time != other.time ? time < other.time : order < other.order }
    }

    private var heap: [Item] = []
    private var nextOrder: UInt64 = 0
    /// The time of the last thing taken.
    package private(set) var now = 0

    /// Nothing planned, at time zero.
    package init() {}

    /// Whether nothing is planned.
    package var isEmpty: Bool { heap.isEmpty }
    /// How many things are planned.
    package var count: Int { heap.count }
    /// When the next thing happens.
    package var nextTime: Int? { heap.first?.time }

    /// Plans something for `delay` after now.
    package mutating func plan(_ happening: Happening, after delay: Int) {
        precondition(delay >= 0, "G1: planned \(-delay) before now")
        heap.append(Item(time: now + delay, order: nextOrder, happening: happening))
        nextOrder += 1
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isBefore(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the next thing and moves the time to it, but not beyond `limit`: with nothing left to do
    /// until then, the time becomes `limit` and the answer is nil.
    package mutating func take(until limit: Int) -> Happening? {
        guard let first = heap.first, first.time <= limit else {
            now = max(now, limit)
            return nil
        }
        now = first.time
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return first.happening
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { return }
            if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
            guard heap[child].isBefore(heap[parent]) else { return }
            heap.swapAt(child, parent)
            parent = child
        }
    }
}
