// ModelTests.swift: random work on the tree, compared with a dictionary after every step that matters.
//
// The dictionary knows nothing of pages. Keys come from a small space, so that they are replaced and
// deleted often; values from empty to several pages; key lengths up to the format's limit now and then, so
// that branches need pages of their own; page sizes small, so that the trees are deep.

import BoltFile
import Bytes
import Simulation
import Testing

/// What the tree should hold: buckets by path, each a dictionary.
struct Model: Equatable {
    var buckets: [[String]: [[UInt8]: [UInt8]]] = [[]: [:]]

    /// Whether `tree` holds exactly this, in order, in both directions, and nothing else.
    func compare(to tree: Tree, at path: [String] = [], _ note: String) throws {
        var expected = (buckets[path] ?? [:]).map { ($0.key, Optional($0.value)) }
        let children = buckets.keys.filter { $0.count == path.count + 1 && Array($0.dropLast()) == path }
        expected += children.map { (Array($0[path.count].utf8), nil) }
        expected.sort { $0.0.lexicographicallyPrecedes($1.0) }
        var cursor = tree.cursor()
        var found = try cursor.first()
        for (key, value) in expected {
            try must(found && cursor.key.array == key, "\(note): key \(key) is missing in \(path)")
            try must(cursor.isBucket == (value == nil), "\(note): \(key) is a bucket or is not")
            if let value {
                try must(cursor.value.array == value, "\(note): the value of \(key) differs")
            } else if let child = try cursor.bucket() {
                try compare(to: child, at: path + [String(decoding: key, as: UTF8.self)], note)
            }
            found = try cursor.next()
        }
        try must(!found, "\(note): more than expected in \(path)")
        var backwards = 0
        found = try cursor.last()
        while found {
            backwards += 1
            found = try cursor.previous()
        }
        try must(backwards == expected.count, "\(note): \(backwards) backwards, \(expected.count) forwards")
    }
}

/// What kind of keys and values a run is made of.
struct Shape {
    let name: String
    let pageSize: Int
    let keySpace: Int
    let largestKey: Int
    let largestValue: Int
    let deletesPerMille: Int

    static let all = [
        Shape(name: "small", pageSize: 1024, keySpace: 400, largestKey: 12, largestValue: 40, deletesPerMille: 400),
        Shape(name: "growing", pageSize: 1024, keySpace: 5000, largestKey: 16, largestValue: 60, deletesPerMille: 100),
        Shape(
            name: "overflow", pageSize: 1024, keySpace: 200, largestKey: 20, largestValue: 5000, deletesPerMille: 300),
        Shape(
            name: "long keys", pageSize: 1024, keySpace: 300, largestKey: 900, largestValue: 30, deletesPerMille: 350),
        Shape(
            name: "huge keys", pageSize: 2048, keySpace: 60, largestKey: 32768, largestValue: 300, deletesPerMille: 300),
        Shape(name: "4 KiB", pageSize: 4096, keySpace: 3000, largestKey: 32, largestValue: 700, deletesPerMille: 250),
    ]

    func key(_ dice: inout Dice) -> [UInt8] {
        var key = Array("k\(dice.roll(keySpace))".utf8)
        // The length hangs on the number, so that the same key comes again.
        var stretch = Dice(seed: UInt64(key.reduce(0) { $0 &* 31 &+ Int($1) }))
        let length = stretch.roll(max(1, largestKey - key.count))
        if stretch.happens(perMille: 300) { key += [UInt8](repeating: UInt8(stretch.roll(256)), count: length) }
        return key
    }

    func value(_ dice: inout Dice) -> [UInt8] {
        let limit = dice.happens(perMille: 100) ? largestValue : largestValue / 8 + 1
        return [UInt8](repeating: UInt8(dice.roll(256)), count: dice.roll(limit))
    }
}

@Suite("Random work")
struct ModelTests {
    /// One change, in the file and in the model.
    static func change(
        _ file: inout BoltFile, _ model: inout Model, _ handles: [[String]: BucketHandle], _ shape: Shape,
        _ dice: inout Dice
    ) throws {
        let path = dice.pick(handles.keys.sorted { $0.joined(separator: "/") < $1.joined(separator: "/") })
        let bucket = try #require(handles[path])
        let key = ByteSlice(shape.key(&dice))
        if dice.happens(perMille: shape.deletesPerMille) {
            let expected = model.buckets[path]?.removeValue(forKey: key.array) != nil
            try must(try file.delete(key.view, in: bucket) == expected, "\(key) was there: \(expected)")
        } else {
            let value = ByteSlice(shape.value(&dice))
            try file.put(key.view, value.view, in: bucket)
            model.buckets[path]?[key.array] = value.array
        }
    }

