// Descriptor.swift: what protoc tells us about a `.proto` file.
//
// protoc parses; we only read what it found. It writes that as a protobuf message, of course: a
// FileDescriptorSet, whose fields have the numbers below. So the first user of our own decoder is the
// program that makes all the others, and this file shows how a message is read by hand: a loop over fields,
// a switch over numbers, everything unknown skipped.
//
//     FileDescriptorSet { 1 file }
//       FileDescriptorProto { 1 name, 2 package, 4 message, 5 enum, 6 service, 9 source info, 12 syntax }
//         DescriptorProto { 1 name, 2 field, 3 nested message, 4 nested enum, 7 options, 8 oneof }
//
// COMMENTS lie apart from what they describe: a list of places, each a path of field numbers and indexes.
// [4, 2, 2, 0] is the file's message number 2 (field 4), its field number 0 (field 2).
//
// OURS     Options of ours are extensions with the numbers that options.proto gives them, 50001 and up.

import Bytes
import Protobuf

/// A place in a file: field numbers and indexes by turns.
typealias Path = [UInt64]

/// One `.proto` file.
struct FileDescriptor {
    var name = ""
    var package = ""
    var isProto3 = false
    var messages: [MessageDescriptor] = []
    var enums: [EnumDescriptor] = []
    var services: [ServiceDescriptor] = []
    var comments: [Path: String] = [:]

    /// All files that protoc describes.
    static func all(in bytes: ByteView) throws(WireError) -> [FileDescriptor] {
        var files: [FileDescriptor] = []
        var reader = WireReader(bytes)
        while let field = try reader.next() {
            if field.number == 1 {
                files.append(try FileDescriptor(reading: try reader.nested(field)))
            } else {
                try reader.skip(field)
            }
        }
        return files
    }

    init(reading source: WireReader) throws(WireError) {
        var reader = source
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.text(field)
            case 2: package = try reader.text(field)
            case 4: messages.append(try MessageDescriptor(reading: try reader.nested(field)))
            case 5: enums.append(try EnumDescriptor(reading: try reader.nested(field)))
            case 6: services.append(try ServiceDescriptor(reading: try reader.nested(field)))
            case 9: try readComments(try reader.nested(field))
            case 12: isProto3 = try reader.text(field) == "proto3"
            default: try reader.skip(field)
            }
        }
    }

    private mutating func readComments(_ source: WireReader) throws(WireError) {
        var reader = source
        while let field = try reader.next() {
            guard field.number == 1 else {
                try reader.skip(field)
                continue
            }
            var path: Path = []
            var comment: String?
            var location = try reader.nested(field)
            while let field = try location.next() {
                switch field.number {
                case 1: try location.append(field, to: &path)
                case 3: comment = try location.text(field)
                default: try location.skip(field)
                }
            }
            if let comment { comments[path] = comment }
        }
    }
}

/// One message.
struct MessageDescriptor {
    var name = ""
    var fields: [FieldDescriptor] = []
    var messages: [MessageDescriptor] = []
    var enums: [EnumDescriptor] = []
    var oneofs: [String] = []
    var hasView = false
    var swiftName: String?

