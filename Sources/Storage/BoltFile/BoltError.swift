// BoltError.swift: what can be wrong with a file, said so that an operator can act on it.
//
// Whoever reads a page of the file reads something that a disk kept, that another program may have
// written, that somebody may have cut off. So nothing on a page is believed: each number is checked
// against the page before it is used, and what does not fit becomes one of these errors. None of
// them is ever a trap: the member says what it found and stops serving from that file.
//
// The names of files are not known here (this room never opens one); the shell adds them.

/// What does not fit, on which page, at which byte.
package struct BoltError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of trouble: the file's first, then the page's, then the caller's.
    package enum Kind: UInt8, Hashable, Sendable, CaseIterable {
        /// The file as a whole: no meta that looks like one, no whole meta.
        case notABoltFile, noValidMeta, unsupportedPageSize, fileTooShort, mappingTooSmall
        /// A page: its header.
        case pageOutOfRange, wrongPageNumber, wrongPageType, nodeTooLong, elementOutsideNode
        /// The tree: how pages hang together.
        case emptyNode, treeTooDeep, unevenDepth, keysOutOfOrder, separatorMismatch, pageUsedTwice, pageLost
        /// Free pages, and buckets.
        case badFreeList, freePageInUse, nestedInlineBucket, badBucketHeader
        /// Refusals: what the caller asked for cannot be, and the file is fine.
        case keySize, valueTooLarge, elementIsBucket, elementIsNotBucket, bucketMissing, fileFull
    }

    /// What is wrong.
    package let kind: Kind
    /// The page where it shows (0 where no page is meant).
    package let page: UInt64
    /// The byte within that page.
    package let offset: Int

    /// An error at a place.
    package init(_ kind: Kind, page: UInt64 = 0, at offset: Int = 0) {
        self.kind = kind
        self.page = page
        self.offset = offset
    }

    /// Whether the caller asked for something that cannot be, and the file is fine.
    package var isRefusal: Bool {
        switch kind {
        case .keySize, .valueTooLarge, .elementIsBucket, .elementIsNotBucket, .bucketMissing, .fileFull: true
        default: false
        }
    }

    /// For people: place, meaning, remedy.
    package var description: String {
        if isRefusal { return meaning }
        return "page \(page), byte \(offset): \(meaning). \(remedy)"
    }

    private var meaning: String {
        switch kind {
        case .notABoltFile: "neither page 0 nor page 1 begins as a B+tree file's meta page does"
        case .noValidMeta: "both meta pages are damaged (magic, version or checksum), so no root is known"
        case .unsupportedPageSize: "the meta page names a page size that is no power of two from 1 KiB to 64 KiB"
        case .fileTooShort: "the file is shorter than the pages that its meta page counts: it was cut off"
        case .mappingTooSmall: "the file is longer than the address range reserved for it"
        case .pageOutOfRange: "a reference leads to a page that the file does not have"
        case .wrongPageNumber: "the page carries another page's number: a write went to the wrong place or never came"
        case .wrongPageType: "the page is neither a branch nor a leaf, where the tree has one of them"
        case .nodeTooLong: "the page claims more elements or continuation pages than there are"
        case .elementOutsideNode: "an element's key or value lies outside its page"
        case .emptyNode: "a node below the root has no elements"
        case .treeTooDeep: "the tree is deeper than any real one: it leads back into itself"
        case .keysOutOfOrder: "keys are not in ascending order"
        case .separatorMismatch: "a branch's key is not the first key of the child that it leads to"
        case .unevenDepth: "the leaves of a bucket are not all at the same depth"
        case .pageLost: "the page is neither used by the tree nor free"
        case .pageUsedTwice: "two references lead to the same page"
        case .badFreeList: "the stored list of free pages has a wrong type, a wrong length or impossible pages"
        case .freePageInUse: "the stored list of free pages names a page that the tree uses"
        case .nestedInlineBucket: "a bucket stored inside a value contains another bucket"
        case .badBucketHeader: "a bucket's value is too short for its header or its page"
        case .keySize: "a key must have 1 to 32768 bytes"
        case .valueTooLarge: "a value must be shorter than 2 GiB"
        case .elementIsBucket: "the key names a bucket, where a value is wanted"
        case .elementIsNotBucket: "the key names a value, where a bucket is wanted"
        case .bucketMissing: "the bucket does not exist or was deleted"
        case .fileFull:
            "the file has grown to the address range reserved for it: compact and defragment, or restart "
                + "with a larger quota"
        }
    }

    private var remedy: String {
        switch kind {
        case .notABoltFile: "Check that the path is the database file"
        case .mappingTooSmall: "Start with a larger backend quota"
        case .fileTooShort:
            "Restore this member from a snapshot or from a healthy peer; if something truncated the file, "
                + "stop it first"
        default:
            "The file is damaged: restore this member from a snapshot, or remove it and add it again so that a "
                + "healthy peer sends its state"
        }
    }
}
