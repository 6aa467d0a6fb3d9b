/* lint/growth.c - see lint/growth.h. */
#include "lint/growth.h"

#include "lint/repeats.h"

#include <string.h>

/* register_option(), add_codec(): interfaces to tell something once. */
static bool is_for_setting_up(const char *name)
{
    static const char *const beginnings[] = {"register", "_register", "add_",     "set_",
                                             "install",  "setup",     "configure"};
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++)
        if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

bool hf_keeps_growing(hf_module *m, uint32_t use)
{
    uint32_t function = hf_function_around(m, use);
    hf_repeats repeats = hf_repeats_function(m, function);
    if (repeats == HF_REPEATS_NEVER || hf_is_registration(m, use) || hf_has_few_keys(m, use) ||
        is_for_setting_up(hf_definition_name(m, function)))
        return false;
    if (hf_enclosing(&m->syntax, function, HF_KIND_FUNCTION) || hf_is_class_hook(m, function) ||
        hf_is_first_time(m, use))
        return false; /* once for each thing that is defined, or once at all */
    return repeats == HF_REPEATS_ALWAYS || hf_is_handler(m, function) ||
           hf_is_open_key(m, hf_addition_of(m, use).key);
}
