// Sources.swift: where traces lie.
//
// A source is a file of trace lines, or a directory, whose files that end in `.ndjson` are taken, by name. A running
// member writes its file while we read: what is not a whole line yet is noted and left.
//
// A line that cannot be read is noted and passed over, up to a point: after a hundred of them in one file something
// else is wrong with it, and the rest is left alone.
//
// COST     a file is read in pieces of 1 MiB, so memory depends on the events and not on the text.

package import Bytes
package import Disk
import Trace

extension HistoryLoader {
    /// How many bad lines of one file are passed over.
    private static var patience: Int { 100 }

    /// Adds the events of a file, or of all trace files in a directory.
    package mutating func load(_ path: String, on disk: some Disk) throws(DiskError) {
        guard try disk.status(of: path)?.isDirectory == true else {
            try loadFile(path, on: disk)
            return
        }
        for name in try disk.list(path).sorted() where name.hasSuffix(".ndjson") {
            try loadFile("\(path)/\(name)", on: disk)
        }
    }

    private mutating func loadFile(_ path: String, on disk: some Disk) throws(DiskError) {
        let file = try disk.open(path, .reading)
        var lines = TraceLines()
        var piece = ByteBuffer()
        var offset = 0
        var bad = 0
        while true {
            piece.removeAll()
            let count = try file.read(1 << 20, at: offset, into: &piece)
            if count == 0 { break }
            offset += count
            lines.feed(piece.view)
            bad += take(&lines, path)
            if bad > Self.patience { return }
        }
        if lines.unfinishedBytes > 0 { note(.unfinished(source: path, bytes: lines.unfinishedBytes)) }
    }

    /// Adds the events of a text that is in memory.
    package mutating func load(_ text: ByteView, named source: String) {
        var lines = TraceLines()
        lines.feed(text)
        _ = take(&lines, source)
        if lines.unfinishedBytes > 0 { note(.unfinished(source: source, bytes: lines.unfinishedBytes)) }
    }

    /// Takes the whole lines there are; answers with how many could not be read.
    private mutating func take(_ lines: inout TraceLines, _ source: String) -> Int {
        var bad = 0
        while bad <= Self.patience {
            do {
                let found: Void? = try lines.nextLine { (line) throws(TraceLineError) in try add(line: line) }
                guard found != nil else { break }
            } catch {
                note(.unreadable(source: source, line: error.line, why: "\(error.reason)"))
                bad += 1
            }
        }
        return bad
    }
}
