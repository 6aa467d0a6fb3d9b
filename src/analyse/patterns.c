#include "analyse/patterns.h"

#include "analyse/bulk.h"
#include "analyse/called_back.h"
#include "analyse/code_uses.h"
#include "analyse/error_cycles.h"
#include "analyse/library_owner.h"

#include "analyse/shape.h"
#include "base/cleanup.h"

#include <string.h>

static const hf_pattern *const families[] = {
    hf_patterns_libraries,   hf_patterns_lifetimes, hf_patterns_errors,     hf_patterns_calls,
    hf_patterns_concurrency, hf_patterns_code,      hf_patterns_containers,
};

const hf_pattern *hf_pattern_best(const hf_clues *c, double *ret_fit)
{
    static const hf_pattern last_resort = {
        "collection-growth", NULL, NULL,
        "Find who adds to {path} and drop what is no longer needed, or give it a limit."};
    const hf_pattern *best = &last_resort;
    double fit = 0.1;
    for (size_t f = 0; f < sizeof(families) / sizeof(*families); f++) {
        for (const hf_pattern *p = families[f]; p->word; p++) {
            double this_fit = p->match(c);
            if (this_fit > fit) {
                fit = this_fit;
                best = p;
            }
        }
    }
    *ret_fit = fit;
    return best;
}

static const char *type_or(const hf_clues *c, uint32_t type, const char *otherwise)
{
    return type == UINT32_MAX ? otherwise : hf_graph_type_title(c->graph, type);
}

/* How a task leaves its holder, as a callback. */
static const char *forget(hf_clues *c)
{
    switch (c->owner_species) {
    case HF_SPECIES_DICT:
        return "lambda done: {name}.pop(key, None)";
    case HF_SPECIES_LIST:
    case HF_SPECIES_DEQUE:
        return "{name}.remove";
    default:
        return "{name}.discard";
    }
}

/* What holds its members, or its keys, no longer than others do. */
static const char *weak(hf_clues *c)
{
    if (c->owner_species != HF_SPECIES_DICT)
        return "weakref.WeakSet";
    bool by_key = c->key_type != UINT32_MAX && c->species[c->key_type] == HF_SPECIES_WEAKREF;
    return by_key ? "weakref.WeakKeyDictionary" : "weakref.WeakValueDictionary";
}

/* How a buffer of this kind becomes shorter: a rest that is not read yet must stay, and positions
 * in it move. */
static const char *shorten(hf_clues *c)
{
    const char *type = hf_graph_type_name(c->graph, c->owner);
    if (strcmp(type, "bytearray") == 0 || strcmp(type, "array.array") == 0)
        return "Delete what has been used from {path}, and no unread rest (del {name}[:used], and "
               "set positions in it back by as much), or write to a file.";
    return "Empty {path} when all of it has been used (seek(0); truncate()), or write to a file.";
}

/* Whether it is a list that heapq keeps in order (Lib/heapq.py), as far as the code tells
 * that adds to it. */
static bool is_heap(hf_clues *c)
{
    uint32_t adder = c->owner_species == HF_SPECIES_LIST ? hf_code_adder(c) : HF_NO_OBJECT;
    return adder != HF_NO_OBJECT && hf_code_names(c->graph, adder, "heappush") &&
           !hf_code_names(c->graph, adder, "append") && !hf_code_names(c->graph, adder, "extend");
}

/* Why what is appended stays. */
static const char *kept(hf_clues *c)
{
    return is_heap(c) ? "an entry leaves a heap only from its front"
                      : "appended to and never pruned";
}

/* How a list is made shorter. */
static const char *prune(hf_clues *c)
{
    return is_heap(c) ? "Take what was cancelled or is done out of {path} and heapify() the rest, "
                        "at the latest when that is half of it; a heap must not be cut short."
                      : "Prune {path}: collections.deque(maxlen=...) keeps the last ones, deleting "
                        "[:-n] does it in place; what is still needed of the older ones goes to a "
                        "file or a database first.";
}

/* Whether it is a variable of a function that runs: of a call, a coroutine or a generator. */
static bool is_local(const hf_clues *c)
{
    const hf_path *p = &c->path;
    if (p->count == 1)
        return p->root != UINT32_MAX && c->graph->roots[p->root].kind == HF_ROOT_LOCAL;
    uint64_t edge = p->count ? p->steps[p->count - 1].edge : UINT64_MAX;
    return edge != UINT64_MAX && hf_graph_kind(c->graph, edge) == HF_EDGE_LOCAL;
}

