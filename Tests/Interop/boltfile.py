"""boltfile.py: what is in a file of etcd's key-value store, read by somebody else.

A second, small reader of bbolt's format, so that what two servers keep can be compared without trusting either of
them: page 0 and 1 are metas, the newer one (by transaction) names the root; a page is a branch (flag 1) or a leaf
(flag 2); an element of a leaf with flag 1 holds a bucket, inline when its root is page 0.
"""
import struct

#: What etcd leaves out of the hash over all buckets: they say how far the log is, which differs between members.
UNHASHED = {(b"meta", b"consistent_index"), (b"meta", b"term")}
_remainders = []
for _byte in range(256):
    for _ in range(8):
        _byte = _byte >> 1 ^ (0x82F63B78 if _byte & 1 else 0)
    _remainders.append(_byte)


def crc32c(data, crc=0):
    """Castagnoli's checksum of these bytes, going on from those before."""
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = _remainders[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def hash_of_all(entries):
    """What Maintenance.Hash must answer for a file with these entries: the names of buckets, keys and values, in order."""
    crc = 0
    for path in sorted(entries):
        if path not in UNHASHED:
            crc = crc32c(path[-1] if len(path) == 1 else path[-1] + entries[path], crc)
    return crc


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
