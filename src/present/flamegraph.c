/* present/flamegraph.c - see present/flamegraph.h.
 *
 * The data are two trees, of calls and of lines with their callers, each as columns: of each node
 * its parent (a lower number) and its frame, and of each measure the bytes of its own and, in
 * `rest`, those of smaller places below it that were left out. So many nodes are kept as have the
 * largest share of any measure. What changed at the nodes between moments of the run is there in at
 * most TIMES steps. */
#include "present/flamegraph.h"

#include "base/cleanup.h"
#include "present/export_trace.h"
#include "present/json.h"
#include "present/page.h"
#include "present/show_trace.h"

#include <string.h>

enum { COLUMNS = 4, TIMES = 60, SHARE_UNIT = 1 << 30 };

/* A tree of the page: of each of its nodes what it has itself, and what was left out below it. */
typedef struct page_tree {
    hf_profile profile;
    uint64_t *own[COLUMNS], *rest[COLUMNS]; /* rest: NULL where nothing is left out */
    /* on the page, which has the frames of its own nodes only, + 1; 0: not there */
    uint32_t *frame_number;
} page_tree;

typedef struct page_data {
    const hf_flamegraph *f;
    size_t selected; /* columns that are counts of the capture's nodes; the others come of them */
    hf_count *chosen[COLUMNS]; /* of each node of the capture */
    page_tree calls, inverted;
    hf_profile_choice left_out;
} page_data;

static void free_tree(page_tree *t)
{
    hf_profile_deinit(&t->profile);
    for (size_t i = 0; i < COLUMNS; i++) {
        free(t->own[i]);
        free(t->rest[i]);
    }
    free(t->frame_number);
}

static void deinit(page_data *d)
{
    for (size_t i = 0; i < COLUMNS; i++)
        free(d->chosen[i]);
    free_tree(&d->calls);
    free_tree(&d->inverted);
    hf_profile_choice_deinit(&d->left_out);
}

static const char *word_of(const page_data *d, size_t column)
{
    static const char *const changes[] = {"now", "before", "more", "less"};
    return d->f->before ? changes[column] : hf_measure_word((hf_measure)column);
}

static const char *phrase_of(const page_data *d, size_t column)
{
    static const char *const changes[] = {"newer run", "older run", "what is more now",
                                          "what is less now"};
    return d->f->before ? changes[column] : hf_measure_phrase((hf_measure)column);
}

/* What the page says where there is nothing of it. */
static const char *nothing_of(const page_data *d, size_t column)
{
    static const char *const nothing[] = {"Nothing was held at the peak.",
                                          "Nothing was left at the end: all was freed.",
                                          "Nothing was allocated.", "Nothing was freed at once."};
    static const char *const unchanged[] = {"The newer run has nothing.",
                                            "The older run has nothing.", "Nothing is more now.",
                                            "Nothing is less now."};
    return (d->f->before ? unchanged : nothing)[column];
}

static hf_err *copy_of(const hf_count *counts, size_t count, hf_count **ret)
{
    hf_count *copy = malloc((count + 1) * sizeof(*copy));
    if (!copy)
        return hf_fail_memory();
    memcpy(copy, counts, count * sizeof(*copy));
    *ret = copy;
    return NULL;
}

static hf_err *choose(page_data *d)
{
    const hf_flamegraph *f = d->f;
    hf_err *err = NULL;
    if (f->before) {
        d->selected = 2;
        err = copy_of(f->now, f->capture->node_count, &d->chosen[0]);
        return err ? err : copy_of(f->before, f->capture->node_count, &d->chosen[1]);
    }
    d->selected = COLUMNS;
    for (size_t i = 0; i < COLUMNS && !err; i++) {
        hf_selection selection = f->selection;
        selection.measure = (hf_measure)i;
        err = hf_select(f->capture, &selection, &d->chosen[i]);
    }
    return err;
}

/* One number for each node of the capture: its share of all measures together. */
static hf_err *weigh(const page_data *d, hf_count **ret)
{
    const hf_capture *c = d->f->capture;
    hf_count *weights = calloc(c->node_count + 1, sizeof(*weights));
    if (!weights)
        return hf_fail_memory();
    for (size_t m = 0; m < d->selected; m++) {
        double all = (double)hf_count_sum(d->chosen[m], c->node_count).bytes;
        for (size_t i = 0; all > 0 && i < c->node_count; i++)
            weights[i].bytes += (uint64_t)((double)d->chosen[m][i].bytes / all * SHARE_UNIT);
    }
    *ret = weights;
    return NULL;
}

