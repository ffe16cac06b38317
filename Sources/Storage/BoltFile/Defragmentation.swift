// Defragmentation.swift: a smaller file with the same content.
//
// A file never shrinks: pages that become free wait to be used again. After a large compaction most of
// a file may be free, and the disk's owner would like it back. So everything is written into a new
// file, bucket by bucket, in the order of the keys; then the new file takes the old one's name.
//
//     old file (pinned)  --cursor-->  put, put, put ...  --every 10,000 keys-->  batch --> new file
//                                                                                          |
//                                      sync file, rename over the old one, sync directory  <
//
// Keys that only grow fill their pages completely (Insertion.swift), so the new file is about as small as
// the format allows. The work is cut into steps, so that the owner can serve others in between; writes
// that arrive meanwhile go to the old file and would be lost by the rename, so the member refuses or
// holds them back until the end, as etcd does.
//
// A CRASH before the rename leaves the old file and a half-made one, which is deleted at the start; a crash
// after it, the new one. That order is the shell's business: this room knows no names of files.
//
// COST     one pass over the old file, one sequential pass over the new one.

package import Bytes

/// Copies all content of a version into a new file, in steps.
package struct Defragmentation: ~Copyable {
    /// A bucket that is being copied: where the cursor is, and where it goes.
    private struct Level {
        var cursor: Cursor
        let target: BucketHandle
    }

    /// The new file.
    package var target: BoltFile
    private var levels: [Level]
    private var isStarted = false

    /// From a pinned version into a new file: `BoltFile.newFile` at the beginning of `mapping`.
    package init(of version: FrozenVersion, into mapping: ByteView, fileLength: Int) throws(BoltError) {
        target = try BoltFile(mapping: mapping, fileLength: fileLength)
        levels = [Level(cursor: version.root.cursor(), target: .root)]
    }

    /// Copies up to `limit` elements and returns what must be written; nil when everything was copied and
    /// handed out. The owner reports each batch to `target.becameDurable`.
    package mutating func step(limit: Int = 10_000) throws(BoltError) -> PageBatch? {
        if !isStarted { try levels[0].cursor.first() }
        isStarted = true
        var copied = 0
        while copied < limit, !levels.isEmpty {
            let top = levels.count - 1
            guard levels[top].cursor.isValid else {
                levels.removeLast()
                continue
            }
            try copy(levels[top].cursor, into: levels[top].target)
            try levels[top].cursor.next()
            copied += 1
        }
        return try target.freeze()
    }

    /// Copies the element at a cursor; a bucket becomes the next level.
    private mutating func copy(_ cursor: Cursor, into bucket: BucketHandle) throws(BoltError) {
        guard let tree = try cursor.bucket() else { return try target.put(cursor.key, cursor.value, in: bucket) }
        let inner = try target.createBucket(cursor.key, in: bucket)
        if tree.sequence != 0 { try target.setSequence(tree.sequence, of: inner) }
        var first = tree.cursor()
        try first.first()
        levels.append(Level(cursor: first, target: inner))
    }
}
