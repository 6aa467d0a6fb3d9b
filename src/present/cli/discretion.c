/* present/cli/discretion.c - see present/cli/discretion.h. */
#include "present/cli/discretion.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

static struct rlimit core;
static mode_t mask;
static void (*on_pipe)(int), (*on_size)(int);

void hf_discretion_begin(void)
{
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    getrlimit(RLIMIT_CORE, &core);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, core.rlim_max});
    mask = umask(077);
    on_pipe = signal(SIGPIPE,
                     SIG_IGN); /* a closed pipe is seen as a failed write: files are removed then */
    on_size = signal(SIGXFSZ, SIG_IGN); /* and so is a file that may not grow */
}

void hf_discretion_undo(void)
{
    setrlimit(RLIMIT_CORE, &core);
    umask(mask);
    signal(SIGPIPE, on_pipe);
    signal(SIGXFSZ, on_size);
}
