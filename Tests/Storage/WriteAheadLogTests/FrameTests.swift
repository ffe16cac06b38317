// FrameTests.swift: the bytes of one record, against bytes of a real etcd.

import Bytes
import Simulation
import Testing
import WriteAheadLog

@Suite("Frames")
struct FrameTests {
    /// Length words of a real log: they stand at the offsets that its listing names.
    @Test(
        "length words as etcd writes them",
        arguments: [
            (4, 0x8400_0000_0000_0004, 4), (31, 0x8100_0000_0000_001F, 1), (14, 0x8200_0000_0000_000E, 2),
            (112, 112, 0), (25, 0x8700_0000_0000_0019, 7), (1_400_048, 1_400_048, 0),
        ] as [(Int, UInt64, Int)])
    func lengthWords(bytes: Int, word: UInt64, padding: Int) {
        #expect(Frame.lengthWord(recordBytes: bytes) == word)
        #expect(Frame.split(word) == (bytes, padding))
        #expect(Frame.sizeBytes(recordBytes: bytes).isMultiple(of: 8))
    }

    @Test("the first records of a real 3.5.1, byte for byte")
    func head() throws {
        let golden = try Golden.bytes("single/log.bytes")
        var checksum: UInt32 = 0
        var buffer = ByteBuffer()
        // The data is copied out of the file; frame, checksum and padding are ours.
        buffer.appendFrame(.checksum, nil, continuing: &checksum)
        for (type, offset, length) in [(RecordKind.metadata, 16, 31), (.snapshot, 56, 14), (.entry, 80, 112)] {
            let fields = try #require(RecordFields(golden[(offset + 8)..<(offset + 8 + length)].view))
            buffer.appendFrame(type, fields.data, continuing: &checksum)
        }
        #expect(buffer.count == 200)
        #expect(buffer.slice() == golden.prefix(200))
        #expect(checksum == 0x3844_B4EA)
    }

    @Test("frames of any length are read back, one behind another")
    func roundTrip() throws {
        var dice = Dice(seed: 7)
        for _ in 0..<200 {
            var buffer = ByteBuffer()
            var written: UInt32 = 0
            var expected: [(RecordKind, [UInt8])] = []
            for _ in 0..<dice.roll(1...8) {
                let type = [RecordKind.entry, .state, .metadata, .snapshot][dice.roll(0...3)]
                let data = (0..<dice.roll(0...700)).map { _ in UInt8(dice.roll(0...255)) }
                let slice = ByteSlice(data)
                buffer.appendFrame(type, slice.view, continuing: &written)
                #expect(buffer.count.isMultiple(of: 8))
                expected.append((type, data))
            }
            var offset = 0
            var running: UInt32 = 0
            for (type, data) in expected {
                let (length, padding) = Frame.split(buffer.view.littleEndian(at: offset))
                let fields = try #require(RecordFields(buffer.view[(offset + 8)..<(offset + 8 + length)]))
                running = CRC32C.checksum(fields.data ?? ByteView(), continuing: running)
                #expect(fields.type == type.rawValue && fields.checksum == running && fields.data?.array ?? [] == data)
                offset += 8 + length + padding
            }
            #expect(offset == buffer.count)
        }
    }

    /// A record's fields as a later version might write them, and bytes that are no record.
    @Test(
        "fields of a record",
        arguments: [
            ("0802 1007 1a03 616263", 2, 7, "616263"),
            ("1a03 616263 1007 0802", 2, 7, "616263"),  // in another order
            ("0802 2005 1007 2a0100 1a00", 2, 7, ""),  // with fields nobody knows: passed over
            ("0802 1007 3d00000000 410000000000000000", 2, 7, nil),  // the same, of fixed width
            ("", 0, 0, nil),
        ] as [(String, UInt64, UInt32, String?)])
    func fields(bytes: String, type: UInt64, checksum: UInt32, data: String?) throws {
        let slice = try #require(ByteSlice(hex: bytes))
        let fields = try #require(RecordFields(slice.view))
        #expect(fields.type == type && fields.checksum == checksum && fields.data?.hex == data)
    }

    @Test(
        "bytes that are no record",
        arguments: [
            "08", "0a00", "1a05 6162", "1800", "1500000000", "00", "0802 23", "ffffffffffffffffffff01",
            "1affffffffffffffff7f",
        ])
    func noRecord(bytes: String) throws {
        let slice = try #require(ByteSlice(hex: bytes))
        #expect(RecordFields(slice.view) == nil)
    }

    /// The body begins at `offset` in the file; pieces are cut at multiples of 512 of the file.
    @Test("a hole of one sector is seen, a shorter one is not")
    func zeroSectors() {
        func hasHole(_ body: [UInt8], at offset: Int) -> Bool {
            let slice = ByteSlice(body)
            return Frame.hasZeroSector(slice.view, at: offset)
        }
        let full = [UInt8](repeating: 1, count: 2000)
        #expect(!hasHole(full, at: 8))
        var hole = full
        for index in (1024 - 8)..<(1536 - 8) { hole[index] = 0 }
        #expect(hasHole(hole, at: 8))
        // The same zeros, one byte off the borders of sectors: some other byte of both sectors is written.
        #expect(!hasHole(hole, at: 9))
        // One byte of the sector is there.
        hole[1200] = 7
        #expect(!hasHole(hole, at: 8))
        // The first and the last piece are shorter than a sector.
        #expect(hasHole([0, 0, 0, 0, 0, 0, 0, 0] + full, at: 504))
        #expect(!hasHole([0, 0, 0, 0, 0, 0, 0, 0] + full, at: 496))
        #expect(hasHole([UInt8](repeating: 1, count: 512) + [0], at: 512))
        #expect(!hasHole([], at: 0))
    }

    @Test("a record that etcd could not read back is never written")
    func tooLong() async {
        await #expect(processExitsWith: .failure) {
            var checksum: UInt32 = 0
            var buffer = ByteBuffer()
            let data = ByteSlice([UInt8](repeating: 1, count: 10 << 20))
            buffer.appendFrame(.entry, data.view, continuing: &checksum)
        }
    }
}
