/* lint/repeats.c - see lint/repeats.h. */
#include "lint/repeats.h"

#include <string.h>

enum { DEPTH_MAX = 6, CALLERS_MAX = 200 };

static hf_repeats function_at(hf_module *m, uint32_t function, unsigned depth);

static hf_repeats larger(hf_repeats a, hf_repeats b)
{
    return a > b ? a : b;
}

/* `while self.running:`, `while not stop.is_set():`: until somebody else ends it. */
static bool is_until_stopped(const hf_module *m, uint32_t condition)
{
    static const char *const words[] = {
        "running",      "_running", "is_running",  "_is_running", "alive",     "_alive",
        "keep_running", "stopped",  "_stopped",    "stopping",    "_stopping", "is_set",
        "stop",         "_stop",    "shutdown",    "_shutdown",   "closing",   "_closing",
        "closed",       "_closed",  "should_stop", "exiting",     "_exiting",  NULL};
    const hf_syntax *s = &m->syntax;
    if (hf_kind_of(s, condition) == HF_KIND_NOT_OPERATOR)
        condition = hf_unwrapped(s, hf_first_child(s, condition));
    if (hf_kind_of(s, condition) == HF_KIND_CALL)
        condition = hf_child(s, condition, HF_FIELD_FUNCTION);
    return hf_is_one_of(hf_last_name(m, condition), words);
}

/* `while True:` or `while 1:` that nothing leaves: the loop of a server, not of a parser. */
static bool is_endless(const hf_module *m, uint32_t loop)
{
    const hf_syntax *s = &m->syntax;
    uint32_t condition = hf_unwrapped(s, hf_child(s, loop, HF_FIELD_CONDITION));
    if (condition && is_until_stopped(m, condition))
        return true;
    hf_kind kind = condition ? hf_kind_of(s, condition) : HF_KIND_OTHER;
    if (kind != HF_KIND_TRUE && kind != HF_KIND_INTEGER)
        return false;
    for (uint32_t n = loop; n < s->nodes[loop].after; n++)
        if (hf_kind_of(s, n) == HF_KIND_BREAK || hf_kind_of(s, n) == HF_KIND_RETURN)
            return false;
    return true;
}

static hf_repeats node_at(hf_module *m, uint32_t node, unsigned depth)
{
    const hf_syntax *s = &m->syntax;
    uint32_t function = hf_function_around(m, node);
    uint32_t loop = hf_enclosing(s, node, HF_KIND_WHILE);
    if (loop && loop > function && is_endless(m, loop))
        return HF_REPEATS_ALWAYS;
    bool looped = hf_in_loop(m, node);
    if (!function) /* a loop at the top of a module goes over what is known when it is written */
        return HF_REPEATS_NEVER;
    return larger(looped ? HF_REPEATS_LOOP : HF_REPEATS_NEVER, function_at(m, function, depth));
}

/* Among arguments with "--name": a parser of command lines gets it. */
static bool is_option(const hf_syntax *s, uint32_t around)
{
    uint32_t arguments =
        hf_kind_of(s, around) == HF_KIND_KEYWORD_ARGUMENT ? hf_parent(s, around) : around;
    for (uint32_t a = hf_first_child(s, arguments); a; a = hf_next_sibling(s, a))
        if (hf_kind_of(s, a) == HF_KIND_STRING && s->nodes[a].start + 1 < s->length &&
            s->text[s->nodes[a].start + 1] == '-')
            return true;
    return false;
}

/* run_in_executor(None, f), Process(target=f), signal(SIGTERM, f): f runs as often as this does, or
 * in a process of its own, or when somebody sends a signal. Not what calls it again and again. */
static bool is_run_by(const hf_syntax *s, uint32_t around, const hf_module *m)
{
    static const char *const runners[] = {"run_in_executor",
                                          "to_thread",
                                          "async_add_executor_job",
                                          "submit",
                                          "run_sync",
                                          "call_soon",
                                          "apply",
                                          "call_soon_threadsafe",
                                          "Process",
                                          "signal",
                                          "run",
                                          NULL};
    uint32_t arguments =
        hf_kind_of(s, around) == HF_KIND_KEYWORD_ARGUMENT ? hf_parent(s, around) : around;
    if (hf_kind_of(s, arguments) != HF_KIND_ARGUMENTS)
        return false;
    uint32_t call = hf_parent(s, arguments);
    const char *name = hf_last_name(m, hf_child(s, call, HF_FIELD_FUNCTION));
    size_t length = strlen(name);
    return hf_is_one_of(name, runners) || (length > 7 && strcmp(name + length - 7, "Process") == 0);
}

