/* Structures of well-known libraries that keep what they see. */
#include "analyse/attributes.h"
#include "analyse/patterns.h"
#include "analyse/shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static double recorded_calls(const hf_clues *c)
{
    return c->owner_species == HF_SPECIES_CALL_RECORD || c->objects_of[HF_SPECIES_CALL_RECORD] >= 4
               ? 0.97
               : 0;
}

static bool is_node(const hf_clues *c, uint32_t object)
{
    return hf_clues_species(c, object) == HF_SPECIES_TREE_NODE;
}

static bool has_node(const hf_clues *c, uint32_t object)
{
    const hf_graph *g = c->graph;
    bool found = is_node(c, object);
    if (found || hf_clues_species(c, object) != HF_SPECIES_TUPLE)
        return found;
    for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1] && !found; e++)
        found = is_node(c, g->edge_target[e]);
    return found;
}

/* Whether nodes are what its entries are found by, alone or in tuples: what a function has worked
 * out for each. */
static bool is_keyed_by_nodes(const hf_clues *c)
{
    enum { ENTRIES_LOOKED_AT = 64 };
    const hf_graph *g = c->graph;
    unsigned entries = 0, nodes = 0;
    if (c->owner_species != HF_SPECIES_DICT)
        return false;
    for (uint64_t e = g->edge_start[c->owner];
         e < g->edge_start[c->owner + 1] && entries < ENTRIES_LOOKED_AT; e++) {
        if (hf_graph_kind(g, e) != HF_EDGE_KEY ||
            hf_timeline_is_old(c->timeline, g->edge_target[e]))
            continue;
        entries++;
        nodes += has_node(c, g->edge_target[e]);
    }
    return entries && nodes * 4 >= entries * 3;
}

static double tree_nodes(const hf_clues *c)
{
    uint64_t nodes = c->objects_of[HF_SPECIES_TREE_NODE];
    if (nodes < 4 || is_keyed_by_nodes(c))
        return 0;
    if (c->owner_species == HF_SPECIES_TREE_NODE || hf_clues_above(c, 1) == HF_SPECIES_TREE_NODE)
        return 0.95;
    return nodes >= c->direct && c->direct ? 0.95 : 0.6;
}

/* Nodes that know those below them and not the one above: ast, and xml.etree as it is written
 * in C. */
static double nodes_without_parents(const hf_clues *c)
{
    double fit = tree_nodes(c);
    for (size_t k = 0; fit > 0 && k < c->type_count; k++) {
        if (c->species[c->types[k].type] != HF_SPECIES_TREE_NODE)
            continue;
        const char *title = hf_graph_type_title(c->graph, c->types[k].type);
        return strncmp(title, "ast.", 4) == 0 || strncmp(title, "_ast.", 5) == 0 ||
                       strcmp(title, "xml.etree.ElementTree.Element") == 0
                   ? fit + 0.005
                   : 0;
    }
    return 0;
}

/* The object that a node of a program's own tree says it is below of, as far as it came with the
 * node and has it among those below; HF_NO_OBJECT. */
static uint32_t node_above(const hf_clues *c, uint32_t node)
{
    enum { LOOKED_AT = 1024 };
    static const char *const names[] = {"parent", "_parent", "parent_node", "parentNode"};
    hf_graph *g = c->graph;
    uint32_t up = HF_NO_OBJECT;
    for (size_t k = 0; k < sizeof(names) / sizeof(*names) && up == HF_NO_OBJECT; k++)
        up = hf_attribute_of(g, node, names[k]);
    if (up == HF_NO_OBJECT || hf_clues_species(c, up) != HF_SPECIES_INSTANCE ||
        !hf_clues_owns(c, up))
        return HF_NO_OBJECT;
    uint32_t dict = hf_attribute_dict(g, up), source = dict == HF_NO_OBJECT ? up : dict;
    for (uint64_t e = g->edge_start[source], left = LOOKED_AT; e < g->edge_start[source + 1]; e++) {
        uint32_t children = g->edge_target[e];
        if (hf_clues_species(c, children) != HF_SPECIES_LIST || !hf_clues_owns(c, children))
            continue;
        for (uint64_t m = g->edge_start[children]; m < g->edge_start[children + 1] && left;
             m++, left--)
            if (g->edge_target[m] == node)
                return up;
    }
    return HF_NO_OBJECT;
}

/* Members that are nodes of trees which nobody else has, and much smaller than what comes with
 * each: it is there by way of its parent. Of a tree that is kept as a whole the root is a member,
 * or most nodes are. */
