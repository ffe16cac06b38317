// Decoders.swift: everything of ours that reads bytes it did not write.
//
// One row a decoder: its name, and what is done with an input. A row may check a promise, too: what
// was read is written again, and read again, and must be the same; an error must point into the input.
// A broken promise is a `precondition`, which libFuzzer reports like any other trap.
//
// A new decoder needs a row and a floor in floors.txt; fuzz.sh fails without.
//
// HERE       the ground: numbers, hex, JSON, traces, stories
// READ NEXT  MessageDecoders.swift (what clients and peers send), FileDecoders.swift (what lies on disks),
//            LibraryDecoders.swift (C that we call), NetworkDecoders.swift (conversations).

import Bytes
import Identifiers
import JSON
import Simulation
import Trace

/// One thing that reads strangers' bytes.
struct Decoder {
    let name: String
    let decode: (ByteView) -> Void

    init(_ name: String, _ decode: @escaping (ByteView) -> Void) {
        self.name = name
        self.decode = decode
    }

    /// The table.
    static var all: [Decoder] { bytes + texts + traces + messages + files + libraries + network }

    /// The ground: numbers one after the other, and hex.
    private static var bytes: [Decoder] {
        [
            Decoder("varint", varints),
            Decoder("hex", hexText),
        ]
    }

    /// JSON, which clients of the gateway send; and the stories that people write for the simulator.
    private static var texts: [Decoder] {
        [
            Decoder("json", jsonTree),
            Decoder("json-tokens", jsonTokens),
            Decoder("scenario", scenario),
        ]
    }

    /// Traces, which people edit and other versions write.
    private static var traces: [Decoder] {
        [
            Decoder("trace-line", traceLine),
            Decoder("trace-compact", traceCompact),
        ]
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

    /// A story is commands, or an error that names a line which the text has.
    private static func scenario(_ input: ByteView) {
        let text = String(decoding: input.array, as: UTF8.self)
        _ = try? ScenarioCommand.parse(text)
    }

    /// A line that is a record gives a line that is the same record.
    private static func traceLine(_ input: ByteView) {
        let strict = try? TraceRecord(line: input)
        var quick = CompactWriter()
        var clock = WallClockMemory()
        if let head = LineScanner.read(input, into: &quick, &clock) {
            // N1: what the quick reader takes, the strict one takes too, and it means the same.
            let record = try? TraceRecord(compact: quick.view, from: head.origin, at: head.time)
            precondition(record != nil && record == strict, "the two readers of trace lines disagree")
        }
        guard let record = strict else { return }
        var writer = JSONWriter()
        writer.traceLine(record)
        let written = writer.finish()
        precondition((try? TraceRecord(line: written.view)) == record, "a record changed by being written")
    }

    /// The form that a ring carries between threads.
    private static func traceCompact(_ input: ByteView) {
        let origin = TraceOrigin(member: MemberID(rawValue: 1), epoch: BootEpoch(rawValue: 1))
        let record = try? TraceRecord(compact: input, from: origin)
        var lines = LineTranscoder(origin)
        let number = try? lines.line(input, at: nil)
        precondition(number == record?.sequence, "a line was made of what cannot be read, or none of what can")
        guard let record else { return }
        var writer = JSONWriter()
        writer.traceLine(record)
        precondition(writer.buffer.view == lines.buffer.view, "the two writers of trace lines disagree")
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
