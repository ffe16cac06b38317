// Fields.swift: how can one description of an event serve four encoders?
//
// An event is written as compact binary (on the owner's thread, so it must be quick) and as JSON (for people
// and jq), and both are read again. Four switch statements over all events would be four places to forget.
// So an event names its fields once, to a visitor, with the field itself handed over by reference:
//
//     package mutating func fields(_ visitor: inout some FieldVisitor) {
//         visitor.field("term", &term)          compact writer: appends a number
//         visitor.field("granted", &granted)    JSON writer:    "term":5,"granted":true
//     }                                         compact reader: sets term; JSON reader: likewise
//
// A visitor has ten primitives; everything else (terms, members, lists of them) is made of them below.
//
// WHY BY REFERENCE even to write? So that reading is the same code. Writing visits a copy of the event, which
// the optimizer sees through: the cost is that of the appends.
//
// NUMBERS THAT NAME THINGS (members, clusters, leases, hashes) are hex texts in JSON: people know them so from
// etcdctl, and programs that keep numbers as doubles would round them. NUMBERS THAT COUNT are numbers.
//
// READ NEXT  Event.swift, which uses this; CompactRecord.swift and TraceLine.swift, which implement it.

public import Bytes
public import Identifiers

/// Something that has named fields: the payload of an event, or a part of one.
public protocol FieldGroup: Hashable, Sendable {
    /// With every field at its default, to be filled by a reader.
    init()
    /// Names every field, always in the same order: the compact encoding has no other memory of it.
    mutating func fields(_ visitor: inout some FieldVisitor)
}

/// A word from a fixed list, such as a role. In JSON it is the name of the case; in the compact form its raw
/// value, counted from 0 without gaps. So new cases go to the end.
public protocol TraceWord: RawRepresentable<UInt8>, Hashable, Sendable {
    /// The names of the cases, in the order of their raw values. Swift knows them too, but takes a microsecond to say
    /// one; a test compares.
    static var names: [StaticString] { get }
}

extension TraceWord {
    /// The name of the case.
    var name: StaticString { Self.names[Int(rawValue)] }

    /// The case of a name.
    init?(spelled name: ByteView) {
        for (value, known) in Self.names.enumerated() where name == ByteView(stringLiteral: known) {
            self.init(rawValue: UInt8(value))
            return
        }
        return nil
    }
}

/// A key as an event holds it. Readers of traces own theirs. Whoever reports an event shows the key where it lies: what is
/// reported lives no longer than the call of `emit`, and so a view is true for long enough (rule V3 of ByteView.swift).
public protocol TraceKey: Hashable, Sendable {
    /// No bytes.
    init()
    /// Shows itself to a visitor.
    mutating func visit(_ name: StaticString, _ visitor: inout some FieldVisitor)
}

extension TraceBytes: TraceKey {
    /// A visitor may put others here.
    @inlinable @inline(__always)
    public mutating func visit(_ name: StaticString, _ visitor: inout some FieldVisitor) { visitor.short(name, &self) }
}

extension ByteView: TraceKey {
    /// A visitor may only look.
    @inlinable @inline(__always)
    public mutating func visit(_ name: StaticString, _ visitor: inout some FieldVisitor) { visitor.view(name, &self) }
}

/// Who wants to know the fields: one of the writers or readers, which may own a buffer.
public typealias FieldVisitor = FieldVisiting & ~Copyable

/// The primitives of a visitor. A `name` of nil is an element of a list.
public protocol FieldVisiting: ~Copyable {
    /// A number that counts.
    mutating func unsigned(_ name: StaticString?, _ value: inout UInt64)
    /// A number that counts and may be negative.
    mutating func signed(_ name: StaticString?, _ value: inout Int64)
    /// A number that names something; hex in JSON.
    mutating func identifier(_ name: StaticString?, _ value: inout UInt64)
    /// Yes or no.
    mutating func bool(_ name: StaticString?, _ value: inout Bool)
    /// Bytes, mostly printable: keys, values.
    mutating func bytes(_ name: StaticString?, _ value: inout ByteSlice)
    /// The same in an event's own form.
    mutating func short(_ name: StaticString?, _ value: inout TraceBytes)
    /// The same where they lie, in an event that is being reported.
    mutating func view(_ name: StaticString?, _ value: inout ByteView)
    /// A text.
    mutating func text(_ name: StaticString?, _ value: inout String)
    /// A word from a list.
    mutating func word<Word: TraceWord>(_ name: StaticString?, _ value: inout Word)
    /// A list; readers make it as long as it must be, out of copies of `blank`, before they visit it.
    mutating func list<Element>(
        _ name: StaticString?, _ values: inout [Element], blank: Element,
        _ element: (inout Element, inout Self) -> Void)
    /// Fields in brackets of their own.
    mutating func group(_ name: StaticString?, _ body: (inout Self) -> Void)
}

