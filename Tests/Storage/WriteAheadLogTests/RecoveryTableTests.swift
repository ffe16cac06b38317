// RecoveryTableTests.swift: each row of the recovery table, made of bytes.

import Bytes
import Disk
import Identifiers
import RaftMessages
import Simulation
import Testing
import WriteAheadLog

@Suite("The recovery table")
struct RecoveryTableTests {
    @Test("every finding in every place has exactly one row, and no row is without a case")
    func total() {
        var used: Set<String> = []
        for finding in Finding.allCases {
            for place in Place.allCases {
                let rows = Recovery.table.filter { $0.findings.contains(finding) && $0.places.contains(place) }
                #expect(rows.count == 1, "\(finding) in the \(place)")
                used.formUnion(rows.map(\.name))
            }
        }
        #expect(used == Set(Recovery.table.map(\.name)))
        #expect(Set(Recovery.table.map(\.name)).count == Recovery.table.count)
        // T2: only the newest file is ever repaired. Who is refused is told what to do.
        #expect(Recovery.table.allSatisfy { $0.verdict != .repair || $0.places == [.newestFile] })
        #expect(Recovery.table.allSatisfy { $0.verdict != .refuse || !$0.remedy.isEmpty })
    }

    /// What is done to the bytes of a file; `last` is where its last record begins, `end` where it ends.
    enum Damage: String, CaseIterable {
        case none, cutBehindLast, cutInWord, cutInRecord, missingSector, flippedBit, absurdLength, longLengthIntoZeros
        case unknownType, brokenChain, garbageBehindEnd, lengthWordLost

        func apply(to bytes: inout [UInt8], last: Int, end: Int) {
            switch self {
            case .none: break
            case .cutBehindLast: bytes.removeSubrange(end...)
            case .cutInWord: bytes.removeSubrange((last + 5)...)
            case .cutInRecord: bytes.removeSubrange((last + 40)...)
            case .missingSector:
                // The first whole sector inside the last record, which is longer than two.
                let start = (last + 8 + 511) / 512 * 512
                for index in start..<(start + 512) { bytes[index] = 0 }
            case .flippedBit: bytes[last + 600] ^= 0x10
            case .absurdLength: bytes.replaceSubrange((last + 4)..<(last + 7), with: [0xFF, 0xFF, 0xFF])
            case .longLengthIntoZeros:
                // 11 MB, in a file that is longer than that: it ends in zeros, and is yet no torn write.
                bytes += [UInt8](repeating: 0, count: 12 << 20)
                bytes.replaceSubrange(last..<(last + 8), with: [0, 0, 0xB0, 0, 0, 0, 0, 0])
            case .unknownType: rewriteLast(&bytes, last: last, type: 9)
            case .brokenChain: bytes[11] ^= 1
            case .garbageBehindEnd:
                for index in (end + 8)..<(end + 80) { bytes[index] = UInt8(index & 255) | 1 }
            case .lengthWordLost: for index in last..<(last + 8) { bytes[index] = 0 }
            }
        }

        /// The last record with another type; the checksum covers the data only, so it stays right.
        private func rewriteLast(_ bytes: inout [UInt8], last: Int, type: UInt8) {
            precondition(bytes[last + 8] == 0x08, "a record begins with its type")
            bytes[last + 9] = type
        }
    }

    /// For each damage: the row where it is in the newest file, and in an earlier one.
    static let cases: [(damage: Damage, newest: String, earlier: String)] = [
        (.none, "end-of-records", "end-of-file"),
        (.cutBehindLast, "end-of-file", "end-of-file"),
        (.cutInWord, "cut-length", "hole-in-earlier-file"),
        (.cutInRecord, "cut-record", "hole-in-earlier-file"),
        (.missingSector, "torn-record", "hole-in-earlier-file"),
        (.flippedBit, "changed-bytes", "changed-bytes"),
        (.absurdLength, "absurd-length", "absurd-length"),
        (.longLengthIntoZeros, "absurd-length", "absurd-length"),
        (.unknownType, "unknown-type", "unknown-type"),
        (.brokenChain, "broken-chain", "broken-chain"),
        (.garbageBehindEnd, "end-of-records", "end-of-records"),
        (.lengthWordLost, "end-of-records", "end-of-records"),
    ]

