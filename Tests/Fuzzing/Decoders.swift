// Decoders.swift: everything of ours that reads bytes it did not write.
//
// One row a decoder: its name, and what is done with an input. A row may check a promise, too: what
// was read is written again, and read again, and must be the same; an error must point into the input.
// A broken promise is a `precondition`, which libFuzzer reports like any other trap.
//
// A new decoder needs a row here and a floor in floors.txt; fuzz.sh fails without.

import Bytes
import EtcdAPI
import Identifiers
import JSON
import Protobuf
import RaftMessages
import Trace
import WriteAheadLog

/// One thing that reads strangers' bytes.
struct Decoder {
    let name: String
    let decode: (ByteView) -> Void

    init(_ name: String, _ decode: @escaping (ByteView) -> Void) {
        self.name = name
        self.decode = decode
    }

    /// The table.
    static var all: [Decoder] { bytes + texts + traces + messages + files + gateway }

    /// The ground: numbers one after the other, and hex.
    private static var bytes: [Decoder] {
        [
            Decoder("varint", varints),
            Decoder("hex", hexText),
        ]
    }

    /// JSON, which clients of the gateway send.
    private static var texts: [Decoder] {
        [
            Decoder("json", jsonTree),
            Decoder("json-tokens", jsonTokens),
        ]
    }

    /// Traces, which people edit and other versions write.
    private static var traces: [Decoder] {
        [
            Decoder("trace-line", traceLine),
            Decoder("trace-compact", traceCompact),
        ]
    }

    /// Protobuf messages: each input is tried as every message of a room.
    private static var messages: [Decoder] {
        [
            Decoder("raft-messages") { input in recode(input, RaftMessagesSchema.codecs) },
            Decoder("api-messages") { input in recode(input, EtcdAPISchema.codecs) },
            Decoder("log-command", command),
        ]
    }

    /// What lies on disks. Behind a checksum nothing is reached by chance, so each format is tried twice:
    /// as it is, and with a right checksum around whatever the fuzzer made up.
    private static var files: [Decoder] {
        [
            Decoder("log-record", logRecord),
            Decoder("snapshot-file") { snapshotFile(ByteSlice(copying: $0)) },
            Decoder("snapshot-content", snapshotContent),
        ]
    }

    /// The bytes of one record of the log, between its length and its padding.
    private static func logRecord(_ input: ByteView) {
        guard let fields = RecordFields(input) else { return }
        if let data = fields.data { precondition(data.count <= input.count, "more data than bytes") }
    }

    /// A file that says it is a snapshot; one that is gives the same snapshot when written again.
    private static func snapshotFile(_ file: ByteSlice) {
        guard let snapshot = try? SnapshotFiles.decode(file, named: "fuzzed") else { return }
        let again = SnapshotFiles.encode(snapshot)
        precondition((try? SnapshotFiles.decode(again, named: "again")) == snapshot, "a snapshot changed")
    }

    /// A file whose checksum is right, whatever it holds.
    private static func snapshotContent(_ input: ByteView) {
        var file = ByteBuffer()
        file.append(0x08)
        file.append(varint: UInt64(CRC32C.checksum(input)))
        file.append(0x12)
        file.append(varint: UInt64(input.count))
        file.append(input)
        snapshotFile(file.slice())
    }

    /// JSON to messages and back.
    private static var gateway: [Decoder] {
        [
            Decoder("gateway-request", gatewayRequest),
            Decoder("gateway-reply", gatewayReply),
        ]
    }

    /// Messages without texts: JSON must hold all of them (of a text that is not UTF-8 it cannot).
    private static let plain = [
        "etcdserverpb.TxnRequest", "etcdserverpb.TxnResponse", "etcdserverpb.RangeResponse",
        "etcdserverpb.WatchRequest",
        "etcdserverpb.AlarmResponse", "etcdserverpb.HashKVResponse",
    ]

    /// What JSON describes is canonical: reading and writing it as a struct changes nothing, nor does writing it as JSON
    /// and reading that.
    private static func gatewayRequest(_ input: ByteView) {
        let body = ByteSlice(copying: input)
        for name in plain {
            guard let message = try? GatewayJSON.api.read(body, as: name) else { continue }
            let codec = EtcdAPISchema.codecs.first { $0.name == name }
            precondition((try? codec?.recode(message)) == message, "JSON gave bytes that are not canonical")
            checkText(of: message, as: name)
        }
    }

    /// A struct and its JSON hold the same.
    private static func gatewayReply(_ input: ByteView) {
        let bytes = ByteSlice(copying: input)
        for name in plain {
            let codec = EtcdAPISchema.codecs.first { $0.name == name }
            var text = ByteBuffer()
            let isWritten = (try? GatewayJSON.api.write(bytes, as: name, into: &text)) != nil
            let canonical = try? codec?.recode(bytes)
            precondition(isWritten == (canonical != nil), "struct and JSON disagree on what is a message")
            if let canonical {
                precondition((try? GatewayJSON.api.read(text.slice(), as: name)) == canonical, "JSON lost something")
                checkText(of: canonical, as: name)
            }
        }
    }

