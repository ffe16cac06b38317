// Sheet.swift: rows and columns that stand exactly under each other, as boxes at computed places.
//
// A log matrix, a map of revisions, a tally of votes, a table of durations: all are cells in a grid. Graphviz could lay out
// an HTML table; but then a font decides how wide a column is, and a cell that is too small for its text makes the layout
// fail. So a grid is a few additions:
//
//     var sheet = Sheet(columns: [150, 46, 46, 46], rowHeight: 30)
//     sheet.cell(0, 0, words, alignment: .left)             column 0, row 0
//     sheet.cell(1, 0, words, Palette.committed...)         with a box
//     sheet.paint(on: &canvas, at: Point(0, 80))

/// A grid of cells.
package struct Sheet: Sendable {
    private struct Cell: Sendable {
        var column: Int
        var row: Int
        var span: Int
        var words: Words
        var look: BoxLook?
        var alignment: Alignment
        var tooltip: String
        var classes: String
    }

    private var cells: [Cell] = []
    /// How wide each column is.
    package var columns: [Double]
    /// How high a row is where nothing else is said.
    package var rowHeight: Double
    /// The room between two cells.
    package var gap: Double
    private var heights: [Int: Double] = [:]
    private var rowCount = 0

    /// An empty grid.
    package init(columns: [Double], rowHeight: Double, gap: Double = 3) {
        self.columns = columns
        self.rowHeight = rowHeight
        self.gap = gap
    }

    /// How wide it is.
    package var width: Double { columns.reduce(0, +) + gap * Double(max(0, columns.count - 1)) }
    /// How high it is.
    package var height: Double {
        (0..<rowCount).reduce(0) { $0 + (heights[$1] ?? rowHeight) } + gap * Double(max(0, rowCount - 1))
    }

    /// Gives a row another height.
    package mutating func setHeight(_ height: Double, ofRow row: Int) { heights[row] = height }

    /// Fills a cell; `span`: over so many columns.
    package mutating func cell(
        _ column: Int, _ row: Int, _ words: Words, _ look: BoxLook? = nil, alignment: Alignment = .center,
        span: Int = 1, tooltip: String = "", classes: String = ""
    ) {
        rowCount = max(rowCount, row + 1)
        cells.append(
            Cell(
                column: column, row: row, span: span, words: words, look: look, alignment: alignment,
                tooltip: tooltip, classes: classes))
    }

    /// Draws it with its upper left corner at a place; answers with its lower edge.
    @discardableResult
    package func paint(on canvas: inout Canvas, at corner: Point) -> Double {
        var lefts: [Double] = []
        var x = corner.x
        for width in columns {
            lefts.append(x)
            x += width + gap
        }
        var tops: [Double] = []
        var y = corner.y
        for row in 0..<rowCount {
            tops.append(y)
            y += (heights[row] ?? rowHeight) + gap
        }
        for cell in cells where cell.column < columns.count {
            let last = min(cell.column + cell.span, columns.count) - 1
            let width = lefts[last] + columns[last] - lefts[cell.column]
            let height = heights[cell.row] ?? rowHeight
            let middle = Point(lefts[cell.column] + width / 2, tops[cell.row] + height / 2)
            let isInBox = cell.alignment == .center && cell.look != nil
            if let look = cell.look {
                // A thick outline is drawn half outside of its box.
                canvas.box(
                    at: middle, width: width - look.lineWidth, height: height - look.lineWidth, look,
                    words: isInBox ? cell.words : nil, tooltip: cell.tooltip, classes: cell.classes)
            }
            if isInBox { continue }
            let inset = cell.look == nil ? 0.0 : 5
            let edge =
                cell.alignment == .left
                ? lefts[cell.column] + inset
                : cell.alignment == .right ? lefts[cell.column] + width - inset : middle.x
            canvas.text(cell.words, at: Point(edge, middle.y), cell.alignment, classes: cell.classes)
        }
        return corner.y + height
    }
}
