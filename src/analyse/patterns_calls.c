/* Functions, callbacks and caches of calls. */
#include "analyse/attributes.h"
#include "analyse/code_uses.h"
#include "analyse/patterns.h"
#include "base/cleanup.h"

#include <string.h>

static uint32_t lru_wrapper(const hf_clues *c)
{
    if (c->owner_species == HF_SPECIES_LRU)
        return c->owner;
    return hf_clues_on_path(c, HF_SPECIES_LRU, 1);
}

/* The qualified name of the function behind an lru_cache: `Report.section`. */
static const char *wrapped_name(const hf_clues *c, uint32_t wrapper, char *name, size_t size)
{
    hf_graph *g = c->graph;
    name[0] = '\0';
    for (uint64_t e = g->edge_start[wrapper]; e < g->edge_start[wrapper + 1]; e++) {
        if (hf_clues_species(c, g->edge_target[e]) != HF_SPECIES_FUNCTION)
            continue;
        size_t length = 0;
        const char *text = hf_graph_value(g, g->edge_target[e], &length);
        if (!text)
            continue;
        length = strcspn(text, " (") < length ? strcspn(text, " (") : length;
        length = length < size - 1 ? length : size - 1;
        memcpy(name, text, length);
        name[length] = '\0';
        return name;
    }
    return name;
}

static bool is_method_name(const char *qualname)
{
    const char *dot = strrchr(qualname, '.');
    return dot && !(dot - qualname >= 8 && memcmp(dot - 8, "<locals>", 8) == 0);
}

static double method_lru_cache(const hf_clues *c)
{
    char name[200];
    uint32_t wrapper = lru_wrapper(c);
    if (wrapper == HF_NO_OBJECT || !is_method_name(wrapped_name(c, wrapper, name, sizeof(name))))
        return 0;
    return c->objects_of[HF_SPECIES_INSTANCE] ? 0.97 : 0.9;
}

static double lru_cache(const hf_clues *c)
{
    return lru_wrapper(c) != HF_NO_OBJECT ? 0.85 : 0;
}

/* The function behind the cache is no code of the program, which cannot give it a maxsize. */
static double lru_cache_of_library(const hf_clues *c)
{
    uint32_t wrapper = lru_wrapper(c);
    uint32_t function =
        wrapper == HF_NO_OBJECT ? wrapper : hf_object_field(c->graph, wrapper, "__wrapped__");
    uint32_t code =
        function == HF_NO_OBJECT ? function : hf_object_field(c->graph, function, "__code__");
    bool installed = code != HF_NO_OBJECT && hf_code_is_installed(c->graph, code);
    return installed ? lru_cache(c) + 0.004 : 0;
}

/* Whether an argument equals nothing but itself, and nobody has it but the cache: no call can hand
 * it in again. */
static bool is_lost(const hf_clues *c, uint32_t cache, uint32_t argument)
{
    enum { STEPS = 4 }; /* its key, the link of that, the dict */
    const hf_dominators *d = c->dominators;
    if (hf_clues_species(c, argument) != HF_SPECIES_INSTANCE ||
        !hf_clues_is_by_identity(c, c->graph->type[argument]))
        return false;
    uint32_t up = d->parent[argument];
    for (int k = 0; k < STEPS && up < d->count && up != cache; k++)
        up = d->parent[up];
    return up == cache;
}

/* The argument of a call that is lost; HF_NO_OBJECT. A key is the tuple of all arguments
 * (Modules/_functoolsmodule.c, lru_cache_make_key). */
static uint32_t lost_of(const hf_clues *c, uint32_t cache, uint32_t key)
{
    enum { ARGUMENTS = 8 };
    const hf_graph *g = c->graph;
    uint64_t e = g->edge_start[key], end = g->edge_start[key + 1];
    end = end - e < ARGUMENTS ? end : e + ARGUMENTS;
    for (; hf_clues_species(c, key) == HF_SPECIES_TUPLE && e < end; e++)
        if (is_lost(c, cache, g->edge_target[e]))
            return g->edge_target[e];
    return HF_NO_OBJECT;
}

