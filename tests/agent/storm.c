/* storm SECONDS - threads that allocate, free what others have allocated, fork and are interrupted,
 * all at once, under an agent that is part of this program and built with the same sanitizer.
 *
 * The functions that the agent stands in for have other names here (agent_malloc), so that the
 * sanitizer's own stay what they are. In the end everything has been freed, and the agent has to
 * say so, for each node: nothing was lost, nothing counted twice. */
#include "agent/agent.h"
#include "fake_python.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 6, ROUNDS = 300, SHARED = 256, CHILDREN = 12 };

void *agent_malloc(size_t size);
void *agent_calloc(size_t count, size_t size);
void *agent_realloc(void *block, size_t size);
void agent_free(void *block);
int agent_posix_memalign(void **ret, size_t alignment, size_t size);
void *agent_mmap(void *address, size_t length, int rights, int flags, int fd, off_t offset);
int agent_munmap(void *address, size_t length);

static void *shared[SHARED], *shared_objects[SHARED]; /* the second kind: with the GIL */
static int interrupted;

static unsigned next(unsigned *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void native_step(unsigned *seed)
{
    void *block = NULL;
    size_t size = next(seed) % 3000;
    switch (next(seed) % 4) {
    case 0:
        block = agent_malloc(size);
        break;
    case 1:
        block = agent_calloc(size / 8 + 1, 8);
        break;
    case 2:
        assert(agent_posix_memalign(&block, 64, size + 1) == 0);
        break;
    default:
        block = agent_realloc(agent_malloc(10), size + 1);
    }
    if (block && size >= 8)
        memset(block, 1, 8);
    block = __atomic_exchange_n(&shared[next(seed) % SHARED], block, __ATOMIC_ACQ_REL);
    if (block && next(seed) % 2)
        block = agent_realloc(block, 100 + next(seed) % 5000);
    agent_free(block);
}

static void python_step(fake_thread *t, unsigned *seed)
{
    fake_take_gil(t);
    for (unsigned n = next(seed) % 40; n && t->depth + 2 < FAKE_DEPTH; n--)
        fake_call(t, next(seed) % FAKE_CODES);
    for (unsigned n = next(seed) % 42; n && t->depth > 1; n--)
        fake_return(t);
    for (unsigned i = 0; i < 20; i++) {
        void **place = &shared_objects[next(seed) % SHARED];
        if (t->depth)
            fake_step(t, next(seed) % 50);
        if (*place && next(seed) % 3 == 0) {
            *place = fake_object_resized(*place, next(seed) % 2000);
            continue;
        }
        if (*place)
            fake_object_free(*place);
        *place = next(seed) % 2 ? fake_object(next(seed) % 700) : NULL;
    }
    fake_give_gil();
}

/* Nothing else may be done in a handler that interrupts malloc(). */
static void handle(int number)
{
    (void)number;
    void *p = agent_mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p != MAP_FAILED)
        agent_munmap(p, 8192);
    __atomic_fetch_add(&interrupted, 1, __ATOMIC_RELAXED);
}

static void *work(void *number)
{
    fake_thread *t = calloc(1, sizeof(*t));
    unsigned seed = (unsigned)(uintptr_t)number * 77 + 1;
    fake_thread_begin(t);
    for (unsigned i = 0; i < ROUNDS; i++) {
        python_step(t, &seed);
        for (unsigned k = 0; k < 10; k++)
            native_step(&seed);
    }
    fake_thread_end();
    free(t);
    return NULL;
}

/* True where all that was counted as allocated was counted as freed, for each node. */
static bool adds_up(const char *who)
{
    const hf_state_header *h = hf_hot.header;
    bool well = h && h->dropped == 0 && h->python_live == 0 && h->native_live == 0;
    if (h)
        fprintf(stderr, "%s: %u nodes, %u codes, dropped %lu, live %lu + %lu, peak %lu\n", who,
                h->node_count, h->code_count, h->dropped, h->python_live, h->native_live, h->peak);
    for (uint32_t i = 0; h && i < h->node_count; i++) {
        const hf_state_counter *c = &hf_hot.counters[i];
        if (c->allocated_bytes == c->freed_bytes && c->allocated_blocks == c->freed_blocks)
            continue;
        fprintf(stderr, "%s: node %u: %lu allocated, %lu freed\n", who, i, c->allocated_blocks,
                c->freed_blocks);
        well = false;
    }
    return well;
}

