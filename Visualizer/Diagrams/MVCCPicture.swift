// MVCCPicture.swift: all revisions of all keys, and what of them can still be seen.
//
//     revision    2     3     4     5     6 compacted   7     8        one column: one revision of the whole store
//     request   put x put y put x  txn   delete y     put y  ...
//     x          (1)   ───   (2)   [3]   ───          ───   [4]        one row: the history of one key;
//     y                (1)   ───   ───   ✕ delete     [9]   ───        a generation runs from create to tombstone
//     file       2.0   3.0   4.0   5.0    6.0 t       7.0              what lies in the bucket `key`
//
//     ① get x --rev=7    newest revision of x that is <= 7      ->  [3]
//
// A cell is a record that `revision-written` told of; it is pale and struck through when a `compaction-step` has removed it.
// The questions under the map are those that clients asked in these traces, with the answers they got.
//
// TOO MUCH FOR A SHEET? The last columns and the busiest keys are drawn, and what is left out is counted.

import Bytes
import Identifiers
import Trace
import TraceModel

/// Draws the revisions of one member.
package enum MVCCPicture {
    /// The member that the filter wants, else the one whose store has told most.
    package static func draw(_ request: PictureRequest, width: Int) throws(PictureError) -> Picture {
        let history = request.history
        let cut = request.filter.window.map { history.cut(prefix: $0.upperBound + 1) } ?? history.wholeCut
        let spaces = history.state(at: cut).keyspaces.filter { !$0.value.records.isEmpty }
        let wanted = request.filter.members.compactMap { request.names.member(called: $0) }
        let candidates = wanted.isEmpty ? spaces.keys.sorted() : wanted.filter { spaces[$0] != nil }
        let most = candidates.max { (spaces[$0]?.records.count ?? 0, $1) < (spaces[$1]?.records.count ?? 0, $0) }
        guard let member = most, let space = spaces[member] else {
            throw PictureError(
                "no store has written a key in these traces: give a trace with `revision-written`, of a member that serves "
                    + "clients (the stories of `demo` are of Raft alone and have no keys)")
        }
        var map = RevisionMap(request, member, space, cut)
        map.collect()
        guard !map.columns.isEmpty else { throw PictureError("the filter leaves no key or no revision: make it wider") }
        return map.picture(width: width)
    }
}

/// The map while it is made.
struct RevisionMap {
    /// A question of a client, and where the answer stands.
    struct Question {
        var words: String
        var meaning: String
        var answer: String
        var color: Color
        /// The record that answers it, or would if it were still there.
        var target: TraceRevision?
        /// Or the column that it is about.
        var column: Revision?
        var isTrouble = false
    }

    /// A watcher has its number on its stream.
    private struct WatcherName: Hashable {
        var stream: UInt64
        var watcher: Int
    }

    let request: PictureRequest
    let history: CausalHistory
    let member: MemberID
    let space: Keyspace
    let cut: Cut
    /// The revisions that are drawn.
    private(set) var columns: [Revision] = []
    /// The keys that are drawn.
    private(set) var keys: [ByteSlice] = []
    private var leftOutRevisions = 0
    private var leftOutKeys = 0
    private var records: [Revision: [Keyspace.Record]] = [:]
    /// What wrote each revision.
    private var requests: [Revision: TraceMethod] = [:]
    private var questions: [Question] = []
    /// Which question a watcher is, and from where on it wants to hear.
    private var watchers: [WatcherName: (place: Int, created: WatcherCreated)] = [:]
    /// What each compaction has removed.
    private var removed: [Revision: [TraceRevision]] = [:]
    private static let columnLimit = 14
    private static let keyLimit = 14
    private static let questionLimit = 8

    init(_ request: PictureRequest, _ member: MemberID, _ space: Keyspace, _ cut: Cut) {
        self.request = request
        history = request.history
        self.member = member
        self.space = space
        self.cut = cut
    }

    // MARK: - Collecting

