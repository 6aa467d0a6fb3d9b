/* What the agent finds of CPython in a process, played by this program: so that all of the agent
 * can be built with sanitizers, which no release of CPython is. Frames and codes have the places
 * that 3.12 gives them. */
#ifndef HF_TESTS_FAKE_PYTHON_H
#define HF_TESTS_FAKE_PYTHON_H

#include <stddef.h>
#include <stdint.h>

enum { FAKE_CODES = 64, FAKE_DEPTH = 600, FAKE_FRAME = 128 };

typedef struct fake_thread {
    char state[512]; /* PyThreadState */
    char cframe[64]; /* of the C call */
    char frames[FAKE_DEPTH][FAKE_FRAME];
    unsigned depth;
} fake_thread;

void fake_thread_begin(fake_thread *t); /* the calling thread is t from now on */
void fake_thread_end(void);             /* it is none: its state may be freed, as CPython does */
void fake_take_gil(fake_thread *t);
void fake_give_gil(void);

/* With the GIL: a call of code number n; its return; another instruction of the newest call. */
void fake_call(fake_thread *t, unsigned n);
void fake_return(fake_thread *t);
void fake_step(fake_thread *t, unsigned instruction);
void fake_new_code(unsigned n); /* the code dies, and is made again elsewhere */

/* PyObject_Malloc() and its family, with the GIL. */
void *fake_object(size_t size);
void *fake_object_resized(void *block, size_t size);
void fake_object_free(void *block);

void fake_start(void); /* Py_Initialize() */
void fake_end(void);   /* frees all codes */

#endif
