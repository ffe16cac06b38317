// Maintenance.swift: the messages of maintenance.proto as Swift.
//
// Made by MessageGenerator; change Protos/maintenance.proto instead, which also says what the messages are for
// and how they fit together. What the functions here do with bytes is said in Protobuf/WireMessage.swift.

package import Bytes
package import Identifiers
package import Protobuf

/// What can be wrong.
package enum AlarmType: WireEnum {
    /// Nothing; in a question: every kind.
    case noAlarm
    /// A member's file is at its quota.
    case nospace
    /// A member's data differs from the others'.
    case corrupt
    /// A number that has no name here. `init(rawValue:)` makes it only of such numbers.
    case unrecognized(Int32)

    /// The cases that have names.
    package static let named: [AlarmType] = [
        .noAlarm,
        .nospace,
        .corrupt,
    ]

    /// The case for a number of the wire; every number has one.
    @inlinable
    package init(rawValue: Int32) {
        switch rawValue {
        case 0: self = .noAlarm
        case 1: self = .nospace
        case 2: self = .corrupt
        default: self = .unrecognized(rawValue)
        }
    }

    /// The number on the wire.
    @inlinable package var rawValue: Int32 {
        switch self {
        case .noAlarm: 0
        case .nospace: 1
        case .corrupt: 2
        case .unrecognized(let number): number
        }
    }

    /// Equal when the numbers are.
    @inlinable package static func == (left: AlarmType, right: AlarmType) -> Bool {
        left.rawValue == right.rawValue
    }

    /// Hashes the number.
    package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

/// What to do about alarms.
package struct AlarmRequest: WireMessage {
    /// What to do. A number that is not in the list stops a real server; we answer it with an error.
    package var action: AlarmRequest.AlarmAction = .get
    /// Whose alarm. With GET 0 means everybody; with the others it means the member whose ID is 0.
    package var memberID: MemberID = .none
    /// Which kind. NONE with GET: every kind. NONE with ACTIVATE: nothing happens.
    package var alarm: AlarmType = .noAlarm

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        action: AlarmRequest.AlarmAction = .get,
        memberID: MemberID = .none,
        alarm: AlarmType = .noAlarm
    ) {
        self.action = action
        self.memberID = memberID
        self.alarm = alarm
    }
}

extension AlarmRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, action)
        size.field(2, memberID)
        size.field(3, alarm)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(3, alarm)
        writer.field(2, memberID)
        writer.field(1, action)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: action = try reader.number(field)
            case 2: memberID = try reader.number(field)
            case 3: alarm = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

extension AlarmRequest {
    /// The three things one can do.
    package enum AlarmAction: WireEnum {
        /// List them.
        case get
        /// Raise one; members do this, not people.
        case activate
        /// Clear one.
        case deactivate
        /// A number that has no name here. `init(rawValue:)` makes it only of such numbers.
        case unrecognized(Int32)

        /// The cases that have names.
        package static let named: [AlarmAction] = [
            .get,
            .activate,
            .deactivate,
        ]

        /// The case for a number of the wire; every number has one.
        @inlinable
        package init(rawValue: Int32) {
            switch rawValue {
            case 0: self = .get
            case 1: self = .activate
            case 2: self = .deactivate
            default: self = .unrecognized(rawValue)
            }
        }

        /// The number on the wire.
        @inlinable package var rawValue: Int32 {
            switch self {
            case .get: 0
            case .activate: 1
            case .deactivate: 2
            case .unrecognized(let number): number
            }
        }

        /// Equal when the numbers are.
        @inlinable package static func == (left: AlarmAction, right: AlarmAction) -> Bool {
            left.rawValue == right.rawValue
        }

        /// Hashes the number.
        package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
    }
}

/// The alarms in question.
package struct AlarmResponse: WireMessage {
    /// Who answered. Missing in 3.4.
    package var header: ResponseHeader?
    /// GET: those that match. ACTIVATE and DEACTIVATE: the one that changed; none if it already was so.
    package var alarms: [AlarmMember] = []

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        alarms: [AlarmMember] = []
    ) {
        self.header = header
        self.alarms = alarms
    }
}

extension AlarmResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.repeated(2, alarms)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.repeated(2, alarms)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: try reader.append(field, to: &alarms, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// One alarm of one member. Its encoding is also the key of the backend's bucket `alarm`.
package struct AlarmMember: WireMessage {
    /// Whose.
    package var memberID: MemberID = .none
    /// Which.
    package var alarm: AlarmType = .noAlarm

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        memberID: MemberID = .none,
        alarm: AlarmType = .noAlarm
    ) {
        self.memberID = memberID
        self.alarm = alarm
    }
}

