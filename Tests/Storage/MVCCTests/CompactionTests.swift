// CompactionTests.swift: what stays, what goes, and what a crash in between leaves.

import Backend
import Bytes
import EtcdAPI
import Identifiers
import MVCC
import Protobuf
import Testing

@Suite("Compaction")
struct CompactionTests {
    private func stored(_ fixture: Fixture) throws -> [String] {
        var history = try History(of: fixture.backend, from: KeyRevision(main: 0, sub: 0))
        var list: [String] = []
        while history.isValid {
            list.append("\(history.stored.revision)" + (history.stored.isTombstone ? "t" : ""))
            try history.next()
        }
        return list
    }

    @Test("of each key the newest at C stays; a deletion only if it is exactly at C")
    func keeps() throws {
        let fixture = try Fixture()
        try fixture.put("a", "1")  // 2
        try fixture.put("b", "1")  // 3
        try fixture.put("a", "2")  // 4
        try fixture.delete("b")  // 5
        try fixture.put("c", "1")  // 6
        try fixture.delete("c")  // 7
        try fixture.put("a", "3")  // 8
        try fixture.compact(7)
        #expect(try stored(fixture) == ["4_0", "7_0t", "8_0"])
        #expect(fixture.store.keyCount == 2 && fixture.store.olderChangeCount == 1)
        try fixture.compact(8)
        #expect(try stored(fixture) == ["8_0"])
        #expect(fixture.store.keyCount == 1 && fixture.store.olderChangeCount == 0)
    }

    @Test("when everything is deleted, the revision is still known after a start")
    func everything() throws {
        let fixture = try Fixture()
        try fixture.put("a", "1")
        try fixture.delete("a")
        try fixture.put("b", "1")
        try fixture.delete("b")
        try fixture.compact(5)
        try fixture.put("c", "1")
        try fixture.delete("c")
        try fixture.compact(7)
        #expect(try stored(fixture) == ["7_0t"])
        try fixture.commit()
        let again = try fixture.reborn()
        #expect(again.store.revision == 7 && again.store.compacted == 7 && !again.store.isCompacting)
        #expect(try again.put("d", "1").header?.revision == 8)
    }

    @Test("a crash after any step: the next start finishes it, and reads refuse what was decided")
    func crashes() throws {
        for crashAfter in 0..<40 {
            let fixture = try Fixture()
            for number in 0..<60 { try fixture.put("k\(number % 9)", "\(number)") }
            for number in 0..<4 { try fixture.delete("k\(number)") }
            try fixture.commit()
            let expected = try fixture.hash(60).hash
            try fixture.beginCompaction(55)
            for _ in 0..<crashAfter where fixture.store.isCompacting {
                try fixture.store.compactionStep(in: &fixture.backend, budget: 2)
            }
            try fixture.commit()
            let again = try fixture.reborn()
            #expect(again.store.compacted == 55)
            #expect(try refusal { _ = try again.range(RangeRequest(key: "k1", revision: 54)) } == .compacted)
            while again.store.isCompacting {
                try again.store.compactionStep(in: &again.backend, budget: 3)
                #expect(try again.hash(60).compacted == 55)
            }
            #expect(again.store.finishedCompaction == 55 && again.store.check() == nil)
            // One that was never interrupted says the same.
            let other = try Fixture()
            for number in 0..<60 { try other.put("k\(number % 9)", "\(number)") }
            for number in 0..<4 { try other.delete("k\(number)") }
            try other.compact(55)
            #expect(try stored(again) == stored(other), "crash after \(crashAfter) steps")
            #expect(try again.hash(60).hash == other.hash(60).hash)
            #expect(expected != 0)
        }
    }

