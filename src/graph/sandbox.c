#include "graph/sandbox.h"

#include "acquire/proc.h"
#include "base/bytes.h"
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Messages from child to parent: kind, length of the body, body. */
enum {
    MESSAGE_PROGRESS = 1, /* done, total: u64 */
    MESSAGE_ERROR = 2,    /* code: u32, text */
    MESSAGE_ANSWER = 3,
    MESSAGE_CALL = 4,
    MESSAGE_HEADER = 8,
    BODY_MAX = HF_SANDBOX_BODY_MAX,
    PROGRESS_STEP = 1 << 14,
};

/* How the parent waits: it looks so often, and a child that takes less than so little of the
 * processor for so long does nothing. */
enum {
    LOOK_EVERY = 20,      /* milliseconds */
    PATIENCE = 60,        /* seconds of looks */
    IDLE_FRACTION = 2000, /* a slow disk or a busy machine leaves it far more */
    NANOSECONDS = 1000000000,
};

static bool send_all(int fd, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    while (length) {
        ssize_t n = write(fd, at, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        length -= (size_t)n;
    }
    return true;
}

static bool receive(int fd, void *to, size_t length)
{
    uint8_t *at = to;
    while (length) {
        ssize_t n = read(fd, at, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        length -= (size_t)n;
    }
    return true;
}

static bool send_message(int fd, uint32_t kind, const void *body, size_t length)
{
    uint32_t header[2] = {kind, (uint32_t)length};
    return length <= BODY_MAX && send_all(fd, header, sizeof(header)) && send_all(fd, body, length);
}

void hf_sandbox_progress(hf_sandbox_link *link, uint64_t done, uint64_t total)
{
    if (done < link->last_progress + PROGRESS_STEP && done < total)
        return;
    link->last_progress = done;
    uint64_t body[2] = {done, total};
    send_message(link->fd, MESSAGE_PROGRESS, body, sizeof(body));
}

bool hf_sandbox_call(hf_sandbox_link *link, const void *body, size_t length)
{
    return send_message(link->fd, MESSAGE_CALL, body, length);
}

bool hf_sandbox_receive(hf_sandbox_link *link, void *to, size_t length)
{
    return receive(link->fd, to, length);
}

size_t hf_sandbox_receive_some(hf_sandbox_link *link, void *to, size_t length)
{
    ssize_t n;
    do
        n = read(link->fd, to, length);
    while (n < 0 && errno == EINTR);
    return n > 0 ? (size_t)n : 0;
}

bool hf_sandbox_send(int fd, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    while (length) {
        ssize_t n = send(fd, at, length, MSG_NOSIGNAL); /* the child may have ended */
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        length -= (size_t)n;
    }
    return true;
}

static void send_error(int fd, const hf_err *err)
{
    hf_buf body;
    hf_buf_init(&body, BODY_MAX);
    uint32_t code = hf_err_code_of(err);
    hf_buf_add(&body, &code, sizeof(code));
    hf_buf_text(&body, hf_err_message(err));
    send_message(fd, MESSAGE_ERROR, body.data, body.length);
}

static hf_err *become(uid_t uid, gid_t gid)
{
    if (geteuid() != 0 || uid == 0)
        return NULL;
    if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
        return hf_fail_sys(errno, "cannot become user %u to decode its heap", (unsigned)uid);
    return NULL;
}

/* Root without capabilities is nobody special. */
static void drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    syscall(SYS_capset, &header, none);
}

static void prefer_for_oom(void)
{
    HF_AUTO(hf_closep) int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0)
        (void)!write(fd, "1000", 4);
}

/* Closes all but stderr, where an assertion of ours is told, the link, and what is to stay open. */
static void close_others(const hf_sandbox *s, int link)
{
    unsigned next = 3;
    close(0);
    close(1);
    for (;;) {
        const int keep[] = {link, s->fd, s->source};
        unsigned nearest = ~0U;
        for (size_t i = 0; i < sizeof(keep) / sizeof(*keep); i++)
            if (keep[i] >= (int)next && (unsigned)keep[i] < nearest)
                nearest = (unsigned)keep[i];
        if (nearest > next)
            close_range(next, nearest == ~0U ? nearest : nearest - 1, 0);
        if (nearest == ~0U)
            return;
        next = nearest + 1;
    }
}

/* Writable memory that this process has: RLIMIT_DATA counts it, also what it has from
 * its parent. */
