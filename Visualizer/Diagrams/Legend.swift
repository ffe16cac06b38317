// Legend.swift: what stands under every picture: what the signs mean, what was left out, and what is wrong with the traces.
//
// A picture that hides something without saying so is worse than none. So whoever folds or filters counts what it drops in
// `Footnotes`, and the troubles that the merge has found come along. The same lines end the text form.

package import TraceModel

/// What is said about a picture.
package struct Footnotes: Sendable {
    private var counts: [(what: String, count: Int)] = []
    private var hints: [String] = []
    private var troubles: [String] = []

    /// Nothing to say but what is wrong with the traces.
    package init(_ history: CausalHistory) {
        let limit = 6
        troubles = history.troubles.list.prefix(limit).map(\.description)
        if history.troubles.count > limit { troubles.append("and \(history.troubles.count - limit) more troubles") }
    }

    /// Something was not drawn.
    package mutating func omit(_ what: String, _ count: Int = 1) {
        if let place = counts.firstIndex(where: { $0.what == what }) {
            counts[place].count += count
        } else {
            counts.append((what, count))
        }
    }

    /// A sentence for the reader.
    package mutating func hint(_ text: String) { if !hints.contains(text) { hints.append(text) } }

    /// The sentences, for people. `plural` finds the word for a number of things.
    package func lines(_ plural: (String, Int) -> String) -> [(text: String, isTrouble: Bool)] {
        var lines: [(text: String, isTrouble: Bool)] = hints.map { ($0, false) }
        if !counts.isEmpty {
            let list = counts.map { "\($0.count) \(plural($0.what, $0.count))" }.joined(separator: ", ")
            lines.append(("Not drawn here: \(list).", false))
        }
        for trouble in troubles { lines.append(("The traces are not whole: \(trouble).", true)) }
        return lines
    }
}

/// One sign of a legend.
package enum LegendItem: Sendable {
    /// A bar.
    case bar(BoxLook, String)
    /// An arrow.
    case arrow(ArrowLook, String)
    /// A mark.
    case mark(Mark, Color, String)
    /// A box with words in it.
    case box(BoxLook, Words, String)

    fileprivate var label: String {
        switch self {
        case .bar(_, let label), .arrow(_, let label), .mark(_, _, let label), .box(_, _, let label): label
        }
    }
}

extension Canvas {
    /// Draws a legend in rows at most `width` wide; answers with the y below it.
    package mutating func legend(_ items: [LegendItem], at corner: Point, width: Double) -> Double {
        var (x, y) = (corner.x, corner.y + 12)
        for item in items {
            var sign = 24.0
            if case .box = item { sign = 46 }
            if case .arrow = item { sign = 34 }
            let needed = sign + 8 + Lettering.width(item.label, size: 8.5) + 20
            if x > corner.x, x + needed > corner.x + width {
                x = corner.x
                y += 20
                if case .box = item { y += 14 }
            }
            switch item {
            case .bar(let look, _):
                box(at: Point(x + sign / 2, y), width: look.barWidth, height: 13, look)
            case .arrow(let look, _):
                arrow(from: Point(x, y), to: Point(x + sign, y), look)
            case .mark(let mark, let color, _): self.mark(mark, at: Point(x + sign / 2, y), color)
            case .box(let look, let words, _):
                box(at: Point(x + sign / 2, y), width: 44, height: 28, look, words: words)
            }
            text(Words(item.label, size: 8.5, color: Palette.quiet), at: Point(x + sign + 6, y), classes: "legend")
            x += needed
        }
        return y + 14
    }

    /// Writes remarks below a picture; answers with the y below them.
    package mutating func footnotes(_ footnotes: Footnotes, at corner: Point, _ plural: (String, Int) -> String)
        -> Double
    {
        var y = corner.y
        for line in footnotes.lines(plural) {
            let color = line.isTrouble ? Palette.trouble : Palette.faint
            for piece in TextPage.wrapped(line.text, width: 150) {
                text(
                    Words(piece, size: 8.5, color: color, isBold: line.isTrouble), at: Point(corner.x, y + 6),
                    classes: "remark")
                y += 12
            }
        }
        return y
    }
}

extension TextPage {
    /// Writes remarks at the end of a page.
    package mutating func footnotes(_ footnotes: Footnotes, _ plural: (String, Int) -> String) {
        let lines = footnotes.lines(plural)
        if !lines.isEmpty { line() }
        for line in lines { paragraph(line.text, line.isTrouble ? .trouble : .quiet, indent: 2) }
    }
}
