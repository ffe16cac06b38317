// Model.swift: from what protoc tells to what Swift needs to know.
//
// Between the descriptor and the Swift text stand three questions that need all files at once: which Swift type
// does a full name mean, which messages have views, and when is a field written? They are answered here,
// and everything that we do not support stops the program, with the name of the place.

/// Why no Swift can be written.
struct GeneratorError: Error, CustomStringConvertible {
    let description: String
}

/// A type that fields can name.
struct NamedType {
    /// As Swift calls it, with the types around it: `RangeRequest.SortOrder`.
    let swiftName: String
    /// For an enum: the case that stands for zero. Nil for a message.
    let zeroCase: String?
    /// Whether the message has a view.
    let hasView: Bool
}

/// A field, ready to be written.
struct Field {
    /// When a field is written; as `FieldSchema.Presence`, and `member` for the fields of a oneof.
    enum Presence { case implicit, optional, required, emptyWhenAbsent, repeated, packed, member }

    let descriptor: FieldDescriptor
    let kind: FieldDescriptor.Kind
    let presence: Presence
    /// The property, or the case of the oneof.
    let name: String
    /// The type of one value: `Revision`, `ByteSlice`, `KeyValue`.
    let type: String
    /// For numbers that are enums: the case that is zero.
    let zeroCase: String?
    let comment: String
    /// The name of the oneof in the `.proto` file.
    let oneof: String?

    var number: UInt32 { descriptor.number }
    var isMessage: Bool { kind == .message }
    var isBytes: Bool { kind == .bytes }
    var isText: Bool { kind == .string }
    var isNumber: Bool { !isMessage && !isBytes && !isText }
}

/// A message, ready to be written.
struct Message {
    let descriptor: MessageDescriptor
    /// "etcdserverpb.PutRequest".
    let fullName: String
    /// `PutRequest`, or `Outer.Inner`.
    let swiftName: String
    let comment: String
    /// In ascending order of their numbers.
    let fields: [Field]
    /// The oneofs: name in the file, comment.
    let oneofs: [(name: String, comment: String)]

    /// Fields that are properties of the struct.
    var properties: [Field] { fields.filter { $0.presence != .member } }
    /// The fields of a oneof.
    func members(of oneof: String) -> [Field] { fields.filter { $0.presence == .member && $0.oneof == oneof } }
}

/// An enum, ready to be written.
struct Enumeration {
    let descriptor: EnumDescriptor
    let fullName: String
    let swiftName: String
    let comment: String
    /// Case, number, comment.
    let cases: [(name: String, number: Int32, comment: String)]
}

/// All types of a module.
struct Model {
    private(set) var types: [String: NamedType] = [:]
    let files: [FileDescriptor]

    init(_ files: [FileDescriptor]) throws(GeneratorError) {
        self.files = files
        for file in files {
            for descriptor in file.enums { try add(descriptor, scope: file.package, swiftScope: "") }
            for descriptor in file.messages { try add(descriptor, scope: file.package, swiftScope: "") }
        }
        var seen: [String: String] = [:]
        for (fullName, type) in types.sorted(by: { $0.key < $1.key }) {
            if let other = seen[type.swiftName] {
                throw GeneratorError(
                    description: "\(other) and \(fullName) would both be \(type.swiftName): name one by swift.type_name"
                )
            }
            seen[type.swiftName] = fullName
        }
    }

    private mutating func add(
        _ message: MessageDescriptor, scope: String, swiftScope: String
    ) throws(GeneratorError) {
        let fullName = scope + "." + message.name
        let swiftName = swiftScope + (message.swiftName ?? message.name)
        types["." + fullName] = NamedType(swiftName: swiftName, zeroCase: nil, hasView: message.hasView)
        for nested in message.enums { try add(nested, scope: fullName, swiftScope: swiftName + ".") }
        for nested in message.messages { try add(nested, scope: fullName, swiftScope: swiftName + ".") }
    }