/* A column of the tree, which is cut; `whole` has the sums of before. */
static hf_err *fill_column(page_data *d, page_tree *t, size_t column, const hf_profile_sums *whole)
{
    hf_profile_sums sums HF_AUTO(hf_profile_sums_deinit) = {0};
    size_t count = t->profile.node_count;
    hf_err *err = hf_profile_add_up(&t->profile, d->chosen[column], &sums);
    t->own[column] = malloc(count * sizeof(uint64_t));
    t->rest[column] = whole ? malloc(count * sizeof(uint64_t)) : NULL;
    if (!err && (!t->own[column] || (whole && !t->rest[column])))
        err = hf_fail_memory();
    for (size_t i = 0; i < count && !err; i++) {
        t->own[column][i] = whole ? whole->own[d->left_out.nodes[i]].bytes : sums.own[i].bytes;
        if (whole)
            t->rest[column][i] = sums.own[i].bytes - t->own[column][i];
    }
    return err;
}

/* What is more and what is less at each node, from now and before. */
static hf_err *compare(uint64_t **columns, size_t count)
{
    for (size_t i = 2; i < COLUMNS; i++)
        if (!(columns[i] = malloc(count * sizeof(uint64_t))))
            return hf_fail_memory();
    for (size_t i = 0; i < count; i++) {
        uint64_t now = columns[0][i], before = columns[1][i];
        columns[2][i] = now > before ? now - before : 0;
        columns[3][i] = before > now ? before - now : 0;
    }
    return NULL;
}

static void free_sums(hf_profile_sums (*sums)[COLUMNS])
{
    for (size_t i = 0; i < COLUMNS; i++)
        hf_profile_sums_deinit(&(*sums)[i]);
}

static hf_err *make_calls(page_data *d)
{
    page_tree *t = &d->calls;
    HF_AUTO(free_sums) hf_profile_sums whole[COLUMNS] = {0};
    hf_err *err = hf_profile_compute(d->f->capture, &d->f->frames, &t->profile);
    for (size_t m = 0; m < d->selected && !err; m++)
        err = hf_profile_add_up(&t->profile, d->chosen[m], &whole[m]);
    if (!err)
        err = hf_profile_cut(&t->profile, whole, d->selected, d->f->most + 1, &d->left_out);
    for (size_t m = 0; m < d->selected && !err; m++)
        err = fill_column(d, t, m, &whole[m]);
    if (!err && d->f->before)
        err = compare(t->own, t->profile.node_count);
    if (!err && d->f->before)
        err = compare(t->rest, t->profile.node_count);
    return err;
}

static hf_err *make_inverted(page_data *d)
{
    page_tree *t = &d->inverted;
    HF_AUTO(hf_freep) hf_count *weights = NULL;
    hf_err *err = weigh(d, &weights);
    if (!err)
        err = hf_profile_invert(d->f->capture, &d->f->frames, weights, d->f->most, &t->profile);
    for (size_t m = 0; m < d->selected && !err; m++)
        err = fill_column(d, t, m, NULL);
    if (!err && d->f->before)
        err = compare(t->own, t->profile.node_count);
    return err;
}

/* Numbers only: written by hand, many on a line. */
static void put_numbers(hf_json *j, const char *key, const uint64_t *numbers, size_t count)
{
    hf_json_array(j, key);
    for (size_t i = 0; i < count; i++)
        fprintf(j->out, "%s%llu", i ? "," : "", (unsigned long long)numbers[i]);
    hf_json_end(j);
}

/* The step of the page in which an interval lies. */
static size_t step_of(const hf_capture *c, size_t interval)
{
    return c->interval_count <= TIMES ? interval : interval * TIMES / c->interval_count;
}

static size_t step_count(const hf_capture *c)
{
    return c->interval_count < TIMES ? c->interval_count : TIMES;
}

