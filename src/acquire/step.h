/* acquire/step.h - a hook between any two acts on the target.
 *
 * A test sets it to a function that kills the tool, to prove that the target survives that
 * everywhere. It costs one comparison. */
#ifndef HF_ACQUIRE_STEP_H
#define HF_ACQUIRE_STEP_H

extern void (*hf_step_hook)(void); /* NULL but in tests */

static inline void hf_step(void)
{
    if (__builtin_expect(hf_step_hook != NULL, 0))
        hf_step_hook();
}

#endif
