// TextPage.swift: the text form of a picture: lines for a terminal of some width, with or without colour.
//
// What a screen reader reads and a black and white terminal shows must already say everything; colour only helps. So a
// line is text with colours noted beside it, and whether they are used is decided when it is printed (`--color`, or a
// terminal).
//
//     TextPage   lines of spans, one ink a span
//        |  plain                     |  colored
//        v                            v
//     for files, pipes, goldens       with the sequences that terminals understand (SGR)
//
// WIDTH is counted in columns: most characters take one, those of East Asian scripts and emoji two, combining marks none.

/// What a colour on a terminal means.
package enum TextInk: Int, Hashable, Sendable {
    /// The terminal's own.
    case plain = 0
    /// Headlines.
    case bold = 1
    /// What only helps to find one's way.
    case quiet = 2
    /// Leadership, success.
    case success = 32
    /// Campaigns, votes, disks.
    case vote = 33
    /// Entries.
    case entry = 34
    /// Reads.
    case read = 35
    /// Loss, refusal, deletion.
    case trouble = 31
}

/// Some text in one ink.
package struct TextSpan: Hashable, Sendable {
    /// The text.
    package var text: String
    /// Its colour.
    package var ink: TextInk
    /// Both.
    package init(_ text: String, _ ink: TextInk = .plain) {
        self.text = text
        self.ink = ink
    }
}

/// Lines of text.
package struct TextPage: Hashable, Sendable {
    /// The lines.
    package private(set) var lines: [[TextSpan]] = []
    /// How many columns there are.
    package let width: Int

    /// An empty page; narrower than 40 columns nothing can be shown.
    package init(width: Int) { self.width = max(40, width) }

    /// Adds a line.
    package mutating func line(_ spans: [TextSpan] = []) { lines.append(spans) }
    /// Adds a line of one ink.
    package mutating func line(_ text: String, _ ink: TextInk = .plain) { lines.append([TextSpan(text, ink)]) }

    /// Adds a text that may be longer than a line; the lines after the first are indented.
    package mutating func paragraph(_ text: String, _ ink: TextInk = .plain, indent: Int = 0) {
        for (number, piece) in Self.wrapped(text, width: width - indent).enumerated() {
            line(String(repeating: " ", count: number == 0 ? 0 : indent) + piece, ink)
        }
    }

    /// Begins a page with a headline and how the picture is read.
    package mutating func headline(_ title: String, _ subtitle: String) {
        for piece in Self.wrapped(title, width: width) { line(piece, .bold) }
        for piece in Self.wrapped(subtitle, width: width) { line(piece, .quiet) }
        line()
    }

    /// Without colours.
    package var plain: String {
        lines.map { line in Self.trimmed(line.map(\.text).joined()) + "\n" }.joined()
    }

    /// With colours.
    package var colored: String {
        lines.map { line in
            line.map { span in
                span.ink == .plain ? span.text : "\u{1B}[\(span.ink.rawValue)m\(span.text)\u{1B}[0m"
            }.joined() + "\n"
        }.joined()
    }

    // MARK: Columns

    /// How many columns a text takes.
    package static func columns(_ text: some StringProtocol) -> Int {
        text.unicodeScalars.reduce(0) { $0 + columns($1) }
    }

    private static func columns(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0x300...0x36F, 0x1AB0...0x1AFF, 0x20D0...0x20FF: 0
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            2
        default: 1
        }
    }

    /// A text in exactly so many columns: cut, with a sign for it, or filled with spaces.
    package static func fitted(_ text: String, _ width: Int) -> String {
        let taken = columns(text)
        if taken <= width { return text + String(repeating: " ", count: width - taken) }
        var (kept, used) = ("", 0)
        for character in text {
            let more = columns(String(character))
            if used + more > width - 1 { break }
            kept.append(character)
            used += more
        }
        return kept + "…" + String(repeating: " ", count: max(0, width - 1 - used))
    }

    /// A text broken at spaces into lines of at most so many columns; a longer word is broken where it must be.
    package static func wrapped(_ text: String, width: Int) -> [String] {
        var (lines, line): ([String], String) = ([], "")
        for word in text.split(separator: " ", omittingEmptySubsequences: true) {
            if !line.isEmpty, columns(line) + 1 + columns(word) > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
            while columns(line) > width, width > 1 {
                let head = line.prefix(width)
                lines.append(String(head))
                line = String(line.dropFirst(head.count))
            }
        }
        return line.isEmpty && !lines.isEmpty ? lines : lines + [line]
    }

    private static func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
