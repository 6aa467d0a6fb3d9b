#include "analyse/attributes.h"
#include "analyse/path_writer.h"
#include "analyse/paths.h"
#include "base/cleanup.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Paths as Python would write them. All texts come from the heap of a stranger: what could steer
 * a terminal or turn the direction of writing is escaped. */

enum { KEY_BYTES = 60, TUPLE_ITEMS = 4, NESTING = 3 };

typedef hf_path_writer writer;

/* Length of the UTF-8 sequence at p, at most n bytes; 0 where it is none. */
static size_t sequence(const uint8_t *p, size_t n)
{
    size_t length = *p < 0x80   ? 1
                    : *p < 0xc2 ? 0
                    : *p < 0xe0 ? 2
                    : *p < 0xf0 ? 3
                    : *p < 0xf5 ? 4
                                : 0;
    if (length > n)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

/* Code point of a sequence of 2 or 3 bytes. */
static uint32_t code_point(const uint8_t *p, size_t length)
{
    return length == 2 ? (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu)
                       : (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
}

/* C1 controls; marks, embeddings and isolates of bidirectional text; line separators. */
static bool is_hidden(uint32_t c)
{
    return c < 0xa0 || c == 0x61c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

/* quote: escaped too, with the backslash; 0 outside quotes. */
static void put_text(hf_buf *out, const char *text, size_t length, char quote)
{
    const uint8_t *p = (const uint8_t *)text, *end = p + length;
    while (p < end) {
        size_t n = sequence(p, (size_t)(end - p));
        if (n == 0)
            hf_buf_format(out, "\\x%02x", *p);
        else if (n == 1 && quote && (*p == (uint8_t)quote || *p == '\\'))
            hf_buf_format(out, "\\%c", *p);
        else if (n == 1 && *p == '\n')
            hf_buf_text(out, "\\n");
        else if (n == 1 && (*p < 0x20 || *p == 0x7f))
            hf_buf_format(out, "\\x%02x", *p);
        else if ((n == 2 || n == 3) && is_hidden(code_point(p, n)))
            hf_buf_format(out, "\\u%04x", code_point(p, n));
        else
            hf_buf_add(out, p, n);
        p += n ? n : 1;
    }
}

static void put_name(writer *w, uint32_t name)
{
    put_text(w->out, hf_strtab_get(&w->g->names, name), hf_strtab_length(&w->g->names, name), 0);
}

static void put_title(writer *w, uint32_t object)
{
    const char *title = hf_graph_type_name(w->g, object);
    put_text(w->out, title, strlen(title), 0);
}

/* Letters, digits and underscores, and bytes of longer letters, which Python knows better. */
static bool is_identifier(const char *text, size_t length)
{
    if (!length || isdigit((unsigned char)*text))
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x80 && !isalnum(c) && c != '_')
            return false;
    }
    return true;
}

static bool is_of(const writer *w, uint32_t object, const char *title)
{
    return hf_graph_is(w->g, object, title);
}

static bool is_one_of(const writer *w, uint32_t object, const char *const *titles)
{
    for (; *titles; titles++)
        if (is_of(w, object, *titles))
            return true;
    return false;
}

/* Not longer than KEY_BYTES, and not in the middle of a letter. */
static size_t cut(const char *text, size_t length)
{
    if (length <= KEY_BYTES)
        return length;
    length = KEY_BYTES;
    while (length && ((uint8_t)text[length] & 0xc0) == 0x80)
        length--;
    return length;
}

static void put_quoted(writer *w, const char *prefix, const char *text, size_t length)
{
    size_t shown = cut(text, length);
    char quote = memchr(text, '\'', shown) && !memchr(text, '"', shown) ? '"' : '\'';
    hf_buf_text(w->out, prefix);
    hf_buf_char(w->out, quote);
    put_text(w->out, text, shown, quote);
    if (shown < length)
        hf_buf_text(w->out, "…");
    hf_buf_char(w->out, quote);
}

/* An object as a key or an item of one: its repr where that is short, else `<Type>`. */
static void put_repr(writer *w, uint32_t object, int nesting);

static void put_items(writer *w, uint32_t tuple, int nesting)
{
    const hf_graph *g = w->g;
    size_t items = 0;
    for (uint64_t e = g->edge_start[tuple]; e < g->edge_start[tuple + 1]; e++) {
        if (hf_graph_kind(g, e) != HF_EDGE_INDEX)
            continue;
        if (items++)
            hf_buf_text(w->out, ", ");
        if (items > TUPLE_ITEMS) {
            hf_buf_text(w->out, "…");
            return;
        }
        put_repr(w, g->edge_target[e], nesting);
    }
    hf_buf_text(w->out, items == 1 ? "," : "");
}

static void put_repr(writer *w, uint32_t object, int nesting)
{
    static const char *const plain[] = {"int", "float", "bool", "NoneType", "complex", NULL};
    if (is_of(w, object, "tuple") && nesting) {
        hf_buf_char(w->out, '(');
        put_items(w, object, nesting - 1);
        hf_buf_char(w->out, ')');
        return;
    }
    size_t length = 0;
    const char *value = hf_graph_value(w->g, object, &length);
    if (!value) {
        hf_buf_char(w->out, '<');
        put_title(w, object);
        hf_buf_char(w->out, '>');
    } else if (is_of(w, object, "str")) {
        put_quoted(w, "", value, length);
    } else if (is_of(w, object, "bytes")) {
        put_quoted(w, "b", value, length);
    } else {
        bool is_plain = is_one_of(w, object, plain);
        size_t shown = cut(value, length);
        if (!is_plain) {
            hf_buf_char(w->out, '<');
            put_title(w, object);
            hf_buf_char(w->out, ' ');
        }
        put_text(w->out, value, shown, 0);
        hf_buf_text(w->out, shown < length ? "…" : "");
        hf_buf_text(w->out, is_plain ? "" : ">");
    }
}

/* `['a', 3]`; a tuple is written as Python lets it be written. */
static void put_subscript(writer *w, uint32_t key)
{
    hf_buf_char(w->out, '[');
    if (w->any)
        hf_buf_char(w->out, '*');
    else if (!w->g->info.has_values)
        hf_buf_text(w->out, "…");
    else if (is_of(w, key, "tuple") && hf_graph_length(w->g, key))
        put_items(w, key, NESTING);
    else
        put_repr(w, key, NESTING);
    hf_buf_char(w->out, ']');
}

static void put_dict_value(writer *w, uint64_t e)
{
    uint32_t key = hf_graph_key(w->g, e);
    bool through = w->in_dict;
    w->in_dict = w->in_local;
    w->in_local = false;
    if (w->in_dict)
        return;
    if (through && key != HF_NO_OBJECT && is_of(w, key, "str")) {
        size_t length = 0;
        const char *name = hf_graph_value(w->g, key, &length);
        if (name && is_identifier(name, length)) {
            hf_buf_char(w->out, '.');
            put_text(w->out, name, length, 0);
            return;
        }
    }
    if (through)
        hf_buf_text(w->out, ".__dict__");
    if (key == HF_NO_OBJECT)
        hf_buf_text(w->out, "[…]");
    else
        put_subscript(w, key);
}

bool hf_path_key(hf_graph *g, uint32_t key, hf_buf *out)
{
    writer w = {.g = g, .out = out, .function = HF_NO_OBJECT};
    size_t length = 0;
    bool known = g->info.has_values && (hf_graph_value(g, key, &length) || is_of(&w, key, "tuple"));
    if (known)
        put_repr(&w, key, NESTING);
    return known;
}

static void put_dict_key(writer *w, uint32_t key)
{
    hf_buf_text(w->out, ".<key ");
    if (w->g->info.has_values)
        put_repr(w, key, NESTING);
    else
        hf_buf_text(w->out, "…");
    hf_buf_char(w->out, '>');
}

static void put_named(writer *w, const char *before, uint32_t name)
{
    hf_buf_text(w->out, before);
    put_name(w, name);
}

static bool is_named(const writer *w, uint64_t e, const char *name)
{
    return !strcmp(hf_strtab_get(&w->g->names, w->g->edge_label[e]), name);
}

/* The free variable behind a cell of a closure: their names are the last of co_localsplusnames
 * (Objects/codeobject.c, get_localsplus_counts()), up to 3.10 those of co_freevars. NULL where they
 * are not known. */
static const char *closure_variable(const writer *w, uint32_t closure, uint32_t cell,
                                    size_t *ret_length)
{
    hf_graph *g = w->g;
    uint32_t code = hf_object_field(g, w->function, "__code__");
    uint32_t names = code == HF_NO_OBJECT ? code : hf_object_field(g, code, "co_localsplusnames");
    if (names == HF_NO_OBJECT && code != HF_NO_OBJECT)
        names = hf_object_field(g, code, "co_freevars");
    if (names == HF_NO_OBJECT || hf_graph_length(g, names) < hf_graph_length(g, closure))
        return NULL;
    uint32_t name = hf_item_of(
        g, names, (uint32_t)(hf_graph_length(g, names) - hf_graph_length(g, closure)) + cell);
    const char *text = name == HF_NO_OBJECT ? NULL : hf_graph_value(g, name, ret_length);
    return text && is_identifier(text, *ret_length) ? text : NULL;
}

/* A step out of a closure; true where it has been written. */
static bool put_closure_step(writer *w, uint32_t source, uint64_t e)
{
    const hf_graph *g = w->g;
    hf_edge_kind kind = hf_graph_kind(g, e);
    if (w->function != HF_NO_OBJECT) {
        size_t length = 0;
        const char *name =
            kind == HF_EDGE_INDEX ? closure_variable(w, source, g->edge_label[e], &length) : NULL;
        w->function = HF_NO_OBJECT;
        w->in_closure = name != NULL;
        hf_buf_text(w->out, name ? ".closure " : ".__closure__");
        if (name)
            put_text(w->out, name, length, 0);
        return name != NULL;
    }
    bool named = w->in_closure && kind == HF_EDGE_CELL;
    w->in_closure = false;
    if (kind == HF_EDGE_FIELD && is_named(w, e, "__closure__"))
        w->function = source;
    return named || w->function != HF_NO_OBJECT;
}

/* `.rows` of a named tuple, `[3]` of anything else. */
static void put_item(writer *w, uint32_t source, uint32_t item)
{
    size_t length = 0;
    const char *name = hf_field_of_named_tuple(w->g, source, item, &length);
    if (name && is_identifier(name, length)) {
        hf_buf_char(w->out, '.');
        put_text(w->out, name, length, 0);
    } else if (w->any) {
        hf_buf_text(w->out, "[*]");
    } else {
        hf_buf_format(w->out, "[%u]", item);
    }
}

void hf_path_write_step(writer *w, uint32_t source, uint64_t e)
{
    const hf_graph *g = w->g;
    uint32_t label = g->edge_label[e];
    hf_edge_kind kind = hf_graph_kind(g, e);
    if (kind == HF_EDGE_VALUE) {
        put_dict_value(w, e);
        return;
    }
    if (w->in_dict)
        hf_buf_text(w->out, ".__dict__");
    w->in_dict = false;
    if (put_closure_step(w, source, e))
        return;
    w->in_dict = kind == HF_EDGE_FIELD && is_named(w, e, "__dict__");
    /* A thread-local object keeps a dict of attributes for each thread; Python shows one. */
    w->in_local = kind == HF_EDGE_FIELD && is_named(w, e, "dummies");
    if (w->in_dict || w->in_local)
        return;
    switch (kind) {
    case HF_EDGE_FIELD:
    case HF_EDGE_ATTRIBUTE:
        put_named(w, ".", label);
        break;
    case HF_EDGE_KEY:
        put_dict_key(w, g->edge_target[e]);
        break;
    case HF_EDGE_INDEX:
        put_item(w, source, label);
        break;
    case HF_EDGE_MEMBER:
        hf_buf_text(w->out, "{…}");
        break;
    case HF_EDGE_LOCAL:
        put_named(w, ".local ", label);
        w->in_closure = true; /* where a function within uses the variable, a cell has its value */
        break;
    case HF_EDGE_STACK:
        hf_buf_format(w->out, ".<stack %u>", label);
        break;
    case HF_EDGE_CELL:
        hf_buf_text(w->out, ".cell_contents");
        break;
    case HF_EDGE_TOLD:
        hf_buf_format(w->out, ".<%s>[%u]", hf_graph_type_name(g, source), label);
        break;
    default: /* found by scanning, without a name: what it leads to says more than its place */
        hf_buf_format(w->out, ".<+%u ", label);
        put_title(w, g->edge_target[e]);
        hf_buf_char(w->out, '>');
        break;
    }
}

/* ` thread MainThread`, where it is known. */
static void put_thread(writer *w, const char *before, uint32_t thread)
{
    if (thread >= w->g->thread_count)
        return;
    const hf_graph_thread *t = &w->g->threads[thread];
    if (!t->name && !t->native_id) /* up to 3.10 Python does not keep it */
        return;
    hf_buf_text(w->out, before);
    if (t->name)
        put_name(w, t->name);
    else
        hf_buf_format(w->out, "%llu", (unsigned long long)t->native_id);
}

/* What is on the stack of a call has no name: its type has to do. */
static void put_stack_root(writer *w, const hf_root *root)
{
    hf_buf_text(w->out, "stack");
    if (root->place)
        put_named(w, " of ", root->place);
    put_thread(w, ", thread ", root->thread);
    hf_buf_text(w->out, ": ");
    put_title(w, root->target);
}

static bool is_stack_root(const writer *w, const hf_root *root)
{
    return !strcmp(hf_strtab_get(&w->g->names, root->name), "evaluation stack");
}

/* `: Dumper.on_signal`: what is to be called, a handler of a signal for one, is best known by its
 * own name. False where it is nothing like that. */
static bool put_callable(writer *w, uint32_t object)
{
    static const char *const callables[] = {"function", "method", NULL};
    size_t length = 0;
    const char *value =
        is_one_of(w, object, callables) ? hf_graph_value(w->g, object, &length) : NULL;
    const char *place = value ? memmem(value, length, " (", 2) : NULL;
    if (!value)
        return false;
    hf_buf_text(w->out, ": ");
    put_text(w->out, value, place ? (size_t)(place - value) : length, 0);
    return true;
}

void hf_path_write_root(writer *w, const hf_root *root, bool more)
{
    if (root->interpreter)
        hf_buf_format(w->out, "interpreter %u's ", root->interpreter);
    switch (root->kind) {
    case HF_ROOT_MODULE:
        put_named(w, "module ", root->name);
        break;
    case HF_ROOT_LOCAL:
        if (is_stack_root(w, root)) {
            put_stack_root(w, root);
            break;
        }
        put_named(w, "local ", root->name);
        if (root->place)
            put_named(w, " in ", root->place);
        put_thread(w, ", thread ", root->thread);
        if (more)
            put_named(w, ": ", root->name);
        w->in_closure = true;
        break;
    case HF_ROOT_THREAD:
        put_thread(w, "thread ", root->thread);
        put_named(w, root->thread < w->g->thread_count ? ", " : "thread state ", root->name);
        break;
    case HF_ROOT_INTERPRETER:
        /* A field that has no name of its own is called as the whole. */
        hf_buf_text(w->out, root->interpreter ? "state" : "interpreter state");
        if (strcmp(hf_strtab_get(&w->g->names, root->name), "interpreter state") != 0)
            put_named(w, " ", root->name);
        (void)put_callable(w, root->target);
        break;
    case HF_ROOT_STATIC_TYPE:
        put_named(w, "type ", root->name);
        break;
    default:
        put_named(w, "C static in ", root->name);
        if (put_callable(w, root->target))
            break;
        hf_buf_text(w->out, ": ");
        put_title(w, root->target);
        break;
    }
}

void hf_path_write_held_by_c(writer *w, uint32_t object)
{
    hf_buf_text(w->out, HF_PATH_HELD_BY_C);
    if (put_callable(w, object))
        return;
    hf_buf_text(w->out, ": ");
    put_title(w, object);
}

void hf_path_write_end(writer *w)
{
    if (w->function != HF_NO_OBJECT)
        hf_buf_text(w->out, ".__closure__");
    if (w->in_local)
        hf_buf_text(w->out, ".dummies");
    if (w->in_dict)
        hf_buf_text(w->out, ".__dict__");
}

/* Writes a path; where each step ends, into `ends`, unless that is NULL: p->count numbers. */
static void write_path(hf_graph *g, const hf_path *p, hf_buf *out, size_t *ends)
{
    assert(p->count);
    writer w = {.g = g, .out = out, .function = HF_NO_OBJECT};
    if (p->root < g->root_count) {
        hf_path_write_root(&w, &g->roots[p->root], p->count > 1);
    } else if (p->held_by_c) {
        hf_path_write_held_by_c(&w, p->steps[0].object);
    } else {
        hf_buf_text(out, "unreachable ");
        put_title(&w, p->steps[0].object);
    }
    if (ends)
        ends[0] = out->length;
    for (size_t i = 1; i < p->count; i++) {
        /* The second of a pair stays that. */
        bool part = is_of(&w, p->steps[i - 1].object, "tuple");
        w.any = p->any_from && (i == p->any_from || (i > p->any_from && !part));
        hf_path_write_step(&w, p->steps[i - 1].object, p->steps[i].edge);
        if (ends)
            ends[i] = out->length;
    }
    hf_path_write_end(&w);
}

hf_err *hf_path_text(hf_graph *g, const hf_path *p, hf_buf *out)
{
    write_path(g, p, out, NULL);
    return out->failed ? hf_fail_memory() : NULL;
}

/* Whether two pieces of text are the same but for the numbers in them: `.replies[0]` and
 * `.replies[12]`. */
static bool are_alike(const char *a, const char *a_end, const char *b, const char *b_end)
{
    while (a < a_end && b < b_end) {
        if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
            while (a < a_end && isdigit((unsigned char)*a))
                a++;
            while (b < b_end && isdigit((unsigned char)*b))
                b++;
        } else if (*a++ != *b++) {
            return false;
        }
    }
    return a == a_end && b == b_end;
}

