// TraceLines.swift: reading the lines of a trace as they come, in pieces of any size.
//
// A trace file may be larger than memory, and a live one still grows. So the reader is fed pieces and gives records;
// whoever feeds it (a file, a socket, a test) decides where pieces end.
//
//     feed("...{\"seq\":1}\n{\"se")   next() -> record 1    next() -> nil
//     feed("q\":2}\n")                next() -> record 2    next() -> nil
//
// A crash may leave half a line at the end of a file. It is not an error: `unfinishedBytes` says how much there is.
// A line that cannot be read is an error with its number, and the reader goes on after it if the caller wants to.

package import Bytes
import JSON

/// A line that is no record, and which it is.
package struct TraceReadError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Counted from 1.
    package let line: Int
    /// What is wrong with it.
    package let reason: TraceLineError

    /// For people.
    package var description: String { "line \(line): \(reason)" }
}

/// Cuts what it is fed into lines, and reads each as a record.
package struct TraceLines: ~Copyable {
    private var buffer = ByteBuffer()
    /// How far from the buffer's beginning no newline was found.
    private var scanned = 0
    /// How many lines were read.
    package private(set) var lineCount = 0
    /// No line of ours is longer; whatever is makes the reader give up instead of keeping it all.
    private let lineLimitBytes: Int

    /// Nothing fed yet.
    package init(lineLimitBytes: Int = 16 << 20) { self.lineLimitBytes = lineLimitBytes }

    /// Adds a piece.
    package mutating func feed(_ piece: ByteView) { buffer.append(piece) }

    /// Bytes after the last newline.
    package var unfinishedBytes: Int { buffer.count }

    /// The next record; nil when the rest is not a whole line. Empty lines are passed over.
    package mutating func next() throws(TraceReadError) -> TraceRecord? {
        try nextLine { (line) throws(TraceLineError) in try TraceRecord(line: line) }
    }

    /// What `read` makes of the next line; nil when the rest is not a whole one. Empty lines are passed over.
    package mutating func nextLine<Result>(
        _ read: (ByteView) throws(TraceLineError) -> Result
    ) throws(TraceReadError) -> Result? {
        while true {
            let view = buffer.view
            while scanned < view.count, view[scanned] != UInt8(ascii: "\n") { scanned += 1 }
            guard scanned < view.count else {
                guard view.count <= lineLimitBytes else {
                    buffer.removeAll()
                    scanned = 0
                    lineCount += 1
                    throw TraceReadError(line: lineCount, reason: .notJSON(.init(.truncated, at: lineLimitBytes)))
                }
                return nil
            }
            lineCount += 1
            let length = scanned
            scanned = 0
            defer { buffer.consume(length + 1) }
            if length == 0 { continue }
            do {
                return try read(view.prefix(length))
            } catch {
                throw TraceReadError(line: lineCount, reason: error)
            }
        }
    }
}
