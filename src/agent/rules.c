/* agent/rules.c - see agent/rules.h. */
#include "agent/rules.h"

#include "agent/frame_info.h"
#include "agent/symbols.h"

hf_rule_slot *hf_rule_slots;
uint32_t hf_rules_generation;
static uintptr_t evaluator; /* _PyEval_EvalFrameDefault() */

bool hf_rules_begin(bool forked)
{
    hf_modules_begin();
    if (forked && hf_rule_slots)
        return true; /* a child has its own copy, and all is where it was */
    hf_rule_slots = hf_pages(sizeof(*hf_rule_slots) << HF_RULE_SLOT_BITS);
    evaluator = (uintptr_t)hf_symbol("_PyEval_EvalFrameDefault");
    return hf_rule_slots != NULL;
}

void hf_rules_forget(void)
{
    __atomic_fetch_add(&hf_rules_generation, 1, __ATOMIC_RELEASE);
}

static uint64_t pack(hf_rule r)
{
    uint64_t mask = (1ULL << HF_RULE_OFFSET_BITS) - 1;
    uint64_t offset = (uint64_t)(r.offset / 8) & mask, base = (uint64_t)(r.base_offset / 8) & mask;
    return 1ULL << 63 | (uint64_t)r.kind | (uint64_t)r.evaluates << HF_RULE_KIND_BITS |
           (uint64_t)r.base_at_base << (HF_RULE_KIND_BITS + 1) |
           (uint64_t)r.base_saved << (HF_RULE_KIND_BITS + 2) | offset << HF_RULE_OFFSET_AT |
           base << (HF_RULE_OFFSET_AT + HF_RULE_OFFSET_BITS);
}

static hf_rule find_out(uintptr_t address)
{
    hf_module m = {0};
    if (!hf_module_of(address, &m))
        return (hf_rule){0};
    uintptr_t start;
    hf_rule r = hf_frame_info(&m, address, &start);
    if (r.offset % 8 || r.base_offset % 8)
        return (hf_rule){0};
    r.evaluates = start && start == evaluator;
    return r;
}

__attribute__((noinline)) uint64_t hf_rule_make(uintptr_t address, bool exact, uint64_t wanted,
                                                hf_rule_slot *slot)
{
    uint64_t rule = pack(find_out(exact ? address : address - 1));
    __atomic_store_n(&slot->rule, rule, __ATOMIC_RELAXED);
    __atomic_store_n(&slot->mixed, wanted ^ rule, __ATOMIC_RELAXED);
    return rule;
}
