/* cpython/layout_runs.c - members that stand one behind the other in every version's source.
 *
 * Where such a run of members begins is for the target to prove; that its members keep their order
 * and distance is a fact of the source, as is the order of an enumeration. A row that breaks it was
 * not made from any source. */
#include "cpython/layout_entries.h"
#include "cpython/layout_sound.h"

#include <stdio.h>
#include <string.h>

typedef enum { EITHER, WITH_GIL, FREE_THREADED } builds;

/* `second` = `first` + `distance`, in the versions that have both. */
typedef struct {
    size_t first, second;
    int32_t distance;
    uint16_t from, end; /* versions */
    builds in;
} relation;

#define NEXT_WITH(in, from, end, a, b, distance)                                \
    {                                                                           \
        offsetof(hf_layout, a), offsetof(hf_layout, b), distance, from, end, in \
    }
#define NEXT_IN(from, end, a, b, distance) NEXT_WITH(EITHER, from, end, a, b, distance)
#define APART(a, b, distance)              NEXT_IN(0, 0xffff, a, b, distance)
#define NEXT(a, b)                         APART(a, b, 8)

static const relation relations[] = {
    /* Include/: structs of the API */
    APART(object_ob_refcnt, object_ob_type, 8),
    NEXT(var_object_ob_size, var_object_size),
    APART(member_def_name, member_def_type, 8),
    APART(member_def_name, member_def_offset, 16),
    APART(member_def_name, member_def_flags, 24),
    APART(member_def_name, member_def_size, 40),
    APART(method_def_name, method_def_flags, 16),
    APART(module_def_m_name, module_def_m_size, 16),
    NEXT(type_tp_name, type_tp_basicsize),
    NEXT(type_tp_base, type_tp_dict),
    NEXT(type_tp_bases, type_tp_mro),
    NEXT(type_tp_mro, type_tp_cache),
    NEXT(type_tp_cache, type_tp_subclasses),
    NEXT(type_tp_subclasses, type_tp_weaklist),
    NEXT(heap_type_ht_name, heap_type_ht_slots),
    NEXT(heap_type_ht_slots, heap_type_ht_qualname),
    NEXT(heap_type_ht_qualname, heap_type_ht_cached_keys),
    NEXT(heap_type_ht_cached_keys, heap_type_ht_module),
    /* behind the tables of slots */
    NEXT_IN(0x0309, 0x030a, type_size, heap_type_ht_name, 432),
    NEXT_IN(0x030a, 0xffff, type_size, heap_type_ht_name, 440),
    NEXT(unicode_length, unicode_hash),
    APART(unicode_kind, unicode_interned, 0),
    APART(unicode_kind, unicode_compact, 0),
    APART(unicode_kind, unicode_ascii, 0),
    NEXT_IN(0x030c, 0xffff, long_lv_tag, long_ob_digit, 8),
    /* Include/object.h, without a GIL */
    APART(object_ob_tid, object_ob_mutex, 10),
    APART(object_ob_tid, object_ob_gc_bits, 11),
    APART(object_ob_tid, object_ob_ref_local, 12),
    APART(object_ob_tid, object_ob_ref_shared, 16),
    APART(gc_bits_tracked, gc_bits_finalized, 1),
    APART(gc_bits_tracked, gc_bits_frozen, 7),
    APART(gc_bits_tracked, gc_bits_deferred, 63),
    APART(unicode_ascii_size, unicode_utf8_length, 0),
    NEXT(unicode_utf8_length, unicode_utf8),
    NEXT(unicode_wstr, unicode_utf8_length),
    NEXT(unicode_utf8, unicode_wstr_length),
    APART(unicode_compact_size, unicode_data, 0),
    NEXT(memoryview_view_obj, memoryview_view_len), /* Py_buffer */
    APART(memoryview_view_obj, memoryview_view_ndim, 28),
    NEXT(set_fill, set_used),
    NEXT(set_used, set_mask),
    NEXT(set_mask, set_table),
    APART(set_entry_key, set_entry_hash, 8),
    APART(set_entry_key, set_entry_size, 16),
    NEXT(bytearray_ob_alloc, bytearray_ob_bytes),
    NEXT(bytearray_ob_bytes, bytearray_ob_start),
    APART(bytearray_ob_start, bytearray_ob_bytes_object, 16),
    NEXT(list_ob_item, list_allocated),
    NEXT(descr_d_type, descr_d_name),
    NEXT(descr_d_name, descr_d_qualname),
    NEXT(exception_args, exception_notes),
    NEXT(exception_traceback, exception_context),
    NEXT(exception_context, exception_cause),
    NEXT(context_token_ctx, context_token_var),
    NEXT(context_token_var, context_token_oldval),
    NEXT(context_ctx_prev, context_ctx_vars),
    NEXT(context_ctx_vars, context_ctx_weakreflist),
    NEXT(context_var_name, context_var_default),
    NEXT(context_var_default, context_var_cached),
    NEXT(slice_start, slice_stop),
    NEXT(slice_stop, slice_step),
    APART(memoryview_mbuf, memoryview_view_obj, 40),
    APART(memoryview_view_obj, memoryview_ob_array, 80),
    NEXT_IN(0x030b, 0x030e, code_co_extra, code_co_code_adaptive, 8),
    NEXT(code_co_extra, code_co_tlbc),
    NEXT(code_co_tlbc, code_co_code_adaptive),
    NEXT_WITH(WITH_GIL, 0x030e, 0xffff, code_co_extra, code_co_code_adaptive, 8),
    NEXT_IN(0x030b, 0x030c, code_co_code_cached, code_co_extra, 24),
    NEXT_IN(0x030c, 0xffff, code_co_cached, code_co_monitoring, 16),
    NEXT_IN(0x030c, 0x030e, code_co_monitoring, code_co_extra, 16),
    NEXT_IN(0x030e, 0xffff, code_co_monitoring, code_co_extra, 24),
    NEXT(code_co_cellvars, code_co_cell2arg),
    NEXT(code_co_cell2arg, code_co_filename),
    NEXT_IN(0x0309, 0x030b, code_co_weakreflist, code_co_extra, 8),
    APART(code_co_extra, code_co_opcache, 16),
    APART(code_co_opcache, code_co_opcache_size, 12),
    NEXT_IN(0x0309, 0x030a, function_func_code, function_func_globals, 8),
    NEXT_IN(0x0309, 0x030a, function_func_globals, function_func_defaults, 8),
    NEXT_IN(0x0309, 0x030a, function_func_doc, function_func_name, 8),
    NEXT_IN(0x0309, 0x030a, function_func_name, function_func_dict, 8),
    NEXT_IN(0x0309, 0x030a, function_func_annotations, function_func_qualname, 8),
    NEXT_IN(0x030a, 0xffff, function_func_globals, function_func_builtins, 8),
    NEXT_IN(0x030a, 0xffff, function_func_builtins, function_func_name, 8),
    NEXT_IN(0x030a, 0xffff, function_func_name, function_func_qualname, 8),
    NEXT_IN(0x030a, 0xffff, function_func_qualname, function_func_code, 8),
    NEXT_IN(0x030a, 0xffff, function_func_code, function_func_defaults, 8),
    NEXT(function_func_defaults, function_func_kwdefaults),
    NEXT(function_func_kwdefaults, function_func_closure),
    NEXT(function_func_closure, function_func_doc),
    NEXT(function_func_dict, function_func_weakreflist),
    NEXT(function_func_weakreflist, function_func_module),
    NEXT(function_func_module, function_func_annotations),
    NEXT_IN(0x030c, 0x030e, function_func_annotations, function_func_typeparams, 8),
    NEXT(function_func_annotations, function_func_annotate),
    NEXT(function_func_annotate, function_func_typeparams),
    NEXT(cfunction_m_ml, cfunction_m_self),
    NEXT(cfunction_m_self, cfunction_m_module),
    NEXT(cfunction_m_module, cfunction_m_weakreflist),
    NEXT(module_md_dict, module_md_def),
    NEXT(module_md_def, module_md_state),
    NEXT(module_md_state, module_md_weaklist),
    NEXT(module_md_weaklist, module_md_name),
    APART(module_md_name, module_md_state_size, 16),
    NEXT(traceback_tb_next, traceback_tb_frame),
    NEXT(traceback_tb_frame, traceback_tb_lasti),
    NEXT(weakref_wr_object, weakref_wr_callback),
    /* Include/internal/ */
    NEXT(dict_ma_keys, dict_ma_values),
    APART(dict_entry_me_hash, dict_entry_me_key, 8),
    NEXT(dict_entry_me_key, dict_entry_me_value),
    APART(dict_entry_me_hash, dict_entry_size, 24),
    NEXT(dict_unicode_entry_me_key, dict_unicode_entry_me_value),
    APART(dict_unicode_entry_me_key, dict_unicode_entry_size, 16),
    NEXT(dict_keys_dk_refcnt, dict_keys_dk_size),
    NEXT(dict_keys_dk_refcnt, dict_keys_dk_log2_size),
    APART(dict_keys_dk_size, dict_keys_dk_usable, 16),
    NEXT(dict_keys_dk_usable, dict_keys_dk_nentries),
    APART(dict_keys_dk_log2_size, dict_keys_dk_log2_index_bytes, 1),
    APART(dict_keys_dk_log2_size, dict_keys_dk_kind, 2),
    APART(dict_keys_dk_indices, dict_keys_size, 0),
    APART(dict_values_capacity, dict_values_size, 1),
    APART(dict_values_capacity, dict_values_embedded, 2),
    APART(dict_values_capacity, dict_values_valid, 3),
    APART(dict_values_capacity, dict_values_values, 8),
    NEXT_IN(0x030d, 0xffff, dict_values_values, dict_values_capacity, -8),
    APART(dict_keys_general, dict_keys_unicode, 1),
    APART(dict_keys_general, dict_keys_split, 2),
    NEXT(code_cached_co_code, code_cached_co_varnames),
    NEXT(code_cached_co_varnames, code_cached_co_cellvars),
    NEXT(code_cached_co_cellvars, code_cached_co_freevars),
    NEXT(code_cached_co_freevars, code_cached_size),
    NEXT(iframe_f_globals, iframe_f_builtins),
    NEXT(iframe_f_builtins, iframe_f_locals),
    NEXT_IN(0x030b, 0x0310, iframe_f_func, iframe_f_globals, 8),
    NEXT_IN(0x030c, 0xffff, iframe_f_code, iframe_previous, 8),
    NEXT_IN(0x030c, 0xffff, iframe_previous, iframe_f_func, 8),
    NEXT_IN(0x030c, 0xffff, iframe_f_locals, iframe_frame_obj, 8),
    NEXT_IN(0x030c, 0xffff, iframe_frame_obj, iframe_prev_instr, 8),
    NEXT(iframe_frame_obj, iframe_instr_ptr),
    APART(frame_owned_by_thread, frame_owned_by_generator, 1),
    APART(frame_owned_by_thread, frame_owned_by_frame_object, 2),
    NEXT_IN(0x030c, 0xffff, frame_owned_by_thread, frame_owned_by_cstack, 3),
    APART(frame_created, frame_suspended, 1),
    APART(frame_suspended, frame_suspended_yield_from, 1),
    NEXT_IN(0x030b, 0x030d, frame_suspended, frame_executing, 1),
    NEXT_IN(0x030d, 0x030f, frame_suspended_yield_from, frame_executing, 1),
    APART(frame_suspended_yield_from, frame_suspended_locked, 1),
    APART(frame_suspended_locked, frame_executing, 1),
    APART(frame_executing, frame_completed, 1),
    NEXT_IN(0x030b, 0x030f, frame_executing, frame_cleared, 4),
    NEXT_IN(0x030f, 0xffff, frame_executing, frame_cleared, 1),
    NEXT_IN(0x030b, 0xffff, frame_f_back, frame_f_frame, 8),
    NEXT_IN(0x030b, 0xffff, frame_f_frame, frame_f_trace, 8),
    NEXT(frame_f_extra_locals, frame_f_locals_cache),
    NEXT_IN(0x030d, 0x030e, frame_f_locals_cache, frame_f_frame_data, 8),
    NEXT_IN(0x030e, 0xffff, frame_f_locals_cache, frame_f_frame_data, 16),
    /* 3.9 and 3.10; the blocks of try and loops stand before f_localsplus */
    NEXT(frame_f_back, frame_f_code),
    NEXT(frame_f_code, frame_f_builtins),
    NEXT(frame_f_builtins, frame_f_globals),
    NEXT(frame_f_globals, frame_f_locals),
    NEXT(frame_f_locals, frame_f_valuestack),
    NEXT(frame_f_valuestack, frame_f_stacktop),
    NEXT(frame_f_stacktop, frame_f_trace),
    APART(frame_f_trace, frame_f_stackdepth, 8),
    NEXT_IN(0x0309, 0x030b, frame_f_trace, frame_f_gen, 16),
    NEXT(frame_f_gen, frame_f_lasti),
    NEXT_IN(0x0309, 0x030b, frame_f_lasti, frame_f_lineno, 4),
    NEXT_IN(0x0309, 0x030b, frame_f_lineno, frame_f_executing, 8),
    NEXT_IN(0x0309, 0x030b, frame_f_lineno, frame_f_state, 8),
    NEXT_IN(0x0309, 0x030b, frame_f_lineno, frame_f_localsplus, 252),
    NEXT_IN(0x0309, 0x030b, frame_f_localsplus, frame_size, 8),
    NEXT(generator_gi_name, generator_gi_qualname),
    NEXT(generator_gi_qualname, generator_gi_exc_state),
    APART(generator_gi_exc_state, generator_exc_type, 0),
    NEXT(generator_exc_type, generator_exc_value),
    NEXT(generator_exc_value, generator_exc_traceback),
    NEXT_IN(0x0309, 0x030b, generator_gi_exc_state, generator_size, 32),
    NEXT_IN(0x0309, 0x030b, generator_size, coroutine_cr_origin, 0),
    NEXT_IN(0x0309, 0x030b, generator_size, async_generator_ag_finalizer, 0),
    APART(runtime_tracemalloc_tracing, runtime_tracemalloc_traces, 180),
    NEXT(runtime_tracemalloc_traces, runtime_tracemalloc_domains),
    NEXT(exc_stack_item_exc_type, exc_stack_item_exc_value),
    NEXT(exc_stack_item_exc_value, exc_stack_item_exc_traceback),
    NEXT(exc_stack_item_exc_traceback, exc_stack_item_previous_item),
    NEXT_IN(0x030b, 0x030e, generator_gi_frame_state, generator_gi_iframe, 5),
    NEXT_IN(0x030b, 0x030e, iframe_stacktop, iframe_localsplus, 8),
    NEXT_IN(0x030e, 0xffff, iframe_instr_ptr, iframe_stackpointer, 8),
    NEXT_IN(0x030b, 0x030e, iframe_localsplus, iframe_size, 8),
    NEXT_IN(0x030b, 0xffff, exc_stack_item_exc_value, exc_stack_item_previous_item, 8),
    NEXT(exc_stack_item_previous_item, exc_stack_item_size),
    NEXT(thread_prev, thread_next),
    NEXT(thread_next, thread_interp),
    NEXT(thread_interp, thread_frame),
    NEXT(thread_c_profileobj, thread_c_traceobj),
    NEXT(thread_curexc_type, thread_curexc_value),
    NEXT(thread_curexc_value, thread_curexc_traceback),
    NEXT_IN(0x0309, 0x030d, thread_trash_delete_later, thread_on_delete_data, 16),
    NEXT_IN(0x0309, 0x030b, thread_thread_id, thread_trash_delete_later, 16),
    NEXT_IN(0x0309, 0x030b, thread_on_delete_data, thread_async_gen_firstiter, 16),
    NEXT(thread_exc_info, thread_dict),
    APART(thread_dict, thread_async_exc, 16),
    NEXT(thread_async_exc, thread_thread_id),
    NEXT(thread_thread_id, thread_native_thread_id),
    NEXT(thread_async_gen_firstiter, thread_async_gen_finalizer),
    NEXT(thread_async_gen_finalizer, thread_context),
    NEXT(thread_threading_local_key, thread_threading_local_sentinel),
    NEXT_IN(0x030e, 0x030f, thread_size, thread_running_loop, 32),
    NEXT_IN(0x030f, 0x0310, thread_size, thread_running_loop, 136),
    NEXT(thread_running_loop, thread_running_task),
    /* PyInterpreterState, between what specialized code knows and what the types keep */
    NEXT_IN(0x030c, 0x030d, interpreter_func_state, interpreter_types, 5568),
    NEXT_IN(0x030d, 0x030e, interpreter_func_state, interpreter_types, 67648),
    NEXT_IN(0x030e, 0x030f, interpreter_func_state, interpreter_types, 67664),
    NEXT_IN(0x030f, 0x0310, interpreter_func_state, interpreter_types, 67680),
    NEXT_IN(0x030c, 0xffff, interpreter_types, interpreter_type_cache, 8),
    /* its lists of free objects, and what stands between them and one of the above */
    NEXT_IN(0x030a, 0x030b, interpreter_free_lists, interpreter_free_lists_end, 3256),
    NEXT_IN(0x030b, 0x030c, interpreter_free_lists, interpreter_free_lists_end, 3240),
    NEXT_IN(0x030c, 0x030d, interpreter_free_lists, interpreter_free_lists_end, 3312),
    NEXT_IN(0x030d, 0x030e, interpreter_free_lists, interpreter_free_lists_end, 3536),
    NEXT_IN(0x030e, 0x030f, interpreter_free_lists, interpreter_free_lists_end, 624),
    NEXT_IN(0x030f, 0x0310, interpreter_free_lists, interpreter_free_lists_end, 656),
    NEXT_IN(0x030a, 0x030b, interpreter_warnings_default_action, interpreter_free_lists, 6568),
    NEXT_IN(0x030b, 0x030c, interpreter_free_lists_end, interpreter_types, 1944),
    NEXT_IN(0x030c, 0x030d, interpreter_free_lists_end, interpreter_types, 2000),
    NEXT(interpreter_modules, interpreter_modules_by_index),
    NEXT(interpreter_sysdict, interpreter_builtins),
    NEXT(interpreter_codec_search_path, interpreter_codec_search_cache),
    NEXT(interpreter_codec_search_cache, interpreter_codec_error_registry),
    NEXT(interpreter_sysdict_copy, interpreter_builtins_copy),
    NEXT(interpreter_dict, interpreter_sysdict_copy),
    NEXT_IN(0x0309, 0x030c, interpreter_dict, interpreter_builtins_copy, 8),
    NEXT_IN(0x0309, 0x030c, interpreter_builtins_copy, interpreter_import_func, 8),
    NEXT_IN(0x030c, 0xffff, interpreter_modules_by_index, interpreter_importlib, 8),
    NEXT_IN(0x030c, 0xffff, interpreter_importlib, interpreter_import_func, 24),
    NEXT(interpreter_before_forkers, interpreter_after_forkers_parent),
    NEXT(interpreter_after_forkers_parent, interpreter_after_forkers_child),
    NEXT_IN(0x030b, 0xffff, interpreter_after_forkers_child, interpreter_warnings_filters, 8),
    NEXT(interpreter_warnings_filters, interpreter_warnings_once_registry),
    NEXT(interpreter_warnings_once_registry, interpreter_warnings_default_action),
    NEXT_IN(0x0309, 0x030a, interpreter_warnings_default_action, interpreter_audit_hooks, 16),
    NEXT_IN(0x030a, 0x030b, interpreter_warnings_default_action, interpreter_atexit_callbacks, 16),
    NEXT_WITH(WITH_GIL, 0x030e, 0xffff, interpreter_warnings_default_action, interpreter_atexit,
              56),
    NEXT_WITH(FREE_THREADED, 0x030e, 0xffff, interpreter_warnings_default_action,
              interpreter_atexit, 64),
    NEXT(interpreter_atexit_callbacks, interpreter_atexit_ncallbacks),
    NEXT(atexit_state_callbacks, atexit_state_ncallbacks),
    APART(interpreter_after_forkers_child, interpreter_atexit_module, 16),
    NEXT(atexit_callback_func, atexit_callback_args),
    NEXT(atexit_callback_args, atexit_callback_kwargs),
    NEXT_IN(0x030b, 0x030c, interpreter_types, interpreter_type_cache, 0),
    NEXT_IN(0x030c, 0x030e, interpreter_types, interpreter_type_cache, 8),
    NEXT_IN(0x030b, 0x030c, type_cache_size, interpreter_types_size, 0),
    NEXT(static_type_state_tp_dict, static_type_state_tp_subclasses),
    NEXT(static_type_state_tp_subclasses, static_type_state_tp_weaklist),
    NEXT(static_type_state_tp_weaklist, static_type_state_size),
    APART(type_cache_entry_name, type_cache_entry_size, 16),
    APART(gc_generation_threshold, gc_generation_count, 4),
    APART(gc_generation_threshold, gc_generation_size, 8),
    NEXT(gc_garbage, gc_callbacks),
    APART(gc_enabled, gc_debug, 4),
    NEXT_IN(0x0309, 0x030d, gc_enabled, gc_generations, 12),
    NEXT_IN(0x0309, 0x030d, gc_generations, gc_generation0, 72),
    NEXT_IN(0x0309, 0x030d, gc_generation0, gc_permanent_generation, 8),
    APART(gc_permanent_generation, gc_statistics, 24),
    NEXT_IN(0x030e, 0x030f, gc_enabled, gc_generations, 12),
    NEXT_IN(0x030f, 0x0310, gc_enabled, gc_generations, 8),
    NEXT_IN(0x0309, 0x030f, gc_statistics, gc_collecting, 72),
    NEXT_IN(0x030f, 0xffff, gc_statistics, gc_collecting, 8),
    NEXT_IN(0x0309, 0x030d, gc_callbacks, gc_long_lived_total, 8),
    NEXT(gc_long_lived_total, gc_long_lived_pending),
    NEXT(gc_statistics_collections, gc_statistics_collected),
    NEXT(gc_statistics_collected, gc_statistics_uncollectable),
    NEXT_IN(0x0309, 0x030f, gc_statistics_uncollectable, gc_statistics_size, 8),
    NEXT_IN(0x030f, 0xffff, gc_statistics_uncollectable, gc_statistics_size, 32),
    NEXT_IN(0x0309, 0x030f, gc_collecting, gc_garbage, 8),
    NEXT_IN(0x030f, 0xffff, gc_collecting, gc_garbage, 16),
    /* tools/private_structs.h: structs of single source files */
    APART(odict_node_key, odict_node_next, 16),
    APART(odict_node_key, odict_node_size, 32),
    APART(odict_od_first, odict_od_fast_nodes_size, 24),
    APART(deque_leftblock, deque_leftindex, 16),
    APART(deque_leftblock, deque_maxlen, 40),
    APART(deque_block_data, deque_block_rightlink, 512),
    APART(deque_block_rightlink, deque_block_size, 8),
    NEXT(lru_link_key, lru_link_result),
    NEXT(lru_link_result, lru_link_size),
    APART(lru_cache_typed, lru_cache_cache, 8),
    NEXT(lru_cache_cache, lru_cache_hits),
    NEXT(lru_cache_hits, lru_cache_func),
    NEXT(lru_cache_func, lru_cache_maxsize),
    NEXT(lru_cache_maxsize, lru_cache_misses),
    NEXT(lru_cache_misses, lru_cache_kwd_mark),
    NEXT(lru_cache_kwd_mark, lru_cache_link_type),
    NEXT(lru_cache_link_type, lru_cache_info_type),
    APART(object_size, partial_fn, 0),
    NEXT(partial_fn, partial_args),
    NEXT(partial_args, partial_kw),
    NEXT(tee_data_it, tee_data_numread),
    NEXT(tee_data_numread, tee_data_nextlink),
    NEXT(tee_data_nextlink, tee_data_values),
    NEXT(future_loop, future_callback0),
    NEXT(future_callback0, future_context0),
    NEXT(future_context0, future_callbacks),
    NEXT(future_callbacks, future_exception),
    NEXT(future_exception, future_exception_tb),
    NEXT(future_exception_tb, future_result),
    NEXT(future_result, future_source_tb),
    NEXT(future_source_tb, future_cancel_msg),
    NEXT_IN(0x0309, 0x030d, future_cancel_msg, future_state, 8),
    NEXT_IN(0x030d, 0xffff, future_cancel_msg, future_cancelled_exc, 8),
    NEXT_IN(0x030d, 0x030e, future_cancelled_exc, future_state, 8),
    NEXT(future_cancelled_exc, future_awaited_by),
    NEXT_IN(0x030e, 0xffff, future_awaited_by, future_state, 8),
    NEXT(future_dict, future_weakreflist),
    NEXT(future_weakreflist, future_cancelled_type),
    NEXT(future_cancelled_type, future_cancelled_value),
    NEXT(future_cancelled_value, future_cancelled_traceback),
    NEXT(task_fut_waiter, task_coro),
    NEXT(task_coro, task_name),
    NEXT(task_name, task_context),
    NEXT(element_tag, element_text),
    NEXT(element_text, element_tail),
    NEXT(element_tail, element_extra),
    NEXT(element_extra_attrib, element_extra_length),
    NEXT(element_extra_length, element_extra_allocated),
    NEXT(element_extra_allocated, element_extra_children),
    NEXT(element_extra_children, element_extra_own_children),
    APART(element_extra_own_children, element_extra_size, 32),
    APART(memo_entry_key, memo_entry_size, 16),
    APART(memo_table_allocated, memo_table_table, 8),
    APART(memo_table_table, memo_table_size, 8),
    NEXT(unpickler_memo, unpickler_memo_size),
    NEXT(local_args, local_kw),
    NEXT(local_dummies, local_thread_watchdogs),
    NEXT(simple_queue_get_idx, simple_queue_items),
    NEXT(simple_queue_items, simple_queue_items_cap),
    NEXT(simple_queue_items_cap, simple_queue_num_items),
    APART(object_size, buffered_buffer, 40),
    APART(buffered_buffer, buffered_buffer_size, 64),
    APART(object_size, bytesio_buf, 0),
    APART(object_size, stringio_buf, 0),
    APART(stringio_buf, stringio_buf_size, 24),
    NEXT(array_ob_item, array_allocated),
    NEXT(array_allocated, array_ob_descr),
    APART(object_size, mmap_data, 0),
    NEXT(mmap_data, mmap_size),
    NEXT(cdata_b_ptr, cdata_b_needsfree),
    NEXT(cdata_b_needsfree, cdata_b_base),
    NEXT(cdata_b_base, cdata_b_size),
    APART(cdata_b_size, cdata_b_objects, 24),
    APART(stgdict_length, stgdict_elements, 24),
    NEXT(stgdict_elements, stgdict_proto),
    APART(stgdict_proto, stgdict_argtypes, 32),
    NEXT(stgdict_argtypes, stgdict_converters),
    NEXT(stgdict_converters, stgdict_restype),
    NEXT(stgdict_restype, stgdict_checker),
    APART(stgdict_checker, stgdict_format, 16),
    NEXT(stgdict_format, stgdict_ndim),
    APART(stgdict_ndim, stgdict_size, 16),
    APART(permutations_pool, permutations_r, 32),
    APART(ctype_length, ctype_elements, 24),
    NEXT(ctype_elements, ctype_proto),
    APART(ctype_proto, ctype_argtypes, 32),
    NEXT(ctype_argtypes, ctype_converters),
    NEXT(ctype_converters, ctype_restype),
    NEXT(ctype_restype, ctype_checker),
    NEXT_IN(0x030d, 0x030e, ctype_checker, ctype_module, 8),
    NEXT(ctype_checker, ctype_pointer_type),
    NEXT(ctype_pointer_type, ctype_module),
    APART(ctype_module, ctype_format, 16),
    NEXT(ctype_format, ctype_ndim),
    APART(object_size, groupby_it, 0),
    NEXT(groupby_it, groupby_keyfunc),
    NEXT(groupby_keyfunc, groupby_tgtkey),
    NEXT(groupby_tgtkey, groupby_currkey),
    NEXT(groupby_currkey, groupby_currvalue),
    NEXT(groupby_currvalue, groupby_currgrouper),
    NEXT(property_get, property_set),
    NEXT(property_set, property_del),
    NEXT(property_del, property_doc),
    NEXT(property_doc, property_name),
    APART(object_size, struct_s_codes, 16),
    NEXT(struct_s_codes, struct_s_format),
    NEXT(zlib_unused_data, zlib_unconsumed_tail),
    APART(zlib_unconsumed_tail, zlib_zdict, 16),
    APART(zlib_decompressor_zdict, zlib_decompressor_unused_data, 16),
    APART(object_size, decimal_flags, 8),
    APART(object_size, decimal_alloc, 40),
    NEXT(decimal_alloc, decimal_data),
    APART(object_size, format_iterator_str, 0),
    APART(object_size, bz2_unused_data, 88),
    APART(object_size, lzma_unused_data, 168),
    NEXT(match_string, match_regs),
    NEXT(match_regs, match_pattern),
    NEXT(csv_reader_input_iter, csv_reader_dialect),
    NEXT(csv_reader_dialect, csv_reader_fields),
    NEXT(method_caller_name, method_caller_args),
    NEXT(method_caller_args, method_caller_kwds),
    NEXT(method_caller_kwds, method_caller_vectorcall_args),
    NEXT(method_caller_vectorcall_args, method_caller_vectorcall_kwnames),
    APART(object_size, sqlite_node_key, 0),
    NEXT(sqlite_node_key, sqlite_node_data),
    APART(sqlite_node_data, sqlite_node_next, 24),
    APART(object_size, sqlite_cache_mapping, 8),
    NEXT(sqlite_cache_mapping, sqlite_cache_factory),
    NEXT(sqlite_cache_factory, sqlite_cache_first),
    APART(sqlite_cache_first, sqlite_cache_owns_factory, 16),
    APART(datetime_hastzinfo, time_hastzinfo, 0),
    APART(object_size, datetime_hastzinfo, 8),
    APART(datetime_tzinfo, datetime_naive_size, 0),
    APART(time_tzinfo, time_naive_size, 0),
};

