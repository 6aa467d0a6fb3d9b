/* present/show_info.c - what a snapshot is of, how it was had, and how good it is. */
#include "present/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *hf_show_way(hf_way way)
{
    static const char *const names[] = {
        "copy-on-write fork", "copied while somebody else had stopped it", "stopped and copied",
        "read while it ran", "core file that somebody else wrote"};
    return (unsigned)way < 5 ? names[way] : "unknown way";
}

const char *hf_show_way_word(hf_way way)
{
    static const char *const words[] = {"fork", "stopped", "stop", "live", "core"};
    return (unsigned)way < 5 ? words[way] : "unknown";
}

/* Objects whose references were compared with what CPython counts. */
static uint64_t checked(const hf_walk_check *check)
{
    return check->balanced + check->c_held + check->overcounted;
}

/* Rounded down: 100 % is said only where it is true. */
static double balanced_share(const hf_walk_check *check)
{
    uint64_t all = checked(check);
    return all ? (double)(uint64_t)(10000.0 * (double)check->balanced / (double)all) / 100 : 0;
}

void hf_show_check_text(hf_text *t, const hf_walk_check *check, size_t indent)
{
    hf_text_print(t, "%.2f %% of %s objects have just the references found; ",
                  balanced_share(check), hf_format_count(checked(check)).text);
    hf_text_print(t, "%s held by C", hf_format_count(check->c_held).text);
    if (check->overcounted)
        hf_text_print(t, ",\n%*s%s with more references found than counted", (int)indent, "",
                      hf_format_count(check->overcounted).text);
    if (check->unreadable || check->implausible)
        hf_text_print(t, ",\n%*s%s reference%s to memory that could not be read, %s to no object",
                      (int)indent, "", hf_format_count(check->unreadable).text,
                      check->unreadable == 1 ? "" : "s", hf_format_count(check->implausible).text);
    if (check->lists_repaired)
        hf_text_print(t, ",\n%*s%s lists of the collector read while they changed", (int)indent, "",
                      hf_format_count(check->lists_repaired).text);
    hf_text_print(t, "\n");
}

/* One of "a; b; c" a line. */
static void print_failures(hf_text *t, const char *failures)
{
    while (*failures) {
        char one[256];
        size_t length = strcspn(failures, ";"), kept = length < sizeof(one) ? length : 255;
        memcpy(one, failures, kept);
        one[kept] = 0;
        hf_text_print(t, "\n%18s", "");
        hf_text_untrusted(t, one);
        failures += length;
        failures += strspn(failures, "; ");
    }
}

/* What objects of C extensions have told, where they were to be asked. */
static void print_asking(hf_text *t, const hf_asking_info *asking)
{
    if (!asking->wanted)
        return;
    hf_text_print(t, "  extensions    %s objects", hf_format_count(asking->objects).text);
    hf_text_print(t, " of %s types have told", hf_format_count(asking->types).text);
    hf_text_print(t, " %s references", hf_format_count(asking->references).text);
    if (*asking->failures)
        hf_text_print(t, ",\n%16snot all of %s type%s:", "",
                      hf_format_count(asking->types_failed).text,
                      asking->types_failed == 1 ? "" : "s");
    print_failures(t, asking->failures);
    if (*asking->why_not) {
        hf_text_print(t, ",\n%16sthe others were scanned: ", "");
        hf_text_untrusted(t, asking->why_not);
    }
    hf_text_print(t, "\n");
}

/* Why the bytes are, or may not be, those of a quiet moment. */
static const char *consistency(const hf_snapshot_info *info)
{
    if (info->freeze.at_rest)
        return "no collection under way";
    if (info->freeze.way != HF_WAY_CORE)
        return "perhaps within a collection";
    return info->python.gc_collecting ? "within a collection"
                                      : "no collection under way, but a thread ran Python code";
}

/* Memory of the process that is not in a core file, one line of text each. */
static void print_missing(hf_text *t, const hf_snapshot_info *info)
{
    const char *head = "missing";
    for (const char *line = info->missing; *line; head = "") {
        char one[1024];
        size_t length = strcspn(line, "\n");
        snprintf(one, sizeof(one), "%.*s", (int)length, line);
        hf_text_print(t, "  %-14s", head);
        hf_text_untrusted(t, one);
        hf_text_print(t, "\n");
        line += length + (line[length] == '\n');
    }
}

static void print_time(hf_text *t, uint64_t nanoseconds)
{
    time_t seconds = (time_t)(nanoseconds / 1000000000);
    struct tm broken;
    char text[64];
    if (gmtime_r(&seconds, &broken) &&
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &broken))
        hf_text_print(t, "%s", text);
}

