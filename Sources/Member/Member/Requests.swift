// Requests.swift: how does a call of a client come in, and what may stop it at the door?
//
// The checks come in etcd's order, because a request that is wrong in two ways must get the same error from both:
//
//     1  is the cluster's version known, so that all members understand us?    not capable
//     2  do we vote? A learner's copy may be old.                              not supported for learner
//     3  is the message itself all right?                                      key is not provided, ...
//     4  can we keep up?                                                       too many requests
//     5  is the entry small enough?                                            request is too large
//     6  then it is proposed, and may still fail when it is applied            lease not found, ...
//
// THREE WAYS THROUGH.
//
//     serializable read     answered here and now, from what this member has
//     linearizable read     answered when this member has what the cluster has (Reads.swift)
//     write                 an entry (Proposals.swift); answered when it is applied
//
// A transaction that only reads is a read. One that might write is an entry, even if it turns out to write nothing.
//
// COST     a serializable read of a key: the store's work and 40 ns. A put until it is gathered: one allocation.

package import Bytes
import EtcdAPI
import Identifiers
import MVCC
import Membership
import Protobuf
import Raft
import Trace

extension Member {
    /// Calls with one question and one answer.
    package enum Method: UInt8, Sendable, CaseIterable {
        /// KV/Range.
        case range
        /// KV/Put.
        case put
        /// KV/DeleteRange.
        case deleteRange
        /// KV/Txn.
        case txn
        /// KV/Compact.
        case compact
        /// Cluster/MemberList.
        case memberList
        /// Maintenance/Status.
        case status
        /// Maintenance/Hash.
        case hash
        /// Maintenance/HashKV.
        case hashKV
        /// Maintenance/Alarm; only the question which alarms there are.
        case alarm
    }

    /// A call. It is answered or refused exactly once, now or later, unless it is cancelled. The message is looked at only
    /// during this call.
    package mutating func request(_ method: Method, _ message: ByteView, as id: RequestID, into output: inout Output) {
        guard failure == nil else {
            output.refuse(id, .stopped)
            return
        }
        do throws(WireError) {
            switch method {
            case .range: try range(message, id, into: &output)
            case .put: try put(message, id, into: &output)
            case .txn: try txn(message, id, into: &output)
            case .deleteRange: try deleteRange(message, id, into: &output)
            case .compact: try compact(message, id, into: &output)
            case .memberList, .status, .hash, .hashKV, .alarm: try maintain(method, message, id, into: &output)
            }
        } catch {
            output.orders.append(.malformed(id, error))
        }
        trace.cause = .none
    }

    /// Nobody waits for the answer any more. What was proposed stays proposed.
    package mutating func cancel(_ id: RequestID) {
        if let name = waiters.forget(id) ?? reads.forget(id) {
            trace.emit(RequestCancelled(request: name), because: name)
            return
        }
        if let cursor = long.forget(id) { abandon(cursor) }
        pages.forget(id)
    }

    /// The first two checks.
    private func refusal(isSerializable: Bool = false) -> APIError? {
        if membership.version == nil { return .notCapable }
        if isLearner, !isSerializable { return .notSupportedForLearner }
        return nil
    }

    /// Says why not.
    mutating func refuse(_ id: RequestID, _ error: APIError, name: EventSequence, into output: inout Output) {
        if trace.isOn {
            trace.emit(
                RequestRefused(request: name, code: UInt64(error.code.rawValue), why: "\(error.text)"), because: name)
        }
        output.refuse(id, error)
    }

    /// What was appended to the bytes since there were `start` of them is the answer.
    mutating func answer(
        _ id: RequestID, since start: Int, name: EventSequence, because cause: EventSequence = .none,
        into output: inout Output
    ) {
        if trace.isOn {
            trace.emit(
                RequestAnswered(
                    request: name, revision: store.revision, code: 0, sizeBytes: output.bytes.count - start),
                because: cause)
        }
        output.answer(id, since: start)
    }

    /// A long range is answered with the parts that its cursor has.
    func answer(
        _ id: RequestID, with cursor: RangeCursor, name: EventSequence, because cause: EventSequence,
        into output: inout Output
    ) {
        if trace.isOn {
            trace.emit(
                RequestAnswered(request: name, revision: store.revision, code: 0, sizeBytes: cursor.answerBytes),
                because: cause)
        }
        output.orders.append(.answerLong(id, output.longAnswers.count))
        output.longAnswers.append(cursor)
    }

    /// The event that names a request; everything until the end of the call is because of it.
    @inline(__always)
    func name(_ event: @autoclosure () -> RequestReceivedOf<ByteView>) -> EventSequence {
        guard trace.isOn else { return .none }
        let name = trace.emit(event())
        trace.cause = name
        return name
    }

    // MARK: Keys