/* What changed at the nodes in each step, as node, bytes, node, bytes, ... */
static hf_err *put_changes(hf_json *j, const page_data *d, const page_tree *t)
{
    const hf_capture *c = d->f->capture;
    HF_AUTO(hf_freep) int64_t *sums = calloc(t->profile.node_count, sizeof(*sums));
    HF_AUTO(hf_freep) uint32_t *touched = malloc((c->change_count + 1) * sizeof(*touched));
    if (!sums || !touched)
        return hf_fail_memory();
    hf_json_array(j, "changes");
    for (size_t i = 0; i < c->interval_count;) {
        size_t step = step_of(c, i), count = 0;
        for (; i < c->interval_count && step_of(c, i) == step; i++) {
            const hf_interval *interval = &c->intervals[i];
            for (size_t k = 0; k < interval->change_count; k++) {
                const hf_change *change = &c->changes[interval->first_change + k];
                if (!d->chosen[HF_MEASURE_TOTAL][change->node].blocks)
                    continue; /* of another process, or below no such function */
                uint32_t node = t->profile.of[change->node];
                if (__builtin_add_overflow(sums[node], change->bytes, &sums[node]))
                    sums[node] = 0;
                touched[count++] = node;
            }
        }
        hf_json_array(j, NULL);
        for (size_t k = 0, put = 0; k < count; k++) {
            if (sums[touched[k]])
                fprintf(j->out, "%s%u,%lld", put++ ? "," : "", touched[k],
                        (long long)sums[touched[k]]);
            sums[touched[k]] = 0;
        }
        hf_json_end(j);
    }
    hf_json_end(j);
    return NULL;
}

static hf_err *put_tree(hf_json *j, const char *key, const page_data *d, const page_tree *t)
{
    const hf_profile *p = &t->profile;
    hf_json_object(j, key);
    for (unsigned column = 0; column < 2; column++) {
        hf_json_array(j, column ? "frame" : "parent");
        for (size_t i = 0; i < p->node_count; i++)
            fprintf(j->out, "%s%u", i ? "," : "",
                    column ? t->frame_number[p->nodes[i].frame] - 1 : p->nodes[i].parent);
        hf_json_end(j);
    }
    hf_json_object(j, "own");
    for (size_t m = 0; m < COLUMNS; m++)
        put_numbers(j, word_of(d, m), t->own[m], p->node_count);
    hf_json_end(j);
    if (t->rest[0]) {
        hf_json_object(j, "rest");
        for (size_t m = 0; m < COLUMNS; m++)
            put_numbers(j, word_of(d, m), t->rest[m], p->node_count);
        hf_json_end(j);
    }
    hf_err *err = d->f->before ? NULL : put_changes(j, d, t);
    hf_json_end(j);
    return err;
}

/* Frames that are used, in their order; frame 0, the run, is the first. */
static hf_err *number_frames(page_tree *t)
{
    const hf_profile *p = &t->profile;
    t->frame_number = calloc(p->frame_count + 1, sizeof(*t->frame_number));
    if (!t->frame_number)
        return hf_fail_memory();
    t->frame_number[0] = 1;
    for (size_t i = 0; i < p->node_count; i++)
        t->frame_number[p->nodes[i].frame] = 1;
    uint32_t count = 0;
    for (size_t i = 0; i < p->frame_count; i++)
        if (t->frame_number[i])
            t->frame_number[i] = ++count;
    return NULL;
}

/* Frames of both trees: those of the second have numbers of their own, so they are told by tree. */
static void put_frames(hf_json *j, const char *key, const hf_capture *c, const page_tree *t)
{
    const hf_profile *p = &t->profile;
    hf_buf room HF_AUTO(hf_buf_deinit) = {0};
    hf_json_array(j, key);
    for (size_t i = 0; i < p->frame_count; i++) {
        if (!t->frame_number[i])
            continue;
        const hf_frame *f = &p->frames[i];
        hf_frame_names names = {.name = "", .file = "", .binary = ""};
        if (i)
            names = hf_frame_names_of(c, f, &room);
        hf_json_array(j, NULL);
        hf_json_text(j, NULL, i ? hf_frame_kind_word(f->kind) : "run");
        hf_json_text_n(j, NULL, names.name, names.name_length);
        hf_json_text_n(j, NULL, names.file, names.file_length);
        hf_json_uint(j, NULL, i && hf_kind_is_call(f->kind) ? f->line : 0);
        hf_json_int(j, NULL, names.file_length && hf_file_is_import(names.file));
        if (names.binary_length && strcmp(names.binary, names.file) != 0)
            hf_json_text_n(j, NULL, names.binary, names.binary_length);
        hf_json_end(j);
    }
    hf_json_end(j);
}

