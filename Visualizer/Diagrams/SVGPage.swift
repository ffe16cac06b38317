// SVGPage.swift: what does an SVG need that Graphviz does not write?
//
//     role="img", <title>, <desc>    so that a screen reader says what the picture shows instead of reading coordinates
//     a <title> in a group           what a browser shows under the pointer: our words instead of `n17`, or nothing
//     no comments                    they name the version of Graphviz, and the same picture should be the same bytes
//
// Graphviz writes one element a line where it matters (`<title>` stands alone on its line), so this is a walk over lines and
// no parser.

extension Canvas {
    /// Finishes an SVG that Graphviz has made of `dot`.
    package func svg(finishing raw: String) -> String {
        var tips: [Substring: String] = [:]
        for (number, node) in nodes.enumerated() where !node.tooltip.isEmpty { tips["n\(number)"] = node.tooltip }
        for edge in edges where !edge.tooltip.isEmpty { tips["n\(edge.from)&#45;&gt;n\(edge.to)"] = edge.tooltip }
        var page = ""
        page.reserveCapacity(raw.utf8.count + 2000)
        var isInComment = false
        var isInHead = false
        // By bytes: looking for whole characters in megabytes of coordinates would take longer than drawing them.
        for bytes in raw.utf8.split(separator: UInt8(ascii: "\n")) {
            let starts = { (text: String) in bytes.starts(with: text.utf8) }
            if isInComment || starts("<!--") {
                isInComment = !bytes.reversed().starts(with: "-->".utf8.reversed())
                continue
            }
            if starts("<!DOCTYPE") || starts(" \"http://www.w3.org/Graphics") { continue }
            let line = Substring(bytes)
            if starts("<title>"), bytes.reversed().starts(with: "</title>".utf8.reversed()) {
                let name = Substring(bytes.dropFirst(7).dropLast(8))
                if let tip = tips[name] { page += "<title>\(Self.xml(tip))</title>\n" }
                continue
            }
            if starts("<svg ") {
                page +=
                    "<svg role=\"img\" aria-labelledby=\"picture-title picture-desc\" \(Substring(bytes.dropFirst(5)))"
                isInHead = true
            } else {
                page += line
            }
            if isInHead, bytes.last == UInt8(ascii: ">") {
                isInHead = false
                page += "\n<title id=\"picture-title\">\(Self.xml(title))</title>\n"
                page += "<desc id=\"picture-desc\">\(Self.xml(about.isEmpty ? subtitle : about))</desc>"
            }
            page += "\n"
        }
        return page
    }

    private static func xml(_ text: String) -> String { entities(Lettering.printable(text), alsoBrackets: true) }
}
