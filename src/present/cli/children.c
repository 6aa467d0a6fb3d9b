/* present/cli/children.c - see present/cli/children.h. */
#include "present/cli/children.h"

#include "acquire/processes.h"
#include "base/cleanup.h"
#include "cpython/heap.h"
#include "graph/probe.h"

enum { NAMED_MAX = 8 };

static bool runs_python(pid_t pid)
{
    HF_AUTO(hf_target_freep) hf_target *target = NULL;
    hf_python_probe probe;
    hf_err *err = hf_target_open_pid(pid, &target);
    if (!err)
        err = hf_probe(target, &probe);
    bool found = !err;
    hf_err_free(err);
    return found;
}

void hf_children_tell(pid_t pid, hf_buf *ret)
{
    HF_AUTO(hf_freep) pid_t *children = NULL;
    size_t count = 0, found = 0;
    hf_err *err = hf_processes_children(pid, &children, &count);
    hf_err_free(err);
    for (size_t i = 0; i < count; i++)
        if (runs_python(children[i]))
            children[found++] = children[i];
    if (!found)
        return;
    if (found > 1)
        hf_buf_format(ret, "its %zu children run Python too and were not looked at:", found);
    else
        hf_buf_text(ret, "its child runs Python too and was not looked at:");
    for (size_t i = 0; i < found && i < NAMED_MAX; i++)
        hf_buf_format(ret, "%s %d", i ? "," : "", (int)children[i]);
    if (found > NAMED_MAX)
        hf_buf_text(ret, ", ...");
    hf_buf_text(ret, "; --tree looks at all of them");
}
