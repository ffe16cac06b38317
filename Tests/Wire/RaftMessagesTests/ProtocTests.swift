// ProtocTests.swift: random messages, made from the tables, pass through our structs and through protoc unchanged.
//
// protoc is an encoder that we did not write. One process decodes a batch of messages of every kind to text, one
// encodes the text again; bytes that differ would be a difference between its reading of raft.proto and ours.

import Bytes
import Foundation
import Protobuf
import RaftMessages
import Testing

/// Canonical bytes of random messages; the same seed gives the same ones.
private struct Dice {
    var state: UInt64
    let tables = Dictionary(uniqueKeysWithValues: RaftMessagesSchema.messages.map { ($0.name, $0.fields) })
    let enums = Dictionary(uniqueKeysWithValues: RaftMessagesSchema.enums.map { ($0.name, $0.values) })

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    /// `isZero`: the message whose required fields are all zero.
    mutating func message(_ name: String, levels: Int = 3, isZero: Bool = false) -> ByteSlice {
        var bytes = ByteBuffer()
        for field in tables[name] ?? [] {
            var count = 1
            switch field.presence {
            case .required, .emptyWhenAbsent: break
            case .implicit, .optional: count = isZero || next() % 2 == 0 ? 0 : 1
            case .repeated, .packed: count = isZero || levels == 0 ? 0 : Int(next() % 4)
            }
            for _ in 0..<count { append(field, levels: levels, isZero: isZero, to: &bytes) }
        }
        return bytes.slice()
    }

    private mutating func append(_ field: FieldSchema, levels: Int, isZero: Bool, to bytes: inout ByteBuffer) {
        var value: ByteSlice?
        switch field.kind {
        case .message(let name):
            // An absent snapshot is written as the empty one; any other has an index, for no number below is 0.
            let isAbsent = field.presence == .emptyWhenAbsent && next() % 2 == 0
            value = message(name, levels: levels - 1, isZero: isZero || isAbsent)
        case .bytes, .string: value = ByteSlice((0...next() % 20).map { _ in UInt8(truncatingIfNeeded: next()) })
        default: break
        }
        if let value {
            bytes.append(varint: UInt64(field.number) << 3 | 2)
            bytes.append(varint: UInt64(value.count))
            bytes.append(value)
        } else {
            bytes.append(varint: UInt64(field.number) << 3)
            bytes.append(varint: isZero ? 0 : number(field.kind))
        }
    }

    private mutating func number(_ kind: FieldSchema.Kind) -> UInt64 {
        let wide = max(next() >> (next() % 64), 1)
        switch kind {
        case .bool: return 1
        case .uint32, .int32: return max(wide & 0x7FFF_FFFF, 1)
        case .enumeration(let name): return UInt64(enums[name]?.last?.number ?? 0) == 0 ? 0 : wide % 3
        default: return wide
        }
    }
}

@Suite("Raft's messages and protoc")
struct ProtocTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private func protoc(_ action: String, in folder: URL, from input: String, to output: String) throws {
        let files = [input, output, "errors"].map { folder.appendingPathComponent($0) }
        for file in files[1...] { try Data().write(to: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let protos = ["Sources/Wire/Protobuf/Protos", "Sources/Wire/RaftMessages/Protos"]
        process.arguments =
            ["protoc", action, "-I", folder.path]
            + protos.flatMap { ["-I", Self.root.appendingPathComponent($0).path] } + ["batch.proto"]
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        try process.run()
        process.waitUntilExit()
        let errors = String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
        try #require(process.terminationStatus == 0, "protoc \(action): \(errors)")
    }

    @Test("40 random messages of each kind come out of our structs and out of protoc as they went in")
    func roundTrip() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("raft-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var proto = "syntax = \"proto2\";\npackage batch;\n"
        for name in ["raft", "snap", "wal"] { proto += "import \"\(name).proto\";\n" }
        proto += "message Batch {\n"
        var batch = ByteBuffer()
        for (index, codec) in RaftMessagesSchema.codecs.enumerated() {
            proto += "  repeated .\(codec.name) m\(index) = \(index + 1);\n"
            var dice = Dice(state: UInt64(index))
            for _ in 0..<40 {
                let message = dice.message(codec.name)
                #expect(try codec.recode(message) == message, "\(codec.name): \(message.hex)")
                batch.append(varint: UInt64(index + 1) << 3 | 2)
                batch.append(varint: UInt64(message.count))
                batch.append(message)
            }
        }
        #expect(RaftMessagesSchema.codecs.count == 13)
        try Data((proto + "}\n").utf8).write(to: folder.appendingPathComponent("batch.proto"))
        try Data(batch.view.array).write(to: folder.appendingPathComponent("bytes"))
        try protoc("--decode=batch.Batch", in: folder, from: "bytes", to: "text")
        try protoc("--encode=batch.Batch", in: folder, from: "text", to: "again")
        let again = [UInt8](try Data(contentsOf: folder.appendingPathComponent("again")))
        #expect(again.count == batch.count && again == batch.view.array)
    }
}
