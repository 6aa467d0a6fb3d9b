/* present/cli/source.c - see present/cli/source.h. */
#include "present/cli/source.h"

#include "acquire/pause.h"
#include "acquire/processes.h"
#include "base/cleanup.h"
#include "graph/file.h"
#include "graph/probe.h"
#include "present/cli/births.h"
#include "present/cli/progress.h"
#include "present/cli/scratch.h"
#include "trace/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { MATCHES_MAX = 8 };

/* The part of a word behind the last slash. */
static size_t base_of(const char *word, size_t length)
{
    size_t start = length;
    while (start && word[start - 1] != '/')
        start--;
    return start;
}

static bool is_word(const char *word, size_t length, const char *name)
{
    return strlen(name) == length && memcmp(word, name, length) == 0;
}

bool hf_source_is_named(const char *command, const char *name)
{
    bool module = false;
    for (size_t number = 0; *command; number++) {
        size_t length = strcspn(command, " ");
        size_t base = base_of(command, length);
        if ((module || *command != '-') &&
            (is_word(command, length, name) || is_word(command + base, length - base, name)))
            return true;
        /* Behind the program, its script or its module come only arguments. */
        if (number && (module || *command != '-'))
            return false;
        module = is_word(command, length, "-m");
        command += length + strspn(command + length, " ");
    }
    return false;
}

static bool has_python(pid_t pid, const char *name)
{
    HF_AUTO(hf_target_freep) hf_target *target = NULL;
    hf_err *err = hf_target_open_pid(pid, &target);
    if (!err && hf_source_is_named(hf_target_describe(target)->command, name)) {
        hf_python_probe probe;
        err = hf_probe(target, &probe);
        if (!err)
            return true;
        hf_err_free(err);
        return false;
    }
    hf_err_free(err);
    return false;
}

/* *ret is 0 where no process has the name. */
static hf_err *find_by_name(const char *name, pid_t *ret)
{
    HF_AUTO(hf_freep) pid_t *pids = NULL;
    size_t count, matches = 0;
    hf_err *err = hf_processes_list(&pids, &count);
    if (err)
        return err;
    hf_buf found HF_AUTO(hf_buf_deinit) = {0};
    pid_t match = 0;
    for (size_t i = 0; i < count; i++) {
        if (pids[i] == getpid() || !has_python(pids[i], name))
            continue;
        match = pids[i];
        if (matches++ < MATCHES_MAX)
            hf_buf_format(&found, "%s%d", matches > 1 ? ", " : "", (int)pids[i]);
    }
    if (matches > 1)
        return hf_fail(HF_ERR_NO_PROCESS,
                       "'%s' is the name of %zu processes: give the pid of one: %s%s", name,
                       matches, hf_buf_string(&found), matches > MATCHES_MAX ? ", ..." : "");
    *ret = match;
    return NULL;
}

/* What somebody has compressed is no file of ours: say how to get at it. */
static hf_err *refuse_compressed(const char *path, hf_file_kind kind)
{
    const char *program = kind == HF_FILE_LZ4 ? "lz4" : kind == HF_FILE_XZ ? "xz" : "gzip";
    return hf_fail(
        HF_ERR_NOT_OURS,
        "'%s' is compressed: unpack it first ('%s -dc FILE > core', or 'coredumpctl dump PID -o "
        "core' where systemd-coredump wrote it)",
        path, program);
}

