// HealthService.swift: gRPC's own question whether a server serves.
//
// Load balancers ask `grpc.health.v1.Health`. etcd answers for the server as a whole, by the empty name; every other
// name is unknown to it. We serve from the moment on when we answer at all, so the answer is always the same.

internal import Bytes
internal import EtcdAPI
internal import GRPC
internal import Protobuf

extension EtcdServer {
    func registerHealth() {
        grpc.unary("/grpc.health.v1.Health/Check") { call, message in
            HealthWatch.read(call, message) { service in
                guard service.isEmpty else { return call.finish(GRPCStatus(.notFound, "unknown service")) }
                call.reply(HealthCheckResponse(status: .serving))
            }
        }
        grpc.serverStream("/grpc.health.v1.Health/Watch") { _ in HealthWatch() }
    }
}

/// Says once how it is, and then stays: nothing changes before the connection ends.
private final class HealthWatch: GRPCCallHandler {
    func call(_ call: GRPCServerCall, received message: ByteView) {
        Self.read(call, message) { service in
            call.send(HealthCheckResponse(status: service.isEmpty ? .serving : .serviceUnknown))
        }
    }

    static func read(_ call: GRPCServerCall, _ message: ByteView, _ answer: (String) -> Void) {
        do throws(WireError) {
            answer(try HealthCheckRequest(decoding: message).service)
        } catch { call.finish(GRPCStatus(.internal, "grpc: error unmarshalling request: \(error)")) }
    }
}
