// ScenarioReading.swift: from the text of a scenario to its commands.
//
// The person who writes a lab makes typing errors; the worst answer is a story that silently tells
// something else. So every word must be understood, nothing may be left over, and the error quotes the
// line and says what could stand there.
//
// The reader takes words from the left and never looks back. Each group of commands (settings, time,
// clients, faults, membership, reports) has one function; the first that knows the verb reads the rest.
//
// READ FIRST  ScenarioCommands.swift, the language.

extension ScenarioCommand {
    /// Reads a whole script, or says which line cannot be understood.
    package static func parse(_ script: String) throws(ScenarioError) -> [ScenarioCommand] {
        var commands: [ScenarioCommand] = []
        for (number, line) in script.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let code = line.prefix { $0 != "#" }
            for part in code.split(separator: ";") {
                let text = part.trimmed
                guard !text.isEmpty else { continue }
                var reader = Words(text: text, line: number + 1)
                commands.append(ScenarioCommand(action: try reader.readAction(), text: text, line: number + 1))
            }
        }
        return commands
    }
}

extension Substring {
    fileprivate var trimmed: String {
        let start = firstIndex { !$0.isWhitespace } ?? endIndex
        let end = lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? endIndex
        return start < end ? String(self[start..<end]) : ""
    }
}

/// The words of one command, taken from the left.
private struct Words {
    private let text: String
    private let line: Int
    private var words: ArraySlice<String>

    init(text: String, line: Int) {
        self.text = text
        self.line = line
        words = text.split(whereSeparator: \.isWhitespace).map(String.init)[...]
    }

    private func wrong(_ reason: String) -> ScenarioError { ScenarioError(line: line, reason: reason) }

    private mutating func next(_ what: String) throws(ScenarioError) -> String {
        guard let word = words.popFirst() else { throw wrong("`\(text)` ends where \(what) is expected") }
        return word
    }

    private mutating func number(_ what: String) throws(ScenarioError) -> Int {
        let word = try next(what)
        guard let number = Int(word), number >= 0, number <= 1_000_000_000 else {
            throw wrong("`\(word)` is not \(what): a whole number is expected")
        }
        return number
    }

    /// All words that are left, at least one.
    private mutating func names() throws(ScenarioError) -> [String] {
        guard !words.isEmpty else { throw wrong("`\(text)` ends where names of members are expected") }
        defer { words = [] }
        return Array(words)
    }

    private mutating func literal(_ word: String) throws(ScenarioError) {
        let found = try next("`\(word)`")
        guard found == word else { throw wrong("`\(found)` stands where `\(word)` is expected") }
    }

    private func end<Value>(_ value: Value) throws(ScenarioError) -> Value {
        guard let extra = words.first else { return value }
        throw wrong("`\(text)` could end before `\(extra)`, which nothing asks for")
    }

    private mutating func assignment() throws(ScenarioError) -> (key: String, value: String) {
        let word = try next("KEY=VALUE")
        guard let sign = word.firstIndex(of: "="), sign != word.startIndex else {
            throw wrong("`\(word)` is not KEY=VALUE")
        }
        return (String(word[..<sign]), String(word[word.index(after: sign)...]))
    }

    mutating func readAction() throws(ScenarioError) -> ScenarioCommand.Action {
        let verb = try next("a command")
        if let action = try readSetting(verb) { return try end(action) }
        if let action = try readTime(verb) { return try end(action) }
        if let action = try readClient(verb) { return try end(action) }
        if let action = try readFault(verb) { return try end(action) }
        if let action = try readMembership(verb) { return try end(action) }
        if let action = try readReport(verb) { return try end(action) }
        throw wrong("`\(verb)` is not a command; the list stands at the head of ScenarioCommands.swift")
    }

    private mutating func readSetting(_ verb: String) throws(ScenarioError) -> ScenarioCommand.Action? {
        switch verb {
        case "members":
            let all = try names()
            let halves = all.split(separator: "learners", maxSplits: 1, omittingEmptySubsequences: false)
            guard !halves[0].isEmpty, Set(all).count == all.count else {
                throw wrong("`members` needs at least one voter, and each name once")
            }
            return .members(voters: Array(halves[0]), learners: halves.count > 1 ? Array(halves[1]) : [])
        case "seed": return .seed(UInt64(try number("a seed")))
        case "option":
            let name = try next("the name of an option")
            guard ["prevote", "checkquorum", "leaseread"].contains(name) else {
                throw wrong("`\(name)` is not an option: prevote, checkquorum or leaseread")
            }
            let state = try next("on or off")
            guard state == "on" || state == "off" else { throw wrong("`\(state)` is neither on nor off") }
            return .option(name, on: state == "on")
        case "weather":
            let name = try next("calm or rough")
            guard name == "calm" || name == "rough" else { throw wrong("the weather is calm or rough") }
            return .weather(name)
        default: return nil
        }
    }

