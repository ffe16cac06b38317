// SpecificationChecker.swift: would the specification follow this file? The rules that matter here, written anew.
//
// It knows nothing of our events: it reads the exported lines, keeps for each member what the specification keeps, and
// says at which line which rule is broken.
//
//     messages wait at their sender until its Ready, then they are on the way, then they are received, each once
//     a leader has granted votes of a majority since it became a candidate, its own among them as a message
//     a commit has acknowledgements of a majority (while joint, of both), and is of the leader's own term
//     a log grows by Replicate and ChangeConf at a leader, by received entries at a follower
//     a restart brings back what the last Ready kept
//     state, role, log, configuration in each line are what follows from the lines before; at a receipt, before it,
//     because the specification handles a message in one step

import JSON

struct SpecificationChecker {
    struct Complaint: Error, CustomStringConvertible {
        let line: Int
        let rule: String
        var description: String { "line \(line): \(rule)" }
    }

    struct Entry: Equatable {
        var term: Int
        var isChange: Bool
    }

    struct Durable: Equatable {
        var term = 0
        var vote = "0"
        var commit = 0
        var log: [Entry] = []
    }

    struct Node {
        var term = 0
        var vote = "0"
        var commit = 0
        var role = "StateFollower"
        var log: [Entry] = []
        var voters: Set<String> = []
        var outgoing: Set<String> = []
        var durable = Durable()
        var granted: Set<String> = []
        var match: [String: Int] = [:]
        /// Said and not released; the leader's log goes with its entries.
        var pending: [Mail] = []
        var isBorn = false
        var joins = false

        var lastTerm: Int { log.last?.term ?? 0 }
    }

    struct Mail: Equatable {
        var type: String
        var from: String
        var to: String
        var term: Int
        var index: Int
        var logTerm: Int
        var commit: Int
        var entries: Int
        var reject: Bool
        /// The entries themselves, which the line only counts.
        var carried: [Entry] = []

        init(_ message: JSONValue) throws {
            guard let type = message["type"]?.string, let from = message["from"]?.string,
                let to = message["to"]?.string, let term = message["term"]?.integer(Int.self),
                let index = message["index"]?.integer(Int.self), let logTerm = message["logTerm"]?.integer(Int.self),
                let commit = message["commit"]?.integer(Int.self),
                let entries = message["entries"]?.integer(Int.self), let reject = message["reject"]?.bool,
                message["vote"]?.string == "0", message["rejectHint"]?.integer(Int.self) != nil
            else { throw Complaint(line: 0, rule: "a message lacks a field") }
            (self.type, self.from, self.to, self.term, self.index) = (type, from, to, term, index)
            (self.logTerm, self.commit, self.entries, self.reject) = (logTerm, commit, entries, reject)
        }

        func says(_ other: Mail) -> Bool {
            var (left, right) = (self, other)
            left.carried = []
            right.carried = []
            return left == right
        }
    }

    private(set) var nodes: [String: Node] = [:]
    private(set) var names: [String: Int] = [:]
    private(set) var leaders: [Int: String] = [:]
    private var onTheWay: [Mail] = []
    private var line = 0
    /// The event before, of each node.
    private var previous: [String: JSONValue] = [:]

    /// Follows all lines, or says where it cannot.
    static func follow(_ lines: [JSONValue]) throws -> SpecificationChecker {
        var checker = SpecificationChecker()
        for line in lines { try checker.take(line) }
        return checker
    }

    private func require(_ isTrue: Bool, _ rule: @autoclosure () -> String) throws {
        if !isTrue { throw Complaint(line: line, rule: rule()) }
    }

    mutating func take(_ object: JSONValue) throws {
        line += 1
        try require(object["tag"]?.string == "trace", "a line is tagged")
        guard let event = object["event"], let name = event["name"]?.string, let id = event["nid"]?.string,
            event["state"]?["term"]?.integer(Int.self) != nil, event["state"]?["vote"]?.string != nil,
            event["state"]?["commit"]?.integer(Int.self) != nil, event["role"]?.string != nil,
            event["log"]?.integer(Int.self) != nil, event["applied"]?.integer(Int.self) != nil,
            event["conf"]?.elements?.count == 2
        else { throw Complaint(line: line, rule: "an event has name, nid, state, role, log, applied and conf") }
        names[name, default: 0] += 1
        var node = nodes[id] ?? Node()
        try perform(name, id, event, &node)
        nodes[id] = node
        previous[id] = event
        let others = nodes.filter { $0.value.role == "StateLeader" && $0.value.term == node.term && $0.key != id }
        try require(node.role != "StateLeader" || others.isEmpty, "two members lead term \(node.term)")
    }

