// WireReaderTests.swift: bad input ends in an error that says what, where and in which field.

import Bytes
import Identifiers
import Protobuf
import RaftMessages
import Testing

/// A row of the table: bytes of a message, and the error that they must end in.
struct BadInput: Sendable, CustomTestStringConvertible {
    let what: String
    let hex: String
    let kind: WireError.Kind
    let offset: Int
    let path: [UInt32]

    init(_ what: String, _ hex: String, _ kind: WireError.Kind, at offset: Int, _ path: UInt32...) {
        self.what = what
        self.hex = hex
        self.kind = kind
        self.offset = offset
        self.path = path
    }

    var testDescription: String { what }
}

@Suite("Reading what strangers send")
struct WireReaderTests {
    // The message read is raftpb.Message: 1 type, 7 entries (4 data), 9 snapshot (2 metadata (1 conf_state)), 12 context.
    static let table: [BadInput] = [
        BadInput("a tag that does not end", "80", .truncated, at: 0),
        BadInput("a tag without its value", "08", .truncated, at: 1, 1),
        BadInput("a number that does not end", "0801 20ffff", .truncated, at: 3, 4),
        BadInput("a number of eleven bytes", "20 80808080808080808080 01", .oversizedVarint, at: 1, 4),
        BadInput("a number of 65 bits", "20 ffffffffffffffffff 02", .oversizedVarint, at: 1, 4),
        BadInput("field number 0", "0801 00", .badFieldNumber, at: 2),
        BadInput("field number 2^29", "8080808010 00", .badFieldNumber, at: 0),
        BadInput("wire type 6, known field", "0e", .badWireType(6), at: 0, 1),
        BadInput("wire type 7, unknown field", "ff01", .badWireType(7), at: 0, 31),
        BadInput("a number where bytes belong", "60 01", .wrongWireType(0, expected: 2), at: 0, 12),
        BadInput("bytes where a number belongs", "0801 12 00", .wrongWireType(2, expected: 0), at: 2, 2),
        BadInput("eight bytes where a number belongs", "21 0000000000000000", .wrongWireType(1, expected: 0), at: 0, 4),
        BadInput("four bytes where a message belongs", "3d 00000000", .wrongWireType(5, expected: 2), at: 0, 7),
        BadInput("a group where a message belongs", "3b 3c", .wrongWireType(3, expected: 2), at: 0, 7),
        BadInput("bytes longer than the input", "62 05 01020304", .truncated, at: 1, 12),
        BadInput("a length of 2^63", "62 80808080808080808001", .truncated, at: 1, 12),
        BadInput("a length of 2^64 - 1", "62 ffffffffffffffffff01", .truncated, at: 1, 12),
        BadInput("in an entry: data longer than the entry", "3a 03 22 02 aa bb", .truncated, at: 3, 7, 4),
        BadInput("in an entry: a number cut by the entry's end", "3a 02 10 80 01", .truncated, at: 3, 7, 2),
        BadInput("three levels down", "4a 06 12 04 0a 02 29 00", .wrongWireType(1, expected: 0), at: 6, 9, 2, 1, 5),
        BadInput("the end of a group that never began", "f4 01", .strayGroupEnd, at: 0, 30),
        BadInput("the end of a group with the number of a known field", "0c", .strayGroupEnd, at: 0, 1),
        BadInput("a group that does not end", "f301 0801", .truncated, at: 0, 30),
        BadInput("a group in a group that does not end", "f301 fb01 fc01", .truncated, at: 0, 30),
        BadInput("unknown bytes longer than the input", "f201 02 00", .truncated, at: 2, 30),
        BadInput("eight unknown bytes of which seven came", "f101 00000000000000", .truncated, at: 2, 30),
        BadInput("four unknown bytes of which three came", "f501 000000", .truncated, at: 2, 30),
    ]

