/* agent/creators_before.h - who creates objects, in CPython 3.9 to 3.12, which tell it
 * nobody but tracemalloc.
 *
 * There each new object is announced to tracemalloc while that traces, by a function of its own.
 * So tracemalloc is started, its allocators are taken out again, and that function is replaced
 * by ours, where it lies in memory: at its start a jump is written. That is only done on
 * request. It is refused where tracemalloc is at work already, where the function is not found
 * for certain (by its name in 3.9, else as the only thing that _Py_NewReference() calls), where
 * code may not be written to, and where a new object is then not told of after all: what was
 * done is undone in each case.
 *
 * What the program sees of it: tracemalloc says that it is tracing, and knows of nothing. */
#ifndef HF_AGENT_CREATORS_BEFORE_H
#define HF_AGENT_CREATORS_BEFORE_H

#include <stdbool.h>

/* Asks CPython to call us at a safe place soon, where it is done: then `done` is called. `told` is
 * what is to be called with each new object. False where it cannot be asked. */
bool hf_creators_before_begin(void (*told)(void *object), void (*done)(void));

/* False once tracemalloc was stopped. */
bool hf_creators_before_are_told(void);

#endif
