// WriteAheadLog.swift: how does a member keep a promise that it gave a microsecond before the power failed?
//
// It writes the promise down first. Everything that a member has agreed to (an entry of the log, a vote,
// a term) is appended to a file and synced before anybody is told. What the member knows besides can be
// computed again from that; so this room is small, and it is the one on which all others stand.
//
//     append(batch)   frames in memory, then one write              nothing is promised yet
//     sync()          one sync for everything appended before       now `durable` may be told to others
//
//     file:   | records, synced           | records, appended | zeros, reserved in advance ....... |
//             0                           durable             offset                               64 MB
//
// WHY TWO STEPS? Because of their prices: an append costs microseconds, a sync a tenth of a millisecond or
// ten. Whoever calls can let batches gather while a sync is under way and pay once for all of them (group
// commit; StorageThreads does, and the simulator does the same without threads).
//
// WHY ZEROS IN ADVANCE? A file that grows has its size changed by every write, and a sync then has to save
// the size as well as the bytes: twice the work for the disk. In a file that has its full length already
// there is only the bytes. And behind the last record stands a length of zero, which means "end".
//
// WHOLE PAGES. Every write begins and ends at a multiple of 4096: the page that is partly filled is kept in
// memory (`tail`) and written again with more in it. The system then never has to read a page from the disk
// to fill in a part of it. Bytes that were there are written again as they were, and zeros become data, never
// anything else: a write that is torn in the middle leaves each sector as it was or as it shall be.
//
//     page 7               page 8               page 9
//     |rrrrrrrrrrrrrrr.....|                                   before: 15 of these are in `tail`
//     |rrrrrrrrrrrrrrr#####|####################|######.......| one write of three pages
//
// CUT. When the records reach 64,000,000 bytes, a sync ends with a new file. The order matters, and each
// step says what a crash behind it leaves (`cut` below):
//
//     1 cut the file to its records, sync it     the old file, complete (L3)
//     2 head of the new file into N.tmp, sync    a spare file that nobody reads
//     3 rename N.tmp to its name                 both, or the old one alone: both are right
//     4 sync the directory                       both for good: now entries may be promised there
//
// WHEN THE DISK FAILS, the log stops for good: it cannot know which bytes were saved, and a second sync may
// claim success without saving them. The member stops and starts again, and reads what is there.
//
// SETTINGS  The two sizes are parameters only so that tests can cut after kilobytes.
// COST      append: one checksum and two copies of the data, one system call. Memory: the batch.
// READ NEXT Frame.swift (bytes of a record), Segment.swift (a file), Recovery.swift (what crashes leave),
//           LogReader.swift (reading back), LogBatch.swift, Snapshots.swift, Purge.swift, Dump.swift,
//           Invariants.swift (every rule).
// SHOWN BY  WriteAheadLogTests, CrashTests (every write and sync), RealServerTests (a real etcd reads it).

package import Bytes
package import Disk
package import Identifiers
internal import RaftMessages

/// A log that is open for writing. One owner; it holds the locks on its files as long as it lives.
package struct WriteAheadLog<Store: Disk>: ~Copyable {
    /// Where a file is cut: etcd's 64 MB (of a million bytes each).
    package static var segmentBytes: Int { 64_000_000 }
    /// What a write begins and ends with.
    static var pageBytes: Int { 4096 }

    private let disk: Store
    /// Where its files lie.
    package let directory: String
    private let limitBytes: Int
    /// What every file says about whose log this is.
    package let metadata: ByteSlice

    /// The files that we keep locked, oldest first; the last one is written to.
    private var held: [Held]
    /// The next file, prepared in advance.
    private var spare: Spare?
    /// Whether preparing one was not tried in vain since the last cut.
    private var mayPrepare = true
    /// The end of the records in the last file.
    private var offset: Int
    /// The running checksum there.
    private var checksum: UInt32
    /// The bytes of the last file from the last page border to `offset`, and room for a batch.
    private var tail = ByteBuffer()
    /// The last state that was appended: a new file repeats it at its head.
    private var state: HardState?
    /// Whether something was appended that others may be waiting for.
    package private(set) var needsSync = false
    /// The last entry that was appended, durable or not; the next file is named after it.
    package private(set) var appended: LogPosition
    /// Everything up to here may be told to others.
    package private(set) var durable: LogPosition
    /// Why the log stopped, if it did.
    private var failure: String?

    private struct Held {
        let name: SegmentName
        let file: Store.File
    }

    private struct Spare {
        let path: String
        let file: Store.File
    }

    /// Where the records of the newest file end, for metrics and pictures.
    package var position: (segment: SegmentName, offset: Int) { (held[held.count - 1].name, offset) }
}

