// TraceRoundTripTests.swift: what was emitted is what is read, through both encodings, for every event.

import Bytes
import Identifiers
import JSON
import Testing
import Trace

/// Gives every field a random value: a visitor like the encoders, so that new events are tested without a line here.
struct RandomFiller: FieldVisiting {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state ^ state >> 29) &* 0xBF58_476D_1CE4_E5B9
    }

    /// All sizes of numbers, the borders more often than chance would have them.
    private mutating func number() -> UInt64 {
        switch next() >> 60 {
        case 0: 0
        case 1: .max
        case 2: 1 << 63
        default: next() >> (next() % 64)
        }
    }

    mutating func unsigned(_ name: StaticString?, _ value: inout UInt64) { value = number() }
    mutating func signed(_ name: StaticString?, _ value: inout Int64) { value = Int64(bitPattern: number()) }
    mutating func identifier(_ name: StaticString?, _ value: inout UInt64) { value = number() }
    mutating func bool(_ name: StaticString?, _ value: inout Bool) { value = next() >> 63 == 1 }
    mutating func bytes(_ name: StaticString?, _ value: inout ByteSlice) {
        value = ByteSlice((0..<(next() >> 58)).map { _ in UInt8(truncatingIfNeeded: next() >> 20) })
    }
    mutating func short(_ name: StaticString?, _ value: inout TraceBytes) {
        // Around the border between the two forms, and far beyond it.
        var slice = ByteSlice()
        bytes(nil, &slice)
        value = TraceBytes(slice)
    }
    mutating func text(_ name: StaticString?, _ value: inout String) {
        let letters = Array("ab\"\\\n\u{0}é😀</>")
        value = String((0..<(next() >> 60)).map { _ in letters[Int(next() >> 20) % letters.count] })
    }
    mutating func word<Word: TraceWord>(_ name: StaticString?, _ value: inout Word) {
        while true {
            guard let word = Word(rawValue: UInt8(truncatingIfNeeded: next() >> 20)) else { continue }
            value = word
            return
        }
    }
    mutating func list<Element>(
        _ name: StaticString?, _ values: inout [Element], blank: Element, _ element: (inout Element, inout Self) -> Void
    ) {
        values = Array(repeating: blank, count: Int(next() >> 61))
        for place in values.indices { element(&values[place], &self) }
    }
    mutating func group(_ name: StaticString?, _ body: (inout Self) -> Void) { body(&self) }
}

/// Collects the names of fields.
struct NameCollector: FieldVisiting {
    var names: [String] = []
    private mutating func add(_ name: StaticString?) { if let name { names.append("\(name)") } }
    mutating func unsigned(_ name: StaticString?, _ value: inout UInt64) { add(name) }
    mutating func signed(_ name: StaticString?, _ value: inout Int64) { add(name) }
    mutating func identifier(_ name: StaticString?, _ value: inout UInt64) { add(name) }
    mutating func bool(_ name: StaticString?, _ value: inout Bool) { add(name) }
    mutating func bytes(_ name: StaticString?, _ value: inout ByteSlice) { add(name) }
    mutating func short(_ name: StaticString?, _ value: inout TraceBytes) { add(name) }
    mutating func text(_ name: StaticString?, _ value: inout String) { add(name) }
    mutating func word<Word: TraceWord>(_ name: StaticString?, _ value: inout Word) { add(name) }
    mutating func list<Element>(
        _ name: StaticString?, _ values: inout [Element], blank: Element, _ element: (inout Element, inout Self) -> Void
    ) { add(name) }
    mutating func group(_ name: StaticString?, _ body: (inout Self) -> Void) { add(name) }
}

