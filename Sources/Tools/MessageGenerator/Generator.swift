// Generator.swift: from descriptors to files.

import Bytes
import Protobuf

/// One file to be written.
struct GeneratedFile {
    let name: String
    let text: String
}

/// The Swift files of a module, one for each `.proto` file and one with the tables.
func generate(module: String, from descriptors: ByteSlice) throws -> [GeneratedFile] {
    // The views that the reader makes are true as long as the descriptors live (rule V1 of ByteView).
    defer { withExtendedLifetime(descriptors) {} }
    let files = try FileDescriptor.all(in: descriptors.view).sorted { $0.name < $1.name }
    let model = try Model(files)
    var generated: [GeneratedFile] = []
    var schema: (messages: [Message], enums: [Enumeration]) = ([], [])
    for file in files {
        let messages = try model.messages(of: file)
        let enums = try model.enumerations(of: file)
        schema.messages += messages
        schema.enums += enums
        guard !messages.isEmpty || !enums.isEmpty else { continue }
        let base = String(file.name.prefix { $0 != "." })
        generated.append(write(file, named: upperCamel(base) + ".swift", messages, enums))
    }
    var text = SwiftText()
    text.line("// \(module)Schema.swift: the messages of \(module) as tables.")
    text.line("//")
    text.line(
        "// Made by MessageGenerator from the files in Protos; change those instead. What the tables are good for is")
    text.line("// said in Protobuf/Schema.swift.")
    text.line()
    text.line("package import Protobuf")
    text.line()
    SchemaText(
        module: module, messages: schema.messages, enums: schema.enums,
        services: files.flatMap { file in file.services.map { (file.package, $0) } }
    ).write(to: &text)
    generated.append(GeneratedFile(name: "\(module)Schema.swift", text: text.text))
    return generated
}

private func write(
    _ file: FileDescriptor, named name: String, _ messages: [Message], _ enums: [Enumeration]
) -> GeneratedFile {
    var text = SwiftText()
    text.line("// \(name): the messages of \(file.name) as Swift.")
    text.line("//")
    text.line(
        "// Made by MessageGenerator; change Protos/\(file.name) instead, which also says what the messages are for")
    text.line(
        "// and how they fit together. What the functions here do with bytes is said in Protobuf/WireMessage.swift.")
    text.line()
    if !messages.isEmpty { text.line("package import Bytes") }
    if messages.contains(where: { $0.fields.contains { $0.descriptor.swiftType != nil } }) {
        text.line("package import Identifiers")
    }
    text.line("package import Protobuf")
    for enumeration in enums where !enumeration.swiftName.contains(".") {
        text.line()
        enumeration.write(to: &text)
    }
    for message in messages {
        text.line()
        message.write(to: &text)
        for enumeration in enums
        where enumeration.swiftName.hasPrefix(message.swiftName + ".")
            && !enumeration.swiftName.dropFirst(message.swiftName.count + 1).contains(".")
        {
            text.line()
            enumeration.write(to: &text)
        }
    }
    return GeneratedFile(name: name, text: text.text)
}
