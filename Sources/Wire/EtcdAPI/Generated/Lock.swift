// Lock.swift: the messages of lock.proto as Swift.
//
// Made by MessageGenerator; change Protos/lock.proto instead, which also says what the messages are for
// and how they fit together. What the functions here do with bytes is said in Protobuf/WireMessage.swift.

package import Bytes
package import Identifiers
package import Protobuf

/// Which lock, and whose life it hangs on.
package struct LockRequest: WireMessage {
    /// The lock: any bytes.
    package var name: ByteSlice = ByteSlice()
    /// The caller's lease. 0: the server takes one of 60 s that nobody renews after this call.
    package var lease: LeaseID = .none

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        name: ByteSlice = ByteSlice(),
        lease: LeaseID = .none
    ) {
        self.name = name
        self.lease = lease
    }
}

extension LockRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, name)
        size.field(2, lease)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(2, lease)
        writer.field(1, name)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.bytes(field, in: owner)
            case 2: lease = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// The caller has it.
package struct LockResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?
    /// The key that says so; it exists exactly as long as the lock is held.
    package var key: ByteSlice = ByteSlice()

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        key: ByteSlice = ByteSlice()
    ) {
        self.header = header
        self.key = key
    }
}

extension LockResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.field(2, key)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(2, key)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: key = try reader.bytes(field, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// Which key to give back.
package struct UnlockRequest: WireMessage {
    /// From the LockResponse. One that does not exist is no error. Empty: Unknown "etcdserver: key is not
    /// provided".
    package var key: ByteSlice = ByteSlice()

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        key: ByteSlice = ByteSlice()
    ) {
        self.key = key
    }
}

extension UnlockRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, key)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(1, key)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: key = try reader.bytes(field, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// It is given back.
package struct UnlockResponse: WireMessage {
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

extension UnlockResponse {
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
