/* trace/code_lines.c - see trace/code_lines.h. */
#include "trace/code_lines.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "base/map.h"

#include <fnmatch.h>
#include <string.h>

void hf_code_lines_deinit(hf_code_lines *l)
{
    free(l->functions);
    free(l->lines);
    *l = (hf_code_lines){0};
}

static bool matches(const hf_capture *c, const char *pattern, uint32_t text)
{
    return !pattern || fnmatch(pattern, hf_strtab_get(&c->texts, text), 0) == 0;
}

/* Of each code its function; UINT32_MAX: not wanted. */
static hf_err *find_functions(const hf_capture *c, const char *function, const char *file,
                              hf_code_lines *l, uint32_t **ret)
{
    hf_map known HF_AUTO(hf_map_deinit) = {0};
    HF_AUTO(hf_freep) uint32_t *functions = malloc((c->code_count + 1) * sizeof(*functions));
    l->functions = calloc(c->code_count + 1, sizeof(*l->functions));
    if (!functions || !l->functions)
        return hf_fail_memory();
    for (uint32_t i = 0; i < c->code_count; i++) {
        const hf_code *code = &c->codes[i];
        functions[i] = UINT32_MAX;
        if (!matches(c, function, code->name) || !matches(c, file, code->file))
            continue;
        uint64_t key = (uint64_t)code->file << 32 | code->name;
        uint32_t number = hf_map_get(&known, key);
        if (number == HF_MAP_NONE) {
            number = (uint32_t)l->function_count++;
            l->functions[number] = (hf_code_function){.code = i, .first_line = code->first_line};
            if (!hf_map_put(&known, key, number))
                return hf_fail_memory();
        }
        if (code->first_line < l->functions[number].first_line)
            l->functions[number].first_line = code->first_line;
        functions[i] = number;
    }
    *ret = hf_take(functions);
    return NULL;
}

/* Of each node its row among the lines, made where it is new; UINT32_MAX: of no wanted function. */
static hf_err *find_lines(const hf_capture *c, const uint32_t *functions, int64_t pid,
                          hf_code_lines *l, uint32_t **ret)
{
    hf_map known HF_AUTO(hf_map_deinit) = {0};
    HF_AUTO(hf_freep) uint32_t *rows = malloc((c->node_count + 1) * sizeof(*rows));
    size_t room = 0;
    if (!rows)
        return hf_fail_memory();
    for (size_t i = 0; i < c->node_count; i++) {
        const hf_node *n = &c->nodes[i];
        rows[i] = UINT32_MAX;
        if (n->kind != HF_NODE_PYTHON || functions[n->code] == UINT32_MAX ||
            (pid && c->processes[n->process].pid != pid))
            continue;
        uint64_t key = (uint64_t)functions[n->code] << 32 | n->line;
        rows[i] = hf_map_get(&known, key);
        if (rows[i] != HF_MAP_NONE)
            continue;
        if (!hf_array_room(&l->lines, l->line_count, &room))
            return hf_fail_memory();
        rows[i] = (uint32_t)l->line_count++;
        l->lines[rows[i]] = (hf_code_line){.function = functions[n->code], .line = n->line};
        if (!hf_map_put(&known, key, rows[i]))
            return hf_fail_memory();
    }
    *ret = hf_take(rows);
    return NULL;
}

/* The tree on foot: how many calls of each line and function are open. */
typedef struct walk {
    uint32_t *first, *next;      /* children of each node, as lists; HF_NODE_NONE: none */
    uint32_t *lines, *functions; /* open calls */
} walk;

static void free_walk(walk *w)
{
    free(w->first);
    free(w->next);
    free(w->lines);
    free(w->functions);
}

static bool begin_walk(const hf_capture *c, const hf_code_lines *l, walk *w)
{
    w->first = malloc((c->node_count + 1) * sizeof(*w->first));
    w->next = malloc((c->node_count + 1) * sizeof(*w->next));
    w->lines = calloc(l->line_count + 1, sizeof(*w->lines));
    w->functions = calloc(l->function_count + 1, sizeof(*w->functions));
    if (!w->first || !w->next || !w->lines || !w->functions)
        return false;
    memset(w->first, 0xff, (c->node_count + 1) * sizeof(*w->first));
    for (size_t i = c->node_count; i-- > 0;) {
        uint32_t parent = c->nodes[i].parent;
        w->next[i] = parent == HF_NODE_NONE ? HF_NODE_NONE : w->first[parent];
        if (parent != HF_NODE_NONE)
            w->first[parent] = (uint32_t)i;
    }
    return true;
}