/* One of the arguments that are lost, where nearly all of the newest keys have one. */
static uint32_t lost_argument(const hf_clues *c)
{
    enum { ASKED = 64, FEWEST = 8 };
    const hf_graph *g = c->graph;
    uint32_t wrapper = lru_wrapper(c), found = HF_NO_OBJECT;
    uint32_t cache = wrapper == HF_NO_OBJECT ? wrapper : hf_object_field(g, wrapper, "cache");
    if (cache == HF_NO_OBJECT)
        return HF_NO_OBJECT;
    unsigned asked = 0, lost = 0;
    for (uint64_t e = g->edge_start[cache + 1]; e-- > g->edge_start[cache] && asked < ASKED;) {
        if (hf_graph_kind(g, e) != HF_EDGE_KEY)
            continue;
        uint32_t argument = lost_of(c, cache, g->edge_target[e]);
        asked++;
        lost += argument != HF_NO_OBJECT;
        found = argument != HF_NO_OBJECT ? argument : found;
    }
    return asked >= FEWEST && lost * 4 >= asked * 3 ? found : HF_NO_OBJECT;
}

void hf_say_lost_argument(const hf_clues *c, hf_buf *out)
{
    uint32_t lost = lost_argument(c);
    hf_buf_text(out, lost == HF_NO_OBJECT ? "object" : hf_graph_type_name(c->graph, lost));
}

static double lru_cache_without_hits(const hf_clues *c)
{
    return lost_argument(c) != HF_NO_OBJECT ? lru_cache(c) + 0.008 : 0;
}

static uint64_t callables(const hf_clues *c)
{
    return c->direct_of[HF_SPECIES_METHOD] + c->direct_of[HF_SPECIES_FUNCTION] +
           c->direct_of[HF_SPECIES_PARTIAL];
}

static bool says_listener(const hf_clues *c)
{
    return hf_clues_say(c, "handler|listener|callback|hook|observer|subscri|signal|receiver|atexit|"
                           "slots|watcher|notif|on_|at_fork|forkers|middleware|plugin|"
                           "dispatch");
}

/* Whether what came are bound methods themselves, and nothing beside them keeps their objects. */
static bool are_bound_methods(const hf_clues *c)
{
    return c->member_type != UINT32_MAX &&
           strcmp(hf_graph_type_title(c->graph, c->member_type), "method") == 0;
}

static bool has_word(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcasestr(text, *words))
            return true;
    return false;
}

/* Those who are told are often objects with a method for it, and no functions: the list's own name
 * or that of their class says so. */
static double listening_objects(const hf_clues *c)
{
    static const char *const names[] = {"handlers", "hooks", NULL};
    static const char *const words[] = {"listener", "observer", "subscriber", "receiver",
                                        "watcher",  "callback", NULL};
    bool plain = c->owner_species == HF_SPECIES_LIST || c->owner_species == HF_SPECIES_SET ||
                 c->owner_species == HF_SPECIES_DEQUE;
    bool by_id = c->owner_species == HF_SPECIES_DICT; /* whose classes say too little */
    if ((!plain && !by_id) || c->member_type == UINT32_MAX ||
        (c->direct_of[HF_SPECIES_INSTANCE] + c->direct_of[HF_SPECIES_QUEUE]) * 2 < c->direct)
        return 0;
    const char *title = hf_graph_type_title(c->graph, c->member_type);
    const char *dot = strrchr(title, '.');
    bool told = has_word(c->name, names) || has_word(c->name, words) ||
                (plain && has_word(dot ? dot : title, words));
    return told ? by_id ? 0.61 : 0.6 : 0; /* more than any registry */
}

/* Functions that wait in tuples or objects of a library, which hold them with their
 * arguments or weakly. */
static double wrapped_listeners(const hf_clues *c)
{
    static const char *const words[] = {"callback", "listener", "observer", "subscriber",
                                        "receiver", "handler",  "hook",     NULL};
    uint64_t functions = c->objects_of[HF_SPECIES_METHOD] + c->objects_of[HF_SPECIES_FUNCTION] +
                         c->objects_of[HF_SPECIES_PARTIAL];
    bool one_each = c->has_length && c->added >= 4 && (double)functions >= c->added / 2;
    bool named = has_word(c->name, words) || hf_clues_say(c, "callback|listener|subscri|receiver");
    return one_each && named ? 0.67 : 0; /* more than a registry or a cache */
}

