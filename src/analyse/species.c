#include "analyse/species.h"

#include "analyse/attributes.h"
#include "base/cleanup.h"
#include "base/map.h"

#include <string.h>

static const struct {
    const char *title;
    hf_species species;
} names[] = {
    {"int", HF_SPECIES_NUMBER},
    {"float", HF_SPECIES_NUMBER},
    {"complex", HF_SPECIES_NUMBER},
    {"bool", HF_SPECIES_NUMBER},
    {"decimal.Decimal", HF_SPECIES_NUMBER},
    {"str", HF_SPECIES_STR},
    {"bytes", HF_SPECIES_BYTES},
    {"unittest.mock._Call", HF_SPECIES_CALL_RECORD},
    {"unittest.mock._CallList", HF_SPECIES_CALL_RECORD},
    {"tuple", HF_SPECIES_TUPLE},
    {"list", HF_SPECIES_LIST},
    {"collections.UserList", HF_SPECIES_LIST},
    {"dict", HF_SPECIES_DICT},
    {"collections.UserDict", HF_SPECIES_DICT},
    {"set", HF_SPECIES_SET},
    {"frozenset", HF_SPECIES_SET},
    {"collections.deque", HF_SPECIES_DEQUE},
    {"bytearray", HF_SPECIES_BUFFER},
    {"_io.BytesIO", HF_SPECIES_BUFFER},
    {"_io.StringIO", HF_SPECIES_BUFFER},
    {"array.array", HF_SPECIES_BUFFER},
    {"function", HF_SPECIES_FUNCTION},
    {"_ctypes.CFuncPtr", HF_SPECIES_FUNCTION},
    {"_ctypes.PyCFuncPtr", HF_SPECIES_FUNCTION},
    {"method", HF_SPECIES_METHOD},
    {"builtin_function_or_method", HF_SPECIES_METHOD},
    {"weakref.WeakMethod", HF_SPECIES_WEAKREF},
    {"functools.partial", HF_SPECIES_PARTIAL},
    {"functools.partialmethod", HF_SPECIES_PARTIAL},
    {"cell", HF_SPECIES_CELL},
    {"code", HF_SPECIES_CODE},
    {"type", HF_SPECIES_TYPE},
    {"module", HF_SPECIES_MODULE},
    {"functools._lru_cache_wrapper", HF_SPECIES_LRU},
    {"BaseException", HF_SPECIES_EXCEPTION},
    {"traceback", HF_SPECIES_TRACEBACK},
    {"frame", HF_SPECIES_FRAME},
    {"generator", HF_SPECIES_GENERATOR},
    {"coroutine", HF_SPECIES_GENERATOR},
    {"async_generator", HF_SPECIES_GENERATOR},
    {"itertools._tee", HF_SPECIES_GENERATOR},
    {"itertools._tee_dataobject", HF_SPECIES_GENERATOR},
    {"map", HF_SPECIES_GENERATOR},
    {"filter", HF_SPECIES_GENERATOR},
    {"zip", HF_SPECIES_GENERATOR},
    {"_asyncio.Task", HF_SPECIES_TASK},
    {"asyncio.tasks.Task", HF_SPECIES_TASK},
    {"greenlet.greenlet", HF_SPECIES_GREENLET},
    {"_asyncio.Future", HF_SPECIES_FUTURE},
    {"asyncio.futures.Future", HF_SPECIES_FUTURE},
    {"concurrent.futures._base.Future", HF_SPECIES_RESULT},
    {"subprocess.CompletedProcess", HF_SPECIES_RESULT},
    {"subprocess.Popen", HF_SPECIES_RESULT},
    {"multiprocessing.pool.ApplyResult", HF_SPECIES_RESULT},
    {"celery.result.AsyncResult", HF_SPECIES_RESULT},
    {"asyncio.events.Handle", HF_SPECIES_HANDLE},
    {"sched.Event", HF_SPECIES_HANDLE},
    {"_contextvars.Context", HF_SPECIES_CONTEXT},
    {"_contextvars.Token", HF_SPECIES_CONTEXT},
    {"Context", HF_SPECIES_CONTEXT},
    {"Token", HF_SPECIES_CONTEXT},
    {"hamt", HF_SPECIES_CONTEXT},
    {"hamt_bitmap_node", HF_SPECIES_CONTEXT},
    {"threading.Thread", HF_SPECIES_THREAD},
    {"_thread._local", HF_SPECIES_THREAD_LOCAL},
    {"_thread._localdummy", HF_SPECIES_THREAD_LOCAL},
    {"queue.Queue", HF_SPECIES_QUEUE},
    {"_queue.SimpleQueue", HF_SPECIES_QUEUE},
    {"asyncio.queues.Queue", HF_SPECIES_QUEUE},
    {"multiprocessing.queues.Queue", HF_SPECIES_QUEUE},
    {"weakref.ReferenceType", HF_SPECIES_WEAKREF},
    {"weakref", HF_SPECIES_WEAKREF},
    {"weakref.ProxyType", HF_SPECIES_WEAKREF},
    {"weakproxy", HF_SPECIES_WEAKREF},
    {"weakref.WeakKeyDictionary", HF_SPECIES_WEAK_MAP},
    {"weakref.WeakValueDictionary", HF_SPECIES_WEAK_MAP},
    {"_weakrefset.WeakSet", HF_SPECIES_WEAK_MAP},
    {"weakref.finalize", HF_SPECIES_FINALIZE},
    {"weakref.finalize._Info", HF_SPECIES_FINALIZE},
    {"memoryview", HF_SPECIES_VIEW},
    {"managedbuffer", HF_SPECIES_VIEW},
    {"re.Match", HF_SPECIES_VIEW},
    {"numpy.ndarray", HF_SPECIES_VIEW},
    {"pandas.core.generic.NDFrame", HF_SPECIES_VIEW},
    {"xml.dom.Node", HF_SPECIES_TREE_NODE},
    {"xml.dom.minidom.Node", HF_SPECIES_TREE_NODE},
    {"xml.dom.minidom.NamedNodeMap", HF_SPECIES_TREE_NODE},
    {"xml.etree.ElementTree.Element", HF_SPECIES_TREE_NODE},
    {"lxml.etree._Element", HF_SPECIES_TREE_NODE},
    {"bs4.element.PageElement", HF_SPECIES_TREE_NODE},
    {"zipfile.ZipInfo", HF_SPECIES_TREE_NODE},
    {"tarfile.TarInfo", HF_SPECIES_TREE_NODE},
    {"ast.AST", HF_SPECIES_TREE_NODE},
    {"_ast.AST", HF_SPECIES_TREE_NODE},
    {"logging.LogRecord", HF_SPECIES_LOG_RECORD},
    {"logging.Logger", HF_SPECIES_LOGGER},
    {"logging.Handler", HF_SPECIES_LOGGER},
    {"_thread.lock", HF_SPECIES_LOCK},
    {"_thread.RLock", HF_SPECIES_LOCK},
    {"threading.Condition", HF_SPECIES_LOCK},
    {"threading.Semaphore", HF_SPECIES_LOCK},
    {"asyncio.locks.Lock", HF_SPECIES_LOCK},
    {"_pickle.Pickler", HF_SPECIES_MEMO},
    {"_pickle.Unpickler", HF_SPECIES_MEMO},
    {"_pickle.PicklerMemoProxy", HF_SPECIES_MEMO},
    {"pickle._Pickler", HF_SPECIES_MEMO},
    {"pickle._Unpickler", HF_SPECIES_MEMO},
    {"sqlalchemy.orm.session.Session", HF_SPECIES_ORM},
    {"sqlalchemy.orm.state.InstanceState", HF_SPECIES_ORM},
    {"sqlalchemy.orm.identity.IdentityMap", HF_SPECIES_ORM},
    {"sqlalchemy.orm.session.SessionTransaction", HF_SPECIES_ORM},
    {"sqlalchemy.orm.unitofwork.UOWTransaction", HF_SPECIES_ORM},
    {"ming.odm.identity_map.IdentityMap", HF_SPECIES_ORM},
    {"ming.odm.unit_of_work.UnitOfWork", HF_SPECIES_ORM},
    {"pony.orm.core.SessionCache", HF_SPECIES_ORM},
    {"storm.store.Store", HF_SPECIES_ORM},
    {"zlib.Compress", HF_SPECIES_NATIVE},
    {"zlib.Decompress", HF_SPECIES_NATIVE},
    {"_bz2.BZ2Compressor", HF_SPECIES_NATIVE},
    {"_bz2.BZ2Decompressor", HF_SPECIES_NATIVE},
    {"_lzma.LZMACompressor", HF_SPECIES_NATIVE},
    {"_lzma.LZMADecompressor", HF_SPECIES_NATIVE},
    {"_ssl._SSLContext", HF_SPECIES_NATIVE},
    {"_ssl._SSLSocket", HF_SPECIES_NATIVE},
    {"_hashlib.HASH", HF_SPECIES_NATIVE},
    {"pyexpat.xmlparser", HF_SPECIES_NATIVE},
    {"mmap.mmap", HF_SPECIES_NATIVE},
    {"sqlite3.Cursor", HF_SPECIES_NATIVE},
    {"sqlite3.Statement", HF_SPECIES_NATIVE},
    {"_ctypes.Array", HF_SPECIES_C_BUFFER},
    {"_cffi_backend.__CDataOwn", HF_SPECIES_C_BUFFER},
    {"_cffi_backend.__CDataGCP", HF_SPECIES_C_BUFFER},
    {"sqlite3.Connection", HF_SPECIES_DATABASE},
    {"google.protobuf.pyext._message.CMessage", HF_SPECIES_DATABASE},
    {"_gdbm.gdbm", HF_SPECIES_DATABASE},
    {"_dbm.dbm", HF_SPECIES_DATABASE},
    {"_tkinter.tkapp", HF_SPECIES_DATABASE},
    {"prometheus_client.metrics.MetricWrapperBase", HF_SPECIES_METRIC},
    {"_lsprof.Profiler", HF_SPECIES_PROFILER},
    {"profile.Profile", HF_SPECIES_PROFILER},
    {"trace.Trace", HF_SPECIES_PROFILER},
};

