// Rules.swift: the manners of the house, as functions from a text to what is wrong with it.
//
// Style that is only hoped for decays with every tired evening. So each rule that a program can check
// is checked here, over every file, at every run. Each is a pure function of one file and the table:
// which is why RulesTests.swift can show, on a few lines of bad input, that each of them does fail.
//
//     A1  imports      a room imports what its row allows; a C module only its wrapper imports
//     A2  purity       no clock, chance, thread, lock, async or output in a pure room
//     A3  memory       `unsafe` and `@unchecked Sendable` only at the doors, and with their argument
//     A4  head         each file begins by saying its name and its question
//     A5  doc          what other rooms can see is explained to them
//     A6  length       a file is one idea, and 700 lines hold more than one (generated ones excepted)
//     A7  words        what must not stand in a file that others read
//     A8  names        no room and no file named after having no idea
//     A9  owners       no view of a value that nobody holds (rule V4 of ByteView.swift)
//
// WHAT COUNTS AS VISIBLE (A5)  Whatever is declared `package`, `public` or `open`; and, because they
// inherit their visibility, the cases of such an enum, the requirements of such a protocol and the
// members of such an extension. Generated files too: they are read like all others.
//
// WHAT THIS CANNOT SEE  Iterating a Dictionary is chance as well (its order differs from run to run);
// no word shows it. The simulator does: two runs of one seed must agree.

/// One place where a rule is broken.
struct Violation: Hashable, CustomStringConvertible {
    let rule: String
    let path: String
    let line: Int
    let what: String

    var description: String { "\(path):\(line): \(rule): \(what)" }
}

enum Rules {
    /// Every rule about single files, in order.
    static func check(_ file: SourceText, in house: House) -> [Violation] {
        imports(file, in: house) + purity(file, in: house) + memory(file) + head(file) + documentation(file)
            + length(file) + words(file) + names(file) + owners(file)
    }

    private static func found(_ rule: String, _ file: SourceText, _ index: Int, _ what: String) -> Violation {
        Violation(rule: rule, path: file.path, line: index + 1, what: what)
    }

    // MARK: A1

    /// The standard library's modules: no arrow of the house.
    private static let standard: Set<String> = ["Swift", "_Concurrency", "Synchronization", "Testing"]
    /// The C library under its three names, and what stands on it. Their doors are those of `unsafe`.
    private static let system: Set<String> = ["Glibc", "Musl", "Darwin"]

    /// The module that a line imports, and whether it is imported for tests only.
    static func importedModule(_ line: String) -> (module: String, testable: Bool)? {
        var words = line.split(separator: " ").map(String.init)
        var testable = false
        while let word = words.first,
            word.hasPrefix("@") || ["package", "public", "internal", "private", "fileprivate"].contains(word)
        {
            testable = testable || word == "@testable"
            words.removeFirst()
        }
        guard words.first == "import", words.count > 1 else { return nil }
        let kinds: Set = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var", "actor"]
        let path = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
        return (String(path.split(separator: ".")[0]), testable)
    }

    static func imports(_ file: SourceText, in house: House) -> [Violation] {
        file.code.enumerated().compactMap { index, line in
            guard let (module, testable) = importedModule(line) else { return nil }
            if testable { return found("A1", file, index, "@testable opens what the room keeps to itself") }
            guard let room = house.room(of: file.path) else {
                // Tests may import every room, but C only through its wrapper.
                let isC =
                    module.first == "C" && module.dropFirst().first?.isUppercase == true && house.rooms[module] == nil
                guard isC, !file.path.hasPrefix("Tests/Fuzzing/") else { return nil }
                return found("A1", file, index, "a test reaches \(module) only through its wrapper")
            }
            if room.imports.contains(module) || standard.contains(module) { return nil }
            if system.contains(module) {
                if House.unsafePlaces.contains(where: file.path.hasPrefix) { return nil }
                return found("A1", file, index, "the C library is behind the doors of System, not in \(room.name)")
            }
            return found("A1", file, index, "the table has no arrow from \(room.name) to \(module)")
        }
    }

    // MARK: A2

