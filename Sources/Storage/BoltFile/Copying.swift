// Copying.swift: a whole file, sent while the writer goes on.
//
// A new member gets its first state as a file; a backup is a file too. Both are a pinned version's pages as
// they lie, from the first to the high-water mark, free ones included: nothing is searched and
// nothing rewritten, so the copy goes as fast as the network. Only the two metas are made anew, because
// on the disk they belong to the writer, who may be writing one of them at this moment:
//
//     page 0   the pinned meta, transaction T
//     page 1   the same with transaction T - 1: a reader of the copy chooses page 0
//     page 2.. as they lie in the mapping
//
// The free pages among them may be written over while they are sent. It does not matter what they
// contain: the copy's tree does not lead there.
//
// COST     no copying here: the pieces are views of the mapping.

package import Bytes

/// The bytes of a version as a file, piece by piece. The version must stay pinned until the end.
package struct CopyStream: Sendable {
    private let version: FrozenVersion
    private let metas: ByteSlice
    /// How many bytes were handed out so far.
    package private(set) var position = 0

    /// Begins with the first byte.
    package init(_ version: FrozenVersion) {
        self.version = version
        var older = version.meta
        if older.transaction > 0 { older.transaction -= 1 }
        var bytes = ByteBuffer(capacity: 2 * older.pageSize)
        bytes.append(version.meta.encoded(asPage: 0))
        bytes.append(older.encoded(asPage: 1))
        metas = bytes.slice()
    }

    /// How many bytes the whole file has.
    package var byteCount: Int { version.byteCount }

    /// The next bytes, at most `limit`; nil after the last. True as long as this stream and the version are.
    package mutating func next(upTo limit: Int) -> ByteView? {
        precondition(limit > 0, "a piece of \(limit) bytes")
        guard position < byteCount else { return nil }
        let start = position
        let isMeta = start < metas.count
        position = min(start + limit, isMeta ? metas.count : byteCount)
        return isMeta ? metas.view[start..<position] : version.mapping[start..<position]
    }
}
