// shim.h: the C library <zlib.h>, as its wrapper room sees it.

#ifndef CZLIB_SHIM_H
#define CZLIB_SHIM_H

#include <zlib.h>

// The two initialisers are macros that pass the size of the structure; Swift sees functions.
static inline int zlib_inflate_init_gzip(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
static inline int zlib_deflate_init_gzip(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

#endif
