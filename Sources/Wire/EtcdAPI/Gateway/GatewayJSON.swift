// GatewayJSON.swift: messages as JSON and back, as etcd's gateway does it.
//
// Not every program speaks gRPC; every program speaks HTTP and JSON. etcd therefore serves each call a second
// time under a URL, and somebody must translate:
//
//     POST /v3/kv/range                                  /etcdserverpb.KV/Range
//     {"key":"Zm9v","limit":"1"}        --message-->     0a 03 66 6f 6f 18 01
//
//     {"header":{"revision":"8"},...    <----json--      0a 02 18 08 ...
//
// Nobody writes that translation a hundred and thirty times. The generator has written down what each message
// looks like (EtcdAPISchema); one walk along bytes and table serves them all, without knowing any Swift type.
//
// THE LANGUAGE                    written                        also read
//     a field's name              as in the .proto file          in lowerCamelCase (which counts if both are there)
//     64-bit numbers              as texts: "7"                  as numbers
//     bytes                       in base64                      as an array of numbers
//     an enum                     its name, or the number that   the number
//                                 has no name
//     zero, empty, false          not at all, but in a oneof     any way
//     a message                   {} if it is empty              null for none
//     an unknown field            -                              passed over
//     the same name twice         -                              the last counts
//
// WHY TEXTS FOR NUMBERS? JavaScript keeps numbers as doubles, which have 53 bits: revision 9007199254740993 would
// arrive as ...992.
//
// COST     some allocations a message: nobody measures the gateway in nanoseconds.
// READ NEXT  GatewayWriter.swift, GatewayReader.swift. SHOWN BY  GatewayGoldenTests, GatewayLiveTests

package import Bytes
import JSON
package import Protobuf

/// The translator, which knows every message of the API.
package struct GatewayJSON: Sendable {
    /// How deep messages may lie in each other; `WireReader` has the same limit.
    static let depthLimit = WireReader.depthLimit

    private let messages: [String: MessageSchema]
    private let enums: [String: EnumSchema]
    private let codecs: [String: MessageCodec]

    /// The translator for the messages of this room. Its tables are made when it is first used.
    package static let api = GatewayJSON()

    private init() {
        messages = Dictionary(uniqueKeysWithValues: EtcdAPISchema.messages.map { ($0.name, $0) })
        enums = Dictionary(uniqueKeysWithValues: EtcdAPISchema.enums.map { ($0.name, $0) })
        codecs = Dictionary(uniqueKeysWithValues: EtcdAPISchema.codecs.map { ($0.name, $0) })
    }

    /// What is known about a message; asking for one that is in no `.proto` file is a mistake of ours.
    func schema(_ name: String) -> MessageSchema {
        guard let schema = messages[name] else { preconditionFailure("K3: there is no message \(name)") }
        return schema
    }

    /// What is known about an enum.
    func enumeration(_ name: String) -> EnumSchema {
        guard let schema = enums[name] else { preconditionFailure("K3: there is no enum \(name)") }
        return schema
    }

    // MARK: Out

    /// Appends the JSON of an encoded message, as the reply of a simple call has it.
    package func write(_ message: ByteSlice, as name: String, into text: inout ByteBuffer) throws(WireError) {
        guard let codec = codecs[name] else { preconditionFailure("K3: there is no message \(name)") }
        let canonical = try codec.recode(message)
        var writer = GatewayWriter(self)
        try writer.write(canonical.view, as: schema(name))
        text.append(writer.text.buffer.view)
    }

    /// Appends a line of a stream's reply: `{"result":...}` and a line end.
    package func write(
        result message: ByteSlice, as name: String, into text: inout ByteBuffer
    ) throws(WireError) {
        text.append(literal: "{\"result\":")
        try write(message, as: name, into: &text)
        text.append(literal: "}\n")
    }

    // MARK: In

    /// The encoded message that the body of a simple call describes: its first value, or the empty message if it has
    /// none.
    package func read(_ body: ByteSlice, as name: String) throws(GatewayRefusal) -> ByteSlice {
        var stream = GatewayStream(body)
        return try read(from: &stream, as: name) ?? ByteSlice()
    }

    /// The next message of a stream of JSON values, or nil at its end.
    package func read(from stream: inout GatewayStream, as name: String) throws(GatewayRefusal) -> ByteSlice? {
        guard let value = try stream.next() else { return nil }
        var message = ByteBuffer()
        try GatewayReader(self).read(value, as: schema(name), level: 1, into: &message)
        return message.slice()
    }
}

/// The JSON values of a body, one after the other: a stream's requests need nothing between them.
package struct GatewayStream: Sendable {
    /// Owned, because the values that `next` gives are views of it.
    private let body: ByteSlice
    /// Where the next value will be looked for.
    package private(set) var position = 0

    /// All values of a body.
    package init(_ body: ByteSlice) { self.body = body }

    /// The next value, true as long as this stream lives; nil when only blanks are left.
    mutating func next() throws(GatewayRefusal) -> ByteView? {
        guard let range = try GatewaySyntax.firstValue(in: body.view, from: position) else { return nil }
        position = range.upperBound
        return body.view[range]
    }
}
