// Header.swift: the messages of header.proto as Swift.
//
// Made by MessageGenerator; change Protos/header.proto instead, which also says what the messages are for
// and how they fit together. What the functions here do with bytes is said in Protobuf/WireMessage.swift.

package import Bytes
package import Identifiers
package import Protobuf

/// The head of a reply. Three kinds of reply go without it or with a thin one: `Defragment`, `MoveLeader`
/// and the messages of a `Snapshot` stream carry none at all; the parts of a transaction's reply carry
/// `revision` only; and the replies of the service Cluster leave `revision` 0.
package struct ResponseHeader: WireViewable {
    /// The cluster that answered. A client that talks to two clusters by mistake finds out here.
    package var clusterID: ClusterID = .none
    /// The member that answered: the one the client is connected to, not necessarily the leader.
    package var memberID: MemberID = .none
    /// The store's revision. After a write: the revision that this write made. After a read: the newest
    /// revision at the time of reading, also when an older one was asked for. A change of users, alarms,
    /// members or leases without keys does not move it.
    package var revision: Revision = .zero
    /// The term of the answering member at the time it built the reply.
    package var raftTerm: Term = .zero

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        clusterID: ClusterID = .none,
        memberID: MemberID = .none,
        revision: Revision = .zero,
        raftTerm: Term = .zero
    ) {
        self.clusterID = clusterID
        self.memberID = memberID
        self.revision = revision
        self.raftTerm = raftTerm
    }
}

extension ResponseHeader {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, clusterID)
        size.field(2, memberID)
        size.field(3, revision)
        size.field(4, raftTerm)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(4, raftTerm)
        writer.field(3, revision)
        writer.field(2, memberID)
        writer.field(1, clusterID)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: clusterID = try reader.number(field)
            case 2: memberID = try reader.number(field)
            case 3: revision = try reader.number(field)
            case 4: raftTerm = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

extension ResponseHeader {
    /// A `ResponseHeader` as it lies in a buffer: true as long as the buffer's bytes are, and owner of nothing.
    package struct View: WireView {
        /// See `ResponseHeader.clusterID`.
        package private(set) var clusterID: ClusterID = .none
        /// See `ResponseHeader.memberID`.
        package private(set) var memberID: MemberID = .none
        /// See `ResponseHeader.revision`.
        package private(set) var revision: Revision = .zero
        /// See `ResponseHeader.raftTerm`.
        package private(set) var raftTerm: Term = .zero

        /// All fields absent.
        package init() {}

        /// Takes over the fields that are there.
        package mutating func merge(from reader: inout WireReader) throws(WireError) {
            while let field = try reader.next() {
                switch field.number {
                case 1: clusterID = try reader.number(field)
                case 2: memberID = try reader.number(field)
                case 3: revision = try reader.number(field)
                case 4: raftTerm = try reader.number(field)
                default: try reader.skip(field)
                }
            }
        }
    }

    /// A message of its own: every row of bytes that the view shows is copied by itself.
    package init(copying view: View) {
        clusterID = view.clusterID
        memberID = view.memberID
        revision = view.revision
        raftTerm = view.raftTerm
    }
}
