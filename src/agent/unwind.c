/* agent/unwind.c - see agent/unwind.h. */
#include "agent/unwind.h"

#include "agent/modules.h"
#include "agent/rules.h"

#include <errno.h>
#include <sys/syscall.h>

enum {
    PAGE = 4096,
    NEAR_MOST = 512 * PAGE, /* pages that are looked at in one go */
    FRAME_MOST = 1 << 20,   /* a call that takes more of the stack is not believed */
    SIGNAL_REGISTERS = 40,  /* of the kernel's ucontext, in words: rbp 10, rsp 15, rip 16 */
};

static hf_module us;

void hf_unwind_begin(void)
{
    if (!hf_module_of((uintptr_t)hf_unwind, &us))
        us = (hf_module){0};
}

/* Only the kernel can tell without a crash. This asks it to read a set of signals from there, for
 * what it then refuses to do; errno stays as it is. */
static bool is_there(uintptr_t page)
{
    long status;
    register long size __asm__("r10") = 8;
    __asm__ volatile("syscall"
                     : "=a"(status)
                     : "a"(SYS_rt_sigprocmask), "D"(-1L), "S"(page), "d"(0L), "r"(size)
                     : "rcx", "r11", "memory");
    return status != -EFAULT;
}

static bool are_there(uintptr_t from, uintptr_t to)
{
    if (to - from > NEAR_MOST)
        return false;
    for (; from < to; from += PAGE)
        if (!is_there(from))
            return false;
    return true;
}

static __attribute__((noinline)) bool look_at_pages(hf_thread *t, uintptr_t address)
{
    uintptr_t page = address & ~(uintptr_t)(PAGE - 1);
    if (page >= t->readable_end && are_there(t->readable_end, page + PAGE)) {
        t->readable_end = page + PAGE;
        return true;
    }
    if (page < t->readable && are_there(page, t->readable)) {
        t->readable = page;
        return true;
    }
    if (hf_is_on_stack(t, address) || !is_there(page))
        return false;
    t->readable = page; /* another stack */
    t->readable_end = page + PAGE;
    return true;
}

static inline bool is_readable(hf_thread *t, uintptr_t address)
{
    return HF_LIKELY(hf_is_on_stack(t, address)) || look_at_pages(t, address);
}

/* Words of the stack are others' variables: sanitizers have nothing to say about them. */
static inline __attribute__((no_sanitize("address", "thread"))) uintptr_t word(uintptr_t address)
{
    return *(const volatile uintptr_t *)address;
}

typedef enum step { STEP_ON, STEP_LAST, STEP_LOST } step;

/* The kernel has put all registers on the stack. */
static step out_of_signal(hf_thread *t, hf_return *r, hf_return *older)
{
    uintptr_t registers = r->stack + SIGNAL_REGISTERS;
    if (r->stack % 8 || !is_readable(t, registers) || !is_readable(t, registers + 8 * 16))
        return STEP_LOST;
    r->base_link = registers + 8 * 10;
    r->stack_link = registers + 8 * 15;
    r->link = registers + 8 * 16;
    *older = (hf_return){.address = word(r->link),
                         .stack = word(r->stack_link),
                         .base = word(r->base_link),
                         .exact = true};
    return older->address && older->stack % 8 == 0 ? STEP_ON : STEP_LOST;
}

/* The caller of a call. */
static inline __attribute__((always_inline)) step take_step(hf_thread *t, hf_return *r,
                                                            hf_return *older)
{
    hf_rule rule = hf_rule_of(r->address, r->exact);
    r->link = r->base_link = r->stack_link = 0;
    r->evaluates = rule.evaluates;
    uintptr_t end;
    if (HF_LIKELY(rule.kind == HF_RULE_STACK)) {
        end = r->stack + (uintptr_t)(intptr_t)rule.offset;
    } else if (rule.kind == HF_RULE_BASE) {
        end = r->base + (uintptr_t)(intptr_t)rule.offset;
    } else if (rule.kind == HF_RULE_ALIGNED) {
        r->stack_link = r->base + (uintptr_t)(intptr_t)rule.offset;
        if (r->stack_link - r->stack > FRAME_MOST || r->stack_link % 8 ||
            !is_readable(t, r->stack_link))
            return STEP_LOST;
        end = word(r->stack_link);
    } else if (rule.kind == HF_RULE_SIGNAL) {
        return out_of_signal(t, r, older);
    } else {
        return rule.kind == HF_RULE_LAST ? STEP_LAST : STEP_LOST;
    }
    if (end <= r->stack || end - r->stack > FRAME_MOST || end % 8 || !is_readable(t, end - 8))
        return STEP_LOST;
    r->link = end - 8;
    *older = (hf_return){.address = word(end - 8), .stack = end, .base = r->base};
    if (rule.base_saved || rule.base_at_base) {
        uintptr_t at = rule.base_saved ? end + (uintptr_t)(intptr_t)rule.base_offset : r->base;
        if (at < r->stack || at >= end || at % 8 || !is_readable(t, at))
            return STEP_LOST;
        r->base_link = at;
        older->base = word(at);
    }
    return older->address ? STEP_ON : STEP_LAST;
}

