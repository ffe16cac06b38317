// DiskContract.swift: what every `Disk` must do, said once and checked on both.
//
// A simulated disk that is kinder than the real one would prove nothing, and one that is stricter would find bugs that
// are none. So the same sentences are checked on both, and a random differential test looks for sentences that we
// forgot to write.

import Bytes
import Disk
import Testing

/// The sentences, for one disk and an empty directory on it.
struct DiskContract<D: Disk> {
    let disk: D
    let root: String

    /// Name and check; the names are the test's arguments.
    static var sentences: [(name: String, check: (DiskContract) throws -> Void)] {
        [
            ("a file holds what was written, and zeroes in between", { try $0.holdsWhatWasWritten() }),
            ("reading stops at the end", { try $0.readingStopsAtTheEnd() }),
            ("pieces are written one after the other", { try $0.gathersPieces() }),
            ("a file can be cut and made longer", { try $0.cutsAndGrows() }),
            ("preallocating makes a file longer and never shorter", { try $0.preallocates() }),
            ("how a file is opened is obeyed", { try $0.obeysTheMode() }),
            ("a file opened for reading cannot be written", { try $0.readOnlyIsReadOnly() }),
            ("names are listed in order and removed", { try $0.listsAndRemoves() }),
            ("a rename replaces, and refuses what it must", { try $0.renames() }),
            ("a removed file lives on for those who have it open", { try $0.removedFilesLiveOn() }),
            ("each family of locks is exclusive between openings", { try $0.locks() }),
            ("a mapping shows writes at once and grows without moving", { try $0.maps() }),
            ("a small file is replaced whole", { try $0.replaces() }),
            ("directories are made with those above them", { try $0.createsDirectories() }),
            ("syncs succeed", { try $0.syncs() }),
        ]
    }

    private func path(_ name: String) -> String { joinPath(root, name) }

    private func bytes(_ file: D.File, _ range: Range<Int>) throws -> [UInt8] {
        var buffer = ByteBuffer()
        let count = try file.read(range.count, at: range.lowerBound, into: &buffer)
        #expect(count == buffer.view.count)
        return buffer.view.array
    }

    private func kind(_ body: () throws -> Void) -> DiskError.Kind? {
        do {
            try body()
            return nil
        } catch {
            return (error as? DiskError)?.kind
        }
    }

    private func write(_ file: D.File, _ text: ByteSlice, at offset: Int) throws {
        try withExtendedLifetime(text) { try file.write(text.view, at: offset) }
    }

    func holdsWhatWasWritten() throws {
        let file = try disk.open(path("a"), .creatingNew)
        try write(file, "hello", at: 0)
        try write(file, "world", at: 10)
        #expect(try file.size() == 15)
        #expect(try bytes(file, 0..<15) == Array("hello\0\0\0\0\0world".utf8))
        try write(file, "J", at: 0)
        #expect(try bytes(file, 0..<5) == Array("Jello".utf8))
        try write(file, "", at: 100)
        #expect(try file.size() == 15, "a write of nothing writes nothing, wherever it is")
    }

    func readingStopsAtTheEnd() throws {
        let file = try disk.open(path("a"), .creatingNew)
        #expect(try bytes(file, 0..<10) == [])
        try write(file, "abc", at: 0)
        #expect(try bytes(file, 0..<10) == Array("abc".utf8))
        #expect(try bytes(file, 2..<10) == Array("c".utf8))
        #expect(try bytes(file, 3..<10) == [])
        #expect(try bytes(file, 99..<100) == [])
        #expect(try bytes(file, 1..<1) == [])
    }

    func gathersPieces() throws {
        let file = try disk.open(path("a"), .creatingNew)
        let pieces: [ByteSlice] = ["one", "", "two", "three"]
        try withExtendedLifetime(pieces) { try file.write(gathering: pieces.map(\.view), at: 2) }
        #expect(try bytes(file, 0..<99) == Array("\0\0onetwothree".utf8))
        try file.write(gathering: [], at: 500)
        #expect(try file.size() == 13)
        // More pieces than the system takes in one call.
        let many = (0..<3000).map { ByteSlice([UInt8($0 & 0xFF)]) }
        try withExtendedLifetime(many) { try file.write(gathering: many.map(\.view), at: 0) }
        #expect(try bytes(file, 0..<4000) == (0..<3000).map { UInt8($0 & 0xFF) })
    }

