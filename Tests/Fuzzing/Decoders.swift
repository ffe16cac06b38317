// Decoders.swift: everything of ours that reads bytes it did not write.
//
// One row a decoder: its name, and what is done with an input. A row may check a promise, too: what
// was read is written again, and read again, and must be the same; an error must point into the input.
// A broken promise is a `precondition`, which libFuzzer reports like any other trap.
//
// A new decoder needs a row here and a floor in floors.txt; fuzz.sh fails without.

import Bytes

/// One thing that reads strangers' bytes.
struct Decoder {
    let name: String
    let decode: (ByteView) -> Void

    init(_ name: String, _ decode: @escaping (ByteView) -> Void) {
        self.name = name
        self.decode = decode
    }

    /// The table.
    static var all: [Decoder] { bytes }

    /// The ground: numbers one after the other, and hex.
    private static var bytes: [Decoder] {
        [
            Decoder("varint", varints),
            Decoder("hex", hexText),
        ]
    }

    /// Reads the input as varints until one is bad; what was read must be what writing would give,
    /// but for needlessly long spellings.
    private static func varints(_ input: ByteView) {
        var cursor = ByteCursor(input)
        while !cursor.isAtEnd {
            let start = cursor.position
            do {
                let number = try cursor.readVarint()
                var again = ByteBuffer()
                again.append(varint: number)
                precondition(again.count <= cursor.position - start, "a number grew by being written again")
                var reader = ByteCursor(again.view)
                precondition((try? reader.readVarint()) == number, "a number changed by being written again")
            } catch {
                precondition(error.offset == start, "an error points to where its number begins")
                return
            }
        }
    }

    /// A string that is hex spells the same string again.
    private static func hexText(_ input: ByteView) {
        let text = String(decoding: input.array, as: UTF8.self)
        if let bytes = ByteSlice(hex: text) {
            precondition(ByteSlice(hex: bytes.hex) == bytes, "hex of hex differs")
        }
        let spelled = ByteSlice(hex: input.hex)
        precondition(spelled?.view == input, "bytes changed by being spelled in hex")
        precondition(input.hexDump().utf8.count <= 90 * (input.count / 16 + 2), "a dump out of proportion")
    }
}
