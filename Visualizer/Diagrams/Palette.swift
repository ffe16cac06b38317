// Palette.swift: what colours and strokes mean, in every picture.
//
// A reader learns once that green is a leader and that dashes are an answer, and then reads all pictures. So no picture
// mixes colours of its own; it takes a look from here by its meaning.
//
// COLOUR ALONE NEVER CARRIES A MEANING. About one man in twelve does not see red and green as others do, and people print.
// The hues are those that Masataka Okabe and Kei Ito chose because they stay apart for them; and each meaning has a second
// sign that survives grey paper:
//
//     role            width of the bar and its outline     leader 20 wide, candidate 15, follower 9, down dotted and empty
//     kind of message stroke                               entries thick, votes middle, heartbeats dotted
//     direction       head                                 requests solid with a full head, answers dashed with an open one
//     lost            a cross at the end
//     term            the number, always; the tint only helps to find it
//     committed       a thick solid outline, else a thin dashed one
//
// READ NEXT  Canvas.swift, which draws with these.

/// A colour as Graphviz and SVG spell it: `#RRGGBB`, or `#RRGGBBAA` where something shines through.
package struct Color: Hashable, Sendable {
    /// The spelling.
    package let hex: String
    /// From its spelling.
    package init(_ hex: String) { self.hex = hex }
}

/// How an outline or an arrow is stroked.
package enum Stroke: String, Hashable, Sendable {
    /// In one go.
    case solid
    /// With gaps.
    case dashed
    /// As dots.
    case dotted
}

/// How a box looks.
package struct BoxLook: Hashable, Sendable {
    /// Its inside; nil: empty.
    package var fill: Color?
    /// Its outline; nil: none.
    package var line: Color?
    /// The outline's stroke.
    package var stroke: Stroke
    /// The outline's width in points.
    package var lineWidth: Double
    /// Whether its corners are round.
    package var isRounded: Bool
    /// How wide a bar of this look is, in points; boxes say their own width.
    package var barWidth: Double

    /// Everything.
    package init(
        fill: Color?, line: Color?, stroke: Stroke = .solid, lineWidth: Double = 1, isRounded: Bool = false,
        barWidth: Double = 9
    ) {
        self.fill = fill
        self.line = line
        self.stroke = stroke
        self.lineWidth = lineWidth
        self.isRounded = isRounded
        self.barWidth = barWidth
    }
}

/// What an arrow ends in.
package enum ArrowHead: String, Hashable, Sendable {
    /// A full head: a request.
    case normal
    /// An open one: an answer.
    case vee
    /// Nothing: a line, or a message that never arrived.
    case none
}

/// How an arrow looks.
package struct ArrowLook: Hashable, Sendable {
    /// Its colour, and that of its label.
    package var color: Color
    /// Its width in points.
    package var width: Double
    /// Its stroke.
    package var stroke: Stroke
    /// Its head.
    package var head: ArrowHead

    /// Everything.
    package init(_ color: Color, width: Double, stroke: Stroke = .solid, head: ArrowHead = .normal) {
        self.color = color
        self.width = width
        self.stroke = stroke
        self.head = head
    }

    /// The same as an answer: dashed, thinner, with an open head.
    package var reply: ArrowLook {
        ArrowLook(color, width: min(width, 1.3), stroke: stroke == .dotted ? .dotted : .dashed, head: .vee)
    }
    /// The same, in the colour of what went wrong.
    package var lost: ArrowLook { ArrowLook(Palette.trouble, width: min(width, 1.5), stroke: stroke, head: .none) }
}

