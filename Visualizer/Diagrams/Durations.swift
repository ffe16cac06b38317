// Durations.swift: where did the time go? Stretches of one wait, as a waterfall and as a table.
//
//     check                 12 µs  █
//     wait for the log     110 µs   ███
//     sync of the log     1.40 ms      ██████████████████████████████████
//     apply                 30 µs                                        █
//                         -------
//                         1.55 ms
//
// Each stretch begins where the one before ended, so their sum IS the wait; the bars are to scale, and where a stretch is
// too short to be seen its number still stands there.
//
// WHOSE CLOCK? A stretch is the difference of two times of one member. Two members' times are never subtracted.

/// One part of a wait.
package struct Stretch: Hashable, Sendable {
    /// What was done.
    package let name: String
    /// How long.
    package let nanoseconds: Int64
    /// The colour of its bar.
    let look: BoxLook

    init(_ name: String, _ nanoseconds: Int64, _ look: BoxLook) {
        self.name = name
        self.nanoseconds = max(0, nanoseconds)
        self.look = look
    }
}

/// A wait made of stretches, one after the other.
package struct Waterfall: Hashable, Sendable {
    /// In order.
    package private(set) var stretches: [Stretch] = []

    /// Nothing was waited for.
    package init() {}

    /// All of them together.
    package var total: Int64 { stretches.reduce(0) { $0 + $1.nanoseconds } }

    mutating func add(_ name: String, _ nanoseconds: Int64, _ look: BoxLook) {
        stretches.append(Stretch(name, nanoseconds, look))
    }

    /// A duration with the unit that fits it, in three digits: `7 µs`, `412 µs`, `1.43 ms`, `2.10 s`.
    package static func spelled(_ nanoseconds: Int64) -> String {
        switch nanoseconds {
        case ..<1000: "\(nanoseconds) ns"
        case ..<10_000: "\(Lettering.decimal(Double(nanoseconds) / 1000, 1)) µs"
        case ..<1_000_000: "\((nanoseconds + 500) / 1000) µs"
        case ..<1_000_000_000: "\(Lettering.decimal(Double(nanoseconds) / 1_000_000, 2)) ms"
        default: "\(Lettering.decimal(Double(nanoseconds) / 1_000_000_000, 2)) s"
        }
    }

    /// Draws the waterfall with its upper left corner at a place; answers with its lower edge. `whole`: what the whole width
    /// stands for, where two waterfalls are to be compared; else its own sum.
    func paint(
        on canvas: inout Canvas, at corner: Point, width: Double, caption: String, whole: Int64 = 0
    ) -> Double {
        guard total > 0 else { return corner.y }
        let whole = max(whole, total)
        let (names, numbers, rowHeight) = (170.0, 62.0, 15.0)
        let room = max(120, width - names - numbers)
        let left = corner.x + names + numbers
        let bottom = corner.y + 20 + rowHeight * Double(stretches.count)
        canvas.text(Words(caption, size: 10, isBold: true), at: Point(corner.x, corner.y + 6))
        for tenth in [0, 5, 10] {
            let x = left + room * Double(tenth) / 10
            canvas.arrow(
                from: Point(x, corner.y + 16), to: Point(x, bottom),
                ArrowLook(Palette.rule, width: 0.6, stroke: .dotted, head: .none))
        }
        var (start, y): (Int64, Double) = (0, corner.y + 20 + rowHeight / 2)
        for stretch in stretches {
            let from = left + room * Double(start) / Double(whole)
            let length = max(1.2, room * Double(stretch.nanoseconds) / Double(whole))
            canvas.text(Words(stretch.name), at: Point(corner.x, y))
            canvas.text(
                Words(Self.spelled(stretch.nanoseconds), isBold: true), at: Point(left - 10, y), .right)
            canvas.box(
                at: Point(from + length / 2, y), width: length, height: rowHeight - 4, stretch.look,
                tooltip: "\(stretch.name): \(Self.spelled(stretch.nanoseconds))", classes: "stretch")
            start += stretch.nanoseconds
            y += rowHeight
        }
        canvas.text(Words("together", color: Palette.quiet), at: Point(corner.x, y + 2))
        canvas.text(Words(Self.spelled(total), isBold: true), at: Point(left - 10, y + 2), .right)
        return y + rowHeight
    }

    /// The same for a terminal.
    func lines(on page: inout TextPage, caption: String, whole: Int64 = 0) {
        guard total > 0 else { return }
        let whole = max(whole, total)
        page.line()
        page.paragraph(caption, .bold)
        let names = min(34, max(16, page.width / 3))
        let room = max(10, page.width - names - 14)
        var start: Int64 = 0
        for stretch in stretches {
            let from = Int(Double(start) / Double(whole) * Double(room))
            let length = max(1, Int((Double(stretch.nanoseconds) / Double(whole) * Double(room)).rounded()))
            let number = Self.spelled(stretch.nanoseconds)
            let bar = String(repeating: " ", count: min(from, room - 1)) + String(repeating: "█", count: length)
            page.line(
                [
                    TextSpan(TextPage.fitted(stretch.name, names)),
                    TextSpan(String(repeating: " ", count: max(0, 10 - number.count)) + number + "  ", .bold),
                    TextSpan(String(bar.prefix(room)), Self.ink(stretch.look)),
                ])
            start += stretch.nanoseconds
        }
        let number = Self.spelled(total)
        page.line(
            [
                TextSpan(TextPage.fitted("together", names), .quiet),
                TextSpan(String(repeating: " ", count: max(0, 10 - number.count)) + number, .bold),
            ])
    }

    private static func ink(_ look: BoxLook) -> TextInk {
        switch look {
        case Palette.syncing: .vote
        case Palette.applying: .success
        case Palette.busy: .entry
        case Palette.reading, Palette.waiting: .read
        default: .quiet
        }
    }
}
