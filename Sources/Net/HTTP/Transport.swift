// Transport.swift: a connection's bytes, with or without TLS.
//
// The protocols above want plain bytes in and out and do not care what the wire looks like. So there is
// one thing between socket and protocol, and it has three lives:
//
//     connecting --> handshake --> open --> closed
//                    (TLS only)
//
// RULES    T1  the handler hears `transportReady` once, before any byte, and `transportClosed` once, last.
//          T2  while a handshake step runs on another thread the socket does not read: whatever comes
//              meanwhile waits in the kernel.

package import Bytes
package import EventLoop

/// Who understands the plain bytes.
package protocol TransportHandler: AnyObject {
    /// Bytes can flow; with TLS the handshake is done.
    func transportReady(_ transport: Transport)
    /// Bytes arrived; true until the call returns.
    func transport(_ transport: Transport, received bytes: ByteView)
    /// The other side will send nothing more.
    func transportReachedEnd(_ transport: Transport)
    /// Output is wanted; true if there is more than `limit`.
    func transport(_ transport: Transport, produce output: inout ByteBuffer, limit: Int) -> Bool
    /// Something about the connection's beginning that is counted as a limit.
    func transport(_ transport: Transport, met limit: HTTPLimit, _ explanation: String)
    /// Over.
    func transportClosed(_ transport: Transport, error: String?)
}

/// The bytes of one connection.
package final class Transport {
    /// Who understands them. Let go when the transport is closed.
    package var handler: (any TransportHandler)?
    /// The connection underneath.
    package private(set) var socket: Socket!

    /// A transport over an accepted socket.
    package init(accepted socket: Socket, handler: any TransportHandler) {
        self.socket = socket
        self.handler = handler
        socket.handler = self
    }

    /// Begins: the handler hears `transportReady`.
    package func open() {
        handler?.transportReady(self)
        socket.startReading()
    }

    /// The loop that it belongs to.
    package var loop: EventLoop { socket.loop }

    /// Whether bytes are encrypted on the wire.
    package var isTLS: Bool { false }

    /// The common name of the other side's certificate, if one was shown and verified.
    package var peerCommonName: String? { nil }

    /// Lets bytes wait in the kernel.
    package func pauseReading() { socket.pauseReading() }

    /// Lets bytes come again.
    package func resumeReading() { socket.startReading() }

    /// Asks for `produce` at the end of the turn.
    package func wantsFlush() { socket.wantsFlush() }

    /// Sends what is left and closes properly.
    package func finish() { socket.finish() }

    /// Closes at once.
    package func close() { socket.close() }
}

extension Transport: SocketHandler {
    /// Bytes from the wire.
    package func socket(_ socket: Socket, received bytes: ByteView) {
        handler?.transport(self, received: bytes)
    }

    /// The end from the wire.
    package func socketReachedEnd(_ socket: Socket) { handler?.transportReachedEnd(self) }

    /// Bytes for the wire.
    package func socket(_ socket: Socket, produce output: inout ByteBuffer, limit: Int) -> Bool {
        handler?.transport(self, produce: &output, limit: limit) ?? false
    }

    /// The wire is gone.
    package func socketClosed(_ socket: Socket, error: SystemError?) {
        let handler = self.handler
        self.handler = nil
        handler?.transportClosed(self, error: error.map { "\($0)" })
    }
}
