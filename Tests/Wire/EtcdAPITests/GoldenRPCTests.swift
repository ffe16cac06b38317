// GoldenRPCTests.swift: the bytes of a real etcd, through our messages and back.

import Bytes
import EtcdAPI
import Identifiers
import Protobuf
import Testing

@Suite("Recorded calls of etcd 3.5.1")
struct GoldenRPCTests {
    @Test("every request and reply of a simple call comes out as it went in")
    func unary() throws {
        let golden = try GoldenRPC.read()
        #expect(golden.unary.count == 49)
        for call in golden.unary {
            let schema = try #require(EtcdAPISchema.call(call.method), "\(call.method)")
            #expect(schema.kind == .unary)
            #expect(
                schema.request.hasSuffix("." + call.request_type) && schema.response.hasSuffix("." + call.response_type)
            )
            try recode(call.request_hex, as: schema.request)
            try recode(call.response_hex, as: schema.response)
        }
    }

    @Test("every message of a stream comes out as it went in")
    func streams() throws {
        let golden = try GoldenRPC.read()
        #expect(golden.streams.count == 5)
        for stream in golden.streams {
            let schema = try #require(EtcdAPISchema.call(stream.method), "\(stream.method)")
            #expect(schema.kind == .bidirectional)
            for message in stream.requests_hex { try recode(message, as: schema.request) }
            for message in stream.responses_hex { try recode(message, as: schema.response) }
        }
    }

    @Test("every refused request comes out as it went in")
    func errors() throws {
        let golden = try GoldenRPC.read()
        // The last one is a description: its value has more than a megabyte.
        let requests = golden.errors.filter { !$0.request_hex.hasPrefix("(") }
        #expect(requests.count == 12 && golden.errors.count == 13)
        for failure in requests {
            try recode(failure.request_hex, as: try #require(EtcdAPISchema.call(failure.method)).request)
        }
    }

    @Test("protoc, reading our .proto files, prints the same texts as etcd's own")
    func texts() throws {
        for call in try GoldenRPC.read().unary {
            let schema = try #require(EtcdAPISchema.call(call.method))
            #expect(try Protoc.decode(call.request_hex, as: schema.request) == call.request_text)
            #expect(try Protoc.decode(call.response_hex, as: schema.response) == call.response_text)
        }
    }

    @Test("a reply of many parts has the values that were recorded")
    func values() throws {
        let call = try #require(try GoldenRPC.read().unary.first { $0.note == "limit 2, more=true" })
        let reply = try RangeResponse(decoding: try #require(ByteSlice(hex: call.response_hex)))
        #expect(reply.header?.clusterID == 17_839_877_000_561_908_216)
        #expect(reply.header?.raftTerm == 2 && reply.header?.revision == 5)
        #expect(reply.kvs.map(\.key) == ["p11/a", "p11/b"])
        #expect(reply.kvs[1].value == ByteSlice([0, 0xFF]) + " bin")
        #expect(reply.more && reply.count == 3)
    }

    private func recode(_ hex: String, as name: String) throws {
        let bytes = try #require(ByteSlice(hex: hex))
        let codec = try #require(EtcdAPISchema.codec(name))
        #expect(try codec.recode(bytes) == bytes, "\(name)")
        if let recodeView = codec.recodeView { #expect(try recodeView(bytes.view) == bytes, "\(name) as a view") }
    }
}

extension ByteSlice {
    /// The bytes of both.
    fileprivate static func + (left: ByteSlice, right: ByteSlice) -> ByteSlice { ByteSlice(left.array + right.array) }
}
