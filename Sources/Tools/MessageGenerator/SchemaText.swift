// SchemaText.swift: the table of a module's messages, for those who treat all alike (Schema.swift in Protobuf).

/// The Swift of a module's table.
struct SchemaText {
    let module: String
    let messages: [Message]
    let enums: [Enumeration]
    let services: [(package: String, service: ServiceDescriptor)]

    /// Writes the table.
    func write(to text: inout SwiftText) {
        text.line("/// Every message, enum and call of \(module), as tables.")
        text.block("package enum \(module)Schema {") { text in
            list("messages", "MessageSchema", "All messages.", messages.map { constant($0.swiftName) }, to: &text)
            list("enums", "EnumSchema", "All enums.", enums.map { constant($0.swiftName) }, to: &text)
            writeCodecs(to: &text)
            writeCalls(to: &text)
            for message in messages { write(message, to: &text) }
            for enumeration in enums { write(enumeration, to: &text) }
        }
    }

    private func list(_ name: String, _ type: String, _ comment: String, _ rows: [String], to text: inout SwiftText) {
        if name != "messages" { text.line() }
        text.line("/// \(comment)")
        guard !rows.isEmpty else {
            text.line("package static let \(name): [\(type)] = []")
            return
        }
        text.line("package static let \(name): [\(type)] = [")
        let comma = rows.count > 1 ? "," : ""
        for row in rows { text.line("    \(row)\(comma)") }
        text.line("]")
    }

    private func constant(_ swiftName: String) -> String {
        let joined = swiftName.split(separator: ".").joined()
        return joined.prefix(1).lowercased() + joined.dropFirst() + "Row"
    }

    private func writeCodecs(to text: inout SwiftText) {
        let rows = messages.map { message in
            let label = message.descriptor.hasView ? "viewed: " : ""
            return "MessageCodec(\(label)\"\(message.fullName)\", \(message.swiftName).self)"
        }
        list("codecs", "MessageCodec", "Decoding and encoding of every message.", rows, to: &text)
    }

    private func writeCalls(to text: inout SwiftText) {
        var rows: [String] = []
        for (package, service) in services {
            for call in service.calls {
                let gateway = call.gateway.map { "\"\($0)\"" }.joined(separator: ", ")
                let end = gateway.isEmpty ? ")" : ",\n            gateway: [\(gateway)])"
                rows.append(
                    """
                    CallSchema(
                                "/\(package).\(service.name)/\(call.name)", .\(kind(call)),
                                request: "\(call.request.dropFirst())",
                                response: "\(call.response.dropFirst())"\(end)
                    """)
            }
        }
        list("calls", "CallSchema", "Every call of every service.", rows, to: &text)
    }

    private func kind(_ call: ServiceDescriptor.Call) -> String {
        switch (call.clientStreams, call.serverStreams) {
        case (false, false): "unary"
        case (true, false): "clientStream"
        case (false, true): "serverStream"
        case (true, true): "bidirectional"
        }
    }

    private func write(_ message: Message, to text: inout SwiftText) {
        text.line()
        guard !message.fields.isEmpty else {
            text.line("private static let \(constant(message.swiftName)) = MessageSchema(\"\(message.fullName)\", [])")
            return
        }
        text.line("private static let \(constant(message.swiftName)) = MessageSchema(")
        text.line("    \"\(message.fullName)\",")
        text.line("    [")
        let comma = message.fields.count > 1 ? "," : ""
        for field in message.fields {
            let name = field.descriptor.name
            let json = field.descriptor.jsonName == name ? "" : " json: \"\(field.descriptor.jsonName)\","
            let oneof = field.presence == .member ? ", oneof: \"\(field.oneof ?? "")\"" : ""
            let presence = field.presence == .member ? "optional" : "\(field.presence)"
            let head = "\(field.number), \"\(name)\",\(json)"
            let tail = "\(kind(field)), .\(presence)\(oneof))\(comma)"
            if head.count + tail.count < 96 {
                text.line("        FieldSchema(\(head) \(tail)")
            } else {
                text.line("        FieldSchema(")
                text.line("            \(head)")
                text.line("            \(tail)")
            }
        }
        text.line("    ])")
    }

    private func kind(_ field: Field) -> String {
        switch field.kind {
        case .enumeration: ".enumeration(\"\(field.descriptor.typeName.dropFirst())\")"
        case .message: ".message(\"\(field.descriptor.typeName.dropFirst())\")"
        default: ".\(field.kind)"
        }
    }

    private func write(_ enumeration: Enumeration, to text: inout SwiftText) {
        text.line()
        text.line("private static let \(constant(enumeration.swiftName)) = EnumSchema(")
        text.line("    \"\(enumeration.fullName)\",")
        text.line("    [")
        let comma = enumeration.descriptor.values.count > 1 ? "," : ""
        for value in enumeration.descriptor.values {
            text.line("        (\(value.number), \"\(value.name)\")\(comma)")
        }
        text.line("    ])")
    }
}