    private mutating func add(
        _ descriptor: EnumDescriptor, scope: String, swiftScope: String
    ) throws(GeneratorError) {
        let fullName = scope + "." + descriptor.name
        guard let zero = descriptor.values.first, zero.number == 0 else {
            throw GeneratorError(description: "\(fullName): the first value of an enum must be 0")
        }
        types["." + fullName] = NamedType(
            swiftName: swiftScope + (descriptor.swiftName ?? descriptor.name),
            zeroCase: caseName(zero, prefix: descriptor.prefix), hasView: false)
    }

    // MARK: Messages and enums of a file

    /// The messages of a file, outer ones before inner ones.
    func messages(of file: FileDescriptor) throws(GeneratorError) -> [Message] {
        var found: [Message] = []
        for (index, descriptor) in file.messages.enumerated() {
            try collect(descriptor, file, scope: file.package, path: [4, UInt64(index)], into: &found)
        }
        return found
    }

    private func collect(
        _ descriptor: MessageDescriptor, _ file: FileDescriptor, scope: String, path: Path,
        into found: inout [Message]
    ) throws(GeneratorError) {
        let fullName = scope + "." + descriptor.name
        var fields: [Field] = []
        for (index, field) in descriptor.fields.enumerated() {
            let place = path + [2, UInt64(index)]
            fields.append(try resolve(field, of: descriptor, named: fullName, file, place))
        }
        var oneofs: [(name: String, comment: String)] = []
        for (index, name) in descriptor.oneofs.enumerated()
        where fields.contains(where: { $0.presence == .member && $0.oneof == name }) {
            let place = path + [8, UInt64(index)]
            oneofs.append((name, try comment(at: place, of: "\(fullName).\(name)", in: file)))
        }
        found.append(
            Message(
                descriptor: descriptor, fullName: fullName, swiftName: types["." + fullName]?.swiftName ?? "",
                comment: try comment(at: path, of: fullName, in: file),
                fields: fields.sorted { $0.number < $1.number }, oneofs: oneofs))
        for (index, nested) in descriptor.messages.enumerated() {
            try collect(nested, file, scope: fullName, path: path + [3, UInt64(index)], into: &found)
        }
    }

    /// The enums of a file, those within messages included.
    func enumerations(of file: FileDescriptor) throws(GeneratorError) -> [Enumeration] {
        var found: [Enumeration] = []
        for (index, descriptor) in file.enums.enumerated() {
            found.append(try resolve(descriptor, file, scope: file.package, path: [5, UInt64(index)]))
        }
        for (index, message) in file.messages.enumerated() {
            try collectEnums(of: message, file, scope: file.package, path: [4, UInt64(index)], into: &found)
        }
        return found
    }

    private func collectEnums(
        of message: MessageDescriptor, _ file: FileDescriptor, scope: String, path: Path,
        into found: inout [Enumeration]
    ) throws(GeneratorError) {
        let fullName = scope + "." + message.name
        for (index, nested) in message.enums.enumerated() {
            found.append(try resolve(nested, file, scope: fullName, path: path + [4, UInt64(index)]))
        }
        for (index, nested) in message.messages.enumerated() {
            try collectEnums(of: nested, file, scope: fullName, path: path + [3, UInt64(index)], into: &found)
        }
    }

    private func resolve(
        _ descriptor: EnumDescriptor, _ file: FileDescriptor, scope: String, path: Path
    ) throws(GeneratorError) -> Enumeration {
        let fullName = scope + "." + descriptor.name
        var cases: [(name: String, number: Int32, comment: String)] = []
        for (index, value) in descriptor.values.enumerated() {
            let place = path + [2, UInt64(index)]
            let text = try comment(at: place, of: "\(fullName).\(value.name)", in: file)
            cases.append((caseName(value, prefix: descriptor.prefix), value.number, text))
        }
        return Enumeration(
            descriptor: descriptor, fullName: fullName, swiftName: types["." + fullName]?.swiftName ?? "",
            comment: try comment(at: path, of: fullName, in: file), cases: cases)
    }