static void free_all(fake_thread *t)
{
    for (unsigned i = 0; i < SHARED; i++)
        agent_free(__atomic_exchange_n(&shared[i], NULL, __ATOMIC_ACQ_REL));
    fake_take_gil(t);
    for (unsigned i = 0; i < SHARED; i++) {
        if (shared_objects[i])
            fake_object_free(shared_objects[i]);
        shared_objects[i] = NULL;
    }
    fake_give_gil();
}

/* A child has only this thread; what it has inherited is not of its tree. */
static void be_a_child(fake_thread *t)
{
    unsigned seed = (unsigned)getpid();
    bool fresh = hf_hot.header && hf_hot.header->pid == getpid();
    for (unsigned i = 0; i < 20; i++) {
        native_step(&seed);
        python_step(t, &seed);
    }
    free_all(t);
    _exit(fresh && adds_up("child") ? 0 : 1);
}

/* So that there is a node for blocks of a thread without calls, whichever blocks are noted: a child
 * that is forked without calls must not take it for one of its own. */
static void allocate_without_calls(void)
{
    for (unsigned i = 0; i < 100; i++)
        agent_free(agent_malloc(2900));
}

static int fork_some(fake_thread *t)
{
    int failed = 0;
    sigset_t alarm, before; /* fork() starts again when a signal comes, and would do so for ever */
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarm, &before);
    for (unsigned i = 0; i < CHILDREN; i++) {
        fake_take_gil(t); /* as os.fork() does */
        pid_t pid = fork();
        fake_give_gil();
        if (pid == 0)
            be_a_child(t);
        int status = 1;
        if (pid > 0)
            waitpid(pid, &status, 0);
        failed += status != 0;
        usleep(2000);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

/* A line of the Test Anything Protocol, as the unit tests print theirs. Returns `well`. */
static bool says(int number, bool well, const char *what)
{
    printf("%s %d - %s\n", well ? "ok" : "not ok", number, what);
    return well;
}

int main(int count, char **words)
{
    char folder[] = "/tmp/storm.XXXXXX";
    if (!getenv(HF_STATE_FOLDER_ENV)) { /* the agent has looked before main() */
        if (count != 1 || !mkdtemp(folder))
            return 2;
        setenv(HF_STATE_FOLDER_ENV, folder, 1);
        execv("/proc/self/exe", words);
        return 2;
    }
    fake_thread *t = calloc(1, sizeof(*t));
    fake_thread_begin(t);
    fake_take_gil(t);
    fake_start();
    agent_free(agent_malloc(1)); /* whoever asks with the GIL tells the agent that Python is up */
    assert(!hf_hot.sample || hf_hot.apart);
    fake_give_gil();
    allocate_without_calls();
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 5000}, {0, 5000}}, NULL);
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        assert(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    const bool fork_at_once = false; /* locks of a sanitizer's allocator stay locked in a child */
#else
    const bool fork_at_once = true;
#endif
    int failed = fork_at_once ? fork_some(t) : 0;
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    failed += fork_at_once ? 0 : fork_some(t);
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    free_all(t);
    fake_take_gil(t);
    fake_end();
    fake_give_gil();
    bool well = adds_up("parent");
    fprintf(stderr, "%d children failed; %d signals\n", failed, interrupted);
    free(t);
    char command[256];
    snprintf(command, sizeof(command), "rm -r '%s'", getenv(HF_STATE_FOLDER_ENV));
    bool removed = system(command) == 0;
    puts("1..4");
    well = says(1, well, "all that was allocated was freed");
    well &= says(2, failed == 0, "each child has a tree of its own");
    well &= says(3, interrupted > 0, "signals came");
    well &= says(4, removed, "its files can be removed");
    return !well;
}
