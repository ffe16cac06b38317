// StoreError.swift: two kinds of no.
//
// A refusal is the client's affair: it asked for what cannot be, nothing was changed, and every member of the cluster
// refuses the same request in the same way. A fault of the file is the operator's: what the log says was decided
// cannot be carried out here, and a member that went on would differ from the others for ever. So the first goes into
// an answer, and the second stops the member.

package import BoltFile
package import EtcdAPI

/// Why the store did not do what it was asked.
package enum StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The request cannot be: tell the client.
    case refused(APIError)
    /// The file cannot be read or written: stop.
    case file(BoltError)
    /// Bucket `key` holds what etcd does not write: stop.
    case damaged(revision: KeyRevision?, why: String)

    /// For people.
    package var description: String {
        switch self {
        case .refused(let error): error.description
        case .file(let error): error.description
        case .damaged(let revision, let why):
            "bucket \"key\"\(revision.map { ", revision \($0)" } ?? ""): \(why). The history of the keys is damaged: "
                + "restore this member from a snapshot, or remove it and add it again."
        }
    }
}
