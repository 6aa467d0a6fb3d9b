/* present/show_trace.c - see present/show_trace.h. */
#include "present/show_trace.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

static const struct flag_text {
    uint32_t flag;
    const char *word, *text;
} flag_texts[] = {
    {HF_TRACED_FREE_LISTS, "free-lists",
     "Objects of types that CPython recycles (lists, dicts, tuples, floats, ...) may count at the "
     "line where\n"
     "their memory was first asked for, not at the line that took it from a free list."},
    {HF_TRACED_CAPPED, "capped",
     "There were more distinct stacks than are kept; the rest counts together."},
    {HF_TRACED_NO_SPACE, "no-space",
     "The disk was full: stacks that were new from then on count together."},
    {HF_TRACED_HOOK_LOST, "hook-lost",
     "Somebody has put another allocator in place of the hooks: what it gave is not in the "
     "capture."},
    {HF_TRACED_NO_STACKS, "no-stacks",
     "The frames of this build of Python are not known: blocks of Python code have no line."},
    {HF_TRACED_CUT_OFF, "cut-off",
     "A process was ended by a signal (Ctrl-C, kill), crashed or had not ended: it is told up to "
     "there."},
    {HF_TRACED_DEEP, "deep", "Stacks of more than 16,384 calls count together."},
    {HF_TRACED_FAR_CALLERS, "far-callers",
     "Some stacks had more than 128 calls: the line that allocated is right, but callers more than "
     "32 calls\n"
     "away may be those of an earlier call."},
    {HF_TRACED_NO_OBJECTS, "no-objects",
     "This build of Python has no GIL: its objects are not counted, only what C code asks malloc "
     "and mmap for."},
    {HF_TRACED_RESERVED, "reserved",
     "Address ranges that allocators of their own have reserved (MAP_NORESERVE) are not counted: "
     "what of them is\n"
     "in use shows as resident only (`holdfast plot`)."},
    {HF_TRACED_RUNNING, "running", "It goes on: these are its numbers so far."},
};

static void show_notes(hf_text *t, const hf_capture *c)
{
    uint32_t flags = hf_capture_flags(c);
    if (flags & HF_TRACED_NO_OBJECTS) /* what is not counted needs no line */
        flags &= ~(uint32_t)HF_TRACED_NO_STACKS;
    for (size_t i = 0; i < sizeof(flag_texts) / sizeof(*flag_texts); i++)
        if (flags & flag_texts[i].flag)
            hf_text_print(t, "%s\n", flag_texts[i].text);
    uint64_t dropped = 0;
    for (size_t i = 0; i < c->process_count; i++)
        dropped += c->processes[i].dropped;
    if (dropped)
        hf_text_print(t, "%s blocks could not be noted.\n", hf_format_count(dropped).text);
}

static void show_total(hf_text *t, const hf_capture *c, const char *what, hf_count n,
                       hf_count native)
{
    hf_text_print(t, "%-12s%12s in %s blocks", what, hf_format_bytes(n.bytes).text,
                  hf_format_count(n.blocks).text);
    uint64_t margin = hf_capture_margin(c, n.bytes);
    if (margin)
        hf_text_print(t, ", give or take %s", hf_format_bytes(margin).text);
    if (native.blocks)
        hf_text_print(t, "; %s of it from malloc and mmap", hf_format_bytes(native.bytes).text);
    hf_text_print(t, "\n");
}

static double seconds(uint64_t nanoseconds)
{
    return (double)nanoseconds / 1e9;
}

void hf_show_endings(hf_text *t, const hf_capture *c)
{
    const uint32_t endings = hf_capture_flags(c) & (HF_TRACED_CUT_OFF | HF_TRACED_RUNNING);
    for (size_t i = 0; i < sizeof(flag_texts) / sizeof(*flag_texts); i++)
        if (endings & flag_texts[i].flag)
            hf_text_print(t, "%s\n", flag_texts[i].text);
}

static int by_start(const void *a, const void *b)
{
    const hf_traced_process *p = *(const hf_traced_process *const *)a,
                            *q = *(const hf_traced_process *const *)b;
    if (p->start != q->start)
        return p->start < q->start ? -1 : 1;
    return p->pid < q->pid ? -1 : p->pid > q->pid;
}

/* As they began: a capture has them as they ended. NULL without memory. The caller frees it. */
static const hf_traced_process **processes_in_order(const hf_capture *c)
{
    const hf_traced_process **all = malloc((c->process_count + 1) * sizeof(*all));
    for (size_t i = 0; all && i < c->process_count; i++)
        all[i] = &c->processes[i];
    if (all)
        qsort(all, c->process_count, sizeof(*all), by_start);
    return all;
}

