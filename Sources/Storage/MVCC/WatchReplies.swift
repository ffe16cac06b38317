// WatchReplies.swift: what is told, as bytes.
//
//     WatchResponse
//     0a <n>  header    cluster, member, revision, term
//     10 <id>           which watcher; 0 is left out
//     38 01             fragment: more of this follows
//     5a <n>  event     08 01                        it is a deletion; left out for a put
//                       12 <n>  kv                   a put: the bytes of bucket `key`, as they are
//                       1a <n>  prev_kv              ditto, of the revision before
//     5a <n>  event     ...
//
// The sizes of everything are known before a byte is written: so events go straight from the tree's pages into the
// buffer that leaves, forward, without a message in between.
//
// FRAGMENTS. A response that reaches the limit of a message and has several events is cut between them, for watchers
// that allow it; each piece is below the limit, if an event by itself is. Others get it whole, however large.

import Bytes
import EtcdAPI
import Identifiers
import Protobuf
import Trace

extension WatchChange {
    /// How many bytes the `kv` of the event has.
    private var kvBytes: Int {
        guard isDelete else { return value.count }
        return 1 + varintSize(UInt64(key.count)) + key.count + 1 + varintSize(UInt64(revision.rawValue))
    }

    /// How many bytes the event has.
    func eventBytes(withPrevious: Bool) -> Int {
        let kv = kvBytes
        var size = (isDelete ? 2 : 0) + 1 + varintSize(UInt64(kv)) + kv
        if withPrevious, !previous.isEmpty { size += 1 + varintSize(UInt64(previous.count)) + previous.count }
        return size
    }

    /// Writes the event.
    func writeEvent(withPrevious: Bool, into bytes: inout ByteBuffer) {
        if isDelete {
            bytes.append(0x08 as UInt8)
            bytes.append(0x01 as UInt8)
        }
        bytes.append(0x12 as UInt8)
        bytes.append(varint: UInt64(kvBytes))
        if isDelete {
            bytes.append(0x0A as UInt8)
            bytes.append(varint: UInt64(key.count))
            bytes.append(key)
            bytes.append(0x18 as UInt8)
            bytes.append(varint: UInt64(revision.rawValue))
        } else {
            bytes.append(value)
        }
        if withPrevious, !previous.isEmpty {
            bytes.append(0x1A as UInt8)
            bytes.append(varint: UInt64(previous.count))
            bytes.append(previous)
        }
    }
}

extension WatchHub {
    /// Tells a watcher of some changes, in one response or, if it may be cut, in several.
    mutating func tell(
        _ slot: UInt32, _ hits: Range<Int>, of sheet: borrowing WatchSheet, _ revision: Revision,
        _ header: HeaderFields, into bytes: inout ByteBuffer, _ replies: inout [WatchReply]
    ) {
        let options = watchers[Int(slot)].options
        let fixed = fixedBytes(slot, revision, header)
        let whole = size(hits, of: sheet, options)
        let isCut = options.contains(.fragment) && hits.count > 1 && fixed + whole >= limits.fragmentBytes
        watchers[Int(slot)].options.insert(.hasHeard)
        guard isCut else {
            return write(
                slot, hits, of: sheet, fixed + whole, isFragment: false, revision, header, into: &bytes, &replies)
        }
        var rest = hits
        while !rest.isEmpty {
            // The mark that more follows takes two bytes.
            var size = fixed + 2
            var end = rest.lowerBound
            while end < rest.upperBound {
                let event = self.size(end..<(end + 1), of: sheet, options)
                if end > rest.lowerBound, size + event >= limits.fragmentBytes { break }
                size += event
                end += 1
            }
            let isLast = end == rest.upperBound
            write(
                slot, rest.lowerBound..<end, of: sheet, isLast ? size - 2 : size, isFragment: !isLast, revision,
                header, into: &bytes, &replies)
            rest = end..<rest.upperBound
        }
    }

