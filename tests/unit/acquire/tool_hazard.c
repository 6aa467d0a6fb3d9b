/* A target in a state that is hard on whoever stops it, and that notices what was done to it: it
 * ends with status 9 and a word on standard error as soon as anything is not as it was.
 *
 *     tool_hazard STATE
 *
 * It says READY, runs until its standard input is closed, and ends with status 0. SIGUSR1 makes it
 * do, from a thread of its own and while another one computes, what the state is named for:
 *
 *     execs     become the same program again, at the same addresses
 *     forks     make a child that checks itself and ends
 *     exits     end with status 0
 *
 * The others are states that last:
 *
 *     births    threads are born and die all the time
 *     vforks    the only thread waits in vfork(2) for its child, deaf to signals
 *     vforking  one thread does so, another computes
 *     tight     the only thread that can be stopped has no stack left below its red zone
 *     deep      the same for the main thread, whose stack grows as it is used
 *     profiled  SIGPROF at 1 kHz, on an alternate stack
 *     sequence  the only thread is in a restartable sequence
 *     clock     reads the clock, in the kernel's code (vDSO), all the time
 *     epoll, sigwait, semaphore   a wait without a limit that a stop is known to interrupt
 *     faults    has an open userfaultfd(2) */
#include <errno.h>
#include <linux/rseq.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HARMED = 9, DEPTH = 60, ROUND_MS = 50 };

static atomic_bool ending;
static atomic_ulong ticks, rounds;
static pid_t self;

static void harmed(const char *what)
{
    fprintf(stderr, "HARMED: %s (%s)\n", what, strerror(errno));
    fflush(stderr);
    syscall(SYS_exit_group, HARMED);
}

static void ready(void)
{
    printf("READY\n");
    fflush(stdout);
}

/* Uses much stack and looks whether it stays as it was. */
static uint64_t check_stack(unsigned depth, uint64_t value)
{
    volatile uint64_t kept[40];
    for (unsigned i = 0; i < 40; i++)
        kept[i] = value * (i + 1);
    uint64_t below = depth ? check_stack(depth - 1, value + 1) : 0;
    for (unsigned i = 0; i < 40; i++)
        if (kept[i] != value * (i + 1))
            harmed("the stack changed");
    return below + value;
}

static void compute_once(void)
{
    if (check_stack(DEPTH, 3) != (DEPTH + 1) * 3 + DEPTH * (DEPTH + 1) / 2)
        harmed("a sum is wrong");
    if (syscall(SYS_getpid) != self)
        harmed("a copy of the process runs the program");
    rounds++;
}

static void *compute(void *unused)
{
    (void)unused;
    while (!ending)
        compute_once();
    return NULL;
}

static void *watch_input(void *unused)
{
    (void)unused;
    char byte;
    while (read(0, &byte, 1) > 0 || errno == EINTR)
        errno = 0;
    ending = true;
    return NULL;
}

static pthread_t start(void *(*function)(void *), void *argument)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, function, argument))
        harmed("no thread");
    return thread;
}

/* What SIGUSR1 is for. */
static char **arguments;

static void become_again(void)
{
    setenv("AGAIN", "1", 1);
    execv("/proc/self/exe", arguments);
    harmed("exec failed");
}

static void make_child(void)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        self = (pid_t)syscall(SYS_getpid);
        for (int i = 0; i < 50; i++)
            compute_once();
        _exit(7);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) ||
        WEXITSTATUS(status) != 7)
        harmed("a child did not end well");
}

static void leave(void)
{
    syscall(SYS_exit_group, 0);
}

static void *act_on_signal(void *act)
{
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    for (;;) {
        int number = 0;
        if (sigwait(&one, &number) == 0)
            (*(void (**)(void))act)();
    }
    return NULL;
}

static void act(void (*function)(void))
{
    static void (*kept)(void);
    sigset_t one;
    kept = function;
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &one, NULL);
    start(act_on_signal, (void *)&kept);
    start(watch_input, NULL);
    if (!getenv("AGAIN"))
        ready();
    compute(NULL);
}

/* So that what is written to an address of before meets something afterwards. */
static void execs(void)
{
    if (!(personality(0xffffffff) & ADDR_NO_RANDOMIZE)) {
        personality(ADDR_NO_RANDOMIZE);
        execv("/proc/self/exe", arguments);
        harmed("exec failed");
    }
    act(become_again);
}

static void forks(void)
{
    act(make_child);
}

static void exits(void)
{
    act(leave);
}

static void *short_life(void *unused)
{
    (void)unused;
    for (int i = 0; i < 20; i++)
        compute_once();
    return &ending;
}

static void births(void)
{
    start(watch_input, NULL);
    ready();
    while (!ending) {
        pthread_t threads[4];
        for (size_t i = 0; i < 4; i++)
            threads[i] = start(short_life, NULL);
        for (size_t i = 0; i < 4; i++) {
            void *result = NULL;
            if (pthread_join(threads[i], &result) || result != &ending)
                harmed("a thread ended with something else");
        }
    }
}

