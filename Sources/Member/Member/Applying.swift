// Applying.swift: what does an entry do, and why does it never do it twice?
//
// Entries come in the order of the log, each one committed and on our own disk. An entry asks one state machine for one
// thing; what came of it goes to whoever waits for it here, and nobody waits on the other members.
//
//     entry 41  put a         Store: revision 7     "answer #12"       (we proposed it: #12 waits)
//     entry 42  nothing       -                                        (a leader's first entry)
//     entry 43  ConfChange    Membership, then Raft                    (Raft hears it last: a change may be vetoed)
//     entry 44  put b         Store: revision 8                        (another member's client)
//
// THE CRASH THAT EXPLAINS M1. The store's pages reach the disk some 100 ms after the entries, many entries at a time. A
// crash goes back to the last batch, and the log is read again from the last snapshot on. The batch that has the
// data of entry 44 also has "applied = 44", put there before anybody could close the batch. So:
//
//     index <= backend.applied.index     the store has it. Only what lives in memory is done again: who the members are
//     index >  backend.applied.index     do it, then `setApplied(index)`; no batch is closed in between
//
// THE SAME ON ALL MEMBERS (M4). An error is a result too: a put that names a lease that does not exist changes nothing,
// on every member, and its index counts as applied like any other.
//
// WHAT IS NOT KNOWN HERE (leases, users, alarms, a change of several members at once) stops the member (M5). At a
// start it is found before anything is served (Waking.swift); in a running cluster another member may propose it.
//
// COST     beside the store's work, about 100 ns an entry.

import Backend
import BoltFile
import Bytes
import EtcdAPI
import Identifiers
import MVCC
import Membership
import Protobuf
import Raft
import RaftMessages
import Trace

extension Member {
    /// Whether entries were handed out that can be applied now. When a leader's snapshot has taken the place of the log,
    /// there is nothing to apply until the database that belongs to it is here.
    var mayApply: Bool { handed > applied && applied >= raft.log.base.index && !backend.isCongested }

    /// Applies what Raft has handed out and reports it; false when there is nothing to do now.
    mutating func applyHanded(into output: inout Output) -> Bool {
        guard mayApply, budget > 0 else { return false }
        while applied < handed, budget > 0, failure == nil {
            budget -= 1
            apply(raft.log[applied.next], into: &output)
        }
        guard failure == nil else { return false }
        raft.applied(through: applied, into: &output.raft)
        serveReadsThatMayGo(into: &output)
        return true
    }

    private mutating func apply(_ entry: Entry, into output: inout Output) {
        let isNew = entry.index > backend.applied.index
        switch entry.type {
        case .normal: applyCommand(entry, isNew: isNew, into: &output)
        case .confChange: applyChange(entry, isNew: isNew, into: &output)
        case .confChangeV2, .unrecognized:
            fail(
                "entry \(entry.index) changes several members at once (type \(entry.type.rawValue)), which no member of "
                    + "etcd proposes and this one cannot carry out: it stops rather than skip it", into: &output)
        }
        guard failure == nil else { return }
        applied = entry.index
        if isNew { backend.setApplied(entry.index, term: entry.term) }
    }

    // MARK: Commands

    private mutating func applyCommand(_ entry: Entry, isNew: Bool, into output: inout Output) {
        guard !entry.data.isEmpty else {
            report(entry, number: 0, .other)
            return
        }
        // A command that is in the file already and concerns nothing else need not even be decoded.
        if !isNew, KeyCommand.isAboutKeys(entry.data[0]) { return }
        if let command = KeyCommand(entry.data.view) {
            apply(command, entry, into: &output)
        } else {
            applySeldom(entry, isNew: isNew, into: &output)
        }
        // The command is a view of the entry.
        withExtendedLifetime(entry) {}
    }

    /// Nearly every entry.
    private mutating func apply(_ command: KeyCommand, _ entry: Entry, into output: inout Output) {
        if command.field == 7 {
            applyCompaction(command, entry, into: &output)
            return
        }
        let start = output.bytes.count
        let header = header
        let method: TraceMethod
        var refused: APIError?
        do throws(WireError) {
            switch command.field {
            case 4:
                method = .put
                let request = try PutRequest.View(decoding: command.body, levels: WireReader.storedDepthLimit)
                refused = storing(&output) { member, bytes throws(StoreError) in
                    try member.store.put(
                        request, to: &member.backend, header: header, hasLease: { _ in false }, into: &bytes)
                }
            case 5:
                method = .deleteRange
                let request = try DeleteRangeRequest.View(decoding: command.body, levels: WireReader.storedDepthLimit)
                refused = storing(&output) { member, bytes throws(StoreError) in
                    try member.store.deleteRange(request, in: &member.backend, header: header, into: &bytes)
                }
            default:
                method = .txn
                let request = try TxnRequest.View(decoding: command.body, levels: WireReader.storedDepthLimit)
                refused = storing(&output) { member, bytes throws(StoreError) in
                    try member.store.txn(
                        request, in: &member.backend, header: header, hasLease: { _ in false }, into: &bytes)
                }
            }
        } catch {
            fail("entry \(entry.index) cannot be decoded: \(error). It stops rather than skip it", into: &output)
            return
        }
        finish(command.number, entry, method, refused, since: start, into: &output)
    }

