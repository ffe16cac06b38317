// RawClient.swift: a client that says exactly the bytes that a test wants.
//
// Most of what a server must withstand no proper client would ever send, so tests speak to the real server
// over a real socket, byte by byte, and look at the bytes that come back.

package import Bytes
package import EventLoop

/// One raw connection.
package final class RawClient: SocketHandler {
    /// Everything that came back.
    package private(set) var received: [UInt8] = []
    /// Whether the server ended its side, or the connection is gone.
    package private(set) var hasEnded = false
    /// Whether the connection is gone.
    package private(set) var isClosed = false
    private var waiting: [UInt8] = []
    private var socket: Socket!

    /// Connects; reads at once unless the test plays somebody who does not read.
    package init(to address: SocketAddress, on loop: EventLoop, reads: Bool = true) {
        readsAtOnce = reads
        socket = Socket.connect(to: address, on: loop, handler: self)
    }

    private let readsAtOnce: Bool

    /// Sends bytes, now or when connected.
    package func send(_ bytes: [UInt8]) {
        waiting += bytes
        socket.wantsFlush()
    }

    /// Sends text.
    package func send(_ text: String) { send(Array(text.utf8)) }

    /// What came back, as text.
    package var text: String { String(decoding: received, as: UTF8.self) }

    /// Forgets what came back so far.
    package func forget() { received = [] }

    /// Begins to read, for those who did not.
    package func startReading() { socket.startReading() }

    /// Closes at once.
    package func close() { socket.close() }

    /// Connected.
    package func socketConnected(_ socket: Socket) { if readsAtOnce { socket.startReading() } }
    /// Bytes came.
    package func socket(_ socket: Socket, received bytes: ByteView) { received += bytes.array }
    /// The server will say no more.
    package func socketReachedEnd(_ socket: Socket) { hasEnded = true }
    /// What the test wants to say.
    package func socket(_ socket: Socket, produce output: inout ByteBuffer, limit: Int) -> Bool {
        output.append(waiting)
        waiting = []
        return false
    }
    /// Gone.
    package func socketClosed(_ socket: Socket, error: SystemError?) {
        hasEnded = true
        isClosed = true
    }
}

extension EventLoop {
    /// Turns until `condition` holds; false if it does not within `seconds`.
    package func run(forAtMost seconds: Double = 10, until condition: @escaping () -> Bool) -> Bool {
        if condition() { return true }
        let end = EventLoop.preciseNow + UInt64(seconds * 1e9)
        var held = false
        let timer = Timer(on: self) { [unowned self] in
            held = condition()
            if held || EventLoop.preciseNow > end { stop() }
        }
        timer.start(after: 1_000_000, repeating: 1_000_000)
        run()
        timer.stop()
        return held
    }
}