// MARK: - Beginning a log

extension WriteAheadLog {
    /// Makes a new log in `directory`, which must not exist (its parent must). After the return it exists for
    /// good; after a crash before that it does not exist, or is complete.
    package static func create(
        _ directory: String, on disk: Store, metadata: ByteSlice, segmentBytes limit: Int = segmentBytes
    ) throws(LogError) -> WriteAheadLog {
        do throws(DiskError) {
            // Built under another name, so that a half-made log is never found. A log without any record of a
            // snapshot would be refused, and rightly: nobody could tell it from a damaged one.
            let workshop = directory + ".tmp"
            try removeRecursively(workshop, on: disk)
            try disk.createDirectory(workshop, permissions: .privateDirectory)
            let name = SegmentName(sequence: 0, firstIndex: .zero)
            let file = try disk.open(joinPath(workshop, name.description), .creatingNew)
            guard try file.tryLock(.openFileDescription) else { throw DiskError(.lock, file.path, .other) }
            // Room for the whole file, so that neither a full disk nor a growing size surprises an append.
            try file.preallocate(limit)
            var log = WriteAheadLog(
                disk: disk, directory: directory, limitBytes: limit, metadata: metadata,
                held: [Held(name: name, file: file)], offset: 0, checksum: 0, state: nil, last: LogPosition())
            log.tail.appendFrame(.checksum, nil, continuing: &log.checksum)
            log.tail.appendFrame(.metadata, metadata.view, continuing: &log.checksum)
            var first = LogBatch()
            first.add(SnapshotRecord())
            log.frame(first)
            try log.writeTail()
            try file.syncData()
            try disk.syncDirectory(workshop)
            try disk.rename(workshop, to: directory)
            try disk.syncDirectory(parentPath(of: directory))
            log.needsSync = false
            return log
        } catch { throw .disk(error, doing: "making \(directory)") }
    }

    private init(
        disk: Store, directory: String, limitBytes: Int, metadata: ByteSlice, held: [Held], offset: Int,
        checksum: UInt32, state: HardState?, last: LogPosition
    ) {
        precondition(limitBytes.isMultiple(of: Self.pageBytes), "L0: a file of the log holds whole pages")
        self.disk = disk
        self.directory = directory
        self.limitBytes = limitBytes
        self.metadata = metadata
        self.held = held
        self.offset = offset
        self.checksum = checksum
        self.state = state
        appended = last
        durable = last
    }

    /// Opens a log to go on with it: locks its files, reads them, repairs what a crash left where the table
    /// allows it, and makes everything that was read durable, whoever wrote it.
    package static func open(
        _ directory: String, on disk: Store, from start: LogPosition = LogPosition(),
        segmentBytes limit: Int = segmentBytes
    ) throws(LogError) -> Opened {
        let names = try LogReader.segments(in: directory, on: disk, reachingBackTo: start.index)
        var held: [Held] = []
        for name in names { held.append(try hold(name, in: directory, on: disk)) }
        let contents = try LogReader.read(directory, on: disk, from: start)
        let end = contents.end
        precondition(end.segment == names[names.count - 1], "L1: the log changed although its files are locked")
        var log = WriteAheadLog(
            disk: disk, directory: directory, limitBytes: limit, metadata: contents.metadata, held: held,
            offset: end.offset, checksum: end.checksum, state: contents.state, last: contents.last)
        try onDisk("repairing \(end.segment)") { () throws(DiskError) in try log.settle(end) }
        return Opened(log: log, contents: contents)
    }