static int32_t value_at(const hf_layout *l, size_t place)
{
    int32_t value;
    memcpy(&value, (const char *)l + place, sizeof(value));
    return value;
}

static bool applies(const hf_layout *l, const relation *r)
{
    uint32_t version = l->first_version >> 16;
    return version >= r->from && version < r->end &&
           (r->in == EITHER || (r->in == FREE_THREADED) == l->free_threaded);
}

/* Distances that depend on sizes: see keeps_tables(). */
static bool table_distance(const hf_layout *l, size_t first, size_t second, int32_t *ret)
{
    uint32_t version = l->first_version >> 16;
    const struct {
        size_t first, second;
        uint32_t from;
        int64_t distance; /* of members that the version lacks, whatever their numbers make */
    } tables[] = {
        {offsetof(hf_layout, interpreter_type_cache), offsetof(hf_layout, interpreter_static_types),
         0x030c, INT64_C(8) + l->type_cache_size},
        {offsetof(hf_layout, interpreter_static_types),
         offsetof(hf_layout, interpreter_extension_types), 0x030d,
         16 + (int64_t)l->interpreter_static_types_max * l->static_type_state_size},
        {offsetof(hf_layout, interpreter_free_lists_end),
         offsetof(hf_layout, interpreter_func_state), 0x030d, INT64_C(2512) + 8 * l->debug},
        {offsetof(hf_layout, thread_running_task), offsetof(hf_layout, thread_lazy_imports), 0x030f,
         (int64_t)l->thread_lazy_imports - l->thread_running_task},
    };
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        if (tables[i].first == first && tables[i].second == second && version >= tables[i].from) {
            *ret = (int32_t)tables[i].distance;
            return true;
        }
    return false;
}