static hf_err *resolve_file(const char *path, hf_source *ret)
{
    uint8_t start[HF_FILE_KIND_BYTES];
    HF_AUTO(hf_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t n = fd < 0 ? -1 : read(fd, start, sizeof(start));
    if (n < 0)
        return hf_fail_sys(errno, "cannot read '%s'", path);
    if (!n)
        return hf_fail(HF_ERR_NOT_OURS, "'%s' is empty: nothing was written to it", path);
    hf_file_kind kind = hf_file_kind_of(start, (size_t)n);
    if (kind == HF_FILE_LZ4 || kind == HF_FILE_XZ || kind == HF_FILE_GZIP)
        return refuse_compressed(path, kind);
    if (hf_capture_is(path))
        return hf_fail(HF_ERR_NOT_OURS,
                       "'%s' is a capture of 'holdfast run', not a snapshot of a heap: summary, "
                       "table, tree, flamegraph, plot, lines, stats, diff and export read it",
                       path);
    *ret = (hf_source){.path = path, .core = kind == HF_FILE_CORE || kind == HF_FILE_ZSTD};
    return NULL;
}

bool hf_source_may_be_program(const char *operand)
{
    size_t length = strlen(operand);
    struct stat status;
    bool is_script = length > 3 && strcmp(operand + length - 3, ".py") == 0;
    return !strchr(operand, '/') &&
           (is_script || (stat(operand, &status) == 0 && S_ISDIR(status.st_mode)));
}

static hf_err *resolve_existing(const char *operand, const struct stat *status, hf_source *ret)
{
    bool is_program = hf_source_may_be_program(operand);
    pid_t pid = 0;
    hf_err *err = is_program ? find_by_name(operand, &pid) : NULL;
    if (err)
        return err;
    if (pid) {
        *ret = (hf_source){.pid = pid};
        return NULL;
    }
    if (S_ISDIR(status->st_mode))
        return hf_fail(HF_ERR_NOT_OURS, "'%s' is a folder: name the snapshot files in it", operand);
    if (!S_ISREG(status->st_mode))
        return hf_fail(HF_ERR_NOT_OURS, "'%s' is no snapshot: it is no regular file", operand);
    if (is_program)
        return hf_fail(HF_ERR_NO_PROCESS,
                       "'%s' is a script, and no process that we may see runs it: 'holdfast ps' "
                       "lists those that there are",
                       operand);
    return resolve_file(operand, ret);
}

hf_err *hf_source_resolve(const char *operand, hf_source *ret)
{
    size_t length = strlen(operand);
    struct stat status;
    if (strspn(operand, "0123456789") == length) {
        unsigned long pid = length < 10 ? strtoul(operand, NULL, 10) : 0;
        if (!pid || pid > INT32_MAX)
            return hf_fail(HF_ERR_NO_PROCESS, "no process can have the pid %s", operand);
        *ret = (hf_source){.pid = (pid_t)pid};
        return NULL;
    }
    if (operand[0] == '-' && strspn(operand + 1, "0123456789") == length - 1)
        return hf_fail(HF_ERR_USAGE, "'%s' is no pid", operand);
    if (strchr(operand, '/') || stat(operand, &status) == 0) {
        if (stat(operand, &status))
            return hf_fail_sys(errno, "cannot read '%s'", operand);
        return resolve_existing(operand, &status, ret);
    }
    pid_t pid = 0;
    hf_err *err = find_by_name(operand, &pid);
    if (!err && !pid)
        err = hf_fail(HF_ERR_NO_PROCESS,
                      "there is no file '%s', and no Python process of that name that we may see: "
                      "'holdfast ps' lists those that there are",
                      operand);
    if (!err)
        *ret = (hf_source){.pid = pid};
    return err;
}

const char *hf_source_way_name(hf_way way)
{
    switch (way) {
    case HF_WAY_FORK:
        return "copy-on-write fork";
    case HF_WAY_STOPPED:
        return "copy of a process that was stopped already";
    case HF_WAY_STOP:
        return "stop and copy";
    case HF_WAY_LIVE:
        return "read while it runs";
    case HF_WAY_CORE:
        return "core file";
    }
    return "unknown way";
}

hf_snapshot_options hf_source_options(const hf_arguments *arguments)
{
    return (hf_snapshot_options){
        .freeze = {.max_pause_ms = arguments->max_pause * 1000,
                   .allow_stop = arguments->allow_stop,
                   .force_live = arguments->live,
                   .keep_copy = arguments->ask_extensions},
        .walk = {.no_values = arguments->no_values},
    };
}

typedef struct take_context {
    pid_t pid;
    bool walks, released;
} take_context;

static void show_progress(void *context, hf_stage stage, uint64_t done, uint64_t total)
{
    take_context *take = context;
    if (stage == HF_STAGE_WALK && !take->walks)
        hf_progress_begin("walking the heap");
    take->walks = stage == HF_STAGE_WALK;
    hf_progress_update(done, total);
}

/* The target is out of our hands: from here on an interrupt may end us at once. */
static void release_signals(void *context)
{
    take_context *take = context;
    if (!take->released)
        hf_scratch_release_signals();
    take->released = true;
}

static bool is_interrupted(void *context)
{
    (void)context;
    return hf_scratch_is_ending();
}

void hf_source_say_pause(uint64_t predicted, double queue, const char *way, hf_buf *out)
{
    hf_buf_text(out, hf_format_pause((uint64_t)((double)predicted * queue)).text);
    if (way || queue > 1)
        hf_buf_format(out, " (%s", way ? way : "");
    if (queue > 1)
        hf_buf_format(out, "%s%s where processors are free", way ? "; " : "",
                      hf_format_pause(predicted).text);
    hf_buf_text(out, way || queue > 1 ? ")" : "");
}

static void announce_plan(void *context, const hf_freeze_plan *plan)
{
    HF_AUTO(hf_buf_deinit) hf_buf pause = {0};
    hf_source_say_pause(plan->predicted_pause, hf_pause_queue(), hf_source_way_name(plan->way),
                        &pause);
    take_context *take = context;
    if (plan->way == HF_WAY_LIVE)
        hf_note("process %d is read while it runs, without a stop%s%s", (int)take->pid,
                *plan->why_not_fork ? ": " : "", plan->why_not_fork);
    else if (plan->way == HF_WAY_STOPPED)
        hf_note("process %d is stopped already: it is copied as it stands", (int)take->pid);
    else
        hf_note("process %d will stand still for about %s%s%s", (int)take->pid,
                hf_buf_string(&pause), *plan->why_not_fork ? ": " : "", plan->why_not_fork);
}

/* What was interrupted ends by the signal, once files of ours are removed: that takes another
 * thread, which may have to take the signal first. An interrupt of the decoder alone is an
 * error like others. */
static void end_where_interrupted(const hf_err *err)
{
    enum { LOOKS = 100, NANOSECONDS_BETWEEN = 5000000 };
    bool interrupted = err && hf_err_code_of(err) == HF_ERR_INTERRUPTED;
    for (int i = 0; interrupted && i < LOOKS && !hf_scratch_is_ending(); i++)
        nanosleep(&(struct timespec){0, NANOSECONDS_BETWEEN}, NULL);
    if (hf_scratch_is_ending())
        hf_scratch_await_end();
}

/* ret_graph: what is wanted is the graph, and no file; else NULL. */
static hf_err *take(hf_session *s, pid_t pid, const char *path, bool announce,
                    hf_snapshot_info *ret, hf_graph **ret_graph)
{
    take_context context = {.pid = pid};
    hf_snapshot_options options = hf_source_options(s->arguments);
    options.progress = show_progress;
    options.announce = announce ? announce_plan : NULL; /* to plan takes time as well */
    options.released = release_signals;
    options.interrupted = is_interrupted;
    options.context = &context;
    HF_AUTO(hf_births_freep) hf_births *births = hf_births_of(pid);
    options.walk.births = births;
    hf_progress_begin("copying memory");
    hf_scratch_hold_signals();
    hf_err *err = ret_graph ? hf_snapshot_take_graph(pid, path, &options, ret_graph)
                            : hf_snapshot_take(pid, path, &options, ret);
    release_signals(&context);
    hf_progress_clear();
    end_where_interrupted(err);
    return err;
}

hf_err *hf_source_take(hf_session *s, pid_t pid, const char *path, bool announce,
                       hf_snapshot_info *ret)
{
    return take(s, pid, path, announce, ret, NULL);
}

hf_err *hf_source_take_graph(hf_session *s, pid_t pid, const char *path, bool announce,
                             hf_graph **ret)
{
    hf_err *err = take(s, pid, path, announce, NULL, ret);
    if (!err && s->arguments->no_values)
        (*ret)->info.has_values = false;
    return err;
}

hf_err *hf_source_take_raw(hf_session *s, pid_t pid, const char *path, hf_raw_info *ret)
{
    take_context context = {.pid = pid};
    hf_snapshot_options options = hf_source_options(s->arguments);
    options.progress = show_progress;
    options.announce = announce_plan;
    options.context = &context;
    hf_progress_begin("writing memory");
    hf_scratch_hold_signals();
    hf_err *err = hf_snapshot_take_raw(pid, path, &options, ret);
    hf_scratch_release_signals();
    hf_progress_clear();
    return err;
}

static void tell_missing(const char *core, const hf_snapshot_info *info)
{
    for (const char *line = info->missing; *line;) {
        size_t length = strcspn(line, "\n");
        hf_note("%s: %.*s", core, (int)length, line);
        line += length + (line[length] == '\n');
    }
}

/* Where debuginfod's client keeps what it has fetched. The caller frees it; NULL: nowhere. */
static char *debuginfod_folder(void)
{
    const char *told = getenv("DEBUGINFOD_CACHE_PATH"), *cache = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    if (told && *told)
        return strdup(told);
    if (cache && *cache)
        return hf_path_join(cache, "debuginfod_client");
    return home && *home ? hf_path_join(home, ".cache/debuginfod_client") : NULL;
}

hf_err *hf_source_take_core(hf_session *s, const char *core, const char *path,
                            hf_snapshot_info *ret)
{
    take_context context = {.walks = true};
    HF_AUTO(hf_freep) char *debuginfod = debuginfod_folder();
    hf_snapshot_options options = hf_source_options(s->arguments);
    options.places = (hf_core_places){s->arguments->sysroot, debuginfod};
    options.progress = show_progress;
    options.context = &context;
    hf_progress_begin("reading the core file");
    hf_snapshot_info info;
    hf_err *err = hf_snapshot_take_core(core, path, &options, &info);
    hf_progress_clear();
    if (err)
        return err;
    tell_missing(core, &info);
    if (ret)
        *ret = info;
    return NULL;
}

static hf_err *read_snapshot(hf_session *s, const char *path, hf_graph **ret)
{
    hf_progress_begin("reading the snapshot");
    hf_graph *graph;
    hf_err *err = hf_snapshot_read(path, &graph);
    hf_progress_clear();
    if (err)
        return err;
    if (s->arguments->no_values)
        graph->info.has_values = false;
    *ret = graph;
    return NULL;
}

/* The graph of a process or of a core file, by way of a snapshot that is removed at once. */
static hf_err *load_through_snapshot(hf_session *s, const hf_source *source, hf_graph **ret)
{
    const char *folder;
    hf_err *err = hf_scratch_folder(NULL, &folder);
    if (err)
        return err;
    hf_buf path HF_AUTO(hf_buf_deinit) = {0};
    hf_buf_format(&path, "%s/snapshot.hfheap", folder);
    const char *name = hf_buf_string(&path);
    err = source->pid ? hf_source_take_graph(s, source->pid, name, true, ret)
                      : hf_source_take_core(s, source->path, name, NULL);
    if (!err && source->core)
        err = read_snapshot(s, name, ret);
    hf_scratch_remove_folder(folder);
    return err;
}

hf_err *hf_source_read(hf_session *s, const char *path, hf_graph **ret)
{
    hf_source source;
    hf_err *err = resolve_file(path, &source);
    if (err)
        return err;
    return source.core ? load_through_snapshot(s, &source, ret) : read_snapshot(s, path, ret);
}

hf_err *hf_source_load(hf_session *s, const char *operand, hf_graph **ret)
{
    hf_source source;
    hf_err *err = hf_source_resolve(operand, &source);
    if (err)
        return err;
    return source.pid || source.core ? load_through_snapshot(s, &source, ret)
                                     : read_snapshot(s, source.path, ret);
}
