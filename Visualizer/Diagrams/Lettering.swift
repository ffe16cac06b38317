// Lettering.swift: how wide will a text be, and what may a text contain?
//
// HOW WIDE? Whoever looks at an SVG has other fonts than we; so pictures are laid out before Graphviz, with the widths of
// Helvetica (Liberation Sans and Arial have the same), and every text stands in a place of its own that may overflow but
// never moves anything else.
//
// WHAT? Keys are bytes of strangers and names are chosen by operators. A text that is drawn may contain letters of any
// script, but nothing that an XML file must not have, that breaks a line, or that turns the direction of the letters
// around it: those are spelled, `\x00`.
//
// RULES    D1  what `printable` gives is safe in DOT, in XML and on a terminal, after the quoting of that format.

package import Bytes
package import Trace

/// Widths of letters, and which letters may stand in a picture.
package enum Lettering {
    /// Thousandths of the font size for the characters from space to `~`.
    private static let widths: [Int] = [
        278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556,
        556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667,
        556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556,
        556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722,
        500, 500, 500, 334, 260, 334, 584,
    ]

    /// How wide a text of one line is, in points.
    package static func width(_ text: some StringProtocol, size: Double, isBold: Bool = false) -> Double {
        var sum = 0
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 32..<127: sum += widths[Int(scalar.value) - 32]
            case 0xB7: sum += 278
            case 0x1100...0x115F, 0x2E80...0xFFDC, 0x1F000...0x3FFFD: sum += 1000
            default: sum += 700
            }
        }
        return Double(sum) / 1000 * size * (isBold ? 1.07 : 1)
    }

    /// A text as it may be drawn: control characters, and those that turn or join others, are spelled.
    package static func printable(_ text: some StringProtocol) -> String {
        var drawn = ""
        for scalar in text.unicodeScalars {
            if isDrawn(scalar) {
                drawn.unicodeScalars.append(scalar)
            } else if scalar.value < 256 {
                drawn += "\\x" + hex(scalar.value, digits: 2)
            } else {
                drawn += "\\u{" + hex(scalar.value, digits: 4) + "}"
            }
        }
        return drawn
    }

    /// A key or a value as it may be drawn: printable ASCII as it is, anything else as `\x00`, cut in the middle when it
    /// is longer than `limit`.
    package static func printable(_ bytes: ByteView, limit: Int = 24) -> String {
        var pieces: [String] = []
        // As UTF-8 where it is that, byte by byte where it is not.
        let text = bytes.lossyText
        if !text.unicodeScalars.contains("\u{FFFD}") {
            pieces = text.map { printable(String($0)) }
        } else {
            for byte in (0..<bytes.count).map({ bytes[$0] }) {
                let isPlain = (32..<127).contains(byte)
                pieces.append(isPlain ? String(Unicode.Scalar(byte)) : "\\x" + hex(UInt32(byte), digits: 2))
            }
        }
        return shortened(pieces, limit)
    }

    /// The same of bytes that an event holds. They are held here while they are looked at.
    package static func printable(_ bytes: TraceBytes, limit: Int = 24) -> String {
        printable(bytes.slice, limit: limit)
    }

    /// The same of bytes that have an owner.
    package static func printable(_ bytes: ByteSlice, limit: Int = 24) -> String {
        printable(bytes.view, limit: limit)
    }

    /// A text that is at most `limit` characters long; the middle is left out of longer ones.
    package static func shortened(_ text: String, limit: Int) -> String { shortened(text.map(String.init), limit) }

    /// A text that is at most so wide; the middle is left out of wider ones.
    package static func fitted(_ text: String, width limit: Double, size: Double, isBold: Bool = false) -> String {
        var (fitted, kept) = (text, text.count)
        while kept > 3, width(fitted, size: size, isBold: isBold) > limit {
            kept -= 1
            fitted = shortened(text, limit: kept)
        }
        return fitted
    }

    /// A text broken into lines of at most so many points: into two where it pauses, else at spaces and all about as long. A
    /// longer word has a line of its own.
    package static func wrapped(_ text: String, width limit: Double, size: Double, isBold: Bool = false) -> [String] {
        var pieces: [String] = []
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            // `term 2` is one word, and no line begins with a dot.
            if let last = pieces.indices.last, word.first.map({ $0.isNumber || $0 == "·" }) ?? true {
                pieces[last] += " " + word
            } else {
                pieces.append(String(word))
            }
        }
        let length = { (line: String) in width(line, size: size, isBold: isBold) }
        var lines = filled(pieces, limit, length)
        guard lines.count > 1 else { return lines }
        let halves = pieces.indices.dropFirst().filter {
            ",:·".contains(pieces[$0 - 1].last ?? " ") || pieces[$0].first == "(" || pieces[$0] == "AND"
        }
        .map { [pieces[..<$0].joined(separator: " "), pieces[$0...].joined(separator: " ")] }
        let longest = { (lines: [String]) in lines.map(length).max() ?? 0 }
        if let best = halves.min(by: { longest($0) < longest($1) }), longest(best) <= limit { return best }
        // No single word on the last line: the same number of lines, as narrow as can be.
        var narrower = limit - 6
        while narrower > 24, case let other = filled(pieces, narrower, length), other.count == lines.count {
            lines = other
            narrower -= 6
        }
        return lines
    }

    private static func filled(_ pieces: [String], _ limit: Double, _ length: (String) -> Double) -> [String] {
        var lines: [String] = []
        for piece in pieces {
            if let line = lines.last, length("\(line) \(piece)") <= limit {
                lines[lines.count - 1] += " " + piece
            } else {
                lines.append(piece)
            }
        }
        return lines
    }

    private static func shortened(_ pieces: [String], _ limit: Int) -> String {
        guard pieces.count > max(limit, 3) else { return pieces.joined() }
        let kept = max(limit, 3) - 1
        return pieces.prefix(kept - kept / 3).joined() + "…" + pieces.suffix(kept / 3).joined()
    }

    private static func isDrawn(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<32, 127..<160, 0xAD, 0x061C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xD800...0xDFFF,
            0xE000...0xF8FF, 0xFE00...0xFE0F, 0xFEFF, 0xFFF0...0xFFFF, 0xE0000...0x10FFFF:
            false
        default: scalar.value & 0xFFFE != 0xFFFE
        }
    }

    private static func hex(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// A number with a fixed count of decimals, the same on every machine.
    package static func decimal(_ value: Double, _ places: Int) -> String {
        var scale = 1
        for _ in 0..<places { scale *= 10 }
        let whole = Int((abs(value) * Double(scale)).rounded())
        let fraction = String(whole % scale)
        let sign = value < 0 && whole != 0 ? "-" : ""
        guard places > 0, whole % scale != 0 else { return sign + String(whole / scale) }
        var text =
            sign + String(whole / scale) + "." + String(repeating: "0", count: places - fraction.count) + fraction
        while text.hasSuffix("0") { text.removeLast() }
        return text
    }

    /// The number in a circle that ties a picture to its text; from 11 on in brackets, because few fonts have those circles.
    package static func circled(_ number: Int) -> String {
        guard (1...10).contains(number), let scalar = Unicode.Scalar(0x2460 + UInt32(number) - 1) else {
            return "(\(number))"
        }
        return String(Character(scalar))
    }
}
