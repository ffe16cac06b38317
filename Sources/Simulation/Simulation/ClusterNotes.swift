// ClusterNotes.swift: what a simulation writes into the traces of its members, beside what their Raft reports.
//
// Raft knows nothing of clients, and nothing of what is done to the machine it runs on. Here both are known:
//
//     a client asks        request-received, request-proposed                 for reads read-parked, read-index-asked
//     it is carried out    entry-applied on every member                      read-index-known, range-evaluated
//     it is answered       request-answered, request-refused
//     a fault              fault-injected, in the trace of the member it happens to
//
// The key of a write is the whole command, `x=1`. These members have registers and no revisions; the entry as of which
// something was seen stands in their place.
//
// COST     a branch each, where nobody traces.

import Bytes
package import Identifiers
import Raft
import RaftMessages
import Trace

extension Cluster {
    // MARK: Clients

    func noteRequest(
        _ number: UInt64, of member: SimulatedMember, _ method: TraceMethod, _ about: String, sizeBytes: Int
    ) -> EventSequence {
        guard let trace = member.raft?.trace, trace.isOn else { return .none }
        let key = ByteSlice(utf8: about)
        let name = trace.emit(
            RequestReceived(method: method, call: number, key: TraceBytes(key.view), sizeBytes: sizeBytes))
        member.requestNames[number] = name
        trace.cause = name
        return name
    }

    /// The entry is in the log of the member that was asked, if it leads.
    func noteProposed(
        _ number: UInt64, _ name: EventSequence, _ before: LogIndex, of member: SimulatedMember, sizeBytes: Int
    ) {
        guard let raft = member.raft, raft.trace.isOn else { return }
        if raft.log.last.index > before, let term = raft.log.term(at: before.next) {
            raft.trace.emit(
                RequestProposed(
                    request: name, id: number, index: before.next, term: term, sizeBytes: sizeBytes))
        }
        raft.trace.cause = .none
    }

    func noteParked(_ number: UInt64, _ name: EventSequence, of member: SimulatedMember) {
        guard let trace = member.raft?.trace, trace.isOn else { return }
        trace.emit(ReadParked(request: name, batch: number, applied: member.registers.applied))
        trace.emit(ReadIndexAsked(batch: number, reads: 1))
        trace.cause = .none
    }

    func noteReadable(_ number: UInt64, at index: LogIndex, of member: SimulatedMember) {
        member.raft?.trace.emit(
            ReadIndexKnown(batch: number, index: index, applied: member.registers.applied),
            because: member.requestNames[number] ?? .none)
    }

    func noteRead(_ key: String, isThere: Bool, of member: SimulatedMember) {
        guard let trace = member.raft?.trace, trace.isOn else { return }
        let bytes = ByteSlice(utf8: key)
        let count = isThere ? 1 : 0
        trace.emit(
            RangeEvaluated(
                key: TraceBytes(bytes.view), rangeEnd: TraceBytes(), revision: revision(of: member), found: count,
                returned: count))
    }

    func noteAnswered(_ number: UInt64, of member: SimulatedMember) {
        guard let name = member.requestNames.removeValue(forKey: number) else { return }
        member.raft?.trace.emit(
            RequestAnswered(request: name, revision: revision(of: member), code: 0, sizeBytes: 0), because: name)
    }

    func noteRefused(_ number: UInt64, of member: SimulatedMember, why: String) {
        guard let name = member.requestNames.removeValue(forKey: number) else { return }
        // 14 is gRPC's "unavailable": ask again, perhaps somebody else.
        member.raft?.trace.emit(RequestRefused(request: name, code: 14, why: why), because: name)
    }

    private func revision(of member: SimulatedMember) -> Revision {
        Revision(rawValue: Int64(clamping: member.registers.applied.rawValue))
    }

    // MARK: State machine

    func noteApplied(_ entry: Entry, _ command: RegisterCommand?, of member: SimulatedMember) {
        guard let trace = member.raft?.trace, trace.isOn else { return }
        let method: TraceMethod = entry.type == .normal ? command == nil ? .other : .put : .memberChange
        trace.emit(
            EntryApplied(
                index: entry.index, term: entry.term, id: command?.request ?? 0, method: method, revision: .zero))
    }

    // MARK: Faults

    /// Writes into the trace of a member what was done to it.
    func note(_ fault: FaultInjected, on member: SimulatedMember) { member.raft?.trace.emit(fault) }

    /// Writes into everybody's trace whom it cannot reach now, where that has changed.
    package func noteLinks() {
        for member in members.values.sorted(by: { $0.id < $1.id }) where member.isUp {
            let cut = network.cutLinks.filter { $0.from == member.id && members[$0.to] != nil }.map(\.to).sorted()
            guard cut != member.unreachable else { continue }
            member.unreachable = cut
            note(FaultInjected(cut.isEmpty ? .linksMended : .linksCut, unreachable: cut), on: member)
        }
    }

    /// Gives a member's disk another speed.
    package func setSyncTime(of id: MemberID, _ time: ClosedRange<Int>) {
        let member = member(id)
        member.syncTime = time
        let isSlower = time.upperBound > settings.syncTime.upperBound
        note(FaultInjected(isSlower ? .diskSlow : .diskNormal, syncTime: time.upperBound), on: member)
    }
}
