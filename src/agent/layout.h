/* agent/layout.h - where the versions of CPython keep what tells a thread's stack. */
#ifndef HF_AGENT_LAYOUT_H
#define HF_AGENT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HF_ABSENT INT32_MIN

typedef struct hf_agent_layout {
    const char *name;
    uint32_t first, last; /* PY_VERSION_HEX of the builds that were asked */
    bool debug, free_threaded;
#define HF_FIELD(name, type, member)                int32_t name;
#define HF_FIELD_IN(first, end, name, type, member) int32_t name;
#define HF_ALSO_IN(first, end, name, type, member)
#define HF_SIZE(name, type)         int32_t name;
#define HF_BITS(name, type, member) int32_t name, name##_mask;
#include "agent/layout_fields.h"
#undef HF_FIELD
#undef HF_FIELD_IN
#undef HF_ALSO_IN
#undef HF_SIZE
#undef HF_BITS
} hf_agent_layout;

extern const hf_agent_layout hf_agent_layouts[];
extern const size_t hf_agent_layout_count;

#endif
