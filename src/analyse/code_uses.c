#include "analyse/code_uses.h"

#include "analyse/attributes.h"
#include "analyse/methods.h"
#include "base/cleanup.h"
#include "base/library_path.h"
#include "base/map.h"

#include <ctype.h>
#include <string.h>

/* What the names that a piece of code uses say about it. */
typedef struct uses {
    bool holder, adds, removes, reads, member;
    size_t names;
    bool defines;  /* the body of a class, which stores its __qualname__ */
    bool calls;    /* a method of a library's class that may add */
    uint32_t next; /* the name that it uses first behind that of the holder; or HF_NO_OBJECT */
} uses;

static bool is_one_of(const char *text, size_t length, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == length && memcmp(text, *words, length) == 0)
            return true;
    return false;
}

/* Methods of libraries are called so: addHandler, register_dialect, put_nowait, enter_context. */
static bool begins_with_one_of(const char *text, size_t length, const char *const *words)
{
    for (; *words; words++) {
        size_t begin = strlen(*words);
        if (begin > length || memcmp(text, *words, begin) != 0)
            continue;
        if (begin == length || text[begin] == '_' || isupper((unsigned char)text[begin]))
            return true;
    }
    return false;
}

/* Code that people write uses some dozens; many pieces of a hostile one might share
 * a tuple of millions. */
static uint64_t end_of_names(const hf_graph *g, uint32_t names)
{
    enum { MOST = 4096 };
    uint64_t start = g->edge_start[names], end = g->edge_start[names + 1];
    return end - start < MOST ? end : start + MOST;
}

/* members: names of the classes and functions whose objects grow; ended by NULL. */
static uses uses_of(hf_graph *g, uint32_t code, const char *name, const char *const *members)
{
    static const char *const adders[] = {
        "append",     "add",      "setdefault", "extend",      "insert",
        "update",     "put",      "register",   "heappush",    "connect",
        "set_cookie", "callback", "writestr",   "create_task", "ensure_future",
        "submit",     "enter",    "subscribe",  "push",        "appendleft",
        "frombytes",  "write",    "writelines", "labels",      "run_in_executor",
        "call_soon",  "call_at",  "call_later", NULL};
    static const char *const removers[] = {"pop",     "popitem", "clear", "remove",
                                           "discard", "popleft", NULL};
    static const char *const readers[] = {"getvalue", "getbuffer", "read", "tobytes", NULL};
    uses u = {.next = HF_NO_OBJECT};
    uint32_t names = hf_object_field(g, code, "co_names");
    if (names == HF_NO_OBJECT)
        return u;
    for (uint64_t e = g->edge_start[names]; e < end_of_names(g, names); e++) {
        size_t length = 0;
        const char *text = hf_graph_value(g, g->edge_target[e], &length);
        if (!text || hf_graph_kind(g, e) != HF_EDGE_INDEX)
            continue;
        if (u.holder && u.next == HF_NO_OBJECT)
            u.next = g->edge_target[e];
        u.holder |= length == strlen(name) && memcmp(text, name, length) == 0;
        u.names++;
        u.adds |= begins_with_one_of(text, length, adders);
        u.removes |= is_one_of(text, length, removers);
        u.reads |= is_one_of(text, length, readers);
        u.member |= is_one_of(text, length, members);
        u.defines |= length == 12 && memcmp(text, "__qualname__", 12) == 0;
    }
    return u;
}

bool hf_code_names(hf_graph *g, uint32_t code, const char *name)
{
    uint32_t names = hf_object_field(g, code, "co_names");
    if (names == HF_NO_OBJECT)
        return false;
    for (uint64_t e = g->edge_start[names]; e < end_of_names(g, names); e++)
        if (hf_graph_kind(g, e) == HF_EDGE_INDEX && hf_object_says(g, g->edge_target[e], name))
            return true;
    return false;
}

static bool is_identifier(const char *text)
{
    return *text && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
                                 "0123456789") == strlen(text);
}

static bool is_users_file(hf_graph *g, uint32_t file)
{
    size_t length = 0;
    const char *path = hf_graph_value(g, file, &length);
    return path && length && path[0] != '<' && !hf_library_part(path, length);
}

/* What Cython compiled has code objects, too, for tracebacks, which name the source from
 * which it was built. */
