#include "graph/snapshot.h"

#include "acquire/files.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "cpython/layout.h"
#include "graph/announce.h"
#include "graph/core_open.h"
#include "graph/info_codec.h"
#include "graph/probe.h"
#include "graph/questions.h"
#include "graph/read.h"
#include "graph/relay.h"
#include "graph/sandbox.h"
#include "graph/write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MISSING_TOLD = 3 }; /* lines, in a message */

typedef struct taking {
    const hf_snapshot_options *options;
    hf_target *frozen;         /* of a core file only in the child, which opens it */
    const hf_core_input *core; /* NULL for a process */
    hf_snapshot_writer *writer;
    hf_shared_graph *shared; /* where objects and edges go, if not into the file; else NULL */
    uint64_t monotonic;      /* of this machine's clock at the cut; 0 for a core file */
    bool is_released;        /* the target is out of our hands, and whoever asked has been told */
} taking;

/* Called in the parent, for what the child tells. */
static void walk_progress(void *context, uint64_t done, uint64_t total)
{
    const hf_snapshot_options *o = ((taking *)context)->options;
    if (o->progress)
        o->progress(o->context, HF_STAGE_WALK, done, total);
}

/* Called in the parent: ends the copy, if there is one, of which the target is to be relieved in
 * good order. Fails where it was lost before; then another one is to be made. */
static hf_err *release(taking *t)
{
    hf_target_end_copy(t->frozen);
    hf_err *lost = hf_target_demand_error(t->frozen);
    if (!lost && !t->is_released && t->options->released)
        t->options->released(t->options->context);
    t->is_released = true;
    return lost;
}

static bool is_interrupted(void *context)
{
    const hf_snapshot_options *o = ((taking *)context)->options;
    return o->interrupted && o->interrupted(o->context);
}

/* Called in the child, by the walk: the sink's context is the writer, so the link is found here. */
static hf_sandbox_link *child_link;

static void tell_progress(void *context, uint64_t done, uint64_t total)
{
    (void)context;
    hf_sandbox_progress(child_link, done, total);
}

/* Arguments may be secrets as well as values are; without them the command is its first word. */
static char *command_of(const hf_target_info *t, bool no_values)
{
    size_t length = no_values ? strcspn(t->command, " ") : strlen(t->command);
    return strndup(t->command, length);
}

static void describe(const taking *t, const hf_heap *heap, const hf_walk_check *check,
                     hf_snapshot_info *ret)
{
    const hf_target_info *target = hf_target_describe(t->frozen);
    *ret = (hf_snapshot_info){
        .tool_version = HF_VERSION,
        .pid = target->pid,
        .start_time = target->start_time,
        .executable = target->executable,
        .rss = target->rss,
        .anonymous = target->anonymous,
        .swap = target->swap,
        .peak = target->peak,
        .age = target->age,
        .freeze = *hf_target_freeze_info(t->frozen),
        .python = *hf_heap_python(heap),
        .check = *check,
        .asking = *hf_heap_asking(heap),
        .has_values = !t->options->walk.no_values,
        .monotonic = t->monotonic,
    };
    if (ret->asking.pause)
        ret->freeze.pause = ret->asking.pause;
    ret->asking.wanted = t->options->freeze.keep_copy;
    snprintf(ret->missing, sizeof(ret->missing), "%s", target->missing);
    if (ret->asking.wanted && !hf_target_may_be_asked(t->frozen))
        snprintf(ret->asking.why_not, sizeof(ret->asking.why_not), "no copy was made");
}

static hf_err *walk_and_share(const taking *t, hf_heap *heap, const hf_walk_options *how,
                              hf_walk_check *ret)
{
    hf_heap_sink sink = hf_snapshot_writer_sink_sharing(t->writer, hf_heap_names(heap), t->shared);
    sink.progress = tell_progress;
    return hf_heap_walk(heap, how, &sink, ret);
}