    /// How many bytes some events have within a response.
    private func size(_ hits: Range<Int>, of sheet: borrowing WatchSheet, _ options: WatcherOptions) -> Int {
        let withPrevious = options.contains(.previous)
        var size = 0
        for index in hits {
            let event = sheet.changes[WatchSheet.change(sheet.hits[index])].eventBytes(withPrevious: withPrevious)
            size += 1 + varintSize(UInt64(event)) + event
        }
        return size
    }

    /// How many bytes header and id have.
    private func fixedBytes(_ slot: UInt32, _ revision: Revision, _ header: HeaderFields) -> Int {
        let id = UInt64(bitPattern: watchers[Int(slot)].id)
        let size = responseHeader(header, revision).encodedSize
        return 1 + varintSize(UInt64(size)) + size + (id == 0 ? 0 : 1 + varintSize(id))
    }

    /// The header of a response.
    func responseHeader(_ header: HeaderFields, _ revision: Revision) -> ResponseHeader {
        ResponseHeader(clusterID: header.cluster, memberID: header.member, revision: revision, raftTerm: header.term)
    }

    /// Writes one response with events.
    private mutating func write(
        _ slot: UInt32, _ hits: Range<Int>, of sheet: borrowing WatchSheet, _ size: Int, isFragment: Bool,
        _ revision: Revision, _ header: HeaderFields, into bytes: inout ByteBuffer, _ replies: inout [WatchReply]
    ) {
        let watcher = watchers[Int(slot)]
        let withPrevious = watcher.options.contains(.previous)
        let from = bytes.count
        bytes.reserve(size)
        let fields = responseHeader(header, revision)
        bytes.append(0x0A as UInt8)
        bytes.append(varint: UInt64(fields.encodedSize))
        fields.encode(into: &bytes)
        if watcher.id != 0 {
            bytes.append(0x10 as UInt8)
            bytes.append(varint: UInt64(bitPattern: watcher.id))
        }
        if isFragment {
            bytes.append(0x38 as UInt8)
            bytes.append(0x01 as UInt8)
        }
        for index in hits {
            let change = sheet.changes[WatchSheet.change(sheet.hits[index])]
            bytes.append(0x5A as UInt8)
            bytes.append(varint: UInt64(change.eventBytes(withPrevious: withPrevious)))
            change.writeEvent(withPrevious: withPrevious, into: &bytes)
        }
        precondition(bytes.count - from == size, "W6: a response is \(bytes.count - from) bytes, not \(size)")
        handOut(from, watcher.stream, in: bytes, &replies)
        trace.emit(
            WatchEventsSent(
                stream: streams[Int(watcher.stream)].name.rawValue, watcher: Int(watcher.id), revision: revision,
                events: hits.count, sizeBytes: size, fragment: isFragment))
    }

    /// Writes one response without events.
    mutating func answer(
        _ response: WatchResponse, to stream: UInt32, into bytes: inout ByteBuffer, _ replies: inout [WatchReply]
    ) {
        let from = bytes.count
        response.encode(into: &bytes)
        handOut(from, stream, in: bytes, &replies)
    }

    /// The bytes from `from` on are one response for a stream: counts them.
    private mutating func handOut(
        _ from: Int, _ stream: UInt32, in bytes: borrowing ByteBuffer, _ replies: inout [WatchReply]
    ) {
        let count = bytes.count - from
        let hadRoom = streams[Int(stream)].outstandingBytes <= limits.streamBytes
        streams[Int(stream)].outstandingBytes += count
        outstandingBytes += count
        replies.append(WatchReply(stream: streams[Int(stream)].name, from: from, count: count))
        if hadRoom, streams[Int(stream)].outstandingBytes > limits.streamBytes {
            trace.emit(
                WatchStreamBlocked(
                    stream: streams[Int(stream)].name.rawValue,
                    waitingBytes: streams[Int(stream)].outstandingBytes))
        }
    }
}
