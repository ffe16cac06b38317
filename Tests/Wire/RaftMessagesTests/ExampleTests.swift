// ExampleTests.swift: single messages as etcd writes them, field by field.

import Bytes
import Identifiers
import Protobuf
import RaftMessages
import Testing

/// A message and its bytes.
struct Example: Sendable, CustomTestStringConvertible {
    let what: String
    let hex: String
    let encode: @Sendable () -> ByteSlice
    let recode: @Sendable (ByteSlice) throws -> ByteSlice

    init<Message: WireMessage>(_ what: String, _ hex: String, _ message: Message) {
        self.what = what
        self.hex = hex
        encode = { message.encoded() }
        recode = { bytes in
            #expect(try Message(decoding: bytes) == message)
            #expect(try Message(decoding: bytes.view) == message)
            return try Message(decoding: bytes).encoded()
        }
    }

    var testDescription: String { what }
}

@Suite("Messages byte for byte")
struct ExampleTests {
    static let emptySnapshot = "4a0a12080a0228001000 1800"
    static let name = ByteSlice([1, 2, 3, 4, 5, 6, 7, 8])

    static let examples: [Example] = [
        Example("an empty entry: zeros are written, no data is not", "080010001800", Entry()),
        Example("an entry", "0800100218052203616263", Entry(term: 2, index: 5, data: "abc")),
        Example("a change of members", "080110011801", Entry(type: .confChange, term: 1, index: 1)),
        Example("nothing to remember", "080010001800", HardState()),
        Example("a vote", "0802 1007 1803", HardState(term: 2, vote: 7, commit: 3)),
        Example("no members: only the flag is written", "2800", ConfState()),
        Example(
            "members: one tag each", "0801 08ac02 1003 1804 2005 2801",
            ConfState(voters: [1, 300], learners: [3], votersOutgoing: [4], learnersNext: [5], autoLeave: true)),
        Example("an empty snapshot", "12080a0228001000 1800", Snapshot()),
        Example(
            "a removal: no context", "0800 1001 1807", ConfChange(type: .removeNode, nodeID: 7)),
        Example(
            "an addition", "0805 1000 1807 2202 7b7d", ConfChange(id: 5, type: .addNode, nodeID: 7, context: "{}")),
        Example(
            "two changes at once", "0801 1204 0800 1002 1204 0803 1004 1a01 78",
            ConfChangeV2(
                transition: .jointImplicit,
                changes: [.init(type: .addNode, nodeID: 2), .init(type: .addLearnerNode, nodeID: 4)], context: "x")),
        Example("the empty change that leaves a joint configuration", "0800", ConfChangeV2()),
        Example(
            "the heartbeat of an idle stream",
            "08081000180020002800300040004a0a12080a022800100018005000 5800", Message(type: .heartbeat)),
        Example(
            "a question for votes", "0811 1002 1801 2002 2801 3003 4000 \(emptySnapshot) 5000 5800",
            Message(type: .preVote, to: 2, from: 1, term: 2, logTerm: 1, index: 3)),
        Example(
            "a vote on the leader's wish",
            "0805 1002 1801 2003 2802 3015 4000 \(emptySnapshot) 5000 5800 621043616d706169676e5472616e73666572",
            Message(type: .vote, to: 2, from: 1, term: 3, logTerm: 2, index: 21, context: "CampaignTransfer")),
        Example(
            "a read request: term 0, the name in an entry",
            "080f 1002 1801 2000 2800 3000 3a10 080010001800 2208 0102030405060708 4000 \(emptySnapshot) 5000 5800",
            Message(type: .readIndex, to: 2, from: 1, entries: [Entry(data: name)])),
        Example(
            "a rejected append", "0804 1002 1801 2003 2802 3016 4000 \(emptySnapshot) 5001 5805",
            Message(type: .appResp, to: 2, from: 1, term: 3, logTerm: 2, index: 22, reject: true, rejectHint: 5)),
        Example(
            "the fields of 3.6",
            "0813 1000 1800 2000 2800 3000 4000 \(emptySnapshot) 5000 5800 6807 721e"
                + "0814 1000 1800 2000 2800 3000 4000 \(emptySnapshot) 5000 5800",
            Message(type: .storageAppend, vote: 7, responses: [Message(type: .storageAppendResp)])),
        Example("a record without data", "08041000", Record(type: .crc)),
        Example("a record", "0803 1005 1a02 6162", Record(type: .state, crc: 5, data: "ab")),
        Example("whose log", "0801 1002", Metadata(nodeID: 1, clusterID: 2)),
        Example("the note at the head of a log", "08001000", SnapshotRecord()),
        Example(
            "a note with members", "0805 1002 1a04 0801 2800",
            SnapshotRecord(index: 5, term: 2, confState: ConfState(voters: [1]))),
        Example("a snapshot file", "0801 1201 61", SnapshotFile(crc: 1, data: "a")),
        Example("no number is too large", "08ffffffffffffffffff01 1000 1800", HardState(term: Term(rawValue: .max))),
    ]

    @Test("written and read", arguments: examples)
    func example(example: Example) throws {
        let bytes = try #require(ByteSlice(hex: example.hex))
        #expect(example.encode().hex == bytes.hex)
        #expect(try example.recode(bytes) == bytes)
    }

    @Test("a message of 3.6 has no snapshot and a vote field; it is the same message")
    func message36() throws {
        let bytes = try #require(ByteSlice(hex: "0808 1002 1801 2003 2800 3000 4005 5000 5800 6800"))
        let message = try Message(decoding: bytes)
        #expect(message == Message(type: .heartbeat, to: 2, from: 1, term: 3, commit: 5))
    }

    @Test("a snapshot at index 0 is none, whatever else it holds; one at index 1 is one")
    func emptySnapshot() throws {
        var message = Message(type: .snap)
        message.snapshot = Snapshot(data: "a", metadata: SnapshotMetadata(term: 5))
        #expect(try Message(decoding: message.encoded()).snapshot == nil)
        message.snapshot?.metadata.index = 1
        #expect(try Message(decoding: message.encoded()) == message)
    }

    @Test("packed members are read, and written as etcd writes them")
    func packed() throws {
        let bytes = try #require(ByteSlice(hex: "0a03 01ac02 0803 2800"))
        let state = try ConfState(decoding: bytes)
        #expect(state.voters == [1, 300, 3])
        #expect(state.encoded().hex == "080108ac0208032800")
    }

    @Test("what is absent is zero")
    func absent() throws {
        let nothing = ByteSlice()
        #expect(try Message(decoding: nothing) == Message())
        #expect(try HardState(decoding: nothing) == HardState())
        #expect(try Record(decoding: nothing) == Record())
    }

    @Test("kinds of a newer etcd are kept, and never taken for one of ours")
    func unknownKinds() throws {
        let message = try Message(decoding: try #require(ByteSlice(hex: "0863 1001")))
        #expect(message.type == .unrecognized(99))
        #expect(message.encoded().hex.hasPrefix("08631001"))
        #expect(MessageType(rawValue: 7) == .snap)
        for type in MessageType.named { #expect(MessageType(rawValue: type.rawValue) == type) }
        #expect(MessageType.named.map(\.rawValue) == Array(0...23))
    }

    @Test("which kinds never leave a member")
    func local() {
        let local: Set<MessageType> = Set(MessageType.named.filter { Message(type: $0).isLocal })
        #expect(local.map(\.rawValue).sorted() == [0, 1, 10, 11, 12, 19, 20, 21, 22, 23])
    }
}