/* One thread walks, another writes. */
static hf_err *walk_and_write(const taking *t, hf_heap *heap, const hf_walk_options *how,
                              hf_walk_check *ret)
{
    hf_heap_sink sink = hf_snapshot_writer_sink(t->writer, hf_heap_names(heap));
    sink.progress = tell_progress;
    hf_relay *relay HF_AUTO(hf_relay_freep) = NULL;
    hf_err *err = hf_relay_new(&sink, &relay);
    if (err)
        return err;
    const hf_heap_sink relayed = hf_relay_sink(relay);
    err = hf_heap_walk(heap, how, &relayed, ret);
    return err ? err : hf_relay_finish(relay);
}

/* Says what is missing when that may be the reason. */
static hf_err *explain(hf_err *err, const hf_target *core)
{
    const char *missing = hf_target_describe(core)->missing;
    hf_err_code code = hf_err_code_of(err);
    if (!*missing || (code != HF_ERR_NOT_PYTHON && code != HF_ERR_UNPROVEN))
        return err;
    hf_buf lines HF_AUTO(hf_buf_deinit);
    hf_buf_init(&lines, 0);
    for (int told = 0; *missing && told < MISSING_TOLD; told++) {
        size_t length = strcspn(missing, "\n");
        hf_buf_format(&lines, "%s%.*s", told ? "; " : "", (int)length, missing);
        missing += length + (missing[length] == '\n');
    }
    hf_err *longer = hf_fail(code, "%s. Missing: %s%s", hf_err_message(err), hf_buf_string(&lines),
                             *missing ? "; and more" : "");
    hf_err_free(err);
    return longer;
}

/* A core file at rest is one of luck, or of care: no collection ran, nobody held the GIL. */
static hf_err *open_core(taking *t)
{
    hf_err *err = hf_target_open_core(t->core, &t->frozen);
    hf_python_probe probe = {0};
    if (!err)
        err = hf_python_probe_live(t->frozen, &probe);
    if (!err)
        hf_target_note_rest(t->frozen, probe.rest, probe.rest_count);
    return err;
}

static hf_err *write_memory(const taking *t, hf_heap *heap)
{
    hf_memory memory;
    hf_err *err = hf_memory_measure(heap, &memory);
    if (err)
        return err;
    err = hf_snapshot_writer_memory(t->writer, &memory);
    hf_memory_deinit(&memory);
    return err;
}

static hf_err *open_memory(taking *t)
{
    if (t->core)
        return open_core(t);
    return hf_target_is_on_demand(t->frozen) ? hf_target_load_on_demand(t->frozen) : NULL;
}

/* In the child: everything that looks at the target's bytes. */
static hf_err *walk(void *context, hf_sandbox_link *link, hf_buf *answer)
{
    taking *t = context;
    hf_heap *heap HF_AUTO(hf_heap_freep) = NULL;
    uint64_t pause = 0; /* with the one that ending the copy took */
    hf_err *err = open_memory(t);
    if (!err)
        err = hf_heap_open(t->frozen, &heap);
    if (err)
        return t->core && t->frozen ? explain(err, t->frozen) : err;
    child_link = link;
    hf_walk_check check = {0};
    hf_walk_options how = t->options->walk;
    hf_asking asking = hf_questions_over(link);
    if (hf_target_may_be_asked(t->frozen))
        how.asking = &asking;
    how.claims = true;
    err = t->shared ? walk_and_share(t, heap, &how, &check) : walk_and_write(t, heap, &how, &check);
    if (!err)
        err = write_memory(t, heap);
    if (!err && !t->core && hf_target_is_on_demand(t->frozen))
        err = asking.end(asking.context, &pause);
    if (err)
        return err;

    hf_snapshot_info info;
    char host[256] = "";
    describe(t, heap, &check, &info);
    info.freeze.pause = pause ? pause : info.freeze.pause;
    HF_AUTO(hf_freep)
    char *command = command_of(hf_target_describe(t->frozen), t->options->walk.no_values);
    gethostname(host, sizeof(host) - 1);
    info.host = t->core ? hf_target_describe(t->frozen)->host : host;
    info.command = command;
    err = hf_snapshot_writer_seal(t->writer, &info);
    if (!err)
        hf_info_encode(&info, answer);
    return err;
}

