"""Children that are made past the C library, by fork(2) itself, so that no fork handler runs: they are not traced, and must not
wait for what a thread had locked that they do not have. Each sees to it that it ends."""
import os
import shutil
import subprocess

import pytest

from tests.e2e.test_run import at, gil_python, run, script, summary  # noqa: F401

COMPILER = shutil.which("cc")
pytestmark = pytest.mark.skipif(not COMPILER, reason="no C compiler")

# Threads free what they have allocated themselves, and each has an arena of its own: then glibc has no lock that a child could find
# locked. Where arenas or blocks are shared it has, and such a child waits for ever, traced or not.
ALLOCATORS = """
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static atomic_int done;
static void *allocate(void *number)
{
    for (unsigned seed = (unsigned)(size_t)number; !done; seed = seed * 1664525 + 1013904223)
        free(realloc(malloc(seed >> 20), seed >> 18));
    return NULL;
}
static void be_a_child(void)
{
    alarm(20);
    for (int i = 0; i < 50; i++)
        free(realloc(malloc(100 + 40 * i), 200 + 40 * i));
    free(malloc(1000000));
    munmap(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 8192);
    _exit(0);
}
int failed_of(int count)
{
    pthread_t threads[4];
    int failed = 0;
    for (size_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, allocate, (void *)i);
    for (int i = 0, status = 1; i < count; i++, failed += status != 0) {
        pid_t pid = syscall(SYS_fork);
        if (pid == 0)
            be_a_child();
        waitpid(pid, &status, 0);
    }
    done = 1;
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    return failed;
}
"""

# A thread that begins asks for a key while it has the agent's lock of threads, and here waits there.
HOLDER = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static __thread int is_holder;
static atomic_int holds, may_go;
static void (*end_of_agent)(void *);
int pthread_key_create(pthread_key_t *key, void (*end)(void *))
{
    Dl_info whose;
    int (*really)(pthread_key_t *, void (*)(void *)) = dlsym(RTLD_NEXT, "pthread_key_create");
    if (!end || !dladdr((void *)end, &whose) || !strstr(whose.dli_fname, "holdfast-agent"))
        return really(key, end);
    end_of_agent = end;
    for (holds = is_holder; is_holder && !may_go;)
        usleep(1000);
    return EAGAIN; /* so that the next thread asks again */
}
static void *hold(void *nothing)
{
    is_holder = 1;
    free(malloc(10));
    return nothing;
}
int status_of_child(void)
{
    static void *thread_of_agent[1000];
    pthread_t holder;
    int status = 1;
    alarm(60);
    pthread_create(&holder, NULL, hold, NULL);
    while (!holds)
        usleep(1000);
    pid_t pid = syscall(SYS_fork);
    if (pid == 0) {
        alarm(20);
        free(malloc(10));
        end_of_agent(thread_of_agent);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    may_go = 1;
    pthread_join(holder, NULL);
    return status;
}
"""


def library(folder, text):
    source, path = folder / "library.c", folder / "library.so"
    source.write_text(text)
    subprocess.run([COMPILER, "-shared", "-fPIC", "-O1", "-fno-builtin", "-pthread", source, "-o", path, "-ldl"], check=True, timeout=60)
    return path


@pytest.mark.parametrize("options", [(), ("--sample", "16K"), ("--native",)], ids=["every", "sample", "native"])
def test_children_of_raw_forks_wait_for_nobody(gil_python, tmp_path, options):  # noqa: F811
    path = library(tmp_path, ALLOCATORS)
    done = run(tmp_path, *options, gil_python.path, script(tmp_path, "import ctypes\nprint(ctypes.PyDLL(%r).failed_of(300))\n" % str(path)))
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr
    assert len(summary(tmp_path)["processes"]) == 1


def test_a_thread_of_such_a_child_ends_without_the_lock_of_threads(gil_python, tmp_path):  # noqa: F811
    path = library(tmp_path, HOLDER)
    done = run(tmp_path, gil_python.path, script(tmp_path, "import ctypes\nprint(ctypes.PyDLL(%r).status_of_child())\n" % str(path)),
               env={**os.environ, "LD_PRELOAD": str(path)})
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr


GRANDCHILD = """
import ctypes, os
def hold(n):
    return [bytes(100) for i in range(n)]  # held
def drop(n):
    for i in range(n):
        x = [None] * 30  # dropped
def wait_for(pid):
    assert os.waitpid(pid, 0)[1] == 0
drop(1000)
pid = ctypes.PyDLL(None).syscall(57)  # SYS_fork
if not pid:
    drop(1000)
    pid = os.fork()
    if not pid:
        kept = hold(50_000)
        drop(100_000)
        for i in range(300):  # codes that die
            exec("def f(): return [%d]" % i)
        drop(1000)
        os._exit(0)
    wait_for(pid)
    os._exit(0)
wait_for(pid)
"""


@pytest.mark.parametrize("options", [(), ("--sample", "8K")], ids=["every", "sample"])
def test_what_such_a_child_forks_is_traced(gil_python, tmp_path, options):  # noqa: F811
    path = script(tmp_path, GRANDCHILD)
    done = run(tmp_path, *options, gil_python.path, path)
    assert done.returncode == 0, done.stderr
    report = summary(tmp_path)
    assert len(report["processes"]) == 2 and "no-stacks" not in report["processes"][1]["flags"]
    assert 5_500_000 <= at(report, path, "held")["live"][0] <= 9_000_000
    dropped = at(report, path, "dropped")
    assert dropped["total"][0] > 22_000_000 and dropped.get("live", (0, 0))[0] < 100_000