static void print_freeze(hf_text *t, const hf_snapshot_info *info)
{
    const hf_freeze_info *freeze = &info->freeze;
    hf_text_print(t, "  way           %s", hf_show_way(freeze->way));
    if (freeze->why_not_fork && *freeze->why_not_fork) {
        hf_text_print(t, ": ");
        hf_text_untrusted(t, freeze->why_not_fork);
    }
    bool stood = freeze->pause || freeze->way == HF_WAY_FORK || freeze->way == HF_WAY_STOP;
    hf_text_print(t, "\n  pause         %s", stood ? hf_format_pause(freeze->pause).text : "none");
    if (stood && freeze->predicted_pause)
        hf_text_print(t, ", predicted %s", hf_format_pause(freeze->predicted_pause).text);
    if (freeze->attempts > 1)
        hf_text_print(t, ", %u attempts", freeze->attempts);
    hf_text_print(t, "\n  consistency   %s, %s\n",
                  freeze->way == HF_WAY_LIVE ? "torn: the process ran meanwhile" : "one instant",
                  consistency(info));
}

static void print_python(hf_text *t, const hf_python_info *python)
{
    hf_text_print(t, "  interpreter   CPython %s, %s, layout %s proved\n", python->version,
                  python->static_link ? "static" : "shared", python->table);
    if (python->interpreter_count > 1)
        hf_text_print(t, "  interpreters  %u in this process\n", python->interpreter_count);
    hf_text_print(t, "  collector     %s, thresholds %u %u %u, counts %u %u %u",
                  python->gc_enabled ? "on" : "OFF", python->gc_threshold[0],
                  python->gc_threshold[1], python->gc_threshold[2], python->gc_count[0],
                  python->gc_count[1], python->gc_count[2]);
    if (python->uncollectable)
        hf_text_print(t, ", %s in gc.garbage", hf_format_count(python->uncollectable).text);
    hf_text_print(t, "\n");
}

static void print_tracing(hf_text *t, const hf_graph *graph)
{
    const hf_walk_check *check = &graph->info.check;
    if (check->tracing == HF_TRACING_OFF)
        return;
    hf_text_print(t,
                  check->tracing == HF_TRACING_AGENT ? "  holdfast run  on" : "  tracemalloc   on");
    if (check->tracing == HF_TRACING_HIDDEN) {
        hf_text_print(t, ", but its tables were not found in this build of CPython\n");
        return;
    }
    hf_text_print(t, ": %s blocks of ", hf_format_count(check->traced_blocks).text);
    hf_text_print(t, "%s, ", hf_format_bytes(check->traced_bytes).text);
    if (check->sample_bytes) {
        hf_text_print(t, "estimated of %s objects and other blocks that were sampled, ",
                      hf_format_count(check->traced_objects).text);
        hf_text_print(t, "one of each %s; ", hf_format_bytes(check->sample_bytes).text);
    } else {
        hf_text_print(t, "%s of them objects, ", hf_format_count(check->traced_objects).text);
        hf_text_print(t, "%s buffers; ",
                      hf_format_count(check->traced_blocks - check->traced_objects).text);
    }
    hf_text_print(t, "%s places", hf_format_count(graph->site_count).text);
    if (check->traces_lost)
        hf_text_print(t, "; %s notes could not be read", hf_format_count(check->traces_lost).text);
    hf_text_print(t, "\n");
}

static const char *tracing_word(hf_tracing tracing)
{
    return tracing == HF_TRACING_AGENT    ? "agent"
           : tracing == HF_TRACING_READ   ? "read"
           : tracing == HF_TRACING_HIDDEN ? "hidden"
                                          : "off";
}

