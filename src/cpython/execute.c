#include "cpython/execute.h"

#include "acquire/exchange.h"
#include "acquire/waits.h"
#include "cpython/debugger.h"
#include "cpython/ring.h"
#include "cpython/runtime.h"
#include "cpython/serving.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    VERSION_3_12 = 0x030c0000,
    VERSION_3_14 = 0x030e0000,
    ROWS_MAX = 32,
    FIT_TRIES = 20,
    EDIT_TRIES = 9,
    NANOSECONDS_BETWEEN = 1000000,
    THREADS_MAX = 1 << 16,
};

/* Folders that texts in the process name. */
enum { FOLDERS_MAX = 64, FOLDER_PATH_MAX = 128 };

typedef struct hf_named_folder {
    char path[FOLDER_PATH_MAX];
    hf_exchange_state state;
    bool looked_at;
    bool dropped; /* no thread is asked any more for what is in it */
} hf_named_folder;

struct hf_execution {
    hf_target *live;
    hf_execution_info info;
    const hf_layout *layout;
    uint64_t runtime, interpreter;
    hf_ring ring;         /* 3.9 to 3.13 */
    hf_debugger debugger; /* 3.14 and later */
    hf_edit_basis basis;

    const char *text, *path; /* of the request */
    hf_ring_place place;
    uint64_t thread;   /* state of the thread that was asked */
    bool asked, other; /* other: not the main thread is to be asked */
    bool try_again;
    bool waited;
    hf_named_folder folders[FOLDERS_MAX];
    size_t folder_count;
    bool unknown; /* one was asked about that has not been looked at */
};

/* Why the process cannot be asked, as one message; other errors as they are. */
static hf_err *refuse(const hf_target *live, hf_err *why)
{
    if (!why || hf_err_code_of(why) != HF_ERR_REFUSED)
        return why;
    hf_err *err = hf_fail(HF_ERR_REFUSED, "process %d cannot be made to run code: %s",
                          (int)hf_target_describe(live)->pid, hf_err_message(why));
    hf_err_free(why);
    return err;
}

static void say_version(uint32_t version, char ret[24])
{
    snprintf(ret, 24, "%u.%u.%u", version >> 24, version >> 16 & 255, version >> 8 & 255);
}

static hf_err *prove_layout(hf_target *live, hf_runtime *r)
{
    const hf_layout *rows[ROWS_MAX];
    char why[HF_WHY] = "none is known for this version";
    size_t count = hf_runtime_candidates(r, rows, ROWS_MAX);
    for (int tries = 0; tries < FIT_TRIES && count; tries++) {
        for (size_t i = 0; i < count; i++)
            if (hf_runtime_fits(live, r, rows[i], false, why)) {
                r->layout = rows[i];
                return NULL;
            }
        nanosleep(&(struct timespec){.tv_nsec = NANOSECONDS_BETWEEN}, NULL);
    }
    return hf_runtime_unproven(live, r, why);
}

static hf_err *find_door(hf_target *live, const hf_runtime *r, hf_execution_plan *plan)
{
    hf_debugger d;
    hf_err *err = hf_debugger_open(live, r->layout, &hf_pending_layouts[plan->pending], r->address,
                                   plan->interpreter, &d);
    if (err)
        return err;
    plan->breaker = d.breaker;
    plan->enabled = d.enabled;
    plan->asked = d.asked;
    plan->script = d.script;
    plan->script_size = d.script_size;
    return NULL;
}

static hf_err *find_ways(hf_target *live, const hf_runtime *r, hf_execution_plan *plan)
{
    char version[24];
    const hf_pending_layout *pending = hf_pending_layout_for(r->layout, r->version);
    uint64_t interpreters[HF_INTERPRETERS_MAX];
    say_version(r->version, version);
    if (!pending)
        return hf_fail(HF_ERR_REFUSED, "where CPython %s takes requests is not known", version);
    if (!hf_runtime_interpreters(live, r, r->layout, interpreters))
        return hf_fail(HF_ERR_REFUSED, "it has no main interpreter");
    plan->interpreter = interpreters[0];
    plan->layout = (uint32_t)(r->layout - hf_layouts);
    plan->pending = (uint32_t)(pending - hf_pending_layouts);
    if (r->version >= VERSION_3_14)
        return find_door(live, r, plan);
    plan->function = hf_target_symbol(live, "PyRun_SimpleString", NULL);
    return plan->function
               ? NULL
               : hf_fail(HF_ERR_REFUSED, "its binary does not export PyRun_SimpleString");
}