    /// Words that read a clock, throw dice, wait, lock, or talk to a terminal.
    private static let impure: [String: String] = {
        var words: [String: String] = [:]
        for clock in [
            "ContinuousClock", "SuspendingClock", "clock_gettime", "gettimeofday", "Date", "DispatchTime",
            "mach_absolute_time",
        ] { words[clock] = "a clock" }
        for chance in [
            "SystemRandomNumberGenerator", "randomElement", "arc4random", "getrandom", "hashValue", "drand48", "srand",
        ] { words[chance] = "chance" }
        for thread in [
            "async", "await", "Task", "TaskGroup", "actor", "MainActor", "AsyncStream", "Thread", "DispatchQueue",
            "withCheckedContinuation", "withUnsafeContinuation", "pthread_create",
        ] { words[thread] = "concurrency" }
        for lock in [
            "Mutex", "Atomic", "NSLock", "os_unfair_lock", "pthread_mutex_lock", "DispatchSemaphore", "Synchronization",
        ] { words[lock] = "a lock" }
        for talk in ["print", "debugPrint", "dump", "readLine", "CommandLine"] { words[talk] = "input or output" }
        return words
    }()
    /// Words that are chance only when nobody hands in the generator, or only when they are called.
    private static let seeded: Set<Substring> = ["random", "shuffled", "shuffle"]

    static func purity(_ file: SourceText, in house: House) -> [Violation] {
        let inSources = file.path.hasPrefix("Sources/") || file.path.hasPrefix("Visualizer/")
        return file.code.enumerated().flatMap { index, line -> [Violation] in
            if let (module, _) = importedModule(line) {
                if inSources, module.hasPrefix("Foundation") || module == "Dispatch" {
                    return [found("A2", file, index, "\(module) is not used outside of tests")]
                }
            }
            guard house.isPure(file.path) else { return [] }
            return SourceText.words(of: line).compactMap { word -> Violation? in
                if let what = impure[String(word)] {
                    // A member of ours may be called `print`; the function of the standard library stands alone.
                    if what == "input or output", line.contains("." + word) || line.contains("func " + word) {
                        return nil
                    }
                    return found("A2", file, index, "`\(word)` is \(what), in a room that only computes")
                }
                if seeded.contains(word), line.contains(".\(word)("), !line.contains("using:") {
                    return found(
                        "A2", file, index, "`\(word)` without `using:` is chance, in a room that only computes")
                }
                if word == "Hasher", line.contains("Hasher()") {
                    return found("A2", file, index, "`Hasher()` differs from run to run")
                }
                return nil
            }
        }
    }

    // MARK: A3

    /// How far from its use an argument may stand: above it, or first thing inside the closure that it opens.
    private static let reachAbove = 12, reachBelow = 4

    static func memory(_ file: SourceText) -> [Violation] {
        let allowed = House.unsafePlaces.contains { file.path.hasPrefix($0) }
        return file.code.enumerated().compactMap { index, line in
            let words = SourceText.words(of: line)
            let unchecked = line.contains("@unchecked")
            guard words.contains("unsafe") || unchecked else { return nil }
            let word = unchecked ? "@unchecked Sendable" : "unsafe"
            if !allowed {
                return found("A3", file, index, "`\(word)` stands only in Bytes, in System's wrappers and in Graphviz")
            }
            // In tests the argument is the test itself. `@unsafe` hands the argument over to the caller.
            if file.path.hasPrefix("Tests/") || line.contains("@unsafe") { return nil }
            let near = max(0, index - reachAbove)...min(index + reachBelow, file.lines.count - 1)
            if near.contains(where: { file.lines[$0].contains("SAFETY") || file.code[$0].contains("@unsafe") }) {
                return nil
            }
            return found("A3", file, index, "`\(word)` without its `// SAFETY:` argument beside it")
        }
    }

    // MARK: A4

    static func head(_ file: SourceText) -> [Violation] {
        // The first line of a manifest belongs to the package manager, that of a script to the system.
        var first = file.name == "Package.swift" ? 2 : 0
        let mark = file.name.hasSuffix(".sh") ? "#" : "//"
        if file.lines.first?.hasPrefix("#!") == true { first = 1 }
        let name = file.name.hasSuffix(".sh") ? file.path : file.name
        guard first < file.lines.count, file.lines[first].hasPrefix("\(mark) \(name): "),
            file.lines[first].count > name.count + 12
        else { return [found("A4", file, first, "a file begins with `\(mark) \(name): ` and what it is about")] }
        return []
    }

