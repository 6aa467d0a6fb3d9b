/* cpython/heap.h - the objects of a frozen CPython, told one after the other.
 *
 * hf_heap_open() chooses a layout table and proves it; hf_heap_walk() then marks everything that
 * can be reached from the collector's lists and the roots, numbers it in order of address, and
 * tells it to a sink. It builds nothing itself: the graph, a live table or a count are sinks. */
#ifndef HF_CPYTHON_HEAP_H
#define HF_CPYTHON_HEAP_H

#include "acquire/ask.h"
#include "acquire/freeze.h"
#include "base/cleanup.h"
#include "base/strtab.h"
#include "cpython/edge.h"

typedef struct hf_heap hf_heap;

/* How a collector works; part of the snapshot file. */
typedef enum hf_collector_kind {
    HF_COLLECTOR_UNKNOWN = 0, /* a file of an older version of this program */
    HF_COLLECTOR_GENERATIONS = 1,
    HF_COLLECTOR_INCREMENTAL = 2, /* 3.14.0 to 3.14.4 */
    HF_COLLECTOR_FREE_THREADED = 3,
    HF_COLLECTOR_KIND_COUNT
} hf_collector_kind;

/* One entry of gc.get_stats(). */
typedef struct hf_collections {
    uint64_t collections, collected, uncollectable;
} hf_collections;

/* What the collector of the main interpreter says of itself. */
typedef struct hf_collector_info {
    hf_collector_kind kind;
    uint32_t debug;              /* gc.get_debug() */
    uint64_t long_lived_total;   /* objects that survived the last full collection */
    uint64_t long_lived_pending; /* ... and since then a collection of generation 1 */
    hf_collections statistics[3];
    uint64_t callbacks; /* len(gc.callbacks) */
    uint64_t listed[3]; /* objects on the lists of its generations */
} hf_collector_info;

/* What is known of the interpreter before its heap is walked; but for collector.listed. */
typedef struct hf_python_info {
    uint32_t version_hex; /* as PY_VERSION_HEX: 0x030b07f0 is 3.11.7 */
    char version[24];     /* "3.11.7" */
    char table[128];      /* the layout table that was proved, and how it was come by */
    bool static_link;     /* _PyRuntime lives in the executable */
    bool debug_build, free_threaded;
    bool gc_enabled, gc_collecting; /* of the main interpreter; of any */
    uint32_t gc_threshold[3], gc_count[3];
    uint32_t interpreter_count;
    uint64_t uncollectable; /* len(gc.garbage) */
    hf_collector_info collector;
} hf_python_info;

/* What a live process must satisfy to be at rest: no collection running (required), GIL free or, in
 * free-threaded builds, no thread in the interpreter (hoped for; of many threads the first). Finds
 * and cheaply checks the runtime in a *live* target; reads, changes nothing. HF_ERR_NOT_PYTHON or
 * HF_ERR_UNPROVEN say what was found instead. */
typedef struct hf_python_probe {
    hf_python_info python;
    hf_rest_word rest[64]; /* of the first interpreters, should there be more */
    size_t rest_count;
} hf_python_probe;

hf_err *hf_python_probe_live(hf_target *live, hf_python_probe *ret);

/* `frozen` must outlive the heap. */
hf_err *hf_heap_open(hf_target *frozen, hf_heap **ret);
void hf_heap_free(hf_heap *heap);
HF_RELEASE_BY(hf_heap, hf_heap_free)
const hf_python_info *hf_heap_python(const hf_heap *heap);

/* Names used in labels, types and roots; filled while walking. */
const hf_strtab *hf_heap_names(const hf_heap *heap);

/* Bits of hf_object.flags; part of the snapshot file. */
enum {
    HF_OBJECT_TRACKED = 1 << 0,   /* on a list of the collector */
    HF_OBJECT_FROZEN = 1 << 1,    /* in the permanent generation (gc.freeze) */
    HF_OBJECT_STATIC = 1 << 2,    /* lies in the data of a binary, not in the heap */
    HF_OBJECT_IMMORTAL = 1 << 3,  /* its reference count is not kept (3.12+) */
    HF_OBJECT_INTERNED = 1 << 4,  /* a str in the intern table */
    HF_OBJECT_FINALIZED = 1 << 5, /* its __del__ has run */
    HF_OBJECT_SUSPENDED = 1 << 6, /* a generator or coroutine that has started and not finished */
    /* A container with a bound of its own: deque(maxlen), lru_cache(maxsize). */
    HF_OBJECT_BOUNDED = 1 << 7,
    HF_OBJECT_HAS_VALUE = 1 << 8, /* a value text is told for it */
    HF_OBJECT_HOLES = 1 << 9,     /* entries were deleted of a dict since its table was made anew */
    /* Tracked, and not yet through a full collection; where that is most, of the newest quarter. */
    HF_OBJECT_RECENT = 1 << 10,
    HF_OBJECT_SMALL_VIEW = 1 << 11, /* shows less than half of the bytes that it keeps */
    HF_OBJECT_QUEUE = 1 << 12,      /* a deque at both of whose ends things came or went */
};

