// GoldenTests.swift: bytes of real members are read, mean what they mean, and are written again as they were.

import Bytes
import Foundation
import Identifiers
import Protobuf
import RaftMessages
import Testing

/// The recorded files.
enum Golden {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")

    static func bytes(_ name: String) throws -> ByteSlice {
        ByteSlice([UInt8](try Data(contentsOf: folder.appendingPathComponent(name))))
    }

    static func lines(_ name: String) throws -> [String] {
        let text = String(decoding: try Data(contentsOf: folder.appendingPathComponent(name)), as: UTF8.self)
        return text.split(separator: "\n").map { String($0) }
    }

    /// The frames of a message stream, and what another decoder read in each.
    static func frames() throws -> [(bytes: ByteSlice, text: String)] {
        var frames: [(bytes: ByteSlice, text: String)] = []
        var rest = ByteSlice()
        for line in try lines("frames.txt") {
            if line.hasPrefix("# ") {
                #expect(rest.isEmpty, "bytes are left before \(line)")
                rest = try bytes(String(line.dropFirst(2)))
            } else {
                let length = Int(rest.view.bigEndian(at: 0, as: UInt64.self))
                frames.append((rest[8..<(8 + length)], line))
                rest = rest.dropFirst(8 + length)
            }
        }
        #expect(rest.isEmpty)
        return frames
    }
}

/// A message as the recording describes it.
private func text(_ message: Message) -> String {
    let names: [MessageType: String] = [
        .prop: "MsgProp", .app: "MsgApp", .appResp: "MsgAppResp", .vote: "MsgVote", .voteResp: "MsgVoteResp",
        .snap: "MsgSnap", .heartbeat: "MsgHeartbeat", .heartbeatResp: "MsgHeartbeatResp", .preVote: "MsgPreVote",
        .preVoteResp: "MsgPreVoteResp", .readIndex: "MsgReadIndex", .readIndexResp: "MsgReadIndexResp",
        .timeoutNow: "MsgTimeoutNow",
    ]
    var text = "\(names[message.type] ?? "?") \(message.from)->\(message.to) term=\(message.term)"
    if message.logTerm != .zero { text += " logTerm=\(message.logTerm)" }
    if message.index != .zero { text += " index=\(message.index)" }
    if message.commit != .zero { text += " commit=\(message.commit)" }
    if !message.entries.isEmpty {
        let entries = message.entries.map { "\($0.term)/\($0.index):Normal:\($0.data.count)B" }
        text += " entries=[\(entries.joined(separator: ", "))]"
    }
    if message.reject { text += " reject" }
    if message.rejectHint != .zero { text += " hint=\(message.rejectHint)" }
    if !message.context.isEmpty { text += " ctx=\(message.context.hex)" }
    if let snapshot = message.snapshot {
        let voters = snapshot.metadata.confState.voters.map { "'\($0)'" }.joined(separator: ", ")
        text += " snap=\(snapshot.metadata.term)/\(snapshot.metadata.index) voters=[\(voters)]"
        text += " data=\(snapshot.data.count)B"
    }
    return text
}

@Suite("Bytes of real members")
struct GoldenTests {
    @Test("883 messages of a running cluster and a snapshot: read, understood, written byte for byte")
    func frames() throws {
        let frames = try Golden.frames()
        #expect(frames.count == 884)
        for (bytes, expected) in frames {
            let message = try Message(decoding: bytes)
            #expect(text(message) == expected)
            #expect(message.encoded() == bytes, "\(expected)")
            #expect(message.encodedSize == bytes.count)
            #expect(!message.isLocal)
        }
    }

    @Test("records of a log, and what is in them")
    func records() throws {
        var kinds: [RecordType: Int] = [:]
        for line in try Golden.lines("wal-records.txt") {
            let bytes = try #require(ByteSlice(hex: line))
            let record = try Record(decoding: bytes)
            kinds[record.type, default: 0] += 1
            #expect(record.encoded() == bytes)
            let again: ByteSlice
            switch record.type {
            case .metadata:
                let metadata = try Metadata(decoding: record.data)
                #expect(metadata.nodeID == 0xa3e8_3f3a_1a14_fb1f && metadata.clusterID == 0x74d6_63e0_11ff_db78)
                again = metadata.encoded()
            case .entry:
                let entry = try Entry(decoding: record.data)
                if entry.type == .confChange {
                    #expect(try ConfChange(decoding: entry.data).encoded() == entry.data)
                }
                again = entry.encoded()
            case .state: again = try HardState(decoding: record.data).encoded()
            case .snapshot: again = try SnapshotRecord(decoding: record.data).encoded()
            case .crc: again = ByteSlice()
            case .invalid, .unrecognized: again = "no such record"
            }
            #expect(again == record.data)
        }
        #expect(kinds == [.metadata: 1, .crc: 1, .snapshot: 5, .entry: 29, .state: 28])
    }

    @Test("a snapshot file: the checksum fits, the members are there")
    func snapshotFile() throws {
        let bytes = try Golden.bytes("state.snap")
        let file = try SnapshotFile(decoding: bytes)
        #expect(file.encoded() == bytes)
        #expect(CRC32C.checksum(file.data.view) == file.crc)
        let snapshot = try Snapshot(decoding: file.data)
        #expect(snapshot.encoded() == file.data)
        #expect(snapshot.metadata.index == 0x1e4 && snapshot.metadata.term == 2)
        #expect(snapshot.metadata.confState.voters == [0xa3e8_3f3a_1a14_fb1f])
    }

    @Test("decoded bytes share the block of the input: nothing is copied")
    func sharing() throws {
        let bytes = try Golden.bytes("snapshot.bin").dropFirst(8)
        let data = try #require(try Message(decoding: bytes).snapshot?.data)
        // `slice(of:)` stops the process for a view that is not a part of the slice.
        #expect(bytes.slice(of: data.view) == data)
    }
}