static inline bool is_same(const hf_return *a, const hf_return *b)
{
    return a->address == b->address && a->stack == b->stack && a->base == b->base &&
           a->exact == b->exact;
}

/* The lowest level from `at` down that is as it was; 0 where all are. */
static inline uint32_t verify(const hf_thread *t, uint32_t at)
{
    for (const hf_return *r = &t->returns[at]; at; at--, r--)
        if (HF_UNLIKELY(word(r->link) != r[-1].address || word(r->base_link) != r[-1].base ||
                        (r->stack_link && word(r->stack_link) != r[-1].stack)))
            return at;
    return 0;
}

static inline uint32_t hash(uintptr_t stack)
{
    return (uint32_t)(stack >> 3 ^ stack >> 13) & (HF_KNOWN_FRAMES - 1);
}

/* What was not read on the stack, as rbp by a call that has left it as it was, is read where it is
 * kept: then verify() has no question to ask. */
static inline void tell_itself(const hf_thread *t, uintptr_t *link, const uintptr_t *kept)
{
    if (!*link || *link - (uintptr_t)t->returns < sizeof(t->returns))
        *link = (uintptr_t)kept;
}

/* Puts calls (count of them, newest first) on top of those below. */
static uint32_t push(hf_thread *t, uint32_t below, const hf_return *calls, uint32_t count)
{
    for (uint32_t i = count, at = below; i-- > 0; at++) {
        hf_return *r = &t->returns[at];
        *r = calls[i];
        if (HF_LIKELY(at)) {
            tell_itself(t, &r->link, &r[-1].address);
            tell_itself(t, &r->base_link, &r[-1].base);
        }
        t->return_of[hash(r->stack)] = (uint16_t)at;
    }
    t->return_count = below + count;
    return below;
}

__attribute__((noinline)) uint32_t hf_unwind(hf_thread *t)
{
    const uintptr_t *base = __builtin_frame_address(0);
    hf_return *now = t->fresh_returns;
    bool told = t->entry.address;
    *now = told ? (hf_return){.address = t->entry.address,
                              .stack = t->entry.stack,
                              .base = t->entry.base}
                : (hf_return){.address = base[1], .stack = (uintptr_t)(base + 2), .base = base[0]};
    uint32_t count = 0, limit = t->return_count, below = 0;
    step on = STEP_ON;
    while (!told && on == STEP_ON && now->address - us.start < us.end - us.start &&
           now < t->fresh_returns + HF_OWN_CALLS) {
        on = take_step(t, now, now + 1);
        now++;
    }
    hf_return *calls = now;
    while (on == STEP_ON && count + 2 < HF_LEVELS_MAX) {
        uint32_t at = t->return_of[hash(now->stack)];
        if (at < limit && is_same(&t->returns[at], now)) {
            uint32_t lowest = verify(t, at);
            if (HF_LIKELY(!lowest)) {
                below = at + 1;
                break;
            }
            for (; at > lowest && count + 2 < HF_LEVELS_MAX; at--)
                calls[count++] = t->returns[at];
            now = &calls[count];
            *now = t->returns[lowest]; /* its caller is another one than before */
            limit = lowest;
        }
        on = take_step(t, now, now + 1);
        now++;
        count++;
    }
    if (on == STEP_LOST) /* who called is not known */
        calls[count++] = (hf_return){.stack = UINTPTR_MAX};
    if (below + count >= HF_LEVELS_MAX || count + 2 >= HF_LEVELS_MAX) {
        t->return_count = 0;
        return HF_LEVELS_MAX;
    }
    return push(t, below, calls, count);
}
