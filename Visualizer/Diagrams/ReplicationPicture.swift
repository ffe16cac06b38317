// ReplicationPicture.swift: whose log holds what, and how does a log that differs become like the leader's?
//
// Raft's log (paper, sections 5.3 and 5.4; thesis, chapter 3.5). The picture is a row of still photographs: at a few moments
// all logs beside each other, and between two of them the messages that led from one to the next.
//
//     A  n3 rejects                       1   2   3   4   5    commit  durable  applied   leader's view
//        n1  leader    term 3            [1] [1] [1] [3] [3]      5       5        5
//        n3  follower  term 3            [1] [1] [1] (2) (2)      3       5        3      match 0, next 6, probe
//                  |
//                  |   n1 -> n3  Append ...
//                  v
//     B  ...
//
// A PHOTOGRAPH IS A CONSISTENT CUT: a prefix of the causal order. Nothing in it is an effect of something that is not. No
// two machines may ever have been in these states at the same time; but nothing that anybody could notice says otherwise.
//
// WHICH MOMENTS? Those at which somebody's log changed in a way that needs an explanation (CutChoice.swift).
//
// READ NEXT  ReplicationScene.swift (the photographs), CutChoice.swift

import Identifiers
import Trace
import TraceModel

/// Log matrices at consistent cuts, and what happened between them.
package enum ReplicationPicture {
    static let subtitle =
        "columns = log index, rows = members; each frame is one consistent cut of the cluster; lines between frames = what "
        + "happened between two cuts"

    /// Draws it.
    package static func draw(_ request: PictureRequest, width: Int) throws(PictureError) -> Picture {
        var scene = try ReplicationScene(request)
        try scene.selection?.requireEntries(for: .replication)
        scene.walk()
        let title = request.title ?? scene.headline
        var canvas = Canvas(title: title, subtitle: subtitle, about: scene.story)
        let bottom = scene.paint(on: &canvas, top: Canvas.top + 4)
        let legend = Self.legend(scene.standings)
        let below = canvas.legend(legend, at: Point(0, bottom + 20), width: max(560, scene.width))
        canvas.text(
            Words(
                "big number and fill = term of the entry; what it does stands below; conf = a change of membership",
                size: 8.5, color: Palette.quiet),
            at: Point(0, below + 10), classes: "legend")
        _ = canvas.footnotes(scene.footnotes, at: Point(0, below + 24), ElectionPicture.plural)
        return Picture(canvas: canvas, text: scene.text(title, width))
    }

    /// What the boxes mean that are there, and no others.
    private static func legend(_ standings: Set<ReplicationScene.Standing>) -> [LegendItem] {
        let look = BoxLook(fill: Palette.ground(ofTerm: 1), line: Palette.line(ofTerm: 1), lineWidth: 2)
        let items: [(LegendItem, isThere: Bool)] = [
            (.box(look, Self.cell("1", "cmd", isBold: true), "committed: thick, bold"), true),
            (
                .box(
                    BoxLook(fill: look.fill, line: look.line, stroke: .dashed), Self.cell("1", "cmd", isBold: false),
                    "not known to be committed: dashed"),
                standings.contains(.open) || standings.contains(.freshOpen)
            ),
            (
                .box(
                    ReplicationScene.conflictLook(2),
                    Words(lines: [[Run("2", isStruck: true, size: 11)], [Run("cmd", size: 7.5)]]),
                    "differs from the leader's"),
                standings.contains(.conflicting)
            ),
            (
                .box(
                    BoxLook(fill: Palette.ground(ofTerm: 3), line: Palette.success, lineWidth: 3),
                    Self.cell("3", "cmd", isBold: true), "new in this frame: green"),
                standings.contains(.fresh) || standings.contains(.freshOpen)
            ),
        ]
        return items.filter(\.isThere).map(\.0)
    }

    /// The words in a box of an entry.
    static func cell(_ term: String, _ what: String, isBold: Bool) -> Words {
        Words(lines: [[Run(term, isBold: isBold, size: 11)], [Run(what, color: Color("#444444"), size: 7.5)]])
    }
}
