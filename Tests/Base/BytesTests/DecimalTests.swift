// DecimalTests.swift: digits as the standard library writes them, at every border and at random.

import Bytes
import Testing

@Suite("Decimal digits")
struct DecimalTests {
    @Test("every power of ten, what lies beside it, and random numbers of every length")
    func digits() {
        var numbers: [UInt64] = [0, 1, 9, .max, .max - 1]
        var power: UInt64 = 10
        while true {
            numbers += [power - 1, power, power + 1]
            let (next, over) = power.multipliedReportingOverflow(by: 10)
            if over { break }
            power = next
        }
        var state: UInt64 = 1
        for length in 0..<64 {
            for _ in 0..<20 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                numbers.append((state ^ state >> 31) >> UInt64(length))
            }
        }
        // All in one buffer that grows meanwhile: what stood there before stays.
        var buffer = ByteBuffer(capacity: 16)
        var expected = ""
        for number in numbers {
            buffer.append(decimal: number)
            buffer.append(literal: " ")
            expected += "\(number) "
        }
        #expect(buffer.view.lossyText == expected)
    }

    @Test("hex digits without zeroes in front, for every length and every digit")
    func hex() {
        var numbers: [UInt64] = [0, .max, 0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210, 0xA000_0000]
        for bit in 0..<64 {
            numbers += [1 << UInt64(bit), (1 << UInt64(bit)) - 1, 0x5C1F_0A8B_7D3E_2F10 >> UInt64(bit)]
        }
        var buffer = ByteBuffer(capacity: 16)
        var expected = ""
        for number in numbers {
            buffer.append(hex: number)
            buffer.append(literal: " ")
            expected += String(number, radix: 16) + " "
        }
        #expect(buffer.view.lossyText == expected)
    }

    @Test("every number of up to six digits, and the last and the first of more")
    func small() {
        var buffer = ByteBuffer(capacity: 16)
        for number: UInt64 in 0..<1_000_000 {
            buffer.removeAll()
            buffer.append(decimal: number)
            var rest = number
            for place in stride(from: buffer.count - 1, through: 0, by: -1) {
                guard buffer.view[place] == UInt8(ascii: "0") + UInt8(rest % 10) else {
                    Issue.record("\(number) became \(buffer.view.lossyText)")
                    return
                }
                rest /= 10
            }
            guard rest == 0, buffer.view[0] != UInt8(ascii: "0") || number == 0 else {
                Issue.record("\(number) became \(buffer.view.lossyText)")
                return
            }
        }
    }

    @Test("six digits, with zeroes in front, over others, and nothing beside them changes")
    func sixDigits() async {
        var buffer = ByteBuffer(capacity: 16)
        var expected = ""
        for number: UInt32 in [0, 9, 10, 99, 100, 9_999, 10_000, 123_456, 999_999] {
            buffer.append(literal: "<______>")
            buffer.overwrite(sixDigits: number, at: buffer.count - 7)
            expected += "<" + String(repeating: "0", count: 6 - "\(number)".count) + "\(number)>"
        }
        #expect(buffer.view.lossyText == expected)
        await #expect(processExitsWith: .failure) {
            var buffer = ByteBuffer(capacity: 16)
            buffer.append(literal: "_____")
            buffer.overwrite(sixDigits: 1, at: 0)
        }
    }

    @Test("names of members of an object, with and without the comma before them")
    func keys() {
        var buffer = ByteBuffer(capacity: 16)
        buffer.append(literal: "{")
        buffer.append(jsonKey: "a", comma: false)
        buffer.append(decimal: 7)
        buffer.append(jsonKey: "a name that is longer than the room that there was", comma: true)
        #expect(buffer.view.lossyText == #"{"a":7,"a name that is longer than the room that there was":"#)
    }
}
