#include "analyse/awaits.h"

#include "analyse/attributes.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *title;
    hf_await_role role;
} kinds[] = {
    {"coroutine", HF_AWAIT_CALL},
    {"generator", HF_AWAIT_CALL},
    {"async_generator", HF_AWAIT_CALL},
    {"coroutine_wrapper", HF_AWAIT_STEP},
    {"async_generator_asend", HF_AWAIT_STEP},
    {"async_generator_athrow", HF_AWAIT_STEP},
    {"anext_awaitable", HF_AWAIT_STEP},
    {"_asyncio.FutureIter", HF_AWAIT_STEP},
    {"_asyncio.Task", HF_AWAIT_TASK},
    {"asyncio.tasks.Task", HF_AWAIT_TASK},
    {"_asyncio.Future", HF_AWAIT_FUTURE},
    {"asyncio.futures.Future", HF_AWAIT_FUTURE},
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

uint8_t *hf_await_roles(hf_graph *g)
{
    const char *titles[KINDS];
    for (size_t i = 0; i < KINDS; i++)
        titles[i] = kinds[i].title;
    uint8_t *roles = hf_types_named(g, titles, KINDS);
    for (uint32_t t = 0; roles && t < g->type_count; t++)
        roles[t] = roles[t] ? (uint8_t)kinds[roles[t] - 1].role : HF_AWAIT_NOTHING;
    return roles;
}

/* Up to 3.10 the frame is an object of its own. */
static uint32_t frame_of(const hf_graph *g, uint32_t call)
{
    uint32_t frame = hf_object_field(g, call, "gi_frame");
    return frame == HF_NO_OBJECT ? call : frame;
}

/* The uppermost object on the stack of a suspended call. */
static uint32_t top_of_stack(const hf_graph *g, uint32_t frame)
{
    uint32_t top = HF_NO_OBJECT, place = 0;
    for (uint64_t e = g->edge_start[frame]; e < g->edge_start[frame + 1]; e++) {
        if (hf_graph_kind(g, e) != HF_EDGE_STACK ||
            (top != HF_NO_OBJECT && g->edge_label[e] < place))
            continue;
        top = g->edge_target[e];
        place = g->edge_label[e];
    }
    return top;
}

static uint32_t local_self(const hf_graph *g, const uint8_t *roles, uint32_t frame)
{
    for (uint64_t e = g->edge_start[frame]; e < g->edge_start[frame + 1]; e++)
        if (hf_graph_kind(g, e) == HF_EDGE_LOCAL &&
            roles[g->type[g->edge_target[e]]] >= HF_AWAIT_FUTURE &&
            !strcmp(hf_strtab_get(&g->names, g->edge_label[e]), "self"))
            return g->edge_target[e];
    return HF_NO_OBJECT;
}

/* What a call waits for. Future.__await__ of the Python class is a generator that yields itself. */
static uint32_t awaited_by_call(const hf_graph *g, const uint8_t *roles, uint32_t call)
{
    if (!(g->flags[call] & HF_OBJECT_SUSPENDED))
        return HF_NO_OBJECT;
    uint32_t frame = frame_of(g, call), top = top_of_stack(g, frame);
    if (top != HF_NO_OBJECT && roles[g->type[top]] != HF_AWAIT_NOTHING)
        return top;
    uint32_t self = local_self(g, roles, frame);
    bool is_coroutine = hf_graph_is(g, call, "coroutine");
    return self != HF_NO_OBJECT ? self : is_coroutine ? top : HF_NO_OBJECT;
}

static uint32_t behind_step(const hf_graph *g, const uint8_t *roles, uint32_t step)
{
    for (uint64_t e = g->edge_start[step]; e < g->edge_start[step + 1]; e++)
        if (hf_graph_holds(g, e) && roles[g->type[g->edge_target[e]]] != HF_AWAIT_NOTHING)
            return g->edge_target[e];
    return HF_NO_OBJECT;
}

static bool is_among(const hf_awaits *a, uint32_t call)
{
    for (size_t i = 0; i < a->count; i++)
        if (a->calls[i] == call)
            return true;
    return false;
}

void hf_awaits_follow(const hf_graph *g, const uint8_t *roles, uint32_t outermost, hf_awaits *ret)
{
    ret->count = 0;
    ret->end = HF_NO_OBJECT;
    ret->cut = false;
    uint32_t at = outermost;
    for (int step = 0; at != HF_NO_OBJECT; step++) {
        hf_await_role role = (hf_await_role)roles[g->type[at]];
        if (role != HF_AWAIT_CALL && role != HF_AWAIT_STEP) {
            ret->end = at;
            return;
        }
        if (ret->count == HF_AWAITS_MAX || step == 2 * HF_AWAITS_MAX || is_among(ret, at)) {
            ret->cut = true;
            return;
        }
        if (role == HF_AWAIT_CALL)
            ret->calls[ret->count++] = at;
        at = role == HF_AWAIT_CALL ? awaited_by_call(g, roles, at) : behind_step(g, roles, at);
    }
}

uint32_t hf_await_code(const hf_graph *g, uint32_t call)
{
    static const char *const fields[] = {"cr_code", "gi_code", "f_code"};
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        uint32_t code = hf_object_field(g, call, fields[i]);
        if (code != HF_NO_OBJECT)
            return code;
    }
    return HF_NO_OBJECT;
}
