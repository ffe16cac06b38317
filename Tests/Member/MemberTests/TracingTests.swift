// TracingTests.swift: what a member reports of a request, and because of what.

import Bytes
import EtcdAPI
import Identifiers
import MVCC
import Member
import Testing
import Trace

@Suite("What is reported")
struct TracingTests {
    /// A member that reports, and a way to see what it reported since the last time: names of events, with their causes'.
    private func reporting() throws -> (Desk, () -> [String]) {
        let memory = TraceMemory()
        let origin = TraceOrigin(member: 1, epoch: BootEpoch(rawValue: 1))
        let desk = try Desk(MemoryDisks(founding: 1), trace: Tracer(to: TraceRecorder(origin, sink: memory)))
        desk.settle()
        _ = desk.news()
        var names: [EventSequence: String] = [:]
        var seen = 0
        let news = { () -> [String] in
            let records = memory.records
            let lines = records[seen...].map { record in
                let name = "\(type(of: record.event.payload).kind.name)"
                names[record.sequence] = name
                let causes = record.causes.map { names[$0] ?? "?" }
                return causes.isEmpty ? name : "\(name) <- \(causes.joined(separator: ", "))"
            }
            seen = records.count
            return lines
        }
        _ = news()
        return (desk, news)
    }

    @Test("A write: received, proposed, synced, applied, answered, each because of the one before")
    func write() throws {
        let (desk, news) = try reporting()
        desk.put("a", "1")
        desk.settle()
        let lines = news()
        for expected in [
            "request-received", "request-proposed <- request-received", "log-synced",
            "write-durable <- log-synced",
        ] {
            #expect(lines.contains(expected), "\(expected) is not in \(lines)")
        }
        let applied = try #require(lines.first { $0.hasPrefix("entry-applied") })
        #expect(applied.contains("request-proposed"))
        let answered = try #require(lines.first { $0.hasPrefix("request-answered") })
        #expect(answered.contains("entry-applied"))
        let order = [
            "request-received", "request-proposed", "log-synced", "entry-applied",
            "request-answered",
        ]
        let places = order.map { name in lines.firstIndex { $0.hasPrefix(name) } ?? -1 }
        #expect(places == places.sorted() && !places.contains(-1), "\(places) in \(lines)")
    }

    @Test("Pages, refusals, and those who went away")
    func others() throws {
        let (desk, news) = try reporting()
        desk.put("", "1")
        let gone = desk.put("a", "1")
        desk.member.cancel(gone)
        desk.wait(milliseconds: 300)
        desk.syncLog()
        desk.wait(milliseconds: 300)
        desk.syncPages()
        let lines = news()
        #expect(lines.contains("request-refused <- request-received"))
        #expect(lines.contains("request-cancelled <- request-received"))
        #expect(lines.contains { $0.hasPrefix("pages-issued") })
        #expect(lines.contains { $0.hasPrefix("pages-durable <- pages-issued") })
        desk.member.stop(into: &desk.output)
        desk.carryOut()
        desk.syncPages()
        let last = try #require(news().last)
        #expect(last.hasPrefix("member-stopped"))
    }
}
