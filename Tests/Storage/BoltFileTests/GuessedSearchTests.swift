// GuessedSearchTests.swift: a look-up that guesses finds what is there and nothing else, whatever the keys are like.

import BoltFile
import Bytes
import Foundation
import Simulation
import Testing

@Suite("Searching by guesses")
struct GuessedSearchTests {
    /// Keys for which a guess is right, a little wrong, and of no use at all.
    enum Shape: String, CaseIterable, CustomTestStringConvertible {
        case counted, gaps, growing, oneNumber, twoNumbers, short, high, words
        var testDescription: String { rawValue }

        func key(_ index: UInt64, _ dice: inout Dice) -> [UInt8] {
            func bytes(_ number: UInt64) -> [UInt8] {
                (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
            }
            let tail: [UInt8] = [0x5F] + bytes(index)
            switch self {
            case .counted: return bytes(index + 2) + [0x5F] + bytes(0)
            case .gaps: return bytes(index * 1_000 + UInt64(dice.roll(999))) + tail
            case .growing: return bytes(UInt64(1) << (index % 64)) + tail
            // All revisions of one transaction: nothing to tell them apart in eight bytes.
            case .oneNumber: return bytes(77) + tail
            case .twoNumbers: return bytes(index % 2 == 0 ? 0 : .max) + tail
            case .short: return Array(bytes(index &* 0x9E37_79B9_7F4A_7C15).prefix(Int(index % 9) + 1))
            // Up to the last number there is: what comes behind it is none.
            case .high: return bytes(UInt64.max - index / 3) + tail
            case .words: return Array("/registry/pods/default/name-\(index)".utf8)
            }
        }
    }

    private func file(_ shape: Shape, _ count: Int, _ dice: inout Dice) throws -> (MemoryFile, [[UInt8]: [UInt8]]) {
        let disk = MemoryFile(pageSize: 1024)
        var file = try disk.open()
        let name: ByteSlice = "b"
        let bucket = try file.createBucket(name.view)
        var model: [[UInt8]: [UInt8]] = [:]
        for index in 0..<count {
            let key = shape.key(UInt64(index), &dice)
            let value = [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: index % 40)
            model[key] = value
            let (keySlice, valueSlice) = (ByteSlice(key), ByteSlice(value))
            try file.put(keySlice.view, valueSlice.view, in: bucket)
        }
        // Holes, so that guesses are off.
        for key in model.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) where dice.roll(4) == 0 {
            let slice = ByteSlice(key)
            try file.delete(slice.view, in: bucket)
            model[key] = nil
        }
        try file.commit(to: disk)
        return (disk, model)
    }

    @Test("every key is found, and none that is not there", arguments: Shape.allCases)
    func finds(shape: Shape) throws {
        var dice = Dice(seed: 7)
        let (disk, model) = try file(shape, 3_000, &dice)
        defer { withExtendedLifetime(disk) {} }
        let name: ByteSlice = "b"
        let tree = try #require(try disk.version().root.bucket(name.view))
        for (key, value) in model {
            let exact = ByteSlice(key)
            #expect(try tree.get(exact.view)?.array == value, "\(key)")
            // Its nearest neighbours on both sides.
            var before = key
            if before[before.count - 1] == 0 { before.removeLast() } else { before[before.count - 1] -= 1 }
            for near in [key + [0], before] where model[near] == nil && !near.isEmpty {
                let slice = ByteSlice(near)
                #expect(try tree.get(slice.view) == nil, "\(near)")
            }
        }
        for edge in [[0], [UInt8](repeating: 0, count: 17), [UInt8](repeating: 255, count: 17)] where model[edge] == nil
        {
            let slice = ByteSlice(edge)
            #expect(try tree.get(slice.view) == nil)
        }
    }

    @Test(
        "on damaged pages a search ends: with an answer or an error", arguments: [Shape.counted, .gaps, .high, .short])
    func damaged(shape: Shape) throws {
        let rounds = Int(ProcessInfo.processInfo.environment["ETCD_TEST_SEEDS"] ?? "") ?? 30
        let name: ByteSlice = "b"
        var errors = 0
        for seed in 1...UInt64(rounds) {
            var dice = Dice(seed: seed)
            let (disk, model) = try file(shape, 300, &dice)
            defer { withExtendedLifetime(disk) {} }
            for _ in 0..<200 {
                // Behind the two metas; a hundred bytes of the page's beginning matter most.
                let page = 2 + dice.roll(disk.length / 1024 - 2)
                let place = dice.roll(2) == 0 ? dice.roll(1024) : dice.roll(100)
                disk.image.write(UInt8(truncatingIfNeeded: dice.roll(256)), at: page * 1024 + place)
            }
            for key in model.keys {
                let slice = ByteSlice(key)
                do {
                    guard let tree = try disk.version().root.bucket(name.view) else { continue }
                    _ = try tree.get(slice.view)
                } catch { errors += 1 }
            }
        }
        #expect(errors > 0)
    }
}
