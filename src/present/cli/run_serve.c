/* present/cli/run_serve.c - see present/cli/run_serve.h. */
#include "present/cli/run_serve.h"

#include "acquire/spool.h"
#include "base/cleanup.h"
#include "present/symbolize.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { BACKLOG = 8, WAIT_SECONDS = 10, PIECE = 1 << 16 };
#define ANSWER_MAX ((size_t)1 << 31)

/* Names of sockets are short; that of an open folder is, too. */
static struct sockaddr_un address_in(int folder)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/" HF_RUN_SOCKET, folder);
    return a;
}

hf_run_server hf_run_server_begin(int folder)
{
    hf_run_server s = {.folder = folder};
    struct sockaddr_un a = address_in(folder);
    s.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s.fd >= 0 && (bind(s.fd, (const struct sockaddr *)&a, sizeof(a)) || listen(s.fd, BACKLOG)))
        hf_run_server_end(&s);
    return s;
}

void hf_run_server_end(hf_run_server *s)
{
    if (s->fd >= 0)
        unlinkat(s->folder, HF_RUN_SOCKET, 0);
    hf_closep(&s->fd);
    s->fd = -1;
}

/* In the copy: whoever asked may go away, or read for ever; neither is to be noticed. */
static __attribute__((noreturn)) void answer(int fd, hf_watch *w)
{
    hf_capture *c = NULL;
    signal(SIGPIPE, SIG_IGN);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &(struct timeval){WAIT_SECONDS, 0},
               sizeof(struct timeval));
    hf_err *err = hf_watch_so_far(w, &c);
    if (!err)
        err = hf_symbolize(c);
    if (!err)
        err = hf_capture_write_fd(c, fd);
    _exit(err ? 1 : 0);
}

/* accept() makes a socket before it sees that nobody is there, and the kernel frees it by RCU on
 * the program's processors: at each tick, that costs threads that contend a sixth. */
static bool is_asked(const hf_run_server *s)
{
    return poll(&(struct pollfd){.fd = s->fd, .events = POLLIN}, 1, 0) > 0;
}

void hf_run_server_tick(hf_run_server *s, hf_watch *w)
{
    bool asked = s->fd >= 0 && is_asked(s);
    for (size_t i = 0; s->fd >= 0 && i < HF_RUN_ANSWERS; i++) {
        if (s->answers[i] && waitpid(s->answers[i], NULL, WNOHANG) == 0)
            continue;
        s->answers[i] = 0;
        HF_AUTO(hf_closep) int fd = asked ? accept4(s->fd, NULL, NULL, SOCK_CLOEXEC) : -1;
        asked = fd >= 0;
        if (fd < 0)
            continue;
        pid_t pid = fork();
        if (pid == 0)
            answer(fd, w);
        s->answers[i] = pid > 0 ? pid : 0;
    }
}

/* Whether the next piece comes in time. */
static bool waits(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int n;
    do
        n = poll(&p, 1, WAIT_SECONDS * 1000);
    while (n < 0 && errno == EINTR);
    return n > 0;
}

/* Copies what comes into `file`; false where it does not end well. */
static bool receive(int from, int file)
{
    static uint8_t piece[PIECE];
    for (size_t length = 0; length < ANSWER_MAX && waits(from);) {
        ssize_t n = read(from, piece, sizeof(piece));
        if (n <= 0)
            return n == 0 && length > 0;
        if (write(file, piece, (size_t)n) != n)
            return false;
        length += (size_t)n;
    }
    return false;
}

hf_err *hf_run_ask(int folder, const char *name, hf_capture **ret)
{
    HF_AUTO(hf_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un a = address_in(folder);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&a, sizeof(a)))
        return hf_fail(HF_ERR_NOT_FOUND, "nobody follows the run of '%s'", name);
    int file = memfd_create("capture", MFD_CLOEXEC);
    if (file < 0 || !receive(fd, file)) {
        hf_closep(&file);
        return hf_fail(HF_ERR_NOT_FOUND, "who follows the run of '%s' does not answer", name);
    }
    return hf_capture_read_fd(file, name, ret);
}
