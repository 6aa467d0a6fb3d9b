/* A target that watches itself: it ends with status 9 and a word on standard error as soon as
 * anything is not as it was.
 *
 *     tool_target WORK [--strict]
 *
 * WORK is "compute" (one thread), "threads" (two that compute, four that wait), "count" (one
 * computes, one counts), or the name of one wait. It says READY and the addresses of two counters,
 * runs until its standard input is closed, and ends with status 0. --strict: no wait may end early
 * or with an error; without it EINTR is no harm. */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static atomic_bool ending;
static bool strict;
static bool alone; /* one thread does it all */
static pid_t self;
static atomic_ulong rounds;
static atomic_ulong alarms;

static void harmed(const char *what)
{
    fprintf(stderr, "HARMED: %s\n", what);
    fflush(stderr);
    syscall(SYS_exit_group, 9);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Keeps values in registers for some ten thousand instructions, and looks whether they stayed. */
static void check_registers(void)
{
    uint8_t in[128], out[128] = {0};
    const uint64_t a = 0x1111111111111111, b = 0x2222222222222222, c = 0x3333333333333333;
    uint64_t count = 20000;
    register uint64_t x __asm__("r12") = a;
    register uint64_t y __asm__("r13") = b;
    register uint64_t z __asm__("r11") = c;
    for (size_t i = 0; i < sizeof(in); i++)
        in[i] = (uint8_t)(i * 7 + 1);
    if (__builtin_cpu_supports("avx"))
        __asm__ volatile("vmovdqu (%[in]), %%ymm0\n\tvmovdqu 32(%[in]), %%ymm7\n\t"
                         "vmovdqu 64(%[in]), %%ymm12\n\tvmovdqu 96(%[in]), %%ymm15\n"
                         "1:\tdec %[count]\n\tjnz 1b\n\t"
                         "vmovdqu %%ymm0, (%[out])\n\tvmovdqu %%ymm7, 32(%[out])\n\t"
                         "vmovdqu %%ymm12, 64(%[out])\n\tvmovdqu %%ymm15, 96(%[out])\n\t"
                         "vzeroupper"
                         : [count] "+r"(count), "+r"(x), "+r"(y), "+r"(z)
                         : [in] "r"(in), [out] "r"(out)
                         : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
                           "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
                           "xmm15");
    else
        memcpy(out, in, sizeof(in));
    if (count > 20000 || x != a || y != b || z != c)
        harmed("a general register changed");
    if (memcmp(in, out, sizeof(in)) != 0)
        harmed("a vector register changed");
}

/* Uses the stack below, deep, so that what is written there must have been dead. */
static uint64_t check_stack(unsigned depth, uint64_t value)
{
    volatile uint64_t kept[8];
    for (unsigned i = 0; i < 8; i++)
        kept[i] = value * (i + 1);
    uint64_t below = depth ? check_stack(depth - 1, value + 1) : 0;
    for (unsigned i = 0; i < 8; i++)
        if (kept[i] != value * (i + 1))
            harmed("the stack changed");
    return below + value;
}

static void *compute(void *unused)
{
    (void)unused;
    while (!ending) {
        check_registers();
        if (check_stack(40, 5) != 41 * 5 + 820)
            harmed("a sum is wrong");
        if (syscall(SYS_getpid) != self)
            harmed("a copy of the process runs the program");
        rounds++;
    }
    return NULL;
}

/* One wait: how long it took must be what was asked for, and the result that of a timeout. */
static int wait_poll(void)
{
    return poll(NULL, 0, 100);
}

static int wait_select(void)
{
    return select(0, NULL, NULL, NULL, &(struct timeval){.tv_usec = 100000});
}

static int wait_nanosleep(void)
{
    return nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
}

static int wait_clock(void)
{
    return clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = 100000000}, NULL);
}

static int wait_futex(void)
{
    static int word;
    struct timespec limit = {.tv_nsec = 100000000};
    long result = syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &limit, NULL, 0);
    return result < 0 && errno == ETIMEDOUT ? 0 : result < 0 ? -1 : 1;
}

