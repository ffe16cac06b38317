// StubKV.swift: just enough of a key-value store that the real etcdctl can put, get and delete.
//
// No revisions of the past, no transactions, no cluster: a dictionary behind etcd's messages. It shows that
// the transport and the messages are what a real client expects, before there is a store.

internal import Bytes
internal import EtcdAPI
internal import GRPC
internal import Identifiers
internal import Protobuf

/// A dictionary that answers like a KV service.
final class StubKV {
    private var pairs: [ByteSlice: KeyValue] = [:]
    private var revision: Revision = 1

    /// Adds the methods to a server.
    func register(in server: GRPCServer) {
        server.unary("/etcdserverpb.KV/Range") { [self] call, message in
            serve(call, message) { (request: RangeRequest) in range(request) }
        }
        server.unary("/etcdserverpb.KV/Put") { [self] call, message in
            serve(call, message) { (request: PutRequest) in put(request) }
        }
        server.unary("/etcdserverpb.KV/DeleteRange") { [self] call, message in
            serve(call, message) { (request: DeleteRangeRequest) in delete(request) }
        }
    }

    private func serve<Request: WireMessage>(
        _ call: GRPCServerCall, _ message: ByteView, _ answer: (Request) -> some WireMessage
    ) {
        do throws(WireError) {
            call.reply(answer(try Request(decoding: message)))
        } catch {
            call.finish(GRPCStatus(.internal, "grpc: error unmarshalling request: \(error)"))
        }
    }

    private var header: ResponseHeader {
        var header = ResponseHeader()
        header.revision = revision
        return header
    }

    private func matches(_ key: ByteSlice, _ from: ByteSlice, _ end: ByteSlice) -> Bool {
        end.isEmpty ? key == from : key >= from && (end == [0] || key < end)
    }

    private func range(_ request: RangeRequest) -> RangeResponse {
        var response = RangeResponse()
        response.header = header
        response.kvs = pairs.values.filter { matches($0.key, request.key, request.rangeEnd) }.sorted { $0.key < $1.key }
        response.count = Int64(response.kvs.count)
        return response
    }

    private func put(_ request: PutRequest) -> PutResponse {
        revision = revision.next
        var pair = pairs[request.key] ?? KeyValue()
        if pair.version == 0 { pair.createRevision = revision }
        pair.key = request.key
        pair.value = request.value
        pair.modRevision = revision
        pair.version += 1
        pairs[request.key] = pair
        var response = PutResponse()
        response.header = header
        return response
    }

    private func delete(_ request: DeleteRangeRequest) -> DeleteRangeResponse {
        let doomed = pairs.keys.filter { matches($0, request.key, request.rangeEnd) }
        if !doomed.isEmpty { revision = revision.next }
        for key in doomed { pairs[key] = nil }
        var response = DeleteRangeResponse()
        response.header = header
        response.deleted = Int64(doomed.count)
        return response
    }
}
