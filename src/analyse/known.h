/* analyse/known.h - containers of the interpreter and of libraries that are known to grow, and
 * leaks of libraries that are known by version.
 *
 * The one table is known_growers.toml, of which known_growers.c is made. `caches` lists what in it
 * is a cache; `diagnose` explains with it, and hides nothing. */
#ifndef HF_ANALYSE_KNOWN_H
#define HF_ANALYSE_KNOWN_H

#include "analyse/paths.h"
#include "base/map.h"

typedef enum hf_known_growth {
    HF_GROWS_TO_A_BOUND, /* and not beyond it */
    HF_GROWS_WEAKLY,     /* entries go when nobody else uses them */
    HF_GROWS_WITH_CODE,  /* ends when all code has run once, where no code is made at run time */
    HF_GROWS_WITH_INPUT, /* ends where inputs are limited */
} hf_known_growth;

/* Attributes with two underscores are written as Python mangles them. */
typedef struct hf_known_holder {
    const char *holder; /* a class, as hf_graph_type_title() writes it; with `name`: a module */
    const char *name;   /* variable of the module, "Logger.manager.loggerDict"; NULL: a class */
    const char *kind;   /* as people call it; NULL: the title of the instance's own class */
    const char *data;   /* attribute that leads to the dict of entries; NULL: the object is one */
    const char *bound;  /* attribute, or global of the module, with the most entries; or NULL */
    const char *size;   /* attribute with its size by its own measure, or NULL */
    const char *hits, *misses; /* attributes, or NULL */
    hf_known_growth grows;
    bool is_cache; /* `caches` lists it */
    const char *says, *source;
} hf_known_holder;

typedef struct hf_known_leak {
    const char *package;       /* whose version counts; "python": the interpreter */
    const char *from, *before; /* versions; NULL: any */
    bool is_class;
    bool itself; /* what grows is the attribute itself, and nothing that hangs below it */
    const char *holder,
        *name;           /* as above; of a class attributes ("filelist|NameToInfo"), or NULL */
    const char *pattern; /* a word of the vocabulary; NULL: as the heap tells it */
    const char *says, *fix, *source;
} hf_known_leak;

extern const hf_known_holder hf_known_holders[];
extern const size_t hf_known_holder_count;
extern const hf_known_leak hf_known_leaks[];
extern const size_t hf_known_leak_count;

/* The table, looked up in one graph. */
typedef struct hf_known hf_known;

typedef struct hf_known_match {
    const hf_known_holder *holder; /* the container is this one; NULL: not known */
    const hf_known_leak *leak;     /* the container is this leak, or hangs below it; NULL: none */
    bool bounded;                  /* its bound is known ... */
    uint64_t bound;                /* ... and this */
} hf_known_match;

hf_err *hf_known_find(hf_graph *g, hf_known **ret);
void hf_known_free(hf_known *k); /* NULL is fine */

/* What is known of the last object of the path, or of `owner`, if that is further up. */
hf_known_match hf_known_of(const hf_known *k, const hf_path *path, uint32_t owner);

/* Whether so many entries are below the bound that it keeps, and near enough that it
 * will stop there. */
bool hf_known_fills_up(const hf_known_match *m, uint64_t entries);

/* Appends what people want to read: the sentence, the bound, the versions, the source. */
void hf_known_say(const hf_known_match *m, uint64_t entries, hf_buf *out);

/* The object that a dotted name of a module leads to, or HF_NO_OBJECT. */
uint32_t hf_known_variable(hf_graph *g, const char *module, const char *name);

#endif