/* How a dict keeps fewer entries. */
static const char *limit(hf_clues *c)
{
    if (c->twin)
        return "Delete an entry of {path} when it is no longer needed, and at the same time that "
               "of {twin}: with a limit of its own (LRUCache, TTLCache) one would still have what "
               "the other has let go of.";
    if (hf_class_is_of_library(c, c->owner))
        return "Ask {path} for fewer different entries, or delete them when they are no longer "
               "needed: it is a {kind}, and no cache with a limit can take its place.";
    if (is_local(c))
        return "Delete entries of {path} when the function that has it no longer needs them. "
               "Where it only says what has been seen before, keep what can still come again, by "
               "age or by number: what is forgotten too early counts as new.";
    return "Give {path} a limit (functools.lru_cache, cachetools.LRUCache or TTLCache), or delete "
           "entries when they are no longer needed.";
}

/* How what is put in is held back: only some queues can do so by themselves. */
static const char *bounded(hf_clues *c)
{
    uint32_t queue = hf_clues_on_path(c, HF_SPECIES_QUEUE, 2);
    const char *type = queue == HF_NO_OBJECT ? "" : hf_graph_type_name(c->graph, queue);
    if (strcmp(type, "_queue.SimpleQueue") == 0)
        return "use a queue.Queue(maxsize=...), since a SimpleQueue has no limit, so that "
               "producers wait.";
    if (is_heap(c))
        return "give each entry an end (a number of attempts, an age): a heap has no limit of its "
               "own, and who waits with a retry holds up what is new.";
    if (queue == HF_NO_OBJECT)
        return "let producers wait, or refuse, when it is long: a {kind} has no such limit, as a "
               "queue.Queue(maxsize=...) has. Where nobody takes from it, drop what is done.";
    return "give the queue a maxsize so that producers wait.";
}

static const char *kind(hf_clues *c)
{
    return hf_graph_type_name(c->graph, c->owner);
}

/* What else has to go with it. */
static const char *twins(hf_clues *c)
{
    return c->twin ? " and {twin}" : "";
}

/* Whether it is written with two underscores in its class, "_TTLCache__links":
 * nobody else can change it. */
static bool is_mangled(const char *name)
{
    if (name[0] != '_' || name[1] == '_' || name[1] == '\0')
        return false;
    const char *inner = strstr(name + 1, "__");
    return inner && inner[2] != '\0' && inner[2] != '_';
}

const char *hf_path_from_its_name(const hf_graph *g, const hf_path *p, const char *path)
{
    const char held_by_c[] = HF_PATH_HELD_BY_C ": ";
    if (p->held_by_c && strncmp(path, held_by_c, sizeof(held_by_c) - 1) == 0)
        return path + sizeof(held_by_c) - 1;
    if (p->root == UINT32_MAX)
        return path;
    const hf_root *root = &g->roots[p->root];
    const char *name = hf_strtab_get(&g->names, root->name);
    const char *kind = root->kind == HF_ROOT_MODULE  ? "module "
                       : root->kind == HF_ROOT_LOCAL ? "local "
                                                     : NULL;
    size_t before = kind ? strlen(kind) : 0, length = strlen(name);
    if (!kind || strncmp(path, kind, before) != 0 || strncmp(path + before, name, length) != 0)
        return path; /* of another interpreter; of a value without a name */
    if (root->kind == HF_ROOT_MODULE)
        return path + before;
    if (p->count == 1)
        return name;
    for (const char *at = strstr(path + before, ": "); at; at = strstr(at + 1, ": "))
        if (strncmp(at + 2, name, length) == 0 && strchr(".[", at[2 + length]))
            return at + 2; /* and no thread of a name that begins so */
    return path;
}

/* Whether it is the table of lru_cache(), which a program calls by its function. */
static bool is_table_of_calls(const hf_clues *c)
{
    return c->path.count > 1 && strcmp(c->name, "cache") == 0 &&
           hf_clues_above(c, 1) == HF_SPECIES_LRU;
}

/* The path of what people can do something about: what has the container, where that is
 * private to it, and no dict of an object's names. */