/* Whether an object has a function as an attribute; `words`: one that is named by one of these. */
static bool has_function(const hf_clues *c, uint32_t object, const char *const *words)
{
    hf_graph *g = c->graph;
    for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++) {
        hf_species species = hf_clues_species(c, g->edge_target[e]);
        HF_AUTO(hf_buf_deinit) hf_buf name = {0};
        bool function = species == HF_SPECIES_METHOD || species == HF_SPECIES_FUNCTION ||
                        species == HF_SPECIES_PARTIAL;
        if (function && (!words || (hf_clues_edge_name(g, object, e, &name) &&
                                    has_word(hf_buf_string(&name), words))))
            return true;
    }
    return false;
}

/* Functions by a name, each in an object that is called in their place or says by a name that they
 * are called back: in a dict, whose entries stand for who registered them. What is done once, or is
 * to be undone, waits in lists. */
static double table_of_callbacks(const hf_clues *c)
{
    enum { ASKED = 64 };
    static const char *const words[] = {"callback", "listener", "observer", "subscriber",
                                        "receiver", "handler",  "hook",     NULL};
    hf_graph *g = c->graph;
    if (c->owner_species != HF_SPECIES_DICT || c->member_type == UINT32_MAX ||
        c->species[c->member_type] != HF_SPECIES_INSTANCE)
        return 0;
    const char *const *named = hf_type_has(g, c->member_type, "__call__") ? NULL : words;
    unsigned asked = 0, found = 0;
    for (uint64_t e = g->edge_start[c->owner]; e < g->edge_start[c->owner + 1] && asked < ASKED;
         e++) {
        uint32_t member = g->edge_target[e], dict = hf_attribute_dict(g, member);
        if (hf_graph_kind(g, e) != HF_EDGE_VALUE || hf_timeline_is_old(c->timeline, member))
            continue;
        asked++;
        found += g->type[member] == c->member_type &&
                 (has_function(c, member, named) ||
                  (dict != HF_NO_OBJECT && has_function(c, dict, named)));
    }
    return asked && found * 4 >= asked * 3 ? 0.63 : 0; /* more than a registry */
}

static double listeners(const hf_clues *c)
{
    double share = c->direct ? (double)callables(c) / (double)c->direct : 0;
    if (share < 0.5)
        return share > 0.2 && says_listener(c) ? 0.6 : 0;
    if (says_listener(c))
        return 0.92;
    return c->direct_of[HF_SPECIES_METHOD] * 2 > callables(c) ? 0.8 : 0.62;
}

static double bound_listeners(const hf_clues *c)
{
    double fit = listeners(c);
    return fit > 0 && are_bound_methods(c) ? fit + 0.005 : 0;
}

/* What is to be called when a future is done, each with the context of who added it
 * (Lib/asyncio/futures.py): where those who wait for it are what weighs, they are told as tasks. */
static double callbacks_of_future(const hf_clues *c)
{
    hf_species above = hf_clues_above(c, 1);
    bool future = above == HF_SPECIES_FUTURE || above == HF_SPECIES_TASK;
    bool waited_for = c->objects_of[HF_SPECIES_TASK] * 2 >= c->direct;
    return future && strcmp(c->name, "_callbacks") == 0 && !waited_for ? 0.945 : 0;
}

/* OpenerDirector keeps its handlers by what they do as well, in lists of dicts
 * (Lib/urllib/request.py). */
static double opener_handlers(const hf_clues *c)
{
    static const char *const words[] = {"handlers",        "handle_open",      "handle_error",
                                        "process_request", "process_response", NULL};
    return c->owner_species == HF_SPECIES_LIST && hf_clues_say(c, "openerdirector") &&
                   has_word(c->path_text, words)
               ? 0.92
               : 0;
}

/* A list of log handlers: each record is given to all of them. */
static double log_handlers(const hf_clues *c)
{
    bool handlers = c->owner_species == HF_SPECIES_LIST && hf_clues_say(c, "handler");
    return handlers && hf_clues_member_share(c, HF_SPECIES_LOGGER) > 0.5 ? 0.92 : 0;
}