    private mutating func readTime(_ verb: String) throws(ScenarioError) -> ScenarioCommand.Action? {
        switch verb {
        case "tick": return .tick(try number("a number of ticks"))
        case "run": return .run(try number("a number of milliseconds"))
        case "elect": return .elect(try next("a member"))
        case "campaign": return .campaign(try next("a member"))
        default: return nil
        }
    }

    private mutating func readClient(_ verb: String) throws(ScenarioError) -> ScenarioCommand.Action? {
        switch verb {
        case "propose":
            let member = try next("a member")
            let (key, value) = try assignment()
            return .propose(at: member, key: key, value: value)
        case "read":
            let member = try next("a member")
            return .read(at: member, key: try next("a key"))
        case "transfer":
            let from = try next("the leader")
            try literal("->")
            return .transfer(from: from, to: try next("the next leader"))
        case "compact": return .compact(try next("a member"))
        default: return nil
        }
    }

    private mutating func readFault(_ verb: String) throws(ScenarioError) -> ScenarioCommand.Action? {
        switch verb {
        case "partition":
            let groups = try names().split(separator: "|", omittingEmptySubsequences: false).map(Array.init)
            guard groups.count > 1, !groups.contains([]) else {
                throw wrong("`partition A | B C` names two groups or more")
            }
            return .partition(groups)
        case "cut":
            let from = try next("a member")
            try literal("->")
            return .cut(from: from, to: try next("a member"))
        case "heal": return .heal
        case "lose": return try readLoss()
        case "crash":
            let member = try next("a member")
            if words.first == "torn" {
                words.removeFirst()
                return .crash(member, torn: true)
            }
            return .crash(member, torn: false)
        case "restart": return .restart(try next("a member"))
        case "pause": return .pause(try next("a member"))
        case "resume": return .resume(try next("a member"))
        case "disk":
            let member = try next("a member")
            let speed = try next("slow or normal")
            if speed == "normal" { return .disk(member, syncTime: nil) }
            guard speed == "slow" else { throw wrong("a disk is `slow N` or `normal`, not `\(speed)`") }
            return .disk(member, syncTime: try number("a time in milliseconds"))
        default: return nil
        }
    }

    private mutating func readLoss() throws(ScenarioError) -> ScenarioCommand.Action {
        let count = try number("a number of messages")
        let type = try next("a type of message")
        guard !words.isEmpty else { return .lose(count: count, type: type, from: nil, to: nil) }
        let from = try next("a member")
        try literal("->")
        return .lose(count: count, type: type, from: from, to: try next("a member"))
    }

    private mutating func readMembership(_ verb: String) throws(ScenarioError) -> ScenarioCommand.Action? {
        if verb == "leave" { return .leave(try next("a member")) }
        guard verb == "change" else { return nil }
        let member = try next("a member")
        var (adds, removes, learners): ([String], [String], [String]) = ([], [], [])
        while let word = words.first, let sign = word.first, "+-~".contains(sign) {
            words.removeFirst()
            let name = String(word.dropFirst())
            if sign == "+" {
                adds.append(name)
            } else if sign == "-" {
                removes.append(name)
            } else {
                learners.append(name)
            }
        }
        guard !(adds + removes + learners).isEmpty else {
            throw wrong("`change \(member)` names nobody: +A adds a voter, -A removes, ~A makes a learner")
        }
        guard let word = words.popFirst() else {
            return .change(at: member, adds: adds, removes: removes, learners: learners, transition: .auto)
        }
        guard let transition = ScenarioCommand.Transition(rawValue: word) else {
            throw wrong("`\(word)` is not a way to leave a joint configuration: auto, implicit or explicit")
        }
        return .change(at: member, adds: adds, removes: removes, learners: learners, transition: transition)
    }

    private mutating func readReport(_ verb: String) throws(ScenarioError) -> ScenarioCommand.Action? {
        switch verb {
        case "show": return .show
        case "say":
            words = []
            return .say(String(text.dropFirst(4)))
        case "expect": return try readExpectation()
        default: return nil
        }
    }

    private mutating func readExpectation() throws(ScenarioError) -> ScenarioCommand.Action {
        let what = try next("what is expected")
        switch what {
        case "no":
            try literal("leader")
            return .expectLeader(nil)
        case "leader": return .expectLeader(try next("a member"))
        case "commit":
            let index = try number("an index")
            try literal("on")
            return .expectCommit(UInt64(index), on: try names())
        case "voters": return .expectVoters(try names())
        case "follower", "candidate", "pre-candidate", "learner", "down":
            return .expectRole(what, of: try names())
        default:
            guard let sign = what.firstIndex(of: "="), sign != what.startIndex else {
                throw wrong("`expect \(what)` claims nothing that can be checked")
            }
            try literal("on")
            let value = String(what[what.index(after: sign)...])
            return .expectValue(key: String(what[..<sign]), value: value, on: try names())
        }
    }
}
