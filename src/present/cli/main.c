/* present/cli/main.c - dispatch: everything that a command is stands in commands.c. */
#include "base/cleanup.h"
#include "present/cli/discretion.h"
#include "present/cli/help.h"
#include "present/cli/options.h"
#include "present/cli/scratch.h"
#include "present/cli/session.h"
#include "present/cli/version.h"

#include <fcntl.h>
#include <string.h>

/* Whoever starts us may have closed a standard stream. The next file that we open would take its
 * number, and our messages would go into a snapshot. What we write to a stream that was closed must
 * still fail, so the place is taken by what can only be read. */
static void fill_standard_streams(void)
{
    int fd;
    do {
        fd = open("/dev/null", O_RDONLY);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    hf_closep(&fd);
}

/* Says why and gives the status that stands for it. */
static hf_status fail(hf_err *err)
{
    hf_status status = hf_err_code_of(err) == HF_ERR_USAGE ? HF_STATUS_USAGE : HF_STATUS_FAILED;
    hf_note("%s", hf_err_message(err));
    hf_err_free(err);
    return status;
}

static hf_err *run_command(const hf_command *command, int argc, char **argv, hf_status *ret_status)
{
    hf_arguments arguments;
    hf_err *err = hf_options_parse(command, argc, argv, &arguments);
    if (err)
        return err;
    hf_session session = {0};
    if (arguments.help) {
        err = hf_session_begin(&session, command, &(hf_arguments){0});
        hf_help_command(session.text, command);
        return err ? err : hf_session_finish(&session);
    }
    if (!command->runs_program)
        err = hf_scratch_watch_signals();
    if (!err)
        err = hf_session_begin(&session, command, &arguments);
    if (!err)
        err = command->run(&session);
    if (!err)
        err = hf_session_finish(&session);
    hf_session_deinit(&session);
    hf_scratch_remove_all();
    if (!err)
        *ret_status = session.status;
    return err;
}

static hf_err *unknown_command(const char *name)
{
    const char *nearest = hf_command_nearest(name);
    if (*name && strspn(name, "0123456789") == strlen(name))
        return hf_fail(HF_ERR_USAGE,
                       "which command? For a verdict on process %s: 'holdfast diagnose %s'", name,
                       name);
    if (nearest)
        return hf_fail(HF_ERR_USAGE, "unknown command '%s'; did you mean '%s'?", name, nearest);
    return hf_fail(HF_ERR_USAGE, "unknown command '%s'; 'holdfast --help' lists them", name);
}

/* The words before any command; true when it was one of them. */
static bool run_word(int argc, char **argv, hf_err **ret)
{
    const char *word = argc > 1 ? argv[1] : "--help";
    hf_session session;
    *ret = NULL;
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0 || strcmp(word, "version") == 0) {
        *ret = hf_session_begin(&session, NULL, &(hf_arguments){0});
        if (!*ret)
            hf_version_print(session.text);
    } else if (strcmp(word, "--write-manual") == 0 && argc == 3) {
        *ret = hf_help_write_files(argv[2]); /* for the build; not for users, so not in the help */
    } else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
               strcmp(word, "help") == 0) {
        const hf_command *command = argc > 2 ? hf_command_find(argv[2]) : NULL;
        if (argc > 2 && !command) {
            *ret = unknown_command(argv[2]);
            return true;
        }
        *ret = hf_session_begin(&session, command, &(hf_arguments){0});
        if (command)
            hf_help_command(session.text, command);
        else
            hf_help_overview(session.text);
    } else {
        return false;
    }
    if (!*ret && fflush(stdout))
        *ret = hf_fail(HF_ERR_SYSTEM, "cannot write the output");
    return true;
}

int main(int argc, char **argv)
{
    fill_standard_streams();
    hf_discretion_begin();
    hf_err *err;
    if (run_word(argc, argv, &err))
        return err ? (int)fail(err) : argc > 1 ? HF_STATUS_OK : HF_STATUS_USAGE;
    const hf_command *command = hf_command_find(argv[1]);
    if (!command)
        return (int)fail(unknown_command(argv[1]));
    hf_status status = HF_STATUS_OK;
    err = run_command(command, argc - 1, argv + 1, &status);
    return err ? (int)fail(err) : (int)status;
}
