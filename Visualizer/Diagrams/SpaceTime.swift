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
// READ NEXT  SpaceTimeLayout.swift (where words go), SpaceTimeText.swift (the terminal's form), ElectionPicture.swift

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
        /// The lines of the text form, which breaks them where it must.
        var spoken: [String]
    }
    struct Group: Sendable {
        var lanes: ClosedRange<Int>
        var from: Double
        var to: Double
        var look: BoxLook
        var label: String
        var reach: Double
        /// Whether its edges go where the notes of its lanes end.
        var fits: Bool
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
    static let lostPart = 0.8

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
        classes: String = "message"
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
    /// text form puts into the lane; `spoken` are its lines there, if those of the drawing are broken to be short.
    package mutating func note(
        _ lane: Int, _ y: Double, _ words: Words, number: Int? = nil, side: Alignment = .center, symbol: String = "",
        spoken: [String]? = nil
    ) {
        var words = words
        var spoken = spoken ?? words.plain.split(separator: "\n").map(String.init)
        if let number, !words.lines.isEmpty {
            if !spoken.isEmpty { spoken[0] = Lettering.circled(number) + " " + spoken[0] }
            let bold = words.lines[0].first?.isBold ?? false
            words.lines[0].insert(Run(Lettering.circled(number) + " ", isBold: bold), at: 0)
        }
        notes.append(Note(lane: lane, y: y, words: words, side: side, symbol: symbol, spoken: spoken))
    }

    /// A ground behind several lanes: the parts of one member, an island in a partition. `reach`: how far it goes beyond
    /// the outer lanes; `fits`: and as much farther as their notes need.
    package mutating func group(
        _ lanes: ClosedRange<Int>, _ from: Double, _ to: Double, _ look: BoxLook, label: String = "",
        reach: Double = 68, fits: Bool = false
    ) {
        groups.append(
            Group(lanes: lanes, from: from, to: to, look: look, label: label, reach: reach, fits: fits))
    }

    /// The same at other heights: `place` says where what is at a height of a lane stands now. What lasts to the end (an
    /// infinite height) lasts to `bottom`.
    func moved(bottom: Double, _ place: (Int, Double) -> Double) -> SpaceTime {
        var moved = self
        func height(_ lane: Int, _ y: Double) -> Double { y.isInfinite ? bottom : place(lane, y) }
        for number in bars.indices {
            moved.bars[number].from = height(bars[number].lane, bars[number].from)
            moved.bars[number].to = height(bars[number].lane, bars[number].to)
        }
        for (number, arrow) in arrows.enumerated() {
            let sent = height(arrow.from.lane, arrow.from.y)
            moved.arrows[number].from.y = sent
            // What nobody received has an end without a moment.
            moved.arrows[number].to.y =
                arrow.isLost ? sent + arrow.to.y - arrow.from.y : height(arrow.to.lane, arrow.to.y)
        }
        for number in moments.indices { moved.moments[number].y = height(moments[number].lane, moments[number].y) }
        for number in notes.indices { moved.notes[number].y = height(notes[number].lane, notes[number].y) }
        return moved
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
    private var index: [Int: [Bar]] = [:]
    mutating func indexBars() { index = Dictionary(grouping: bars, by: \.lane) }

    // MARK: - Painting

    /// Draws everything on a canvas, the heads of the lanes at `top`; answers with the y below it.
    package func paint(on canvas: inout Canvas, top: Double) -> Double {
        let origin = top + Self.headHeight
        return paint(layout(origin: origin), on: &canvas, origin: origin)
    }

    /// The same with words that have their places already.
    func paint(_ layout: SpaceTimeLayout, on canvas: inout Canvas, origin: Double) -> Double {
        paintGrounds(layout, on: &canvas, origin: origin)
        for bar in bars {
            canvas.box(
                at: Point(x(of: bar.lane), origin + (bar.from + bar.to) / 2), width: bar.look.barWidth,
                height: bar.to - bar.from, bar.look,
                tooltip: bar.tooltip.isEmpty ? "\(lanes[bar.lane].name) \(bar.name)" : bar.tooltip,
                classes: bar.classes)
        }
        for (arrow, line) in zip(arrows, layout.lines) {
            let color = arrow.look.color
            let first = canvas.mark(.dot, at: line.from, color, classes: arrow.classes)
            let last = canvas.mark(arrow.isLost ? .cross : .ring, at: line.to, color, classes: arrow.classes)
            canvas.arrow(
                from: first, to: last, arrow.look, tooltip: arrow.tooltip.isEmpty ? arrow.label : arrow.tooltip,
                classes: arrow.classes)
        }
        for moment in moments {
            let place = Point(x(of: moment.lane), origin + moment.y)
            canvas.mark(moment.mark, at: place, moment.color, tooltip: moment.tooltip)
        }
        for note in layout.notes {
            canvas.text(notes[note.number].words, at: note.place.anchor, note.place.alignment, classes: "note")
        }
        for label in layout.labels {
            let arrow = arrows[label.number]
            canvas.text(words(of: arrow), at: label.place.anchor, .center, classes: arrow.classes)
        }
        return origin + bottom + 14
    }

    /// The heads of the lanes and the room below them.
    static let headHeight = 62.0

    private func paintGrounds(_ layout: SpaceTimeLayout, on canvas: inout Canvas, origin: Double) {
        for (group, area) in zip(groups, layout.grounds) {
            canvas.box(
                at: Point((area.left + area.right) / 2, (area.top + area.bottom) / 2), width: area.right - area.left,
                height: area.bottom - area.top, group.look, isGround: true, tooltip: group.label)
            if !group.label.isEmpty {
                canvas.text(
                    Words(group.label, size: 8.5, color: group.look.line ?? Palette.quiet),
                    at: Point(area.left + 8, area.top + 9))
            }
        }
        let top = origin - Self.headHeight
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
}
