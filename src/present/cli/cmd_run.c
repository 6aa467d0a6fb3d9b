/* present/cli/cmd_run.c - a program run under the tracer.
 *
 * The agent gets into the program, and into all that it starts, by LD_PRELOAD; each process
 * that turns out to be Python writes its state into a private folder beside the capture.
 * Here it is waited for the program, its signals are passed on, and at the end the states
 * become one capture. */
#include "acquire/proc.h"
#include "acquire/spool.h"
#include "base/cleanup.h"
#include "present/cli/discretion.h"
#include "present/cli/run_folder.h"
#include "present/cli/run_serve.h"
#include "present/cli/session.h"
#include "present/show_trace.h"
#include "present/symbolize.h"
#include "trace/state.h"
#include "trace/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define AGENT "holdfast-agent.so"
enum { TICK_NANOSECONDS = 20000000, SITES_TOLD = 3, NOT_FOUND = 127, NOT_EXECUTABLE = 126 };

/* Beside the program, as in the build tree, or in lib/holdfast beside its folder. */
static hf_err *find_agent(char **ret)
{
    static const char *const places[] = {AGENT, "../lib/holdfast/" AGENT};
    char program[4096];
    ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
    program[n > 0 ? n : 0] = 0;
    HF_AUTO(hf_freep) char *folder = hf_folder_of(program);
    const char *told = getenv("HOLDFAST_AGENT");
    HF_AUTO(hf_freep) char *found = told && *told ? realpath(told, NULL) : NULL;
    for (size_t i = 0; folder && !found && i < 2; i++) {
        HF_AUTO(hf_freep) char *candidate = hf_path_join(folder, places[i]);
        found = candidate ? realpath(candidate, NULL) : NULL;
    }
    if (!found)
        return hf_fail(HF_ERR_NOT_FOUND, "the agent (%s) is not beside the program", AGENT);
    if (strpbrk(found, " :"))
        return hf_fail(HF_ERR_REFUSED, "the loader takes no path with a blank or a colon: '%s'",
                       found);
    *ret = hf_take(found);
    return NULL;
}

static bool is_called_script(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot && (strcmp(dot, ".py") == 0 || strcmp(dot, ".pyw") == 0);
}

static bool is_script(const char *path)
{
    return is_called_script(path) || (access(path, R_OK) == 0 && access(path, X_OK) != 0);
}

/* Python would be started for it, and only then find nothing to run. */
static bool is_missing_script(const hf_arguments *a)
{
    return !a->run_module && !a->run_code && is_called_script(a->operands[0]) &&
           access(a->operands[0], F_OK) != 0;
}

/* What is to be run: Python for a script, a module or code; else what was told, word for word. The
 * words stay where they are; the caller frees the array. */
static char **program_words(const hf_arguments *a)
{
    char **words = calloc(a->operand_count + 4, sizeof(*words));
    size_t count = 0;
    if (!words)
        return NULL;
    if (a->run_module || a->run_code || is_script(a->operands[0]))
        words[count++] = (char *)(uintptr_t) "python3";
    if (a->run_module || a->run_code) {
        words[count++] = (char *)(uintptr_t)(a->run_module ? "-m" : "-c");
        words[count++] = (char *)(uintptr_t)(a->run_module ? a->run_module : a->run_code);
    }
    for (size_t i = 0; i < a->operand_count; i++)
        words[count++] = a->operands[i];
    return words;
}

static void take_signals(sigset_t *ret)
{
    static const int taken[] = {SIGCHLD, SIGINT,  SIGQUIT,  SIGTERM, SIGHUP,
                                SIGUSR1, SIGUSR2, SIGWINCH, SIGALRM};
    sigemptyset(ret);
    for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
        sigaddset(ret, taken[i]);
}

