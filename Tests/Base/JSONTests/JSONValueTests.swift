// JSONValueTests.swift: numbers exactly, escapes both ways, the writer's rules, and random trees.

import Bytes
import Foundation
import JSON
import Testing

@Suite("JSON's values")
struct JSONValueTests {
    @Test(
        "integers are exact, whatever way they are written",
        arguments: [
            ("0", 0), ("-0", 0), ("7", 7), ("-7", -7), ("9007199254740993", 9_007_199_254_740_993),
            ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min), ("1e3", 1000), ("1E+3", 1000),
            ("25.0", 25), ("2.5e1", 25), ("250e-1", 25), ("0.00", 0), ("0e99999999999999999999", 0), ("1.20e1", 12),
            ("100000000000000000000000e-22", 10), ("922337203685477580.7e1", Int64.max), ("-0.0", 0), ("10", 10),
            ("1000000000000000000", 1_000_000_000_000_000_000),
        ] as [(String, Int64?)])
    func integers(text: String, value: Int64?) throws { #expect(try JSONValue(parsing: text).integer() == value) }

    @Test(
        "what is no integer of the type is none",
        arguments: [
            "0.5", "1e-1", "2.5", "9223372036854775808", "-9223372036854775809", "1e19", "1e99999999999999999999",
            "123456789012345678901234567890", "1e-99999999999999999999", "25e-1",
        ])
    func notIntegers(text: String) throws { #expect(try JSONValue(parsing: text).integer(Int64.self) == nil) }

    @Test("other types have their own borders")
    func otherTypes() throws {
        #expect(try JSONValue(parsing: "18446744073709551615").integer() == UInt64.max)
        #expect(try JSONValue(parsing: "18446744073709551616").integer(UInt64.self) == nil)
        #expect(try JSONValue(parsing: "-1").integer(UInt64.self) == nil)
        #expect(try JSONValue(parsing: "255").integer() == UInt8.max)
        #expect(try JSONValue(parsing: "256").integer(UInt8.self) == nil)
        #expect(try JSONValue(parsing: "-128").integer() == Int8.min)
        #expect(try JSONValue(parsing: "-129").integer(Int8.self) == nil)
        #expect(try JSONValue(parsing: "1.5e3").double == 1500)
        #expect(try JSONValue(parsing: "\"1\"").integer(Int.self) == nil)
    }

    @Test("a name that stands twice has its last value, and both are kept")
    func duplicates() throws {
        let tree = try JSONValue(parsing: #"{"a":1,"b":2,"a":3}"#)
        #expect(tree["a"]?.integer() == 3)
        #expect(tree.members?.map(\.name) == ["a", "b", "a"])
        #expect(tree["c"] == nil && tree.elements == nil && JSONValue.null["a"] == nil)
    }

    @Test("escapes are read")
    func readsEscapes() throws {
        let tree = try JSONValue(parsing: #""\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\uDE00\u0000""#)
        #expect(tree.string == "\"\\/\u{8}\u{C}\n\r\té€😀\u{0}")
    }

    /// What a writer makes of one text.
    private func written(_ text: String, _ escaping: JSONWriter.Escaping) -> String {
        var json = JSONWriter(escaping: escaping)
        json.string(text)
        let buffer = json.finish()
        return buffer.view.lossyText
    }

    @Test("escapes are written, few of them or as many as Go writes")
    func writesEscapes() {
        let text = "a\"\\/\u{8}\u{C}\n\r\t\u{1}\u{1F}\u{7F}<>&é\u{2028}\u{2029}\u{202A}😀"
        #expect(
            written(text, .minimal) == "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\u{7F}<>&é\u{2028}\u{2029}\u{202A}😀\"")
        #expect(
            written(text, .asGo)
                == "\"a\\\"\\\\/\\u0008\\u000c\\n\\r\\t\\u0001\\u001f\u{7F}\\u003c\\u003e\\u0026é\\u2028\\u2029\u{202A}😀\""
        )
    }

    @Test("bytes that are not UTF-8 are written as U+FFFD, one for each")
    func writesForeignBytes() {
        var json = JSONWriter()
        let bytes: ByteSlice = [0x61, 0xFF, 0xC2, 0x62, 0xED, 0xA0, 0x80, 0xC3, 0xA9]
        withExtendedLifetime(bytes) { json.string(utf8: bytes.view) }
        let buffer = json.finish()
        #expect(buffer.view.lossyText == "\"a\u{FFFD}\u{FFFD}b\u{FFFD}\u{FFFD}\u{FFFD}é\"")
    }

    @Test("commas and colons stand where they belong")
    func structure() {
        var json = JSONWriter()
        json.object { json in
            json.key("a")
            json.number(-5)
            json.key(text: "b\"")
            json.array { json in
                json.null()
                json.bool(true)
                json.string(number: UInt64.max)
                json.object { _ in }
                json.array { _ in }
                json.number(0.5)
                json.raw(json: "[1]")
            }
            json.key("c")
            json.object { json in
                json.key("d")
                json.string(literal: "e")
            }
        }
        #expect(
            json.buffer.view.lossyText
                == #"{"a":-5,"b\"":[null,true,"18446744073709551615",{},[],0.5,[1]],"c":{"d":"e"}}"#)
        json.removeAll()
        json.number(Int64.min)
        let buffer = json.finish()
        #expect(buffer.view.lossyText == "-9223372036854775808")
    }

    @Test("JSON that would be invalid stops the program that writes it")
    func mistakes() async {
        await #expect(processExitsWith: .failure) {
            var json = JSONWriter()
            json.beginObject()
            json.number(1)
        }
        await #expect(processExitsWith: .failure) {
            var json = JSONWriter()
            json.beginArray()
            json.key("a")
        }
        await #expect(processExitsWith: .failure) {
            var json = JSONWriter()
            json.beginArray()
            json.endObject()
        }
        await #expect(processExitsWith: .failure) {
            var json = JSONWriter()
            json.beginArray()
            _ = json.finish()
        }
        await #expect(processExitsWith: .failure) {
            var json = JSONWriter()
            json.number(Double.nan)
        }
    }

    @Test("a reader passes over what it does not want")
    func skipping() throws {
        let text: ByteSlice = #"{"skip": {"a":[1,{"b":2}]} , "keep" : 3, "last":[]}"#
        var reader = JSONReader(text.view)
        #expect(try reader.next() == .beginObject)
        _ = try reader.next()
        #expect(try reader.skipValue().lossyText == #"{"a":[1,{"b":2}]}"#)
        guard case .key(let key) = try reader.next(), case .number(let number) = try reader.next() else {
            Issue.record("a key and a number were expected")
            return
        }
        #expect(key.equals("keep") && !key.equals("kee") && number.integer() == 3)
        _ = try reader.next()
        #expect(try reader.skipValue().lossyText == "[]")
        #expect(throws: JSONError.self) { try reader.skipValue() }
        _ = text
    }

    /// A random tree.
    private func tree(_ dice: inout SystemRandomNumberGenerator, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth == 0 ? 5 : 7), using: &dice) {
        case 0: .null
        case 1: .bool(Bool.random(using: &dice))
        case 2: .number("\(Int64.random(in: .min ... .max, using: &dice))")
        case 3: .number("\(Double.random(in: -1e10...1e10, using: &dice))")
        case 4: .string(text(&dice))
        case 5: .array((0..<Int.random(in: 0..<4, using: &dice)).map { _ in tree(&dice, depth: depth - 1) })
        default:
            .object(
                (0..<Int.random(in: 0..<4, using: &dice)).map { _ in
                    .init(text(&dice), tree(&dice, depth: depth - 1))
                })
        }
    }

    private func text(_ dice: inout SystemRandomNumberGenerator) -> String {
        let letters = Array("a\"\\/\u{0}\u{1F}\n\u{7F}é€😀\u{2028}<")
        return String((0..<Int.random(in: 0..<8, using: &dice)).compactMap { _ in letters.randomElement(using: &dice) })
    }

    @Test(
        "what is written is what Foundation reads, and what we read", arguments: [JSONWriter.Escaping.minimal, .asGo])
    func againstFoundation(escaping: JSONWriter.Escaping) throws {
        var dice = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let tree = JSONValue.array([tree(&dice, depth: 5)])
            var json = JSONWriter(escaping: escaping)
            json.value(tree)
            let buffer = json.finish()
            #expect(try JSONValue(parsing: buffer.view) == tree)
            let theirs = try JSONSerialization.jsonObject(with: Data(buffer.view.array))
            // Foundation writes in its own way; read back, it must be the same but for duplicates and number spelling.
            let again = try JSONSerialization.data(withJSONObject: theirs)
            _ = try JSONValue(parsing: String(decoding: again, as: UTF8.self))
        }
    }

    @Test("damaged texts are errors with a place in the text, never traps", arguments: 0..<40)
    func damaged(round: Int) throws {
        var dice = SystemRandomNumberGenerator()
        var json = JSONWriter()
        json.value(tree(&dice, depth: 6))
        let buffer = json.finish()
        for _ in 0..<200 {
            var bytes = buffer.view.array
            for _ in 0...Int.random(in: 0...2, using: &dice) {
                let place = Int.random(in: 0..<bytes.count, using: &dice)
                switch Int.random(in: 0..<3, using: &dice) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &dice)
                case 1: bytes.insert(Array("{}[],:\"\\0e-.u".utf8).randomElement(using: &dice) ?? 0, at: place)
                default: bytes.remove(at: place)
                }
                if bytes.isEmpty { bytes = [32] }
            }
            let text = ByteSlice(bytes)
            withExtendedLifetime(text) {
                do throws(JSONError) {
                    let tree = try JSONValue(parsing: text.view)
                    var json = JSONWriter()
                    json.value(tree)
                    let again = json.finish()
                    #expect((try? JSONValue(parsing: again.view)) == tree, "\(text)")
                } catch {
                    #expect((0...bytes.count).contains(error.offset), "\(text): \(error)")
                }
            }
        }
    }

    @Test("bench: JSON")
    func bench() throws {
        let full = ProcessInfo.processInfo.environment["ETCD_BENCH"] == "1"
        let rounds = full ? 1_000_000 : 100
        var json = JSONWriter()
        var digest = 0
        let clock = ContinuousClock()
        let writing = clock.measure {
            for round in 0..<rounds {
                json.removeAll()
                json.object { json in
                    json.key("member")
                    json.string("8e9e05c52164694d")
                    json.key("seq")
                    json.number(round)
                    json.key("causes")
                    json.array { json in json.number(round) }
                }
                digest &+= json.buffer.view.count
            }
        }
        let text = json.buffer.slice()
        let reading = try clock.measure {
            for _ in 0..<rounds {
                var reader = JSONReader(text.view)
                while true {
                    let token = try reader.next()
                    if case .end = token { break }
                    digest &+= reader.position
                }
            }
        }
        #expect(digest > 0)
        if full {
            print(
                "bench: JSON of \(text.count) bytes: written in \(writing / rounds), read as tokens in \(reading / rounds); digest \(digest)"
            )
        }
    }
}
