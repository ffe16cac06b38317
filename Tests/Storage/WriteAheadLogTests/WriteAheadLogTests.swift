// WriteAheadLogTests.swift: appending, syncing, cutting, releasing, and what happens when the disk refuses.

import Bytes
import Disk
import Identifiers
import Protobuf
import RaftMessages
import Simulation
import Testing
import WriteAheadLog

@Suite("The write-ahead log")
struct WriteAheadLogTests {
    @Test("a new log begins as etcd's do")
    func created() throws {
        let disk = try Workshop.disk()
        let log = try Workshop.create(on: disk, segmentBytes: 64_000_000)
        let name = "0000000000000000-0000000000000000.wal"
        #expect(try disk.list(Workshop.directory) == [name])
        #expect(try disk.list("/member") == ["wal"])
        #expect(try disk.status(of: joinPath(Workshop.directory, name))?.size == 64_000_000)
        #expect(try disk.status(of: joinPath(Workshop.directory, name))?.permissions == .private)
        #expect(try disk.status(of: Workshop.directory)?.permissions == .privateDirectory)
        #expect(log.position.offset == 16 + 40 + 24)
        let waiting = log.needsSync
        #expect(!waiting)
    }

    @Test("a half-made log of an earlier start is swept away")
    func halfMade() throws {
        let disk = try Workshop.disk()
        try disk.createDirectory("/member/wal.tmp", permissions: .privateDirectory)
        _ = try disk.open("/member/wal.tmp/0000000000000000-0000000000000000.wal", .creatingNew)
        _ = try Workshop.create(on: disk)
        #expect(try disk.list("/member") == ["wal"])
    }

    @Test("what must be synced, and what need not")
    func needsSync() throws {
        let disk = try Workshop.disk()
        var log = try Workshop.create(on: disk)
        func append(_ batch: consuming LogBatch) throws -> Bool {
            try log.append(batch)
            defer { _ = try? log.sync() }
            return log.needsSync
        }
        #expect(try append(Workshop.batch()) == false)
        #expect(try append(Workshop.batch([Workshop.entry(1)])))
        #expect(try append(Workshop.batch(state: Workshop.state(term: 1))))
        #expect(try append(Workshop.batch(state: Workshop.state(term: 1, vote: 2))))
        #expect(try append(Workshop.batch(state: Workshop.state(term: 1, vote: 2, commit: 1))) == false)
        #expect(try append(Workshop.batch(snapshot: Workshop.snapshot(1, term: 1))))
    }

    @Test("durable follows appended only at a sync, and goes back when entries are replaced")
    func durable() throws {
        let disk = try Workshop.disk()
        var log = try Workshop.create(on: disk)
        try log.append(Workshop.batch((1...9).map { Workshop.entry($0) }))
        #expect(log.appended == Workshop.position(9, 1) && log.durable == LogPosition())
        #expect(try log.sync() == Workshop.position(9, 1))
        try log.append(Workshop.batch([Workshop.entry(4, term: 2)]))
        #expect(log.durable == Workshop.position(9, 1))
        #expect(try log.sync() == Workshop.position(4, 2))
    }

