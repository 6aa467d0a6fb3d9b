/* The made-up heap of tests of files. */
#ifndef MADE_SHOP_H
#define MADE_SHOP_H

#include "made_heap.h"

/* A heap with everything in it once. */
static void make_shop(made_heap *h)
{
    made_begin(h);
    uint32_t dict = made_type(h, "builtins", "dict"), str = made_type(h, "builtins", "str");
    uint32_t quote = made_type(h, "shop.pricing", "Quote"), list = made_type(h, "builtins", "list");
    uint32_t module = made_object(h, made_type(h, "builtins", "module"), 112);
    uint32_t space = made_object(h, dict, 360), name = made_object(h, str, 64);
    uint32_t lines = made_object(h, list, 88);
    made_value(h, name, "_quotes");
    made_edge(h, module, HF_EDGE_FIELD, "__dict__", 0, space);
    made_item(h, space, name, lines);
    for (uint32_t i = 0; i < 20; i++) {
        uint32_t q = made_object(h, quote, 64 + i % 3 * 16);
        h->objects[q].external = i == 7 ? 4096 : 0;
        h->objects[q].length = i;
        made_edge(h, lines, HF_EDGE_INDEX, NULL, i, q);
        made_edge(h, q, HF_EDGE_ATTRIBUTE, "owner", 0, module);
        made_edge_of(h, q, HF_EDGE_OFFSET, HF_EDGE_SCANNED, NULL, 24 + i, name);
        made_edge_of(h, q, HF_EDGE_FIELD, HF_EDGE_WEAK, "__weakref__", 0, q);
        h->objects[q].bound = i == 3 ? 1000 : 0;
        h->objects[q].flags |= i == 3 ? HF_OBJECT_BOUNDED : 0;
    }
    h->objects[name].refcount = -1;
    h->objects[name].flags = HF_OBJECT_STATIC | HF_OBJECT_IMMORTAL;
    h->objects[name].block = 0;
    made_root(h, HF_ROOT_C_STATIC, name, "libfoo.so");
    made_root(h, HF_ROOT_MODULE, module, "shop.pricing");
    uint32_t thread = made_thread(h, "MainThread", "main (app.py:57)");
    made_root_at(h, HF_ROOT_LOCAL, lines, "agenda", "main (app.py:57)", thread);
    h->info.freeze.pause = 1234567;
    h->info.freeze.why_not_fork = "seccomp";
    h->info.python.gc_threshold[2] = 10;
}

#endif
