// TraceFileReader.swift: a file of events, read back.
//
// The reader takes the file in pieces of 1 MiB, so a trace may be larger than memory. What a crash left of a last line is
// not an error; how many bytes it was is the answer.

import Bytes
package import Disk
package import Trace

/// What is wrong with a trace file.
package enum TraceFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file cannot be read.
    case disk(DiskError)
    /// A line of it is no event.
    case line(path: String, TraceReadError)

    /// For people.
    package var description: String {
        switch self {
        case .disk(let error): "\(error)"
        case .line(let path, let error): "\(path), \(error)"
        }
    }
}

/// Calls `body` with every record of a file, in order; returns how many bytes of an unfinished line follow the last.
package func readTraceFile(
    _ path: String, on disk: some Disk, _ body: (TraceRecord) -> Void
) throws(TraceFileError) -> Int {
    var lines = TraceLines()
    var piece = ByteBuffer()
    var offset = 0
    do {
        let file = try disk.open(path, .reading)
        while true {
            piece.removeAll()
            let count = try file.read(1 << 20, at: offset, into: &piece)
            if count == 0 { return lines.unfinishedBytes }
            offset += count
            lines.feed(piece.view)
            while let record = try lines.next() { body(record) }
        }
    } catch let error as TraceReadError {
        throw .line(path: path, error)
    } catch let error as DiskError {
        throw .disk(error)
    } catch {
        preconditionFailure("the two errors above are all there are")
    }
}
