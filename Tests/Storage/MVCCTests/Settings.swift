// Settings.swift: how large the tests of this room are (see Tests/long.sh).

import Foundation

enum Settings {
    private static let environment = ProcessInfo.processInfo.environment

    /// The seeds that a property walks: by default the first `count`.
    static func seeds(_ count: Int) -> Range<UInt64> {
        let first = environment["ETCD_TEST_FIRST_SEED"].flatMap(UInt64.init) ?? 1
        return first..<(first + UInt64(environment["ETCD_TEST_SEEDS"].flatMap(Int.init) ?? count))
    }

    static let isLong = environment["ETCD_TEST_LONG"] != nil

    /// Where pip put the real etcd 3.5.1.
    static let pip: URL = {
        if let path = environment["ETCD_PIP"] { return URL(fileURLWithPath: path) }
        return URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(".pip")
    }()
}

/// Numbers that look random and are the same for the same seed.
struct StoreDice {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }

    /// 0 ..< limit.
    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
    /// Once in `count` throws.
    mutating func once(in count: Int) -> Bool { below(count) == 0 }
    mutating func pick<Element>(_ list: [Element]) -> Element { list[below(list.count)] }
}