    @Test("the newest file", arguments: cases)
    func newest(damage: Damage, row name: String, earlier: String) throws {
        let disk = try Workshop.disk()
        // Two files, so that the newest has a chain to continue.
        try twoFiles(on: disk)
        let file = "0000000000000001-0000000000000015.wal"
        var bytes = try Workshop.bytes(of: file, on: disk)
        let (last, end, records) = try places(in: file, on: disk)
        damage.apply(to: &bytes, last: last, end: end)
        try Workshop.replace(file, with: bytes, on: disk)

        let row = try #require(Recovery.table.first { $0.name == name })
        if row.verdict == .refuse {
            let error = #expect(throws: LogError.self) { _ = try Workshop.open(on: disk) }
            guard case .damaged(let found, let place)? = error else { return #expect(Bool(false), "\(error!)") }
            #expect(found.name == name)
            #expect(place.file == file)
            #expect(place.offset == (damage == .brokenChain ? 0 : last))
            // A refusal says what it means and what to do, and has touched nothing.
            #expect("\(error!)".contains(row.meaning) && "\(error!)".contains(row.remedy))
            #expect(try Workshop.bytes(of: file, on: disk) == bytes)
            return
        }
        let kept = [.none, .cutBehindLast, .garbageBehindEnd].contains(damage)
        let opened = try Workshop.open(on: disk)
        #expect(opened.contents.end.row.name == name)
        #expect(opened.contents.end.offset == (kept ? end : last))
        #expect(opened.contents.end.records == records - (kept ? 0 : 1))
        let names = try disk.list(Workshop.directory)
        #expect(names.contains(file + ".broken") == (row.verdict == .repair))
        if row.verdict == .repair {
            #expect(try Workshop.bytes(of: file + ".broken", on: disk) == bytes, "T3: the copy is whole")
        }
        try goesOn(consume(opened), on: disk)
    }

    @Test("an earlier file", arguments: cases)
    func earlier(damage: Damage, newest: String, row name: String) throws {
        let disk = try Workshop.disk()
        try twoFiles(on: disk)
        let file = "0000000000000000-0000000000000000.wal"
        var bytes = try Workshop.bytes(of: file, on: disk)
        let (last, end, _) = try places(in: file, on: disk)
        bytes += [UInt8](repeating: 0, count: 512)
        if damage == .none { bytes.removeLast(512) }
        damage.apply(to: &bytes, last: last, end: end)
        try Workshop.replace(file, with: bytes, on: disk)
        let row = try #require(Recovery.table.first { $0.name == name })
        let result = Result { try Workshop.open(on: disk).contents }
        switch (damage, result) {
        case (.none, .success(let contents)), (.cutBehindLast, .success(let contents)),
            (.garbageBehindEnd, .success(let contents)):
            #expect(contents.entries.count == 22)
        case (.brokenChain, .failure(LogError.damaged(let found, let place))):
            // Reading begins here, so this head is taken as given; the record behind it does not fit.
            #expect(found.name == "changed-bytes" && place.offset == 16)
        case (.lengthWordLost, .failure(let error as LogError)):
            // The record is gone without a trace in this file: the next one's head gives it away.
            guard case .damaged(let found, _) = error else { return #expect(Bool(false), "\(error)") }
            #expect(found.name == "broken-chain")
        case (_, .failure(LogError.damaged(let found, let place))):
            #expect(row.verdict == .refuse && found.name == name && place.file == file && place.offset == last)
            #expect(try Workshop.bytes(of: file, on: disk) == bytes)
        default: #expect(Bool(false), "\(damage): \(result)")
        }
    }

    /// Twenty entries in the first file, then a cut, then two more. The last of each file is 2,000 bytes long.
    private func twoFiles(on disk: SimulatedDisk) throws {
        var log = try Workshop.create(on: disk, segmentBytes: 8192)
        let long = ByteSlice([UInt8](repeating: 0xAB, count: 2000))
        try log.append(
            Workshop.batch((1...19).map { Workshop.entry($0, data: ByteSlice([UInt8](repeating: 7, count: 330))) }))
        try log.append(Workshop.batch([Workshop.entry(20, data: long)]))
        try log.sync()
        try log.append(Workshop.batch([Workshop.entry(21)], state: Workshop.state(term: 1, vote: 1, commit: 20)))
        try log.append(Workshop.batch([Workshop.entry(22, data: long)]))
        try log.sync()
        #expect(log.position.segment.description == "0000000000000001-0000000000000015.wal")
    }

    /// Where the last record begins and ends, and how many records the whole log has.
    private func places(in name: String, on disk: SimulatedDisk) throws -> (last: Int, end: Int, records: Int) {
        var last = 0
        var end = 0
        let all = try SegmentName.list(in: Workshop.directory, on: disk)
        let total = try LogReader.walk(all, in: Workshop.directory, on: disk) { (segment, record) throws(LogError) in
            if segment.description == name { (last, end) = (record.offset, record.end) }
        }
        return (last, end, total.records)
    }

    /// A log that was opened takes more, and a second reader finds exactly that.
    private func goesOn(_ log: consuming WriteAheadLog<SimulatedDisk>, on disk: SimulatedDisk) throws {
        let before = log.appended
        try log.append(Workshop.batch([Workshop.entry(before.index.rawValue + 1, term: 2)]))
        try log.sync()
        let contents = try LogReader.read(Workshop.directory, on: disk)
        #expect(contents.last == Workshop.position(before.index.rawValue + 1, 2))
        #expect(contents.end.row.name == "end-of-records")
    }

    private func consume(_ opened: consuming WriteAheadLog<SimulatedDisk>.Opened) -> WriteAheadLog<SimulatedDisk> {
        opened.takeLog()
    }
}
