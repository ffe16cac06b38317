// WireError.swift: why bytes are not a message, and where.
//
// Bytes come from strangers: a client, a peer, a disk that lost a bit. Whoever has to explain to an operator
// why a log cannot be read needs three things: what is wrong, at which byte of the input, and in which
// field. The path of fields is put together only when an error travels outwards, so good input pays nothing.
//
//     0a 0c 12 05 ...          message 1 { message 2 { ... } }
//           ^ offset 2, path 1.2: "at byte 2, in field 1.2: the input ends in the middle of the value"

/// Why decoding stopped.
public struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What can be wrong with an encoded message.
    public enum Kind: Hashable, Sendable {
        /// A value is longer than the message that it lies in.
        case truncated
        /// A number does not fit into 64 bits, or takes more than ten bytes.
        case oversizedVarint
        /// The tag has field number 0, or one above 2^29 - 1.
        case badFieldNumber
        /// The tag says 6 or 7, which mean nothing.
        case badWireType(UInt8)
        /// A field that we know, in a form that it cannot have: we expected the second, found the first.
        case wrongWireType(UInt8, expected: UInt8)
        /// The end of a group that never began.
        case strayGroupEnd
        /// Too many messages inside each other (`WireReader.depthLimit`).
        case tooDeep
        /// A list in two pieces of one message, which a view cannot show (WireView.swift).
        case split
    }

    /// What is wrong.
    public let kind: Kind
    /// Where it begins, counted from the first byte of the whole input.
    public let offset: Int
    /// The numbers of the fields around the place, from the outermost on.
    public private(set) var path: [UInt32]

    /// An error at a place, in a field or (0) between fields.
    public init(_ kind: Kind, at offset: Int, field: UInt32 = 0) {
        self.kind = kind
        self.offset = offset
        path = field == 0 ? [] : [field]
    }

    /// The same error as the message around it sees it.
    public func inside(_ field: UInt32) -> WireError {
        var error = self
        error.path.insert(field, at: 0)
        return error
    }

    /// For people.
    public var description: String {
        let place = path.isEmpty ? "" : ", in field " + path.map { String($0) }.joined(separator: ".")
        return "at byte \(offset)\(place): \(reason)"
    }

    private var reason: String {
        switch kind {
        case .truncated: "the input ends in the middle of the value"
        case .oversizedVarint: "the number does not fit into 64 bits"
        case .badFieldNumber: "there is no field with such a number"
        case .badWireType(let type): "wire type \(type) means nothing"
        case .wrongWireType(let type, let expected):
            "the field should be \(name(of: expected)) but is \(name(of: type)): this is another message"
        case .strayGroupEnd: "a group ends that never began"
        case .split: "the list comes in two pieces of its message, and a view shows only one"
        case .tooDeep: "too many messages lie inside each other (a client may send \(WireReader.depthLimit))"
        }
    }

    private func name(of wireType: UInt8) -> String {
        switch wireType {
        case 0: "a number"
        case 1: "eight bytes"
        case 2: "bytes with a length"
        case 5: "four bytes"
        default: "a group"
        }
    }
}
