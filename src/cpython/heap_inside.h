/* cpython/heap_inside.h - struct hf_heap, for the files that walk it.
 *
 *     runtime.c   finds _PyRuntime and the rows to try
 *     heap.c      opens: chooses a row by full proof, with
 *     lists.c     the collector's lists, whose members are the first marks; where there are none
 *     tracked.c   the blocks of mimalloc (mimalloc.c) with objects of the collector, and
 *     prove.c     what some of these members look like
 *     allocator.c what surrounds small objects
 *     reach.c     marks all that the members and the roots refer to
 *     asked.c     has objects of unknown types tell what they refer to
 *     blocks.c    where Python's allocator and malloc keep their blocks, and
 *     native_tables.c  arrays of references in memory of malloc, and
 *     owned_tables.c   which of them are whose
 *     forgotten.c what lives in blocks although nothing leads to it
 *     surplus.c   whether native memory has objects that count a reference too many
 *     roots.c     sys.modules, interpreters, data of binaries
 *     threads.c   running threads and their frames
 *     allocations.c, allocation_tables.c  what tracemalloc has noted
 *     public_names.c  the strings that --no-values may tell
 *     walk.c      tells it all to a sink, and counts the balance of references */
#ifndef HF_CPYTHON_HEAP_INSIDE_H
#define HF_CPYTHON_HEAP_INSIDE_H

#include "acquire/chunks.h"
#include "base/buf.h"
#include "base/map.h"
#include "cpython/asked.h"
#include "cpython/claims.h"
#include "cpython/decode_read.h"
#include "cpython/heap.h"
#include "cpython/marks.h"
#include "cpython/pymalloc.h"
#include "cpython/runtime.h"
#include "cpython/types.h"

enum { HF_ROWS_MAX = 32, HF_MOVED = 80 };

/* A root before objects have numbers. */
typedef struct hf_found_root {
    uint64_t target;
    uint32_t name, place, thread;
    uint32_t interpreter; /* its id, as in Python */
    uint8_t kind;
    bool owns; /* owns a reference: counts in the balance */
} hf_found_root;

/* A word of the room for a stack, in the order of the stack; target 0: it points at no object. */
typedef struct hf_stack_word {
    hf_found_root root;
    uint64_t frame;
} hf_stack_word;

typedef struct hf_found_thread {
    uint64_t native_id, ident;
    uint32_t name, interpreter;
    uint32_t *frames;
    size_t frame_count;
} hf_found_thread;

/* The writable data of a mapped binary, .bss included. */
typedef struct hf_data_range {
    uint64_t start, end;
    uint32_t name; /* name number of the file's base name */
} hf_data_range;

/* What the collector's lists gave, or in free-threaded builds the pages of its objects. */
typedef struct hf_list_count {
    uint64_t members;
    uint64_t repaired;  /* lists that closed backwards only, or but for the dying */
    uint64_t broken;    /* lists that did not close at all; pages and threads that count other than
                          was found */
    uint64_t strangers; /* blocks that the collector has marked and that hold no object of its */
    uint64_t pages;     /* 0 where there are lists */
} hf_list_count;

/* A reference whose target was not marked when it was met. */
typedef struct hf_met_edge {
    hf_raw_edge edge;
    uint64_t source;            /* the object that told it */
    hf_type_record *charged_to; /* its type, whose row says where its references are; or NULL */
} hf_met_edge;

enum { HF_MET_MAX = 32 };

/* An array of references that an object leads to, and may own; or a structure with some
 * among other members. */
typedef struct hf_led_to {
    uint64_t address, owner;
    bool structure;
} hf_led_to;

struct hf_heap {
    hf_target *target;
    hf_runtime runtime;
    hf_python_info info;
    uint64_t interpreters[HF_INTERPRETERS_MAX];
    size_t interpreter_count;
    const hf_layout *rows[HF_ROWS_MAX]; /* to be tried, best first */
    size_t row_count, next_row;
    size_t next_base; /* of rows: to be calibrated when all are refused */
    bool may_calibrate;
    hf_layout calibrated; /* a row that was made for this process, and what was moved in it */
    const hf_layout *base;
    char moved[HF_MOVED];
    bool knows_debug_info;    /* it has been asked */
    char informant[HF_MOVED]; /* the file whose debug information the row is from, or "" */
    hf_buf reasons;           /* why those before next_row were refused */

    hf_decode decode;
    hf_types types;
    hf_marks marks;
    hf_claims claims; /* empty unless the walk was to note them */
    hf_arenas arenas; /* of pymalloc, and heaps of malloc: once hf_blocks_find() was called */
    hf_malloc malloc;
    bool knows_blocks;
    uint64_t *frozen; /* bits as in marks: members of the permanent generation */
    uint64_t *recent; /* bits as in marks: members that are HF_OBJECT_RECENT */
    /* Bits as in marks: members of the collector's lists, where all of these close; or NULL. */
    uint64_t *listed;
    uint64_t *public_names; /* bits as in marks: strings that are names in source code, or NULL */
    hf_list_count lists;
    /* Free-threaded builds only: collected objects that have been made immortal, which the
     * collector then no longer tracks. */
    uint64_t *immortals;
    size_t immortal_count, immortal_capacity;
    bool torn; /* a collection ran, or memory was read while it changed: lists are in pieces */

