/* present/cli/cmd_top.c - a table of a run that goes on, made again each second. */
#include "acquire/proc.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "present/cli/running.h"
#include "present/cli/scratch.h"
#include "present/cli/screen.h"
#include "present/cli/session.h"
#include "present/show_top.h"
#include "trace/functions.h"
#include "trace/watch.h"

#include <string.h>
#include <time.h>

enum { KEY_STEP = 50, SHARE = 10, HEAD_LINES = 5, PLAIN_ROWS = 20, ROWS_LEAST = 3 };

typedef enum order { BY_OWN, BY_TOTAL, BY_BLOCKS, BY_GROWTH, BY_ALLOCATED, ORDERS } order;

static const char *const order_names[] = {"own", "total", "blocks", "growth", "allocates"};
static const char keys_text[] = "sort by: o own  t total  b blocks  g growth  a allocates; q quit";

/* What each function had at the look before: it is known by its name and file, since each look is a
 * capture of its own. */
typedef struct past {
    hf_strtab names;
    struct past_row {
        uint64_t held, allocated;
        size_t look;
    } *rows;
    size_t capacity, look;
    uint64_t time, bytes, blocks; /* of all */
} past;

typedef struct top {
    hf_session *session;
    hf_running run;
    hf_proc_stat born; /* when the process was started */
    past past;
    order order;
    bool screen;
    /* what is shown */
    hf_capture *capture;
    hf_top_row *rows;
    hf_top_view view;
    uint64_t cost; /* ns of the last look */
} top;

