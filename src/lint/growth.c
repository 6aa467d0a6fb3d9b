/* lint/growth.c - see lint/growth.h. */
#include "lint/growth.h"

#include "lint/repeats.h"

#include <string.h>

/* Keys that hardly come twice: a tuple of several names, id(x), a text that is put together. */
static bool has_open_key(hf_module *m, uint32_t key)
{
    const hf_syntax *s = &m->syntax;
    const hf_binding *b = key ? hf_meaning(m, key) : NULL;
    if (b && b->kind == HF_BOUND_BY_ASSIGNMENT && b->writes == 1 && b->value)
        key = b->value;
    switch (key ? hf_kind_of(s, key) : HF_KIND_OTHER) {
    case HF_KIND_TUPLE:
        return hf_child_at(s, key, 1) != 0;
    case HF_KIND_STRING:
        return hf_child_kind(s, key, HF_KIND_INTERPOLATION) != 0;
    case HF_KIND_CALL:
        return strcmp(hf_called(m, key), "id") == 0;
    default:
        return false;
    }
}

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
           has_open_key(m, hf_addition_of(m, use).key);
}