    /// Does something in the store. Nil: done; a file that fails stops the member.
    private mutating func storing(
        _ output: inout Output, _ body: (inout Member, inout ByteBuffer) throws(StoreError) -> Void
    ) -> APIError? {
        let start = output.bytes.count
        do throws(StoreError) {
            try body(&self, &output.bytes)
            return nil
        } catch {
            output.bytes.truncate(to: start)
            if case .refused(let refusal) = error { return refusal }
            fail("the database cannot be read or changed: \(error)", into: &output)
            return nil
        }
    }

    /// Everything else.
    private mutating func applySeldom(_ entry: Entry, isNew: Bool, into output: inout Output) {
        do throws(WireError) {
            switch try EntryCommand(decoding: entry.data) {
            case .nothing: break
            case .v2(let request):
                applyMembership(entry, request.id, isNew: isNew, into: &output) { $0.applying(request) }
            case .request(let request): applySeldom(request, entry, isNew: isNew, into: &output)
            }
        } catch {
            fail("entry \(entry.index) cannot be decoded: \(error). It stops rather than skip it", into: &output)
        }
    }

    private mutating func applySeldom(
        _ request: InternalRaftRequest, _ entry: Entry, isNew: Bool, into output: inout Output
    ) {
        let number = request.header?.id ?? request.id
        switch request.command {
        case .put, .deleteRange, .txn, .compaction:
            // Written by somebody who names a user, or in another order. In our order it is read as any other.
            guard isNew, let command = request.command else { return }
            let copy = Commands.request(command, number: number)
            guard let again = KeyCommand(copy.view) else { preconditionFailure("we cannot read what we write") }
            apply(again, entry, into: &output)
            withExtendedLifetime(copy) {}
        case .range:
            // etcd before 3.1 put reads into the log. It changes nothing, and nobody of that age waits for it.
            report(entry, number: number, .range)
        case .alarm(let alarm): applyAlarm(alarm, number, entry, isNew: isNew, into: &output)
        case .clusterVersionSet(let set):
            applyMembership(entry, number, isNew: isNew, into: &output) { $0.applying(set) }
        case .clusterMemberAttrSet(let set):
            applyMembership(entry, number, isNew: isNew, into: &output) { $0.applying(set) }
        case .downgradeInfoSet(let set):
            applyMembership(entry, number, isNew: isNew, into: &output) { $0.applying(set) }
        case .v2(let wrapped):
            applyMembership(entry, wrapped.id, isNew: isNew, into: &output) { $0.applying(wrapped) }
        default:
            // What the file has already was done by somebody who could.
            guard isNew else { return }
            fail(
                StartRefusal.cannotApply(
                    what: Waking.name(of: request.command), place: "entry \(entry.index) of the log"
                ).description, into: &output)
        }
    }

    private mutating func applyCompaction(_ command: KeyCommand, _ entry: Entry, into output: inout Output) {
        // Whoever watches must have heard of everything before history goes away.
        notifyWatchers(into: &output)
        let start = output.bytes.count
        let header = header
        let request: CompactionRequest
        do throws(WireError) {
            request = try CompactionRequest(decoding: command.body)
        } catch {
            fail("entry \(entry.index) cannot be decoded: \(error). It stops rather than skip it", into: &output)
            return
        }
        let error = storing(&output) { member, bytes throws(StoreError) in
            try member.store.compact(at: request.revision, in: &member.backend, header: header, into: &bytes)
        }
        guard request.physical, error == nil, failure == nil else {
            finish(command.number, entry, .compact, error, since: start, into: &output)
            return
        }
        // The answer waits until the file holds nothing any more of what is forgotten.
        let waiter = waiters.take(command.number)
        let event = report(entry, number: command.number, .compact, because: waiter?.proposed ?? .none)
        if let waiter, waiter.purpose == .client {
            long.physical.append(
                PhysicalCompaction(
                    request: waiter.request, answer: ByteSlice(copying: output.bytes.view.dropFirst(start)),
                    revision: request.revision, name: waiter.name, cause: event))
        }
        output.bytes.truncate(to: start)
    }

