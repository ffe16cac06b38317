// GRPCFraming.swift: messages in a stream of bytes.
//
// HTTP knows bodies, not messages. So before each message stand five bytes:
//
//     0          1                     5                    5 + n
//     +----------+---------------------+--------------------+
//     | packed?  | length n, big-endian| message            |
//     +----------+---------------------+--------------------+
//
// Usually one message is all of one DATA frame; then the handler sees it where the socket's bytes lie, and
// nothing is copied. Only a message that is cut by frames is gathered.
//
// A MESSAGE THAT IS TOO LARGE is refused when its five bytes are there, before a byte of it is kept. When it
// is packed, the limit holds for the unpacked size: a kilobyte of gzip can become a gigabyte.
//
// The texts of the errors are gRPC's own; etcd's clients look for them.
//
// SHOWN BY  GRPCFramingTests

package import Bytes
internal import HTTP2Session
internal import Zlib

/// How messages are packed.
package enum GRPCEncoding: Sendable {
    /// Not at all.
    case identity
    /// As gzip.
    case gzip

    /// The encoding of a `grpc-encoding` field; nil for one that we do not know.
    package init?(_ field: ByteView?) {
        guard let field, !field.isEmpty, !field.equals("identity") else {
            self = .identity
            return
        }
        guard field.equals("gzip") else { return nil }
        self = .gzip
    }
}

/// Takes messages out of a stream.
package struct GRPCDeframer: ~Copyable {
    private let limit: Int
    private let encoding: GRPCEncoding
    private var gathered = ByteBuffer()
    private var needed = 5

    /// Messages of at most `limit` bytes, packed as `encoding` says.
    package init(limit: Int, encoding: GRPCEncoding) {
        self.limit = limit
        self.encoding = encoding
    }

    /// Bytes of a message that is not complete.
    package var heldBytes: Int { gathered.count }

    /// Whether the stream stopped in the middle of a message.
    package var isMidMessage: Bool { !gathered.isEmpty }

    /// The message, if `bytes` are exactly one whole message that is not packed and nothing was gathered
    /// before: what nearly every request is.
    package func single(in bytes: ByteView) -> ByteView? {
        guard bytes.count >= 5, bytes[0] == 0, gathered.isEmpty, bytes.count - 5 <= limit,
            Int(bytes.bigEndian(at: 1, as: UInt32.self)) == bytes.count - 5
        else { return nil }
        return bytes.dropFirst(5)
    }

    /// Takes bytes and hands every message that is complete to `body`; a view is true until `body` returns.
    /// `body` says whether to go on.
    package mutating func take(_ bytes: ByteView, _ body: (ByteView) -> Bool) throws(GRPCStatus) {
        var rest = bytes
        while true {
            if gathered.isEmpty {
                // The frequent case: a whole message in one piece.
                guard rest.count >= 5 else { break }
                let length = try lengthOf(rest)
                guard rest.count - 5 >= length else { break }
                let isPacked = rest[0] == 1
                let message = rest[5..<(5 + length)]
                rest = rest.dropFirst(5 + length)
                guard try deliver(message, isPacked: isPacked, body) else { return }
            } else {
                let part = rest.prefix(min(rest.count, needed - gathered.count))
                gathered.append(part)
                rest = rest.dropFirst(part.count)
                guard gathered.count == needed else { return }
                if needed == 5 {
                    needed = 5 + (try lengthOf(gathered.view))
                    if needed > 5 { continue }
                }
                let whole = gathered.slice()
                gathered = ByteBuffer()
                needed = 5
                guard try deliver(whole.view.dropFirst(5), isPacked: whole[0] == 1, body) else { return }
            }
        }
        guard !rest.isEmpty else { return }
        needed = rest.count >= 5 ? 5 + (try lengthOf(rest)) : 5
        gathered.reserve(min(needed, 64 * 1024))
        gathered.append(rest)
    }

    private func lengthOf(_ head: ByteView) throws(GRPCStatus) -> Int {
        guard head[0] <= 1 else {
            throw GRPCStatus(.internal, "grpc: received unexpected payload format \(head[0])")
        }
        if head[0] == 1, encoding == .identity {
            throw GRPCStatus(.internal, "grpc: compressed flag set with identity or empty encoding")
        }
        let length = Int(head.bigEndian(at: 1, as: UInt32.self))
        if length > limit {
            throw GRPCStatus(.resourceExhausted, "grpc: received message larger than max (\(length) vs. \(limit))")
        }
        return length
    }

    private func deliver(
        _ message: ByteView, isPacked: Bool, _ body: (ByteView) -> Bool
    ) throws(GRPCStatus) -> Bool {
        guard isPacked else { return body(message) }
        var plain = ByteBuffer()
        do throws(GzipError) {
            try Gzip.decompress(message, into: &plain, limit: limit)
        } catch {
            if case .tooLarge = error {
                throw GRPCStatus(
                    .resourceExhausted,
                    "grpc: received message after decompression larger than max (\(limit + 1) vs. \(limit))")
            }
            throw GRPCStatus(.internal, "grpc: failed to decompress the received message: \(error)")
        }
        let slice = plain.slice()
        return body(slice.view)
    }
}

/// Puts messages into a stream.
package enum GRPCFramer {
    /// Writes a message with its five bytes; says how long the message is, unpacked.
    @discardableResult
    package static func write(
        into output: inout ByteBuffer, encoding: GRPCEncoding = .identity, _ write: (inout ByteBuffer) -> Void
    ) -> Int {
        if encoding == .gzip {
            var plain = ByteBuffer(capacity: 256)
            write(&plain)
            output.append(1)
            let place = output.skip(4)
            Gzip.compress(plain.view, into: &output)
            patch(&output, at: place)
            return plain.count
        }
        output.append(0)
        let place = output.skip(4)
        write(&output)
        patch(&output, at: place)
        return output.count - place - 4
    }

    /// The five bytes of a message that comes as it is, in parts.
    package static func writeHead(ofBytes length: Int, into output: inout ByteBuffer) {
        output.append(0)
        output.append(bigEndian: UInt32(length))
    }

    /// The length is known when the message is there.
    private static func patch(_ output: inout ByteBuffer, at place: Int) {
        let length = UInt32(output.count - place - 4)
        let bytes: InlineArray<4, UInt8> = [
            UInt8(length >> 24), UInt8(truncatingIfNeeded: length >> 16), UInt8(truncatingIfNeeded: length >> 8),
            UInt8(truncatingIfNeeded: length),
        ]
        output.overwrite(at: place, with: bytes.span)
    }
}
