// LogTests.swift: days and times without a library.

import EtcdServer
import Foundation
import Testing

@Suite("Lines of the log")
struct LogTests {
    @Test("levels are ordered, and have etcd's names")
    func levels() {
        #expect(
            ServerLog.Level.allCases.map(\.rawValue) == ["debug", "info", "warn", "error", "dpanic", "panic", "fatal"])
        #expect(ServerLog.Level.warn > .info)
    }

    @Test("moments of four centuries are what the system says they are")
    func moments() {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = "yyyy-MM-dd'T'HH:mm:ss"
        var seconds: Int64 = -2_000_000_000
        while seconds < 9_000_000_000 {
            let theirs = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
            #expect(Moment.text(seconds * 1_000_000_000 + 7_000_000) == theirs + ".007Z")
            seconds += 86_399 * 37
        }
        #expect(Moment.preciseText(1_000_000_120) == "1970-01-01T00:00:01.00000012Z")
        #expect(Moment.preciseText(1_000_000_000) == "1970-01-01T00:00:01Z")
    }
}
