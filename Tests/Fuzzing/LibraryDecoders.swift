// LibraryDecoders.swift: C that we call on behalf of strangers.
//
// zlib and libyaml have been fuzzed by many. What is ours is the wrapper: how much room it gives, when it
// stops, what it believes of what it is told. AddressSanitizer watches both sides of the border.

import Bytes
import Crypt
import YAML
import Zlib

extension Decoder {
    /// The rows.
    static var libraries: [Decoder] {
        [
            Decoder("gzip", gzip),
            Decoder("yaml") { input in _ = try? YAML.parse(input) },
            Decoder("bcrypt-cost") { input in _ = Bcrypt.cost(of: String(decoding: input.array, as: UTF8.self)) },
        ]
    }

    /// Never more than the limit; and what we pack ourselves comes out as it went in.
    private static func gzip(_ input: ByteView) {
        let limit = 1 << 20
        var unpacked = ByteBuffer()
        _ = try? Gzip.decompress(input, into: &unpacked, limit: limit)
        precondition(unpacked.count <= limit + 1, "more than the limit was unpacked")
        var packed = ByteBuffer()
        Gzip.compress(input, into: &packed, level: 1)
        var again = ByteBuffer()
        precondition((try? Gzip.decompress(packed.view, into: &again, limit: limit)) != nil, "our own gzip is refused")
        precondition(again.view == input, "bytes changed by being packed")
    }
}