/* failure: a byte goes there if the program cannot be run; it is closed when it runs. */
static __attribute__((noreturn)) void become(char **words, const char *agent, const char *folder,
                                             const hf_arguments *a, const sigset_t *mask,
                                             int failure)
{
    const char *others = getenv("LD_PRELOAD");
    hf_buf preload HF_AUTO(hf_buf_deinit) = {0};
    hf_buf_format(&preload, "%s%s%s", agent, others && *others ? ":" : "", others ? others : "");
    setenv("LD_PRELOAD", hf_buf_string(&preload), 1);
    setenv(HF_STATE_FOLDER_ENV, folder, 1);
    hf_buf options HF_AUTO(hf_buf_deinit) = {0};
    /* They cost more than all samples: there only on request. */
    int creators = a->creators ? 2 : a->no_creators || a->sample ? 0 : 1;
    hf_buf_format(&options, "%llu %d %d", (unsigned long long)a->sample, creators, a->native);
    setenv(HF_STATE_OPTIONS_ENV, hf_buf_string(&options), 1);
    hf_discretion_undo();
    sigprocmask(SIG_SETMASK, mask, NULL);
    execvp(words[0], words);
    int errnum = errno;
    hf_note("cannot run '%s': %s", words[0], strerror(errnum));
    (void)!write(failure, "", 1);
    _exit(errnum == ENOENT ? NOT_FOUND : NOT_EXECUTABLE);
}

/* Waits for the program, looks at its processes meanwhile, and passes signals on to it. Those of
 * the terminal have gone to all of its processes already. */
static hf_err *wait_for(pid_t pid, const sigset_t *signals, hf_watch *w, hf_run_server *server,
                        int *ret_status)
{
    hf_err *err = NULL;
    for (;;) {
        pid_t done = waitpid(pid, ret_status, WNOHANG);
        if (done == pid || (done < 0 && errno != EINTR))
            return err;
        siginfo_t info;
        int number = sigtimedwait(signals, &info, &(struct timespec){0, TICK_NANOSECONDS});
        if (number > 0 && number != SIGCHLD && info.si_code != SI_KERNEL)
            kill(pid, number);
        if (!err) /* without a watcher the program goes on */
            err = hf_watch_tick(w);
        if (!err)
            hf_run_server_tick(server, w);
    }
}

static void tell(const hf_capture *c, const char *path)
{
    hf_sites sites HF_AUTO(hf_sites_deinit) = {0};
    hf_buf line HF_AUTO(hf_buf_deinit) = {0};
    HF_AUTO(hf_freep) hf_count *chosen = NULL;
    const hf_sites_options options = {.by = HF_BY_LINE, .hide_imports = true};
    hf_err *err = hf_select(c, &(hf_selection){.measure = HF_MEASURE_PEAK}, &chosen);
    if (!err)
        err = hf_sites_compute(c, &options, chosen, NULL, &sites);
    hf_err_free(err);
    for (size_t i = 0; i < sites.count && i < SITES_TOLD; i++) {
        hf_buf_format(&line, "%s %s at ", i ? "," : ":",
                      hf_format_bytes(sites.rows[i].chosen.bytes).text);
        hf_show_site(&line, c, &sites.rows[i], &options);
    }
    hf_note("%s has the run; at its peak it held %s%s", path, hf_format_bytes(c->info.peak).text,
            hf_buf_string(&line));
    if (hf_capture_flags(c) & HF_TRACED_NO_OBJECTS)
        hf_note(
            "a Python without a GIL has run: its objects are not counted, only what C code asked "
            "for");
}

static hf_err *keep(hf_watch *w, const char *path)
{
    HF_AUTO(hf_capture_freep) hf_capture *c = NULL;
    hf_err *err = hf_watch_finish(w, &c);
    if (!err)
        err = hf_symbolize(c);
    if (err)
        return err;
    HF_AUTO(hf_freep) char *elsewhere = NULL;
    err = hf_capture_write(c, path);
    if (err) { /* nothing that was recorded is to be lost */
        hf_buf name HF_AUTO(hf_buf_deinit) = {0};
        hf_buf_format(&name, "%s/holdfast-%d.hftrace", hf_spool_folder(), (int)getpid());
        elsewhere = strdup(hf_buf_string(&name));
        hf_err *second = elsewhere ? hf_capture_write(c, elsewhere) : hf_fail_memory();
        if (second) {
            hf_err_free(second);
            return err;
        }
        hf_note("%s", hf_err_message(err));
        hf_err_free(err);
    }
    tell(c, elsewhere ? elsewhere : path);
    return NULL;
}

