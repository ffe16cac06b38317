// Slots.swift: how far down does an event stand, once one knows what comes after it?
//
// Rows.swift gives an event the smallest height that causality allows, at once. Two things are known only at the end:
//
//     WHO WAITS           A vote is sent early and counted late, because the candidate has much to do in between: a steep
//                         arrow over half the page. Nothing but its arrow says when it was sent, so the sending floats
//                         down to just above its receipt, and takes along the sync that it waited for.
//     WHO IS CROWDED      Words that find no place but on an arrow ask for more room; all that depends on them moves down.
//
//     y(slot) = the larger of    y(the slot before it in its lane) + gap + room that was asked for
//                                y(a sending that it depends on) + drop
//     then, from the last to the first: a sending moves down as far as its receipt and its lane's next slot allow
//
// ONE MOMENT. An experimenter cuts a network in one moment, and each member notes it for itself: such slots get one height
// (`join`). That claims no cause: equal heights say nothing about which came first. If causes forbid it, it is left undone.
//
// A place in a lane is called by its FIRST height, the one that it had when it was made: whatever was drawn there, or
// just below it, moves with it (`height(of:in:)`).
//
// A WISH. A member that campaigns because its leader is gone stands below the leader's crash, if no cause forbids it: the
// trace has no order of the two, and a reader looks for the crash first.
//
// COST     linear in slots, times the rounds that joined slots need (one or two).

/// Heights that can still be moved.
struct Slots: Sendable {
    /// What may be done to a slot when more is known.
    enum Kind: Sendable {
        /// It stays where causality puts it.
        case event
        /// It floats down to the receipt of what it sends.
        case sending
        /// The same, but nobody received it: it stays with what was sent after it.
        case lost
        /// It belongs to what follows it in its lane: the sync that a sending waited for, a restart.
        case prelude
    }

    private struct Slot: Sendable {
        var lane: Int
        /// Its height when it was made.
        var first: Double
        var gap: Double
        var kind: Kind
        /// The slot above it in its lane.
        var above: Int?
        var sources: [(slot: Int, drop: Double)] = []
        /// Room that was asked for.
        var extra = 0.0
    }

    /// How far a message falls on its way.
    let drop = 16.2
    private var slots: [Slot] = []
    private var lanes: [Int: [Int]] = [:]
    private var ends: [Int: Double] = [:]
    /// What the next slot of a lane must stand below although no arrow says so.
    private var floors: [Int: [Int]] = [:]
    private var moments: [[Int]] = []
    private var wishes: [(below: Int, above: Int)] = []

    /// How many there are.
    var count: Int { slots.count }

    /// The first height of the next event of a lane: at least `gap` below the last one, and a message's way below its sending.
    mutating func place(lane: Int, gap: Double, after sending: Int? = nil, _ kind: Kind = .event) -> Double {
        var slot = Slot(lane: lane, first: 0, gap: gap, kind: kind, above: lanes[lane]?.last)
        if let above = slot.above {
            // What was reserved below it is part of the gap.
            slot.gap += ends[lane, default: 0] - slots[above].first
        } else {
            slot.gap += ends[lane, default: 0]
        }
        if let sending { slot.sources.append((sending, drop)) }
        for floor in floors.removeValue(forKey: lane) ?? [] { slot.sources.append((floor, 0)) }
        slot.first = max(
            (slot.above.map { slots[$0].first } ?? 0) + slot.gap,
            slot.sources.map { slots[$0.slot].first + $0.drop }.max() ?? 0)
        slots.append(slot)
        lanes[lane, default: []].append(slots.count - 1)
        ends[lane] = slot.first
        return slot.first
    }

    /// Keeps room below the last event of a lane.
    mutating func reserve(lane: Int, _ room: Double) { ends[lane, default: 0] += room }

    /// The first height of the last event of a lane, with the room below it.
    func end(of lane: Int) -> Double { ends[lane] ?? 0 }

    /// The last slot of a lane.
    func last(of lane: Int) -> Int? { lanes[lane]?.last }

    /// The first height of a slot.
    func first(of slot: Int) -> Double { slots[slot].first }

    /// The slot below another one in its lane.
    func below(_ slot: Int) -> Int? {
        guard let list = lanes[slots[slot].lane], let place = list.firstIndex(of: slot) else { return nil }
        return place + 1 < list.count ? list[place + 1] : nil
    }

