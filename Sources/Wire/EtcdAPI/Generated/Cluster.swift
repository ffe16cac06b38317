// Cluster.swift: the messages of cluster.proto as Swift.
//
// Made by MessageGenerator; change Protos/cluster.proto instead, which also says what the messages are for
// and how they fit together. What the functions here do with bytes is said in Protobuf/WireMessage.swift.

package import Bytes
package import Identifiers
package import Protobuf

/// A member as clients see it.
package struct ClusterMember: WireMessage {
    /// The first eight bytes of a SHA-1 over its peer URLs and, for a founding member, the cluster's token; for
    /// a later one, the second in which it was added.
    package var id: MemberID = .none
    /// What `--name` says. Empty until the member has started and introduced itself.
    package var name: String = ""
    /// Where the other members reach it.
    package var peerURLs: [String] = []
    /// Where clients reach it. Empty until the member has started and introduced itself.
    package var clientURLs: [String] = []
    /// Since 3.4. It receives the log but has no vote, and serves little: serializable ranges, Status, Snapshot.
    package var isLearner: Bool = false

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        id: MemberID = .none,
        name: String = "",
        peerURLs: [String] = [],
        clientURLs: [String] = [],
        isLearner: Bool = false
    ) {
        self.id = id
        self.name = name
        self.peerURLs = peerURLs
        self.clientURLs = clientURLs
        self.isLearner = isLearner
    }
}

extension ClusterMember {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, id)
        size.field(2, name)
        size.repeated(3, peerURLs)
        size.repeated(4, clientURLs)
        size.field(5, isLearner)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(5, isLearner)
        writer.repeated(4, clientURLs)
        writer.repeated(3, peerURLs)
        writer.field(2, name)
        writer.field(1, id)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: id = try reader.number(field)
            case 2: name = try reader.text(field)
            case 3: try reader.append(field, to: &peerURLs)
            case 4: try reader.append(field, to: &clientURLs)
            case 5: isLearner = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Who is to come.
package struct MemberAddRequest: WireMessage {
    /// At least one valid URL: else InvalidArgument "etcdserver: given member URLs are invalid". One that
    /// another member has: FailedPrecondition "etcdserver: Peer URLs already exists".
    package var peerURLs: [String] = []
    /// Since 3.4. Come without a vote. One at a time (`--max-learners` since 3.6): FailedPrecondition
    /// "etcdserver: too many learner members in cluster".
    package var isLearner: Bool = false

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        peerURLs: [String] = [],
        isLearner: Bool = false
    ) {
        self.peerURLs = peerURLs
        self.isLearner = isLearner
    }
}

extension MemberAddRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.repeated(1, peerURLs)
        size.field(2, isLearner)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(2, isLearner)
        writer.repeated(1, peerURLs)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.append(field, to: &peerURLs)
            case 2: isLearner = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// The change is applied on the member that answers.
package struct MemberAddResponse: WireMessage {
    /// Who answered; without revision.
    package var header: ResponseHeader?
    /// The new member: ID, peer URLs and whether it is a learner; the rest is not known before it starts.
    package var member: ClusterMember?
    /// All members after the change, by ID.
    package var members: [ClusterMember] = []

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        member: ClusterMember? = nil,
        members: [ClusterMember] = []
    ) {
        self.header = header
        self.member = member
        self.members = members
    }
}

extension MemberAddResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.optional(2, member)
        size.repeated(3, members)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.repeated(3, members)
        writer.optional(2, member)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: try reader.merge(field, into: &member, in: owner)
            case 3: try reader.append(field, to: &members, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// Who is to go.
package struct MemberRemoveRequest: WireMessage {
    /// Unknown or already removed: NotFound "etcdserver: member not found".
    package var id: MemberID = .none

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        id: MemberID = .none
    ) {
        self.id = id
    }
}

extension MemberRemoveRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, id)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(1, id)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: id = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// It is gone.
package struct MemberRemoveResponse: WireMessage {
    /// Who answered; without revision.
    package var header: ResponseHeader?
    /// All members after the change, by ID.
    package var members: [ClusterMember] = []

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        members: [ClusterMember] = []
    ) {
        self.header = header
        self.members = members
    }
}

extension MemberRemoveResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.repeated(2, members)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.repeated(2, members)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: try reader.append(field, to: &members, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// Who has moved, and where to.
package struct MemberUpdateRequest: WireMessage {
    /// Unknown: NotFound "etcdserver: member not found".
    package var id: MemberID = .none
    /// The new URLs. They are believed as they are, even "foo".
    package var peerURLs: [String] = []

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        id: MemberID = .none,
        peerURLs: [String] = []
    ) {
        self.id = id
        self.peerURLs = peerURLs
    }
}

extension MemberUpdateRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, id)
        size.repeated(2, peerURLs)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.repeated(2, peerURLs)
        writer.field(1, id)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: id = try reader.number(field)
            case 2: try reader.append(field, to: &peerURLs)
            default: try reader.skip(field)
            }
        }
    }
}

/// The cluster knows.
package struct MemberUpdateResponse: WireMessage {
    /// Who answered; without revision.
    package var header: ResponseHeader?
    /// Since 3.1. All members after the change, by ID.
    package var members: [ClusterMember] = []

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        members: [ClusterMember] = []
    ) {
        self.header = header
        self.members = members
    }
}

extension MemberUpdateResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.repeated(2, members)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.repeated(2, members)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: try reader.append(field, to: &members, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// A question for all members.
package struct MemberListRequest: WireMessage {
    /// Since 3.5. true: as the leader confirms it. false: as this member believes, which works without a quorum.
    package var linearizable: Bool = false

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        linearizable: Bool = false
    ) {
        self.linearizable = linearizable
    }
}

extension MemberListRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, linearizable)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(1, linearizable)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: linearizable = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// All members.
package struct MemberListResponse: WireMessage {
    /// Who answered; without revision.
    package var header: ResponseHeader?
    /// Ascending by ID, as numbers.
    package var members: [ClusterMember] = []

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        members: [ClusterMember] = []
    ) {
        self.header = header
        self.members = members
    }
}

extension MemberListResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.repeated(2, members)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.repeated(2, members)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: try reader.append(field, to: &members, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// Since 3.4. Which learner gets its vote.
package struct MemberPromoteRequest: WireMessage {
    /// Unknown: NotFound "etcdserver: member not found". Not a learner: FailedPrecondition "etcdserver: can only
    /// promote a learner member". It has less than 90 % of the leader's log: FailedPrecondition "etcdserver: can
    /// only promote a learner member which is in sync with leader".
    package var id: MemberID = .none

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        id: MemberID = .none
    ) {
        self.id = id
    }
}

extension MemberPromoteRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, id)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(1, id)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: id = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Since 3.4. It votes.
package struct MemberPromoteResponse: WireMessage {
    /// Who answered; without revision.
    package var header: ResponseHeader?
    /// All members after the change, by ID.
    package var members: [ClusterMember] = []

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        members: [ClusterMember] = []
    ) {
        self.header = header
        self.members = members
    }
}

extension MemberPromoteResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.repeated(2, members)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.repeated(2, members)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: try reader.append(field, to: &members, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}