static uint64_t memory_now(void)
{
    char text[256] = "";
    unsigned long long pages = 0;
    HF_AUTO(hf_closep) int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
    if (n <= 0 || sscanf(text, "%*u %*u %*u %*u %*u %llu", &pages) != 1)
        return 0;
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* The kernel looks at the hard limit first, and its SIGKILL would be told as a lack of memory:
 * the soft one, which is told as what it is, has to come before. */
static void limit_processor_time(rlim_t seconds)
{
    struct rlimit now;
    if (getrlimit(RLIMIT_CPU, &now))
        return;
    rlim_t soft = seconds && seconds < now.rlim_cur ? seconds : now.rlim_cur;
    rlim_t hard = seconds && seconds + 1 < now.rlim_max ? seconds + 1 : now.rlim_max;
    if (soft != RLIM_INFINITY && soft >= hard && hard > 1)
        soft = hard - 1;
    setrlimit(RLIMIT_CPU, &(struct rlimit){.rlim_cur = soft, .rlim_max = hard});
}

/* A limit that is lower already stays: root could raise it. */
static void lower_limit(int resource, rlim_t soft, rlim_t hard)
{
    struct rlimit now;
    if (getrlimit(resource, &now))
        return;
    struct rlimit lower = {.rlim_cur = soft < now.rlim_cur ? soft : now.rlim_cur,
                           .rlim_max = hard < now.rlim_max ? hard : now.rlim_max};
    setrlimit(resource, &lower);
}

static void set_limits(const hf_sandbox *s)
{
    limit_processor_time(s->seconds);
    rlim_t memory = memory_now() + s->memory;
    if (s->memory)
        lower_limit(RLIMIT_DATA, memory, memory);
    if (s->file)
        lower_limit(RLIMIT_FSIZE, s->file, s->file);
}

static hf_err *lock_down(const hf_sandbox *s, pid_t parent, int link)
{
    prefer_for_oom();
    set_limits(s);
    close_others(s, link);
    hf_err *err = become(s->uid, s->gid);
    if (err)
        return err;
    drop_capabilities();
    /* After the change of user, which resets both. */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ||
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) || setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}))
        return hf_fail_sys(errno, "cannot give up privileges");
    if (getppid() != parent)
        return hf_fail(HF_ERR_INTERRUPTED, "interrupted");
    return hf_sandbox_filter();
}

_Noreturn static void run_child(const hf_sandbox *s, pid_t parent, int fd)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXCPU, SIG_DFL);
    signal(SIGTSTP, SIG_IGN); /* of the same terminal as its parent, which waits for it */
    hf_sandbox_link link = {.fd = fd};
    hf_buf answer;
    hf_buf_init(&answer, BODY_MAX);
    hf_err *err = lock_down(s, parent, fd);
    if (!err)
        err = s->work(s->context, &link, &answer);
    if (!err && answer.failed)
        err = hf_fail_memory();
    if (err)
        send_error(fd, err);
    else
        send_message(fd, MESSAGE_ANSWER, answer.data, answer.length);
    _exit(err ? 1 : 0);
}

/* A text of the child, fit for a terminal. */
static hf_err *error_from(const hf_buf *body)
{
    hf_cursor c = hf_cursor_over(body->data, body->length);
    uint32_t code = hf_cursor_u32(&c);
    char text[1024];
    size_t length = 0;
    while (hf_cursor_left(&c) && length < sizeof(text) - 1) {
        uint8_t byte = hf_cursor_u8(&c);
        text[length++] = byte < 0x20 || (byte >= 0x7f && byte < 0xa0) ? '?' : (char)byte;
    }
    text[length] = 0;
    bool known = !c.bad && code >= HF_ERR_NO_MEMORY && code <= HF_ERR_INTERRUPTED;
    return known ? hf_fail((hf_err_code)code, "%s", text) : NULL;
}

typedef struct outcome {
    hf_err *err; /* told by the child */
    bool answered, interrupted, is_stuck, is_late;
} outcome;

/* The child as its parent sees it. Time is counted in looks, one each LOOK_EVERY at most:
 * while we are stopped ourselves, or the machine sleeps, none is made. */
