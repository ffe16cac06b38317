// PictureKind.swift: the pictures there are, by the words one types.

/// A picture that can be asked for.
package enum PictureKind: String, CaseIterable, Sendable {
    /// Roles over time, messages, votes.
    case election
    /// Logs beside each other, at several moments.
    case replication
    /// One write on its way through the parts of a member.
    case write
    /// One read, likewise.
    case read
    /// Keys and revisions.
    case mvcc
    /// Everything, a line each.
    case timeline

    /// What it shows, for the help.
    package var about: String {
        switch self {
        case .election: "roles over time, messages, timeouts, votes and their syncs, tallies, lost messages"
        case .replication: "log matrices at consistent cuts, conflicts and their repair, match, next and mode"
        case .write: "one write through every part of a node, what the client waited for, and where the time went"
        case .read: "one read: what it waits for, what it sees, and what a serializable one would have seen"
        case .mvcc: "keys x revisions, generations, tombstones, compaction, what a query sees, what lies on disk"
        case .timeline: "everything that happened, one line an event"
        }
    }

    /// Why a filter has no meaning for this picture; nil: all of it has one. To ignore it would show what was not asked for.
    package func refusal(of filter: Filter) -> String? {
        if filter.showsAll, [.write, .read, .mvcc].contains(self) {
            return "`\(rawValue)` has no use for --all: it folds nothing"
        }
        if self == .read, filter.terms != nil || filter.indexes != nil {
            return "`read` has no use for --terms and --indexes: a read makes no entry in the log"
        }
        return nil
    }

    /// Draws it.
    package func draw(_ request: PictureRequest, width: Int) throws(PictureError) -> Picture {
        switch self {
        case .election: try ElectionPicture.draw(request, width: width)
        case .replication: try ReplicationPicture.draw(request, width: width)
        case .write: try WritePicture.draw(request, width: width)
        case .read: try ReadPicture.draw(request, width: width)
        case .mvcc: try MVCCPicture.draw(request, width: width)
        case .timeline: try TimelinePicture.draw(request, width: width)
        }
    }
}