bool hf_layout_distance(const hf_layout *l, size_t first, size_t second, int32_t *ret)
{
    for (size_t i = 0; i < sizeof(relations) / sizeof(relations[0]); i++) {
        const relation *r = &relations[i];
        if (r->first == first && r->second == second && applies(l, r)) {
            *ret = r->distance;
            return true;
        }
    }
    return table_distance(l, first, second, ret);
}

static bool keeps_relations(const hf_layout *l, char *why, size_t size)
{
    for (size_t i = 0; i < sizeof(relations) / sizeof(relations[0]); i++) {
        const relation *r = &relations[i];
        int32_t first = value_at(l, r->first), second = value_at(l, r->second);
        if (!applies(l, r) || first == HF_ABSENT || second == HF_ABSENT ||
            second - first == r->distance)
            continue;
        snprintf(why, size, "%s at %d and %s at %d are not %d apart", hf_entry_name(r->first),
                 first, hf_entry_name(r->second), second, r->distance);
        return false;
    }
    return true;
}

/* Numbers that no version has otherwise. */
static bool keeps_numbers(const hf_layout *l, char *why, size_t size)
{
    const struct {
        size_t place;
        int32_t value;
    } numbers[] = {
        {offsetof(hf_layout, code_unit_size), 2},           /* _Py_CODEUNIT, cpython/code.h */
        {offsetof(hf_layout, code_opcache_entry_size), 32}, /* internal/pycore_code.h, 3.9, 3.10 */
        {offsetof(hf_layout, member_after_items), 16},      /* descrobject.h */
        {offsetof(hf_layout, stackref_borrowed), 1},        /* internal/pycore_stackref.h */
        {offsetof(hf_layout, stackref_int), 3},
        {offsetof(hf_layout, dict_shared_keys_max), 30}, /* internal/pycore_dict.h */
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        int32_t value = value_at(l, numbers[i].place);
        if (value == HF_ABSENT || value == numbers[i].value)
            continue;
        snprintf(why, size, "%s is %d", hf_entry_name(numbers[i].place), value);
        return false;
    }
    return true;
}

