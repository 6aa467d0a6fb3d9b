/* tools/private_structs.h - structs that CPython keeps inside one of its .c files.
 *
 * Declared anew here, member for member as far as the tool needs them, so that the compiler lays
 * them out as CPython's own does. Read by the probe of gen_layouts.py only, after Python.h and the
 * internal headers. Each says which source file it mirrors; #if PY_VERSION_HEX where it changed. */

#if PY_VERSION_HEX < 0x030b0000
/* Objects/dict-common.h, 3.9 and 3.10 */
typedef struct {
    Py_hash_t me_hash;
    PyObject *me_key;
    PyObject *me_value;
} PyDictKeyEntry;
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
    PyObject_VAR_HEAD
    hf_deque_block *leftblock, *rightblock;
    Py_ssize_t leftindex, rightindex;
    size_t state;
    Py_ssize_t maxlen;
} hf_deque;
