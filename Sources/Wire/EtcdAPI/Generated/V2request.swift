// V2request.swift: the messages of v2request.proto as Swift.
//
// Made by MessageGenerator; change Protos/v2request.proto instead, which also says what the messages are for
// and how they fit together. What the functions here do with bytes is said in Protobuf/WireMessage.swift.

package import Bytes
package import Protobuf

/// A write to the old tree.
package struct V2Request: WireMessage {
    /// Unique in the cluster, as RequestHeader.ID.
    package var id: UInt64 = 0
    /// "PUT", "POST", "DELETE", "QGET" (a read through the log), "SYNC" (end what is over), or nothing.
    package var method: String = ""
    /// Where in the tree. "/0" holds the cluster's own affairs, "/1" the keys of users.
    package var path: String = ""
    /// What to store.
    package var val: String = ""
    /// It is a directory.
    package var dir: Bool = false
    /// Only if this was stored there.
    package var prevValue: String = ""
    /// Only if it was changed last at this index; 0: whenever.
    package var prevIndex: UInt64 = 0
    /// Only if it exists (true), does not (false), or in any case (not said).
    package var prevExist: Bool?
    /// When it ends, in nanoseconds since 1970; 0: never.
    package var expiration: Int64 = 0
    /// Wait for a change.
    package var wait: Bool = false
    /// Of this index or later.
    package var since: UInt64 = 0
    /// With everything below.
    package var recursive: Bool = false
    /// In order.
    package var sorted: Bool = false
    /// Through the log.
    package var quorum: Bool = false
    /// The proposer's time, for SYNC: what ends before it is over.
    package var time: Int64 = 0
    /// Go on waiting after the first change.
    package var stream: Bool = false
    /// Change only when it ends, and wake nobody.
    package var refresh: Bool?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        id: UInt64 = 0,
        method: String = "",
        path: String = "",
        val: String = "",
        dir: Bool = false,
        prevValue: String = "",
        prevIndex: UInt64 = 0,
        prevExist: Bool? = nil,
        expiration: Int64 = 0,
        wait: Bool = false,
        since: UInt64 = 0,
        recursive: Bool = false,
        sorted: Bool = false,
        quorum: Bool = false,
        time: Int64 = 0,
        stream: Bool = false,
        refresh: Bool? = nil
    ) {
        self.id = id
        self.method = method
        self.path = path
        self.val = val
        self.dir = dir
        self.prevValue = prevValue
        self.prevIndex = prevIndex
        self.prevExist = prevExist
        self.expiration = expiration
        self.wait = wait
        self.since = since
        self.recursive = recursive
        self.sorted = sorted
        self.quorum = quorum
        self.time = time
        self.stream = stream
        self.refresh = refresh
    }
}

extension V2Request {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.required(1, id)
        size.required(2, method)
        size.required(3, path)
        size.required(4, val)
        size.required(5, dir)
        size.required(6, prevValue)
        size.required(7, prevIndex)
        size.optional(8, prevExist)
        size.required(9, expiration)
        size.required(10, wait)
        size.required(11, since)
        size.required(12, recursive)
        size.required(13, sorted)
        size.required(14, quorum)
        size.required(15, time)
        size.required(16, stream)
        size.optional(17, refresh)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(17, refresh)
        writer.required(16, stream)
        writer.required(15, time)
        writer.required(14, quorum)
        writer.required(13, sorted)
        writer.required(12, recursive)
        writer.required(11, since)
        writer.required(10, wait)
        writer.required(9, expiration)
        writer.optional(8, prevExist)
        writer.required(7, prevIndex)
        writer.required(6, prevValue)
        writer.required(5, dir)
        writer.required(4, val)
        writer.required(3, path)
        writer.required(2, method)
        writer.required(1, id)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: id = try reader.number(field)
            case 2: method = try reader.text(field)
            case 3: path = try reader.text(field)
            case 4: val = try reader.text(field)
            case 5: dir = try reader.number(field)
            case 6: prevValue = try reader.text(field)
            case 7: prevIndex = try reader.number(field)
            case 8: prevExist = try reader.number(field)
            case 9: expiration = try reader.number(field)
            case 10: wait = try reader.number(field)
            case 11: since = try reader.number(field)
            case 12: recursive = try reader.number(field)
            case 13: sorted = try reader.number(field)
            case 14: quorum = try reader.number(field)
            case 15: time = try reader.number(field)
            case 16: stream = try reader.number(field)
            case 17: refresh = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}
