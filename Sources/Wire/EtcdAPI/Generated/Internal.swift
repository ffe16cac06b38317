// Internal.swift: the messages of internal.proto as Swift.
//
// Made by MessageGenerator; change Protos/internal.proto instead, which also says what the messages are for
// and how they fit together. What the functions here do with bytes is said in Protobuf/WireMessage.swift.

package import Bytes
package import Protobuf

/// Who asks.
package struct RequestHeader: WireMessage {
    /// Unique in the cluster: the member that proposed it finds by this number who is waiting for the answer.
    package var id: UInt64 = 0
    /// The user; empty while auth is off.
    package var username: String = ""
    /// The auth revision under which the token was looked up. If it is older than the store's when the entry is
    /// applied, the request is refused.
    package var authRevision: UInt64 = 0

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        id: UInt64 = 0,
        username: String = "",
        authRevision: UInt64 = 0
    ) {
        self.id = id
        self.username = username
        self.authRevision = authRevision
    }
}

extension RequestHeader {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, id)
        size.field(2, username)
        size.field(3, authRevision)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(3, authRevision)
        writer.field(2, username)
        writer.field(1, id)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: id = try reader.number(field)
            case 2: username = try reader.text(field)
            case 3: authRevision = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// A command to the state machines. Exactly one field besides `header` is set.
package struct InternalRaftRequest: WireMessage {
    /// The command. For the bytes a oneof is the same as separate fields, and a switch over it cannot forget
    /// that there is one only.
    package enum Command: Hashable, Sendable {
        /// A request of the v2 store, wrapped. Its unwrapped form is the usual one.
        case v2(V2Request)
        /// A read. Since 3.1 reads pass through the log only inside a transaction that writes, so this is not used.
        case range(RangeRequest)
        /// A write.
        case put(PutRequest)
        /// A deletion.
        case deleteRange(DeleteRangeRequest)
        /// A transaction.
        case txn(TxnRequest)
        /// A compaction.
        case compaction(CompactionRequest)
        /// A lease begins; the ID is never 0 here.
        case leaseGrant(LeaseGrantRequest)
        /// A lease ends, by a client's wish or because the leader found it over.
        case leaseRevoke(LeaseRevokeRequest)
        /// An alarm is listed, raised or cleared.
        case alarm(AlarmRequest)
        /// Since 3.4. How much time some leases have left.
        case leaseCheckpoint(LeaseCheckpointRequest)
        /// Auth is switched on.
        case authEnable(AuthEnableRequest)
        /// Auth is switched off.
        case authDisable(AuthDisableRequest)
        /// A token is given out.
        case authenticate(InternalAuthenticateRequest)
        /// Since 3.5. How auth stands, asked through the log.
        case authStatus(AuthStatusRequest)
        /// A user is made.
        case authUserAdd(AuthUserAddRequest)
        /// A user is removed.
        case authUserDelete(AuthUserDeleteRequest)
        /// A user is shown.
        case authUserGet(AuthUserGetRequest)
        /// A password is changed.
        case authUserChangePassword(AuthUserChangePasswordRequest)
        /// A role is given.
        case authUserGrantRole(AuthUserGrantRoleRequest)
        /// A role is taken.
        case authUserRevokeRole(AuthUserRevokeRoleRequest)
        /// The users are listed.
        case authUserList(AuthUserListRequest)
        /// The roles are listed. The number belongs to the row of the users.
        case authRoleList(AuthRoleListRequest)
        /// A role is made.
        case authRoleAdd(AuthRoleAddRequest)
        /// A role is removed.
        case authRoleDelete(AuthRoleDeleteRequest)
        /// A role is shown.
        case authRoleGet(AuthRoleGetRequest)
        /// A role may more.
        case authRoleGrantPermission(AuthRoleGrantPermissionRequest)
        /// A role may less.
        case authRoleRevokePermission(AuthRoleRevokePermissionRequest)
        /// Since 3.5. The cluster's version moves.
        case clusterVersionSet(ClusterVersionSetRequest)
        /// Since 3.5. A member introduces itself.
        case clusterMemberAttrSet(ClusterMemberAttrSetRequest)
        /// Since 3.5. A downgrade begins or ends.
        case downgradeInfoSet(DowngradeInfoSetRequest)
        /// Since 3.6, for tests only.
        case downgradeVersionTest(DowngradeVersionTestRequest)
    }

    /// Where the request's number stood before 3.1.
    package var id: UInt64 = 0
    /// The command. For the bytes a oneof is the same as separate fields, and a switch over it cannot forget
    /// that there is one only.
    package var command: Command?
    /// Who asks. It has the number 100 and so stands behind most of the others on the wire.
    package var header: RequestHeader?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        id: UInt64 = 0,
        command: Command? = nil,
        header: RequestHeader? = nil
    ) {
        self.id = id
        self.command = command
        self.header = header
    }
}