    mutating func collect() {
        let filter = request.filter
        let chosen = chosenRevisions()
        func isWanted(_ record: Keyspace.Record) -> Bool {
            // A record makes its key when it is asked: without a name the view would outlive it.
            let key = record.key
            return (filter.keys.isEmpty || filter.keys.contains { key.view.lossyText.hasPrefix($0) })
                && chosen?.contains(record.written.main) ?? true
        }
        let wanted = space.records.filter(isWanted)
        let revisions = Set(wanted.map(\.written.main)).sorted()
        columns = Array(revisions.suffix(Self.columnLimit))
        leftOutRevisions = revisions.count - columns.count
        let shown = Set(columns)
        for record in space.records where shown.contains(record.written.main) {
            records[record.written.main, default: []].append(record)
        }
        var weights: [ByteSlice: Int] = [:]
        for record in wanted where shown.contains(record.written.main) { weights[record.key, default: 0] += 1 }
        let all = Set(wanted.map(\.key))
        let busiest = weights.keys.sorted { (weights[$1] ?? 0, $0) < (weights[$0] ?? 0, $1) }
        keys = busiest.prefix(Self.keyLimit).sorted { $0.view < $1.view }
        leftOutKeys = all.count - keys.count
        walkEvents()
    }

    /// The revisions that a request, or entries of some indexes or terms, have made; nil: none of these is chosen.
    private func chosenRevisions() -> Set<Revision>? {
        let filter = request.filter
        guard filter.request != nil || filter.indexes != nil || filter.terms != nil else { return nil }
        var chosen: Set<Revision> = []
        for (lane, end) in zip(history.lanes, cut.ends) where lane.member == member {
            var asked: Set<LogIndex> = []
            for event in lane.events.lowerBound..<end {
                let kind = history.kind(of: event)
                guard kind == RequestProposed.kind.number || kind == EntryApplied.kind.number else { continue }
                switch history.record(at: event).event {
                case .requestProposed(let proposed) where "\(proposed.request.rawValue)" == filter.request:
                    asked.insert(proposed.index)
                case .entryApplied(let entry):
                    guard filter.request == nil || asked.contains(entry.index) else { continue }
                    guard filter.indexes?.contains(entry.index.rawValue) ?? true else { continue }
                    guard filter.terms?.contains(entry.term.rawValue) ?? true else { continue }
                    chosen.insert(entry.revision)
                default: break
                }
            }
        }
        return chosen
    }

    /// What the lanes of the member say of requests: which wrote a revision, and which asked what.
    private mutating func walkEvents() {
        var asked: [EventSequence: RequestReceived] = [:]
        for (lane, end) in zip(history.lanes, cut.ends) where lane.member == member {
            asked = [:]
            var looked: RangeEvaluated?
            for event in lane.events.lowerBound..<end {
                guard Self.isOfInterest[Int(history.kind(of: event))] else { continue }
                let record = history.record(at: event)
                switch record.event {
                case .requestReceived(let received): asked[record.sequence] = received
                case .entryApplied(let entry): requests[entry.revision] = requests[entry.revision] ?? entry.method
                case .rangeEvaluated(let range): looked = range
                case .compactionStep(let step): removed[step.revision, default: []] += step.removed
                case .requestAnswered(let answered):
                    if let received = asked[answered.request], received.method == .range, let range = looked {
                        add(received, range)
                    }
                    looked = nil
                case .requestRefused(let refused):
                    if let received = asked[refused.request] { add(received, refused) }
                case .compactionDone(let done): add(done)
                case .watcherCreated(let watcher) where watcher.start != .zero: add(watcher)
                case .watchEventsSent(let sent): add(sent)
                default: break
                }
            }
        }
        // The newest ones of each kind of words; the same question twice says nothing new.
        var seen: Set<String> = []
        questions = questions.reversed().filter { seen.insert($0.words + $0.answer).inserted }.prefix(
            Self.questionLimit
        )
        .reversed()
    }

    private mutating func add(_ received: RequestReceived, _ range: RangeEvaluated) {
        let key = received.key.slice
        let words = RequestWords.spelled(received, limit: 16)
        guard received.rangeEnd.isEmpty else {
            let many = range.found == 0 ? "nothing" : range.found == 1 ? "1 key" : "\(range.found) keys"
            questions.append(
                Question(
                    words: words,
                    meaning: "of each key there, its newest revision that is ≤ \(range.revision.rawValue)",
                    answer: many, color: range.found > 0 ? Palette.entry : Palette.troubleInk))
            return
        }
        // What is not drawn is not asked for here either, but a key that never was has no row.
        guard keys.contains(key) || (range.found == 0 && !space.records.contains { $0.key == key }) else { return }
        let found = space.records.last { $0.key == key && $0.written.main <= range.revision }
        let isThere = range.found > 0
        let name = Lettering.printable(key.view, limit: 16)
        questions.append(
            Question(
                words: words, meaning: "the newest revision of \(name) that is ≤ \(range.revision.rawValue)",
                answer: found.map { spelled($0, isThere) } ?? "nothing",
                color: isThere ? Palette.entry : Palette.troubleInk, target: found?.revision))
    }