/* What every version has in the same place, and the order of bits. */
static bool keeps_constants(const hf_layout *l, char *why, size_t size)
{
    uint32_t version = l->first_version >> 16;
    /* struct _dictvalues of 3.11 and 3.12 has nothing but pointers; _PyCoCached has four. _PyCFrame
     * has a flag before its first until 3.11. */
    int32_t flag = version < 0x030c ? 8 : 0;
    if ((l->cframe_current_frame != HF_ABSENT && l->cframe_current_frame != flag) ||
        (l->memo_entry_key != HF_ABSENT && l->memo_entry_key != 0) || l->method_def_name != 0 ||
        (l->atexit_state_callbacks != HF_ABSENT && l->atexit_state_callbacks != 0) ||
        (l->atexit_callback_func != HF_ABSENT && l->atexit_callback_func != 0) ||
        (version < 0x030d && l->dict_values_values != HF_ABSENT && l->dict_values_values != 0) ||
        (version >= 0x030b && l->exc_stack_item_exc_value != 0) ||
        (l->code_cached_co_code != HF_ABSENT && l->code_cached_co_code != 0)) {
        snprintf(why, size, "what begins with a pointer does not begin with it");
        return false;
    }
    /* state of PyASCIIObject: interned, kind, compact, ascii, from the lowest bit on. The first is
     * a byte of its own where threads change it at a time, from 3.14 on. */
    uint32_t bits[] = {(uint32_t)l->unicode_interned_mask, (uint32_t)l->unicode_kind_mask,
                       (uint32_t)l->unicode_compact_mask, (uint32_t)l->unicode_ascii_mask};
    int interned = l->free_threaded && version >= 0x030e ? 8 : 2;
    if (bits[0] != (1u << interned) - 1 || bits[1] != 7u << interned ||
        bits[2] != 1u << (interned + 3) || bits[3] != 1u << (interned + 4)) {
        snprintf(why, size, "the bits of str are not in their order");
        return false;
    }
    return keeps_numbers(l, why, size);
}