    @Test("the tree is a dictionary, commit after commit", arguments: Shape.all.indices)
    func dictionary(shape: Int) throws {
        try Seeds.each(20) { seed in try run(Shape.all[shape], seed) }
    }

    private func run(_ shape: Shape, _ seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let disk = MemoryFile(pageSize: shape.pageSize)
        var file = try disk.open()
        var model = Model()
        var handles: [[String]: BucketHandle] = [[]: .root]
        for path in [["a"], ["b"], ["a", "inner"], ["a", "inner", "innermost"]] {
            let name = ByteSlice(utf8: path[path.count - 1])
            handles[path] = try file.createBucket(name.view, in: try #require(handles[Array(path.dropLast())]))
            model.buckets[path] = [:]
        }
        for round in 0..<6 {
            for _ in 0..<dice.roll(400) { try Self.change(&file, &model, handles, shape, &dice) }
            let note = "\(shape.name), round \(round)"
            // Uncommitted changes are seen by the writer's own reads.
            let uncommitted = try file.tree(of: try #require(handles[["b"]])).everything()
            try must(uncommitted.count == model.buckets[["b"]]?.count, "\(note): the writer's own view")
            try file.commit(to: disk)
            try expectSound(file, disk, model, note)
            if dice.happens(perMille: 300) { try reopen(&file, disk, &handles, note) }
        }
        try emptyEverything(&file, &model, handles)
        try file.commit(to: disk)
        try expectSound(file, disk, model, "\(shape.name), emptied")
        // Everything is inline again: what remains is the root bucket's page.
        try must(file.usedByteCount == 3 * shape.pageSize, "\(shape.name): \(file.usedByteCount) bytes for nothing")
    }

    /// The file, the writer's books and the content are what they should be.
    private func expectSound(
        _ file: borrowing BoltFile, _ disk: MemoryFile, _ model: Model, _ note: String
    ) throws {
        try mustBeWhole(file.check(), note)
        let version = try disk.version()
        try mustBeWhole(version.check(), note)
        try model.compare(to: version.root, note)
        try model.compare(to: try file.tree(of: .root), note)
    }

    /// What a restart finds is the same, its books of free pages included.
    private func reopen(
        _ file: inout BoltFile, _ disk: MemoryFile, _ handles: inout [[String]: BucketHandle], _ note: String
    ) throws {
        let used = file.usedByteCount
        file = try disk.open()
        try must(file.usedByteCount == used, "\(note): \(used) bytes in use, \(file.usedByteCount) after a restart")
        for path in handles.keys.sorted(by: { $0.count < $1.count }) where !path.isEmpty {
            let name = ByteSlice(utf8: path[path.count - 1])
            let parent = try #require(handles[Array(path.dropLast())])
            handles[path] = try file.openBucket(name.view, in: parent)
        }
    }

    private func emptyEverything(
        _ file: inout BoltFile, _ model: inout Model, _ handles: [[String]: BucketHandle]
    ) throws {
        for (path, bucket) in handles {
            for key in (model.buckets[path] ?? [:]).keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
                let key = ByteSlice(key)
                try must(try file.delete(key.view, in: bucket), "\(key) is there before it is deleted")
            }
            model.buckets[path] = [:]
        }
        let inner = ByteSlice(utf8: "inner")
        try must(try file.deleteBucket(inner.view, in: try #require(handles[["a"]])), "a/inner is there")
        model.buckets[["a", "inner"]] = nil
        model.buckets[["a", "inner", "innermost"]] = nil
    }
}

@Suite("Found by chance, kept as stories")
struct StoryTests {
    @Test("the first value of a bucket grows until it needs pages of its own: its ancestors still say its key")
    func firstValueGrows() throws {
        let disk = MemoryFile(pageSize: 1024)
        var file = try disk.open()
        let name = ByteSlice(utf8: "b")
        let bucket = try file.createBucket(name.view)
        for digit in 0..<4 {
            let (key, value) = (ByteSlice(utf8: "key \(digit)"), ByteSlice([UInt8](repeating: 1, count: 200)))
            try file.put(key.view, value.view, in: bucket)
        }
        let (first, large) = (ByteSlice(utf8: "key 0"), ByteSlice([UInt8](repeating: 2, count: 3000)))
        try file.put(first.view, large.view, in: bucket)
        try file.commit(to: disk)
        #expect(file.check() == [])
        #expect(try file.get(first.view, in: bucket) == large.view)
    }
}
