// EveryMessageTests.swift: what must hold for each of the hundred and thirty messages.

import Bytes
import EtcdAPI
import Foundation
import Protobuf
import Testing

@Suite("Every message of the API")
struct EveryMessageTests {
    /// How many of each; more with ETCD_TEST_ROUNDS.
    private let rounds = ProcessInfo.processInfo.environment["ETCD_TEST_ROUNDS"].flatMap { Int($0) } ?? 40

    @Test("tables, codecs and calls speak of the same messages")
    func tables() {
        let names = EtcdAPISchema.messages.map(\.name)
        #expect(names.count == 132 && Set(names).count == names.count)
        #expect(Set(EtcdAPISchema.codecs.map(\.name)) == Set(names))
        for call in EtcdAPISchema.calls { #expect(names.contains(call.request) && names.contains(call.response)) }
        #expect(EtcdAPISchema.calls.count == 51)
    }

    @Test("random messages come out of the structs as they went in, and protoc agrees")
    func roundTrip() throws {
        for (seed, schema) in EtcdAPISchema.messages.enumerated() {
            var random = RandomMessages(seed: UInt64(seed))
            let messages = (0..<rounds).map { _ in random.message(schema.name) }
            let codec = try #require(EtcdAPISchema.codec(schema.name))
            for message in messages {
                #expect(try codec.recode(message) == message, "\(schema.name): \(message.hex)")
                if let recodeView = codec.recodeView {
                    #expect(try recodeView(message.view) == message, "\(schema.name) as a view: \(message.hex)")
                }
            }
            _ = try Protoc.roundTrip(messages, as: schema.name)
        }
    }

    @Test("random messages survive the way through JSON")
    func json() throws {
        for (seed, schema) in EtcdAPISchema.messages.enumerated() {
            var random = RandomMessages(seed: UInt64(seed) + 1000)
            for _ in 0..<rounds {
                let message = random.message(schema.name)
                var text = ByteBuffer()
                try GatewayJSON.api.write(message, as: schema.name, into: &text)
                #expect(try GatewayJSON.api.read(text.slice(), as: schema.name) == message, "\(text.view.lossyText)")
            }
        }
    }

    @Test("cut off or damaged, a message is read or refused, never more")
    func damage() throws {
        for (seed, schema) in EtcdAPISchema.messages.enumerated() {
            var random = RandomMessages(seed: UInt64(seed) + 2000)
            let codec = try #require(EtcdAPISchema.codec(schema.name))
            for _ in 0..<rounds {
                var bytes = random.message(schema.name).array
                guard !bytes.isEmpty else { continue }
                if random.below(2) == 0 { bytes.removeLast(random.below(bytes.count) + 1) }
                for _ in 0..<random.below(4) where !bytes.isEmpty {
                    bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
                }
                let damaged = ByteSlice(bytes)
                // What was read has a canonical form, and that is read as the same.
                guard let canonical = try? codec.recode(damaged) else { continue }
                #expect(try codec.recode(canonical) == canonical)
                var text = ByteBuffer()
                try GatewayJSON.api.write(damaged, as: schema.name, into: &text)
            }
        }
    }
}