/* How many of the pieces before `end` that begin at `from` are like that. */
static size_t count_alike(const char *text, const size_t *ends, size_t from, size_t end)
{
    size_t count = 1;
    while (from + count < end &&
           are_alike(text + ends[from - 1], text + ends[from], text + ends[from + count - 1],
                     text + ends[from + count]))
        count++;
    return count;
}

hf_err *hf_path_text_folded(hf_graph *g, const hf_path *p, hf_buf *out)
{
    enum { MANY = 8, SHOWN = 2 };
    HF_AUTO(hf_buf_deinit) hf_buf whole = {0};
    HF_AUTO(hf_freep) size_t *ends = calloc(p->count, sizeof(*ends));
    if (!ends)
        return hf_fail_memory();
    write_path(g, p, &whole, ends);
    /* Steps that write nothing are none: the dict of an instance. */
    size_t count = 1;
    for (size_t i = 1; i < p->count; i++)
        if (ends[i] > ends[count - 1])
            ends[count++] = ends[i];
    const char *text = hf_buf_string(&whole);
    hf_buf_add(out, text, ends[0]);
    for (size_t i = 1; i < count;) {
        size_t alike = count_alike(text, ends, i, count);
        size_t shown = alike > MANY ? SHOWN : alike;
        hf_buf_add(out, text + ends[i - 1], ends[i + shown - 1] - ends[i - 1]);
        if (shown < alike)
            hf_buf_format(out, "<+%zu like this>", alike - shown);
        i += alike;
    }
    hf_buf_add(out, text + ends[count - 1], whole.length - ends[count - 1]);
    return out->failed || whole.failed ? hf_fail_memory() : NULL;
}
