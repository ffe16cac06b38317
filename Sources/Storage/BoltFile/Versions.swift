// Versions.swift: a state of the file that stays true while it is looked at.
//
// A snapshot for a new member, a hash over everything, a backup: they take seconds, and the store goes on
// changing meanwhile. Since no page in use is ever written over, the meta of a moment is enough to see
// that moment: all its pages stay as they are, as long as the owner knows that somebody looks.
//
//     owner   pin() -> version 31 .............................. unpin(version 31)
//             transactions 32, 33, 34 free pages of 31's tree:  they wait until here
//     reader  any thread: tree, cursor, check, copy; no lock, for nothing it reads is ever written
//
// A version shows what is on the disk, never what is still in memory: who wants to see the latest state
// commits, waits for `becameDurable`, and pins then.
//
// RULES    V1  pages freed by a transaction after the pinned one are not reused before `unpin`.
//          V2  the mapping must stay mapped while any version lives; its owner is the shell.
// COST     pinning: a word. The price of a long look is the growth of the file meanwhile.

package import Bytes

/// One committed state of a file. It may go to any thread.
package struct FrozenVersion: Sendable {
    /// The file; pages of this version never change (V1, V2).
    let mapping: ByteView
    /// The root, the size and the transaction of this state.
    package let meta: Meta

    init(mapping: ByteView, meta: Meta) {
        self.mapping = mapping
        self.meta = meta
    }

    /// The newest state of a file that nobody writes: for tools, and for files that are only read.
    package init(mapping: ByteView, fileLength: Int) throws(BoltError) {
        self.init(mapping: mapping, meta: try Meta.newest(in: mapping, fileLength: fileLength))
    }

    var source: PageSource {
        PageSource(mapping: mapping, pageSize: meta.pageSize, highWater: meta.highWater, lookup: PageLookup())
    }

    /// The bucket that holds all others.
    package var root: Tree { Tree(source: source, root: meta.root, sequence: meta.sequence) }

    /// How many bytes its pages take, used or not.
    package var byteCount: Int { Int(meta.highWater) * meta.pageSize }

    /// The metas on both pages as far as they are whole: for people and for tests.
    package var metas: (first: Meta?, second: Meta?) { Meta.both(in: mapping.prefix(byteCount)) }
}

extension BoltFile {
    /// The newest state on the disk, kept true until `unpin`.
    package mutating func pin() -> FrozenVersion {
        if let place = pins.firstIndex(where: { $0.transaction == durable.transaction }) {
            pins[place].users += 1
        } else {
            pins.append((durable.transaction, 1))
        }
        return FrozenVersion(mapping: mapping, meta: durable)
    }

    /// Nobody looks through this pin any more.
    package mutating func unpin(_ version: FrozenVersion) {
        guard let place = pins.firstIndex(where: { $0.transaction == version.meta.transaction }) else {
            preconditionFailure("V1: version \(version.meta.transaction) is not pinned")
        }
        pins[place].users -= 1
        if pins[place].users == 0 {
            pins.remove(at: place)
            releasePages()
        }
    }
}
