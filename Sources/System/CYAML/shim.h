// shim.h: the C library <yaml.h>, as its wrapper room sees it.

#ifndef CYAML_SHIM_H
#define CYAML_SHIM_H

#include <yaml.h>

#endif
