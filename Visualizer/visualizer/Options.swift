// Options.swift: what was typed, understood, or a sentence about what was not.
//
// The form is that of etcdctl: `--name value` or `--name=value`, anywhere; what stands alone is the command and its names.
// An option that a command has no use for is an error and not a surprise.

import Diagrams

/// A command line that makes no sense, and why.
struct UsageError: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}

/// What the result is.
enum OutputFormat: String, CaseIterable {
    case svg, png, pdf, dot, txt, ndjson, tla

    /// Whether it is a picture, not a trace.
    var isPicture: Bool { self != .ndjson && self != .tla }
}

/// One command line.
struct Options {
    enum Command {
        case help
        case picture(PictureKind)
        case demo(String)
        case demoList
        case export
    }

    var command = Command.help
    var sources: [String] = []
    var format: OutputFormat?
    var output: String?
    var filter = Filter()
    var width: Int?
    var color: String?
    var seed: UInt64 = 1
    var picture: PictureKind?
    var title: String?

    /// Understands the words after the program's name.
    init(_ arguments: [String]) throws(UsageError) {
        var words = arguments
        var names: [String] = []
        var isList = false
        var given: [String] = []
        while let word = words.first {
            words.removeFirst()
            guard word.hasPrefix("-"), word != "-" else {
                names.append(word)
                continue
            }
            if word == "-h" || word == "--help" { return }
            let (option, inline) = Self.split(word)
            given.append(option)
            switch option {
            case "--list": isList = true
            case "--all": filter.showsAll = true
            case "--from":
                if let inline { sources.append(inline) }
                while let source = words.first, !source.hasPrefix("--") {
                    sources.append(source)
                    words.removeFirst()
                }
                if sources.isEmpty { throw UsageError("--from needs a file of trace lines, or a directory of them") }
            default:
                guard let value = inline ?? words.first else { throw UsageError("\(option) needs a value") }
                if inline == nil { words.removeFirst() }
                try set(option, value)
            }
        }
        try choose(names, isList: isList, given)
    }

    private static func split(_ word: String) -> (String, String?) {
        guard let sign = word.firstIndex(of: "=") else { return (word, nil) }
        return (String(word[..<sign]), String(word[word.index(after: sign)...]))
    }

    private mutating func set(_ option: String, _ value: String) throws(UsageError) {
        switch option {
        case "--format":
            guard let known = OutputFormat(rawValue: value) else {
                throw UsageError("`\(value)` is no format: \(Self.list(OutputFormat.allCases.map(\.rawValue)))")
            }
            format = known
        case "--output", "-o": output = value
        case "--title": title = value
        case "--terms": filter.terms = try Self.range(option, value)
        case "--indexes": filter.indexes = try Self.range(option, value)
        case "--window":
            let range = try Self.range(option, value)
            filter.window = Int(clamping: range.lowerBound)...Int(clamping: range.upperBound)
        case "--keys": filter.keys += value.split(separator: ",").map(String.init)
        case "--members": filter.members += value.split(separator: ",").map(String.init)
        case "--request": filter.request = value
        case "--width":
            guard let columns = Int(value), (40...500).contains(columns) else {
                throw UsageError("--width is a number of columns from 40 to 500, not `\(value)`")
            }
            width = columns
        case "--color":
            guard ["auto", "always", "never"].contains(value) else {
                throw UsageError("--color is auto, always or never, not `\(value)`")
            }
            color = value
        case "--seed":
            guard let number = UInt64(value) else { throw UsageError("--seed is a number, not `\(value)`") }
            seed = number
        case "--picture":
            guard let kind = PictureKind(rawValue: value) else {
                throw UsageError("`\(value)` is no picture: \(Self.list(PictureKind.allCases.map(\.rawValue)))")
            }
            picture = kind
        default: throw UsageError("`\(option)` is no option")
        }
    }

    /// `3` or `3-7`.
    private static func range(_ option: String, _ value: String) throws(UsageError) -> ClosedRange<UInt64> {
        let parts = value.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0) }
        guard let first = parts.first ?? nil, let last = parts.last ?? nil, parts.count <= 2, first <= last else {
            throw UsageError("\(option) is a number or two with a - between, such as 3-7; not `\(value)`")
        }
        return first...last
    }

    private mutating func choose(_ names: [String], isList: Bool, _ given: [String]) throws(UsageError) {
        var allowed: Set = ["--format", "--output", "-o"]
        let drawing: Set = [
            "--all", "--terms", "--indexes", "--window", "--keys", "--members", "--request", "--width", "--color",
            "--title",
        ]
        guard let verb = names.first else {
            if given.isEmpty { return }
            throw UsageError("there is no command: \(Self.list(PictureKind.allCases.map(\.rawValue))), demo or export")
        }
        switch verb {
        case "demo" where isList:
            command = .demoList
            allowed = ["--list"]
        case "demo":
            guard names.count == 2 else {
                throw UsageError("demo needs the name of one scenario; `demo --list` has them")
            }
            command = .demo(names[1])
            allowed.formUnion(drawing.union(["--seed", "--picture"]))
        case "export":
            command = .export
            allowed.insert("--from")
        case "help": return
        default:
            guard let kind = PictureKind(rawValue: verb) else {
                throw UsageError(
                    "`\(verb)` is no command: \(Self.list(PictureKind.allCases.map(\.rawValue))), demo or export")
            }
            command = .picture(kind)
            allowed.formUnion(drawing.union(["--from"]))
        }
        if let strange = given.first(where: { !allowed.contains($0) }) {
            throw UsageError("`\(verb)` has no use for \(strange)")
        }
        if verb != "demo", names.count > 1 { throw UsageError("`\(names[1])` is too much; traces are named by --from") }
        if verb != "demo", sources.isEmpty { throw UsageError("`\(verb)` needs traces: --from FILE-OR-DIRECTORY ...") }
    }

    private static func list(_ words: [String]) -> String { words.joined(separator: ", ") }

    static let help = """
        visualizer: what happened in a cluster, drawn from the traces of its members

          visualizer PICTURE --from SOURCE...         a picture of traces: files of lines, or directories of .ndjson files
          visualizer demo SCENARIO [--seed N]         a picture of a story, told by the simulator
          visualizer demo --list                      the stories
          visualizer export --from SOURCE... --format ndjson|tla
                                                      the merged history, causes before effects; tla is what the public
                                                      specification of etcd's raft can follow

        PICTURE
        \(PictureKind.allCases.map { "  " + TextPage.fitted($0.rawValue, 12) + $0.about }.joined(separator: "\n"))

        OPTIONS
          --format svg|png|pdf|dot|txt    txt unless given; demo also ndjson and tla
          --output FILE, -o FILE          instead of standard output
          --picture PICTURE               demo: another picture than the story's own
          --terms A-B  --indexes A-B      only the stretch that is about these
          --window A-B                    only these places of the causal order
          --members A,B                   only these lanes
          --keys PREFIX,...  --request N  only what is about these keys, this request: its entry, and what moves that on
          --all                           draw heartbeats and other repetition too
          --width N  --color auto|always|never   of the text form
          --title TEXT                    another headline

        EXIT CODES  0 done   1 nothing was drawn, and why   2 the command line   3 the specification cannot express this

        """
}
