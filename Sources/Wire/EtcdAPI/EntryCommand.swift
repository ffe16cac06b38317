// EntryCommand.swift: what an entry of the log asks for, in a log of any version.
//
// The bytes of an entry do not say which message they are. Three kinds lie in the logs of 3.4 and 3.5:
//
//     no bytes                      a leader's first entry of its term
//     08 .. 12 03 50 55 54 1a ..    a V2Request: field 2 is the text "PUT"
//     22 0a 0a 04 ..                an InternalRaftRequest: field 4 is a message
//
// HOW ARE THE LAST TWO TOLD APART? By trying. The internal request has a message at field 2. A method of v2 is a short
// word of capitals, and capitals are bytes 41...5A: as tags these are the fields 8 to 11 with wire types from 0 to 7.
// Read as a V2Request's fields (that is what the internal request expects at 2), each of the words contains a
// tag with a wire type that is wrong for its field, or ends in the middle of a value:
//
//     PUT     50 55   Wait = 85         54      field 10 ends a group that never began
//     POST    50 4f   Wait = 79         53      field 10 begins a group; a bool is no group
//     DELETE  44      field 8 ends a group
//     QGET    51      field 10 is eight bytes, and only three follow
//     SYNC    53      field 10 begins a group
//
// So a strict parser fails on all of them, and a parser that skipped what it did not expect would apply garbage.
// SHOWN BY  EntryCommandTests, with the entries of real logs.

package import Bytes
package import Protobuf

/// The command in an entry.
package enum EntryCommand: Hashable, Sendable {
    /// None: the entry only marks the beginning of a term.
    case nothing
    /// A request to the state machines.
    case request(InternalRaftRequest)
    /// A write to the old tree, by which 3.4 and 3.5 publish names and versions; bare or wrapped.
    case v2(V2Request)

    /// Reads the data of an entry. The error is that of the internal request, which nearly all entries are.
    package init(decoding data: ByteSlice) throws(WireError) {
        guard !data.isEmpty else {
            self = .nothing
            return
        }
        do throws(WireError) {
            let request = try InternalRaftRequest(decoding: data, levels: WireReader.storedDepthLimit)
            if case .v2(let wrapped)? = request.command { self = .v2(wrapped) } else { self = .request(request) }
        } catch {
            guard let bare = try? V2Request(decoding: data) else { throw error }
            self = .v2(bare)
        }
    }
}
