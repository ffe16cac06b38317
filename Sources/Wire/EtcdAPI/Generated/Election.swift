// Election.swift: the messages of election.proto as Swift.
//
// Made by MessageGenerator; change Protos/election.proto instead, which also says what the messages are for
// and how they fit together. What the functions here do with bytes is said in Protobuf/WireMessage.swift.

package import Bytes
package import Identifiers
package import Protobuf

/// Who stands, and for what.
package struct CampaignRequest: WireMessage {
    /// The election: any bytes.
    package var name: ByteSlice = ByteSlice()
    /// The candidate's lease. 0: the server takes one of 60 s that nobody renews after this call.
    package var lease: LeaseID = .none
    /// What the candidate has to say.
    package var value: ByteSlice = ByteSlice()

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        name: ByteSlice = ByteSlice(),
        lease: LeaseID = .none,
        value: ByteSlice = ByteSlice()
    ) {
        self.name = name
        self.lease = lease
        self.value = value
    }
}

extension CampaignRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, name)
        size.field(2, lease)
        size.field(3, value)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(3, value)
        writer.field(2, lease)
        writer.field(1, name)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.bytes(field, in: owner)
            case 2: lease = try reader.number(field)
            case 3: value = try reader.bytes(field, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// Elected.
package struct CampaignResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?
    /// The proof, to be shown on `Proclaim` and `Resign`.
    package var leader: LeaderKey?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        leader: LeaderKey? = nil
    ) {
        self.header = header
        self.leader = leader
    }
}

extension CampaignResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.optional(2, leader)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(2, leader)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: try reader.merge(field, into: &leader, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// The proof of leadership.
package struct LeaderKey: WireMessage {
    /// The election.
    package var name: ByteSlice = ByteSlice()
    /// The leader's key.
    package var key: ByteSlice = ByteSlice()
    /// Its create revision. As long as the key has it, the leadership stands; application writes can be made
    /// conditional on just that.
    package var rev: Revision = .zero
    /// The lease that it hangs on.
    package var lease: LeaseID = .none

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        name: ByteSlice = ByteSlice(),
        key: ByteSlice = ByteSlice(),
        rev: Revision = .zero,
        lease: LeaseID = .none
    ) {
        self.name = name
        self.key = key
        self.rev = rev
        self.lease = lease
    }
}

extension LeaderKey {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, name)
        size.field(2, key)
        size.field(3, rev)
        size.field(4, lease)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(4, lease)
        writer.field(3, rev)
        writer.field(2, key)
        writer.field(1, name)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.bytes(field, in: owner)
            case 2: key = try reader.bytes(field, in: owner)
            case 3: rev = try reader.number(field)
            case 4: lease = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Which election.
package struct LeaderRequest: WireMessage {
    /// The election.
    package var name: ByteSlice = ByteSlice()

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        name: ByteSlice = ByteSlice()
    ) {
        self.name = name
    }
}

extension LeaderRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, name)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(1, name)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.bytes(field, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// Who leads.
package struct LeaderResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?
    /// The leader's key, and what it says.
    package var kv: KeyValue?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        kv: KeyValue? = nil
    ) {
        self.header = header
        self.kv = kv
    }
}

extension LeaderResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.optional(2, kv)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(2, kv)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: try reader.merge(field, into: &kv, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// The leader steps down.
package struct ResignRequest: WireMessage {
    /// The proof. Missing: Unknown "\"leader\" field must be provided".
    package var leader: LeaderKey?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        leader: LeaderKey? = nil
    ) {
        self.leader = leader
    }
}

extension ResignRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, leader)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(1, leader)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &leader, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// It has stepped down.
package struct ResignResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil
    ) {
        self.header = header
    }
}

extension ResignResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// The leader wants to say something.
package struct ProclaimRequest: WireMessage {
    /// The proof. Missing: Unknown "\"leader\" field must be provided".
    package var leader: LeaderKey?
    /// What to say. Not leading any more: Unknown "election: not leader".
    package var value: ByteSlice = ByteSlice()

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        leader: LeaderKey? = nil,
        value: ByteSlice = ByteSlice()
    ) {
        self.leader = leader
        self.value = value
    }
}

extension ProclaimRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, leader)
        size.field(2, value)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(2, value)
        writer.optional(1, leader)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &leader, in: owner)
            case 2: value = try reader.bytes(field, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// It is said.
package struct ProclaimResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil
    ) {
        self.header = header
    }
}

extension ProclaimResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}