typedef struct hf_object {
    uint64_t address;
    uint32_t number; /* 0, 1, 2, ... in order of address */
    uint32_t type;   /* number of its type */
    uint32_t site;   /* number of the site where it was allocated; 0: not known */
    /* tenths of a second after the start that the sink was told, + 1; 0: not known */
    uint32_t born;
    /* where only samples of blocks were noted: bytes of its block, if it is one; else 0 */
    uint32_t asked;
    uint64_t size;     /* sys.getsizeof(), collector's header included */
    uint64_t block;    /* bytes that the allocator spends on it, tables of its own (items, keys)
                          included; 0 for static objects */
    uint64_t external; /* bytes of buffers outside the allocator's object: buffers, mmap */
    int64_t refcount;  /* as sys.getrefcount() minus its own; -1 where immortal */
    uint64_t length;   /* len() of a container or text, else 0 */
    uint64_t bound;    /* maxlen, maxsize where HF_OBJECT_BOUNDED */
    uint32_t flags;
} hf_object;

/* Of hf_type.flags: Py_TPFLAGS_HAVE_GC of CPython's Include/object.h, 3.9 to 3.15. */
enum { HF_TYPE_HAS_GC = 1 << 14 };

typedef struct hf_type {
    uint32_t number; /* 0, 1, 2, ... */
    uint64_t address;
    uint32_t module;   /* name number: "builtins", "shop.pricing" */
    uint32_t qualname; /* name number: "dict", "Order.Line" */
    uint64_t basicsize, itemsize;
    uint64_t flags; /* tp_flags */
    bool heap_type; /* made at run time */
    bool exact;     /* its references are decoded, not scanned */
} hf_type;

/* Places in source code where memory was asked for, as the target's own tracemalloc notes them. */
typedef struct hf_site_frame {
    uint32_t file; /* name number */
    uint32_t line;
} hf_site_frame;

enum { HF_SITE_FRAMES_MAX = 64 };

typedef struct hf_site {
    uint32_t number;             /* 1, 2, 3, ... */
    const hf_site_frame *frames; /* that ran, innermost first; none where no Python ran */
    uint32_t frame_count;        /* at most HF_SITE_FRAMES_MAX */
    uint64_t blocks,
        bytes; /* that were asked for there and live: objects, and buffers of objects */
} hf_site;

/* Part of the snapshot file. */
typedef enum hf_tracing {
    HF_TRACING_OFF = 0,
    HF_TRACING_READ = 1,
    HF_TRACING_HIDDEN = 2, /* tracemalloc is on, but its tables were not found */
    HF_TRACING_AGENT = 3,  /* by `holdfast run`, and not by tracemalloc */
} hf_tracing;

typedef struct hf_edge {
    uint32_t target;  /* number of an object */
    uint8_t kind;     /* hf_edge_kind */
    uint8_t strength; /* hf_edge_strength */
    uint64_t label;   /* name number or plain number, by kind */
} hf_edge;

/* Why an object may live although no object refers to it; part of the snapshot file. Order is
 * preference: a path is told from the first kind that reaches an object. */
typedef enum hf_root_kind {
    HF_ROOT_MODULE = 0, /* an entry of sys.modules; name: module name */
    HF_ROOT_LOCAL = 1,  /* local of a running frame; name: variable, place: "main (app.py:57)" */
    HF_ROOT_THREAD = 2, /* thread state: dict, context, current exception; name: field */
    HF_ROOT_INTERPRETER = 3, /* interpreter state: sysdict, codecs, atexit, ...; name: field */
    HF_ROOT_STATIC_TYPE = 4, /* a type in the data of a binary; name: type name */
    HF_ROOT_C_STATIC = 5,    /* a word in the data of a binary; name: binary's file name */
    HF_ROOT_KIND_COUNT
} hf_root_kind;

typedef struct hf_root {
    uint32_t target;
    hf_root_kind kind;
    uint32_t name;        /* name number */
    uint32_t place;       /* name number; 0 where there is none */
    uint32_t thread;      /* index into the thread list, or UINT32_MAX */
    uint32_t interpreter; /* its id, as in Python; 0: the main one, or no single one */
} hf_root;

/* A running Python thread; frames innermost first. */
typedef struct hf_python_thread {
    uint64_t native_id;     /* tid; 0 where the version does not keep it */
    uint32_t name;          /* name number: threading's name, else comm; 0: unknown */
    const uint32_t *frames; /* name numbers: "handle (app.py:57)" */
    size_t frame_count;
} hf_python_thread;

