/* present/cli/cmd_sizes.c - slots and duplicates: memory that another way of keeping would save. */
#include "base/cleanup.h"
#include "present/cli/looked.h"
#include "present/show_duplicates.h"
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

hf_err *hf_cmd_duplicates(hf_session *s)
{
    HF_AUTO(hf_looked_deinit) hf_looked l = {0};
    hf_duplicates found HF_AUTO(hf_duplicates_deinit) = {0};
    hf_err *err = hf_look(s, &l);
    if (!err)
        err = hf_duplicates_find(l.graph, &found);
    if (err)
        return err;
    uint64_t top = s->arguments->top ? s->arguments->top : 10;
    size_t shown = found.count < top ? found.count : (size_t)top;
    HF_AUTO(hf_texts_deinit) hf_texts paths = {.text = calloc(shown + 1, sizeof(*paths.text))};
    if (!paths.text)
        return hf_fail_memory();
    for (; paths.count < shown && !err; paths.count++)
        err = hf_path_string(l.graph, l.tree, found.rows[paths.count].example,
                             &paths.text[paths.count]);
    if (err)
        return err;
    hf_duplicates_view view = {.graph = l.graph,
                               .duplicates = &found,
                               .paths = paths.text,
                               .heap_bytes = l.heap_bytes,
                               .top = top};
    if (s->text)
        hf_show_duplicates_text(s->text, &view);
    if (s->json)
        hf_show_duplicates_json(s->json, &view);
    return NULL;
}