void hf_show_info_text(hf_text *t, const hf_graph *graph)
{
    const hf_snapshot_info *info = &graph->info;
    hf_text_print(t, "  process       %d", (int)info->pid);
    if (*info->host) {
        hf_text_print(t, " on ");
        hf_text_untrusted(t, info->host);
    }
    if (info->age)
        hf_text_print(t, ", %s old", hf_format_seconds((double)info->age / 1e9).text);
    hf_text_print(t, "\n  command       ");
    hf_text_untrusted(t, info->command);
    hf_text_print(t, "\n  executable    ");
    hf_text_untrusted(t, info->executable);
    hf_text_print(t, "\n");
    print_python(t, &info->python);
    hf_text_print(t, "  memory        %s %s",
                  info->freeze.way == HF_WAY_CORE ? "pages in the core file" : "RSS",
                  hf_format_bytes(info->rss).text);
    hf_text_print(t, ", anonymous %s", hf_format_bytes(info->anonymous).text);
    if (info->swap)
        hf_text_print(t, ", swapped out %s", hf_format_bytes(info->swap).text);
    hf_text_print(t, "\n  taken         ");
    print_time(t, info->freeze.taken_at);
    hf_text_print(t, " by holdfast ");
    hf_text_untrusted(t, info->tool_version);
    hf_text_print(t, "\n");
    print_freeze(t, info);
    print_missing(t, info);
    hf_text_print(t, "  objects       %s", hf_format_count(graph->object_count).text);
    hf_text_print(t, " with %s references", hf_format_count(graph->edge_count).text);
    hf_text_print(t, ", %u types, %u roots, %u thread%s\n", graph->type_count, graph->root_count,
                  graph->thread_count, graph->thread_count == 1 ? "" : "s");
    print_tracing(t, graph);
    hf_text_print(t, "  values        %s\n",
                  info->has_values ? "kept: treat the file as a secret" : "none kept");
    print_asking(t, &info->asking);
    hf_text_print(t, "  self-check    ");
    hf_show_check_text(t, &info->check, 16);
}

static void json_check(hf_json *j, const hf_walk_check *check)
{
    hf_json_object(j, "check");
    hf_json_uint(j, "objects", check->objects);
    hf_json_uint(j, "references", check->edges);
    hf_json_uint(j, "tracked", check->tracked);
    hf_json_uint(j, "balanced", check->balanced);
    hf_json_uint(j, "c_held", check->c_held);
    hf_json_uint(j, "overcounted", check->overcounted);
    hf_json_uint(j, "lists_repaired", check->lists_repaired);
    hf_json_uint(j, "unreadable", check->unreadable);
    hf_json_uint(j, "implausible", check->implausible);
    if (check->tracing == HF_TRACING_READ || check->tracing == HF_TRACING_AGENT) {
        hf_json_uint(j, "traced_blocks", check->traced_blocks);
        hf_json_uint(j, "traced_bytes", check->traced_bytes);
        hf_json_uint(j, "traced_objects", check->traced_objects);
        hf_json_uint(j, "traces_lost", check->traces_lost);
        hf_json_uint(j, "sample_bytes", check->sample_bytes);
    }
    hf_json_end(j);
}

static void json_asking(hf_json *j, const hf_asking_info *asking)
{
    hf_json_object(j, "extensions");
    hf_json_uint(j, "types", asking->types);
    hf_json_uint(j, "objects", asking->objects);
    hf_json_uint(j, "references", asking->references);
    hf_json_uint(j, "types_failed", asking->types_failed);
    hf_json_text(j, "failures", asking->failures);
    hf_json_text(j, "why_not", asking->why_not);
    hf_json_end(j);
}

void hf_show_info_members(hf_json *j, const hf_snapshot_info *info)
{
    hf_json_int(j, "pid", info->pid);
    if (info->age)
        hf_json_real(j, "age_seconds", (double)info->age / 1e9);
    hf_json_text(j, "python", info->python.version);
    hf_json_text(j, "layout", info->python.table);
    hf_json_uint(j, "interpreters", info->python.interpreter_count);
    hf_json_bool(j, "static_link", info->python.static_link);
    hf_json_bool(j, "gc_enabled", info->python.gc_enabled);
    hf_json_uint(j, "uncollectable", info->python.uncollectable);
    hf_json_uint(j, "rss_bytes", info->rss);
    hf_json_uint(j, "anonymous_bytes", info->anonymous);
    hf_json_uint(j, "swap_bytes", info->swap);
    hf_json_uint(j, "taken_at_ms", info->freeze.taken_at / 1000000);
    hf_json_text(j, "way", hf_show_way_word(info->freeze.way));
    hf_json_real(j, "pause_ms", (double)info->freeze.pause / 1e6);
    hf_json_real(j, "predicted_pause_ms", (double)info->freeze.predicted_pause / 1e6);
    hf_json_uint(j, "attempts", info->freeze.attempts);
    hf_json_bool(j, "at_rest", info->freeze.at_rest);
    hf_json_bool(j, "torn", info->freeze.way == HF_WAY_LIVE);
    if (info->freeze.way == HF_WAY_CORE || *info->missing)
        hf_json_text(j, "missing", info->missing);
    hf_json_bool(j, "has_values", info->has_values);
    hf_json_text(j, "tracemalloc", tracing_word(info->check.tracing));
    json_check(j, &info->check);
    if (info->asking.wanted)
        json_asking(j, &info->asking);
}

