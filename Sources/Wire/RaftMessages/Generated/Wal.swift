// Wal.swift: the messages of wal.proto as Swift.
//
// Made by MessageGenerator; change Protos/wal.proto instead, which also says what the messages are for
// and how they fit together. What the functions here do with bytes is said in Protobuf/WireMessage.swift.

package import Bytes
package import Identifiers
package import Protobuf

/// What the data of a record is. etcd declares the field as a plain number; any other number in it is a
/// damaged file, or one of a future that we cannot read.
package enum RecordType: WireEnum {
    /// Nothing is ever written with this number.
    case invalid
    /// A `Metadata`. At the head of every file, the same in all of them.
    case metadata
    /// A `raftpb.Entry`. One with an index that came before replaces that entry and all after it.
    case entry
    /// A `raftpb.HardState`; the last one counts.
    case state
    /// No data; `crc` continues the chain from the file before.
    case crc
    /// A `Snapshot`: the state up to there is in a snapshot file, so reading may start there.
    case snapshot
    /// A number that has no name here. `init(rawValue:)` makes it only of such numbers.
    case unrecognized(Int32)

    /// The cases that have names.
    package static let named: [RecordType] = [
        .invalid,
        .metadata,
        .entry,
        .state,
        .crc,
        .snapshot,
    ]

    /// The case for a number of the wire; every number has one.
    @inlinable
    package init(rawValue: Int32) {
        switch rawValue {
        case 0: self = .invalid
        case 1: self = .metadata
        case 2: self = .entry
        case 3: self = .state
        case 4: self = .crc
        case 5: self = .snapshot
        default: self = .unrecognized(rawValue)
        }
    }

    /// The number on the wire.
    @inlinable package var rawValue: Int32 {
        switch self {
        case .invalid: 0
        case .metadata: 1
        case .entry: 2
        case .state: 3
        case .crc: 4
        case .snapshot: 5
        case .unrecognized(let number): number
        }
    }

    /// Equal when the numbers are.
    @inlinable package static func == (left: RecordType, right: RecordType) -> Bool {
        left.rawValue == right.rawValue
    }

    /// Hashes the number.
    package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

/// One record of the log.
package struct Record: WireMessage {
    /// What `data` is. (Go declares it as int64, an enum has 32 bits: the bytes of 0...5 are the same.)
    package var type: RecordType = .invalid
    /// CRC-32C over the data of all records up to this one, across files. A record without data repeats it.
    package var crc: UInt32 = 0
    /// The encoded message. Absent in records of type CRC.
    package var data: ByteSlice = ByteSlice()

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        type: RecordType = .invalid,
        crc: UInt32 = 0,
        data: ByteSlice = ByteSlice()
    ) {
        self.type = type
        self.crc = crc
        self.data = data
    }
}

extension Record {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.required(1, type)
        size.required(2, crc)
        size.field(3, data)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(3, data)
        writer.required(2, crc)
        writer.required(1, type)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: type = try reader.number(field)
            case 2: crc = try reader.number(field)
            case 3: data = try reader.bytes(field, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// Whose log this is. A member refuses a log of somebody else.
package struct Metadata: WireMessage {
    /// The member.
    package var nodeID: MemberID = .none
    /// Its cluster.
    package var clusterID: ClusterID = .none

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        nodeID: MemberID = .none,
        clusterID: ClusterID = .none
    ) {
        self.nodeID = nodeID
        self.clusterID = clusterID
    }
}

extension Metadata {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.required(1, nodeID)
        size.required(2, clusterID)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.required(2, clusterID)
        writer.required(1, nodeID)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: nodeID = try reader.number(field)
            case 2: clusterID = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// A note in the log: "there is a snapshot at this index". A start needs one that fits the snapshot file which
/// it loads; the note at index 0, at the head of the first file, is what lets a log without snapshot start.
package struct SnapshotRecord: WireMessage {
    /// The last entry in the snapshot.
    package var index: LogIndex = .zero
    /// That entry's term.
    package var term: Term = .zero
    /// Since 3.5. The members as of `index`. Absent at index 0 and in logs of 3.4; 3.5 refuses to write a
    /// note without it at any other index.
    package var confState: ConfState?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        index: LogIndex = .zero,
        term: Term = .zero,
        confState: ConfState? = nil
    ) {
        self.index = index
        self.term = term
        self.confState = confState
    }
}

extension SnapshotRecord {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.required(1, index)
        size.required(2, term)
        size.optional(3, confState)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(3, confState)
        writer.required(2, term)
        writer.required(1, index)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: index = try reader.number(field)
            case 2: term = try reader.number(field)
            case 3: try reader.merge(field, into: &confState, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}
