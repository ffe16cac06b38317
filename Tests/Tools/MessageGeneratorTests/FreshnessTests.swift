// FreshnessTests.swift: the checked-in Swift is what the generator makes of the checked-in descriptions.
//
// protoc and the generator are run as a person would run them, into an empty folder; every file there and in
// the source tree must be the same, byte for byte. Whoever changes a `.proto` file and forgets the
// generator, or changes generated Swift by hand, learns it here. A machine without protoc fails.

import Foundation
import Testing

/// Running a program.
struct Run {
    let status: Int32
    let errors: String

    init(_ arguments: [String]) throws {
        let log = FileManager.default.temporaryDirectory.appendingPathComponent("run-\(UUID().uuidString)")
        try Data().write(to: log)
        defer { try? FileManager.default.removeItem(at: log) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardError = try FileHandle(forWritingTo: log)
        process.standardOutput = process.standardError
        try process.run()
        process.waitUntilExit()
        status = process.terminationStatus
        errors = String(decoding: try Data(contentsOf: log), as: UTF8.self)
    }
}

@Suite("Generated Swift")
struct FreshnessTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The generator that was built with these tests: it lies beside them.
    private var generator: String {
        let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        return beside.appendingPathComponent("MessageGenerator").path
    }

    /// A folder that is gone after `body`.
    private func inFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fresh-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private func generate(_ module: String, protos: URL, into folder: URL) throws -> Run {
        let names = try FileManager.default.contentsOfDirectory(atPath: protos.path)
            .filter { $0.hasSuffix(".proto") }.sorted()
        let descriptors = folder.appendingPathComponent("descriptors").path
        let options = Self.root.appendingPathComponent("Sources/Wire/Protobuf/Protos").path
        let protoc = try Run(
            ["protoc", "-I", options, "-I", protos.path, "--include_source_info", "-o", descriptors] + names)
        try #require(protoc.status == 0, "protoc: \(protoc.errors)")
        defer { try? FileManager.default.removeItem(atPath: descriptors) }
        return try Run([generator, module, descriptors, folder.path])
    }

    @Test("is what the generator makes today", arguments: ["RaftMessages", "EtcdAPI"])
    func fresh(module: String) throws {
        let source = Self.root.appendingPathComponent("Sources/Wire/\(module)")
        let checkedIn = source.appendingPathComponent("Generated")
        try inFolder { folder in
            let run = try generate(module, protos: source.appendingPathComponent("Protos"), into: folder)
            try #require(run.status == 0, "MessageGenerator: \(run.errors)")
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            #expect(try FileManager.default.contentsOfDirectory(atPath: checkedIn.path).sorted() == names)
            #expect(names.count > 2)
            for name in names {
                let made = try Data(contentsOf: folder.appendingPathComponent(name))
                let there = try Data(contentsOf: checkedIn.appendingPathComponent(name))
                #expect(
                    made == there, "\(module)/Generated/\(name) is out of date: run MessageGenerator (see its head)")
            }
        }
    }

    @Test(
        "what the generator does not understand stops it, with the place",
        arguments: [
            ("message M {\n// a\nint32 a = 1; }", "p.M has no comment"),
            ("// m\nmessage M { int32 a = 1; }", "p.M.a has no comment"),
            ("// m\nmessage M {\n// a\ndouble a = 1; }", "p.M.a is of a kind that we do not support"),
            ("// m\nmessage M {\n// a\nmap<int32, int32> a = 1; }", "has no comment"),
            ("// m\nmessage M {\n// a\nint32 a = 1 [(swift.type) = \"Term\"]; }", "p.M.a cannot be a Term"),
            ("// m\nmessage M {\n// a\nuint64 a = 1 [(swift.type) = \"Revision\"]; }", "p.M.a cannot be a Revision"),
            ("// m\nmessage M {\n// a\nint32 a = 1 [(swift.implicit) = true]; }", "swift.implicit is for"),
            ("// m\nmessage M {\n// a\nM a = 1 [(swift.absent_as_empty) = true]; }", "swift.absent_as_empty is for"),
            (
                "// m\nmessage M {\noption (swift.view) = true;\n// a\nrepeated int32 a = 1; }",
                "a message with repeated numbers can have no view"
            ),
            (
                "// n\nmessage N {}\n// m\nmessage M {\noption (swift.view) = true;\n// a\nN a = 1; }",
                "N has no view, so p.M can have none"
            ),
            (
                "// m\nmessage M {}\n// n\nmessage N {\noption (swift.type_name) = \"M\"; }",
                "would both be M"
            ),
        ])
    func refused(text: String, reason: String) throws {
        try inFolder { folder in
            let protos = folder.appendingPathComponent("protos")
            try FileManager.default.createDirectory(at: protos, withIntermediateDirectories: true)
            let file = "syntax = \"proto3\";\npackage p;\nimport \"options.proto\";\n\(text)\n"
            try Data(file.utf8).write(to: protos.appendingPathComponent("test.proto"))
            let run = try generate("Test", protos: protos, into: folder)
            // An exit, and no crash: of a program that crashes Swift takes pictures, for which under AddressSanitizer
            // everybody waited for ever.
            #expect(run.status == 1)
            #expect(run.errors.hasPrefix("MessageGenerator: ") && !run.errors.contains("crashed"))
            #expect(run.errors.contains(reason), "\(run.errors.prefix(400))")
        }
    }
}
