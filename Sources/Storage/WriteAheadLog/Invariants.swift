// Invariants.swift: every rule of the log, in one place.
//
//     letter  rule                                                                       checked by
//     F1...4  how records lie in a file                                                  Frame.swift, SegmentScanner
//     A1...3  how records are gathered                                                   LogBatch.swift
//     T1...3  what a crash can leave and what may be done about it                       Recovery.swift
//
//     L0      a file is reserved in whole pages                                          WriteAheadLog.init
//     L1      while the log is open, nobody else changes its files                       locks; open
//     L2      nobody is told "durable" before a sync that began after the append         sync; CrashTests
//     L3      a file is complete and synced before its successor has a name              cut; CrashTests
//     L4      a file has its name for good before an entry in it is told durable         cut; CrashTests
//     L5      behind the last record of the newest file there are only zeros             settle; CrashTests
//     L6      after a disk error nothing is written any more                             checkRunning; WriteAheadLogTests
//     L7      the term never goes back                                                   below
//     L8      within a term, a vote is given once                                        below
//     L9      the commit index never goes back                                           below
//
// L7 to L9 are Raft's promises, not the log's. They are checked here again because here is where a broken one
// would become permanent: behind this door there is only the disk.

internal import Identifiers
package import RaftMessages

/// The rules about change.
package enum Invariants {
    /// Stops the process when a state may not follow the one before it.
    package static func check(from was: HardState?, to now: HardState) {
        guard let was else { return }
        precondition(now.term >= was.term, "L7: the term went back, from \(was.term) to \(now.term)")
        precondition(now.commit >= was.commit, "L9: the commit index went back, from \(was.commit) to \(now.commit)")
        if now.term == was.term, was.vote != .none {
            precondition(now.vote == was.vote, "L8: in term \(now.term) the vote for \(was.vote) became \(now.vote)")
        }
    }
}
