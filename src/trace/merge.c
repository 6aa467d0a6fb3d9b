/* trace/merge.c - see trace/merge.h. Instructions become lines here, and what CPython does not
 * count as a line of a function goes to its caller: frames that are still being made, and
 * calls of C. */
#include "trace/merge.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "trace/lines.h"

#include <string.h>

#define MOST (1ULL << 59) /* what a capture can say of a node is more */

struct hf_merge {
    hf_capture *capture;
    hf_strtab code_keys; /* file, name and line of each code, as 12 bytes: its number - 1 */
    int64_t *parents;    /* pid of who made each process */
    size_t code_room, node_room, count_room;
    uint32_t block; /* only what is below it; 0: all */
};

hf_err *hf_merge_new(uint64_t start, hf_merge **ret)
{
    hf_merge *m = calloc(1, sizeof(*m));
    if (!m)
        return hf_fail_memory();
    if (!hf_strtab_init(&m->code_keys)) {
        free(m);
        return hf_fail_memory();
    }
    hf_err *err = hf_capture_new(&m->capture);
    if (err) {
        hf_merge_free(m);
        return err;
    }
    m->capture->info.start = start;
    *ret = m;
    return NULL;
}

void hf_merge_only(hf_merge *m, uint32_t block)
{
    m->block = block;
}

void hf_merge_free(hf_merge *m)
{
    if (!m)
        return;
    hf_capture_free(m->capture);
    hf_strtab_deinit(&m->code_keys);
    free(m->parents);
    free(m);
}

/* The number of a code of the capture; HF_NODE_NONE without memory. */
static uint32_t code_with(hf_merge *m, uint32_t file, uint32_t name, uint32_t first_line)
{
    hf_capture *c = m->capture;
    const uint32_t key[] = {file, name, first_line};
    uint32_t found = hf_strtab_add(&m->code_keys, (const char *)key, sizeof(key));
    if (file == HF_STR_NONE || name == HF_STR_NONE || found == HF_STR_NONE)
        return HF_NODE_NONE;
    if (found - 1 < c->code_count)
        return found - 1;
    if (!hf_array_room(&c->codes, c->code_count, &m->code_room))
        return HF_NODE_NONE;
    c->codes[c->code_count] = (hf_code){.file = file, .name = name, .first_line = first_line};
    return (uint32_t)c->code_count++;
}

/* The number of a code of the state among those of the capture; HF_NODE_NONE without memory. */
static uint32_t code_of(hf_merge *m, const hf_state *s, uint32_t number)
{
    hf_capture *c = m->capture;
    const hf_state_code *code = &s->codes[number];
    const char *text = (const char *)s->text + code->text;
    uint32_t file = hf_strtab_add(&c->texts, text, code->file_length);
    uint32_t name = hf_strtab_add(&c->texts, text + code->file_length, code->name_length);
    return code_with(m, file, name, code->first_line);
}

/* The code of native code that is in no binary; likewise. */
static uint32_t unknown_code(hf_merge *m)
{
    hf_strtab *texts = &m->capture->texts;
    return code_with(m, hf_strtab_add(texts, "", 0), hf_strtab_add(texts, "?", 1), 0);
}

static bool add_node(hf_merge *m, const hf_node *node)
{
    hf_capture *c = m->capture;
    if (!hf_array_room(&c->nodes, c->node_count, &m->node_room) ||
        !hf_array_room(&c->counts, c->node_count, &m->count_room))
        return false;
    c->counts[c->node_count] = (hf_counts){0};
    c->nodes[c->node_count++] = *node;
    return true;
}

/* What a process's nodes are merged with: nodes that are equal once instructions are lines. */
typedef struct tree {
    hf_strtab keys; /* of each node but the first, as bytes: its number after the first */
    uint32_t first, process;
    const uint32_t *codes; /* of the capture, by number in the state */
    hf_line_place *places; /* in the tables of lines of these */
} tree;

static uint32_t node_like(hf_merge *m, tree *t, const hf_node *node)
{
    const uint32_t key[] = {node->parent, (uint32_t)node->kind, node->code, node->line};
    uint32_t found = hf_strtab_add(&t->keys, (const char *)key, sizeof(key));
    if (found == HF_STR_NONE)
        return HF_NODE_NONE;
    if (t->first + found < m->capture->node_count)
        return t->first + found;
    return add_node(m, node) ? t->first + found : HF_NODE_NONE;
}

