// GzipTests.swift: there and back, against the real gzip, and against bytes that mean harm.

import Bytes
import Foundation
import Testing
import Zlib

@Suite("gzip")
struct GzipTests {
    static let texts: [ByteSlice] = [
        "", "a", ByteSlice(utf8: String(repeating: "etcd ", count: 20_000)),
        ByteSlice((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 11) }),
    ]

    func packed(_ text: ByteSlice) -> ByteSlice {
        var output = ByteBuffer()
        Gzip.compress(text.view, into: &output)
        return output.slice()
    }

    @Test("there and back", arguments: texts)
    func roundTrip(text: ByteSlice) throws {
        var output = ByteBuffer()
        output.append(literal: "before ")
        let bytes = packed(text)
        try Gzip.decompress(bytes.view, into: &output, limit: text.count)
        #expect(output.slice() == ByteSlice(Array("before ".utf8) + text.array))
    }

    @Test("the real gzip unpacks ours and packs for us")
    func realGzip() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("gzip-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let text = GzipTests.texts[2]
        try Data(packed(text).array).write(to: file)
        #expect(try run("gzip -dc < \(file.path)") == text)
        try Data(text.array).write(to: file)
        // Two members in a row, as `cat a.gz b.gz` makes them.
        let twice = try run("gzip -c < \(file.path); gzip -c < \(file.path)")
        var output = ByteBuffer()
        try Gzip.decompress(twice.view, into: &output, limit: 2 * text.count)
        #expect(output.slice() == ByteSlice(text.array + text.array))
    }

    func run(_ command: String) throws -> ByteSlice {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return ByteSlice([UInt8](data))
    }

    @Test("a bomb is refused at the limit, whatever it would have become")
    func bomb() {
        let bomb = packed(ByteSlice([UInt8](repeating: 0, count: 50_000_000)))
        #expect(bomb.count < 100_000)
        var output = ByteBuffer()
        #expect(throws: GzipError.tooLarge(limit: 1_000_000)) {
            try Gzip.decompress(bomb.view, into: &output, limit: 1_000_000)
        }
        #expect(output.capacity < 4_000_000)
    }

    @Test("every prefix is truncated, every flipped header is malformed, nothing traps")
    func damage() {
        let whole = packed("some text that is long enough to be packed, packed, packed")
        for length in 0..<whole.count {
            var output = ByteBuffer()
            #expect(throws: GzipError.truncated) {
                try Gzip.decompress(whole.view.prefix(length), into: &output, limit: 1000)
            }
        }
        for index in 0..<whole.count {
            var damaged = whole.array
            damaged[index] ^= 0x55
            let bytes = ByteSlice(damaged)
            var output = ByteBuffer()
            try? Gzip.decompress(bytes.view, into: &output, limit: 1000)
            #expect(output.count <= 1001)
        }
        var output = ByteBuffer()
        #expect(throws: GzipError.malformed) {
            try Gzip.decompress(ByteView("plain text"), into: &output, limit: 9)
        }
    }
}
