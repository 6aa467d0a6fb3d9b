/* tools/private_structs.h - structs that CPython keeps inside one of its .c files.
 *
 * Declared anew here, member for member as far as the tool needs them, so that the compiler lays
 * them out as CPython's own does. Read by the probe of gen_layouts.py only, after Python.h and the
 * internal headers. Each says which source file it mirrors; #if PY_VERSION_HEX where it changed. */

/* What only one kind of build has. HF_ABSENT is that of cpython/layout.h. */
#define HF_ABSENT INT32_MIN
#ifdef Py_GIL_DISABLED
#define HF_WITH_GIL(value)      HF_ABSENT
#define HF_FREE_THREADED(value) (value)
#define HF_GC_HEAD_SIZE         0
#else
#define HF_WITH_GIL(value)      (value)
#define HF_FREE_THREADED(value) HF_ABSENT
#define HF_GC_HEAD_SIZE         sizeof(PyGC_Head)
#endif

/* mimalloc 2.1.2 works out where the blocks of a page begin, 2.2 and later keep it. */
#ifdef MI_MALLOC_VERSION
#if MI_MALLOC_VERSION <= 212
#define HF_MI_PAGE_START HF_ABSENT
#define HF_MI_BLOCK_SIZE xblock_size
#define HF_MI_TAG        tag
#else
#define HF_MI_PAGE_START offsetof(mi_page_t, page_start)
#define HF_MI_BLOCK_SIZE block_size
#define HF_MI_TAG        heap_tag
#endif
#endif

/* internal/pycore_interp_structs.h. From 3.14.0 to 3.14.4 the collector is incremental: in the
 * place of three generations there are a young one and two halves of an old one. Free-threaded
 * builds have kept these names for their thresholds and counts; they have no lists. */
#if PY_VERSION_HEX >= 0x030e0000 && (defined(Py_GIL_DISABLED) || PY_VERSION_HEX < 0x030e0500)
#define HF_GC_GENERATIONS young
#define HF_GC_GENERATION0 HF_ABSENT
#else
#define HF_GC_GENERATIONS generations
#define HF_GC_GENERATION0 offsetof(struct _gc_runtime_state, generation0)
#endif

/* The incremental collector does not count who survived. */
#if PY_VERSION_HEX >= 0x030e0000 && PY_VERSION_HEX < 0x030e0500 && !defined(Py_GIL_DISABLED)
#define HF_GC_SURVIVORS(member) HF_ABSENT
#else
#define HF_GC_SURVIVORS(member) offsetof(struct _gc_runtime_state, member)
#endif

#if PY_VERSION_HEX < 0x030b0000
/* Objects/dict-common.h, 3.9 and 3.10 */
typedef struct {
    Py_hash_t me_hash;
    PyObject *me_key;
    PyObject *me_value;
} PyDictKeyEntry;

struct _dictkeysobject {
    Py_ssize_t dk_refcnt, dk_size;
    void *dk_lookup;
    Py_ssize_t dk_usable, dk_nentries;
    char dk_indices[];
};
#endif

#if PY_VERSION_HEX < 0x030a0000
/* Objects/moduleobject.c, 3.9 */
typedef struct {
    PyObject_HEAD PyObject *md_dict;
    PyModuleDef *md_def;
    void *md_state;
    PyObject *md_weaklist, *md_name;
} PyModuleObject;

/* Modules/atexitmodule.c, 3.9: the state of the module; later the interpreter's */
typedef struct {
    PyObject *func, *args, *kwargs;
} atexit_callback;

typedef struct {
    atexit_callback **callbacks;
    int ncallbacks;
} hf_atexit_state;
#endif

/* Objects/odictobject.c, all versions */
typedef struct hf_odict_node {
    PyObject *key;
    Py_hash_t hash;
    struct hf_odict_node *next, *prev;
} hf_odict_node;

typedef struct {
    PyDictObject od_dict;
    hf_odict_node *od_first, *od_last;
    hf_odict_node **od_fast_nodes;
    Py_ssize_t od_fast_nodes_size;
    void *od_resize_sentinel;
    size_t od_state;
} hf_odict;

/* Modules/_collectionsmodule.c, all versions */
#define HF_DEQUE_BLOCK_ITEMS 64

typedef struct hf_deque_block {
    struct hf_deque_block *leftlink;
    PyObject *data[HF_DEQUE_BLOCK_ITEMS];
    struct hf_deque_block *rightlink;
} hf_deque_block;

