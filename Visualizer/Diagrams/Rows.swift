// Rows.swift: how far down does an event stand, when no clock may be asked?
//
//     y(e) = the larger of      y(the event before it in its lane) + gap
//                               y(the sending of the message it receives) + drop
//
// Events come in causal order (CausalHistory.order), so both are known. So an arrow always slopes down, what depends on
// something stands below it, and a lane on which little happens stays high: a restart floats down to its next receipt.
// Two events at the same height say nothing about which came first.

/// Gives events their heights, lane by lane.
package struct Rows: Sendable {
    /// How far a message falls on its way.
    package var drop: Double
    private var ends: [Int: Double] = [:]

    /// Nothing stands anywhere.
    package init(drop: Double = 16.2) { self.drop = drop }

    /// The height of the next event of a lane: at least `gap` below the last one there, and a message's way below `sent`.
    package mutating func place(lane: Int, gap: Double, after sent: Double? = nil) -> Double {
        var y = (ends[lane] ?? 0) + gap
        if let sent { y = max(y, sent + drop) }
        ends[lane] = y
        return y
    }

    /// Keeps room below the last event of a lane.
    package mutating func reserve(lane: Int, _ room: Double) { ends[lane, default: 0] += room }

    /// The height of the last event of a lane.
    package func end(of lane: Int) -> Double { ends[lane] ?? 0 }
    /// The largest height of all lanes.
    package var bottom: Double { ends.values.max() ?? 0 }
}
