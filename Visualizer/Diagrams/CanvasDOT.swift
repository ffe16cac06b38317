// CanvasDOT.swift: how does a sheet become a graph that Graphviz renders and does not rearrange?
//
//     graph    layout=nop            places are taken as they are; arrows are routed straight
//              outputorder=edgesfirst     bars and letters cover arrows
//     node     fixedsize=shape       a label that is larger than its node overflows, and nothing is said or moved
//     text     a node without outline, as wide as its letters are in Helvetica; `\l` and `\r` align within it
//     several faces in one line      an HTML table of one cell: the only way to have them
//
// ESCAPING has three layers, and a forgotten one is invisible until somebody's key contains the wrong letter:
//
//     a quoted label    \ and " are ours to double        &  begins an entity, so it becomes &amp;
//     an HTML label     & < > "                           must be entities, or the label is a syntax error
//     both              control characters never come here (Lettering.printable)
//
// THE TEXT IS A GOLDEN FILE in the tests: one thing a line, numbers with at most two decimals, no order that depends on
// hashing.

extension Canvas {
    /// The last name is what every reader has.
    private static let font = "Helvetica,Arial,Liberation Sans,sans-serif"

    /// The picture as a graph in Graphviz's language.
    package var dot: String {
        var text = """
            digraph "\(Self.quoted(title))" {
              graph [layout=nop, splines=line, outputorder=edgesfirst, bgcolor=white, pad=0.25, charset="UTF-8", \
            fontname="\(Self.font)"];
              node [fontname="\(Self.font)", fontsize=9, fixedsize=shape, margin=0, shape=box, label=""];
              edge [arrowsize=0.7];

            """
        for layer in layers {
            for number in layer {
                text += "  n\(number) [" + Self.attributes(nodes[number]) + "];\n"
            }
        }
        for edge in edges { text += "  n\(edge.from) -> n\(edge.to) [" + Self.attributes(edge) + "];\n" }
        return text + "}\n"
    }

    private static func attributes(_ node: Node) -> String {
        let place =
            Lettering.decimal(node.center.x, 1) + "," + Lettering.decimal(-node.center.y, 1)
        var list = [
            "pos=\"\(place)\"", "width=\(Lettering.decimal(node.width / 72, 3))",
            "height=\(Lettering.decimal(node.height / 72, 3))",
        ]
        if node.shape == "point" { list.append("style=invis") }
        if node.shape != "box" { list.append("shape=\(node.shape)") }
        if let look = node.look { list += attributes(look) }
        if let words = node.words, !words.isEmpty { list += label(words, node) }
        if !node.classes.isEmpty { list.append("class=\"\(quoted(node.classes))\"") }
        return list.joined(separator: ", ")
    }

    private static func attributes(_ look: BoxLook) -> [String] {
        var styles: [String] = []
        if look.fill != nil { styles.append("filled") }
        if look.isRounded { styles.append("rounded") }
        if look.stroke != .solid { styles.append(look.stroke.rawValue) }
        var list: [String] = []
        if !styles.isEmpty { list.append("style=\"\(styles.joined(separator: ","))\"") }
        if let fill = look.fill { list.append("fillcolor=\"\(fill.hex)\"") }
        if let line = look.line {
            list.append("color=\"\(line.hex)\"")
            if look.lineWidth != 1 { list.append("penwidth=\(Lettering.decimal(look.lineWidth, 1))") }
        } else {
            list.append("penwidth=0")
        }
        return list
    }

    private static func attributes(_ edge: Edge) -> String {
        var list = ["color=\"\(edge.look.color.hex)\""]
        if edge.look.width != 1 { list.append("penwidth=\(Lettering.decimal(edge.look.width, 1))") }
        if edge.look.stroke != .solid { list.append("style=\(edge.look.stroke.rawValue)") }
        if edge.look.head != .normal { list.append("arrowhead=\(edge.look.head.rawValue)") }
        if !edge.classes.isEmpty { list.append("class=\"\(quoted(edge.classes))\"") }
        return list.joined(separator: ", ")
    }

    // MARK: Words

    private static func label(_ words: Words, _ node: Node) -> [String] {
        let runs = words.lines.flatMap { $0 }
        let isPlain = runs.allSatisfy { $0.size == nil && $0.color == nil && !$0.isStruck && !$0.isBold }
        guard isPlain else { return ["label=<\(html(words, node))>"] }
        let end = node.alignment == .left ? "\\l" : node.alignment == .right ? "\\r" : "\\n"
        // The last line's end may be left out where the text is centred.
        let lines = words.lines.map { entities(quoted(Lettering.printable($0.map(\.text).joined()))) }
        var text = lines.joined(separator: end)
        if node.alignment != .center { text += end }
        var list = ["label=\"\(text)\""]
        if words.size != 9 { list.append("fontsize=\(Lettering.decimal(words.size, 1))") }
        if words.color != Color("#000000") { list.append("fontcolor=\"\(words.color.hex)\"") }
        return list
    }

    /// Several faces: one cell that is as wide as the text is thought to be, so that its edge lies where it should.
    private static func html(_ words: Words, _ node: Node) -> String {
        let side = node.alignment == .left ? "LEFT" : node.alignment == .right ? "RIGHT" : "CENTER"
        let lines = words.lines.map { line in line.map { html($0, in: words) }.joined() }
        let end = "<BR ALIGN=\"\(side)\"/>"
        var text = lines.joined(separator: end)
        if node.alignment != .center { text += end }
        if node.look != nil { return text }
        return """
            <TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR><TD \
            WIDTH="\(Int(node.width))" ALIGN="\(side)" BALIGN="\(side)">\(text)</TD></TR></TABLE>
            """
    }

    private static func html(_ run: Run, in words: Words) -> String {
        // An empty element is a syntax error to Graphviz.
        guard !run.text.isEmpty else { return "" }
        var text = entities(Lettering.printable(run.text), alsoBrackets: true)
        if run.isStruck { text = "<S>\(text)</S>" }
        if run.isBold { text = "<B>\(text)</B>" }
        let size = Lettering.decimal(run.size ?? words.size, 1)
        return "<FONT POINT-SIZE=\"\(size)\" COLOR=\"\((run.color ?? words.color).hex)\">\(text)</FONT>"
    }

    // MARK: Escaping

    /// For a text within quotes.
    static func quoted(_ text: String) -> String {
        // Most texts need nothing.
        let special: (UInt8) -> Bool = { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "\"") }
        guard text.utf8.contains(where: special) else { return text }
        var quoted = ""
        for character in text.unicodeScalars {
            if character == "\\" || character == "\"" { quoted += "\\" }
            quoted.unicodeScalars.append(character)
        }
        return quoted
    }

    /// With entities for what begins one, and for brackets where they would be markup.
    static func entities(_ text: String, alsoBrackets: Bool = false) -> String {
        guard text.utf8.contains(where: { "&<>\"".utf8.contains($0) }) else { return text }
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<" where alsoBrackets: escaped += "&lt;"
            case ">" where alsoBrackets: escaped += "&gt;"
            case "\"" where alsoBrackets: escaped += "&quot;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
