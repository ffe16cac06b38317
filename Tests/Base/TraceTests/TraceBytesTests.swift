// TraceBytesTests.swift: keys of every length lie in an event as they came.

import Bytes
import Testing
import Trace

@Suite("Keys in events")
struct TraceBytesTests {
    @Test("every length around every border comes back, and neighbours in memory do not leak in", arguments: 0...100)
    func lengths(count: Int) {
        // 0xFF on both sides: a load that reaches too far would show.
        let around = ByteSlice([UInt8](repeating: 0xFF, count: 50) + (0..<count).map { UInt8($0 + 1) } + [0xFF, 0xFF])
        let key = around[50..<(50 + count)]
        let bytes = TraceBytes(key)
        #expect(bytes.count == count && bytes.isEmpty == (count == 0))
        #expect(bytes.slice == key)
        let copied = ByteSlice(key.array)
        #expect(TraceBytes(copied) == bytes, "Y1: equal bytes are equal values")
        #expect(TraceBytes(copied).hashValue == bytes.hashValue)
        if count > 0 {
            for place in 0..<count {
                var other = key.array
                other[place] ^= 0x80
                #expect(TraceBytes(ByteSlice(other)) != bytes)
            }
            #expect(TraceBytes(key.prefix(count - 1)) != bytes)
        }
    }

    @Test("of a value only the beginning is taken")
    func beginnings() {
        let value: ByteSlice = "a value that is longer than anybody wants to see in a picture"
        #expect(TraceBytes(value.view, upTo: 7).slice == "a value")
        #expect(TraceBytes(value.view, upTo: 1000).slice == value)
        #expect("\(TraceBytes("x\u{1}"))" == "\(ByteSlice(utf8: "x\u{1}"))")
    }
}
