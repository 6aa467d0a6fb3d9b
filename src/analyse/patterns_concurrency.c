/* Tasks, futures, generators, contexts, threads, queues. */
#include "analyse/attributes.h"
#include "analyse/patterns.h"
#include "analyse/shape.h"
#include "analyse/tasks.h"

#include <string.h>

static double tasks(const hf_clues *c)
{
    uint64_t tasks = c->objects_of[HF_SPECIES_TASK];
    uint64_t futures = c->direct_of[HF_SPECIES_FUTURE] + c->direct_of[HF_SPECIES_TASK];
    if (tasks >= 4 && tasks * 2 >= c->direct)
        return 0.93;
    return c->direct && futures * 2 >= c->direct ? 0.85 : 0;
}

/* Futures that tasks wait for: as long as they do, nobody has set a result, and what is to happen
 * when such a task is done never does. */
static double awaited_futures(const hf_clues *c)
{
    bool futures = c->direct_of[HF_SPECIES_FUTURE] * 2 >= c->direct &&
                   c->direct_of[HF_SPECIES_TASK] * 8 < c->direct;
    bool wait = c->objects_of[HF_SPECIES_TASK] * 4 >= c->direct_of[HF_SPECIES_FUTURE] * 3;
    return futures && wait && tasks(c) > 0.9 ? tasks(c) + 0.005 : 0;
}

/* Whether three quarters of the tasks that came, or of the futures where there are no tasks, have
 * an end behind them; `pending`: have not. */
static bool are_mostly(const hf_clues *c, bool pending)
{
    enum { ASKED = 256 };
    const bool any_task = c->objects_of[HF_SPECIES_TASK] > 0;
    const hf_species wanted = any_task ? HF_SPECIES_TASK : HF_SPECIES_FUTURE;
    const uint64_t step = c->objects_of[wanted] / ASKED + 1;
    uint64_t met = 0, asked = 0, found = 0;
    for (size_t k = 0; k < c->row->count; k++) {
        if (hf_clues_species(c, c->born[k]) != wanted || met++ % step)
            continue;
        hf_task_state state = hf_task_state_of(c->graph, c->born[k]);
        asked++;
        found += state != HF_TASK_UNKNOWN && (state == HF_TASK_PENDING) == pending;
    }
    return asked && found * 4 >= asked * 3;
}

static double done_tasks(const hf_clues *c)
{
    double fit = tasks(c);
    return fit > 0 && are_mostly(c, false) ? fit + 0.004 : 0;
}

/* What is to happen when they are done does not come. */
static double waiting_tasks(const hf_clues *c)
{
    double fit = tasks(c);
    return fit > 0 && are_mostly(c, true) ? fit + 0.004 : 0;
}

static double greenlets(const hf_clues *c)
{
    return hf_clues_member_share(c, HF_SPECIES_GREENLET) > 0.5 ? 0.93 : 0;
}

static double results(const hf_clues *c)
{
    return hf_clues_member_share(c, HF_SPECIES_RESULT) > 0.5 ? 0.94 : 0;
}

static double contexts(const hf_clues *c)
{
    uint64_t contexts = c->objects_of[HF_SPECIES_CONTEXT];
    uint64_t handles = c->objects_of[HF_SPECIES_HANDLE];
    if (c->direct && c->direct_of[HF_SPECIES_CONTEXT] * 2 > c->direct)
        return 0.94;
    /* Each timer has a context; it is the fault where that holds something. */
    bool weighs = c->context_bytes * 4 >= (uint64_t)c->row->born_bytes;
    if (contexts >= 4 && handles >= 4 && contexts * 2 >= handles && weighs)
        return 0.94;
    if (contexts < 4 || contexts * 2 < c->direct || c->objects_of[HF_SPECIES_TASK])
        return 0;
    return weighs ? 0.92 : hf_clues_say(c, "context|ctx|current_") ? 0.8 : 0;
}

static uint64_t objects_named(const hf_clues *c, const char *title)
{
    uint64_t objects = 0;
    for (size_t k = 0; k < c->type_count; k++) {
        const char *of = hf_graph_type_title(c->graph, c->types[k].type);
        const char *dot = strrchr(of, '.');
        if (c->species[c->types[k].type] == HF_SPECIES_CONTEXT &&
            !strcmp(dot ? dot + 1 : of, title))
            objects += c->types[k].objects;
    }
    return objects;
}