    private mutating func perform(_ name: String, _ id: String, _ event: JSONValue, _ node: inout Node) throws {
        if name.hasPrefix("Send") || name.hasPrefix("Receive") {
            guard let message = event["msg"] else { throw Complaint(line: line, rule: "\(name) has a message") }
            let mail = try Mail(message)
            if name.hasPrefix("Send") {
                // The specification makes answers itself, when it handles what they answer; where their lines stand
                // says nothing.
                if mail.from == mail.to || !mail.type.hasSuffix("Resp") { try check(event, &node) }
                try send(mail, name, id, &node)
            } else {
                try check(event, &node)
                try receive(mail, name, id, &node)
            }
            return
        }
        try require(event["msg"] == nil, "\(name) has no message")
        switch name {
        case "InitState": try begin(id, event, &node)
        case "BecomeFollower":
            let term = event["state"]!["term"]!.integer(Int.self)!
            // A receipt of a later term has done everything already; this line only says so.
            if let before = previous[id], before["name"]?.string?.hasPrefix("Receive") == true,
                before["msg"]?["term"]?.integer(Int.self) == term,
                before["state"]!["term"]!.integer(Int.self)! < term || before["role"]?.string == "StateCandidate"
            {
                try require(node.term == term && node.role == "StateFollower", "the receipt made it a follower")
                return
            }
            let isBirth = ["InitState", "BecomeFollower"].contains(previous[id]?["name"]?.string ?? "")
            try require(term == node.term || isBirth, "a term changes by a message or at birth")
            node.term = term
            node.role = "StateFollower"
            try check(event, &node)
        case "BecomeCandidate":
            try require(node.role != "StateLeader" && node.voters.contains(id), "a voter that does not lead campaigns")
            node.term += 1
            node.vote = id
            node.role = "StateCandidate"
            node.granted = []
            try check(event, &node)
        case "BecomeLeader":
            try require(node.role == "StateCandidate", "a candidate becomes leader")
            try require(isQuorum(node.granted, node), "a majority has granted its vote to \(id): \(node.granted)")
            node.role = "StateLeader"
            node.match = [id: node.log.count]
            leaders[node.term] = id
            try check(event, &node)
        case "Replicate", "ChangeConf":
            try require(node.role == "StateLeader", "a leader appends")
            try require((event["prop"]?["cc"] != nil) == (name == "ChangeConf"), "ChangeConf says what it changes")
            node.log.append(Entry(term: node.term, isChange: name == "ChangeConf"))
        case "Commit":
            let commit = event["state"]!["commit"]!.integer(Int.self)!
            try require(
                node.role == "StateLeader" && commit > node.commit && commit <= node.log.count, "a leader commits")
            try require(node.log[commit - 1].term == node.term, "an entry of an earlier term is not counted")
            let have = Set(node.match.filter { $0.value >= commit }.keys)
            try require(isQuorum(have, node), "a majority has acknowledged \(commit): \(node.match)")
            node.commit = commit
            try check(event, &node)
        case "ApplyConfChange":
            try check(event, &node)
            guard let members = event["prop"]?["cc"]?["newconf"]?.elements else {
                throw Complaint(line: line, rule: "ApplyConfChange has newconf")
            }
            // The outgoing half of a joint configuration is in the lines that follow, and nowhere else.
            node.joins = true
            node.voters = Set(members.compactMap(\.string))
        case "Ready":
            try check(event, &node)
            node.durable = Durable(term: node.term, vote: node.vote, commit: node.commit, log: node.log)
            onTheWay += node.pending
            node.pending = []
        default: throw Complaint(line: line, rule: "the specification has no \(name)")
        }
    }

    private mutating func begin(_ id: String, _ event: JSONValue, _ node: inout Node) throws {
        if node.isBorn {
            (node.term, node.vote, node.commit) = (node.durable.term, node.durable.vote, node.durable.commit)
            node.log = node.durable.log
            node.role = "StateFollower"
            node.pending = []
            node.match = [:]
            try check(event, &node)
        } else {
            node.isBorn = true
        }
    }

    /// What a line says of its member is what followed from the lines before.
    private func check(_ event: JSONValue, _ node: inout Node) throws {
        let state = event["state"]!
        let length = event["log"]!.integer(Int.self)!
        let halves = event["conf"]!.elements!.map { Set(($0.elements ?? []).compactMap(\.string)) }
        // Birth: the first log is that of the configuration, of term 1.
        let isFounding = event["name"]?.string == "ApplyConfChange" && node.term <= 1 && node.voters.count < length
        if isFounding, node.log.isEmpty || node.commit == node.log.count, node.role == "StateFollower", node.term == 1 {
            if node.log.isEmpty {
                node.log = Array(repeating: Entry(term: 1, isChange: true), count: length)
                node.commit = length
                node.durable = Durable(term: 1, vote: "0", commit: length, log: node.log)
            }
        }
        try require(state["term"]!.integer(Int.self) == node.term, "the term is \(node.term)")
        try require(state["vote"]!.string == node.vote, "the vote is \(node.vote)")
        try require(state["commit"]!.integer(Int.self) == node.commit, "the commit index is \(node.commit)")
        try require(event["role"]!.string == node.role, "the role is \(node.role)")
        try require(length == node.log.count, "the log has \(node.log.count) entries")
        try require(halves[0] == node.voters, "the voters are \(node.voters.sorted())")
        if node.joins {
            node.outgoing = halves[1]
            node.joins = false
        }
        try require(halves[1] == node.outgoing, "the outgoing half is \(node.outgoing.sorted())")
    }