    func cutsAndGrows() throws {
        let file = try disk.open(path("a"), .creatingNew)
        try write(file, "abcdef", at: 0)
        try file.truncate(to: 3)
        #expect(try bytes(file, 0..<9) == Array("abc".utf8))
        try file.truncate(to: 6)
        #expect(try bytes(file, 0..<9) == Array("abc\0\0\0".utf8), "what was cut does not come back")
        try file.truncate(to: 0)
        #expect(try file.size() == 0)
    }

    func preallocates() throws {
        let file = try disk.open(path("a"), .creatingNew)
        try write(file, "abc", at: 0)
        try file.preallocate(100_000)
        #expect(try file.size() == 100_000)
        #expect(try bytes(file, 0..<5) == Array("abc\0\0".utf8))
        #expect(try bytes(file, 99_999..<100_001) == [0])
        try file.preallocate(10)
        #expect(try file.size() == 100_000)
    }

    func obeysTheMode() throws {
        #expect(kind { _ = try disk.open(path("a"), .reading) } == .notFound)
        #expect(kind { _ = try disk.open(path("a"), .writing) } == .notFound)
        try write(try disk.open(path("a"), .creatingIfMissing), "abc", at: 0)
        #expect(try disk.open(path("a"), .creatingIfMissing).size() == 3)
        #expect(kind { _ = try disk.open(path("a"), .creatingNew) } == .alreadyExists)
        #expect(try disk.open(path("a"), .writing).size() == 3)
        #expect(try disk.open(path("a"), .replacing).size() == 0)
        #expect(kind { _ = try disk.open(path("no/a"), .creatingNew) } == .notFound)
        #expect(kind { _ = try disk.open(path("a/b"), .creatingNew) } == .notADirectory)
        #expect(kind { _ = try disk.open(root, .reading) } == .isADirectory)
        let status = try disk.status(of: path("a"))
        #expect(status == FileStatus(size: 0, isDirectory: false, permissions: .private))
    }

    func readOnlyIsReadOnly() throws {
        try write(try disk.open(path("a"), .creatingNew), "abc", at: 0)
        let file = try disk.open(path("a"), .reading)
        #expect(kind { try write(file, "x", at: 0) } == .readOnly)
        #expect(kind { try file.truncate(to: 1) } == .readOnly)
        #expect(kind { try file.preallocate(10) } == .readOnly)
        #expect(try bytes(file, 0..<9) == Array("abc".utf8))
    }

    func listsAndRemoves() throws {
        for name in ["b", "a", "B", "10", "9", "ä"] { _ = try disk.open(path(name), .creatingNew) }
        try disk.createDirectory(path("d"), permissions: .privateDirectory)
        #expect(try disk.list(root) == ["10", "9", "B", "a", "b", "d", "ä"])
        #expect(try disk.status(of: path("d"))?.isDirectory == true)
        #expect(try disk.status(of: path("d"))?.permissions == .privateDirectory)
        #expect(try disk.status(of: path("nobody")) == nil)
        #expect(try disk.status(of: path("a/nobody")) == nil)
        try disk.remove(path("a"))
        #expect(kind { try disk.remove(path("a")) } == .notFound)
        #expect(kind { try disk.remove(path("d")) } == .isADirectory)
        #expect(kind { try disk.removeDirectory(path("b")) } == .notADirectory)
        _ = try disk.open(path("d/x"), .creatingNew)
        #expect(kind { try disk.removeDirectory(path("d")) } == .notEmpty)
        try disk.remove(path("d/x"))
        try disk.removeDirectory(path("d"))
        #expect(try disk.list(root) == ["10", "9", "B", "b", "ä"])
        #expect(kind { _ = try disk.list(path("d")) } == .notFound)
        #expect(kind { _ = try disk.list(path("b")) } == .notADirectory)
        #expect(kind { try disk.createDirectory(path("b"), permissions: .privateDirectory) } == .alreadyExists)
    }

