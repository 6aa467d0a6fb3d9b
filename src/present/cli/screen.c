/* present/cli/screen.c - see present/cli/screen.h. What signals lead to calls only write(2),
 * tcsetattr(3) and their like, which a handler may. */
#include "present/cli/screen.h"

#include "present/cli/scratch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ENTER "\033[?1049h\033[?25l"
#define LEAVE "\033[?25h\033[?1049l"

static struct termios before, during;
static volatile sig_atomic_t is_begun, has_keys, is_stale;

/* The signals that end a program, but for those that scratch.c waits for. */
static const int deadly[] = {SIGQUIT, SIGABRT, SIGSEGV, SIGBUS,  SIGFPE,
                             SIGILL,  SIGALRM, SIGUSR1, SIGUSR2, SIGSYS};

static void say(const char *text)
{
    ssize_t n = write(STDOUT_FILENO, text, strlen(text));
    (void)n; /* a terminal that is gone needs no restoring */
}

static void enter(void)
{
    if (has_keys)
        tcsetattr(STDIN_FILENO, TCSANOW, &during);
    say(ENTER);
}

static void leave(void)
{
    if (!is_begun)
        return;
    say(LEAVE);
    if (has_keys)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

static void on_deadly(int number)
{
    leave();
    signal(number, SIG_DFL);
    raise(number);
}

static void on_stop(int number)
{
    (void)number;
    int saved = errno;
    leave();
    raise(SIGSTOP);
    if (is_begun)
        enter();
    is_stale = 1;
    errno = saved;
}

bool hf_screen_is_one(void)
{
    const char *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && terminal && *terminal && strcmp(terminal, "dumb") != 0;
}

static void on_resize(int number)
{
    (void)number;
    is_stale = 1;
}

bool hf_screen_was_resized(void)
{
    bool stale = is_stale;
    is_stale = 0;
    return stale;
}

static void on_signal(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void hf_screen_begin(void)
{
    has_keys = tcgetattr(STDIN_FILENO, &before) == 0;
    during = before;
    during.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    during.c_cc[VMIN] = 0;
    during.c_cc[VTIME] = 0;
    for (size_t i = 0; i < sizeof(deadly) / sizeof(*deadly); i++)
        on_signal(deadly[i], on_deadly);
    on_signal(SIGTSTP, on_stop);
    on_signal(SIGWINCH, on_resize);
    hf_scratch_at_end(leave);
    is_begun = 1;
    enter();
}

void hf_screen_end(void)
{
    leave();
    is_begun = 0;
}

hf_screen_size hf_screen_size_now(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
        return (hf_screen_size){0};
    return (hf_screen_size){size.ws_row, size.ws_col};
}

void hf_screen_draw(const char *text, size_t length, size_t rows)
{
    fputs("\033[H", stdout);
    for (size_t row = 1; length; row++) {
        const char *end = memchr(text, '\n', length);
        size_t line = end ? (size_t)(end - text) : length;
        fwrite(text, 1, line, stdout);
        fputs("\033[K", stdout);
        text += line + (end != NULL);
        length -= line + (end != NULL);
        if (rows && row == rows)
            break;
        if (length)
            fputs("\n", stdout);
    }
    fputs("\033[J", stdout);
    fflush(stdout);
}

int hf_screen_key(int milliseconds)
{
    struct pollfd p = {.fd = has_keys ? STDIN_FILENO : -1, .events = POLLIN};
    unsigned char key;
    if (poll(&p, 1, milliseconds) <= 0 || read(STDIN_FILENO, &key, 1) != 1) {
        if (p.revents & (POLLHUP | POLLERR | POLLNVAL))
            has_keys = 0; /* the terminal is gone */
        return 0;
    }
    return key;
}