static hf_species by_title(const char *title)
{
    for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++)
        if (strcmp(names[k].title, title) == 0)
            return names[k].species;
    return HF_SPECIES_OTHER;
}

static hf_species known_bases(hf_graph *g, uint32_t object, const hf_map *rows, unsigned depth);

static hf_species known_type(hf_graph *g, uint32_t object, const hf_map *rows, unsigned depth)
{
    uint32_t row = hf_map_get(rows, g->address[object]);
    if (row == HF_MAP_NONE)
        return HF_SPECIES_OTHER;
    hf_species found = by_title(hf_graph_type_title(g, row));
    return found || depth == 0 ? found : known_bases(g, object, rows, depth - 1);
}

/* Looks at __base__ and at the tuples __bases__ and __mro__ of a type. `object` itself has no
 * species, so that the search stays short. */
static hf_species known_bases(hf_graph *g, uint32_t object, const hf_map *rows, unsigned depth)
{
    for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++) {
        if (hf_graph_kind(g, e) != HF_EDGE_FIELD)
            continue;
        const char *label = hf_strtab_get(&g->names, g->edge_label[e]);
        uint32_t target = g->edge_target[e];
        hf_species found = HF_SPECIES_OTHER;
        if (strcmp(label, "__base__") == 0) {
            found = known_type(g, target, rows, depth);
        } else if (strcmp(label, "__mro__") == 0 || strcmp(label, "__bases__") == 0) {
            uint64_t end = g->edge_start[target + 1];
            for (uint64_t m = g->edge_start[target]; m < end && !found; m++)
                if (g->edge_target[m] != object && hf_graph_kind(g, m) == HF_EDGE_INDEX)
                    found = known_type(g, g->edge_target[m], rows, 0);
        }
        if (found)
            return found;
    }
    return HF_SPECIES_OTHER;
}