hf_err *hf_execution_find(hf_target *live, hf_execution_plan *ret)
{
    hf_runtime r;
    hf_err *err = hf_runtime_find(live, &r);
    if (err)
        return err;
    hf_execution_plan plan = {.runtime = r.address, .version = r.version};
    if (r.free_threaded)
        return refuse(live, hf_fail(HF_ERR_REFUSED, "in a build without a GIL no point has been "
                                                    "proved to be safe"));
    err = prove_layout(live, &r);
    if (!err)
        err = refuse(live, find_ways(live, &r, &plan));
    if (!err)
        *ret = plan;
    return err;
}

bool hf_execution_plan_is_sound(const hf_execution_plan *plan)
{
    if (plan->layout >= hf_layout_count || plan->pending >= hf_pending_layout_count)
        return false;
    const hf_pending_layout *pending = &hf_pending_layouts[plan->pending];
    const hf_layout *layout = &hf_layouts[plan->layout];
    uint64_t thread = (uint64_t)layout->thread_size;
    if (layout->free_threaded || pending->first_version >> 16 != plan->version >> 16 ||
        layout->first_version >> 16 != plan->version >> 16)
        return false;
    return plan->version < VERSION_3_14 ||
           (plan->breaker < thread && plan->asked < thread && plan->script < thread &&
            plan->script_size <= thread - plan->script);
}

/* Files of the process are never opened while its threads stand still: it may serve the file system
 * itself (FUSE), and all would wait for ever. What is held then may be so no more, which only makes
 * us try again; what is left or gone stays so. */
static hf_exchange_state state_of(void *context, const char *path)
{
    hf_execution *x = context;
    if (strlen(path) >= FOLDER_PATH_MAX)
        return HF_EXCHANGE_GONE; /* none of ours */
    for (size_t i = 0; i < x->folder_count; i++)
        if (strcmp(x->folders[i].path, path) == 0)
            return x->folders[i].looked_at ? x->folders[i].state : HF_EXCHANGE_HELD;
    if (x->folder_count < FOLDERS_MAX) {
        hf_named_folder *folder = &x->folders[x->folder_count++];
        *folder = (hf_named_folder){.state = HF_EXCHANGE_HELD};
        memcpy(folder->path, path, strlen(path) + 1);
        x->unknown = true;
    }
    return HF_EXCHANGE_HELD;
}

/* While its threads run. */
static void look_at_folders(hf_execution *x)
{
    for (size_t i = 0; i < x->folder_count; i++) {
        hf_named_folder *folder = &x->folders[i];
        if (folder->state == HF_EXCHANGE_HELD)
            folder->state = hf_exchange_state_of(x->live, folder->path);
        folder->looked_at = true;
    }
    x->unknown = false;
}

hf_err *hf_execution_open(hf_target *live, const hf_execution_plan *plan, hf_execution **ret)
{
    hf_edit_basis basis;
    hf_err *err = refuse(live, hf_edit_check(live, &basis));
    hf_execution *x = err ? NULL : calloc(1, sizeof(*x));
    if (!x)
        return err ? err : hf_fail_memory();
    x->live = live;
    x->basis = basis;
    x->layout = &hf_layouts[plan->layout];
    x->runtime = plan->runtime;
    x->interpreter = plan->interpreter;
    say_version(plan->version, x->info.version);
    x->info.by_script = plan->version >= VERSION_3_14;
    x->info.main_only = plan->version < VERSION_3_12;
    x->info.threads = (unsigned)hf_target_describe(live)->thread_count;
    x->ring = (hf_ring){.layout = x->layout,
                        .pending = &hf_pending_layouts[plan->pending],
                        .interpreter = plan->interpreter,
                        .function = plan->function,
                        .state_of = state_of,
                        .context = x};
    x->debugger = (hf_debugger){.layout = x->layout,
                                .interpreter = plan->interpreter,
                                .breaker = plan->breaker,
                                .enabled = plan->enabled,
                                .asked = plan->asked,
                                .script = plan->script,
                                .script_size = plan->script_size};
    *ret = x;
    return NULL;
}

