// MessageText.swift: the Swift of one message.
//
// For each message: the struct with its properties and `init`, the oneofs as enums in it, then the three
// functions of WireMessage in an extension. The words that these consist of (`field`, `required`, `optional`,
// `repeated`, `packed`) are those of WireFields.swift, so what is generated here reads like the table in
// options.proto.

extension Field {
    /// The type of the property.
    var propertyType: String {
        switch presence {
        case .implicit, .required: type
        case .optional, .emptyWhenAbsent: type + "?"
        case .repeated, .packed: "[\(type)]"
        case .member: type
        }
    }

    /// What the property is while nobody has set it.
    var defaultValue: String {
        switch presence {
        case .optional, .emptyWhenAbsent: return "nil"
        case .repeated, .packed: return "[]"
        case .implicit, .required, .member: break
        }
        if let zeroCase { return "." + escaped(zeroCase) }
        switch kind {
        case .message, .bytes: return "\(type)()"
        case .string: return "\"\""
        case .bool: return "false"
        default: return type.hasSuffix("ID") && type != "UInt64" ? ".none" : isNamedNumber ? ".zero" : "0"
        }
    }

    private var isNamedNumber: Bool { descriptor.swiftType != nil }

    /// The name of the function that measures and writes it.
    var verb: String {
        switch presence {
        case .implicit: "field"
        case .required, .emptyWhenAbsent, .member: "required"
        case .optional: "optional"
        case .repeated: "repeated"
        case .packed: "packed"
        }
    }

    /// The statement that measures (`size`) or writes (`writer`) the property.
    func statement(_ target: String) -> String {
        let value = presence == .emptyWhenAbsent ? "\(name) ?? \(type)()" : escaped(name)
        return "\(target).\(verb)(\(number), \(value))"
    }

    /// The statement that reads it.
    var readStatement: String {
        if presence == .repeated || presence == .packed {
            let owner = isNumber || isText ? "" : ", in: owner"
            return "try reader.append(field, to: &\(name)\(owner))"
        }
        if isMessage, presence != .member { return "try reader.merge(field, into: &\(name), in: owner)" }
        return "\(escaped(name)) = \(readExpression)"
    }

    /// The expression that reads one value.
    var readExpression: String {
        if isMessage { return "try reader.message(field, in: owner)" }
        if isBytes { return "try reader.bytes(field, in: owner)" }
        return isText ? "try reader.text(field)" : "try reader.number(field)"
    }
}

extension Message {
    /// The name without the types around it.
    var shortName: String { String(swiftName.split(separator: ".").last ?? "") }
    /// The types around it, or "".
    var scope: String { swiftName.split(separator: ".").dropLast().joined(separator: ".") }
    /// The type of a oneof's enum.
    func enumName(_ oneof: String) -> String { upperCamel(oneof) }

    /// Properties in the order in which readers should meet them: fields by number, a oneof at its first field.
    private var slots: [(field: Field?, oneof: String?)] {
        var slots: [(field: Field?, oneof: String?)] = []
        var seen: Set<String> = []
        for field in fields {
            if field.presence != .member {
                slots.append((field, nil))
            } else if let oneof = field.oneof, seen.insert(oneof).inserted {
                slots.append((nil, oneof))
            }
        }
        return slots
    }

    private func comment(ofOneof name: String) -> String { oneofs.first { $0.name == name }?.comment ?? "" }

    /// Writes the struct and its extensions.
    func write(to text: inout SwiftText) {
        if scope.isEmpty {
            writeStruct(to: &text)
        } else {
            text.block("extension \(scope) {") { text in writeStruct(to: &text) }
        }
        text.line()
        text.block("extension \(swiftName) {") { text in writeCoding(to: &text) }
        if descriptor.hasView {
            text.line()
            writeView(to: &text)
        }
    }

