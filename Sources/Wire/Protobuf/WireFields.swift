// WireFields.swift: measuring and writing fields.
//
// Two lists with the same names: what `WireSize` measures, `WireWriter` writes. A generated message calls
// both with the same field numbers, and the names say when a field is written at all:
//
//     field        not when it is zero or empty        (proto3)
//     required     always                              (proto2, as etcd's Raft messages are)
//     optional     not when it is nil
//     repeated     one tag for each element
//     packed       one tag and one length for all      (proto3 numbers)
//
// Everything here is small and inlinable: with a constant field number a tag becomes one store. Lists are walked
// along as spans, which lend each element; a loop over the array would copy it, which for a message means
// counting a reference for each of its byte slices up and down again (and `reversed()` of an array allocates).

public import Bytes

/// Adds up how many bytes a message takes.
@frozen
public struct WireSize {
    /// The sum so far.
    @inlinable public var total: Int { sum }
    @usableFromInline var sum = 0

    /// Nothing yet.
    @inlinable public init() {}

    /// The size of a tag: five bits of the number fit beside the wire type in the first byte.
    @inlinable @inline(__always)
    static func tag(_ number: UInt32) -> Int { varintSize(UInt64(number) << 3) }

    @inlinable @inline(__always)
    mutating func add(_ number: UInt32, lengthOf count: Int) {
        sum += WireSize.tag(number) + varintSize(UInt64(count)) + count
    }

    // MARK: Numbers

    /// A number that is left out when it is zero.
    @inlinable @inline(__always)
    public mutating func field<Number: WireNumber>(_ number: UInt32, _ value: Number) {
        if value.wireBits != 0 { required(number, value) }
    }

    /// A number that is always written.
    @inlinable @inline(__always)
    public mutating func required<Number: WireNumber>(_ number: UInt32, _ value: Number) {
        sum += WireSize.tag(number) + varintSize(value.wireBits)
    }

    /// A number that is left out when it is nil.
    @inlinable
    public mutating func optional<Number: WireNumber>(_ number: UInt32, _ value: Number?) {
        if let value { required(number, value) }
    }

    /// Numbers under a tag each.
    @inlinable
    public mutating func repeated<Number: WireNumber>(_ number: UInt32, _ values: [Number]) {
        for value in values { required(number, value) }
    }

    /// Numbers under one tag.
    @inlinable
    public mutating func packed<Number: WireNumber>(_ number: UInt32, _ values: [Number]) {
        if !values.isEmpty { add(number, lengthOf: WireSize.sum(values)) }
    }

    /// How many bytes the numbers take, without tag and length.
    @inlinable
    static func sum<Number: WireNumber>(_ values: [Number]) -> Int {
        var sum = 0
        for value in values { sum += varintSize(value.wireBits) }
        return sum
    }

    // MARK: Bytes and text

    /// Bytes that are left out when there are none.
    @inlinable @inline(__always)
    public mutating func field(_ number: UInt32, _ bytes: ByteSlice) {
        if !bytes.isEmpty { add(number, lengthOf: bytes.count) }
    }

    /// Bytes that are always written.
    @inlinable @inline(__always)
    public mutating func required(_ number: UInt32, _ bytes: ByteSlice) { add(number, lengthOf: bytes.count) }

    /// Bytes that are left out when they are nil.
    @inlinable
    public mutating func optional(_ number: UInt32, _ bytes: ByteSlice?) {
        if let bytes { required(number, bytes) }
    }

    /// Several rows of bytes.
    @inlinable
    public mutating func repeated(_ number: UInt32, _ list: [ByteSlice]) {
        let elements = list.span
        for index in elements.indices { required(number, elements[index]) }
    }

    /// Text that is left out when it is empty.
    @inlinable
    public mutating func field(_ number: UInt32, _ text: String) {
        if !text.isEmpty { required(number, text) }
    }

    /// Text that is always written.
    @inlinable
    public mutating func required(_ number: UInt32, _ text: String) { add(number, lengthOf: text.wireSize) }

    /// Text that is left out when it is nil.
    @inlinable
    public mutating func optional(_ number: UInt32, _ text: String?) {
        if let text { required(number, text) }
    }

    /// Several texts.
    @inlinable
    public mutating func repeated(_ number: UInt32, _ list: [String]) {
        for text in list { required(number, text) }
    }

    // MARK: Messages

    /// A message that is left out when it is nil.
    @inlinable @inline(__always)
    public mutating func optional<Message: WireMessage>(_ number: UInt32, _ message: Message?) {
        if let message { required(number, message) }
    }

    /// A message that is always written.
    @inlinable @inline(__always)
    public mutating func required<Message: WireMessage>(_ number: UInt32, _ message: Message) {
        add(number, lengthOf: message.encodedSize)
    }