    hf_strtab names;
    hf_map name_of_str; /* address of a str object -> name number */
    /* The dicts of interned strings, whose references are not counted; 0: unknown. From 3.12 on one
     * an interpreter; before, one for all. */
    uint64_t interned[HF_INTERPRETERS_MAX];

    uint64_t *pending; /* marked, edges not yet followed */
    size_t pending_count, pending_capacity;
    hf_met_edge met[HF_MET_MAX];
    size_t met_count;
    uint64_t sweep; /* address up to which marked objects have been followed; 0: nobody has begun */
    uint64_t *to_follow; /* bits as in marks: ahead of the sweep, and may refer to others */

    hf_data_range *ranges; /* ascending */
    size_t range_count;
    hf_found_root *roots;
    size_t root_count, root_capacity;
    hf_map owner_of_table; /* native_tables.c: of the arrays of references, by address */
    hf_found_root *tabled; /* objects in arrays that the data of binaries leads to */
    size_t tabled_count, tabled_capacity;
    uint64_t tabled_words; /* of all such arrays */
    hf_led_to *led_to;     /* owned_tables.c: arrays that objects lead to */
    size_t led_to_count, led_to_capacity;
    hf_map owned_tables; /* of these, by address: their numbers in led_to */
    hf_map missed; /* by object in them: references that it counts more than were found and told */
    hf_stack_word *stacks; /* words that may be of an evaluation stack: stacks.c */
    size_t stack_count, stack_capacity;
    hf_found_thread *threads;
    size_t thread_count, thread_capacity;
    bool failed; /* out of memory while in a callback */

    bool asks; /* objects of unknown types are to be asked */
    hf_asked asked;
    hf_asking_info asking;
};

/* hf_heap_open() with rows of the caller's choice, NULL for those that fit the version: how tests
 * prove that no wrong row is accepted. */
hf_err *hf_heap_open_with(hf_target *frozen, const hf_layout *const *rows, size_t count,
                          hf_heap **ret);

/* hf_heap_open_with(), and where all of the rows are refused, one is made from them. */
hf_err *hf_heap_open_calibrated(hf_target *frozen, const hf_layout *const *rows, size_t count,
                                hf_heap **ret);

/* prove_runtime.c: asks interpreters and threads; what speaks against the row is counted. */
void hf_prove_runtime(hf_heap *heap);

/* Refuses the row that was proved, for what the whole heap said against it, and proves the next
 * one; HF_ERR_UNPROVEN where none is left. All that was found is forgotten. */
hf_err *hf_heap_try_next(hf_heap *heap, const char *why);

/* True where the target speaks against the row, as far as it has been asked: see prove.h. */
bool hf_heap_is_contradicted(const hf_heap *heap, char why[HF_WHY]);

/* lists.c: marks the members of all lists of the collector; where these are torn, also of the
 * pieces that hang on modules. */
void hf_lists_mark(hf_heap *heap);

/* tracked.c: the same in free-threaded builds. */
hf_err *hf_tracked_mark(hf_heap *heap);

/* Roots for immortal objects that nothing else has led to: they stay all the same. */
void hf_tracked_add_immortals(hf_heap *heap);

/* The object that the collector's header of the object at `address` is linked to; 0 where none. */
uint64_t hf_lists_next(hf_heap *heap, uint64_t address);

/* allocator.c: looks what the allocator writes around marked objects, for heap->decode. */
void hf_allocator_find(hf_heap *heap);

/* Whether the object at `address`, of a type that has the collector's header, is linked in a list:
 * what lies behind it leads back. Words that only look like an object are not. */
bool hf_lists_has(hf_heap *heap, uint64_t address);

/* qualnames.c: once the members of the lists are marked. Kept in heap->decode. */
hf_err *hf_qualnames_find(hf_heap *heap);
void hf_qualnames_free(hf_heap *heap);

/* prove.c: whether marked objects look as the row says. Frames are asked only of threads that do
 * not run (`at_rest`): a frame is linked before it is whole. */
bool hf_prove_shapes(hf_heap *heap, bool at_rest, char why[HF_WHY]);

/* reach.c */

/* The type of the object at `address`; NULL where there is none: it must be readable, its type
 * verified, its count of references sane. `trusted`: the word that points there is known to be a
 * reference, so that less may be asked. */
const hf_type_record *hf_object_type(hf_heap *heap, uint64_t address, bool trusted);
bool hf_is_object(hf_heap *heap, uint64_t address, bool trusted);

