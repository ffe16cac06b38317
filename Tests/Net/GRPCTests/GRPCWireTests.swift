// GRPCWireTests.swift: gRPC's small formats: statuses, timeouts, bytes in fields, messages in streams.

internal import Bytes
internal import GRPC
internal import HTTP2Session
internal import Testing
internal import Zlib

@Suite struct GRPCStatusTests {
    @Test(
        "messages in header fields",
        arguments: [
            ("etcdserver: key not found", "etcdserver: key not found"), ("100%", "100%25"), ("a\nb", "a%0Ab"),
            ("ü", "%C3%BC"), ("", ""), ("~ ", "~ "), ("\u{7F}", "%7F"),
        ])
    func percent(text: String, field: String) {
        #expect(PercentCoding.encode(text) == field)
        let slice = ByteSlice(utf8: field)
        #expect(PercentCoding.decode(slice.view) == text)
    }

    @Test("broken escapes stay as they are", arguments: ["%", "%2", "%zz", "50% off"])
    func broken(field: String) {
        let slice = ByteSlice(utf8: field)
        #expect(PercentCoding.decode(slice.view) == field)
    }

    @Test("statuses print as Go prints them")
    func text() {
        #expect(
            "\(GRPCStatus(.notFound, "no lease"))" == "rpc error: code = NotFound desc = no lease")
        #expect(GRPCCode.allCases.count == 17)
        #expect(GRPCStatus.ofHTTP(503).code == .unavailable)
        #expect(GRPCStatus.ofHTTP(404).code == .unimplemented)
    }
}

@Suite struct GRPCMetadataTests {
    @Test(
        "timeouts",
        arguments: [
            ("5S", 5_000_000_000), ("100m", 100_000_000), ("1n", 1), ("7u", 7000), ("2M", 120_000_000_000),
            ("1H", 3_600_000_000_000), ("99999999n", 99_999_999), ("", nil), ("S", nil), ("1", nil), ("1x", nil),
            ("-1S", nil), ("100000000S", nil), ("1 S", nil),
        ] as [(String, UInt64?)])
    func timeouts(field: String, expected: UInt64?) {
        let slice = ByteSlice(utf8: field)
        #expect(GRPCTimeout.parse(slice.view) == expected)
    }

    @Test(
        "a timeout that is written is never shorter, and never eight digits too long",
        arguments: [1, 99_999_999, 100_000_000, 4_999_999_999, 7_200_000_000_001, UInt64.max >> 2])
    func format(nanoseconds: UInt64) throws {
        let field = ByteSlice(utf8: GRPCTimeout.format(nanoseconds))
        #expect(field.count <= 9)
        let back = try #require(GRPCTimeout.parse(field.view))
        #expect(
            back >= nanoseconds
                && (nanoseconds < 1000 || back - nanoseconds <= nanoseconds / 1000 || back == UInt64.max >> 1))
    }

    @Test("bytes in fields, with and without padding")
    func base64() {
        for count in 0..<70 {
            let bytes = ByteSlice((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) })
            let text = Base64.encode(bytes.view)
            let plain = ByteSlice(utf8: text)
            #expect(Base64.decode(plain.view) == bytes)
            let padded = ByteSlice(utf8: text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4))
            #expect(Base64.decode(padded.view) == bytes)
        }
        for bad in ["A", "A===", "AB=C", "Ab!d", "====="] {
            let slice = ByteSlice(utf8: bad)
            #expect(Base64.decode(slice.view) == nil)
        }
        let list = HeaderList()
        let bytes = ByteSlice([0, 255, 10])
        list.append(binary: "x-bin", bytes.view)
        #expect(list.text("x-bin") == "AP8K")
        #expect(list.binary("x-bin") == bytes)
    }
}

@Suite struct GRPCFramingTests {
    private func framed(_ messages: [[UInt8]], _ encoding: GRPCEncoding = .identity) -> ByteSlice {
        var buffer = ByteBuffer()
        for message in messages { GRPCFramer.write(into: &buffer, encoding: encoding) { $0.append(message) } }
        return buffer.slice()
    }

    @Test("messages come out whole, wherever the stream is cut", arguments: [GRPCEncoding.identity, .gzip])
    func everyCut(encoding: GRPCEncoding) throws {
        let messages: [[UInt8]] = [[1, 2, 3], [], Array(repeating: 9, count: 40), [7]]
        let stream = framed(messages, encoding)
        for first in 0...stream.count {
            for second in stride(from: first, through: stream.count, by: 7) {
                var deframer = GRPCDeframer(limit: 100, encoding: encoding)
                var out: [[UInt8]] = []
                for part in [stream[0..<first], stream[first..<second], stream[second..<stream.count]] {
                    try deframer.take(part.view) {
                        out.append($0.array)
                        return true
                    }
                }
                #expect(out == messages)
                let isMidMessage = deframer.isMidMessage
                #expect(!isMidMessage)
            }
        }
    }

    @Test("a message that is too large is refused by its five bytes, in gRPC's words")
    func tooLarge() {
        let stream = framed([Array(repeating: 1, count: 11)])
        for end in [5, 16] {
            var deframer = GRPCDeframer(limit: 10, encoding: .identity)
            let error = #expect(throws: GRPCStatus.self) {
                try deframer.take(stream.prefix(end).view) { _ in true }
            }
            #expect(error == GRPCStatus(.resourceExhausted, "grpc: received message larger than max (11 vs. 10)"))
        }
    }

    @Test("a small gzip that becomes a huge message is stopped at the limit")
    func bomb() {
        let stream = framed([Array(repeating: 0, count: 1_000_000)], .gzip)
        #expect(stream.count < 2000)
        var deframer = GRPCDeframer(limit: 5000, encoding: .gzip)
        let error = #expect(throws: GRPCStatus.self) { try deframer.take(stream.view) { _ in true } }
        #expect(error?.code == .resourceExhausted)
        #expect(error!.message.hasPrefix("grpc: received message after decompression larger than max"))
    }

    @Test(
        "frames that mean nothing",
        arguments: [
            ([2, 0, 0, 0, 0], "grpc: received unexpected payload format 2"),
            ([1, 0, 0, 0, 0], "grpc: compressed flag set with identity or empty encoding"),
        ] as [([UInt8], String)])
    func nonsense(bytes: [UInt8], message: String) {
        let slice = ByteSlice(bytes)
        var deframer = GRPCDeframer(limit: 10, encoding: .identity)
        let single = deframer.single(in: slice.view)
        #expect(single == nil)
        let error = #expect(throws: GRPCStatus.self) { try deframer.take(slice.view) { _ in true } }
        #expect(error == GRPCStatus(.internal, message))
    }

    @Test("what says it is gzip and is not")
    func notGzip() {
        let slice = ByteSlice([1, 0, 0, 0, 3, 1, 2, 3])
        var deframer = GRPCDeframer(limit: 10, encoding: .gzip)
        let error = #expect(throws: GRPCStatus.self) { try deframer.take(slice.view) { _ in true } }
        #expect(error?.code == .internal)
    }
}