/* The node of the capture for a node of the state, whose parent has become `parent`. */
static uint32_t place_node(hf_merge *m, tree *t, const hf_state *s, uint32_t number,
                           uint32_t parent)
{
    const hf_state_node *n = &s->nodes[number];
    hf_node node = {.parent = parent, .process = t->process};
    if (number == HF_STATE_REST || number == HF_STATE_REST_NATIVE) {
        node.kind = HF_NODE_OTHER;
    } else if (n->kind == HF_STATE_BLOCK) {
        return parent;                         /* it is part of the run as well */
    } else if (n->kind == HF_STATE_FUNCTION) { /* its name is found by hf_symbolize() */
        node.kind = HF_NODE_FUNCTION;
        node.code = n->code ? t->codes[n->code] : unknown_code(m);
        node.line = (uint32_t)n->instruction;
        if (node.code == HF_NODE_NONE)
            return HF_NODE_NONE;
    } else if (n->kind != HF_STATE_PYTHON) {
        node.kind = n->kind == HF_STATE_NATIVE ? HF_NODE_NATIVE : HF_NODE_MAPPING;
    } else {
        const hf_state_code *code = &s->codes[n->code];
        if (n->instruction < code->first_traceable)
            return parent;
        node.kind = HF_NODE_PYTHON;
        node.code = t->codes[n->code];
        node.line = hf_instruction_line(
            (hf_state_lines)s->header.lines,
            s->text + code->text + code->file_length + code->name_length, code->lines_length,
            code->first_line, n->instruction, &t->places[n->code]);
    }
    return node_like(m, t, &node);
}

/* Adds what a node of the state has; at the peak of its process, see trace/state.h. */
static void add_counts(hf_counts *sum, const hf_state_counter *n, const hf_state_header *h)
{
    hf_counts one = {
        .total = {n->allocated_bytes, n->allocated_blocks},
        .live = {n->allocated_bytes - n->freed_bytes, n->allocated_blocks - n->freed_blocks},
        .temporary = {n->temporary_bytes, n->temporary_blocks}};
    one.peak = hf_state_peak_of(n, h);
    hf_counts_add(sum, &one);
    hf_count *const all[] = {&sum->total, &sum->live, &sum->peak, &sum->temporary};
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) { /* only nonsense is that large */
        all[i]->bytes = all[i]->bytes < MOST ? all[i]->bytes : MOST;
        all[i]->blocks = all[i]->blocks < MOST ? all[i]->blocks : MOST;
    }
}

static hf_err *add_nodes(hf_merge *m, tree *t, const hf_state *s, uint32_t *nodes)
{
    hf_capture *c = m->capture;
    nodes[0] = nodes[HF_STATE_ROOT] = t->first;
    if (m->block) { /* what is not below it becomes no node */
        for (uint32_t i = 1; i < s->header.node_count; i++)
            nodes[i] = HF_NODE_NONE;
        if (m->block >= s->header.node_count || s->nodes[m->block].kind != HF_STATE_BLOCK)
            return hf_fail(HF_ERR_NOT_FOUND, "the process has no such block");
    }
    for (uint32_t i = HF_STATE_ROOT; i < s->header.node_count; i++) {
        if (m->block && i != m->block &&
            (i < HF_STATE_FIRST || nodes[s->nodes[i].parent] == HF_NODE_NONE))
            continue;
        bool rest = i == HF_STATE_REST || i == HF_STATE_REST_NATIVE;
        if (rest && !s->counters[i].allocated_blocks) {
            nodes[i] = t->first; /* nothing was without room */
            continue;
        }
        if (i == m->block)
            nodes[i] = t->first;
        else if (i != HF_STATE_ROOT)
            nodes[i] = place_node(m, t, s, i, nodes[s->nodes[i].parent]);
        if (nodes[i] == HF_NODE_NONE)
            return hf_fail_memory();
        add_counts(&c->counts[nodes[i]], &s->counters[i], &s->header);
    }
    return NULL;
}