typedef struct {
    PyObject_VAR_HEAD hf_deque_block *leftblock, *rightblock;
    Py_ssize_t leftindex, rightindex;
    size_t state;
    Py_ssize_t maxlen;
} hf_deque;

/* Modules/_functoolsmodule.c, 3.9 to 3.13 */
typedef struct hf_lru_link {
    PyObject_HEAD struct hf_lru_link *prev, *next; /* borrowed: the cache owns the links */
    Py_hash_t hash;
    PyObject *key, *result;
} hf_lru_link;

typedef struct {
    hf_lru_link root;
    void *wrapper;
    int typed;
    PyObject *cache;
    Py_ssize_t hits;
    PyObject *func;
    Py_ssize_t maxsize, misses;
#if PY_VERSION_HEX >= 0x030a0000
    PyObject *kwd_mark, *lru_list_elem_type;
#endif
    PyObject *cache_info_type;
} hf_lru_cache;

/* Modules/_functoolsmodule.c: partial. `placeholder`, 3.14 and later, is the module's. */
typedef struct {
    PyObject_HEAD PyObject *fn, *args, *kw, *dict, *weakreflist;
} hf_partial;

/* Modules/itertoolsmodule.c, all versions */
#define HF_TEE_ITEMS 57

typedef struct {
    PyObject_HEAD PyObject *it;
    int numread, running;
    PyObject *nextlink;
    PyObject *values[HF_TEE_ITEMS];
} hf_tee_data;

/* Modules/_asynciomodule.c: a task begins as a future. 3.10.6 keeps the traceback apart; 3.11 one
 * exception where there were type, value and traceback; 3.13 made flags of two ints and moved the
 * instance dict in front of the object; 3.14 packed them, so that those of a task share their
 * word with those of its future. */
typedef struct {
    PyObject_HEAD PyObject *loop, *callback0, *context0, *callbacks, *exception;
#if PY_VERSION_HEX >= 0x030a0600
    PyObject *exception_tb;
#endif
    PyObject *result, *source_tb, *cancel_msg;
#if PY_VERSION_HEX < 0x030d0000
    int state, log_tb, blocking;
    PyObject *dict, *weakreflist;
#if PY_VERSION_HEX < 0x030b0000
    _PyErr_StackItem cancelled_state;
#else
    PyObject *cancelled_exc;
#endif
#else
    PyObject *cancelled_exc;
#if PY_VERSION_HEX >= 0x030e0000
    PyObject *awaited_by;
#endif
    int state;
#if PY_VERSION_HEX >= 0x030e0000
    char is_task, awaited_by_is_set;
    unsigned short flags;
#else
    unsigned flags;
#endif
#endif
} hf_future;

#if PY_VERSION_HEX >= 0x030a0600
#define HF_FUTURE_EXCEPTION_TB offsetof(hf_future, exception_tb)
#else
#define HF_FUTURE_EXCEPTION_TB HF_ABSENT
#endif

typedef struct {
    hf_future future;
#if PY_VERSION_HEX >= 0x030d0000 && PY_VERSION_HEX < 0x030e0000
    unsigned flags;
#endif
#if PY_VERSION_HEX >= 0x030d0000
    int num_cancels_requested;
#endif
    PyObject *fut_waiter, *coro, *name, *context;
} hf_task;

/* Modules/_threadmodule.c, 3.9 to 3.13 */
typedef struct {
    PyObject_HEAD
#if PY_VERSION_HEX < 0x030d0000
        PyObject *key;
    PyObject *args,
#else
        PyObject *args,
#endif
        *kw, *weakreflist, *dummies; /* localdummies from 3.13 on */
    PyObject *thread_watchdogs;      /* 3.13 */
} hf_local;

#if PY_VERSION_HEX < 0x030b0000
/* Modules/_sqlite/cache.h, 3.9 and 3.10 */
typedef struct hf_sqlite_node {
    PyObject_HEAD PyObject *key, *data;
    long count;
    struct hf_sqlite_node *prev, *next;
} hf_sqlite_node;

typedef struct {
    PyObject_HEAD int size;
    PyObject *mapping, *factory;
    hf_sqlite_node *first, *last;
    int owns_factory;
} hf_sqlite_cache;
#endif

/* Modules/_elementtree.c, 3.9 to 3.13. Text and tail have a tag in their lowest bit. */
typedef struct {
    PyObject *attrib;
    Py_ssize_t length, allocated;
    PyObject **children;
    PyObject *own_children[4];
} hf_element_extra;

typedef struct {
    PyObject_HEAD PyObject *tag, *text, *tail;
    hf_element_extra *extra;
    PyObject *weakreflist;
} hf_element;