static void put_times(hf_json *j, const page_data *d)
{
    const hf_capture *c = d->f->capture;
    for (unsigned which = 0; which < 2; which++) {
        hf_json_array(j, which ? "live" : "times");
        for (size_t i = 0; i < c->interval_count && !d->f->before; i++) {
            if (i + 1 < c->interval_count && step_of(c, i + 1) == step_of(c, i))
                continue; /* the last of a step stands for it */
            if (which)
                hf_json_uint(j, NULL, c->intervals[i].live);
            else
                hf_json_real(j, NULL, (double)c->intervals[i].time / 1e9);
        }
        hf_json_end(j);
    }
}

static void put_texts(hf_json *j, const page_data *d)
{
    const hf_capture *c = d->f->capture;
    hf_buf text HF_AUTO(hf_buf_deinit) = {0};
    hf_json_text(j, "title", d->f->title);
    hf_buf_format(&text, "%s, %zu process%s, %s blocks allocated, at most %s held",
                  hf_format_seconds((double)c->info.length / 1e9).text, c->process_count,
                  c->process_count == 1 ? "" : "es",
                  hf_format_count(hf_capture_sum(c).total.blocks).text,
                  hf_format_bytes(c->info.peak).text);
    if (c->info.mode == HF_TRACE_SAMPLED)
        hf_buf_format(&text, "; estimates from one sample in %s",
                      hf_format_bytes(c->info.sample_bytes).text);
    if (d->f->before)
        hf_buf_clear(&text);
    hf_json_uint(j, "sample", c->info.mode == HF_TRACE_SAMPLED ? c->info.sample_bytes : 0);
    hf_json_text(j, "about", hf_buf_string(&text));
    hf_buf_clear(&text);
    if (d->left_out.left_out)
        hf_buf_format(&text,
                      "%s places with %s of any measure are left out; what they have is shown as "
                      "“(smaller places)” of their caller.",
                      hf_format_count(d->left_out.left_out).text,
                      hf_format_at_most(d->left_out.threshold).text);
    hf_json_text(j, "leftOut", hf_buf_string(&text));
    hf_json_array(j, "measures");
    for (size_t m = 0; m <= COLUMNS; m++) {
        if (m == COLUMNS && (d->f->before || !step_count(c)))
            break;
        hf_json_array(j, NULL);
        hf_json_text(j, NULL, m < COLUMNS ? word_of(d, m) : "held");
        hf_json_text(j, NULL, m < COLUMNS ? phrase_of(d, m) : "came to be held between");
        hf_json_text(j, NULL,
                     m < COLUMNS ? nothing_of(d, m)
                                 : "Nothing came to be held between these times.");
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_text(j, "shown", d->f->before ? "more" : hf_measure_word(d->f->selection.measure));
}

static hf_err *put_data(const page_data *d, FILE *out)
{
    hf_json j;
    hf_json_init(&j, out);
    hf_json_object(&j, NULL);
    put_texts(&j, d);
    put_times(&j, d);
    put_frames(&j, "frames", d->f->capture, &d->calls);
    put_frames(&j, "invertedFrames", d->f->capture, &d->inverted);
    hf_err *err = put_tree(&j, "calls", d, &d->calls);
    if (!err)
        err = put_tree(&j, "inverted", d, &d->inverted);
    if (!err)
        hf_json_end(&j);
    return err;
}

hf_err *hf_flamegraph_write(const hf_flamegraph *f, FILE *out, hf_flamegraph_told *ret)
{
    page_data d HF_AUTO(deinit) = {.f = f};
    HF_AUTO(hf_freep) char *json = NULL;
    size_t length = 0;
    hf_err *err = choose(&d);
    if (!err)
        err = make_calls(&d);
    if (!err)
        err = make_inverted(&d);
    if (!err)
        err = number_frames(&d.calls);
    if (!err)
        err = number_frames(&d.inverted);
    FILE *memory = err ? NULL : open_memstream(&json, &length);
    if (!err && !memory)
        err = hf_fail_memory();
    if (!err)
        err = put_data(&d, memory);
    if (memory && fclose(memory) && !err)
        err = hf_fail_memory();
    if (!err)
        err = hf_page_write(out, HF_PAGE_FLAMEGRAPH, f->title, json, length);
    if (!err)
        *ret = (hf_flamegraph_told){d.calls.profile.node_count, d.left_out.left_out,
                                    d.left_out.threshold};
    return err;
}
