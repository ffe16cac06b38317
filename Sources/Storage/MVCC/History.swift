// History.swift: bucket `key`, walked from revision to revision.
//
// Starting, compacting, hashing and catching up all read the same row of revisions, in the order of time. This is the
// cursor for it: it makes a revision of each stored key, and says what is wrong where something else stands there.
//
//     2_0   3_0   4_0   5_0 t   6_0   6_1
//                 ^ history.stored            history.value: the pair, where it lies

package import Backend
import BoltFile
package import Bytes
package import EtcdAPI
import Identifiers
import Protobuf

/// A place in the history. True until the backend changes.
package struct History {
    private var cursor: Cursor
    /// Whether it stands at a revision.
    package private(set) var isValid = false
    /// The revision where it stands.
    package private(set) var stored = StoredKey(KeyRevision(main: .zero, sub: 0))

    /// Begins at the first revision that is not before `first`.
    package init(of backend: borrowing Backend, from first: KeyRevision) throws(StoreError) {
        let start = StoredKey(first).bytes
        do throws(BoltError) {
            cursor = try backend.tree(.key).cursor()
            _ = try start.withView { (key) throws(BoltError) in try cursor.seek(key) }
        } catch {
            throw .file(error)
        }
        try understand()
    }

    /// The encoded pair; of a deletion: only the key in it.
    @inline(__always)
    package var value: ByteView { cursor.value }
    /// The stored key's bytes.
    package var storedBytes: ByteView { cursor.key }

    /// The pair, decoded where it lies.
    @inline(__always)
    package func pair() throws(StoreError) -> KeyValue.View {
        do throws(WireError) {
            return try KeyValue.View(decoding: cursor.value)
        } catch {
            throw .damaged(revision: stored.revision, why: "its value is no key-value: \(error)")
        }
    }

    /// Goes on to the next revision.
    @inline(__always)
    package mutating func next() throws(StoreError) {
        do throws(BoltError) {
            try cursor.next()
        } catch {
            throw .file(error)
        }
        try understand()
    }

    @inline(__always)
    private mutating func understand() throws(StoreError) {
        isValid = cursor.isValid
        guard isValid else { return }
        guard let stored = StoredKey(cursor.key) else {
            throw .damaged(revision: nil, why: "\(cursor.key.hex) stands among the revisions and is none")
        }
        self.stored = stored
    }
}
