// Socket.swift: one connection, as the loop sees it.
//
// A connection has an owner that understands its bytes (the handler) and a loop that moves them:
//
//     kernel --> loop's read buffer --> handler.received        one buffer for all connections
//     kernel <-- loop's scratch     <-- handler.produce         one buffer for all connections
//                   |
//                   +--> unsent: what the kernel did not take   only a slow reader has such bytes
//
// So an idle connection holds no buffer at all, and that is how ten thousand of them fit into little
// memory. The handler is asked for output only when the kernel can take some: as long as `unsent` is not
// empty nobody asks, the handler's queues fill, and that is how a slow reader slows its producer down.
//
// ENDING. Closing a socket with unread input makes the kernel send a reset, and the peer may then never
// see our last words (a GOAWAY, a 400). So `finish` flushes, sends our end, and listens a moment longer,
// throwing away what comes, before it closes.
//
// RULES    K1  `received` is called with bytes that are true until it returns.
//          K2  `produce` is called only during a flush, at most once a turn and socket.
//          K3  `closed` is the last call, and comes exactly once, never from within `close` itself.
//          K4  at most one write is under way in the kernel's queue; `unsent` does not change meanwhile.
//
// READ NEXT  Listener.swift. SHOWN BY  SocketTests

package import Bytes
internal import CUV

/// Who understands the bytes of a connection.
package protocol SocketHandler: AnyObject {
    /// The connection that we asked for is there.
    func socketConnected(_ socket: Socket)
    /// Bytes arrived (K1).
    func socket(_ socket: Socket, received bytes: ByteView)
    /// The other side will send nothing more.
    func socketReachedEnd(_ socket: Socket)
    /// Output is wanted: append to `output`, about `limit` bytes, and say whether there is more (K2).
    func socket(_ socket: Socket, produce output: inout ByteBuffer, limit: Int) -> Bool
    /// It is over; `error` says why, unless we closed it ourselves (K3).
    func socketClosed(_ socket: Socket, error: SystemError?)
}

extension SocketHandler {
    /// Those that never connect actively need not care.
    package func socketConnected(_ socket: Socket) {}
}

