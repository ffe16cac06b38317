// Workshop.swift: what the tests of this folder build logs with.

import Bytes
import Disk
import Identifiers
import RaftMessages
import Simulation
import WriteAheadLog

/// A simulated disk with a small log on it. Files are cut after 16 KiB unless a test says otherwise.
enum Workshop {
    static let directory = "/member/wal"
    static let metadata: ByteSlice = "member 1 of cluster 2"

    static func disk() throws -> SimulatedDisk {
        let disk = SimulatedDisk(dice: Dice(seed: 1))
        try disk.createDirectory("/member", permissions: .privateDirectory)
        try disk.syncDirectory("/")
        return disk
    }

    static func create(
        on disk: SimulatedDisk, segmentBytes: Int = 16 << 10
    ) throws -> WriteAheadLog<SimulatedDisk> {
        try WriteAheadLog.create(directory, on: disk, metadata: metadata, segmentBytes: segmentBytes)
    }

    static func open(
        on disk: SimulatedDisk, from start: LogPosition = LogPosition(), segmentBytes: Int = 16 << 10
    ) throws -> WriteAheadLog<SimulatedDisk>.Opened {
        try WriteAheadLog.open(directory, on: disk, from: start, segmentBytes: segmentBytes)
    }

    static func entry(_ index: UInt64, term: UInt64 = 1, data: ByteSlice = "payload") -> Entry {
        Entry(term: Term(rawValue: term), index: LogIndex(rawValue: index), data: data)
    }

    static func state(term: UInt64, vote: UInt64 = 0, commit: UInt64 = 0) -> HardState {
        var state = HardState()
        state.term = Term(rawValue: term)
        state.vote = MemberID(rawValue: vote)
        state.commit = LogIndex(rawValue: commit)
        return state
    }

    static func snapshot(_ index: UInt64, term: UInt64) -> SnapshotRecord {
        var snapshot = SnapshotRecord()
        snapshot.index = LogIndex(rawValue: index)
        snapshot.term = Term(rawValue: term)
        var configuration = ConfState()
        configuration.voters = [1]
        snapshot.confState = configuration
        return snapshot
    }

    /// A batch made of what is given, entries first.
    static func batch(
        _ entries: [Entry] = [], state: HardState? = nil, snapshot: SnapshotRecord? = nil
    ) -> LogBatch {
        var batch = LogBatch()
        for entry in entries { batch.add(entry) }
        if let snapshot { batch.add(snapshot) }
        if let state { batch.add(state) }
        return batch
    }

    static func position(_ index: UInt64, _ term: UInt64) -> LogPosition {
        LogPosition(term: Term(rawValue: term), index: LogIndex(rawValue: index))
    }

    /// All bytes of a file.
    static func bytes(of name: String, on disk: SimulatedDisk) throws -> [UInt8] {
        try disk.contents(of: joinPath(directory, name), limit: 1 << 30).array
    }

    /// Replaces all bytes of a file and makes the change durable, as damage would.
    static func replace(_ name: String, with bytes: [UInt8], on disk: SimulatedDisk) throws {
        let file = try disk.open(joinPath(directory, name), .replacing)
        try file.write(bytes, at: 0)
        try file.sync()
    }
}

extension DiskFile {
    /// Writes bytes that are made for the occasion, and keeps them until they are written.
    func write(_ bytes: [UInt8], at offset: Int) throws(DiskError) {
        let slice = ByteSlice(bytes)
        try write(slice.view, at: offset)
    }
}
