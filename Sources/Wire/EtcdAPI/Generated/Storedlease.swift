// Storedlease.swift: the messages of storedlease.proto as Swift.
//
// Made by MessageGenerator; change Protos/storedlease.proto instead, which also says what the messages are for
// and how they fit together. What the functions here do with bytes is said in Protobuf/WireMessage.swift.

package import Bytes
package import Identifiers
package import Protobuf

/// What survives a restart.
package struct StoredLease: WireMessage {
    /// Its name.
    package var id: LeaseID = .none
    /// The seconds granted.
    package var ttl: Int64 = 0
    /// The seconds left at the last checkpoint; 0: none was made, count from TTL.
    package var remainingTTL: Int64 = 0

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        id: LeaseID = .none,
        ttl: Int64 = 0,
        remainingTTL: Int64 = 0
    ) {
        self.id = id
        self.ttl = ttl
        self.remainingTTL = remainingTTL
    }
}

extension StoredLease {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, id)
        size.field(2, ttl)
        size.field(3, remainingTTL)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(3, remainingTTL)
        writer.field(2, ttl)
        writer.field(1, id)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: id = try reader.number(field)
            case 2: ttl = try reader.number(field)
            case 3: remainingTTL = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// A follower asks the leader how a lease stands: POST /leases/internal on the peer port.
package struct LeaseInternalRequest: WireMessage {
    /// The client's question, as it came.
    package var leaseTimeToLiveRequest: LeaseTimeToLiveRequest?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        leaseTimeToLiveRequest: LeaseTimeToLiveRequest? = nil
    ) {
        self.leaseTimeToLiveRequest = leaseTimeToLiveRequest
    }
}

extension LeaseInternalRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, leaseTimeToLiveRequest)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(1, leaseTimeToLiveRequest)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &leaseTimeToLiveRequest, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// The leader's answer.
package struct LeaseInternalResponse: WireMessage {
    /// What the follower passes on to the client.
    package var leaseTimeToLiveResponse: LeaseTimeToLiveResponse?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        leaseTimeToLiveResponse: LeaseTimeToLiveResponse? = nil
    ) {
        self.leaseTimeToLiveResponse = leaseTimeToLiveResponse
    }
}

extension LeaseInternalResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, leaseTimeToLiveResponse)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(1, leaseTimeToLiveResponse)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &leaseTimeToLiveResponse, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}