/// Has a field of every type that a visitor knows, and is no event of ours.
struct Everything: FieldGroup {
    enum Word: UInt8, TraceWord {
        case red, green, darkBlue
        static let names: [StaticString] = ["red", "green", "darkBlue"]
    }
    struct Inner: FieldGroup {
        var text = ""
        var numbers: [UInt64] = []
        mutating func fields(_ visitor: inout some FieldVisitor) {
            visitor.field("text", &text)
            visitor.field("numbers", &numbers)
        }
    }
    var (unsigned, signed, integer, flag): (UInt64, Int64, Int, Bool) = (0, 0, 0, false)
    var (term, index, revision, lease): (Term, LogIndex, Revision, LeaseID) = (0, 0, 0, 0)
    var (member, cluster, hash): (MemberID, ClusterID, UInt64) = (0, 0, 0)
    var (text, key, word): (String, ByteSlice, Word) = ("", ByteSlice(), .red)
    var short = TraceBytes()
    var (inner, inners): (Inner, [Inner]) = (Inner(), [])
    var (members, texts): ([MemberID], [String]) = ([], [])

    static func == (left: Everything, right: Everything) -> Bool { left.line == right.line }
    func hash(into hasher: inout Hasher) { hasher.combine(line) }

    /// All fields as JSON.
    var line: String {
        var json = JSONWriter()
        var copy = self
        json.object { copy.fields(&$0) }
        let written = json.finish()
        return written.view.lossyText
    }

    mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("unsigned", &unsigned)
        visitor.field("signed", &signed)
        visitor.field("integer", &integer)
        visitor.field("flag", &flag)
        visitor.field("term", &term)
        visitor.field("index", &index)
        visitor.field("revision", &revision)
        visitor.field("lease", &lease)
        visitor.field("member_id", &member)
        visitor.field("cluster", &cluster)
        visitor.field(hex: "hash", &hash)
        visitor.field("text", &text)
        visitor.field("key", &key)
        visitor.field("short", &short)
        visitor.field("word", &word)
        visitor.field("inner", &inner)
        visitor.field("inners", &inners)
        visitor.field("members", &members)
        visitor.field("texts", &texts)
    }
}

@Suite("An event's way through its encodings")
struct TraceRoundTripTests {
    static let origin = TraceOrigin(member: 0x8e9e_05c5_2164_694d, epoch: BootEpoch(rawValue: 3))

