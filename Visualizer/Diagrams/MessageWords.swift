// MessageWords.swift: what is written on an arrow, and how the arrow looks.
//
// A message is named by its place in the paper (PreVote, Vote, Append, heartbeat) and by what a reader needs of it: terms
// are `t3`, an entry is `2/5`, term and index, as in all pictures.

package import Identifiers
package import Trace

/// The words and looks of messages between members.
package enum MessageWords {
    /// What kind of message it is, for counting what was left out.
    package static func kind(_ type: TraceMessageType, count: Int) -> String {
        let word =
            switch type {
            case .app: "append"
            case .appResp: "answer to an append"
            case .vote, .preVote: "request for a vote"
            case .voteResp, .preVoteResp: "vote"
            case .heartbeat: "heartbeat"
            case .heartbeatResp: "answer to a heartbeat"
            case .snap: "snapshot"
            case .prop: "proposal passed on"
            case .transferLeader: "wish for another leader"
            case .timeoutNow: "order to campaign"
            case .readIndex: "question for an index"
            case .readIndexResp: "answer with an index"
            case .other: "other message"
            }
        if count == 1 { return word }
        switch type {
        case .appResp, .heartbeatResp, .readIndexResp:
            return "answers" + word.dropFirst(6)
        case .vote, .preVote, .readIndex, .transferLeader, .timeoutNow, .prop:
            let cut = word.firstIndex(of: " ") ?? word.endIndex
            return word[..<cut] + (word.hasPrefix("wish") ? "es" : "s") + word[cut...]
        default: return word + "s"
        }
    }

    /// What its arrow says. `term` finds the term of an entry of the sender's log.
    package static func label(_ message: TraceMessage, termAt term: (LogIndex) -> Term?) -> String {
        switch message.type {
        case .preVote: "PreVote t\(message.term) · my log ends \(message.logTerm)/\(message.index)"
        case .preVoteResp: message.reject ? "no" : "yes, it would"
        case .vote:
            "Vote t\(message.term) · my log ends \(message.logTerm)/\(message.index)"
                + (message.isTransfer ? " · told to campaign" : "")
        case .voteResp: message.reject ? "refused" : "granted"
        case .app: append(message, term)
        case .appResp:
            message.reject
                ? "rejected at \(message.index) · may agree at \(message.rejectHint)" : "ok · match \(message.index)"
        case .heartbeat: "heartbeat t\(message.term)" + (message.round > 0 ? " · round \(message.round)" : "")
        case .heartbeatResp:
            "heartbeat reply t\(message.term)" + (message.round > 0 ? " · round \(message.round)" : "")
        case .snap: "Snapshot up to \(message.snapshotIndex)"
        case .prop: "proposal, passed on"
        case .transferLeader: "let me lead"
        case .timeoutNow: "campaign now"
        case .readIndex: "ReadIndex?"
        case .readIndexResp: "ReadIndex = \(message.index)"
        case .other: "message"
        }
    }

    private static func append(_ message: TraceMessage, _ term: (LogIndex) -> Term?) -> String {
        let first = LogIndex(rawValue: message.index.rawValue &+ 1)
        switch message.entries {
        case 0: return "Append, no entries, after \(message.logTerm)/\(message.index) · commit \(message.commit)"
        case 1: return "Append \(term(first).map { "\($0)/" } ?? "")\(first)"
        default:
            let last = LogIndex(rawValue: message.index.rawValue &+ UInt64(message.entries))
            return "Append \(first) to \(last)"
        }
    }

    /// How its arrow looks.
    package static func look(_ message: TraceMessage) -> ArrowLook {
        switch message.type {
        case .app: Palette.append
        case .appResp:
            message.reject
                ? ArrowLook(Palette.trouble, width: 1.5, stroke: .dashed, head: .vee) : Palette.append.reply
        case .vote, .preVote, .timeoutNow, .transferLeader: Palette.campaign
        case .voteResp, .preVoteResp:
            message.reject
                ? ArrowLook(Palette.trouble, width: 1.3, stroke: .dashed, head: .vee) : Palette.campaign.reply
        case .heartbeat: Palette.beat
        case .heartbeatResp: ArrowLook(Palette.heartbeat, width: 1, stroke: .dotted, head: .vee)
        case .snap: Palette.snapshot
        case .readIndex: Palette.question
        case .readIndexResp: Palette.question.reply
        case .prop: ArrowLook(Palette.entry, width: 1.3)
        case .other: ArrowLook(Palette.quiet, width: 1)
        }
    }

    /// Its class in an SVG.
    package static func classes(_ message: TraceMessage, isLost: Bool) -> String {
        let kind =
            switch message.type {
            case .app, .appResp: "append"
            case .vote, .voteResp, .preVote, .preVoteResp, .timeoutNow, .transferLeader: "vote"
            case .heartbeat, .heartbeatResp: "heartbeat"
            case .snap: "snapshot"
            case .readIndex, .readIndexResp: "read"
            case .prop, .other: "other"
            }
        return "message \(kind)" + (isLost ? " lost" : "")
    }
}
