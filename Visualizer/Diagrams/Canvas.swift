// Canvas.swift: a sheet with boxes, words and arrows at given places; START HERE to draw something.
//
// Graphviz can lay graphs out by itself, and does it well. But the pictures here have an order that no graph has: time
// runs down, members stand side by side, columns are log indexes. Asked to find that out by itself (ranks, invisible
// edges), it needs seconds for a thousand messages and puts things elsewhere when a font differs. So everything is placed
// here, and Graphviz is told so (`layout=nop`): it routes straight arrows and renders.
//
//     Canvas   x to the right, y DOWN, in points (1/72 inch)
//        |     four layers, so that nobody must think about the order of calls:
//        |         arrows  <  grounds  <  bars  <  marks  <  words        (an arrow passes BEHIND a bar)
//        v
//     CanvasDOT.swift   one node for a box, one for a text, two for an arrow's ends;  y is turned around
//        v
//     Graphviz -> SVG -> SVGPage.swift, which adds what a screen reader needs
//
// A PICTURE DOES NOT DEPEND ON FONTS. A text is a node of its own whose letters may overflow; no box grows with its text.
//
// COST     linear; 5,000 messages with their labels are 15,000 nodes: see RenderingTests.
// READ NEXT  SpaceTime.swift (members and messages), Sheet.swift (rows and columns), Palette.swift (looks)

/// A place on the sheet, in points; y grows downwards.
package struct Point: Hashable, Sendable {
    /// To the right.
    package var x: Double
    /// Down.
    package var y: Double
    /// Both.
    package init(_ x: Double, _ y: Double) {
        self.x = x
        self.y = y
    }
}

/// A stretch of text in one face.
package struct Run: Hashable, Sendable {
    /// The text; drawn as `Lettering.printable` spells it.
    package var text: String
    /// Its colour; nil: that of the text around it.
    package var color: Color?
    /// Whether it is bold.
    package var isBold: Bool
    /// Whether it is struck through.
    package var isStruck: Bool
    /// Its size in points; nil: that of the text around it.
    package var size: Double?

    /// Everything.
    package init(
        _ text: String, color: Color? = nil, isBold: Bool = false, isStruck: Bool = false, size: Double? = nil
    ) {
        self.text = text
        self.color = color
        self.isBold = isBold
        self.isStruck = isStruck
        self.size = size
    }
}

/// Lines of text, each made of runs.
package struct Words: Hashable, Sendable, ExpressibleByStringLiteral {
    /// The lines.
    package var lines: [[Run]]
    /// The size in points where a run says none.
    package var size: Double
    /// The colour where a run says none.
    package var color: Color

    /// Lines of runs.
    package init(lines: [[Run]], size: Double = 9, color: Color = Palette.text) {
        self.lines = lines
        self.size = size
        self.color = color
    }
    /// Plain text; `\n` begins a line.
    package init(_ text: String, size: Double = 9, color: Color = Palette.text, isBold: Bool = false) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        self.init(lines: lines.map { [Run(String($0), isBold: isBold)] }, size: size, color: color)
    }
    /// Plain text, small and dark.
    package init(stringLiteral text: String) { self.init(text) }

    /// As plain text, for the text form of a picture.
    package var plain: String {
        lines.map { $0.map(\.text).joined() }.joined(separator: "\n")
    }
    /// About how wide it is.
    package var width: Double {
        lines.map { line in
            line.reduce(0) { $0 + Lettering.width($1.text, size: $1.size ?? size, isBold: $1.isBold) }
        }.max() ?? 0
    }
    /// About how high it is.
    package var height: Double {
        lines.reduce(0) { sum, line in sum + (line.map { $0.size ?? size }.max() ?? size) * 1.2 }
    }
    var isEmpty: Bool { lines.allSatisfy { $0.allSatisfy(\.text.isEmpty) } }
}

/// Which side of a text lies at its place.
package enum Alignment: Hashable, Sendable {
    /// Its left edge: the text runs to the right.
    case left
    /// Its middle.
    case center
    /// Its right edge: the text runs to the left.
    case right
}

/// A small sign for one moment of one lane.
package enum Mark: Hashable, Sendable {
    /// Something was sent.
    case dot
    /// Something arrived.
    case ring
    /// A timeout.
    case diamond
    /// Somebody leads now.
    case star
    /// Something is durable or was applied.
    case square
    /// Something was lost, or ended.
    case cross
}