    /// A log that was opened, and what was in it.
    package struct Opened: ~Copyable {
        /// To go on writing.
        package var log: WriteAheadLog
        /// What the member remembers.
        package let contents: LogContents

        /// Gives the log away.
        package consuming func takeLog() -> WriteAheadLog { log }
    }

    private static func hold(_ name: SegmentName, in directory: String, on disk: Store) throws(LogError) -> Held {
        let path = joinPath(directory, name.description)
        let (file, locked) = try onDisk("locking \(name)") { () throws(DiskError) in
            let file = try disk.open(path, .writing)
            return (file, try file.tryLock(.openFileDescription))
        }
        guard locked else { throw .inUse(file: path) }
        return Held(name: name, file: file)
    }

    /// Brings the newest file into the state that `append` relies on: nothing but zeros behind the last record,
    /// everything before it durable.
    ///
    /// WHY WIPE EVEN AN INTACT FILE? The records may end at a length of zero behind which later sectors of the
    /// same write did arrive. A new record could end just before such a leftover, and the next reader would
    /// take the leftover for a record.
    ///
    /// WHY SYNC? The process may have been killed between an append and its sync: then what we read is in the
    /// memory of the system only. We shall count it as durable, so it must be.
    private mutating func settle(_ end: LogEnd) throws(DiskError) {
        let newest = held[held.count - 1].file
        if end.row.verdict == .repair {
            let copy = newest.path + ".broken"
            try copyFile(newest, bytes: end.sizeBytes, to: copy)
            try disk.syncDirectory(directory)
        }
        let border = offset - offset % Self.pageBytes
        let got = try newest.read(offset - border, at: border, into: &tail)
        guard got == offset - border else { throw DiskError(.read, newest.path, .inputOutput) }
        try newest.truncate(to: offset)
        try newest.preallocate(limitBytes)
        try newest.sync()
        // The names too: the process may have been killed between a rename and the sync of the directory.
        try disk.syncDirectory(directory)
    }

    private func copyFile(_ file: Store.File, bytes: Int, to path: String) throws(DiskError) {
        let copy = try disk.open(path, .replacing)
        var buffer = ByteBuffer(capacity: 1 << 20)
        var done = 0
        while done < bytes {
            buffer.removeAll()
            let got = try file.read(min(1 << 20, bytes - done), at: done, into: &buffer)
            guard got > 0 else { break }
            // Most of the file is zeros: they need no room in the copy.
            if !buffer.view.isAllZero { try copy.write(buffer.view, at: done) }
            done += got
        }
        try copy.truncate(to: done)
        try copy.sync()
    }
}

// MARK: - Going on

extension WriteAheadLog {
    /// Appends a batch: memory and one write. Nothing of it may be told to anybody before the next `sync`.
    package mutating func append(_ batch: borrowing LogBatch) throws(LogError) {
        try checkRunning()
        guard !batch.isEmpty else { return }
        frame(batch)
        do throws(DiskError) { try writeTail() } catch { throw stop(error, "appending to \(directory)") }
    }

    /// Makes everything appended so far durable, and begins a new file where this one is full. Returns the last
    /// entry of the log: everything up to it may be told to others.
    @discardableResult
    package mutating func sync() throws(LogError) -> LogPosition {
        try checkRunning()
        do throws(DiskError) {
            if offset >= limitBytes { try cut() } else { try held[held.count - 1].file.syncData() }
        } catch { throw stop(error, "syncing \(directory)") }
        needsSync = false
        durable = appended
        return durable
    }

    /// Makes the next file ready in advance, so that a cut does not have to wait for it. Does nothing when it is
    /// ready; meant for a moment in which nothing else is to be done.
    ///
    /// That there is no room for another file is no reason to stop while this one has room: whatever went wrong
    /// is left alone until the cut, which needs the file and says why it gets none.
    package mutating func prepareNextSegment() {
        guard failure == nil, spare == nil, mayPrepare else { return }
        do throws(DiskError) {
            spare = try makeSpare()
        } catch {
            mayPrepare = false
            // Half a reservation would only take room from what is needed now.
            do throws(DiskError) { try disk.remove(sparePath) } catch {}
        }
    }

