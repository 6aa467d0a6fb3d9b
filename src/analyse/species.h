/* analyse/species.h - what sort of thing the objects of a type are: a function, a task, a
 * traceback, a node of a document tree.
 *
 * Told by the type's name or by the name of one of its bases, from tables of names of CPython's
 * own library and of well-known libraries; names of the user's program are never in there. */
#ifndef HF_ANALYSE_SPECIES_H
#define HF_ANALYSE_SPECIES_H

#include "graph/graph.h"

typedef enum hf_species {
    HF_SPECIES_OTHER,
    HF_SPECIES_INSTANCE, /* of a class made in Python, nothing better known */
    HF_SPECIES_NUMBER,
    HF_SPECIES_STR,
    HF_SPECIES_BYTES,
    HF_SPECIES_TUPLE,
    HF_SPECIES_LIST,
    HF_SPECIES_DICT,
    HF_SPECIES_SET,
    HF_SPECIES_DEQUE,
    HF_SPECIES_BUFFER, /* bytearray, BytesIO, StringIO, array */
    HF_SPECIES_FUNCTION,
    HF_SPECIES_METHOD,
    HF_SPECIES_PARTIAL,
    HF_SPECIES_CELL,
    HF_SPECIES_CODE,
    HF_SPECIES_TYPE,
    HF_SPECIES_MODULE,
    HF_SPECIES_LRU,
    HF_SPECIES_EXCEPTION,
    HF_SPECIES_TRACEBACK,
    HF_SPECIES_FRAME,
    HF_SPECIES_GENERATOR, /* also coroutines, iterators that hold a source */
    HF_SPECIES_TASK,
    HF_SPECIES_GREENLET,
    HF_SPECIES_FUTURE, /* asyncio */
    HF_SPECIES_RESULT, /* concurrent futures, async results, completed processes */
    HF_SPECIES_HANDLE, /* scheduled callbacks of an event loop */
    HF_SPECIES_CONTEXT,
    HF_SPECIES_THREAD,
    HF_SPECIES_THREAD_LOCAL,
    HF_SPECIES_QUEUE,
    HF_SPECIES_WEAKREF,
    HF_SPECIES_WEAK_MAP,
    HF_SPECIES_FINALIZE,
    HF_SPECIES_VIEW,        /* memoryview, ndarray */
    HF_SPECIES_CALL_RECORD, /* of mock objects */
    HF_SPECIES_TREE_NODE,   /* documents, archive members */
    HF_SPECIES_LOG_RECORD,
    HF_SPECIES_LOGGER,
    HF_SPECIES_LOCK,
    HF_SPECIES_MEMO, /* picklers and copiers */
    HF_SPECIES_ORM,
    HF_SPECIES_NATIVE,   /* small object that owns native memory of its own */
    HF_SPECIES_DATABASE, /* ... which grows while the number of objects does not */
    HF_SPECIES_C_BUFFER, /* memory that was made to be handed to C: arrays of ctypes, of cffi */
    HF_SPECIES_METRIC,
    HF_SPECIES_PROFILER,
    HF_SPECIES_COUNT
} hf_species;

/* What Python code keeps others in, subclasses included. */
static inline bool hf_species_is_collection(hf_species species)
{
    return species >= HF_SPECIES_LIST && species <= HF_SPECIES_DEQUE;
}

/* One entry a type of g; the caller frees it. NULL when out of memory. */
uint8_t *hf_species_of_types(hf_graph *g);

/* Whether a type is made by an extension that is no part of CPython, and nothing is known of it:
 * what its objects refer to, and what memory they have, only the extension knows. */
bool hf_species_is_foreign(const hf_graph *g, const uint8_t *species, uint32_t type);

#endif
