/* present/cli/cmd_demo.c - a small leaking service, diagnosed while it serves.
 *
 * The service is Python and lies beside the program: demo/ in the source tree, share/holdfast/demo
 * once installed. Its script `run` starts service and customers, says "PID n", and ends both when
 * its standard input is closed: so it cannot outlive us. */
#include "acquire/spool.h"
#include "base/cleanup.h"
#include "present/cli/scratch.h"
#include "present/cli/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>

#ifndef HF_DEMO_FOLDER
#define HF_DEMO_FOLDER "/usr/local/share/holdfast/demo"
#endif

#define DEMO_SECONDS 10.0

extern char **environ;

typedef struct child {
    pid_t pid;
    FILE *input, *output;
} child;

static void end_child(child *c)
{
    if (c->input)
        fclose(c->input); /* asks it to end */
    if (c->output)
        fclose(c->output);
    if (c->pid)
        waitpid(c->pid, NULL, 0);
}

/* The interrupt signals are blocked in us; a child must be able to be ended by them. */
static int spawn(const char *const *words, int input, int output, pid_t *ret)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    int errnum =
        posix_spawnp(ret, words[0], &actions, &attributes, (char *const *)(void *)words, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return errnum;
}

static bool has_script(const char *folder)
{
    HF_AUTO(hf_freep) char *script = hf_path_join(folder, "run");
    return script && access(script, R_OK) == 0;
}

/* demo/ beside build/, share/holdfast/demo beside bin/, or where it was installed. */
static char *find_folder(void)
{
    static const char *const places[] = {"../demo", "../share/holdfast/demo"};
    const char *told = getenv("HOLDFAST_DEMO");
    if (told && *told)
        return has_script(told) ? strdup(told) : NULL;
    const char *name = (const char *)getauxval(AT_EXECFN);
    HF_AUTO(hf_freep) char *program = name ? realpath(name, NULL) : NULL;
    HF_AUTO(hf_freep) char *folder = program ? hf_folder_of(program) : NULL;
    for (size_t i = 0; folder && i < 2; i++) {
        char *candidate = hf_path_join(folder, places[i]);
        if (candidate && has_script(candidate))
            return candidate;
        free(candidate);
    }
    return has_script(HF_DEMO_FOLDER) ? strdup(HF_DEMO_FOLDER) : NULL;
}

static bool is_supported(const char *python)
{
    const char *const words[] = {
        python, "-I", "-c", "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))",
        NULL};
    pid_t pid;
    int status;
    return spawn(words, STDIN_FILENO, STDERR_FILENO, &pid) == 0 &&
           waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static const char *find_python(void)
{
    static const char *const names[] = {"/usr/bin/python3", "python3", "python3.13", "python3.12",
                                        "python3.11"};
    const char *told = getenv("HOLDFAST_DEMO_PYTHON");
    if (told && *told)
        return told;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (is_supported(names[i]))
            return names[i];
    return NULL;
}

static hf_err *start(const char *python, const char *folder, child *ret)
{
    HF_AUTO(hf_freep) char *script = hf_path_join(folder, "run");
    int input[2] = {-1, -1}, output[2] = {-1, -1};
    if (!script || pipe2(input, O_CLOEXEC) || pipe2(output, O_CLOEXEC))
        return hf_fail_sys(errno, "cannot start the demo");
    const char *const words[] = {python, "-B", script, "600", NULL};
    int errnum = spawn(words, input[0], output[1], &ret->pid);
    close(input[0]);
    close(output[1]);
    ret->input = fdopen(input[1], "w");
    ret->output = fdopen(output[0], "r");
    if (errnum)
        ret->pid = 0;
    return errnum ? hf_fail_sys(errnum, "cannot start '%s'", python) : NULL;
}

static hf_err *read_pid(child *c, char *ret, size_t room)
{
    char line[64];
    int pid;
    if (!c->output || !fgets(line, sizeof(line), c->output) || strncmp(line, "PID ", 4) != 0)
        return hf_fail(HF_ERR_TARGET_GONE, "the demo service did not start");
    pid = (int)strtol(line + 4, NULL, 10);
    if (pid <= 0)
        return hf_fail(HF_ERR_TARGET_GONE, "the demo service did not tell its pid");
    snprintf(ret, room, "%d", pid);
    return NULL;
}

/* The folder for the snapshots: as told, or a new one. */
static hf_err *choose_output(const char *told, char **ret)
{
    char *folder = told ? strdup(told) : hf_path_join(hf_spool_folder(), "holdfast-demo-XXXXXX");
    if (!folder)
        return hf_fail_memory();
    if (told ? mkdir(folder, 0700) && errno != EEXIST : !mkdtemp(folder)) {
        hf_err *err = hf_fail_sys(errno, "cannot make folder '%s'", folder);
        free(folder);
        return err;
    }
    *ret = folder;
    return NULL;
}

hf_err *hf_cmd_demo(hf_session *s)
{
    HF_AUTO(hf_freep) char *folder = find_folder();
    if (!folder)
        return hf_fail(HF_ERR_NOT_FOUND, "the demo's files are not beside the program nor in %s",
                       HF_DEMO_FOLDER);
    const char *python = find_python();
    if (!python)
        return hf_fail(
            HF_ERR_NOT_FOUND,
            "the demo needs a python3 of version 3.11, 3.12 or 3.13, and none is on PATH");
    HF_AUTO(hf_freep) char *output = NULL;
    hf_err *err = choose_output(s->arguments->output, &output);
    if (err)
        return err;
    child service HF_AUTO(end_child) = {0};
    char pid[16];
    hf_note("starting a small web shop and its customers with %s", python);
    err = start(python, folder, &service);
    if (!err)
        err = read_pid(&service, pid, sizeof(pid));
    if (err)
        return err;
    hf_arguments arguments = *s->arguments;
    arguments.operands = (char *[]){pid};
    arguments.operand_count = 1;
    arguments.keep = output;
    arguments.watch = arguments.watch > 0 ? arguments.watch : DEMO_SECONDS;
    hf_note("the shop is open; now as if paged: holdfast diagnose %s --for %gs --keep %s", pid,
            arguments.watch, output);
    hf_session diagnosing = *s;
    diagnosing.arguments = &arguments;
    err = hf_cmd_diagnose(&diagnosing);
    /* To find the leak is what the demo is for. */
    s->status = diagnosing.status == HF_STATUS_SUSPECTS ? HF_STATUS_OK : diagnosing.status;
    return err;
}
