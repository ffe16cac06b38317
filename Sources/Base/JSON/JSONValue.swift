// JSONValue.swift: a whole JSON text as a tree, for shapes that are not known before.
//
// The store of etcd's old API travels inside snapshots as JSON whose keys are paths; a trace line has other
// members for each event. For such texts a tree is the simplest thing that works.
//
// DUPLICATES: an object keeps its members in order, all of them. Looking one up gives the LAST of that name,
// because that is what Go's decoder leaves behind, and we must judge the same text the same way.
//
// COST     one allocation for each text longer than 15 bytes, one for each object and array. Memory is
//          bounded by the input: a tree is at most about 40 times as large as its text (`[[],[],...]`).

package import Bytes

/// A JSON value.
package enum JSONValue: Hashable, Sendable {
    /// `null`
    case null
    /// `true` or `false`
    case bool(Bool)
    /// A number, as the text that it was written as.
    case number(String)
    /// A text.
    case string(String)
    /// Values in order.
    case array([JSONValue])
    /// Members in order, duplicates included.
    case object([Member])

    /// A name and its value.
    package struct Member: Hashable, Sendable {
        /// The name.
        package var name: String
        /// What it names.
        package var value: JSONValue
        /// Both.
        package init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// Reads a whole text: one value, and nothing after it but blanks.
    package init(parsing bytes: ByteView, depthLimit: Int = 128) throws(JSONError) {
        var reader = JSONReader(bytes, depthLimit: depthLimit)
        self = try JSONValue.read(try reader.next(), from: &reader)
        guard case .end = try reader.next() else { throw JSONError(.trailingBytes, at: reader.tokenStart) }
    }

    /// The same, from a String.
    package init(parsing text: String, depthLimit: Int = 128) throws(JSONError) {
        var buffer = ByteBuffer(capacity: text.utf8.count)
        buffer.append(text)
        // The view is true until `buffer` goes, at the end of this scope; the tree holds copies only.
        defer { buffer.removeAll() }
        self = try JSONValue(parsing: buffer.view, depthLimit: depthLimit)
    }

    /// The value that begins with `token`, where a shape is known only in part. The reader's depth limit
    /// bounds the recursion.
    package static func read(_ token: JSONToken, from reader: inout JSONReader) throws(JSONError) -> JSONValue {
        switch token {
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .number(let number): return .number(number.text.lossyText)
        case .string(let text): return .string(text.string)
        case .beginArray:
            var elements: [JSONValue] = []
            while true {
                let token = try reader.next()
                if case .endArray = token { return .array(elements) }
                elements.append(try read(token, from: &reader))
            }
        case .beginObject:
            var members: [Member] = []
            while case .key(let name) = try reader.next() {
                members.append(Member(name.string, try read(try reader.next(), from: &reader)))
            }
            return .object(members)
        case .key, .endObject, .endArray, .end:
            throw JSONError(.wrongType(expected: "a value"), at: reader.tokenStart)
        }
    }

    // MARK: Looking

    /// The last member of that name; nil when there is none or this is no object.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    /// The members of an object; nil for anything else.
    package var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// The elements of an array; nil for anything else.
    package var elements: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The text; nil for anything else.
    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The truth value; nil for anything else.
    package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The number as an integer, exactly; nil for anything else, and when it does not fit.
    package func integer<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number? {
        guard case .number(let text) = self else { return nil }
        let bytes = ByteSlice(utf8: text)
        return withExtendedLifetime(bytes) { exactInteger(bytes.view) }
    }

    /// The number as the nearest double; nil for anything else.
    package var double: Double? {
        if case .number(let text) = self { Double(text) } else { nil }
    }
}

extension JSONWriter {
    /// A whole tree.
    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .number(let text):
            raw(json: text)
        case .string(let text): string(text)
        case .array(let elements): array { json in for element in elements { json.value(element) } }
        case .object(let members):
            object { json in
                for member in members {
                    json.key(text: member.name)
                    json.value(member.value)
                }
            }
        }
    }
}
