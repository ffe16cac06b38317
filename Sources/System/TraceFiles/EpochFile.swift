// EpochFile.swift: how often has this member started?
//
// An event is named by member, epoch and number, and a name is never given twice. So the epoch is counted up, and synced,
// BEFORE the first event. It lies with the traces, not with etcd's files: a data directory copied to another machine must
// not carry a count that the traces there do not have, and etcd would not expect the file.
//
//     DIR/8e9e05c52164694d.epoch                    "3\n"
//     DIR/8e9e05c52164694d-000003-000001.ndjson     the first file of the third start
//
// IF THE FILE IS LOST or unreadable, the names of the trace files still say which epochs there were.

import Bytes
package import Disk
package import Identifiers
package import Trace

/// The names of a member's files in a trace directory.
package struct TraceNames: Sendable {
    /// Whose.
    package let member: MemberID
    /// Where.
    package let directory: String

    /// The names for a member.
    package init(member: MemberID, directory: String) {
        self.member = member
        self.directory = directory
    }

    /// The file with the count.
    package var epochFile: String { joinPath(directory, "\(member).epoch") }

    /// A file of events; `number` counts from 1 within the epoch. Names sort in the order of time.
    package func traceFile(_ epoch: BootEpoch, _ number: Int) -> String {
        joinPath(directory, "\(member)-\(padded(epoch.rawValue))-\(padded(UInt64(number))).ndjson")
    }

    private func padded(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    /// The epoch and number that a file name of this member carries; nil for other names.
    package func place(ofFileNamed name: String) -> (epoch: BootEpoch, number: Int)? {
        let parts = name.split(separator: "-")
        guard parts.count == 3, parts[0] == "\(member)", parts[2].hasSuffix(".ndjson") else { return nil }
        guard let epoch = UInt64(parts[1]), let number = Int(parts[2].dropLast(7)) else { return nil }
        return (BootEpoch(rawValue: epoch), number)
    }

    /// The paths of this member's trace files, oldest first.
    package func traceFiles(on disk: some Disk) throws(DiskError) -> [String] {
        var places: [(epoch: BootEpoch, number: Int)] = []
        for name in try disk.list(directory) { if let place = place(ofFileNamed: name) { places.append(place) } }
        return places.sorted { ($0.epoch, $0.number) < ($1.epoch, $1.number) }.map { traceFile($0.epoch, $0.number) }
    }

    /// Counts a start: the new epoch is durable when this returns.
    package func countStart(on disk: some Disk) throws(DiskError) -> BootEpoch {
        try disk.createDirectories(directory)
        var last = BootEpoch(rawValue: 0)
        for name in try disk.list(directory) {
            if let place = place(ofFileNamed: name) { last = max(last, place.epoch) }
        }
        if try disk.status(of: epochFile) != nil {
            let text = try disk.contents(of: epochFile, limit: 64).lossyText
            if let number = UInt64(text.split(separator: "\n").first ?? "") {
                last = max(last, .init(rawValue: number))
            }
        }
        let next = BootEpoch(rawValue: last.rawValue + 1)
        let bytes = ByteSlice(utf8: "\(next.rawValue)\n")
        // The view is used until `replace` returns, so its owner must live until then.
        defer { withExtendedLifetime(bytes) {} }
        try disk.replace(epochFile, with: bytes.view)
        return next
    }
}
