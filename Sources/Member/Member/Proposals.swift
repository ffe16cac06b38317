// Proposals.swift: how do the writes of many clients become one step of Raft?
//
// A turn of the loop reads whatever all sockets have: sixteen clients with sixteen requests each are 256 writes at once.
// Each step of Raft costs about a microsecond whatever it carries, and each write of the log a call to another
// thread. So writes are gathered while requests are read and given to Raft when the turn is over, as one
// proposal: one step, one write, one message to each follower.
//
//     turn    put a   put b   txn c   get d   put e   | finishTurn
//     parked  [ a     a b     a b c   a b c   a b c e ]----> Raft.propose([a, b, c, e])
//
// WHEN NOBODY LEADS the parked entries stay where they are, in order, until somebody does or their clients give up
// (Deadlines.swift). An entry is thrown out here only as long as Raft has never seen it: afterwards nobody knows
// whether it will be committed.
//
// BOUNDED. Entries that wait count against a limit in number and in bytes; beyond it clients hear "too many requests",
// which is also what they hear when applying is far behind committing.

import Backend
import Bytes
import EtcdAPI
import Identifiers
import Raft
import RaftMessages
import Trace

extension Member {
    /// Entries that Raft has not seen.
    struct Parked {
        /// In the order of their numbers.
        private(set) var entries: [Entry] = []
        private(set) var numbers: [UInt64] = []
        /// Entries before this place were given up.
        private var first = 0
        private(set) var byteCount = 0
        /// Raft did not take what it was just given.
        var isRefused = false

        /// The most of them.
        static let entryLimit = 100_000
        /// The most bytes.
        static let byteLimit = 64 << 20

        var isEmpty: Bool { entries.isEmpty }
        var isFull: Bool { entries.count - first >= Self.entryLimit || byteCount >= Self.byteLimit }

        mutating func add(_ data: ByteSlice, _ number: UInt64) {
            byteCount += data.count
            entries.append(Entry(data: data))
            numbers.append(number)
        }

        /// Everything, for Raft; the room stays.
        mutating func removeAll() {
            entries.removeAll(keepingCapacity: true)
            numbers.removeAll(keepingCapacity: true)
            first = 0
            byteCount = 0
        }

        /// Whoever asked for the entry with this number, and everybody before him, has given up; true when Raft has never
        /// seen that entry, and now never will. (Those before him were cancelled.)
        mutating func drop(through number: UInt64) -> Bool {
            var isFound = false
            while first < numbers.count, numbers[first] <= number {
                isFound = numbers[first] == number
                byteCount -= entries[first].data.count
                entries[first] = Entry()
                first += 1
            }
            if first == numbers.count { removeAll() }
            return isFound
        }

        /// What is still wanted, for Raft.
        mutating func packed() -> [Entry] {
            if first > 0 {
                entries.removeFirst(first)
                numbers.removeFirst(first)
                first = 0
            }
            return entries
        }
    }

    /// Why no write is taken now: applying is far behind.
    var backlogRefusal: APIError? {
        let backlog = raft.log.committed > applied ? raft.log.committed - applied : 0
        return backlog > options.backlogEntries || parked.isFull ? .tooManyRequests : nil
    }

    /// Gathers a client's entry for the end of the turn.
    mutating func propose(
        _ data: ByteSlice, _ number: UInt64, _ id: RequestID, _ name: EventSequence, into output: inout Output
    ) {
        guard data.count <= options.requestLimitBytes else {
            refuse(id, .requestTooLarge, name: name, into: &output)
            return
        }
        waiters.add(number, .init(request: id, purpose: .client, since: now, name: name, proposed: .none))
        parked.add(data, number)
    }

    /// Gives Raft what was gathered, if somebody leads.
    mutating func proposeParked(into output: inout Output) {
        guard !parked.isEmpty, raft.leader != .none else { return }
        // Two rows take turns, so that neither is ever copied.
        swap(&parked, &spare)
        let last = raft.log.last.index
        raft.propose(spare.packed(), into: &output.raft)
        if trace.isOn { reportProposed(spare, after: last) }
        settle(&output)
        // Leadership is being handed over, or was lost in this moment: the entries wait for whoever leads next.
        if parked.isRefused { swap(&parked, &spare) }
        parked.isRefused = false
        spare.removeAll()
    }

    /// Where each of them is now: in our log if we lead, or on its way to whoever does.
    private mutating func reportProposed(_ batch: Parked, after last: LogIndex) {
        let isOurs = raft.role == .leader && raft.log.last.index >= last + batch.entries.count
        for place in batch.entries.indices {
            let (number, entry) = (batch.numbers[place], batch.entries[place])
            let name = waiters.name(of: number)
            let event = trace.emit(
                RequestProposed(
                    request: name, id: number, index: isOurs ? last + (place + 1) : .zero,
                    term: isOurs ? raft.term : .zero, sizeBytes: entry.data.count), because: name)
            waiters.note(number, proposed: event)
        }
    }
}
