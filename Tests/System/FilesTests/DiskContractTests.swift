// DiskContractTests.swift: the sentences of DiskContract on the real and on the simulated disk, and the same random
// calls on both.

import Bytes
import Disk
import Files
import Simulation
import Testing

@Suite("What every disk does")
struct DiskContractTests {
    static let numbers = DiskContract<FileSystem>.sentences.indices

    @Test("the real disk", arguments: numbers)
    func real(number: Int) throws {
        let directory = try TemporaryDirectory()
        try withExtendedLifetime(directory) {
            try DiskContract<FileSystem>.sentences[number].check(DiskContract(disk: FileSystem(), root: directory.path))
        }
    }

    @Test("the simulated disk", arguments: numbers)
    func simulated(number: Int) throws {
        let disk = SimulatedDisk(dice: Dice(seed: UInt64(number)))
        try disk.createDirectory("/root", permissions: .privateDirectory)
        try DiskContract<SimulatedDisk>.sentences[number].check(DiskContract(disk: disk, root: "/root"))
    }

    @Test("random calls have the same answers on both", arguments: 0..<40)
    func differential(seed: Int) throws {
        let directory = try TemporaryDirectory()
        let simulated = SimulatedDisk(dice: Dice(seed: 0))
        try simulated.createDirectory("/root", permissions: .privateDirectory)
        let onReal = RandomCalls(disk: FileSystem(), root: directory.path, seed: UInt64(seed)).run(calls: 400)
        let onSimulated = RandomCalls(disk: simulated, root: "/root", seed: UInt64(seed)).run(calls: 400)
        for (place, (real, simulated)) in zip(onReal, onSimulated).enumerated() where real != simulated {
            Issue.record("call \(place): real disk: \(real), simulated disk: \(simulated)")
            return
        }
        #expect(onReal.count == 400 && onSimulated.count == 400)
        // The comparison means something only if many calls succeed and some fail.
        #expect(onReal.count { $0.hasPrefix("ok") } > 100 && onReal.count { !$0.hasPrefix("ok") } > 20)
    }
}

/// Random calls over a handful of names, and what came back, as text.
private struct RandomCalls<D: Disk> {
    let disk: D
    let root: String
    var dice: Dice
    var files: [D.File] = []

    init(disk: D, root: String, seed: UInt64) {
        self.disk = disk
        self.root = root
        dice = Dice(seed: seed)
    }

    consuming func run(calls: Int) -> [String] {
        var answers: [String] = []
        for _ in 0..<calls { answers.append(call()) }
        return answers
    }

    private mutating func name() -> String {
        let names = ["a", "b", "c", "d", "d/a", "d/b", "e", "e/a", "d/e", "d/e/a"]
        return joinPath(root, dice.pick(names))
    }

    /// Makes one call; every draw of the dice happens before it can fail, so that both disks stay in step.
    private mutating func call() -> String {
        let (choice, first, second) = (dice.roll(16), name(), name())
        let (offset, length, letter) = (dice.roll(5000), dice.roll(2000), UInt8(97 + dice.roll(26)))
        let file = files.isEmpty ? nil : files[dice.roll(files.count)]
        do {
            switch choice {
            case 0...2:
                let modes: [OpenMode] = [.creatingIfMissing, .creatingNew, .writing, .reading, .replacing]
                let opened = try disk.open(first, modes[offset % modes.count])
                if files.count < 8 { files.append(opened) } else { files[length % 8] = opened }
                return "ok opened, \(try opened.size()) bytes"
            case 3: try disk.createDirectory(first, permissions: .privateDirectory)
            case 4: return "ok \(try disk.list(parentPath(of: first)))"
            case 5:
                let status = try disk.status(of: first)
                return "ok \(status.map { $0.isDirectory ? "directory" : "\($0.size) bytes" } ?? "nothing")"
            case 6...7: try disk.rename(first, to: second)
            case 8: try disk.remove(first)
            case 9: try disk.removeDirectory(first)
            default: return try file.map { try call(choice, on: $0, offset, length, letter) } ?? "ok no file"
            }
            return "ok"
        } catch {
            return (error as? DiskError).map { "\($0.call) \($0.kind)" } ?? "\(error)"
        }
    }

    private func call(_ choice: Int, on file: D.File, _ offset: Int, _ length: Int, _ letter: UInt8) throws -> String {
        switch choice {
        case 10...11:
            let bytes = ByteSlice([UInt8](repeating: letter, count: length))
            try withExtendedLifetime(bytes) { try file.write(bytes.view, at: offset) }
        case 12: try file.truncate(to: offset)
        case 13: try file.preallocate(offset + 1)
        case 14: try file.syncData()
        default:
            var buffer = ByteBuffer()
            let count = try file.read(length, at: offset, into: &buffer)
            return "ok read \(count) bytes, checksum \(CRC32C.checksum(buffer.view))"
        }
        return "ok \(try file.size()) bytes"
    }
}
