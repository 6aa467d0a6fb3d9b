/* A whole heap with some words of it changed: opening it, the proof of its layout, and the walk.
 *
 * The heap is that of a small Python which is started for it (FUZZ_PYTHON, else python3), always at
 * the same addresses. It has emptied the namespaces of all types and modules that it could do
 * without, so that a third of its objects remains: each input costs a whole walk. The input is a
 * list of changes of CHANGE bytes: what is done (1 byte), a word of an object (1) or any word (4),
 * which object (2), and what with (4). */
#include "acquire/inside.h"
#include "cpython/heap.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHANGE = 12, CHANGES_MAX = 64, OBJECTS_MAX = 1 << 20 };

static const char program[] =
    "import gc, posix, sys\n"
    "class Node:\n"
    "    __slots__ = 'a', 'b'\n"
    "class Plain: pass\n"
    "def outer(x):\n"
    "    def inner(): return x\n"
    "    return inner\n"
    "def generate():\n"
    "    yield 1\n"
    "g = generate(); next(g)\n"
    "n = Node(); n.a = n; n.b = [1, 2.5, 3j, 'text', 'h\\xe9', b'bytes', bytearray(9), 10 ** 50]\n"
    "p = Plain(); p.x = {1: 2, 'a': (n,), frozenset([1]): {1, 2}}; p.y = outer(p); p.z = range(9)\n"
    "q = [memoryview(b'abc'), slice(1, 2), property(), iter([]), zip(), Exception(n), int, len]\n"
    "def wait(write, read, keep):\n"
    "    known, todo = {object}, [object]\n"
    "    while todo:\n"
    "        for t in type.__subclasses__(todo.pop()):\n"
    "            if t not in known: known.add(t); todo.append(t)\n"
    "    names = [gc.get_referents(t.__dict__)[0] for t in known if t not in keep]\n"
    "    names += [m.__dict__ for n, m in sys.modules.items() if n not in ('sys', '__main__', "
    "'gc')]\n"
    "    collect, clear = gc.collect, dict.clear\n"
    "    for name in list(sys.modules):\n"
    "        if name not in ('sys', '__main__', 'builtins'): del sys.modules[name]\n"
    "    for name in list(sys.__dict__):\n"
    "        if name not in ('modules', 'hexversion', 'version', '__name__', 'stderr'): del "
    "sys.__dict__[name]\n"
    "    del known, todo, t, name\n"
    "    for d in names: clear(d)\n"
    "    del d, names\n"
    "    collect(); write(1, b'R'); read(0, 1)\n"
    "wait(posix.write, posix.read, (Node, Plain))\n";

static hf_target *target;
static uint8_t *memory; /* of all segments, in order, that may be written to */
static size_t memory_size;
static uint64_t *objects;
static size_t object_count;