/* map(f, xs), sorted(xs, key=f), re.sub(pattern, f, text): f runs for each of what there is, and no
 * longer; property(f) when the attribute is read. */
static bool is_called_at_once(const hf_module *m, uint32_t around)
{
    static const char *const callers[] = {
        "map",      "filter",   "sorted",    "sort",      "min",       "max",       "reduce",
        "sub",      "subn",     "starmap",   "apply",     "takewhile", "dropwhile", "groupby",
        "property", "applymap", "vectorize", "transform", "tree_map",  "walk",      NULL};
    const hf_syntax *s = &m->syntax;
    uint32_t arguments =
        hf_kind_of(s, around) == HF_KIND_KEYWORD_ARGUMENT ? hf_parent(s, around) : around;
    if (hf_kind_of(s, arguments) != HF_KIND_ARGUMENTS)
        return false;
    uint32_t call = hf_parent(s, arguments);
    return hf_is_one_of(hf_last_name(m, hf_child(s, call, HF_FIELD_FUNCTION)), callers);
}

/* codecs asks once for each encoding, and remembers the answer; tests are run once. */
static bool is_asked_once(hf_module *m, uint32_t arguments)
{
    if (hf_kind_of(&m->syntax, arguments) != HF_KIND_ARGUMENTS)
        return false;
    const char *called = hf_called(m, hf_parent(&m->syntax, arguments));
    return strcmp(called, "codecs.register") == 0 || strstr(called, "test.") != NULL;
}

/* `if not ready: prepare()`, `if _table is None: fill(_table)`: what is asked about lives longer
 * than the call, so that the branch is taken once. */
bool hf_is_first_time(hf_module *m, uint32_t node)
{
    const hf_syntax *s = &m->syntax;
    uint32_t branch = hf_enclosing(s, node, HF_KIND_IF);
    if (!branch || branch < hf_function_around(m, node))
        return false;
    uint32_t asked = 0, condition = hf_unwrapped(s, hf_child(s, branch, HF_FIELD_CONDITION));
    if (hf_kind_of(s, condition) == HF_KIND_NOT_OPERATOR)
        asked = hf_first_child(s, condition);
    else if (hf_kind_of(s, condition) == HF_KIND_COMPARISON &&
             hf_child_kind(s, condition, HF_KIND_NONE))
        asked = hf_first_child(s, condition);
    const hf_binding *b = asked ? hf_meaning(m, asked) : NULL;
    return b && (b->scope == 0 || b->declared_global);
}

/* Whether the object of an attribute is something that a function was given, and not its self. */
static bool is_of_parameter(hf_module *m, uint32_t attribute)
{
    const hf_binding *b = hf_meaning(m, hf_child(&m->syntax, attribute, HF_FIELD_OBJECT));
    return b && b->kind == HF_BOUND_BY_PARAMETER && !*hf_self_attribute(m, attribute);
}

/* One mention of a function's name: a call repeats as its place does; anything else hands the
 * function out. */
static hf_repeats mention(hf_module *m, uint32_t node, unsigned depth)
{
    const hf_syntax *s = &m->syntax;
    uint32_t around = hf_parent(s, node);
    hf_kind kind = hf_kind_of(s, around);
    if (kind == HF_KIND_CALL && hf_is_first_time(m, node))
        return HF_REPEATS_NEVER;
    if (kind == HF_KIND_CALL && hf_field_of(s, node) == HF_FIELD_FUNCTION)
        return hf_kind_of(s, hf_parent(s, around)) == HF_KIND_DECORATOR ? HF_REPEATS_NEVER
                                                                        : node_at(m, node, depth);
    if (kind == HF_KIND_DECORATOR && hf_function_around(m, around))
        return node_at(m, node, depth); /* of a def of a function: once each time that this runs */
    if (kind == HF_KIND_DECORATOR || kind == HF_KIND_DELETE)
        return HF_REPEATS_NEVER;
    if (kind == HF_KIND_ASSIGNMENT || kind == HF_KIND_LIST || kind == HF_KIND_TUPLE ||
        kind == HF_KIND_RETURN || kind == HF_KIND_PAIR || kind == HF_KIND_ATTRIBUTE ||
        kind == HF_KIND_EXPRESSION_LIST)
        return HF_REPEATS_UNKNOWN; /* another name, a table, what a factory gives */
    if (is_option(s, around) || is_asked_once(m, around))
        return HF_REPEATS_NEVER;
    if (is_run_by(s, around, m))
        return node_at(m, node, depth);
    if (is_called_at_once(m, around))
        return larger(HF_REPEATS_LOOP, node_at(m, node, depth));
    const hf_binding *b = hf_meaning(m, node);
    if (b && b->kind == HF_BOUND_BY_CLASS)
        return HF_REPEATS_UNKNOWN; /* isinstance(x, Class), Instance(Class): not what calls it */
    if (hf_kind_of(s, node) == HF_KIND_ATTRIBUTE && is_of_parameter(m, node))
        return HF_REPEATS_UNKNOWN; /* show(menu.window): perhaps no method of ours */
    return HF_REPEATS_ALWAYS;
}

