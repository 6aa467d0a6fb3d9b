/* Sources: Include/internal/pycore_debug_offsets.h, Python/ceval_gil.c (_PyRunRemoteDebugger()) and
 * Python/remote_debug.h of CPython 3.14 and 3.15. */
#include "cpython/debugger.h"

#include <string.h>

enum {
    STOP_BIT = 1 << 5, /* _PY_EVAL_PLEASE_STOP_BIT */
    PATH_LEAST = 256,
    PATH_MOST = 4096,
};

static hf_err *nonsense(void)
{
    return hf_fail(HF_ERR_REFUSED, "what it says of its interface for debuggers makes no sense");
}

static bool read_offsets(hf_target *live, const hf_pending_layout *p, uint64_t at, hf_debugger *d)
{
    uint64_t support = 0;
    const struct {
        int32_t place;
        uint64_t *ret;
    } members[] = {{p->offsets_breaker, &d->breaker}, {p->offsets_support, &support},
                   {p->offsets_enabled, &d->enabled}, {p->offsets_asked, &d->asked},
                   {p->offsets_script, &d->script},   {p->offsets_script_size, &d->script_size}};
    for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
        if (members[i].place == HF_ABSENT ||
            !hf_target_read(live, at + (uint64_t)members[i].place, members[i].ret, 8))
            return false;
    uint64_t thread = (uint64_t)d->layout->thread_size;
    if (support >= thread || d->asked >= thread || d->script >= thread)
        return false;
    d->asked += support;
    d->script += support;
    return d->breaker + 8 <= thread && d->asked + 4 <= thread && d->script_size >= PATH_LEAST &&
           d->script_size <= PATH_MOST && d->script + d->script_size <= thread &&
           d->enabled + 4 <= (uint64_t)d->layout->interpreter_size;
}

hf_err *hf_debugger_open(hf_target *live, const hf_layout *layout, const hf_pending_layout *pending,
                         uint64_t runtime, uint64_t interpreter, hf_debugger *ret)
{
    hf_debugger d = {.layout = layout, .interpreter = interpreter};
    uint64_t at = runtime + (uint64_t)layout->runtime_debug_offsets;
    uint32_t enabled;
    if (!read_offsets(live, pending, at, &d) ||
        !hf_target_read(live, interpreter + d.enabled, &enabled, sizeof(enabled)))
        return nonsense();
    if (enabled != 1)
        return hf_fail(HF_ERR_REFUSED, "it was started with remote debugging switched off "
                                       "(PYTHON_DISABLE_REMOTE_DEBUG, -X disable-remote-debug, or "
                                       "a build without it)");
    *ret = d;
    return NULL;
}

/* 0 or 1; anything else is no such flag. */
static hf_err *read_asked(const hf_debugger *d, const hf_editor *e, uint64_t thread, uint32_t *ret)
{
    uint64_t interpreter;
    if (!e->read(e->context, thread + (uint64_t)d->layout->thread_interp, &interpreter, 8) ||
        interpreter != d->interpreter)
        return hf_fail(HF_ERR_REFUSED, "the thread that was to run it has ended");
    if (!e->read(e->context, thread + d->asked, ret, sizeof(*ret)) || *ret > 1)
        return nonsense();
    return NULL;
}

static hf_err *unwritable(void)
{
    return hf_fail(HF_ERR_REFUSED, "the state of its thread cannot be written");
}

/* Each write leaves a sound process behind: nobody reads the path before the flag is set; the bit
 * alone has the thread look and find nothing; the flag makes the request, which is then whole. */
hf_err *hf_debugger_put(const hf_debugger *d, const hf_editor *e, uint64_t thread, const char *path,
                        bool *ret_try_again)
{
    const uint32_t on = 1;
    uint32_t asked;
    uint8_t bits;
    size_t length = strlen(path) + 1;
    *ret_try_again = false;
    hf_err *err = read_asked(d, e, thread, &asked);
    if (err)
        return err;
    if (asked) {
        *ret_try_again = true;
        return hf_fail(HF_ERR_REFUSED, "another debugger's request waits in it");
    }
    if (length > d->script_size || !e->read(e->context, thread + d->breaker, &bits, 1))
        return nonsense();
    bits |= STOP_BIT;
    if (!e->write(e->context, thread + d->script, path, length) ||
        !e->write(e->context, thread + d->breaker, &bits, 1) ||
        !e->write(e->context, thread + d->asked, &on, sizeof(on)))
        return unwritable();
    return NULL;
}

bool hf_debugger_asked(const hf_debugger *d, const hf_editor *e, uint64_t thread, char *ret,
                       size_t size)
{
    uint32_t asked;
    hf_err *err = read_asked(d, e, thread, &asked);
    bool is_asked =
        !err && asked && e->read(e->context, thread + d->script, ret, size) && memchr(ret, 0, size);
    hf_err_free(err);
    return is_asked;
}

hf_err *hf_debugger_take_back(const hf_debugger *d, const hf_editor *e, uint64_t thread,
                              const char *path, bool *ret_waited)
{
    const uint32_t off = 0;
    uint32_t asked;
    char found[PATH_MOST];
    size_t length = strlen(path) + 1;
    hf_err *err = read_asked(d, e, thread, &asked);
    if (err)
        return err;
    *ret_waited = asked && length <= sizeof(found) &&
                  e->read(e->context, thread + d->script, found, length) &&
                  memcmp(found, path, length) == 0;
    if (*ret_waited && !e->write(e->context, thread + d->asked, &off, sizeof(off)))
        return unwritable();
    return NULL;
}
