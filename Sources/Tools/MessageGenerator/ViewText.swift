// ViewText.swift: the Swift of a message's view.
//
// The same fields as in the message, but bytes and texts are ByteViews, lists are walked along in place, and
// messages are views. See WireView.swift for what that means.

extension Field {
    /// The type of one value in a view.
    var viewType: String {
        if isMessage { return type + ".View" }
        return isBytes || isText ? "ByteView" : type
    }

    /// The type of the view's property.
    var viewPropertyType: String {
        switch presence {
        case .implicit, .required, .member: viewType
        case .optional, .emptyWhenAbsent: viewType + "?"
        case .repeated, .packed: isMessage ? "RepeatedView<\(viewType)>" : "RepeatedBytes"
        }
    }

    /// What the view's property is while the field was not seen.
    var viewDefault: String {
        switch presence {
        case .implicit, .required, .member: isNumber ? defaultValue : "\(viewType)()"
        case .optional, .emptyWhenAbsent: "nil"
        case .repeated, .packed: isMessage ? "RepeatedView()" : "RepeatedBytes()"
        }
    }

    /// The statement that reads it into a view.
    var viewReadStatement: String {
        if presence == .repeated { return "try reader.append(field, to: &\(name))" }
        if isMessage, presence != .member { return "try reader.merge(field, into: &\(name))" }
        return "\(escaped(name)) = \(viewReadExpression)"
    }

    /// The expression that reads one value of a view.
    var viewReadExpression: String {
        if isMessage { return "try reader.viewed(field)" }
        return isNumber ? "try reader.number(field)" : "try reader.view(field)"
    }

    /// The expression that makes an owned value from one of a view.
    func copy(of value: String) -> String {
        if isMessage { return "\(type)(copying: \(value))" }
        if isBytes { return "ByteSlice(copying: \(value))" }
        return isText ? "String(wire: \(value))" : value
    }

    /// The expression that makes the owned property from the view's.
    var copyOfProperty: String {
        let value = "view.\(name)"
        switch presence {
        case .implicit, .required, .member: return copy(of: value)
        case .optional, .emptyWhenAbsent: return isNumber ? value : "\(value).map { \(copy(of: "$0")) }"
        case .repeated, .packed: return "\(value).map { \(copy(of: "$0")) }"
        }
    }
}

extension Message {
    /// Writes the view and the way from it to a message.
    func writeView(to text: inout SwiftText) {
        text.block("extension \(swiftName) {") { text in
            text.document(
                "A `\(shortName)` as it lies in a buffer: true as long as the buffer's bytes are, and owner of nothing."
            )
            text.block("package struct View: WireView {") { text in
                for (name, _) in oneofs { writeViewEnum(name, to: &text) }
                for field in properties {
                    text.line("/// See `\(shortName).\(field.name)`.")
                    let start = field.viewDefault == "nil" ? "" : " = \(field.viewDefault)"
                    let name = escaped(field.name)
                    text.line("package private(set) var \(name): \(field.viewPropertyType)\(start)")
                }
                for (name, _) in oneofs {
                    let property = lowerCamel(name)
                    text.line("/// See `\(shortName).\(property)`.")
                    text.line("package private(set) var \(escaped(property)): \(enumName(name))?")
                }
                if !fields.isEmpty { text.line() }
                text.line("/// All fields absent.")
                text.line("package init() {}")
                text.line()
                text.line("/// Takes over the fields that are there.")
                text.block("package mutating func merge(from reader: inout WireReader) throws(WireError) {") { text in
                    writeReading(to: &text) { field in viewStatements(field) }
                }
            }
            text.line()
            text.line("/// A message of its own: every row of bytes that the view shows is copied by itself.")
            text.block("package init(copying view: View) {") { text in writeCopying(to: &text) }
        }
    }

    private func writeViewEnum(_ name: String, to text: inout SwiftText) {
        text.line("/// See `\(swiftName).\(enumName(name))`.")
        text.block("package enum \(enumName(name)): Sendable {") { text in
            for member in members(of: name) {
                text.line("/// See `\(swiftName).\(enumName(name)).\(member.name)`.")
                text.line("case \(escaped(member.name))(\(member.viewType))")
            }
        }
        text.line()
    }

    private func viewStatements(_ field: Field) -> [String] {
        if field.presence == .member, let oneof = field.oneof {
            return ["\(escaped(lowerCamel(oneof))) = .\(escaped(field.name))(\(field.viewReadExpression))"]
        }
        guard field.presence == .emptyWhenAbsent else { return [field.viewReadStatement] }
        return [field.viewReadStatement, "if \(field.name)?.isEmpty == true { \(field.name) = nil }"]
    }

    private func writeCopying(to text: inout SwiftText) {
        for field in properties { text.line("\(escaped(field.name)) = \(field.copyOfProperty)") }
        for (name, _) in oneofs {
            let property = lowerCamel(name)
            text.line("switch view.\(property) {")
            for member in members(of: name) {
                let value = member.copy(of: "value")
                text.line(
                    "case .\(escaped(member.name))(let value): \(escaped(property)) = .\(escaped(member.name))(\(value))"
                )
            }
            text.line("case nil: break")
            text.line("}")
        }
    }
}
