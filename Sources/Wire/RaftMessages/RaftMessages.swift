// RaftMessages.swift: START HERE for what members say to each other and keep on disk.
//
// This room has the messages and no behaviour: what an entry, a vote, a snapshot is made of, and what its bytes
// are. What they are for is decided by the rooms above (Raft, WriteAheadLog, Peers).
//
//     Protos/raft.proto      entries, messages, hard state, members: read this first, it explains each field
//     Protos/wal.proto       the records of the write-ahead log
//     Protos/snap.proto      the one message of a snapshot file
//     Generated/*.swift      the same in Swift, made by MessageGenerator
//
// This file holds the little that a description of fields cannot say.

import Bytes
import Identifiers

extension Snapshot {
    /// Whether this is no snapshot at all. Up to 3.5 etcd puts a Snapshot into every message, also where
    /// there is nothing to send: it then stands at index 0, before the first entry.
    package var isEmpty: Bool { metadata.index == .zero }
}

extension HardState {
    /// Whether a member has nothing to remember yet.
    package var isEmpty: Bool { self == HardState() }
}

extension ConfState {
    /// Whether this is the middle of a joint change.
    package var isJoint: Bool { !votersOutgoing.isEmpty }
}

extension Entry {
    /// How many bytes the entry adds to a message: what limits on messages and on memory count.
    package var payloadSize: Int { data.count }
}

extension Message {
    /// Whether the kind of message never leaves a member, so that one from the network must be dropped.
    package var isLocal: Bool {
        switch type {
        case .hup, .beat, .unreachable, .snapStatus, .checkQuorum: true
        case .storageAppend, .storageAppendResp, .storageApply, .storageApplyResp, .forgetLeader: true
        case .prop, .app, .appResp, .vote, .voteResp, .snap, .heartbeat, .heartbeatResp: false
        case .transferLeader, .timeoutNow, .readIndex, .readIndexResp, .preVote, .preVoteResp: false
        case .unrecognized: false
        }
    }
}
