// SpaceTimeText.swift: lanes and arrows in a terminal.
//
//        n1                      n2                      n3
//        █ leader, term 2        │ follower, term 2      │
//        █───── Append 2/5 ─────>│                       │
//        █───────────────────────│────── Append 2/5 ────>│
//        █<- - - - - ok - - - - -│                       │
//        ✕ crash                 │                       │
//        :                       ◆ (1) election timeout  │
//
// One line for each thing that happened, in the order of the heights that the drawing has; an arrow stands on the line of
// its ARRIVAL, because that is where it has an effect (a lost one where it was sent). What a lane is doing is a sign in its
// column (the legend below says which) and a word where it begins.
//
// WIDTH decides how far lanes stand apart; words that do not fit in their gap go on the next line.

extension SpaceTime {
    /// The signs of bars, in the order in which a legend names them.
    static func sign(_ look: BoxLook) -> Character {
        switch look {
        case Palette.leader: "█"
        case Palette.candidate: "▓"
        case Palette.preCandidate: "░"
        case Palette.learner: "┊"
        case Palette.down: ":"
        case Palette.paused: "="
        case Palette.syncing: "▒"
        case Palette.busy, Palette.applying, Palette.reading: "┃"
        case Palette.waiting: "╎"
        default: "│"
        }
    }

    static func ink(_ look: BoxLook) -> TextInk {
        switch look {
        case Palette.leader, Palette.applying: .success
        case Palette.candidate, Palette.preCandidate, Palette.syncing: .vote
        case Palette.learner, Palette.waiting, Palette.reading: .read
        case Palette.down, Palette.paused, Palette.idle: .quiet
        default: .entry
        }
    }

    private static func ink(_ color: Color) -> TextInk {
        switch color {
        case Palette.success, Palette.successInk: .success
        case Palette.vote, Palette.voteInk: .vote
        case Palette.entry, Palette.followerInk: .entry
        case Palette.read, Palette.readInk: .read
        case Palette.trouble, Palette.troubleInk: .trouble
        case Palette.heartbeat, Palette.quiet, Palette.faint, Palette.beside: .quiet
        default: .plain
        }
    }

    /// One line of characters, each with its ink.
    private struct Row {
        var characters: [Character]
        var inks: [TextInk]
        init(_ width: Int) {
            characters = Array(repeating: " ", count: width)
            inks = Array(repeating: .plain, count: width)
        }
        mutating func put(_ text: String, at column: Int, _ ink: TextInk) {
            var place = column
            for character in text {
                let columns = TextPage.columns(String(character))
                guard place >= 0, place + columns <= characters.count else { break }
                characters[place] = character
                inks[place] = ink
                // A wide character takes the next column too.
                for more in 1..<max(1, columns) { characters[place + more] = "\u{0}" }
                place += max(1, columns)
            }
        }
        var spans: [TextSpan] {
            var spans: [TextSpan] = []
            for (character, ink) in zip(characters, inks) where character != "\u{0}" {
                if spans.last?.ink == ink || (character == " " && !spans.isEmpty) {
                    spans[spans.count - 1].text.append(character)
                } else {
                    spans.append(TextSpan(String(character), ink))
                }
            }
            return spans
        }
    }

    private enum Item {
        case arrow(Arrow)
        case note(Note)
        case bar(Bar)
    }

    /// The lines of the text form.
    package func lines(on page: inout TextPage) {
        guard !lanes.isEmpty else { return }
        let room = (page.width - 2) / lanes.count
        let columns = lanes.indices.map { 1 + $0 * max(2, room) }
        var head = Row(page.width)
        for (number, lane) in lanes.enumerated() {
            let name = lane.detail.isEmpty ? lane.name : "\(lane.name) (\(lane.detail))"
            head.put(TextPage.fitted(name, max(1, room - 1)), at: columns[number], .bold)
        }
        page.line(head.spans)
        var items: [(y: Double, order: Int, item: Item)] = []
        for bar in bars { items.append((bar.from, 0, .bar(bar))) }
        for note in notes { items.append((note.y, 1, .note(note))) }
        for arrow in arrows { items.append((arrow.isLost ? arrow.from.y : arrow.to.y, 2, .arrow(arrow))) }
        let sorted = items.enumerated().sorted {
            ($0.element.y, $0.element.order, $0.offset) < ($1.element.y, $1.element.order, $1.offset)
        }
        for (_, element) in sorted {
            switch element.item {
            case .bar(let bar):
                // A bar speaks for itself unless it has a name that no note says.
                if !bar.name.isEmpty {
                    add([bar.name], Self.ink(bar.look), bar.lane, element.y, "", columns, room, &page)
                }
            case .note(let note):
                let ink = Self.ink(note.words.lines.first?.first?.color ?? note.words.color)
                add(
                    note.spoken, ink, note.lane, element.y, note.symbol, columns, room, &page)
            case .arrow(let arrow): add(arrow, columns, room, &page)
            }
        }
    }

