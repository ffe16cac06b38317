// shim.h: the C library <crypt.h>, as its wrapper room sees it.

#ifndef CCRYPT_SHIM_H
#define CCRYPT_SHIM_H

#include <crypt.h>

#endif
