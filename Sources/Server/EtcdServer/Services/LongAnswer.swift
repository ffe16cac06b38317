// LongAnswer.swift: who is kept waiting by an answer of a hundred megabytes? Only the one who asked for it.
//
// A range over a million keys is found in slices (Member, LongWork.swift). If its answer were then copied into the
// connection in one go, everybody would wait for that instead. So the parts that the cursor has written go to the connection
// one by one:
//
//     begin       head of the message, then parts ---> until a megabyte waits in the connection
//     drained     the client has read it: the next parts
//     last part   the status: the call is over
//
// A client that reads slowly or not at all costs what was found, once, and never a second copy of it in the connection.
//
// SHOWN BY  Tests/Interop/slices.py

internal import Bytes
internal import GRPC
internal import MVCC

/// An answer on its way to a client.
final class LongAnswer {
    /// How much may wait in the connection.
    private static let waitingBytes = 1 << 20

    private let cursor: RangeCursor
    private let call: GRPCServerCall
    private unowned let server: EtcdServer

    init(_ cursor: RangeCursor, to call: GRPCServerCall, of server: EtcdServer) {
        self.cursor = cursor
        self.call = call
        self.server = server
    }

    /// The head of the message, and what may be sent at once.
    func begin() {
        guard call.beginMessage(ofBytes: cursor.answerBytes) else { return }
        server.longAnswers[ObjectIdentifier(call)] = self
        sendMore()
    }

    /// The connection has room again.
    func sendMore() {
        while call.outgoingBytes < Self.waitingBytes {
            guard let part = cursor.takePart() else {
                server.longAnswers[ObjectIdentifier(call)] = nil
                return call.finish(.ok)
            }
            call.sendPart(part.bytes.view)
        }
    }
}