    /// A row with the signs of what every lane is doing.
    private func blank(_ y: Double, _ columns: [Int], _ width: Int) -> Row {
        var row = Row(width)
        for lane in lanes.indices {
            guard let bar = bars.last(where: { $0.lane == lane && $0.from <= y + 0.1 && $0.to >= y - 0.1 }) else {
                continue
            }
            row.put(String(Self.sign(bar.look)), at: columns[lane], Self.ink(bar.look))
        }
        return row
    }

    private func add(
        _ words: [String], _ ink: TextInk, _ lane: Int, _ y: Double, _ symbol: String, _ columns: [Int], _ room: Int,
        _ page: inout TextPage
    ) {
        let isLast = lane == lanes.count - 1
        let space = max(8, isLast ? page.width - columns[lane] - 2 : room - 3)
        for (number, line) in words.flatMap({ TextPage.wrapped($0, width: space) }).enumerated() {
            var row = blank(y, columns, page.width)
            if number == 0, !symbol.isEmpty { row.put(symbol, at: columns[lane], ink) }
            row.put(line, at: columns[lane] + 2, ink)
            page.line(row.spans)
        }
    }

    private func add(_ arrow: Arrow, _ columns: [Int], _ room: Int, _ page: inout TextPage) {
        let (from, to) = (columns[arrow.from.lane], columns[arrow.to.lane])
        let y = arrow.isLost ? arrow.from.y : arrow.to.y
        var row = blank(y, columns, page.width)
        let ink = Self.ink(arrow.look.color)
        guard from != to else {
            row.put("↩ " + arrow.label, at: from + 2, ink)
            page.line(row.spans)
            return
        }
        let isRight = to > from
        let end = arrow.isLost ? from + (to - from) * 4 / 5 : to + (isRight ? -1 : 1)
        let (low, high) = isRight ? (from + 1, end) : (end, from - 1)
        for column in low...max(low, high) where row.characters.indices.contains(column) {
            let isGap = (column - low) % 2 == 1
            let stroke: Character =
                switch arrow.look.stroke {
                case .solid: "─"
                case .dashed: isGap ? " " : "-"
                case .dotted: isGap ? " " : "·"
                }
            // A lane that is passed stays visible.
            if row.characters[column] != " ", !columns.contains(column) || column == from { continue }
            if columns.contains(column) { continue }
            row.put(String(stroke), at: column, ink)
        }
        row.put(arrow.isLost ? "✕" : isRight ? ">" : "<", at: isRight ? high : low, ink)
        // The label stands in the gap before the receiver; where it does not fit, under the arrow.
        let gapLow = isRight ? max(low, to - room) + 2 : to + 3
        let gapHigh = isRight ? min(high, to) - 2 : min(high, to + room) - 2
        let label = arrow.label.isEmpty ? "" : " \(arrow.label) "
        let width = TextPage.columns(label)
        if width <= gapHigh - gapLow + 1 {
            row.put(label, at: gapLow + (gapHigh - gapLow + 1 - width) / 2, ink)
            page.line(row.spans)
        } else {
            page.line(row.spans)
            var under = blank(y, columns, page.width)
            let start = min(max(2, gapLow), max(2, page.width - TextPage.columns(arrow.label)))
            under.put(arrow.label, at: start, ink)
            page.line(under.spans)
        }
    }
}
