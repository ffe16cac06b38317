// Remarks.swift: what a picture does not know, said under it.
//
// A trace may have gaps, and a file may be missing; a picture of it is worth drawing and must say so.

import TraceModel

/// The last lines of a picture.
enum Remarks {
    /// How many troubles are named; the others are counted.
    private static let limit = 3

    /// Writes what is wrong with the traces under both forms of a picture.
    static func add(_ request: PictureRequest, to canvas: inout Canvas, below bottom: Double, _ page: inout TextPage) {
        let troubles = request.history.troubles
        guard troubles.count > 0 else { return }
        var lines = troubles.list.prefix(limit).map { "! \($0)" }
        if troubles.count > limit {
            lines.append("! and \(troubles.count - limit) more things are wrong with these traces")
        }
        page.line()
        for line in lines { page.paragraph(line, .trouble, indent: 2) }
        let words = lines.map { [Run(Lettering.shortened($0, limit: 150), color: Palette.troubleInk)] }
        canvas.text(Words(lines: words), at: Point(0, bottom + 14 + 5.4 * Double(lines.count)))
    }
}
