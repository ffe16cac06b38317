// TraceFilesTests.swift: from the owner's thread to lines in files, and what happens when something is full.

import Bytes
import Disk
import Files
import Foundation
import Identifiers
import Simulation
import Synchronization
import Testing
import Trace
import TraceFiles

@Suite("Trace files")
struct TraceFilesTests {
    static let member: MemberID = 0x8e9e_05c5_2164_694d
    let disk = FileSystem()

    /// All records of all files in a directory, oldest first.
    private func records(_ directory: String) throws -> [TraceRecord] {
        var records: [TraceRecord] = []
        for path in try TraceNames(member: Self.member, directory: directory).traceFiles(on: disk) {
            #expect(try readTraceFile(path, on: disk) { records.append($0) } == 0)
        }
        return records
    }

    @Test("what was emitted is in the files, with times, and nothing else")
    func roundTrip() throws {
        let directory = try TraceDirectory()
        let files = try TraceFiles(TraceSettings(directory: directory.path), member: Self.member)
        let tracer = Tracer(to: TraceRecorder(files.origin, sink: files))
        let memory = TraceMemory()
        let twin = Tracer(to: TraceRecorder(files.origin, sink: memory))
        let before = SystemClock.wallNanoseconds
        for number in 0..<5000 {
            for tracer in [tracer, twin] {
                tracer.cause = EventSequence(rawValue: UInt64(number / 2))
                tracer.emit(
                    VoteAnswered(candidate: .init(rawValue: UInt64(number)), term: 5, vote: .none, granted: false),
                    message: number % 3 == 0 ? MessageName(.init(rawValue: 9), UInt64(number)) : nil)
            }
        }
        files.close()
        var written = try records(directory.path)
        let times = written.compactMap(\.time)
        #expect(times.count == 5000)
        #expect(zip(times, times.dropFirst()).allSatisfy { $0.monotonic <= $1.monotonic })
        #expect(times.allSatisfy { $0.wall > before - 1_000_000_000 && $0.wall < before + 60_000_000_000 })
        for place in written.indices { written[place].time = nil }
        #expect(written == memory.records)
    }

    @Test("each start has its own epoch, also when the count was lost")
    func epochs() throws {
        let directory = try TraceDirectory()
        let settings = TraceSettings(directory: directory.path + "/made/on/the/way")
        for epoch in 1...3 {
            let files = try TraceFiles(settings, member: Self.member)
            #expect(files.origin == TraceOrigin(member: Self.member, epoch: .init(rawValue: UInt64(epoch))))
            files.close()
        }
        let names = TraceNames(member: Self.member, directory: settings.directory)
        #expect(try disk.contents(of: names.epochFile, limit: 10) == "3\n")
        try disk.remove(names.epochFile)
        #expect(try names.countStart(on: disk).rawValue == 4)
        _ = try disk.open(names.epochFile, .replacing)
        #expect(try names.countStart(on: disk).rawValue == 4, "an empty file counts nothing; the names still do")
        // Another member's files in the same directory are not ours.
        #expect(try TraceNames(member: 1, directory: settings.directory).countStart(on: disk).rawValue == 1)
    }

    @Test("an epoch is never given twice, wherever the machine crashes")
    func epochSurvivesCrashes() throws {
        let simulated = SimulatedDisk(dice: Dice(seed: 1))
        let names = TraceNames(member: Self.member, directory: "trace")
        var given = BootEpoch(rawValue: 0)
        var judged = 0
        simulated.atCrashPoint = { [unowned simulated] _ in
            for (place, survival) in Survival.all.enumerated() {
                var dice = Dice(seed: UInt64(place))
                let next = try? names.countStart(on: simulated.afterCrash(survival, dice: &dice))
                #expect(next.map { $0 > given } == true, "\(survival)")
                judged += 1
            }
        }
        for _ in 0..<5 { given = try names.countStart(on: simulated) }
        #expect(given.rawValue == 5 && judged > 60)
    }