/* In the parent: the child asks, or needs the copy no more. */
static void answer(void *context, int fd, const uint8_t *body, size_t length)
{
    taking *t = context;
    if (!length)
        hf_err_free(release(t)); /* it will be told again */
    hf_questions_answer(t->frozen, fd, body, length);
}

/* What decoding may take of memory, beside what is shared, of the disk and of the processor:
 * several times of what heaps of nothing but small objects need, so that only a decoder that was
 * taken over, or led round and round, meets it. A copy of the target may live no longer than
 * that, nor much longer by the clock: a decoder that takes a little now and then is not idle. Of
 * a core file nobody knows the size of the memory in it before it is parsed, and nobody's copy
 * waits for it. */
static void limit(const taking *t, hf_sandbox *s)
{
    enum {
        MEMORY_TIMES = 8,
        FILE_TIMES = 4,
        SECONDS_LEAST = 120,
        SECONDS_A_GIGABYTE = 300,
        /* Of a machine with so much to do that a decoder gets a hundredth of a processor, and
         * less. */
        LIFE_TIMES = 30,
    };
    const uint64_t least = UINT64_C(1) << 30;
    if (t->core)
        return;
    uint64_t bytes = hf_target_freeze_info(t->frozen)->bytes_copied;
    s->memory = least + MEMORY_TIMES * bytes;
    s->file = least + FILE_TIMES * bytes;
    s->seconds = SECONDS_LEAST + (unsigned)((bytes >> 20) * SECONDS_A_GIGABYTE >> 10);
    s->life = LIFE_TIMES * s->seconds;
}

static hf_err *decode(taking *t, hf_snapshot_info *ret)
{
    const hf_target_info *target = t->core ? NULL : hf_target_describe(t->frozen);
    hf_sandbox sandbox = {
        .uid = target ? target->uid : HF_NOBODY,
        .gid = target ? target->gid : HF_NOBODY,
        .fd = hf_snapshot_writer_fd(t->writer),
        .work = walk,
        .progress = walk_progress,
        .call = t->core ? NULL : answer,
        .interrupted = is_interrupted,
        .is_of_file = t->core != NULL,
        .context = t,
    };
    limit(t, &sandbox);
    if (!t->core && hf_target_is_on_demand(t->frozen))
        sandbox.source = hf_target_demand_file(t->frozen);
    hf_buf answer HF_AUTO(hf_buf_deinit) = {0};
    hf_err *err = hf_sandbox_run(&sandbox, &answer);
    if (err)
        return err;
    hf_cursor c = hf_cursor_over(answer.data, answer.length);
    hf_info_texts texts;
    if (!hf_info_decode(&c, ret, &texts))
        return hf_fail(HF_ERR_SYSTEM, "the heap could not be decoded: the decoder's answer "
                                      "cannot be");
    return NULL;
}

/* In a child: the build-ids of the binaries, for hf_target_map_debug_file(). */
static hf_err *tell_build_ids(void *context, hf_sandbox_link *link, hf_buf *answer)
{
    size_t count;
    const hf_target_file *files = hf_target_files(context, &count);
    (void)link;
    for (size_t i = 0; i < count; i++) {
        hf_build_id id = hf_build_id_of(files[i].bytes, files[i].size);
        hf_buf_char(answer, (char)id.length);
        hf_buf_add(answer, id.bytes, id.length);
    }
    return NULL;
}

/* Whether a table was made for the very version; another may fit it as well. */
static bool is_known(uint32_t version)
{
    for (size_t i = 0; i < hf_layout_count; i++)
        if (version >= hf_layouts[i].first_version && version <= hf_layouts[i].last_version)
            return true;
    return false;
}

/* Where no table should fit, debug information may say what one would: the files are opened here,
 * and read by the child. What cannot be had is no failure. */
