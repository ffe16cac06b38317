// GatewayReader.swift: from JSON to the bytes of a message.
//
//     {"limit":"5", "rangeEnd":"Yg==", "nope":1, "key":"YQ=="}
//
//     1  each member is put to the field of its name; unknown ones are dropped
//     2  the fields are read in the order of the table, so that the bytes come out in canonical order
//     3  a nested object is read into bytes of its own first, because its length stands before it
//
// What a value must look like, and the words of each refusal, are those of Go's library, since they are what
// clients of a real etcd have seen (see GatewaySyntax.swift).

import Bytes
import Protobuf

/// Reads values that GatewaySyntax has checked.
struct GatewayReader {
    private let json: GatewayJSON

    init(_ json: GatewayJSON) { self.json = json }

    /// Appends the encoded message that an object describes. `null` describes the empty message.
    func read(
        _ value: ByteView, as schema: MessageSchema, level: Int, into message: inout ByteBuffer
    ) throws(GatewayRefusal) {
        guard level <= GatewayJSON.depthLimit else { throw GatewayRefusal("message nested too deeply") }
        switch GatewayWalk.kind(of: value) {
        case "null": return
        case "object": break
        case let kind: throw Self.mismatch(kind, "map[string]json.RawMessage")
        }
        let values = Self.assign(value, schema)
        // Of a oneof the field with the highest number counts, but all of them must be good.
        var last: [String: Int] = [:]
        for (index, field) in schema.fields.enumerated() where values[index] != nil {
            if let oneof = field.oneof { last[oneof] = index }
        }
        for (index, field) in schema.fields.enumerated() {
            guard let value = values[index] else { continue }
            let before = message.count
            try read(value, field, level: level, into: &message)
            if let oneof = field.oneof, last[oneof] != index { message.truncate(to: before) }
        }
    }

    /// For each field of the table the value that counts: of one name the last, of both names that in lowerCamelCase.
    private static func assign(_ object: ByteView, _ schema: MessageSchema) -> [ByteView?] {
        var plain = [ByteView?](repeating: nil, count: schema.fields.count)
        var camel = plain
        GatewayWalk.members(of: object) { name, value in
            let name = GatewayWalk.unescape(name).lossyText
            for (index, field) in schema.fields.enumerated() {
                if field.jsonName == name {
                    camel[index] = value
                } else if field.name == name {
                    plain[index] = value
                }
            }
        }
        return zip(plain, camel).map { plain, camel in
            guard let value = camel ?? plain, GatewayWalk.kind(of: value) != "null" else { return nil }
            return value
        }
    }

    // MARK: Fields

    private func read(
        _ value: ByteView, _ field: FieldSchema, level: Int, into message: inout ByteBuffer
    ) throws(GatewayRefusal) {
        guard field.isRepeated else {
            let before = message.count
            let isZero = try readOne(value, field, level: level, into: &message)
            if isZero, field.leavesOutZero { message.truncate(to: before) }
            return
        }
        let kind = GatewayWalk.kind(of: value)
        guard kind == "array" else { throw Self.mismatch(kind, "[]json.RawMessage") }
        if field.presence == .packed {
            var numbers = ByteBuffer()
            for element in GatewayWalk.elements(of: value) {
                numbers.append(varint: try readNumber(element, field.kind))
            }
            if !numbers.isEmpty { append(numbers.view, field, into: &message) }
        } else {
            for element in GatewayWalk.elements(of: value) {
                _ = try readOne(element, field, level: level, into: &message)
            }
        }
    }

    /// Appends tag and value, and says whether the value is zero.
    private func readOne(
        _ value: ByteView, _ field: FieldSchema, level: Int, into message: inout ByteBuffer
    ) throws(GatewayRefusal) -> Bool {
        switch field.kind {
        case .string:
            let text = try readString(value)
            append(text.view, field, into: &message)
            return text.isEmpty
        case .bytes:
            let bytes = try readBytes(value)
            append(bytes.view, field, into: &message)
            return bytes.isEmpty
        case .message(let name):
            var inner = ByteBuffer()
            try read(value, as: json.schema(name), level: level + 1, into: &inner)
            append(inner.view, field, into: &message)
            return false
        case .bool, .int32, .int64, .uint32, .uint64, .enumeration:
            let bits = try readNumber(value, field.kind)
            message.append(varint: UInt64(field.number) << 3)
            message.append(varint: bits)
            return bits == 0
        }
    }

    private func append(_ bytes: ByteView, _ field: FieldSchema, into message: inout ByteBuffer) {
        message.append(varint: UInt64(field.number) << 3 | 2)
        message.append(varint: UInt64(bytes.count))
        message.append(bytes)
    }

    // MARK: Texts and bytes

