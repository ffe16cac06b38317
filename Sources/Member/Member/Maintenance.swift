// Maintenance.swift: questions about the member itself.
//
// Who belongs to the cluster, how are you, and the header that every answer begins with. Everything here is known in
// memory and answered at once; what reads the file is LongWork's business.

import Backend
import Bytes
import EtcdAPI
import Identifiers
import MVCC
import Membership
import Protobuf
import Raft
import Trace

extension Member {
    /// The header of an answer that is about keys: the store's revision belongs to it.
    var responseHeader: ResponseHeader {
        var header = membersHeader
        header.revision = store.revision
        return header
    }

    /// The header of an answer about members has no revision.
    private var membersHeader: ResponseHeader {
        ResponseHeader(clusterID: cluster, memberID: id, raftTerm: raft.term)
    }

    /// Cluster/MemberList.
    mutating func serveMembers(_ id: RequestID, name: EventSequence, into output: inout Output) {
        let start = output.bytes.count
        MemberListResponse(header: membersHeader, members: membership.list).encode(into: &output.bytes)
        answer(id, since: start, name: name, because: trace.cause, into: &output)
    }

    /// Maintenance/Status.
    mutating func serveStatus(_ id: RequestID, name: EventSequence, into output: inout Output) {
        let start = output.bytes.count
        var status = StatusResponse()
        status.header = responseHeader
        status.version = options.serverVersion
        status.dbSize = Int64(backend.byteCount)
        status.dbSizeInUse = Int64(backend.usedByteCount)
        status.leader = raft.leader
        status.raftIndex = raft.log.committed
        status.raftTerm = raft.term
        status.raftAppliedIndex = applied
        status.isLearner = isLearner
        if raft.leader == .none { status.errors = ["\(APIError.noLeader.text)"] }
        status.encode(into: &output.bytes)
        answer(id, since: start, name: name, because: name, into: &output)
    }
}
