// RaftMessagesSchema.swift: the messages of RaftMessages as tables.
//
// Made by MessageGenerator from the files in Protos; change those instead. What the tables are good for is
// said in Protobuf/Schema.swift.

package import Protobuf

/// Every message, enum and call of RaftMessages, as tables.
package enum RaftMessagesSchema {
    /// All messages.
    package static let messages: [MessageSchema] = [
        entryRow,
        confStateRow,
        snapshotMetadataRow,
        snapshotRow,
        hardStateRow,
        confChangeRow,
        confChangeSingleRow,
        confChangeV2Row,
        messageRow,
        snapshotFileRow,
        recordRow,
        metadataRow,
        snapshotRecordRow,
    ]

    /// All enums.
    package static let enums: [EnumSchema] = [
        entryTypeRow,
        confChangeTypeRow,
        confChangeTransitionRow,
        messageTypeRow,
        recordTypeRow,
    ]

    /// Decoding and encoding of every message.
    package static let codecs: [MessageCodec] = [
        MessageCodec("raftpb.Entry", Entry.self),
        MessageCodec("raftpb.ConfState", ConfState.self),
        MessageCodec("raftpb.SnapshotMetadata", SnapshotMetadata.self),
        MessageCodec("raftpb.Snapshot", Snapshot.self),
        MessageCodec("raftpb.HardState", HardState.self),
        MessageCodec("raftpb.ConfChange", ConfChange.self),
        MessageCodec("raftpb.ConfChangeSingle", ConfChangeSingle.self),
        MessageCodec("raftpb.ConfChangeV2", ConfChangeV2.self),
        MessageCodec("raftpb.Message", Message.self),
        MessageCodec("snappb.snapshot", SnapshotFile.self),
        MessageCodec("walpb.Record", Record.self),
        MessageCodec("walpb.Metadata", Metadata.self),
        MessageCodec("walpb.Snapshot", SnapshotRecord.self),
    ]

    /// Every call of every service.
    package static let calls: [CallSchema] = []

    private static let entryRow = MessageSchema(
        "raftpb.Entry",
        [
            FieldSchema(1, "Type", .enumeration("raftpb.EntryType"), .required),
            FieldSchema(2, "Term", .uint64, .required),
            FieldSchema(3, "Index", .uint64, .required),
            FieldSchema(4, "Data", .bytes, .implicit),
        ])

    private static let confStateRow = MessageSchema(
        "raftpb.ConfState",
        [
            FieldSchema(1, "voters", .uint64, .repeated),
            FieldSchema(2, "learners", .uint64, .repeated),
            FieldSchema(3, "voters_outgoing", json: "votersOutgoing", .uint64, .repeated),
            FieldSchema(4, "learners_next", json: "learnersNext", .uint64, .repeated),
            FieldSchema(5, "auto_leave", json: "autoLeave", .bool, .required),
        ])

    private static let snapshotMetadataRow = MessageSchema(
        "raftpb.SnapshotMetadata",
        [
            FieldSchema(1, "conf_state", json: "confState", .message("raftpb.ConfState"), .required),
            FieldSchema(2, "index", .uint64, .required),
            FieldSchema(3, "term", .uint64, .required),
        ])

    private static let snapshotRow = MessageSchema(
        "raftpb.Snapshot",
        [
            FieldSchema(1, "data", .bytes, .implicit),
            FieldSchema(2, "metadata", .message("raftpb.SnapshotMetadata"), .required),
        ])

    private static let hardStateRow = MessageSchema(
        "raftpb.HardState",
        [
            FieldSchema(1, "term", .uint64, .required),
            FieldSchema(2, "vote", .uint64, .required),
            FieldSchema(3, "commit", .uint64, .required),
        ])

    private static let confChangeRow = MessageSchema(
        "raftpb.ConfChange",
        [
            FieldSchema(1, "id", .uint64, .required),
            FieldSchema(2, "type", .enumeration("raftpb.ConfChangeType"), .required),
            FieldSchema(3, "node_id", json: "nodeId", .uint64, .required),
            FieldSchema(4, "context", .bytes, .implicit),
        ])

    private static let confChangeSingleRow = MessageSchema(
        "raftpb.ConfChangeSingle",
        [
            FieldSchema(1, "type", .enumeration("raftpb.ConfChangeType"), .required),
            FieldSchema(2, "node_id", json: "nodeId", .uint64, .required),
        ])

    private static let confChangeV2Row = MessageSchema(
        "raftpb.ConfChangeV2",
        [
            FieldSchema(1, "transition", .enumeration("raftpb.ConfChangeTransition"), .required),
            FieldSchema(2, "changes", .message("raftpb.ConfChangeSingle"), .repeated),
            FieldSchema(3, "context", .bytes, .implicit),
        ])

    private static let messageRow = MessageSchema(
        "raftpb.Message",
        [
            FieldSchema(1, "type", .enumeration("raftpb.MessageType"), .required),
            FieldSchema(2, "to", .uint64, .required),
            FieldSchema(3, "from", .uint64, .required),
            FieldSchema(4, "term", .uint64, .required),
            FieldSchema(5, "logTerm", .uint64, .required),
            FieldSchema(6, "index", .uint64, .required),
            FieldSchema(7, "entries", .message("raftpb.Entry"), .repeated),
            FieldSchema(8, "commit", .uint64, .required),
            FieldSchema(9, "snapshot", .message("raftpb.Snapshot"), .emptyWhenAbsent),
            FieldSchema(10, "reject", .bool, .required),
            FieldSchema(11, "rejectHint", .uint64, .required),
            FieldSchema(12, "context", .bytes, .implicit),
            FieldSchema(13, "vote", .uint64, .implicit),
            FieldSchema(14, "responses", .message("raftpb.Message"), .repeated),
        ])

    private static let snapshotFileRow = MessageSchema(
        "snappb.snapshot",
        [
            FieldSchema(1, "crc", .uint32, .required),
            FieldSchema(2, "data", .bytes, .implicit),
        ])

    private static let recordRow = MessageSchema(
        "walpb.Record",
        [
            FieldSchema(1, "type", .enumeration("walpb.RecordType"), .required),
            FieldSchema(2, "crc", .uint32, .required),
            FieldSchema(3, "data", .bytes, .implicit),
        ])

    private static let metadataRow = MessageSchema(
        "walpb.Metadata",
        [
            FieldSchema(1, "NodeID", .uint64, .required),
            FieldSchema(2, "ClusterID", .uint64, .required),
        ])

    private static let snapshotRecordRow = MessageSchema(
        "walpb.Snapshot",
        [
            FieldSchema(1, "index", .uint64, .required),
            FieldSchema(2, "term", .uint64, .required),
            FieldSchema(3, "conf_state", json: "confState", .message("raftpb.ConfState"), .optional),
        ])

    private static let entryTypeRow = EnumSchema(
        "raftpb.EntryType",
        [
            (0, "EntryNormal"),
            (1, "EntryConfChange"),
            (2, "EntryConfChangeV2"),
        ])

    private static let confChangeTypeRow = EnumSchema(
        "raftpb.ConfChangeType",
        [
            (0, "ConfChangeAddNode"),
            (1, "ConfChangeRemoveNode"),
            (2, "ConfChangeUpdateNode"),
            (3, "ConfChangeAddLearnerNode"),
        ])

    private static let confChangeTransitionRow = EnumSchema(
        "raftpb.ConfChangeTransition",
        [
            (0, "ConfChangeTransitionAuto"),
            (1, "ConfChangeTransitionJointImplicit"),
            (2, "ConfChangeTransitionJointExplicit"),
        ])

    private static let messageTypeRow = EnumSchema(
        "raftpb.MessageType",
        [
            (0, "MsgHup"),
            (1, "MsgBeat"),
            (2, "MsgProp"),
            (3, "MsgApp"),
            (4, "MsgAppResp"),
            (5, "MsgVote"),
            (6, "MsgVoteResp"),
            (7, "MsgSnap"),
            (8, "MsgHeartbeat"),
            (9, "MsgHeartbeatResp"),
            (10, "MsgUnreachable"),
            (11, "MsgSnapStatus"),
            (12, "MsgCheckQuorum"),
            (13, "MsgTransferLeader"),
            (14, "MsgTimeoutNow"),
            (15, "MsgReadIndex"),
            (16, "MsgReadIndexResp"),
            (17, "MsgPreVote"),
            (18, "MsgPreVoteResp"),
            (19, "MsgStorageAppend"),
            (20, "MsgStorageAppendResp"),
            (21, "MsgStorageApply"),
            (22, "MsgStorageApplyResp"),
            (23, "MsgForgetLeader"),
        ])

    private static let recordTypeRow = EnumSchema(
        "walpb.RecordType",
        [
            (0, "INVALID"),
            (1, "METADATA"),
            (2, "ENTRY"),
            (3, "STATE"),
            (4, "CRC"),
            (5, "SNAPSHOT"),
        ])
}