extension AlarmMember {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, memberID)
        size.field(2, alarm)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(2, alarm)
        writer.field(1, memberID)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: memberID = try reader.number(field)
            case 2: alarm = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Since 3.5. What to do about a downgrade.
package struct DowngradeRequest: WireMessage {
    /// What to do. A number that is not in the list: Unknown "etcdserver: unknown method".
    package var action: DowngradeRequest.DowngradeAction = .validate
    /// The version to go to, "3.4" or "3.4.0": one minor version below the cluster's. Any other:
    /// InvalidArgument "etcdserver: invalid downgrade target version". No version at all: InvalidArgument
    /// "etcdserver: wrong downgrade target version format". One is under way: FailedPrecondition
    /// "etcdserver: cluster has a downgrade job in progress".
    package var version: String = ""

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        action: DowngradeRequest.DowngradeAction = .validate,
        version: String = ""
    ) {
        self.action = action
        self.version = version
    }
}

extension DowngradeRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, action)
        size.field(2, version)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(2, version)
        writer.field(1, action)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: action = try reader.number(field)
            case 2: version = try reader.text(field)
            default: try reader.skip(field)
            }
        }
    }
}

extension DowngradeRequest {
    /// The three things one can do.
    package enum DowngradeAction: WireEnum {
        /// Ask whether it could be done.
        case validate
        /// Begin it.
        case enable
        /// Call it off.
        case cancel
        /// A number that has no name here. `init(rawValue:)` makes it only of such numbers.
        case unrecognized(Int32)

        /// The cases that have names.
        package static let named: [DowngradeAction] = [
            .validate,
            .enable,
            .cancel,
        ]

        /// The case for a number of the wire; every number has one.
        @inlinable
        package init(rawValue: Int32) {
            switch rawValue {
            case 0: self = .validate
            case 1: self = .enable
            case 2: self = .cancel
            default: self = .unrecognized(rawValue)
            }
        }

        /// The number on the wire.
        @inlinable package var rawValue: Int32 {
            switch self {
            case .validate: 0
            case .enable: 1
            case .cancel: 2
            case .unrecognized(let number): number
            }
        }

        /// Equal when the numbers are.
        @inlinable package static func == (left: DowngradeAction, right: DowngradeAction) -> Bool {
            left.rawValue == right.rawValue
        }

        /// Hashes the number.
        package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
    }
}

/// Since 3.5. It can be done, has begun, or is called off.
package struct DowngradeResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?
    /// The cluster's version now: "3.5.0" from 3.5, "3.6" from 3.6.
    package var version: String = ""

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        version: String = ""
    ) {
        self.header = header
        self.version = version
    }
}

extension DowngradeResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.field(2, version)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(2, version)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: version = try reader.text(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Since 3.6, for tests of that version: an entry of the log that only 3.6 understands.
package struct DowngradeVersionTestRequest: WireMessage {
    /// Any text.
    package var ver: String = ""

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        ver: String = ""
    ) {
        self.ver = ver
    }
}

extension DowngradeVersionTestRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, ver)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(1, ver)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: ver = try reader.text(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Since 3.6. Whether a downgrade is under way.
package struct DowngradeInfo: WireMessage {
    /// It is.
    package var enabled: Bool = false
    /// Where to: "3.5.0".
    package var targetVersion: String = ""

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        enabled: Bool = false,
        targetVersion: String = ""
    ) {
        self.enabled = enabled
        self.targetVersion = targetVersion
    }
}

extension DowngradeInfo {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, enabled)
        size.field(2, targetVersion)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(2, targetVersion)
        writer.field(1, enabled)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: enabled = try reader.number(field)
            case 2: targetVersion = try reader.text(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// A question to this member.
package struct StatusRequest: WireMessage {
    /// All fields absent.
    package init() {}
}

extension StatusRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() { try reader.skip(field) }
    }
}

