// SnapshotFileTests.swift: snapshot files of real members, and which one is chosen.

import Bytes
import Disk
import Identifiers
import RaftMessages
import Simulation
import Testing
import WriteAheadLog

@Suite("Snapshot files")
struct SnapshotFileTests {
    private let directory = "/member"

    @Test("a real one is read, and written again is the same file", arguments: ["single", "single-3.4", "single-3.6"])
    func golden(folder: String) throws {
        let row = try #require(try Golden.table("\(folder)/snap.txt").first)
        let bytes = try Golden.bytes("\(folder)/\(row[0])")
        let snapshot = try SnapshotFiles.decode(bytes, named: row[0])
        #expect(snapshot.metadata.index.description == row[2] && snapshot.metadata.term.description == row[3])
        #expect(snapshot.metadata.confState.voters.map(\.description).joined(separator: ",") == row[4])
        #expect(snapshot.metadata.confState.learners.isEmpty == (row[5] == "-"))
        #expect(snapshot.data.lossyText.hasPrefix("{\"Root\":{\"Path\":\"/\""))
        #expect(SnapshotFiles.encode(snapshot) == bytes)
        #expect(SnapshotFiles.position(named: row[0]) == Workshop.position(484, 2))
        #expect(SnapshotFiles.name(of: Workshop.position(484, 2)) == row[0])
    }

    private func snapshot(_ index: UInt64, term: UInt64) -> Snapshot {
        var snapshot = Snapshot()
        snapshot.data = "{\"Root\":{}}"
        snapshot.metadata.index = LogIndex(rawValue: index)
        snapshot.metadata.term = Term(rawValue: term)
        snapshot.metadata.confState.voters = [1, 2, 3]
        return snapshot
    }

    @Test("the newest that the log speaks of is chosen; orphans are passed over")
    func newest() throws {
        let disk = try Workshop.disk()
        for (index, term) in [(5, 1), (9, 1), (7, 2), (30, 2)] as [(UInt64, UInt64)] {
            try SnapshotFiles.write(snapshot(index, term: term), in: directory, on: disk)
        }
        #expect(try SnapshotFiles.list(in: directory, on: disk).map(\.description) == ["30@2", "7@2", "9@1", "5@1"])
        func chosen(_ recorded: [LogPosition]) throws -> LogIndex? {
            try SnapshotFiles.newest(among: recorded, in: directory, on: disk)?.metadata.index
        }
        #expect(try chosen([]) == nil)
        #expect(try chosen([LogPosition(), Workshop.position(5, 1), Workshop.position(9, 1)]) == 9)
        #expect(try chosen([Workshop.position(5, 1), Workshop.position(7, 2)]) == 7)
        // The record of another term speaks of another snapshot.
        #expect(try chosen([Workshop.position(30, 1)]) == nil)
        #expect(
            try disk.status(of: "/member/" + SnapshotFiles.name(of: Workshop.position(5, 1)))?.permissions == .shared)
    }

    @Test("a damaged one is set aside, and the one before it is taken")
    func damaged() throws {
        let disk = try Workshop.disk()
        try SnapshotFiles.write(snapshot(5, term: 1), in: directory, on: disk)
        try SnapshotFiles.write(snapshot(9, term: 1), in: directory, on: disk)
        let name = SnapshotFiles.name(of: Workshop.position(9, 1))
        let whole = try disk.contents(of: "/member/\(name)", limit: 1 << 20).array
        var flipped = whole
        flipped[20] ^= 1
        let renamed = SnapshotFiles.encode(snapshot(8, term: 1)).array
        for (bytes, word) in [
            ([], "never written"), (Array(whole.prefix(4)), "no snapshot"), (flipped, "damaged"),
            (renamed, "renamed"), ([0x08, 0x00, 0x12, 0x00], "never written"), ([0x18, 0x01], "no snapshot"),
        ] {
            let file = try disk.open("/member/\(name)", .replacing)
            try file.write(bytes, at: 0)
            var reasons: [String] = []
            let found = try SnapshotFiles.newest(
                among: [Workshop.position(5, 1), Workshop.position(9, 1)], in: directory, on: disk
            ) { reasons.append("\($0)") }
            #expect(found?.metadata.index == 5)
            #expect(reasons.count == 1 && reasons[0].contains(word) && reasons[0].contains(name), "\(reasons)")
            #expect(try disk.list(directory).contains(name + ".broken"))
            try disk.remove("/member/\(name).broken")
        }
    }

    @Test("any change of any byte is noticed")
    func flips() throws {
        let whole = SnapshotFiles.encode(snapshot(9, term: 1)).array
        let good = try SnapshotFiles.decode(ByteSlice(whole), named: "x")
        for index in whole.indices {
            for bit in 0..<8 {
                var bytes = whole
                bytes[index] ^= 1 << bit
                let read = try? SnapshotFiles.decode(ByteSlice(bytes), named: "x")
                #expect(read == nil || read == good, "byte \(index), bit \(bit)")
            }
        }
    }
}
