// APIError.swift: what etcd says when it says no.
//
// A refusal travels as a gRPC status: a number and a text. Clients go by both: Go's client library finds its own error
// values by the text, and etcdctl prints it. So both are part of the interface, to the letter, and stand here once:
//
//     case              code                 text
//     .emptyKey         3 InvalidArgument    etcdserver: key is not provided
//     .compacted        11 OutOfRange        etcdserver: mvcc: required revision has been compacted
//     ...
//
// SOME CODES ARE SURPRISING, and kept: "too many requests" was meant to be ResourceExhausted and arrives as Unknown,
// because the server returns the client library's value; a transaction with an empty operation is told "key not found".
//
// ONE TYPE FOR ALL ROOMS: the store refuses keys and revisions, the member refuses when there is no leader, the shell
// when a message is too large. They do not know each other; they know this list.

/// gRPC's status codes.
package enum APICode: Int, Hashable, Sendable {
    /// Fine.
    case ok = 0
    /// The caller has given up.
    case canceled = 1
    /// An error that nobody translated.
    case unknown = 2
    /// The request can never be served.
    case invalidArgument = 3
    /// It took too long.
    case deadlineExceeded = 4
    /// What was named does not exist.
    case notFound = 5
    /// What was to be made exists.
    case alreadyExists = 6
    /// Somebody else may, the caller may not.
    case permissionDenied = 7
    /// There is no room.
    case resourceExhausted = 8
    /// The request does not fit the state.
    case failedPrecondition = 9
    /// Somebody else was faster.
    case aborted = 10
    /// A revision that cannot be read.
    case outOfRange = 11
    /// No such method.
    case unimplemented = 12
    /// A bug.
    case internalError = 13
    /// Not now.
    case unavailable = 14
    /// The data are damaged.
    case dataLoss = 15
    /// Nobody knows the caller.
    case unauthenticated = 16
}

/// A refusal, with etcd's code and etcd's text.
package enum APIError: Error, Hashable, Sendable, CaseIterable {
    // MARK: Keys
    /// No key was given.
    case emptyKey
    /// `ignore_value` or `ignore_lease` of a key that does not exist; also an operation without content.
    case keyNotFound
    /// A value together with `ignore_value`.
    case valueProvided
    /// A lease together with `ignore_lease`.
    case leaseProvided
    /// More operations in a transaction than allowed.
    case tooManyOperations
    /// A transaction that writes a key twice.
    case duplicateKey
    /// An order that does not exist.
    case invalidSortOption
    /// A revision that is gone.
    case compacted
    /// A revision that is not there yet.
    case futureRevision
    /// The quota is used up.
    case noSpace

    // MARK: Leases
    /// No such lease.
    case leaseNotFound
    /// The chosen ID is taken.
    case leaseExists
    /// A lease of more than 9,000,000,000 seconds.
    case leaseTTLTooLarge

    // MARK: Watches
    /// The server ended the stream.
    case watchCanceled

    // MARK: The cluster
    /// A member of this ID is there already.
    case memberExists
    /// A member with these URLs is there already.
    case peerURLExists
    /// URLs that cannot be read.
    case badMemberURLs
    /// No such member.
    case memberNotFound
    /// Only learners are promoted.
    case memberNotLearner
    /// The learner has not caught up.
    case learnerNotReady
    /// One learner is the limit.
    case tooManyLearners
    /// Fewer members have started than the change needs.
    case notEnoughStartedMembers
    /// A message for another cluster.
    case clusterIDMismatch
    /// A learner serves only local reads.
    case notSupportedForLearner
    /// The transferee cannot lead.
    case badLeaderTransferee
    /// The transfer did not end in time.
    case leaderTransferTimeout

    // MARK: The server
    /// The request is larger than the limit.
    case requestTooLarge
    /// Too much is on its way.
    case tooManyRequests
    /// Nobody leads.
    case noLeader
    /// Somebody else leads.
    case notLeader
    /// The leader changed while the request was waiting.
    case leaderChanged
    /// The cluster's version is not known yet.
    case notCapable
    /// The server is going down.
    case stopped
    /// No answer in time.
    case timeout
    /// ... because the leader was lost.
    case timeoutLeaderFail
    /// ... because the connection was lost.
    case timeoutConnectionLost
    /// ... while waiting to apply.
    case timeoutWaitingForApply
    /// Too few members can be reached.
    case unhealthy
    /// The members' data differ.
    case corrupt
    /// A client version that is not UTF-8.
    case invalidClientVersion
    /// A version that cannot be read.
    case wrongDowngradeFormat
    /// A version that is not one below.
    case invalidDowngradeTarget
    /// A downgrade is under way.
    case downgradeInProgress
    /// No downgrade is under way.
    case noDowngradeInProgress
    /// An action without meaning.
    case unknownMethod
    /// The request was given up.
    case requestCanceled
    /// gRPC's own text for a caller that went away.
    case contextCanceled
    /// gRPC's own text for a deadline.
    case contextDeadline

    // MARK: Users and roles
    /// There is no user "root".
    case rootUserNotExist
    /// "root" is without the role "root".
    case rootRoleNotGranted
    /// The user is there.
    case userExists
    /// No name.
    case userEmpty
    /// No such user.
    case userNotFound
    /// The role is there.
    case roleExists
    /// No such role.
    case roleNotFound
    /// No name.
    case roleEmpty
    /// Wrong name or password.
    case authenticationFailed
    /// A grant without a permission.
    case permissionNotGiven
    /// Not allowed.
    case permissionDenied
    /// The user does not have the role.
    case roleNotGranted
    /// The role does not have the permission.
    case permissionNotGranted
    /// Users are not checked here.
    case authNotEnabled
    /// A token that nobody gave out.
    case invalidAuthToken
    /// What must not be done to "root".
    case invalidAuthManagement
    /// Rules changed while the request was waiting.
    case authOldRevision
}

