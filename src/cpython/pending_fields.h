/* cpython/pending_fields.h - where CPython keeps what it is asked to run between two instructions.
 *
 * The syntax is that of cpython/layout_fields.h, and tools/gen_layouts.py --pending has a compiler
 * answer them for each version. No include guard: pending_layout.h makes a struct of it. */

/* clang-format off */

/* Members before and behind those below, of which the proved layout knows where they are: where
 * they are equal there, so is what lies between */
HF_FIELD(interpreter_next, PyInterpreterState, next)
HF_FIELD(interpreter_runtime, PyInterpreterState, runtime)
HF_FIELD(interpreter_gc, PyInterpreterState, gc)
HF_FIELD_IN(0x0309, 0x030c, interpreter_modules, PyInterpreterState, modules)
HF_ALSO_IN(0x030c, 0xffff, interpreter_modules, PyInterpreterState, imports.modules)
HF_SIZE_IN(0x030d, 0xffff, debug_offsets_size, struct _Py_DebugOffsets)

/* 3.9 to 3.13: the ring of pending calls of an interpreter (internal/pycore_interp.h,
 * internal/pycore_ceval_state.h) */
HF_FIELD_IN(0x0309, 0x030d, ring_lock, PyInterpreterState, ceval.pending.lock)
HF_ALSO_IN(0x030d, 0x030e, ring_lock, PyInterpreterState, ceval.pending.mutex)
HF_FIELD_IN(0x030c, 0x030d, ring_busy, PyInterpreterState, ceval.pending.busy)
HF_FIELD_IN(0x0309, 0x030d, ring_to_do, PyInterpreterState, ceval.pending.calls_to_do)
HF_FIELD_IN(0x0309, 0x030d, ring_breaker, PyInterpreterState, ceval.eval_breaker)
HF_FIELD_IN(0x0309, 0x030e, ring_slots, PyInterpreterState, ceval.pending.calls)
HF_CONSTANT_IN(0x0309, 0x030e, ring_slot_size, sizeof(((PyInterpreterState *)0)->ceval.pending.calls[0]))
HF_CONSTANT_IN(0x0309, 0x030e, ring_slot_count, sizeof(((PyInterpreterState *)0)->ceval.pending.calls) / sizeof(((PyInterpreterState *)0)->ceval.pending.calls[0]))
HF_FIELD_IN(0x0309, 0x030e, ring_first, PyInterpreterState, ceval.pending.first)
HF_FIELD_IN(0x0309, 0x030d, ring_next, PyInterpreterState, ceval.pending.last)
HF_ALSO_IN(0x030d, 0x030e, ring_next, PyInterpreterState, ceval.pending.next)
HF_FIELD_IN(0x030d, 0x030e, ring_pending, PyInterpreterState, ceval.pending.npending)
HF_FIELD_IN(0x030d, 0x030e, ring_most, PyInterpreterState, ceval.pending.max)
HF_FIELD_IN(0x030d, 0x030e, ring_loops, PyInterpreterState, ceval.pending.maxloop)
HF_FIELD_IN(0x030d, 0x030e, thread_breaker, PyThreadState, eval_breaker)

/* From 3.14 on, where the process itself says where it takes requests: PEP 768
 * (internal/pycore_debug_offsets.h) */
HF_FIELD_IN(0x030e, 0xffff, offsets_breaker, struct _Py_DebugOffsets, debugger_support.eval_breaker)
HF_FIELD_IN(0x030e, 0xffff, offsets_support, struct _Py_DebugOffsets, debugger_support.remote_debugger_support)
HF_FIELD_IN(0x030e, 0xffff, offsets_enabled, struct _Py_DebugOffsets, debugger_support.remote_debugging_enabled)
HF_FIELD_IN(0x030e, 0xffff, offsets_asked, struct _Py_DebugOffsets, debugger_support.debugger_pending_call)
HF_FIELD_IN(0x030e, 0xffff, offsets_script, struct _Py_DebugOffsets, debugger_support.debugger_script_path)
HF_FIELD_IN(0x030e, 0xffff, offsets_script_size, struct _Py_DebugOffsets, debugger_support.debugger_script_path_size)
