/* Offers wrong layouts for a pid's heap and prints those that are accepted.
 *
 *     tool_wrong_table PID
 *
 * Wrong are: each row made for another build, and the right row with one number moved by 4 or 8
 * bytes. Every line printed is "accepted NAME": a row, or the member that was moved. Ends with
 * "tried N". */
#include "cpython/heap_inside.h"

#include <stdio.h>
#include <stdlib.h>

/* The members that the proof stands on; a wrong one of these makes a heap that looks whole and is
 * not. Others only decide what is said of single objects. */
static const struct {
    const char *name;
    size_t place;
} members[] = {
#define MEMBER(name)                     \
    {                                    \
        #name, offsetof(hf_layout, name) \
    }
    MEMBER(object_ob_type),
    MEMBER(var_object_ob_size),
    MEMBER(gc_head_size),
    MEMBER(gc_head_next),
    MEMBER(gc_head_prev),
    MEMBER(type_tp_name),
    MEMBER(type_tp_basicsize),
    MEMBER(type_tp_itemsize),
    MEMBER(type_tp_flags),
    MEMBER(type_tp_base),
    MEMBER(type_tp_dict),
    MEMBER(heap_type_size),
    MEMBER(heap_type_ht_qualname),
    MEMBER(dict_size),
    MEMBER(dict_ma_used),
    MEMBER(dict_ma_keys),
    MEMBER(dict_keys_dk_nentries),
    MEMBER(dict_keys_dk_indices),
    MEMBER(list_size),
    MEMBER(tuple_ob_item),
    MEMBER(unicode_length),
    MEMBER(unicode_kind),
    MEMBER(unicode_ascii_size),
    MEMBER(function_func_code),
    MEMBER(function_func_globals),
    MEMBER(code_co_name),
    MEMBER(code_co_filename),
    MEMBER(code_co_linetable),
    MEMBER(code_co_localsplusnames),
    MEMBER(module_md_dict),
    MEMBER(runtime_size),
    MEMBER(interpreter_runtime),
    MEMBER(interpreter_threads_head),
    MEMBER(interpreter_gc),
    MEMBER(interpreter_modules),
    MEMBER(gc_generations),
    MEMBER(gc_generation_size),
    MEMBER(gc_generation0),
    MEMBER(gc_permanent_generation),
    MEMBER(thread_interp),
    MEMBER(thread_next),
    MEMBER(thread_cframe),
    MEMBER(thread_current_frame),
    MEMBER(iframe_f_code),
    MEMBER(iframe_previous),
#undef MEMBER
};

static unsigned tried;

static void offer(hf_target *frozen, const hf_layout *layout, const char *what, int moved)
{
    hf_heap *heap;
    hf_err *err = hf_heap_open_with(frozen, &layout, 1, &heap);
    tried++;
    if (err) {
        hf_err_free(err);
        return;
    }
    printf("accepted %s %+d\n", what, moved);
    hf_heap_free(heap);
}

static void offer_all(hf_target *frozen, const hf_layout *right)
{
    for (size_t i = 0; i < hf_layout_count; i++)
        if (&hf_layouts[i] != right)
            offer(frozen, &hf_layouts[i], hf_layouts[i].name, 0);
    static const int moves[] = {-8, -4, 4, 8};
    for (size_t m = 0; m < sizeof(members) / sizeof(members[0]); m++) {
        for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
            hf_layout wrong = *right;
            int32_t number;
            memcpy(&number, (char *)&wrong + members[m].place, sizeof(number));
            if (number == HF_ABSENT)
                continue;
            number += moves[i];
            memcpy((char *)&wrong + members[m].place, &number, sizeof(number));
            offer(frozen, &wrong, members[m].name, moves[i]);
        }
    }
}

int main(int argc, char **argv)
{
    hf_target *live = NULL, *frozen = NULL;
    hf_heap *heap = NULL;
    hf_freeze_options options = {.max_pause_ms = 60000, .allow_stop = true};
    hf_err *err = hf_target_open_pid(argc > 1 ? atoi(argv[1]) : 0, &live);
    if (!err)
        err = hf_freeze(live, &options, &frozen);
    if (!err)
        err = hf_heap_open(frozen, &heap);
    if (err) {
        fprintf(stderr, "%s\n", hf_err_message(err));
        return 1;
    }
    if (hf_target_freeze_info(frozen)->way == HF_WAY_LIVE) {
        fprintf(stderr, "memory that was read live proves less\n");
        return 1;
    }
    offer_all(frozen, heap->runtime.layout);
    printf("tried %u\n", tried);
    hf_heap_free(heap);
    hf_target_free(frozen);
    hf_target_free(live);
    return 0;
}
