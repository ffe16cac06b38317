// shim.h: libuv as EventLoop sees it. Nothing of libuv is a macro that we need.
#ifndef CUV_SHIM_H
#define CUV_SHIM_H
#include <uv.h>
#endif