bool hf_code_is_compiled(hf_graph *g, uint32_t code)
{
    static const char *const ends[] = {".pyx", ".pxd", ".pxi", "(tree fragment)", "stringsource"};
    uint32_t file = hf_object_field(g, code, "co_filename");
    size_t length = 0;
    const char *path = file == HF_NO_OBJECT ? NULL : hf_graph_value(g, file, &length);
    for (size_t k = 0; path && k < sizeof(ends) / sizeof(*ends); k++) {
        size_t end = strlen(ends[k]);
        if (length >= end && memcmp(path + length - end, ends[k], end) == 0)
            return true;
    }
    return false;
}

bool hf_code_is_installed(hf_graph *g, uint32_t code)
{
    uint32_t file = hf_object_field(g, code, "co_filename");
    size_t length = 0;
    const char *path = file == HF_NO_OBJECT ? NULL : hf_graph_value(g, file, &length);
    return path && hf_library_part(path, length);
}

bool hf_code_is_users(hf_graph *g, uint32_t code)
{
    uint32_t file = hf_object_field(g, code, "co_filename");
    return file != HF_NO_OBJECT && is_users_file(g, file);
}

enum { MEMBERS_NAMED = 3 };

/* Last parts of the names of the user's classes that grow most. */
static void name_members(const hf_clues *c, const char **names)
{
    size_t count = 0;
    for (size_t k = 0; k < c->type_count && count < MEMBERS_NAMED; k++) {
        if (c->species[c->types[k].type] != HF_SPECIES_INSTANCE)
            continue;
        const char *title = hf_graph_type_title(c->graph, c->types[k].type);
        const char *dot = strrchr(title, '.');
        names[count++] = dot ? dot + 1 : title;
    }
    names[count] = NULL;
}

/* What is asked of code. */
typedef struct wanted {
    const char *name;  /* that it uses; NULL: any */
    const char *class; /* whose attribute that is: its methods come first; NULL: not known */
    const char *const *members; /* see uses_of() */
    uint32_t of; /* row in types: of what the name leads to, whose methods are called; UINT32_MAX */
    bool users, must_add, must_make, in_function, no_maker;
    const hf_map *methods; /* hf_methods_by_class(); NULL: not known */
    const char *module;    /* in whose file it must be; NULL: any */
} wanted;

/* "shop.pricing" is in .../shop/pricing.py or .../shop/pricing/__init__.py. */
static bool is_file_of(hf_graph *g, uint32_t file, const char *module)
{
    size_t length = 0;
    const char *path = hf_graph_value(g, file, &length);
    if (!path)
        return false;
    static const char *const ends[] = {"/__init__.py", ".py"};
    for (size_t k = 0; k < 2; k++) {
        size_t end = strlen(ends[k]), name = strlen(module);
        if (length <= end + name || memcmp(path + length - end, ends[k], end) != 0)
            continue;
        const char *start = path + length - end - name;
        bool same = start[-1] == '/';
        for (size_t i = 0; same && i < name; i++)
            same = start[i] == (module[i] == '.' ? '/' : module[i]);
        if (same)
            return true;
    }
    return false;
}

/* Many pieces of code are of one file: `known` has the files that were looked at. */
static bool is_in_wanted_file(hf_graph *g, uint32_t code, const wanted *w, hf_map *known)
{
    enum { NO, YES };
    uint32_t file = hf_object_field(g, code, "co_filename");
    if (file == HF_NO_OBJECT)
        return !w->users && !w->module;
    uint32_t answer = hf_map_get(known, file);
    if (answer == HF_MAP_NONE) {
        bool fits =
            is_users_file(g, file) == w->users && (!w->module || is_file_of(g, file, w->module));
        answer = fits ? YES : NO;
        if (!hf_map_put(known, file, answer)) /* no memory: it is looked at again */
            return fits;
    }
    return answer == YES;
}

/* The last part of "Cache.get (cache.py:12)". */
static const char *own_name(const char *value, size_t length, size_t *ret_length)
{
    size_t end = 0, start = 0;
    while (end < length && value[end] != ' ')
        end++;
    for (size_t k = 0; k < end; k++)
        start = value[k] == '.' ? k + 1 : start;
    *ret_length = end - start;
    return value + start;
}

/* Whether a function has arguments or variables beside `self`: a property has none. */
static bool has_variables(hf_graph *g, uint32_t code)
{
    uint32_t names = hf_object_field(g, code, "co_localsplusnames"); /* since 3.11 */
    if (names == HF_NO_OBJECT)
        names = hf_object_field(g, code, "co_varnames");
    return names != HF_NO_OBJECT && hf_graph_length(g, names) > 1;
}