/* What ContextVar.set() returned, each with the value that was there before: a row of them has all
 * values ever set. */
static double tokens(const hf_clues *c)
{
    uint64_t tokens = objects_named(c, "Token");
    bool many = tokens >= 4 && tokens * 2 >= c->direct && objects_named(c, "Context") * 2 < tokens;
    return many ? 0.945 : 0;
}

/* Whether the last step of the path is from a context variable to its value. */
static bool is_of_variable(const hf_clues *c)
{
    uint64_t edge = c->path.count ? c->path.steps[c->path.count - 1].edge : UINT64_MAX;
    uint32_t key = edge == UINT64_MAX ? HF_NO_OBJECT : hf_graph_key(c->graph, edge);
    return key != HF_NO_OBJECT && (hf_graph_is(c->graph, key, "_contextvars.ContextVar") ||
                                   hf_graph_is(c->graph, key, "ContextVar"));
}

/* What one variable of one context has becomes longer. */
static double longer_variable(const hf_clues *c)
{
    hf_species focus = hf_clues_species(c, c->focus);
    hf_species has = c->focus != c->owner ? c->owner_species : hf_clues_above(c, 1);
    bool variable = has == HF_SPECIES_CONTEXT && focus != HF_SPECIES_CONTEXT && is_of_variable(c);
    bool one = c->row->owners == 1 && objects_named(c, "Context") < 4;
    return variable && one && tokens(c) <= 0 ? 0.946 : 0;
}

static double timers(const hf_clues *c)
{
    return hf_clues_member_share(c, HF_SPECIES_HANDLE) > 0.5 ? 0.75 : 0;
}

static double generators(const hf_clues *c)
{
    double share = hf_clues_member_share(c, HF_SPECIES_GENERATOR);
    if (share > 0.5 || c->owner_species == HF_SPECIES_GENERATOR)
        return 0.93;
    /* Many members have one somewhere, for a context manager say: it must be what they are for. */
    bool weighs = c->row->born_bytes > 0 && c->suspended_bytes * 4 >= (uint64_t)c->row->born_bytes;
    return weighs && c->suspended >= 4 && c->direct && c->suspended * 2 >= c->direct ? 0.8 : 0;
}

/* What a copy of itertools.tee() has still to read is kept in blocks, each of which has the
 * next. */
static double copies_of_iterators(const hf_clues *c)
{
    bool tee = !strncmp(hf_graph_type_name(c->graph, c->owner), "itertools._tee", 14);
    return tee && generators(c) > 0 ? generators(c) + 0.005 : 0;
}

static double coroutines(const hf_clues *c)
{
    bool are = c->member_type != UINT32_MAX &&
               strcmp(hf_graph_type_title(c->graph, c->member_type), "coroutine") == 0;
    return are && generators(c) > 0 ? generators(c) + 0.004 : 0;
}

static double threads(const hf_clues *c)
{
    uint64_t threads = c->objects_of[HF_SPECIES_THREAD];
    return threads >= 2 && threads * 2 >= c->direct ? 0.94 : 0;
}

/* Those that run are in threading._active as well (Lib/threading.py). */
static double ended_threads(const hf_clues *c)
{
    hf_graph *g = c->graph;
    uint32_t active = hf_global_of(g, "threading", "_active");
    if (active == HF_NO_OBJECT || active == c->owner)
        return 0;
    uint64_t running = 0;
    for (uint64_t e = g->edge_start[active]; e < g->edge_start[active + 1]; e++)
        running += hf_graph_kind(g, e) == HF_EDGE_VALUE && hf_clues_owns(c, g->edge_target[e]);
    bool ended = running * 2 < c->objects_of[HF_SPECIES_THREAD];
    return ended && threads(c) > 0 ? threads(c) + 0.005 : 0;
}

/* What an object has that a thread has keeps growing for a reason of its own, in one thread. */
static double thread_local_data(const hf_clues *c)
{
    if (c->holder != c->owner && hf_clues_species(c, c->holder) == HF_SPECIES_INSTANCE)
        return 0;
    return hf_clues_on_path(c, HF_SPECIES_THREAD_LOCAL, 4) != HF_NO_OBJECT ||
                   hf_clues_say(c, "_localdummy|_thread._local|thread-local")
               ? 0.95
               : 0;
}

/* The thread's own dict, which stands in another one by threads (Modules/_threadmodule.c, `dummies`
 * of a localobject): names are made by setattr(). */
