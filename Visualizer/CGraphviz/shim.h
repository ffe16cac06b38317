// shim.h: Graphviz's library (libgvc) as its wrapper room sees it.

#ifndef CGRAPHVIZ_SHIM_H
#define CGRAPHVIZ_SHIM_H

#include <graphviz/cgraph.h>
#include <graphviz/gvc.h>
#include <stdlib.h>

// The headers declare these with parameters that are not const; they keep no pointer and write nothing.
static inline int graphviz_layout(GVC_t *context, Agraph_t *graph, const char *engine) {
    return gvLayout(context, graph, engine);
}
static inline void graphviz_set(Agraph_t *graph, const char *name, const char *value) {
    agsafeset(graph, (char *)name, (char *)value, "");
}

#endif
