/* lint/module.h - one Python file as rules see it: its syntax, its scopes and bindings with all
 * their uses, imports resolved through aliases, functions and classes.
 *
 * Nothing here executes or imports anything. What cannot be told is "unknown", and rules are silent
 * about it: a name that is bound twice has no value, a call through an unknown object no target. */
#ifndef HF_LINT_MODULE_H
#define HF_LINT_MODULE_H

#include "base/map.h"
#include "lint/arena.h"
#include "lint/syntax.h"

typedef enum hf_scope_kind {
    HF_SCOPE_MODULE,
    HF_SCOPE_CLASS,
    HF_SCOPE_FUNCTION, /* def and lambda */
    HF_SCOPE_COMPREHENSION,
} hf_scope_kind;

typedef struct hf_scope {
    uint32_t node; /* what makes it: module, class, function, lambda, comprehension */
    uint32_t parent;
    hf_scope_kind kind;
} hf_scope;

typedef enum hf_binding_kind {
    HF_BOUND_BY_ASSIGNMENT,
    HF_BOUND_BY_PARAMETER,
    HF_BOUND_BY_IMPORT,
    HF_BOUND_BY_FUNCTION,
    HF_BOUND_BY_CLASS,
    HF_BOUND_BY_OTHER, /* loops, with, except, patterns */
} hf_binding_kind;

typedef struct hf_binding {
    uint32_t name, scope;
    uint32_t node;   /* the identifier that binds it first */
    uint32_t value;  /* what it is bound to: the expression, def or class; 0 where unknown */
    uint32_t writes; /* how often it is bound */
    uint32_t uses;   /* first of the list of identifiers that mean it, binding or not, or 0 */
    uint32_t origin; /* of an import: number in `origins` of what it stands for; else HF_STR_NONE */
    hf_binding_kind kind;
    bool declared_global; /* some function rebinds it by `global` or `nonlocal` */
} hf_binding;

#define HF_NO_BINDING UINT32_MAX

typedef struct hf_module {
    hf_syntax syntax;
    const char *path; /* as shown */
    const char *name; /* "shop.pricing", as far as folders with __init__.py tell; "" unknown */
    bool is_package;  /* an __init__.py: relative imports start at itself */

    hf_scope *scopes;
    uint32_t scope_count, scope_capacity;
    hf_binding *bindings;
    uint32_t binding_count, binding_capacity;
    hf_map binding_of_name; /* scope << 32 | name -> binding */
    hf_map declared;        /* the same, of names declared global or nonlocal -> scope meant */
    uint32_t *scope_of;     /* of each node: the scope that it stands in */
    uint32_t *binding_of;   /* of each node: identifiers that mean a binding; else HF_NO_BINDING */
    uint32_t *next_use;     /* of each node: the next identifier with the same binding, or the next
                               attribute of the same name; or 0 */
    uint32_t node_capacity; /* of these three */
    hf_map attribute_uses;  /* name -> first attribute expression `….name` */
    hf_strtab origins;      /* what imports stand for */
    hf_map qualified;       /* node -> number in `answers`, of what was asked before */
    const char **answers;   /* qualified names; [0] is NULL: there is none */
    hf_map repeats;         /* def << 8 | depth -> hf_repeats, of what was asked before */
    uint32_t answer_count, answer_capacity;
    hf_arena arena;
    uint32_t *functions; /* all defs, in order */
    uint32_t function_count, function_capacity;
    uint32_t *classes;
    uint32_t class_count, class_capacity;
    bool failed; /* out of memory on the way */
} hf_module;

bool hf_module_init(hf_module *m);
void hf_module_deinit(hf_module *m);

/* Builds everything from m->syntax, which has been parsed; path, name and is_package are set. */
hf_err *hf_module_build(hf_module *m);

/* -- Names -- */

/* The binding of a name in a scope itself, or HF_NO_BINDING. */
uint32_t hf_binding_in(const hf_module *m, uint32_t scope, const char *name);

/* What an identifier means, or NULL: a builtin, a name of a wildcard import, no identifier. */
const hf_binding *hf_meaning(const hf_module *m, uint32_t node);

/* The dotted name of an expression, imports and simple aliases resolved: `ft.cache` is
 * "functools.cache" after `import functools as ft`. Names bound nowhere stand for
 * themselves ("list"). NULL for what has no such name: locals, calls, `self.x`. Valid as
 * long as the module. */
const char *hf_qualified(hf_module *m, uint32_t node);

/* The qualified name of what a call calls, or "". */
const char *hf_called(hf_module *m, uint32_t call);

/* Whether `name` is one of the words in a list that ends with NULL. */
bool hf_is_one_of(const char *name, const char *const *words);

/* The last part of a dotted expression or name: "append" of `self.items.append`; "" otherwise. */
const char *hf_last_name(const hf_module *m, uint32_t node);

/* The first attribute expression of a name (`x.name`) in the file, and the next of the
 * same; or 0. */
uint32_t hf_attribute_uses(const hf_module *m, const char *name);
uint32_t hf_next_attribute(const hf_module *m, uint32_t attribute);

/* -- Calls -- */

/* The n-th positional argument, or 0. A generator as the only argument is argument 0. */
uint32_t hf_argument(const hf_module *m, uint32_t call, uint32_t n);
uint32_t hf_keyword(const hf_module *m, uint32_t call, const char *name); /* its value, or 0 */
uint32_t hf_argument_count(const hf_module *m, uint32_t call);            /* positional ones */
bool hf_has_splat(const hf_module *m, uint32_t call); /* has * or ** arguments */

/* -- Functions and classes -- */

/* The def or lambda whose body holds `node`, or 0. */
uint32_t hf_function_around(const hf_module *m, uint32_t node);

/* The class whose body holds `node` directly or through methods, or 0. */
uint32_t hf_class_around(const hf_module *m, uint32_t node);

/* The class of which a def is a method, or 0. */
uint32_t hf_class_of_method(const hf_module *m, uint32_t function);

const char *hf_definition_name(const hf_module *m, uint32_t definition); /* of def or class */

/* Decorators: the n-th expression behind an @, or 0. */
uint32_t hf_decorator(const hf_module *m, uint32_t definition, uint32_t n);
bool hf_has_decorator(hf_module *m, uint32_t definition, const char *qualified);

/* The identifier of the n-th parameter; *ret_default its default or 0. 0 behind the last. */
uint32_t hf_parameter(const hf_module *m, uint32_t function, uint32_t n, uint32_t *ret_default);

/* The name of a method's first parameter ("self", "cls"), or "" for functions and
 * static methods. */
const char *hf_self_name(hf_module *m, uint32_t method);

/* Whether `node` is `self.name` (or `cls.name`) inside a method: the attribute's name, or "". */
const char *hf_self_attribute(hf_module *m, uint32_t node);

/* The method of a class, or 0. */
uint32_t hf_method(const hf_module *m, uint32_t class_node, const char *name);

/* Whether `node` is repeated by a loop or comprehension inside the same function (or module). */
bool hf_in_loop(const hf_module *m, uint32_t node);

#endif