/* A program that a signal has ended ends us likewise: a shell is to see no difference. */
static void pass_on(hf_session *s, int status)
{
    if (!WIFSIGNALED(status)) {
        s->status = (hf_status)WEXITSTATUS(status);
        return;
    }
    fflush(NULL);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    signal(WTERMSIG(status), SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, WTERMSIG(status));
    kill(getpid(), WTERMSIG(status));
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    s->status = (hf_status)(128 + WTERMSIG(status));
}

static uint64_t resident(int64_t pid)
{
    hf_proc_status status = {0};
    return hf_proc_status_of((pid_t)pid, &status) ? 0 : status.rss;
}

/* Starts the program. *ret_runs: false where it could not be run, which it has said. */
static hf_err *start(char **words, const char *agent, const char *folder, const hf_arguments *a,
                     const sigset_t *mask, pid_t *ret_pid, bool *ret_runs)
{
    int failure[2];
    if (pipe2(failure, O_CLOEXEC))
        return hf_fail_sys(errno, "cannot start '%s'", words[0]);
    fflush(NULL);
    pid_t pid = fork();
    int errnum = errno;
    if (pid == 0)
        become(words, agent, folder, a, mask, failure[1]);
    close(failure[1]);
    char byte;
    *ret_runs = read(failure[0], &byte, 1) == 0;
    close(failure[0]);
    if (pid < 0)
        return hf_fail_sys(errnum, "cannot start '%s'", words[0]);
    *ret_pid = pid;
    return NULL;
}

static hf_err *run(hf_session *s, const char *path, const hf_run_folder *folder, int *ret_status)
{
    HF_AUTO(hf_freep) char *agent = NULL;
    HF_AUTO(hf_freep) char **words = program_words(s->arguments);
    HF_AUTO(hf_watch_freep) hf_watch *w = NULL;
    hf_err *err = words ? find_agent(&agent) : hf_fail_memory();
    if (!err)
        err = hf_watch_new(folder->path, resident, &w);
    if (err)
        return err;
    sigset_t signals, mask;
    take_signals(&signals);
    sigprocmask(SIG_BLOCK, &signals, &mask);
    pid_t pid = -1;
    bool runs = false;
    err = start(words, agent, folder->path, s->arguments, &mask, &pid, &runs);
    if (err)
        return err;
    if (!runs) {
        waitpid(pid, ret_status, 0);
        return NULL;
    }
    hf_run_server server HF_AUTO(hf_run_server_end) = hf_run_server_begin(folder->fd);
    err = wait_for(pid, &signals, w, &server, ret_status);
    hf_err *second = err ? NULL : keep(w, path);
    err = err ? err : second;
    if (err) {
        hf_note("%s", hf_err_message(err));
        hf_err_free(err);
    }
    return NULL;
}

hf_err *hf_cmd_run(hf_session *s)
{
    const hf_arguments *a = s->arguments;
    if (!a->operand_count && !a->run_module && !a->run_code)
        return hf_fail(HF_ERR_USAGE,
                       "run needs a script, -m, -c or a command; see 'holdfast run --help'");
    if (a->creators && a->no_creators)
        return hf_fail(HF_ERR_USAGE, "run: --creators does not go with --no-creators");
    hf_buf path HF_AUTO(hf_buf_deinit) = {0};
    hf_buf_format(&path, "%s", a->output ? a->output : "");
    if (!a->output)
        hf_buf_format(&path, "%d.hftrace", (int)getpid());
    if (is_missing_script(a)) {
        hf_note("cannot run '%s': %s", a->operands[0], strerror(errno));
        s->status = (hf_status)NOT_FOUND;
        return NULL;
    }
    hf_run_folder_recover(hf_buf_string(&path));
    hf_run_folder folder HF_AUTO(hf_run_folder_end) = {.fd = -1};
    int status = 0;
    hf_err *err = hf_run_folder_begin(hf_buf_string(&path), &folder);
    if (!err)
        err = run(s, hf_buf_string(&path), &folder, &status);
    hf_run_folder_end(&folder);
    if (!err)
        pass_on(s, status);
    return err;
}