static void find_debug_info(hf_target *frozen, pid_t pid, uint32_t version)
{
    size_t count;
    hf_target_map_files(frozen, pid);
    hf_target_files(frozen, &count);
    if (is_known(version) || !count)
        return;
    const hf_target_info *target = hf_target_describe(frozen);
    hf_sandbox sandbox = {.uid = target->uid,
                          .gid = target->gid,
                          .fd = -1,
                          .work = tell_build_ids,
                          .context = frozen};
    hf_buf ids HF_AUTO(hf_buf_deinit);
    hf_buf_init(&ids, HF_FILES_MAX * (HF_BUILD_ID_MAX + 1));
    hf_err_free(hf_sandbox_run(&sandbox, &ids));
    hf_cursor c = hf_cursor_over(ids.data, ids.length);
    for (size_t i = 0; i < count; i++) {
        hf_build_id id = {.length = hf_cursor_u8(&c)};
        const uint8_t *bytes = id.length <= HF_BUILD_ID_MAX ? hf_cursor_bytes(&c, id.length) : NULL;
        if (!bytes || c.bad)
            return;
        memcpy(id.bytes, bytes, id.length);
        hf_target_map_debug_file(frozen, i, pid, &id);
    }
}

/* What the process must satisfy to be at rest is known only by asking it. */
static hf_err *freeze(hf_target *live, pid_t pid, const hf_snapshot_options *options,
                      hf_target **ret)
{
    hf_python_probe probe = {0};
    hf_err *err = hf_probe(live, &probe);
    hf_freeze_options how;
    if (!err)
        err = hf_announce_freeze(live, &probe, options, &how);
    if (err)
        return err;
    err = hf_freeze(live, &how, ret);
    if (!err)
        find_debug_info(*ret, pid, probe.python.version_hex);
    return err;
}

/* What CLOCK_MONOTONIC said when CLOCK_REALTIME said `then`, in nanoseconds. */
static uint64_t monotonic_at(uint64_t then)
{
    struct timespec real, monotonic;
    clock_gettime(CLOCK_REALTIME, &real);
    clock_gettime(CLOCK_MONOTONIC, &monotonic);
    uint64_t now = (uint64_t)real.tv_sec * 1000000000 + (uint64_t)real.tv_nsec;
    uint64_t since_boot = (uint64_t)monotonic.tv_sec * 1000000000 + (uint64_t)monotonic.tv_nsec;
    return then <= now && now - then < since_boot ? since_boot - (now - then) : 0;
}

/* What can be done where the machine has too little memory for the decoder. */
static hf_err *advise(const taking *t, hf_err *err)
{
    if (!err || t->core || hf_err_code_of(err) != HF_ERR_NO_MEMORY)
        return err;
    hf_err *longer = hf_fail(HF_ERR_NO_MEMORY,
                             "%s. 'holdfast snapshot %d --raw -o FILE' needs hardly any: FILE can "
                             "be looked at on a machine that has more",
                             hf_err_message(err), (int)hf_target_describe(t->frozen)->pid);
    hf_err_free(err);
    return longer;
}

/* Decodes what was frozen. *ret_again: reading on demand was too much for the copy, or for us, of
 * whose memory what is read becomes; another try without that is worth it, unless the copy was not
 * needed any more: then it was something else, and signals are not held any more either. */
static hf_err *decode_and_release(taking *t, hf_snapshot_info *ret, bool *ret_again)
{
    bool is_on_demand = hf_target_is_on_demand(t->frozen);
    if (!is_on_demand && !hf_target_may_be_asked(t->frozen))
        hf_err_free(release(t));
    hf_err *err = decode(t, ret);
    *ret_again = is_on_demand && !t->is_released && err && hf_err_code_of(err) == HF_ERR_NO_MEMORY;
    if (*ret_again) {
        hf_target_end_copy(t->frozen);
        return err;
    }
    hf_err *lost = release(t);
    if (!lost)
        return advise(t, err);
    hf_err_free(err);
    *ret_again = hf_err_code_of(lost) == HF_ERR_REFUSED && !is_interrupted(t);
    return lost;
}