    /// Several messages.
    @inlinable @inline(__always)
    public mutating func repeated<Message: WireMessage>(_ number: UInt32, _ list: [Message]) {
        let elements = list.span
        for index in elements.indices { required(number, elements[index]) }
    }
}

/// Writes fields from the last to the first.
@frozen
public struct WireWriter: ~Copyable {
    /// The room that is being filled.
    @usableFromInline var bytes: BackwardWriter

    @inlinable
    init(filling bytes: consuming BackwardWriter) { self.bytes = bytes }

    /// Gives the room back.
    @inlinable
    consuming func finish() -> BackwardWriter { bytes }

    /// The tag of a field whose value was just written.
    @inlinable @inline(__always)
    mutating func tag(_ number: UInt32, _ wireType: UInt64) { bytes.prepend(varint: UInt64(number) << 3 | wireType) }

    /// Length and tag of what was written since `before` bytes remained.
    @inlinable @inline(__always)
    mutating func close(_ number: UInt32, since before: Int) {
        bytes.prepend(varint: UInt64(before - bytes.remaining))
        tag(number, 2)
    }

    // MARK: Numbers

    /// A number that is left out when it is zero.
    @inlinable @inline(__always)
    public mutating func field<Number: WireNumber>(_ number: UInt32, _ value: Number) {
        if value.wireBits != 0 { required(number, value) }
    }

    /// A number that is always written.
    @inlinable @inline(__always)
    public mutating func required<Number: WireNumber>(_ number: UInt32, _ value: Number) {
        bytes.prepend(varint: value.wireBits)
        tag(number, 0)
    }

    /// A number that is left out when it is nil.
    @inlinable
    public mutating func optional<Number: WireNumber>(_ number: UInt32, _ value: Number?) {
        if let value { required(number, value) }
    }

    /// Numbers under a tag each, the last one first.
    @inlinable
    public mutating func repeated<Number: WireNumber>(_ number: UInt32, _ values: [Number]) {
        let elements = values.span
        for index in elements.indices.reversed() { required(number, elements[index]) }
    }

    /// Numbers under one tag, the last one first.
    @inlinable
    public mutating func packed<Number: WireNumber>(_ number: UInt32, _ values: [Number]) {
        guard !values.isEmpty else { return }
        let before = bytes.remaining
        let elements = values.span
        for index in elements.indices.reversed() { bytes.prepend(varint: elements[index].wireBits) }
        close(number, since: before)
    }

    // MARK: Bytes and text

    /// Bytes that are left out when there are none.
    @inlinable @inline(__always)
    public mutating func field(_ number: UInt32, _ bytes: ByteSlice) {
        if !bytes.isEmpty { required(number, bytes) }
    }

    /// Bytes that are always written.
    @inlinable @inline(__always)
    public mutating func required(_ number: UInt32, _ bytes: ByteSlice) {
        self.bytes.prepend(bytes.view)
        self.bytes.prepend(varint: UInt64(bytes.count))
        tag(number, 2)
    }

    /// Bytes that are left out when they are nil.
    @inlinable
    public mutating func optional(_ number: UInt32, _ bytes: ByteSlice?) {
        if let bytes { required(number, bytes) }
    }

    /// Several rows of bytes, the last one first.
    @inlinable
    public mutating func repeated(_ number: UInt32, _ list: [ByteSlice]) {
        let elements = list.span
        for index in elements.indices.reversed() { required(number, elements[index]) }
    }

    /// Text that is left out when it is empty.
    @inlinable
    public mutating func field(_ number: UInt32, _ text: String) {
        if !text.isEmpty { required(number, text) }
    }

    /// Text that is always written.
    public mutating func required(_ number: UInt32, _ text: String) {
        let before = bytes.remaining
        bytes.prepend(wire: text)
        close(number, since: before)
    }

    /// Text that is left out when it is nil.
    @inlinable
    public mutating func optional(_ number: UInt32, _ text: String?) {
        if let text { required(number, text) }
    }

    /// Several texts, the last one first.
    public mutating func repeated(_ number: UInt32, _ list: [String]) {
        let elements = list.span
        for index in elements.indices.reversed() { required(number, elements[index]) }
    }

    // MARK: Messages

    /// A message that is left out when it is nil.
    @inlinable @inline(__always)
    public mutating func optional<Message: WireMessage>(_ number: UInt32, _ message: Message?) {
        if let message { required(number, message) }
    }

    /// A message that is always written.
    @inlinable @inline(__always)
    public mutating func required<Message: WireMessage>(_ number: UInt32, _ message: Message) {
        let before = bytes.remaining
        message.write(to: &self)
        close(number, since: before)
    }

    /// Several messages, the last one first.
    @inlinable @inline(__always)
    public mutating func repeated<Message: WireMessage>(_ number: UInt32, _ list: [Message]) {
        let elements = list.span
        for index in elements.indices.reversed() { required(number, elements[index]) }
    }
}