void hf_show_info_json(hf_json *j, const hf_graph *graph)
{
    hf_json_object(j, NULL);
    hf_json_text(j, "host", graph->info.host);
    hf_json_text(j, "command", graph->info.command);
    hf_json_text(j, "executable", graph->info.executable);
    hf_json_text(j, "tool_version", graph->info.tool_version);
    hf_json_text(j, "why_not_fork", graph->info.freeze.why_not_fork);
    hf_show_info_members(j, &graph->info);
    hf_json_uint(j, "objects", graph->object_count);
    hf_json_uint(j, "references", graph->edge_count);
    hf_json_uint(j, "types", graph->type_count);
    hf_json_uint(j, "roots", graph->root_count);
    hf_json_array(j, "threads");
    for (uint32_t i = 0; i < graph->thread_count; i++) {
        const hf_graph_thread *thread = &graph->threads[i];
        hf_json_object(j, NULL);
        hf_json_uint(j, "native_id", thread->native_id);
        hf_json_text(j, "name", hf_strtab_get(&graph->names, thread->name));
        hf_json_array(j, "frames");
        for (size_t k = 0; k < thread->frame_count; k++)
            hf_json_text(j, NULL, hf_strtab_get(&graph->names, thread->frames[k]));
        hf_json_end(j);
        hf_json_end(j);
    }
    hf_json_end(j);
    hf_json_end(j);
}

void hf_show_snapshot_text(hf_text *t, const hf_snapshot_row *row)
{
    const hf_snapshot_info *info = row->info;
    hf_text_untrusted(t, row->path);
    hf_text_print(t, ": %s objects", hf_format_count(info->check.objects).text);
    hf_text_print(t, " and %s references", hf_format_count(info->check.edges).text);
    hf_text_print(t, " of process %d (CPython %s)", (int)info->pid, info->python.version);
    hf_text_print(t, ", %s on disk\n", hf_format_bytes(row->file_size).text);
    hf_text_print(t, "  way           %s\n", hf_show_way(info->freeze.way));
    if (info->freeze.way != HF_WAY_CORE) {
        hf_text_print(t, "  pause         %s", hf_format_pause(info->freeze.pause).text);
        hf_text_print(t, ", predicted %s\n", hf_format_pause(info->freeze.predicted_pause).text);
    }
    hf_text_print(t, "  consistency   %s, %s\n",
                  info->freeze.way == HF_WAY_LIVE ? "torn: the process ran meanwhile"
                                                  : "one instant",
                  consistency(info));
    print_missing(t, info);
    print_asking(t, &info->asking);
    hf_text_print(t, "  self-check    ");
    hf_show_check_text(t, &info->check, 16);
}

void hf_show_snapshot_json(hf_json *j, const hf_snapshot_row *row)
{
    hf_json_object(j, NULL);
    hf_json_text(j, "file", row->path);
    hf_json_uint(j, "file_bytes", row->file_size);
    hf_show_info_members(j, row->info);
    hf_json_end(j);
}

void hf_show_raw_text(hf_text *t, const char *path, pid_t pid, const hf_raw_info *raw)
{
    hf_text_untrusted(t, path);
    hf_text_print(t, ": memory of process %d", (int)pid);
    hf_text_print(t, ", %s on disk\n", hf_format_bytes(raw->file_size).text);
    hf_text_print(t, "  memory        RSS %s", hf_format_bytes(raw->rss).text);
    hf_text_print(t, ", %s written before packing\n",
                  hf_format_bytes(raw->freeze.bytes_copied).text);
    hf_text_print(t, "  way           %s\n", hf_show_way(raw->freeze.way));
    hf_text_print(t, "  pause         %s", hf_format_pause(raw->freeze.pause).text);
    hf_text_print(t, ", predicted %s\n", hf_format_pause(raw->freeze.predicted_pause).text);
}

void hf_show_raw_json(hf_json *j, const char *path, pid_t pid, const hf_raw_info *raw)
{
    hf_json_object(j, NULL);
    hf_json_text(j, "file", path);
    hf_json_uint(j, "file_bytes", raw->file_size);
    hf_json_int(j, "pid", pid);
    hf_json_uint(j, "rss_bytes", raw->rss);
    hf_json_uint(j, "anonymous_bytes", raw->anonymous);
    hf_json_uint(j, "copied_bytes", raw->freeze.bytes_copied);
    hf_json_text(j, "way", hf_show_way_word(raw->freeze.way));
    hf_json_real(j, "pause_ms", (double)raw->freeze.pause / 1e6);
    hf_json_real(j, "predicted_pause_ms", (double)raw->freeze.predicted_pause / 1e6);
    hf_json_uint(j, "attempts", raw->freeze.attempts);
    hf_json_text(j, "why_not_rest", raw->why_not_rest);
    hf_json_end(j);
}
