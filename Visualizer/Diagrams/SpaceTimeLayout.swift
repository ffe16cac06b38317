// SpaceTimeLayout.swift: where do the words of a space-time diagram stand, and which of them find no room?
//
// Lines and bars are where causality and lanes put them. Words have a choice:
//
//     a note        right or left of its lane, a little higher or lower
//     a label       above its arrow, in the gap before the receiver; along it, below it; in another gap that it crosses
//
// First the notes of members on an island (a partition), because its border goes around them; then all other notes, then
// labels: those have the most places to choose from. A word that has no free place takes the cheapest one and is reported
// (`crowded`): who made the diagram can give it more room and try again, see `ElectionScene.settle`.
//
// COST     what lies within the same 64 points of height is looked at, so it is linear.
// READ NEXT  Placing.swift, Slots.swift

/// Where everything of a diagram stands.
struct SpaceTimeLayout: Sendable {
    struct Place: Sendable {
        /// Which note, or which arrow.
        var number: Int
        var place: Placing.Candidate
        var isClear: Bool
    }

    /// The ways of the arrows.
    var lines: [(from: Point, to: Point)] = []
    var notes: [Place] = []
    var labels: [Place] = []
    /// The areas of the groups.
    var grounds: [Rectangle] = []

    /// Notes and labels that cover something.
    var crowded: Int { notes.count { !$0.isClear } + labels.count { !$0.isClear } }
    /// How far the words go to the right.
    var right: Double {
        max(notes.map(\.place.area.right).max() ?? 0, labels.map(\.place.area.right).max() ?? 0)
    }
}

extension SpaceTime {
    /// What stands at an arrow: one line, or more where the gap between two lanes is too narrow for it.
    func words(of arrow: Arrow) -> Words {
        let words = Words(arrow.label, size: 8.5, color: arrow.look.color, isBold: arrow.isLabelBold)
        let limit = spacing - 26
        guard lanes.count > 2, words.width > limit, !arrow.label.contains("\n") else { return words }
        let lines = Lettering.wrapped(arrow.label, width: limit, size: 8.5, isBold: arrow.isLabelBold)
        return Words(lines.joined(separator: "\n"), size: 8.5, color: arrow.look.color, isBold: arrow.isLabelBold)
    }
}

extension SpaceTime {
    /// Finds places for all words; y = 0 of this diagram is at `origin`.
    func layout(origin: Double) -> SpaceTimeLayout {
        var board = self
        board.indexBars()
        var layout = SpaceTimeLayout()
        var places = Placing()
        for bar in bars {
            let middle = Point(x(of: bar.lane), origin + (bar.from + bar.to) / 2)
            places.occupy(
                Rectangle(center: middle, width: bar.look.barWidth + 4, height: bar.to - bar.from), weight: 6)
        }
        for arrow in arrows {
            let line = board.line(arrow, origin)
            places.occupy(from: line.from, to: line.to)
            if arrow.isLost { places.occupy(Rectangle(center: line.to, width: 15, height: 15), weight: 8) }
            layout.lines.append(line)
        }
        let order = notes.indices.sorted { (notes[$0].y, notes[$0].lane, $0) < (notes[$1].y, notes[$1].lane, $1) }
        let onIslands = order.filter { number in groups.contains { $0.fits && $0.holds(notes[number]) } }
        for number in onIslands { layout.notes.append(board.place(note: number, origin, &places)) }
        placeGrounds(origin, &layout, &places)
        let others = Set(onIslands)
        for number in order where !others.contains(number) {
            layout.notes.append(board.place(note: number, origin, &places))
        }
        for (number, arrow) in arrows.enumerated() where !arrow.label.isEmpty {
            layout.labels.append(place(label: number, layout.lines[number], &places))
        }
        return layout
    }

    /// From the edge of one bar to the edge of another; a lost message stops before.
    private func line(_ arrow: Arrow, _ origin: Double) -> (from: Point, to: Point) {
        let way: Double = x(of: arrow.to.lane) > x(of: arrow.from.lane) ? 1 : -1
        let isSelf = arrow.to.lane == arrow.from.lane
        let start = Point(
            x(of: arrow.from.lane) + (isSelf ? 1 : way) * edge(arrow.from.lane, arrow.from.y), origin + arrow.from.y)
        var end = Point(
            x(of: arrow.to.lane) + (isSelf ? 1 : -way) * edge(arrow.to.lane, arrow.to.y), origin + arrow.to.y)
        if arrow.isLost {
            end = Point(start.x + (end.x - start.x) * Self.lostPart, start.y + (end.y - start.y) * Self.lostPart)
        }
        return (start, end)
    }

    // MARK: - Groups