/* Modules/_pickle.c, 3.9 to 3.13 */
typedef struct {
    PyObject *key;
    Py_ssize_t value;
} hf_memo_entry;

typedef struct {
    size_t mask, used, allocated;
    hf_memo_entry *table;
} hf_memo_table;

typedef struct {
    PyObject_HEAD hf_memo_table *memo;
} hf_pickler;

typedef struct {
    PyObject_HEAD PyObject *stack;
    PyObject **memo;
    size_t memo_size, memo_len;
} hf_unpickler;

typedef struct {
    PyObject_VAR_HEAD PyObject **data;
} hf_pickle_stack;

/* Modules/_queuemodule.c, 3.13: a ring. Before it the items were in a list. */
typedef struct {
    PyObject_HEAD char has_threads_waiting;
    Py_ssize_t put_idx, get_idx;
    PyObject **items;
    Py_ssize_t items_cap, num_items;
} hf_simple_queue;

/* Modules/zlibmodule.c, around the stream of zlib.h, which no -dev package of Python
 * brings along */
typedef struct {
    void *next_in;
    unsigned avail_in;
    unsigned long total_in;
    void *next_out;
    unsigned avail_out;
    unsigned long total_out;
    void *msg, *state, *zalloc, *zfree, *opaque;
    int data_type;
    unsigned long adler, reserved;
} hf_z_stream;

typedef struct {
    PyObject_HEAD hf_z_stream zst;
    PyObject *unused_data, *unconsumed_tail;
    char eof;
    int is_initialised;
    PyObject *zdict;
} hf_zlib_object;

typedef struct {
    PyObject_HEAD hf_z_stream zst; /* 3.12 */
    PyObject *zdict;
    void *lock;
    PyObject *unused_data;
} hf_zlib_decompressor;

/* Modules/_decimal/_decimal.c, around mpd_t of mpdecimal.h */
typedef struct {
    PyObject_HEAD Py_hash_t hash;
    unsigned char flags;
    Py_ssize_t exp, digits, len, alloc;
    void *data;
} hf_decimal;

/* Objects/stringlib/unicode_format.h, formatteriterobject and fieldnameiterobject */
typedef struct {
    PyObject_HEAD PyObject *str;
} hf_format_iterator;

/* Modules/_bz2module.c, around the stream of bzlib.h; 3.15: before, the type names the member */
typedef struct {
    PyObject_HEAD void *next_in;
    unsigned avail_in, total_in_low, total_in_high;
    void *next_out;
    unsigned avail_out, total_out_low, total_out_high;
    void *state, *bzalloc, *bzfree, *opaque;
    char eof;
    PyObject *unused_data;
} hf_bz2_decompressor;

/* Modules/_lzmamodule.c, around the allocator and the stream of lzma.h; 3.15, as above */
typedef struct {
    PyObject_HEAD void *alloc, *free, *opaque;
    void *next_in;
    size_t avail_in;
    unsigned long long total_in;
    void *next_out;
    size_t avail_out;
    unsigned long long total_out;
    void *allocator, *internal, *reserved_pointers[4];
    unsigned long long seek_position, reserved_number;
    size_t reserved_sizes[2];
    int reserved_enumerations[2];
    int check;
    char eof;
    PyObject *unused_data;
} hf_lzma_decompressor;

/* Modules/_sre/sre.h (3.9, 3.10: Modules/sre.h) */
typedef struct {
    PyObject_VAR_HEAD PyObject *string, *regs, *pattern;
} hf_match;

/* Modules/_csv.c */
typedef struct {
    PyObject_HEAD PyObject *input_iter, *dialect, *fields;
} hf_csv_reader;

/* Modules/_operator.c; from vectorcall_args on 3.13 */
typedef struct {
    PyObject_HEAD PyObject *name, *args, *kwds, *vectorcall_args, *vectorcall_kwnames;
} hf_method_caller;

/* Modules/_io/bufferedio.c, 3.9 to 3.13 */
typedef struct {
    PyObject_HEAD PyObject *raw;
    int ok, detached, readable, writable;
    char finalizing;
    int fast_closed_checks;
    off_t abs_pos;
    char *buffer;
    off_t pos, raw_pos, read_end, write_pos, write_end;
    void *lock;
    unsigned long owner;
    Py_ssize_t buffer_size, buffer_mask;
} hf_buffered;

/* Modules/_io/bytesio.c, stringio.c */
typedef struct {
    PyObject_HEAD PyObject *buf;
    Py_ssize_t pos, string_size;
} hf_bytesio;

