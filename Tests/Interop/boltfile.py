"""boltfile.py: what is in a file of etcd's key-value store, read by somebody else.

A second, small reader of bbolt's format, so that what two servers keep can be compared without trusting either of
them: page 0 and 1 are metas, the newer one (by transaction) names the root; a page is a branch (flag 1) or a leaf
(flag 2); an element of a leaf with flag 1 holds a bucket, inline when its root is page 0.
"""
import struct


def contents(data):
    """Every key and value of the file, by (bucket, key)."""
    size = struct.unpack_from("<I", data, 16 + 8)[0]
    metas = []
    for page in (0, 1):
        magic, _, _, _, root, _, _, _, transaction, _ = struct.unpack_from("<IIIIQQQQQQ", data, page * size + 16)
        if magic == 0xED0CDAED:
            metas.append((transaction, root))
    found = {}

    def walk(page, path):
        _, flags, count, _ = struct.unpack_from("<QHHI", page, 0)
        for index in range(count):
            element = 16 + 16 * index
            if flags & 1:
                walk(data[struct.unpack_from("<IIQ", page, element)[2] * size:], path)
                continue
            kind, position, key_size, value_size = struct.unpack_from("<IIII", page, element)
            start = element + position
            key, value = bytes(page[start:start + key_size]), bytes(page[start + key_size:start + key_size + value_size])
            if not kind & 1:
                found[path + (key,)] = value
                continue
            found[path + (key,)] = b"(a bucket)"
            root = struct.unpack_from("<Q", value, 0)[0]
            walk(memoryview(value)[16:] if root == 0 else data[root * size:], path + (key,))

    data = memoryview(data)
    walk(data[max(metas)[1] * size:], ())
    return found
