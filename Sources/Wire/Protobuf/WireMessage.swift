// WireMessage.swift: what every message can do.
//
// A message is a plain struct that the generator wrote from a `.proto` file. It owns what it holds: its bytes
// are slices of the block that it was decoded from, so decoding a megabyte of values copies nothing.
// What it does with bytes is three functions, also generated, in terms of the small vocabulary of
// WireReader, WireSize and WireWriter:
//
//     measure(into:)   how many bytes each field will take        0, 1, 2, ... fields, in any order
//     write(to:)       the fields, from the last to the first     so that lengths are known when needed
//     merge(from:)     the fields as they come
//
// CANONICAL. The same message always becomes the same bytes, and the same as in Go: ascending field
// numbers, numbers as short as they can be, zero fields left out (or written, where proto2's etcd does).
// The store's hash and the log's checksums run over these bytes on members of different make.
//
// RULES    M1  measure and write agree to the byte (BackwardWriter checks it, W1).
//          M2  decode(encode(m)) == m.
// READ NEXT  WireView.swift: messages that are only looked at.

public import Bytes

/// A generated message that owns what it holds.
public protocol WireMessage: Hashable, Sendable {
    /// All fields absent.
    init()

    /// Adds the size of every field.
    func measure(into size: inout WireSize)

    /// Writes every field, from the last to the first.
    func write(to writer: inout WireWriter)

    /// Takes over the fields that the reader finds; `owner` is the input, whose block they share.
    mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError)
}

extension WireMessage {
    /// How many bytes the message takes.
    @inlinable @inline(__always)
    public var encodedSize: Int {
        var size = WireSize()
        measure(into: &size)
        return size.total
    }

    /// Appends the message to a buffer. One reservation, no other allocation.
    @inlinable
    public func encode(into buffer: inout ByteBuffer) {
        buffer.append(backward: encodedSize) { bytes in fill(&bytes) }
    }

    /// The message as bytes of its own.
    public func encoded() -> ByteSlice {
        ByteSlice(backward: encodedSize) { bytes in fill(&bytes) }
    }

    /// Writes the message into room of exactly its size.
    @inlinable @inline(__always)
    func fill(_ bytes: inout BackwardWriter) {
        var writer = WireWriter(filling: bytes)
        write(to: &writer)
        bytes = writer.finish()
    }

    /// Reads a message that is the whole slice. Its bytes share the slice's block: nothing is copied, and the
    /// block lives as long as any of them.
    @inlinable
    public init(decoding slice: ByteSlice, levels: Int = WireReader.depthLimit) throws(WireError) {
        self.init()
        var reader = WireReader(slice.view, levels: levels)
        // The reader's views are true as long as the slice lives; say so to the optimiser.
        defer { withExtendedLifetime(slice) {} }
        try merge(from: &reader, in: slice)
    }

    /// Reads a message that is the whole view, from one copy of it.
    public init(decoding view: ByteView, levels: Int = WireReader.depthLimit) throws(WireError) {
        try self.init(decoding: ByteSlice(copying: view), levels: levels)
    }
}

// MARK: - Reading fields into an owner

extension WireReader {
    /// A number, a flag or an enum.
    @inlinable
    public mutating func number<Number: WireNumber>(
        _ field: WireField, as _: Number.Type = Number.self
    ) throws(WireError) -> Number {
        Number(wireBits: try bits(field))
    }

    /// Bytes, sharing the owner's block.
    @inlinable
    public mutating func bytes(_ field: WireField, in owner: ByteSlice) throws(WireError) -> ByteSlice {
        owner.slice(of: try view(field))
    }

    /// Text.
    public mutating func text(_ field: WireField) throws(WireError) -> String {
        String(wire: try view(field))
    }

    /// One more element of a repeated field of bytes.
    public mutating func append(
        _ field: WireField, to list: inout [ByteSlice], in owner: ByteSlice
    ) throws(WireError) {
        list.append(try bytes(field, in: owner))
    }

    /// One more element of a repeated field of text.
    public mutating func append(_ field: WireField, to list: inout [String]) throws(WireError) {
        list.append(try text(field))
    }

    /// One more number, or several in the packed form: a reader takes both.
    @inlinable
    public mutating func append<Number: WireNumber>(
        _ field: WireField, to list: inout [Number]
    ) throws(WireError) {
        guard field.wireType == 2 else { return list.append(try number(field)) }
        let length = try self.length(field)
        let stop = position + length
        while position < stop {
            let bits = try varint(field: field.number, from: position)
            // The last number must not reach beyond the length that was promised.
            guard position <= stop else { throw WireError(.truncated, at: stop, field: field.number) }
            list.append(Number(wireBits: bits))
        }
    }

    /// One more element of a repeated message. The list grows only by elements that were there: each takes
    /// at least two bytes of input, so memory is bounded by the input's size times a constant.
    @inlinable
    public mutating func append<Message: WireMessage>(
        _ field: WireField, to list: inout [Message], in owner: ByteSlice
    ) throws(WireError) {
        var element = Message()
        try merge(field, into: &element, in: owner)
        list.append(element)
    }

    /// A singular message: fields of a second occurrence are merged over the first.
    @inlinable
    public mutating func merge<Message: WireMessage>(
        _ field: WireField, into message: inout Message, in owner: ByteSlice
    ) throws(WireError) {
        var reader = try nested(field)
        do {
            try message.merge(from: &reader, in: owner)
        } catch {
            throw error.inside(field.number)
        }
    }

    /// The same for a message that may be absent.
    @inlinable
    public mutating func merge<Message: WireMessage>(
        _ field: WireField, into message: inout Message?, in owner: ByteSlice
    ) throws(WireError) {
        var merged = message ?? Message()
        message = nil
        try merge(field, into: &merged, in: owner)
        message = merged
    }

    /// The message of a oneof, which replaces whatever was there.
    @inlinable
    public mutating func message<Message: WireMessage>(
        _ field: WireField, as _: Message.Type = Message.self, in owner: ByteSlice
    ) throws(WireError) -> Message {
        var message = Message()
        try merge(field, into: &message, in: owner)
        return message
    }
}
