// Placing.swift: where is room for a few words?
//
// Words may stand in several places; each place has a cost of its own (how far it is from where one would look first) and
// gets more expensive by what it would cover:
//
//     other words       40 each        never, if it can be avoided, not even for a bundle of arrows
//     the end of what was lost   8     it is a sign with a meaning
//     a bar              6             better not
//     an arrow           4             if need be: the letters cover it; the border of an island likewise
//
// The cheapest place is taken, the first of equals. Nothing is moved again later: so the same picture always comes out the
// same, and a picture with one message more is the same above it.
//
// COST     what is there is kept in rows of 64 points of height; a question looks at the rows that it touches.

/// An area of the sheet.
package struct Rectangle: Hashable, Sendable {
    /// Its edges; y grows downwards.
    package var left: Double
    /// Its upper edge.
    package var top: Double
    /// Its right edge.
    package var right: Double
    /// Its lower edge.
    package var bottom: Double

    /// Around a middle.
    package init(center: Point, width: Double, height: Double) {
        left = center.x - width / 2
        right = center.x + width / 2
        top = center.y - height / 2
        bottom = center.y + height / 2
    }

    /// Puts it elsewhere.
    mutating func move(right: Double, down: Double) {
        (left, self.right) = (left + right, self.right + right)
        (top, bottom) = (top + down, bottom + down)
    }

    /// Whether they have an area in common.
    package func overlaps(_ other: Rectangle) -> Bool {
        left < other.right && other.left < right && top < other.bottom && other.top < bottom
    }

    /// Whether a straight line goes through it.
    package func isCrossed(from: Point, to: Point) -> Bool {
        // The line is cut at one edge after the other; if something is left, it is inside.
        var (first, last) = (0.0, 1.0)
        let (dx, dy) = (to.x - from.x, to.y - from.y)
        for (slope, distance) in [
            (-dx, from.x - left), (dx, right - from.x), (-dy, from.y - top), (dy, bottom - from.y),
        ] {
            if slope == 0 {
                if distance < 0 { return false }
            } else if slope < 0 {
                first = max(first, distance / slope)
            } else {
                last = min(last, distance / slope)
            }
        }
        return first <= last
    }
}

/// What lies where, and what a place would cost.
struct Placing {
    /// One place that would do.
    struct Candidate {
        var area: Rectangle
        /// Where the text is told to stand.
        var anchor: Point
        var alignment: Alignment
        /// Its cost when nothing is there.
        var cost: Double
    }

    private enum Thing {
        case area(Rectangle, weight: Double)
        case line(Point, Point)
    }

    /// What covering other words costs.
    static let words = 40.0
    private static let rowHeight = 64.0
    private var rows: [Int: [Thing]] = [:]

    private func rows(from top: Double, to bottom: Double) -> ClosedRange<Int> {
        let first = Int((top / Self.rowHeight).rounded(.down))
        return first...max(first, Int((bottom / Self.rowHeight).rounded(.down)))
    }

    mutating func occupy(_ area: Rectangle, weight: Double) {
        for row in rows(from: area.top, to: area.bottom) { rows[row, default: []].append(.area(area, weight: weight)) }
    }

    mutating func occupy(from: Point, to: Point) {
        for row in rows(from: min(from.y, to.y), to: max(from.y, to.y)) {
            rows[row, default: []].append(.line(from, to))
        }
    }

    /// The cheapest place, and whether nothing else is there.
    func best(of candidates: [Candidate]) -> (place: Candidate, isClear: Bool) {
        var (best, lowest) = (0, Double.infinity)
        for (number, candidate) in candidates.enumerated() where candidate.cost < lowest {
            let cost = candidate.cost + load(of: candidate.area, below: lowest - candidate.cost)
            if cost < lowest { (best, lowest) = (number, cost) }
        }
        return (candidates[best], lowest <= candidates[best].cost)
    }

    private func load(of area: Rectangle, below limit: Double) -> Double {
        var sum = 0.0
        for row in rows(from: area.top, to: area.bottom) {
            for thing in rows[row] ?? [] {
                switch thing {
                case .area(let other, let weight): if area.overlaps(other) { sum += weight }
                case .line(let from, let to): if area.isCrossed(from: from, to: to) { sum += 4 }
                }
                if sum >= limit { return sum }
            }
        }
        return sum
    }
}
