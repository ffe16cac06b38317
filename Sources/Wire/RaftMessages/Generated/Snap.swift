// Snap.swift: the messages of snap.proto as Swift.
//
// Made by MessageGenerator; change Protos/snap.proto instead, which also says what the messages are for
// and how they fit together. What the functions here do with bytes is said in Protobuf/WireMessage.swift.

package import Bytes
package import Protobuf

/// The outer message of a snapshot file.
package struct SnapshotFile: WireMessage {
    /// CRC-32C of `data`, from 0. A file whose checksum is 0 counts as empty.
    package var crc: UInt32 = 0
    /// An encoded `raftpb.Snapshot`.
    package var data: ByteSlice = ByteSlice()

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        crc: UInt32 = 0,
        data: ByteSlice = ByteSlice()
    ) {
        self.crc = crc
        self.data = data
    }
}

extension SnapshotFile {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.required(1, crc)
        size.field(2, data)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(2, data)
        writer.required(1, crc)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: crc = try reader.number(field)
            case 2: data = try reader.bytes(field, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}
