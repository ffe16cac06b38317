// Register.swift: the smallest state machine that can be wrong.
//
// Consensus does not care what the commands mean; but whether it works shows only in what they do. So each
// simulated member keeps a handful of named registers and carries out two kinds of command:
//
//     x=1      from a client, with the client's number of the request, so that its answer finds it
//     (empty)  a new leader's first entry
//
// THE DIGEST is the point. With each entry it becomes a hash of itself and the entry: two members with
// equal digests have carried out the same commands in the same order, and one comparison of a number proves
// it for the whole history.

package import Bytes
package import Identifiers
package import RaftMessages

/// A command for the registers.
package struct RegisterCommand: Hashable, Sendable {
    /// The client's number of the request.
    package var request: UInt64
    /// Which register.
    package var key: String
    /// What it shall hold.
    package var value: String

    /// A write.
    package init(request: UInt64, key: String, value: String) {
        self.request = request
        self.key = key
        self.value = value
    }

    /// From the data of an entry; nil when it is none.
    package init?(_ data: ByteSlice) {
        guard data.count >= 8, let sign = data.view.dropFirst(8).firstIndex(of: UInt8(ascii: "=")) else { return nil }
        request = data.view.bigEndian(at: 0)
        key = data[8..<(8 + sign)].lossyText
        value = data.dropFirst(9 + sign).lossyText
    }

    /// For an entry.
    package var data: ByteSlice {
        var buffer = ByteBuffer(capacity: 8 + key.utf8.count + value.utf8.count + 1)
        buffer.append(bigEndian: request)
        buffer.append(key)
        buffer.append(UInt8(ascii: "="))
        buffer.append(value)
        return buffer.slice()
    }
}

/// Named registers, how far they have come, and the digest of everything that was done to them.
package struct Registers: Hashable, Sendable {
    /// What each holds.
    package private(set) var values: [String: String] = [:]
    /// The last entry that was carried out.
    package private(set) var applied = LogIndex.zero
    /// The hash of the history.
    package private(set) var digest: UInt64 = 0

    /// Nothing was done yet.
    package init() {}

    /// Carries out one entry; returns the command in it, if there is one.
    package mutating func apply(_ entry: Entry) -> RegisterCommand? {
        precondition(entry.index == applied.next, "C0: entry \(entry.index) after \(applied)")
        applied = entry.index
        digest = (digest ^ entry.index.rawValue) &* 0x9E37_79B9_7F4A_7C15
        digest ^= UInt64(CRC32C.checksum(entry.data.view)) ^ entry.term.rawValue << 32
        guard entry.type == .normal, let command = RegisterCommand(entry.data) else { return nil }
        values[command.key] = command.value
        return command
    }

    /// Everything, for a snapshot: the digest, the index, then a line for each register.
    package func encoded() -> ByteSlice {
        var buffer = ByteBuffer()
        buffer.append(bigEndian: digest)
        buffer.append(bigEndian: applied.rawValue)
        for key in values.keys.sorted() { buffer.append("\(key)=\(values[key]!)\n") }
        return buffer.slice()
    }

    /// From a snapshot.
    package init(decoding data: ByteSlice) {
        precondition(data.count >= 16, "C0: a snapshot of \(data.count) bytes")
        digest = data.view.bigEndian(at: 0)
        applied = LogIndex(rawValue: data.view.bigEndian(at: 8))
        for line in data.dropFirst(16).lossyText.split(separator: "\n") {
            guard let sign = line.firstIndex(of: "=") else { continue }
            values[String(line[..<sign])] = String(line[line.index(after: sign)...])
        }
    }
}
