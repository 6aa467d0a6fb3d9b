/* Classes and modules that are made again and again. */
#include "analyse/patterns.h"
#include "analyse/shape.h"

#include <string.h>

static bool in_sys_modules(const hf_clues *c)
{
    return c->owner_species == HF_SPECIES_DICT && hf_clues_say(c, "sys.modules|modules");
}

static double modules(const hf_clues *c)
{
    uint64_t modules = c->direct_of[HF_SPECIES_MODULE];
    if (modules >= 2 && modules * 2 >= c->direct)
        return 0.95;
    if (modules && in_sys_modules(c))
        return 0.9;
    if (hf_clues_member_share(c, HF_SPECIES_CODE) > 0.5)
        return 0.85;
    return 0;
}

/* Bytes that go with the classes that were born. */
static uint64_t bytes_of_classes(const hf_clues *c)
{
    uint64_t bytes = 0;
    for (size_t k = 0; k < c->row->count; k++)
        if (hf_clues_species(c, c->born[k]) == HF_SPECIES_TYPE)
            bytes += c->dominators->retained[c->born[k]];
    return bytes;
}

/* Members may bring classes along, as each header of a mail has one of its own: what is kept are
 * classes where the members are, or where these are what it costs. */
static double classes(const hf_clues *c)
{
    uint64_t classes = c->objects_of[HF_SPECIES_TYPE];
    if (classes < 4 || classes * 2 < c->direct)
        return 0;
    bool kept = c->direct_of[HF_SPECIES_TYPE] * 2 >= c->direct;
    return kept || bytes_of_classes(c) * 2 >= (uint64_t)c->row->born_bytes ? 0.93 : 0;
}

/* What interning keeps is reached through the interpreter's own table. */
static double interned(const hf_clues *c)
{
    if (!hf_clues_say(c, "interned"))
        return 0;
    return hf_clues_member_share(c, HF_SPECIES_STR) > 0.5 ||
                   c->objects_of[HF_SPECIES_STR] * 2 > (uint64_t)c->row->born_objects
               ? 0.95
               : 0;
}

/* New names in a module, a class or one instance: setattr(), globals()[...], exec(). Code that is
 * only written down once adds none while it runs. */
static double names_made(const hf_clues *c)
{
    bool names = c->owner_species == HF_SPECIES_DICT && c->owner == c->focus && c->added >= 4 &&
                 hf_shape_is_namespace(c->graph, c->owner);
    return names ? 0.91 : 0;
}

const hf_pattern hf_patterns_code[] = {
    {"interned-strings", interned, "strings of the intern table",
     "Do not intern text that comes from outside (sys.intern, attribute names from data)."},
    {"module-churn", modules, "modules or compiled code that stay",
     "Reuse one module for each script, and delete old revisions from {path}."},
    {"class-churn", classes, "classes are made again and again; each costs dozens of objects",
     "Make each class once, and keep it by what does not change from request to request; drop from "
     "{path} what is no longer needed."},
    {"registry-growth", names_made, "names are made in a namespace while the program runs",
     "Do not make attributes or globals from data (setattr(), globals()[...], exec()): keep these "
     "objects in a dict of your own, and delete each entry when it is done."},
    {NULL}};
