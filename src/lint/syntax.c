/* lint/syntax.c - see lint/syntax.h. */
#include "lint/syntax.h"

#include "base/array.h"
#include "base/cleanup.h"

#include <string.h>
#include <time.h>
#include <tree_sitter/api.h>

const TSLanguage *tree_sitter_python(void);

struct hf_syntax_parser {
    TSParser *parser;
    TSTreeCursor cursor;
    bool cursor_made;
    uint8_t *kinds; /* of the grammar's symbols */
    uint32_t symbol_count;
    uint8_t *fields; /* of the grammar's fields */
    uint32_t field_count;
};

static const char *const kind_names[HF_KIND_COUNT] = {"",
#define X(name, text) text,
                                                      HF_SYNTAX_KINDS(X)
#undef X
};

static const char *const field_names[HF_FIELD_COUNT] = {"",
#define X(name, text) text,
                                                        HF_SYNTAX_FIELDS(X)
#undef X
};

static uint8_t position_in(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 1; name && i < count; i++)
        if (strcmp(names[i], name) == 0)
            return (uint8_t)i;
    return 0;
}

static bool make_tables(hf_syntax_parser *p, const TSLanguage *language)
{
    p->symbol_count = ts_language_symbol_count(language);
    p->field_count = ts_language_field_count(language);
    p->kinds = calloc(p->symbol_count, 1);
    p->fields = calloc((size_t)p->field_count + 1, 1);
    if (!p->kinds || !p->fields)
        return false;
    for (uint32_t i = 0; i < p->symbol_count; i++) {
        const char *name = ts_language_symbol_name(language, (TSSymbol)i);
        bool named = ts_language_symbol_type(language, (TSSymbol)i) == TSSymbolTypeRegular;
        if (named || (name && strcmp(name, "async") == 0))
            p->kinds[i] = position_in(kind_names, HF_KIND_COUNT, name);
    }
    for (uint32_t i = 1; i <= p->field_count; i++)
        p->fields[i] = position_in(field_names, HF_FIELD_COUNT,
                                   ts_language_field_name_for_id(language, (TSFieldId)i));
    return true;
}

void hf_syntax_parser_free(hf_syntax_parser *p)
{
    if (!p)
        return;
    if (p->cursor_made)
        ts_tree_cursor_delete(&p->cursor);
    ts_parser_delete(p->parser);
    free(p->kinds);
    free(p->fields);
    free(p);
}

hf_err *hf_syntax_parser_new(hf_syntax_parser **ret)
{
    HF_AUTO(hf_syntax_parser_freep) hf_syntax_parser *p = calloc(1, sizeof(*p));
    const TSLanguage *language = tree_sitter_python();
    if (!p || !make_tables(p, language))
        return hf_fail_memory();
    p->parser = ts_parser_new();
    if (!p->parser || !ts_parser_set_language(p->parser, language))
        return hf_fail_memory();
    *ret = hf_take(p);
    return NULL;
}

bool hf_syntax_init(hf_syntax *s)
{
    memset(s, 0, sizeof(*s));
    return hf_strtab_init(&s->names);
}

void hf_syntax_deinit(hf_syntax *s)
{
    free(s->nodes);
    free(s->comments);
    free(s->damage);
    free(s->lines);
    free(s->path);
    hf_strtab_deinit(&s->names);
    memset(s, 0, sizeof(*s));
}

static bool find_lines(hf_syntax *s)
{
    s->line_count = 0;
    const char *p = s->text, *end = s->text + s->length;
    do {
        if (!hf_array_room(&s->lines, s->line_count, &s->line_capacity))
            return false;
        s->lines[s->line_count++] = (uint32_t)(p - s->text);
        p = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
    } while (p && ++p);
    return true;
}

/* What the copy does with a node of tree-sitter. */
typedef enum fate { KEEP, ENTER, SKIP, FAIL } fate;

static bool is_statement(const hf_syntax *s, uint32_t parent)
{
    hf_kind kind = hf_kind_of(s, parent);
    return kind == HF_KIND_BLOCK || kind == HF_KIND_MODULE;
}

/* Statements that hold others: damage inside them is looked for there. */
static bool is_compound(hf_kind kind)
{
    return (kind >= HF_KIND_IF && kind <= HF_KIND_DECORATED) || kind == HF_KIND_BLOCK ||
           kind == HF_KIND_MODULE;
}

static bool count_damage(hf_syntax *s, TSNode node)
{
    if (!hf_array_room(&s->damage, s->damaged, &s->damage_capacity))
        return false;
    if (s->damaged == 0)
        s->damaged_line = ts_node_start_point(node).row + 1;
    s->damage[s->damaged++] = (hf_span){ts_node_start_byte(node), ts_node_end_byte(node)};
    return true;
}