static double nodes_of_own_trees(const hf_clues *c)
{
    enum { ASKED = 64, FEWEST = 4, TIMES = 16, WORTH_IT = 4096 };
    const hf_graph *g = c->graph;
    uint64_t asked = 0, nodes = 0, bytes = 0;
    if (c->direct < FEWEST || c->member_type == UINT32_MAX || c->row->trees ||
        c->species[c->member_type] != HF_SPECIES_INSTANCE)
        return 0;
    for (uint64_t e = g->edge_start[c->owner]; e < g->edge_start[c->owner + 1] && asked < ASKED;
         e++) {
        uint32_t member = g->edge_target[e];
        if (g->type[member] != c->member_type || !hf_clues_owns(c, member))
            continue;
        uint32_t dict = hf_attribute_dict(g, member);
        asked++;
        nodes += node_above(c, member) != HF_NO_OBJECT;
        bytes +=
            hf_graph_shallow(g, member) + (dict == HF_NO_OBJECT ? 0 : hf_graph_shallow(g, dict));
    }
    uint64_t each = (uint64_t)c->row->born_bytes / c->direct;
    return asked >= FEWEST && nodes * 4 >= asked * 3 && each >= WORTH_IT &&
                   each * asked >= bytes * TIMES
               ? 0.94
               : 0;
}

static double memo_of_nodes(const hf_clues *c)
{
    return is_keyed_by_nodes(c) ? 0.9 : 0;
}

static double memo(const hf_clues *c)
{
    if (hf_clues_on_path(c, HF_SPECIES_MEMO, 2) != HF_NO_OBJECT)
        return 0.95;
    return c->owner_species == HF_SPECIES_DICT && hf_clues_say(c, "memo") &&
                   hf_clues_say(c, "pickl|copy|serial|encod|dump")
               ? 0.9
               : 0;
}

/* pickle.Unpickler, which has no clear_memo(), and its like in Python. */
static double memo_of_reader(const hf_clues *c)
{
    uint32_t holder = hf_clues_on_path(c, HF_SPECIES_MEMO, 2);
    bool reads =
        holder != HF_NO_OBJECT && strstr(hf_graph_type_name(c->graph, holder), "Unpickler");
    return reads ? 0.96 : 0;
}

/* copy.deepcopy() keeps the originals in a list that it enters into the memo by the memo's
 * own id(). */
static double memo_of_copies(const hf_clues *c)
{
    hf_graph *g = c->graph;
    if (c->owner_species != HF_SPECIES_DICT)
        return 0;
    char own[32];
    snprintf(own, sizeof(own), "%" PRIu64, g->address[c->owner]);
    for (uint64_t e = g->edge_start[c->owner]; e + 1 < g->edge_start[c->owner + 1]; e++) {
        uint32_t key = g->edge_target[e];
        if (hf_graph_kind(g, e) != HF_EDGE_KEY || hf_graph_kind(g, e + 1) != HF_EDGE_VALUE ||
            hf_clues_species(c, key) != HF_SPECIES_NUMBER ||
            hf_clues_species(c, g->edge_target[e + 1]) != HF_SPECIES_LIST)
            continue;
        size_t length = 0;
        const char *value = hf_graph_value(g, key, &length);
        if (value && length == strlen(own) && memcmp(value, own, length) == 0)
            return 0.96;
    }
    return 0;
}