/* ret_shared, if not NULL, becomes what the file is then to be read with, or NULL. */
static hf_err *take_once(pid_t pid, const char *path, const hf_snapshot_options *options,
                         hf_shared_graph **ret_shared, hf_snapshot_info *ret_info, bool *ret_again)
{
    /* The file first: a folder that cannot be written to costs the target no pause. */
    hf_snapshot_writer *writer HF_AUTO(hf_snapshot_writer_freep) = NULL;
    hf_target *live HF_AUTO(hf_target_freep) = NULL;
    hf_target *frozen HF_AUTO(hf_target_freep) = NULL;
    hf_shared_graph *shared HF_AUTO(hf_shared_freep) = NULL;
    /* What nobody keeps is not worth packing. */
    hf_err *err = hf_snapshot_writer_open(path, !ret_shared, &writer);
    if (!err)
        err = hf_target_open_pid(pid, &live);
    if (!err)
        err = freeze(live, pid, options, &frozen);
    if (err)
        return err;

    const hf_freeze_info *frozen_info = hf_target_freeze_info(frozen);
    if (ret_shared)
        shared = hf_sandbox_has_filter() ? hf_shared_new(frozen_info->bytes_copied) : NULL;
    taking t = {.options = options,
                .frozen = frozen,
                .writer = writer,
                .shared = shared,
                .monotonic = monotonic_at(frozen_info->taken_at)};
    hf_snapshot_info info;
    err = decode_and_release(&t, &info, ret_again);
    if (!err)
        err = hf_snapshot_writer_publish(writer);
    if (!err && ret_info)
        *ret_info = info;
    if (!err && ret_shared)
        *ret_shared = hf_take(shared);
    return err;
}

/* A copy that is read on demand lives longer than one whose memory is copied at once, and takes
 * more memory of ours: where that was too much, another one gets no such time. */
static hf_err *take(pid_t pid, const char *path, const hf_snapshot_options *options,
                    hf_shared_graph **ret_shared, hf_snapshot_info *ret_info)
{
    hf_snapshot_options chosen = *options;
    bool again = false;
    chosen.freeze.on_demand = true;
    hf_err *err = take_once(pid, path, &chosen, ret_shared, ret_info, &again);
    if (!again)
        return err;
    hf_err_free(err);
    chosen.freeze.on_demand = false;
    chosen.announce = NULL;
    return take_once(pid, path, &chosen, ret_shared, ret_info, &again);
}

hf_err *hf_snapshot_take(pid_t pid, const char *path, const hf_snapshot_options *options,
                         hf_snapshot_info *ret_info)
{
    return take(pid, path, options, NULL, ret_info);
}

hf_err *hf_snapshot_take_graph(pid_t pid, const char *path, const hf_snapshot_options *options,
                               hf_graph **ret)
{
    hf_shared_graph *shared HF_AUTO(hf_shared_freep) = NULL;
    hf_err *err = take(pid, path, options, &shared, NULL);
    if (err)
        return err;
    err = hf_snapshot_read_shared(path, shared, ret);
    unlink(path);
    return err;
}

/* The name of the file in front of what is wrong with it. */
static hf_err *about(const char *core, hf_err *err)
{
    hf_err_code code = hf_err_code_of(err);
    if (code == HF_ERR_NO_MEMORY || code == HF_ERR_INTERRUPTED || code == HF_ERR_USAGE)
        return err;
    hf_err *longer = hf_fail(code, "'%s': %s", core, hf_err_message(err));
    hf_err_free(err);
    return longer;
}

hf_err *hf_snapshot_take_core(const char *core, const char *path,
                              const hf_snapshot_options *options, hf_snapshot_info *ret_info)
{
    hf_snapshot_writer *writer HF_AUTO(hf_snapshot_writer_freep) = NULL;
    hf_core_input in HF_AUTO(hf_core_input_deinit) = {0};
    hf_err *err = hf_snapshot_writer_create(path, &writer);
    if (err)
        return err;
    err = hf_core_open(core, &options->places, &in);
    taking t = {.options = options, .core = &in, .writer = writer};
    hf_snapshot_info info;
    if (!err)
        err = decode(&t, &info);
    if (err)
        return about(core, err);
    err = hf_snapshot_writer_publish(writer);
    if (!err && ret_info)
        *ret_info = info;
    return err;
}
