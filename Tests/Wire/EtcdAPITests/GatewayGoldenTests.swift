// GatewayGoldenTests.swift: 262 questions to the gateway of a real etcd, and whether ours would say the same.

import Bytes
import EtcdAPI
import Foundation
import Identifiers
import Protobuf
import Testing

@Suite("Recorded answers of etcd's JSON gateway")
struct GatewayGoldenTests {
    @Test("each body is read or refused as by 3.5.1, in the same words")
    func questions() throws {
        let questions = try GoldenQuestion.read()
        #expect(questions.count == 262)
        for question in questions {
            let call = try #require(EtcdAPISchema.call(question.path), "\(question.path)")
            try compare(question, call)
        }
    }

    @Test("each reply of 3.5.1 is read and written back to the same text")
    func replies() throws {
        var count = 0
        for question in try GoldenQuestion.read() where question.status == 200 {
            let call = try #require(EtcdAPISchema.call(question.path))
            if call.kind == .unary {
                #expect(try rewritten(question.reply, as: call.response) == question.reply)
                count += 1
                continue
            }
            for line in question.reply.split(separator: "\n") {
                let inside = String(line.dropFirst("{\"result\":".count).dropLast())
                var text = ByteBuffer()
                let message = try GatewayJSON.api.read(ByteSlice(utf8: inside), as: call.response)
                try GatewayJSON.api.write(result: message, as: call.response, into: &text)
                #expect(text.view.lossyText == line + "\n")
                count += 1
            }
        }
        #expect(count > 80)
    }

    @Test("the replies hold what they say")
    func values() throws {
        let question = try #require(try GoldenQuestion.read().first { $0.path == "/v3/cluster/member/list" })
        let message = try GatewayJSON.api.read(
            ByteSlice(utf8: question.reply), as: "etcdserverpb.MemberListResponse")
        let reply = try MemberListResponse(decoding: message)
        #expect(reply.members.map(\.name) == ["default"])
        #expect(reply.members.first?.peerURLs == ["http://127.0.0.1:31480"])
        #expect(reply.members.first?.id == reply.header?.memberID)
    }

    /// A text, and the request as whose it was answered by 3.5.1 (the replies are in the recorded data: a put without
    /// `prev_kv` in its reply, a transaction that answered with a put).
    @Test(
        "where a text says two things, the one counts that counted for 3.5.1",
        arguments: [
            (#"{"key":"Zm9v","prev_kv":true,"prevKv":false}"#, PutRequest(key: "foo")),
            (#"{"key":"Zm9v","prevKv":false,"prev_kv":true}"#, PutRequest(key: "foo")),
            (#"{"key":"Zm9v","prevKv":null,"prev_kv":true}"#, PutRequest(key: "foo")),
            (#"{"key":"Zm9v","prevKv":true}"#, PutRequest(key: "foo", prevKV: true)),
            (#"{"key":"Zm9v","value":[97,null,98]}"#, PutRequest(key: "foo", value: [97, 0, 98])),
            (#"{"key":"YQ==","key":"Zm9v","lease":"null"}"#, PutRequest(key: "foo")),
            (#"{"lease":" -7","value":"\n","ke\u0079":"Zm9v"}"#, PutRequest(key: "foo", lease: -7)),
        ])
    func meanings(_ text: String, _ expected: PutRequest) throws {
        let message = try GatewayJSON.api.read(ByteSlice(utf8: text), as: "etcdserverpb.PutRequest")
        #expect(message == expected.encoded())
    }

    @Test("of a oneof the field with the highest number counts, wherever it stands")
    func oneofs() throws {
        let put = RequestOp(request: .requestPut(PutRequest(key: "a")))
        for text in [
            #"{"success":[{"request_range":{"key":"Zm9v"},"request_put":{"key":"YQ=="}}]}"#,
            #"{"success":[{"requestPut":{"key":"YQ=="},"request_range":{"key":"Zm9v"}}]}"#,
        ] {
            let message = try GatewayJSON.api.read(ByteSlice(utf8: text), as: "etcdserverpb.TxnRequest")
            #expect(message == TxnRequest(success: [put]).encoded())
        }
    }

    /// Reads the body as the gateway would, and compares what comes of it with the recorded answer.
    private func compare(_ question: GoldenQuestion, _ call: CallSchema) throws {
        let inStream = call.kind == .bidirectional
        var stream = GatewayStream(question.bytes)
        do throws(GatewayRefusal) {
            _ = try GatewayJSON.api.read(from: &stream, as: call.request)
        } catch {
            // Refused before anything was sent: the whole answer is the error.
            let failure = GatewayError(error, inStream: inStream)
            var body = ByteBuffer()
            failure.write(into: &body)
            #expect(body.view.lossyText == question.reply, "\(question.path) \(question.bytes)")
            #expect(failure.status == question.status, "\(question.path) \(question.bytes)")
            return
        }
        if question.status == 200 { return }
        // Read: then the refusal comes from the server behind the gateway, and its words are not the gateway's.
        let failure = try JSONDecoder().decode(Failure.self, from: Data(question.reply.utf8))
        let isFromServer = ["etcdserver: ", "election: ", "\"leader\" field"].contains { failure.message.hasPrefix($0) }
        #expect(isFromServer, "we take \(question.path) \(question.bytes), 3.5.1 says \(failure.message)")
        // Written again it is the same.
        let error = GatewayError(code: failure.code, message: failure.message)
        var body = ByteBuffer()
        error.write(into: &body)
        #expect(body.view.lossyText == question.reply && error.status == question.status)
    }

    private struct Failure: Decodable {
        var code: Int
        var message: String
    }

    private func rewritten(_ text: String, as name: String) throws -> String {
        let message = try GatewayJSON.api.read(ByteSlice(utf8: text), as: name)
        var again = ByteBuffer()
        try GatewayJSON.api.write(message, as: name, into: &again)
        return again.view.lossyText
    }
}