static bool is_one_of(const char *name, const char *const *names)
{
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

/* Whether a key is a tuple that begins with the class of the value: (Order, 17), as in
 * sqlalchemy/orm/identity.py and ming/odm/identity_map.py. */
static bool is_identity(const hf_clues *c, uint32_t key, uint32_t value)
{
    hf_graph *g = c->graph;
    if (hf_clues_species(c, key) != HF_SPECIES_TUPLE)
        return false;
    uint32_t first = hf_item_of(g, key, 0);
    return first != HF_NO_OBJECT && g->address[first] == g->types[g->type[value]].address;
}

static bool is_keyed_by_identity(const hf_clues *c)
{
    enum { ENTRIES_LOOKED_AT = 64, EDGES_LOOKED_AT = 1024 };
    hf_graph *g = c->graph;
    if (c->owner_species != HF_SPECIES_DICT)
        return false;
    unsigned entries = 0, identities = 0, looked_at = 0;
    for (uint64_t e = g->edge_start[c->owner];
         e + 1 < g->edge_start[c->owner + 1] && entries < ENTRIES_LOOKED_AT &&
         looked_at < EDGES_LOOKED_AT;
         e++, looked_at++) {
        if (hf_graph_kind(g, e) != HF_EDGE_KEY || hf_graph_kind(g, e + 1) != HF_EDGE_VALUE)
            continue;
        entries++;
        identities += is_identity(c, g->edge_target[e], g->edge_target[e + 1]);
    }
    return entries && identities * 4 >= entries * 3;
}

static bool has_collection(const hf_clues *c, uint32_t object, const char *name)
{
    uint32_t value = hf_attribute_of(c->graph, object, name);
    hf_species species = value == HF_NO_OBJECT ? HF_SPECIES_OTHER : hf_clues_species(c, value);
    return species == HF_SPECIES_DICT || species == HF_SPECIES_SET || species == HF_SPECIES_LIST ||
           species == HF_SPECIES_DEQUE || species == HF_SPECIES_WEAK_MAP;
}

/* How many of the kinds of things an object keeps apart that a unit of work does, so that it knows
 * what is to be written (Fowler, Patterns of Enterprise Application Architecture). */
static unsigned kinds_of_changes(const hf_clues *c, uint32_t object)
{
    enum { KINDS = 4, NAMES = 4 };
    static const char *const names[KINDS][NAMES] = {
        {"new", "_new"},
        {"dirty", "_dirty"},
        {"deleted", "_deleted", "removed", "_removed"},
        {"clean", "_clean"},
    };
    unsigned kinds = 0;
    for (size_t k = 0; k < KINDS; k++) {
        bool found = false;
        for (size_t n = 0; n < NAMES && names[k][n] && !found; n++)
            found = has_collection(c, object, names[k][n]);
        kinds += found;
    }
    return kinds;
}

/* What a program has written for itself: its parts, or what the whole is called, in full. */
static bool is_unit_of_work(const hf_clues *c)
{
    enum { ENOUGH = 3 }; /* an inbox has what is new and what was deleted, and is none */
    static const char *const classes[] = {"UnitOfWork", "IdentityMap", NULL};
    static const char *const maps[] = {"identity_map", "_identity_map", NULL};
    if (hf_clues_species(c, c->holder) != HF_SPECIES_INSTANCE)
        return false;
    const char *title = hf_graph_type_name(c->graph, c->holder);
    const char *dot = strrchr(title, '.');
    return is_one_of(dot ? dot + 1 : title, classes) || is_one_of(c->name, maps) ||
           kinds_of_changes(c, c->holder) >= (is_keyed_by_identity(c) ? 1 : ENOUGH);
}

static double orm_session(const hf_clues *c)
{
    if (hf_clues_on_path(c, HF_SPECIES_ORM, 4) != HF_NO_OBJECT)
        return 0.96;
    uint64_t calls = c->direct_of[HF_SPECIES_FUNCTION] + c->direct_of[HF_SPECIES_METHOD] +
                     c->direct_of[HF_SPECIES_PARTIAL];
    /* Texts are no objects of a program, and what is to be called at a rollback is something
     * else. */
    bool objects = c->direct_of[HF_SPECIES_INSTANCE] && calls * 2 < c->direct;
    return objects && is_unit_of_work(c) ? 0.9 : 0;
}

/* What a program has written for itself has no expunge_all(). */
static double own_session(const hf_clues *c)
{
    double fit = orm_session(c);
    bool own = hf_clues_on_path(c, HF_SPECIES_ORM, 4) == HF_NO_OBJECT;
    return fit > 0 && own ? fit + 0.005 : 0;
}

static double debug_aids(const hf_clues *c)
{
    if (hf_clues_on_path(c, HF_SPECIES_PROFILER, 3) != HF_NO_OBJECT)
        return 0.95;
    if (strstr(c->path_text, "gc.garbage")) /* fills only with DEBUG_SAVEALL since 3.4 (PEP 442) */
        return 0.95;
    if (hf_clues_say(c, "queries_log")) /* of a connection of Django's with settings.DEBUG */
        return 0.95;
    return hf_clues_say(c, "query_log|debug|profiler|profiling|trace_log|tracing|"
                           "_recorded|instrument")
               ? 0.72
               : 0;
}

static double metric_labels(const hf_clues *c)
{
    if (c->owner_species != HF_SPECIES_DICT || c->added < 4)
        return 0;
    if (hf_clues_on_path(c, HF_SPECIES_METRIC, 3) != HF_NO_OBJECT)
        return 0.95;
    bool metric = hf_clues_say(c, "metric|histogram|gauge|counter|label|prometheus|stats|statistic|"
                                  "series|telemetry|measure");
    return metric && !hf_clues_keys_are_objects(c) ? 0.78 : 0;
}

static double sources_of_code(const hf_clues *c)
{
    return hf_clues_say(c, "linecache") ? 0.95 : 0;
}

/* Lib/warnings.py, warn_explicit(): (text, category, line) of each warning that was shown. */
static double warnings_shown(const hf_clues *c)
{
    return strcmp(c->name, "__warningregistry__") == 0 ? 0.97 : 0;
}

/* IPython keeps what a cell returned as Out[n] and as the global _n, and what was typed as _ih
 * and _in (IPython/core/displayhook.py and history.py); _oh and _ih are its own names for them.
 * It has them in two dicts, that in which cells run and that of names which %who does not list,
 * and the text of each result in a third. */
static double results_of_cells(const hf_clues *c)
{
    if (c->owner_species != HF_SPECIES_DICT || c->owner != c->focus)
        return 0;
    bool notebook = hf_dict_entry(c->graph, c->owner, "_oh") != HF_NO_OBJECT &&
                    hf_dict_entry(c->graph, c->owner, "_ih") != HF_NO_OBJECT;
    return notebook || hf_clues_say(c, "output_hist_reprs") ? 0.97 : 0;
}

const hf_pattern hf_patterns_libraries[] = {
    {"mock-call-list", recorded_calls, "a mock records every call with its arguments",
     "Call reset_mock() between uses, or replace the mock in {path} by a plain stub."},
    {"orm-session", orm_session, "the session holds what was added or loaded",
     "Commit or roll back regularly, and call expunge_all() or use one session a unit of work."},
    {"orm-session", own_session, "the session holds what was added or loaded",
     "Clear {path}{twins} when the unit of work ends (commit or roll back), or make a new {holder} "
     "for "
     "each."},
    {"parser-tree-retention", nodes_without_parents, "a node keeps all that is below it",
     "Take what you need out of the nodes of {path}, as plain values, and drop the nodes; call "
     "clear() on elements that are done (xml.etree)."},
    {"unbounded-cache", memo_of_nodes,
     "a mapping without limit or expiry whose keys keep the trees",
     "Keep what was worked out in {path} no longer than its tree: in an attribute of the node, or "
     "in a mapping that is made anew for each tree; or give it a limit."},
    {"parser-tree-retention", nodes_of_own_trees,
     "each {member} leads to its parent, and by that keeps its whole tree",
     "Keep in {path} what you need of each {member}, as plain values, and drop the {member}: a "
     "limit would only bound how many trees are kept for it."},
    {"parser-tree-retention", tree_nodes, "one node keeps its whole document alive",
     "Take out the text that you need, as a plain str, and drop the nodes; call clear() on handled "
     "elements, "
     "unlink() on documents."},
    {"result-retention", results_of_cells,
     "IPython keeps the result of each cell as Out[n] and _n, the last 1,000 by default",
     "End cells whose result you do not need with a semicolon or an assignment; %reset -f out lets "
     "the kept ones "
     "go, and the setting InteractiveShell.cache_size bounds them."},
    {"serializer-memo", memo, "the memo keeps every object that was written",
     "Call clear_memo() after each message, or make a new pickler for it; who reads them must then "
     "make a new unpickler for each, too."},
    {"serializer-memo", memo_of_reader,
     "the memo keeps every object that was read, since a later message might refer to it",
     "Read each message with a new unpickler; who writes them must then make a new pickler for "
     "each, too, or call its clear_memo()."},
    {"serializer-memo", memo_of_copies,
     "the memo of copy.deepcopy() keeps every copy and its original",
     "Call copy.deepcopy() without a memo, or with a new dict each time."},
    {"debug-instrumentation", debug_aids, "a diagnostic aid that is left on",
     "Switch it off in production, or empty {path} regularly."},
    {"registry-growth", warnings_shown, "each different text of a warning is noted once a module",
     "Give that warning one text, without ids and values, or ignore it: "
     "warnings.filterwarnings(\"ignore\", ...)."},
    {"label-cardinality", metric_labels, "one child for each combination of label values",
     "Do not use ids, paths or other unlimited values as labels of {path}."},
    {"module-churn", sources_of_code, "source text of generated code",
     "Delete the entry of linecache.cache when the generated code is dropped, or reuse one file "
     "name."},
    {NULL}};
