// SimulatedDiskTests.swift: each thing that the simulated disk can do to a program is seen to happen.

import Bytes
import Disk
import Foundation
import Simulation
import Testing

/// Whether benchmarks run at full size (see Tests/long.sh).
let benchmarksAreFull = ProcessInfo.processInfo.environment["ETCD_BENCH"] == "1"

@Suite("The simulated disk's faults")
struct SimulatedDiskTests {
    /// A disk with one durable empty file "a", opened.
    private func make(
        seed: UInt64 = 1, _ settings: SimulatedDisk.Settings = .init()
    ) throws -> (disk: SimulatedDisk, file: SimulatedFile) {
        let disk = SimulatedDisk(settings, dice: Dice(seed: seed))
        let file = try disk.open("a", .creatingNew)
        try disk.syncDirectory("/")
        return (disk, file)
    }

    private func write(_ file: SimulatedFile, _ letter: Character, _ count: Int, at offset: Int) throws {
        let bytes = ByteSlice([UInt8](repeating: letter.asciiValue ?? 0, count: count))
        try withExtendedLifetime(bytes) { try file.write(bytes.view, at: offset) }
    }

    private func text(_ disk: SimulatedDisk, _ path: String = "a") throws -> [UInt8] {
        try disk.contents(of: path, limit: 1 << 30).array
    }

    /// The first byte of each sector, as text; a dot for zero.
    private func sectors(_ disk: SimulatedDisk, _ path: String = "a") throws -> String {
        let bytes = try text(disk, path)
        return String(
            decoding: stride(from: 0, to: bytes.count, by: 512).map { bytes[$0] == 0 ? UInt8(ascii: ".") : bytes[$0] },
            as: UTF8.self)
    }

    // MARK: Losing and keeping

    @Test("what is not synced is lost, what is synced is kept")
    func losesUnsynced() throws {
        let (disk, file) = try make()
        var dice = Dice(seed: 2)
        try write(file, "s", 1024, at: 0)
        try file.syncData()
        try write(file, "u", 1024, at: 512)
        #expect(try sectors(disk) == "suu")
        #expect(try sectors(disk.afterCrash(.synced, dice: &dice)) == "ss")
        #expect(try sectors(disk.afterCrash(.everything, dice: &dice)) == "suu")
        #expect(disk.unsyncedBytes == 1024)
        // Looking at a crash changes nothing (D3), so one run can look at many.
        #expect(try sectors(disk) == "suu")
        try file.syncData()
        #expect(try sectors(disk.afterCrash(.synced, dice: &dice)) == "suu")
        #expect(disk.unsyncedBytes == 0)
    }

    @Test("every subset of unsynced sectors is left by some crash, and older versions of a sector too")
    func keepsAnySubset() throws {
        let (disk, file) = try make()
        try write(file, "-", 4 * 512, at: 0)
        try file.syncData()
        try write(file, "A", 512, at: 0)
        try write(file, "B", 512, at: 512)
        try write(file, "C", 2 * 512, at: 1024)
        try write(file, "D", 512, at: 1536)
        var seen: Set<String> = []
        for seed in 0..<2000 {
            var dice = Dice(seed: UInt64(seed))
            seen.insert(try sectors(disk.afterCrash(.anySectors, dice: &dice)))
        }
        // Sector 3 was written twice: old, C and D are possible. 2 * 2 * 2 * 3 states, and no other.
        let expected = Set(
            ["A", "-"].flatMap { a in
                ["B", "-"].flatMap { b in ["C", "-"].flatMap { c in ["D", "C", "-"].map { a + b + c + $0 } } }
            })
        #expect(seen == expected)
    }

    @Test("a torn write is torn at a sector's border, and within a sector only where sectors are not atomic")
    func tearsWrites() throws {
        for atomic in [true, false] {
            var settings = SimulatedDisk.Settings()
            settings.sectorsAreAtomic = atomic
            let (disk, file) = try make(seed: 1, settings)
            try write(file, "w", 2000, at: 100)
            var lengths: Set<Int> = []
            for seed in 0..<400 {
                var dice = Dice(seed: UInt64(seed))
                lengths.insert(try text(disk.afterCrash(.inOrder, dice: &dice)).count)
            }
            if atomic {
                #expect(lengths == [0, 512, 1024, 1536, 2048, 2100])
            } else {
                #expect(lengths.contains { $0 % 512 != 0 && $0 != 2100 })
            }
        }
    }