    // MARK: A5

    /// What opens a scope, as far as visibility is concerned.
    private enum Scope {
        /// Everything that is declared `package` or wider is visible, and nothing else.
        case type
        /// Cases are visible as the enum is.
        case visibleEnum
        /// Everything is visible as the protocol or extension is.
        case visibleWhole
        /// A body, a closure, a literal: declares nothing for others.
        case body
    }

    private static let modifiers: Set<Substring> = [
        "package", "public", "open", "private", "fileprivate", "internal", "final", "static", "class", "indirect",
        "nonisolated",
        "mutating", "nonmutating", "borrowing", "consuming", "override", "convenience", "required", "lazy", "weak",
        "unowned",
        "prefix", "postfix", "infix", "isolated", "distributed", "dynamic", "optional", "sending",
    ]
    private static let declarations: Set<Substring> = [
        "struct", "class", "enum", "protocol", "actor", "extension", "func", "var", "let", "init", "subscript",
        "typealias",
        "associatedtype", "case", "macro", "operator",
    ]

    /// What a line declares: the keyword, and the modifiers before it. Attributes are passed over.
    static func declaration(on line: String) -> (keyword: String, modifiers: Set<String>)? {
        var rest = Substring(line).drop(while: \.isWhitespace)
        var seen: Set<String> = []
        while true {
            if rest.first == "@" {
                rest = rest.dropFirst().drop { $0.isLetter || $0.isNumber || $0 == "_" }
                rest = afterParentheses(rest).drop(while: \.isWhitespace)
                continue
            }
            let word = rest.prefix { $0.isLetter }
            let after = rest.dropFirst(word.count)
            // `class` is a keyword of its own, and a modifier before `func` and `var`.
            let classModifier =
                word == "class"
                && ["func ", "var ", "let "].contains { after.drop(while: \.isWhitespace).hasPrefix($0) }
            if declarations.contains(word), !classModifier { return (String(word), seen) }
            guard modifiers.contains(word) else { return nil }
            seen.insert(String(word))
            // `private(set)` narrows the setter and nothing else.
            if after.first == "(" { seen.remove(String(word)) }
            rest = afterParentheses(after).drop(while: \.isWhitespace)
        }
    }

    private static func afterParentheses(_ text: Substring) -> Substring {
        guard text.first == "(", let end = text.firstIndex(of: ")") else { return text }
        return text[text.index(after: end)...]
    }

    static func documentation(_ file: SourceText) -> [Violation] {
        guard !file.path.hasPrefix("Tests/"), file.name != "Package.swift" else { return [] }
        var scopes: [Scope] = [.type]
        /// The last declaration since the last brace: it is what the next brace opens.
        var opener: (keyword: String, visible: Bool)?
        var violations: [Violation] = []
        for (index, line) in file.code.enumerated() {
            let scope = scopes.last ?? .type
            if scope != .body, let (keyword, modifiers) = declaration(on: line) {
                let visible = isVisible(keyword, modifiers, in: scope)
                opener = (keyword, visible)
                if visible, keyword != "extension", !isDocumented(file, index) {
                    let what = file.lines[index].split(separator: "{")[0].drop(while: \.isWhitespace)
                    violations.append(found("A5", file, index, "others see this, so say what it is: \(what)"))
                }
            }
            for character in line {
                if character == "{" {
                    scopes.append(Self.scope(of: opener, inside: scopes.last ?? .type))
                    opener = nil
                } else if character == "}" {
                    if scopes.count > 1 { scopes.removeLast() }
                    opener = nil
                }
            }
        }
        return violations
    }

    private static func isVisible(_ keyword: String, _ modifiers: Set<String>, in scope: Scope) -> Bool {
        if !modifiers.isDisjoint(with: ["package", "public", "open"]) { return true }
        if !modifiers.isDisjoint(with: ["private", "fileprivate", "internal"]) { return false }
        switch scope {
        case .visibleEnum: return keyword == "case"
        case .visibleWhole: return true
        case .type, .body: return false
        }
    }