static fate judge(hf_syntax *s, TSNode node, hf_kind kind, hf_field field, uint32_t parent)
{
    bool lost =
        ts_node_is_error(node) || ts_node_is_missing(node) ||
        (s->count && is_statement(s, parent) && !is_compound(kind) && ts_node_has_error(node));
    if (lost)
        return count_damage(s, node) ? SKIP : FAIL;
    if (ts_node_is_named(node) || field || kind == HF_KIND_ASYNC)
        return KEEP;
    return ENTER;
}

static bool add_comment(hf_syntax *s, TSNode node)
{
    if (!hf_array_room(&s->comments, s->comment_count, &s->comment_capacity))
        return false;
    s->comments[s->comment_count++] = (hf_span){ts_node_start_byte(node), ts_node_end_byte(node)};
    return true;
}

static bool add_node(hf_syntax *s, TSNode node, hf_kind kind, hf_field field, uint32_t parent)
{
    if (!hf_array_room(&s->nodes, s->count, &s->capacity))
        return false;
    hf_node *n = &s->nodes[s->count++];
    *n = (hf_node){.start = ts_node_start_byte(node),
                   .end = ts_node_end_byte(node),
                   .parent = parent,
                   .name = HF_STR_NONE,
                   .kind = (uint8_t)kind,
                   .field = (uint8_t)field};
    if (kind == HF_KIND_IDENTIFIER) {
        n->name = hf_strtab_add(&s->names, s->text + n->start, n->end - n->start);
        return n->name != HF_STR_NONE;
    }
    return true;
}

/* One node; *ret_enter: its children come next. */
static bool copy_node(hf_syntax_parser *p, hf_syntax *s, uint32_t parent, bool *ret_enter,
                      bool *ret_kept)
{
    TSNode node = ts_tree_cursor_current_node(&p->cursor);
    TSSymbol symbol = ts_node_symbol(node);
    hf_kind kind = symbol < p->symbol_count ? (hf_kind)p->kinds[symbol] : HF_KIND_OTHER;
    TSFieldId id = ts_tree_cursor_current_field_id(&p->cursor);
    hf_field field = id <= p->field_count ? (hf_field)p->fields[id] : HF_FIELD_NONE;
    *ret_enter = *ret_kept = false;
    if (kind == HF_KIND_COMMENT)
        return add_comment(s, node);
    fate what = s->count ? judge(s, node, kind, field, parent) : KEEP;
    if (what == SKIP || what == FAIL)
        return what == SKIP;
    *ret_enter = true;
    *ret_kept = what == KEEP;
    return what == ENTER || add_node(s, node, kind, field, parent);
}

/* Walks the whole tree without recursion. `path` has, for each open level, the node of ours that it
 * stands for. */
static bool copy_tree(hf_syntax_parser *p, hf_syntax *s)
{
    uint32_t depth = 0, parent = 0;
    for (;;) {
        bool enter, kept;
        if (!copy_node(p, s, parent, &enter, &kept))
            return false;
        uint32_t own = kept ? s->count - 1 : parent;
        if (enter && ts_tree_cursor_goto_first_child(&p->cursor)) {
            if (!hf_array_room(&s->path, depth, &s->path_capacity))
                return false;
            s->path[depth++] = kept ? own + 1 : 0;
            parent = own;
            continue;
        }
        if (kept)
            s->nodes[own].after = s->count;
        while (!ts_tree_cursor_goto_next_sibling(&p->cursor)) {
            if (depth == 0 || !ts_tree_cursor_goto_parent(&p->cursor))
                return true;
            uint32_t closed = s->path[--depth];
            if (closed) {
                s->nodes[closed - 1].after = s->count;
                parent = s->nodes[closed - 1].parent;
            }
        }
    }
}

static bool past_deadline(TSParseState *state)
{
    struct timespec now, *deadline = state->payload;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec > deadline->tv_sec ||
           (now.tv_sec == deadline->tv_sec && now.tv_nsec > deadline->tv_nsec);
}

typedef struct whole_text {
    const char *text;
    uint32_t length;
} whole_text;

static const char *read_text(void *payload, uint32_t offset, TSPoint point, uint32_t *ret_length)
{
    (void)point;
    const whole_text *whole = payload;
    *ret_length = offset < whole->length ? whole->length - offset : 0;
    return *ret_length ? whole->text + offset : "";
}

static TSTree *parse(hf_syntax_parser *p, const char *text, uint32_t length, double seconds)
{
    ts_parser_reset(p->parser);
    if (seconds <= 0)
        return ts_parser_parse_string(p->parser, NULL, text, length);
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    uint64_t ends = (uint64_t)deadline.tv_nsec + (uint64_t)(seconds * 1e9);
    deadline.tv_sec += (time_t)(ends / 1000000000);
    deadline.tv_nsec = (long)(ends % 1000000000);
    whole_text whole = {text, length};
    return ts_parser_parse_with_options(
        p->parser, NULL, (TSInput){&whole, read_text, TSInputEncodingUTF8, NULL},
        (TSParseOptions){.payload = &deadline, .progress_callback = past_deadline});
}

