// ScriptFile.swift: a test as a transcript.
//
//     # A comment says why.
//     propose n1 x=1                 a command: a word and its arguments
//     more                           input lines, for commands that take some
//     ----
//     n1: ...                        what happened, up to the next empty line
//
// The public scripts of etcd's raft have this form too, so one reader serves both.

import Foundation

/// One command of a script with the transcript that is expected of it.
struct ScriptStep {
    var line: Int
    var command: String
    var arguments: [String]
    var input: [String]
    var expected: [String]

    /// `key=value` or `key=(a,b)`.
    func value(_ key: String) -> String? {
        arguments.first { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.count + 1)) }
    }

    /// `key=(a,b)` as its parts.
    func list(_ key: String) -> [String]? {
        value(key)?.trimmingCharacters(in: CharacterSet(charactersIn: "()")).split { $0 == "," || $0 == " " }.map(
            String.init)
    }

    /// Numbers that stand alone.
    var numbers: [UInt64] { arguments.compactMap { UInt64($0) } }
}

/// A script as its parts, so that it can be written back with another transcript.
struct ScriptFile {
    /// Comments and empty lines before a step belong to it.
    var steps: [(before: [String], commandLines: [String], step: ScriptStep)] = []
    /// What follows the last step.
    var rest: [String] = []

    init(_ text: String) {
        let lines = text.components(separatedBy: "\n")
        var at = 0
        var before: [String] = []
        while at < lines.count {
            let line = lines[at]
            if line.isEmpty || line.hasPrefix("#") || line.allSatisfy(\.isWhitespace) {
                before.append(line)
                at += 1
                continue
            }
            let start = at
            while at < lines.count, lines[at] != "----" { at += 1 }
            let commandLines = Array(lines[start..<min(at, lines.count)])
            at += 1
            var expected: [String] = []
            while at < lines.count, !lines[at].isEmpty {
                expected.append(lines[at])
                at += 1
            }
            let words = ScriptFile.words(commandLines[0])
            let step = ScriptStep(
                line: start + 1, command: words[0], arguments: Array(words.dropFirst()),
                input: Array(commandLines.dropFirst()), expected: expected)
            steps.append((before, commandLines, step))
            before = []
        }
        rest = before
    }

    /// Words between spaces; what is in parentheses or quotes stays together.
    static func words(_ line: String) -> [String] {
        var words: [String] = []
        var word = ""
        var depth = 0
        var isQuoted = false
        for character in line {
            if character == "\"" { isQuoted.toggle() }
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if character == " ", depth == 0, !isQuoted {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { words.append(word) }
        return words
    }

    /// The script with these transcripts in place of the old ones.
    func text(with transcripts: [[String]]) -> String {
        var lines: [String] = []
        for (place, part) in steps.enumerated() {
            lines += part.before + part.commandLines + ["----"] + transcripts[place]
        }
        lines += rest
        return lines.joined(separator: "\n")
    }
}