    private func readString(_ value: ByteView) throws(GatewayRefusal) -> ByteSlice {
        switch GatewayWalk.kind(of: value) {
        case "null": return ByteSlice()
        case "string": return GatewayWalk.unescape(value[1..<(value.count - 1)])
        case let kind: throw Self.mismatch(kind, "string")
        }
    }

    /// Base64, or (since Go's library has it so) an array of numbers.
    private func readBytes(_ value: ByteView) throws(GatewayRefusal) -> ByteSlice {
        switch GatewayWalk.kind(of: value) {
        case "null": return ByteSlice()
        case "string":
            let text = GatewayWalk.unescape(value[1..<(value.count - 1)])
            do throws(Base64.Malformed) {
                return try Base64.decode(text)
            } catch {
                throw GatewayRefusal("illegal base64 data at input byte \(error.offset)")
            }
        case "array":
            var bytes: [UInt8] = []
            for element in GatewayWalk.elements(of: value) { bytes.append(try integer(element, "uint8")) }
            return ByteSlice(bytes)
        case let kind: throw Self.mismatch(kind, "[]uint8")
        }
    }

    // MARK: Numbers

    /// The bits of a number, bool or enum as they stand on the wire.
    private func readNumber(_ value: ByteView, _ kind: FieldSchema.Kind) throws(GatewayRefusal) -> UInt64 {
        switch kind {
        case .bool: return try readBool(value) ? 1 : 0
        case .int32: return UInt64(bitPattern: Int64(try integer(unquoted(value), "int32") as Int32))
        case .uint32: return UInt64(try integer(unquoted(value), "uint32") as UInt32)
        case .int64: return UInt64(bitPattern: try integer(unquoted(value), "int64"))
        case .uint64: return try integer(unquoted(value), "uint64")
        case .enumeration(let name): return UInt64(bitPattern: Int64(try readEnum(value, name)))
        case .string, .bytes, .message: preconditionFailure("K4: \(kind) is no number")
        }
    }

    private func readBool(_ value: ByteView) throws(GatewayRefusal) -> Bool {
        switch GatewayWalk.kind(of: value) {
        case "null": false
        case "bool": value[0] == UInt8(ascii: "t")
        case let kind: throw Self.mismatch(kind, "bool")
        }
    }

    private func readEnum(_ value: ByteView, _ name: String) throws(GatewayRefusal) -> Int32 {
        guard GatewayWalk.kind(of: value) == "string" else { return try integer(value, "protoreflect.EnumNumber") }
        // The text is taken as it was typed: an escape is no part of a name.
        let text = value[1..<(value.count - 1)].lossyText
        if let known = json.enumeration(name).values.first(where: { $0.name == text }) { return known.number }
        throw GatewayRefusal("unknown value \(Self.quoted(value)) for enum \(name)")
    }

    /// The value without the quotes that a number may have. What is between them is JSON of its own.
    private func unquoted(_ value: ByteView) throws(GatewayRefusal) -> ByteView {
        guard GatewayWalk.kind(of: value) == "string" else { return value }
        let inside = value[1..<(value.count - 1)]
        return inside[try GatewaySyntax.onlyValue(in: inside)]
    }

    /// An integer without fraction and exponent. `null` is zero.
    private func integer<Number: FixedWidthInteger>(
        _ value: ByteView, _ type: String
    ) throws(GatewayRefusal) -> Number {
        switch GatewayWalk.kind(of: value) {
        case "null": return 0
        case "number":
            let text = value.lossyText
            // Swift takes a plus sign, but JSON does not, so none can be here. An unsigned number has no sign at all.
            if let number = Number(text), Number.isSigned || value[0] != UInt8(ascii: "-") { return number }
            throw Self.mismatch("number \(text)", type)
        case let kind: throw Self.mismatch(kind, type)
        }
    }

    // MARK: Refusals

    private static func mismatch(_ found: String, _ wanted: String) -> GatewayRefusal {
        GatewayRefusal("json: cannot unmarshal \(found) into Go value of type \(wanted)")
    }

    /// A string of JSON, quotes included, in quotes once more as Go prints a string: what does not show is escaped.
    private static func quoted(_ value: ByteView) -> String {
        var text = "\""
        var place = 0
        for character in GatewayWalk.characters(value) {
            switch character {
            case "\""?: text += "\\\""
            case "\\"?: text += "\\\\"
            case let scalar? where isPrinted(scalar): text.unicodeScalars.append(scalar)
            case let scalar?:
                text += scalar.value < 0x10000 ? "\\u" + hex(scalar.value, 4) : "\\U" + hex(scalar.value, 8)
            case nil: text += "\\x" + hex(UInt32(value[place]), 2)
            }
            place += character.map { UTF8.width($0) } ?? 1
        }
        return text + "\""
    }

    /// Letters, marks, numbers, punctuation, symbols and the blank.
    private static func isPrinted(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: scalar == " "
        default: true
        }
    }

    private static func hex(_ number: UInt32, _ width: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