static pid_t start_python(int *ret_input)
{
    const char *python = getenv("FUZZ_PYTHON") ? getenv("FUZZ_PYTHON") : "python3";
    int in[2], out[2];
    char byte;
    if (pipe(in) || pipe(out))
        exit(3);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        personality(ADDR_NO_RANDOMIZE);
        dup2(in[0], 0);
        dup2(out[1], 1);
        setenv("PYTHONHASHSEED", "0", 1);
        execlp(python, python, "-S", "-I", "-c", program, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    if (read(out[0], &byte, 1) != 1) {
        fprintf(stderr, "fuzz_heap: %s does not start\n", python);
        exit(3);
    }
    close(out[0]);
    *ret_input = in[1];
    return child;
}

static void check(hf_err *err)
{
    if (!err)
        return;
    fprintf(stderr, "fuzz_heap: %s\n", hf_err_message(err));
    exit(3);
}

/* Frozen memory is only for reading; the fuzzer needs a copy that it may change. */
static void make_writable(void)
{
    hf_frozen *f = &target->memory;
    for (size_t i = 0; i < f->count; i++)
        memory_size += f->segments[i].end - f->segments[i].start;
    memory = malloc(memory_size);
    if (!memory)
        exit(3);
    uint8_t *at = memory;
    for (size_t i = 0; i < f->count; i++) {
        size_t n = f->segments[i].end - f->segments[i].start;
        memcpy(at, f->segments[i].bytes, n);
        f->segments[i].bytes = at;
        at += n;
    }
}

static hf_err *note_object(void *context, const hf_object *o)
{
    (void)context;
    if (object_count < OBJECTS_MAX)
        objects[object_count++] = o->address;
    return NULL;
}

static uint64_t told;

static hf_err *see_edge(void *context, const hf_edge *edge)
{
    const hf_strtab *names = hf_heap_names(context);
    if (hf_edge_label_is_name(edge->kind))
        told += strlen(hf_strtab_get(names, (uint32_t)edge->label));
    return NULL;
}

static hf_err *see_value(void *context, const char *text, size_t length)
{
    (void)context;
    for (size_t i = 0; i < length; i++)
        told += (uint8_t)text[i];
    return NULL;
}

static void walk(bool first)
{
    hf_heap *heap = NULL;
    hf_err *err = hf_heap_open(target, &heap);
    if (!err) {
        hf_walk_check found;
        hf_heap_sink sink = {.context = heap,
                             .object = first ? note_object : NULL,
                             .edge = see_edge,
                             .value = see_value};
        err = hf_heap_walk(heap, &(hf_walk_options){0}, &sink, &found);
    }
    if (first)
        check(err);
    hf_err_free(err);
    hf_heap_free(heap);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    int input, status;
    hf_target *live;
    hf_python_probe probe;
    pid_t python = start_python(&input);
    check(hf_target_open_pid(python, &live));
    check(hf_python_probe_live(live, &probe));
    hf_freeze_options how = {.rest = probe.rest, .rest_count = probe.rest_count};
    check(hf_freeze(live, &how, &target));
    hf_target_free(live);
    close(input);
    kill(python, SIGKILL);
    waitpid(python, &status, 0);
    make_writable();
    objects = calloc(OBJECTS_MAX, sizeof(*objects));
    if (!objects)
        exit(3);
    walk(true);
    return 0;
}

static uint8_t *word_of(const uint8_t *change, uint64_t object)
{
    uint32_t any;
    memcpy(&any, change + 2, sizeof(any));
    if (change[0] & 0x80)
        return memory + any % (memory_size / 8) * 8;
    return (uint8_t *)(uintptr_t)hf_target_view(target,
                                                object + (uint64_t)(change[1] % 20) * 8 - 16, 8);
}

static uint64_t changed(const uint8_t *change, uint64_t before, uint64_t object)
{
    uint32_t with;
    memcpy(&with, change + 8, sizeof(with));
    const uint64_t other = objects[with % object_count];
    switch (change[0] & 7) {
    case 0:
        return with;
    case 1:
        return other;
    case 2:
        return other + with % 256;
    case 3:
        return before ^ UINT64_C(1) << with % 64;
    case 4:
        return before + with % 33 - 16;
    case 5:
        return (uint64_t)with << 32;
    case 6:
        return object;
    default:
        return UINT64_MAX - with;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct {
        uint8_t *word;
        uint64_t before;
    } undo[CHANGES_MAX];
    size_t count = 0;
    for (; size >= CHANGE && count < CHANGES_MAX; data += CHANGE, size -= CHANGE) {
        uint16_t which;
        memcpy(&which, data + 6, sizeof(which));
        const uint64_t object = objects[which % object_count];
        uint8_t *word = word_of(data, object);
        if (!word)
            continue;
        memcpy(&undo[count].before, word, 8);
        undo[count].word = word;
        uint64_t now = changed(data, undo[count].before, object);
        memcpy(word, &now, 8);
        count++;
    }
    walk(false);
    while (count-- > 0)
        memcpy(undo[count].word, &undo[count].before, 8);
    return 0;
}
