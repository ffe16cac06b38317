// SlabTests.swift: numbered elements, keys in an arena, short bytes, fingerprints, insertions.

import Bytes
import Testing

@Suite("Many small things")
struct SlabTests {
    @Test("elements keep their numbers over many chunks")
    func slab() {
        var slab = Slab<UInt64>()
        for number in 0..<UInt64(20_000) { #expect(slab.append(number * 3) == Int(number)) }
        #expect(slab.count == 20_000)
        slab[12_345] += 1
        slab[UInt32(7)] = 9
        for number in 0..<20_000 {
            let expected: UInt64 = number == 12_345 ? 37_036 : number == 7 ? 9 : UInt64(number) * 3
            #expect(slab[number] == expected)
        }
        slab.move(from: 4096, to: 4100, count: 50)
        #expect(slab[4100] == 4096 * 3 && slab[4149] == 4145 * 3)
        slab.copy(from: 0, to: 8192, count: 4)
        #expect(slab[8195] == 9 && slab[8196] == 8196 * 3)
        #expect(slab.byteCount == 5 * 4096 * 8)
    }

    @Test("a number that nobody was given stops the process")
    func outside() async {
        await #expect(processExitsWith: .failure) {
            var slab = Slab<UInt32>()
            slab.append(repeating: 1, count: 3)
            _ = slab[3]
        }
        await #expect(processExitsWith: .failure) {
            var slab = Slab<UInt32>()
            slab.append(repeating: 1, count: 8192)
            slab.move(from: 4090, to: 4095, count: 2)
        }
    }

    @Test("keys of all sizes are found, given back and used again")
    func arena() {
        var arena = KeyArena()
        var keys: [(handle: UInt64, bytes: ByteSlice)] = []
        var state: UInt64 = 1
        func roll(_ sides: UInt64) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % sides)
        }
        for round in 0..<20_000 {
            if keys.count > 200, roll(2) == 0 {
                let (handle, bytes) = keys.remove(at: roll(UInt64(keys.count)))
                #expect(arena.view(handle) == bytes.view)
                arena.remove(handle)
            } else {
                let count = roll(50) == 0 ? 500 + roll(300_000) / (1 + roll(40)) : 1 + roll(30)
                let bytes = ByteSlice([UInt8](repeating: UInt8(truncatingIfNeeded: round), count: count))
                let handle = arena.insert(bytes.view)
                #expect(handle != 0)
                keys.append((handle, bytes))
            }
        }
        for (handle, bytes) in keys { #expect(arena.view(handle) == bytes.view) }
        // The same few thousand keys coming and going for ever need no more memory.
        for (handle, _) in keys { arena.remove(handle) }
        let small: ByteSlice = "12345678"
        let first = (0..<10_000).map { _ in arena.insert(small.view) }
        let bytes = arena.byteCount
        for handle in first { arena.remove(handle) }
        for _ in 0..<5 { for handle in (0..<10_000).map({ _ in arena.insert(small.view) }) { arena.remove(handle) } }
        #expect(arena.byteCount == bytes)
    }

    @Test("a handle of an arena that is smaller stops the process")
    func stray() async {
        await #expect(processExitsWith: .failure) {
            let arena = KeyArena()
            _ = arena.view(1 << 60 | 5)
        }
        await #expect(processExitsWith: .failure) {
            var arena = KeyArena()
            let empty = ByteSlice()
            _ = arena.insert(empty.view)
        }
    }

    @Test("short bytes are what was appended")
    func short() async {
        var bytes = ShortBytes()
        bytes.append(bigEndian: 0x0102_0304_0506_0708)
        bytes.append(UInt8(ascii: "_"))
        bytes.append(bigEndian: 9)
        bytes.append(UInt8(ascii: "t"))
        #expect(bytes.withView { $0.hex } == "01020304050607085f000000000000000974")
        #expect(ShortBytes().withView { $0.count } == 0)
        await #expect(processExitsWith: .failure) {
            var bytes = ShortBytes()
            for _ in 0..<25 { bytes.append(0) }
        }
    }

    @Test("fingerprints depend on every byte, on the length and on the seed")
    func fingerprints() {
        for count in 0..<40 {
            let bytes = [UInt8](0..<UInt8(count))
            var seen: Set<UInt64> = []
            func add(_ array: [UInt8], seed: UInt64) {
                let slice = ByteSlice(array)
                seen.insert(slice.view.fingerprint(seed: seed))
            }
            add(bytes, seed: 1)
            add(bytes, seed: 2)
            add(bytes + [0], seed: 1)
            for index in 0..<count {
                for bit in 0..<8 {
                    var changed = bytes
                    changed[index] ^= 1 << UInt8(bit)
                    add(changed, seed: 1)
                }
            }
            #expect(seen.count == 3 + 8 * count)
        }
        // Sequential keys spread over the low bits and the high ones.
        var low = [Int](repeating: 0, count: 256)
        var high = low
        for number in 0..<25_600 {
            let key = ByteSlice(utf8: "/registry/pods/default/web-\(number)")
            let print = UInt32(truncatingIfNeeded: key.view.fingerprint(seed: 7))
            low[Int(print & 255)] += 1
            high[Int(print >> 24)] += 1
        }
        #expect(low.allSatisfy { 50...160 ~= $0 } && high.allSatisfy { 50...160 ~= $0 })
    }

    @Test("what is inserted stands before what was there")
    func insertion() {
        var buffer = ByteBuffer(capacity: 16)
        let (long, short): (ByteSlice, ByteSlice) = ("a long text that does not fit into the room that there is", "xy")
        buffer.append(literal: "__12345")
        buffer.consume(2)
        buffer.insert(short.view, at: 2)
        #expect(buffer.view.lossyText == "12xy345")
        buffer.insert(long.view, at: 0)
        buffer.insert(short.view, at: buffer.count)
        #expect(buffer.view.lossyText == long.view.lossyText + "12xy345xy")
        buffer.insert(varint: 300, at: 2)
        #expect(buffer.view[2..<4].array == [0xAC, 0x02])
    }
}
