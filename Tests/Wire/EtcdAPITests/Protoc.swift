// Protoc.swift: asking protoc, which we did not write, what some bytes mean.

import Bytes
import Foundation
import Testing

/// protoc with our `.proto` files.
enum Protoc {
    /// The text form of an encoded message, without the last line end.
    static func decode(_ hex: String, as name: String) throws -> String {
        let bytes = try #require(ByteSlice(hex: hex))
        let text = try run("--decode=" + name, Data(bytes.array))
        let lines = String(decoding: text, as: UTF8.self)
        return lines.hasSuffix("\n") ? String(lines.dropLast()) : lines
    }

    /// One call of protoc for many messages: `message Batch { repeated <name> all = 1; }` holds them, and is taken
    /// apart and put together by protoc. What comes back must be what went in.
    static func roundTrip(_ messages: [ByteSlice], as name: String) throws -> [UInt8] {
        var batch: [UInt8] = []
        for message in messages {
            var buffer = ByteBuffer()
            buffer.append(0x0A)
            buffer.append(varint: UInt64(message.count))
            buffer.append(message)
            batch += buffer.view.array
        }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("batch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let imports = try files().map { "import \"\($0)\";\n" }.joined()
        let text = "syntax = \"proto3\";\npackage batch;\n\(imports)message Batch { repeated .\(name) all = 1; }\n"
        try Data(text.utf8).write(to: folder.appendingPathComponent("batch.proto"))
        let decoded = try run("--decode=batch.Batch", Data(batch), also: folder.path)
        let encoded = try run("--encode=batch.Batch", decoded, also: folder.path)
        #expect([UInt8](encoded) == batch, "protoc reads or writes \(name) in another way")
        return batch
    }

    private static let folder = Checkout.root.appendingPathComponent("Sources/Wire/EtcdAPI/Protos").path

    private static func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".proto") }.sorted()
    }

    private static func run(_ action: String, _ input: Data, also path: String? = nil) throws -> Data {
        let options = Checkout.root.appendingPathComponent("Sources/Wire/Protobuf/Protos").path
        var arguments = ["protoc", action, "-I", folder, "-I", options]
        if let path { arguments += ["-I", path, "batch.proto"] } else { arguments += try files() }
        let (status, output, errors) = try Program.run(arguments, input: input)
        try #require(status == 0, "protoc \(action): \(errors)")
        return output
    }
}

/// Running a program and reading what it says.
enum Program {
    /// Runs a program of the path to its end. Input and output pass through files, so neither side can block.
    static func run(_ arguments: [String], input: Data = Data()) throws -> (status: Int32, output: Data, errors: String)
    {
        let folder = FileManager.default.temporaryDirectory
        let names = (0..<3).map { _ in folder.appendingPathComponent("program-\(UUID().uuidString)") }
        defer { for name in names { try? FileManager.default.removeItem(at: name) } }
        try input.write(to: names[0])
        for name in names[1...] { try Data().write(to: name) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardInput = try FileHandle(forReadingFrom: names[0])
        process.standardOutput = try FileHandle(forWritingTo: names[1])
        process.standardError = try FileHandle(forWritingTo: names[2])
        try process.run()
        process.waitUntilExit()
        return (
            process.terminationStatus, try Data(contentsOf: names[1]),
            String(decoding: try Data(contentsOf: names[2]), as: UTF8.self)
        )
    }
}