    init(reading source: WireReader) throws(WireError) {
        var reader = source
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.text(field)
            case 2: fields.append(try FieldDescriptor(reading: try reader.nested(field)))
            case 3: messages.append(try MessageDescriptor(reading: try reader.nested(field)))
            case 4: enums.append(try EnumDescriptor(reading: try reader.nested(field)))
            case 7: try readOptions(try reader.nested(field))
            case 8: oneofs.append(try firstText(in: try reader.nested(field)) ?? "")
            default: try reader.skip(field)
            }
        }
    }

    private mutating func readOptions(_ source: WireReader) throws(WireError) {
        var reader = source
        while let field = try reader.next() {
            switch field.number {
            case 50001: hasView = try reader.number(field)
            case 50002: swiftName = try reader.text(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// One field.
struct FieldDescriptor {
    /// protoc's numbers for what a field holds; the ones that we support.
    enum Kind: UInt64 {
        case int64 = 3
        case uint64 = 4
        case int32 = 5
        case bool = 8
        case string = 9
        case message = 11
        case bytes = 12
        case uint32 = 13
        case enumeration = 14
    }

    /// protoc's numbers for how often a field may stand there.
    enum Label: UInt64 {
        case optional = 1
        case required = 2
        case repeated = 3
    }

    var name = ""
    var jsonName = ""
    var number: UInt32 = 0
    var label = Label.optional
    /// Nil for a kind that we do not support.
    var kind: Kind?
    /// The full name of the message or enum, with a dot before it.
    var typeName = ""
    var oneof: Int?
    var isProto3Optional = false
    var isPacked: Bool?
    var swiftType: String?
    var swiftName: String?
    var isImplicit = false
    var isAbsentAsEmpty = false

    init(reading source: WireReader) throws(WireError) {
        var reader = source
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.text(field)
            case 3: number = try reader.number(field)
            case 4: label = Label(rawValue: try reader.bits(field)) ?? .optional
            case 5: kind = Kind(rawValue: try reader.bits(field))
            case 6: typeName = try reader.text(field)
            case 8: try readOptions(try reader.nested(field))
            case 9: oneof = Int(try reader.number(field, as: Int32.self))
            case 10: jsonName = try reader.text(field)
            case 17: isProto3Optional = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }

    private mutating func readOptions(_ source: WireReader) throws(WireError) {
        var reader = source
        while let field = try reader.next() {
            switch field.number {
            case 2: isPacked = try reader.number(field)
            case 50001: swiftType = try reader.text(field)
            case 50002: swiftName = try reader.text(field)
            case 50003: isImplicit = try reader.number(field)
            case 50004: isAbsentAsEmpty = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// One enum.
struct EnumDescriptor {
    /// One of its values.
    struct Value {
        var name = ""
        var number: Int32 = 0
        var swiftName: String?
    }

    var name = ""
    var values: [Value] = []
    var prefix = ""
    var swiftName: String?

    init(reading source: WireReader) throws(WireError) {
        var reader = source
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.text(field)
            case 2: values.append(try Value(reading: try reader.nested(field)))
            case 3:
                var options = try reader.nested(field)
                while let field = try options.next() {
                    switch field.number {
                    case 50001: prefix = try options.text(field)
                    case 50002: swiftName = try options.text(field)
                    default: try options.skip(field)
                    }
                }
            default: try reader.skip(field)
            }
        }
    }
}

extension EnumDescriptor.Value {
    init(reading source: WireReader) throws(WireError) {
        var reader = source
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.text(field)
            case 2: number = try reader.number(field)
            case 3: swiftName = try text(50001, in: try reader.nested(field)).first
            default: try reader.skip(field)
            }
        }
    }
}

/// One service.
struct ServiceDescriptor {
    /// One of its calls.
    struct Call {
        var name = ""
        var request = ""
        var response = ""
        var clientStreams = false
        var serverStreams = false
        var gateway: [String] = []
    }

    var name = ""
    var calls: [Call] = []

    init(reading source: WireReader) throws(WireError) {
        var reader = source
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.text(field)
            case 2: calls.append(try Call(reading: try reader.nested(field)))
            default: try reader.skip(field)
            }
        }
    }
}

extension ServiceDescriptor.Call {
    init(reading source: WireReader) throws(WireError) {
        var reader = source
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.text(field)
            case 2: request = try reader.text(field)
            case 3: response = try reader.text(field)
            case 4: gateway = try text(50001, in: try reader.nested(field))
            case 5: clientStreams = try reader.number(field)
            case 6: serverStreams = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Every occurrence of one field of text, in a message of which nothing else matters.
private func text(_ number: UInt32, in source: WireReader) throws(WireError) -> [String] {
    var reader = source
    var texts: [String] = []
    while let field = try reader.next() {
        if field.number == number { texts.append(try reader.text(field)) } else { try reader.skip(field) }
    }
    return texts
}

/// The name in a message whose first field is its name.
private func firstText(in source: WireReader) throws(WireError) -> String? { try text(1, in: source).first }