/// All colours and looks, by their meaning.
package enum Palette {
    // Letters.

    /// Headlines.
    package static let headline = Color("#111111")
    /// Text.
    package static let text = Color("#222222")
    /// Text beside other text.
    package static let quiet = Color("#555555")
    /// What only helps to find one's way: column numbers, folded stretches.
    package static let faint = Color("#777777")
    /// Lines that carry nothing.
    package static let rule = Color("#BBBBBB")
    /// The ground of tables' heads.
    package static let shade = Color("#F4F4F4")
    /// Paper.
    package static let paper = Color("#FFFFFF")

    // Meanings.

    /// Leadership, success, a quorum.
    package static let success = Color("#009E73")
    /// Its dark twin, for letters.
    package static let successInk = Color("#005F45")
    /// Its pale twin, for grounds.
    package static let successGround = Color("#E3F4EE")
    /// Campaigns and votes.
    package static let vote = Color("#B87A00")
    /// Their dark twin, for letters.
    package static let voteInk = Color("#8A5B00")
    /// Work of a disk, and candidates.
    package static let disk = Color("#F6C65B")
    /// Entries, and what is committed.
    package static let entry = Color("#0072B2")
    /// Their pale twin.
    package static let entryGround = Color("#CFE3F3")
    /// Followers' letters.
    package static let followerInk = Color("#3F6C94")
    /// Heartbeats.
    package static let heartbeat = Color("#7A7A7A")
    /// Reads.
    package static let read = Color("#8B3F78")
    /// Their dark twin.
    package static let readInk = Color("#5E1F50")
    /// Their pale twin.
    package static let readGround = Color("#F3E3EE")
    /// Loss, refusal, deletion.
    package static let trouble = Color("#D55E00")
    /// Its dark twin.
    package static let troubleInk = Color("#A34700")
    /// Its pale twin; `1F` lets arrows shine through.
    package static let troubleGround = Color("#D55E0014")
    /// A star.
    package static let star = Color("#F0E442")
    /// What the client waited for.
    package static let critical = Color("#111111")
    /// What happened beside it.
    package static let beside = Color("#9A9A9A")

    // Bars of lanes.

    /// A leader.
    package static let leader = BoxLook(fill: success, line: successInk, barWidth: 20)
    /// A candidate.
    package static let candidate = BoxLook(fill: disk, line: vote, barWidth: 15)
    /// Somebody who asks whether it would be elected.
    package static let preCandidate = BoxLook(
        fill: Color("#FFF4D6"), line: Color("#E69F00"), stroke: .dashed, barWidth: 13)
    /// A follower.
    package static let follower = BoxLook(fill: Color("#DCE9F5"), line: Color("#7FA8CC"), barWidth: 9)
    /// A learner.
    package static let learner = BoxLook(fill: readGround, line: read, stroke: .dashed, barWidth: 9)
    /// Nobody is there.
    package static let down = BoxLook(fill: paper, line: Color("#8A8A8A"), stroke: .dotted, barWidth: 5)
    /// A process that stands still and does not know it.
    package static let paused = BoxLook(fill: shade, line: faint, stroke: .dotted, barWidth: 9)
    /// A client, or a part of a member that does nothing at the moment.
    package static let idle = BoxLook(fill: Color("#F0F0F0"), line: Color("#C9C9C9"), barWidth: 7)
    /// A part of a member at work.
    package static let busy = BoxLook(fill: entryGround, line: entry, barWidth: 16)
    /// A disk at work.
    package static let syncing = BoxLook(fill: disk, line: vote, barWidth: 16)
    /// The state machine at work.
    package static let applying = BoxLook(fill: Color("#BFE6D8"), line: successInk, barWidth: 16)
    /// A read that waits.
    package static let waiting = BoxLook(fill: readGround, line: read, stroke: .dashed, barWidth: 14)
    /// A read that is served.
    package static let reading = BoxLook(fill: read, line: readInk, barWidth: 14)

    // Boxes.

    /// The head of a lane.
    package static let head = BoxLook(fill: shade, line: Color("#999999"), isRounded: true)
    /// A frame around a group.
    package static let frame = BoxLook(fill: nil, line: rule, isRounded: true)
    /// Members that cannot reach others.
    package static let island = BoxLook(fill: troubleGround, line: trouble, stroke: .dashed, isRounded: true)

    // Arrows.

    /// Entries.
    package static let append = ArrowLook(entry, width: 2)
    /// A campaign.
    package static let campaign = ArrowLook(vote, width: 1.8)
    /// A sign of life.
    package static let beat = ArrowLook(heartbeat, width: 1.1, stroke: .dotted)
    /// A read, or what it needs.
    package static let question = ArrowLook(read, width: 1.8)
    /// A snapshot.
    package static let snapshot = ArrowLook(successInk, width: 2.6)

    // Terms.

    /// The ground of an entry of a term. Four tints take turns; the number is always printed too.
    package static func ground(ofTerm term: UInt64) -> Color { grounds[Int(term % 4)] }
    /// The outline that goes with it.
    package static func line(ofTerm term: UInt64) -> Color { lines[Int(term % 4)] }

    private static let grounds = ["#D7EBDD", "#CFE3F3", "#FBE3AE", "#E9CFE0"].map { Color($0) }
    private static let lines = ["#2F7D4F", "#0072B2", "#B87A00", "#8B3F78"].map { Color($0) }
}