/* What a function is called says what it is for: 1 it adds (`open_cursor`), -1 it reads
 * or removes, 0. */
static int purpose_of(const char *name, size_t length)
{
    static const char *const adding[] = {
        "add",     "append",  "put",        "set",      "push",     "insert",   "store",
        "save",    "record",  "open",       "register", "create",   "make",     "new",
        "start",   "connect", "submit",     "enqueue",  "receive",  "load",     "keep",
        "publish", "accept",  "subscribe",  "track",    "execute",  "remember", "notify",
        "write",   "setitem", "setdefault", "feed",     "received", NULL};
    static const char *const other[] = {
        "get",     "find",     "more",  "next",  "pop",   "remove",  "delete",  "close",  "expire",
        "evict",   "purge",    "sweep", "flush", "clear", "clean",   "cleanup", "report", "stats",
        "size",    "count",    "len",   "text",  "show",  "render",  "release", "forget", "prune",
        "discard", "contains", "iter",  "repr",  "copy",  "getitem", "delitem", NULL};
    int purpose = 0;
    if (length == 7 && memcmp(name, "__get__", 7) == 0)
        return 0; /* of a descriptor, which may keep what it has worked out */
    for (size_t at = 0; at < length;) {
        size_t end = at;
        while (end < length && name[end] != '_')
            end++;
        if (is_one_of(name + at, end - at, adding))
            return 1;
        purpose = is_one_of(name + at, end - at, other) ? -1 : purpose;
        at = end + 1;
    }
    return purpose;
}

static bool is_maker(hf_graph *g, uint32_t code)
{
    size_t length = 0;
    const char *value = hf_graph_value(g, code, &length);
    return value && memmem(value, length, "__init__ (", 10) != NULL;
}

static bool is_method_of(const char *value, size_t length, const char *class)
{
    size_t name = class ? strlen(class) : 0;
    return name && length > name && memcmp(value, class, name) == 0 && value[name] == '.';
}

/* The code of a library's method that is called on what the name leads to, as names stand in the
 * order of their first use: `self.pipeline.incr()`. HF_NO_OBJECT where there is none. */
static uint32_t called(hf_graph *g, const wanted *w, const uses *u)
{
    char method[100];
    if (w->of == UINT32_MAX || u->next == HF_NO_OBJECT ||
        !*hf_object_text(g, u->next, method, sizeof(method)))
        return HF_NO_OBJECT;
    uint32_t function = hf_type_attribute(g, w->of, method);
    uint32_t code = function == HF_NO_OBJECT ? function : hf_object_field(g, function, "__code__");
    return code != HF_NO_OBJECT && hf_code_is_installed(g, code) ? code : HF_NO_OBJECT;
}

/* What the code asks of a library's object counts more than what else it does: a method that uses
 * the collection itself and adds nothing takes things out, or looks at them; another may add. */
static void judge_call(const hf_clues *c, const wanted *w, uses *u)
{
    static const char *const none[] = {NULL};
    uint32_t method = called(c->graph, w, u);
    if (method == HF_NO_OBJECT || !*c->name)
        return;
    uses inside = uses_of(c->graph, method, c->name, none);
    if (inside.holder && !inside.adds)
        u->adds = false;
    else
        u->calls = true;
}

static bool is_ruled_out(const hf_clues *c, const wanted *w, const uses *u, int purpose)
{
    if ((w->name && !u->holder) || (w->must_add && !u->adds && !u->member && !u->calls) ||
        (w->must_make && !u->member))
        return true;
    if (w->module && purpose <= 0 && (u->removes || !u->adds))
        return true;
    return c->owner_species == HF_SPECIES_BUFFER && u->reads && !u->adds;
}

