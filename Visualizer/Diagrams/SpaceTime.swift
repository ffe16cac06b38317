// SpaceTime.swift: members side by side, time downwards, messages as arrows. Most pictures are made of this.
//
//          n1                n2                n3          lanes: the members, or the parts of one
//          |                 |                 |
//         ███ leader         │ follower        │           bars: what a lane is doing, from y to y
//         ███ ────────────>  │                 │           arrows: begin and end at the EDGE of the bar there
//         ███       × <───── │                 │           a lost one stops before it arrives
//          ┊                ◆ ① timeout        │           marks: one moment      notes: words beside a lane
//
// Who uses this says only what happened, in which lane and at which y (Rows.swift finds the y's). Where the words go is
// decided here: a note stands right or left of its lane, a label above its arrow in the gap before the receiver; both
// take the first place that covers nothing else.
//
//     var board = SpaceTime()
//     let n1 = board.lane("n1", "leader"), n2 = board.lane("n2")
//     board.bar(n1, 0, 100, Palette.leader)
//     board.arrow(n1, 20, to: n2, 36, Palette.append, "Append 2/5")
//     board.note(n2, 40, Words("1 appended"), number: 1)
//     let bottom = board.paint(on: &canvas, top: Canvas.top)     // and the same for a terminal:
//     let lines = board.text(width: 100)
//
// COST     placing words looks at what lies within the same 64 points of height only, so it is linear too.
// READ NEXT  Placing.swift (where words go), SpaceTimeText.swift (the terminal's form), ElectionPicture.swift

