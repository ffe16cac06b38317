// Golden.swift: finding and reading the recorded data.

import Bytes
import EtcdAPI
import Foundation
import Protobuf

/// The folders of the checkout.
enum Checkout {
    /// The top of the checkout: four levels above this file.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// A recorded file.
    static func golden(_ name: String) throws -> Data {
        try Data(contentsOf: root.appendingPathComponent("Tests/Wire/EtcdAPITests/Golden/\(name)"))
    }
}

/// One file of recorded calls.
struct GoldenRPC: Decodable {
    struct Unary: Decodable {
        var method, note, request_type, response_type, request_hex, response_hex, request_text, response_text: String
    }

    struct Stream: Decodable {
        var method, note: String
        var requests_hex, responses_hex, responses_text: [String]
    }

    struct Failure: Decodable {
        var method, request_type, request_hex, grpc_message: String
        var grpc_code: Int
    }

    var unary: [Unary]
    var streams: [Stream]
    var errors: [Failure]

    static func read() throws -> GoldenRPC { try JSONDecoder().decode(self, from: Checkout.golden("rpc.json")) }
}

/// One entry of a recorded log.
struct GoldenEntry: Decodable {
    var version: String
    var index: Int
    var kind, hex, text: String

    static func read() throws -> [GoldenEntry] {
        try JSONDecoder().decode([GoldenEntry].self, from: Checkout.golden("entries.json"))
    }
}

/// One question to the gateway of a real etcd, and its answer.
struct GoldenQuestion: Decodable {
    var path: String
    var body, body_hex: String?
    var status: Int
    var reply: String

    static func read() throws -> [GoldenQuestion] {
        try JSONDecoder().decode([GoldenQuestion].self, from: Checkout.golden("gateway.json"))
    }

    /// The bytes that were sent.
    var bytes: ByteSlice {
        if let body_hex, let bytes = ByteSlice(hex: body_hex) { return bytes }
        let body = body ?? ""
        guard body.hasSuffix(" brackets"), let count = Int(body.dropLast(9)) else { return ByteSlice(utf8: body) }
        let brackets = String(repeating: "[", count: count) + String(repeating: "]", count: count)
        return ByteSlice(utf8: "{\"a\":" + brackets + (count < 10_000 ? ",\"key\":\"YQ==\"}" : "}"))
    }
}

extension EtcdAPISchema {
    /// The call with a path of gRPC or of the gateway.
    static func call(_ path: String) -> CallSchema? { calls.first { $0.path == path || $0.gateway.contains(path) } }

    /// The codec of a message.
    static func codec(_ name: String) -> MessageCodec? { codecs.first { $0.name == name } }
}
