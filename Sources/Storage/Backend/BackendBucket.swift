// BackendBucket.swift: what is where in the database.
//
//     bucket            key                              value                          written by
//     key               revision, 17 or 18 bytes         mvccpb.KeyValue                MVCC
//     meta              consistent_index, term, ...      numbers, JSON                  Backend, MVCC
//     lease             lease ID, 8 bytes big-endian     leasepb.Lease                  Leases
//     alarm             AlarmMember, encoded             nothing                        Alarms
//     auth              authEnabled, authRevision        1 byte; 8 bytes big-endian     Auth
//     authUsers         user's name                      authpb.User                    Auth
//     authRoles         role's name                      authpb.Role                    Auth
//     members           member ID in hex, as text        the member as JSON             Membership
//     members_removed   member ID in hex, as text        "removed"                      Membership
//     cluster           clusterVersion, downgrade        text; JSON                     Membership
//
// All ten are there from the first start on: real etcd expects them, empty or not. Their contents are the
// business of the rooms named; here only the names are fixed.

package import Bytes

/// The ten buckets of etcd's database.
package enum BackendBucket: Int, CaseIterable, Sendable {
    /// Every revision of every key.
    case key
    /// How far the log was applied, and marks of compactions.
    case meta
    /// Leases that were granted.
    case lease
    /// Alarms that are raised.
    case alarm
    /// Whether users are checked, and how often that changed.
    case auth
    /// Users.
    case authUsers
    /// Roles.
    case authRoles
    /// Members, as JSON.
    case members
    /// Members that left, whose numbers must not come back.
    case membersRemoved
    /// The cluster's version, and a downgrade under way.
    case cluster

    /// Its name in the file.
    package var name: ByteSlice { Self.names[rawValue] }

    private static let names: [ByteSlice] = [
        "key", "meta", "lease", "alarm", "auth", "authUsers", "authRoles", "members", "members_removed", "cluster",
    ]
}