    /// Gives up the files that a snapshot at `index` has made superfluous: they are unlocked, and the next purge
    /// may delete them. The file that reaches back to `index` and all later ones stay.
    package mutating func release(upTo index: LogIndex) {
        guard let first = held.lastIndex(where: { $0.name.firstIndex <= index }) else { return }
        held.removeFirst(first)
    }

    /// The files that are kept locked, oldest first.
    package var heldSegments: [SegmentName] { held.map(\.name) }

    private func checkRunning() throws(LogError) {
        if let failure { throw .stopped(because: failure) }
    }

    private mutating func stop(_ error: DiskError, _ purpose: String) -> LogError {
        let failure = LogError.disk(error, doing: purpose)
        self.failure = failure.description
        return failure
    }

    /// Frames the records of a batch behind what is in `tail`.
    private mutating func frame(_ batch: borrowing LogBatch) {
        let data = batch.bytes.view
        var start = 0
        for mark in batch.marks {
            tail.appendFrame(mark.type, data[start..<mark.end], continuing: &checksum)
            start = mark.end
        }
        // What others wait for: entries, votes, terms, snapshots. A commit index that is lost is learned again.
        if batch.lastEntry != nil || batch.lastSnapshot != nil { needsSync = true }
        if let new = batch.lastState {
            Invariants.check(from: state, to: new)
            if new.term != state?.term ?? .zero || new.vote != state?.vote ?? .none { needsSync = true }
            state = new
        }
        if let entry = batch.lastEntry { appended = entry }
        // A leader's snapshot stands for entries that this log never had.
        if let snapshot = batch.lastSnapshot, snapshot.index > appended.index { appended = snapshot }
    }

    /// Writes `tail` as whole pages and keeps the page that is not full yet.
    private mutating func writeTail() throws(DiskError) {
        let border = offset - offset % Self.pageBytes
        let bytes = tail.count
        let padding = -bytes & (Self.pageBytes - 1)
        tail.append(zeros: padding)
        try held[held.count - 1].file.write(tail.view, at: border)
        tail.truncate(to: bytes)
        tail.consume(bytes - bytes % Self.pageBytes)
        tail.shrink(to: 4 << 20)
        // Not the offset itself: a file from elsewhere may end anywhere, and is gone on with all the same.
        precondition((border + bytes - offset).isMultiple(of: 8), "F1: frames of \(border + bytes - offset) bytes")
        offset = border + bytes
    }

    /// Ends this file and begins the next (the four steps of the head comment).
    private mutating func cut() throws(DiskError) {
        let full = held[held.count - 1]
        // 1. From here on the file is complete; a reader may take a hole in it for damage.
        try full.file.truncate(to: offset)
        try full.file.syncData()

        // 2. Nobody reads a spare file, so it may be torn as it likes.
        if spare == nil { spare = try makeSpare() }
        let next = spare!
        spare = nil
        mayPrepare = true
        let name = SegmentName(sequence: full.name.sequence + 1, firstIndex: appended.index.next)
        held.append(Held(name: name, file: next.file))
        tail.removeAll()
        offset = 0
        tail.appendFrame(.checksum, nil, continuing: &checksum)
        tail.appendFrame(.metadata, metadata.view, continuing: &checksum)
        if let state {
            var head = LogBatch()
            head.add(state)
            frame(head)
        }
        try writeTail()
        try next.file.syncData()

        // 3. and 4. Before the directory is synced, a crash may take the name back, and with it every entry
        // that was promised in this file: so nobody is told anything before.
        try disk.rename(next.path, to: joinPath(directory, name.description))
        try disk.syncDirectory(directory)
    }

    /// Two names in turn, because the file under the other one may just be becoming the newest.
    private var sparePath: String { joinPath(directory, "\((held[held.count - 1].name.sequence + 1) & 1).tmp") }

    private func makeSpare() throws(DiskError) -> Spare {
        let path = sparePath
        // Emptied first: a spare that an earlier life of this member wrote a head into is not zero.
        let file = try disk.open(path, .replacing)
        guard try file.tryLock(.openFileDescription) else { throw DiskError(.lock, path, .other) }
        try file.preallocate(limitBytes)
        return Spare(path: path, file: file)
    }
}
