// WireView.swift: messages that are only looked at.
//
// A put arrives in a network buffer. To check its key against permissions and to hand its value to the
// store we need to know where they lie, for as long as the handler runs. So for the messages on hot paths the
// generator writes a second struct, the view:
//
//     buffer     0a 03 6b 65 79 12 05 76 61 6c 75 65 18 ac 02
//                      ^~~~~~~~       ^~~~~~~~~~~~~~
//     View       key, a ByteView      value, a ByteView          lease = 300
//
// A view owns nothing: no allocation, no copy, no reference count. It is true as long as the bytes are
// (rule V1 of ByteView). Keeping what it shows is always an explicit step: `PutRequest(copying: view)`.
//
// REPEATED FIELDS. A struct of fixed size cannot hold a list, so a list stays encoded: `RepeatedView` remembers
// the first element, the end of the message and how many there are, and decodes each element when a loop
// comes to it. All elements were checked when the view was made, so the loop cannot fail; what lies
// within them is then not checked again, so that n levels of nesting do not cost n checks.
//
// ONE THING A VIEW CANNOT SHOW: a message that comes in two pieces (protobuf says that they are merged), both
// with elements of the same list. No encoder writes that. It is an error here, and not in owned messages.

public import Bytes

/// A generated view of a message.
public protocol WireView: Sendable {
    /// All fields absent.
    init()

    /// Takes over the fields that the reader finds.
    mutating func merge(from reader: inout WireReader) throws(WireError)
}

extension WireView {
    /// Looks at a message that is the whole input. True as long as the input is.
    @inlinable
    public init(decoding bytes: ByteView, levels: Int = WireReader.depthLimit) throws(WireError) {
        self.init()
        var reader = WireReader(bytes, levels: levels)
        try merge(from: &reader)
    }
}

/// A message that has a view.
public protocol WireViewable: WireMessage {
    /// The message as it lies in somebody else's buffer.
    associatedtype View: WireView

    /// A message of its own: every row of bytes that the view shows is copied by itself.
    init(copying view: View)
}

/// A repeated field as it lies in the buffer.
@frozen
public struct RepeatedBytes: Sendable {
    @usableFromInline var input = ByteView()
    /// The tag of the first element, and the end of the message.
    @usableFromInline var start = 0
    @usableFromInline var end = 0
    @usableFromInline var number: UInt32 = 0
    /// How many elements there are.
    @inlinable public var count: Int { elements }
    @usableFromInline var elements = 0

    /// None.
    @inlinable public init() {}

    /// Whether there are none.
    @inlinable public var isEmpty: Bool { count == 0 }

    /// Notes one more element of the message that ends at `end`.
    @inlinable
    mutating func add(_ field: WireField, of input: ByteView, end: Int) throws(WireError) {
        if elements == 0 {
            self.input = input
            start = field.offset
            self.end = end
            number = field.number
        } else if end != self.end {
            throw WireError(.split, at: field.offset, field: field.number)
        }
        elements += 1
    }
}

extension RepeatedBytes: Sequence {
    /// Walks along the elements.
    @frozen
    public struct Iterator: IteratorProtocol {
        @usableFromInline var reader: WireReader
        @usableFromInline let number: UInt32

        @inlinable
        init(_ list: RepeatedBytes) {
            reader = WireReader(
                list.input, position: list.start, end: list.end, levels: WireReader.storedDepthLimit, isChecked: true)
            number = list.number
        }

        /// The next element.
        @inlinable
        public mutating func next() -> ByteView? {
            do throws(WireError) {
                while let field = try reader.next() {
                    if field.number == number { return try reader.view(field) }
                    try reader.skip(field)
                }
                return nil
            } catch {
                preconditionFailure("V1: the bytes under a view changed: \(error)")
            }
        }
    }

    /// Starts at the first element.
    @inlinable public func makeIterator() -> Iterator { Iterator(self) }
    /// How many elements there are.
    @inlinable public var underestimatedCount: Int { count }
}

/// A repeated message as it lies in the buffer: a sequence of views.
@frozen
public struct RepeatedView<Element: WireView>: Sendable, Sequence {
    /// The same elements as bytes.
    @usableFromInline var encoded = RepeatedBytes()

    /// None.
    @inlinable public init() {}

    /// How many elements there are.
    @inlinable public var count: Int { encoded.count }
    /// Whether there are none.
    @inlinable public var isEmpty: Bool { encoded.isEmpty }
    /// How many elements there are.
    @inlinable public var underestimatedCount: Int { encoded.count }

    /// Walks along the elements and decodes each.
    @frozen
    public struct Iterator: IteratorProtocol {
        @usableFromInline var encoded: RepeatedBytes.Iterator

        @inlinable
        init(_ list: RepeatedBytes) { encoded = list.makeIterator() }

        /// The next element.
        @inlinable
        public mutating func next() -> Element? {
            guard let bytes = encoded.next() else { return nil }
            do throws(WireError) {
                var element = Element()
                var reader = WireReader(checked: bytes)
                try element.merge(from: &reader)
                return element
            } catch {
                preconditionFailure("V1: the bytes under a view changed: \(error)")
            }
        }
    }

    /// Starts at the first element.
    @inlinable public func makeIterator() -> Iterator { Iterator(encoded) }

    @inlinable
    mutating func add(_ field: WireField, of input: ByteView, end: Int) throws(WireError) {
        try encoded.add(field, of: input, end: end)
    }
}

// MARK: - Reading fields into a view

extension WireReader {
    /// One more row of bytes or text.
    @inlinable
    public mutating func append(_ field: WireField, to list: inout RepeatedBytes) throws(WireError) {
        try list.add(field, of: input, end: end)
        _ = try view(field)
    }

    /// One more message, checked unless all of this was checked before.
    @inlinable
    public mutating func append<Element: WireView>(
        _ field: WireField, to list: inout RepeatedView<Element>
    ) throws(WireError) {
        try list.add(field, of: input, end: end)
        if isChecked {
            _ = try view(field)
        } else {
            var element = Element()
            try merge(field, into: &element)
        }
    }

    /// A singular message.
    @inlinable
    public mutating func merge<View: WireView>(_ field: WireField, into view: inout View) throws(WireError) {
        var reader = try nested(field)
        do {
            try view.merge(from: &reader)
        } catch {
            throw error.inside(field.number)
        }
    }

    /// A singular message that may be absent.
    @inlinable
    public mutating func merge<View: WireView>(_ field: WireField, into view: inout View?) throws(WireError) {
        var merged = view ?? View()
        try merge(field, into: &merged)
        view = merged
    }

    /// The message of a oneof, which replaces whatever was there.
    @inlinable
    public mutating func viewed<View: WireView>(
        _ field: WireField, as _: View.Type = View.self
    ) throws(WireError) -> View {
        var view = View()
        try merge(field, into: &view)
        return view
    }
}