/// How this member is.
package struct StatusResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?
    /// The version of the program.
    package var version: String = ""
    /// The size of its file, free pages included.
    package var dbSize: Int64 = 0
    /// Whom it follows; 0: nobody.
    package var leader: MemberID = .none
    /// How far its log is committed.
    package var raftIndex: LogIndex = .zero
    /// The term it is in.
    package var raftTerm: Term = .zero
    /// Since 3.4. How far its store has come.
    package var raftAppliedIndex: LogIndex = .zero
    /// Since 3.4. "etcdserver: no leader" if so, then each alarm, as "memberID:5 alarm:NOSPACE " with the
    /// blank at the end.
    package var errors: [String] = []
    /// Since 3.4. The size of its file without free pages: what `Defragment` would leave.
    package var dbSizeInUse: Int64 = 0
    /// Since 3.4. It has no vote.
    package var isLearner: Bool = false
    /// Since 3.6. The version of what lies on its disk: "3.6.0".
    package var storageVersion: String = ""
    /// Since 3.6. The size at which it raises NOSPACE.
    package var dbSizeQuota: Int64 = 0
    /// Since 3.6. Always present there.
    package var downgradeInfo: DowngradeInfo?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        version: String = "",
        dbSize: Int64 = 0,
        leader: MemberID = .none,
        raftIndex: LogIndex = .zero,
        raftTerm: Term = .zero,
        raftAppliedIndex: LogIndex = .zero,
        errors: [String] = [],
        dbSizeInUse: Int64 = 0,
        isLearner: Bool = false,
        storageVersion: String = "",
        dbSizeQuota: Int64 = 0,
        downgradeInfo: DowngradeInfo? = nil
    ) {
        self.header = header
        self.version = version
        self.dbSize = dbSize
        self.leader = leader
        self.raftIndex = raftIndex
        self.raftTerm = raftTerm
        self.raftAppliedIndex = raftAppliedIndex
        self.errors = errors
        self.dbSizeInUse = dbSizeInUse
        self.isLearner = isLearner
        self.storageVersion = storageVersion
        self.dbSizeQuota = dbSizeQuota
        self.downgradeInfo = downgradeInfo
    }
}

extension StatusResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.field(2, version)
        size.field(3, dbSize)
        size.field(4, leader)
        size.field(5, raftIndex)
        size.field(6, raftTerm)
        size.field(7, raftAppliedIndex)
        size.repeated(8, errors)
        size.field(9, dbSizeInUse)
        size.field(10, isLearner)
        size.field(11, storageVersion)
        size.field(12, dbSizeQuota)
        size.optional(13, downgradeInfo)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(13, downgradeInfo)
        writer.field(12, dbSizeQuota)
        writer.field(11, storageVersion)
        writer.field(10, isLearner)
        writer.field(9, dbSizeInUse)
        writer.repeated(8, errors)
        writer.field(7, raftAppliedIndex)
        writer.field(6, raftTerm)
        writer.field(5, raftIndex)
        writer.field(4, leader)
        writer.field(3, dbSize)
        writer.field(2, version)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: version = try reader.text(field)
            case 3: dbSize = try reader.number(field)
            case 4: leader = try reader.number(field)
            case 5: raftIndex = try reader.number(field)
            case 6: raftTerm = try reader.number(field)
            case 7: raftAppliedIndex = try reader.number(field)
            case 8: try reader.append(field, to: &errors)
            case 9: dbSizeInUse = try reader.number(field)
            case 10: isLearner = try reader.number(field)
            case 11: storageVersion = try reader.text(field)
            case 12: dbSizeQuota = try reader.number(field)
            case 13: try reader.merge(field, into: &downgradeInfo, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// A request to this member to rewrite its file.
package struct DefragmentRequest: WireMessage {
    /// All fields absent.
    package init() {}
}

extension DefragmentRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() { try reader.skip(field) }
    }
}

/// Done. The reply of a real server has no header.
package struct DefragmentResponse: WireMessage {
    /// Never set.
    package var header: ResponseHeader?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil
    ) {
        self.header = header
    }
}

extension DefragmentResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// A question for the checksum of everything.
package struct HashRequest: WireMessage {
    /// All fields absent.
    package init() {}
}

extension HashRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() { try reader.skip(field) }
    }
}

/// The checksum of everything.
package struct HashResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?
    /// CRC-32C over the names of all buckets and all that is in them, except what two equal members may
    /// differ in: the applied index and its term.
    package var hash: UInt32 = 0

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        hash: UInt32 = 0
    ) {
        self.header = header
        self.hash = hash
    }
}

extension HashResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.field(2, hash)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(2, hash)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: hash = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Since 3.3. A question for the checksum of the keys.
package struct HashKVRequest: WireMessage {
    /// Up to which revision; 0: the newest. In the future or compacted: the errors of a range.
    package var revision: Revision = .zero

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        revision: Revision = .zero
    ) {
        self.revision = revision
    }
}