static void show_processes(hf_text *t, const hf_capture *c)
{
    HF_AUTO(hf_freep) const hf_traced_process **all = processes_in_order(c);
    const hf_column columns[] = {{"PID", true}, {"PYTHON", true}, {"FROM", true},
                                 {"TO", true},  {"PEAK", true},   {"COMMAND", false}};
    hf_table table HF_AUTO(hf_table_deinit);
    hf_table_init(&table, columns, 6, 0);
    for (size_t i = 0; all && i < c->process_count; i++) {
        const hf_traced_process *p = all[i];
        hf_table_cell(&table, "%lld", (long long)p->pid);
        hf_table_cell(&table, "%u.%u.%u", p->version >> 24, p->version >> 16 & 255,
                      p->version >> 8 & 255);
        hf_table_cell(&table, "%s", hf_format_seconds(seconds(p->start)).text);
        hf_table_cell(&table, "%s", hf_format_seconds(seconds(p->end)).text);
        hf_table_cell(&table, "%s", hf_format_bytes(p->peak).text);
        hf_table_untrusted(&table, hf_strtab_get(&c->texts, p->command),
                           hf_strtab_length(&c->texts, p->command), 0);
    }
    hf_table_print(&table, t);
}

void hf_show_summary_text(hf_text *t, const char *path, const hf_sites_view *view)
{
    const hf_capture *c = view->capture;
    const hf_counts *all = &view->sites->all.counts, *native = &view->sites->all.native_counts;
    hf_text_untrusted(t, path);
    hf_text_print(t, ": %s, %zu process%s, ", hf_format_seconds(seconds(c->info.length)).text,
                  c->process_count, c->process_count == 1 ? "" : "es");
    if (c->info.mode == HF_TRACE_SAMPLED)
        hf_text_print(t, "one sample in %s\n\n", hf_format_bytes(c->info.sample_bytes).text);
    else
        hf_text_print(t, "every block\n\n");
    if (view->selection.pid && c->process_count > 1)
        hf_text_print(t, "All processes together:\n");
    show_total(t, c, "at the peak", all->peak, native->peak);
    show_total(t, c, "not freed", all->live, native->live);
    show_total(t, c, "allocated", all->total, native->total);
    show_total(t, c, "temporary", all->temporary, native->temporary);
    if (c->info.peak_slack)
        hf_text_print(t, "The peak of all processes together is that of looks %s apart.\n",
                      hf_format_seconds(seconds(c->info.peak_slack)).text);
    hf_text_print(t, "\n");
    show_processes(t, c);
    hf_text_print(t, "\n");
    if (view->selection.pid)
        hf_text_print(t, "Process %lld alone:\n", (long long)view->selection.pid);
    hf_show_sites_text(t, view);
    if (hf_capture_flags(c))
        hf_text_print(t, "\n");
    show_notes(t, c);
}

static void json_processes(hf_json *j, const hf_capture *c)
{
    HF_AUTO(hf_freep) const hf_traced_process **all = processes_in_order(c);
    hf_json_array(j, "processes");
    for (size_t i = 0; all && i < c->process_count; i++) {
        const hf_traced_process *p = all[i];
        hf_json_object(j, NULL);
        hf_json_int(j, "pid", p->pid);
        if (p->parent < c->process_count)
            hf_json_int(j, "parent", c->processes[p->parent].pid);
        hf_json_text_n(j, "command", hf_strtab_get(&c->texts, p->command),
                       hf_strtab_length(&c->texts, p->command));
        hf_json_uint(j, "python", p->version);
        hf_json_real(j, "start", seconds(p->start));
        hf_json_real(j, "end", seconds(p->end));
        hf_json_uint(j, "peak", p->peak);
        hf_json_real(j, "peak_time", seconds(p->peak_time));
        hf_json_uint(j, "dropped", p->dropped);
        hf_json_array(j, "flags");
        for (size_t k = 0; k < sizeof(flag_texts) / sizeof(*flag_texts); k++)
            if (p->flags & flag_texts[k].flag)
                hf_json_text(j, NULL, flag_texts[k].word);
        hf_json_end(j);
        hf_json_end(j);
    }
    hf_json_end(j);
}

void hf_show_summary_json(hf_json *j, const hf_sites_view *view)
{
    const hf_trace_info *info = &view->capture->info;
    hf_json_object(j, NULL);
    hf_json_text(j, "mode", info->mode == HF_TRACE_EXACT ? "exact" : "sampled");
    if (info->mode == HF_TRACE_SAMPLED)
        hf_json_uint(j, "sample_bytes", info->sample_bytes);
    hf_json_real(j, "start", seconds(info->start));
    hf_json_real(j, "length", seconds(info->length));
    hf_json_uint(j, "peak", info->peak);
    hf_json_real(j, "peak_time", seconds(info->peak_time));
    hf_json_real(j, "peak_slack", seconds(info->peak_slack));
    hf_json_uint(j, "nodes", view->capture->node_count);
    json_processes(j, view->capture);
    hf_show_sites_members(j, view);
    hf_json_end(j);
}
