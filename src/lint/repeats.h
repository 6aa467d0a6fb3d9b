/* lint/repeats.h - what runs once and what runs again and again.
 *
 * Told from the file alone: code at module level and in functions that only it calls runs once;
 * what stands in a loop, is called from one, or is handed out as a callback runs again. Of a
 * function that nobody here calls nothing is known. */
#ifndef HF_LINT_REPEATS_H
#define HF_LINT_REPEATS_H

#include "lint/module.h"

typedef enum hf_repeats {
    HF_REPEATS_NEVER,   /* import, main() */
    HF_REPEATS_UNKNOWN, /* an interface: who calls it is not seen */
    HF_REPEATS_LOOP,    /* in a loop over something that ends, or from one */
    HF_REPEATS_ALWAYS,  /* without end: `while True`, a callback, the target of a thread */
} hf_repeats;

hf_repeats hf_repeats_at(hf_module *m, uint32_t node);

/* The same of a def as a whole. */
hf_repeats hf_repeats_function(hf_module *m, uint32_t function);

/* Whether a node stands in the branch that something of the module has been made for the first
 * time: `if not _table:`, `if _table is None:`. */
bool hf_is_first_time(hf_module *m, uint32_t node);

/* Whether a def is only used to register things while modules are imported: it is used as a
 * decorator, or called at the top of the module or of a class, and nowhere else. */
bool hf_is_registrar(hf_module *m, uint32_t function);

/* Whether a def is called for each request or event: a handler by its name (handle_request,
 * on_message, do_GET), a coroutine, or a route by its decorator. */
bool hf_is_handler(hf_module *m, uint32_t function);

/* Whether a node stands in code that tests: a function or class named so, or a file. A process of
 * tests ends soon, and its fixtures clean up. */
bool hf_is_test(const hf_module *m, uint32_t node);

/* start(), run_server(), load_all(): by its name what is called once for each object, of which
 * there are few. */
bool hf_is_for_starting(const char *name);

/* __init_subclass__, __set_name__ and the like: run once for each class. */
bool hf_is_class_hook(hf_module *m, uint32_t function);

#endif
