// Truth.swift: what really happened to the keys, and was everybody told so?
//
// A key-value store with revisions has a wonderful property for whoever checks it: every change has a number, and whoever
// watches from the first number on is told all of them. So one watcher, the observer, writes down THE history, and
// everything that any client was ever told is compared with it when the run is over:
//
//     revision     2      3        4       5           6
//     truth      a=1    b=7    delete a   a=2     {b=8, c=1}          what the observer was told
//
//     "put b=7: done, revision 3"                                     must stand there, at 3
//     "a at revision 4: not there"                                    must follow from it
//     watcher of b since 3: b=7, b=8                                  must be exactly those of b, none twice
//
// A write that was acknowledged and then lost shows as another change with its number, or as none. An entry that was
// applied twice shows as a version that jumps.
//
// RULES    K1  the observer's revisions go up by one; each change continues its key's version and creation.
//          K2  what was acknowledged stands at its revision.
//          K3  what was read at a revision is what the truth says for it.
//          K4  a watcher was told exactly the changes of its range between its first and its last revision.
//          K5  no linearizable answer is older than an answer that was there when it was asked.
//          K6  all members have the same hash at the same revision.

/// One key as it is after a change.
package struct KeyState: Hashable, Sendable {
    var value: [UInt8]
    var created: Int64
    var modified: Int64
    var version: Int64
}

/// One change: a key, and what it is then; nil when it was deleted.
package struct KeyChange: Hashable, Sendable {
    var key: String
    var state: KeyState?
}

/// Every change since the beginning, by revision.
struct Truth {
    /// What each revision did; the first is revision 2, for an empty store has revision 1.
    private(set) var changes: [[KeyChange]] = []
    /// Every key after each revision; to be asked by revision.
    private var states: [[String: KeyState]] = [[:]]

    /// Up to here the truth is known.
    var revision: Int64 { Int64(changes.count) + 1 }

    /// The keys at a revision.
    func state(at revision: Int64) -> [String: KeyState]? {
        revision >= 1 && revision <= self.revision ? states[Int(revision - 1)] : nil
    }

    /// What a revision did.
    func changes(at revision: Int64) -> [KeyChange]? {
        revision >= 2 && revision <= self.revision ? changes[Int(revision - 2)] : nil
    }

    /// The observer hears of the next revision (K1).
    mutating func append(_ new: [KeyChange], at revision: Int64) throws(BrokenPromise) {
        guard revision == self.revision + 1 else {
            throw BrokenPromise(
                .historyIsOne, "the observer was told revision \(revision) after \(self.revision)")
        }
        var now = states[states.count - 1]
        for change in new {
            let before = now[change.key]
            if let state = change.state {
                let version = (before?.version ?? 0) + 1
                let created = before?.created ?? revision
                guard state.version == version, state.created == created, state.modified == revision else {
                    throw BrokenPromise(
                        .historyIsOne,
                        "at revision \(revision) key \(change.key) has version \(state.version), created \(state.created), "
                            + "modified \(state.modified), where \(version), \(created), \(revision) follow from before"
                    )
                }
            } else if before == nil {
                throw BrokenPromise(.historyIsOne, "revision \(revision) deletes \(change.key), which is not there")
            }
            now[change.key] = change.state
        }
        changes.append(new)
        states.append(now)
    }
}
