/* present/cli/cmd_sizes.c - slots and duplicates: memory that another way of keeping would save. */
#include "base/cleanup.h"
#include "present/cli/looked.h"
#include "present/show_slots.h"

enum { LEAST_INSTANCES = 100 };

hf_err *hf_cmd_slots(hf_session *s)
{
    HF_AUTO(hf_looked_deinit) hf_looked l = {0};
    hf_slots slots HF_AUTO(hf_slots_deinit) = {0};
    hf_err *err = hf_look(s, &l);
    if (!err)
        err = hf_slots_find(l.graph, l.dominators, LEAST_INSTANCES, &slots);
    if (err)
        return err;
    hf_slots_view view = {.graph = l.graph,
                          .slots = &slots,
                          .heap_bytes = l.heap_bytes,
                          .top = s->arguments->top ? s->arguments->top : 10};
    if (s->text)
        hf_show_slots_text(s->text, &view);
    if (s->json)
        hf_show_slots_json(s->json, &view);
    return NULL;
}
