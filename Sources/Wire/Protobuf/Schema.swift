// Schema.swift: messages described by tables, for those who walk along any of them.
//
// A server that puts a key knows the message it holds, and calls generated code. But the JSON gateway, a random
// test and a fuzzer want to treat every message alike: which fields are there, what are they called, what
// do they hold? The generator writes that down, too, one table a module. Whoever has the table and the bytes
// of a message can turn them into anything without knowing its Swift type:
//
//     bytes:  0a 03 66 6f 6f       table: 1 is "key", bytes       JSON:  {"key":"Zm9v"}
//
// The tables are made when they are first asked for; a server that never serves JSON never makes them.

public import Bytes

/// What is known about a message.
public struct MessageSchema: Sendable {
    /// The full name, as "etcdserverpb.PutRequest".
    public let name: String
    /// The fields in ascending order of their numbers.
    public let fields: [FieldSchema]

    /// A row of the table.
    public init(_ name: String, _ fields: [FieldSchema]) {
        self.name = name
        self.fields = fields
    }
}

/// What is known about a field.
public struct FieldSchema: Sendable, Hashable {
    /// What a field holds.
    public enum Kind: Sendable, Hashable {
        /// 0 or 1.
        case bool
        /// A signed number of 32 bits.
        case int32
        /// A signed number of 64 bits; a string in JSON.
        case int64
        /// A number of 32 bits.
        case uint32
        /// A number of 64 bits; a string in JSON.
        case uint64
        /// Text.
        case string
        /// Bytes; base64 in JSON.
        case bytes
        /// An enum, by its full name.
        case enumeration(String)
        /// A message, by its full name.
        case message(String)
    }

    /// When a field is written.
    public enum Presence: Sendable, Hashable {
        /// When it is not zero or empty.
        case implicit
        /// When it was set.
        case optional
        /// Always.
        case required
        /// Always, but the empty message stands for an absent one.
        case emptyWhenAbsent
        /// Once for each element.
        case repeated
        /// Once for all elements; numbers only.
        case packed
    }

    /// The number on the wire.
    public let number: UInt32
    /// The name as in the `.proto` file: what etcd's gateway writes.
    public let name: String
    /// The name in lowerCamelCase as protobuf derives it: what etcd's gateway also reads.
    public let jsonName: String
    /// What it holds.
    public let kind: Kind
    /// When it is written.
    public let presence: Presence
    /// The oneof that it belongs to: at most one of these fields is set.
    public let oneof: String?

    /// A row of the table.
    public init(
        _ number: UInt32, _ name: String, json: String? = nil, _ kind: Kind, _ presence: Presence,
        oneof: String? = nil
    ) {
        self.number = number
        self.name = name
        jsonName = json ?? name
        self.kind = kind
        self.presence = presence
        self.oneof = oneof
    }
}

/// What is known about an enum.
public struct EnumSchema: Sendable {
    /// One of its values.
    public struct Value: Sendable, Hashable {
        /// The number on the wire.
        public let number: Int32
        /// The name in JSON and in texts.
        public let name: String
    }

    /// The full name, as "etcdserverpb.RangeRequest.SortOrder".
    public let name: String
    /// The values that have names.
    public let values: [Value]

    /// A row of the table.
    public init(_ name: String, _ values: [(Int32, String)]) {
        self.name = name
        self.values = values.map { Value(number: $0.0, name: $0.1) }
    }
}

/// What is known about a call of a service.
public struct CallSchema: Sendable, Hashable {
    /// How many messages go each way.
    public enum Kind: Sendable, Hashable {
        /// One message each way.
        case unary
        /// Many from the client, one from the server.
        case clientStream
        /// One from the client, many from the server.
        case serverStream
        /// Many each way, at any time.
        case bidirectional
    }

    /// The path of gRPC, as "/etcdserverpb.KV/Put".
    public let path: String
    /// How many messages go each way.
    public let kind: Kind
    /// The full name of the message that the client sends.
    public let request: String
    /// The full name of the message that the server sends.
    public let response: String
    /// Where the JSON gateway serves the call.
    public let gateway: [String]

    /// A row of the table.
    public init(
        _ path: String, _ kind: Kind, request: String, response: String, gateway: [String] = []
    ) {
        self.path = path
        self.kind = kind
        self.request = request
        self.response = response
        self.gateway = gateway
    }
}

/// Decoding and encoding of one kind of message, for tests that go through all of them: what comes out must be
/// the canonical form of what went in, and bad input must end in an error.
public struct MessageCodec: Sendable {
    /// The full name of the message.
    public let name: String
    /// Decodes into an owned message and encodes it.
    public let recode: @Sendable (ByteSlice) throws(WireError) -> ByteSlice
    /// Decodes into a view, copies what it shows, encodes the copy. Nil where there is no view.
    public let recodeView: (@Sendable (ByteView) throws(WireError) -> ByteSlice)?

    /// A message without a view.
    public init<Message: WireMessage>(_ name: String, _: Message.Type) {
        self.name = name
        recode = { (bytes: ByteSlice) throws(WireError) in try Message(decoding: bytes).encoded() }
        recodeView = nil
    }

    /// A message with a view.
    public init<Message: WireViewable>(viewed name: String, _: Message.Type) {
        self.name = name
        recode = { (bytes: ByteSlice) throws(WireError) in try Message(decoding: bytes).encoded() }
        recodeView = { (bytes: ByteView) throws(WireError) in
            Message(copying: try Message.View(decoding: bytes)).encoded()
        }
    }
}