/* Entry points of programs and packages: where nobody here calls them, they run once. */
static bool is_entry_point(const char *name)
{
    static const char *const names[] = {
        "setup",   "setUpModule", "setUpClass", "setup_module",  "pytest_configure", "create_app",
        "ready",   "AppConfig",   "bootstrap",  "setup_logging", "configure",        "register",
        "install", NULL};
    return hf_is_one_of(name, names);
}

/* The first place of the file that names a def: as an attribute if it is a method; __init__ is
 * named by its class. */
static uint32_t first_mention(hf_module *m, uint32_t function)
{
    uint32_t class_node = hf_class_of_method(m, function);
    const char *name = hf_definition_name(m, function);
    bool maker = class_node && strcmp(name, "__init__") == 0;
    if (class_node && !maker)
        return hf_attribute_uses(m, name);
    uint32_t named = maker ? class_node : function;
    const hf_binding *b = hf_meaning(m, hf_child(&m->syntax, named, HF_FIELD_NAME));
    return b ? b->uses : 0;
}

/* How often a def runs, by all that mentions it. */
static hf_repeats by_mentions(hf_module *m, uint32_t function, unsigned depth)
{
    const hf_syntax *s = &m->syntax;
    if (hf_kind_of(s, function) == HF_KIND_LAMBDA)
        return HF_REPEATS_ALWAYS;
    const char *name = hf_definition_name(m, function);
    if (strcmp(name, "main") == 0 || strcmp(name, "_main") == 0 ||
        strncmp(name + (*name == '_'), "init", 4) == 0)
        return HF_REPEATS_NEVER;
    hf_repeats found = HF_REPEATS_NEVER;
    uint32_t use = first_mention(m, function), seen = 0;
    bool entry = is_entry_point(name);
    for (; use && found != HF_REPEATS_ALWAYS; use = m->next_use[use]) {
        hf_kind around = hf_kind_of(s, hf_parent(s, use));
        if (around == HF_KIND_FUNCTION || around == HF_KIND_CLASS || hf_is_inside(s, use, function))
            continue; /* its own name, or recursion */
        if (hf_kind_of(s, hf_parent(s, hf_parent(s, use))) == HF_KIND_CLASS)
            continue; /* a base */
        if (hf_kind_of(s, use) == HF_KIND_ATTRIBUTE && hf_qualified(m, use))
            continue; /* subprocess.run is no method of ours */
        if (entry && around != HF_KIND_CALL)
            continue; /* handed to what starts the program */
        if (++seen > CALLERS_MAX)
            return HF_REPEATS_UNKNOWN;
        found = larger(found, mention(m, use, depth + 1));
    }
    if ((!seen || found == HF_REPEATS_UNKNOWN) && hf_is_handler(m, function))
        return HF_REPEATS_ALWAYS;
    if (!seen || found == HF_REPEATS_UNKNOWN)
        return entry ? HF_REPEATS_NEVER : HF_REPEATS_UNKNOWN;
    return found;
}

/* Answers are kept: functions that call each other would be gone through again for each
 * way between them. */
static hf_repeats function_at(hf_module *m, uint32_t function, unsigned depth)
{
    if (depth >= DEPTH_MAX)
        return HF_REPEATS_UNKNOWN;
    uint64_t key = (uint64_t)function << 8 | depth;
    uint32_t known = hf_map_get(&m->repeats, key);
    if (known != HF_MAP_NONE)
        return (hf_repeats)known;
    hf_repeats found = by_mentions(m, function, depth);
    if (!hf_map_put(&m->repeats, key, found))
        m->failed = true;
    return found;
}

hf_repeats hf_repeats_at(hf_module *m, uint32_t node)
{
    return node_at(m, node, 0);
}

hf_repeats hf_repeats_function(hf_module *m, uint32_t function)
{
    return function_at(m, function, 0);
}