static uint32_t field(const hf_graph *g, uint32_t object, const char *name)
{
    for (uint64_t e = g->edge_start[object]; e < g->edge_start[object + 1]; e++)
        if (hf_graph_kind(g, e) == HF_EDGE_FIELD &&
            strcmp(hf_strtab_get(&g->names, g->edge_label[e]), name) == 0)
            return g->edge_target[e];
    return HF_NO_OBJECT;
}

/* Types of CPython's own in C that have no species: iterators, counters, locks. Their memory is all
 * theirs, or Python's. (Modules/ and Objects/ of CPython 3.9 to 3.15.) */
bool hf_species_is_foreign(const hf_graph *g, const uint8_t *species, uint32_t type)
{
    static const char *const own[] = {
        "_abc",         "_asyncio",    "_collections",
        "_contextvars", "_csv",        "_functools",
        "_io",          "_json",       "_operator",
        "_pickle",      "_queue",      "_random",
        "_sre",         "_struct",     "_thread",
        "_weakref",     "array",       "asyncio",
        "builtins",     "collections", "contextvars",
        "datetime",     "decimal",     "functools",
        "io",           "itertools",   "operator",
        "posix",        "random",      "re",
        "select",       "signal",      "struct",
        "threading",    "time",        "types",
        "unicodedata",  "weakref",     "xml.etree.ElementTree",
        "zoneinfo",
    };
    if (g->types[type].exact || species[type] != HF_SPECIES_OTHER)
        return false;
    if (strcmp(hf_graph_type_title(g, type), "PyCapsule") == 0)
        return true; /* CPython's own, and made for what extensions have (Objects/capsule.c) */
    const char *module = hf_strtab_get(&g->names, g->types[type].module);
    for (size_t k = 0; k < sizeof(own) / sizeof(*own); k++)
        if (strcmp(module, own[k]) == 0)
            return false;
    return true;
}