    @Test("the line is as the format's description says")
    func line() throws {
        let record = TraceRecord(
            member: Self.origin.member, epoch: Self.origin.epoch, sequence: .init(rawValue: 17),
            causes: [.init(rawValue: 15)], message: MessageName(ConnectionID(rawValue: 0x5c1f_0a8b_7d3e_2f10), 4),
            time: TraceTime(monotonic: 812, wall: 1_795_169_656_000_000_250),
            event: .gap(.init(first: .init(rawValue: 15), last: .init(rawValue: 17))))
        var json = JSONWriter()
        json.traceLine(record)
        let written = json.finish()
        #expect(
            written.view.lossyText == """
                {"wall":"2026-11-20T10:14:16.000000250Z","mono":812,"member":"8e9e05c52164694d","epoch":3,"seq":17,\
                "causes":[15],"conn":"5c1f0a8b7d3e2f10","ord":4,"event":"gap","first":15,"last":17}

                """)
    }

    /// A random record of a kind, emitted through a tracer into memory.
    private func emitted(_ row: EventRow, _ filler: inout RandomFiller) throws -> TraceRecord {
        let memory = TraceMemory()
        let tracer = Tracer(to: TraceRecorder(Self.origin, sink: memory))
        for _ in 0..<4 { tracer.emit(MemberStopped(reason: "earlier")) }
        if filler.next() >> 63 == 1 { tracer.cause = EventSequence(rawValue: 2) }
        let message =
            filler.next() >> 63 == 1 ? MessageName(ConnectionID(rawValue: filler.next()), filler.next() >> 3) : nil
        var payload = row.blank
        payload.fields(&filler)
        /// Emits what is behind the existential.
        func emit<Payload: EventPayload>(_ payload: Payload) {
            tracer.emit(payload, because: [.init(rawValue: 4), .init(rawValue: 1)], message: message)
        }
        emit(payload)
        let record = try #require(memory.records.last)
        #expect(record.event == row.event(payload), "the compact form changed the event")
        #expect(record.causes.map(\.rawValue) == (tracer.cause == .none ? [4, 1] : [2, 4, 1]))
        #expect(record.message == message)
        #expect(record.sequence.rawValue == 5)
        return record
    }

    @Test("every event survives the compact form and the line, with any values", arguments: 0..<50)
    func everyEvent(seed: UInt64) throws {
        var filler = RandomFiller(state: seed)
        for row in Event.table.rows {
            var record = try emitted(row, &filler)
            if seed % 2 == 0 { record.time = TraceTime(monotonic: filler.next(), wall: Int64(filler.next() >> 2)) }
            var json = JSONWriter()
            json.traceLine(record)
            json.traceLine(record)
            let lines = json.finish()
            #expect(lines.view.array.count { $0 == UInt8(ascii: "\n") } == 2)
            // Fed byte by byte, the reader finds both.
            var reader = TraceLines()
            var records: [TraceRecord] = []
            for place in 0..<lines.view.count {
                reader.feed(lines.view[place..<(place + 1)])
                while let next = try reader.next() { records.append(next) }
            }
            #expect(records == [record, record], "\(row.kind.name)")
            #expect(reader.unfinishedBytes == 0 && reader.lineCount == 2)
        }
    }

    /// The names of the cases of every word that some event has.
    struct WordCollector: FieldVisiting {
        var wrong: [String] = []
        var words: Set<String> = []
        mutating func word<Word: TraceWord>(_ name: StaticString?, _ value: inout Word) {
            words.insert("\(Word.self)")
            for raw in UInt8.min...UInt8.max {
                let found = Word(rawValue: raw).map { "\($0)" }
                let known = Int(raw) < Word.names.count ? "\(Word.names[Int(raw)])" : nil
                if found != known { wrong.append("\(Word.self), case \(raw): \(found ?? "-"), \(known ?? "-")") }
            }
        }
        mutating func unsigned(_ name: StaticString?, _ value: inout UInt64) {}
        mutating func signed(_ name: StaticString?, _ value: inout Int64) {}
        mutating func identifier(_ name: StaticString?, _ value: inout UInt64) {}
        mutating func bool(_ name: StaticString?, _ value: inout Bool) {}
        mutating func bytes(_ name: StaticString?, _ value: inout ByteSlice) {}
        mutating func short(_ name: StaticString?, _ value: inout TraceBytes) {}
        mutating func text(_ name: StaticString?, _ value: inout String) {}
        mutating func list<Element>(
            _ name: StaticString?, _ values: inout [Element], blank: Element,
            _ element: (inout Element, inout Self) -> Void
        ) {
            var one = blank
            element(&one, &self)
        }
        mutating func group(_ name: StaticString?, _ body: (inout Self) -> Void) { body(&self) }
    }

    @Test("the names of words are those of their cases")
    func wordNames() {
        var collector = WordCollector()
        for row in Event.table.rows {
            var payload = row.blank
            payload.fields(&collector)
        }
        #expect(collector.wrong.isEmpty)
        #expect(collector.words.count >= 8)
    }

    @Test(
        "the quick writer writes what the strict one writes; the quick reader reads what the strict one reads",
        arguments: 0..<50)
    func quickAndStrict(seed: UInt64) throws {
        var filler = RandomFiller(state: seed)
        var clock = WallClockMemory()
        for row in Event.table.rows {
            var record = try emitted(row, &filler)
            if seed % 2 == 0 {
                record.time = TraceTime(monotonic: filler.next(), wall: Int64(bitPattern: filler.next()))
            }
            var json = JSONWriter()
            json.traceLine(record)
            let strict = json.finish()
            var compact = CompactWriter()
            compact.write(record)
            var quick = LineTranscoder(Self.origin)
            #expect(try quick.line(compact.view, at: record.time) == record.sequence)
            #expect(quick.buffer.view == strict.view, "\(row.kind.name)")
            // A line with a text that is more than ASCII is left to the strict reader; every other is taken.
            var again = CompactWriter()
            let line = strict.view.prefix(strict.view.count - 1)
            let head = LineScanner.read(line, into: &again, &clock)
            guard let head else {
                let isPlain = line.array.allSatisfy { $0 < 0x80 && $0 != UInt8(ascii: "\\") }
                #expect(!isPlain, "the quick reader gave up: \(line.lossyText)")
                continue
            }
            #expect(again.view == compact.view, "\(row.kind.name)")
            #expect(head.time == record.time && head.message == record.message && head.causes == record.causes)
            #expect(head.origin == Self.origin && head.sequence == record.sequence && head.kind == row.kind.number)
        }
    }

    @Test(
        "N1, N2: damaged lines never trap the quick reader, and it takes none that the strict one refuses",
        arguments: 0..<60)
    func damagedLines(seed: UInt64) throws {
        var filler = RandomFiller(state: seed)
        var clock = WallClockMemory()
        let odd = Array("\"\\{}[],:0a-x ".utf8)
        for row in Event.table.rows {
            var record = try emitted(row, &filler)
            record.time = TraceTime(monotonic: filler.next(), wall: Int64(filler.next() >> 2))
            var json = JSONWriter()
            json.traceLine(record)
            let whole = json.finish()
            var bytes = whole.view.array
            bytes.removeLast()
            let place = Int(filler.next() % UInt64(bytes.count))
            switch filler.next() % 4 {
            case 0: bytes[place] = UInt8(truncatingIfNeeded: filler.next())
            case 1: bytes.removeSubrange(place...)
            case 2: bytes[place] = odd[Int(filler.next() % UInt64(odd.count))]
            default: bytes.insert(odd[Int(filler.next() % UInt64(odd.count))], at: place)
            }
            let damaged = ByteSlice(bytes)
            var quick = CompactWriter()
            guard let head = LineScanner.read(damaged.view, into: &quick, &clock) else { continue }
            let strict = try TraceRecord(line: damaged.view)
            #expect(try TraceRecord(compact: quick.view, from: head.origin, at: head.time) == strict)
        }
    }

    @Test("an event of every request is written alike where it is reported and through the table", arguments: 0..<50)
    func frequentEvents(seed: UInt64) throws {
        var filler = RandomFiller(state: seed)
        let quick = TraceMemory()
        let slow = TraceMemory()
        let tracers = [quick, slow].map { Tracer(to: TraceRecorder(Self.origin, sink: $0)) }
        for tracer in tracers { for _ in 0..<4 { tracer.emit(MemberStopped(reason: "earlier")) } }
        /// Emits as all other events are emitted.
        func emit<Payload: EventPayload>(_ payload: Payload, because cause: EventSequence) {
            tracers[1].emit(payload, because: cause)
        }
        /// The constraint chooses the inlined way, as the concrete type does where events are reported.
        func emitQuickly<Payload: FrequentEvent>(_ blank: Payload) {
            var payload = blank
            payload.fields(&filler)
            #expect(Payload.number == Payload.kind.number)
            for tracer in tracers { tracer.cause = EventSequence(rawValue: filler.next() >> 62) }
            tracers[1].cause = tracers[0].cause
            let other = EventSequence(rawValue: filler.next() >> 62)
            let sequence = tracers[0].emit(payload, because: other)
            emit(payload, because: other)
            #expect(sequence.rawValue == UInt64(quick.records.count))
        }
        emitQuickly(RequestReceived())
        emitQuickly(RequestProposed())
        emitQuickly(EntryApplied())
        emitQuickly(RevisionWritten())
        emitQuickly(RequestAnswered())
        #expect(quick.records == slow.records && quick.records.count == 9)
        #expect(Event.table.rows.filter { $0.type is any FrequentEvent.Type }.count == 5, "each of them stands above")
    }

    @Test(
        "a key that is shown where it lies is written as one that is owned, and what lies behind it is not",
        arguments: 0...70)
    func shownKeys(length: Int) {
        let around = ByteSlice((0..<90).map { UInt8($0 + 1) })
        let shown = around.view[3..<(3 + length)]
        let other = around.view[length..<70]
        let memories = [TraceMemory(), TraceMemory()]
        let tracers = memories.map { Tracer(to: TraceRecorder(Self.origin, sink: $0)) }
        tracers[0].emit(RequestReceivedOf<ByteView>(method: .range, call: 7, key: shown, rangeEnd: other, sizeBytes: 1))
        tracers[1].emit(
            RequestReceived(
                method: .range, call: 7, key: TraceBytes(shown), rangeEnd: TraceBytes(other), sizeBytes: 1))
        tracers[0].emit(
            RevisionWrittenOf<ByteView>(
                key: shown, change: .put, main: 5, sub: 0, create: 5, version: 1, generation: 1, value: other,
                valueBytes: 300))
        tracers[1].emit(
            RevisionWritten(
                key: TraceBytes(shown), change: .put, main: 5, sub: 0, create: 5, version: 1, generation: 1,
                value: TraceBytes(other), valueBytes: 300))
        #expect(memories[0].records == memories[1].records && memories[0].records.count == 2)
    }

    @Test("events of any length and with any number of causes: the block grows, and nothing is lost or counted twice")
    func longEvents() throws {
        let memory = TraceMemory()
        let tracer = Tracer(to: TraceRecorder(Self.origin, sink: memory))
        var expected: [Event] = []
        for length in [0, 900, 960, 961, 1000, 1024, 3000, 3000, 100_000, 5] {
            let reason = String(repeating: "x", count: length)
            tracer.emit(MemberStopped(reason: reason))
            expected.append(.memberStopped(.init(reason: reason)))
            // A key that does not lie in the value itself, in an event of every request.
            let key = TraceBytes(ByteSlice([UInt8](repeating: 7, count: 2 * length)))
            tracer.emit(RequestReceived(method: .put, call: 1, key: key, sizeBytes: length))
            expected.append(.requestReceived(.init(method: .put, call: 1, key: key, sizeBytes: length)))
        }
        for causes in [126, 127, 128, 2000] {
            while expected.count < causes {
                tracer.emit(Gap())
                expected.append(.gap(Gap()))
            }
            let all = (1...UInt64(causes)).map(EventSequence.init(rawValue:))
            tracer.emit(MemberStopped(reason: "many"), because: all)
            expected.append(.memberStopped(.init(reason: "many")))
            #expect(memory.records.last?.causes == all)
            var compact = CompactWriter()
            compact.write(try #require(memory.records.last))
            var lines = LineTranscoder(Self.origin)
            try lines.line(compact.view, at: nil)
            let line = lines.buffer.view
            #expect(try TraceRecord(line: line.prefix(line.count - 1)) == memory.records.last)
        }
        #expect(memory.events == expected)
        #expect(memory.records.map(\.sequence.rawValue) == Array(1...UInt64(expected.count)))
    }

    @Test("every byte at every place of a key is spelled as the strict writer spells it", arguments: 0..<9)
    func everyByte(place: Int) throws {
        let times: [TraceTime?] = [
            nil, TraceTime(monotonic: 0, wall: 0), TraceTime(monotonic: 999_999, wall: -1),
            TraceTime(monotonic: 1_000_000, wall: 999_999), TraceTime(monotonic: .max, wall: .max),
        ]
        var quick = LineTranscoder(Self.origin)
        var strict = JSONWriter()
        for byte in UInt8.min...UInt8.max {
            var key = Array("exactly9.".utf8)
            key[place] = byte
            for number in 1..<9 where number != place { key[number] = byte % 3 == 0 ? 0x20 : 0x23 }
            let record = TraceRecord(
                member: Self.origin.member, epoch: Self.origin.epoch, sequence: .init(rawValue: 1),
                time: times[Int(byte) % times.count],
                event: .requestReceived(.init(method: .put, call: 1, key: TraceBytes(ByteSlice(key)), sizeBytes: 1)))
            var compact = CompactWriter()
            compact.write(record)
            try quick.line(compact.view, at: record.time)
            strict.traceLine(record)
        }
        let written = strict.finish()
        #expect(quick.buffer.view == written.view)
    }

    @Test("lines of one life, whose clocks go on together, alone, backwards, and through their first millisecond")
    func clocksInALife() throws {
        var quick = LineTranscoder(Self.origin)
        var strict = JSONWriter()
        let monotonics: [UInt64] = [
            0, 1, 999_999, 1_000_000, 1_000_001, 1_999_999, 2_000_000, 60_000_123_456, 60_000_123_457,
        ]
        let walls: [Int64] = [
            -1, 0, 1_795_169_656_000_000_250, 1_795_169_656_000_999_999, 1_795_169_656_001_000_000, 86_400_000_000_000,
        ]
        // Each pair follows each other one, so that each clock alone, both and none have moved.
        for first in 0..<(monotonics.count * walls.count) {
            for second in 0..<(monotonics.count * walls.count) {
                for place in [first, second] {
                    let record = TraceRecord(
                        member: Self.origin.member, epoch: Self.origin.epoch, sequence: .init(rawValue: 1),
                        time: TraceTime(
                            monotonic: monotonics[place % monotonics.count], wall: walls[place / monotonics.count]),
                        event: .memberStopped(.init(reason: "done")))
                    var compact = CompactWriter()
                    compact.write(record)
                    try quick.line(compact.view, at: record.time)
                    strict.traceLine(record)
                }
            }
        }
        let written = strict.finish()
        #expect(quick.buffer.view == written.view)
    }

    @Test("every type of field survives JSON", arguments: 0..<50)
    func everyType(seed: UInt64) throws {
        var filler = RandomFiller(state: seed)
        var everything = Everything()
        everything.fields(&filler)
        let tree = try JSONValue(parsing: everything.line)
        var reader = LineReader(tree)
        var read = Everything()
        read.fields(&reader)
        try reader.finish()
        #expect(read == everything)
        #expect(tree["word"]?.string == "\(everything.word)")
        #expect(tree["member_id"]?.string == "\(everything.member)")
    }

    @Test("no event has two fields of one name, or one of the envelope's; names are spelled alike")
    func names() {
        for row in Event.table.rows {
            var collector = NameCollector()
            var payload = row.blank
            payload.fields(&collector)
            #expect(Set(collector.names).count == collector.names.count, "\(row.kind.name): \(collector.names)")
            #expect(Set(collector.names).isDisjoint(with: envelopeNames), "\(row.kind.name): \(collector.names)")
            for name in collector.names {
                #expect(
                    name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }, "\(name)")
            }
            #expect(
                "\(row.kind.name)".utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 })
        }
    }

    @Test(
        "a line that is not ours is refused with the reason, and the next is read",
        arguments: [
            (#"{"#, "line 1: JSON, byte 1: the text ends in the middle of a value"),
            (
                #"{"member":"1","epoch":1,"seq":1}"#,
                "line 1: the field \"event\" is missing, or its value is not what this event needs"
            ),
            (
                #"{"member":"1","epoch":1,"seq":1,"event":"tea-time"}"#,
                "line 1: this program does not know the event \"tea-time\": the trace was written by a newer one; use that to read it"
            ),
            (
                #"{"member":1,"epoch":1,"seq":1,"event":"gap","first":1,"last":1}"#,
                "line 1: the field \"member\" is missing, or its value is not what this event needs"
            ),
            (
                #"{"member":"1","epoch":1,"seq":1,"event":"gap","first":1}"#,
                "line 1: the field \"last\" is missing, or its value is not what this event needs"
            ),
            (
                #"{"member":"1","epoch":1,"seq":1,"event":"gap","first":1,"last":18446744073709551616}"#,
                "line 1: the field \"last\" is missing, or its value is not what this event needs"
            ),
            (
                #"{"wall":"yesterday","mono":1,"member":"1","epoch":1,"seq":1,"event":"gap","first":1,"last":1}"#,
                "line 1: the field \"wall\" is missing, or its value is not what this event needs"
            ),
            (#"[]"#, "line 1: the field \"member\" is missing, or its value is not what this event needs"),
        ])
    func refusesLines(line: String, reason: String) throws {
        var lines = TraceLines()
        let input = ByteSlice(
            utf8: line + "\n\n" + #"{"last":2,"seq":1,"x":[{}],"event":"gap","epoch":1,"member":"a","first":1}"#
                + "\n{\"mem")
        withExtendedLifetime(input) { lines.feed(input.view) }
        var message = ""
        do { _ = try lines.next() } catch { message = error.description }
        #expect(message == reason)
        // Members in another order, and unknown ones, are no reason to refuse a line.
        let record = try lines.next()
        #expect(record?.member == 0xa)
        #expect(record?.event == .gap(Gap(first: .init(rawValue: 1), last: .init(rawValue: 2))))
        #expect(try lines.next() == nil)
        #expect(lines.unfinishedBytes == 5)
    }

    @Test("an endless line is given up")
    func endlessLine() {
        var lines = TraceLines(lineLimitBytes: 100)
        let input = ByteSlice([UInt8](repeating: 32, count: 101))
        withExtendedLifetime(input) { lines.feed(input.view) }
        #expect(throws: TraceReadError.self) { try lines.next() }
        #expect(lines.unfinishedBytes == 0)
    }

    @Test("damaged compact records are errors, never traps, and allocate no more than they hold", arguments: 0..<200)
    func damagedRecords(seed: UInt64) throws {
        var filler = RandomFiller(state: seed)
        for row in Event.table.rows {
            final class Keeper: TraceSink {
                var bytes: [UInt8] = []
                func accept(_ record: ByteView, sequence: EventSequence, from origin: TraceOrigin) {
                    bytes = record.array
                }
            }
            let keeper = Keeper()
            let tracer = Tracer(to: TraceRecorder(Self.origin, sink: keeper))
            var payload = row.blank
            payload.fields(&filler)
            /// Emits what is behind the existential.
            func emit<Payload: EventPayload>(_ payload: Payload) { tracer.emit(payload) }
            emit(payload)
            var bytes = keeper.bytes
            let place = Int(filler.next() % UInt64(bytes.count))
            switch filler.next() % 3 {
            case 0: bytes[place] = UInt8(truncatingIfNeeded: filler.next())
            case 1: bytes.removeSubrange(place...)
            default: bytes.insert(UInt8(truncatingIfNeeded: filler.next()), at: place)
            }
            let damaged = ByteSlice(bytes)
            withExtendedLifetime(damaged) {
                let record = try? TraceRecord(compact: damaged.view, from: Self.origin)
                var lines = LineTranscoder(Self.origin)
                do {
                    try lines.line(damaged.view, at: nil)
                    #expect(record != nil, "a line was made of a record that cannot be read")
                } catch {
                    #expect(lines.buffer.view.isEmpty, "half a line was left")
                    #expect(record == nil)
                }
            }
        }
    }

    @Test(
        "times are written as people read them, and read back",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00.000000000Z"), (-1, "1969-12-31T23:59:59.999999999Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"),
            (4_107_542_399_123_456_789, "2100-02-28T23:59:59.123456789Z"),
            (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000000000Z"),
            (1_709_164_800_000_000_001, "2024-02-29T00:00:00.000000001Z"),
            (1_735_689_599_999_999_999, "2024-12-31T23:59:59.999999999Z"),
            (Int64.max, "2262-04-11T23:47:16.854775807Z"),
        ])
    func times(nanoseconds: Int64, text: String) throws {
        let record = TraceRecord(
            member: 1, epoch: .init(rawValue: 1), sequence: .init(rawValue: 1),
            time: .init(monotonic: 0, wall: nanoseconds),
            event: .memberStopped(.init(reason: "")))
        var json = JSONWriter()
        json.traceLine(record)
        let line = json.finish()
        #expect(line.view.lossyText.contains(text))
        #expect(try TraceRecord(line: line.view.prefix(line.view.count - 1)) == record)
    }
}
