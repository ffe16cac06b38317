// Recovery.swift: what a crash can leave, row by row, and what may be done about it.
//
// A member that starts reads its log to the last valid record. Then it has to decide why there is no
// next one. The decision is frightening, because both mistakes are fatal: to cut off records that
// somebody was promised loses data; to refuse a log that only lost its last, never acknowledged
// write turns every power failure into a call at night. So the decision is a table. Each row has a
// name; the name is what errors, dumps and tests say; and a test walks every combination of what can
// be found and where, and finds exactly one row for each.
//
//     what is found where the next record should begin      newest file    any earlier file
//     ---------------------------------------------------   ------------   ----------------
//     the file ends exactly there                           end            end
//     a length word of zero                                 end, wipe      end
//     fewer than 8 bytes                                    repair         refuse
//     a record longer than the rest of the file             repair         refuse
//     ... and longer than any record can be                 refuse         refuse
//     a wrong checksum, some sector of the record all zero  repair         refuse
//     a wrong checksum, every sector written                refuse         refuse
//     a valid record of an unknown type                     refuse         refuse
//     a file head whose checksum is not the one before      refuse         refuse
//
// WHY IS A HOLE HARMLESS? Nobody is told "durable" before a sync that covers the whole record. A
// record with a hole was under way when the power failed, so nobody was told; cutting it off gives
// back the log as of the last sync. What stands behind it goes too: it was written later than the
// record that was not acknowledged, so it was not acknowledged either.
//
// WHY ONLY IN THE NEWEST FILE? A file is synced before its successor is given its name (L3 in
// Invariants.swift). A hole in an earlier file was therefore not made by a crash of ours: something
// ate bytes that had been promised.
//
// WHY NOT REPAIR A FLIPPED BIT? The record was written whole, so it may have been acknowledged.
// Cutting it off would make this member forget a promise, a vote perhaps, and a cluster that counts
// on three memories would have two and a half. The member is thrown away and rebuilt from the others.
//
// THE ABSURD LENGTH is refused as etcd 3.5.1 does. Later versions of 3.5 repair it; but a length
// word lies within one sector (F1), so no torn write can produce it.
//
// RULES    T1  every finding in every place has exactly one row.
//          T2  only the newest file is ever changed, and only behind the last valid record.
//          T3  before anything is cut off, the file is copied to `<name>.broken`.
// SHOWN BY RecoveryTableTests (each row made of bytes), GoldenLogTests (the verdicts of a real etcd).
// READ NEXT LogReader.swift.

/// What a reader can find where the next record should begin.
package enum Finding: Hashable, Sendable, CaseIterable {
    /// Nothing: the file has exactly this length.
    case fileEnds
    /// A length word of zero: the part of the file that was not written yet.
    case zeroLength
    /// One to seven bytes.
    case wordCut
    /// A length that reaches beyond the end of the file, but that a record could have.
    case recordCut
    /// A length that no record has and no file can hold.
    case lengthAbsurd
    /// A checksum that does not match, and a sector of the record that was never written.
    case sectorMissing
    /// A checksum that does not match, or bytes that are no record, with every sector written.
    case bytesChanged
    /// A record whose checksum is right and whose type nobody knows.
    case typeUnknown
    /// A file head that does not continue the chain of the file before.
    case chainBroken
}

/// Where in the log it was found.
package enum Place: Hashable, Sendable, CaseIterable {
    /// In the file that is written to: the only one that a crash can leave unfinished.
    case newestFile
    /// In a file that has a successor.
    case earlierFile
}

/// What may be done.
package enum Verdict: Hashable, Sendable {
    /// Nothing is wrong: the records of this file end here.
    case end
    /// A crash interrupted a write that nobody was told about: cut it off.
    case repair
    /// Something else happened: touch nothing and say so.
    case refuse
}

/// One row of the table.
package struct RecoveryRow: Sendable {
    /// What errors, dumps and tests call it.
    package let name: String
    /// What the row covers.
    package let findings: Set<Finding>
    /// Where it covers it.
    package let places: Set<Place>
    /// What is done.
    package let verdict: Verdict
    /// What it means, for an operator.
    package let meaning: String
    /// What to do, for an operator. Empty where nothing needs doing.
    package let remedy: String
}

/// The table and its one question.
package enum Recovery {
    private static let rebuild =
        "Do not truncate or edit the file. Remove this member from the cluster and add it again with an empty data "
        + "directory, or restore the cluster from a snapshot if this was its only copy."

    /// Every row. The order is that of the picture above.
    package static let table: [RecoveryRow] = [
        RecoveryRow(
            name: "end-of-file", findings: [.fileEnds], places: [.newestFile, .earlierFile], verdict: .end,
            meaning: "The file ends behind a whole record.", remedy: ""),
        RecoveryRow(
            name: "end-of-records", findings: [.zeroLength], places: [.newestFile, .earlierFile], verdict: .end,
            meaning: "The rest of the file was never written to, or never reached the disk.", remedy: ""),
        RecoveryRow(
            name: "cut-length", findings: [.wordCut], places: [.newestFile], verdict: .repair,
            meaning: "The file ends inside a length word: its growth was interrupted.", remedy: ""),
        RecoveryRow(
            name: "cut-record", findings: [.recordCut], places: [.newestFile], verdict: .repair,
            meaning: "The file ends inside a record: its growth was interrupted.", remedy: ""),
        RecoveryRow(
            name: "torn-record", findings: [.sectorMissing], places: [.newestFile], verdict: .repair,
            meaning: "A sector of the record was never written: the machine stopped in the middle of a write.",
            remedy: ""),
        RecoveryRow(
            name: "hole-in-earlier-file", findings: [.wordCut, .recordCut, .sectorMissing], places: [.earlierFile],
            verdict: .refuse,
            meaning: "Bytes are missing in a file that was complete and synced before the next one was begun. No crash "
                + "of the server does this.",
            remedy: rebuild),
        RecoveryRow(
            name: "absurd-length", findings: [.lengthAbsurd], places: [.newestFile, .earlierFile], verdict: .refuse,
            meaning: "No record can be that long. A length lies within one sector, so this is damage and not an "
                + "interrupted write.",
            remedy: rebuild),
        RecoveryRow(
            name: "changed-bytes", findings: [.bytesChanged], places: [.newestFile, .earlierFile], verdict: .refuse,
            meaning: "The record was written whole and has changed since, so this is damage and not an interrupted "
                + "write. It may have been acknowledged.",
            remedy: rebuild),
        RecoveryRow(
            name: "unknown-type", findings: [.typeUnknown], places: [.newestFile, .earlierFile], verdict: .refuse,
            meaning: "The record is intact, but this version does not know its type.",
            remedy: "Start the version of the server that wrote this directory."),
        RecoveryRow(
            name: "broken-chain", findings: [.chainBroken], places: [.newestFile, .earlierFile], verdict: .refuse,
            meaning: "This file does not continue the file before it: one of them was replaced, or comes from another "
                + "directory.",
            remedy: "Put back the files that belong together. If they are lost: " + rebuild),
    ]

    /// The row for a finding. Exactly one exists (T1).
    package static func row(for finding: Finding, in place: Place) -> RecoveryRow {
        let rows = table.filter { $0.findings.contains(finding) && $0.places.contains(place) }
        precondition(rows.count == 1, "T1: \(rows.count) rows for \(finding) in the \(place)")
        return rows[0]
    }
}
