// Dump.swift: the log as text, one line a record.
//
//     0000000000000000-0000000000000000.wal
//     @80       entry     term=1 index=1         len=112     pad=0 crc=3844b4ea  confChange add a3e83f3a1a14fb1f
//     @200      state     term=1 vote=0 commit=1 len=16      pad=0 crc=f9cf2075
//     ...
//     end of records: byte 105488 of 64000000 (end-of-records)
//
// WHO READS THIS? Somebody who wants to know what a member wrote down, often because it does not start any more.
// So the dump goes as far as the records are valid, also when the log would be refused, and its last line says
// what the recovery table says.
//
// What stands in an entry is known above (requests, changes of membership), so its summary is a function that the
// caller hands in.
//
// SHOWN BY DumpTests, GoldenLogTests.

internal import Bytes
package import Disk
package import Identifiers
internal import Protobuf
package import RaftMessages

/// Prints logs for people.
package enum LogDump {
    /// Hands each line to `line`. `summary` says what is in an entry.
    package static func write<Store: Disk>(
        _ directory: String, on disk: Store, from start: LogIndex? = nil, summary: (Entry) -> String,
        line: (String) -> Void
    ) throws(LogError) {
        let segments = try LogReader.segments(in: directory, on: disk, reachingBackTo: start)
        var current: SegmentName?
        do throws(LogError) {
            let end = try LogReader.walk(segments, in: directory, on: disk) { (segment, record) throws(LogError) in
                if segment != current { line(segment.description) }
                current = segment
                line(describe(record, summary: summary))
            }
            line("end of records: byte \(end.offset) of \(end.sizeBytes) (\(end.row.name))")
            if end.row.verdict == .repair { line("a start would repair this: \(end.row.meaning)") }
        } catch {
            guard case .damaged = error else { throw error }
            line("a start would refuse this: \(error)")
        }
    }

    /// One record on one line.
    package static func describe(_ record: LogRecord, summary: (Entry) -> String) -> String {
        let (what, more) = content(of: record, summary: summary)
        let head = pad("@\(record.offset)", 9) + " " + pad(record.type.name, 8) + " " + pad(what, 22)
        let tail = pad("len=\(record.recordBytes)", 11) + " pad=\(record.paddingBytes) crc=\(hex(record.checksum))"
        return more.isEmpty ? "\(head) \(tail)" : "\(head) \(tail)  \(more)"
    }

    private static func content(of record: LogRecord, summary: (Entry) -> String) -> (what: String, more: String) {
        do {
            switch record.type {
            case .checksum: return ("", "")
            case .metadata: return ("", record.data.hex)
            case .entry:
                let entry = try Entry(decoding: record.data)
                return ("term=\(entry.term) index=\(entry.index)", summary(entry))
            case .state:
                let state = try HardState(decoding: record.data)
                return ("term=\(state.term) vote=\(state.vote) commit=\(state.commit)", "")
            case .snapshot:
                let snapshot = try SnapshotRecord(decoding: record.data)
                return ("term=\(snapshot.term) index=\(snapshot.index)", snapshot.confState.map(describe) ?? "")
            }
        } catch { return ("undecodable", "\(error): \(record.data.hex)") }
    }

    private static func describe(_ configuration: ConfState) -> String {
        func list(_ members: [MemberID]) -> String { members.map(\.description).joined(separator: ",") }
        var text = "voters=\(list(configuration.voters))"
        if !configuration.learners.isEmpty { text += " learners=\(list(configuration.learners))" }
        if !configuration.votersOutgoing.isEmpty { text += " outgoing=\(list(configuration.votersOutgoing))" }
        if !configuration.learnersNext.isEmpty { text += " next=\(list(configuration.learnersNext))" }
        return text
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
