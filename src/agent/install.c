/* agent/install.c - when the process starts, forks and ends.
 *
 * The constructor runs before main(). Symbols of CPython are found there whether it is a library
 * or linked into the program; in a program without them nothing is hooked and nothing is
 * written. CPython's allocators are statically initialized, so they can be hooked before it
 * starts. PYTHONMALLOC and -X dev replace them while it starts: once it is up, the hooks are put
 * in place again (hf_settle()). */
#include "agent/agent.h"
#include "agent/layout.h"
#include "agent/live.h"
#include "agent/rules.h"
#include "agent/symbols.h"
#include "agent/unwind.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

union hf_hot_page hf_hot_page __attribute__((aligned(4096)));

const hf_agent_layout *hf_layout;
uint32_t hf_python_version;
uintptr_t hf_code_type;
static hf_frames frames; /* as in hf_hot, but not wiped in a child */
static int (*is_initialized)(void);
static uintptr_t *finalizing;
static uintptr_t never;
static bool is_ours; /* this process is traced, or was before it forked */

/* PY_VERSION_HEX without the level: "3.12.1 (main, ...) [GCC ...]". */
static uint32_t parse_version(const char *text)
{
    uint32_t number[3] = {0};
    for (int i = 0; i < 3; i++) {
        while (*text >= '0' && *text <= '9')
            number[i] = number[i] * 10 + (uint32_t)(*text++ - '0');
        if (*text != '.')
            break;
        text++;
    }
    return (number[0] & 255) << 24 | (number[1] & 255) << 16 | (number[2] & 255) << 8 | 0xf0;
}

/* Frames have kept their place within each minor version; those of an unknown one are
 * not guessed. */
static const hf_agent_layout *layout_of(uint32_t version)
{
    for (size_t i = 0; i < hf_agent_layout_count; i++) {
        const hf_agent_layout *l = &hf_agent_layouts[i];
        if (l->first >> 16 == version >> 16 && !l->debug && !l->free_threaded)
            return l;
    }
    return NULL;
}

static bool prepare_frames(const char *text)
{
    if (strstr(text, "free-threading")) /* counters would need other rules */
        return false;
    const hf_agent_layout *l = hf_layout = layout_of(hf_python_version);
    hf_code_type = (uintptr_t)hf_symbol("PyCode_Type");
    *(void **)&frames.current_thread = hf_symbol("_PyThreadState_UncheckedGet");
    if (!frames.current_thread)
        *(void **)&frames.current_thread = hf_symbol("PyThreadState_GetUnchecked");
    *(void **)&frames.thread_of_this = hf_symbol("PyGILState_GetThisThreadState");
    if (!l || !hf_code_type || !frames.current_thread || !frames.thread_of_this)
        return false;
    *(void **)&is_initialized = hf_symbol("Py_IsInitialized");
    char *runtime = hf_symbol("_PyRuntime");
    if (runtime)
        finalizing = (uintptr_t *)(void *)(runtime + l->runtime_finalizing);
    frames.by_cframe = l->thread_cframe != HF_ABSENT;
    frames.by_index = l->frame_lasti != HF_ABSENT;
    frames.thread_frame = (uint32_t)(frames.by_cframe ? l->thread_cframe : l->thread_frame);
    frames.cframe_frame = (uint32_t)l->cframe_frame;
    frames.cframe_previous = (uint32_t)l->cframe_previous;
    frames.anchors = hf_python_version >= 0x030c0000   ? HF_ANCHORS_FRAMES
                     : l->cframe_previous != HF_ABSENT ? HF_ANCHORS_CFRAMES
                                                       : HF_ANCHORS_ORDER;
    frames.frame_previous = (uint32_t)l->frame_previous;
    frames.frame_code = (uint32_t)l->frame_code;
    frames.frame_instruction = (uint32_t)(frames.by_index ? l->frame_lasti : l->frame_instruction);
    return true;
}

enum { FREE_LISTS = 1 << 0 }; /* HF_TRACED_FREE_LISTS */

static uint64_t sample;
static bool wants_creators, creators_everywhere, creators_begun, wants_native;

/* What a child's handler begins with: as in hf_hot, but not wiped in a child without handlers,
 * which may fork, too. */
static bool stacks_of_parent;
static size_t unguarded_of_parent;
static bool apart_in_parent;
static uint32_t generation_of_parent;

/* "524288 1 0": see HF_STATE_OPTIONS_ENV. */
static void read_options(void)
{
    const char *told = hf_environment(HF_STATE_OPTIONS_ENV);
    for (; told && *told >= '0' && *told <= '9'; told++)
        sample = sample * 10 + (uint64_t)(*told - '0');
    bool more = told && told[0] == ' ' && told[1];
    creators_everywhere = more && told[1] == '2';
    wants_creators = !told || creators_everywhere || (more && told[1] == '1');
    wants_native = more && told[2] == ' ' && told[3] == '1';
}

static void note_for_children(void)
{
    stacks_of_parent = hf_hot.stacks;
    unguarded_of_parent = hf_hot.unguarded;
    apart_in_parent = hf_hot.apart;
}