    private func placeGrounds(_ origin: Double, _ layout: inout SpaceTimeLayout, _ places: inout Placing) {
        for group in groups {
            var area = Rectangle(
                center: Point(
                    (x(of: group.lanes.lowerBound) + x(of: group.lanes.upperBound)) / 2,
                    origin + (group.from + group.to) / 2),
                width: x(of: group.lanes.upperBound) - x(of: group.lanes.lowerBound) + 2 * group.reach,
                height: group.to - group.from)
            if group.fits {
                for note in layout.notes where group.holds(notes[note.number]) {
                    area.left = min(area.left, note.place.area.left - 8)
                    area.right = max(area.right, note.place.area.right + 8)
                    area.top = min(area.top, note.place.area.top - 3)
                    area.bottom = max(area.bottom, note.place.area.bottom + 3)
                }
                let (a, b) = (Point(area.left, area.top), Point(area.right, area.top))
                let (c, d) = (Point(area.right, area.bottom), Point(area.left, area.bottom))
                for (from, to) in [(a, b), (b, c), (c, d), (d, a)] { places.occupy(from: from, to: to) }
            }
            layout.grounds.append(area)
        }
    }

    // MARK: - Notes

    private func place(note number: Int, _ origin: Double, _ places: inout Placing) -> SpaceTimeLayout.Place {
        let note = notes[number]
        let y = origin + note.y
        let half = max(edge(note.lane, note.y - 2), edge(note.lane, note.y + 2)) + 7
        let axis = x(of: note.lane)
        let (width, height) = (note.words.width, note.words.height)
        let isFirst = note.lane == 0 && lanes.count > 1
        let sides: [Alignment] =
            note.side == .right
            ? [.left] : note.side == .left ? [.right] : isFirst ? [.right, .left] : [.left, .right]
        var candidates: [Placing.Candidate] = []
        for (preference, side) in sides.enumerated() {
            for (step, shift) in [0.0, 5, -5, 10, -10, 16, -16].enumerated() {
                let edgeX = axis + (side == .left ? half : -half)
                let middle = Point(edgeX + (side == .left ? width / 2 : -width / 2), y + shift)
                candidates.append(
                    Placing.Candidate(
                        area: Rectangle(center: middle, width: width, height: height), anchor: Point(edgeX, y + shift),
                        alignment: side, cost: Double(preference) * 3 + Double(step) * 0.7))
            }
        }
        let best = places.best(of: candidates)
        places.occupy(best.place.area, weight: Placing.words)
        return SpaceTimeLayout.Place(number: number, place: best.place, isClear: best.isClear)
    }

    // MARK: - Labels

    private func place(
        label number: Int, _ line: (from: Point, to: Point), _ places: inout Placing
    ) -> SpaceTimeLayout.Place {
        let (arrow, start, end) = (arrows[number], line.from, line.to)
        let gaps = max(1, abs(arrow.to.lane - arrow.from.lane))
        let words = words(of: arrow)
        let (width, height) = (words.width, words.height)
        // A steep arrow needs more room above its middle.
        let slope = abs(end.x - start.x) < 1 ? 0 : abs((end.y - start.y) / (end.x - start.x))
        let lift = height / 2 + 2.5 + min(14, slope * width / 2)
        var candidates: [Placing.Candidate] = []
        for (detour, middle) in labelPlaces(arrow, gaps).enumerated() {
            for (step, shift) in [0, -0.09, 0.09, -0.18, 0.17, -0.26, 0.25].enumerated() {
                let part = middle + shift / Double(gaps)
                let foot = Point(start.x + (end.x - start.x) * part, start.y + (end.y - start.y) * part)
                for (turn, side) in [-lift, -lift - 5, lift].enumerated() {
                    let middle = Point(foot.x, foot.y + side)
                    var area = Rectangle(center: middle, width: width + 6, height: height - 2)
                    // Nothing may come between a label and its arrow.
                    if turn == 1 { area.bottom += 5 }
                    candidates.append(
                        Placing.Candidate(
                            area: area, anchor: middle, alignment: .center,
                            cost: Double(detour) * 2.1 + Double(step) * 0.4 + Double(turn) * 1.4))
                }
            }
        }
        let best = places.best(of: candidates)
        places.occupy(best.place.area, weight: Placing.words)
        return SpaceTimeLayout.Place(number: number, place: best.place, isClear: best.isClear)
    }

    /// The middles of the gaps between lanes that an arrow crosses, as parts of what is drawn of it, the best first: the gap
    /// before the receiver; then, because all answers to a leader end in the same gap, the one where the arrow begins, and
    /// those between. A lost message is nobody's receipt, so its words stand where it was sent.
    private func labelPlaces(_ arrow: Arrow, _ gaps: Int) -> [Double] {
        if gaps == 1 { return [0.5] }
        let middles = (0..<gaps).map { (Double($0) + 0.5) / Double(gaps) }
        if arrow.isLost { return middles.map { $0 / Self.lostPart }.filter { $0 < 0.9 } + [0.5] }
        let inner = middles[1..<(gaps - 1)].reversed()
        return (arrow.isLabelEarly ? [middles[0], middles[gaps - 1]] : [middles[gaps - 1], middles[0]]) + inner
    }
}

extension SpaceTime.Group {
    /// Whether a note of one of its lanes stands within it.
    func holds(_ note: SpaceTime.Note) -> Bool { lanes.contains(note.lane) && note.y >= from && note.y <= to }
}