/* How well a piece of code fits whose file does; 0: not at all. */
static int score_of(const hf_clues *c, uint32_t code, const wanted *w)
{
    hf_graph *g = c->graph;
    uses u = uses_of(g, code, w->name ? w->name : "", w->members);
    judge_call(c, w, &u);
    bool makes = is_maker(g, code);
    size_t length = 0, name_length = 0;
    const char *value = hf_graph_value(g, code, &length);
    const char *name = value ? own_name(value, length, &name_length) : "";
    int purpose = purpose_of(name, name_length);
    bool top_level = u.defines || (value && length > 8 && memcmp(value, "<module>", 8) == 0);
    if (is_ruled_out(c, w, &u, purpose) || (w->in_function && top_level) || (w->no_maker && makes))
        return 0;
    bool accessor = w->name && u.names == 1 && !makes && !has_variables(g, code);
    uint32_t whose = w->methods ? hf_map_get(w->methods, code) : HF_MAP_NONE;
    int own = whose == HF_METHOD_OWN || (value && is_method_of(value, length, w->class)) ? 3
              : whose == HF_METHOD_OF_OTHERS                                             ? -5
                                                                                         : 0;
    return 12 + 4 * u.adds + 2 * (u.calls && !u.adds) + 5 * u.member - 2 * u.removes - 3 * makes -
           8 * top_level + 3 * purpose - 3 * accessor + own;
}

static uint32_t best_code(const hf_clues *c, const wanted *w)
{
    HF_AUTO(hf_map_deinit) hf_map files;
    hf_map_init(&files);
    uint32_t best = HF_NO_OBJECT;
    int best_score = 0;
    for (uint32_t i = 0; i < c->graph->object_count; i++) {
        if (hf_clues_species(c, i) != HF_SPECIES_CODE || !is_in_wanted_file(c->graph, i, w, &files))
            continue;
        int score = score_of(c, i, w);
        if (score > best_score) {
            best_score = score;
            best = i;
        }
    }
    return best;
}

/* The last part of the name of an object's class, or NULL where that is none of the user's. */
static const char *class_of(const hf_clues *c, uint32_t object)
{
    if (hf_clues_species(c, object) != HF_SPECIES_INSTANCE)
        return NULL;
    const char *title = hf_graph_type_name(c->graph, object);
    const char *dot = strrchr(title, '.');
    return dot ? dot + 1 : title;
}

/* `return self.name`, and no more: a property, whose own name others use. */
static bool is_accessor(hf_graph *g, uint32_t code)
{
    static const char *const none[] = {NULL};
    size_t length = 0;
    const char *value = hf_graph_value(g, code, &length);
    return uses_of(g, code, "", none).names == 1 && value && !has_variables(g, code) &&
           !memmem(value, length, "__init__ (", 10);
}

/* The code that calls a bound method of the owner which is kept; HF_NO_OBJECT. */
static uint32_t caller_of_kept_method(const hf_clues *c)
{
    static const char *const none[] = {NULL};
    HF_AUTO(hf_buf_deinit) hf_buf name = {0};
    uint32_t code = hf_kept_adder(c, &name);
    const wanted w = {.name = hf_buf_string(&name),
                      .members = none,
                      .of = UINT32_MAX,
                      .users = true,
                      .in_function = true,
                      .no_maker = true};
    return code == HF_NO_OBJECT && is_identifier(w.name) ? best_code(c, &w) : code;
}

/* The code that uses the collection's own name. */
static uint32_t user_of_name(const hf_clues *c, wanted *w)
{
    HF_AUTO(hf_map_deinit) hf_map methods;
    hf_map_init(&methods);
    if (w->class && hf_methods_by_class(c->graph, c->holder, c->name, &methods))
        w->methods = &methods;
    uint32_t code = best_code(c, w);
    w->methods = NULL;
    /* Others have one of that name, and somebody adds to this one without naming it. */
    bool others =
        code != HF_NO_OBJECT && w->class && hf_map_get(&methods, code) == HF_METHOD_OF_OTHERS;
    bool makes = code != HF_NO_OBJECT && is_maker(c->graph, code);
    uint32_t caller =
        code == HF_NO_OBJECT || others || makes ? caller_of_kept_method(c) : HF_NO_OBJECT;
    return caller == HF_NO_OBJECT ? code : caller;
}

/* Text and numbers can be made again; what has a state of its own, as a counter, would lose it. */
static bool has_plain_members(const hf_clues *c)
{
    hf_species species =
        c->member_type != UINT32_MAX ? (hf_species)c->species[c->member_type] : HF_SPECIES_OTHER;
    return species == HF_SPECIES_STR || species == HF_SPECIES_NUMBER || species == HF_SPECIES_BYTES;
}

