// Pixels.swift: what does a PNG show? It is unpacked here, by 150 lines of our own, because a file's size proves little.
//
//     PNG      8 bytes of signature, then chunks: length, name, bytes, checksum       (RFC 2083)
//     IDAT     all of them together are one zlib stream                               (RFC 1950, 1951)
//     row      a filter's number, then differences to the row above and the pixel to the left
//
// A picture is not blank when it has ink at its top, in its middle and at its bottom, and colour: black letters alone are a
// headline without a drawing.

import Bytes

/// What was counted in a picture.
struct Pixels {
    var width = 0
    var height = 0
    /// How many pixels are not white.
    var ink = 0
    /// How many have a hue.
    var coloured = 0
    /// Those that are not white, in eight stripes from top to bottom.
    var stripes = [Int](repeating: 0, count: 8)

    /// Why one would call this page blank; nil: it is not.
    var blankness: String? {
        let all = max(1, width * height)
        if width < 300 || height < 150 { return "\(width) x \(height) is too small for a drawing" }
        if ink * 200 < all { return "\(ink) of \(all) pixels have ink" }
        if coloured * 2000 < all { return "\(coloured) of \(all) pixels have colour" }
        // The first and the last stripe may be margin.
        if let empty = stripes[1...6].firstIndex(of: 0) { return "stripe \(empty) of 8 is white" }
        return nil
    }

    /// Unpacks a PNG of 8 bits a channel.
    init(png: ByteView) throws {
        func number(_ at: Int) -> Int { Int(png.bigEndian(at: at, as: UInt32.self)) }
        var place = 8
        var packed: [UInt8] = []
        var channels = 0
        while place + 12 <= png.count {
            let (size, kind) = (number(place), number(place + 4))
            if kind == 0x4948_4452 {
                (width, height) = (number(place + 8), number(place + 12))
                guard png[place + 16] == 8 else { throw PixelError(reason: "\(png[place + 16]) bits a channel") }
                channels = [0: 1, 2: 3, 4: 2, 6: 4][png[place + 17]] ?? 0
            } else if kind == 0x4944_4154 {
                for byte in place + 8..<place + 8 + size { packed.append(png[byte]) }
            }
            place += 12 + size
        }
        guard channels >= 3 else { throw PixelError(reason: "no colours") }
        var unpacking = Unpacking(bytes: packed)
        let rows = try unpacking.unpack(expecting: height * (1 + width * channels))
        count(rows, channels)
    }

    private mutating func count(_ bytes: [UInt8], _ channels: Int) {
        let stride = width * channels
        var above = [UInt8](repeating: 0, count: stride)
        var row = above
        for y in 0..<height {
            let start = y * (stride + 1)
            let filter = bytes[start]
            for x in 0..<stride {
                let (left, up) = (x >= channels ? Int(row[x - channels]) : 0, Int(above[x]))
                let corner = x >= channels ? Int(above[x - channels]) : 0
                let guess: Int
                switch filter {
                case 1: guess = left
                case 2: guess = up
                case 3: guess = (left + up) / 2
                case 4:
                    let (a, b, c) = (abs(up - corner), abs(left - corner), abs(left + up - 2 * corner))
                    guess = a <= b && a <= c ? left : b <= c ? up : corner
                default: guess = 0
                }
                row[x] = bytes[start + 1 + x] &+ UInt8(truncatingIfNeeded: guess)
            }
            count(row: row, y, channels)
            swap(&row, &above)
        }
    }

    private mutating func count(row: [UInt8], _ y: Int, _ channels: Int) {
        var found = 0
        for x in stride(from: 0, to: row.count, by: channels) {
            if channels == 4, row[x + 3] < 32 { continue }
            let (red, green, blue) = (Int(row[x]), Int(row[x + 1]), Int(row[x + 2]))
            let (low, high) = (min(red, green, blue), max(red, green, blue))
            if low < 250 { found += 1 }
            if high - low > 24 { coloured += 1 }
        }
        ink += found
        stripes[y * 8 / height] += found
    }
}

