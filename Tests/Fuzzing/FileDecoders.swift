// FileDecoders.swift: what lies on disks.
//
// A disk gives back what was written, or what a crash left of it, or what a bit that flipped made of it.
// Behind a checksum nothing is reached by chance, so each format is tried twice: as it is, and with right
// checksums around whatever the fuzzer made up.
//
//     log-record       the bytes of one record          log-frames        a whole log of made-up records
//     log-segment      a file that says it is a log
//     snapshot-file    a file                           snapshot-content  its content, with a right sum
//     bolt-file        a file                           bolt-pages        its pages, under right metas

import BoltFile
import Bytes
import Disk
import Identifiers
import RaftMessages
import Simulation
import WriteAheadLog

extension Decoder {
    /// The rows.
    static var files: [Decoder] {
        [
            Decoder("log-record", logRecord),
            Decoder("log-segment", logSegment),
            Decoder("log-frames", logFrames),
            Decoder("snapshot-file") { snapshotFile(ByteSlice(copying: $0)) },
            Decoder("snapshot-content", snapshotContent),
            Decoder("bolt-file") { boltFile(ByteSlice(copying: $0)) },
            Decoder("bolt-pages", boltPages),
        ]
    }

    // MARK: The log

    /// The bytes of one record of the log, between its length and its padding.
    private static func logRecord(_ input: ByteView) {
        guard let fields = RecordFields(input) else { return }
        if let data = fields.data { precondition(data.count <= input.count, "more data than bytes") }
    }

    /// A directory with one file of the log.
    private static func logSegment(_ input: ByteView) {
        let disk = SimulatedDisk(dice: Dice(seed: 1))
        do {
            try disk.createDirectory("wal", permissions: .privateDirectory)
            let name = SegmentName(sequence: 0, firstIndex: .zero).description
            try disk.open("wal/" + name, .creatingNew).write(input, at: 0)
        } catch {
            preconditionFailure("the simulated disk refuses a file: \(error)")
        }
        for snapshot in ((try? LogReader.survey("wal", on: disk)) ?? []).suffix(3) {
            _ = try? LogReader.read("wal", on: disk, from: snapshot)
        }
        guard let contents = try? LogReader.read("wal", on: disk) else { return }
        var previous = LogIndex.zero
        for entry in contents.entries {
            precondition(entry.index > previous, "the entries of a log go up")
            previous = entry.index
        }
        goOn(with: disk, contents)
    }

    /// A log that can be read can be opened, takes another entry, and gives all of it back.
    private static func goOn(with disk: SimulatedDisk, _ contents: LogContents) {
        let next = Entry(term: contents.last.term, index: contents.last.index.next, data: "one more")
        do {
            var log = try WriteAheadLog.open("wal", on: disk, segmentBytes: 1 << 18).takeLog()
            var batch = LogBatch()
            batch.add(next)
            try log.append(batch)
            try log.sync()
            let after = try LogReader.read("wal", on: disk)
            precondition(after.entries == contents.entries + [next] && after.state == contents.state, "the log changed")
        } catch {
            preconditionFailure("a log that can be read cannot be gone on with: \(error)")
        }
    }

    /// A log whose frames and sums are right: kind, length and data of each record come from the input.
    private static func logFrames(_ input: ByteView) {
        var file = ByteBuffer()
        var checksum: UInt32 = 0
        var cursor = ByteCursor(input)
        while let head = try? cursor.readByte(), let length = try? cursor.readByte() {
            let kind = RecordKind.allCases[Int(head) % RecordKind.allCases.count]
            guard let data = try? cursor.take(min(Int(length), cursor.remaining)) else { break }
            file.appendFrame(kind, data.isEmpty ? nil : data, continuing: &checksum)
        }
        logSegment(file.view)
    }

    // MARK: Snapshot files

    /// A file that says it is a snapshot; one that is gives the same snapshot when written again.
    private static func snapshotFile(_ file: ByteSlice) {
        guard let snapshot = try? SnapshotFiles.decode(file, named: "fuzzed") else { return }
        let again = SnapshotFiles.encode(snapshot)
        precondition((try? SnapshotFiles.decode(again, named: "again")) == snapshot, "a snapshot changed")
    }

    /// A file whose checksum is right, whatever it holds.
    private static func snapshotContent(_ input: ByteView) {
        var file = ByteBuffer()
        file.append(0x08)
        file.append(varint: UInt64(CRC32C.checksum(input)))
        file.append(0x12)
        file.append(varint: UInt64(input.count))
        file.append(input)
        snapshotFile(file.slice())
    }

    // MARK: The B+tree file

    /// A file that says it is one of bbolt: it is looked at in every way, and then written to.
    private static func boltFile(_ file: ByteSlice) {
        if let version = try? FrozenVersion(mapping: file.view, fileLength: file.count) {
            let problems = version.check()
            precondition(problems.count <= 101, "the check keeps to its limit")
            walk(version.root, within: file.count, depth: 0)
            _ = version.pagesReport()
            for page in 0..<min(version.meta.highWater, 20) { _ = version.pageReport(page, withBytes: true) }
        }
        guard var writer = try? BoltFile(mapping: file.view, fileLength: file.count) else { return }
        let (key, value): (ByteSlice, ByteSlice) = ("key", "value")
        do {
            let bucket = try writer.createBucket(key.view, in: .root)
            try writer.put(key.view, value.view, in: bucket)
            let found = try writer.get(key.view, in: bucket)
            precondition(found == value.view, "what was put is there")
            _ = try writer.delete(key.view, in: bucket)
            _ = try writer.freeze()
        } catch {
            // Damage that only shows below the pages that opening reads.
        }
    }

    /// Every pair, forwards; never more of them than bytes could hold.
    private static func walk(_ tree: Tree, within bytes: Int, depth: Int) {
        guard depth < 20 else { return }
        var cursor = tree.cursor()
        var steps = 0
        var more = (try? cursor.first()) ?? false
        while more, steps < bytes {
            if cursor.isBucket, let bucket = try? cursor.bucket() { walk(bucket, within: bytes / 16, depth: depth + 1) }
            _ = try? tree.get(cursor.key)
            steps += 1
            more = (try? cursor.next()) ?? false
        }
    }

    /// Pages under two whole metas, each with its own number, so that the fuzzer begins inside the tree.
    private static func boltPages(_ input: ByteView) {
        let size = 1024
        let count = max(2, min(60, (input.count + size - 1) / size))
        let fresh = BoltFile.newFile(pageSize: size)
        guard var meta = try? Meta.newest(in: fresh.view, fileLength: fresh.count) else {
            preconditionFailure("a new file has a meta")
        }
        meta.root = 2
        meta.freeList = Meta.noFreeList
        meta.highWater = UInt64(2 + count)
        var file = ByteBuffer()
        for page in 0...1 as ClosedRange<UInt64> {
            meta.transaction = page + 2
            file.append(meta.encoded(asPage: page))
        }
        for page in 0..<count {
            let part = input[min(page * size, input.count)..<min((page + 1) * size, input.count)]
            file.append(littleEndian: UInt64(page + 2))
            file.append(part.dropFirst(min(8, part.count)))
            file.append(zeros: size - max(8, part.count))
        }
        boltFile(file.slice())
    }
}
