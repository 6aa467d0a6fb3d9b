/* cpython/decode_asyncio.c - futures and tasks of the C accelerator, with the names that the
 * Python ones have, and what stands between an asynchronous generator and who awaits it. */
#include "cpython/decode_read.h"

#include <string.h>

#define FUTURE_REFERENCES                                                                          \
    HF_REFERENCE(future_loop, "_loop"), HF_REFERENCE(future_callback0, "callback0"),               \
        HF_REFERENCE(future_context0, "context0"), HF_REFERENCE(future_callbacks, "_callbacks"),   \
        HF_REFERENCE(future_exception, "_exception"),                                              \
        HF_REFERENCE(future_exception_tb, "exception_tb"), HF_REFERENCE(future_result, "_result"), \
        HF_REFERENCE(future_source_tb, "_source_traceback"),                                       \
        HF_REFERENCE(future_cancel_msg, "_cancel_message"),                                        \
        HF_REFERENCE(future_cancelled_exc, "cancelled_exc"),                                       \
        HF_REFERENCE(future_cancelled_type, "cancelled_type"),                                     \
        HF_REFERENCE(future_cancelled_value, "cancelled_exc"),                                     \
        HF_REFERENCE(future_cancelled_traceback, "cancelled_traceback"),                           \
        HF_REFERENCE(future_awaited_by, "awaited_by")

static const hf_reference future_references[] = {FUTURE_REFERENCES, {0}};

static const hf_reference task_references[] = {
    FUTURE_REFERENCES,
    HF_REFERENCE(task_coro, "_coro"),
    HF_REFERENCE(task_fut_waiter, "_fut_waiter"),
    HF_REFERENCE(task_name, "_name"),
    HF_REFERENCE(task_context, "_context"),
    {0},
};

/* Modules/_asynciomodule.c, fut_state; the words are those of Future._state. */
static bool value_future(hf_decode *d, uint64_t address, size_t limit, hf_buf *out)
{
    static const char *const states[] = {"PENDING", "CANCELLED", "FINISHED"};
    uint32_t state = hf_member_u32(d, address, d->layout->future_state);
    if (state >= sizeof(states) / sizeof(states[0]) || limit < strlen(states[state]))
        return false;
    hf_buf_text(out, states[state]);
    return true;
}

const hf_decoder hf_decoder_future = {
    .name = "_asyncio.Future", .references = future_references, .value = value_future};
const hf_decoder hf_decoder_task = {
    .name = "_asyncio.Task", .references = task_references, .value = value_future};

/* Objects/genobject.c. 3.9 never calls PyType_Ready() for their types; their few words
 * are scanned. */
#define AWAITED(variable, name_) const hf_decoder variable = {.name = name_, .scanned = true}

AWAITED(hf_decoder_awaited_send, "async_generator_asend");
AWAITED(hf_decoder_awaited_throw, "async_generator_athrow");
AWAITED(hf_decoder_awaited_value, "async_generator_wrapped_value");
AWAITED(hf_decoder_coroutine_wrapper, "coroutine_wrapper");