/// Why something could not be unpacked.
struct PixelError: Error { var reason: String }

/// A zlib stream being unpacked: whole blocks, or blocks in a code of Huffman's whose lengths come first.
private struct Unpacking {
    let bytes: [UInt8]
    private var place = 2
    private var bits: UInt32 = 0
    private var count = 0
    private var output: [UInt8] = []

    init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func take(_ wanted: Int) throws -> Int {
        while count < wanted {
            guard place < bytes.count else { throw PixelError(reason: "the stream ends too early") }
            bits |= UInt32(bytes[place]) << UInt32(count)
            place += 1
            count += 8
        }
        defer {
            bits >>= UInt32(wanted)
            count -= wanted
        }
        return Int(bits & ((1 << UInt32(wanted)) - 1))
    }

    /// A code by the lengths of its words: how many words each length has, and which symbols they are.
    private struct Code {
        var counts = [Int](repeating: 0, count: 16)
        var symbols: [Int] = []
        init(_ lengths: [Int]) {
            for length in lengths { counts[length] += 1 }
            counts[0] = 0
            for length in 1...15 { symbols += lengths.indices.filter { lengths[$0] == length } }
        }
    }

    private mutating func symbol(_ code: Code) throws -> Int {
        var (word, first, index) = (0, 0, 0)
        for length in 1...15 {
            word |= try take(1)
            if word - code.counts[length] < first { return code.symbols[index + word - first] }
            index += code.counts[length]
            first = (first + code.counts[length]) << 1
            word <<= 1
        }
        throw PixelError(reason: "no word of the code")
    }

    mutating func unpack(expecting size: Int) throws -> [UInt8] {
        output.reserveCapacity(size)
        var isLast = false
        while !isLast {
            isLast = try take(1) == 1
            switch try take(2) {
            case 0:
                (bits, count) = (0, 0)
                let length = Int(bytes[place]) | Int(bytes[place + 1]) << 8
                output += bytes[place + 4..<place + 4 + length]
                place += 4 + length
            case 1:
                let lengths = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
                try block(Code(lengths), Code([Int](repeating: 5, count: 30)))
            case 2: try describedBlock()
            default: throw PixelError(reason: "no such block")
            }
        }
        guard output.count == size else { throw PixelError(reason: "\(output.count) bytes, not \(size)") }
        return output
    }

    private mutating func describedBlock() throws {
        let (literals, distances, words) = (try take(5) + 257, try take(5) + 1, try take(4) + 4)
        var lengths = [Int](repeating: 0, count: 19)
        for place in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15].prefix(words) {
            lengths[place] = try take(3)
        }
        let code = Code(lengths)
        var all: [Int] = []
        while all.count < literals + distances {
            switch try symbol(code) {
            case 16: all += [Int](repeating: all.last ?? 0, count: try take(2) + 3)
            case 17: all += [Int](repeating: 0, count: try take(3) + 3)
            case 18: all += [Int](repeating: 0, count: try take(7) + 11)
            case let length: all.append(length)
            }
        }
        try block(Code(Array(all[..<literals])), Code(Array(all[literals...])))
    }

    private mutating func block(_ literals: Code, _ distances: Code) throws {
        while true {
            let symbol = try symbol(literals)
            if symbol == 256 { return }
            guard symbol > 256 else {
                output.append(UInt8(symbol))
                continue
            }
            // Lengths: 3 to 10 one by one, then four of each width, and 258 by itself.
            let code = symbol - 257
            let extra = code < 8 ? 0 : code == 28 ? 0 : code / 4 - 1
            let base = code < 8 ? code + 3 : code == 28 ? 258 : ((4 + code % 4) << extra) + 3
            let length = base + (try take(extra))
            let far = try self.symbol(distances)
            let more = far < 4 ? 0 : far / 2 - 1
            let distance = (far < 4 ? far + 1 : ((2 + far % 2) << more) + 1) + (try take(more))
            guard distance <= output.count else { throw PixelError(reason: "points before the beginning") }
            for _ in 0..<length { output.append(output[output.count - distance]) }
        }
    }
}
