// IdentifiersTests.swift: the numbers cost nothing, order as they should, and print as etcd prints them.

import Identifiers
import Testing

@Suite("Identifiers")
struct IdentifiersTests {
    @Test("one machine word each")
    func size() {
        let sizes = [
            MemoryLayout<Term>.size, MemoryLayout<LogIndex>.size, MemoryLayout<MemberID>.size,
            MemoryLayout<ClusterID>.size, MemoryLayout<Revision>.size, MemoryLayout<LeaseID>.size,
        ]
        #expect(sizes == [8, 8, 8, 8, 8, 8])
    }

    @Test("hex without leading zeros, leases by their bits")
    func printing() {
        #expect("\(MemberID(rawValue: 0x4FC1_9633_C802_FD1))" == "4fc19633c802fd1")
        #expect("\(ClusterID(rawValue: 0x74D6_63E0_11FF_DB78))" == "74d663e011ffdb78")
        #expect("\(LeaseID(rawValue: -1))" == "ffffffffffffffff")
        #expect("\(Term(rawValue: 7)) \(LogIndex(rawValue: 8)) \(Revision(rawValue: 9))" == "7 8 9")
    }

    @Test("indexes count, and do not go below zero")
    func arithmetic() async {
        #expect(LogIndex(rawValue: 5) + 3 == 8)
        #expect(LogIndex(rawValue: 5) - 3 == 2)
        #expect(LogIndex(rawValue: 5) - LogIndex(rawValue: 7) == -2)
        #expect(Term(rawValue: 5).next > Term(rawValue: 5))
        // The result is used: otherwise the optimizer removes the subtraction, and its trap with it.
        await #expect(processExitsWith: .failure) { print(LogIndex.zero.previous) }
    }
}