    @Test("files are closed at their limit, and the oldest are removed at the limit of all")
    func rotation() throws {
        let directory = try TraceDirectory()
        var settings = TraceSettings(directory: directory.path)
        settings.fileLimitBytes = 20_000
        settings.totalLimitBytes = 100_000
        settings.ringBytes = 4096
        let files = try TraceFiles(settings, member: Self.member)
        let tracer = Tracer(to: TraceRecorder(files.origin, sink: files))
        for number in 0..<20_000 {
            tracer.emit(MemberStopped(reason: "number \(number)"))
            if number % 20 == 0 { usleep(50) }
        }
        files.close()
        let names = TraceNames(member: Self.member, directory: directory.path)
        let paths = try names.traceFiles(on: disk)
        let sizes = try paths.map { try disk.status(of: $0)?.size ?? 0 }
        #expect(sizes.allSatisfy { $0 <= 20_000 } && paths.count > 2)
        #expect(sizes.reduce(0, +) <= 100_000)
        #expect(paths.last?.hasSuffix("000001.ndjson") == false)
        try checkComplete(records(directory.path), through: 20_000, fromTheBeginning: false)
    }

    /// No number is missing but those that a gap names.
    private func checkComplete(_ records: [TraceRecord], through last: UInt64, fromTheBeginning: Bool) throws {
        var next = fromTheBeginning ? 1 : try #require(records.first?.sequence.rawValue)
        for (place, record) in records.enumerated() {
            guard case .gap(let gap) = record.event else {
                #expect(record.sequence.rawValue == next, "at \(place)")
                next = record.sequence.rawValue + 1
                continue
            }
            #expect(gap.first.rawValue == next || (place == 0 && !fromTheBeginning))
            #expect(gap.last >= gap.first && record.sequence == gap.last)
            next = gap.last.rawValue + 1
        }
        #expect(next == last + 1)
    }

    @Test("a ring that is full drops events and says which; the owner never waits")
    func gaps() throws {
        let directory = try TraceDirectory()
        var settings = TraceSettings(directory: directory.path)
        settings.ringBytes = 4096
        let files = try TraceFiles(settings, member: Self.member)
        let tracer = Tracer(to: TraceRecorder(files.origin, sink: files))
        // A subscriber that is slow makes the thread slow.
        let subscription = files.subscribe { _ in usleep(2000) }
        for number in 0..<30_000 { tracer.emit(MemberStopped(reason: "number \(number)")) }
        files.unsubscribe(subscription)
        files.close()
        let records = try records(directory.path)
        let gaps = records.filter { if case .gap = $0.event { true } else { false } }
        #expect(!gaps.isEmpty && records.count < 30_000)
        try checkComplete(records, through: 30_000, fromTheBeginning: true)
    }

    @Test("a ring that is half full is emptied at once, however long the thread would sleep")
    func wakesEarly() throws {
        let directory = try TraceDirectory()
        var settings = TraceSettings(directory: directory.path)
        settings.ringBytes = 64 << 10
        settings.pauseNanoseconds = 600_000_000_000
        let files = try TraceFiles(settings, member: Self.member)
        let tracer = Tracer(to: TraceRecorder(files.origin, sink: files))
        let path = try #require(TraceNames(member: Self.member, directory: directory.path).traceFiles(on: disk).first)
        // A frame has 40 bytes or more: with that many the ring is half full, and far from its end.
        for number in 0..<1_000 { tracer.emit(MemberStopped(reason: "number \(number), and so on")) }
        let end = ContinuousClock.now + .seconds(30)
        while try disk.status(of: path)?.size == 0, ContinuousClock.now < end { usleep(1000) }
        #expect(try disk.status(of: path)?.size ?? 0 > 0)
        files.close()
        try checkComplete(records(directory.path), through: 1_000, fromTheBeginning: true)
    }