/* atexit and os.register_at_fork keep their lists in C; from Python only the root tells. */
static double functions_at(const hf_clues *c, const char *words)
{
    return hf_clues_say(c, words) && c->objects_of[HF_SPECIES_METHOD] +
                                         c->objects_of[HF_SPECIES_FUNCTION] +
                                         c->objects_of[HF_SPECIES_PARTIAL]
               ? 0.93
               : 0;
}

static double exit_functions(const hf_clues *c)
{
    return functions_at(c, "atexit");
}

static double fork_functions(const hf_clues *c)
{
    return functions_at(c, "at_fork|forkers");
}

/* An exit stack is emptied as a whole, and only when it is closed. */
static double exit_stack(const hf_clues *c)
{
    return hf_clues_say(c, "_exit_callbacks") ? 0.94 : 0;
}

/* The interpreter asks each function in turn, and forgets none by itself. */
static double codec_searches(const hf_clues *c)
{
    return hf_clues_say(c, "codec_search_path") ? 0.94 : 0;
}

static double closures(const hf_clues *c)
{
    uint64_t functions = c->direct_of[HF_SPECIES_FUNCTION] + c->direct_of[HF_SPECIES_PARTIAL];
    if (c->direct == 0 || functions * 2 < c->direct)
        return 0;
    uint64_t captured = c->objects_of[HF_SPECIES_CELL] + c->direct_of[HF_SPECIES_PARTIAL];
    return captured * 2 >= functions ? 0.85 : 0;
}

/* Whether most are functions that ctypes has made for C code, which has no reference to them: it
 * calls into memory that is gone with the last one of Python's
 * (https://docs.python.org/3/library/ctypes.html#callback-functions). */
static bool are_thunks(const hf_clues *c)
{
    for (size_t k = 0; k < c->type_count; k++)
        if (strcmp(hf_graph_type_title(c->graph, c->types[k].type), "_ctypes.CThunkObject") == 0)
            return c->types[k].objects * 2 >= c->direct;
    return false;
}

static double listening_thunks(const hf_clues *c)
{
    double fit = listeners(c);
    return fit > 0 && are_thunks(c) ? fit + 0.006 : 0;
}

static double captured_by_thunks(const hf_clues *c)
{
    double fit = closures(c);
    return fit > 0 && are_thunks(c) ? fit + 0.005 : 0;
}

static double wrapper_chain(const hf_clues *c)
{
    return hf_clues_are_wrapped(c) ? 0.93 : 0; /* surer than a name like `hook` */
}

/* The same of instances that can be called, as middleware and proxies. */
static double wrapping_objects(const hf_clues *c)
{
    if (c->has_length && c->added > 4)
        return 0;
    return c->wrappers && c->wrapped * 4 >= c->wrappers * 3 ? 0.93 : 0;
}

static double mutable_default(const hf_clues *c)
{
    for (size_t k = c->path.count; k-- > 0 && k + 5 > c->path.count;) {
        uint64_t edge = c->path.steps[k].edge;
        if (edge == UINT64_MAX || hf_graph_kind(c->graph, edge) != HF_EDGE_FIELD)
            continue;
        const char *label = hf_strtab_get(&c->graph->names, c->graph->edge_label[edge]);
        if (strcmp(label, "__defaults__") == 0 || strcmp(label, "__kwdefaults__") == 0)
            return 0.98;
    }
    return 0;
}

#define LET_GO_OF_THUNKS                                                                        \
    "Take each out of {path} when no C code can call it any more, and never before: to call a " \
    "thunk that is gone crashes the process. What C code calls only until it returns, as "      \
    "qsort() does, needs no place but a local variable; of others take it out when C code was " \
    "told to forget it; or make one thunk, once, for all calls."