static void begin(bool forked, bool stacks)
{
    hf_hot.frames = frames;
    hf_hot.sample = sample;
    hf_hot.unguarded = forked ? unguarded_of_parent : 0;
    hf_hot.apart = forked && apart_in_parent;
    hf_hot.finalizing = finalizing ? finalizing : &never;
    if (!hf_state_create(forked) || !hf_live_begin() || !hf_tree_begin()) {
        hf_hot.header = NULL;
        return;
    }
    hf_state_header *h = hf_hot.header;
    h->lines = hf_python_version < 0x030a0000   ? HF_STATE_LINES_STEPS
               : hf_python_version < 0x030b0000 ? HF_STATE_LINES_RANGES
                                                : HF_STATE_LINES_LOCATIONS;
    h->live_map = (uint64_t)(uintptr_t)hf_hot.regions;
    hf_hot.stacks = stacks;
    if (stacks)
        hf_codes_begin();
    hf_hot.native = stacks && wants_native && hf_rules_begin(forked);
    if (hf_hot.native)
        hf_unwind_begin();
    hf_hot.creators = forked && creators_begun;
    if (!stacks)
        hf_raise_flag(1 << 4); /* HF_TRACED_NO_STACKS */
    else if (!hf_hot.creators)
        hf_raise_flag(FREE_LISTS);
    hf_hot.generation = generation_of_parent + 1; /* a thread's stack is not that of its parent's */
    hf_hot.root = HF_STATE_ROOT;
    hf_hot.paused = hf_pauses;
    hf_hot.on = true;
    hf_set_plain();
    note_for_children();
}

/* Hooks may only be put in place while nobody else allocates: by a thread that holds the GIL. */
static bool holds_the_gil(void)
{
    const void *current = frames.current_thread ? frames.current_thread() : NULL;
    return current && current == frames.thread_of_this();
}

static void creators_are_told(void)
{
    creators_begun = true;
    if (!hf_hot.header)
        return;
    hf_hot.creators = true;
    __atomic_fetch_and(&hf_hot.header->flags, ~(uint32_t)FREE_LISTS, __ATOMIC_RELAXED);
}

void hf_settle(void)
{
    if (!is_initialized || !is_initialized() || !holds_the_gil())
        return;
    hf_hot.settled = true;
    if (!hf_python_is_hooked() && !hf_python_install())
        hf_raise_flag(1 << 3); /* HF_TRACED_HOOK_LOST */
    hf_python_settle();
    note_for_children();
    if (wants_creators && hf_hot.stacks &&
        hf_creators_begin(creators_everywhere, creators_are_told))
        creators_are_told();
}

static void before_fork(void)
{
    if (hf_hot.header) {
        note_for_children();
        generation_of_parent = hf_hot.generation;
    } else {
        hf_self = NULL; /* a child without handlers: the thread's nodes are of its parent's tree */
    }
    hf_busy++;
}

static void after_fork_in_parent(void)
{
    hf_busy--;
}

static void after_fork_in_child(void)
{
    memset(&hf_hot, 0, sizeof(hf_hot)); /* for kernels that did not */
    hf_busy = 1;
    hf_threads_begin();
    if (is_ours)
        begin(true, stacks_of_parent);
    hf_hot.settled = true;
    hf_busy = 0;
}

static void (*really_exit)(int) __attribute__((noreturn));

__attribute__((constructor)) static void install(void)
{
    hf_busy = 1;
    hf_native_begin();
    *(void **)&really_exit = hf_symbol_under("_exit");
    const char *(*version)(void);
    *(void **)&version = hf_symbol("Py_GetVersion");
    if (version && hf_symbol("PyMem_SetAllocator")) {
        const char *text = version();
        hf_python_version = parse_version(text);
        read_options();
        is_ours = true;
        madvise(&hf_hot_page, sizeof(hf_hot_page), MADV_WIPEONFORK);
        pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
        begin(false, prepare_frames(text));
        if (hf_hot.on && strstr(text, "free-threading"))
            hf_raise_flag(1 << 10); /* HF_TRACED_NO_OBJECTS */
        else if (hf_hot.on && !hf_python_install())
            hf_raise_flag(1 << 3); /* HF_TRACED_HOOK_LOST */
        if (hf_hot.on)             /* already, where a running program has loaded us */
            hf_settle();
    }
    hf_busy = 0;
}

void hf_end_recording(void)
{
    __atomic_store_n(&hf_hot.on, false, __ATOMIC_RELAXED);
    hf_set_plain();
    if (hf_hot.creators && !hf_creators_are_told())
        hf_raise_flag(FREE_LISTS);
}

/* Whoever has replaced the hooks meanwhile is told of, too. */
static void say_farewell(void)
{
    if (hf_hot.header && hf_hot.stacks && !hf_python_is_hooked())
        hf_raise_flag(1 << 3); /* HF_TRACED_HOOK_LOST */
    if (hf_is_on())
        hf_end_recording();
    hf_state_end();
}

__attribute__((destructor)) static void end(void)
{
    say_farewell();
}

EXPORT __attribute__((noreturn)) void _exit(int status)
{
    say_farewell();
    really_exit(status);
}

EXPORT __attribute__((noreturn)) void _Exit(int status)
{
    _exit(status);
}
