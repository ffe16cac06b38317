// SourceText.swift: which bytes of a source file are code?
//
// A rule such as "no clock in a pure room" looks for words. But `Date` in a comment is prose, and
// "unsafe" in an error message is advice. So before any rule looks, comments and the text of string
// literals are blanked out; what remains has every line and column where it was:
//
//     let a = "unsafe \(b) here"  // unsafe?          as written
//     let a = "        \(b)     "                     as the rules see it
//
// Interpolations are code again. Literals come in four shapes: "one line", """several""", and either
// with #'s around it, which change what counts as an escape. Comments of the form /* */ nest.
//
// LIMIT  Bare regex literals are not told from divisions; nothing here writes them.

/// One file, as written and as the rules see it.
struct SourceText {
    /// Relative to the top of the checkout.
    let path: String
    /// As written, line by line.
    let lines: [String]
    /// The same lines with comments and the text of literals blanked out.
    let code: [String]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var blanker = Blanker(Array(text.unicodeScalars))
        code = blanker.blanked().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The name of the file without its folders.
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// Whether the file says in its head that a program wrote it.
    var isGenerated: Bool {
        lines.prefix(12).contains { $0.hasPrefix("// Made by MessageGenerator") }
    }

    /// The words of a line of code: identifiers and keywords, in order.
    static func words(of line: String) -> [Substring] {
        line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    }
}

/// Walks once over the text, and copies code, and blanks what is not.
private struct Blanker {
    private let text: [Unicode.Scalar]
    private var place = 0
    private var output = String.UnicodeScalarView()

    init(_ text: [Unicode.Scalar]) { self.text = text }

    mutating func blanked() -> String {
        code(untilParenthesis: false)
        return String(output)
    }

    private func sees(_ pattern: String) -> Bool {
        let scalars = Array(pattern.unicodeScalars)
        return place + scalars.count <= text.count && Array(text[place..<(place + scalars.count)]) == scalars
    }

    private mutating func keep(_ count: Int = 1) {
        output.append(contentsOf: text[place..<min(place + count, text.count)])
        place += count
    }

    /// Lines stay lines; everything else becomes a blank.
    private mutating func blank(_ count: Int = 1) {
        for scalar in text[place..<min(place + count, text.count)] { output.append(scalar == "\n" ? "\n" : " ") }
        place += count
    }

    /// Copies code up to the end, or up to the parenthesis that closes an interpolation.
    private mutating func code(untilParenthesis: Bool) {
        var depth = 0
        while place < text.count {
            if sees("//") {
                while place < text.count, text[place] != "\n" { blank() }
            } else if sees("/*") {
                blockComment()
            } else if text[place] == "\"" || (text[place] == "#" && hashesBeforeQuote() > 0) {
                literal()
            } else {
                if text[place] == "(" { depth += 1 }
                if text[place] == ")" {
                    if untilParenthesis, depth == 0 { return }
                    depth -= 1
                }
                keep()
            }
        }
    }

    private mutating func blockComment() {
        var depth = 0
        repeat {
            if sees("/*") {
                depth += 1
                blank(2)
            } else if sees("*/") {
                depth -= 1
                blank(2)
            } else {
                blank()
            }
        } while depth > 0 && place < text.count
    }

    /// How many #'s stand here, if a quote follows them; otherwise none.
    private func hashesBeforeQuote() -> Int {
        var end = place
        while end < text.count, text[end] == "#" { end += 1 }
        return end < text.count && text[end] == "\"" ? end - place : 0
    }

    private mutating func literal() {
        let hashes = String(repeating: "#", count: hashesBeforeQuote())
        keep(hashes.count)
        let quote = sees("\"\"\"") ? "\"\"\"" : "\""
        keep(quote.count)
        while place < text.count {
            if sees("\\" + hashes + "(") {
                keep(2 + hashes.count)
                code(untilParenthesis: true)
                if place < text.count { keep() }
            } else if sees("\\" + hashes) {
                blank(2 + hashes.count)
            } else if sees(quote + hashes) {
                keep(quote.count + hashes.count)
                return
            } else {
                blank()
            }
        }
    }
}
