// PageMemoryTests.swift: the memory of changed pages: found where it was put, stable, given back.

import Bytes
import Testing

@Suite("Page memory")
struct PageMemoryTests {
    @Test("a block is found under its page, keeps its address and its bytes, and is gone after drop")
    func lifecycle() {
        var memory = PageMemory(pageSize: 128, slack: 16)
        let three = memory.make(3)
        three.store(littleEndian: UInt32(0xDEAD), at: 8)
        // Far away: the table has to grow.
        let far = memory.make(5000, pages: 3)
        #expect(three.count == 128 + 16)
        #expect(far.count == 3 * 128 + 16)
        #expect(memory.lookup.bytes(of: 3)?.littleEndian(at: 8, as: UInt32.self) == 0xDEAD)
        #expect(memory.lookup.bytes(of: 3)?.count == 128)
        #expect(memory.lookup.bytes(of: 5000)?.count == 384)
        #expect(memory.lookup.bytes(of: 4) == nil)
        #expect(memory.lookup.bytes(of: .max) == nil)
        memory.drop(3)
        #expect(memory.lookup.bytes(of: 3) == nil)
        #expect(memory.writable(3) == nil)
    }

    @Test("a frozen block can be read and not be written")
    func frozen() {
        var memory = PageMemory(pageSize: 64, slack: 0)
        memory.make(7).store(littleEndian: UInt64(42), at: 0)
        memory.freeze(7)
        #expect(memory.writable(7) == nil)
        #expect(memory.lookup.bytes(of: 7)?.littleEndian(at: 0, as: UInt64.self) == 42)
    }

    @Test("spares are used again, but only so many are kept")
    func spares() {
        var memory = PageMemory(pageSize: 64, slack: 0, spareLimit: 2)
        for page in 2..<12 { _ = memory.make(UInt64(page)) }
        let full = memory.residentBytes
        for page in 2..<12 { memory.drop(UInt64(page)) }
        #expect(memory.residentBytes * 5 == full)
        _ = memory.make(2)
        _ = memory.make(3)
        #expect(memory.residentBytes * 5 == full)
    }

    @Test("two blocks for one page are refused")
    func twice() async {
        await #expect(processExitsWith: .failure) {
            var memory = PageMemory(pageSize: 64, slack: 0)
            _ = memory.make(2)
            _ = memory.make(2)
        }
    }

    @Test("a writable view moves, copies and clears within itself")
    func writing() {
        var memory = PageMemory(pageSize: 64, slack: 0)
        let view = memory.make(2)
        view.clear(from: 0, count: 64)
        let word = ByteSlice(utf8: "etcd")
        view.copy(word.view, to: 60)
        view.move(from: 60, to: 58, count: 4)
        #expect(view[56..<64].array == [0, 0] + Array("etcdcd".utf8))
    }

    @Test("nothing is written outside a view", arguments: [(61, 4), (-1, 4), (64, 1)])
    func outside(offset: Int, length: Int) async {
        await #expect(processExitsWith: .failure) { [offset, length] in
            var memory = PageMemory(pageSize: 64, slack: 0)
            let bytes = ByteSlice([UInt8](repeating: 1, count: length))
            memory.make(2).copy(bytes.view, to: offset)
        }
    }

    @Test("scratch memory grows to what it is asked to hold")
    func scratch() {
        var scratch = ScratchMemory(64)
        let long = ByteSlice([UInt8](repeating: 7, count: 1000))
        #expect(scratch.copy(long.view) == long.view)
        let text = ByteSlice(utf8: "ab")
        #expect(scratch.copy(text.view).array == [97, 98])
    }
}
