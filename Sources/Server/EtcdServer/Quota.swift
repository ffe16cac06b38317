// Quota.swift: a database that must not grow without end.
//
// A full disk stops a member at a moment that nobody has chosen. So writes are refused earlier, when the database has reached
// its limit (`--quota-backend-bytes`; 2 GiB when nothing is said, none when it is negative). What frees space still
// passes: deletions and compactions.
//
//     file + cost < quota          or "etcdserver: mvcc: database space exceeded"
//
//     cost of a put    256 + key + value       256 stands for what the tree and the log need beside it
//     cost of a txn    the larger of its branches' sums
//
// WHERE WE DIFFER FROM etcd: it also raises an alarm, by which all members refuse writes until an operator has
// answered it. Alarms are not built yet; here the writes are refused as long as the file is as large as that.
//
// COST     one comparison for a write, as long as the file is far from its limit.
// SHOWN BY ProcessTests

internal import Bytes
internal import EtcdAPI
internal import Member
internal import Protobuf

/// How large the database may become.
struct Quota {
    /// etcd's, when nothing is said.
    static let usualBytes = 2 << 30
    /// What a put costs beside its key and value.
    static let overheadBytes = 256

    /// The limit; `Int.max` for none.
    let bytes: Int

    /// From the flag.
    init(flag: Int) { bytes = flag == 0 ? Self.usualBytes : flag < 0 ? .max : flag }

    /// Whether a file of this size may take this request in.
    func admits(_ method: Member.Method, _ message: ByteView, into file: @autoclosure () -> Int) -> Bool {
        guard method == .put || method == .txn else { return true }
        let size = file()
        // No request costs more than this: a put in a transaction has four bytes at least.
        let most = message.count + Self.overheadBytes * (1 + message.count / 4)
        if most < bytes - size { return true }
        return size < bytes && Self.cost(method, message) < bytes - size
    }

    /// What cannot be read costs nothing here; it is refused for that reason later.
    private static func cost(_ method: Member.Method, _ message: ByteView) -> Int {
        if method == .put {
            guard let put = try? PutRequest.View(decoding: message) else { return 0 }
            return cost(put)
        }
        guard let txn = try? TxnRequest.View(decoding: message) else { return 0 }
        return cost(txn)
    }

    private static func cost(_ put: PutRequest.View) -> Int { overheadBytes + put.key.count + put.value.count }

    private static func cost(_ txn: TxnRequest.View) -> Int { max(cost(txn.success), cost(txn.failure)) }

    private static func cost(_ branch: RepeatedView<RequestOp.View>) -> Int {
        var sum = 0
        for operation in branch {
            switch operation.request {
            case .requestPut(let put): sum += cost(put)
            case .requestTxn(let txn): sum += cost(txn)
            case .requestRange, .requestDeleteRange, nil: break
            }
        }
        return sum
    }
}
