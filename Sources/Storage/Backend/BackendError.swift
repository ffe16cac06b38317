// BackendError.swift: why a database cannot be opened as etcd's.
//
// The file may be damaged (the B+tree says so), or whole and yet not what etcd writes. Both stop the member
// before it serves anything: a member that does not know how far it has applied the log would apply
// entries twice.

package import BoltFile
package import Bytes

/// What is wrong with a database.
package enum BackendError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The B+tree file under it.
    case file(BoltError)
    /// A value in the bucket `meta` that every start needs.
    case unreadable(key: ByteSlice, why: String)

    /// For people.
    package var description: String {
        switch self {
        case .file(let error): error.description
        case .unreadable(let key, let why):
            "the value of \(key) in bucket \"meta\" cannot be read: \(why). Without it nobody knows how far the log was "
                + "applied: restore this member from a snapshot, or remove it and add it again."
        }
    }
}
