// Gzip.swift: messages and pages, smaller.
//
// gRPC clients may compress their messages (`grpc-encoding: gzip`). What comes from a stranger must not
// be trusted in size either: a kilobyte of gzip can hold a gigabyte of zeros. So unpacking has a limit,
// and the answer to a message beyond it is an error, not an allocation.
//
// COST     packing 30-60 MB/s at level 6, unpacking 300 MB/s: gzip is for slow links, never the default.

package import Bytes
internal import CZlib

/// Why some bytes are not the gzip of something, or of too much.
package enum GzipError: Error, Hashable, Sendable, CustomStringConvertible {
    /// They are not gzip, or damaged.
    case malformed
    /// They end too early.
    case truncated
    /// They hold more than the limit.
    case tooLarge(limit: Int)

    /// For people.
    package var description: String {
        switch self {
        case .malformed: "these bytes are not gzip, or they are damaged"
        case .truncated: "the gzip data ends in the middle"
        case .tooLarge(let limit): "the gzip data holds more than the limit of \(limit) bytes"
        }
    }
}

/// The gzip format (RFC 1952).
package enum Gzip {
    /// Packs `bytes` at the end of `output`.
    package static func compress(_ bytes: ByteView, into output: inout ByteBuffer, level: Int = 6) {
        var stream = unsafe z_stream()
        // SAFETY: the stream is initialised here and ended below; zlib reads and writes within what it is told.
        let ready = unsafe zlib_deflate_init_gzip(&stream, Int32(level))
        precondition(ready == Z_OK, "zlib gives no stream: \(ready)")
        defer { _ = unsafe deflateEnd(&stream) }
        unsafe bytes.withUnsafeBytes { source in
            unsafe stream.next_in = UnsafeMutablePointer(mutating: source.bindMemory(to: UInt8.self).baseAddress)
            unsafe stream.avail_in = UInt32(source.count)
            // SAFETY: zlib writes only within the room that it is told of.
            var status = Z_OK
            while status == Z_OK {
                unsafe output.appendUnsafely(upTo: 16_384) { room in
                    unsafe stream.next_out = room.bindMemory(to: UInt8.self).baseAddress
                    unsafe stream.avail_out = UInt32(room.count)
                    status = unsafe deflate(&stream, Z_FINISH)
                    return unsafe room.count - Int(stream.avail_out)
                }
            }
            precondition(status == Z_STREAM_END, "zlib packs no more: \(status)")
        }
    }

    /// Unpacks `bytes` at the end of `output`, at most `limit` of them. Several members one after the other
    /// are one text, as RFC 1952 says.
    package static func decompress(
        _ bytes: ByteView, into output: inout ByteBuffer, limit: Int
    ) throws(GzipError) {
        var stream = unsafe z_stream()
        // SAFETY: as above.
        let ready = unsafe zlib_inflate_init_gzip(&stream)
        precondition(ready == Z_OK, "zlib gives no stream: \(ready)")
        defer { _ = unsafe inflateEnd(&stream) }
        let failure: GzipError? = unsafe bytes.withUnsafeBytes { source in
            unsafe stream.next_in = UnsafeMutablePointer(mutating: source.bindMemory(to: UInt8.self).baseAddress)
            unsafe stream.avail_in = UInt32(source.count)
            var total = 0
            while true {
                // One byte more than allowed is enough to know.
                let room = min(16_384, limit - total + 1)
                // SAFETY: zlib writes only within the room that it is told of, and says how much is left.
                var status = Z_OK
                unsafe output.appendUnsafely(upTo: room) { target in
                    unsafe stream.next_out = target.bindMemory(to: UInt8.self).baseAddress
                    unsafe stream.avail_out = UInt32(room)
                    status = unsafe inflate(&stream, Z_NO_FLUSH)
                    return unsafe room - Int(stream.avail_out)
                }
                total += unsafe room - Int(stream.avail_out)
                if total > limit { return .tooLarge(limit: limit) }
                // SAFETY: the counters of our own stream.
                switch status {
                case Z_STREAM_END:
                    if unsafe stream.avail_in == 0 { return nil }
                    if unsafe inflateReset(&stream) != Z_OK { return .malformed }
                case Z_OK: if unsafe stream.avail_in == 0, unsafe stream.avail_out > 0 { return .truncated }
                case Z_BUF_ERROR: return .truncated
                default: return .malformed
                }
            }
        }
        if let failure { throw failure }
    }
}