extension APIError {
    /// The number of the status.
    package var code: APICode { row.code }

    /// The text of the status.
    package var text: StaticString { row.text }

    private var row: (code: APICode, text: StaticString) {
        switch self {
        case .emptyKey, .keyNotFound, .valueProvided, .leaseProvided, .tooManyOperations, .duplicateKey,
            .invalidSortOption, .compacted, .futureRevision, .noSpace, .leaseNotFound, .leaseExists, .leaseTTLTooLarge,
            .watchCanceled:
            keyRow
        case .memberExists, .peerURLExists, .badMemberURLs, .memberNotFound, .memberNotLearner, .learnerNotReady,
            .tooManyLearners, .notEnoughStartedMembers, .clusterIDMismatch, .notSupportedForLearner,
            .badLeaderTransferee, .leaderTransferTimeout:
            clusterRow
        case .rootUserNotExist, .rootRoleNotGranted, .userExists, .userEmpty, .userNotFound, .roleExists,
            .roleNotFound, .roleEmpty, .authenticationFailed, .permissionNotGiven, .permissionDenied, .roleNotGranted,
            .permissionNotGranted, .authNotEnabled, .invalidAuthToken, .invalidAuthManagement, .authOldRevision:
            authRow
        default: serverRow
        }
    }

    private var keyRow: (code: APICode, text: StaticString) {
        switch self {
        case .emptyKey: (.invalidArgument, "etcdserver: key is not provided")
        case .keyNotFound: (.invalidArgument, "etcdserver: key not found")
        case .valueProvided: (.invalidArgument, "etcdserver: value is provided")
        case .leaseProvided: (.invalidArgument, "etcdserver: lease is provided")
        case .tooManyOperations: (.invalidArgument, "etcdserver: too many operations in txn request")
        case .duplicateKey: (.invalidArgument, "etcdserver: duplicate key given in txn request")
        case .invalidSortOption: (.invalidArgument, "etcdserver: invalid sort option")
        case .compacted: (.outOfRange, "etcdserver: mvcc: required revision has been compacted")
        case .futureRevision: (.outOfRange, "etcdserver: mvcc: required revision is a future revision")
        case .noSpace: (.resourceExhausted, "etcdserver: mvcc: database space exceeded")
        case .leaseNotFound: (.notFound, "etcdserver: requested lease not found")
        case .leaseExists: (.failedPrecondition, "etcdserver: lease already exists")
        case .leaseTTLTooLarge: (.outOfRange, "etcdserver: too large lease TTL")
        default: (.canceled, "etcdserver: watch canceled")
        }
    }

