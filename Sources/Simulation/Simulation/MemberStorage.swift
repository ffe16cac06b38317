// MemberStorage.swift: what a simulated member has on its disk, and what it finds there after a crash.
//
// The same write-ahead log and the same snapshot files as the real server's, on a disk that forgets. So a
// crash in a simulation is not a guess about what a log might lose: the log's own recovery is run on
// whatever the disk has kept, torn writes and all.
//
//     /wal/*.wal       records, appended and synced in groups
//     /snap/*.snap     the registers, whenever the log was long enough
//
// ORDER. A snapshot's file is durable before the log's record of it is written, and the record is durable
// before the log before it is given up: whatever the crash, the log never speaks of a file that is not
// there, and never begins behind the last file.

import Bytes
import Disk
import Identifiers
import Protobuf
import Raft
import RaftMessages
import WriteAheadLog

/// The durable half of a simulated member.
final class MemberStorage {
    /// Small files, so that a run of a few hundred entries cuts several times.
    static let segmentBytes = 8 * 4096

    let disk: SimulatedDisk
    private var log: WriteAheadLog<SimulatedDisk>
    private var batch = LogBatch()

    /// What was synced: recovery must find at least this (C2).
    private(set) var synced: Synced

    /// The end of what a disk has promised to keep.
    struct Synced: Hashable, Sendable {
        var state = HardState()
        var last = LogPosition()
    }

    private var appended = Synced()
    /// The entry before the first one that unsynced writes replace.
    private var untouched: LogIndex?

    /// Up to here the log must be found again after a crash (C2): what was synced, less what a write behind it
    /// replaces. Such a write may survive whole although it was never synced, and what it brings instead may be
    /// shorter, and even of an earlier term: the entry of a leader that nobody followed gives way to the next
    /// leader's older one.
    var floor: LogIndex { min(synced.last.index, untouched ?? synced.last.index) }

    private init(disk: SimulatedDisk, log: consuming WriteAheadLog<SimulatedDisk>, synced: Synced) {
        self.disk = disk
        self.log = log
        self.synced = synced
        appended = synced
    }

    /// A new member. Its log begins with the first entries of its cluster, if it is one of the founders.
    ///
    /// WHY ENTRIES? The first configuration must be in the log, as committed changes of membership: a member
    /// that joins later replays the log from its first entry, and without them it would believe that the
    /// cluster consists of whoever came after.
    static func create(on disk: SimulatedDisk, founding: [Entry]) throws(StorageStop) -> MemberStorage {
        try stopping { () throws in
            try disk.createDirectory("/snap", permissions: .privateDirectory)
            try disk.syncDirectory("/")
            var log = try WriteAheadLog.create("/wal", on: disk, metadata: ByteSlice(), segmentBytes: segmentBytes)
            guard let last = founding.last else { return MemberStorage(disk: disk, log: log, synced: Synced()) }
            let state = HardState(term: last.term, commit: last.index)
            var batch = LogBatch()
            for entry in founding { batch.add(entry) }
            batch.add(state)
            try log.append(batch)
            let position = try log.sync()
            return MemberStorage(disk: disk, log: log, synced: Synced(state: state, last: position))
        }
    }

    /// A member that was there before, as its disk has it.
    static func open(on disk: SimulatedDisk) throws(StorageStop) -> (MemberStorage, Raft.Memory, Registers) {
        try stopping { () throws in
            let known = try LogReader.survey("/wal", on: disk)
            let snapshot = try SnapshotFiles.newest(among: known, in: "/snap", on: disk)
            let metadata = snapshot?.metadata ?? SnapshotMetadata()
            let start = LogPosition(term: metadata.term, index: metadata.index)
            let opened = try WriteAheadLog.open("/wal", on: disk, from: start, segmentBytes: segmentBytes)
            let contents = opened.contents
            var memory = Raft.Memory()
            memory.hardState = contents.state ?? HardState()
            // A snapshot is of committed entries, whatever the last state says.
            memory.hardState.commit = max(memory.hardState.commit, metadata.index)
            memory.snapshot = metadata
            memory.entries = contents.entries
            memory.applied = metadata.index
            memory.confState = metadata.confState
            let synced = Synced(state: memory.hardState, last: contents.last)
            let storage = MemberStorage(disk: disk, log: opened.takeLog(), synced: synced)
            return (storage, memory, snapshot.map { Registers(decoding: $0.data) } ?? Registers())
        }
    }

    /// Appends a write; nothing of it is promised yet.
    func append(_ write: Raft.Write) throws(StorageStop) {
        try Self.stopping { () throws in
            batch.removeAll()
            if let snapshot = write.snapshot {
                try SnapshotFiles.write(snapshot, in: "/snap", on: disk)
                batch.add(record(of: snapshot.metadata))
                appended.last = LogPosition(term: snapshot.metadata.term, index: snapshot.metadata.index)
            }
            for entry in write.entries { batch.add(entry) }
            if let entry = batch.lastEntry { appended.last = entry }
            for index in [write.snapshot?.metadata.index, write.entries.first?.index.previous].compactMap(\.self) {
                untouched = min(untouched ?? index, index)
            }
            if let state = write.hardState {
                batch.add(state)
                appended.state = state
            }
            try log.append(batch)
        }
    }

    /// Makes everything appended durable.
    func sync() throws(StorageStop) {
        try Self.stopping { () throws in _ = try log.sync() }
        synced = appended
        untouched = nil
    }

    /// Writes a snapshot of the registers and lets go of the log's files before it.
    func save(_ snapshot: Snapshot) throws(StorageStop) {
        try Self.stopping { () throws in
            try SnapshotFiles.write(snapshot, in: "/snap", on: disk)
            batch.removeAll()
            batch.add(record(of: snapshot.metadata))
            try log.append(batch)
            try log.sync()
            synced = appended
            untouched = nil
            log.release(upTo: snapshot.metadata.index)
            try Purge.files(endingIn: ".wal", keeping: 2, in: "/wal", on: disk)
            try Purge.files(endingIn: ".snap", keeping: 2, in: "/snap", on: disk)
        }
    }

    private func record(of metadata: SnapshotMetadata) -> SnapshotRecord {
        SnapshotRecord(index: metadata.index, term: metadata.term, confState: metadata.confState)
    }

    private static func stopping<Result>(_ body: () throws -> Result) throws(StorageStop) -> Result {
        do { return try body() } catch { throw StorageStop(reason: "\(error)") }
    }
}

/// The disk said no: the member stops before it can say anything that is not so.
struct StorageStop: Error {
    /// What the storage reported.
    let reason: String
}