typedef struct child_seen {
    const hf_sandbox *s;
    pid_t pid;
    int fd;
    bool has_clock;
    clockid_t clock;     /* processor time that it has taken */
    uint64_t taken;      /* of it, when the looks were last counted from 0 */
    uint64_t looks;      /* since then */
    uint64_t looks_most; /* then it is to have done something */
    uint64_t looked;     /* when that was, last */
    uint64_t all_looks;  /* since it began */
    outcome outcome;
} child_seen;

static uint64_t seconds_of_patience(const hf_sandbox *s)
{
    return s->patience ? s->patience : PATIENCE;
}

/* Nanoseconds of a clock; 0 where there is none. */
static uint64_t time_of(clockid_t clock)
{
    struct timespec t;
    return clock_gettime(clock, &t) ? 0 : (uint64_t)t.tv_sec * NANOSECONDS + (uint64_t)t.tv_nsec;
}

static child_seen see_child(const hf_sandbox *s, pid_t pid, int fd)
{
    child_seen c = {.s = s, .pid = pid, .fd = fd};
    c.has_clock = clock_getcpuclockid(pid, &c.clock) == 0;
    c.looks_most = seconds_of_patience(s) * 1000 / LOOK_EVERY;
    return c;
}

bool hf_sandbox_waits_for_disk(pid_t pid)
{
    char folder[64];
    HF_AUTO(hf_freep) pid_t *threads = NULL;
    size_t count = 0;
    bool waits = false;
    snprintf(folder, sizeof(folder), "/proc/%d/task", (int)pid);
    if (hf_proc_numbers(folder, &threads, &count))
        return false;
    for (size_t i = 0; i < count && !waits; i++) {
        hf_proc_stat stat;
        waits = hf_proc_stat_of(threads[i], &stat) == 0 && stat.state == 'D';
    }
    return waits;
}

/* True: it has done nothing for so many looks that it never will. */
static bool does_nothing(child_seen *c)
{
    if (!c->has_clock || (c->s->is_of_file && hf_sandbox_waits_for_disk(c->pid)) ||
        ++c->looks < c->looks_most)
        return false;
    uint64_t taken = time_of(c->clock), before = c->taken;
    c->looks = 0;
    c->taken = taken;
    return taken - before < seconds_of_patience(c->s) * NANOSECONDS / IDLE_FRACTION;
}

static bool goes_on(const child_seen *c)
{
    return !c->outcome.interrupted && !c->outcome.is_stuck && !c->outcome.is_late;
}

/* Whether to go on with it. */
static bool look_at(child_seen *c)
{
    uint64_t now = time_of(CLOCK_MONOTONIC);
    c->outcome.interrupted = c->s->interrupted && c->s->interrupted(c->s->context);
    if (c->outcome.interrupted || now - c->looked < NANOSECONDS / 1000 * LOOK_EVERY)
        return goes_on(c);
    c->looked = now;
    c->outcome.is_stuck = does_nothing(c);
    c->outcome.is_late = c->s->life && ++c->all_looks > c->s->life * UINT64_C(1000) / LOOK_EVERY;
    return goes_on(c);
}

/* Waits for words of the child. False: it is to be ended; also one that never stops talking. */
static bool await_word(child_seen *c)
{
    struct pollfd told = {.fd = c->fd, .events = POLLIN};
    while (look_at(c))
        if (poll(&told, 1, LOOK_EVERY) > 0)
            return true;
    return false;
}

/* A child may say half a word. */
static bool hear(child_seen *c, void *to, size_t length)
{
    uint8_t *at = to;
    while (length) {
        ssize_t n = await_word(c) ? recv(c->fd, at, length, MSG_DONTWAIT) : 0;
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0)
            return false;
        at += n;
        length -= (size_t)n;
    }
    return true;
}

static bool hear_message(child_seen *c, uint32_t *ret_kind, hf_buf *body)
{
    uint32_t header[2];
    if (!hear(c, header, sizeof(header)) || header[1] > BODY_MAX)
        return false;
    hf_buf_clear(body);
    uint8_t *room = hf_buf_reserve(body, header[1] + (size_t)1);
    if (!room || !hear(c, room, header[1]))
        return false;
    body->length = header[1];
    *ret_kind = header[0];
    return true;
}

