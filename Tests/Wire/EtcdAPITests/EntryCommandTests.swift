// EntryCommandTests.swift: commands in the logs of three versions.

import Bytes
import EtcdAPI
import Protobuf
import Testing

@Suite("Commands in recorded logs")
struct EntryCommandTests {
    @Test("each entry of 3.4.23, 3.5.1 and 3.6.14 is told for what it is, and comes out as it went in")
    func recorded() throws {
        let entries = try GoldenEntry.read()
        #expect(entries.count == 126)
        #expect(Set(entries.map(\.version)) == ["3.4.23", "3.5.1", "3.6.14"])
        for entry in entries {
            let data = try #require(ByteSlice(hex: entry.hex))
            switch try EntryCommand(decoding: data) {
            case .request(let request):
                #expect(entry.kind == "internal")
                #expect(request.encoded() == data)
                #expect(request.header != nil && request.command != nil)
            case .v2(let request):
                #expect(entry.kind == "v2")
                #expect(request.encoded() == data)
                #expect(request.method == "PUT")
                #expect(request.path == "/0/version" || request.path.hasSuffix("/attributes"))
            case .nothing: Issue.record("entry \(entry.index) of \(entry.version) is not empty")
            }
        }
    }

    @Test("protoc prints the recorded entries as they were printed with etcd's own files")
    func texts() throws {
        let names = ["internal": "etcdserverpb.InternalRaftRequest", "v2": "etcdserverpb.Request"]
        for entry in try GoldenEntry.read() where entry.text.utf8.count < 2000 {
            let name = try #require(names[entry.kind])
            let lines = try Protoc.decode(entry.hex, as: name)
            let line = lines.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            let recorded = entry.text.split(whereSeparator: \.isWhitespace).dropFirst().joined(separator: " ")
            #expect(line.hasPrefix(recorded) || recorded.hasPrefix(line), "\(entry.version) entry \(entry.index)")
        }
    }

    @Test("no method of v2 is a message", arguments: ["PUT", "POST", "DELETE", "QGET", "SYNC", "GET", "HEAD"])
    func methods(_ method: String) throws {
        var request = V2Request()
        request.id = 7
        request.method = method
        request.path = "/1/a"
        request.val = "x"
        #expect(throws: WireError.self) { try InternalRaftRequest(decoding: request.encoded()) }
        #expect(try EntryCommand(decoding: request.encoded()) == .v2(request))
    }

    @Test("a wrapped v2 request is one, too")
    func wrapped() throws {
        var request = V2Request()
        request.method = "PUT"
        request.refresh = false
        let data = InternalRaftRequest(command: .v2(request)).encoded()
        #expect(try EntryCommand(decoding: data) == .v2(request))
    }

    @Test("a v2 request writes every field but the two with three states")
    func proto2() {
        let bytes = V2Request().encoded()
        #expect(bytes.hex == "080012001a00220028003200380048005000580060006800700078008001" + "00")
        var request = V2Request()
        request.prevExist = false
        request.refresh = true
        #expect(request.encoded().hex.contains("38004000") && request.encoded().hex.hasSuffix("880101"))
    }

    @Test("no bytes are no command; garbage is an error of the internal request")
    func extremes() throws {
        #expect(try EntryCommand(decoding: ByteSlice()) == .nothing)
        #expect(throws: WireError.self) { try EntryCommand(decoding: [0xFF]) }
        #expect(throws: WireError.self) { try EntryCommand(decoding: [0x22, 0x05, 0x0A]) }
    }

    @Test("the header stands between the small and the large numbers")
    func order() throws {
        let header = RequestHeader(id: 1)
        let put = InternalRaftRequest(command: .put(PutRequest(key: "k", value: "v")), header: header)
        #expect(put.encoded().hex == "2206" + "0a016b120176" + "a20602" + "0801")
        let enable = InternalRaftRequest(command: .authEnable(AuthEnableRequest()), header: header)
        #expect(enable.encoded().hex == "a20602" + "0801" + "c23e00")
    }
}