uint32_t hf_code_of_missing(const hf_clues *c)
{
    hf_graph *g = c->graph;
    if (!has_plain_members(c) || c->owner_species != HF_SPECIES_DICT ||
        !g->types[g->type[c->owner]].heap_type)
        return HF_NO_OBJECT;
    uint32_t function = hf_type_attribute(g, g->type[c->owner], "__missing__");
    uint32_t code = function == HF_NO_OBJECT ? function : hf_object_field(g, function, "__code__");
    return code != HF_NO_OBJECT && hf_code_is_users(g, code) ? code : HF_NO_OBJECT;
}

static uint32_t find_adder(const hf_clues *c)
{
    const char *members[MEMBERS_NAMED + 1];
    uint32_t missing = hf_code_of_missing(c);
    if (missing != HF_NO_OBJECT)
        return missing;
    name_members(c, members);
    if (!is_identifier(c->name))
        return HF_NO_OBJECT;
    wanted w = {.name = c->name,
                .class = class_of(c, c->holder),
                .members = members,
                .of = UINT32_MAX,
                .users = true,
                .in_function = true}; /* of code of a module itself only the first line is known */
    uint32_t code = user_of_name(c, &w);
    if (code == HF_NO_OBJECT || !is_accessor(c->graph, code))
        return code;
    char property[100];
    size_t length = 0, name_length = 0;
    const char *value = hf_graph_value(c->graph, code, &length);
    const char *name = own_name(value, length, &name_length);
    if (name_length >= sizeof(property))
        return code;
    memcpy(property, name, name_length);
    property[name_length] = '\0';
    w.name = property;
    w.must_add = true;
    uint32_t user = is_identifier(property) ? best_code(c, &w) : HF_NO_OBJECT;
    return user == HF_NO_OBJECT ? code : user;
}

uint32_t hf_code_adder(hf_clues *c)
{
    if (!c->knows_adder)
        c->adder = find_adder(c);
    c->knows_adder = true;
    return c->adder;
}

/* The object before a step whose attribute the step is: the dict of an instance is passed over. */
static uint32_t before(const hf_clues *c, size_t step)
{
    uint32_t object = c->path.steps[step - 1].object;
    bool dict = step > 1 && hf_clues_species(c, object) == HF_SPECIES_DICT;
    return dict ? c->path.steps[step - 2].object : object;
}

/* The class of what the path has at a step, where it is the holder of the collection and of a class
 * written in Python; UINT32_MAX. Whether that is a library's, its methods tell. */
static uint32_t class_of_holder(const hf_clues *c, size_t step)
{
    uint32_t object = c->path.steps[step].object;
    return object == c->holder && hf_clues_species(c, object) == HF_SPECIES_INSTANCE
               ? c->graph->type[object]
               : UINT32_MAX;
}

uint32_t hf_code_adder_above(const hf_clues *c)
{
    enum { NAMES_TRIED = 3 };
    const char *members[MEMBERS_NAMED + 1];
    name_members(c, members);
    size_t tried = 0;
    for (size_t k = c->path.count; k-- > 1 && tried < NAMES_TRIED;) {
        HF_AUTO(hf_buf_deinit) hf_buf name = {0};
        if (!hf_clues_edge_name(c->graph, c->path.steps[k - 1].object, c->path.steps[k].edge,
                                &name))
            continue;
        const wanted w = {.name = hf_buf_string(&name),
                          .class = class_of(c, before(c, k)),
                          .members = members,
                          .of = class_of_holder(c, k),
                          .users = true,
                          .must_add = true,
                          .in_function = true};
        tried++;
        uint32_t code = is_identifier(w.name) && w.class ? best_code(c, &w) : HF_NO_OBJECT;
        if (code != HF_NO_OBJECT)
            return code;
    }
    return HF_NO_OBJECT;
}

/* The context variable whose value the path goes through last; HF_NO_OBJECT. */
static uint32_t variable_on_path(const hf_clues *c)
{
    hf_graph *g = c->graph;
    for (size_t k = c->path.count; k-- > 1;) {
        uint64_t edge = c->path.steps[k].edge;
        uint32_t key = edge == UINT64_MAX ? HF_NO_OBJECT : hf_graph_key(g, edge);
        if (key != HF_NO_OBJECT &&
            (hf_graph_is(g, key, "_contextvars.ContextVar") || hf_graph_is(g, key, "ContextVar")))
            return key;
    }
    return HF_NO_OBJECT;
}

/* The name by which a namespace has an object: the first of some who refer to it. "" where none
 * does. */