    @Test("a full file is cut: lengths, names, head, and no zeros behind the old one")
    func cut() throws {
        let disk = try Workshop.disk()
        var log = try Workshop.create(on: disk, segmentBytes: 8192)
        let data = ByteSlice([UInt8](repeating: 3, count: 3000))
        for index in 1...7 {
            try log.append(
                Workshop.batch(
                    [Workshop.entry(UInt64(index), data: data)],
                    state: Workshop.state(term: 1, vote: 1, commit: UInt64(index - 1))))
            if index == 2 { log.prepareNextSegment() }
            try log.sync()
        }
        let names = try SegmentName.list(in: Workshop.directory, on: disk)
        #expect(
            names.map(\.description) == [
                "0000000000000000-0000000000000000.wal", "0000000000000001-0000000000000004.wal",
                "0000000000000002-0000000000000007.wal",
            ])
        #expect(log.heldSegments == names)
        for name in names.dropLast() {
            let end = try LogReader.walk([name], in: Workshop.directory, on: disk) { (_, _) throws(LogError) in }
            #expect(end.row.name == "end-of-file" && end.offset >= 8192)
        }
        var kinds: [RecordKind] = []
        _ = try LogReader.walk([names[1]], in: Workshop.directory, on: disk) { (_, record) throws(LogError) in
            kinds.append(record.type)
        }
        #expect(kinds.prefix(4) == [.checksum, .metadata, .state, .entry])
        let contents = try LogReader.read(Workshop.directory, on: disk)
        #expect(contents.entries.count == 7 && contents.entries.allSatisfy { $0.data == data })
        // Reading from a later file needs none of the earlier ones.
        try log.append(Workshop.batch(snapshot: Workshop.snapshot(6, term: 1)))
        try log.sync()
        log.release(upTo: 6)
        #expect(log.heldSegments == Array(names.dropFirst()))
        try disk.remove(joinPath(Workshop.directory, names[0].description))
        #expect(
            try LogReader.read(Workshop.directory, on: disk, from: Workshop.position(6, 1)).entries.map(\.index) == [7])
    }

    @Test("every write is whole pages, and changes zeros only")
    func wholePages() throws {
        let disk = RecordingDisk(try Workshop.disk())
        var log = try WriteAheadLog.create(
            Workshop.directory, on: disk, metadata: Workshop.metadata, segmentBytes: 16 << 10)
        var dice = Dice(seed: 11)
        var index: UInt64 = 0
        for _ in 0..<120 {
            let entries = (0..<dice.roll(1...4)).map { _ -> Entry in
                index += 1
                return Workshop.entry(
                    index, data: ByteSlice([UInt8](repeating: UInt8(dice.roll(1...255)), count: dice.roll(0...3000))))
            }
            let before = disk.journal.writes
            try log.append(Workshop.batch(entries))
            #expect(disk.journal.writes == before + 1, "one append, one write")
            if dice.happens(perMille: 333) { try log.sync() }
        }
        #expect(disk.journal.writes > 120 && disk.journal.unaligned == 0)
        #expect(disk.journal.overwritten == 0, "bytes that were written changed")
    }

    @Test("one log, one owner")
    func locked() throws {
        let disk = try Workshop.disk()
        do {
            let log = try Workshop.create(on: disk)
            let error = #expect(throws: LogError.self) { _ = try Workshop.open(on: disk) }
            guard case .inUse? = error else { return #expect(Bool(false), "\(error!)") }
            #expect("\(error!)".contains("another process"))
            _ = log.position
        }
        _ = try Workshop.open(on: disk)
    }

    @Test("what lies behind the last record is wiped before anything is appended")
    func wiped() throws {
        let disk = try Workshop.disk()
        let name = "0000000000000000-0000000000000000.wal"
        do {
            var log = try Workshop.create(on: disk)
            try log.append(Workshop.batch((1...3).map { Workshop.entry($0) }))
            try log.sync()
            // A later sector of a write whose first sector was lost.
            let file = try disk.open(joinPath(Workshop.directory, name), .writing)
            try file.write([UInt8](repeating: 0xEE, count: 300), at: 2048)
        }
        let opened = try Workshop.open(on: disk)
        let end = opened.contents.end.offset
        let bytes = try Workshop.bytes(of: name, on: disk)
        #expect(bytes.count == 16 << 10 && bytes[end...].allSatisfy { $0 == 0 })
    }

    @Test("after an error of the disk nothing is written any more")
    func failing() throws {
        for call in [FailingDisk.Call.write, .sync, .truncate, .rename, .syncDirectory] {
            let inner = try Workshop.disk()
            let disk = FailingDisk(inner)
            var log = try WriteAheadLog.create(
                Workshop.directory, on: disk, metadata: Workshop.metadata, segmentBytes: 4096)
            disk.plan.failing = call
            let data = ByteSlice([UInt8](repeating: 3, count: 5000))
            #expect(throws: LogError.self) {
                try log.append(Workshop.batch([Workshop.entry(1, data: data)]))
                try log.sync()
            }
            #expect(log.durable == LogPosition())
            disk.plan.failing = nil
            let writes = disk.plan.calls
            for attempt in 0..<3 {
                let error = #expect(throws: LogError.self) {
                    if attempt == 0 { try log.sync() } else { try log.append(Workshop.batch([Workshop.entry(2)])) }
                }
                guard case .stopped? = error else { return #expect(Bool(false), "\(call): \(error!)") }
            }
            #expect(disk.plan.calls == writes, "\(call): the disk was touched again")
        }
    }

    /// Found by the fuzzer: a writer that did not pad, whose file ends in the middle of eight bytes.
    @Test("a log whose records are not aligned is read, and gone on with")
    func unaligned() throws {
        let disk = try Workshop.disk()
        do { _ = try Workshop.create(on: disk).position }
        let name = "0000000000000000-0000000000000000.wal"
        let checksum = try LogReader.read(Workshop.directory, on: disk).end.checksum
        let data = Workshop.entry(1).encoded()
        let sum = CRC32C.checksum(data.view, continuing: checksum)
        var record = ByteBuffer()
        record.append([0x08, 0x02, 0x10])
        record.append(varint: UInt64(sum))
        record.append(0x1A)
        record.append(varint: UInt64(data.count))
        record.append(data)
        var bytes = Array(try Workshop.bytes(of: name, on: disk).prefix(80))
        var frame = ByteBuffer()
        frame.append(littleEndian: UInt64(record.count))
        bytes += frame.view.array + record.view.array
        #expect(!bytes.count.isMultiple(of: 8))
        try Workshop.replace(name, with: bytes, on: disk)
        var log = try Workshop.open(on: disk).takeLog()
        try log.append(Workshop.batch([Workshop.entry(2)]))
        try log.sync()
        #expect(try LogReader.read(Workshop.directory, on: disk).entries == [Workshop.entry(1), Workshop.entry(2)])
    }

    @Test("no room for the next file is no reason to stop while this one has room")
    func noRoom() throws {
        let disk = try Workshop.disk()
        var log = try Workshop.create(on: disk, segmentBytes: 8192)
        disk.fail(DiskFault(.preallocate, kind: .noSpace))
        log.prepareNextSegment()
        #expect(try disk.list(Workshop.directory) == ["0000000000000000-0000000000000000.wal"])
        try log.append(Workshop.batch([Workshop.entry(1)]))
        try log.sync()
        // It is not tried again before it is needed; then it works, because room was made.
        log.prepareNextSegment()
        #expect(try disk.list(Workshop.directory).count == 1)
        try log.append(Workshop.batch([Workshop.entry(2, data: ByteSlice([UInt8](repeating: 1, count: 9000)))]))
        try log.sync()
        #expect(try disk.list(Workshop.directory).count == 2)
        // And when there is none at the cut, the log says so and stops.
        try log.append(Workshop.batch([Workshop.entry(3, data: ByteSlice([UInt8](repeating: 1, count: 9000)))]))
        disk.fail(DiskFault(.preallocate, kind: .noSpace))
        let error = #expect(throws: LogError.self) { try log.sync() }
        #expect("\(error!)".contains("no space is left"))
    }

    @Test("the rules about change stop the process")
    func rules() async {
        await #expect(processExitsWith: .failure) {
            Invariants.check(from: Workshop.state(term: 5), to: Workshop.state(term: 4))
        }
        await #expect(processExitsWith: .failure) {
            Invariants.check(from: Workshop.state(term: 5, vote: 1), to: Workshop.state(term: 5, vote: 2))
        }
        await #expect(processExitsWith: .failure) {
            Invariants.check(from: Workshop.state(term: 5, commit: 7), to: Workshop.state(term: 6, commit: 6))
        }
        Invariants.check(from: Workshop.state(term: 5, vote: 1), to: Workshop.state(term: 6, vote: 2))
    }
}
