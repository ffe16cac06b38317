// DamageTests.swift: files that are torn, cut, old, foreign or random.

import BoltFile
import Bytes
import Simulation
import Testing

@Suite("Damage")
struct DamageTests {
    private let name: ByteSlice = "b"
    private let key: ByteSlice = "k"

    /// A file in which transaction after transaction wrote its own number.
    private func numbered(pageSize: Int, commits: Int) throws -> MemoryFile {
        let disk = MemoryFile(pageSize: pageSize)
        var file = try disk.open()
        let bucket = try file.createBucket(name.view)
        for _ in 0..<commits {
            let value = ByteSlice(utf8: "\(file.transaction)")
            try file.put(key.view, value.view, in: bucket)
            try file.commit(to: disk)
        }
        return disk
    }

    private func number(in disk: MemoryFile) throws -> String? {
        defer { withExtendedLifetime(disk) {} }
        let bucket = try #require(try disk.version().root.bucket(name.view))
        return try bucket.get(key.view)?.utf8Text
    }

    @Test(
        "of two metas the newest whole one counts, at every page size",
        arguments: [1024, 2048, 4096, 16384, 65536], [4, 5])
    func torn(pageSize: Int, commits: Int) throws {
        let last = UInt64(commits + 1)
        let pages = [Int(last % 2) * pageSize, Int((last + 1) % 2) * pageSize]
        for byte in stride(from: 16, to: 80, by: 3) {
            let disk = try numbered(pageSize: pageSize, commits: commits)
            #expect(try number(in: disk) == "\(last)")
            disk.image.write(disk.mapping[pages[0] + byte] ^ 0x10, at: pages[0] + byte)
            #expect(try number(in: disk) == "\(last - 1)", "byte \(byte)")
            // The next commit writes over the torn page, never over the whole one.
            var file = try disk.open()
            let bucket = try #require(try file.open(name))
            let value: ByteSlice = "again"
            try file.put(key.view, value.view, in: bucket)
            let batch = try #require(try file.freeze())
            #expect(batch.metaOffset == pages[0])
            disk.image.write(disk.mapping[pages[1] + byte] ^ 0x10, at: pages[1] + byte)
            #expect(throws: BoltError.self) { _ = try disk.open() }
        }
    }

    @Test("what is no such file is told from what is damaged")
    func foreign() throws {
        func error(_ disk: MemoryFile) -> BoltError? {
            do { _ = try disk.open() } catch { return error as? BoltError }
            return nil
        }
        #expect(error(MemoryFile(ByteSlice([])))?.kind == .notABoltFile)
        #expect(error(MemoryFile("#!/bin/sh\necho this is something else entirely\n"))?.kind == .notABoltFile)
        let disk = try numbered(pageSize: 4096, commits: 9)
        disk.length = 3 * 4096
        #expect(error(disk)?.kind == .fileTooShort)
        #expect("\(try #require(error(disk)))".contains("healthy peer"))
        let both = try numbered(pageSize: 4096, commits: 9)
        for page in [0, 4096] { both.image.write(UInt8(0), at: page + 40) }
        both.image.write(UInt8(7), at: 72)
        both.image.write(UInt8(7), at: 4096 + 72)
        #expect(error(both)?.kind == .noValidMeta)
    }

    @Test("a stored freelist is read in both its forms, compared, and not written again", arguments: [false, true])
    func freeList(long: Bool) throws {
        let disk = try numbered(pageSize: 1024, commits: 20)
        var meta = try disk.version().meta
        let before = try disk.open()
        let free = (2..<meta.highWater).filter { page in
            before.describesFree(page, in: disk)
        }
        #expect(free.count == before.freePageCount)
        // Page n is the list, as a writer would have made it that stores one.
        let page = meta.highWater
        var bytes = ByteBuffer(capacity: 1024)
        bytes.append(littleEndian: page)
        bytes.append(littleEndian: UInt16(0x10))
        bytes.append(littleEndian: long ? UInt16(0xFFFF) : UInt16(free.count))
        bytes.append(littleEndian: UInt32(0))
        if long { bytes.append(littleEndian: UInt64(free.count)) }
        for page in free { bytes.append(littleEndian: page) }
        bytes.append(zeros: 1024 - bytes.count)
        disk.image.write(bytes.view, at: Int(page) * 1024)
        meta.freeList = page
        meta.highWater += 1
        meta.transaction += 1
        let encoded = meta.encoded(asPage: meta.page)
        disk.image.write(encoded.view, at: Int(meta.page) * 1024)
        disk.length = max(disk.length, Int(meta.highWater) * 1024)

        #expect(try disk.version().check() == [])
        var file = try disk.open()
        #expect(file.freePageCount == free.count + 1)
        let bucket = try #require(try file.open(name))
        try file.put(key.view, key.view, in: bucket)
        try file.commit(to: disk)
        #expect(try disk.version().meta.freeList == Meta.noFreeList)
        #expect(file.check() == [])

        // A list that names a page in use is damage.
        let stale = try numbered(pageSize: 1024, commits: 3)
        var other = try stale.version().meta
        let root = other.root
        var list = ByteBuffer(capacity: 1024)
        list.append(littleEndian: other.highWater)
        list.append(littleEndian: UInt16(0x10))
        list.append(littleEndian: UInt16(1))
        list.append(littleEndian: UInt32(0))
        list.append(littleEndian: root)
        list.append(zeros: 1024 - list.count)
        stale.image.write(list.view, at: Int(other.highWater) * 1024)
        other.freeList = other.highWater
        other.highWater += 1
        other.transaction += 1
        stale.length = max(stale.length, Int(other.highWater) * 1024)
        let page1 = other.encoded(asPage: other.page)
        stale.image.write(page1.view, at: Int(other.page) * 1024)
        #expect(throws: BoltError(.freePageInUse, page: root)) { _ = try stale.open() }
    }

