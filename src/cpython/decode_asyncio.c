/* cpython/decode_asyncio.c - futures and tasks of the C accelerator, with the names that the
 * Python ones have. */
#include "cpython/decode_read.h"

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

const hf_decoder hf_decoder_future = {.name = "_asyncio.Future", .references = future_references};
const hf_decoder hf_decoder_task = {.name = "_asyncio.Task", .references = task_references};
