// TextTests.swift: every row of bytes becomes a String that becomes the same bytes.

import Bytes
import Protobuf
import Testing

@Suite("Strings that may not be UTF-8")
struct TextTests {
    /// The bytes that a text becomes in a message, without tag and length.
    private func bytes(of text: String) -> [UInt8] {
        var size = WireSize()
        size.required(1, text)
        let buffer = Probe(text: text).encoded()
        #expect(buffer.count == size.total)
        return Array(buffer.array.suffix(text.wireSize))
    }

    /// A message with one text, to have something that writes it.
    private struct Probe: WireMessage {
        var text = ""
        init() {}
        init(text: String) { self.text = text }
        func measure(into size: inout WireSize) { size.required(1, text) }
        func write(to writer: inout WireWriter) { writer.required(1, text) }
        mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
            while let field = try reader.next() { text = try reader.text(field) }
        }
    }

    @Test("good text is itself", arguments: ["", "a", "naïve", "日本語", "🙂\u{0}x", "\u{10FF7F}", "e\u{301}"])
    func good(text: String) {
        let input = ByteSlice(utf8: text)
        #expect(String(wire: input.view).utf8.elementsEqual(text.utf8))
        #expect(bytes(of: text) == Array(text.utf8))
    }

    @Test(
        "bad bytes survive, and so does a real character that looks like a stand-in",
        arguments: [
            "ff", "61ff62", "c3", "c328", "eda080", "f48fbf80", "61f48fbfbf", "f4908080", "e282", "80bf", "c0af",
        ])
    func bad(hex: String) throws {
        let input = try #require(ByteSlice(hex: hex))
        let text = String(wire: input.view)
        #expect(bytes(of: text) == input.array)
        #expect(try Probe(decoding: Probe(text: text).encoded()).text == text)
    }

    @Test("every pair of bytes survives")
    func pairs() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                let input = ByteSlice([first, second])
                let text = String(wire: input.view)
                if bytes(of: text) != input.array { Issue.record("\(input.hex) came back as \(bytes(of: text))") }
            }
        }
    }

    @Test("different bytes never become one text")
    func injective() {
        var seen: [[UInt8]: String] = [:]
        for first in UInt8(0x7E)...0xFF {
            for second in UInt8(0x7E)...0xFF {
                let input = ByteSlice([first, second])
                let text = String(wire: input.view)
                #expect(seen.updateValue(text, forKey: Array(text.utf8)) == nil)
            }
        }
    }
}
