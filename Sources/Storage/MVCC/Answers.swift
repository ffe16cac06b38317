// Answers.swift: messages that are never made.
//
// A range's answer holds pairs that lie, encoded exactly so, in the store's file. Making Swift structs of them and encoding
// those would copy every value twice and allocate for each key. So answers are written field by field into the
// caller's buffer, in ascending order as protobuf wants them, each pair with one copy from page to buffer:
//
//     RangeResponse    0a 1c <header>   12 2d <pair as stored>   12 31 <pair as stored>   18 01    20 07
//                      header           kvs                      kvs                      more     count
//
// Only the few small fields between them are made here. The same goes for the pair that a put stores.

import Bytes
import EtcdAPI
import Identifiers
import Protobuf

extension ByteBuffer {
    /// Field 1 of every answer.
    @inline(__always)
    mutating func append(header fields: HeaderFields, revision: Revision) {
        let header = ResponseHeader(
            clusterID: fields.cluster, memberID: fields.member, revision: revision, raftTerm: fields.term)
        append(0x0A)
        // At most 44 bytes, so one byte says how many.
        append(UInt8(header.encodedSize))
        header.encode(into: &self)
    }

    /// A field of bytes: tag, length, bytes. Empty ones too.
    @inline(__always)
    mutating func append(field number: UInt8, _ bytes: ByteView) {
        append(number << 3 | 2)
        append(varint: UInt64(bytes.count))
        append(bytes)
    }

    /// A field that is a number, unless it is zero.
    @inline(__always)
    mutating func append(field number: UInt8, _ value: Int64) {
        guard value != 0 else { return }
        append(number << 3)
        append(varint: UInt64(bitPattern: value))
    }
}

/// A pair as it is stored and sent, from its parts.
struct PairFields {
    var key: ByteView
    var created: Int64
    var modified: Int64
    var version: Int64
    var value = ByteView()
    var lease: Int64 = 0

    private func size(_ bytes: ByteView) -> Int {
        bytes.isEmpty ? 0 : 1 + varintSize(UInt64(bytes.count)) + bytes.count
    }

    private func size(_ number: Int64) -> Int { number == 0 ? 0 : 1 + varintSize(UInt64(bitPattern: number)) }

    /// How many bytes it takes.
    var encodedSize: Int {
        size(key) + size(created) + size(modified) + size(version) + size(value) + size(lease)
    }

    /// Appends it.
    func encode(into buffer: inout ByteBuffer) {
        buffer.append(backward: encodedSize) { writer in
            Self.prepend(6, lease, to: &writer)
            Self.prepend(5, value, to: &writer)
            Self.prepend(4, version, to: &writer)
            Self.prepend(3, modified, to: &writer)
            Self.prepend(2, created, to: &writer)
            Self.prepend(1, key, to: &writer)
        }
    }

    @inline(__always)
    private static func prepend(_ field: UInt8, _ number: Int64, to writer: inout BackwardWriter) {
        guard number != 0 else { return }
        writer.prepend(varint: UInt64(bitPattern: number))
        writer.prepend(field << 3)
    }

    @inline(__always)
    private static func prepend(_ field: UInt8, _ bytes: ByteView, to writer: inout BackwardWriter) {
        guard !bytes.isEmpty else { return }
        writer.prepend(bytes)
        writer.prepend(varint: UInt64(bytes.count))
        writer.prepend(field << 3 | 2)
    }
}
