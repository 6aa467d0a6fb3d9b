/* lint/containers.h - containers and what is done with them.
 *
 * Whether a container only ever grows is told from each place where it is used. A place that hands
 * it to somebody else says nothing about what happens to it there: it counts as an escape, and the
 * rules are silent. */
#ifndef HF_LINT_CONTAINERS_H
#define HF_LINT_CONTAINERS_H

#include "lint/module.h"

typedef enum hf_container {
    HF_CONTAINER_NONE,
    HF_CONTAINER_LIST,
    HF_CONTAINER_DICT,
    HF_CONTAINER_SET,
    HF_CONTAINER_DEQUE,
    HF_CONTAINER_COUNTER, /* a dict that makes its entries when they are asked for */
    HF_CONTAINER_BUFFER,  /* one object that grows: BytesIO, bytearray, array */
} hf_container;

/* The container without a bound that an expression makes: a display, a comprehension, a call of
 * list, dict, set, defaultdict, OrderedDict, Counter, deque without maxlen, an empty buffer, a
 * session of SQLAlchemy. */
hf_container hf_container_made(hf_module *m, uint32_t expression);
hf_container hf_container_of_factory(hf_module *m, uint32_t factory); /* list, lambda: [] */
bool hf_is_mapping(hf_module *m, uint32_t expression);       /* makes a dict of some kind */
bool hf_is_empty_display(hf_module *m, uint32_t expression); /* [], {}, list(), defaultdict(list) */

typedef enum hf_use {
    HF_USE_READ,   /* looked at: iteration, len(), `in`, d[k], .get() */
    HF_USE_SIZED,  /* its size is compared with something */
    HF_USE_ADD,    /* grows: append, add, d[k] = v, += */
    HF_USE_REMOVE, /* shrinks: pop, clear, del, -= */
    HF_USE_BIND,   /* the name is given another object */
    HF_USE_ESCAPE, /* somebody else gets it */
} hf_use;

/* What is done with the container that `node`, a name or an attribute, stands for there. */
hf_use hf_use_of(const hf_module *m, uint32_t node);

/* Of a use that adds: what is added and, for keyed containers, under which key; else 0. */
typedef struct hf_addition {
    uint32_t value, key;
    bool by_method; /* append() and the like, not d[k] = v */
    bool merged;    /* the members of the value are added, not the value: update(), += */
    bool nested;    /* it is a member that grows: d[k].append(v) */
} hf_addition;
hf_addition hf_addition_of(const hf_module *m, uint32_t node);

/* What all uses of a container together say. The kind of container, where it is known, tells more:
 * a list does not grow by x[i] = v. */
typedef struct hf_uses {
    uint32_t reads, sized, removes, binds, escapes;
    uint32_t adds;  /* inside functions */
    uint32_t first; /* the first use that adds inside a function, or 0 */
} hf_uses;
void hf_uses_count(hf_module *m, uint32_t node, hf_container container, hf_uses *uses);

/* Whether what is added is told once, when modules are imported: a class, a function, a type. */
bool hf_is_registration(hf_module *m, uint32_t use);

/* Whether the key under which something is added can have but few values: callers give constants,
 * or elements of a table. False where it cannot be told. */
bool hf_has_few_keys(hf_module *m, uint32_t use);

/* Whether a key hardly comes twice: a tuple of several names, id(x), a text that is
 * put together. */
bool hf_is_open_key(hf_module *m, uint32_t key);

/* Whether what is added is remembered under a key that the same function looks up: d[k] = v beside
 * `k in d`, d.get(k) or d[k], s.add(k) beside `k in s`. It grows with the keys that there are, not
 * with the calls. */
bool hf_is_memo(hf_module *m, uint32_t use);

/* What tells one entry from the other: the key of d[k] = v, what is added to a set; 0 of a list. */
uint32_t hf_key_of(hf_module *m, uint32_t use);

/* Whether a key tells individuals, of which there is no end: id(x), uuid4(), or by its name, or the
 * name of one of its parts: user_id, session, url, time. */
bool hf_names_individual(hf_module *m, uint32_t key);

/* Whether an expression puts a text together: f"{x}", "..." % x, "..." + x. */
bool hf_is_built_text(hf_module *m, uint32_t expression);

/* All uses of a name but the one that binds it first. */
hf_uses hf_uses_of_name(hf_module *m, const hf_binding *b, hf_container container);

/* All uses of attributes of a name in this file, whatever the object: `self.items`, `other.items`.
 * Binding it in __init__ or in the body of a class is no use. */
hf_uses hf_uses_of_attribute(hf_module *m, const char *name, hf_container container);

/* Whether an attribute is a module, as the `futures` of concurrent.futures.Executor. */
bool hf_is_part_of_import(hf_module *m, uint32_t attribute);

/* Whether they say that it can only grow: functions add to it, and nothing takes out, rebinds,
 * limits or hands it on. */
bool hf_only_grows(const hf_uses *uses);

#endif
