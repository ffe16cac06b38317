// Seeds.swift: every golden byte string that we have, one file each.
//
// A fuzzer that starts from nothing spends its night discovering that a message begins with a tag. One
// that starts from bytes that a real etcd wrote begins where the format ends. Golden data comes in
// three shapes, and each gives seeds:
//
//     a binary file                  the file                      (a page file: also its pages)
//     a JSON or text file            the file, for the readers of text ...
//                                    ... and every hex string in it, decoded
//
// To these come a few that we write ourselves, where no golden bytes can exist because the format is
// ours: one line of a trace for each event, and a story with every word of the language of scenarios.
//
// All decoders get all seeds. Bytes of the wrong format are the kind of input that strangers send.

import Bytes
import Foundation
import Identifiers
import JSON
import Trace

enum Seeds {
    /// Longer inputs are slow to change and teach little; a large file is cut into its first pages.
    static let longest = 64 * 1024
    private static let page = 4096
    /// Enough to see every type of page and record of a file.
    private static let pagesPerFile = 24

    /// Writes the seeds of all files below the folders, named by what they contain; says how many.
    static func write(from folders: [String], to target: String) throws -> Int {
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        var seen: Set<[UInt8]> = []
        func keep(_ seed: [UInt8]) throws {
            guard !seed.isEmpty, seen.insert(seed).inserted else { return }
            let bytes = ByteSlice(seed)
            let name = String(FNV1a.checksum64(bytes.view), radix: 16)
            try Data(seed).write(to: URL(fileURLWithPath: target + "/" + name))
        }
        for seed in traceLines() + [Array(story.utf8)] { try keep(seed) }
        for folder in folders {
            for path in FileManager.default.subpaths(atPath: folder) ?? [] {
                // A folder has no contents; asking is simpler than looking first.
                guard let data = FileManager.default.contents(atPath: folder + "/" + path) else { continue }
                for seed in seeds(in: [UInt8](data)) { try keep(seed) }
            }
        }
        return seen.count
    }

    /// Every command of the simulator's language once.
    private static let story = """
        seed 7; option prevote on; weather rough
        members n1 n2 n3 learners n4
        elect n1; campaign n2; propose n1 x=1; read n1 x; tick 3; run 100   # a remark
        partition n1 | n2 n3; cut n1 -> n2; heal; lose 2 app n1 -> n2
        crash n2 torn; restart n2; pause n3; resume n3; disk n1 slow 5; disk n1 normal
        change n1 +n5 -n2 ~n6 explicit; leave n1; transfer n1 -> n3; compact n1; show; say hello
        expect leader n1; expect no leader; expect follower n2 n3; expect x=1 on n1; expect commit 3 on n1
        expect voters n1 n3

        """

    /// One line for each event that a trace knows.
    private static func traceLines() -> [[UInt8]] {
        Event.table.rows.enumerated().compactMap { index, row in
            guard let event = row.event(row.blank) else { return nil }
            var writer = JSONWriter()
            writer.traceLine(
                TraceRecord(
                    member: MemberID(rawValue: 7), epoch: BootEpoch(rawValue: 1),
                    sequence: EventSequence(rawValue: UInt64(index) + 2), causes: [EventSequence(rawValue: 1)],
                    message: MessageName(ConnectionID(rawValue: 9), 3), time: TraceTime(monotonic: 5, wall: 6),
                    event: event))
            let line = writer.finish()
            return line.view.array
        }
    }

    /// What one file gives.
    static func seeds(in bytes: [UInt8]) -> [[UInt8]] {
        var found: [[UInt8]] = []
        if bytes.count <= longest {
            found.append(bytes)
        } else {
            for start in stride(from: 0, to: min(bytes.count, pagesPerFile * page), by: page) {
                found.append(Array(bytes[start..<min(start + page, bytes.count)]))
            }
            found.append(Array(bytes.prefix(longest)))
        }
        if !bytes.contains(0) { found += hexStrings(in: bytes) }
        return found
    }

    /// Every run of an even number of hex digits, four at least, that nothing alphanumeric adjoins.
    private static func hexStrings(in text: [UInt8]) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var start = 0
        while start < text.count {
            var end = start
            while end < text.count, isHex(text[end]) { end += 1 }
            let whole = end == text.count || !isWord(text[end])
            if whole, end - start >= 4, (end - start).isMultiple(of: 2), end - start <= 2 * longest,
                let slice = ByteSlice(hex: String(decoding: text[start..<end], as: UTF8.self))
            {
                found.append(slice.view.array)
            }
            start = end
            // The rest of a word is no beginning of hex.
            while start < text.count, isWord(text[start]) { start += 1 }
            start += 1
        }
        return found
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
    }
}