static void *wait_in_vfork(void *unused)
{
    (void)unused;
    while (!ending) {
        int status = 0;
        char byte;
        pid_t child = vfork();
        if (child == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            while (read(0, &byte, 1) > 0)
                ;
            _exit(7);
        }
        if (child < 0 || waitpid(child, &status, 0) != child || WEXITSTATUS(status) != 7)
            harmed("a child did not end well");
        ending = true;
    }
    return NULL;
}

static void vforks(void)
{
    ready();
    wait_in_vfork(NULL);
}

static void vforking(void)
{
    start(wait_in_vfork, NULL);
    ready();
    compute(NULL);
}

/* Goes down until the mapping of the stack ends about a page below, and waits there. */
static void go_down(uintptr_t bottom)
{
    volatile char room[512];
    memset((void *)room, 1, sizeof(room));
    if ((uintptr_t)room > bottom + 4096)
        go_down(bottom);
    else
        watch_input(NULL);
    for (size_t i = 0; i < sizeof(room); i++)
        if (room[i] != 1)
            harmed("the stack changed");
}

static void *run_tight(void *stack)
{
    go_down((uintptr_t)stack);
    return NULL;
}

/* On a stack of 64 KB with a guard, which is what thread libraries make; the main
 * thread sleeps in vfork(2). */
static void tight(void)
{
    enum { SIZE = 64 << 10, GUARD = 4096 };
    pthread_attr_t attributes;
    pthread_t thread;
    char *stack =
        mmap(NULL, GUARD + SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED || mprotect(stack, GUARD, PROT_NONE))
        harmed("no stack");
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack + GUARD, SIZE);
    if (pthread_create(&thread, &attributes, run_tight, stack + GUARD))
        harmed("no thread");
    ready();
    wait_in_vfork(NULL);
}

/* The stack of the main thread grows by the page, as it is used: where it stands deeper than it
 * ever did, there is nothing below but what is left of a page: enough for what is called from here,
 * not for a signal frame. */
enum { PAGE_REST = 640 };

static void go_deeper(size_t bytes)
{
    volatile char room[512];
    memset((void *)room, 1, sizeof(room));
    uintptr_t here = (uintptr_t)room;
    if (bytes > sizeof(room))
        go_deeper(bytes - sizeof(room));
    else if (here % 4096 < PAGE_REST || here % 4096 > 2 * PAGE_REST)
        go_deeper(0);
    else
        watch_input(NULL);
    for (size_t i = 0; i < sizeof(room); i++)
        if (room[i] != 1)
            harmed("the stack changed");
}

static void deep(void)
{
    if (read(0, &(char){0}, 0)) /* the dynamic linker takes much stack for the first call */
        harmed("no input");
    ready();
    go_deeper(1 << 20);
}

static char *alternate;
enum { ALTERNATE_SIZE = 64 << 10 };

static void tick(int number)
{
    char here;
    (void)number;
    if (&here < alternate || &here >= alternate + ALTERNATE_SIZE)
        harmed("a handler ran on another stack");
    ticks++;
}

static void profiled(void)
{
    alternate = malloc(ALTERNATE_SIZE);
    stack_t stack = {.ss_sp = alternate, .ss_size = ALTERNATE_SIZE}, now;
    struct sigaction action = {.sa_handler = tick, .sa_flags = SA_ONSTACK | SA_RESTART};
    struct itimerval often = {.it_interval.tv_usec = 1000, .it_value.tv_usec = 1000};
    if (sigaltstack(&stack, NULL) || sigaction(SIGPROF, &action, NULL))
        harmed("no alternate stack");
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, SIGPROF);
    pthread_sigmask(SIG_BLOCK, &one, NULL);
    start(watch_input, NULL);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    setitimer(ITIMER_PROF, &often, NULL);
    ready();
    while (!ending) {
        unsigned long before = ticks;
        for (int i = 0; i < 500; i++)
            compute_once();
        if (sigaltstack(NULL, &now) || now.ss_sp != alternate || now.ss_size != ALTERNATE_SIZE ||
            now.ss_flags != 0)
            harmed("the alternate stack changed");
        for (unsigned long spins = 0; ticks == before; spins++)
            if (spins > 2000000000)
                harmed("signals come no more");
    }
}

/* glibc registers its struct rseq; a sequence is an address that leads to its bounds. */
extern const ptrdiff_t __rseq_offset __attribute__((weak));
extern const unsigned __rseq_size __attribute__((weak));

static void interrupt(int number)
{
    (void)number;
}

