// WholeHash.swift: one number for a whole database.
//
// Do two members hold the same? Does a saved file hold what the server had? A CRC-32C over every bucket's
// name and every key and value, in order, answers both, and etcd has two of them:
//
//     Maintenance.Hash   a running server's; leaves out how far the log was applied, which differs from
//                        member to member at any moment
//     snapshot status    a file's; everything
//
// It reads everything, so it is cut into steps: a running member hashes a pinned version slice by slice
// and serves others in between.
//
// COST     0.4 ns a byte, and a step of the cursor for each key.

package import BoltFile
import Bytes
package import Identifiers

/// The hash of all buckets of a version, in steps. The version must stay pinned until the end.
package struct WholeHash {
    /// Which of etcd's two hashes.
    package enum Kind: Hashable, Sendable {
        /// What `Maintenance.Hash` returns.
        case server
        /// What `etcdutl snapshot status` prints.
        case file
    }

    private let kind: Kind
    private var buckets: Cursor
    private var elements: Cursor
    private var isInBucket = false
    private var isMeta = false
    /// The hash of what was read so far.
    package private(set) var hash: UInt32 = 0
    /// How many keys were read so far, of all buckets.
    package private(set) var keyCount = 0
    /// The main revision of the last key in bucket `key`; 0 when there is none.
    package let revision: Revision

    private static let index: ByteSlice = "consistent_index"
    private static let term: ByteSlice = "term"

    /// Begins with the first bucket.
    package init(of version: FrozenVersion, _ kind: Kind) throws(BoltError) {
        self.kind = kind
        buckets = version.root.cursor()
        elements = buckets
        try buckets.first()
        let key = BackendBucket.key.name
        var last = try version.root.bucket(key.view)?.cursor()
        try last?.last()
        let revisionKey = last?.isValid == true ? last?.key : nil
        revision = Revision(rawValue: revisionKey.map { $0.count >= 8 ? $0.bigEndian(at: 0) : 0 } ?? 0)
    }

    /// Reads up to `limit` keys; false when everything was read.
    package mutating func step(limit: Int = 10_000) throws(BoltError) -> Bool {
        var left = limit
        while left > 0 {
            if isInBucket, elements.isValid {
                add(elements)
                try elements.next()
                left -= 1
            } else if isInBucket {
                isInBucket = false
                try buckets.next()
            } else {
                guard buckets.isValid else { return false }
                try enterBucket()
            }
        }
        return true
    }

    /// Everything at once.
    package mutating func finish() throws(BoltError) {
        while try step() {}
    }

    private mutating func enterBucket() throws(BoltError) {
        hash = CRC32C.checksum(buckets.key, continuing: hash)
        let meta = BackendBucket.meta.name
        isMeta = buckets.key == meta.view
        guard let tree = try buckets.bucket() else { throw BoltError(.elementIsNotBucket) }
        elements = tree.cursor()
        try elements.first()
        isInBucket = true
    }

    private mutating func add(_ element: Cursor) {
        keyCount += 1
        if kind == .server, isMeta, element.key == Self.index.view || element.key == Self.term.view { return }
        hash = CRC32C.checksum(element.key, continuing: hash)
        if !element.isBucket { hash = CRC32C.checksum(element.value, continuing: hash) }
    }
}
