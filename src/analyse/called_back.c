#include "analyse/called_back.h"

#include "analyse/code_uses.h"

/* Who keeps what it is to call in memory of C, referred to from there alone: create_function() of
 * Modules/_sqlite/connection.c (3.9 to 3.15), createcommand() of Modules/_tkinter.c. */
static const struct {
    const char *type, *name;
    const char *given_by[6]; /* names by which the program gives them */
    const char *fix;
} callers[] = {
    {"sqlite3.Connection",
     "SQLite",
     {"create_function", "create_aggregate", "create_collation", "create_window_function",
      "set_progress_handler", "set_trace_callback"},
     "Create each function once, under one name: what create_function(), create_aggregate() or "
     "create_collation() was given stays until its name is given another or the connection is "
     "closed."},
    {"_tkinter.tkapp",
     "Tcl",
     {"bind", "after", "register", "protocol", "createcommand", "command"},
     "Delete each command when its widget no longer needs it (deletecommand(), unbind() with the "
     "id, after_cancel()): Tcl keeps it until then."},
};

/* Whether code of the program uses one of these names: else somebody else has its functions. */
static bool is_given_any(const hf_case *c, const char *const names[6])
{
    hf_graph *g = c->timeline->last;
    for (uint32_t i = 0; i < g->object_count; i++) {
        if (c->species[g->type[i]] != HF_SPECIES_CODE || !hf_code_is_users(g, i))
            continue;
        for (size_t k = 0; k < 6; k++)
            if (hf_code_names(g, i, names[k]))
                return true;
    }
    return false;
}

bool hf_caller_find(const hf_case *c, hf_caller *ret)
{
    const hf_graph *g = c->timeline->last;
    size_t found = 0;
    const char *const *given_by = NULL;
    for (uint32_t i = 0; i < g->object_count && found < 2; i++) {
        if (c->species[g->type[i]] != HF_SPECIES_DATABASE || c->last->reach[i] != HF_REACH_ROOT)
            continue;
        for (size_t k = 0; k < sizeof(callers) / sizeof(*callers); k++) {
            if (!hf_graph_is(g, i, callers[k].type))
                continue;
            found++;
            given_by = callers[k].given_by;
            *ret = (hf_caller){.object = i, .name = callers[k].name, .fix = callers[k].fix};
        }
    }
    return found == 1 && is_given_any(c, given_by);
}
