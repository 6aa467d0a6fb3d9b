/* lint/rules/rules.h - the list of rules, by code. A new rule is a file in this folder and a line
 * here. */
#ifndef HF_LINT_RULES_H
#define HF_LINT_RULES_H

#include "lint/rule.h"

#define HF_RULES(X)       \
    X(cache_on_method)    \
    X(unlimited_cache)    \
    X(module_container)   \
    X(shared_container)   \
    X(instance_container) \
    X(mutable_default)    \
    X(shelf_writeback)    \
    X(log_buffer)         \
    X(keyed_memo)         \
    X(exit_handler)       \
    X(listener)           \
    X(process_registry)   \
    X(weak_misuse)        \
    X(dead_references)    \
    X(closure_capture)    \
    X(wrapper_chain)      \
    X(stored_exception)   \
    X(exception_chain)    \
    X(shared_exception)   \
    X(finalize_self)      \
    X(del_method)         \
    X(parent_cycle)       \
    X(collector_off)      \
    X(task_dropped)       \
    X(task_parked)        \
    X(unbounded_queue)    \
    X(thread_per_call)    \
    X(thread_local)       \
    X(open_without_with)  \
    X(client_per_call)    \
    X(whole_read)         \
    X(whole_array)        \
    X(list_for_once)      \
    X(growing_tree)       \
    X(missing_slots)      \
    X(class_in_function)  \
    X(kept_slice)         \
    X(reused_pickler)     \
    X(interned_input)     \
    X(recording_mock)

#define X(name) extern const hf_rule hf_rule_##name;
HF_RULES(X)
#undef X

#endif