    /// Whatever comes next in a lane stands below another slot.
    mutating func lower(lane: Int, below slot: Int) {
        if floors[lane]?.last != slot { floors[lane, default: []].append(slot) }
    }

    /// These slots are one moment.
    mutating func join(_ moment: [Int]) { moments.append(moment) }

    /// A slot stands below another one, if nothing speaks against it.
    mutating func wish(_ slot: Int, below above: Int) { wishes.append((slot, above)) }

    /// Asks for more room above a slot.
    mutating func push(_ slot: Int, by room: Double) { slots[slot].extra += room }

    /// The slot that a first height belongs to: the lowest that is not below it.
    func slot(at y: Double, in lane: Int) -> Int? {
        guard let list = lanes[lane] else { return nil }
        var (low, high) = (0, list.count)
        while low < high {
            let middle = (low + high) / 2
            if slots[list[middle]].first <= y + 0.01 { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? list[low - 1] : nil
    }

    /// Where something stands now that was put at a first height.
    func height(of y: Double, in lane: Int, _ heights: [Double]) -> Double {
        guard let slot = slot(at: y, in: lane) else { return y }
        return heights[slot] + y - slots[slot].first
    }

    /// Whether a slot stands lower than its own lane wants it: it floats, or waits for a message.
    func isHanging(_ slot: Int, _ heights: [Double]) -> Bool {
        heights[slot] > (slots[slot].above.map { heights[$0] } ?? 0) + slots[slot].gap + slots[slot].extra + 0.1
    }

    // MARK: - Heights

    /// The heights of all slots, by number.
    func settled() -> [Double] {
        // What cannot be had is left undone: first wishes, then moments.
        let heights =
            leveled(moments, wishes) ?? leveled(moments, []) ?? fallen(Array(repeating: 0, count: slots.count))
        return floated(heights)
    }

    /// Heights at which moments are level and wishes come true; nil: causes in between forbid it.
    private func leveled(_ moments: [[Int]], _ wishes: [(below: Int, above: Int)]) -> [Double]? {
        var lowest = Array(repeating: 0.0, count: slots.count)
        for _ in 0..<20 {
            let heights = fallen(lowest)
            var isEven = true
            let lower = { (slot: Int, height: Double) in
                guard heights[slot] < height - 0.01 else { return }
                lowest[slot] = height
                isEven = false
            }
            for moment in moments {
                let height = moment.map { heights[$0] }.max() ?? 0
                for slot in moment { lower(slot, height) }
            }
            for wish in wishes { lower(wish.below, heights[wish.above] + drop) }
            if isEven { return heights }
        }
        return nil
    }

    private func fallen(_ lowest: [Double]) -> [Double] {
        var heights: [Double] = []
        heights.reserveCapacity(slots.count)
        for (number, slot) in slots.enumerated() {
            var height = max(lowest[number], (slot.above.map { heights[$0] } ?? 0) + slot.gap + slot.extra)
            for source in slot.sources { height = max(height, heights[source.slot] + source.drop) }
            heights.append(height)
        }
        return heights
    }

    /// Sendings float down to their receipts. Causes were made before their effects, so one walk backwards is enough.
    private func floated(_ fallen: [Double]) -> [Double] {
        var heights = fallen
        var limits = Array(repeating: Double.infinity, count: slots.count)
        var isHeard = Array(repeating: false, count: slots.count)
        var below: [Int: Int] = [:]
        let joined = Set(moments.joined())
        for number in slots.indices.reversed() {
            let slot = slots[number]
            let next = below[slot.lane]
            below[slot.lane] = number
            let limit = min(limits[number], next.map { heights[$0] - slots[$0].gap - slots[$0].extra } ?? .infinity)
            let isMoved =
                switch slot.kind {
                case .event: false
                case .sending: isHeard[number]
                case .lost: next.map { slots[$0].kind != .event && heights[$0] > fallen[$0] } ?? false
                case .prelude: true
                }
            if isMoved, limit.isFinite, limit > heights[number], !joined.contains(number) {
                heights[number] = limit
            }
            for source in slot.sources {
                limits[source.slot] = min(limits[source.slot], heights[number] - source.drop)
                if source.drop > 0 { isHeard[source.slot] = true }
            }
        }
        return heights
    }
}
