// YAMLTests.swift: configuration files as people write them, and as people should not.

import Bytes
import Testing
import YAML

@Suite("YAML")
struct YAMLTests {
    func parse(_ text: String) throws -> YAMLNode? {
        let bytes = ByteSlice(utf8: text)
        return try YAML.parse(bytes.view)
    }

    @Test("the shapes of an etcd configuration")
    func configuration() throws {
        let tree = try #require(
            try parse(
                """
                # a member
                name: 'n1'
                snapshot-count: 10000
                empty:
                client-transport-security:
                  cert-file: /etc/cert.pem
                  client-cert-auth: true
                cipher-suites: [A, "B"]
                log-outputs:
                  - stderr
                  - /var/log/etcd
                """))
        #expect(tree["name"]?.content == .text("n1", isQuoted: true))
        #expect(tree["snapshot-count"]?.content == .text("10000", isQuoted: false))
        #expect(tree["empty"]?.content == .text("", isQuoted: false))
        #expect(tree["client-transport-security"]?["cert-file"]?.text == "/etc/cert.pem")
        #expect(tree["client-transport-security"]?["client-cert-auth"]?.line == 7)
        guard case .list(let suites) = tree["cipher-suites"]?.content else {
            Issue.record("no list")
            return
        }
        #expect(suites.map(\.text) == ["A", "B"])
        guard case .list(let outputs) = tree["log-outputs"]?.content else {
            Issue.record("no list")
            return
        }
        #expect(outputs.map(\.line) == [10, 11])
        #expect(tree["missing"] == nil)
    }

    @Test("nothing is nothing")
    func empty() throws {
        #expect(try parse("") == nil)
        #expect(try parse("# only a remark\n") == nil)
    }

    @Test(
        "what cannot be is refused with its line",
        arguments: [
            ("a: 1\nb: [1\n", 3, "expected"), ("a: 1\na: 2\n", 2, "twice"), ("x: &n 1\ny: *n\n", 2, "aliases"),
            ("a: 1\n---\nb: 2\n", 2, "second document"), ("? [a]\n: b\n", 1, "plain word"), ("\ta: 1\n", 1, "token"),
        ])
    func refused(text: String, line: Int, part: String) {
        do {
            _ = try parse(text)
            Issue.record("accepted: \(text)")
        } catch let error as YAMLError {
            #expect(error.line == line && error.reason.contains(part), "\(error)")
        } catch {
            Issue.record(error)
        }
    }

    @Test("depth and size are limited")
    func limits() {
        #expect(throws: YAMLError.self) {
            try parse(String(repeating: "[", count: 100) + String(repeating: "]", count: 100))
        }
        #expect(throws: YAMLError.self) { try parse("a: " + String(repeating: "x", count: 1 << 20)) }
        #expect(throws: Never.self) { try parse(String(repeating: "[", count: 60) + String(repeating: "]", count: 60)) }
    }

    @Test("random bytes are refused or read, and nothing traps", arguments: 0..<200)
    func noise(seed: Int) {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        let alphabet = Array("abc:-[]{}#&*'\"\n  \t,?|>%@\u{80}".utf8)
        let noise = (0..<60).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1
            return alphabet[Int(state >> 33) % alphabet.count]
        }
        let bytes = ByteSlice(noise)
        _ = try? YAML.parse(bytes.view)
    }
}