static bool keeps_tables(const hf_layout *l, char *why, size_t size)
{
    uint32_t version = l->first_version >> 16;
    /* A count comes before the states of builtin types, a count and an index before the others'. */
    if (version >= 0x030c &&
        l->interpreter_static_types != 8 + l->interpreter_type_cache + l->type_cache_size) {
        snprintf(why, size, "the states of types do not begin behind the cache");
        return false;
    }
    if (version >= 0x030d &&
        l->interpreter_extension_types !=
            16 + l->interpreter_static_types +
                (int64_t)l->interpreter_static_types_max * l->static_type_state_size) {
        snprintf(why, size, "the states of builtin types do not end before those of extensions");
        return false;
    }
    /* Between them: sys.getobjects() or, in debug builds, a count; dtoa, unicode, long_state. */
    if (version >= 0x030d && l->interpreter_free_lists_end != HF_ABSENT &&
        l->interpreter_func_state - l->interpreter_free_lists_end != 2512 + 8 * l->debug) {
        snprintf(why, size,
                 "the lists of free objects do not end before the versions of functions");
        return false;
    }
    /* struct types_state ends with the table of builtin types, or of those of extensions, a lock,
     * and from 3.14 on 2 ** 12 types by their version */
    int64_t behind = version >= 0x030e ? 8 + 4096 * 8 : 8;
    int64_t end = (int64_t)l->interpreter_types + l->interpreter_types_size;
    if ((version == 0x030c &&
         end != l->interpreter_static_types +
                    (int64_t)l->interpreter_static_types_max * l->static_type_state_size) ||
        (version >= 0x030d &&
         end != behind + l->interpreter_extension_types +
                    (int64_t)l->interpreter_extension_types_max * l->static_type_state_size)) {
        snprintf(why, size, "the states of types do not end with their tables");
        return false;
    }
    /* PyGC_Head is two words, where there is one; _Py_REF_SHARED_SHIFT is 2. */
    if (l->gc_head_size != (l->free_threaded ? 0 : 16) || l->gc_generation_threshold != 16 ||
        (l->object_ref_shared_shift != HF_ABSENT && l->object_ref_shared_shift != 2) ||
        (l->gc_bits_tracked != HF_ABSENT && l->gc_bits_tracked != 1)) {
        snprintf(why, size, "the collector's head is of another build");
        return false;
    }
    if (l->deque_block_rightlink - l->deque_block_data != l->deque_block_items * 8) {
        snprintf(why, size, "a block of a deque has not %d items", l->deque_block_items);
        return false;
    }
    /* PyLong_SHIFT goes with the size of a digit: Include/cpython/longintrepr.h. */
    if (l->long_digit_bits != (l->long_digit_size == 4 ? 30 : 15)) {
        snprintf(why, size, "digits of %d bytes have not %d bits", l->long_digit_size,
                 l->long_digit_bits);
        return false;
    }
    return true;
}

