// GatewayWriter.swift: from the bytes of a message to its JSON.
//
//     bytes    field 2, field 3, field 2       in any order, as a stranger may have written them
//     found    [1: a] [2: b] [1: c]            places in the table, with values that are views of the bytes
//     sorted   [1: a, c] [2: b]                in the order of the table, which is that of the numbers
//     written  {"kvs":[a,c],"more":b}
//
// Between "found" and "written" nothing has to be sorted when the bytes are our own: we write fields in order.

import Bytes
import JSON
import Protobuf

/// Writes one message after the other into a text.
struct GatewayWriter: ~Copyable {
    private enum Value {
        case bits(UInt64)
        case bytes(ByteView)
    }

    private let json: GatewayJSON
    private var level = 0
    /// Where the text goes. Brackets and commas are ours, so that messages may lie deeper than the writer of
    /// JSON remembers; texts and numbers are its.
    var text = JSONWriter(escaping: .asGo)

    init(_ json: GatewayJSON) { self.json = json }

    /// Writes a message as an object.
    mutating func write(_ message: ByteView, as schema: MessageSchema) throws(WireError) {
        level += 1
        guard level <= GatewayJSON.depthLimit else { throw WireError(.tooDeep, at: 0) }
        var found = try Self.collect(message, schema)
        // A stable sort, since the order of a repeated field's elements is their meaning.
        if !zip(found, found.dropFirst()).allSatisfy({ $0.field <= $1.field }) {
            found = found.enumerated().sorted { ($0.element.field, $0.offset) < ($1.element.field, $1.offset) }
                .map(\.element)
        }
        text.buffer.append(UInt8(ascii: "{"))
        var isFirst = true
        var start = 0
        while start < found.count {
            let index = found[start].field
            let end = found[start...].firstIndex { $0.field != index } ?? found.count
            try write(found[start..<end].map(\.value), schema.fields[index], isFirst: &isFirst)
            start = end
        }
        text.buffer.append(UInt8(ascii: "}"))
        level -= 1
    }

    /// Every known field with its place in the table.
    private static func collect(
        _ message: ByteView, _ schema: MessageSchema
    ) throws(WireError) -> [(field: Int, value: Value)] {
        var found: [(field: Int, value: Value)] = []
        var reader = WireReader(message)
        while let field = try reader.next() {
            guard let index = schema.fields.firstIndex(where: { $0.number == field.number }) else {
                try reader.skip(field)
                continue
            }
            let known = schema.fields[index]
            if known.isNumber, known.isRepeated, field.wireType == 2 {
                var numbers: [UInt64] = []
                try reader.append(field, to: &numbers)
                found += numbers.map { (index, .bits($0)) }
            } else if known.isNumber {
                found.append((index, .bits(try reader.bits(field))))
            } else {
                found.append((index, .bytes(try reader.view(field))))
            }
        }
        // Of a oneof only the field that came last counts.
        return found.enumerated().filter { place, one in
            guard let oneof = schema.fields[one.field].oneof else { return true }
            return !found[(place + 1)...].contains {
                $0.field != one.field && schema.fields[$0.field].oneof == oneof
            }
        }.map(\.element)
    }

    // MARK: Fields

    /// Writes a field with all that was found of it, unless it is zero and so left out.
    private mutating func write(_ values: [Value], _ field: FieldSchema, isFirst: inout Bool) throws(WireError) {
        if field.isRepeated {
            name(field, isFirst: &isFirst)
            text.buffer.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { text.buffer.append(UInt8(ascii: ",")) }
                try write(value, field.kind)
            }
            text.buffer.append(UInt8(ascii: "]"))
            return
        }
        // Of a field that came twice the last counts, but messages are merged: their bytes in a row.
        if case .message = field.kind, values.count > 1 {
            var merged = ByteBuffer()
            for case .bytes(let part) in values { merged.append(part) }
            name(field, isFirst: &isFirst)
            try write(.bytes(merged.view), field.kind)
        } else if let value = values.last, !(field.leavesOutZero && isZero(value)) {
            name(field, isFirst: &isFirst)
            try write(value, field.kind)
        }
    }

    private func isZero(_ value: Value) -> Bool {
        switch value {
        case .bits(let bits): bits == 0
        case .bytes(let bytes): bytes.isEmpty
        }
    }

    private mutating func name(_ field: FieldSchema, isFirst: inout Bool) {
        if !isFirst { text.buffer.append(UInt8(ascii: ",")) }
        isFirst = false
        text.buffer.append(UInt8(ascii: "\""))
        text.buffer.append(field.name)
        text.buffer.append(literal: "\":")
    }

    private mutating func write(_ value: Value, _ kind: FieldSchema.Kind) throws(WireError) {
        switch (value, kind) {
        case (.bits(let bits), .bool): text.bool(bits != 0)
        case (.bits(let bits), .int32): text.number(Int32(truncatingIfNeeded: bits))
        case (.bits(let bits), .uint32): text.number(UInt32(truncatingIfNeeded: bits))
        case (.bits(let bits), .int64): text.string(number: Int64(bitPattern: bits))
        case (.bits(let bits), .uint64): text.string(number: bits)
        case (.bits(let bits), .enumeration(let name)): write(Int32(truncatingIfNeeded: bits), of: name)
        case (.bytes(let bytes), .string): text.string(utf8: bytes)
        case (.bytes(let bytes), .bytes):
            text.buffer.append(UInt8(ascii: "\""))
            Base64.encode(bytes, into: &text.buffer)
            text.buffer.append(UInt8(ascii: "\""))
        case (.bytes(let bytes), .message(let name)): try write(bytes, as: json.schema(name))
        case (.bits, .string), (.bits, .bytes), (.bits, .message), (.bytes, _):
            preconditionFailure("K4: `collect` reads each field in the form that the table names")
        }
    }

    /// An enum's value by name; a number that has none as it is.
    private mutating func write(_ number: Int32, of name: String) {
        if let value = json.enumeration(name).values.first(where: { $0.number == number }) {
            text.string(value.name)
        } else {
            text.number(number)
        }
    }
}

extension FieldSchema {
    /// Whether the field is a number on the wire.
    var isNumber: Bool {
        switch kind {
        case .bool, .int32, .int64, .uint32, .uint64, .enumeration: true
        case .string, .bytes, .message: false
        }
    }

    /// Whether it may come several times.
    var isRepeated: Bool { presence == .repeated || presence == .packed }

    /// Whether zero means that it is not there.
    var leavesOutZero: Bool {
        if case .message = kind { return false }
        return presence == .implicit && oneof == nil
    }
}
