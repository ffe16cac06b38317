// GatewayLiveTests.swift: our JSON and that of real servers, side by side.
//
// The recorded answers cannot cover what nobody thought of. Here the questions are random: what we write must be read by
// a real etcd as what we meant, what it answers must come out of our translator unchanged, and a text that we
// damaged at random must be taken or refused by both, in the same words.

import Bytes
import EtcdAPI
import Foundation
import Identifiers
import Protobuf
import Testing

@Suite("The JSON gateway of a real etcd", .serialized)
struct GatewayLiveTests {
    /// How many random questions of each kind; more with ETCD_TEST_ROUNDS.
    private let rounds = ProcessInfo.processInfo.environment["ETCD_TEST_ROUNDS"].flatMap { Int($0) } ?? 40

    /// Calls that change nothing that the test needs, and that no random value can stop. (A random sort target or alarm
    /// action stops 3.5.1 itself.)
    private let calls = [
        "/v3/kv/put", "/v3/kv/deleterange", "/v3/kv/compaction", "/v3/lease/grant", "/v3/lease/timetolive",
        "/v3/lease/leases", "/v3/lease/revoke", "/v3/cluster/member/list",
        "/v3/maintenance/status", "/v3/maintenance/hash", "/v3/maintenance/transfer-leadership", "/v3/auth/role/add",
        "/v3/auth/role/get", "/v3/auth/role/list", "/v3/auth/role/revoke", "/v3/auth/user/get", "/v3/auth/user/list",
        "/v3/auth/user/grant", "/v3/auth/user/revoke", "/v3/auth/authenticate", "/v3/lock/unlock",
        "/v3/election/leader",
    ]

    @Test("random requests are taken, and the replies come back as they were", arguments: RealEtcd.Version.allCases)
    func requests(_ version: RealEtcd.Version) throws {
        let etcd = try RealEtcd(version)
        var random = RandomMessages(seed: 7, isTame: true)
        var questions: [(path: String, body: ByteSlice)] = []
        for path in calls {
            let call = try #require(EtcdAPISchema.call(path))
            for _ in 0..<rounds {
                questions.append((path, try json(random.message(call.request), as: call.request)))
            }
        }
        var taken = 0
        for (question, answer) in zip(questions, try etcd.ask(questions)) {
            let call = try #require(EtcdAPISchema.call(question.path))
            if answer.status == 200 {
                let message = try GatewayJSON.api.read(answer.text, as: call.response)
                #expect(try json(message, as: call.response) == answer.text, "\(answer.text)")
                taken += 1
            } else {
                // A refusal must come from the server, not from the translator in front of it.
                let words = try words(of: answer)
                #expect(isFromServer(words), "\(question.path) \(question.body.lossyText): \(words)")
            }
        }
        #expect(taken > questions.count / 3)
    }

    @Test("what we put as JSON is stored as we meant it", arguments: RealEtcd.Version.allCases)
    func values(_ version: RealEtcd.Version) throws {
        let etcd = try RealEtcd(version)
        var random = RandomMessages(seed: 8)
        var puts: [PutRequest] = []
        for number in 0..<rounds {
            let bytes = (0..<random.below(300)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            puts.append(
                PutRequest(key: ByteSlice([UInt8(number & 0xFF), 0xFF] + bytes.prefix(9)), value: ByteSlice(bytes)))
        }
        var questions = try puts.map { ("/v3/kv/put", try json($0.encoded(), as: "etcdserverpb.PutRequest")) }
        let all = RangeRequest(key: [0], rangeEnd: [0])
        questions.append(("/v3/kv/range", try json(all.encoded(), as: "etcdserverpb.RangeRequest")))
        let last = try #require(try etcd.ask(questions).last)
        let reply = try RangeResponse(decoding: GatewayJSON.api.read(last.text, as: "etcdserverpb.RangeResponse"))
        #expect(reply.kvs.map(\.key) == puts.map(\.key).sorted())
        #expect(Set(reply.kvs.map(\.value)) == Set(puts.map(\.value)))
        #expect(reply.kvs.map(\.modRevision).max() == reply.header?.revision)
        #expect(try json(reply.encoded(), as: "etcdserverpb.RangeResponse") == last.text)
    }

    @Test("a damaged text is taken or refused by 3.5.1 and by us alike, in the same words")
    func damage() throws {
        let etcd = try RealEtcd(.python)
        var random = RandomMessages(seed: 9)
        let sound = [
            ("/v3/kv/txn", #"{"compare":[{"key":"YQ==","result":"GREATER","target":"MOD","mod_revision":"12"}]}"#),
            ("/v3/kv/txn", #"{"success":[{"request_put":{"key":"YQ==","value":"YmFy"}},{"requestTxn":{}}]}"#),
            ("/v3/kv/put", #"{"key":"Zm9vYmFy","value":"YmF6YmF6","lease":"0","prev_kv":true,"ignoreLease":false}"#),
            ("/v3/auth/user/add", #"{"name":"n\u00e9\n\"","password":"","options":{"no_password":true}}"#),
            ("/v3/lease/timetolive", #"{ "ID" : 77 , "keys" : [ false , null , 1.5e3 ] }"#),
        ]
        let bytes = Array(#"{}[]:,"\ue0-19.+truefalsn=/AZ"#.utf8) + [0, 0x20, 0x0A, 0x7F, 0xC3, 0xE2, 0xFF]
        var questions: [(path: String, body: ByteSlice)] = []
        for _ in 0..<(rounds * 15) {
            let (path, text) = sound[random.below(sound.count)]
            var body = Array(text.utf8)
            for _ in 0...random.below(3) where !body.isEmpty {
                let place = random.below(body.count)
                switch random.below(4) {
                case 0: body.remove(at: place)
                case 1: body.insert(bytes[random.below(bytes.count)], at: place)
                case 2: body[place] = bytes[random.below(bytes.count)]
                default: if random.below(4) == 0 { body.removeLast(body.count - place) } else { body.swapAt(place, 0) }
                }
            }
            questions.append((path, ByteSlice(body)))
        }
        var refused = 0
        for (question, answer) in zip(questions, try etcd.ask(questions)) {
            let call = try #require(EtcdAPISchema.call(question.path))
            do throws(GatewayRefusal) {
                _ = try GatewayJSON.api.read(question.body, as: call.request)
                if answer.status != 200 {
                    let words = (try? words(of: answer)) ?? ""
                    #expect(isFromServer(words), "we take \(question.body); 3.5.1 says \(words)")
                }
            } catch {
                var body = ByteBuffer()
                GatewayError(error, inStream: false).write(into: &body)
                #expect(body.slice() == answer.text, "\(question.body)")
                #expect(answer.status == 400)
                refused += 1
            }
        }
        // Both kinds must have occurred, or the damage was too small or too large to show anything.
        #expect(refused > questions.count / 4 && refused < questions.count * 9 / 10)
    }

    private func json(_ message: ByteSlice, as name: String) throws -> ByteSlice {
        var text = ByteBuffer()
        try GatewayJSON.api.write(message, as: name, into: &text)
        return text.slice()
    }

    private struct Failure: Decodable {
        var message: String
    }

    private func words(of answer: RealEtcd.Answer) throws -> String {
        try JSONDecoder().decode(Failure.self, from: Data(answer.text.array)).message
    }

    private func isFromServer(_ words: String) -> Bool {
        ["etcdserver: ", "election: ", "auth: "].contains { words.hasPrefix($0) }
    }
}