    @Test("a compaction waits for readers of older revisions, and for nobody else")
    func readers() throws {
        let fixture = try Fixture()
        for number in 0..<30 { try fixture.put("k\(number % 10)", "\(number)") }
        let request = RangeRequest(key: ByteSlice([0]), rangeEnd: ByteSlice([0]), revision: 20)
        let expected = try fixture.range(request).kvs
        let bytes = request.encoded()
        let view = try RangeRequest.View(decoding: bytes.view)
        var buffer = ByteBuffer()
        let cursor = try #require(
            try fixture.store.range(view, from: fixture.backend, header: fixture.header, budget: 2, into: &buffer))
        #expect(buffer.count == 0)
        try fixture.beginCompaction(25)
        #expect(try refusal { _ = try fixture.range(request) } == .compacted)
        for _ in 0..<20 { try fixture.store.compactionStep(in: &fixture.backend) }
        #expect(fixture.store.isCompacting && fixture.store.isCompactionWaiting)
        while try !fixture.store.step(cursor, from: fixture.backend, budget: 1) {}
        let answer = cursor.wholeAnswer()
        #expect(try RangeResponse(decoding: answer).kvs == expected)
        #expect(fixture.store.isCompactionWaiting == false)
        while fixture.store.isCompacting { try fixture.store.compactionStep(in: &fixture.backend) }
        // Given up twice, held up by nobody.
        let other = try fixture.store.openHash(at: 0)
        fixture.store.abandon(other)
        fixture.store.abandon(other)
        try fixture.compact(31)
        #expect(fixture.store.olderChangeCount == 0)
    }

    @Test("a stream's pieces are the answer, in order, and only the last says how many there are")
    func stream() throws {
        let fixture = try Fixture()
        for number in 0..<25 { try fixture.put("k\(number)", "\(number)") }
        let request = RangeRequest(key: "k", rangeEnd: "l", limit: 20)
        let whole = try fixture.range(request)
        let bytes = request.encoded()
        let view = try RangeRequest.View(decoding: bytes.view)
        let cursor = try fixture.store.openRange(streaming: view, header: fixture.header)
        var pieces: [RangeResponse] = []
        var isDone = false
        while !isDone {
            isDone = try fixture.store.step(cursor, from: fixture.backend, budget: 4)
            var buffer = ByteBuffer()
            cursor.takePiece(into: &buffer)
            guard !buffer.isEmpty else { continue }
            pieces.append(try #require(try RangeStreamResponse(decoding: buffer.slice()).rangeResponse))
        }
        #expect(pieces.count > 3)
        #expect(pieces.flatMap(\.kvs) == whole.kvs)
        for piece in pieces.dropLast() { #expect(piece.header == nil && piece.count == 0 && !piece.more) }
        #expect(pieces.last?.header == whole.header && pieces.last?.count == 25 && pieces.last?.more == true)
    }

    @Test("many keys come and go: order, memory and history stay right")
    func many() throws {
        let fixture = try Fixture(MemoryFile(capacity: 512 << 20))
        var dice = StoreDice(seed: 11)
        var living = Set<String>()
        let count = Settings.isLong ? 200_000 : 6_000
        for round in 0..<6 {
            for _ in 0..<count {
                let key =
                    dice.pick(["/registry/pods/", "/registry/", "", "zz"]) + String(dice.below(2 * count), radix: 36)
                if key.isEmpty { continue }
                if dice.once(in: 3), living.contains(key) || dice.once(in: 9) {
                    try fixture.delete(key)
                    living.remove(key)
                } else {
                    try fixture.put(key, "\(round)")
                    living.insert(key)
                }
            }
            if round % 2 == 1 {
                // Everything under one beginning goes: nodes of the order are united.
                try fixture.delete("/registry/pods/", "/registry/pods0")
                living = living.filter { !$0.hasPrefix("/registry/pods/") }
            }
            try fixture.compact(fixture.store.revision.rawValue)
            try fixture.commit()
            #expect(fixture.store.check() == nil)
            let all = try fixture.range(RangeRequest(key: ByteSlice([0]), rangeEnd: ByteSlice([0]), keysOnly: true))
            #expect(
                all.kvs.map { $0.key.utf8Text ?? "" } == living.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
            #expect(fixture.store.olderChangeCount == 0)
            let again = try fixture.reborn()
            #expect(again.store.check() == nil)
            #expect(
                try again.range(RangeRequest(key: ByteSlice([0]), rangeEnd: ByteSlice([0]), keysOnly: true)).kvs
                    == all.kvs)
        }
    }
}