typedef struct {
    PyObject_HEAD Py_UCS4 *buf;
    Py_ssize_t pos, string_size;
    size_t buf_size;
} hf_stringio;

/* Modules/arraymodule.c */
typedef struct {
    char typecode;
    int itemsize;
} hf_array_description;

typedef struct {
    PyObject_VAR_HEAD char *ob_item;
    Py_ssize_t allocated;
    const hf_array_description *ob_descr;
} hf_array;

/* Modules/mmapmodule.c */
typedef struct {
    PyObject_HEAD char *data;
    Py_ssize_t size;
} hf_mmap;

/* Modules/_struct.c */
typedef struct {
    const void *fmtdef;
    Py_ssize_t offset, size, repeat;
} hf_struct_code;

typedef struct {
    PyObject_HEAD Py_ssize_t s_size, s_len;
    hf_struct_code *s_codes;
    PyObject *s_format;
} hf_struct;

/* Modules/_ctypes/ctypes.h, 3.9 to 3.13 */
typedef struct hf_cdata {
    PyObject_HEAD char *b_ptr;
    int b_needsfree;
    struct hf_cdata *b_base;
    Py_ssize_t b_size, b_length, b_index;
    PyObject *b_objects;
    long double b_value;
} hf_cdata;

#if PY_VERSION_HEX >= 0x030d0000
/* Modules/_ctypes/ctypes.h, 3.13: StgInfo, at the end of the type's own struct;
 * PyObject_GetTypeData() aligns it as malloc() does */
typedef struct {
    PyHeapTypeObject type;
    int initialized __attribute__((aligned(16)));
    Py_ssize_t size, align, length;
    size_t ffi_size;
    unsigned short ffi_alignment, ffi_code;
    void **elements;
    PyObject *proto;
    void *setfunc, *getfunc, *paramfunc;
    PyObject *argtypes, *converters, *restype, *checker;
#if PY_VERSION_HEX >= 0x030e0000
    PyObject *pointer_type;
#endif
    PyObject *module;
    int flags;
    char *format;
    int ndim;
    Py_ssize_t *shape;
} hf_ctype;
#endif

#if PY_VERSION_HEX < 0x030d0000
/* Modules/_ctypes/ctypes.h, 3.9 to 3.12; the members from ffi_size on are libffi's ffi_type */
typedef struct {
    PyDictObject dict;
    Py_ssize_t size, align, length;
    size_t ffi_size;
    unsigned short ffi_alignment, ffi_code;
    void **elements;
    PyObject *proto;
    void *setfunc, *getfunc, *paramfunc;
    PyObject *argtypes, *converters, *restype, *checker;
    int flags;
    char *format;
    int ndim;
    Py_ssize_t *shape;
} hf_stgdict;
#endif

/* Modules/itertoolsmodule.c; combinations_with_replacement begins like combinations */
typedef struct {
    PyObject_HEAD PyObject *pools;
} hf_product;

typedef struct {
    PyObject_HEAD PyObject *pool;
    Py_ssize_t *indices;
    PyObject *result;
    Py_ssize_t r;
} hf_combinations;

typedef struct {
    PyObject_HEAD PyObject *pool;
    Py_ssize_t *indices, *cycles;
    PyObject *result;
    Py_ssize_t r;
} hf_permutations;

typedef struct {
    PyObject_HEAD PyObject *it, *keyfunc, *tgtkey, *currkey, *currvalue;
    const void *currgrouper; /* borrowed */
} hf_groupby;

/* Objects/descrobject.c, 3.9 to 3.13 */
typedef struct {
    PyObject_HEAD PyObject *prop_get, *prop_set, *prop_del, *prop_doc;
#if PY_VERSION_HEX >= 0x030a0000
    PyObject *prop_name;
#endif

} hf_property;

typedef struct {
    PyObject_HEAD PyObject *mapping;
} hf_mapping_proxy;

/* Modules/_tracemalloc.c, 3.9 to 3.11, and Python/tracemalloc.c */
#if PY_VERSION_HEX < 0x030c0000
typedef struct {
    int initialized, tracing, max_nframe;
} hf_tracemalloc_config;

struct __attribute__((packed)) tracemalloc_frame {
    PyObject *filename;
    unsigned int lineno;
};

struct tracemalloc_traceback {
    Py_uhash_t hash;
    uint16_t nframe, total_nframe;
    struct tracemalloc_frame frames[1];
};
#endif

typedef struct {
    size_t size;
    struct tracemalloc_traceback *traceback;
} hf_trace;