    @Test("bad input", arguments: table)
    func bad(row: BadInput) throws {
        let bytes = try #require(ByteSlice(hex: row.hex))
        #expect {
            try Message(decoding: bytes)
        } throws: { error in
            let error = error as? WireError
            #expect(error?.kind == row.kind)
            #expect(error?.offset == row.offset)
            #expect(error?.path == row.path)
            return error != nil
        }
    }

    @Test("the packed form: a number may not reach beyond the promised length")
    func packedTooShort() throws {
        #expect(try ConfState(decoding: ByteSlice([0x0A, 3, 1, 0xAC, 2])).voters.map(\.rawValue) == [1, 300])
        #expect {
            try ConfState(decoding: ByteSlice([0x0A, 2, 1, 0xAC, 0x02]))
        } throws: { ($0 as? WireError)?.kind == .truncated && ($0 as? WireError)?.path == [1] }
    }

    @Test("errors are sentences")
    func sentences() throws {
        let bytes = try #require(ByteSlice(hex: "3a 02 20 01"))
        #expect {
            try Message(decoding: bytes)
        } throws: { error in
            "\(error)"
                == "at byte 2, in field 7.4: the field should be bytes with a length but is a number: this is another message"
        }
    }

    @Test("unknown fields of every wire type are skipped, groups too")
    func unknown() throws {
        let known = Message(type: .app, term: 5, context: "c")
        let plain = known.encoded()
        let unknowns = [
            "f001 ffffffffffffffffff01",  // field 30, a number
            "f101 0102030405060708",  // eight bytes
            "f201 03 010203",  // bytes with a length
            "f301 0801 f301 f401 120161 f401",  // a group with fields and a group in it
            "f501 01020304",  // four bytes
            "f8ffffff0f 01",  // the largest field number
        ]
        for hex in unknowns {
            let unknown = try #require(ByteSlice(hex: hex))
            #expect(try Message(decoding: ByteSlice(unknown.array + plain.array)) == known)
            #expect(try Message(decoding: ByteSlice(plain.array + unknown.array)) == known)
        }
    }

    @Test("numbers are cut to their width as in Go, and any number but zero is true")
    func widths() throws {
        let record = try Record(decoding: try #require(ByteSlice(hex: "08 ffffffff1f 10 8180808020")))
        #expect(record.type == .unrecognized(-1))
        #expect(record.crc == 1)
        #expect(try Message(decoding: ByteSlice([0x50, 2])).reject)
        #expect(record.encoded().hex == "08ffffffffffffffffff01" + "1001")
    }

    @Test("numbers of every length, at the end of the input and before more of it", arguments: 0..<64)
    func lengths(bit: UInt64) throws {
        for number in [(1 as UInt64) << bit, 1 << bit &- 1, .max >> bit, 0x5555_5555_5555_5555 >> bit] {
            var buffer = ByteBuffer()
            buffer.append(0x20)
            buffer.append(varint: number)
            #expect(try Message(decoding: buffer.slice()).term == Term(rawValue: number))
            // Bytes with and without the top bit behind the number must not leak into it.
            buffer.append([0x62, 9, 0xFF, 0x7F, 0x80, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
            #expect(try Message(decoding: buffer.slice()).term == Term(rawValue: number))
        }
    }

    @Test("an overlong number is read; it is written in its short form")
    func overlong() throws {
        let message = try Message(decoding: try #require(ByteSlice(hex: "20 8580808080808000")))
        #expect(message.term == 5)
    }

    @Test("of a field that comes twice the later value counts; messages are merged")
    func twice() throws {
        #expect(try Message(decoding: ByteSlice([0x20, 1, 0x20, 2])).term == 2)
        // Two snapshots: data in the first, index in the second.
        let message = try Message(decoding: try #require(ByteSlice(hex: "4a 07 0a01 61 1202 1003 4a 04 1202 1804")))
        #expect(message.snapshot?.data == "a")
        #expect(message.snapshot?.metadata.index == 3)
        #expect(message.snapshot?.metadata.term == 4)
    }

    @Test("cut at any byte, a message is read or refused, and never anything beyond it")
    func everyLength() {
        var message = Message(type: .app, to: 1, from: 2, term: 300, entries: [Entry(data: "payload"), Entry()])
        message.context = "context"
        message.responses = [Message(type: .appResp)]
        let whole = message.encoded()
        var read = 0
        for length in 0..<whole.count {
            if let part = try? Message(decoding: whole.prefix(length)) {
                read += 1
                #expect(part != message)
            }
        }
        // Exactly the cuts between fields can be read: before each of the 14 fields.
        #expect(read == 14)
    }

    @Test("messages inside each other: 300 levels are read, one more is an error and no overflow of the stack")
    func depth() throws {
        func nested(_ levels: Int) -> ByteSlice {
            var bytes = ByteSlice()
            for _ in 1..<levels {
                let inner = bytes
                bytes = ByteSlice(backward: 1 + varintSize(UInt64(inner.count)) + inner.count) { writer in
                    writer.prepend(inner.view)
                    writer.prepend(varint: UInt64(inner.count))
                    writer.prepend(0x72)  // field 14, responses
                }
            }
            return bytes
        }
        let deepest = try Message(decoding: nested(WireReader.depthLimit))
        // Written by us it is deeper, since every message gets a snapshot: a log's reader must have room for that.
        #expect(throws: WireError.self) { try Message(decoding: deepest.encoded()) }
        #expect(try Message(decoding: deepest.encoded(), levels: WireReader.storedDepthLimit) == deepest)
        for levels in [WireReader.depthLimit + 1, 100_000] {
            #expect {
                try Message(decoding: nested(levels))
            } throws: { error in
                (error as? WireError)?.kind == .tooDeep && (error as? WireError)?.path.count == WireReader.depthLimit
            }
        }
    }
}
