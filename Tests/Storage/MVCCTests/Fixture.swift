// Fixture.swift: a store on a file in memory, and requests in one line.

import Backend
import BoltFile
import Bytes
import EtcdAPI
import Foundation
import Identifiers
import MVCC
import Protobuf
import Testing

/// A file in memory that carries batches out.
final class MemoryFile {
    let image: StableBytes
    var length: Int

    init(_ bytes: ByteSlice = BoltFile.newFile(pageSize: 4096), capacity: Int = 64 << 20) {
        image = StableBytes(zeros: capacity)
        image.write(bytes.view, at: 0)
        length = bytes.count
    }

    func open() throws -> Backend { try Backend(try BoltFile(mapping: image.view, fileLength: length)) }

    func carryOut(_ batch: PageBatch) {
        if let fileLength = batch.fileLength { length = fileLength }
        for write in batch.pages { image.write(write.bytes, at: write.offset) }
        image.write(batch.meta.view, at: batch.metaOffset)
    }
}

/// A store on a backend on a file, as a member owns them.
final class Fixture {
    let file: MemoryFile
    var backend: Backend
    var store: Store
    var leases: Set<Int64> = []
    let header = HeaderFields(cluster: 7, member: 8, term: 2)

    init(_ file: MemoryFile = MemoryFile()) throws {
        self.file = file
        let backend = try file.open()
        store = try Store(restoring: backend)
        self.backend = backend
    }

    /// Everything that was written so far reaches the disk.
    func commit() throws {
        if let batch = try backend.commit() {
            file.carryOut(batch)
            backend.becameDurable(batch.transaction)
        }
    }

    /// A new life of what is on the disk. What was not committed is gone.
    func reborn() throws -> Fixture {
        let fixture = try Fixture(file)
        fixture.leases = leases
        return fixture
    }

    // MARK: Requests

    func range(_ request: RangeRequest, budget: Int = 1000) throws -> RangeResponse {
        try withExtendedLifetime(request) {
            let bytes = request.encoded()
            return try range(bytes: bytes, budget: budget)
        }
    }

    func range(bytes: ByteSlice, budget: Int = 1000) throws -> RangeResponse {
        var buffer = ByteBuffer()
        let view = try RangeRequest.View(decoding: bytes.view)
        if let cursor = try store.range(view, from: backend, header: header, budget: budget, into: &buffer) {
            while try !store.step(cursor, from: backend, budget: budget) {}
            let answer = cursor.wholeAnswer()
            return try RangeResponse(decoding: answer)
        }
        return try RangeResponse(decoding: buffer.slice())
    }

    @discardableResult
    func put(_ request: PutRequest) throws -> PutResponse {
        let bytes = request.encoded()
        var buffer = ByteBuffer()
        try store.put(
            try PutRequest.View(decoding: bytes.view), to: &backend, header: header, hasLease: hasLease, into: &buffer)
        return try PutResponse(decoding: buffer.slice())
    }

    @discardableResult
    func put(_ key: String, _ value: String, lease: Int64 = 0) throws -> PutResponse {
        try put(PutRequest(key: ByteSlice(utf8: key), value: ByteSlice(utf8: value), lease: LeaseID(rawValue: lease)))
    }

    @discardableResult
    func delete(_ request: DeleteRangeRequest) throws -> DeleteRangeResponse {
        let bytes = request.encoded()
        var buffer = ByteBuffer()
        try store.deleteRange(
            try DeleteRangeRequest.View(decoding: bytes.view), in: &backend, header: header, into: &buffer)
        return try DeleteRangeResponse(decoding: buffer.slice())
    }

    @discardableResult
    func delete(_ key: String, _ end: String = "") throws -> DeleteRangeResponse {
        try delete(DeleteRangeRequest(key: ByteSlice(utf8: key), rangeEnd: ByteSlice(utf8: end)))
    }

    @discardableResult
    func txn(_ request: TxnRequest) throws -> TxnResponse {
        let bytes = request.encoded()
        let view = try TxnRequest.View(decoding: bytes.view)
        var buffer = ByteBuffer()
        if RequestCheck.isReadOnly(view) {
            try store.readTxn(view, from: backend, header: header, into: &buffer)
        } else {
            try store.txn(view, in: &backend, header: header, hasLease: hasLease, into: &buffer)
        }
        return try TxnResponse(decoding: buffer.slice())
    }

    /// Compacts, with all steps.
    func compact(_ revision: Int64, budget: Int = 1000) throws {
        try beginCompaction(revision)
        while store.isCompacting { try store.compactionStep(in: &backend, budget: budget) }
    }

    /// Decides a compaction and leaves the steps to be done.
    func beginCompaction(_ revision: Int64) throws {
        var buffer = ByteBuffer()
        try store.compact(at: Revision(rawValue: revision), in: &backend, header: header, into: &buffer)
    }

    func hash(_ revision: Int64 = 0, budget: Int = 1000) throws -> (hash: UInt32, compacted: Int64) {
        let cursor = try store.openHash(at: Revision(rawValue: revision))
        while try !store.step(cursor, in: backend, budget: budget) {}
        return (cursor.hash, cursor.compacted.rawValue)
    }

    private func hasLease(_ lease: LeaseID) -> Bool { leases.contains(lease.rawValue) }
}

/// What a call is refused with; nil when it is not.
func refusal(_ body: () throws -> Void) throws -> APIError? {
    do {
        try body()
        return nil
    } catch let error as StoreError {
        guard case .refused(let refusal) = error else { throw error }
        return refusal
    }
}