/* Reads until the child's end is closed or it says what cannot be, or is to be ended. */
static void listen_to(child_seen *c, hf_buf *answer)
{
    const hf_sandbox *s = c->s;
    outcome *o = &c->outcome;
    uint32_t kind;
    hf_buf body HF_AUTO(hf_buf_deinit);
    hf_buf_init(&body, BODY_MAX + 1);
    while (!o->err && !o->answered && hear_message(c, &kind, &body)) {
        if (kind == MESSAGE_PROGRESS && body.length == 16 && s->progress)
            s->progress(s->context, hf_load_u64(body.data), hf_load_u64(body.data + 8));
        else if (kind == MESSAGE_CALL && s->call)
            s->call(s->context, c->fd, body.data, body.length);
        else if (kind == MESSAGE_ERROR && !(o->err = error_from(&body)))
            break;
        else if (kind == MESSAGE_ANSWER) {
            hf_buf_add(answer, body.data, body.length);
            o->answered = !answer->failed;
        }
    }
}

/* Waits until the child has ended, and ends it where it is to be. Its end is told at once by a
 * descriptor, which kernels have from Linux 5.3 on; others are asked each time. */
static int await_end(child_seen *c)
{
    HF_AUTO(hf_closep) int ended = (int)syscall(SYS_pidfd_open, c->pid, 0);
    struct pollfd told = {.fd = ended, .events = POLLIN};
    bool waits = goes_on(c);
    int status = 0;
    pid_t reaped = 0;
    while (waits && (reaped = waitpid(c->pid, &status, WNOHANG)) == 0) {
        poll(&told, 1, LOOK_EVERY); /* a descriptor below 0 is passed over */
        waits = look_at(c);
    }
    if (reaped == c->pid)
        return status;
    kill(c->pid, SIGKILL);
    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static hf_err *ended_by(int status)
{
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (number == SIGINT || number == SIGTERM)
        return hf_fail(HF_ERR_INTERRUPTED, "interrupted");
    if (number == SIGKILL)
        return hf_fail(HF_ERR_NO_MEMORY, "the heap could not be decoded: the decoder was killed, "
                                         "most likely because memory ran out");
    if (number == SIGXCPU)
        return hf_fail(HF_ERR_SYSTEM,
                       "the heap could not be decoded: the decoder was ended, since it had taken "
                       "all the processor time that it may: what ulimit -t allows, or more than a "
                       "heap of that size needs that was not made to mislead");
    if (number == SIGBUS)
        return hf_fail(HF_ERR_SYSTEM, "the heap could not be decoded: a file that it is read from "
                                      "was cut off meanwhile, or its disk failed");
    if (number)
        return hf_fail(HF_ERR_SYSTEM,
                       "the heap could not be decoded: the decoder ended by "
                       "signal %d (%s)",
                       number, strsignal(number));
    return hf_fail(HF_ERR_SYSTEM,
                   "the heap could not be decoded: the decoder ended without a "
                   "word (status %d)",
                   WEXITSTATUS(status));
}

static hf_err *error_of(const child_seen *c, int status)
{
    const outcome *o = &c->outcome;
    if (o->err)
        return o->err;
    if (o->interrupted)
        return hf_fail(HF_ERR_INTERRUPTED, "interrupted");
    if (o->is_stuck)
        return hf_fail(HF_ERR_SYSTEM,
                       "the heap could not be decoded: the decoder was ended, since it did nothing "
                       "for %u s",
                       (unsigned)seconds_of_patience(c->s));
    if (o->is_late)
        return hf_fail(HF_ERR_SYSTEM,
                       "the heap could not be decoded: the decoder was ended after %u s, in which "
                       "it did little: more than a heap of that size needs that was not made to "
                       "mislead, on a machine that has time for it",
                       c->s->life);
    return o->answered && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? NULL : ended_by(status);
}

hf_err *hf_sandbox_run(const hf_sandbox *s, hf_buf *answer)
{
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
        return hf_fail_sys(errno, "cannot make a pair of sockets");
    pid_t parent = getpid(), child = fork();
    if (child == 0)
        run_child(s, parent, fds[1]);
    int errnum = errno;
    close(fds[1]);
    if (child < 0) {
        close(fds[0]);
        return hf_fail_sys(errnum, "cannot start a process to decode the heap");
    }
    /* One that does not listen is found out by what it does not do. */
    const struct timeval most = {.tv_sec = (time_t)seconds_of_patience(s)};
    setsockopt(fds[0], SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
    child_seen seen = see_child(s, child, fds[0]);
    listen_to(&seen, answer);
    close(fds[0]); /* a child that goes on talking ends here */
    return error_of(&seen, await_end(&seen));
}