    private mutating func add(_ received: RequestReceived, _ refused: RequestRefused) {
        guard received.method == .range, received.revision != .zero else { return }
        let key = received.key.slice
        // Where the answer stood before it was forgotten.
        let stood =
            received.rangeEnd.isEmpty && received.revision < space.compacted
            ? space.records.last { $0.key == key && $0.written.main <= received.revision } : nil
        questions.append(
            Question(
                words: RequestWords.spelled(received, limit: 16),
                meaning: received.revision < space.compacted
                    ? "\(received.revision.rawValue) < compacted revision \(space.compacted.rawValue)"
                    : "revision \(space.revision.rawValue) is the newest",
                answer: "error: \(Lettering.shortened(refused.why, limit: 60))", color: Palette.trouble,
                target: stood?.revision, isTrouble: true))
    }

    private mutating func add(_ done: CompactionDone) {
        // Of each key that is drawn, the newest record that the compaction could have taken and has not.
        let gone = removed[done.revision] ?? []
        let kept = keys.compactMap { key -> String? in
            let newest = space.records.last {
                $0.key == key && $0.written.main <= done.revision && !gone.contains($0.revision)
            }
            return newest.map { "\(Lettering.printable(key, limit: 10)) keeps \(name(of: $0))" }
        }
        let names = gone.prefix(4).map { "\($0.main.rawValue).\($0.sub)" }.joined(separator: " ")
        let removal = "\(done.removed) removed" + (names.isEmpty ? "" : ": \(names)\(gone.count > 4 ? " …" : "")")
        questions.append(
            Question(
                words: "compact \(done.revision.rawValue)",
                meaning:
                    "of each key, the newest revision ≤ \(done.revision.rawValue) stays while somebody can ask for it",
                answer: (kept.prefix(3) + (kept.count > 3 ? ["…"] : []) + [removal]).joined(separator: " · "),
                color: Palette.text, column: done.revision))
    }

    private mutating func add(_ watcher: WatcherCreated) {
        let key = watcher.key.slice
        let isRange = !watcher.rangeEnd.isEmpty
        watchers[WatcherName(stream: watcher.stream, watcher: watcher.watcher)] = (questions.count, watcher)
        questions.append(
            Question(
                words:
                    "watch \(RequestWords.keys(key, watcher.rangeEnd.slice, limit: 16)) --rev=\(watcher.start.rawValue)",
                meaning:
                    "every revision of \(isRange ? "these keys" : Lettering.printable(key, limit: 16)) that is ≥ "
                    + "\(watcher.start.rawValue)", answer: "nothing was sent", color: Palette.readInk))
    }

    /// A watcher was told of everything up to a revision.
    private mutating func add(_ sent: WatchEventsSent) {
        guard let (place, watcher) = watchers[WatcherName(stream: sent.stream, watcher: sent.watcher)] else { return }
        let told = space.records.filter {
            $0.written.main >= watcher.start && $0.written.main <= sent.revision && isWatched($0.key, by: watcher)
        }
        let events = told.prefix(2).map { "\(name(of: $0))  →  event \(event(of: $0))" }
        let more = told.count > 2 ? ["\(told.count - 2) more"] : []
        questions[place].answer = (events + more).joined(separator: "  ·  ")
        questions[place].target = told.first?.revision
    }

    private func isWatched(_ key: ByteSlice, by watcher: WatcherCreated) -> Bool {
        let (first, end) = (watcher.key.slice, watcher.rangeEnd.slice)
        guard !end.isEmpty else { return key == first }
        let isOpen = end.count == 1 && end.view[0] == 0
        return !(key.view < first.view) && (isOpen || key.view < end.view)
    }

    /// What a watcher is sent of a record: `PUT x = 3`, `DELETE x`.
    private func event(of record: Keyspace.Record) -> String {
        let key = Lettering.printable(record.key, limit: 12)
        return record.written.change == .delete ? "DELETE \(key)" : "PUT \(key) = \(value(of: record))"
    }