    private mutating func range(_ message: ByteView, _ id: RequestID, into output: inout Output) throws(WireError) {
        let request = try RangeRequest.View(decoding: message)
        let name = name(
            RequestReceivedOf(
                method: .range, call: id.rawValue, key: request.key, rangeEnd: request.rangeEnd,
                revision: request.revision, serializable: request.serializable, sizeBytes: message.count))
        if let error = refusal(isSerializable: request.serializable) ?? RequestCheck.check(request) {
            refuse(id, error, name: name, into: &output)
        } else if request.serializable || isCurrent {
            // A picture of a read shows why it did not have to wait.
            if trace.isOn, !request.serializable {
                trace.emit(ReadIndexKnown(batch: 0, index: raft.log.committed, applied: applied))
            }
            serveRange(request, id, name: name, into: &output)
        } else {
            park(.range, message, id, name)
        }
    }

    private mutating func put(_ message: ByteView, _ id: RequestID, into output: inout Output) throws(WireError) {
        let request = try PutRequest.View(decoding: message)
        let name = name(
            RequestReceivedOf(method: .put, call: id.rawValue, key: request.key, sizeBytes: message.count))
        if let error = refusal() ?? RequestCheck.check(request) ?? backlogRefusal {
            refuse(id, error, name: name, into: &output)
            return
        }
        let number = numbers.next()
        propose(Commands.put(request, number: number), number, id, name, into: &output)
    }

    private mutating func deleteRange(_ message: ByteView, _ id: RequestID, into output: inout Output) throws(WireError)
    {
        let request = try DeleteRangeRequest.View(decoding: message)
        let name = name(
            RequestReceivedOf(
                method: .deleteRange, call: id.rawValue, key: request.key,
                rangeEnd: request.rangeEnd, sizeBytes: message.count))
        if let error = refusal() ?? RequestCheck.check(request) ?? backlogRefusal {
            refuse(id, error, name: name, into: &output)
            return
        }
        let number = numbers.next()
        let command = Commands.request(.deleteRange(DeleteRangeRequest(copying: request)), number: number)
        propose(command, number, id, name, into: &output)
    }

    private mutating func txn(_ message: ByteView, _ id: RequestID, into output: inout Output) throws(WireError) {
        let request = try TxnRequest.View(decoding: message)
        let name = name(RequestReceivedOf(method: .txn, call: id.rawValue, sizeBytes: message.count))
        let isRead = RequestCheck.isReadOnly(request)
        if let error = refusal() ?? RequestCheck.check(request, maximumOperations: options.txnOperations) {
            refuse(id, error, name: name, into: &output)
        } else if isRead {
            if isCurrent || RequestCheck.isSerializable(request) {
                serveTxn(request, id, name: name, into: &output)
            } else {
                park(.txn, message, id, name)
            }
        } else if let error = backlogRefusal {
            refuse(id, error, name: name, into: &output)
        } else {
            let number = numbers.next()
            let command = Commands.request(.txn(try TxnRequest(decoding: message)), number: number)
            propose(command, number, id, name, into: &output)
        }
    }

    private mutating func compact(_ message: ByteView, _ id: RequestID, into output: inout Output) throws(WireError) {
        let request = try CompactionRequest(decoding: message)
        let name = name(
            RequestReceivedOf(
                method: .compact, call: id.rawValue, revision: request.revision, sizeBytes: message.count))
        if let error = refusal() ?? backlogRefusal {
            refuse(id, error, name: name, into: &output)
            return
        }
        let number = numbers.next()
        propose(Commands.request(.compaction(request), number: number), number, id, name, into: &output)
    }

    // MARK: Everything else

    private mutating func maintain(
        _ method: Method, _ message: ByteView, _ id: RequestID, into output: inout Output
    ) throws(WireError) {
        let name = name(RequestReceivedOf(method: method.traced, call: id.rawValue, sizeBytes: message.count))
        if let error = refusal(isSerializable: method == .status) {
            refuse(id, error, name: name, into: &output)
            return
        }
        switch method {
        case .memberList:
            let request = try MemberListRequest(decoding: message)
            if !request.linearizable || isCurrent {
                serveMembers(id, name: name, into: &output)
            } else {
                park(.memberList, message, id, name)
            }
        case .status: serveStatus(id, name: name, into: &output)
        case .hash: pages.wanted.append(.init(purpose: .hash(id, name)))
        case .hashKV: beginHash(try HashKVRequest(decoding: message), id, name: name, into: &output)
        default: try alarm(message, id, name: name, into: &output)
        }
    }

    /// Which alarms there are, asked through the log as etcd does. Raising and clearing them is refused: no alarm can be
    /// stored here yet.
    private mutating func alarm(
        _ message: ByteView, _ id: RequestID, name: EventSequence, into output: inout Output
    ) throws(WireError) {
        let request = try AlarmRequest(decoding: message)
        if request.action != .get {
            output.orders.append(.unimplemented(id))
        } else if let error = backlogRefusal {
            refuse(id, error, name: name, into: &output)
        } else {
            let number = numbers.next()
            propose(Commands.request(.alarm(request), number: number), number, id, name, into: &output)
        }
    }
}

extension Member.Method {
    /// The word for it in traces.
    var traced: TraceMethod {
        switch self {
        case .range: .range
        case .put: .put
        case .deleteRange: .deleteRange
        case .txn: .txn
        case .compact: .compact
        case .memberList: .memberList
        case .status: .status
        case .hash: .hash
        case .hashKV: .hashKV
        case .alarm: .alarm
        }
    }
}
