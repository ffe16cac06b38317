// GoldenTests.swift: files that real servers wrote say the same to us as to them.

import BoltFile
import Bytes
import JSON
import Testing

@Suite("Files of real etcd")
struct GoldenTests {
    @Test("every bucket has exactly the entries listed, inline where it was", arguments: Golden.versions)
    func content(version: String) throws {
        let file = try Golden.file(version)
        defer { withExtendedLifetime(file) {} }
        let root = try file.version().root
        let expected = try #require(try Golden.json("etcd-\(version)-buckets.json").members)
        let names = try root.everything().map { String(decoding: $0.key, as: UTF8.self) }
        #expect(names == expected.map(\.name).sorted())
        for bucket in expected {
            let name = ByteSlice(utf8: bucket.name)
            let tree = try #require(try root.bucket(name.view))
            #expect(tree.isInline == bucket.value["inline"]?.bool, "\(bucket.name)")
            let entries = try #require(bucket.value["entries"]?.elements)
            let found = try tree.everything()
            #expect(found.count == entries.count, "\(bucket.name)")
            for (entry, found) in zip(entries, found) {
                let pair = try #require(entry.elements).compactMap { $0.string.flatMap { ByteSlice(hex: $0)?.array } }
                #expect(pair == [found.key, found.value], "\(bucket.name)")
            }
        }
    }

    @Test("metas, free pages and sizes are what the server's file has", arguments: Golden.versions)
    func metas(version: String) throws {
        let file = try Golden.file(version)
        defer { withExtendedLifetime(file) {} }
        let expect = try #require(try Golden.json("etcd-\(version)-expect.json")["bbolt"])
        let frozen = try file.version()
        func number(_ value: JSONValue?) -> UInt64? {
            value?.string.flatMap { UInt64($0.dropFirst(2), radix: 16) }
        }
        let metas = try #require(expect["metas"]?.elements)
        for (found, expected) in zip([frozen.metas.first, frozen.metas.second], metas) {
            let found = try #require(found)
            #expect(found.root == number(expected["root"]))
            #expect(found.freeList == number(expected["freelist"]))
            #expect(found.highWater == number(expected["hw"]))
            #expect(found.transaction == number(expected["txid"]))
            #expect(found.pageSize == 4096)
            // Our own encoding of the same meta is the same page, checksum included.
            let page = found.encoded(asPage: found.page)
            #expect(page.view.prefix(80) == file.mapping[(Int(found.page) * 4096)..<(Int(found.page) * 4096 + 80)])
        }
        #expect(frozen.meta.transaction == expect["chosen_txid"]?.integer())
        let writer = try file.open()
        let free = try #require(expect["free_pages"]?.elements)
        #expect(writer.freePageCount == free.count)
        #expect(writer.usedByteCount == frozen.byteCount - free.count * 4096)
        #expect(frozen.check() == [])
        #expect(writer.check() == [])
    }

    @Test("a saved snapshot has the same content, though its metas were rewritten")
    func saved() throws {
        let bytes = try Golden.bytes("etcd-3.5.1-saved.db")
        #expect(bytes.count % 512 == 32)
        let (savedFile, liveFile) = (MemoryFile(bytes, length: bytes.count - 32), try Golden.file("3.5.1"))
        // A version is true as long as its mapping is: nobody else keeps these two files.
        defer { withExtendedLifetime((savedFile, liveFile)) {} }
        let (saved, live) = (try savedFile.version(), try liveFile.version())
        #expect(saved.check() == [])
        for entry in try live.root.everything() {
            let name = ByteSlice(entry.key)
            let left = try #require(try saved.root.bucket(name.view)).everything()
            let right = try #require(try live.root.bucket(name.view)).everything()
            #expect(left.map(\.key) == right.map(\.key))
            #expect(left.map(\.value) == right.map(\.value))
        }
    }

    @Test("a cursor finds its way in both directions and between keys", arguments: Golden.versions)
    func cursors(version: String) throws {
        let file = try Golden.file(version)
        defer { withExtendedLifetime(file) {} }
        let name = ByteSlice(utf8: "key")
        let tree = try #require(try file.version().root.bucket(name.view))
        let keys = try tree.everything().map(\.key)
        var cursor = tree.cursor()
        var backwards: [[UInt8]] = []
        try cursor.last()
        while cursor.isValid {
            backwards.append(cursor.key.array)
            try cursor.previous()
        }
        #expect(backwards.reversed() == keys)
        for (index, key) in keys.enumerated() {
            let exact = ByteSlice(key)
            let after = ByteSlice(key + [0])
            #expect(try cursor.seek(exact.view) && cursor.key == exact.view)
            #expect(try tree.get(exact.view) == cursor.value)
            #expect(try cursor.seek(after.view) == (index + 1 < keys.count))
            if cursor.isValid { #expect(cursor.key.array == keys[index + 1]) }
            #expect(try cursor.seekBefore(exact.view) == (index > 0))
            if cursor.isValid { #expect(cursor.key.array == keys[index - 1]) }
            #expect(try tree.get(after.view) == nil)
        }
    }
}
