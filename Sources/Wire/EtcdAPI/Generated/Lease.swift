// Lease.swift: the messages of lease.proto as Swift.
//
// Made by MessageGenerator; change Protos/lease.proto instead, which also says what the messages are for
// and how they fit together. What the functions here do with bytes is said in Protobuf/WireMessage.swift.

package import Bytes
package import Identifiers
package import Protobuf

/// A wish for a lease.
package struct LeaseGrantRequest: WireMessage {
    /// Seconds. Too few, 0 and negative are raised to the minimum. Too many: OutOfRange "etcdserver: too large
    /// lease TTL".
    package var ttl: Int64 = 0
    /// The name that the client wants. 0: the server picks a positive one. Taken: FailedPrecondition
    /// "etcdserver: lease already exists".
    package var id: LeaseID = .none

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        ttl: Int64 = 0,
        id: LeaseID = .none
    ) {
        self.ttl = ttl
        self.id = id
    }
}

extension LeaseGrantRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, ttl)
        size.field(2, id)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(2, id)
        writer.field(1, ttl)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: ttl = try reader.number(field)
            case 2: id = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// The lease is there.
package struct LeaseGrantResponse: WireMessage {
    /// Who answered. A lease makes no revision.
    package var header: ResponseHeader?
    /// Its name.
    package var id: LeaseID = .none
    /// The seconds that were granted, which may be more than was asked for.
    package var ttl: Int64 = 0
    /// Never set; errors travel as gRPC status.
    package var error: String = ""

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        id: LeaseID = .none,
        ttl: Int64 = 0,
        error: String = ""
    ) {
        self.header = header
        self.id = id
        self.ttl = ttl
        self.error = error
    }
}

extension LeaseGrantResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.field(2, id)
        size.field(3, ttl)
        size.field(4, error)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(4, error)
        writer.field(3, ttl)
        writer.field(2, id)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: id = try reader.number(field)
            case 3: ttl = try reader.number(field)
            case 4: error = try reader.text(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Which lease to end.
package struct LeaseRevokeRequest: WireMessage {
    /// Unknown: NotFound "etcdserver: requested lease not found".
    package var id: LeaseID = .none

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        id: LeaseID = .none
    ) {
        self.id = id
    }
}

extension LeaseRevokeRequest {
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

/// The lease is gone, and its keys in one revision with it.
package struct LeaseRevokeResponse: WireMessage {
    /// `revision` is new if the lease had keys.
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

extension LeaseRevokeResponse {
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

/// Since 3.4. One lease's remaining time, as the leader writes it into the log every five minutes where
/// `--experimental-enable-lease-checkpoint` asks for it, so that a new leader need not start from the full TTL.
package struct LeaseCheckpoint: WireMessage {
    /// Which lease.
    package var id: LeaseID = .none
    /// Seconds left; 0 forgets the checkpoint (at each renewal).
    package var remainingTTL: Int64 = 0

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        id: LeaseID = .none,
        remainingTTL: Int64 = 0
    ) {
        self.id = id
        self.remainingTTL = remainingTTL
    }
}

extension LeaseCheckpoint {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, id)
        size.field(2, remainingTTL)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(2, remainingTTL)
        writer.field(1, id)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: id = try reader.number(field)
            case 2: remainingTTL = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Since 3.4. Inside the log only; no client can send it.
package struct LeaseCheckpointRequest: WireMessage {
    /// At most 1000 in one entry.
    package var checkpoints: [LeaseCheckpoint] = []

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        checkpoints: [LeaseCheckpoint] = []
    ) {
        self.checkpoints = checkpoints
    }
}

extension LeaseCheckpointRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.repeated(1, checkpoints)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.repeated(1, checkpoints)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.append(field, to: &checkpoints, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// Since 3.4. What applying a checkpoint answers to the leader's own loop.
package struct LeaseCheckpointResponse: WireMessage {
    /// Who applied it.
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

extension LeaseCheckpointResponse {
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

/// A sign of life.
package struct LeaseKeepAliveRequest: WireMessage {
    /// For which lease.
    package var id: LeaseID = .none

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        id: LeaseID = .none
    ) {
        self.id = id
    }
}

extension LeaseKeepAliveRequest {
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

/// It was heard.
package struct LeaseKeepAliveResponse: WireMessage {
    /// Who answered; taken before the renewal.
    package var header: ResponseHeader?
    /// Which lease.
    package var id: LeaseID = .none
    /// Seconds until it ends, counted from now. 0: there is no such lease any more, which is no error, and
    /// the stream stays open for the others.
    package var ttl: Int64 = 0

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        id: LeaseID = .none,
        ttl: Int64 = 0
    ) {
        self.header = header
        self.id = id
        self.ttl = ttl
    }
}

extension LeaseKeepAliveResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.field(2, id)
        size.field(3, ttl)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(3, ttl)
        writer.field(2, id)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: id = try reader.number(field)
            case 3: ttl = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Since 3.1. A question about one lease.
package struct LeaseTimeToLiveRequest: WireMessage {
    /// Which lease.
    package var id: LeaseID = .none
    /// List its keys too.
    package var keys: Bool = false

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        id: LeaseID = .none,
        keys: Bool = false
    ) {
        self.id = id
        self.keys = keys
    }
}

extension LeaseTimeToLiveRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, id)
        size.field(2, keys)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(2, keys)
        writer.field(1, id)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: id = try reader.number(field)
            case 2: keys = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Since 3.1. How a lease stands.
package struct LeaseTimeToLiveResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?
    /// Which lease.
    package var id: LeaseID = .none
    /// Whole seconds left, rounded down; -1: no such lease, which is no error.
    package var ttl: Int64 = 0
    /// The seconds it was granted for.
    package var grantedTTL: Int64 = 0
    /// Its keys in no promised order, if they were asked for.
    package var keys: [ByteSlice] = []

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        id: LeaseID = .none,
        ttl: Int64 = 0,
        grantedTTL: Int64 = 0,
        keys: [ByteSlice] = []
    ) {
        self.header = header
        self.id = id
        self.ttl = ttl
        self.grantedTTL = grantedTTL
        self.keys = keys
    }
}

extension LeaseTimeToLiveResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.field(2, id)
        size.field(3, ttl)
        size.field(4, grantedTTL)
        size.repeated(5, keys)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.repeated(5, keys)
        writer.field(4, grantedTTL)
        writer.field(3, ttl)
        writer.field(2, id)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: id = try reader.number(field)
            case 3: ttl = try reader.number(field)
            case 4: grantedTTL = try reader.number(field)
            case 5: try reader.append(field, to: &keys, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// Since 3.3. A question for all leases.
package struct LeaseLeasesRequest: WireMessage {
    /// All fields absent.
    package init() {}
}

extension LeaseLeasesRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() { try reader.skip(field) }
    }
}

/// Since 3.3. A lease in the list; its time is asked for one by one.
package struct LeaseStatus: WireMessage {
    /// Its name.
    package var id: LeaseID = .none

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        id: LeaseID = .none
    ) {
        self.id = id
    }
}

extension LeaseStatus {
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

/// Since 3.3. All leases.
package struct LeaseLeasesResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?
    /// On the leader the one that ends first comes first.
    package var leases: [LeaseStatus] = []

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        leases: [LeaseStatus] = []
    ) {
        self.header = header
        self.leases = leases
    }
}

extension LeaseLeasesResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.repeated(2, leases)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.repeated(2, leases)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: try reader.append(field, to: &leases, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}