    private func comment(at path: Path, of name: String, in file: FileDescriptor) throws(GeneratorError) -> String {
        guard let comment = file.comments[path] else {
            throw GeneratorError(description: "\(file.name): \(name) has no comment: say what it means")
        }
        return comment
    }

    // MARK: Fields

    private func resolve(
        _ field: FieldDescriptor, of message: MessageDescriptor, named fullName: String,
        _ file: FileDescriptor, _ path: Path
    ) throws(GeneratorError) -> Field {
        let place = "\(file.name): \(fullName).\(field.name)"
        guard let kind = field.kind else {
            throw GeneratorError(description: "\(place) is of a kind that we do not support (see options.proto)")
        }
        var type = field.swiftType ?? ""
        var zeroCase: String?
        if kind == .message || kind == .enumeration {
            guard let named = types[field.typeName] else {
                throw GeneratorError(description: "\(place): there is no \(field.typeName) in this module")
            }
            type = named.swiftName
            zeroCase = named.zeroCase
            if message.hasView, kind == .message, !named.hasView {
                throw GeneratorError(description: "\(place): \(type) has no view, so \(fullName) can have none")
            }
        } else if let wanted = field.swiftType {
            let unsigned = ["Term", "LogIndex", "MemberID", "ClusterID"].contains(wanted)
            let signed = ["Revision", "LeaseID"].contains(wanted)
            guard unsigned && kind == .uint64 || signed && kind == .int64 else {
                throw GeneratorError(description: "\(place) cannot be a \(wanted)")
            }
        } else {
            type = swiftScalar(kind)
        }
        let presence = try presence(of: field, kind, file, place)
        if message.hasView, presence == .packed || (presence == .repeated && isNumber(kind)) {
            throw GeneratorError(description: "\(place): a message with repeated numbers can have no view")
        }
        return Field(
            descriptor: field, kind: kind, presence: presence, name: field.swiftName ?? lowerCamel(field.name),
            type: type, zeroCase: zeroCase, comment: try comment(at: path, of: "\(fullName).\(field.name)", in: file),
            oneof: field.oneof.map { message.oneofs[$0] })
    }

    private func presence(
        of field: FieldDescriptor, _ kind: FieldDescriptor.Kind, _ file: FileDescriptor, _ place: String
    ) throws(GeneratorError) -> Field.Presence {
        if field.isAbsentAsEmpty, field.label != .required || kind != .message {
            throw GeneratorError(description: "\(place): swift.absent_as_empty is for required messages")
        }
        if field.isImplicit, file.isProto3 || field.label != .optional || kind == .message {
            throw GeneratorError(description: "\(place): swift.implicit is for optional scalars of proto2")
        }
        switch field.label {
        case .required: return field.isAbsentAsEmpty ? .emptyWhenAbsent : .required
        case .repeated: return isNumber(kind) && field.isPacked ?? file.isProto3 ? .packed : .repeated
        case .optional:
            if field.oneof != nil, !field.isProto3Optional { return .member }
            if kind == .message || field.isProto3Optional { return .optional }
            return file.isProto3 || field.isImplicit ? .implicit : .optional
        }
    }

    private func isNumber(_ kind: FieldDescriptor.Kind) -> Bool {
        kind != .message && kind != .bytes && kind != .string
    }

    private func swiftScalar(_ kind: FieldDescriptor.Kind) -> String {
        switch kind {
        case .int64: "Int64"
        case .uint64: "UInt64"
        case .int32: "Int32"
        case .uint32: "UInt32"
        case .bool: "Bool"
        case .string: "String"
        case .bytes: "ByteSlice"
        case .message, .enumeration: ""
        }
    }
}