    @Test("the first n unsynced bytes survive, for every n, over several files")
    func firstBytes() throws {
        let (disk, file) = try make()
        let other = try disk.open("b", .creatingNew)
        try disk.syncDirectory("/")
        try write(file, "a", 3, at: 0)
        try write(other, "b", 2, at: 0)
        try write(file, "c", 2, at: 3)
        let states = try (0...8).map { count in
            var dice = Dice(seed: 0)
            let left = disk.afterCrash(.firstBytes(count), dice: &dice)
            return String(decoding: try text(left, "a"), as: UTF8.self) + "|"
                + String(decoding: try text(left, "b"), as: UTF8.self)
        }
        #expect(states == ["|", "a|", "aa|", "aaa|", "aaa|b", "aaa|bb", "aaac|bb", "aaacc|bb", "aaacc|bb"])
    }

    @Test("in order means: some first part of everything, names included")
    func inOrder() throws {
        let disk = SimulatedDisk(dice: Dice(seed: 1))
        for (number, name) in ["a", "b", "c"].enumerated() {
            try write(try disk.open(name, .creatingNew), "x", 512 * (number + 1), at: 0)
        }
        var seen: Set<[String]> = []
        for seed in 0..<300 {
            var dice = Dice(seed: UInt64(seed))
            let left = disk.afterCrash(.inOrder, dice: &dice)
            let names = try left.list("/")
            seen.insert(names)
            // A file that is there is whole if a later one is there.
            for name in names.dropLast() { #expect(try !text(left, name).isEmpty) }
        }
        #expect(seen == [[], ["a"], ["a", "b"], ["a", "b", "c"]])
    }

    @Test("a file that was cut may be long again, and what was written after the cut may be missing")
    func cuts() throws {
        let (disk, file) = try make()
        try write(file, "x", 2048, at: 0)
        try file.syncData()
        try file.truncate(to: 512)
        try write(file, "y", 512, at: 1024)
        #expect(try sectors(disk) == "x.y")
        var seen: Set<String> = []
        for seed in 0..<500 {
            var dice = Dice(seed: UInt64(seed))
            seen.insert(try sectors(disk.afterCrash(.anySectors, dice: &dice)))
        }
        #expect(seen.isSuperset(of: ["xxxx", "x", "x.y", "xx.", "x.."]), "\(seen.sorted())")
        #expect(seen.allSatisfy { $0.hasPrefix("x") })
        try file.syncData()
        var dice = Dice(seed: 0)
        #expect(try sectors(disk.afterCrash(.synced, dice: &dice)) == "x.y")
    }

    // MARK: Names

    @Test("a name is durable only after its directory's sync, whatever was done to its file")
    func names() throws {
        let disk = SimulatedDisk(dice: Dice(seed: 1))
        var dice = Dice(seed: 1)
        try disk.createDirectory("d", permissions: .privateDirectory)
        let file = try disk.open("d/a", .creatingNew)
        try write(file, "x", 10, at: 0)
        try file.sync()
        #expect(try disk.afterCrash(.synced, dice: &dice).list("/") == [])
        try disk.syncDirectory("/")
        #expect(try disk.afterCrash(.synced, dice: &dice).list("d") == [])
        try disk.syncDirectory("d")
        #expect(try text(disk.afterCrash(.synced, dice: &dice), "d/a").count == 10)
        try disk.remove("d/a")
        #expect(try disk.afterCrash(.synced, dice: &dice).list("d") == ["a"], "a removal can be undone")
        try disk.syncDirectory("d")
        #expect(try disk.afterCrash(.synced, dice: &dice).list("d") == [])
        #expect(disk.unsyncedNames == 0)
    }

    @Test("a rename is old or new, never neither and never both", arguments: [false, true])
    func renameIsAtomic(acrossDirectories: Bool) throws {
        let (disk, file) = try make()
        try write(file, "o", 1, at: 0)
        try file.sync()
        try disk.createDirectory("d", permissions: .privateDirectory)
        let new = try disk.open("tmp", .creatingNew)
        try write(new, "n", 1, at: 0)
        try new.sync()
        try disk.syncDirectory("/")
        let target = acrossDirectories ? "d/a" : "a"
        try disk.rename("tmp", to: target)
        var seen: Set<String> = []
        for seed in 0..<100 {
            var dice = Dice(seed: UInt64(seed))
            let left = disk.afterCrash(.anySectors, dice: &dice)
            let there =
                try left.status(of: target) != nil ? String(decoding: try text(left, target), as: UTF8.self) : "-"
            seen.insert(there + (try left.status(of: "tmp") == nil ? "" : " and tmp"))
        }
        #expect(seen == (acrossDirectories ? ["- and tmp", "n"] : ["o and tmp", "n"]))
        // Syncing either directory makes a rename between two durable as a whole.
        try disk.syncDirectory(acrossDirectories ? "d" : "/")
        var dice = Dice(seed: 0)
        let left = disk.afterCrash(.synced, dice: &dice)
        #expect(try text(left, target) == Array("n".utf8))
        #expect(try left.status(of: "tmp") == nil)
    }

    // MARK: Errors

    @Test("a full disk takes what fits and says so; what is removed makes room")
    func fills() throws {
        var settings = SimulatedDisk.Settings()
        settings.capacityBytes = 10_000
        var (disk, file): (SimulatedDisk, SimulatedFile?) = try make(seed: 1, settings)
        try write(#require(file), "x", 6000, at: 0)
        let error = #expect(throws: DiskError.self) { try write(#require(file), "y", 6000, at: 6000) }
        #expect(error?.kind == .noSpace)
        #expect(try file?.size() == 10_000)
        #expect(throws: DiskError(.fallocate, "b", .noSpace)) {
            try disk.open("b", .creatingIfMissing).preallocate(1)
        }
        try write(#require(file), "z", 6000, at: 0)  // Writing over needs no room.
        try file?.truncate(to: 1000)
        try disk.open("b", .writing).preallocate(9000)
        try disk.remove("a")
        #expect(throws: DiskError.self) { try disk.open("b", .writing).preallocate(9001) }
        file = nil
        try disk.syncDirectory("/")
        try disk.open("b", .writing).preallocate(10_000)
        disk = SimulatedDisk(dice: Dice(seed: 0))
    }

    @Test("an error that was asked for comes when it was asked for, once", arguments: DiskOperation.allCases)
    func errors(operation: DiskOperation) throws {
        let (disk, file) = try make()
        try write(file, "x", 1, at: 0)
        /// Does the operation.
        func attempt(_ number: Int) throws {
            var buffer = ByteBuffer()
            switch operation {
            case .open: _ = try disk.open("a", .reading)
            case .list: _ = try disk.list("/")
            case .create: try disk.createDirectory("d\(number)", permissions: .privateDirectory)
            case .rename: try disk.rename("a", to: "a")
            case .remove:
                _ = try disk.open("r", .creatingIfMissing)
                try disk.remove("r")
            case .syncDirectory: try disk.syncDirectory("/")
            case .read: _ = try file.read(1, at: 0, into: &buffer)
            case .write: try write(file, "y", 1, at: 0)
            case .truncate: try file.truncate(to: number)
            case .preallocate: try file.preallocate(number)
            case .sync: try file.syncData()
            case .map: _ = try file.map(reserving: 100)
            case .lock: _ = try file.tryLock(.exclusive)
            }
        }
        disk.fail(DiskFault(operation, after: 2))
        try attempt(1)
        try attempt(2)
        let error = #expect(throws: DiskError.self) { try attempt(3) }
        #expect(error?.kind == .inputOutput)
        try attempt(4)
        #expect(disk.journal.actions.contains { $0.operation == operation && $0.failure == .inputOutput })
    }

    @Test("errors by chance come about as often as asked for")
    func errorsByChance() throws {
        let (disk, file) = try make()
        disk.settings.errorsPerMille = [.write: 100]
        var failures = 0
        for _ in 0..<2000 {
            do { try write(file, "x", 10, at: 0) } catch { failures += 1 }
        }
        #expect((120...280).contains(failures), "\(failures) of 2000")
        try file.syncData()
    }

    @Test("after a failed sync the next one succeeds, and what the failed one lost stays lost")
    func failedSync() throws {
        var lost = 0
        for seed in 0..<50 {
            let (disk, file) = try make(seed: UInt64(seed))
            try write(file, "x", 8 * 512, at: 0)
            disk.fail(DiskFault(.sync))
            #expect(throws: DiskError.self) { try file.syncData() }
            #expect(try sectors(disk) == "xxxxxxxx", "programs still see it")
            try file.syncData()
            var dice = Dice(seed: 0)
            if try sectors(disk.afterCrash(.everything, dice: &dice)) != "xxxxxxxx" { lost += 1 }
        }
        #expect(lost > 25)
    }

    @Test("a flipped bit is seen at once and after the crash, and nothing else changes")
    func flipsBits() throws {
        let (disk, file) = try make()
        try write(file, "x", 2000, at: 0)
        try file.syncData()
        var dice = Dice(seed: 0)
        let before = disk.afterCrash(.synced, dice: &dice)
        let place = try disk.flipSomeBit(of: "a")
        for (left, what) in [(disk, "now"), (disk.afterCrash(.synced, dice: &dice), "after the crash")] {
            let bytes = try text(left)
            let changed = bytes.indices.filter { bytes[$0] != UInt8(ascii: "x") }
            #expect(changed == [place], "\(what)")
            #expect((bytes[place] ^ UInt8(ascii: "x")).nonzeroBitCount == 1)
        }
        #expect(try text(before).allSatisfy { $0 == UInt8(ascii: "x") }, "an earlier crash has its own bytes (D3)")
    }

    // MARK: The crash itself

    @Test("after its crash point the machine does nothing more")
    func stops() throws {
        let (disk, file) = try make()
        let before = disk.crashPoints.total
        disk.crashAt(point: before + 3)
        try write(file, "1", 512, at: 0)
        try file.syncData()
        #expect(throws: DiskError(.write, "a", .crashed)) { try write(file, "2", 512, at: 512) }
        #expect(throws: DiskError(.fdatasync, "a", .crashed)) { try file.syncData() }
        #expect(throws: DiskError(.open, "b", .crashed)) { try disk.open("b", .creatingNew) }
        #expect(disk.crashPoints.total == before + 3)
        var dice = Dice(seed: 0)
        let left = disk.afterCrash(.synced, dice: &dice)
        #expect(try sectors(left) == "1")
        // The new machine works, and locks of the old one are gone.
        #expect(try left.open("a", .writing).tryLock(.openFileDescription))
        try left.open("a", .writing).syncData()
    }

    @Test("crash points are counted by kind")
    func countsCrashPoints() throws {
        let (disk, file) = try make()
        try write(file, "x", 1, at: 0)
        try write(file, "x", 1, at: 0)
        try file.syncData()
        try file.truncate(to: 0)
        try file.preallocate(5)
        try disk.rename("a", to: "b")
        try disk.remove("b")
        #expect(
            disk.crashPoints.description
                == "2 write, 1 truncate, 1 preallocate, 1 sync, 1 create, 1 rename, 1 remove, 1 syncDirectory: 9 in all"
        )
        #expect(
            disk.journal.actions.map(\.description).suffix(3) == ["#7 preallocate a", "#8 rename a", "#9 remove b"])
    }

