// FileSystemTests.swift: what only the real disk can show: errors of the system, other processes, threads.

import Bytes
import Disk
import Files
import Foundation
import Synchronization
import Testing

@Suite("The real disk")
struct FileSystemTests {
    let disk = FileSystem()

    /// Runs a program; its exit status and what it printed.
    private func run(_ arguments: [String]) throws -> (Int32, String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    @Test("a full device and a failing device are told apart, and the message says what to do")
    func errorsOfDevices() throws {
        let full = try disk.open("/dev/full", .writing)
        let byte: ByteSlice = "x"
        let error = #expect(throws: DiskError.self) {
            try withExtendedLifetime(byte) { try full.write(byte.view, at: 0) }
        }
        #expect(error?.kind == .noSpace)
        #expect(
            error?.description
                == "write /dev/full: no space is left on the device (errno 28); free space or enlarge the disk, then start again"
        )
        // Address 0 of a process is never there, which the system reports as an error of the device.
        let memory = try disk.open("/proc/self/mem", .reading)
        var buffer = ByteBuffer()
        let failure = #expect(throws: DiskError.self) { _ = try memory.read(1, at: 0, into: &buffer) }
        #expect(failure?.kind == .inputOutput)
        #expect(buffer.view.isEmpty)
    }

    @Test("a file is made with the permissions asked for")
    func filePermissions() throws {
        let directory = try TemporaryDirectory()
        _ = try disk.open(directory.path + "/p", .creatingNew)
        #expect(try disk.status(of: directory.path + "/p")?.permissions.rawValue == 0o600)
    }

    @Test("no descriptor survives into a program that we start")
    func closeOnExec() throws {
        let directory = try TemporaryDirectory()
        let file = try disk.open(directory.path + "/a", .creatingNew)
        let manager = FileManager.default
        let numbers = try manager.contentsOfDirectory(atPath: "/proc/self/fd").filter {
            (try? manager.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == directory.path + "/a"
        }
        let number = try #require(numbers.first)
        let facts = try String(contentsOfFile: "/proc/self/fdinfo/\(number)", encoding: .utf8)
        let flags = try #require(
            facts.split(separator: "\n").first { $0.hasPrefix("flags:") }?.split(separator: "\t").last)
        #expect(try #require(Int(flags, radix: 8)) & 0o2_000_000 != 0, "O_CLOEXEC is missing in \(flags)")
        _ = file
    }

    @Test("other programs see our locks, each family its own")
    func locksBetweenProcesses() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/locked"
        let file = try disk.open(path, .creatingNew)
        let recordLock = [
            "python3", "-c",
            """
            import fcntl, sys
            try: fcntl.lockf(open(sys.argv[1], 'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError: sys.exit(1)
            """, path,
        ]
        #expect(try file.tryLock(.exclusive))
        #expect(try run(["flock", "-n", path, "true"]).0 == 1)
        #expect(try run(recordLock).0 == 0)
        try file.unlock(.exclusive)
        #expect(try run(["flock", "-n", path, "true"]).0 == 0)
        #expect(try file.tryLock(.openFileDescription))
        #expect(try run(["flock", "-n", path, "true"]).0 == 0)
        #expect(try run(recordLock).0 != 0)
        try file.unlock(.openFileDescription)
        #expect(try run(recordLock).0 == 0)
    }

    @Test("a mapping reserves ten gigabytes of addresses and takes no memory for them")
    func largeReservation() throws {
        let directory = try TemporaryDirectory()
        let file = try disk.open(directory.path + "/a", .creatingNew)
        let mapping = try file.map(reserving: 10 << 30)
        #expect(mapping.count == 0)
        try file.truncate(to: 3 << 30)
        #expect(try mapping.extend() == 3 << 30)
        // The file is a hole; its last byte is there all the same.
        #expect(mapping[((3 << 30) - 1)..<(3 << 30)].array == [0])
    }

    @Test("many threads read a mapping while one writes")
    func threads() throws {
        let directory = try TemporaryDirectory()
        let file = try disk.open(directory.path + "/a", .creatingNew)
        let mapping = try file.map(reserving: 1 << 20)
        let bell = Bell()
        let seen = Atomic(0)
        let pages = 64
        let readers = (0..<3).map { number in
            WorkerThread(named: "reader \(number)") {
                var known = 0
                while known < pages {
                    let count = mapping.count / 4096
                    // Each page is written before it becomes readable, so a reader finds it whole.
                    for page in known..<count
                    where mapping[(page * 4096)..<((page + 1) * 4096)].array.allSatisfy({ $0 == UInt8(page) }) {
                        seen.add(1, ordering: .relaxed)
                    }
                    known = count
                    _ = bell.wait(upTo: 100_000)
                }
            }
        }
        for page in 0..<pages {
            let bytes = ByteSlice([UInt8](repeating: UInt8(page), count: 4096))
            try withExtendedLifetime(bytes) { try file.write(bytes.view, at: page * 4096) }
            _ = try mapping.extend()
            bell.ring()
        }
        for reader in readers { reader.join() }
        #expect(seen.load(ordering: .relaxed) == 3 * pages)
    }

    @Test("a bell remembers one ring, and a silent one lets the waiter go in time")
    func bell() {
        let bell = Bell()
        bell.ring()
        bell.ring()
        #expect(bell.wait(upTo: 1))
        let before = SystemClock.monotonicNanoseconds
        #expect(!bell.wait(upTo: 5_000_000))
        #expect(SystemClock.monotonicNanoseconds - before >= 5_000_000)
        let thread = WorkerThread(named: "ringer") { bell.ring() }
        bell.wait()
        thread.join()
    }

    @Test("the clocks agree with the system's")
    func clocks() {
        let wall = Double(SystemClock.wallNanoseconds) / 1e9
        #expect(abs(wall - Date().timeIntervalSince1970) < 5)
        let first = SystemClock.monotonicNanoseconds
        #expect(SystemClock.monotonicNanoseconds >= first)
    }

    @Test("touching what is beyond the end is a mistake of ours and stops the program")
    func viewBeyondTheEnd() async {
        await #expect(processExitsWith: .failure) {
            let directory = try TemporaryDirectory()
            let file = try FileSystem().open(directory.path + "/a", .creatingNew)
            _ = try file.map(reserving: 4096)[0..<1]
        }
    }
}