static void say_path(const hf_clues *c, hf_buf *out)
{
    const char *text = hf_path_from_its_name(c->graph, &c->path, c->path_text);
    size_t path = strlen(text), name = strlen(c->name);
    bool cut = (is_mangled(c->name) || is_table_of_calls(c)) && path > name + 1 &&
               text[path - name - 1] == '.' && strcmp(text + path - name, c->name) == 0;
    static const char names[] = ".__dict__";
    const size_t end = sizeof(names) - 1;
    if (path > end && strcmp(text + path - end, names) == 0)
        path -= end;
    hf_buf_add(out, text, cut ? path - name - 1 : path);
}

#define WITHOUT_TRACEBACK                                                                 \
    "Keep the text of each error in {path} (traceback.format_exc(), str(error)), or the " \
    "error without its traceback: error.with_traceback(None), when it has been logged "   \
    "and nobody is to raise it again."

/* Of an entry of a dict which is wrapped again and again the key as well: "handlers['open']". */
static void say_wrapped(const hf_clues *c, hf_buf *out)
{
    hf_graph *g = c->graph;
    uint64_t best = HF_NO_EDGE;
    say_path(c, out);
    if (c->owner_species != HF_SPECIES_DICT || c->focus != c->owner)
        return;
    for (uint64_t e = g->edge_start[c->owner]; e < g->edge_start[c->owner + 1]; e++)
        if (hf_graph_kind(g, e) == HF_EDGE_VALUE && hf_clues_owns(c, g->edge_target[e]) &&
            (best == HF_NO_EDGE || c->dominators->retained[g->edge_target[e]] >
                                       c->dominators->retained[g->edge_target[best]]))
            best = e;
    HF_AUTO(hf_buf_deinit) hf_buf key = {0};
    if (best != HF_NO_EDGE && hf_graph_key(g, best) != HF_NO_OBJECT &&
        hf_path_key(g, hf_graph_key(g, best), &key))
        hf_buf_format(out, "[%s]", hf_buf_string(&key));
}

/* The path to the root of the tree of which the owner's holder is a node. */
static void say_tree(const hf_clues *c, hf_buf *out)
{
    if (c->row->trees) { /* told by its root */
        say_path(c, out);
        return;
    }
    HF_AUTO(hf_buf_deinit) hf_buf text = {0};
    hf_path part = c->path;
    part.any_from = 0;
    size_t root = hf_clues_tree_root(c);
    part.count = (root ? root : hf_clues_nodes_from(c)) + 1;
    hf_err *err = hf_path_text(c->graph, &part, &text);
    if (!err)
        hf_buf_text(out, hf_path_from_its_name(c->graph, &part, hf_buf_string(&text)));
    else
        say_path(c, out);
    hf_err_free(err);
}

static bool place(hf_clues *c, const char *start, size_t length, hf_buf *out)
{
    const struct {
        const char *place, *text;
    } places[] = {
        {"name", c->name[0] ? c->name : c->path_text},
        {"holder", hf_graph_type_name(c->graph, c->holder)},
        {"member", type_or(c, c->member_type, "object")},
        {"key", type_or(c, c->key_type, "key")},
        {"closer", hf_clues_closer(c)},
        {"twin", c->twin},
    };
    const struct {
        const char *place;
        const char *(*say)(hf_clues *c);
    } sentences[] = {{"forget", forget}, {"shorten", shorten}, {"kept", kept},
                     {"prune", prune},   {"weak", weak},       {"limit", limit},
                     {"twins", twins},   {"bounded", bounded}, {"kind", kind}};
    for (size_t k = 0; k < sizeof(sentences) / sizeof(*sentences); k++) {
        if (length == strlen(sentences[k].place) && !memcmp(sentences[k].place, start, length)) {
            hf_pattern_say(c, sentences[k].say(c), out);
            return true;
        }
    }
    if (length == strlen("untrace") && memcmp("untrace", start, length) == 0) {
        if (!hf_error_cycles_say_fix(c->graph, c->born, c->row->count, out))
            hf_pattern_say(c, WITHOUT_TRACEBACK, out);
        return true;
    }
    const struct {
        const char *place;
        void (*say)(const hf_clues *c, hf_buf *out);
    } paths[] = {
        {"path", say_path},        {"wrapped", say_wrapped},       {"tree", say_tree},
        {"back", hf_say_way_back}, {"lost", hf_say_lost_argument}, {"names", hf_say_names}};
    for (size_t k = 0; k < sizeof(paths) / sizeof(*paths); k++) {
        if (length == strlen(paths[k].place) && !memcmp(paths[k].place, start, length)) {
            paths[k].say(c, out);
            return true;
        }
    }
    for (size_t k = 0; k < sizeof(places) / sizeof(*places); k++) {
        if (places[k].text && strlen(places[k].place) == length &&
            memcmp(places[k].place, start, length) == 0) {
            hf_buf_text(out, places[k].text);
            return true;
        }
    }
    return false;
}

