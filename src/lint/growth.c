/* lint/growth.c - see lint/growth.h. */
#include "lint/growth.h"

#include "lint/repeats.h"

#include <string.h>

/* register_option(), add_codec(): interfaces to tell something once. */
static bool is_for_setting_up(const char *name)
{
    static const char *const beginnings[] = {"register", "add_",  "set_",
                                             "install",  "setup", "configure"};
    name += strspn(name, "_");
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++)
        if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

/* Words in the names of functions and sets that remember what was complained about. */
static bool is_about_complaints(const char *name)
{
    static const char *const words[] = {"warn",     "WARN",     "report", "REPORT",
                                        "deprecat", "DEPRECAT", "logged", "LOGGED"};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (strstr(name, words[i]))
            return true;
    return false;
}

bool hf_is_said_once(hf_module *m, uint32_t use)
{
    static const char *const sayings[] = {"warn",  "warn_explicit", "warning", "error", "info",
                                          "debug", "exception",     "write",   "print", NULL};
    const hf_syntax *s = &m->syntax;
    bool into_set = hf_kind_of(s, hf_parent(s, use)) == HF_KIND_ATTRIBUTE &&
                    strcmp(hf_last_name(m, hf_parent(s, use)), "add") == 0;
    if (into_set && (is_about_complaints(hf_last_name(m, use)) ||
                     is_about_complaints(hf_definition_name(m, hf_function_around(m, use)))))
        return true;
    uint32_t branch = hf_enclosing(s, use, HF_KIND_IF);
    if (!branch || branch < hf_function_around(m, use))
        return false;
    for (uint32_t n = branch; n < s->nodes[branch].after; n++)
        if (hf_kind_of(s, n) == HF_KIND_CALL &&
            hf_is_one_of(hf_last_name(m, hf_child(s, n, HF_FIELD_FUNCTION)), sayings))
            return true;
    return false;
}

bool hf_keeps_growing(hf_module *m, uint32_t use)
{
    uint32_t function = hf_function_around(m, use);
    hf_repeats repeats = hf_repeats_function(m, function);
    if (repeats == HF_REPEATS_NEVER || hf_is_said_once(m, use) || hf_is_registration(m, use) ||
        hf_has_few_keys(m, use) || is_for_setting_up(hf_definition_name(m, function)))
        return false;
    if (hf_enclosing(&m->syntax, function, HF_KIND_FUNCTION) || hf_is_class_hook(m, function) ||
        hf_is_first_time(m, use))
        return false; /* once for each thing that is defined, or once at all */
    return repeats == HF_REPEATS_ALWAYS || hf_is_handler(m, function) ||
           hf_is_open_key(m, hf_addition_of(m, use).key);
}
