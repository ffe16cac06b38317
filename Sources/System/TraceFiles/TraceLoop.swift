// TraceLoop.swift: what the trace's thread does each time it wakes, without the thread.
//
//     frames of the ring --> lines in one reused buffer --> one write --> the next batch
//
// It is a value that a test can turn by hand, on a simulated disk that is full.

import Bytes
import Disk
import Files
import Identifiers
import JSON
import Trace

/// Empties the ring into files.
struct TraceLoop<D: Disk>: ~Copyable {
    private let ring: TraceRing
    private var writer: TraceFileWriter<D>
    private let origin: TraceOrigin
    private var lines: LineTranscoder
    /// Events that were taken out of the ring and are in no file, because writing failed.
    private var lost: ClosedRange<EventSequence>?
    /// How many bytes of the ring make a batch. Its lines are four times as many, and all that together should fit the cache of one
    /// processor, which this thread shares with whoever ran there before.
    private let batchBytes = 64 << 10

    init(_ ring: TraceRing, _ writer: TraceFileWriter<D>, _ origin: TraceOrigin) {
        self.ring = ring
        self.writer = writer
        self.origin = origin
        lines = LineTranscoder(origin, into: ByteBuffer(capacity: 1 << 18))
    }

    /// Takes everything there is. `publish` is given each batch of lines.
    mutating func turn(_ publish: (ByteView) -> Void) {
        let ring = ring
        var hasMore = true
        while hasMore {
            lines.buffer.removeAll()
            // What the monotonic clock lacks to the wall clock, now.
            let wallDifference = SystemClock.wallNanoseconds &- Int64(bitPattern: SystemClock.monotonicNanoseconds)
            var (first, last) = (EventSequence.none, EventSequence.none)
            if let lost { appendGap(lost, TraceTime(now: wallDifference)) }
            hasMore = ring.take(upTo: batchBytes) { kind, monotonic, bytes in
                let time = TraceTime(monotonic: monotonic, wall: Int64(bitPattern: monotonic) &+ wallDifference)
                last = append(kind, bytes, time, first: &first)
            }
            guard last != .none else { continue }
            publish(lines.buffer.view)
            do {
                try writer.write(lines.buffer.view)
                lost = nil
            } catch {
                lost = (lost?.lowerBound ?? first)...last
            }
        }
    }

    /// Writes a line for a frame; returns the last event it speaks of, and notes the first of the batch.
    @inline(__always)
    private mutating func append(
        _ kind: FrameKind, _ bytes: ByteView, _ time: TraceTime, first: inout EventSequence
    ) -> EventSequence {
        guard kind == .record else {
            let range =
                EventSequence(rawValue: bytes.littleEndian(at: 0))...EventSequence(rawValue: bytes.littleEndian(at: 8))
            appendGap(range, time)
            if first == .none { first = range.lowerBound }
            return range.upperBound
        }
        do {
            let sequence = try lines.line(bytes, at: time)
            if first == .none { first = sequence }
            return sequence
        } catch {
            preconditionFailure("E4: a record that we wrote cannot be read: \(error)")
        }
    }

    private mutating func appendGap(_ range: ClosedRange<EventSequence>, _ time: TraceTime) {
        var json = JSONWriter()
        json.traceLine(
            TraceRecord(
                member: origin.member, epoch: origin.epoch, sequence: range.upperBound, time: time,
                event: .gap(Gap(first: range.lowerBound, last: range.upperBound))))
        lines.buffer.append(json.buffer.view)
    }

    /// At a clean end: one more try to say what was lost, and a sync. An error has nobody to go to any more.
    mutating func finish() {
        if let lost {
            lines.buffer.removeAll()
            let wallDifference = SystemClock.wallNanoseconds &- Int64(bitPattern: SystemClock.monotonicNanoseconds)
            appendGap(lost, TraceTime(now: wallDifference))
            try? writer.write(lines.buffer.view)
        }
        try? writer.sync()
    }
}

extension TraceTime {
    /// Now, given what the monotonic clock lacks to the wall clock.
    fileprivate init(now wallDifference: Int64) {
        let monotonic = SystemClock.monotonicNanoseconds
        self.init(monotonic: monotonic, wall: Int64(bitPattern: monotonic) &+ wallDifference)
    }
}
