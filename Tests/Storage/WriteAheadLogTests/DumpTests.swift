// DumpTests.swift: the log as people see it, to the letter.

import Bytes
import Disk
import RaftMessages
import Simulation
import Testing
import WriteAheadLog

@Suite("Dump")
struct DumpTests {
    private func dump(on disk: SimulatedDisk) throws -> String {
        var lines: [String] = []
        try LogDump.write(
            Workshop.directory, on: disk,
            summary: { entry in
                entry.data.isEmpty ? "empty" : "\(entry.type) \(entry.data)"
            }, line: { lines.append($0) })
        return lines.joined(separator: "\n")
    }

    @Test("one line a record, and why it ends")
    func whole() throws {
        let disk = try Workshop.disk()
        var log = try Workshop.create(on: disk, segmentBytes: 4096)
        try log.append(
            Workshop.batch(
                [Workshop.entry(1, data: ""), Workshop.entry(2)], state: Workshop.state(term: 3, vote: 0xAB, commit: 1))
        )
        try log.append(Workshop.batch(snapshot: Workshop.snapshot(2, term: 1)))
        try log.sync()
        #expect(
            try dump(on: disk) == """
                0000000000000000-0000000000000000.wal
                @0        crc                             len=4       pad=4 crc=00000000
                @16       metadata                        len=31      pad=1 crc=d70a24ab  6d656d6265722031206f6620636c75737465722032
                @56       snapshot term=0 index=0         len=14      pad=2 crc=52d7c7d3
                @80       entry    term=1 index=1         len=16      pad=0 crc=cd4060f2  empty
                @104      entry    term=1 index=2         len=25      pad=7 crc=6edabf24  normal "payload"
                @144      state    term=3 vote=ab commit=1 len=17      pad=7 crc=a0872ab3
                @176      snapshot term=1 index=2         len=20      pad=4 crc=86198f86  voters=1
                end of records: byte 208 of 4096 (end-of-records)
                """)
    }

    @Test("a log that would be refused is shown up to there, with the reason")
    func damaged() throws {
        let disk = try Workshop.disk()
        var log = try Workshop.create(on: disk, segmentBytes: 4096)
        try log.append(Workshop.batch((1...3).map { Workshop.entry($0) }))
        try log.sync()
        let name = log.position.segment.description
        var bytes = try Workshop.bytes(of: name, on: disk)
        bytes[log.position.offset - 10] ^= 4
        try Workshop.replace(name, with: bytes, on: disk)
        let lines = try dump(on: disk).split(separator: "\n")
        #expect(lines.count == 7)
        #expect(lines[6].hasPrefix("a start would refuse this: \(name), byte 160: the checksum of the entry record is"))
        #expect(lines[6].contains("(changed-bytes)") && lines[6].contains("Do not truncate"))
    }
}