    /// Its name in the file: `5.0`, `6.0 t`.
    private func name(of record: Keyspace.Record) -> String {
        let written = record.written
        return "\(written.main.rawValue).\(written.sub)\(written.change == .delete ? " t" : "")"
    }

    private func spelled(_ record: Keyspace.Record, _ isThere: Bool) -> String {
        guard isThere else { return "\(name(of: record))  →  nothing: deleted" }
        return "\(name(of: record))  →  \(Lettering.printable(record.key, limit: 12)) = \(value(of: record))"
    }

    /// The value as far as the trace has it.
    private func value(of record: Keyspace.Record, limit: Int = 12) -> String {
        let written = record.written
        let text = Lettering.printable(written.value, limit: limit)
        if written.valueBytes == 0 { return "empty" }
        return written.valueBytes > written.value.count && written.value.count < limit ? text + "…" : text
    }

    private static let isOfInterest: [Bool] = {
        var flags = [Bool](repeating: false, count: 256)
        for kind in [
            RequestReceived.kind, EntryApplied.kind, RangeEvaluated.kind, RequestAnswered.kind, RequestRefused.kind,
            CompactionStep.kind, CompactionDone.kind, WatcherCreated.kind, WatchEventsSent.kind,
        ] { flags[Int(kind.number)] = true }
        return flags
    }()

    // MARK: - The picture

    private var title: String {
        request.title
            ?? "Keys × revisions of \(request.names[member]), "
            + (space.compacted > .zero ? "compacted at \(space.compacted.rawValue)" : "nothing compacted yet")
    }

    private var subtitle: String {
        "one column = one revision of the whole store; one row = the history of one key; a generation runs from create to "
            + "tombstone" + (space.compacted > .zero ? "; grey = at or below the compacted revision" : "")
    }

    /// How wide a column is: narrower where there are many.
    private var cellWidth: Double { columns.count > 9 ? 84 : 96 }

    private func isForgotten(_ revision: Revision) -> Bool { revision <= space.compacted }

    func picture(width: Int) -> Picture {
        var canvas = Canvas(title: title, subtitle: subtitle, about: about)
        let names = max(96, min(170, keys.map { Lettering.width(shown($0), size: 12, isBold: true) }.max() ?? 96) + 8)
        var sheet = Sheet(columns: [names] + columns.map { _ in cellWidth }, rowHeight: 45, gap: 3)
        sheet.setHeight(26, ofRow: 0)
        sheet.setHeight(20, ofRow: 1)
        paintHead(&sheet)
        for (row, key) in keys.enumerated() { paint(key, 2 + row, &sheet) }
        paintBucket(&sheet, 3 + keys.count)
        sheet.setHeight(8, ofRow: 2 + keys.count)
        var bottom = sheet.paint(on: &canvas, at: Point(0, Canvas.top))
        if !questions.isEmpty { bottom = paintQuestions(on: &canvas, below: bottom, width: max(sheet.width, 700)) }
        if !remark.isEmpty {
            canvas.text(Words(remark, color: Palette.quiet), at: Point(0, bottom + 14))
            bottom += 20
        }
        var page = TextPage(width: width)
        page.headline(title, subtitle)
        addLines(&page)
        Remarks.add(request, to: &canvas, below: bottom, &page)
        return Picture(canvas: canvas, text: page)
    }

    /// What is not drawn.
    private var remark: String {
        var parts: [String] = []
        if leftOutRevisions > 0 { parts.append("\(leftOutRevisions) older revisions") }
        if leftOutKeys > 0 { parts.append("\(leftOutKeys) other keys") }
        if space.unknownKeys > 0 {
            parts.append("\(space.unknownKeys) keys that were written before these traces begin")
        }
        return parts.isEmpty ? "" : "not drawn: " + parts.joined(separator: ", ")
    }

    private func shown(_ key: ByteSlice) -> String { Lettering.printable(key.view, limit: 22) }

    private func ground(_ revision: Revision) -> BoxLook? {
        isForgotten(revision) ? BoxLook(fill: Color("#F0F0F0"), line: nil, lineWidth: 0) : nil
    }

