// TraceFiles.swift: the thread that turns events into files.
//
//     owner's thread                          this room's thread                       disk
//     Tracer.emit -> compact record           every 20 ms, or when the ring is half full:
//       -> TraceFiles.take   -> [ ring ] ---> take all frames -> lines of JSON -----> DIR/<member>-<epoch>-<n>.ndjson
//                                                                 \-> live subscribers
//
// WHAT IF IT CANNOT KEEP UP? The ring is full, events are dropped, and a `gap` event says which. WHAT IF THE DISK IS
// FULL? The lines of that batch are lost, a `gap` says so as soon as writing works again, and the member goes on: a trace
// is worth much, and a member that serves is worth more.
//
// ROTATION. A file that reaches its limit is closed and the next number begun; when all files of this member exceed their
// limit together, the oldest are removed, whichever epoch they are of. So a trace never fills a disk.
//
// NOT SYNCED. Only the epoch is. A crash of the machine may lose the last lines; a crash of the program loses what lay in
// the ring, at most the last 20 ms.
//
// RULES    F1  every event that was accepted is in a file, or within a gap.
//          F2  a file holds whole lines only, but for the last line of a machine that crashed.
// SHOWN BY  TraceFilesTests. The format, for users: Tutorials/trace-format.md

package import Bytes
package import Disk
import Files
import Glibc
package import Identifiers
import Synchronization
package import Trace

/// How much may lie where.
package struct TraceSettings: Hashable, Sendable {
    /// Where the files are.
    package var directory: String
    /// When the next file begins.
    package var fileLimitBytes = 64 << 20
    /// When the oldest file is removed.
    package var totalLimitBytes = 1 << 30
    /// How many bytes may wait for the thread.
    package var ringBytes = 4 << 20
    /// How long the thread sleeps when little happens.
    package var pauseNanoseconds: UInt64 = 20_000_000

    /// The usual sizes.
    package init(directory: String) { self.directory = directory }
}

/// A sink that another thread empties into NDJSON files.
package final class TraceFiles: TraceSink {
    /// Whose events, and in which life: for the recorder.
    package let origin: TraceOrigin
    private let shared: Shared
    /// The shared one, one look-up nearer.
    private let ring: TraceRing
    private let thread: WorkerThread

    /// What both threads touch.
    private final class Shared: Sendable {
        let ring: TraceRing
        let bell = Bell()
        /// Whether the thread was rung for since it last looked.
        let isRung = Atomic(false)
        let isClosing = Atomic(false)
        let subscribers = Mutex<[Int: @Sendable (ByteView) -> Void]>([:])

        init(ring: TraceRing) { self.ring = ring }
    }

    /// Counts the start, synced, opens the first file and starts the thread.
    package init(_ settings: TraceSettings, member: MemberID) throws(DiskError) {
        let names = TraceNames(member: member, directory: settings.directory)
        let origin = TraceOrigin(member: member, epoch: try names.countStart(on: FileSystem()))
        let writer = try TraceFileWriter(FileSystem(), names, origin.epoch, settings)
        let shared = Shared(ring: TraceRing(capacity: settings.ringBytes))
        self.origin = origin
        self.shared = shared
        ring = shared.ring
        thread = WorkerThread(named: "trace") {
            Self.run(TraceLoop(shared.ring, writer, origin), shared, pause: settings.pauseNanoseconds)
        }
    }

    private static func run(_ loop: consuming TraceLoop<FileSystem>, _ shared: Shared, pause: UInt64) {
        while true {
            // Looked at before the turn: what was accepted before closing is then taken by this turn.
            let isLast = shared.isClosing.load(ordering: .acquiring)
            shared.isRung.store(false, ordering: .releasing)
            loop.turn { lines in
                for handle in shared.subscribers.withLock({ Array($0.values) }) { handle(lines) }
            }
            if isLast { break }
            _ = shared.bell.wait(upTo: pause)
        }
        loop.finish()
    }

    /// Takes an event that lies elsewhere; owner's thread only. Never waits.
    package func accept(_ record: ByteView, sequence: EventSequence, from origin: TraceOrigin) {
        ring.put(record, sequence)
        if ring.isHalfFull { ringBell() }
    }

    /// A part of the ring, if it has room; otherwise the block.
    package func room(in block: inout RecordBlock) -> RecordCursor { ring.room() ?? block.cursor }

    /// Takes an event that was written into the ring, or into the block; owner's thread only. Never waits.
    package func take(
        _ cursor: RecordCursor, sequence: EventSequence, from origin: TraceOrigin, in block: inout RecordBlock
    ) -> RecordCursor? {
        guard ring.isRoomGiven else { return takeSeldom(cursor, sequence, &block) }
        guard !cursor.isFull else {
            ring.takeRoomBack()
            return nil
        }
        return ring.keep(cursor) ?? nextRoom(&block)
    }

    /// The same out of the block.
    @inline(never)
    private func takeSeldom(
        _ cursor: RecordCursor, _ sequence: EventSequence, _ block: inout RecordBlock
    ) -> RecordCursor? {
        guard block.keep(cursor) else { return nil }
        ring.put(block.view, sequence)
        return nextRoom(&block)
    }

    @inline(never)
    private func nextRoom(_ block: inout RecordBlock) -> RecordCursor {
        if ring.isHalfFull { ringBell() }
        return room(in: &block)
    }

    /// Wakes the thread, once for each of its turns.
    @inline(never)
    private func ringBell() {
        if !shared.isRung.load(ordering: .relaxed), !shared.isRung.exchange(true, ordering: .acquiringAndReleasing) {
            shared.bell.ring()
        }
    }

    /// Writes everything that was accepted, and ends the thread. Owner's thread only, once.
    package func close() {
        // A gap at the very end needs room too.
        while !shared.ring.putGap() {
            shared.bell.ring()
            sched_yield()
        }
        shared.isClosing.store(true, ordering: .releasing)
        shared.bell.ring()
        thread.join()
    }

    /// Calls `handle` with whole lines, on the trace's thread, from now on until `unsubscribe`. The bytes are true during
    /// the call, and as long as it runs no file is written: a slow subscriber makes gaps.
    package func subscribe(_ handle: @escaping @Sendable (ByteView) -> Void) -> Int {
        shared.subscribers.withLock { subscribers in
            let number = (subscribers.keys.max() ?? 0) + 1
            subscribers[number] = handle
            return number
        }
    }

    /// Ends a subscription. A call that is under way is not waited for.
    package func unsubscribe(_ number: Int) {
        shared.subscribers.withLock { subscribers in _ = subscribers.removeValue(forKey: number) }
    }
}
