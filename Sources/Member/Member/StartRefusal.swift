// StartRefusal.swift: why would a member rather not start?
//
// A member that skips what it does not understand becomes another database than the rest of its cluster, quietly and for
// ever. So everything that waits in its log and lies in its store is looked at BEFORE anything is served, and what
// cannot be carried out here yet is named, with its place. The operator loses a start, not data.
//
// The same holds for files that do not fit together: a database that has seen more than its log is a copy from
// somewhere else, or the log is. (A real etcd 3.5 starts on these, and silently applies nothing until the log has
// caught up.)

package import Backend
import Bytes
import EtcdAPI
import Identifiers
import RaftMessages

/// Why a member does not start.
package enum StartRefusal: Error, CustomStringConvertible {
    /// Something waits in the log, or lies in the store, that this program cannot carry out.
    case cannotApply(what: String, place: String)
    /// The database itself.
    case backend(BackendError)
    /// What the database holds.
    case store(String)
    /// Log and database do not belong together.
    case mismatch(String)
    /// The members, as the last snapshot has them.
    case membership(String)

    /// For the operator.
    package var description: String {
        switch self {
        case .cannotApply(let what, let place):
            "\(what) in \(place) cannot be carried out by this program yet, and skipping it would make this member differ "
                + "from the cluster for ever: start this directory with etcd 3.5."
        case .backend(let error): error.description
        case .store(let why):
            "the keys in the database cannot be read: \(why). Restore this member from a snapshot, or remove it and add "
                + "it again with an empty directory."
        case .mismatch(let why):
            "the log and the database of this directory do not belong together: \(why). Were files copied by hand? "
                + "Restore this member from a snapshot, or remove it and add it again with an empty directory."
        case .membership(let why):
            "the members of the cluster cannot be read from the newest snapshot file: \(why). Restore this member from a "
                + "snapshot, or remove it and add it again with an empty directory."
        }
    }
}