static const char *name_in_namespace(hf_graph *g, uint32_t object, char *room, size_t size)
{
    enum { ASKED = 16 };
    uint64_t first = g->source_start ? g->source_start[object] : 0;
    uint64_t end = g->source_start ? g->source_start[object + 1] : 0;
    for (uint64_t s = first; s < end && s - first < ASKED; s++) {
        uint32_t holder = g->source[s];
        for (uint64_t e = g->edge_start[holder]; e < g->edge_start[holder + 1]; e++)
            if (g->edge_target[e] == object && hf_graph_kind(g, e) == HF_EDGE_VALUE &&
                hf_graph_key(g, e) != HF_NO_OBJECT &&
                *hf_object_text(g, hf_graph_key(g, e), room, size) && is_identifier(room))
                return room;
    }
    return "";
}

uint32_t hf_code_setter(const hf_clues *c)
{
    static const char *const none[] = {NULL};
    hf_graph *g = c->graph;
    char name[100];
    uint32_t variable = variable_on_path(c), found = HF_NO_OBJECT;
    if (variable == HF_NO_OBJECT || !*name_in_namespace(g, variable, name, sizeof(name)))
        return HF_NO_OBJECT;
    for (uint32_t i = 0; i < g->object_count; i++) {
        if (hf_clues_species(c, i) != HF_SPECIES_CODE || !hf_code_names(g, i, name) ||
            !hf_code_is_users(g, i) || hf_code_names(g, i, "reset"))
            continue;
        uses u = uses_of(g, i, name, none);
        if (u.next == HF_NO_OBJECT || !hf_object_says(g, u.next, "set"))
            continue;
        if (found != HF_NO_OBJECT)
            return HF_NO_OBJECT;
        found = i;
    }
    return found;
}

/* The name space of the module from which the path starts, if the module is the user's. */
static uint32_t users_globals(const hf_clues *c)
{
    hf_graph *g = c->graph;
    if (c->path.root == UINT32_MAX || g->roots[c->path.root].kind != HF_ROOT_MODULE ||
        c->path.count < 3)
        return HF_NO_OBJECT;
    uint32_t globals = c->path.steps[1].object;
    uint32_t file = hf_clues_species(c, globals) == HF_SPECIES_DICT
                        ? hf_dict_entry(g, globals, "__file__")
                        : HF_NO_OBJECT;
    return file != HF_NO_OBJECT && is_users_file(g, file) ? globals : HF_NO_OBJECT;
}

uint32_t hf_code_user_of_root(const hf_clues *c)
{
    const char *members[MEMBERS_NAMED + 1];
    name_members(c, members);
    HF_AUTO(hf_buf_deinit) hf_buf name = {0};
    if (users_globals(c) == HF_NO_OBJECT ||
        !hf_clues_edge_name(c->graph, c->path.steps[1].object, c->path.steps[2].edge, &name))
        return HF_NO_OBJECT;
    const wanted w = {.name = hf_buf_string(&name),
                      .members = members,
                      .of = UINT32_MAX,
                      .users = true,
                      .must_add = true,
                      .in_function = true};
    return is_identifier(w.name) ? best_code(c, &w) : HF_NO_OBJECT;
}

uint32_t hf_code_maker(const hf_clues *c)
{
    const char *title =
        c->member_type == UINT32_MAX ? "" : hf_graph_type_title(c->graph, c->member_type);
    const char *dot = strrchr(title, '.'); /* a builtin type has none, and is made everywhere */
    if (!dot || !is_identifier(dot + 1))
        return HF_NO_OBJECT;
    const char *const members[] = {dot + 1, NULL};
    return best_code(c, &(wanted){.members = members,
                                  .of = UINT32_MAX,
                                  .users = true,
                                  .must_make = true,
                                  .in_function = true});
}

uint32_t hf_code_library_adder(const hf_clues *c)
{
    hf_graph *g = c->graph;
    const char *members[MEMBERS_NAMED + 1];
    name_members(c, members);
    char module[200];
    size_t length = 0;
    const char *name = hf_strtab_get(&g->names, g->types[g->type[c->holder]].module);
    if (hf_clues_species(c, c->holder) == HF_SPECIES_MODULE)
        name = hf_graph_value(g, c->holder, &length);
    else
        length = strlen(name);
    if (!name || length == 0 || length >= sizeof(module) || !is_identifier(c->name))
        return HF_NO_OBJECT;
    memcpy(module, name, length);
    module[length] = '\0';
    return best_code(
        c, &(wanted){.name = c->name, .members = members, .of = UINT32_MAX, .module = module});
}