/* The words of the command line with blanks between. */
static uint32_t command_of(hf_capture *c, const hf_state_header *h)
{
    char text[sizeof(h->command)];
    size_t length = 0;
    for (size_t i = 0; i + 1 < sizeof(text) && (h->command[i] || h->command[i + 1]); i++)
        text[length++] = h->command[i] ? h->command[i] : ' ';
    return hf_strtab_add(&c->texts, text, length);
}

/* The newest process of that pid which began before `start`, other than `self`. */
static uint32_t process_before(const hf_capture *c, int64_t pid, uint64_t start, size_t self)
{
    uint32_t found = UINT32_MAX;
    for (size_t i = 0; i < c->process_count; i++) {
        const hf_traced_process *p = &c->processes[i];
        if (i != self && p->pid == pid && p->start <= start &&
            (found == UINT32_MAX || c->processes[found].start < p->start))
            found = (uint32_t)i;
    }
    return found;
}

/* Who made whom is known when all are there: children often end first. A process that became
 * another program by exec has made the one that it is now. */
static void find_parents(hf_merge *m)
{
    hf_capture *c = m->capture;
    for (size_t i = 0; i < c->process_count; i++) {
        hf_traced_process *p = &c->processes[i];
        p->parent = process_before(c, p->pid, p->start, i);
        if (p->parent == UINT32_MAX)
            p->parent = process_before(c, m->parents[i], p->start, i);
    }
}

hf_capture *hf_merge_take(hf_merge *m)
{
    find_parents(m);
    return hf_take(m->capture);
}

static hf_err *add_process(hf_merge *m, const hf_state *s, uint64_t end, uint32_t flags)
{
    hf_capture *c = m->capture;
    const hf_state_header *h = &s->header;
    if (!hf_array_next(&c->processes, c->process_count) ||
        !hf_array_next(&m->parents, c->process_count))
        return hf_fail_memory();
    m->parents[c->process_count] = h->parent;
    if (!c->process_count) { /* all are traced alike */
        c->info.mode = (hf_trace_mode)h->mode;
        c->info.sample_bytes = h->sample_bytes;
    }
    uint64_t start = c->info.start, live = hf_state_live(h);
    hf_traced_process *p = &c->processes[c->process_count];
    *p = (hf_traced_process){.pid = h->pid, .root = (uint32_t)c->node_count, .version = h->python};
    p->command = command_of(c, h);
    p->flags = (h->flags | flags) & HF_TRACED_FLAGS;
    p->start = h->start > start ? h->start - start : 0;
    p->end = end > start ? end - start : 0;
    p->peak = live > h->peak ? live : h->peak;
    uint64_t peak_time = live > h->peak ? end : h->peak_clock;
    p->peak_time = peak_time > start ? peak_time - start : 0;
    p->dropped = h->dropped;
    c->process_count++;
    return p->command == HF_STR_NONE ? hf_fail_memory() : NULL;
}

static void free_tree(tree *t)
{
    hf_strtab_deinit(&t->keys);
}

hf_err *hf_merge_add(hf_merge *m, const hf_state *s, uint64_t end, uint32_t flags,
                     uint32_t **ret_nodes)
{
    hf_capture *c = m->capture;
    HF_AUTO(hf_freep) uint32_t *nodes = malloc(s->header.node_count * sizeof(*nodes));
    HF_AUTO(hf_freep) uint32_t *codes = malloc(s->header.code_count * sizeof(*codes));
    HF_AUTO(hf_freep) hf_line_place *places = calloc(s->header.code_count, sizeof(*places));
    tree t HF_AUTO(free_tree) = {
        .first = (uint32_t)c->node_count, .codes = codes, .places = places};
    if (!nodes || !codes || !places || !hf_strtab_init(&t.keys))
        return hf_fail_memory();
    for (uint32_t i = 1; i < s->header.code_count; i++)
        if ((codes[i] = code_of(m, s, i)) == HF_NODE_NONE)
            return hf_fail_memory();
    t.process = (uint32_t)c->process_count;
    hf_err *err = add_process(m, s, end, flags);
    if (!err &&
        !add_node(
            m, &(hf_node){.parent = HF_NODE_NONE, .process = t.process, .kind = HF_NODE_PROCESS}))
        err = hf_fail_memory();
    if (!err)
        err = add_nodes(m, &t, s, nodes);
    if (!err)
        *ret_nodes = hf_take(nodes);
    return err;
}
