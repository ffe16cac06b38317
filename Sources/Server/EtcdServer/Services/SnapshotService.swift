// SnapshotService.swift: the whole database as a stream, while everybody else is served.
//
// A backup is the database file as it is at one moment. The member pins that moment: its pages are on the disk and are not
// written over until the pin is given back. What remains is to send a file:
//
//     pool thread       copy 256 KiB out of the mapping (pages that are not in memory are waited for there)
//     loop              8 messages of 32 KiB, each added to the running sum           until all is sent
//     client            takes them; when everything is taken, the next 256 KiB
//     at the end        one message with the 32 bytes of SHA-256
//
// So a client that takes nothing costs 256 KiB and a pin, and a disk that is slow stops nobody.
//
// SHOWN BY  ProcessTests (the real etcdctl checks the sum; a real etcdutl reads the file)

internal import BoltFile
internal import Bytes
internal import EtcdAPI
internal import EventLoop
internal import GRPC
internal import Identifiers
internal import Member
internal import Protobuf
internal import TLS

extension EtcdServer {
    /// The member has pinned a state for this call.
    func beginSnapshot(_ id: RequestID, _ version: FrozenVersion) {
        guard case .client(let call) = calls.take(id) else { return member.unpin(version) }
        call.tag = 0
        guard let handler = snapshots.removeValue(forKey: ObjectIdentifier(call)) else { return member.unpin(version) }
        handler.begin(version)
    }
}

/// One call of Maintenance/Snapshot.
final class SnapshotCall: GRPCCallHandler {
    /// What one message holds; etcd's.
    private static let pieceBytes = 32 * 1024
    /// What is fetched at once.
    private static let loadBytes = 8 * pieceBytes

    private unowned let server: EtcdServer
    private var call: GRPCServerCall?
    private var version: FrozenVersion?
    private var stream: CopyStream?
    private var sum: RunningDigestBox? = RunningDigestBox()
    private var remaining = 0
    private var isLoading = false

    init(of server: EtcdServer) { self.server = server }

    func call(_ call: GRPCServerCall, received message: ByteView) {
        self.call = call
        server.enter()
        let id = server.calls.add(.client(call))
        call.tag = id.rawValue
        server.snapshots[ObjectIdentifier(call)] = self
        server.member.pin(as: id)
    }

    func begin(_ version: FrozenVersion) {
        self.version = version
        let stream = CopyStream(version)
        remaining = stream.byteCount
        self.stream = stream
        server.log.info("sending database snapshot to client") { $0.number("total-bytes", remaining) }
        load()
    }

    /// Fetches the next bytes on another thread.
    private func load() {
        guard !isLoading, let stream else { return }
        isLoading = true
        server.loop.offload {
            var stream = stream
            var bytes = ByteBuffer(capacity: Self.loadBytes)
            while bytes.count < Self.loadBytes, let piece = stream.next(upTo: Self.loadBytes - bytes.count) {
                bytes.append(piece)
            }
            return (stream, bytes.slice())
        } then: { [self] loaded in
            isLoading = false
            self.stream = loaded.0
            send(loaded.1)
        }
    }

    private func send(_ bytes: ByteSlice) {
        // The client may have gone meanwhile; and what was copied is worth nothing if the file was cut under it (E2).
        guard let call, !call.isEnded else { return giveBack() }
        server.enter()
        var rest = bytes
        while !rest.isEmpty {
            let piece = rest.prefix(min(rest.count, Self.pieceBytes))
            rest = rest.dropFirst(piece.count)
            remaining -= piece.count
            sum?.update(piece.view)
            call.send(SnapshotResponse(remainingBytes: UInt64(remaining), blob: piece))
        }
        guard remaining == 0 else { return }
        if let sum { call.send(SnapshotResponse(blob: sum.finish())) }
        sum = nil
        server.log.info("sent database snapshot to client") { $0.number("total-bytes", stream?.byteCount ?? 0) }
        call.finish(.ok)
    }

    func callDrained(_ call: GRPCServerCall) { if remaining > 0 { load() } }

    func callEnded(_ call: GRPCServerCall, _ status: GRPCStatus) {
        server.snapshots[ObjectIdentifier(call)] = nil
        server.forget(call)
        self.call = nil
        // While a pool thread reads, the pages must stay: then its return gives them back.
        if !isLoading { giveBack() }
    }

    private func giveBack() {
        guard let version else { return }
        self.version = nil
        stream = nil
        server.enter()
        server.member.unpin(version)
    }
}

/// A sum that goes along with a call.
private final class RunningDigestBox {
    private var digest: RunningDigest? = RunningDigest(.sha256)

    func update(_ bytes: ByteView) { digest?.update(bytes) }

    func finish() -> ByteSlice {
        guard let digest = digest.take() else { preconditionFailure("E6: a sum is finished once") }
        return digest.finish()
    }
}