    private func paintHead(_ sheet: inout Sheet) {
        sheet.cell(0, 0, Words("revision →", size: 10, isBold: true), alignment: .left)
        sheet.cell(0, 1, Words("request", color: Palette.quiet), alignment: .left)
        for (place, revision) in columns.enumerated() {
            let isCompacted = revision == space.compacted
            var runs = [
                Run(
                    "\(revision.rawValue)", color: isForgotten(revision) && !isCompacted ? Palette.faint : nil,
                    isBold: true, size: 12)
            ]
            if isCompacted { runs.append(Run("  compacted", color: Palette.trouble, size: 8)) }
            let marks = marks { $0.column == revision }
            if !marks.isEmpty { runs.append(Run("  " + marks, isBold: true, size: 10)) }
            let look = ground(revision) ?? BoxLook(fill: nil, line: nil)
            sheet.cell(place + 1, 0, Words(lines: [runs]), look, classes: "revision")
            sheet.cell(place + 1, 1, Words(name(ofRequestAt: revision), size: 8.5, color: Palette.quiet), look)
        }
    }

    /// `put x`, `txn: put x, delete y`, `delete 16 keys`; the longest that fits.
    private func name(ofRequestAt revision: Revision) -> String {
        let changes = (records[revision] ?? []).map(\.written)
        let start = requests[revision] == .txn ? "txn: " : ""
        let verbs = Set(changes.map { "\($0.change)" })
        let many = "\(start)\(verbs.count == 1 ? verbs.first ?? "" : "change") \(changes.count) keys"
        guard changes.count <= 2 else { return many }
        for limit in stride(from: 12, through: 3, by: -1) {
            let words = changes.map { "\($0.change) \(Lettering.printable($0.key, limit: limit))" }
            let name = start + words.joined(separator: ", ")
            if Lettering.width(name, size: 8.5) <= cellWidth - 2 { return name }
        }
        return many
    }

    private static let generationLooks = [
        BoxLook(fill: Palette.entryGround, line: Palette.entry, lineWidth: 2.2),
        BoxLook(fill: Color("#FFF4DC"), line: Palette.vote, lineWidth: 2.2),
        BoxLook(fill: Color("#EBD2E2"), line: Palette.read, lineWidth: 2.2),
        BoxLook(fill: Palette.successGround, line: Palette.success, lineWidth: 2.2),
    ]

    private func paint(_ key: ByteSlice, _ row: Int, _ sheet: inout Sheet) {
        let history = space.records(of: key)
        let generations = history.last.map { generation(of: $0) } ?? 0
        let hasEnded = history.last?.written.change == .delete
        sheet.cell(
            0, row,
            Words(lines: [
                [Run(shown(key), isBold: true, size: 12)],
                [
                    Run(
                        "\(generations) generation\(generations == 1 ? "" : "s")\(hasEnded ? ", ended" : "")",
                        color: Palette.quiet, size: 8)
                ],
            ]), alignment: .left, tooltip: key.view.quoted)
        for (place, revision) in columns.enumerated() {
            if let record = records[revision]?.last(where: { $0.key == key }) {
                sheet.cell(
                    place + 1, row, words(record), look(record), tooltip: tooltip(record), classes: classes(record))
            } else {
                // A line as long as the key lives; nothing before it was created or after it was deleted.
                let before = history.last { $0.written.main < revision }
                let lives = before?.written.change == .put
                sheet.cell(
                    place + 1, row, lives ? Words("────────", size: 8, color: Palette.rule) : " ",
                    ground(revision) ?? BoxLook(fill: nil, line: nil))
            }
        }
    }

    private func look(_ record: Keyspace.Record) -> BoxLook {
        if record.isRemoved {
            return BoxLook(fill: Color("#F0F0F0"), line: Palette.rule, stroke: .dashed, lineWidth: 1.2)
        }
        if record.written.change == .delete {
            return BoxLook(fill: Palette.paper, line: Palette.trouble, lineWidth: 3.4)
        }
        return Self.generationLooks[(generation(of: record) - 1) % Self.generationLooks.count]
    }

    /// The how-manieth life of its key a record belongs to, of those that these traces tell of: a tombstone ends one.
    private func generation(of record: Keyspace.Record) -> Int {
        let before = space.records(of: record.key).prefix { $0.written.main < record.written.main }
        return 1 + before.count { $0.written.change == .delete }
    }

