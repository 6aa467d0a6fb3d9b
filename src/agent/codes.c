/* agent/codes.c - codes that die: another one may come to lie at the same address.
 *
 * An object dies by its type's destructor, whoever frees its memory then. PyCode_Type is one for
 * all interpreters of a process, so ours stands before its own. */
#include "agent/agent.h"
#include "agent/layout.h"

static void (*really_die)(void *code);

static void die(void *code)
{
    if (hf_is_on())
        hf_tree_forget_code((uintptr_t)code);
    really_die(code);
}

void hf_codes_begin(void)
{
    void (**place)(void *) = (void (**)(void *))(hf_code_type + (uintptr_t)hf_layout->type_dealloc);
    if (*place == die || really_die) /* in a forked child; others may stand before ours */
        return;
    really_die = *place;
    *place = die;
}
