// PageReport.swift: the file, for people.
//
// `pages` lists what every page is, `page N` shows one of them element by element: enough to follow a
// key from the meta down to its leaf with a finger, or to see what a crash left behind.
//
//     page      kind      items  more   used
//     0         meta          -     0      -  transaction 30, root 24
//     24        leaf         10     0   1035
//     25        free          -     -      -
//
// Damaged pages are described as far as they can be read; nothing here throws.

package import Bytes

extension FrozenVersion {
    /// A line for every page of the file, a heading first.
    package func pagesReport() -> [String] {
        var lines = [Self.row("page", "kind", "items", "more", "used")]
        for page in 0..<min(2, meta.highWater) { lines.append(metaRow(page)) }
        // A tree that leads twice to a page is still worth a list: then nothing is called free.
        let used = (try? Reachability(source: source, root: meta.root))?.used
        var list: Range<UInt64> = 0..<0
        if meta.freeList != Meta.noFreeList, let stored = try? StoredFreeList(meta: meta, mapping: mapping) {
            list = meta.freeList..<(meta.freeList + UInt64(stored.ownPages))
        }
        var page: UInt64 = 2
        while page < meta.highWater {
            if list.contains(page) {
                lines.append(Self.row("\(page)", "freelist", "-", "\(list.count - 1)", "-"))
                page = list.upperBound
            } else if let used, !used.contains(page) {
                lines.append(Self.row("\(page)", "free", "-", "-", "-"))
                page += 1
            } else {
                page += nodeRow(page, &lines)
            }
        }
        return lines
    }

    /// Adds the line of a node and returns how many pages it covers.
    private func nodeRow(_ page: UInt64, _ lines: inout [String]) -> UInt64 {
        do throws(BoltError) {
            let node = try source.node(page)
            let pages = source.pages(of: node)
            let kind = node.isLeaf ? "leaf" : "branch"
            lines.append(Self.row("\(page)", kind, "\(node.count)", "\(pages - 1)", "\(node.packedSize)"))
            return UInt64(pages)
        } catch {
            lines.append(Self.row("\(page)", "damaged", "-", "-", "-") + "  \(error)")
            return 1
        }
    }

    private func metaRow(_ page: UInt64) -> String {
        let row = Self.row("\(page)", "meta", "-", "0", "-")
        guard let meta = Meta(mapping, at: Int(page) * meta.pageSize) else { return row + "  not whole" }
        return row + "  transaction \(meta.transaction), root \(meta.root)"
            + (meta.transaction == self.meta.transaction ? ", the true one" : "")
    }

    private static func row(_ cells: String...) -> String {
        let widths = [10, 10, 6, 6, 7]
        var line = ""
        for (index, cell) in cells.enumerated() {
            let blanks = String(repeating: " ", count: max(0, widths[index] - cell.count))
            line += index < 2 ? cell + blanks : blanks + cell
        }
        return line
    }

    /// One page, element by element; the dump of its bytes with `withBytes`. `meaning` may say what a key
    /// and a value are, for files whose keys are not text.
    package func pageReport(
        _ page: UInt64, withBytes: Bool = false,
        meaning: (_ key: ByteView, _ value: ByteView) -> String? = { _, _ in nil }
    ) -> [String] {
        guard page < meta.highWater else { return ["page \(page): the file has pages 0...\(meta.highWater - 1)"] }
        let start = Int(page) * meta.pageSize
        var lines = page < 2 ? metaReport(page) : nodeReport(page, meaning)
        if withBytes {
            let bytes = mapping[start..<(start + meta.pageSize)]
            lines += bytes.hexDump(from: start).split(separator: "\n").map(String.init)
        }
        return lines
    }

    private func metaReport(_ page: UInt64) -> [String] {
        guard let meta = Meta(mapping, at: Int(page) * meta.pageSize) else {
            return ["page \(page): a meta page that is not whole: magic, version or checksum do not fit"]
        }
        return [
            "page \(page): meta of transaction \(meta.transaction)",
            "  page size       \(meta.pageSize)",
            "  root page       \(meta.root)",
            "  freelist        \(meta.freeList == Meta.noFreeList ? "not stored" : "page \(meta.freeList)")",
            "  high-water mark \(meta.highWater)",
        ]
    }

    private func nodeReport(_ page: UInt64, _ meaning: (ByteView, ByteView) -> String?) -> [String] {
        do throws(BoltError) {
            let node = try source.node(page)
            let more = source.pages(of: node) - 1
            var lines = [
                "page \(page): \(node.isLeaf ? "leaf" : "branch"), \(node.count) elements, "
                    + "\(node.packedSize) of \(node.bytes.count) bytes used"
                    + (more > 0 ? ", continued on \(more) more" : "")
            ]
            for index in 0..<node.count { lines.append("  " + (try elementReport(node, index, meaning))) }
            return lines
        } catch {
            return ["\(error)"]
        }
    }

    private func elementReport(
        _ node: Node, _ index: Int, _ meaning: (ByteView, ByteView) -> String?
    ) throws(BoltError) -> String {
        guard node.isLeaf else { return "\(try node.key(index).quoted) -> page \(node.child(index))" }
        let element = try node.element(index)
        if let text = meaning(element.key, element.value) { return text }
        guard element.isBucket else { return "\(element.key.quoted) = \(element.value.count) bytes" }
        let tree = try Tree(source: source, bucketValue: element.value)
        let place = tree.isInline ? "inline, \(try tree.rootNode.count) elements" : "root page \(tree.root)"
        return "\(element.key.quoted): bucket, \(place)"
    }
}