/// A sheet of shapes.
package struct Canvas: Sendable {
    /// What the picture is called; drawn at its top, and the SVG's `<title>`.
    package let title: String
    /// How it is read; drawn under the title.
    package let subtitle: String
    /// The same picture in a few sentences, for who cannot see it: the SVG's `<desc>`.
    package var about: String

    /// Layers, the lowest first.
    enum Layer: Int, CaseIterable, Sendable { case ground, bar, mark, words }

    struct Node: Sendable {
        var center: Point
        var width: Double
        var height: Double
        var shape = "box"
        var look: BoxLook?
        var words: Words?
        var alignment = Alignment.center
        var tooltip = ""
        var classes = ""
    }

    struct Edge: Sendable {
        var from: Int
        var to: Int
        var look: ArrowLook
        var tooltip: String
        var classes: String
    }

    var nodes: [Node] = []
    var layers: [[Int]] = Array(repeating: [], count: Layer.allCases.count)
    var edges: [Edge] = []

    /// An empty sheet with a headline. What is drawn stands below y = `Canvas.top`.
    package init(title: String, subtitle: String, about: String) {
        self.title = title
        self.subtitle = subtitle
        self.about = about
        text(Words(title, size: 16, color: Palette.headline, isBold: true), at: Point(0, 10), classes: "title")
        text(Words(subtitle, size: 10, color: Palette.quiet), at: Point(0, 31), classes: "subtitle")
    }

    /// Where the space below the headline begins.
    package static let top = 50.0

    private mutating func add(_ node: Node, _ layer: Layer) -> Int {
        nodes.append(node)
        layers[layer.rawValue].append(nodes.count - 1)
        return nodes.count - 1
    }

    /// Draws a box around its middle. `isGround`: below everything but arrows, for frames and islands.
    package mutating func box(
        at center: Point, width: Double, height: Double, _ look: BoxLook, words: Words? = nil, isGround: Bool = false,
        tooltip: String = "", classes: String = ""
    ) {
        _ = add(
            Node(
                center: center, width: max(width, 0.5), height: max(height, 0.5), look: look, words: words,
                tooltip: tooltip, classes: classes), isGround ? .ground : .bar)
    }

    /// Writes a text; `place` is the middle of its height and its left edge, middle or right edge.
    package mutating func text(
        _ words: Words, at place: Point, _ alignment: Alignment = .left, classes: String = ""
    ) {
        guard !words.isEmpty else { return }
        let width = words.width + 4
        let shift = alignment == .left ? width / 2 : alignment == .right ? -width / 2 : 0
        _ = add(
            Node(
                center: Point(place.x + shift, place.y), width: width, height: words.height, shape: "plaintext",
                words: words, alignment: alignment, classes: classes), .words)
    }

    /// Puts a mark; answers with a handle for arrows.
    @discardableResult
    package mutating func mark(
        _ mark: Mark, at place: Point, _ color: Color, tooltip: String = "", classes: String = ""
    ) -> CanvasPin {
        let size: Double
        let shape: String
        var look = BoxLook(fill: color, line: color, lineWidth: 1.3)
        switch mark {
        case .dot: (size, shape) = (6, "circle")
        case .ring:
            (size, shape) = (6, "circle")
            look.fill = Palette.paper
        case .diamond: (size, shape) = (13, "diamond")
        case .star:
            (size, shape) = (16, "star")
            look.fill = Palette.star
        case .square: (size, shape) = (9, "square")
        case .cross:
            (size, shape) = (13, "circle")
            look.fill = Palette.paper
        }
        let cross = Words("×", size: 9, color: color, isBold: true)
        return CanvasPin(
            node: add(
                Node(
                    center: place, width: size, height: size, shape: shape, look: look,
                    words: mark == .cross ? cross : nil, tooltip: tooltip, classes: classes), .mark))
    }

    /// How far the words below a height go to the right.
    package func rightEdge(below y: Double) -> Double {
        layers[Layer.words.rawValue].reduce(0) { edge, number in
            let node = nodes[number]
            return node.center.y > y ? max(edge, node.center.x + node.width / 2) : edge
        }
    }

    /// A place without a mark, for arrows.
    package mutating func pin(at place: Point) -> CanvasPin {
        CanvasPin(node: add(Node(center: place, width: 0.7, height: 0.7, shape: "point"), .ground))
    }

    /// Draws an arrow between two pins.
    package mutating func arrow(
        from: CanvasPin, to: CanvasPin, _ look: ArrowLook, tooltip: String = "", classes: String = ""
    ) {
        edges.append(Edge(from: from.node, to: to.node, look: look, tooltip: tooltip, classes: classes))
    }

    /// Draws an arrow between two places, or a line (`look.head == .none`).
    package mutating func arrow(from: Point, to: Point, _ look: ArrowLook, tooltip: String = "") {
        let start = pin(at: from)
        let end = pin(at: to)
        arrow(from: start, to: end, look, tooltip: tooltip)
    }
}

/// Something on a canvas that an arrow can begin or end at.
package struct CanvasPin: Hashable, Sendable {
    let node: Int
}
