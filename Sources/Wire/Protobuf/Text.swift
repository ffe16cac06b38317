// Text.swift: strings that may not be UTF-8.
//
// Protobuf says that a `string` is UTF-8. Go's etcd never checks: a user name of arbitrary bytes is accepted,
// replicated and stored. A Swift String cannot hold such bytes; the usual way out is to put U+FFFD in
// their place, and then two members of one cluster would store different names. Refusing them is no way
// out either: the bytes may already be in the log, and a log must be applied.
//
// So we smuggle them. The last 128 code points of Unicode (U+10FF80...U+10FFFF, private use for ever) stand for
// the bytes 80...FF that are not part of any good character:
//
//     bytes    61 ff 62          "a", a byte that UTF-8 never uses, "b"
//     String   "a\u{10FFFF}b"    and back
//
// That is one-to-one in the direction that counts: every row of bytes becomes a String that becomes the same
// bytes. (A real U+10FF80... in the input is taken as four stray bytes, so it survives, too.)
//
// COST     nothing for ordinary text but a search for the byte F4, with which all of those characters begin.

public import Bytes

/// The lead byte of the characters that stand for stray bytes; rare in real text.
private let lead: UInt8 = 0xF4
private let firstStandIn: UInt32 = 0x10_FF80

extension String {
    /// The text of some bytes; `wireBytes` gives exactly these bytes back.
    public init(wire bytes: ByteView) {
        if bytes.firstIndex(of: lead) == nil, let text = bytes.utf8Text {
            self = text
        } else {
            self = smuggled(bytes)
        }
    }

    /// Whether some bytes of the wire are hidden in private characters.
    var hidesBytes: Bool {
        utf8.contains(lead) && unicodeScalars.contains { $0.value >= firstStandIn }
    }

    /// How many bytes the text takes on the wire.
    public var wireSize: Int {
        let plain = utf8.count
        guard hidesBytes else { return plain }
        // Each stand-in takes four bytes of UTF-8 for one byte of the wire.
        return plain - 3 * unicodeScalars.count { $0.value >= firstStandIn }
    }

    /// The bytes of a text that hides some.
    var wireBytes: [UInt8] {
        var bytes: [UInt8] = []
        for scalar in unicodeScalars {
            if scalar.value >= firstStandIn {
                bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            } else {
                bytes.append(contentsOf: UTF8.encode(scalar) ?? Unicode.UTF8.encodedReplacementCharacter)
            }
        }
        return bytes
    }
}

/// The text of bytes of which some are not UTF-8, or look like a stand-in.
private func smuggled(_ bytes: ByteView) -> String {
    var text = String.UnicodeScalarView()
    var rest = bytes.array[...]
    while let first = rest.first {
        // A good character has one to four bytes; what is not one is passed a byte at a time.
        let character = (1...4).lazy.compactMap { String(validating: rest.prefix($0), as: UTF8.self) }.first
        if let scalar = character?.unicodeScalars.first, scalar.value < firstStandIn {
            text.append(scalar)
            rest = rest.dropFirst(UTF8.width(scalar))
        } else {
            // 0x10FF00 + 80...FF are all valid scalars, and below 80 a byte is a good character.
            Unicode.Scalar(firstStandIn - 0x80 + UInt32(first)).map { text.append($0) }
            rest = rest.dropFirst()
        }
    }
    return String(text)
}

extension BackwardWriter {
    /// The bytes of a text, before what was written so far.
    mutating func prepend(wire text: String) {
        guard text.hidesBytes else { return prepend(utf8: text) }
        let bytes = ByteSlice(text.wireBytes)
        prepend(bytes.view)
    }
}
