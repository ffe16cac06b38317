// StandardStreams.swift: what a program says to whoever started it.
//
// Output may be a terminal, a file or a pipe whose reader has gone away. So writing goes on after short writes, and a
// reader who has seen enough (`| head`) is not an error that anybody wants to read about: it is reported as `false`.
//
// A program whose output may be piped to such a reader ignores SIGPIPE first (`ignoreClosedPipes`), else it dies of it.

package import Bytes
internal import CFiles
import Glibc

/// Standard output and standard error.
package enum StandardStream: Int32, Sendable {
    /// Where results go.
    case output = 1
    /// Where complaints go.
    case error = 2

    /// Writes everything; false when the other end is gone, or the disk behind it is full.
    @discardableResult
    package func write(_ bytes: ByteView) -> Bool {
        var done = 0
        while done < bytes.count {
            let rest = bytes.dropFirst(done)
            // SAFETY: write reads within `rest` during the call only.
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(rawValue, $0.baseAddress, $0.count) }
            if count > 0 {
                done += count
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }

    /// Writes a text.
    @discardableResult
    package func write(_ text: String) -> Bool {
        let slice = ByteSlice(utf8: text)
        return write(slice.view)
    }

    /// Whether a person looks at it directly.
    package var isTerminal: Bool { isatty(rawValue) == 1 }

    /// How many columns its terminal has; nil when it is none, or does not say.
    package var columns: Int? {
        let columns = files_terminal_columns(rawValue)
        return columns > 0 ? Int(columns) : nil
    }

    /// Ends the program at once, with a code for whoever started it.
    package static func exit(_ code: Int32) -> Never { Glibc.exit(code) }

    /// From now on writing to a pipe that nobody reads fails, instead of ending the process.
    package static func ignoreClosedPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }
}