/* Objects of one type that count a reference more than were found, and have no root. */
typedef struct hf_surplus {
    uint64_t type; /* its address; 0: none */
    uint64_t objects;
    uint64_t sampled; /* of these, looked for in native memory; 0: nobody could look all through */
    uint64_t stored;  /* ... and found: a word of it is their address */
    uint64_t binary;  /* name number of one whose data leads to where they stand; 0: none known */
} hf_surplus;

enum { HF_SURPLUS_TYPES = 4 };

/* How well the walk went: printed with every snapshot as its self-check. */
typedef struct hf_walk_check {
    uint64_t objects, edges, tracked;
    uint64_t balanced;    /* mortal heap objects whose refcount equals the strong in-edges */
    uint64_t c_held;      /* ... whose refcount is above: held by C */
    uint64_t overcounted; /* ... whose refcount is below: edges of ours that own nothing */
    /* collector's lists that closed backwards only, or but for the dying */
    uint64_t lists_repaired;
    uint64_t unreadable;  /* pointers to memory that was not had */
    uint64_t implausible; /* pointers to what is no object */
    hf_tracing tracing;
    uint64_t traced_blocks, traced_bytes; /* that tracemalloc has noted */
    uint64_t traced_objects;              /* of these blocks, those that are objects */
    uint64_t traces_lost;                 /* notes of it that could not be read */
    uint64_t births_start; /* ns since 1970: when hf_object.born counts from; 0: never known */
    uint64_t births_end;   /* likewise: nothing is known of what was born later; 0: all is known */
    /* an object in memory that an earlier one has left is as old as that block */
    bool births_by_block;
    uint64_t sample_bytes; /* mean bytes from one block that was noted to the next; 0: all were */
    hf_surplus surplus[HF_SURPLUS_TYPES]; /* most objects first */
} hf_walk_check;

/* Called in this order: thread*, type*, root*, site*, notes?, then for each object in order
 * of number: object, edge*, value?. A failure ends the walk and is handed on. Any member
 * may be NULL. */
typedef struct hf_heap_sink {
    void *context;
    hf_err *(*begin)(void *context, uint64_t objects, uint64_t types);
    hf_err *(*thread)(void *context, const hf_python_thread *thread);
    hf_err *(*type)(void *context, const hf_type *type);
    hf_err *(*root)(void *context, const hf_root *root);
    hf_err *(*site)(void *context, const hf_site *site);
    /* hf_object.born, or hf_object.asked, is told of some objects. */
    hf_err *(*notes)(void *context, bool born, bool asked);
    hf_err *(*object)(void *context, const hf_object *object);
    hf_err *(*edge)(void *context, const hf_edge *edge);
    /* UTF-8, or a float packed as double_text.h says. */
    hf_err *(*value)(void *context, const char *text, size_t length);
    void (*progress)(void *context, uint64_t done, uint64_t total); /* objects */
} hf_heap_sink;

/* How objects of types that no decoder knows are asked: see asked.h. */
typedef struct hf_asking {
    void *context;
    /* As hf_target_ask(). */
    hf_err *(*ask)(void *context, const hf_question *questions, size_t count,
                   void (*tell)(void *context, const hf_answer *answer), void *tell_context);
    /* Called once when all is asked. *ret_pause: as hf_freeze_info.pause. */
    hf_err *(*end)(void *context, uint64_t *ret_pause);
} hf_asking;

/* What the agent of `holdfast run` knows: see births.h. */
typedef struct hf_births hf_births;

typedef struct hf_walk_options {
    const hf_births *births; /* NULL: the process is not traced */
    const hf_asking *asking; /* NULL: unknown types are scanned only */
    bool claims;             /* note which blocks objects own, for hf_memory_measure() */
    bool no_values;          /* tell no values, but names in source code: see public_names.c */
    size_t value_limit;      /* bytes of a value; 0: 80 */
} hf_walk_options;

/* How the asking went. */
typedef struct hf_asking_info {
    bool wanted;
    uint64_t types, objects, references; /* that were asked; references told */
    uint64_t types_failed;               /* of which one object did not answer */
    uint64_t pause;                      /* of the target, all together; 0 when nothing was asked */
    char failures[400];                  /* "module.Type crashed; module.Other took too long" */
    char why_not[400];                   /* why some or all could not be asked; "" */
} hf_asking_info;

const hf_asking_info *hf_heap_asking(const hf_heap *heap);

hf_err *hf_heap_walk(hf_heap *heap, const hf_walk_options *options, const hf_heap_sink *sink,
                     hf_walk_check *ret);

#endif
