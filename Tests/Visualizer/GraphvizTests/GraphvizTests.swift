// GraphvizTests.swift: pictures come out, and whatever Graphviz minds is an error with its words.

import Bytes
import Graphviz
import Testing

private func render(_ graph: String, _ format: PictureFormat) throws -> [UInt8] {
    var output = ByteBuffer()
    try Graphviz.render(graph, as: format, into: &output)
    let view = output.view
    return (0..<view.count).map { view[$0] }
}

private func complaint(_ graph: String) -> String? {
    do {
        _ = try render(graph, .svg)
        return nil
    } catch { return "\(error)" }
}

@Suite(.serialized) struct GraphvizTests {
    @Test("each format has its own first bytes")
    func formats() throws {
        let graph = "digraph { a -> b }"
        #expect(try String(decoding: render(graph, .svg), as: UTF8.self).contains("<svg"))
        #expect(try render(graph, .png).prefix(4) == [0x89, 0x50, 0x4E, 0x47])
        #expect(try render(graph, .pdf).prefix(4) == [0x25, 0x50, 0x44, 0x46])
    }

    @Test("a picture is the same twice, and an error leaves nothing behind for the next")
    func repeated() throws {
        let graph = #"digraph pair { graph [layout=nop]; a [pos="0,0"]; b [pos="90,0"]; a -> b }"#
        let first = try render(graph, .svg)
        #expect(complaint("digraph { a [label=<<B>>] }") != nil)
        #expect(try render(graph, .svg) == first)
    }

    @Test(
        "a warning is fatal, and says what Graphviz said",
        arguments: [
            // Graphviz draws the node's name for this, and says that all went well.
            ("digraph { a [label=<<FONT></FONT>>] }", "label of node a"),
            ("digraph { a [label=<<B>x</I>>] }", "mismatched tag"),
            (
                "digraph { a [label=<<TABLE><TR><TD FIXEDSIZE=\"TRUE\" WIDTH=\"4\" HEIGHT=\"4\">wide</TD></TR></TABLE>>] }",
                "too small"
            ),
            ("digraph { a [width=0.1, fixedsize=true, label=\"much too wide\"] }", "too small"),
            ("digraph { a [shape=hexahedron] }", "hexahedron"), ("digraph { a -> }", "syntax error"),
            ("digraph { graph [layout=astrology]; a }", "astrology"), ("", "without a word"),
            ("digraph { graph [layout=nop]; a [pos=\"0,0\"]; b }", "no position"),
        ])
    func warnings(graph: String, words: String) {
        let said = complaint(graph)
        #expect(said?.contains(words) == true, "\(graph): \(said ?? "nothing")")
    }

    @Test("any script of the world may stand in a label")
    func scripts() throws {
        let text = try String(
            decoding: render(#"digraph { a [label="ключ 鍵 ✕ \"q\" &amp;lt;"] }"#, .svg), as: UTF8.self)
        #expect(text.contains("ключ 鍵 ✕"))
        #expect(text.contains("&amp;lt;"))
    }
}