bool hf_is_registrar(hf_module *m, uint32_t function)
{
    return hf_repeats_function(m, function) == HF_REPEATS_NEVER;
}

bool hf_is_for_starting(const char *name)
{
    static const char *const beginnings[] = {"create",   "start", "setup",   "set_up",  "run",
                                             "launch",   "serve", "main",    "init",    "build",
                                             "activate", "load",  "prepare", "__init__"};
    name += *name == '_' && name[1] != '_';
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++)
        if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return strstr(name, "_start") != NULL;
}

bool hf_is_class_hook(hf_module *m, uint32_t function)
{
    static const char *const names[] = {"__init_subclass__",   "__set_name__",
                                        "__class_getitem__",   "__new__",
                                        "contribute_to_class", NULL};
    return hf_is_one_of(hf_definition_name(m, function), names);
}

static bool has_word(const char *name, const char *const *words)
{
    for (; *words; words++)
        if (strncmp(name, *words, strlen(*words)) == 0)
            return true;
    return false;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static bool is_test_name(const char *name)
{
    static const char *const preparing[] = {"setUp", "setUpClass", "setup_method", "setup_class",
                                            NULL};
    name += strspn(name, "_");
    return hf_is_one_of(name, preparing) || strncmp(name, "test_", 5) == 0 ||
           strncmp(name, "assert", 6) == 0 || strncmp(name, "Test", 4) == 0 ||
           ends_with(name, "Test") || ends_with(name, "Tests") || ends_with(name, "TestCase");
}

bool hf_is_test(const hf_module *m, uint32_t node)
{
    const char *slash = strrchr(m->path, '/'), *file = slash ? slash + 1 : m->path;
    file += strspn(file, "_");
    if (strncmp(file, "test_", 5) == 0 || ends_with(file, "_test.py") ||
        ends_with(file, "_tests.py") || ends_with(file, "_example.py") ||
        strcmp(file, "conftest.py") == 0)
        return true;
    /* The nearest alone: a project may lie anywhere. */
    int folder = slash ? (int)(slash - m->path) : 0;
    static const char *const folders[] = {"tests", "test", "testing", "examples"};
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        int length = (int)strlen(folders[i]);
        if (folder >= length && strncmp(slash - length, folders[i], (size_t)length) == 0 &&
            (folder == length || slash[-length - 1] == '/'))
            return true;
        const char *part = strstr(m->name, folders[i]); /* of a package: shop.tests.load.base */
        if (part && (part == m->name || part[-1] == '.') && part[length] == '.')
            return true;
    }
    for (uint32_t scope = m->scope_of[node]; scope; scope = m->scopes[scope].parent) {
        hf_kind kind = hf_kind_of(&m->syntax, m->scopes[scope].node);
        if ((kind == HF_KIND_FUNCTION || kind == HF_KIND_CLASS) &&
            is_test_name(hf_definition_name(m, m->scopes[scope].node)))
            return true;
    }
    return false;
}

bool hf_is_handler(hf_module *m, uint32_t function)
{
    static const char *const beginnings[] = {
        "handle",          "on_message",    "on_event",        "on_request",
        "on_data",         "on_connect",    "on_disconnect",   "on_packet",
        "do_GET",          "do_POST",       "process_request", "data_received",
        "connection_made", "process_event", "process_message", NULL};
    static const char *const routes[] = {"route",           "get",   "post",      "put",
                                         "delete",          "patch", "websocket", "task",
                                         "message_handler", NULL};
    if (hf_kind_of(&m->syntax, function) != HF_KIND_FUNCTION)
        return false;
    static const char *const of_markup[] = {"handle_start",   "handle_end",     "handle_data",
                                            "handle_comment", "handle_charref", "handle_entityref",
                                            "handle_decl",    "handle_pi",      NULL};
    const char *name = hf_definition_name(m, function);
    uint32_t class_node = hf_class_of_method(m, function);
    if (class_node && strcmp(hf_definition_name(m, class_node), "Command") == 0)
        return false; /* handle() of a command of Django's runs once */
    if (has_word(name, beginnings) && !has_word(name, of_markup)) /* html.parser: once for a file */
        return true;
    for (uint32_t n = 0, d; (d = hf_decorator(m, function, n)); n++) {
        if (hf_kind_of(&m->syntax, d) == HF_KIND_CALL)
            d = hf_child(&m->syntax, d, HF_FIELD_FUNCTION);
        if (hf_kind_of(&m->syntax, d) == HF_KIND_ATTRIBUTE &&
            hf_is_one_of(hf_last_name(m, d), routes))
            return true;
    }
    return false;
}
