// Sinks.swift: listeners that need no thread: a memory, a subscriber, several at once.
//
// The fourth, the ring whose other end writes files, needs atomics and a thread, so it lives in TraceFiles.
//
// HOW MUCH MAY A LISTENER COST? It runs on the owner's thread. The memory copies the record's bytes and decodes
// nothing until it is asked. A subscriber's function gets a decoded event each time, so it is for tests, tools
// and the simulator; a subscriber of a busy server is fed from the thread of TraceFiles instead.

package import Bytes
import Identifiers

/// Keeps records in memory, the newest ones when there are too many.
package final class TraceMemory: TraceSink {
    /// Records, each behind its length (4 bytes), whose it is (16 bytes) and when (16 bytes).
    private var buffer = ByteBuffer()
    private let limitBytes: Int
    private let clock: (() -> TraceTime)?
    /// How many records were forgotten for want of room.
    package private(set) var forgotten = 0
    private static let headBytes = 36

    /// Keeps about `limitBytes`. A simulation may hand in its own clock.
    package init(limitBytes: Int = 64 << 20, clock: (() -> TraceTime)? = nil) {
        self.limitBytes = limitBytes
        self.clock = clock
    }

    /// Copies the record.
    package func accept(_ record: ByteView, sequence: EventSequence, from origin: TraceOrigin) {
        let needed = record.count + Self.headBytes
        while buffer.count > 0, buffer.count + needed > limitBytes {
            buffer.consume(Int(buffer.view.littleEndian(at: 0, as: UInt32.self)) + Self.headBytes)
            forgotten += 1
        }
        let time = clock?() ?? TraceTime(monotonic: 0, wall: 0)
        buffer.append(littleEndian: UInt32(record.count))
        buffer.append(littleEndian: origin.member.rawValue)
        buffer.append(littleEndian: origin.epoch.rawValue)
        buffer.append(littleEndian: time.monotonic)
        buffer.append(littleEndian: time.wall)
        buffer.append(record)
    }

    /// Forgets everything.
    package func removeAll() { buffer.removeAll() }

    /// What is remembered, oldest first.
    package var records: [TraceRecord] {
        var records: [TraceRecord] = []
        var rest = buffer.view
        while !rest.isEmpty {
            let end = Int(rest.littleEndian(at: 0, as: UInt32.self)) + Self.headBytes
            let origin = TraceOrigin(
                member: .init(rawValue: rest.littleEndian(at: 4)), epoch: .init(rawValue: rest.littleEndian(at: 12)))
            let time = TraceTime(monotonic: rest.littleEndian(at: 20), wall: rest.littleEndian(at: 28))
            do {
                records.append(
                    try TraceRecord(
                        compact: rest[Self.headBytes..<end], from: origin, at: clock == nil ? nil : time))
            } catch {
                preconditionFailure("E4: a record that we wrote cannot be read: \(error)")
            }
            rest = rest.dropFirst(end)
        }
        return records
    }

    /// The events alone, oldest first.
    package var events: [Event] { records.map(\.event) }
}

/// Calls a function with every event, at once.
package final class TraceSubscriber: TraceSink {
    private let handle: (TraceRecord) -> Void

    /// `handle` must not emit (E2).
    package init(_ handle: @escaping (TraceRecord) -> Void) { self.handle = handle }

    /// Decodes and calls.
    package func accept(_ record: ByteView, sequence: EventSequence, from origin: TraceOrigin) {
        do {
            handle(try TraceRecord(compact: record, from: origin))
        } catch {
            preconditionFailure("E4: a record that we wrote cannot be read: \(error)")
        }
    }
}

/// Hands every record to several sinks, in order.
package final class TraceFanOut: TraceSink {
    private let sinks: [any TraceSink]

    /// To all of these.
    package init(_ sinks: [any TraceSink]) { self.sinks = sinks }

    /// Passes the record on.
    package func accept(_ record: ByteView, sequence: EventSequence, from origin: TraceOrigin) {
        for sink in sinks { sink.accept(record, sequence: sequence, from: origin) }
    }
}
