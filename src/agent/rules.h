/* agent/rules.h - how to go from one C function to its caller: a rule for each address that a
 * call returns to.
 *
 * Compilers write down for each instruction where the caller's registers are (.eh_frame: System V
 * ABI for x86-64, section 3.6, and DWARF 4, section 6.4). That is a program that has to be run, and
 * found first; so what comes of it is kept, 8 bytes for each address, in a table of a fixed size
 * that all threads share without a lock. What is not found there is made anew: that costs a
 * microsecond, and happens once for each place of a program.
 *
 * Only three registers are followed: the stack pointer, rbp, and where the function returns to.
 * That is enough for what compilers make of C, C++, Rust and Fortran; where it is not, the stack
 * ends, and is said to. */
#ifndef HF_AGENT_RULES_H
#define HF_AGENT_RULES_H

#include "agent/agent.h"

/* The caller's stack pointer is what the kind says; its rbp lies at that less something, or is
 * as it was. */
typedef enum hf_rule_kind {
    HF_RULE_UNKNOWN, /* nothing is known of this address, or what is known is not understood */
    HF_RULE_LAST,    /* nobody has called this function */
    HF_RULE_STACK,   /* stack pointer + offset */
    HF_RULE_BASE,    /* rbp + offset */
    HF_RULE_ALIGNED, /* what lies at rbp + offset, of a function that has aligned its stack anew */
    HF_RULE_SIGNAL,  /* a signal came: the kernel has written all registers on the stack */
} hf_rule_kind;

typedef struct hf_rule {
    hf_rule_kind kind;
    bool evaluates;    /* of 3.9 and 3.10: this is the function that runs Python's code */
    bool base_at_base; /* the caller's rbp lies where rbp points to */
    bool base_saved;   /* ... at base_offset from the caller's stack pointer */
    int32_t offset, base_offset;
} hf_rule;

/* As they are kept: 3 bits of kind, three flags, both offsets in words, and one that
 * is always set. */
enum {
    HF_RULE_SLOT_BITS = 15,
    HF_RULE_KIND_BITS = 3,
    HF_RULE_OFFSET_AT = 6,
    HF_RULE_OFFSET_BITS = 28
};

/* An address has its rule, and itself mixed with it: so that halves of two writers are not
 * taken for one. */
typedef struct hf_rule_slot {
    uint64_t mixed, rule;
} hf_rule_slot;

extern hf_rule_slot *hf_rule_slots;
extern uint32_t hf_rules_generation; /* changes when modules go */

bool hf_rules_begin(bool forked);

/* Modules may have gone: what is known of addresses is void. */
void hf_rules_forget(void);

/* Finds a rule out, and keeps it. */
uint64_t hf_rule_make(uintptr_t address, bool exact, uint64_t wanted, hf_rule_slot *slot);

static inline int32_t hf_rule_number(uint64_t packed, unsigned at)
{
    return (int32_t)((int64_t)(packed << (64 - HF_RULE_OFFSET_BITS - at)) >>
                     (64 - HF_RULE_OFFSET_BITS)) *
           8;
}

/* The rule of the instruction before `address` (of this one, where exact is set). */
static inline hf_rule hf_rule_of(uintptr_t address, bool exact)
{
    uint64_t now = __atomic_load_n(&hf_rules_generation, __ATOMIC_ACQUIRE);
    uint64_t wanted = address << 1 ^ (uint64_t)exact ^ now << 48;
    hf_rule_slot *s = &hf_rule_slots[(address * 0x9e3779b97f4a7c15) >> (64 - HF_RULE_SLOT_BITS)];
    uint64_t rule = __atomic_load_n(&s->rule, __ATOMIC_RELAXED);
    if (HF_UNLIKELY((__atomic_load_n(&s->mixed, __ATOMIC_RELAXED) ^ rule) != wanted || !rule))
        rule = hf_rule_make(address, exact, wanted, s);
    return (hf_rule){.kind = (hf_rule_kind)(rule & ((1 << HF_RULE_KIND_BITS) - 1)),
                     .evaluates = rule >> HF_RULE_KIND_BITS & 1,
                     .base_at_base = rule >> (HF_RULE_KIND_BITS + 1) & 1,
                     .base_saved = rule >> (HF_RULE_KIND_BITS + 2) & 1,
                     .offset = hf_rule_number(rule, HF_RULE_OFFSET_AT),
                     .base_offset = hf_rule_number(rule, HF_RULE_OFFSET_AT + HF_RULE_OFFSET_BITS)};
}

#endif
