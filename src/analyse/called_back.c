#include "analyse/called_back.h"

#include "analyse/code_uses.h"

/* What gives functions to SQLite, which keeps them in memory of C, referred to from there alone:
 * Modules/_sqlite/connection.c, 3.9 to 3.15. */
static const char *const given_by[] = {"create_function",      "create_aggregate",
                                       "create_collation",     "create_window_function",
                                       "set_progress_handler", "set_trace_callback"};

/* Whether code of the program gives it any: else somebody else has its functions. */
static bool is_given_any(const hf_case *c)
{
    hf_graph *g = c->timeline->last;
    for (uint32_t i = 0; i < g->object_count; i++) {
        if (c->species[g->type[i]] != HF_SPECIES_CODE || !hf_code_is_users(g, i))
            continue;
        for (size_t k = 0; k < sizeof(given_by) / sizeof(*given_by); k++)
            if (hf_code_names(g, i, given_by[k]))
                return true;
    }
    return false;
}

uint32_t hf_sqlite_that_calls(const hf_case *c)
{
    const hf_graph *g = c->timeline->last;
    uint32_t found = HF_NO_OBJECT;
    for (uint32_t i = 0; i < g->object_count; i++) {
        if (c->species[g->type[i]] != HF_SPECIES_DATABASE || c->last->reach[i] != HF_REACH_ROOT ||
            !hf_graph_is(g, i, "sqlite3.Connection"))
            continue;
        if (found != HF_NO_OBJECT)
            return HF_NO_OBJECT;
        found = i;
    }
    return found != HF_NO_OBJECT && is_given_any(c) ? found : HF_NO_OBJECT;
}

/* The body of a class names all that it defines. */
static bool is_body_of_class(hf_graph *g, uint32_t code)
{
    return hf_code_names(g, code, "__qualname__") && hf_code_names(g, code, "__module__");
}

uint32_t hf_giver_of(hf_graph *g, const uint8_t *species, const char *name)
{
    uint32_t found = HF_NO_OBJECT;
    for (uint32_t i = 0; i < g->object_count; i++) {
        if (species[g->type[i]] != HF_SPECIES_CODE || !hf_code_names(g, i, name) ||
            !hf_code_is_users(g, i) || is_body_of_class(g, i))
            continue;
        if (found != HF_NO_OBJECT)
            return HF_NO_OBJECT;
        found = i;
    }
    return found;
}

void hf_say_taking_back(const char *whose, bool called, hf_buf *out)
{
    hf_buf_format(out,
                  called ? "Find what gives these to %s to be called, and take each back when it "
                           "is no longer needed, by the counterpart of that call (unregister, "
                           "remove, disconnect); where there is none, give it once a function that "
                           "does not refer to short-lived objects (weakref)."
                         : "Find the call that puts these into a table of %s, and take each out "
                           "when it is no longer needed, by the counterpart of that call (remove, "
                           "unregister, clear).",
                  whose ? whose : "a C library");
    if (!whose)
        hf_buf_text(out, " Where C code makes a structure for each of them, see that this is "
                         "freed, and its reference dropped.");
}
