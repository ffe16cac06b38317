// SwiftText.swift: lines of Swift, indented.

/// A growing text. Blocks indent what is written within them.
struct SwiftText {
    private(set) var lines: [String] = []
    private var depth = 0
    /// What `swift format` allows.
    private let width = 120

    /// The finished file.
    var text: String { lines.joined(separator: "\n") + "\n" }

    /// One line; an empty one ends up without blanks.
    mutating func line(_ text: String = "") {
        lines.append(text.isEmpty ? "" : String(repeating: "    ", count: depth) + text)
    }

    /// A head, a body one step further in, and an end.
    mutating func block<Failure: Error>(
        _ head: String, end: String = "}", _ body: (inout SwiftText) throws(Failure) -> Void
    ) throws(Failure) {
        line(head)
        depth += 1
        try body(&self)
        depth -= 1
        line(end)
    }

    /// A comment of a `.proto` file as a documentation comment. Its lines stay as they are, so that pictures
    /// and tables survive; only one that would become too long goes on in the next line.
    mutating func document(_ comment: String) {
        var rows = comment.split(separator: "\n", omittingEmptySubsequences: false).map { row in
            String(row.first == " " ? row.dropFirst() : row)
        }
        while rows.last == "" { rows.removeLast() }
        for row in rows {
            var rest = Substring(row)
            let room = width - depth * 4 - 4
            while rest.count > room, let blank = rest.prefix(room).lastIndex(of: " "), blank > rest.startIndex {
                line("/// " + rest[..<blank])
                rest = rest[rest.index(after: blank)...]
            }
            line(rest.isEmpty ? "///" : "/// " + rest)
        }
    }
}
