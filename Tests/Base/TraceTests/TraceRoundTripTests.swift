// TraceRoundTripTests.swift: what was emitted is what is read, through both encodings, for every event.

import Bytes
import Identifiers
import JSON
import Testing
import Trace

@Suite("An event's way through its encodings")
struct TraceRoundTripTests {
    static let origin = TraceOrigin(member: 0x8e9e_05c5_2164_694d, epoch: BootEpoch(rawValue: 3))

    @Test("the line is as the format's description says")
    func line() throws {
        let record = TraceRecord(
            member: Self.origin.member, epoch: Self.origin.epoch, sequence: .init(rawValue: 17),
            causes: [.init(rawValue: 15)], message: MessageName(ConnectionID(rawValue: 0x5c1f_0a8b_7d3e_2f10), 4),
            time: TraceTime(monotonic: 812, wall: 1_795_169_656_000_000_250),
            event: .voteAnswered(.init(candidate: 0xfd42_2379_fda5_0e48, term: 5, vote: .none, granted: false)))
        var json = JSONWriter()
        json.traceLine(record)
        let line = json.finish()
        #expect(
            line.view.lossyText == """
                {"wall":"2026-11-20T10:14:16.000000250Z","mono":812,"member":"8e9e05c52164694d","epoch":3,"seq":17,\
                "causes":[15],"conn":"5c1f0a8b7d3e2f10","ord":4,"event":"vote-answered",\
                "candidate":"fd422379fda50e48","term":5,"vote":"0","granted":false,\
                "pre":false,"last_index":0,"last_term":0}

                """)
    }
}