/* A call counts where none of the same line, or function, is open. */
static void enter(hf_code_lines *l, walk *w, uint32_t row, const hf_counts *sums)
{
    uint32_t function = l->lines[row].function;
    if (!w->lines[row]++)
        hf_counts_add(&l->lines[row].counts, sums);
    if (!w->functions[function]++)
        hf_counts_add(&l->functions[function].counts, sums);
}

static void leave(const hf_code_lines *l, walk *w, uint32_t row)
{
    w->lines[row]--;
    w->functions[l->lines[row].function]--;
}

static hf_err *add_up(const hf_capture *c, const uint32_t *rows, hf_code_lines *l)
{
    walk w HF_AUTO(free_walk) = {0};
    HF_AUTO(hf_freep) hf_counts *sums = NULL;
    hf_err *err = hf_capture_add_up(c, &sums);
    if (!err && !begin_walk(c, l, &w))
        err = hf_fail_memory();
    for (size_t i = 0; i < c->process_count && !err; i++) {
        uint32_t at = c->processes[i].root;
        while (at != HF_NODE_NONE) {
            if (rows[at] != UINT32_MAX)
                enter(l, &w, rows[at], &sums[at]);
            uint32_t next = w.first[at];
            while (next == HF_NODE_NONE && at != HF_NODE_NONE) {
                if (rows[at] != UINT32_MAX)
                    leave(l, &w, rows[at]);
                next = w.next[at];
                at = c->nodes[at].parent;
            }
            at = next;
        }
    }
    return err;
}

/* qsort() hands no context on: functions carry their number of before in `first`. */
static int by_peak(const void *a, const void *b)
{
    const hf_code_function *x = a, *y = b;
    if (x->counts.peak.bytes != y->counts.peak.bytes)
        return x->counts.peak.bytes < y->counts.peak.bytes ? 1 : -1;
    if (x->counts.total.bytes != y->counts.total.bytes)
        return x->counts.total.bytes < y->counts.total.bytes ? 1 : -1;
    return x->first < y->first ? -1 : x->first > y->first;
}

static int by_function_and_line(const void *a, const void *b)
{
    const hf_code_line *x = a, *y = b;
    if (x->function != y->function)
        return x->function < y->function ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

static hf_err *order(hf_code_lines *l)
{
    HF_AUTO(hf_freep) uint32_t *numbers = malloc((l->function_count + 1) * sizeof(*numbers));
    if (!numbers)
        return hf_fail_memory();
    for (size_t i = 0; i < l->function_count; i++)
        l->functions[i].first = i;
    if (l->function_count)
        qsort(l->functions, l->function_count, sizeof(*l->functions), by_peak);
    for (size_t i = 0; i < l->function_count; i++) {
        numbers[l->functions[i].first] = (uint32_t)i;
        l->functions[i].first = 0;
    }
    for (size_t i = 0; i < l->line_count; i++)
        l->lines[i].function = numbers[l->lines[i].function];
    if (l->line_count)
        qsort(l->lines, l->line_count, sizeof(*l->lines), by_function_and_line);
    for (size_t i = 0; i < l->line_count; i++) {
        hf_code_function *f = &l->functions[l->lines[i].function];
        if (!f->count++)
            f->first = i;
    }
    /* What was never called while it was traced has nothing, and so is last. */
    while (l->function_count && !l->functions[l->function_count - 1].count)
        l->function_count--;
    return NULL;
}

hf_err *hf_code_lines_compute(const hf_capture *c, const char *function, const char *file,
                              int64_t pid, hf_code_lines *ret)
{
    hf_code_lines l HF_AUTO(hf_code_lines_deinit) = {0};
    HF_AUTO(hf_freep) uint32_t *functions = NULL;
    HF_AUTO(hf_freep) uint32_t *rows = NULL;
    hf_err *err = find_functions(c, function, file, &l, &functions);
    if (!err)
        err = find_lines(c, functions, pid, &l, &rows);
    if (!err)
        err = add_up(c, rows, &l);
    if (!err)
        err = order(&l);
    if (err)
        return err;
    *ret = hf_take(l);
    return NULL;
}
