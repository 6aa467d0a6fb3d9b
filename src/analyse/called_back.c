#include "analyse/called_back.h"

/* Who keeps what it is to call in memory of C, referred to from there alone: create_function() of
 * Modules/_sqlite/connection.c (3.9 to 3.15), createcommand() of Modules/_tkinter.c. */
static const struct {
    const char *type, *name, *fix;
} callers[] = {
    {"sqlite3.Connection", "SQLite",
     "Create each function once, under one name: what create_function(), create_aggregate() or "
     "create_collation() was given stays until its name is given another or the connection is "
     "closed."},
    {"_tkinter.tkapp", "Tcl",
     "Delete each command when its widget no longer needs it (deletecommand(), unbind() with the "
     "id, after_cancel()): Tcl keeps it until then."},
};

bool hf_caller_find(const hf_case *c, hf_caller *ret)
{
    const hf_graph *g = c->timeline->last;
    size_t found = 0;
    for (uint32_t i = 0; i < g->object_count && found < 2; i++) {
        if (c->species[g->type[i]] != HF_SPECIES_DATABASE || c->last->reach[i] != HF_REACH_ROOT)
            continue;
        for (size_t k = 0; k < sizeof(callers) / sizeof(*callers); k++) {
            if (!hf_graph_is(g, i, callers[k].type))
                continue;
            found++;
            *ret = (hf_caller){.object = i, .name = callers[k].name, .fix = callers[k].fix};
        }
    }
    return found == 1;
}