    @Test("short of memory, the oldest unsynced bytes become durable unasked")
    func writesBack() throws {
        var settings = SimulatedDisk.Settings()
        settings.unsyncedLimitBytes = 1000
        let (disk, file) = try make(seed: 1, settings)
        try write(file, "x", 900, at: 0)
        var dice = Dice(seed: 0)
        #expect(try text(disk.afterCrash(.synced, dice: &dice)).count == 0)
        try write(file, "x", 200, at: 900)
        #expect(try text(disk.afterCrash(.synced, dice: &dice)).count == 1100)
    }

    // MARK: Chance

    /// What a sync promised about a file, and which sectors were touched since.
    private struct Promise {
        var bytes: [UInt8] = []
        var touched: Set<Int> = []
        var wasCut = false
    }

    /// Random calls, and what they leave promised.
    private func randomRun(seed: UInt64) throws -> (disk: SimulatedDisk, promises: [String: Promise]) {
        var dice = Dice(seed: seed)
        let disk = SimulatedDisk(dice: dice.fork("disk"))
        let files = try ["a", "b", "c"].map { try disk.open($0, .creatingNew) }
        var promises = Dictionary(uniqueKeysWithValues: files.map { ($0.path, Promise()) })
        try disk.syncDirectory("/")
        for _ in 0..<60 {
            let file = dice.pick(files)
            switch dice.roll(8) {
            case 0:
                let size = dice.roll(6000)
                try file.truncate(to: size)
                promises[file.path]?.touched.formUnion((size / 512)..<20)
                promises[file.path]?.wasCut = true
            case 1: try file.preallocate(dice.roll(6000))
            case 2...3:
                try file.syncData()
                promises[file.path] = Promise(bytes: try text(disk, file.path))
            default:
                let (count, offset) = (1 + dice.roll(1500), dice.roll(5000))
                try write(file, Character(UnicodeScalar(UInt8(97 + dice.roll(26)))), count, at: offset)
                promises[file.path]?.touched.formUnion((offset / 512)...((offset + count - 1) / 512))
            }
        }
        return (disk, promises)
    }