/* Marks an object whose edges are to be followed; false where there is none. */
bool hf_reach(hf_heap *heap, uint64_t address, bool trusted);

/* Follows the edges of all marks until nothing new is found; hf_reach_rest() what came after. */
void hf_reach_all(hf_heap *heap);
void hf_reach_rest(hf_heap *heap);

/* asked.c */

/* Notes an object that was reached, where its type is to be asked. */
void hf_ask_about(hf_heap *heap, const hf_type_record *type, uint64_t address);

/* Asks all that were noted, reaches what they tell, and so on until nothing new is found. */
hf_err *hf_ask_all(hf_heap *heap, const hf_asking *how);

/* blocks.c: fills heap->arenas and heap->malloc; fails only for want of memory. */
hf_err *hf_blocks_find(hf_heap *heap);
void hf_blocks_deinit(hf_heap *heap);

/* Bytes that the user got of the chunk of malloc in use whose memory starts at `address`;
 * 0 where there is none. */
uint64_t hf_chunk_bytes(hf_heap *heap, uint64_t address);

/* Calls back for each chunk of malloc that has a mapping of its own. */
void hf_mapped_chunks_visit(hf_heap *heap,
                            void (*see)(void *context, uint64_t chunk, uint64_t size),
                            void *context);

/* native_tables.c */

/* Where the word of a root leads to an array of references: reaches its objects, and notes
 * each as such a root. */
void hf_native_table_note(hf_heap *heap, const hf_found_root *like);

/* Tells the objects in the array of references at `address`. */
void hf_native_table_members(hf_heap *heap, uint64_t address,
                             void (*see)(void *context, uint64_t object), void *context);

/* Where a scanned word of a capsule leads to an array of references that nobody has led to before:
 * reaches its objects; what other objects lead to is only noted. Later, tells them again
 * to the same object. */
void hf_native_table_reach(hf_heap *heap, uint64_t owner, uint64_t address);
void hf_native_table_visit(hf_heap *heap, uint64_t owner, uint64_t address,
                           void (*see)(void *context, uint64_t object), void *context);

/* owned_tables.c: notes an array or a structure that an object leads to; decides, once everything
 * is marked, which are whose; tells the objects of one to its owner, each as often as its count
 * of references has a place for it. */
void hf_owned_table_note(hf_heap *heap, uint64_t owner, uint64_t address, bool structure);
void hf_owned_tables_settle(hf_heap *heap);
void hf_owned_table_visit(hf_heap *heap, uint64_t owner, uint64_t address,
                          void (*see)(void *context, uint64_t object), void *context);

/* forgotten.c: once all else is marked, marks the objects that nothing leads to,
 * and what they refer to. */
hf_err *hf_forgotten_find(hf_heap *heap);

/* surplus.c: `balance`, by number: references that an object counts more than were found; more than
 * `most`: that says nothing. To be asked when all objects were told, and have claimed what is
 * theirs. Names the binary in heap->names. */
hf_err *hf_surplus_find(hf_heap *heap, const int32_t *balance, int32_t most,
                        hf_surplus ret[HF_SURPLUS_TYPES]);

/* roots.c */
hf_err *hf_roots_find_ranges(hf_heap *heap);
const hf_data_range *hf_range_of(const hf_heap *heap, uint64_t address); /* NULL: none */
void hf_roots_named(hf_heap *heap);   /* before reach: what interpreters name, and sys.modules */
void hf_roots_scanned(hf_heap *heap); /* after reach: words of interpreters and of data ranges */

/* PyInterpreterState.id of an interpreter. */
uint32_t hf_interpreter_id(hf_heap *heap, uint64_t interpreter);

/* Notes a root and reaches its target; false where it is no object. */
bool hf_root_add(hf_heap *heap, const hf_found_root *root);

/* public_names.c: fills heap->public_names, once everything is marked. */
hf_err *hf_public_names_find(hf_heap *heap);

/* threads.c: fills heap->threads and their roots. */
void hf_threads_find(hf_heap *heap);

/* stacks.c: notes the words of a frame that may be of its stack, where only a register of the
 * processor knows how many are; each as `root`, but for its target and name. */
void hf_stacks_note(hf_heap *heap, uint64_t frame, const hf_found_root *root);

/* Reaches what they point at, once all else has been. */
void hf_stacks_reach(hf_heap *heap);

/* Name numbers, 0 ("") where out of memory or no text. */
uint32_t hf_name(hf_heap *heap, const char *text);
uint32_t hf_name_of(hf_heap *heap, const hf_buf *text);
uint32_t hf_name_of_str(hf_heap *heap, uint64_t str);

/* The name that the label of a raw edge means. */
uint32_t hf_name_of_label(hf_heap *heap, const hf_raw_edge *edge);

#endif