static double names_of_threads(const hf_clues *c)
{
    enum { LOCAL = 3 };
    const hf_path *p = &c->path;
    bool own = p->count >= LOCAL &&
               hf_clues_species(c, p->steps[p->count - LOCAL].object) == HF_SPECIES_THREAD_LOCAL;
    bool names = own && c->owner_species == HF_SPECIES_DICT && c->owner == c->focus &&
                 c->added >= 4 && c->key_type != UINT32_MAX &&
                 c->species[c->key_type] == HF_SPECIES_STR;
    return names && thread_local_data(c) > 0 ? thread_local_data(c) + 0.005 : 0;
}

static double queues(const hf_clues *c)
{
    if (hf_clues_on_path(c, HF_SPECIES_QUEUE, 2) != HF_NO_OBJECT)
        return 0.95;
    bool named = hf_clues_say(c, "queue|backlog|outbox|inbox|outgoing|send_buf|write_buf|unsent|"
                                 "to_send|mailbox|spool");
    if (!named) /* more than a list to which things are only added */
        return c->graph->flags[c->owner] & HF_OBJECT_QUEUE ? 0.6 : 0;
    return c->owner_species == HF_SPECIES_DEQUE  ? 0.8
           : c->owner_species == HF_SPECIES_LIST ? 0.7
                                                 : 0.55;
}

/* What holds an object as a part of its own: namespaces are passed over. HF_NO_OBJECT. */
static uint32_t part_of(const hf_clues *c, uint32_t object)
{
    const hf_dominators *d = c->dominators;
    uint32_t up = d->parent[object];
    while (up < d->count && hf_clues_species(c, up) == HF_SPECIES_DICT &&
           hf_shape_is_namespace(c->graph, up))
        up = d->parent[up];
    return up < d->count ? up : HF_NO_OBJECT;
}

/* Whether there are other queues of this kind, in objects of the same class, and nearly nothing is
 * in any of them. */
static double queue_of_one_reader(const hf_clues *c)
{
    enum { MANY = 3, MUCH_LESS = 16 };
    const hf_graph *g = c->graph;
    uint32_t queue = hf_clues_on_path(c, HF_SPECIES_QUEUE, 2);
    uint32_t holder = queue == HF_NO_OBJECT ? queue : part_of(c, queue);
    if (holder == HF_NO_OBJECT || hf_clues_species(c, holder) != HF_SPECIES_INSTANCE)
        return 0;
    uint64_t others = 0, filled = 0;
    for (uint32_t i = 0; i < g->object_count; i++) {
        uint32_t up = g->type[i] == g->type[queue] && i != queue ? part_of(c, i) : HF_NO_OBJECT;
        if (up == HF_NO_OBJECT || g->type[up] != g->type[holder])
            continue;
        others++;
        filled += c->dominators->retained[i] * MUCH_LESS > c->dominators->retained[queue];
    }
    return others >= MANY && filled == 0 ? queues(c) + 0.005 : 0;
}

/* Whether the holder is of a class of asyncio with this in its name. */
static bool is_of_asyncio(const hf_clues *c, const char *word)
{
    const char *holder = hf_graph_type_name(c->graph, c->holder);
    return strncmp(holder, "asyncio.", strlen("asyncio.")) == 0 && strstr(holder, word);
}

/* What asyncio has not sent yet: a transport's buffer, a TLS connection's
 * (Lib/asyncio/selector_events.py, unix_events.py and sslproto.py). */
static double unsent(const hf_clues *c)
{
    bool is = strcmp(c->name, "_buffer") == 0          ? is_of_asyncio(c, "Transport")
              : strcmp(c->name, "_write_backlog") == 0 ? is_of_asyncio(c, "SSLProtocol")
                                                       : false;
    return is ? 0.97 : 0;
}

/* What a loop of asyncio is to call at once (Lib/asyncio/base_events.py): of one that runs it is
 * few. */
static double not_called(const hf_clues *c)
{
    return strcmp(c->name, "_ready") == 0 && is_of_asyncio(c, "EventLoop") ? 0.97 : 0;
}

