/* agent/layout_fields.h - the facts about CPython's structs that a traced process needs to read the
 * stack of its own threads. The syntax is that of cpython/layout_fields.h, and tools/gen_layouts.py
 * has a compiler answer them for each version. No include guard: layout.h makes a struct of it. */

/* clang-format off */

/* The thread's newest call: a frame object (3.9, 3.10), or behind the struct of the C
 * call (3.11, 3.12) */
HF_FIELD_IN(0x0309, 0x030b, thread_frame, PyThreadState, frame)
HF_FIELD_IN(0x030b, 0x030d, thread_cframe, PyThreadState, cframe)
HF_FIELD_IN(0x030b, 0x030d, cframe_frame, _PyCFrame, current_frame)
HF_ALSO_IN(0x030d, 0xffff, thread_frame, PyThreadState, current_frame)
HF_FIELD_IN(0x030b, 0x030c, cframe_previous, _PyCFrame, previous)

/* A call: who called it, its code, and how far it is: an index (3.9, 3.10) or a pointer
 * into the code */
HF_FIELD_IN(0x0309, 0x030b, frame_previous, struct _frame, f_back)
HF_ALSO_IN(0x030b, 0xffff, frame_previous, _PyInterpreterFrame, previous)
HF_FIELD_IN(0x0309, 0x030b, frame_code, struct _frame, f_code)
HF_ALSO_IN(0x030b, 0x030d, frame_code, _PyInterpreterFrame, f_code)
HF_ALSO_IN(0x030d, 0xffff, frame_code, _PyInterpreterFrame, f_executable)
HF_FIELD_IN(0x0309, 0x030b, frame_lasti, struct _frame, f_lasti)
HF_FIELD_IN(0x030b, 0x030d, frame_instruction, _PyInterpreterFrame, prev_instr)
HF_ALSO_IN(0x030d, 0xffff, frame_instruction, _PyInterpreterFrame, instr_ptr)

/* Not NULL once the interpreter takes its modules apart */
HF_FIELD(runtime_finalizing, _PyRuntimeState, _finalizing)

/* Code */
HF_FIELD_IN(0x030b, 0xffff, code_instructions, PyCodeObject, co_code_adaptive)
HF_FIELD_IN(0x030b, 0xffff, code_first_traceable, PyCodeObject, _co_firsttraceable)
HF_FIELD(code_first_line, PyCodeObject, co_firstlineno)
HF_FIELD(code_file, PyCodeObject, co_filename)
HF_FIELD_IN(0x0309, 0x030b, code_name, PyCodeObject, co_name)
HF_ALSO_IN(0x030b, 0xffff, code_name, PyCodeObject, co_qualname)
HF_FIELD_IN(0x0309, 0x030a, code_lines, PyCodeObject, co_lnotab)
HF_ALSO_IN(0x030a, 0xffff, code_lines, PyCodeObject, co_linetable)

/* Texts and bytes */
HF_FIELD(object_type, PyObject, ob_type)
HF_FIELD(type_dealloc, PyTypeObject, tp_dealloc)
HF_FIELD(type_flags, PyTypeObject, tp_flags)
HF_FIELD(bytes_length, PyVarObject, ob_size)
HF_FIELD(bytes_data, PyBytesObject, ob_sval)
HF_FIELD(text_length, PyASCIIObject, length)
HF_BITS(text_kind, PyASCIIObject, state.kind)
HF_BITS(text_compact, PyASCIIObject, state.compact)
HF_BITS(text_ascii, PyASCIIObject, state.ascii)
HF_SIZE(text_ascii_size, PyASCIIObject)
HF_SIZE(text_compact_size, PyCompactUnicodeObject)