    private func isQuorum(_ members: Set<String>, _ node: Node) -> Bool {
        let isMajority = { (half: Set<String>) in half.isEmpty || members.intersection(half).count * 2 > half.count }
        return isMajority(node.voters) && isMajority(node.outgoing)
    }

    private mutating func send(_ mail: Mail, _ name: String, _ id: String, _ node: inout Node) throws {
        try require(mail.from == id && mail.term == node.term, "who sends says so, in its own term")
        var mail = mail
        switch mail.type {
        case "MsgApp", "MsgHeartbeat", "MsgSnap":
            try require(name == "SendAppendEntriesRequest" && node.role == "StateLeader", "a leader sends entries")
            if mail.type == "MsgApp" {
                let end = mail.index + mail.entries
                try require(end <= node.log.count, "nobody sends what he has not")
                let term = mail.index == 0 ? 0 : node.log[mail.index - 1].term
                try require(mail.logTerm == term, "the entry before has its term")
                try require(mail.commit == min(node.commit, end), "the commit index is what the follower may use")
                mail.carried = Array(node.log[mail.index..<end])
            } else if mail.type == "MsgSnap" {
                try require(mail.entries <= node.commit, "a snapshot is of committed entries")
                mail.carried = Array(node.log[..<mail.entries])
            } else {
                try require(
                    mail.commit == min(node.commit, node.match[mail.to] ?? 0), "a heartbeat commits what matches")
            }
        case "MsgVote":
            try require(name == "SendRequestVoteRequest" && node.role == "StateCandidate", "a candidate asks")
            try require(mail.index == node.log.count && mail.logTerm == node.lastTerm, "it says where its log ends")
        case "MsgVoteResp": try require(name == "SendRequestVoteResponse", "a vote is a response")
        case "MsgAppResp", "MsgHeartbeatResp":
            try require(name == "SendAppendEntriesResponse", "an acknowledgement is a response")
            if mail.type == "MsgAppResp", !mail.reject, mail.to != id || node.role == "StateLeader" {
                try require(mail.index <= node.log.count, "nobody acknowledges what he has not")
            }
        default: throw Complaint(line: line, rule: "the specification has no \(mail.type)")
        }
        node.pending.append(mail)
    }

    private mutating func receive(_ mail: Mail, _ name: String, _ id: String, _ node: inout Node) throws {
        try require(mail.to == id, "who receives is meant")
        guard let place = onTheWay.firstIndex(where: { $0.says(mail) }) else {
            throw Complaint(line: line, rule: "\(mail) was sent, and its sender was ready after that")
        }
        let mail = onTheWay.remove(at: place)
        try require(name.hasPrefix("Receive"), "a receipt is one")
        if mail.term > node.term { (node.term, node.vote, node.role) = (mail.term, "0", "StateFollower") }
        guard mail.term == node.term else { return }
        switch mail.type {
        case "MsgVote":
            let isRecent = (mail.logTerm, mail.index) >= (node.lastTerm, node.log.count)
            if isRecent, ["0", mail.from].contains(node.vote) { node.vote = mail.from }
        case "MsgVoteResp": if !mail.reject { node.granted.insert(mail.from) }
        case "MsgAppResp": if !mail.reject { node.match[mail.from] = max(node.match[mail.from] ?? 0, mail.index) }
        case "MsgApp", "MsgSnap", "MsgHeartbeat":
            try require(node.role != "StateLeader", "a term has one leader")
            node.role = "StateFollower"
            hear(mail, &node)
        default: break
        }
    }

    private func hear(_ mail: Mail, _ node: inout Node) {
        if mail.type == "MsgHeartbeat" {
            node.commit = max(node.commit, mail.commit)
            return
        }
        let end = mail.index + mail.carried.count
        guard mail.index >= node.commit || mail.type == "MsgSnap" && end > node.commit else { return }
        guard mail.index <= node.log.count, mail.index == 0 || node.log[mail.index - 1].term == mail.logTerm else {
            return
        }
        for (offset, entry) in mail.carried.enumerated() {
            let place = mail.index + offset
            if place < node.log.count, node.log[place].term != entry.term { node.log.removeSubrange(place...) }
            if place == node.log.count { node.log.append(entry) }
        }
        node.commit = max(node.commit, min(mail.type == "MsgSnap" ? end : mail.commit, end))
    }
}