/// A drawing of lanes, arrows and notes that has not been put on a canvas yet.
package struct SpaceTime: Sendable {
    struct Lane: Sendable {
        var name: String
        var detail: String
        var classes: String
    }
    struct Bar: Sendable {
        var lane: Int
        var from: Double
        var to: Double
        var look: BoxLook
        var name: String
        var tooltip: String
        var classes: String
    }
    struct Arrow: Sendable {
        var from: (lane: Int, y: Double)
        var to: (lane: Int, y: Double)
        var look: ArrowLook
        var label: String
        var isLost: Bool
        var isLabelBold: Bool
        var isLabelEarly: Bool
        var tooltip: String
        var classes: String
    }
    struct Moment: Sendable {
        var lane: Int
        var y: Double
        var mark: Mark
        var color: Color
        var tooltip: String
    }
    struct Note: Sendable {
        var lane: Int
        var y: Double
        var words: Words
        var side: Alignment
        var symbol: String
    }
    struct Group: Sendable {
        var lanes: ClosedRange<Int>
        var from: Double
        var to: Double
        var look: BoxLook
        var label: String
        var reach: Double
    }

    var lanes: [Lane] = []
    var bars: [Bar] = []
    var arrows: [Arrow] = []
    var moments: [Moment] = []
    var notes: [Note] = []
    var groups: [Group] = []
    /// How far lanes stand apart.
    package var spacing: Double
    /// The room left of the first lane, for its notes.
    package var margin: Double
    /// How much of its way a lost message is drawn.
    private static let lostPart = 0.8

    /// Nothing yet.
    package init(spacing: Double = 225, margin: Double = 165) {
        self.spacing = spacing
        self.margin = margin
    }

    /// Where a lane stands.
    package func x(of lane: Int) -> Double { margin + Double(lane) * spacing }

    /// Adds a lane to the right; answers with its number.
    package mutating func lane(_ name: String, _ detail: String = "", classes: String = "") -> Int {
        lanes.append(Lane(name: name, detail: detail, classes: classes))
        return lanes.count - 1
    }

    /// What a lane is doing from one y to another. `name` is a word for it, for the text form.
    package mutating func bar(
        _ lane: Int, _ from: Double, _ to: Double, _ look: BoxLook, named name: String = "", tooltip: String = "",
        classes: String = ""
    ) {
        bars.append(
            Bar(lane: lane, from: from, to: to, look: look, name: name, tooltip: tooltip, classes: classes))
    }

    /// A message. A lost one stops before it arrives, in the colour of trouble. `isLabelEarly`: its words stand in the gap
    /// where it was sent, because others arrive where it arrives.
    package mutating func arrow(
        _ from: Int, _ sent: Double, to: Int, _ received: Double, _ look: ArrowLook, _ label: String,
        isLost: Bool = false, isLabelBold: Bool = false, isLabelEarly: Bool = false, tooltip: String = "",
        classes: String = ""
    ) {
        arrows.append(
            Arrow(
                from: (from, sent), to: (to, received), look: isLost ? look.lost : look, label: label, isLost: isLost,
                isLabelBold: isLabelBold, isLabelEarly: isLabelEarly, tooltip: tooltip, classes: classes))
    }

    /// A sign for one moment of a lane.
    package mutating func mark(_ lane: Int, _ y: Double, _ mark: Mark, _ color: Color, tooltip: String = "") {
        moments.append(Moment(lane: lane, y: y, mark: mark, color: color, tooltip: tooltip))
    }

    /// Words beside a lane, with a number in a circle if the text around the picture speaks of them. `side`: `.right` and
    /// `.left` say where they must stand; `.center` lets them stand where there is room. `symbol` is the sign that the
    /// text form puts into the lane.
    package mutating func note(
        _ lane: Int, _ y: Double, _ words: Words, number: Int? = nil, side: Alignment = .center, symbol: String = ""
    ) {
        var words = words
        if let number, !words.lines.isEmpty {
            let bold = words.lines[0].first?.isBold ?? false
            words.lines[0].insert(Run(Lettering.circled(number) + " ", isBold: bold), at: 0)
        }
        notes.append(Note(lane: lane, y: y, words: words, side: side, symbol: symbol))
    }

    /// A ground behind several lanes: the parts of one member, an island in a partition. `reach`: how far it goes beyond
    /// the outer lanes.
    package mutating func group(
        _ lanes: ClosedRange<Int>, _ from: Double, _ to: Double, _ look: BoxLook, label: String = "",
        reach: Double = 68
    ) {
        groups.append(Group(lanes: lanes, from: from, to: to, look: look, label: label, reach: reach))
    }

    /// The largest y that anything has.
    package var bottom: Double {
        max(
            bars.map(\.to).max() ?? 0, arrows.map { max($0.from.y, $0.to.y) }.max() ?? 0,
            notes.map { $0.y + $0.words.height / 2 }.max() ?? 0, groups.map(\.to).max() ?? 0)
    }

    /// Half the width of the bar at a place: where arrows end.
    func edge(_ lane: Int, _ y: Double) -> Double {
        var half = 0.0
        for bar in barsOfLane(lane) where bar.from <= y + 0.1 && bar.to >= y - 0.1 {
            half = max(half, bar.look.barWidth / 2)
        }
        return half
    }

    private func barsOfLane(_ lane: Int) -> [Bar] { index[lane] ?? [] }
    var index: [Int: [Bar]] = [:]

    // MARK: - Painting

    /// Draws everything on a canvas, the heads of the lanes at `top`; answers with the y below it.
    package func paint(on canvas: inout Canvas, top: Double) -> Double {
        var board = self
        for bar in bars { board.index[bar.lane, default: []].append(bar) }
        let origin = top + 62
        board.paintGrounds(on: &canvas, top: top, origin: origin)
        var places = Placing()
        board.paintBars(on: &canvas, origin: origin, &places)
        let lines = board.paintArrows(on: &canvas, origin: origin, &places)
        for moment in moments {
            let place = Point(x(of: moment.lane), origin + moment.y)
            canvas.mark(moment.mark, at: place, moment.color, tooltip: moment.tooltip)
        }
        board.paintNotes(on: &canvas, origin: origin, &places)
        board.paintLabels(lines, on: &canvas, &places)
        return origin + bottom + 14
    }

    private func paintGrounds(on canvas: inout Canvas, top: Double, origin: Double) {
        for group in groups {
            let left = x(of: group.lanes.lowerBound) - group.reach
            let right = x(of: group.lanes.upperBound) + group.reach
            canvas.box(
                at: Point((left + right) / 2, origin + (group.from + group.to) / 2), width: right - left,
                height: group.to - group.from, group.look, isGround: true, tooltip: group.label)
            if !group.label.isEmpty {
                canvas.text(
                    Words(group.label, size: 8.5, color: group.look.line ?? Palette.quiet),
                    at: Point(left + 8, origin + group.from + 9))
            }
        }
        for (number, lane) in lanes.enumerated() {
            let axis = x(of: number)
            var words = [[Run(Lettering.shortened(lane.name, limit: 18), isBold: true, size: 10)]]
            if !lane.detail.isEmpty {
                words.append([Run(Lettering.shortened(lane.detail, limit: 24), color: Palette.quiet, size: 8)])
            }
            canvas.box(
                at: Point(axis, top + 15), width: min(97, spacing - 8), height: 30, Palette.head,
                words: Words(lines: words), tooltip: lane.name, classes: lane.classes)
            canvas.arrow(
                from: Point(axis, top + 30), to: Point(axis, origin + bottom),
                ArrowLook(Color("#C9C9C9"), width: 1, head: .none))
        }
    }

    private func paintBars(on canvas: inout Canvas, origin: Double, _ places: inout Placing) {
        for bar in bars {
            let middle = Point(x(of: bar.lane), origin + (bar.from + bar.to) / 2)
            canvas.box(
                at: middle, width: bar.look.barWidth, height: bar.to - bar.from, bar.look,
                tooltip: bar.tooltip.isEmpty ? "\(lanes[bar.lane].name) \(bar.name)" : bar.tooltip,
                classes: bar.classes)
            places.occupy(
                Rectangle(center: middle, width: bar.look.barWidth + 4, height: bar.to - bar.from), weight: 6)
        }
    }

    /// Arrows first, because words must get out of their way.
    private func paintArrows(on canvas: inout Canvas, origin: Double, _ places: inout Placing) -> [(
        Arrow, Point, Point
    )] {
        var lines: [(Arrow, Point, Point)] = []
        for arrow in arrows {
            let way: Double = x(of: arrow.to.lane) > x(of: arrow.from.lane) ? 1 : -1
            let isSelf = arrow.to.lane == arrow.from.lane
            let start = Point(
                x(of: arrow.from.lane) + (isSelf ? 1 : way) * edge(arrow.from.lane, arrow.from.y),
                origin + arrow.from.y)
            var end = Point(
                x(of: arrow.to.lane) + (isSelf ? 1 : -way) * edge(arrow.to.lane, arrow.to.y), origin + arrow.to.y)
            if arrow.isLost {
                end = Point(
                    start.x + (end.x - start.x) * Self.lostPart, start.y + (end.y - start.y) * Self.lostPart)
            }
            let color = arrow.look.color
            let first = canvas.mark(.dot, at: start, color, classes: arrow.classes)
            let last = canvas.mark(arrow.isLost ? .cross : .ring, at: end, color, classes: arrow.classes)
            canvas.arrow(
                from: first, to: last, arrow.look, tooltip: arrow.tooltip.isEmpty ? arrow.label : arrow.tooltip,
                classes: arrow.classes)
            places.occupy(from: start, to: end)
            if arrow.isLost { places.occupy(Rectangle(center: end, width: 15, height: 15), weight: 8) }
            lines.append((arrow, start, end))
        }
        return lines
    }

    private func paintNotes(on canvas: inout Canvas, origin: Double, _ places: inout Placing) {
        for note in notes.sorted(by: { ($0.y, $0.lane) < ($1.y, $1.lane) }) {
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
                            area: Rectangle(center: middle, width: width, height: height),
                            anchor: Point(edgeX, y + shift),
                            alignment: side, cost: Double(preference) * 3 + Double(step) * 0.7))
                }
            }
            let best = places.best(of: candidates)
            places.occupy(best.area, weight: Placing.words)
            canvas.text(note.words, at: best.anchor, best.alignment, classes: "note")
        }
    }

    private func paintLabels(_ lines: [(Arrow, Point, Point)], on canvas: inout Canvas, _ places: inout Placing) {
        for (arrow, start, end) in lines where !arrow.label.isEmpty {
            let words = Words(arrow.label, size: 8.5, color: arrow.look.color, isBold: arrow.isLabelBold)
            let gaps = max(1, abs(arrow.to.lane - arrow.from.lane))
            let (width, height) = (words.width, words.height)
            // A steep arrow needs more room above its middle.
            let slope = abs(end.x - start.x) < 1 ? 0 : abs((end.y - start.y) / (end.x - start.x))
            let lift = height / 2 + 2.5 + min(14, slope * width / 2)
            var candidates: [Placing.Candidate] = []
            for (detour, middle) in labelPlaces(arrow, gaps).enumerated() {
                for (step, shift) in [0, -0.09, 0.09, -0.18, 0.16, -0.26].enumerated() {
                    let part = middle + shift / Double(gaps)
                    let foot = Point(start.x + (end.x - start.x) * part, start.y + (end.y - start.y) * part)
                    for (turn, side) in [-lift, -lift - 5, lift].enumerated() {
                        let middle = Point(foot.x, foot.y + side)
                        candidates.append(
                            Placing.Candidate(
                                area: Rectangle(center: middle, width: width + 6, height: height - 2), anchor: middle,
                                alignment: .center,
                                cost: Double(detour) * 1.3 + Double(step) * 0.6 + Double(turn) * 1.4))
                    }
                }
            }
            let best = places.best(of: candidates)
            places.occupy(best.area, weight: Placing.words)
            canvas.text(words, at: best.anchor, .center, classes: arrow.classes)
        }
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