    /// Alarms cannot be raised here yet, so there are none, and asking for them is answered so. (etcd asks through the log.)
    private mutating func applyAlarm(
        _ alarm: AlarmRequest, _ number: UInt64, _ entry: Entry, isNew: Bool, into output: inout Output
    ) {
        guard alarm.action == .get else {
            guard isNew else { return }
            fail(
                StartRefusal.cannotApply(what: "an alarm", place: "entry \(entry.index) of the log").description,
                into: &output)
            return
        }
        let start = output.bytes.count
        AlarmResponse(header: responseHeader).encode(into: &output.bytes)
        finish(number, entry, .alarm, nil, since: start, into: &output)
    }

    // MARK: Whoever waits

    /// An entry is applied: says so, and answers whoever waits for it with what was appended to the bytes.
    private mutating func finish(
        _ number: UInt64, _ entry: Entry, _ method: TraceMethod, _ error: APIError?, since start: Int,
        into output: inout Output
    ) {
        guard failure == nil else { return }
        guard let waiter = waiters.take(number) else {
            output.bytes.truncate(to: start)
            report(entry, number: number, method, error)
            return
        }
        let event = report(entry, number: number, method, error, because: waiter.proposed)
        guard waiter.purpose == .client else {
            output.bytes.truncate(to: start)
            return
        }
        if let error {
            refuse(waiter.request, error, name: waiter.name, into: &output)
        } else {
            answer(waiter.request, since: start, name: waiter.name, because: event, into: &output)
        }
    }

    @discardableResult @inline(__always)
    private func report(
        _ entry: Entry, number: UInt64, _ method: TraceMethod, _ error: APIError? = nil,
        because cause: EventSequence = .none
    ) -> EventSequence {
        trace.emit(
            EntryApplied(
                index: entry.index, term: entry.term, id: number, method: method, revision: store.revision,
                code: UInt64(error?.code.rawValue ?? 0)), because: cause)
    }

    // MARK: Members

    /// A change of what is known of the members, that is not a change of who they are. What is in the file already is
    /// still done in memory.
    private mutating func applyMembership(
        _ entry: Entry, _ number: UInt64, isNew: Bool, into output: inout Output, _ body: (inout Member) -> String?
    ) {
        if let refusal = body(&self) {
            fail("entry \(entry.index): \(refusal)", into: &output)
            return
        }
        if isNew { saveMembership(into: &output) } else { membership.forgetUnsaved() }
        noteMembership(into: &output)
        let waiter = waiters.take(number)
        report(entry, number: number, .memberAttributes, because: waiter?.proposed ?? .none)
        if let waiter { announcing.finished(waiter.purpose) }
    }

    private mutating func applying(_ request: V2Request) -> String? {
        Self.complaint { () throws(MembershipError) in try membership.apply(request) }
    }

    private mutating func applying(_ set: ClusterMemberAttrSetRequest) -> String? {
        Self.complaint { () throws(MembershipError) in try membership.apply(set) }
    }

    private mutating func applying(_ set: ClusterVersionSetRequest) -> String? {
        Self.complaint { () throws(MembershipError) in try membership.apply(set) }
    }

    private mutating func applying(_ set: DowngradeInfoSetRequest) -> String? {
        membership.apply(set)
        return nil
    }

    private static func complaint(_ body: () throws(MembershipError) -> Void) -> String? {
        do throws(MembershipError) {
            try body()
            return nil
        } catch {
            // A name for a member that is gone changes nothing, on every member alike.
            if case .unreadable = error { return error.description }
            return nil
        }
    }

    mutating func saveMembership(into output: inout Output) {
        guard membership.hasUnsaved else { return }
        do throws(BoltError) {
            try membership.save(to: &backend)
        } catch {
            fail("the members cannot be written into the database: \(error)", into: &output)
        }
    }

    /// A change of who belongs to the cluster. Every member judges it by the same list, so all of them veto the same.
    private mutating func applyChange(_ entry: Entry, isNew: Bool, into output: inout Output) {
        guard let change = Raft.Change(entry), case .single(var single) = change else {
            fail("entry \(entry.index) is a change of membership that cannot be decoded", into: &output)
            return
        }
        if case .failure = membership.apply(single) { single.nodeID = .none }
        if isNew { saveMembership(into: &output) } else { membership.forgetUnsaved() }
        raft.step(.appliedChange(Raft.Change.single(single).meaning, at: entry.index), into: &output.raft)
        if isNew { backend.setConfState(raft.configuration.confState) }
        noteMembership(into: &output)
        report(entry, number: single.id, .memberChange)
    }

    /// What follows from who the members are now.
    mutating func noteMembership(into output: inout Output) {
        isAlone = raft.configuration.isAlone(id)
        isLearner = membership[id]?.isLearner ?? false
        announcing.isStale = true
        if membership.wasRemoved(id) {
            fail(
                "member \(id) was removed from cluster \(cluster): it stops. To come back it must be added again, with an "
                    + "empty directory", into: &output)
        }
    }
}