void hf_execution_free(hf_execution *x)
{
    free(x);
}

const hf_execution_info *hf_execution_describe(const hf_execution *x)
{
    return &x->info;
}

static bool read_live(void *context, uint64_t addr, void *bytes, size_t n)
{
    return hf_target_read(context, addr, bytes, n);
}

static pid_t main_tid(const hf_execution *x)
{
    const hf_target_info *info = hf_target_describe(x->live);
    pid_t main = 0;
    for (size_t i = 0; i < info->thread_count; i++)
        main = info->threads[i].is_main ? info->threads[i].tid : main;
    return main;
}

/* With its threads held: the interpreter is where it was found. */
static hf_err *check_interpreter(const hf_execution *x, const hf_editor *e)
{
    uint64_t runtime = 0;
    if (!e->read(e->context, x->interpreter + (uint64_t)x->layout->interpreter_runtime, &runtime,
                 sizeof(runtime)) ||
        runtime != x->runtime)
        return hf_fail(HF_ERR_REFUSED, "its interpreter has ended meanwhile");
    return NULL;
}

/* A run of ours that was killed may have left its request with any thread. Taken back, it leads to
 * no script that is not there. */
static void drop_forsaken(hf_execution *x, const hf_editor *e, const hf_thread_list *list)
{
    uint64_t state = hf_thread_list_next(list, 0);
    for (unsigned i = 0; state && i < THREADS_MAX; i++) {
        char path[FOLDER_PATH_MAX] = "";
        bool waited = false;
        if (hf_debugger_asked(&x->debugger, e, state, path, sizeof(path)) &&
            strstr(path, "/.holdfast-exec-") && state_of(x, path) != HF_EXCHANGE_HELD) {
            hf_err *err = hf_debugger_take_back(&x->debugger, e, state, path, &waited);
            waited = waited && !err; /* a rehearsal takes back nothing */
            hf_err_free(err);
            for (size_t k = 0; k < x->folder_count && waited; k++)
                if (strcmp(x->folders[k].path, path) == 0)
                    x->folders[k].dropped = true;
        }
        state = hf_thread_list_next(list, state);
    }
}

static hf_err *put(void *context, const hf_editor *e)
{
    hf_execution *x = context;
    x->try_again = false;
    hf_err *err = check_interpreter(x, e);
    if (!err)
        err = e->may_run(e->context);
    if (err)
        return err;
    if (!x->info.by_script)
        return hf_ring_put(&x->ring, e, x->text, &x->place, &x->try_again);
    const hf_thread_list list = {x->layout, x->interpreter, e->read, e->context};
    drop_forsaken(x, e, &list);
    uint64_t running = x->other ? hf_thread_list_running(&list) : 0;
    x->thread = running ? running : hf_thread_list_find(&list, main_tid(x));
    return hf_debugger_put(&x->debugger, e, x->thread, x->path, &x->try_again);
}

static hf_err *take_back(void *context, const hf_editor *e)
{
    hf_execution *x = context;
    x->try_again = false;
    hf_err *err = check_interpreter(x, e);
    if (err)
        return err;
    if (!x->info.by_script)
        return hf_ring_take_back(&x->ring, e, &x->place, &x->waited, &x->try_again);
    return hf_debugger_take_back(&x->debugger, e, x->thread, x->path, &x->waited);
}

static hf_err *wipe(void *context, const hf_editor *e)
{
    hf_execution *x = context;
    hf_err *err = check_interpreter(x, e);
    return err ? err : hf_ring_wipe(&x->ring, e);
}

static bool write_nothing(void *context, uint64_t addr, const void *bytes, size_t n)
{
    (void)context, (void)addr, (void)bytes, (void)n;
    return false;
}

