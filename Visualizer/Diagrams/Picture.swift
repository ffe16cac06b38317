// Picture.swift: what every picture is given, and what it gives.
//
//     CausalHistory + names + filter  -->  a picture  -->  a canvas (svg, png, pdf, dot)  and lines of text (txt)
//
// The two are siblings, not translations: the text form is written for a terminal and a screen reader.
//
// NOTHING IS DRAWN THAT NO EVENT SAYS. And nothing is left out in silence: what a filter or folding hides is counted in
// `remarks`, and what is wrong with the traces stands there too; both are drawn under the picture.

package import Identifiers
import Trace
package import TraceModel

/// What of a history is wanted.
package struct Filter: Hashable, Sendable {
    /// Only these terms.
    package var terms: ClosedRange<UInt64>?
    /// Only these log indexes.
    package var indexes: ClosedRange<UInt64>?
    /// Only keys that begin so.
    package var keys: [String] = []
    /// Only this request.
    package var request: String?
    /// Only these members, by name or number.
    package var members: [String] = []
    /// Only this part of the causal order: places in `CausalHistory.order`.
    package var window: ClosedRange<Int>?
    /// Draw heartbeats and other repetition too.
    package var showsAll = false

    /// Everything.
    package init() {}
}

/// What a picture is made from.
package struct PictureRequest: Sendable {
    /// What happened.
    package var history: CausalHistory
    /// What members are called.
    package var names: MemberNames
    /// What of it is wanted.
    package var filter: Filter
    /// A headline in place of the picture's own; a scenario has one.
    package var title: String?

    /// Everything.
    package init(_ history: CausalHistory, filter: Filter = Filter(), title: String? = nil) {
        self.history = history
        self.names = MemberNames(history)
        self.filter = filter
        self.title = title
    }
}

/// A picture in both its forms.
package struct Picture: Sendable {
    /// For svg, png, pdf and dot.
    package var canvas: Canvas
    /// For a terminal.
    package var text: TextPage

    /// Both.
    package init(canvas: Canvas, text: TextPage) {
        self.canvas = canvas
        self.text = text
    }
}

/// Why there is nothing to draw.
package struct PictureError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is missing, and what to do.
    package let reason: String
    /// For people.
    package var description: String { reason }
    /// With a reason.
    package init(_ reason: String) { self.reason = reason }
}

/// What members are called: the names that they gave themselves when they started, else their numbers.
package struct MemberNames: Sendable {
    /// All members that have a lane, in the order of their numbers.
    package let members: [MemberID]
    private var names: [MemberID: String] = [:]

    /// From `member-started`.
    package init(_ history: CausalHistory) {
        var members: [MemberID] = []
        for lane in history.lanes {
            if members.last != lane.member { members.append(lane.member) }
            for event in lane.events.prefix(8) where history.kind(of: event) == MemberStarted.kind.number {
                guard case .memberStarted(let started) = history.record(at: event).event, !started.name.isEmpty else {
                    continue
                }
                names[lane.member] = started.name
            }
        }
        self.members = members
    }

    /// The name to draw.
    package subscript(member: MemberID) -> String {
        if member == .none { return "nobody" }
        return names[member].map(Lettering.printable) ?? "\(member)"
    }

    /// The member of a name or number, as a filter gives it.
    package func member(called text: String) -> MemberID? {
        members.first { names[$0] == text || "\($0)" == text }
    }

    /// Several names with spaces between.
    package func list(_ members: [MemberID]) -> String { members.map { self[$0] }.joined(separator: " ") }
}