/// A stream socket on a loop: TCP or Unix.
///
/// SAFETY (`@safe`): the handle is made in `init` and retains this object; its memory is freed by its close callback,
/// which also gives that reference back, so every callback finds both (L4). The object may live longer than the
/// handle. So whatever touches the handle asks `isClosing` first, which is set when the closing begins, or is called
/// from one of the handle's own callbacks, the last of which is the close callback.
@safe
package final class Socket: HandleOwner {
    /// Bytes of output that one turn asks of one connection: enough to fill a pipe, small enough to be fair.
    package static let flushBytes = 256 * 1024
    /// How much input is thrown away after our end was sent, and for how long.
    private static let lingerBytes = 4 * 1024 * 1024
    private static let lingerNanoseconds: UInt64 = 1_000_000_000

    /// Who is told what happens. Let go when the socket is closed.
    package var handler: (any SocketHandler)?
    /// The loop that it belongs to.
    package let loop: EventLoop
    /// The other side.
    package private(set) var peer: SocketAddress
    private let handle: UnsafeMutableRawPointer
    private var unsent = ByteBuffer()
    private var writing: UnsafeMutablePointer<uv_write_t>?
    private var isDirty = false
    private var isReading = false
    private var isConnected: Bool
    private var isClosing = false
    private var isFinishing = false
    private var sentEnd = false
    private var discarded = 0
    private var error: SystemError?
    private var lingering: Deadline?
    /// When the kernel last took output while more was waiting, or when all was taken: what slow-reader
    /// limits look at.
    package private(set) var lastWriteProgress: UInt64

    /// The handle as libuv's functions want it.
    private var stream: UnsafeMutablePointer<uv_stream_t> {
        // SAFETY: an address is computed; whoever follows it has asked `isClosing`.
        unsafe handle.assumingMemoryBound(to: uv_stream_t.self)
    }

    init(on loop: EventLoop, isUnix: Bool, peer: SocketAddress, isConnected: Bool) {
        self.loop = loop
        self.peer = peer
        self.isConnected = isConnected
        lastWriteProgress = loop.now
        if isUnix {
            unsafe handle = allocateHandle(MemoryLayout<uv_pipe_t>.size)
            unsafe uv_pipe_init(loop.uv, handle.assumingMemoryBound(to: uv_pipe_t.self), 0)
        } else {
            // SAFETY: room for the handle that is initialised in it, here and above; `close` frees it.
            unsafe handle = allocateHandle(MemoryLayout<uv_tcp_t>.size)
            unsafe uv_tcp_init(loop.uv, handle.assumingMemoryBound(to: uv_tcp_t.self))
        }
        unsafe retainOwner(self, in: handle)
    }

    // MARK: Beginning

    /// Begins to connect; `handler` hears `socketConnected`, or `socketClosed` with the reason.
    package static func connect(
        to address: SocketAddress, on loop: EventLoop, handler: any SocketHandler
    ) -> Socket {
        let socket = Socket(on: loop, isUnix: address.unixPath != nil, peer: address, isConnected: false)
        socket.handler = handler
        let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
        let finished: uv_connect_cb = { request, status in
            // SAFETY: libuv calls this once, before the handle's close callback, and is done with the request.
            let stream = unsafe request!.pointee.handle!
            unsafe request!.deallocate()
            let socket = unsafe Unmanaged<Socket>.fromOpaque(stream.pointee.data).takeUnretainedValue()
            socket.finishConnecting(status)
        }
        var status: Int32 = 0
        if let path = address.unixPath {
            unsafe uv_pipe_connect(request, socket.handle.assumingMemoryBound(to: uv_pipe_t.self), path, finished)
        } else {
            status = unsafe address.withSockaddr { address in
                unsafe uv_tcp_connect(
                    request, socket.handle.assumingMemoryBound(to: uv_tcp_t.self), address, finished)
            }
        }
        if status != 0 {
            // SAFETY: libuv has not taken the request, so no callback will free it.
            unsafe request.deallocate()
            socket.close(because: SystemError(call: "connect", subject: "\(address)", code: status))
        }
        return socket
    }

    /// Takes over a connected descriptor, for instance one that another loop accepted.
    package static func adopt(
        descriptor: Int32, isUnix: Bool, on loop: EventLoop
    ) throws(SystemError) -> Socket {
        let socket = Socket(on: loop, isUnix: isUnix, peer: SocketAddress(unixPath: ""), isConnected: true)
        let status =
            isUnix
            // SAFETY: the handle was made a line above.
            ? unsafe uv_pipe_open(socket.handle.assumingMemoryBound(to: uv_pipe_t.self), descriptor)
            : unsafe uv_tcp_open(socket.handle.assumingMemoryBound(to: uv_tcp_t.self), descriptor)
        guard status == 0 else {
            socket.close()
            throw SystemError(call: "adopt", subject: "descriptor \(descriptor)", code: status)
        }
        socket.learnPeer()
        return socket
    }

    private func finishConnecting(_ status: Int32) {
        guard !isClosing else { return }
        if status != 0 {
            close(because: SystemError(call: "connect", subject: "\(peer)", code: status))
            return
        }
        isConnected = true
        tune()
        handler?.socketConnected(self)
        if isDirty { loop.markDirty(self) }
    }

    /// Completes an accepted connection.
    func accept(from listener: UnsafeMutablePointer<uv_stream_t>) -> Int32 {
        // SAFETY: called by the listener with its own open handle, right after this socket was made.
        let status = unsafe uv_accept(listener, stream)
        if status == 0 { learnPeer() }
        return status
    }

    private func learnPeer() {
        tune()
        guard unsafe stream.pointee.type == UV_TCP else { return }
        var storage = sockaddr_storage()
        var length = Int32(MemoryLayout<sockaddr_storage>.size)
        unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                // SAFETY: a new, open handle; the kernel writes `length` bytes of an address into `storage`.
                guard unsafe uv_tcp_getpeername(handle.assumingMemoryBound(to: uv_tcp_t.self), address, &length) == 0
                else { return }
                unsafe peer = SocketAddress(raw: address, count: Int(length))
            }
        }
    }

    /// Small writes must leave at once, and a peer that vanished without a word must be noticed.
    private func tune() {
        guard unsafe stream.pointee.type == UV_TCP else { return }
        let tcp = unsafe handle.assumingMemoryBound(to: uv_tcp_t.self)
        unsafe uv_tcp_nodelay(tcp, 1)
        // SAFETY: called when the connection is there, before anybody can have closed it.
        unsafe uv_tcp_keepalive(tcp, 1, 30)
    }

    // MARK: Reading

    /// Lets bytes come.
    package func startReading() {
        guard !isReading, !isClosing else { return }
        isReading = true
        // SAFETY: not closing, so the handle is there; the callbacks find this object through it (L4).
        unsafe uv_read_start(
            stream,
            { handle, _, buffer in
                // SAFETY: one buffer serves all sockets of a loop: libuv fills it and calls the second function before
                // it asks for a buffer again.
                let socket = unsafe Unmanaged<Socket>.fromOpaque(handle!.pointee.data).takeUnretainedValue()
                unsafe buffer!.pointee.base = socket.loop.readBuffer.assumingMemoryBound(to: CChar.self)
                unsafe buffer!.pointee.len = EventLoop.readBytes
            },
            { stream, count, _ in
                let socket = unsafe Unmanaged<Socket>.fromOpaque(stream!.pointee.data).takeUnretainedValue()
                socket.finishRead(count)
            })
    }

    /// Lets bytes wait in the kernel, which makes the sender wait too.
    package func pauseReading() {
        guard isReading, !isClosing else { return }
        isReading = false
        // SAFETY: not closing, so the handle is there.
        unsafe uv_read_stop(stream)
    }

    private func finishRead(_ count: Int) {
        guard !isClosing, count != 0 else { return }
        if count > 0 {
            if isFinishing {
                discard(count)
                return
            }
            // SAFETY: libuv filled `count` bytes of the buffer; nobody else uses it until we return (K1).
            let bytes = unsafe ByteView(unsafeStart: loop.readBuffer, count: count)
            handler?.socket(self, received: bytes)
        } else if count == Int(SystemError.endOfFile) {
            pauseReading()
            if sentEnd { close() } else if !isFinishing { handler?.socketReachedEnd(self) }
        } else {
            close(because: SystemError(call: "read", subject: "\(peer)", code: Int32(count)))
        }
    }

    private func discard(_ count: Int) {
        discarded += count
        if discarded > Self.lingerBytes { close() }
    }

    // MARK: Writing

    /// Asks to be flushed at the end of this turn. Cheap, and harmless when repeated.
    package func wantsFlush() {
        guard !isDirty, !isClosing else { return }
        isDirty = true
        if isConnected { loop.markDirty(self) }
    }

    /// Bytes that the kernel has not taken yet.
    package var unsentBytes: Int { unsent.count }

    /// Asks the handler for output and gives it to the kernel. True if there is more for the next turn.
    func flush() -> Bool {
        isDirty = false
        // SAFETY: `writing` is only compared: it says whether a write is under way (K4).
        guard !isClosing, unsafe writing == nil, !sentEnd, let handler, var output = loop.scratch.take() else {
            return false
        }
        var more = handler.socket(self, produce: &output, limit: Self.flushBytes)
        // The handler may have closed the socket while it was asked: then there is nobody to write to.
        if !isClosing, !output.isEmpty { more = write(output.view) && more }
        output.removeAll()
        output.shrink(to: 2 * Self.flushBytes)
        loop.scratch = consume output
        if isFinishing, !more, unsafe writing == nil, !isClosing { sendEnd() }
        return more && !isClosing
    }

    /// True if the kernel took everything.
    private func write(_ bytes: ByteView) -> Bool {
        let taken = unsafe bytes.withUnsafeBytes { raw in
            // SAFETY: not closing, says `flush`. uv_try_write is one write call and keeps nothing; there are bytes, so
            // there is an address, and the kernel only reads from it.
            var buffer = unsafe uv_buf_t(
                base: UnsafeMutablePointer(mutating: raw.baseAddress!.assumingMemoryBound(to: CChar.self)),
                len: raw.count)
            return Int(unsafe uv_try_write(stream, &buffer, 1))
        }
        if taken == bytes.count {
            lastWriteProgress = loop.now
            return true
        }
        if taken < 0, taken != Int(UV_EAGAIN.rawValue) {
            close(because: SystemError(call: "write", subject: "\(peer)", code: Int32(taken)))
            return false
        }
        if taken > 0 { lastWriteProgress = loop.now }
        unsent.append(bytes.dropFirst(max(taken, 0)))
        writeUnsent()
        return false
    }

    /// Hands the rest to libuv, which waits for the kernel to have room.
    private func writeUnsent() {
        let request = UnsafeMutablePointer<uv_write_t>.allocate(capacity: 1)
        // SAFETY: the request is freed by its callback, which libuv calls once, before the handle's close callback
        // (with an error, if that comes first).
        unsafe writing = request
        let status = unsafe unsent.view.withUnsafeBytes { raw in
            // SAFETY: `unsent` is not touched until the callback (K4), and this object, which owns it, is retained by
            // the handle until after that: so the address stays true.
            var buffer = unsafe uv_buf_t(
                base: UnsafeMutablePointer(mutating: raw.baseAddress!.assumingMemoryBound(to: CChar.self)),
                len: raw.count)
            return unsafe uv_write(request, stream, &buffer, 1) { request, status in
                let stream = unsafe request!.pointee.handle!
                unsafe request!.deallocate()
                let socket = unsafe Unmanaged<Socket>.fromOpaque(stream.pointee.data).takeUnretainedValue()
                socket.finishWrite(status)
            }
        }
        if status != 0 {
            // SAFETY: libuv has not taken the request, so no callback will free it.
            unsafe request.deallocate()
            unsafe writing = nil
            close(because: SystemError(call: "write", subject: "\(peer)", code: status))
        }
    }

    private func finishWrite(_ status: Int32) {
        // SAFETY: only cleared: the callback has freed it.
        unsafe writing = nil
        unsent = ByteBuffer()
        guard !isClosing else { return }
        if status != 0 {
            close(because: SystemError(call: "write", subject: "\(peer)", code: status))
            return
        }
        lastWriteProgress = loop.now
        wantsFlush()
    }

    /// Bytes that wait for the kernel to have room, because the peer does not read; 0 when it keeps up.
    package var queuedBytes: Int {
        // SAFETY: while a write is under way its callback is to come, and the handle's close callback after that.
        unsafe writing == nil ? 0 : unsafe uv_stream_get_write_queue_size(stream)
    }

    // MARK: Ending

    /// Sends what is left, then our end, then waits a moment for theirs.
    package func finish() {
        guard !isFinishing, !isClosing else { return }
        isFinishing = true
        startReading()
        wantsFlush()
        let deadline = Deadline()
        deadline.action = { [weak self] in self?.close() }
        lingering = deadline
        loop.deadlines.arm(deadline, after: Self.lingerNanoseconds)
    }

    private func sendEnd() {
        guard !sentEnd else { return }
        sentEnd = true
        let request = UnsafeMutablePointer<uv_shutdown_t>.allocate(capacity: 1)
        // SAFETY: not closing, says `flush`. The callback, which comes once, frees the request.
        let status = unsafe uv_shutdown(request, stream) { request, _ in unsafe request!.deallocate() }
        if status != 0 {
            // SAFETY: libuv has not taken it, so no callback will free it.
            unsafe request.deallocate()
            close()
        }
    }

    /// Closes at once; what was not sent is lost. The handler hears of it soon after (K3).
    package func close(because error: SystemError? = nil) {
        guard !isClosing else { return }
        isClosing = true
        self.error = error
        if let lingering { loop.deadlines?.cancel(lingering) }
        lingering = nil
        // SAFETY: once, because of `isClosing`; on the loop's thread (L1). The callback is libuv's last word: it frees
        // the handle and takes back the reference that `retainOwner` gave.
        unsafe uv_close(handle.assumingMemoryBound(to: uv_handle_t.self)) { handle in
            let data = unsafe handle!.pointee.data!
            let socket = unsafe Unmanaged<Socket>.fromOpaque(data).takeRetainedValue()
            unsafe UnsafeMutableRawPointer(handle!).deallocate()
            socket.reportClosed()
        }
    }

    private func reportClosed() {
        let handler = self.handler
        self.handler = nil
        handler?.socketClosed(self, error: error)
    }

    func closeHandle() { close() }

    /// Gives the descriptor away: this socket is closed, the caller owns what is returned.
    package func takeDescriptor() throws(SystemError) -> Int32 {
        guard !isClosing else {
            throw SystemError(call: "dup", subject: "\(peer)", code: UV_EBADF.rawValue)
        }
        var descriptor: Int32 = -1
        // SAFETY: not closing, so the handle is there.
        var status = unsafe uv_fileno(handle.assumingMemoryBound(to: uv_handle_t.self), &descriptor)
        if status == 0 {
            descriptor = duplicateDescriptor(descriptor)
            status = descriptor < 0 ? UV_EMFILE.rawValue : 0
        }
        handler = nil
        close()
        guard status == 0 else { throw SystemError(call: "dup", subject: "\(peer)", code: status) }
        return descriptor
    }
}