    @Test("records of every length, written in place or copied, are what was emitted, wherever the ring begins again")
    func lengths() throws {
        let directory = try TraceDirectory()
        var settings = TraceSettings(directory: directory.path)
        settings.ringBytes = 8192
        settings.pauseNanoseconds = 1_000_000
        let files = try TraceFiles(settings, member: Self.member)
        let tracer = Tracer(to: TraceRecorder(files.origin, sink: files))
        /// Every length up to more than the ring gives out at once, in an order that looks like none.
        func reason(_ number: UInt64) -> String {
            String(repeating: "abcdefghijklmnopqrstuvwxyz".letter(number), count: Int(number &* 1_237 % 1_500))
        }
        let count: UInt64 = 6_000
        for number in 1...count {
            tracer.emit(MemberStopped(reason: reason(number)))
            // Two or three of them fill the ring: the thread gets time to empty it, but not always enough.
            if number % 4 == 0 { usleep(300) }
        }
        files.close()
        let records = try records(directory.path)
        var whole = 0
        for record in records {
            guard case .memberStopped(let stopped) = record.event else { continue }
            #expect(stopped.reason == reason(record.sequence.rawValue))
            whole += 1
        }
        #expect(whole > 1_000, "most were dropped")
        try checkComplete(records, through: count, fromTheBeginning: true)
    }

    @Test("a subscriber gets every line")
    func subscriber() throws {
        let directory = try TraceDirectory()
        let files = try TraceFiles(TraceSettings(directory: directory.path), member: Self.member)
        let heard = Mutex<[UInt8]>([])
        _ = files.subscribe { lines in heard.withLock { $0 += lines.array } }
        let tracer = Tracer(to: TraceRecorder(files.origin, sink: files))
        for number in 0..<1000 { tracer.emit(MemberStopped(reason: "number \(number)")) }
        files.close()
        let path = try #require(TraceNames(member: Self.member, directory: directory.path).traceFiles(on: disk).first)
        #expect(try disk.contents(of: path, limit: 1 << 20).array == heard.withLock { $0 })
    }

    @Test("a line that a crash cut short is left out, not an error; a damaged one is named")
    func tornAndDamaged() throws {
        let directory = try TraceDirectory()
        let path = directory.path + "/t"
        let file = try disk.open(path, .creatingNew)
        let line = #"{"member":"1","epoch":1,"seq":1,"event":"gap","first":1,"last":1}"# + "\n"
        let bytes = ByteSlice(utf8: line + line + String(line.prefix(20)))
        try withExtendedLifetime(bytes) { try file.write(bytes.view, at: 0) }
        var count = 0
        #expect(try readTraceFile(path, on: disk) { _ in count += 1 } == 20)
        #expect(count == 2)
        try file.write(ByteView(literal: "[]"), at: 0)
        let error = #expect(throws: TraceFileError.self) { try readTraceFile(path, on: disk) { _ in } }
        #expect(error?.description.hasPrefix("\(path), line 1: JSON, byte 2") == true)
    }

    @Test("bench: a trace point into the ring, and the thread behind it")
    func bench() throws {
        let full = ProcessInfo.processInfo.environment["ETCD_BENCH"] == "1"
        let rounds = full ? 1_000_000 : 2_000
        let directory = try TraceDirectory()
        var settings = TraceSettings(directory: directory.path)
        settings.ringBytes = 256 << 20
        let files = try TraceFiles(settings, member: Self.member)
        let tracer = Tracer(to: TraceRecorder(files.origin, sink: files))
        let clock = ContinuousClock()
        let start = clock.now
        let owner = clock.measure {
            for round in 0..<rounds {
                tracer.emit(
                    VoteAnswered(
                        candidate: .init(rawValue: UInt64(round)), term: 5, vote: .init(rawValue: 7), granted: true))
            }
        }
        files.close()
        let all = clock.now - start
        let paths = try TraceNames(member: Self.member, directory: directory.path).traceFiles(on: disk)
        let sizes = try paths.map { try disk.status(of: $0)?.size ?? 0 }.reduce(0, +)
        #expect(sizes > rounds * 100)
        if full {
            print(
                "bench: trace point into the ring: \(owner / rounds) an event for the owner; with the thread \(all / rounds); \(sizes / rounds) bytes a line"
            )
        }
    }
}

extension String {
    /// A letter for a number.
    fileprivate func letter(_ number: UInt64) -> Character {
        self[index(startIndex, offsetBy: Int(number % UInt64(count)))]
    }
}

/// An empty directory that is gone after the test.
final class TraceDirectory {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("etcd-trace-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
