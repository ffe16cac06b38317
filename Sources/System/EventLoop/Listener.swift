// Listener.swift: the door.
//
// A listener accepts on its loop. Where several loops share the work, the one at the door hands each new
// connection on as a bare descriptor (`Socket.takeDescriptor`, then a Mailbox, then `Socket.adopt`): no
// loop ever touches another's sockets.
//
// TOO MANY CONNECTIONS. When the process has no descriptor left, accept fails while the kernel goes on
// reporting the waiting connection, and a naive loop would spin. libuv keeps a spare descriptor to accept
// and drop such connections; we keep ours below the limit in the first place (HTTP/Limits.swift).

internal import CUV

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A second descriptor of the same connection, not inherited by children.
func duplicateDescriptor(_ descriptor: Int32) -> Int32 { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }

/// A bound, listening socket.
///
/// SAFETY (`@safe`): the handle is made in `init`, retains this object, and is freed by its close callback (L4).
/// `isClosed` is set when that begins, and nothing is done with the handle after it.
@safe
package final class Listener: HandleOwner {
    /// Connections that may wait in the kernel to be accepted.
    private static let backlog: Int32 = 4096

    private let loop: EventLoop
    private let handle: UnsafeMutableRawPointer
    private let isUnix: Bool
    private var accepted: (Socket) -> Void
    private var isClosed = false
    /// Where it listens, with the port that the kernel chose if 0 was asked for.
    package private(set) var address: SocketAddress

    /// Listens at `address`; each connection is handed to `accepted`, not reading yet.
    package init(
        at address: SocketAddress, on loop: EventLoop, accepted: @escaping (Socket) -> Void
    ) throws(SystemError) {
        self.loop = loop
        self.address = address
        self.accepted = accepted
        isUnix = address.unixPath != nil
        var status: Int32
        if let path = address.unixPath {
            // SAFETY: room for the handle that is initialised in it, whatever `bind` answers: `close` frees it.
            unsafe handle = allocateHandle(MemoryLayout<uv_pipe_t>.size)
            let pipe = unsafe handle.assumingMemoryBound(to: uv_pipe_t.self)
            unsafe uv_pipe_init(loop.uv, pipe, 0)
            // A file that a crashed process left behind would refuse us for ever.
            unsafe unlink(path)
            status = unsafe uv_pipe_bind(pipe, path)
        } else {
            unsafe handle = allocateHandle(MemoryLayout<uv_tcp_t>.size)
            let tcp = unsafe handle.assumingMemoryBound(to: uv_tcp_t.self)
            unsafe uv_tcp_init(loop.uv, tcp)
            status = unsafe address.withSockaddr { unsafe uv_tcp_bind(tcp, $0, 0) }
        }
        // SAFETY: initialised above, in either case.
        unsafe retainOwner(self, in: handle)
        if status == 0 {
            status = unsafe uv_listen(handle.assumingMemoryBound(to: uv_stream_t.self), Self.backlog) {
                stream, status in
                let listener = unsafe Unmanaged<Listener>.fromOpaque(stream!.pointee.data).takeUnretainedValue()
                if status == 0 { listener.acceptOne() }
            }
        }
        guard status == 0 else {
            close()
            throw SystemError(call: "listen", subject: "\(address)", code: status)
        }
        learnAddress()
    }

    private func acceptOne() {
        let socket = Socket(on: loop, isUnix: isUnix, peer: SocketAddress(unixPath: ""), isConnected: true)
        // SAFETY: libuv calls this for a listener that is not closed yet, with a connection that waits.
        let status = unsafe socket.accept(from: handle.assumingMemoryBound(to: uv_stream_t.self))
        if status == 0, !isClosed { accepted(socket) } else { socket.close() }
    }

    private func learnAddress() {
        guard !isUnix else { return }
        var storage = sockaddr_storage()
        var length = Int32(MemoryLayout<sockaddr_storage>.size)
        unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                guard unsafe uv_tcp_getsockname(handle.assumingMemoryBound(to: uv_tcp_t.self), name, &length) == 0
                else { return }
                // SAFETY: the kernel has written `length` bytes of an address into `storage`.
                unsafe address = SocketAddress(raw: name, count: Int(length))
            }
        }
    }

    /// Accepts no more. Connections that were accepted go on.
    package func close() {
        guard !isClosed else { return }
        isClosed = true
        accepted = { $0.close() }
        // SAFETY: once, because of `isClosed`; on the loop's thread (L1).
        unsafe closeAndRelease(handle)
        if let path = address.unixPath { unsafe _ = unlink(path) }
    }

    func closeHandle() { close() }
}
