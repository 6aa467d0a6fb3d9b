/* python/resident.c - how much of a process is resident, and a thread that looks again and
 * again without the GIL. The kernel's own numbers: /proc/PID/statm, and
 * /proc/PID/task/TID/children for descendants. */
#include "inside.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DEPTH_MAX = 32, CHILDREN_MAX = 1024, READINGS_MAX = 1 << 24, PAGE = 4096 /* of x86-64 */ };

static uint64_t read_statm(int fd)
{
    char text[128];
    unsigned long long size, resident;
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    if (n <= 0)
        return 0;
    text[n] = 0;
    return sscanf(text, "%llu %llu", &size, &resident) == 2 ? resident * PAGE : 0;
}

/* The file of this very process stays open: it is read at each line. */
static uint64_t resident_here(void)
{
    static int fd = -1;
    static pid_t owner;
    pid_t pid = getpid();
    if (owner != pid) {
        if (fd >= 0)
            close(fd);
        fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
        owner = pid;
    }
    return fd >= 0 ? read_statm(fd) : 0;
}

static uint64_t resident_alone(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint64_t bytes = fd >= 0 ? read_statm(fd) : 0;
    if (fd >= 0)
        close(fd);
    return bytes;
}

/* Those that one thread has made. */
static int children_of(pid_t pid, const char *thread, pid_t *ret, int count)
{
    char path[320];
    snprintf(path, sizeof(path), "/proc/%d/task/%s/children", (int)pid, thread);
    FILE *file = fopen(path, "re");
    int child;
    while (file && count < CHILDREN_MAX && fscanf(file, "%d", &child) == 1)
        ret[count++] = child;
    if (file)
        fclose(file);
    return count;
}

static uint64_t resident_with_children(pid_t pid, int depth)
{
    char path[64];
    uint64_t bytes = resident_alone(pid);
    pid_t *children = malloc(CHILDREN_MAX * sizeof(*children));
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *threads = children ? opendir(path) : NULL;
    int count = 0;
    for (struct dirent *entry; threads && (entry = readdir(threads));)
        if (entry->d_name[0] != '.')
            count = children_of(pid, entry->d_name, children, count);
    if (threads)
        closedir(threads);
    for (int i = 0; i < count && depth < DEPTH_MAX; i++)
        bytes += resident_with_children(children[i], depth + 1);
    free(children);
    return bytes;
}

uint64_t hf_resident_of(pid_t pid, int children)
{
    if (!pid && !children)
        return resident_here();
    pid = pid ? pid : getpid();
    return children ? resident_with_children(pid, 0) : resident_alone(pid);
}

static PyObject *resident(PyObject *self, PyObject *arguments)
{
    (void)self;
    int pid, children;
    if (!PyArg_ParseTuple(arguments, "ip", &pid, &children))
        return NULL;
    return PyLong_FromUnsignedLongLong(hf_resident_of(pid, children));
}

typedef struct reading {
    uint64_t bytes;
    double time;
} reading;

/* A thread that looks; freed by stop(). */
typedef struct sampler {
    pthread_t thread;
    int wake[2]; /* a pipe: closed at one end when it is to stop */
    int children, most_only;
    double interval;
    reading *readings;
    size_t count, room, looks;
} sampler;

/* Before glibc 2.34 it was in another library; this version is in both. */
#ifdef __x86_64__
__asm__(".symver pthread_create, pthread_create@GLIBC_2.2.5");
__asm__(".symver pthread_join, pthread_join@GLIBC_2.2.5");
#endif

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void look(sampler *s)
{
    reading r = {hf_resident_of(s->children ? getpid() : 0, s->children), now()};
    s->looks++;
    if (s->most_only && s->count) {
        if (r.bytes > s->readings[0].bytes)
            s->readings[0] = r;
        return;
    }
    if (s->count == s->room) {
        size_t room = s->room ? 2 * s->room : 256;
        reading *grown = room <= READINGS_MAX ? realloc(s->readings, room * sizeof(*grown)) : NULL;
        if (!grown)
            return;
        s->readings = grown;
        s->room = room;
    }
    s->readings[s->count++] = r;
}

static void *follow(void *argument)
{
    sampler *s = argument;
    struct timespec t;
    struct pollfd stop = {.fd = s->wake[0]};
    clock_gettime(CLOCK_MONOTONIC, &t);
    double next = (double)t.tv_sec + (double)t.tv_nsec / 1e9;
    for (int stopped = 0; !stopped;) {
        look(s);
        next += s->interval;
        clock_gettime(CLOCK_MONOTONIC, &t);
        double left = next - (double)t.tv_sec - (double)t.tv_nsec / 1e9;
        left = left > 0 ? left : 0;
        t.tv_sec = (time_t)left;
        t.tv_nsec = (long)((left - (double)t.tv_sec) * 1e9);
        stopped = ppoll(&stop, 1, &t, NULL) > 0;
    }
    look(s);
    return NULL;
}

static void end_sampler(sampler *s)
{
    close(s->wake[1]);
    pthread_join(s->thread, NULL);
    close(s->wake[0]);
}

static void free_sampler(sampler *s)
{
    free(s->readings);
    free(s);
}

static void forget(PyObject *capsule)
{
    sampler *s = PyCapsule_GetPointer(capsule, "sampler");
    if (s && !PyCapsule_GetContext(capsule)) {
        end_sampler(s);
        free_sampler(s);
    }
}

static PyObject *start(PyObject *self, PyObject *arguments)
{
    (void)self;
    sampler *s = calloc(1, sizeof(*s));
    if (!s)
        return PyErr_NoMemory();
    if (!PyArg_ParseTuple(arguments, "dpp", &s->interval, &s->children, &s->most_only)) {
        free(s);
        return NULL;
    }
    if (!(s->interval >= 0.0001))
        s->interval = 0.0001;
    if (pipe2(s->wake, O_CLOEXEC) || pthread_create(&s->thread, NULL, follow, s)) {
        free(s);
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return PyCapsule_New(s, "sampler", forget);
}

static PyObject *stop(PyObject *self, PyObject *capsule)
{
    (void)self;
    sampler *s = PyCapsule_GetPointer(capsule, "sampler");
    if (!s || PyCapsule_GetContext(capsule) || PyCapsule_SetContext(capsule, s)) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "it is stopped already");
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS end_sampler(s);
    Py_END_ALLOW_THREADS PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < s->count; i++) {
        PyObject *row =
            Py_BuildValue("Kd", (unsigned long long)s->readings[i].bytes, s->readings[i].time);
        if (!row || PyList_Append(list, row))
            Py_CLEAR(list);
        Py_XDECREF(row);
    }
    PyObject *answer = list ? Py_BuildValue("Nn", list, (Py_ssize_t)s->looks) : NULL;
    free_sampler(s);
    return answer;
}

PyMethodDef hf_resident_methods[] = {
    {"resident", resident, METH_VARARGS, "resident(pid, children): bytes; pid 0: of this process"},
    {"start", start, METH_VARARGS,
     "start(interval, children, most_only): looks at this process from a thread without the GIL"},
    {"stop", stop, METH_O, "stop(started): ([(bytes, time), ...], number of looks)"},
    {NULL, NULL, 0, NULL},
};