extension FieldVisiting where Self: ~Copyable {
    /// Only the compact writer is ever shown an event that is being reported. To any other visitor a view is bytes like others,
    /// and what a reader would put there is nobody's.
    public mutating func view(_ name: StaticString?, _ value: inout ByteView) {
        var bytes = TraceBytes(value)
        short(name, &bytes)
    }
    /// A number that counts.
    @inlinable @inline(__always)
    public mutating func field(_ name: StaticString, _ value: inout UInt64) { unsigned(name, &value) }
    /// A number that counts and may be negative.
    @inlinable @inline(__always)
    public mutating func field(_ name: StaticString, _ value: inout Int64) { signed(name, &value) }
    /// A number that counts and may be negative.
    @inlinable @inline(__always)
    public mutating func field(_ name: StaticString, _ value: inout Int) {
        var wide = Int64(value)
        signed(name, &wide)
        value = Int(wide)
    }
    /// Yes or no.
    @inlinable @inline(__always)
    public mutating func field(_ name: StaticString, _ value: inout Bool) { bool(name, &value) }
    /// A text.
    @inlinable @inline(__always)
    public mutating func field(_ name: StaticString, _ value: inout String) { text(name, &value) }
    /// Bytes: printable ASCII as it is, the rest escaped.
    @inlinable @inline(__always)
    public mutating func field(_ name: StaticString, _ value: inout ByteSlice) { bytes(name, &value) }
    /// Bytes of an event, mostly a key.
    @inlinable @inline(__always)
    public mutating func field(_ name: StaticString, _ value: inout TraceBytes) { short(name, &value) }
    /// Bytes of an event of every request.
    @inlinable @inline(__always)
    public mutating func field<Key: TraceKey>(_ name: StaticString, _ value: inout Key) { value.visit(name, &self) }
    /// A term.
    @inlinable @inline(__always)
    public mutating func field(_ name: StaticString, _ value: inout Term) { unsigned(name, &value.rawValue) }
    /// A place in the log.
    @inlinable @inline(__always)
    public mutating func field(_ name: StaticString, _ value: inout LogIndex) { unsigned(name, &value.rawValue) }
    /// A revision.
    @inlinable @inline(__always)
    public mutating func field(_ name: StaticString, _ value: inout Revision) { signed(name, &value.rawValue) }
    /// A member; nobody is "0".
    @inlinable @inline(__always)
    public mutating func field(_ name: StaticString, _ value: inout MemberID) { identifier(name, &value.rawValue) }
    /// A cluster.
    @inlinable @inline(__always)
    public mutating func field(_ name: StaticString, _ value: inout ClusterID) { identifier(name, &value.rawValue) }
    /// A lease.
    @inlinable @inline(__always)
    public mutating func field(_ name: StaticString, _ value: inout LeaseID) {
        var bits = UInt64(bitPattern: value.rawValue)
        identifier(name, &bits)
        value = LeaseID(rawValue: Int64(bitPattern: bits))
    }
    /// A hash, or any other number that is no quantity.
    @inlinable @inline(__always)
    public mutating func field(hex name: StaticString, _ value: inout UInt64) { identifier(name, &value) }
    /// Another event of this member: where something began.
    @inlinable @inline(__always)
    public mutating func field(_ name: StaticString, _ value: inout EventSequence) { unsigned(name, &value.rawValue) }
    /// A word from a list.
    @inlinable @inline(__always)
    public mutating func field<Word: TraceWord>(_ name: StaticString, _ value: inout Word) { word(name, &value) }

    /// Fields within fields.
    @inlinable @inline(__always)
    public mutating func field<Group: FieldGroup>(_ name: StaticString, _ value: inout Group) {
        group(name) { visitor in value.fields(&visitor) }
    }
    /// A list of members.
    @inlinable @inline(__always)
    public mutating func field(_ name: StaticString, _ values: inout [MemberID]) {
        list(name, &values, blank: .none) { value, visitor in visitor.identifier(nil, &value.rawValue) }
    }
    /// A list of numbers.
    @inlinable @inline(__always)
    public mutating func field(_ name: StaticString, _ values: inout [UInt64]) {
        list(name, &values, blank: 0) { value, visitor in visitor.unsigned(nil, &value) }
    }
    /// A list of texts.
    @inlinable @inline(__always)
    public mutating func field(_ name: StaticString, _ values: inout [String]) {
        list(name, &values, blank: "") { value, visitor in visitor.text(nil, &value) }
    }
    /// A list of groups.
    @inlinable @inline(__always)
    public mutating func field<Group: FieldGroup>(_ name: StaticString, _ values: inout [Group]) {
        list(name, &values, blank: Group()) { value, visitor in visitor.group(nil) { value.fields(&$0) } }
    }
}