/* Whether a class has __slots__ or a function in its namespace, or gives its instances a dict and
 * room for weak references (subtype_getsets_full of Objects/typeobject.c). */
static bool looks_written(hf_graph *g, uint32_t class_object)
{
    if (field(g, class_object, "__slots__") != HF_NO_OBJECT)
        return true;
    uint32_t dict = field(g, class_object, "__dict__");
    bool has_dict = false, has_weakref = false;
    for (uint64_t e = dict == HF_NO_OBJECT ? 0 : g->edge_start[dict];
         dict != HF_NO_OBJECT && e < g->edge_start[dict + 1]; e++) {
        uint32_t target = g->edge_target[e];
        if (hf_graph_is(g, target, "function"))
            return true;
        if (hf_graph_kind(g, e) != HF_EDGE_VALUE || !hf_graph_is(g, target, "getset_descriptor"))
            continue;
        uint32_t key = hf_graph_key(g, e);
        has_dict |= key != HF_NO_OBJECT && hf_object_says(g, key, "__dict__");
        has_weakref |= key != HF_NO_OBJECT && hf_object_says(g, key, "__weakref__");
    }
    return has_dict && has_weakref;
}

/* A class made by a class statement, and no type made in C: its instances have a managed dict
 * (Py_TPFLAGS_MANAGED_DICT of 3.11), or it looks so, or it inherits from one that does: no type
 * made in C does that. */
static bool is_python_class(hf_graph *g, uint32_t type)
{
    enum { MANAGED_DICT = 1 << 4, BASES = 16 };
    if (g->types[type].flags & MANAGED_DICT)
        return true;
    uint32_t object = hf_graph_find(g, g->types[type].address);
    if (object == HF_NO_OBJECT)
        return g->types[type].exact;
    for (int k = 0; k < BASES && object != HF_NO_OBJECT; k++) {
        if (looks_written(g, object))
            return true;
        object = field(g, object, "__base__");
    }
    return false;
}

/* tp_flags of CPython's Include/object.h */
static hf_species by_flags(hf_graph *g, uint32_t number)
{
    const hf_type *type = &g->types[number];
    static const struct {
        uint32_t bit;
        hf_species species;
    } bits[] = {{30, HF_SPECIES_EXCEPTION}, {31, HF_SPECIES_TYPE},  {24, HF_SPECIES_NUMBER},
                {25, HF_SPECIES_LIST},      {26, HF_SPECIES_TUPLE}, {27, HF_SPECIES_BYTES},
                {28, HF_SPECIES_STR},       {29, HF_SPECIES_DICT}};
    for (size_t k = 0; k < sizeof(bits) / sizeof(*bits); k++)
        if (type->flags & (1ull << bits[k].bit))
            return bits[k].species;
    return type->heap_type && is_python_class(g, number) ? HF_SPECIES_INSTANCE : HF_SPECIES_OTHER;
}

uint8_t *hf_species_of_types(hf_graph *g)
{
    uint8_t *species = calloc((size_t)g->type_count + 1, 1);
    HF_AUTO(hf_map_deinit) hf_map rows;
    hf_map_init(&rows);
    for (uint32_t k = 0; species && k < g->type_count; k++) {
        if (!hf_map_put(&rows, g->types[k].address, k)) {
            free(species);
            return NULL;
        }
    }
    for (uint32_t k = 0; species && k < g->type_count; k++) {
        hf_species found = by_title(hf_graph_type_title(g, k));
        uint32_t object = hf_graph_find(g, g->types[k].address);
        if (!found && object != HF_NO_OBJECT)
            found = known_bases(g, object, &rows, 8);
        species[k] = (uint8_t)(found ? found : by_flags(g, k));
    }
    return species;
}
