// KeyRevision.swift: a place in history, and how it is spelled in the file.
//
// One entry of the log changes the store once: that is a main revision. It may change many keys, in an order: that is
// the sub revision. Both together name one version of one key for ever, and are the key under which it is stored:
//
//     0                          8    9                         17   18
//     +--------------------------+----+-------------------------+----+
//     | main, 8 bytes big-endian | _  | sub, 8 bytes big-endian | t  |      "t" only for a deletion
//     +--------------------------+----+-------------------------+----+
//
// Big-endian, so that the order of bytes is the order of time: the bucket is the history, first to last, new
// revisions come at its end, and a watcher that missed something reads on where it stopped.
//
// WHY MARK DELETIONS IN THE KEY? Their value says only which key it was. With the mark in the key, nobody has to look
// at the value to know what it is, and no rule for telling apart an empty key-value and a deletion is needed.

package import Bytes
package import Identifiers

/// Which change of which revision.
@frozen
package struct KeyRevision: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// The entry of the log: all its changes share this number.
    package var main: Revision
    /// The place among the changes of that entry, from 0.
    package var sub: Int64

    /// A place.
    package init(main: Revision, sub: Int64) {
        self.main = main
        self.sub = sub
    }

    /// Time, and within a moment the order of changes.
    package static func < (left: KeyRevision, right: KeyRevision) -> Bool {
        left.main == right.main ? left.sub < right.sub : left.main < right.main
    }
}

extension KeyRevision: CustomStringConvertible {
    /// As etcd's own texts have it.
    package var description: String { "\(main.rawValue)_\(sub)" }
}

/// A key of bucket `key`.
package struct StoredKey: Hashable, Sendable {
    /// When.
    package var revision: KeyRevision
    /// Whether it is a deletion.
    package var isTombstone: Bool

    /// A revision, and whether it is a deletion.
    package init(_ revision: KeyRevision, isTombstone: Bool = false) {
        self.revision = revision
        self.isTombstone = isTombstone
    }

    /// What the bytes say; nil when they are no revision.
    @inline(__always)
    package init?(_ bytes: ByteView) {
        guard bytes.count == 17 || bytes.count == 18, bytes[8] == UInt8(ascii: "_") else { return nil }
        guard bytes.count == 17 || bytes[17] == UInt8(ascii: "t") else { return nil }
        let main: Int64 = bytes.bigEndian(at: 0)
        let sub: Int64 = bytes.bigEndian(at: 9)
        guard main >= 0, sub >= 0, sub <= KeyIndex.maximumSub else { return nil }
        revision = KeyRevision(main: Revision(rawValue: main), sub: sub)
        isTombstone = bytes.count == 18
    }

    /// The bytes.
    @inline(__always)
    package var bytes: ShortBytes {
        var bytes = ShortBytes()
        bytes.append(bigEndian: UInt64(bitPattern: revision.main.rawValue))
        bytes.append(UInt8(ascii: "_"))
        bytes.append(bigEndian: UInt64(bitPattern: revision.sub))
        if isTombstone { bytes.append(UInt8(ascii: "t")) }
        return bytes
    }
}