    private func classes(_ record: Keyspace.Record) -> String {
        record.isRemoved ? "removed" : record.written.change == .delete ? "tombstone" : "value"
    }

    private func tooltip(_ record: Keyspace.Record) -> String {
        let written = record.written
        let name = "\(written.main.rawValue).\(written.sub)"
        if written.change == .delete { return "\(name): \(shown(record.key)) was deleted" }
        return
            "\(name): \(shown(record.key)) = \(value(of: record)), \(written.valueBytes) bytes, version \(written.version), "
            + "created in \(written.create.rawValue)"
            + (written.lease == .none ? "" : ", lease \(String(UInt64(bitPattern: written.lease.rawValue), radix: 16))")
    }

    /// The numbers of the questions that this record answers.
    private func marks(_ record: Keyspace.Record) -> String { marks { $0.target == record.revision } }

    /// The numbers of some questions; where there is no room for all, the first ones.
    private func marks(_ isMeant: (Question) -> Bool) -> String {
        let numbers = questions.indices.filter { isMeant(questions[$0]) }.map { Lettering.circled($0 + 1) }
        return numbers.prefix(2).joined(separator: " ") + (numbers.count > 2 ? " …" : "")
    }

    private func words(_ record: Keyspace.Record) -> Words {
        let written = record.written
        let mark = marks(record)
        let suffix = mark.isEmpty ? [] : [Run("  " + mark, color: Palette.text, isBold: true, size: 10)]
        if written.change == .delete {
            let color = record.isRemoved ? Palette.faint : Palette.trouble
            return Words(lines: [
                [Run("✕ delete", color: color, isBold: !record.isRemoved, isStruck: record.isRemoved, size: 11)]
                    + suffix,
                [Run(record.isRemoved ? "removed" : "tombstone", color: color, size: 8)],
            ])
        }
        let color = record.isRemoved ? Palette.faint : Palette.text
        let room = cellWidth - 12 - suffix.reduce(0) { $0 + Lettering.width($1.text, size: 10, isBold: true) }
        let value = Lettering.fitted(value(of: record), width: room, size: 11, isBold: true)
        let small =
            record.isRemoved
            ? "removed" : "version \(written.version) · create \(written.create.rawValue)"
        return Words(lines: [
            [Run(value, color: color, isBold: !record.isRemoved, isStruck: record.isRemoved, size: 11)]
                + suffix,
            [Run(small, color: color, size: 7.5)],
        ])
    }

    private func paintBucket(_ sheet: inout Sheet, _ row: Int) {
        sheet.cell(
            0, row,
            Words(lines: [
                [Run("bucket “key”", isBold: true, size: 10)],
                [Run("in the file, by main.sub", color: Palette.quiet, size: 8)],
            ]), alignment: .left)
        for (place, revision) in columns.enumerated() {
            let all = records[revision] ?? []
            let lines = all.prefix(3).map { record in
                [
                    Run(
                        name(of: record),
                        color: record.isRemoved ? Palette.faint : nil, isBold: !record.isRemoved,
                        isStruck: record.isRemoved, size: 9)
                ]
            }
            let more = all.count > 3 ? [[Run("+ \(all.count - 3)", color: Palette.quiet, size: 8)]] : []
            let isGone = all.allSatisfy(\.isRemoved)
            sheet.cell(
                place + 1, row, Words(lines: lines + more),
                isGone
                    ? BoxLook(fill: Color("#F0F0F0"), line: Palette.rule, stroke: .dashed, lineWidth: 1.2)
                    : BoxLook(fill: Palette.paper, line: Palette.text, lineWidth: 1.2), classes: "bucket")
        }
    }