hf_err *hf_syntax_parse(hf_syntax_parser *p, const char *text, size_t length, double seconds,
                        hf_syntax *s)
{
    if (length >= UINT32_MAX)
        return hf_fail(HF_ERR_USAGE, "larger than 4 GB");
    s->text = text = text ? text : ""; /* of an empty buffer */
    s->length = (uint32_t)length;
    s->count = s->comment_count = s->damaged = s->damaged_line = 0;
    hf_strtab_deinit(&s->names);
    if (!hf_strtab_init(&s->names) || !find_lines(s))
        return hf_fail_memory();
    TSTree *tree = parse(p, text, s->length, seconds);
    if (!tree)
        return hf_fail(HF_ERR_INTERRUPTED, "not parsed within %g seconds", seconds);
    TSNode root = ts_tree_root_node(tree);
    if (p->cursor_made) {
        ts_tree_cursor_reset(&p->cursor, root);
    } else {
        p->cursor = ts_tree_cursor_new(root);
        p->cursor_made = true;
    }
    bool copied = (!ts_node_is_error(root) || count_damage(s, root)) && copy_tree(p, s);
    ts_tree_delete(tree);
    if (!copied)
        return hf_fail_memory();
    s->nodes[0].kind = HF_KIND_MODULE; /* a file that is one error has no module of its own */
    return NULL;
}

void hf_syntax_parse_only(hf_syntax_parser *p, const char *text, size_t length)
{
    if (length < UINT32_MAX)
        ts_tree_delete(parse(p, text, (uint32_t)length, 0));
}

uint32_t hf_child(const hf_syntax *s, uint32_t node, hf_field field)
{
    for (uint32_t c = hf_first_child(s, node); c; c = hf_next_sibling(s, c))
        if (s->nodes[c].field == field)
            return c;
    return 0;
}

uint32_t hf_child_kind(const hf_syntax *s, uint32_t node, hf_kind kind)
{
    for (uint32_t c = hf_first_child(s, node); c; c = hf_next_sibling(s, c))
        if (s->nodes[c].kind == kind)
            return c;
    return 0;
}

uint32_t hf_child_at(const hf_syntax *s, uint32_t node, uint32_t n)
{
    uint32_t c = hf_first_child(s, node);
    while (c && n--)
        c = hf_next_sibling(s, c);
    return c;
}

uint32_t hf_unwrapped(const hf_syntax *s, uint32_t node)
{
    while (node && hf_kind_of(s, node) == HF_KIND_PARENTHESES)
        node = hf_first_child(s, node);
    return node;
}

uint32_t hf_enclosing(const hf_syntax *s, uint32_t node, hf_kind kind)
{
    for (unsigned step = 0; node && step < HF_CLIMB_MAX; step++) {
        node = hf_parent(s, node);
        if (node && hf_kind_of(s, node) == kind)
            return node;
    }
    return 0;
}

uint32_t hf_line_of(const hf_syntax *s, uint32_t offset)
{
    uint32_t low = 0, high = s->line_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (s->lines[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return low + 1;
}

uint32_t hf_column_of(const hf_syntax *s, uint32_t offset)
{
    uint32_t column = 1;
    for (uint32_t i = s->lines[hf_line_of(s, offset) - 1]; i < offset; i++)
        column += (s->text[i] & 0xc0) != 0x80;
    return column;
}

bool hf_text_is(const hf_syntax *s, uint32_t node, const char *text)
{
    size_t length = s->nodes[node].end - s->nodes[node].start;
    return strlen(text) == length && memcmp(s->text + s->nodes[node].start, text, length) == 0;
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (c & 0x80);
}

bool hf_damage_mentions(const hf_syntax *s, const char *word, size_t length)
{
    for (uint32_t i = 0; i < s->damaged && length; i++) {
        const char *p = s->text + s->damage[i].start, *end = s->text + s->damage[i].end;
        for (; (p = memmem(p, (size_t)(end - p), word, length)); p += length) {
            bool begins = p == s->text || !is_word_byte(p[-1]);
            bool ends = p + length == s->text + s->length || !is_word_byte(p[length]);
            if (begins && ends)
                return true;
        }
    }
    return false;
}

const char *hf_identifier_text(const hf_syntax *s, uint32_t node)
{
    return node && s->nodes[node].name != HF_STR_NONE
               ? hf_strtab_get(&s->names, s->nodes[node].name)
               : "";
}