    private func writeStruct(to text: inout SwiftText) {
        text.document(comment)
        text.block("package struct \(shortName): \(descriptor.hasView ? "WireViewable" : "WireMessage") {") { text in
            for (name, comment) in oneofs {
                text.document(comment)
                text.block("package enum \(enumName(name)): Hashable, Sendable {") { text in
                    for member in members(of: name) {
                        text.document(member.comment)
                        text.line("case \(escaped(member.name))(\(member.type))")
                    }
                }
                text.line()
            }
            for slot in slots {
                if let field = slot.field {
                    text.document(field.comment)
                    let start = field.defaultValue == "nil" ? "" : " = \(field.defaultValue)"
                    text.line("package var \(escaped(field.name)): \(field.propertyType)\(start)")
                } else if let oneof = slot.oneof {
                    text.document(comment(ofOneof: oneof))
                    text.line("package var \(escaped(lowerCamel(oneof))): \(enumName(oneof))?")
                }
            }
            if !fields.isEmpty { text.line() }
            text.line("/// All fields absent.")
            text.line("package init() {}")
            writeMemberwiseInit(to: &text)
        }
    }

    private func writeMemberwiseInit(to text: inout SwiftText) {
        guard !fields.isEmpty else { return }
        text.line()
        text.line("/// A message with these fields; the others are absent.")
        text.block("package init(", end: ") {") { text in
            for (index, slot) in slots.enumerated() {
                let comma = index + 1 < slots.count ? "," : ""
                if let field = slot.field {
                    text.line("\(escaped(field.name)): \(field.propertyType) = \(field.defaultValue)\(comma)")
                } else if let oneof = slot.oneof {
                    text.line("\(escaped(lowerCamel(oneof))): \(enumName(oneof))? = nil\(comma)")
                }
            }
        }
        text.indented { text in
            for slot in slots {
                let name = slot.field?.name ?? lowerCamel(slot.oneof ?? "")
                text.line("self.\(name) = \(escaped(name))")
            }
        }
        text.line("}")
    }

    // MARK: Bytes

    private func writeCoding(to text: inout SwiftText) {
        text.line("/// Adds up what the fields take.")
        text.block("package func measure(into size: inout WireSize) {") { text in
            writeFields(fields, "size", to: &text)
        }
        text.line()
        text.line("/// Writes the fields, the last one first.")
        text.block("package func write(to writer: inout WireWriter) {") { text in
            writeFields(fields.reversed(), "writer", to: &text)
        }
        text.line()
        text.line("/// Takes over the fields that are there.")
        let head = "package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {"
        text.block(head) { text in
            writeReading(to: &text) { field in
                if field.presence == .member, let oneof = field.oneof {
                    return ["\(escaped(lowerCamel(oneof))) = .\(escaped(field.name))(\(field.readExpression))"]
                }
                var lines = [field.readStatement]
                if field.presence == .emptyWhenAbsent {
                    lines.append("if \(field.name)?.isEmpty == true { \(field.name) = nil }")
                }
                return lines
            }
        }
    }

    /// The loop over the fields of the input, with a switch over their numbers.
    func writeReading(to text: inout SwiftText, _ statements: (Field) -> [String]) {
        guard !fields.isEmpty else {
            text.line("while let field = try reader.next() { try reader.skip(field) }")
            return
        }
        text.block("while let field = try reader.next() {") { text in
            text.line("switch field.number {")
            for field in fields {
                let lines = statements(field)
                if lines.count == 1 {
                    text.line("case \(field.number): \(lines[0])")
                } else {
                    text.line("case \(field.number):")
                    text.indented { text in
                        for line in lines { text.line(line) }
                    }
                }
            }
            text.line("default: try reader.skip(field)")
            text.line("}")
        }
    }

    /// One statement for each field, in the order given. Neighbours of one oneof share a switch.
    private func writeFields(_ ordered: [Field], _ target: String, to text: inout SwiftText) {
        var rest = ordered[...]
        while let field = rest.first {
            guard field.presence == .member, let oneof = field.oneof else {
                text.line(field.statement(target))
                rest = rest.dropFirst()
                continue
            }
            let run = rest.prefix { $0.presence == .member && $0.oneof == oneof }
            text.line("switch \(escaped(lowerCamel(oneof))) {")
            for member in run {
                text.line("case .\(escaped(member.name))(let value): \(target).required(\(member.number), value)")
            }
            text.line(run.count == members(of: oneof).count ? "case nil: break" : "default: break")
            text.line("}")
            rest = rest.dropFirst(run.count)
        }
    }
}

extension SwiftText {
    /// A body one step further in.
    mutating func indented(_ body: (inout SwiftText) -> Void) {
        var inner = SwiftText()
        body(&inner)
        for line in inner.lines { self.line(line.isEmpty ? "" : "    " + line) }
    }
}