static bool write_no_pieces(void *context, const hf_edit_piece *pieces, size_t count)
{
    (void)context, (void)pieces, (void)count;
    return false;
}

static bool is_always_in_use(void *context, uint64_t start, uint64_t end)
{
    (void)context, (void)start, (void)end;
    return true;
}

static bool is_always_code(void *context, uint64_t addr)
{
    (void)context, (void)addr;
    return true;
}

static hf_err *may_always_run(void *context)
{
    (void)context;
    return NULL;
}

/* The same while its threads run, up to the first write, to find the folders that it asks about. */
static void rehearse(hf_execution *x, hf_err *(*change)(void *context, const hf_editor *editor))
{
    const hf_editor reader = {.context = x->live,
                              .read = read_live,
                              .write = write_nothing,
                              .write_pieces = write_no_pieces,
                              .is_in_use = is_always_in_use,
                              .is_code = is_always_code,
                              .may_run = may_always_run};
    do {
        look_at_folders(x);
        hf_err_free(change(x, &reader));
    } while (x->unknown);
}

/* Changes it, again where it was refused for a moment only: after 1 ms, 2, 4 and so on. */
static hf_err *edit(hf_execution *x, hf_err *(*change)(void *context, const hf_editor *editor))
{
    hf_err *err = NULL;
    for (int tries = 0; tries < EDIT_TRIES; tries++) {
        hf_err_free(err);
        if (change != take_back)
            rehearse(x, change);
        x->info.stops++;
        x->try_again = false;
        err = hf_edit(x->live, &x->basis, change, x, &x->info.pause);
        if (!err || !x->try_again)
            return err;
        nanosleep(&(struct timespec){.tv_nsec = (long)NANOSECONDS_BETWEEN << tries}, NULL);
    }
    return err;
}

static hf_err *change(hf_execution *x, hf_err *(*how)(void *context, const hf_editor *editor))
{
    return refuse(x->live, edit(x, how));
}

hf_err *hf_execution_ask(hf_execution *x, const char *text, const char *path)
{
    x->text = text;
    x->path = path;
    hf_err *err = change(x, put);
    x->asked = !err;
    for (size_t i = 0; i < x->folder_count; i++)
        if (x->folders[i].dropped)
            hf_exchange_remove(x->live, x->folders[i].path);
    return err;
}

hf_err *hf_execution_ask_other(hf_execution *x)
{
    bool waited;
    if (!x->info.by_script || !x->asked)
        return NULL;
    const hf_thread_list list = {x->layout, x->interpreter, read_live, x->live};
    uint64_t running = hf_thread_list_running(&list);
    if (!running || running == x->thread)
        return NULL;
    hf_err *err = hf_execution_take_back(x, &waited);
    if (err || !waited)
        return err;
    x->other = true;
    err = change(x, put);
    x->asked = !err;
    return err;
}

hf_err *hf_execution_take_back(hf_execution *x, bool *ret_waited)
{
    *ret_waited = false;
    if (!x->asked)
        return NULL;
    x->waited = false;
    hf_err *err = change(x, take_back);
    *ret_waited = x->waited;
    x->asked = err != NULL;
    return err;
}

/* Builds with assertions hold that slots which are not in use are empty, in 3.13. In others our
 * text is what pending calls leave there, too: bytes that nobody reads. */
void hf_execution_tidy(hf_execution *x)
{
    if (x->asked && !x->info.by_script && x->layout->debug && HF_HAS(x->ring.pending, ring_pending))
        hf_err_free(change(x, wipe));
    x->asked = false;
}

bool hf_execution_is_there(const hf_execution *x)
{
    uint64_t runtime = 0;
    return hf_target_read(x->live, x->interpreter + (uint64_t)x->layout->interpreter_runtime,
                          &runtime, sizeof(runtime)) &&
           runtime == x->runtime;
}

void hf_execution_say_why(const hf_execution *x, char *ret, size_t size)
{
    char waits[96];
    hf_thread_waits(hf_target_describe(x->live)->pid, waits, sizeof(waits));
    snprintf(ret, size, "its main thread %s%s", waits,
             x->info.main_only ? ", and no other serves such a request" : "");
}
