// Membership.swift: the messages of membership.proto as Swift.
//
// Made by MessageGenerator; change Protos/membership.proto instead, which also says what the messages are for
// and how they fit together. What the functions here do with bytes is said in Protobuf/WireMessage.swift.

package import Bytes
package import Identifiers
package import Protobuf

/// What a member is added with. Other members need it to talk to it.
package struct RaftAttributes: WireMessage {
    /// Where its peers reach it.
    package var peerURLs: [String] = []
    /// Whether it has no vote.
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

extension RaftAttributes {
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

/// What a member says of itself.
package struct MemberAttributes: WireMessage {
    /// What `--name` says.
    package var name: String = ""
    /// Where clients reach it.
    package var clientURLs: [String] = []

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        name: String = "",
        clientURLs: [String] = []
    ) {
        self.name = name
        self.clientURLs = clientURLs
    }
}

extension MemberAttributes {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, name)
        size.repeated(2, clientURLs)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.repeated(2, clientURLs)
        writer.field(1, name)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.text(field)
            case 2: try reader.append(field, to: &clientURLs)
            default: try reader.skip(field)
            }
        }
    }
}

/// Both together.
package struct MemberRecord: WireMessage {
    /// Its name among the members.
    package var id: MemberID = .none
    /// Where its peers reach it, and whether it votes.
    package var raftAttributes: RaftAttributes?
    /// What it published.
    package var memberAttributes: MemberAttributes?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        id: MemberID = .none,
        raftAttributes: RaftAttributes? = nil,
        memberAttributes: MemberAttributes? = nil
    ) {
        self.id = id
        self.raftAttributes = raftAttributes
        self.memberAttributes = memberAttributes
    }
}

extension MemberRecord {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, id)
        size.optional(2, raftAttributes)
        size.optional(3, memberAttributes)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(3, memberAttributes)
        writer.optional(2, raftAttributes)
        writer.field(1, id)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: id = try reader.number(field)
            case 2: try reader.merge(field, into: &raftAttributes, in: owner)
            case 3: try reader.merge(field, into: &memberAttributes, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// Since 3.5. All members agree that the cluster speaks a version from here on.
package struct ClusterVersionSetRequest: WireMessage {
    /// Major, minor and a patch that is always 0: "3.5.0".
    package var ver: String = ""

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        ver: String = ""
    ) {
        self.ver = ver
    }
}

extension ClusterVersionSetRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, ver)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(1, ver)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: ver = try reader.text(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Since 3.5. A member introduces itself.
package struct ClusterMemberAttrSetRequest: WireMessage {
    /// Which member.
    package var memberID: MemberID = .none
    /// What it says.
    package var memberAttributes: MemberAttributes?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        memberID: MemberID = .none,
        memberAttributes: MemberAttributes? = nil
    ) {
        self.memberID = memberID
        self.memberAttributes = memberAttributes
    }
}

extension ClusterMemberAttrSetRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, memberID)
        size.optional(2, memberAttributes)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(2, memberAttributes)
        writer.field(1, memberID)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: memberID = try reader.number(field)
            case 2: try reader.merge(field, into: &memberAttributes, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// Since 3.5. A downgrade begins or ends.
package struct DowngradeInfoSetRequest: WireMessage {
    /// true: under way. false: cancelled or done.
    package var enabled: Bool = false
    /// The version to go down to.
    package var ver: String = ""

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        enabled: Bool = false,
        ver: String = ""
    ) {
        self.enabled = enabled
        self.ver = ver
    }
}

extension DowngradeInfoSetRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, enabled)
        size.field(2, ver)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(2, ver)
        writer.field(1, enabled)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: enabled = try reader.number(field)
            case 2: ver = try reader.text(field)
            default: try reader.skip(field)
            }
        }
    }
}
