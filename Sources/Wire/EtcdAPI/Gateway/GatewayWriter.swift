// GatewayWriter.swift: from the bytes of a message to its JSON.
//
// The bytes of a stranger may hold the fields of a message in any order, the same field twice, or two fields of a
// oneof. What that means is said once, in the generated code; so a message is first read and written by that, and then
// lies here in its canonical form, which is as good as JSON already:
//
//     bytes    0a .. 12 .. 12 .. 18 01          ascending numbers, elements side by side, no zeros
//     JSON     {"header":{..},"kvs":[{..},{..}],"more":true}
//
// RULES    K5  the bytes are canonical: `GatewayJSON.write` sees to it.

import Bytes
import JSON
import Protobuf

/// Writes canonical messages (K5) into a text.
struct GatewayWriter: ~Copyable {
    private let json: GatewayJSON
    /// Where the text goes. Brackets and commas are ours, so that messages may lie deeper than the writer of
    /// JSON remembers; texts and numbers are its.
    var text = JSONWriter(escaping: .asGo)

    init(_ json: GatewayJSON) { self.json = json }

    /// Writes a message as an object. Reading the bytes limits how deep this can go.
    mutating func write(_ message: ByteView, as schema: MessageSchema) throws(WireError) {
        var reader = WireReader(message)
        // The repeated field whose elements are being written; 0: none.
        var list: UInt32 = 0
        var isFirst = true
        text.buffer.append(UInt8(ascii: "{"))
        while let field = try reader.next() {
            guard let known = schema.fields.first(where: { $0.number == field.number }) else {
                preconditionFailure("K5: canonical bytes of \(schema.name) have no unknown field \(field.number)")
            }
            if list == field.number {
                text.buffer.append(UInt8(ascii: ","))
            } else {
                if list != 0 { text.buffer.append(UInt8(ascii: "]")) }
                begin(known, isFirst: &isFirst)
                list = known.isRepeated ? known.number : 0
            }
            try writeValue(field, known, from: &reader)
        }
        if list != 0 { text.buffer.append(UInt8(ascii: "]")) }
        text.buffer.append(UInt8(ascii: "}"))
    }

    /// The name of a field, and the bracket before its first element.
    private mutating func begin(_ field: FieldSchema, isFirst: inout Bool) {
        if !isFirst { text.buffer.append(UInt8(ascii: ",")) }
        isFirst = false
        text.buffer.append(UInt8(ascii: "\""))
        text.buffer.append(field.name)
        text.buffer.append(literal: "\":")
        if field.isRepeated { text.buffer.append(UInt8(ascii: "[")) }
    }

    // MARK: Values

    private mutating func writeValue(
        _ field: WireField, _ known: FieldSchema, from reader: inout WireReader
    ) throws(WireError) {
        switch known.kind {
        case .string: text.string(utf8: try reader.view(field))
        case .bytes:
            text.buffer.append(UInt8(ascii: "\""))
            Base64.encode(try reader.view(field), into: &text.buffer)
            text.buffer.append(UInt8(ascii: "\""))
        case .message(let name): try write(try reader.view(field), as: json.schema(name))
        case .bool, .int32, .int64, .uint32, .uint64, .enumeration:
            var numbers: [UInt64] = []
            // One number, or all of a packed field.
            try reader.append(field, to: &numbers)
            for (index, bits) in numbers.enumerated() {
                if index > 0 { text.buffer.append(UInt8(ascii: ",")) }
                write(bits, known.kind)
            }
        }
    }

    private mutating func write(_ bits: UInt64, _ kind: FieldSchema.Kind) {
        switch kind {
        case .bool: text.bool(bits != 0)
        case .int32: text.number(Int32(truncatingIfNeeded: bits))
        case .uint32: text.number(UInt32(truncatingIfNeeded: bits))
        case .int64: text.string(number: Int64(bitPattern: bits))
        case .uint64: text.string(number: bits)
        case .enumeration(let name):
            // By name; a number that has none as it is.
            let number = Int32(truncatingIfNeeded: bits)
            if let value = json.enumeration(name).values.first(where: { $0.number == number }) {
                text.string(value.name)
            } else {
                text.number(number)
            }
        case .string, .bytes, .message: preconditionFailure("K4: \(kind) is no number")
        }
    }
}

extension FieldSchema {
    /// Whether it may come several times.
    var isRepeated: Bool { presence == .repeated || presence == .packed }

    /// Whether zero means that it is not there.
    var leavesOutZero: Bool {
        if case .message = kind { return false }
        return presence == .implicit && oneof == nil
    }
}
