// Crowding.swift: what stands on what in a picture? Measured in its DOT, by other means than those that placed it.
//
//     node   pos, width, height, class                 a note, a label, a bar, an island
//     edge   from a node to a node, class "message"    an arrow
//
// The text of a graph is all that Graphviz is told; so what is measured here is what is drawn.

import Diagrams

/// What a picture's words stand on.
struct Crowding {
    struct Shape {
        var area: Rectangle
        var words: String
    }

    private(set) var words: [Shape] = []
    private(set) var bars: [Rectangle] = []
    private(set) var islands: [Rectangle] = []
    private(set) var tallies: [Rectangle] = []
    private var legend: [Shape] = []
    private(set) var arrows: [(from: Point, to: Point, isLost: Bool)] = []
    private(set) var width = 0.0

    init(_ dot: String) {
        var places: [Int: Point] = [:]
        var (left, right) = (Double.infinity, -Double.infinity)
        for line in dot.split(separator: "\n") {
            if let node = line.firstMatch(
                of: /^ *n(\d+) \[pos="(-?[\d.]+),(-?[\d.]+)", width=([\d.]+), height=([\d.]+)/)
            {
                let place = Point(Double(node.2)!, -Double(node.3)!)
                let (width, height) = (Double(node.4)! * 72, Double(node.5)! * 72)
                places[Int(node.1)!] = place
                (left, right) = (min(left, place.x - width / 2), max(right, place.x + width / 2))
                // The places of words have a little air around the letters.
                let letters = Rectangle(center: place, width: width - 4, height: height - 3)
                let isWord = line.contains("shape=plaintext")
                if isWord, line.contains("class=\"note") || line.contains("class=\"message") {
                    words.append(Shape(area: letters, words: Self.label(line)))
                }
                let box = Rectangle(center: place, width: width, height: height)
                if line.contains("role-") { bars.append(box) }
                if line.contains("class=\"tally\"") { tallies.append(box) }
                if isWord, line.contains("class=\"legend\"") {
                    // Its sign is higher than its letters.
                    let row = Rectangle(center: place, width: width - 4, height: 16)
                    legend.append(Shape(area: row, words: Self.label(line)))
                }
                if line.contains("#D55E0014"), line.contains("dashed"), height > 14 { islands.append(box) }
            } else if let edge = line.firstMatch(of: /^ *n(\d+) -> n(\d+) .*class="message/),
                let from = places[Int(edge.1)!], let to = places[Int(edge.2)!]
            {
                arrows.append((from, to, line.contains(" lost\"")))
            }
        }
        width = right - left
    }

    private static func label(_ line: Substring) -> String {
        if let text = line.firstMatch(of: /label="([^"]*)"/) { return String(text.1).replacing("\\l", with: "") }
        guard let html = line.firstMatch(of: #/label=<(.*)>, class/#) else { return "" }
        return String(html.1).replacing(/<[^>]*>/, with: "")
    }

    /// Words that an arrow goes through.
    var onArrows: [String] {
        words.filter { word in arrows.contains { word.area.isCrossed(from: $0.from, to: $0.to) } }.map(\.words)
    }
    /// Words that have a place in common with others.
    var onWords: [String] {
        words.enumerated().flatMap { number, word in
            words.dropFirst(number + 1).filter { $0.area.overlaps(word.area) }.map { "\(word.words) / \($0.words)" }
        }
    }
    /// Words that the border of an island goes through.
    var onBorders: [String] {
        words.filter { word in
            islands.contains { island in
                let corners = [
                    Point(island.left, island.top), Point(island.right, island.top),
                    Point(island.right, island.bottom), Point(island.left, island.bottom),
                ]
                return corners.indices.contains { word.area.isCrossed(from: corners[$0], to: corners[($0 + 1) % 4]) }
            }
        }.map(\.words)
    }
    /// Words, those of the legend too, that stand on a tally of votes.
    var onTallies: [String] {
        (words + legend).filter { word in tallies.contains { $0.overlaps(word.area) } }.map(\.words)
    }
    /// Words that stand on a member's bar.
    var onBars: [String] { words.filter { word in bars.contains { $0.overlaps(word.area) } }.map(\.words) }
    /// How far the steepest message that was received falls.
    var steepest: Double { arrows.filter { !$0.isLost }.map { $0.to.y - $0.from.y }.max() ?? 0 }
    /// How far the flattest one falls.
    var flattest: Double { arrows.filter { !$0.isLost }.map { $0.to.y - $0.from.y }.min() ?? 0 }
}
