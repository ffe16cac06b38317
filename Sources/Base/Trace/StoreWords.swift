// StoreWords.swift: the words that events of requests and of the store are spelled with.
//
// As in RaftWords.swift: `Trace` lies below the rooms that report, and a trace outlives the program that wrote it. So it
// has words of its own, each one byte in the compact form and its name in the line. New cases go to the end.
//
// READ NEXT  Event+Requests.swift, Event+Store.swift, Event+Watches.swift, which use them.

package import Identifiers

/// What a client asks for.
@frozen
public enum TraceMethod: UInt8, TraceWord {
    /// Anything that has no word here, and entries that no request of this kind stands behind.
    case other
    /// Reads keys.
    case range
    /// Writes a key.
    case put
    /// Deletes keys.
    case deleteRange
    /// Compares, then does one thing or another.
    case txn
    /// Forgets history.
    case compact
    /// Who are the members?
    case memberList
    /// How are you?
    case status
    /// A number for the whole file.
    case hash
    /// A number for the keys.
    case hashKV
    /// The whole file.
    case snapshot
    /// Alarms.
    case alarm
    /// A stream of watches.
    case watch
    /// Gives unused room back.
    case defragment
    /// Another leader.
    case moveLeader
    /// Leases.
    case lease
    /// Users and roles.
    case auth
    /// Changes of membership.
    case memberChange
    /// A member says who it is and where.
    case memberAttributes
    /// The members agree on what all of them understand.
    case clusterVersion

    /// For lines.
    public static let names: [StaticString] = [
        "other", "range", "put", "deleteRange", "txn", "compact", "memberList", "status", "hash", "hashKV",
        "snapshot", "alarm", "watch", "defragment", "moveLeader", "lease", "auth", "memberChange",
        "memberAttributes", "clusterVersion",
    ]
}

/// What happens to a key.
@frozen
public enum TraceKeyChange: UInt8, TraceWord {
    /// It has a value now.
    case put
    /// It has none any more: a tombstone.
    case delete

    /// For lines.
    public static let names: [StaticString] = [
        "put", "delete",
    ]
}

/// What closes a transaction of the backend.
package enum TraceCommitReason: UInt8, TraceWord {
    /// It was open long enough.
    case interval
    /// It holds many changes.
    case changes
    /// A snapshot needs everything before it on the disk.
    case snapshot
    /// A compaction's mark must be there before anything is removed.
    case compaction
    /// The member stops.
    case stop
    /// Somebody reads the whole file.
    case reader

    /// For lines.
    package static let names: [StaticString] = [
        "interval", "changes", "snapshot", "compaction", "stop", "reader",
    ]
}

/// One record of the bucket `key`, by its name there.
package struct TraceRevision: FieldGroup {
    /// The revision of the whole store.
    package var main = Revision.zero
    /// The place among the changes of that revision.
    package var sub = 0

    /// Blank, for readers.
    package init() {}
    /// Both.
    package init(main: Revision, sub: Int) {
        self.main = main
        self.sub = sub
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("main", &main)
        visitor.field("sub", &sub)
    }
}
