// KillTests.swift: a process that writes log and pages is killed, again and again; nothing it promised is lost.
//
// The program is `crashwriter`, beside this folder. It writes down, after each report of its threads, which entry of
// the log is durable and which entry's effect is durable in the tree. After each kill this test reads what is there
// without any of the program's code but the rooms themselves, and starts it again on the same directory.

import BoltFile
import Bytes
import Disk
import Files
import Foundation
import Identifiers
import RaftMessages
import StorageThreads
import Testing
import WriteAheadLog

extension OnRealFiles {
    @Suite("Killed processes")
    struct KillTests {
        private struct Promised {
            var entry: UInt64 = 0
            var effect: UInt64 = 0
        }

        private func promised(_ folder: Folder) throws -> Promised {
            let disk = FileSystem()
            guard try disk.status(of: folder["promised"]) != nil else { return Promised() }
            let bytes = try disk.contents(of: folder["promised"], limit: 16)
            guard bytes.count == 16 else { return Promised() }
            return withExtendedLifetime(bytes) {
                Promised(entry: bytes.view.littleEndian(at: 0), effect: bytes.view.littleEndian(at: 8))
            }
        }

        private func data(_ index: UInt64, _ term: UInt64) -> ByteSlice {
            let text = "entry \(index) of term \(term) "
            return ByteSlice(Array(text.utf8) + [UInt8](repeating: UInt8(index & 0xFF), count: Int(index * 37 % 700)))
        }

        @Test("kill -9 in the middle of writing, many rounds", .timeLimit(.minutes(60)))
        func rounds() throws {
            let folder = try Folder()
            let rounds = Settings.long ? 500 : 30
            var before = Promised()
            var snapshots = 0
            for round in 1...rounds {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: Programs.path("crashwriter"))
                process.arguments = [folder.path]
                try process.run()
                // Killed at any moment after it has promised something new, so that every round has a start and a middle.
                let end = SystemClock.monotonicNanoseconds + 20_000_000_000
                while try promised(folder).effect <= before.effect {
                    try #require(process.isRunning, "round \(round): it ended by itself")
                    try #require(SystemClock.monotonicNanoseconds < end, "round \(round): it promises nothing")
                    usleep(500)
                }
                usleep(UInt32.random(in: 0..<60_000))
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
                #expect(process.terminationReason == .uncaughtSignal)

                let now = try promised(folder)
                #expect(now.entry >= before.entry && now.effect > before.effect)
                snapshots = max(snapshots, try check(folder, now, "round \(round)"))
                before = now
            }
            print("killed \(rounds) times: \(before.entry) entries promised, \(before.effect) applied, none lost")
            #expect(snapshots > 0, "no round had a snapshot to start from")
        }

        /// Reads log and tree; returns the index of the snapshot from which the log was read.
        private func check(_ folder: Folder, _ promised: Promised, _ note: Comment) throws -> Int {
            let disk = FileSystem()
            let recorded = try LogReader.survey(folder["wal"], on: disk)
            let newest = try SnapshotFiles.newest(among: recorded, in: folder["snap"], on: disk)
            let start = newest.map { LogPosition(term: $0.metadata.term, index: $0.metadata.index) } ?? LogPosition()
            let contents = try LogReader.read(folder["wal"], on: disk, from: start)
            #expect(contents.last.index.rawValue >= promised.entry, note)
            for (place, entry) in contents.entries.enumerated() {
                #expect(entry.index == start.index + (place + 1), note)
                #expect(entry.data == data(entry.index.rawValue, entry.term.rawValue), note)
            }

            let database = try DatabaseFile.open(folder["snap/db"], reserving: 1 << 30).get()
            let version = try FrozenVersion(mapping: database.mapping.reserved, fileLength: database.mapping.count)
            #expect(version.check().isEmpty, note)
            let (name, counter): (ByteSlice, ByteSlice) = ("key", "applied")
            let tree = try #require(try version.root.bucket(name.view), note)
            let applied = try #require(try tree.get(counter.view).flatMap { UInt64($0.lossyText) }, note)
            #expect(applied >= promised.effect && applied <= contents.last.index.rawValue, note)
            #expect(applied >= start.index.rawValue, "\(note): the snapshot is ahead of the tree")
            // The tree is the state after exactly `applied` entries: each key has the last of them that concerns it.
            for slot in 0..<UInt64(500) {
                let key = ByteSlice(utf8: "key \(slot)")
                let value = try tree.get(key.view)
                guard applied > 0, applied >= slot, slot > 0 || applied >= 500 else {
                    #expect(value == nil, note)
                    continue
                }
                let index = applied - (applied - slot) % 500
                #expect(value?.lossyText.hasPrefix("entry \(index) of term ") == true, "\(note): key \(slot)")
            }
            return Int(start.index.rawValue)
        }
    }
}
