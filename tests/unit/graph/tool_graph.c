/* A graph in, answers out: what the oracles ask.
 *
 * Standard input, one line each, objects first and in order:
 *     object BLOCK EXTERNAL HELD HEAP_TYPE   HELD: references from no object; -1: immortal
 *     edge SOURCE TARGET STRENGTH            0 strong, 1 weak, 2 scanned
 *     root KIND TARGET
 * It goes through the writer and the reader. Standard output, one line an object:
 *     PARENT RETAINED REACH ROOT_KIND STEPS
 * PARENT -1: none; ROOT_KIND -1: no root leads to it; STEPS: from the root. */
#include "analyse/dominators.h"
#include "analyse/paths.h"
#include "made_heap.h"

static void read_heap(made_heap *h)
{
    uint32_t types[2] = {made_type(h, "builtins", "dict"), made_type(h, "m", "T")};
    unsigned long long a, b, c;
    long long held;
    char line[256];
    while (fgets(line, sizeof(line), stdin)) {
        if (sscanf(line, "object %llu %llu %lld %llu", &a, &b, &held, &c) == 4) {
            uint32_t o = made_object(h, types[c ? 1 : 0], a);
            h->objects[o].external = b;
            h->objects[o].refcount = held;
        } else if (sscanf(line, "edge %llu %llu %llu", &a, &b, &c) == 3) {
            bool immortal = h->objects[b].refcount < 0;
            made_edge_of(h, (uint32_t)a, HF_EDGE_INDEX, (hf_edge_strength)c, NULL, 0, (uint32_t)b);
            if (immortal)
                h->objects[b].refcount = -1;
        } else if (sscanf(line, "root %llu %llu", &a, &b) == 2) {
            made_root(h, (hf_root_kind)a, (uint32_t)b, "r");
        } else {
            fprintf(stderr, "tool_graph: cannot read: %s", line);
            exit(2);
        }
    }
}

int main(void)
{
    made_heap h;
    made_begin(&h);
    read_heap(&h);
    hf_graph *g = made_graph(&h);
    hf_dominators *d = NULL;
    hf_path_tree *t = NULL;
    made_check(hf_dominators_compute(g, &d));
    made_check(hf_path_tree_build(g, &t));
    for (uint32_t o = 0; o < g->object_count; o++) {
        hf_path p;
        made_check(hf_path_to(t, o, &p));
        printf("%lld %llu %d %d %zu\n",
               d->parent[o] == HF_DOMINATED_BY_ROOT ? -1LL : (long long)d->parent[o],
               (unsigned long long)d->retained[o], d->reach[o],
               p.root == UINT32_MAX ? -1 : (int)g->roots[p.root].kind, p.count - 1);
        hf_path_deinit(&p);
    }
    hf_path_tree_free(t);
    hf_dominators_free(d);
    hf_graph_free(g);
    made_end(&h);
    return 0;
}