    private func paintQuestions(on canvas: inout Canvas, below bottom: Double, width: Double) -> Double {
        let top = bottom + 22
        let rowHeight = 22.0
        let height = rowHeight * Double(questions.count) + 10
        // Columns as wide as their widest text.
        func widest(_ text: (Question) -> String, _ isBold: Bool) -> Double {
            questions.map { Lettering.width(text($0), size: 10, isBold: isBold) }.max() ?? 0
        }
        let words = 34.0
        let meaning = words + widest({ $0.words }, true) + 16
        let answer = meaning + widest({ $0.meaning }, false) + 16
        let frame = max(width, answer + widest({ $0.answer }, true) + 14)
        canvas.box(
            at: Point(frame / 2, top + height / 2), width: frame, height: height, Palette.frame, isGround: true)
        for (number, question) in questions.enumerated() {
            let y = top + 5 + rowHeight * (Double(number) + 0.5)
            canvas.text(Words(Lettering.circled(number + 1), size: 11, isBold: true), at: Point(10, y))
            canvas.text(Words(question.words, size: 10, isBold: true), at: Point(words, y))
            canvas.text(Words(question.meaning, size: 10, color: Palette.quiet), at: Point(meaning, y))
            canvas.text(Words(question.answer, size: 10, color: question.color, isBold: true), at: Point(answer, y))
        }
        return top + height
    }

    private var about: String {
        var sentences = [
            "Member \(request.names[member]) is at revision \(space.revision.rawValue)"
                + (space.compacted > .zero ? " and has forgotten everything before \(space.compacted.rawValue)." : ".")
        ]
        for key in keys {
            let changes = space.records(of: key).map { record in
                let what = record.written.change == .put ? "put" : "deleted"
                return "\(what) in \(record.written.main.rawValue)\(record.isRemoved ? " (removed)" : "")"
            }
            sentences.append("\(shown(key)): \(changes.joined(separator: ", ")).")
        }
        for question in questions { sentences.append("\(question.words): \(question.answer).") }
        return sentences.joined(separator: " ")
    }

    // MARK: - The text form

    private func addLines(_ page: inout TextPage) {
        let names = min(24, max(10, page.width / 5))
        let each = 10
        let fits = max(1, (page.width - names) / each)
        // The columns that do not fit beside each other stand in another block below.
        var start = 0
        while start < columns.count {
            let block = Array(columns[start..<min(start + fits, columns.count)])
            addBlock(block, names, each, &page)
            start += fits
            page.line()
        }
        page.paragraph(
            "[v] version v of a value · (v) removed by a compaction · ✕ tombstone · ── it lives on", .quiet)
        if !questions.isEmpty { page.line() }
        for (number, question) in questions.enumerated() {
            page.paragraph(
                "\(Lettering.circled(number + 1)) \(question.words): \(question.meaning) -> \(question.answer)",
                question.isTrouble ? .trouble : .plain, indent: 2)
        }
        if !remark.isEmpty { page.paragraph(remark, .quiet) }
    }

    private func addBlock(_ block: [Revision], _ names: Int, _ each: Int, _ page: inout TextPage) {
        var head = [TextSpan(TextPage.fitted("revision", names), .bold)]
        for revision in block {
            let name = "\(revision.rawValue)\(revision == space.compacted ? " cmp" : "")"
            head.append(TextSpan(TextPage.fitted(name, each), isForgotten(revision) ? .quiet : .bold))
        }
        page.line(head)
        for key in keys {
            var spans = [TextSpan(TextPage.fitted(shown(key), names), .bold)]
            let history = space.records(of: key)
            for revision in block {
                if let record = records[revision]?.last(where: { $0.key == key }) {
                    spans.append(TextSpan(TextPage.fitted(cell(record), each), ink(record)))
                } else {
                    let lives = history.last { $0.written.main < revision }?.written.change == .put
                    spans.append(TextSpan(TextPage.fitted(lives ? "──" : "", each), .quiet))
                }
            }
            page.line(spans)
        }
        var file = [TextSpan(TextPage.fitted("in the file", names))]
        for revision in block {
            let left = (records[revision] ?? []).filter { !$0.isRemoved }
                .map { "\($0.written.main.rawValue).\($0.written.sub)" }
            file.append(
                TextSpan(TextPage.fitted(left.first.map { $0 + (left.count > 1 ? "…" : "") } ?? "-", each), .quiet))
        }
        page.line(file)
    }

    private func cell(_ record: Keyspace.Record) -> String {
        let mark = marks(record)
        let suffix = mark.isEmpty ? "" : " " + mark
        if record.written.change == .delete { return (record.isRemoved ? "(✕)" : "✕") + suffix }
        let text = "\(record.written.version)"
        return (record.isRemoved ? "(\(text))" : "[\(text)]") + suffix
    }

    private func ink(_ record: Keyspace.Record) -> TextInk {
        record.isRemoved ? .quiet : record.written.change == .delete ? .trouble : .entry
    }
}