    private static func scope(of opener: (keyword: String, visible: Bool)?, inside outer: Scope) -> Scope {
        guard let opener, outer != .body else { return .body }
        switch opener.keyword {
        case "enum": return opener.visible ? .visibleEnum : .type
        case "protocol", "extension": return opener.visible ? .visibleWhole : .type
        case "struct", "class", "actor": return .type
        default: return .body
        }
    }

    /// Whether `///` stands above, with nothing but attributes, remarks and conditions between.
    private static func isDocumented(_ file: SourceText, _ index: Int) -> Bool {
        var above = index - 1
        while above >= 0 {
            let line = file.lines[above].drop(while: \.isWhitespace)
            if line.hasPrefix("///") || line.hasSuffix("*/") { return true }
            guard line.hasPrefix("@") || line.hasPrefix("//") || line.hasPrefix("#if") else { return false }
            above -= 1
        }
        return false
    }

    // MARK: A6

    static func length(_ file: SourceText) -> [Violation] {
        let limit = 700
        guard file.lines.count > limit + 1, !file.isGenerated else { return [] }
        return [
            found(
                "A6", file, limit, "\(file.lines.count - 1) lines: which ideas are in here, and which could move out?")
        ]
    }

    // MARK: A7

    /// Spelled in two halves, so that this file may pass its own rule.
    private static let forbidden: [(word: String, why: String)] = [
        ("TO" + "DO", "finish it, or tell a person that it is not there"),
        ("FIX" + "ME", "finish it, or tell a person that it is not there"),
        ("XX" + "X", "finish it, or tell a person that it is not there"),
        ("not impl" + "emented", "finish it, or tell a person that it is not there"),
        ("/work" + "/", "a path of somebody's machine"),
        ("/home" + "/", "a path of somebody's machine"),
        ("/root" + "/", "a path of somebody's machine"),
        (".disabled" + "(", "a test that does not run proves nothing"),
    ]

    static func words(_ file: SourceText) -> [Violation] {
        file.lines.enumerated().flatMap { index, line in
            forbidden.filter { line.contains($0.word) }.map { found("A7", file, index, "`\($0.word)`: \($0.why)") }
        }
    }

    // MARK: A9

    /// Calls whose result shares the bytes of what they are called on, which somebody holds.
    private static let sharing: Set<Substring> = ["prefix", "dropFirst", "suffix", "slice"]

    /// Properties that make a new owner each time they are asked.
    private static let making = [".slice", ".json", ".snapshotData", ".peersJSON"]

    static func owners(_ file: SourceText) -> [Violation] {
        file.code.enumerated().flatMap { index, line -> [Violation] in
            if let name = making.first(where: { line.contains($0 + ".view") }) {
                return [found("A9", file, index, "nobody holds the owner of this view: give `\(name)` a name first")]
            }
            guard line.contains(").view") || line.contains(")?.view") || line.contains(")!.view") else { return [] }
            let text = Array(line)
            return text.indices.compactMap { place -> Violation? in
                guard line.dropFirst(place).hasPrefix(".view"),
                    text.count == place + 5 || !(text[place + 5].isLetter || text[place + 5].isNumber)
                else { return nil }
                var end = place - 1
                if end >= 0, text[end] == "?" || text[end] == "!" { end -= 1 }
                guard end >= 0, text[end] == ")" else { return nil }
                var depth = 0
                var start = end
                while start > 0 {
                    if text[start] == ")" { depth += 1 }
                    if text[start] == "(" { depth -= 1 }
                    if depth == 0 { break }
                    start -= 1
                }
                let name = SourceText.words(of: String(text[..<start])).last ?? ""
                if sharing.contains(name) { return nil }
                return found("A9", file, index, "nobody holds the owner of this view: give `\(name)(...)` a name first")
            }
        }
    }

    // MARK: A8

    static func names(_ file: SourceText) -> [Violation] {
        let empty = ["util", "common", "helper", "manager", "misc"]
        let parts = file.path.lowercased().split { !$0.isLetter && $0 != "/" }.joined(separator: "/")
        return empty.filter { parts.contains($0) }.map {
            found("A8", file, 0, "a thing lives where its idea lives; \"\($0)\" is none")
        }
    }
}
