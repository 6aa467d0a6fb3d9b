/* acquire/demangle.c - see acquire/demangle.h. */
#include "acquire/demangle.h"

#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

/* Two functions and three options of libiberty. They are declared here since its header has others
 * with it that are under another licence than the library. */
typedef void demangle_callback(const char *text, size_t length, void *context);
extern int rust_demangle_callback(const char *name, int options, demangle_callback *callback,
                                  void *context);
extern int cplus_demangle_v3_callback(const char *name, int options, demangle_callback *callback,
                                      void *context);
enum { WITH_PARAMETERS = 1 << 0, WITH_QUALIFIERS = 1 << 1, WITHOUT_LIMIT = 1 << 18 };

static const char CUT[] = "...";

typedef struct output {
    char *text;
    size_t length, room; /* room: without the zero byte */
    jmp_buf full;
} output;

/* A name of some hundred bytes may stand for more than any disk holds, and the library has no way
 * to say that it is enough. It keeps its state on the stack, which is left here; what it may have
 * allocated ends with the process. */
static void add(const char *text, size_t length, void *context)
{
    output *o = context;
    size_t left = o->room - o->length, taken = length < left ? length : left;
    if (taken)
        memcpy(o->text + o->length, text, taken);
    o->length += taken;
    if (taken < length)
        longjmp(o->full, 1);
}

/* For C++ the library's own limit is a thousand bytes, which names of templates often have. What it
 * takes of the stack without it is bounded by the name: less than a megabyte. */
static bool run(const char *name, output *o)
{
    static const int options = WITH_PARAMETERS | WITH_QUALIFIERS;
    if (setjmp(o->full)) {
        memcpy(o->text + o->room - strlen(CUT), CUT, strlen(CUT));
        return true;
    }
    if (rust_demangle_callback(name, options, add, o))
        return true;
    o->length = 0;
    return cplus_demangle_v3_callback(name, options | WITHOUT_LIMIT, add, o) != 0;
}

const char *hf_demangler(void)
{
    return "libiberty";
}

size_t hf_demangle(const char *name, char *ret, size_t room)
{
    output o = {.text = ret, .room = room - 1};
    bool mangled = strncmp(name, "_Z", 2) == 0 || strncmp(name, "_R", 2) == 0;
    if (!mangled || room <= sizeof(CUT) || strlen(name) > HF_MANGLED_MOST || !run(name, &o))
        o.length = 0;
    ret[o.length] = 0;
    return o.length;
}