const hf_pattern hf_patterns_concurrency[] = {
    {"queue-backlog", not_called, "its loop was given calls and does not get to them",
     "See that the loop runs (run_forever() in a thread of its own) before it is given calls by "
     "call_soon_threadsafe(), and that no callback blocks it: `holdfast threads` says where each "
     "thread stands."},
    {"queue-backlog", unsent, "it was written, and the other side has not taken it",
     "Wait until it is sent: await writer.drain() after each write (a protocol: stop at "
     "pause_writing()), with a time limit after which a peer that takes nothing is closed; "
     "transport.get_write_buffer_size() says how much there is. Don't touch {name} itself."},
    {"queue-backlog", queue_of_one_reader,
     "nobody reads this queue, while others of its kind are read",
     "Look for who is to read {path}, and take it away from those who are given something when it "
     "has gone; or drop the oldest there when it is full. A maxsize alone makes whoever fills it "
     "wait for this one reader, and all others with it."},
    {"queue-backlog", queues, "more is put in than is taken out",
     "Check that the consumer of {path} still runs and keeps up; {bounded}"},
    {"thread-local", names_of_threads,
     "attributes of a threading.local() are made from data, in threads that live on",
     "Make no attributes of a threading.local() from data (setattr()): keep a dict in one of "
     "a fixed name, and clear it at the end of each job, since a thread of a pool never ends."},
    {"thread-local", thread_local_data, "data of threads that live as long as the process",
     "Clear {path} at the end of each job: a thread of a pool never ends."},
    {"thread-accumulation", ended_threads,
     "threads that do not run are kept: they have ended, or were never started",
     "Drop the threads that have ended from {path}: when they are joined, or with the next one "
     "that "
     "is started (those that are not is_alive())."},
    {"thread-accumulation", threads, "threads that do not end",
     "Give the threads a way to end (timeout, stop event; a Timer: cancel()) and join them."},
    {"result-retention", results, "finished work is kept with its result",
     "Take the result out and drop the entry from {path} when the work is done."},
    {"context-retention", tokens,
     "what ContextVar.set() returns keeps the value that was set before, and is kept itself",
     "Call reset() with the token on the same ContextVar when the work is done (in `finally`; from "
     "3.14 on `with variable.set(...)`), and keep no token in what is set or any longer than "
     "that."},
    {"context-retention", longer_variable,
     "what the context variable {name} is set to holds more each time",
     "Take back what was set when the work is done: token = variable.set(...), and in `finally` "
     "variable.reset(token), where the variable is {name}."},
    {"context-retention", contexts, "each entry holds a copy of the context with all its values",
     "Reset the context variables before you schedule, run the call in an empty "
     "contextvars.Context(), or cancel timers of {path} that are no longer needed."},
    {"task-accumulation", awaited_futures,
     "tasks wait for these futures, and nobody sets their results",
     "Put a time limit on the wait for what is in {path} (asyncio.wait_for(); from 3.11 on `async "
     "with asyncio.timeout(...)`), and take it out in `finally`; set an exception on all that wait "
     "when the other side is gone."},
    {"task-accumulation", done_tasks, "tasks and futures that are done are kept",
     "Drop each from {path} when it is done: task.add_done_callback({forget}); who needs its "
     "result takes that first.",
     true},
    {"task-accumulation", waiting_tasks, "tasks and futures that are not done: more come than end",
     "See what they wait for (`holdfast tasks`), and put a time limit on that "
     "(asyncio.wait_for(); from 3.11 on `async with asyncio.timeout(...)`) or cancel() those for "
     "which nobody waits any more; a callback for when they are done comes too late.",
     true},
    {"task-accumulation", tasks, "tasks that wait or that are done are kept",
     "Cancel tasks that nobody waits for, and drop finished ones: "
     "task.add_done_callback({forget}).",
     true},
    {"task-accumulation", greenlets,
     "each greenlet that waits keeps its stack and all that is on it",
     "Let greenlets of {path} that nobody will switch to end (throw(), gevent.kill(), a timeout), "
     "and drop them."},
    {"suspended-generator", copies_of_iterators,
     "one copy of itertools.tee() is behind: what others have read waits for it",
     "Read the copies of itertools.tee() at one pace, or drop (`del`) the one that nobody reads; "
     "where one is read to its end before the others begin, a list is what they need."},
    {"suspended-generator", coroutines,
     "each coroutine that is not resumed keeps its frame and its locals",
     "Let whoever is to wake the coroutines of {path} do so or give up (a timeout), and close() "
     "those "
     "that nobody will resume."},
    {"suspended-generator", generators, "each suspended generator keeps its frame and its locals",
     "Close generators that are not read to the end, and drop them from {path}."},
    {"task-accumulation", timers, "timers that have not fired",
     "Cancel the timers of {path} when they are no longer needed.", true},
    {NULL}};
