// RandomMessages.swift: any message of the API, made from its table and a seed.
//
// The bytes are made from the table and not from the Swift structs, so that a mistake of the generated code cannot hide
// behind itself: what the table says is canonical must come out of the structs unchanged.

import Bytes
import EtcdAPI
import Protobuf

/// A source of messages; the same seed gives the same ones.
struct RandomMessages {
    private var state: UInt64
    private let messages = Dictionary(uniqueKeysWithValues: EtcdAPISchema.messages.map { ($0.name, $0) })
    private let enums = Dictionary(uniqueKeysWithValues: EtcdAPISchema.enums.map { ($0.name, $0) })
    /// Whether texts are UTF-8, enums have names and 32 bits are enough for a TTL: what JSON can say without loss.
    private let isTame: Bool

    init(seed: UInt64, isTame: Bool = false) {
        state = seed
        self.isTame = isTame
    }

    /// SplitMix64: every seed will do, and the next number depends on nothing else.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    /// A number below `limit`.
    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    /// The canonical bytes of a random message.
    mutating func message(_ name: String, levels: Int = 4) -> ByteSlice {
        var bytes = ByteBuffer()
        let fields = messages[name]?.fields ?? []
        // Of each oneof at most one field is set.
        var chosen: [String: UInt32] = [:]
        for oneof in Set(fields.compactMap(\.oneof)).sorted() {
            let candidates = fields.filter { $0.oneof == oneof }
            let pick = below(candidates.count + 1)
            if pick < candidates.count { chosen[oneof] = candidates[pick].number }
        }
        for field in fields {
            if let oneof = field.oneof, chosen[oneof] != field.number { continue }
            append(field, levels: levels, to: &bytes)
        }
        return bytes.slice()
    }

    private mutating func append(_ field: FieldSchema, levels: Int, to bytes: inout ByteBuffer) {
        if case .message = field.kind, levels == 0, field.presence != .required { return }
        switch field.presence {
        case .required, .emptyWhenAbsent: one(field, mayBeZero: true, levels: levels, to: &bytes)
        case .optional: if below(2) == 0 { one(field, mayBeZero: true, levels: levels, to: &bytes) }
        case .implicit:
            if field.oneof != nil {
                one(field, mayBeZero: true, levels: levels, to: &bytes)
            } else if below(2) == 0 {
                one(field, mayBeZero: false, levels: levels, to: &bytes)
            }
        case .repeated: for _ in 0..<below(4) { one(field, mayBeZero: true, levels: levels, to: &bytes) }
        case .packed:
            var numbers = ByteBuffer()
            for _ in 0..<below(4) { numbers.append(varint: number(field.kind, mayBeZero: true)) }
            if !numbers.isEmpty { append(numbers.slice(), field.number, to: &bytes) }
        }
    }

    private mutating func one(_ field: FieldSchema, mayBeZero: Bool, levels: Int, to bytes: inout ByteBuffer) {
        switch field.kind {
        case .message(let name): append(message(name, levels: max(levels - 1, 0)), field.number, to: &bytes)
        case .string: append(text(mayBeEmpty: mayBeZero), field.number, to: &bytes)
        case .bytes:
            let count = below(20) + (mayBeZero ? 0 : 1)
            append(ByteSlice((0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }), field.number, to: &bytes)
        case .bool, .int32, .int64, .uint32, .uint64, .enumeration:
            bytes.append(varint: UInt64(field.number) << 3)
            bytes.append(varint: number(field.kind, mayBeZero: mayBeZero))
        }
    }

    private func append(_ value: ByteSlice, _ number: UInt32, to bytes: inout ByteBuffer) {
        bytes.append(varint: UInt64(number) << 3 | 2)
        bytes.append(varint: UInt64(value.count))
        bytes.append(value)
    }

    private mutating func text(mayBeEmpty: Bool) -> ByteSlice {
        let pieces = ["a", "B7", " ", "é", "水", "😀", "<&>", "\"", "\\", "\n", "\u{1}", "\u{7F}", "\u{2028}", "/", "'"]
        var text = mayBeEmpty && below(3) == 0 ? "" : "t"
        for _ in 0..<below(6) where !text.isEmpty { text += pieces[below(pieces.count)] }
        return ByteSlice(utf8: text)
    }

    /// The bits of a number: small and large ones, negative ones, the ends of the range.
    private mutating func number(_ kind: FieldSchema.Kind, mayBeZero: Bool) -> UInt64 {
        if mayBeZero, below(4) == 0 { return 0 }
        let wide = max(next() >> UInt64(below(64)), 1)
        switch kind {
        case .bool: return 1
        case .uint64: return wide
        case .int64: return below(4) == 0 ? 0 &- wide : wide
        case .uint32: return max(wide & 0xFFFF_FFFF, 1)
        case .int32: return UInt64(bitPattern: max(Int64(wide & 0x7FFF_FFFF), 1) * (below(4) == 0 ? -1 : 1))
        case .enumeration(let name):
            let known = (enums[name]?.values ?? []).map(\.number).filter { $0 != 0 || mayBeZero }
            if isTame || below(4) > 0 { return UInt64(bitPattern: Int64(known[below(known.count)])) }
            return UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: wide | 1)))
        case .string, .bytes, .message: preconditionFailure("\(kind) is no number")
        }
    }
}
