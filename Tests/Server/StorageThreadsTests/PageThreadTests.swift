// PageThreadTests.swift: commits that nobody waits for, and a file that another program cuts.

import BoltFile
import Bytes
import Disk
import Files
import Foundation
import Simulation
import StorageThreads
import Testing

extension OnRealFiles {
    @Suite("The pages' thread")
    struct PageThreadTests {
        private func key(_ number: Int) -> ByteSlice { ByteSlice(utf8: "key \(1_000_000 + number)") }

        @Test("many commits in flight, all found after a restart")
        func commits() throws {
            let folder = try Folder()
            let inbox = Inbox()
            do {
                let database = try DatabaseFile.open(folder["db"], reserving: 1 << 30).get()
                var file = try BoltFile(mapping: database.mapping.reserved, fileLength: database.mapping.count)
                let thread = PageThread(database, report: inbox.reporter)
                let name: ByteSlice = "key"
                let bucket = try file.createBucket(name.view, in: .root)
                var last: UInt64 = 0
                var heard: UInt64 = 0
                for round in 0..<40 {
                    for number in 0..<200 {
                        let (key, value) = (key(round * 200 + number), ByteSlice(utf8: "value \(round) \(number)"))
                        try file.put(key.view, value.view, in: bucket)
                    }
                    let batch = try #require(try file.freeze())
                    last = batch.transaction
                    thread.submit(batch)
                    // What is in flight is read from memory, what is durable through the mapping.
                    for report in inbox.all {
                        guard case .pagesDurable(let pages) = report, pages.transaction > heard else { continue }
                        file.becameDurable(pages.transaction)
                        heard = pages.transaction
                    }
                    let wanted = key(round * 100)
                    #expect(try file.get(wanted.view, in: bucket) != nil)
                }
                try inbox.durable(last)
                thread.stop()
            }
            let database = try DatabaseFile.open(folder["db"], reserving: 1 << 30).get()
            let file = try BoltFile(mapping: database.mapping.reserved, fileLength: database.mapping.count)
            #expect(file.check().isEmpty)
            let name: ByteSlice = "key"
            let version = try FrozenVersion(mapping: database.mapping.reserved, fileLength: database.mapping.count)
            let tree = try #require(try version.root.bucket(name.view))
            var cursor = tree.cursor()
            var count = 0
            try cursor.first()
            while cursor.isValid {
                count += 1
                try cursor.next()
            }
            #expect(count == 8000)
        }

        @Test("one database, one owner")
        func locked() throws {
            let folder = try Folder()
            let first = try DatabaseFile.open(folder["db"], reserving: 1 << 20).get()
            guard case .failure(let error) = try DatabaseFile.open(folder["db"], reserving: 1 << 20) else {
                return #expect(Bool(false), "opened twice")
            }
            #expect("\(error)".contains("another process"))
            withExtendedLifetime(first) {}
        }

        /// `truncate` of coreutils is the other program. It asks nobody for a lock.
        @Test("a file that another program cuts: the read gives an error, the next commit stops the member")
        func cut() throws {
            let folder = try Folder()
            let inbox = Inbox()
            let database = try DatabaseFile.open(folder["db"], reserving: 1 << 30).get()
            var file = try BoltFile(mapping: database.mapping.reserved, fileLength: database.mapping.count)
            let thread = PageThread(database, report: inbox.reporter)
            let name: ByteSlice = "key"
            let bucket = try file.createBucket(name.view, in: .root)
            for number in 0..<5000 {
                let (key, value) = (key(number), ByteSlice([UInt8](repeating: 7, count: 200)))
                try file.put(key.view, value.view, in: bucket)
            }
            let batch = try #require(try file.freeze())
            thread.submit(batch)
            try inbox.durable(batch.transaction)
            file.becameDurable(batch.transaction)
            #expect(!database.mapping.wasCut)

            // Frozen before the cut: afterwards the tree itself refuses changes.
            let (last, value): (ByteSlice, ByteSlice) = ("another", "value")
            try file.put(last.view, value.view, in: bucket)
            let next = try #require(try file.freeze())

            #expect(try Programs.run("truncate", ["-s", "16384", folder["db"]]).status == 0)
            var refused = 0
            for number in 0..<5000 {
                let key = key(number)
                do { _ = try file.get(key.view, in: bucket) } catch { refused += 1 }
            }
            #expect(refused > 4000, "only \(refused) reads of what is gone were refused")
            #expect(database.mapping.wasCut)

            thread.submit(next)
            let failure = try inbox.failure()
            guard case .fileCut(_, let length, let expected) = failure else {
                return #expect(Bool(false), "\(failure)")
            }
            #expect(length == 16384 && expected > 1 << 20)
            #expect("\(failure)".contains("another program has cut it"))
            thread.stop()
        }

        @Test("a batch is pages, sync, meta, sync: on the simulated disk, which writes down what it is asked")
        func order() throws {
            let disk = SimulatedDisk(dice: Dice(seed: 1))
            let empty = BoltFile.newFile(pageSize: 4096)
            try disk.replace("/db", with: empty.view)
            let simulated = try disk.open("/db", .writing)
            let mapping = try simulated.map(reserving: 16 << 20)
            var file = try BoltFile(mapping: mapping.reserved, fileLength: mapping.count)
            let name: ByteSlice = "key"
            let bucket = try file.createBucket(name.view, in: .root)
            for number in 0..<1000 {
                let (key, value) = (key(number), ByteSlice([UInt8](repeating: 7, count: 200)))
                try file.put(key.view, value.view, in: bucket)
            }
            let batch = try #require(try file.freeze())
            let before = disk.journal.actions.last?.number ?? 0
            try batch.carryOut(on: simulated)
            let actions = disk.journal.actions.filter { $0.number > before }
            #expect(actions.map(\.operation).first == .truncate)
            let kinds = actions.dropFirst().map(\.operation)
            let pages = kinds.dropLast(3)
            #expect(!pages.isEmpty && pages.allSatisfy { $0 == .write } && kinds.suffix(3) == [.sync, .write, .sync])
            let meta = actions[actions.endIndex - 2]
            #expect(meta.offset == batch.metaOffset && meta.count == 4096)
            let offsets = actions.dropFirst().prefix(pages.count).map(\.offset)
            #expect(offsets == offsets.sorted())
            _ = try mapping.extend()
            file.becameDurable(batch.transaction)
            #expect(file.check().isEmpty)
        }
    }
}