void hf_pattern_say(hf_clues *c, const char *sentence, hf_buf *out)
{
    while (*sentence) {
        const char *end = *sentence == '{' ? strchr(sentence, '}') : NULL;
        if (end && place(c, sentence + 1, (size_t)(end - sentence - 1), out))
            sentence = end + 1;
        else
            hf_buf_char(out, *sentence++);
    }
}

/* What a library keeps for itself: to cut or to empty it breaks what relies on it. */
static void say_fix_of_library(hf_clues *c, const hf_keeper *keeper, hf_buf *out)
{
    HF_AUTO(hf_buf_deinit) hf_buf ways = {0};
    hf_pattern_say(c, "{path} belongs to ", out);
    hf_say_keeper(c, keeper, out);
    if (hf_say_ways_out(c, keeper, &ways))
        hf_buf_format(
            out,
            ": call what that has for it (%s) when the work is done, and do not change it "
            "from outside.",
            hf_buf_string(&ways));
    else
        hf_buf_text(out, ": find what the program asks of that again and again, and in its "
                         "documentation how that is undone; do not change it from outside.");
}

/* Callbacks that lie in the data of a binary, each for itself: nothing but its own code can take
 * them from there. */
static bool say_fix_of_static(const hf_clues *c, const hf_pattern *pattern, hf_buf *out)
{
    const hf_root *root = c->root < c->graph->root_count ? &c->graph->roots[c->root] : NULL;
    if (!root || root->kind != HF_ROOT_C_STATIC || c->path.count != 1 ||
        strcmp(pattern->word, "listener-accumulation") != 0)
        return false;
    hf_say_taking_back(hf_strtab_get(&c->graph->names, root->name), true, out);
    return true;
}

/* A collection that is a member of a struct of C, for which Python has no name. */
static bool say_fix_of_c(hf_clues *c, const hf_pattern *pattern, hf_buf *out)
{
    const hf_path *p = &c->path;
    const hf_graph *g = c->graph;
    uint64_t edge = p->count > 1 ? p->steps[p->count - 1].edge : UINT64_MAX;
    if (edge == UINT64_MAX || c->focus != c->owner || !hf_species_is_collection(c->owner_species) ||
        (hf_graph_kind(g, edge) != HF_EDGE_OFFSET && hf_graph_kind(g, edge) != HF_EDGE_TOLD) ||
        (!pattern->for_owner && !strstr(pattern->fix, "{path}")))
        return false;
    hf_pattern_say(c, "No Python code reaches {path}", out);
    hf_buf_format(out,
                  ", a part of the %s, which is written in C: make a new one in its place now and "
                  "then, or find what the program asks of it again and again, and do without.",
                  hf_graph_type_title(g, g->type[p->steps[p->count - 2].object]));
    return true;
}

void hf_pattern_say_fix(hf_clues *c, const hf_pattern *pattern, hf_buf *out)
{
    if (say_fix_of_static(c, pattern, out) || say_fix_of_c(c, pattern, out))
        return;
    hf_keeper keeper = hf_library_keeper(c);
    if (pattern->for_owner && keeper.object != HF_NO_OBJECT) {
        say_fix_of_library(c, &keeper, out);
        return;
    }
    hf_pattern_say(c, pattern->fix, out);
    if (pattern->for_owner)
        hf_say_bulk(c, out);
    /* Such a pattern knows what the program has to do, but not whose the collection is. */
    if (keeper.private) {
        hf_pattern_say(c, " {path} belongs to ", out);
        hf_say_keeper(c, &keeper, out);
        hf_buf_text(out, ": do not change it from outside.");
    }
}
