// KeySorting.swift: a million keys in order, at once.
//
// At a start all keys come in the order of their changes and are wanted in their own. Inserting them one by one into
// the tree would cost half a microsecond each; sorting them costs a tenth of that, if keys are not compared: eight bytes
// of each key, as a number beside the entry, are sorted, and only where those are equal the next eight are looked at.
//
//     "/registry/pods/default/a"    all alike: the first 8 bytes decide nothing, nor the second 8 ...
//     "/registry/pods/default/b"    ... so each round first skips what all keys of its group have in common
//
// COST     one round over the keys for each 8 bytes in which they really differ.

import Bytes

/// Sorting entries by their keys.
enum KeySorting {
    /// A part of a key, and whose it is.
    struct Item: BitwiseCopyable {
        var word: UInt64
        var entry: UInt32
    }

    /// All entries in use, in the order of keys.
    static func sorted(_ table: borrowing KeyTable) -> [UInt32] {
        var items: [Item] = []
        items.reserveCapacity(table.count)
        for entry in 0..<UInt32(table.entries.count) where table.isUsed(entry) {
            items.append(Item(word: 0, entry: entry))
        }
        if !items.isEmpty { sort(&items, 0..<items.count, from: 0, table) }
        return items.map(\.entry)
    }

    /// Sorts a group of keys that are equal before `offset`.
    private static func sort(_ items: inout [Item], _ range: Range<Int>, from offset: Int, _ table: borrowing KeyTable)
    {
        var groups = [(range, offset)]
        while let (range, offset) = groups.popLast() {
            let skip = common(items, range, from: offset, table)
            for index in range { items[index].word = word(table.key(items[index].entry), skip) }
            if range.count < 1000 { items[range].sort { $0.word < $1.word } } else { distribute(&items, range) }
            var start = range.lowerBound
            while start < range.upperBound {
                var end = start + 1
                while end < range.upperBound, items[end].word == items[start].word { end += 1 }
                if end - start > 1 { separate(&items, start..<end, after: skip, &groups, table) }
                start = end
            }
        }
    }

    /// Sorts a large group by its words without comparing: six times the items are dealt into 2,048 heaps by eleven
    /// more bits of the word, beginning with the lowest. A round in which all bits are alike is left out.
    private static func distribute(_ items: inout [Item], _ range: Range<Int>) {
        var source = Array(items[range])
        var target = source
        for shift in stride(from: UInt64(0), to: 64, by: 11) {
            var places = [Int](repeating: 0, count: 2048)
            for item in source { places[Int(item.word >> shift & 2047)] += 1 }
            if places.contains(source.count) { continue }
            var next = 0
            for digit in places.indices {
                next += places[digit]
                places[digit] = next - places[digit]
            }
            for item in source {
                let digit = Int(item.word >> shift & 2047)
                target[places[digit]] = item
                places[digit] += 1
            }
            swap(&source, &target)
        }
        items.replaceSubrange(range, with: source)
    }

    /// Keys whose next eight bytes are equal: those that end within them come first, by length; the rest is a group.
    private static func separate(
        _ items: inout [Item], _ range: Range<Int>, after skip: Int, _ groups: inout [(Range<Int>, Int)],
        _ table: borrowing KeyTable
    ) {
        func length(_ item: Item) -> Int { min(table.key(item.entry).count, skip + 8) }
        var isUneven = false
        for index in range where length(items[index]) < skip + 8 { isUneven = true }
        var start = range.lowerBound
        if isUneven {
            var part = items[range].map { (length($0), $0) }
            part.sort { $0.0 < $1.0 }
            for (index, element) in part.enumerated() { items[range.lowerBound + index] = element.1 }
            start += part.prefix { $0.0 < skip + 8 }.count
        }
        if range.upperBound - start > 1 { groups.append((start..<range.upperBound, skip + 8)) }
    }

    private static func word(_ key: ByteView, _ skip: Int) -> UInt64 {
        if key.count - skip >= 8 { return key.bigEndian(at: skip) }
        var word: UInt64 = 0
        var offset = skip
        while offset < key.count {
            word |= UInt64(key[offset]) << UInt64(56 - 8 * (offset - skip))
            offset += 1
        }
        return word
    }

    /// How many bytes all keys of a group have in common.
    private static func common(
        _ items: [Item], _ range: Range<Int>, from offset: Int, _ table: borrowing KeyTable
    ) -> Int {
        let first = table.key(items[range.lowerBound].entry)
        var length = first.count
        for index in range.dropFirst() where length > offset {
            let key = table.key(items[index].entry)
            length = min(length, key.count)
            var same = offset
            while same < length, key[same] == first[same] { same += 1 }
            length = same
        }
        return length
    }
}