    @Test("refusals leave the file and the transaction as they were")
    func refusals() throws {
        let disk = MemoryFile(pageSize: 1024, reserve: 256 << 10)
        var file = try disk.open()
        let bucket = try file.createBucket(name.view)
        let none = ByteSlice()
        let long = ByteSlice([UInt8](repeating: 1, count: 32769))
        #expect(throws: BoltError(.keySize)) { try file.put(none.view, key.view, in: bucket) }
        #expect(throws: BoltError(.keySize)) { try file.put(long.view, key.view, in: bucket) }
        #expect(throws: BoltError(.elementIsBucket)) { try file.put(name.view, key.view, in: .root) }
        #expect(throws: BoltError(.elementIsBucket)) { try file.delete(name.view, in: .root) }
        try file.put(key.view, key.view, in: .root)
        #expect(throws: BoltError(.elementIsNotBucket)) { _ = try file.createBucket(key.view) }
        let large = ByteSlice([UInt8](repeating: 2, count: 300 << 10))
        #expect(throws: BoltError(.fileFull)) { try file.put(key.view, large.view, in: bucket) }
        try file.deleteBucket(name.view)
        #expect(throws: BoltError.self) { try file.put(key.view, key.view, in: bucket) }
        withExtendedLifetime(disk) {}
    }

    @Test("random damage: an error or data, never a trap, never a walk without an end")
    func random() throws {
        var outcomes = (errors: 0, whole: 0)
        try Seeds.each(300) { seed in
            var dice = Dice(seed: seed)
            let disk = try workedFile(&dice)
            // The metas stay right: with them broken nothing behind them would be reached.
            let pageSize = try disk.version().meta.pageSize
            let bytes = try disk.version().byteCount
            for _ in 0...dice.roll(6) {
                let offset = 2 * pageSize + dice.roll(bytes - 2 * pageSize - 8)
                switch dice.roll(4) {
                case 0: disk.image.write(disk.mapping[offset] ^ 1 << UInt8(dice.roll(8)), at: offset)
                case 1: disk.image.write(littleEndian: UInt32(truncatingIfNeeded: dice.next()), at: offset & ~3)
                case 2: disk.image.write(littleEndian: UInt64(dice.roll(bytes / pageSize)), at: offset & ~7)
                default:
                    let from = 2 * pageSize + dice.roll(bytes / pageSize - 2) * pageSize
                    disk.image.write(disk.mapping[from..<(from + pageSize)], at: offset / pageSize * pageSize)
                }
            }
            if visit(disk, &dice) { outcomes.whole += 1 } else { outcomes.errors += 1 }
        }
        print("damaged files: \(outcomes.errors) refused somewhere, \(outcomes.whole) harmless")
    }

    private func workedFile(_ dice: inout Dice) throws -> MemoryFile {
        let disk = MemoryFile(pageSize: dice.pick([1024, 4096]), reserve: 4 << 20)
        var file = try disk.open()
        let bucket = try file.createBucket(name.view)
        for _ in 0..<3 {
            for _ in 0..<120 {
                let key = ByteSlice(utf8: "key \(dice.roll(300))")
                let value = ByteSlice([UInt8](repeating: 5, count: dice.roll(dice.happens(perMille: 20) ? 6000 : 120)))
                try file.put(key.view, value.view, in: bucket)
            }
            try file.commit(to: disk)
        }
        return disk
    }

    /// Everything that one can do to a file. True when no error came.
    private func visit(_ disk: MemoryFile, _ dice: inout Dice) -> Bool {
        defer { withExtendedLifetime(disk) {} }
        do {
            let version = try disk.version()
            let problems = version.check()
            _ = version.pagesReport()
            for page in 2..<min(version.meta.highWater, 12) { _ = version.pageReport(page) }
            if let tree = try version.root.bucket(name.view) {
                var cursor = tree.cursor()
                var found = try cursor.first()
                while found { found = try cursor.next() }
                found = try cursor.last()
                while found { found = try cursor.previous() }
            }
            var file = try disk.open()
            guard let bucket = try file.open(name) else { return false }
            for _ in 0..<60 {
                let key = ByteSlice(utf8: "key \(dice.roll(300))")
                let value = ByteSlice([UInt8](repeating: 6, count: dice.roll(400)))
                if dice.happens(perMille: 400) {
                    try file.delete(key.view, in: bucket)
                } else {
                    try file.put(key.view, value.view, in: bucket)
                }
            }
            try file.commit(to: disk)
            return problems.isEmpty
        } catch {
            return false
        }
    }
}

extension BoltFile {
    fileprivate mutating func open(_ name: ByteSlice) throws -> BucketHandle? { try openBucket(name.view) }

    /// Whether the page is free, judged from the outside.
    fileprivate func describesFree(_ page: UInt64, in disk: MemoryFile) -> Bool {
        guard let lines = try? disk.version().pagesReport() else { return false }
        return lines.contains { $0.hasPrefix("\(page) ") && $0.contains(" free ") }
    }
}
