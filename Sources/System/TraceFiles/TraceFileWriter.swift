// TraceFileWriter.swift: lines go into files; files reach their limit; the oldest go.
//
//     <member>-000002-000007.ndjson   full, closed
//     <member>-000002-000008.ndjson   full, closed
//     <member>-000003-000001.ndjson   being written          together at most `totalLimitBytes`
//
// A batch of lines is written with one call, at the end that this room remembers; when that fails the file is cut back to
// that end, so that it holds whole lines (F2), and the caller hears of it.

import Bytes
package import Disk
package import Trace

/// Writes lines into numbered files.
package struct TraceFileWriter<D: Disk> {
    private let disk: D
    private let names: TraceNames
    private let epoch: BootEpoch
    private let settings: TraceSettings
    private var number = 1
    private var file: D.File
    private var size = 0

    /// Begins the epoch's first file.
    package init(_ disk: D, _ names: TraceNames, _ epoch: BootEpoch, _ settings: TraceSettings) throws(DiskError) {
        self.disk = disk
        self.names = names
        self.epoch = epoch
        self.settings = settings
        file = try disk.open(names.traceFile(epoch, 1), .replacing)
        try removeOldest()
    }

    /// Writes whole lines.
    mutating func write(_ lines: ByteView) throws(DiskError) {
        if size > 0, size + lines.count > settings.fileLimitBytes {
            file = try disk.open(names.traceFile(epoch, number + 1), .replacing)
            number += 1
            size = 0
            try removeOldest()
        }
        do {
            try file.write(lines, at: size)
        } catch {
            // If even this fails, the next write goes over what is half written.
            try? file.truncate(to: size)
            throw error
        }
        size += lines.count
    }

    /// Makes what was written durable: at a clean end.
    func sync() throws(DiskError) { try file.syncData() }

    /// Removes the oldest files until the rest, and one more full file, fit.
    private func removeOldest() throws(DiskError) {
        var files: [(path: String, size: Int)] = []
        for path in try names.traceFiles(on: disk) {
            if let status = try disk.status(of: path) { files.append((path, status.size)) }
        }
        var total = files.reduce(settings.fileLimitBytes) { $0 + $1.size }
        for file in files where total > settings.totalLimitBytes && file.path != self.file.path {
            try disk.remove(file.path)
            total -= file.size
        }
    }
}

extension TraceFileWriter: Sendable where D: Sendable, D.File: Sendable {}