    private static func checkText(of message: ByteSlice, as name: String) {
        var text = ByteBuffer()
        precondition((try? GatewayJSON.api.write(message, as: name, into: &text)) != nil, "good bytes gave no JSON")
        precondition((try? GatewayJSON.api.read(text.slice(), as: name)) == message, "JSON lost something")
    }

    /// The data of an entry: one of three things, or an error that points into it.
    private static func command(_ input: ByteView) {
        let data = ByteSlice(copying: input)
        do {
            switch try EntryCommand(decoding: data) {
            case .nothing: precondition(input.isEmpty, "only no bytes are no command")
            case .request(let request):
                precondition(
                    (try? EntryCommand(decoding: request.encoded())) == .request(request) || request == .init())
            case .v2(let request):
                // A method that is itself a message makes the two kinds the same bytes; none of etcd's is.
                let words: Set = ["GET", "PUT", "POST", "DELETE", "QGET", "SYNC"]
                if words.contains(request.method) {
                    precondition((try? EntryCommand(decoding: request.encoded())) == .v2(request))
                }
            }
        } catch {
            precondition(error.offset >= 0 && error.offset <= input.count, "an error points into the input")
        }
    }

    /// Writing what was read is canonical: doing it again changes nothing. The view of a message shows what
    /// the message holds; only a list in two pieces it cannot show, and says so.
    private static func recode(_ input: ByteView, _ codecs: [MessageCodec]) {
        let kept = ByteSlice(copying: input)
        for codec in codecs {
            var written: ByteSlice?
            do {
                let first = try codec.recode(kept)
                let second = try? codec.recode(first)
                precondition(second == first, "a message changed by being written")
                written = first
            } catch {
                precondition(error.offset >= 0 && error.offset <= input.count, "an error points into the input")
            }
            guard let view = codec.recodeView else { continue }
            do {
                let seen = try view(input)
                precondition(seen == written, "the view shows another message")
            } catch {
                precondition(written == nil || error.kind == .split, "the view refuses what the message accepts")
                precondition(error.offset >= 0 && error.offset <= input.count, "an error points into the input")
            }
        }
    }

    /// What was read is written, read again, and the same.
    private static func jsonTree(_ input: ByteView) {
        do {
            let tree = try JSONValue(parsing: input)
            var writer = JSONWriter()
            writer.value(tree)
            let written = writer.finish()
            precondition((try? JSONValue(parsing: written.view)) == tree, "a tree changed by being written")
        } catch {
            precondition(error.offset >= 0 && error.offset <= input.count, "an error points into the input")
        }
    }

    /// Token by token, and passing over whole values: both move on or stop.
    private static func jsonTokens(_ input: ByteView) {
        var reader = JSONReader(input)
        var skipper = JSONReader(input)
        _ = try? skipper.skipValue()
        for _ in 0...input.count {
            guard let token = try? reader.next() else { return }
            if case .end = token { return }
        }
        preconditionFailure("more tokens than bytes")
    }

    /// A line that is a record gives a line that is the same record.
    private static func traceLine(_ input: ByteView) {
        guard let record = try? TraceRecord(line: input) else { return }
        var writer = JSONWriter()
        writer.traceLine(record)
        let written = writer.finish()
        precondition((try? TraceRecord(line: written.view)) == record, "a record changed by being written")
    }

    /// The form that a ring carries between threads.
    private static func traceCompact(_ input: ByteView) {
        let origin = TraceOrigin(member: MemberID(rawValue: 1), epoch: BootEpoch(rawValue: 1))
        _ = try? TraceRecord(compact: input, from: origin)
    }

    /// Reads the input as varints until one is bad; what was read must be what writing would give,
    /// but for needlessly long spellings.
    private static func varints(_ input: ByteView) {
        var cursor = ByteCursor(input)
        while !cursor.isAtEnd {
            let start = cursor.position
            do {
                let number = try cursor.readVarint()
                var again = ByteBuffer()
                again.append(varint: number)
                precondition(again.count <= cursor.position - start, "a number grew by being written again")
                var reader = ByteCursor(again.view)
                precondition((try? reader.readVarint()) == number, "a number changed by being written again")
            } catch {
                precondition(error.offset == start, "an error points to where its number begins")
                return
            }
        }
    }

    /// A string that is hex spells the same string again.
    private static func hexText(_ input: ByteView) {
        let text = String(decoding: input.array, as: UTF8.self)
        if let bytes = ByteSlice(hex: text) {
            precondition(ByteSlice(hex: bytes.hex) == bytes, "hex of hex differs")
        }
        let spelled = ByteSlice(hex: input.hex)
        precondition(spelled?.view == input, "bytes changed by being spelled in hex")
        precondition(input.hexDump().utf8.count <= 90 * (input.count / 16 + 2), "a dump out of proportion")
    }
}