    func renames() throws {
        try write(try disk.open(path("old"), .creatingNew), "new bytes", at: 0)
        try write(try disk.open(path("target"), .creatingNew), "x", at: 0)
        try disk.rename(path("old"), to: path("target"))
        #expect(try disk.list(root) == ["target"])
        #expect(try disk.status(of: path("target"))?.size == 9)
        #expect(kind { try disk.rename(path("old"), to: path("target")) } == .notFound)
        try disk.rename(path("target"), to: path("target"))
        try disk.createDirectory(path("full"), permissions: .privateDirectory)
        try disk.createDirectory(path("empty"), permissions: .privateDirectory)
        try disk.rename(path("target"), to: path("full/moved"))
        #expect(try disk.list(path("full")) == ["moved"])
        #expect(kind { try disk.rename(path("empty"), to: path("full")) } == .notEmpty)
        #expect(kind { try disk.rename(path("full/moved"), to: path("empty")) } == .isADirectory)
        #expect(kind { try disk.rename(path("empty"), to: path("full/moved")) } == .notADirectory)
        #expect(kind { try disk.rename(path("full"), to: path("full/inner")) } == .notSupported)
        try disk.rename(path("full"), to: path("empty"))
        #expect(try disk.list(path("empty")) == ["moved"])
        #expect(kind { try disk.rename(path("empty"), to: path("no/where")) } == .notFound)
    }

    func removedFilesLiveOn() throws {
        let file = try disk.open(path("a"), .creatingNew)
        try write(file, "abc", at: 0)
        try disk.remove(path("a"))
        try write(file, "d", at: 3)
        #expect(try bytes(file, 0..<9) == Array("abcd".utf8))
        _ = try disk.open(path("a"), .creatingNew)
        #expect(try bytes(file, 0..<9) == Array("abcd".utf8), "a new file of the name is another file")
    }

    func locks() throws {
        var first: D.File? = try disk.open(path("a"), .creatingNew)
        let second = try disk.open(path("a"), .writing)
        #expect(try first?.tryLock(.openFileDescription) == true)
        #expect(try first?.tryLock(.openFileDescription) == true, "who has it may ask again")
        #expect(try !second.tryLock(.openFileDescription))
        #expect(try second.tryLock(.exclusive), "the families do not see each other")
        #expect(try first?.tryLock(.exclusive) == false)
        #expect(try first?.tryLock(.shared) == false)
        try second.unlock(.exclusive)
        #expect(try first?.tryLock(.shared) == true)
        #expect(try second.tryLock(.shared))
        #expect(try !second.tryLock(.exclusive))
        first = nil
        #expect(try second.tryLock(.openFileDescription), "closing gives up the locks")
        #expect(try second.tryLock(.exclusive))
        try second.unlock(.openFileDescription)
        #expect(try disk.open(path("a"), .writing).tryLock(.openFileDescription))
    }

    func maps() throws {
        let file = try disk.open(path("a"), .creatingNew)
        try write(file, "abc", at: 0)
        let mapping = try file.map(reserving: 1 << 20)
        #expect(mapping.count == 3)
        #expect(mapping.reservation == 1 << 20)
        let early = mapping[0..<3]
        #expect(early.array == Array("abc".utf8))
        try write(file, "X", at: 1)
        #expect(early.array == Array("aXc".utf8), "a view shows what is written later")
        let page = ByteSlice([UInt8](repeating: 7, count: 4096))
        for number in 1...100 { try write(file, page, at: number * 4096) }
        #expect(mapping.count == 3, "what has grown shows after it was asked for")
        #expect(try mapping.extend() == 101 * 4096)
        #expect(mapping[4096..<(101 * 4096)].array.allSatisfy { $0 == 7 })
        #expect(early.array == Array("aXc".utf8), "and nothing has moved")
        #expect(mapping[3..<4096].array.allSatisfy { $0 == 0 })
        #expect(kind { _ = try file.map(reserving: 100) } == .tooLarge)
    }

    func replaces() throws {
        for text in ["first", "second one"] as [ByteSlice] {
            try withExtendedLifetime(text) { try disk.replace(path("a"), with: text.view) }
            #expect(try disk.contents(of: path("a"), limit: 100) == text)
        }
        #expect(try disk.list(root) == ["a"])
        #expect(kind { _ = try disk.contents(of: path("a"), limit: 9) } == .tooLarge)
    }

    func createsDirectories() throws {
        try disk.createDirectories(path("x/y/z"))
        try disk.createDirectories(path("x/y/z"))
        #expect(try disk.list(path("x/y")) == ["z"])
        _ = try disk.open(path("x/file"), .creatingNew)
        #expect(kind { try disk.createDirectories(path("x/file")) } == .notADirectory)
    }

    func syncs() throws {
        let file = try disk.open(path("a"), .creatingNew)
        try write(file, "abc", at: 0)
        try file.syncData()
        try file.sync()
        try disk.syncDirectory(root)
        #expect(kind { try disk.syncDirectory(path("nobody")) } == .notFound)
        #expect(kind { try disk.syncDirectory(path("a")) } == .notADirectory)
    }
}
