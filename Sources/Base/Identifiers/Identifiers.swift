// Identifiers.swift: numbers that cannot be mixed up.
//
// A member of the cluster juggles half a dozen 64-bit numbers at once: terms, indexes of the log,
// revisions of the store, names of members. A function that takes three `UInt64` accepts them in
// any order, and the mistake survives until two members disagree. A function that takes a `Term`, a
// `LogIndex` and a `MemberID` does not compile.
//
//     number      counts                                    goes up when               starts at
//     Term        elections (Raft's clock, section 5.1)     somebody campaigns         0: nobody yet
//     LogIndex    entries of the log                        an entry is appended       0: before the first
//     Revision    changes of the key space (MVCC)           a transaction writes       1: the empty store
//     MemberID    nothing: the hash of a member's URLs      never                      0: nobody
//     ClusterID   nothing: the hash of the first members    never                      0: unknown
//     LeaseID     nothing: chosen by server or client       never                      0: no lease
//
// TERM, INDEX AND REVISION ARE THREE CLOCKS. One entry of the log may change many keys in one
// revision, or none (an election's empty entry, a change of membership); so index and revision drift
// apart and neither can be computed from the other.
//
// COST     none: each type is one machine word, and the compiler sees through it.
// RULES    N1  a number of one kind never becomes another kind without `rawValue` being spelled out.
//          N2  identifiers are printed as etcd prints them: hex without leading zeros.

/// A logical clock of elections: within a term there is at most one leader (Raft, section 5.1).
@frozen
public struct Term: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable {
    /// The number itself.
    public var rawValue: UInt64
    /// From the wire or the disk.
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// Before any election.
    @inlinable public static var zero: Term { Term(rawValue: 0) }
    /// The term in which a candidate of this term campaigns.
    @inlinable public var next: Term { Term(rawValue: rawValue + 1) }
    /// Later elections have larger terms.
    @inlinable public static func < (left: Term, right: Term) -> Bool { left.rawValue < right.rawValue }
}

/// The place of an entry in the replicated log; the first entry has index 1.
@frozen
public struct LogIndex: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable {
    /// The number itself.
    public var rawValue: UInt64
    /// From the wire or the disk.
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// Before the first entry.
    @inlinable public static var zero: LogIndex { LogIndex(rawValue: 0) }
    /// The place after this one.
    @inlinable public var next: LogIndex { LogIndex(rawValue: rawValue + 1) }
    /// The place before this one; the place before zero does not exist and traps.
    @inlinable public var previous: LogIndex { LogIndex(rawValue: rawValue - 1) }
    /// The order of the log.
    @inlinable public static func < (left: LogIndex, right: LogIndex) -> Bool { left.rawValue < right.rawValue }

    /// `count` places further.
    @inlinable public static func + (index: LogIndex, count: Int) -> LogIndex {
        LogIndex(rawValue: index.rawValue + UInt64(count))
    }

    /// `count` places back; traps below zero.
    @inlinable public static func - (index: LogIndex, count: Int) -> LogIndex {
        LogIndex(rawValue: index.rawValue - UInt64(count))
    }

    /// How many places lie between two entries; negative when `right` comes later.
    @inlinable public static func - (left: LogIndex, right: LogIndex) -> Int {
        Int(Int64(bitPattern: left.rawValue &- right.rawValue))
    }

    /// Moves on.
    @inlinable public static func += (index: inout LogIndex, count: Int) { index = index + count }
}

/// A member of the cluster. The first eight bytes of a SHA-1 over its URLs and the cluster's token.
@frozen
public struct MemberID: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable {
    /// The number itself.
    public var rawValue: UInt64
    /// From the wire or the disk.
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// Nobody: no vote given, no leader known.
    @inlinable public static var none: MemberID { MemberID(rawValue: 0) }
    /// An order for lists that must be the same everywhere.
    @inlinable public static func < (left: MemberID, right: MemberID) -> Bool { left.rawValue < right.rawValue }
}

/// A cluster: the hash of the identifiers of its first members.
@frozen
public struct ClusterID: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable {
    /// The number itself.
    public var rawValue: UInt64
    /// From the wire or the disk.
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// Not known yet.
    @inlinable public static var none: ClusterID { ClusterID(rawValue: 0) }
    /// An order for lists that must be the same everywhere.
    @inlinable public static func < (left: ClusterID, right: ClusterID) -> Bool { left.rawValue < right.rawValue }
}

/// The state of the whole key space after one writing transaction. Signed, because the API is.
@frozen
public struct Revision: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable {
    /// The number itself.
    public var rawValue: Int64
    /// From the wire or the disk.
    @inlinable public init(rawValue: Int64) { self.rawValue = rawValue }
    /// In requests: "now".
    @inlinable public static var zero: Revision { Revision(rawValue: 0) }
    /// The revision that the next writing transaction makes.
    @inlinable public var next: Revision { Revision(rawValue: rawValue + 1) }
    /// The revision before this one.
    @inlinable public var previous: Revision { Revision(rawValue: rawValue - 1) }
    /// The order of time.
    @inlinable public static func < (left: Revision, right: Revision) -> Bool { left.rawValue < right.rawValue }
}

/// A lease: a promise of the client to come back, to which keys can be tied.
@frozen
public struct LeaseID: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable {
    /// The number itself.
    public var rawValue: Int64
    /// From the wire or the disk.
    @inlinable public init(rawValue: Int64) { self.rawValue = rawValue }
    /// A key that is tied to no lease.
    @inlinable public static var none: LeaseID { LeaseID(rawValue: 0) }
    /// An order for lists that must be the same everywhere.
    @inlinable public static func < (left: LeaseID, right: LeaseID) -> Bool { left.rawValue < right.rawValue }
}

// MARK: - How they are written
//
// Literals are allowed because a literal cannot be the wrong variable.

extension Term: ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// A term in a test or a constant.
    @inlinable public init(integerLiteral value: UInt64) { self.init(rawValue: value) }
    /// Decimal.
    public var description: String { String(rawValue) }
}

extension LogIndex: ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// An index in a test or a constant.
    @inlinable public init(integerLiteral value: UInt64) { self.init(rawValue: value) }
    /// Decimal.
    public var description: String { String(rawValue) }
}

extension Revision: ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// A revision in a test or a constant.
    @inlinable public init(integerLiteral value: Int64) { self.init(rawValue: value) }
    /// Decimal.
    public var description: String { String(rawValue) }
}

extension MemberID: ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// A member in a test.
    @inlinable public init(integerLiteral value: UInt64) { self.init(rawValue: value) }
    /// Hex without leading zeros, as etcd prints it (N2).
    public var description: String { String(rawValue, radix: 16) }
}

extension ClusterID: ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// A cluster in a test.
    @inlinable public init(integerLiteral value: UInt64) { self.init(rawValue: value) }
    /// Hex without leading zeros, as etcd prints it (N2).
    public var description: String { String(rawValue, radix: 16) }
}

extension LeaseID: ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// A lease in a test.
    @inlinable public init(integerLiteral value: Int64) { self.init(rawValue: value) }
    /// Hex of the 64 bits without leading zeros, as `etcdctl lease list` prints it (N2).
    public var description: String { String(UInt64(bitPattern: rawValue), radix: 16) }
}