extension InternalRaftRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, id)
        switch command {
        case .v2(let value): size.required(2, value)
        case .range(let value): size.required(3, value)
        case .put(let value): size.required(4, value)
        case .deleteRange(let value): size.required(5, value)
        case .txn(let value): size.required(6, value)
        case .compaction(let value): size.required(7, value)
        case .leaseGrant(let value): size.required(8, value)
        case .leaseRevoke(let value): size.required(9, value)
        case .alarm(let value): size.required(10, value)
        case .leaseCheckpoint(let value): size.required(11, value)
        default: break
        }
        size.optional(100, header)
        switch command {
        case .authEnable(let value): size.required(1000, value)
        case .authDisable(let value): size.required(1011, value)
        case .authenticate(let value): size.required(1012, value)
        case .authStatus(let value): size.required(1013, value)
        case .authUserAdd(let value): size.required(1100, value)
        case .authUserDelete(let value): size.required(1101, value)
        case .authUserGet(let value): size.required(1102, value)
        case .authUserChangePassword(let value): size.required(1103, value)
        case .authUserGrantRole(let value): size.required(1104, value)
        case .authUserRevokeRole(let value): size.required(1105, value)
        case .authUserList(let value): size.required(1106, value)
        case .authRoleList(let value): size.required(1107, value)
        case .authRoleAdd(let value): size.required(1200, value)
        case .authRoleDelete(let value): size.required(1201, value)
        case .authRoleGet(let value): size.required(1202, value)
        case .authRoleGrantPermission(let value): size.required(1203, value)
        case .authRoleRevokePermission(let value): size.required(1204, value)
        case .clusterVersionSet(let value): size.required(1300, value)
        case .clusterMemberAttrSet(let value): size.required(1301, value)
        case .downgradeInfoSet(let value): size.required(1302, value)
        case .downgradeVersionTest(let value): size.required(9900, value)
        default: break
        }
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        switch command {
        case .downgradeVersionTest(let value): writer.required(9900, value)
        case .downgradeInfoSet(let value): writer.required(1302, value)
        case .clusterMemberAttrSet(let value): writer.required(1301, value)
        case .clusterVersionSet(let value): writer.required(1300, value)
        case .authRoleRevokePermission(let value): writer.required(1204, value)
        case .authRoleGrantPermission(let value): writer.required(1203, value)
        case .authRoleGet(let value): writer.required(1202, value)
        case .authRoleDelete(let value): writer.required(1201, value)
        case .authRoleAdd(let value): writer.required(1200, value)
        case .authRoleList(let value): writer.required(1107, value)
        case .authUserList(let value): writer.required(1106, value)
        case .authUserRevokeRole(let value): writer.required(1105, value)
        case .authUserGrantRole(let value): writer.required(1104, value)
        case .authUserChangePassword(let value): writer.required(1103, value)
        case .authUserGet(let value): writer.required(1102, value)
        case .authUserDelete(let value): writer.required(1101, value)
        case .authUserAdd(let value): writer.required(1100, value)
        case .authStatus(let value): writer.required(1013, value)
        case .authenticate(let value): writer.required(1012, value)
        case .authDisable(let value): writer.required(1011, value)
        case .authEnable(let value): writer.required(1000, value)
        default: break
        }
        writer.optional(100, header)
        switch command {
        case .leaseCheckpoint(let value): writer.required(11, value)
        case .alarm(let value): writer.required(10, value)
        case .leaseRevoke(let value): writer.required(9, value)
        case .leaseGrant(let value): writer.required(8, value)
        case .compaction(let value): writer.required(7, value)
        case .txn(let value): writer.required(6, value)
        case .deleteRange(let value): writer.required(5, value)
        case .put(let value): writer.required(4, value)
        case .range(let value): writer.required(3, value)
        case .v2(let value): writer.required(2, value)
        default: break
        }
        writer.field(1, id)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: id = try reader.number(field)
            case 2: command = .v2(try reader.message(field, in: owner))
            case 3: command = .range(try reader.message(field, in: owner))
            case 4: command = .put(try reader.message(field, in: owner))
            case 5: command = .deleteRange(try reader.message(field, in: owner))
            case 6: command = .txn(try reader.message(field, in: owner))
            case 7: command = .compaction(try reader.message(field, in: owner))
            case 8: command = .leaseGrant(try reader.message(field, in: owner))
            case 9: command = .leaseRevoke(try reader.message(field, in: owner))
            case 10: command = .alarm(try reader.message(field, in: owner))
            case 11: command = .leaseCheckpoint(try reader.message(field, in: owner))
            case 100: try reader.merge(field, into: &header, in: owner)
            case 1000: command = .authEnable(try reader.message(field, in: owner))
            case 1011: command = .authDisable(try reader.message(field, in: owner))
            case 1012: command = .authenticate(try reader.message(field, in: owner))
            case 1013: command = .authStatus(try reader.message(field, in: owner))
            case 1100: command = .authUserAdd(try reader.message(field, in: owner))
            case 1101: command = .authUserDelete(try reader.message(field, in: owner))
            case 1102: command = .authUserGet(try reader.message(field, in: owner))
            case 1103: command = .authUserChangePassword(try reader.message(field, in: owner))
            case 1104: command = .authUserGrantRole(try reader.message(field, in: owner))
            case 1105: command = .authUserRevokeRole(try reader.message(field, in: owner))
            case 1106: command = .authUserList(try reader.message(field, in: owner))
            case 1107: command = .authRoleList(try reader.message(field, in: owner))
            case 1200: command = .authRoleAdd(try reader.message(field, in: owner))
            case 1201: command = .authRoleDelete(try reader.message(field, in: owner))
            case 1202: command = .authRoleGet(try reader.message(field, in: owner))
            case 1203: command = .authRoleGrantPermission(try reader.message(field, in: owner))
            case 1204: command = .authRoleRevokePermission(try reader.message(field, in: owner))
            case 1300: command = .clusterVersionSet(try reader.message(field, in: owner))
            case 1301: command = .clusterMemberAttrSet(try reader.message(field, in: owner))
            case 1302: command = .downgradeInfoSet(try reader.message(field, in: owner))
            case 9900: command = .downgradeVersionTest(try reader.message(field, in: owner))
            default: try reader.skip(field)
            }
        }
    }
}

/// A successful log-in, for all members to remember.
package struct InternalAuthenticateRequest: WireMessage {
    /// The user.
    package var name: String = ""
    /// Always empty; the password was checked before the entry was proposed.
    package var password: String = ""
    /// The random word that the member chose, from which all of them make the same token. Empty for jwt.
    package var simpleToken: String = ""

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        name: String = "",
        password: String = "",
        simpleToken: String = ""
    ) {
        self.name = name
        self.password = password
        self.simpleToken = simpleToken
    }
}

extension InternalAuthenticateRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, name)
        size.field(2, password)
        size.field(3, simpleToken)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(3, simpleToken)
        writer.field(2, password)
        writer.field(1, name)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.text(field)
            case 2: password = try reader.text(field)
            case 3: simpleToken = try reader.text(field)
            default: try reader.skip(field)
            }
        }
    }
}
