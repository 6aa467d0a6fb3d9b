/* present/cli/births.c - see present/cli/births.h. */
#include "present/cli/births.h"

#include "base/cleanup.h"
#include "present/cli/running.h"
#include "trace/lines.h"
#include "trace/state_read.h"

#include <fcntl.h>
#include <time.h>

static void set_place(hf_birth *b, const hf_state *s, const hf_state_node *n, hf_strtab *texts)
{
    const hf_state_code *code = &s->codes[n->code];
    if (n->kind != HF_STATE_PYTHON || !n->code || n->instruction < code->first_traceable)
        return;
    const char *text = (const char *)s->text + code->text;
    uint32_t file = hf_strtab_add(texts, text, code->file_length);
    b->file = file == HF_STR_NONE ? 0 : file;
    b->line = hf_instruction_line((hf_state_lines)s->header.lines,
                                  (const uint8_t *)text + code->file_length + code->name_length,
                                  code->lines_length, code->first_line, n->instruction, NULL);
}

/* Who watches the process tells it the time; without him it goes on writing down the last one. */
static void set_times(hf_births *b, const hf_state_header *h)
{
    enum { SILENT = 1000000000 }; /* ns */
    b->start = h->start;
    uint64_t clock = h->clock > h->start ? h->clock : h->start;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (clock + SILENT < (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec)
        b->end = clock;
}

static hf_births *births_from(const hf_state *s)
{
    hf_births *b = calloc(1, sizeof(*b));
    uint32_t count = s->header.node_count;
    if (!b || !hf_strtab_init(&b->texts) || !(b->nodes = calloc(count, sizeof(*b->nodes)))) {
        hf_births_free(b);
        return NULL;
    }
    b->live_map = s->header.live_map;
    set_times(b, &s->header);
    b->sample_bytes = s->header.sample_bytes;
    b->by_block = s->header.flags & HF_TRACED_FREE_LISTS;
    b->node_count = count;
    for (uint32_t i = HF_STATE_ROOT; i < count; i++) {
        const hf_state_counter *c = &s->counters[i];
        b->nodes[i] = (hf_birth){.parent = i == HF_STATE_ROOT ? 0 : s->nodes[i].parent,
                                 .blocks = c->allocated_blocks - c->freed_blocks,
                                 .bytes = c->allocated_bytes - c->freed_bytes};
        set_place(&b->nodes[i], s, &s->nodes[i], &b->texts);
    }
    return b;
}

hf_births *hf_births_of(pid_t pid)
{
    hf_running r HF_AUTO(hf_running_deinit) = {.folder = -1};
    hf_state s HF_AUTO(hf_state_deinit) = {0};
    hf_err *err = hf_running_find(pid, &r);
    HF_AUTO(hf_closep) int fd = -1;
    if (!err && r.state[0])
        fd = openat(r.folder, r.state, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (!err && fd >= 0)
        err = hf_state_read(fd, r.state, &s);
    hf_births *births = !err && fd >= 0 ? births_from(&s) : NULL;
    hf_err_free(err); /* most processes are not traced */
    return births;
}

void hf_births_free(hf_births *births)
{
    if (!births)
        return;
    free(births->nodes);
    hf_strtab_deinit(&births->texts);
    free(births);
}