static void sequence(void)
{
#ifdef __x86_64__
    if (!&__rseq_size || !__rseq_size)
        harmed("no restartable sequences");
    struct rseq *area = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
    unsigned long aborts = 0;
    struct itimerval often = {.it_interval.tv_usec = 20000, .it_value.tv_usec = 20000};
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = interrupt}, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    ready();
    /* The sequence is one endless loop: it is left by being aborted only, by every signal and every
     * change of processor or task. Once in a while somebody asks whether it is time to end. */
    while (!ending) {
        __asm__ volatile("jmp 2f\n"
                         ".pushsection __rseq_cs, \"aw\"\n"
                         ".balign 32\n"
                         "1: .long 0, 0\n\t.quad 3f, 4f - 3f, 5f\n"
                         ".popsection\n"
                         ".byte 0x0f, 0xb9, 0x3d\n\t.long 0x53053053\n" /* the signature */
                         "5: jmp 6f\n"
                         "2: leaq 1b(%%rip), %%rax\n\t"
                         "movq %%rax, 8(%[area])\n"
                         "3: jmp 3b\n"
                         "4: nop\n"
                         "6:\n"
                         :
                         : [area] "r"(area)
                         : "memory", "cc", "rax");
        aborts++;
        struct timeval none = {0};
        fd_set ends;
        FD_ZERO(&ends);
        FD_SET(0, &ends);
        char byte;
        if (select(1, &ends, NULL, NULL, &none) == 1 && read(0, &byte, 1) == 0)
            ending = true;
        if (syscall(SYS_getpid) != self)
            harmed("a copy of the process runs the program");
    }
    if (!aborts)
        harmed("the sequence was left without being aborted");
#else
    harmed("no restartable sequence for this processor");
#endif
}

static void read_clock(void)
{
    struct timespec last = {0}, now;
    start(watch_input, NULL);
    ready();
    while (!ending) {
        if (clock_gettime(CLOCK_MONOTONIC, &now))
            harmed("no clock");
        if (now.tv_sec < last.tv_sec || (now.tv_sec == last.tv_sec && now.tv_nsec < last.tv_nsec))
            harmed("the clock went back");
        last = now;
    }
}

/* Waits without a limit; each is ended every ROUND_MS by what it waits for, and by nothing else. */
static int event = -1, set = -1;

static void pause_shortly(void)
{
    struct timespec left = {.tv_nsec = ROUND_MS * 1000000};
    nanosleep(&left, NULL);
}

static void *give_events(void *unused)
{
    (void)unused;
    while (!ending) {
        pause_shortly();
        if (event >= 0 && write(event, &(uint64_t){1}, 8) != 8)
            harmed("no event can be given");
        if (set >= 0 && semop(set, &(struct sembuf){.sem_op = 1}, 1))
            harmed("no semaphore can be raised");
        if (event < 0 && set < 0)
            kill(getpid(), SIGUSR2);
    }
    return NULL;
}

static void wait_epoll(void)
{
    struct epoll_event told = {.events = EPOLLIN};
    event = eventfd(0, 0);
    int all = epoll_create1(0);
    if (epoll_ctl(all, EPOLL_CTL_ADD, event, &told))
        harmed("no epoll");
    start(watch_input, NULL);
    start(give_events, NULL);
    ready();
    while (!ending) {
        uint64_t count;
        if (epoll_wait(all, &told, 1, -1) != 1 || read(event, &count, 8) != 8)
            harmed("epoll_wait() ended otherwise");
    }
}

static void wait_signal(void)
{
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &one, NULL);
    start(watch_input, NULL);
    start(give_events, NULL);
    ready();
    while (!ending)
        if (sigwaitinfo(&one, NULL) != SIGUSR2)
            harmed("sigwaitinfo() ended otherwise");
}

static void wait_semaphore(void)
{
    set = semget(IPC_PRIVATE, 1, 0600);
    if (set < 0)
        harmed("no semaphore");
    start(watch_input, NULL);
    start(give_events, NULL);
    ready();
    int result = 0;
    while (!ending && result == 0)
        result = semop(set, &(struct sembuf){.sem_op = -1}, 1);
    int last = errno;
    semctl(set, 0, IPC_RMID);
    errno = last;
    if (result)
        harmed("semop() ended otherwise");
}

static void faults(void)
{
    if (syscall(SYS_userfaultfd, 0) < 0) {
        printf("CANNOT userfaultfd: %s\n", strerror(errno));
        fflush(stdout);
        return;
    }
    ready();
    watch_input(NULL);
}

static const struct {
    const char *name;
    void (*run)(void);
} states[] = {{"execs", execs},         {"forks", forks},
              {"exits", exits},         {"births", births},
              {"vforks", vforks},       {"vforking", vforking},
              {"tight", tight},         {"deep", deep},
              {"profiled", profiled},   {"sequence", sequence},
              {"clock", read_clock},    {"epoll", wait_epoll},
              {"sigwait", wait_signal}, {"semaphore", wait_semaphore},
              {"faults", faults}};

int main(int argc, char **argv)
{
    arguments = argv;
    self = (pid_t)syscall(SYS_getpid);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* never outlive the test */
    for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
        if (argc < 2 || strcmp(argv[1], states[i].name) != 0)
            continue;
        states[i].run();
        return 0;
    }
    fprintf(stderr, "tool_hazard: no such state\n");
    return 2;
}
