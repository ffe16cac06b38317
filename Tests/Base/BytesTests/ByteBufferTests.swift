// ByteBufferTests.swift: the reusable buffer against an array that does the same the slow way.

import Bytes
import Testing

@Suite("The reusable buffer")
struct ByteBufferTests {
    /// A small generator, so that a failing run can be repeated from its seed.
    struct Dice {
        var state: UInt64
        mutating func roll(_ sides: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % sides
        }
    }

    @Test("random appends and consumes leave what a plain array would hold", arguments: 0..<50)
    func againstAnArray(seed: Int) {
        var dice = Dice(state: UInt64(seed))
        var buffer = ByteBuffer(capacity: dice.roll(40))
        var model: [UInt8] = []
        for _ in 0..<400 {
            switch dice.roll(8) {
            case 0...2:
                let bytes = (0..<dice.roll(60)).map { _ in UInt8(dice.roll(256)) }
                buffer.append(bytes)
                model += bytes
            case 3:
                let number = UInt32(dice.roll(1 << 30))
                buffer.append(bigEndian: number)
                model += withBytes(number)
            case 4:
                let place = buffer.skip(4)
                #expect(place == model.count)
                buffer.overwrite(at: place, with: [9, 8, 7, 6].span)
                model += [9, 8, 7, 6]
            case 5: buffer.shrink(to: 64)
            case 6 where dice.roll(10) == 0:
                let keep = dice.roll(model.count + 1)
                buffer.truncate(to: keep)
                model = Array(model.prefix(keep))
            default:
                let length = dice.roll(model.count + 1)
                buffer.consume(length)
                model.removeFirst(length)
            }
            #expect(buffer.count == model.count)
            #expect(buffer.view.array == model)
        }
    }

    func withBytes(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }

    @Test("a buffer that is drained each turn never grows")
    func steady() {
        var buffer = ByteBuffer(capacity: 256)
        for _ in 0..<10_000 {
            buffer.append([UInt8](repeating: 1, count: 100))
            buffer.consume(100)
        }
        #expect(buffer.capacity == 256)
    }

    @Test("consuming more than there is stops the process")
    func overConsume() async {
        await #expect(processExitsWith: .failure) {
            var buffer = ByteBuffer()
            buffer.append(literal: "abc")
            buffer.consume(4)
        }
    }
}