    private var clusterRow: (code: APICode, text: StaticString) {
        switch self {
        case .memberExists: (.failedPrecondition, "etcdserver: member ID already exist")
        case .peerURLExists: (.failedPrecondition, "etcdserver: Peer URLs already exists")
        case .badMemberURLs: (.invalidArgument, "etcdserver: given member URLs are invalid")
        case .memberNotFound: (.notFound, "etcdserver: member not found")
        case .memberNotLearner: (.failedPrecondition, "etcdserver: can only promote a learner member")
        case .learnerNotReady:
            (.failedPrecondition, "etcdserver: can only promote a learner member which is in sync with leader")
        case .tooManyLearners: (.failedPrecondition, "etcdserver: too many learner members in cluster")
        case .notEnoughStartedMembers:
            (.unknown, "etcdserver: re-configuration failed due to not enough started members")
        case .clusterIDMismatch: (.failedPrecondition, "etcdserver: cluster ID mismatch")
        case .notSupportedForLearner: (.unavailable, "etcdserver: rpc not supported for learner")
        case .badLeaderTransferee: (.failedPrecondition, "etcdserver: bad leader transferee")
        default: (.unknown, "etcdserver: request timed out, leader transfer took too long")
        }
    }

    private var serverRow: (code: APICode, text: StaticString) {
        switch self {
        case .requestTooLarge: (.invalidArgument, "etcdserver: request is too large")
        case .tooManyRequests: (.unknown, "etcdserver: too many requests")
        case .noLeader: (.unavailable, "etcdserver: no leader")
        case .notLeader: (.failedPrecondition, "etcdserver: not leader")
        case .leaderChanged: (.unavailable, "etcdserver: leader changed")
        case .notCapable: (.unavailable, "etcdserver: not capable")
        case .stopped: (.unavailable, "etcdserver: server stopped")
        case .timeout: (.unavailable, "etcdserver: request timed out")
        case .timeoutLeaderFail:
            (.unavailable, "etcdserver: request timed out, possibly due to previous leader failure")
        case .timeoutConnectionLost:
            (.unavailable, "etcdserver: request timed out, possibly due to connection lost")
        case .timeoutWaitingForApply:
            (.unavailable, "etcdserver: request timed out, waiting for the applied index took too long")
        case .unhealthy: (.unavailable, "etcdserver: unhealthy cluster")
        case .corrupt: (.dataLoss, "etcdserver: corrupt cluster")
        case .invalidClientVersion: (.invalidArgument, "etcdserver: invalid client api version")
        case .wrongDowngradeFormat: (.invalidArgument, "etcdserver: wrong downgrade target version format")
        case .invalidDowngradeTarget: (.invalidArgument, "etcdserver: invalid downgrade target version")
        case .downgradeInProgress: (.failedPrecondition, "etcdserver: cluster has a downgrade job in progress")
        case .noDowngradeInProgress: (.failedPrecondition, "etcdserver: no inflight downgrade job")
        case .unknownMethod: (.unknown, "etcdserver: unknown method")
        case .requestCanceled: (.unknown, "etcdserver: request cancelled")
        case .contextCanceled: (.canceled, "context canceled")
        default: (.deadlineExceeded, "context deadline exceeded")
        }
    }

    private var authRow: (code: APICode, text: StaticString) {
        switch self {
        case .rootUserNotExist: (.failedPrecondition, "etcdserver: root user does not exist")
        case .rootRoleNotGranted: (.failedPrecondition, "etcdserver: root user does not have root role")
        case .userExists: (.failedPrecondition, "etcdserver: user name already exists")
        case .userEmpty: (.invalidArgument, "etcdserver: user name is empty")
        case .userNotFound: (.failedPrecondition, "etcdserver: user name not found")
        case .roleExists: (.failedPrecondition, "etcdserver: role name already exists")
        case .roleNotFound: (.failedPrecondition, "etcdserver: role name not found")
        case .roleEmpty: (.invalidArgument, "etcdserver: role name is empty")
        case .authenticationFailed:
            (.invalidArgument, "etcdserver: authentication failed, invalid user ID or password")
        case .permissionNotGiven: (.invalidArgument, "etcdserver: permission not given")
        case .permissionDenied: (.permissionDenied, "etcdserver: permission denied")
        case .roleNotGranted: (.failedPrecondition, "etcdserver: role is not granted to the user")
        case .permissionNotGranted: (.failedPrecondition, "etcdserver: permission is not granted to the role")
        case .authNotEnabled: (.failedPrecondition, "etcdserver: authentication is not enabled")
        case .invalidAuthToken: (.unauthenticated, "etcdserver: invalid auth token")
        case .invalidAuthManagement: (.invalidArgument, "etcdserver: invalid auth management")
        default: (.invalidArgument, "etcdserver: revision of auth store is old")
        }
    }
}

extension APIError: CustomStringConvertible {
    /// The text.
    package var description: String { "\(text)" }
}