static int wait_read(void)
{
    static int ends[2] = {-1, -1};
    if (ends[0] < 0 && pipe(ends))
        return -1;
    char byte;
    struct itimerval soon = {.it_value.tv_usec = 100000};
    unsigned long before = alarms;
    setitimer(ITIMER_REAL, &soon, NULL);
    while (alarms == before) { /* a signal without SA_RESTART must interrupt it, once */
        if (read(ends[0], &byte, 1) != -1 || errno != EINTR)
            return -1;
        if (alarms == before && strict)
            return -1;
    }
    return 0;
}

/* Like sigsuspend(2): waits under another mask for a signal, and must not miss it. */
static int wait_suspend(void)
{
    sigset_t blocked, none, before;
    sigemptyset(&none);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    struct itimerval soon = {.it_value.tv_usec = 100000};
    unsigned long old = alarms;
    setitimer(ITIMER_REAL, &soon, NULL);
    int result = 0;
    while (alarms == old && result == 0) {
        result = sigsuspend(&none) == -1 && errno == EINTR ? 0 : -1;
        if (alarms == old && strict)
            result = -1;
    }
    sigset_t now_blocked;
    pthread_sigmask(SIG_SETMASK, NULL, &now_blocked);
    if (!sigismember(&now_blocked, SIGALRM))
        result = -1;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

static void *wait_for_ever(void *function)
{
    int (*wait)(void) = *(int (**)(void))function;
    while (!ending) {
        double start = now();
        errno = 0;
        int result = wait();
        double took = now() - start;
        bool early = result != 0 && errno == EINTR && !strict;
        if (result != 0 && !early)
            harmed("a wait ended with an error");
        if (strict && (took < 0.0995 || took > 3))
            harmed("a wait took too short or too long");
        if (syscall(SYS_getpid) != self)
            harmed("a copy of the process runs the program");
        rounds++;
        if (alone && read(0, &(char){0}, 1) == 0)
            ending = true;
    }
    return NULL;
}

/* Two words far apart: the second is the first, or one less, at every instant. */
static struct {
    _Atomic uint64_t first;
    char between[16 << 20];
    _Atomic uint64_t second;
} counters;

static void *count(void *unused)
{
    (void)unused;
    while (!ending) {
        counters.first++;
        counters.second = counters.first;
    }
    return NULL;
}

static const struct {
    const char *name;
    int (*wait)(void);
} waits[] = {{"poll", wait_poll},      {"select", wait_select}, {"nanosleep", wait_nanosleep},
             {"clock", wait_clock},    {"futex", wait_futex},   {"read", wait_read},
             {"suspend", wait_suspend}};

static void on_alarm(int number)
{
    (void)number;
    alarms++;
}

/* Returns when standard input is closed, which a thread waits for. */
static void *watch_input(void *unused)
{
    (void)unused;
    char byte;
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    while (read(0, &byte, 1) > 0 || errno == EINTR)
        errno = 0;
    ending = true;
    return NULL;
}

static void start(void *(*function)(void *), void *argument)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, function, argument))
        harmed("no thread");
    pthread_detach(thread);
}

int main(int argc, char **argv)
{
    const char *work = argc > 1 ? argv[1] : "compute";
    strict = argc > 2 && strcmp(argv[2], "--strict") == 0;
    self = (pid_t)syscall(SYS_getpid);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* never outlive the test */
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = on_alarm}, NULL);
    if (strcmp(work, "count") == 0) {
        memset(counters.between, 1, sizeof(counters.between)); /* so that reading takes time */
        start(count, NULL);
        while (!counters.second)
            sched_yield();
    }
    printf("READY %p %p\n", (void *)&counters.first, (void *)&counters.second);
    fflush(stdout);
    if (strcmp(work, "threads") == 0) {
        start(compute, NULL);
        for (size_t i = 0; i < 4; i++)
            start(wait_for_ever, (void *)&waits[i].wait);
    }
    for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
        if (strcmp(work, waits[i].name) != 0)
            continue;
        alone = true;
        fcntl(0, F_SETFL, O_NONBLOCK);
        wait_for_ever((void *)&waits[i].wait);
    }
    if (!ending) {
        start(watch_input, NULL);
        compute(NULL);
    }
    printf("OK %lu rounds\n", rounds);
    return 0;
}