    @Test("what was synced and not touched since is there after any crash", arguments: 0..<100)
    func keepsPromises(seed: UInt64) throws {
        let (disk, promises) = try randomRun(seed: seed)
        for survival in Survival.all + [.firstBytes(Int(seed) * 37)] {
            var dice = Dice(seed: seed)
            let left = disk.afterCrash(survival, dice: &dice)
            for (path, promise) in promises {
                let bytes = try text(left, path)
                if !promise.wasCut { #expect(bytes.count >= promise.bytes.count, "\(path), \(survival)") }
                for place in promise.bytes.indices where place < bytes.count && !promise.touched.contains(place / 512) {
                    guard bytes[place] != promise.bytes[place] else { continue }
                    Issue.record("byte \(place) of \(path) is not what was synced, \(survival)")
                    return
                }
            }
        }
    }

    @Test("equal seeds give equal disks, and other seeds give others", arguments: 0..<20)
    func deterministic(seed: UInt64) throws {
        let runs = try (0..<2).map { _ in try randomRun(seed: seed).disk }
        #expect(runs[0].journal.digest == runs[1].journal.digest)
        for survival in Survival.all {
            let left = try runs.map { disk in
                var dice = Dice(seed: seed &+ 1)
                let after = disk.afterCrash(survival, dice: &dice)
                return try after.list("/").map { [$0: try text(after, $0)] }
            }
            #expect(left[0] == left[1], "\(survival)")
        }
        #expect(try randomRun(seed: seed + 1000).disk.journal.digest != runs[0].journal.digest)
    }

    // MARK: Speed

    @Test("bench: the simulated disk")
    func bench() throws {
        let full = benchmarksAreFull
        let rounds = full ? 400_000 : 4_000
        var settings = SimulatedDisk.Settings()
        settings.journalLimit = 100
        let (disk, file) = try make(seed: 1, settings)
        try file.preallocate(64_000_000)
        let bytes = ByteSlice([UInt8](repeating: 7, count: 512))
        let elapsed = try ContinuousClock().measure {
            for number in 0..<rounds {
                try withExtendedLifetime(bytes) { try file.write(bytes.view, at: number % 100_000 * 512) }
                if number % 4 == 3 { try file.syncData() }
            }
        }
        let operations = rounds + rounds / 4
        var dice = Dice(seed: 1)
        var recoveries = 0
        let small = try disk.open("b", .creatingNew)
        try disk.syncDirectory("/")
        try file.syncData()
        try write(small, "b", 1 << 20, at: 0)
        try small.syncData()
        let crashes = try ContinuousClock().measure {
            for number in 0..<(full ? 2_000 : 20) {
                try write(small, "c", 512, at: number % 100 * 512)
                let left = disk.afterCrash(.anySectors, dice: &dice)
                recoveries += try left.open("b", .reading).size() > 0 ? 1 : 0
            }
        }
        #expect(disk.crashPoints.total > rounds && recoveries > 0)
        if full {
            print(
                "bench: simulated disk, 512-byte writes, a sync after 4: \(elapsed / operations) an operation; digest \(disk.journal.digest)"
            )
            print(
                "bench: a crash with one unsynced sector in a file of 1 MiB, beside one of 64 MB: \(crashes / recoveries)"
            )
        }
    }
}
