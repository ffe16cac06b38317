// WireNumber.swift: everything that a varint can hold.
//
// On the wire there is one kind of number: 64 bits, written seven at a time. What the bits mean is the
// reader's business. Protobuf's rules for that, which Go follows too:
//
//     type       bits                                   reading takes
//     uint64     as they are                            all 64 bits
//     int64      two's complement: -1 is ten bytes      all 64 bits
//     int32      sign-extended to 64: -1 is ten bytes   the low 32 bits
//     uint32     zero-extended                          the low 32 bits
//     bool       0 or 1                                 anything but zero is true
//     enum       as int32                               as int32, unknown numbers included
//
// A term, an index, a revision are such numbers under a name, so that they cannot be mixed up
// (Identifiers.swift); on the wire the name is gone.

public import Identifiers

/// A number, flag or enum that is written as a varint.
public protocol WireNumber: Hashable, Sendable {
    /// The value that 64 bits from the wire mean; never fails.
    init(wireBits: UInt64)
    /// The 64 bits to write. Zero exactly for the value that proto3 leaves out.
    var wireBits: UInt64 { get }
}

extension UInt64: WireNumber {
    /// As they are.
    @inlinable public init(wireBits: UInt64) { self = wireBits }
    /// As they are.
    @inlinable public var wireBits: UInt64 { self }
}

extension Int64: WireNumber {
    /// Two's complement.
    @inlinable public init(wireBits: UInt64) { self = Int64(bitPattern: wireBits) }
    /// Two's complement.
    @inlinable public var wireBits: UInt64 { UInt64(bitPattern: self) }
}

extension UInt32: WireNumber {
    /// The low half.
    @inlinable public init(wireBits: UInt64) { self = UInt32(truncatingIfNeeded: wireBits) }
    /// Zero-extended.
    @inlinable public var wireBits: UInt64 { UInt64(self) }
}

extension Int32: WireNumber {
    /// The low half.
    @inlinable public init(wireBits: UInt64) { self = Int32(truncatingIfNeeded: wireBits) }
    /// Sign-extended.
    @inlinable public var wireBits: UInt64 { UInt64(bitPattern: Int64(self)) }
}

extension Bool: WireNumber {
    /// Anything but zero is true.
    @inlinable public init(wireBits: UInt64) { self = wireBits != 0 }
    /// 0 or 1.
    @inlinable public var wireBits: UInt64 { self ? 1 : 0 }
}

// MARK: - The numbers of Raft and of the store

/// A named number: its bits are those of its `rawValue`.
public protocol NamedWireNumber: WireNumber, RawRepresentable where RawValue: WireNumber {
    /// Never fails.
    init(rawValue: RawValue)
}

extension NamedWireNumber {
    /// The number under its name.
    @inlinable public init(wireBits: UInt64) { self.init(rawValue: RawValue(wireBits: wireBits)) }
    /// The number without its name.
    @inlinable public var wireBits: UInt64 { rawValue.wireBits }
}

extension Term: NamedWireNumber {}
extension LogIndex: NamedWireNumber {}
extension MemberID: NamedWireNumber {}
extension ClusterID: NamedWireNumber {}
extension Revision: NamedWireNumber {}
extension LeaseID: NamedWireNumber {}

/// An enum of the wire. Open: a newer etcd may send numbers that we have no case for, and dropping them
/// would change the meaning of what we pass on. They become `unrecognized` and are written back as they came.
public protocol WireEnum: NamedWireNumber where RawValue == Int32 {
    /// The cases that have names, in the order of the `.proto` file.
    static var named: [Self] { get }
}
