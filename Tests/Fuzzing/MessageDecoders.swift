// MessageDecoders.swift: what clients and peers send.
//
// Each input is tried as every message of a room: a seed that is a PutRequest is damage to all others,
// and damage is what decoders are for. The promises:
//
//     canonical     writing what was read, and reading that, and writing again, changes nothing more
//     views agree   the borrowed form of a message shows what the owned form holds
//     errors point  into the input
//     gateway       JSON and struct hold the same, and agree on what is a message at all

import Bytes
import EtcdAPI
import Protobuf
import RaftMessages

extension Decoder {
    /// The rows.
    static var messages: [Decoder] {
        [
            Decoder("raft-messages") { input in recode(input, RaftMessagesSchema.codecs) },
            Decoder("api-messages") { input in recode(input, EtcdAPISchema.codecs) },
            Decoder("log-command", command),
            Decoder("gateway-request", gatewayRequest),
            Decoder("gateway-reply", gatewayReply),
        ]
    }

    /// Every message of a room.
    private static func recode(_ input: ByteView, _ codecs: [MessageCodec]) {
        let kept = ByteSlice(copying: input)
        for codec in codecs {
            var written: ByteSlice?
            do {
                let first = try codec.recode(kept)
                let second = try? codec.recode(first)
                precondition(second == first, "a message changed by being written")
                written = first
            } catch {
                precondition(error.offset >= 0 && error.offset <= input.count, "an error points into the input")
            }
            guard let view = codec.recodeView else { continue }
            do {
                let seen = try view(input)
                precondition(seen == written, "the view shows another message")
            } catch {
                // A list in two pieces a view cannot show, and says so.
                precondition(written == nil || error.kind == .split, "the view refuses what the message accepts")
                precondition(error.offset >= 0 && error.offset <= input.count, "an error points into the input")
            }
        }
    }

    /// Messages without texts: JSON must hold all of them (of a text that is not UTF-8 it cannot).
    private static let plain = [
        "etcdserverpb.TxnRequest", "etcdserverpb.TxnResponse", "etcdserverpb.RangeResponse",
        "etcdserverpb.WatchRequest",
        "etcdserverpb.AlarmResponse", "etcdserverpb.HashKVResponse",
    ]

    /// What JSON describes is canonical: reading and writing it as a struct changes nothing, nor does writing it as JSON
    /// and reading that.
    private static func gatewayRequest(_ input: ByteView) {
        let body = ByteSlice(copying: input)
        for name in plain {
            guard let message = try? GatewayJSON.api.read(body, as: name) else { continue }
            let codec = EtcdAPISchema.codecs.first { $0.name == name }
            precondition((try? codec?.recode(message)) == message, "JSON gave bytes that are not canonical")
            checkText(of: message, as: name)
        }
    }

    /// A struct and its JSON hold the same.
    private static func gatewayReply(_ input: ByteView) {
        let bytes = ByteSlice(copying: input)
        for name in plain {
            let codec = EtcdAPISchema.codecs.first { $0.name == name }
            var text = ByteBuffer()
            let isWritten = (try? GatewayJSON.api.write(bytes, as: name, into: &text)) != nil
            let canonical = try? codec?.recode(bytes)
            precondition(isWritten == (canonical != nil), "struct and JSON disagree on what is a message")
            if let canonical {
                precondition((try? GatewayJSON.api.read(text.slice(), as: name)) == canonical, "JSON lost something")
                checkText(of: canonical, as: name)
            }
        }
    }

    private static func checkText(of message: ByteSlice, as name: String) {
        var text = ByteBuffer()
        precondition((try? GatewayJSON.api.write(message, as: name, into: &text)) != nil, "good bytes gave no JSON")
        precondition((try? GatewayJSON.api.read(text.slice(), as: name)) == message, "JSON lost something")
    }

    /// The data of an entry: one of three things, or an error that points into it.
    private static func command(_ input: ByteView) {
        let data = ByteSlice(copying: input)
        do {
            switch try EntryCommand(decoding: data) {
            case .nothing: precondition(input.isEmpty, "only no bytes are no command")
            case .request(let request):
                precondition(
                    (try? EntryCommand(decoding: request.encoded())) == .request(request) || request == .init())
            case .v2(let request):
                // A method that is itself a message makes the two kinds the same bytes; none of etcd's is.
                let words: Set = ["GET", "PUT", "POST", "DELETE", "QGET", "SYNC"]
                if words.contains(request.method) {
                    precondition((try? EntryCommand(decoding: request.encoded())) == .v2(request))
                }
            }
        } catch {
            precondition(error.offset >= 0 && error.offset <= input.count, "an error points into the input")
        }
    }
}
