// Event+Faults.swift: what an experimenter did to a member.
//
// A member cannot report its own death, and nobody tells it that a cable was pulled. From its trace alone a picture can
// only show symptoms: a life that ends, messages that nobody receives. In an experiment (a simulation, a test that cuts
// links) somebody does know, because he did it; these events are his notes, written into the trace of the member that it
// happened to, at the moment at which it happened. So a picture can show cause and symptom, and still draws nothing that no
// event says.
//
// A REAL MEMBER NEVER EMITS THEM. Replaying a history ignores them, and so does the check against the specification.

package import Identifiers

/// What was done to a member.
package enum TraceFault: UInt8, TraceWord {
    /// Its process was killed; the last event of this life.
    case crash
    /// The same, in the middle of a write.
    case tornWrite
    /// Its process stands still and does not know it.
    case pause
    /// It goes on.
    case resume
    /// What it sends to some members is lost.
    case linksCut
    /// What it sends arrives again.
    case linksMended
    /// Its disk takes longer to sync.
    case diskSlow
    /// Its disk is as it was.
    case diskNormal

    /// For lines.
    package static let names: [StaticString] = [
        "crash", "tornWrite", "pause", "resume", "linksCut", "linksMended", "diskSlow", "diskNormal",
    ]
}

/// Somebody has done something to the member, for the sake of an experiment.
package struct FaultInjected: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(12, "fault-injected")
    /// What.
    package var fault = TraceFault.crash
    /// Whom it cannot reach from now on, after `linksCut` and `linksMended`: all of them, not only the new ones.
    package var unreachable: [MemberID] = []
    /// How long a sync takes from now on, in the experiment's milliseconds; 0: does not apply.
    package var syncTime = 0

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(_ fault: TraceFault, unreachable: [MemberID] = [], syncTime: Int = 0) {
        self.fault = fault
        self.unreachable = unreachable
        self.syncTime = syncTime
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("fault", &fault)
        visitor.field("unreachable", &unreachable)
        visitor.field("sync_time", &syncTime)
    }
}