/* The last member is the limit of digits that 3.9.14 and 3.10.7 were given; before it stand the
 * small ints of 3.9, and from the contexts of 3.10 to its cache of types. */
int32_t hf_layout_interpreter_end(const hf_layout *l)
{
    uint32_t version = l->first_version >> 16;
    int32_t limit = l->first_version >= (version == 0x0309 ? 0x03090e00u : 0x030a0700u) ? 8 : 0;
    if (version >= 0x030b)
        return l->interpreter_size;
    return limit + (version == 0x0309 ? l->interpreter_audit_hooks + 2112
                                      : l->interpreter_free_lists_end + 100224);
}

/* What an interpreter and a thread end with. */
static bool keeps_ends(const hf_layout *l, char *why, size_t size)
{
    uint32_t version = l->first_version >> 16;
    if (l->interpreter_size != hf_layout_interpreter_end(l)) {
        snprintf(why, size, "an interpreter of %d bytes does not end with its last member",
                 l->interpreter_size);
        return false;
    }
    if (version >= 0x030e && l->interpreter_func_state_size != 8 + 4096 * 16) {
        snprintf(why, size, "the versions of functions take %d bytes",
                 l->interpreter_func_state_size);
        return false;
    }
    /* With a compiler to machine code, threads and interpreters have a word more. */
    if (l->thread_lazy_imports != HF_ABSENT && !l->free_threaded &&
        l->thread_lazy_imports - l->thread_running_task !=
            l->interpreter_size - l->interpreter_monitoring_tool_names - 1408) {
        snprintf(why, size, "thread_lazy_imports is not the last member of a thread");
        return false;
    }
    return true;
}

bool hf_layout_keeps_runs(const hf_layout *l, char *why, size_t size)
{
    return keeps_relations(l, why, size) && keeps_constants(l, why, size) &&
           keeps_tables(l, why, size) && keeps_ends(l, why, size);
}

bool hf_layout_in_run(size_t place)
{
    for (size_t i = 0; i < sizeof(relations) / sizeof(relations[0]); i++)
        if (relations[i].first == place || relations[i].second == place)
            return true;
    return false;
}