const hf_pattern hf_patterns_calls[] = {
    {"method-lru-cache", method_lru_cache,
     "the cache is on a method: each key holds the instance it was called on",
     "Cache per instance (functools.cached_property, a dict in the instance) or move the function "
     "out of the class, so that {path} no longer keeps every `self`; a maxsize bounds it at once."},
    {"unbounded-cache", lru_cache_without_hits,
     "each key has a {lost} that equals nothing but itself and that nobody else has: no call finds "
     "its entry again",
     "Hand one and the same {lost} to {path} each time, or give its class __eq__() and __hash__() "
     "by what it stands for, as a frozen dataclass has; a maxsize would only bound what is of no "
     "use."},
    {"unbounded-cache", lru_cache_of_library, "an lru_cache without a limit that matters",
     "Find what calls {path} with arguments that are new each time, and hand in what equals those "
     "before; where that cannot be, call its cache_clear() when they are done with."},
    {"unbounded-cache", lru_cache, "an lru_cache without a limit that matters",
     "Give {path} a maxsize that fits in memory, or clear it with cache_clear() when its inputs "
     "change."},
    {"mutable-default", mutable_default, "the default value of an argument is shared by all calls",
     "Use None as default and make the container inside the function."},
    {"wrapper-chain", wrapper_chain, "every function holds the one that it replaced",
     "Wrap {wrapped} once: keep the original aside and check before wrapping again."},
    {"wrapper-chain", wrapping_objects, "every wrapper holds the one that it was put around",
     "Wrap {wrapped} once: keep the original aside and check before wrapping again."},
    {"listener-accumulation", exit_functions, "registered to run at exit, which comes only once",
     "Unregister with atexit.unregister() when the object is done, or register one function that "
     "walks a WeakSet."},
    {"listener-accumulation", fork_functions,
     "registered to run at each fork, and nothing takes it back",
     "Call os.register_at_fork() once, where the program starts, with a function that walks a "
     "weakref.WeakSet of the objects that a fork concerns."},
    {"listener-accumulation", exit_stack, "callbacks of an exit stack that is not closed",
     "Use one contextlib.ExitStack() for each unit of work (with), or close this one now and then "
     "(pop_all().close())."},
    {"listener-accumulation", codec_searches, "codecs.register() is called again and again",
     "Register one search function when the program starts, or take it away by "
     "codecs.unregister()."},
    {"listener-accumulation", bound_listeners, "callables are added and none is taken away",
     "Remove the callable from {path} when its owner is closed, or keep it by weakref.WeakMethod.",
     true},
    {"listener-accumulation", listeners, "callables are added and none is taken away",
     "Remove the callable from {path} when its owner is closed or it has been called for the last "
     "time.",
     true},
    {"listener-accumulation", listening_thunks,
     "functions that ctypes made for C code are added and none is taken away", LET_GO_OF_THUNKS},
    {"listener-accumulation", wrapped_listeners, "callables are added and none is taken away",
     "Remove the callable from {path} when its owner is closed or it has been called.", true},
    {"listener-accumulation", table_of_callbacks,
     "objects that hold callables are added and none is taken away",
     "Delete the entry of {path} when whoever registered it is closed, or when it has been called "
     "for the last time. A limit by number or age would throw out what is still to be called: "
     "only where each can be made again when it is asked for, as in a cache, is one right.",
     true},
    {"listener-accumulation", listening_objects, "added to those who are told, and never removed",
     "Remove each {member} from {path} when it is done, or keep it in a {weak}.", true},
    {"listener-accumulation", log_handlers,
     "log handlers are added and none is taken away: each record goes to all of them",
     "Call addHandler() once, where the program starts, or removeHandler() and close() each "
     "handler "
     "of {path} when it is done."},
    {"listener-accumulation", callbacks_of_future,
     "callbacks are added to a future that does not end",
     "Take the callback away by remove_done_callback() when its owner is done, or wait for a "
     "future "
     "of each one's own."},
    {"listener-accumulation", opener_handlers, "handlers are added and none is taken away",
     "Call add_handler() once for each kind of handler, or build an opener for each use: an "
     "OpenerDirector asks all of {path} at each request."},
    {"closure-capture", closures, "each stored function holds the variables that it captured",
     "Store in {path} only what the function needs later (an id instead of the object), or drop "
     "entries when they are done."},
    {"closure-capture", captured_by_thunks,
     "each function that ctypes made for C code holds the variables that it captured",
     LET_GO_OF_THUNKS},
    {NULL}};
