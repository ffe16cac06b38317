// shim.h: nghttp2 as HTTP2Session sees it.
#ifndef CNGHTTP2_SHIM_H
#define CNGHTTP2_SHIM_H
#include <sys/types.h>
#include <nghttp2/nghttp2.h>
#endif