static uint64_t clock_now(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void end_top(top *t)
{
    hf_running_deinit(&t->run);
    hf_strtab_deinit(&t->past.names);
    free(t->past.rows);
    hf_capture_free(t->capture);
    free(t->rows);
}

/* What is known of a function from the look before; NULL without memory. */
static struct past_row *past_of(past *p, const hf_capture *c, uint32_t code)
{
    hf_buf key HF_AUTO(hf_buf_deinit) = {0};
    const uint32_t texts[] = {c->codes[code].file, c->codes[code].name};
    for (size_t i = 0; i < 2; i++) {
        hf_buf_add(&key, hf_strtab_get(&c->texts, texts[i]), hf_strtab_length(&c->texts, texts[i]));
        hf_buf_char(&key, 0);
    }
    uint32_t number =
        key.failed ? HF_STR_NONE : hf_strtab_add(&p->names, (char *)key.data, key.length);
    if (number == HF_STR_NONE)
        return NULL;
    size_t known = p->capacity;
    if (!hf_array_reserve(&p->rows, (uint64_t)number + 1, &p->capacity))
        return NULL;
    memset(p->rows + known, 0, (p->capacity - known) * sizeof(*p->rows));
    return &p->rows[number];
}

/* Turns one look into rows, with what has changed since the one before. */
static hf_err *make_rows(top *t, const hf_capture *c, const hf_functions *f, hf_top_row **ret)
{
    past *p = &t->past;
    uint64_t time = clock_now(CLOCK_MONOTONIC);
    double seconds = p->look ? (double)(time - p->time) / 1e9 : 0;
    HF_AUTO(hf_freep) hf_top_row *rows = calloc(f->count + 1, sizeof(*rows));
    if (!rows)
        return hf_fail_memory();
    p->look++;
    for (size_t i = 0; i < f->count; i++) {
        const hf_function *from = &f->rows[i];
        struct past_row *before = past_of(p, c, from->code);
        if (!before)
            return hf_fail_memory();
        rows[i] =
            (hf_top_row){.code = from->code, .own = from->own.live, .total = from->total.live};
        if (seconds > 0) { /* new functions had nothing before */
            rows[i].growth = ((double)from->total.live.bytes - (double)before->held) / seconds;
            rows[i].allocated =
                ((double)from->own.total.bytes - (double)before->allocated) / seconds;
        }
        *before = (struct past_row){from->total.live.bytes, from->own.total.bytes, p->look};
    }
    t->view.has_rates = seconds > 0;
    if (seconds > 0) { /* processes may have ended, with what they had */
        double bytes = (double)f->all.total.bytes - (double)p->bytes;
        double blocks = (double)f->all.total.blocks - (double)p->blocks;
        t->view.bytes = bytes > 0 ? bytes / seconds : 0;
        t->view.blocks = blocks > 0 ? blocks / seconds : 0;
    }
    p->time = time;
    p->bytes = f->all.total.bytes;
    p->blocks = f->all.total.blocks;
    *ret = hf_take(rows);
    return NULL;
}

static bool is_of(const top *t, const hf_traced_process *p)
{
    return !t->run.its_pid || p->pid == t->run.its_pid;
}

static void fill_facts(top *t, const hf_capture *c)
{
    hf_proc_status status = {0};
    t->view.processes = 0;
    t->view.peak = t->view.resident = 0;
    for (size_t i = 0; i < c->process_count; i++) {
        if (!is_of(t, &c->processes[i]))
            continue;
        t->view.processes++;
        t->view.peak = c->processes[i].peak;
    }
    if (t->view.processes != 1)
        t->view.peak = 0; /* together they have held another amount */
    if (t->run.its_pid && hf_proc_status_of(t->run.pid, &status) == 0)
        t->view.resident = status.rss;
}

static hf_err *look(top *t)
{
    char folder[64];
    uint64_t before = clock_now(CLOCK_THREAD_CPUTIME_ID);
    hf_capture *c = NULL;
    hf_functions f HF_AUTO(hf_functions_deinit) = {0};
    hf_top_row *rows = NULL;
    snprintf(folder, sizeof(folder), "/proc/self/fd/%d", t->run.folder);
    hf_err *err = hf_watch_look(folder, &c);
    if (!err)
        err = hf_functions_compute(c, t->run.its_pid, &f);
    if (!err)
        err = make_rows(t, c, &f, &rows);
    if (err) {
        hf_capture_free(c);
        return err;
    }
    hf_capture_free(t->capture);
    free(t->rows);
    t->capture = c;
    t->rows = rows;
    t->view.capture = c;
    t->view.rows = rows;
    t->view.count = f.count;
    t->view.held = f.all.live;
    fill_facts(t, c);
    t->cost = clock_now(CLOCK_THREAD_CPUTIME_ID) - before;
    return NULL;
}

static double weight_of(const hf_top_row *row, order by)
{
    switch (by) {
    case BY_TOTAL:
        return (double)row->total.bytes;
    case BY_BLOCKS:
        return (double)row->own.blocks;
    case BY_GROWTH:
        return row->growth;
    case BY_ALLOCATED:
        return row->allocated;
    case BY_OWN:
    case ORDERS:
        break;
    }
    return (double)row->own.bytes;
}

static int by_weight(const void *a, const void *b, void *by)
{
    const hf_top_row *x = a, *y = b;
    double left = weight_of(x, *(order *)by), right = weight_of(y, *(order *)by);
    if (left != right)
        return left < right ? 1 : -1;
    return x->code < y->code ? -1 : x->code > y->code;
}

static void arrange(top *t)
{
    if (t->view.count)
        qsort_r(t->rows, t->view.count, sizeof(*t->rows), by_weight, &t->order);
    t->view.sorted_by = order_names[t->order];
}

static void draw(top *t)
{
    char *bytes = NULL;
    size_t length = 0;
    hf_screen_size size = hf_screen_size_now();
    hf_text text = *t->session->text;
    text.out = open_memstream(&bytes, &length);
    if (!text.out)
        return;
    text.columns = size.columns;
    size_t room = size.rows > HEAD_LINES + ROWS_LEAST ? size.rows - HEAD_LINES : ROWS_LEAST;
    uint64_t wanted = t->session->arguments->top;
    t->view.shown = wanted && wanted < room ? wanted : room;
    t->view.keys = keys_text;
    hf_show_top_text(&text, &t->view);
    fclose(text.out);
    hf_screen_draw(bytes, length, size.rows);
    free(bytes);
}

static void print(top *t)
{
    uint64_t wanted = t->session->arguments->top;
    t->view.shown = wanted ? wanted : PLAIN_ROWS;
    t->view.keys = NULL;
    if (t->session->text)
        hf_show_top_text(t->session->text, &t->view);
    fflush(stdout);
}

/* Whether the process is still the one that was found, and runs. */
static bool is_there(const top *t)
{
    hf_proc_stat now;
    return hf_proc_stat_of(t->run.pid, &now) == 0 && now.start_time == t->born.start_time &&
           now.state != 'Z' && now.state != 'X';
}

/* Does what keys say until the time is over; true: the user has seen enough. */
static bool wait_until(top *t, uint64_t time)
{
    static const char keys[] = "otbga";
    uint64_t now;
    while ((now = clock_now(CLOCK_MONOTONIC)) < time) {
        if (hf_scratch_was_interrupted() || ferror(stdout))
            return true;
        uint64_t left = (time - now) / 1000000 + 1;
        int key = hf_screen_key(left < KEY_STEP ? (int)left : KEY_STEP);
        const char *found = key ? strchr(keys, key) : NULL;
        if (key == 'q' || key == 'Q' || key == 4)
            return true;
        if (found)
            t->order = (order)(found - keys);
        if (t->screen && (key || hf_screen_was_resized())) {
            arrange(t);
            draw(t);
        }
    }
    return false;
}

/* Looks and shows, until the user has seen enough, or the process has ended (*ret_ended). */
static hf_err *follow(top *t, bool *ret_ended)
{
    const hf_arguments *a = t->session->arguments;
    uint64_t every = (uint64_t)((a->every > 0 ? a->every : 1) * 1e9);
    uint64_t end =
        a->watch > 0 ? clock_now(CLOCK_MONOTONIC) + (uint64_t)(a->watch * 1e9) : UINT64_MAX;
    bool once = t->session->json != NULL; /* two looks, so that there are rates */
    for (;;) {
        uint64_t start = clock_now(CLOCK_MONOTONIC);
        hf_err *err = look(t);
        bool there = is_there(t);
        if (err && (there || !t->capture))
            return err;
        hf_err_free(err);
        arrange(t);
        if (t->screen)
            draw(t);
        else if (!once && there)
            print(t);
        if ((*ret_ended = !there) || (once && t->view.has_rates) || start >= end)
            return NULL;
        uint64_t next = start + (every > SHARE * t->cost ? every : SHARE * t->cost);
        if (wait_until(t, next < end ? next : end))
            return NULL;
        if (!t->screen && !once && t->session->text)
            hf_text_print(t->session->text, "\n");
    }
}

static order order_named(const char *word)
{
    for (order o = BY_OWN; word && o < ORDERS; o++)
        if (strcmp(order_names[o], word) == 0)
            return o;
    return BY_OWN;
}

hf_err *hf_cmd_top(hf_session *s)
{
    top t HF_AUTO(end_top) = {.session = s, .run = {.folder = -1}};
    const char *target = s->arguments->operands[0];
    bool ended = false;
    if (!hf_strtab_init(&t.past.names))
        return hf_fail_memory();
    hf_err *err = hf_running_of(target, &t.run);
    if (!err && hf_proc_stat_of(t.run.pid, &t.born))
        err = hf_fail(HF_ERR_NO_PROCESS, "process %d has ended", (int)t.run.pid);
    if (err)
        return err;
    t.view.target = target;
    t.order = order_named(s->arguments->sort);
    t.screen = s->text && !s->json && hf_screen_is_one();
    hf_scratch_wait(true);
    if (t.screen)
        hf_screen_begin();
    err = follow(&t, &ended);
    hf_screen_end();
    hf_scratch_wait(false);
    if (err)
        return err;
    if (t.screen) /* the page is gone: what it said last stays to be read and copied */
        print(&t);
    if (s->json) {
        t.view.shown = s->arguments->top ? s->arguments->top : SIZE_MAX;
        hf_show_top_json(s->json, &t.view);
    }
    if (ended)
        hf_note("process %d has ended", (int)t.run.pid);
    return NULL;
}