extension HashKVRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, revision)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(1, revision)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: revision = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Since 3.3. The checksum of the keys.
package struct HashKVResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?
    /// CRC-32C over the bucket's name and every revision with its bytes, in order.
    package var hash: UInt32 = 0
    /// The compact revision when the work began; -1 if nothing was ever compacted. Only replies in which it is
    /// equal may be compared.
    package var compactRevision: Revision = .zero
    /// Since 3.6. Up to which revision was hashed.
    package var hashRevision: Revision = .zero

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        hash: UInt32 = 0,
        compactRevision: Revision = .zero,
        hashRevision: Revision = .zero
    ) {
        self.header = header
        self.hash = hash
        self.compactRevision = compactRevision
        self.hashRevision = hashRevision
    }
}

extension HashKVResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.field(2, hash)
        size.field(3, compactRevision)
        size.field(4, hashRevision)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(4, hashRevision)
        writer.field(3, compactRevision)
        writer.field(2, hash)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: hash = try reader.number(field)
            case 3: compactRevision = try reader.number(field)
            case 4: hashRevision = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Since 3.3. A request for this member's file.
package struct SnapshotRequest: WireMessage {
    /// All fields absent.
    package init() {}
}

extension SnapshotRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() { try reader.skip(field) }
    }
}

/// Since 3.3. A piece of the file; after the last one comes one more message with the SHA-256 of them all,
/// so that the saved file is the database and 32 bytes. That the sum is there shows in the size: it is 32 more
/// than a multiple of 512.
package struct SnapshotResponse: WireViewable {
    /// Not set up to 3.6.
    package var header: ResponseHeader?
    /// How many bytes of the file come after this piece; the sum is not counted.
    package var remainingBytes: UInt64 = 0
    /// Up to 32768 bytes of the file, or the 32 bytes of the sum.
    package var blob: ByteSlice = ByteSlice()
    /// Since 3.6. The version of what is in the file: "3.6.0".
    package var version: String = ""

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        remainingBytes: UInt64 = 0,
        blob: ByteSlice = ByteSlice(),
        version: String = ""
    ) {
        self.header = header
        self.remainingBytes = remainingBytes
        self.blob = blob
        self.version = version
    }
}

extension SnapshotResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.field(2, remainingBytes)
        size.field(3, blob)
        size.field(4, version)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(4, version)
        writer.field(3, blob)
        writer.field(2, remainingBytes)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: remainingBytes = try reader.number(field)
            case 3: blob = try reader.bytes(field, in: owner)
            case 4: version = try reader.text(field)
            default: try reader.skip(field)
            }
        }
    }
}

extension SnapshotResponse {
    /// A `SnapshotResponse` as it lies in a buffer: true as long as the buffer's bytes are, and owner of nothing.
    package struct View: WireView {
        /// See `SnapshotResponse.header`.
        package private(set) var header: ResponseHeader.View?
        /// See `SnapshotResponse.remainingBytes`.
        package private(set) var remainingBytes: UInt64 = 0
        /// See `SnapshotResponse.blob`.
        package private(set) var blob: ByteView = ByteView()
        /// See `SnapshotResponse.version`.
        package private(set) var version: ByteView = ByteView()

        /// All fields absent.
        package init() {}

        /// Takes over the fields that are there.
        package mutating func merge(from reader: inout WireReader) throws(WireError) {
            while let field = try reader.next() {
                switch field.number {
                case 1: try reader.merge(field, into: &header)
                case 2: remainingBytes = try reader.number(field)
                case 3: blob = try reader.view(field)
                case 4: version = try reader.view(field)
                default: try reader.skip(field)
                }
            }
        }
    }

    /// A message of its own: every row of bytes that the view shows is copied by itself.
    package init(copying view: View) {
        header = view.header.map { ResponseHeader(copying: $0) }
        remainingBytes = view.remainingBytes
        blob = ByteSlice(copying: view.blob)
        version = String(wire: view.version)
    }
}

/// Since 3.3. Who is to lead.
package struct MoveLeaderRequest: WireMessage {
    /// A voter. Unknown or a learner: FailedPrecondition "etcdserver: bad leader transferee". The leader itself:
    /// nothing happens, without error.
    package var targetID: MemberID = .none

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        targetID: MemberID = .none
    ) {
        self.targetID = targetID
    }
}

extension MoveLeaderRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, targetID)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(1, targetID)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: targetID = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Since 3.3. It leads. The reply of a real server has no header.
package struct MoveLeaderResponse: WireMessage {
    /// Never set.
    package var header: ResponseHeader?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil
    ) {
        self.header = header
    }
}

extension MoveLeaderResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}
