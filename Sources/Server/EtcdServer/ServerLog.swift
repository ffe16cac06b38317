// ServerLog.swift: lines for operators, in the form of etcd's.
//
// Whoever runs etcd has something that reads its log: one JSON object a line, with a level, a time, a place and a message.
// So ours have the same form, and the messages that people wait for in scripts and tests have etcd's words.
//
//     {"level":"info","ts":"2026-11-20T13:24:23.955Z","caller":"EtcdServer/EtcdServer.swift:120","msg":"ready to serve client requests"}
//
// A line is one write, so lines never mix. Nothing is logged on the way of a request: what a request does is the
// business of the trace and of metrics.
//
// SHOWN BY  LogTests

internal import Bytes
internal import Files
internal import JSON

/// Where lines go, and from which level on.
package struct ServerLog: Sendable {
    /// How bad it is.
    package enum Level: String, Comparable, Sendable, CaseIterable {
        /// For whoever looks for something.
        case debug
        /// What happens at a start and an end.
        case info
        /// Somebody should look.
        case warn
        /// Something did not work.
        case error
        /// A mistake of ours; in development it would end the process.
        case dpanic
        /// The same, and it does.
        case panic
        /// The process ends.
        case fatal

        /// Worse is larger.
        package static func < (left: Level, right: Level) -> Bool {
            allCases.firstIndex(of: left) ?? 0 < allCases.firstIndex(of: right) ?? 0
        }
    }

    private let threshold: Level
    private let toOutput: Bool
    private let toErrors: Bool

    /// A log of this level, to `default`, `stderr` or `stdout`.
    package init(level: Level = .info, outputs: [String] = ["default"]) {
        threshold = level
        toOutput = outputs.contains("stdout")
        toErrors = outputs.contains { $0 != "stdout" }
    }

    /// Writes one line. `fields` adds what is special about it.
    package func write(
        _ level: Level, _ message: String, file: StaticString = #fileID, line: UInt = #line,
        _ fields: (inout LogFields) -> Void = { _ in }
    ) {
        guard level >= threshold else { return }
        var text = Self.line(
            level, message, at: SystemClock.wallNanoseconds, caller: "\(file):\(line)", fields)
        text.append(UInt8(ascii: "\n"))
        if toErrors { ThisProcess.complain(text.view) }
        if toOutput { ThisProcess.say(text.view) }
    }

    /// One line without its end.
    static func line(
        _ level: Level, _ message: String, at nanoseconds: Int64, caller: String, _ fields: (inout LogFields) -> Void
    ) -> ByteBuffer {
        var json = LogFields(json: JSONWriter(escaping: .minimal))
        json.json.beginObject()
        json.text("level", level.rawValue)
        json.text("ts", Moment.text(nanoseconds))
        json.text("caller", caller)
        json.text("msg", message)
        fields(&json)
        json.json.endObject()
        return json.finish()
    }

    /// What happens at a start and an end.
    package func info(
        _ message: String, file: StaticString = #fileID, line: UInt = #line,
        _ fields: (inout LogFields) -> Void = { _ in }
    ) { write(.info, message, file: file, line: line, fields) }

    /// Somebody should look.
    package func warn(
        _ message: String, file: StaticString = #fileID, line: UInt = #line,
        _ fields: (inout LogFields) -> Void = { _ in }
    ) { write(.warn, message, file: file, line: line, fields) }
}

/// The fields of one line.
package struct LogFields: ~Copyable {
    var json: JSONWriter

    /// A text.
    package mutating func text(_ name: StaticString, _ value: String) {
        json.key(name)
        json.string(value)
    }

    /// A list of texts.
    package mutating func texts(_ name: StaticString, _ values: [String]) {
        json.key(name)
        json.beginArray()
        for value in values { json.string(value) }
        json.endArray()
    }

    /// A number.
    package mutating func number(_ name: StaticString, _ value: some FixedWidthInteger) {
        json.key(name)
        json.number(value)
    }

    /// Yes or no.
    package mutating func truth(_ name: StaticString, _ value: Bool) {
        json.key(name)
        json.bool(value)
    }

    /// Why it did not work.
    package mutating func error(_ error: some Error) { text("error", "\(error)") }

    consuming func finish() -> ByteBuffer { json.finish() }
}

/// The day and the time of a moment, without a library: leap years are all that is difficult about it.
package enum Moment {
    /// As in `2026-11-20T13:24:23.955Z`, in UTC.
    package static func text(_ nanoseconds: Int64) -> String { moment(nanoseconds, fraction: 3) }

    /// With nanoseconds and without zeros at the end, as Go prints times in JSON.
    package static func preciseText(_ nanoseconds: Int64) -> String {
        var text = moment(nanoseconds, fraction: 9)
        text.removeLast()
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text + "Z"
    }

    private static func moment(_ nanoseconds: Int64, fraction digits: Int) -> String {
        let seconds = nanoseconds >= 0 ? nanoseconds / 1_000_000_000 : (nanoseconds - 999_999_999) / 1_000_000_000
        var fraction = nanoseconds - seconds * 1_000_000_000
        for _ in digits..<9 { fraction /= 10 }
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let (year, month, day) = date(days)
        let rest = seconds - days * 86_400
        return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T\(pad(rest / 3600, 2)):\(pad(rest / 60 % 60, 2)):"
            + "\(pad(rest % 60, 2)).\(pad(fraction, digits))Z"
    }

    /// Years are counted from March, so that the day which comes and goes is the last of its year; 400 years are
    /// always 146,097 days.
    private static func date(_ days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func pad(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
