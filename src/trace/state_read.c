/* trace/state_read.c - see trace/state_read.h. */
#include "trace/state_read.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

#define MOST (1ULL << 59) /* no counter is larger */

static hf_err *read_at(int fd, const char *name, void *ret, size_t length, uint64_t offset)
{
    uint8_t *p = ret;
    while (length) {
        ssize_t n = pread(fd, p, length, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return hf_fail_sys(errno, "cannot read '%s'", name);
        if (n == 0)
            return hf_fail(HF_ERR_DAMAGED, "'%s' is cut off", name);
        p += n;
        offset += (uint64_t)n;
        length -= (size_t)n;
    }
    return NULL;
}

/* Rows from the file; one more than asked for is allocated, so that none is not no memory. */
static hf_err *read_rows(int fd, const char *name, uint64_t at, size_t count, size_t size,
                         void *ret)
{
    HF_AUTO(hf_freep) void *rows = malloc((count + 1) * size);
    if (!rows)
        return hf_fail_memory();
    hf_err *err = read_at(fd, name, rows, count * size, at);
    if (!err)
        *(void **)ret = hf_take(rows);
    return err;
}

hf_err *hf_state_read_header(int fd, const char *name, hf_state_header *ret)
{
    hf_state_header h;
    hf_err *err = read_at(fd, name, &h, sizeof(h), 0);
    if (err)
        return err;
    if (memcmp(h.magic, HF_STATE_MAGIC, sizeof(h.magic)) != 0 || h.version != HF_STATE_VERSION)
        return hf_fail(HF_ERR_NOT_OURS, "'%s' is no state of a traced process", name);
    if (h.node_count < HF_STATE_FIRST || h.node_count > HF_STATE_NODES_MAX || h.code_count < 1 ||
        h.code_count > HF_STATE_CODES_MAX || h.text_length > HF_STATE_TEXT_MAX ||
        h.lines > HF_STATE_LINES_LOCATIONS || h.mode >= HF_TRACE_MODE_END ||
        h.sample_bytes > HF_STATE_SAMPLE_MAX || h.pid <= 0)
        return hf_fail(HF_ERR_DAMAGED, "'%s' is damaged", name);
    h.command[sizeof(h.command) - 1] = 0;
    *ret = h;
    return NULL;
}

hf_err *hf_state_read_counters(int fd, const char *name, hf_state_counter *ret, size_t count)
{
    hf_err *err = read_at(fd, name, ret, count * sizeof(*ret), HF_STATE_COUNTERS_AT);
    for (size_t i = 0; i < count && !err; i++) { /* of a process that writes on, or lies */
        hf_state_counter *c = &ret[i];
        if (c->allocated_bytes > MOST || c->allocated_blocks > MOST || c->temporary_bytes > MOST ||
            c->temporary_blocks > MOST)
            *c = (hf_state_counter){0};
        if (c->peak_bytes > c->allocated_bytes)
            c->peak_bytes = c->allocated_bytes;
        if (c->freed_bytes > c->allocated_bytes)
            c->freed_bytes = c->allocated_bytes;
        if (c->freed_blocks > c->allocated_blocks)
            c->freed_blocks = c->allocated_blocks;
    }
    return err;
}

/* A kind that may have nodes below it. */
static bool calls(uint32_t kind)
{
    return kind == HF_STATE_PYTHON || kind == HF_STATE_BLOCK || kind == HF_STATE_FUNCTION;
}

static bool is_sound(const hf_state *s)
{
    const hf_state_header *h = &s->header;
    for (uint32_t i = HF_STATE_FIRST; i < h->node_count; i++) {
        const hf_state_node *n = &s->nodes[i];
        bool python = n->kind == HF_STATE_PYTHON, function = n->kind == HF_STATE_FUNCTION;
        bool below_rest = n->parent == HF_STATE_REST || n->parent == HF_STATE_REST_NATIVE;
        if (n->parent == 0 || below_rest || n->parent >= i || n->kind > HF_STATE_FUNCTION ||
            n->code >= h->code_count || (!function && (n->code != 0) != python) ||
            (function && n->instruction < 0) || !calls(s->nodes[n->parent].kind))
            return false;
    }
    for (uint32_t i = 1; i < h->code_count; i++) {
        const hf_state_code *c = &s->codes[i];
        uint64_t end = (uint64_t)c->text + c->file_length + c->name_length + c->lines_length;
        if (end > h->text_length || c->first_line >= INT32_MAX)
            return false;
    }
    return true;
}

hf_err *hf_state_read(int fd, const char *name, hf_state *ret)
{
    hf_state s HF_AUTO(hf_state_deinit) = {0};
    hf_err *err = hf_state_read_header(fd, name, &s.header);
    const hf_state_header *h = &s.header;
    if (!err)
        err = read_rows(fd, name, HF_STATE_NODES_AT, h->node_count, sizeof(*s.nodes), &s.nodes);
    if (!err)
        err = read_rows(fd, name, HF_STATE_CODES_AT, h->code_count, sizeof(*s.codes), &s.codes);
    if (!err)
        err = read_rows(fd, name, HF_STATE_TEXT_AT, h->text_length, 1, &s.text);
    if (!err && !(s.counters = malloc(h->node_count * sizeof(*s.counters))))
        err = hf_fail_memory();
    if (!err)
        err = hf_state_read_counters(fd, name, s.counters, h->node_count);
    if (err)
        return err;
    s.nodes[HF_STATE_ROOT] = (hf_state_node){0};
    s.nodes[HF_STATE_REST] = s.nodes[HF_STATE_REST_NATIVE] =
        (hf_state_node){.parent = HF_STATE_ROOT};
    if (!is_sound(&s))
        return hf_fail(HF_ERR_DAMAGED, "'%s' is damaged", name);
    *ret = hf_take(s);
    return NULL;
}

void hf_state_deinit(hf_state *s)
{
    free(s->nodes);
    free(s->counters);
    free(s->codes);
    free(s->text);
    *s = (hf_state){0};
}

uint64_t hf_state_live(const hf_state_header *h)
{
    uint64_t live = h->python_live + h->native_live;
    return live > INT64_MAX ? 0 : live;
}

hf_count hf_state_peak_of(const hf_state_counter *c, const hf_state_header *h)
{
    if (hf_state_live(h) <= h->peak && c->epoch == h->epoch)
        return (hf_count){c->peak_bytes, c->peak_blocks};
    return (hf_count){c->allocated_bytes - c->freed_bytes, c->allocated_blocks - c->freed_blocks};
}
