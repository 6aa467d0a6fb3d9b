"""The allocators that CPython may run on, as environments to start it in.

CPython asks one of its own (pymalloc) or malloc(), with or without debug hooks that pad each block
(PYTHONMALLOC); and malloc() may be glibc's or, through LD_PRELOAD, somebody else's. With another
malloc() objects lie anywhere, and what is not cleared is full of pointers to what is there now.
"""
import glob

_FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib")
_LIBRARIES = {"jemalloc": "libjemalloc.so.2", "mimalloc": "libmimalloc.so.2*",
              "tcmalloc": "libtcmalloc_minimal.so.4"}

ALLOCATORS = {
    "pymalloc": {},
    "pymalloc_debug": {"PYTHONMALLOC": "pymalloc_debug"},
    "debug": {"PYTHONMALLOC": "debug"},
    "malloc": {"PYTHONMALLOC": "malloc"},
    "malloc_debug": {"PYTHONMALLOC": "malloc_debug"},
    "jemalloc": {"PYTHONMALLOC": "malloc", "LD_PRELOAD": "jemalloc"},
    "mimalloc": {"PYTHONMALLOC": "malloc", "LD_PRELOAD": "mimalloc"},
    "tcmalloc": {"PYTHONMALLOC": "malloc", "LD_PRELOAD": "tcmalloc"},
    "pymalloc on jemalloc": {"LD_PRELOAD": "jemalloc"},
    "pymalloc on mimalloc": {"LD_PRELOAD": "mimalloc"},
    "pymalloc on tcmalloc": {"LD_PRELOAD": "tcmalloc"},
}


def library(name):
    """The path of a replacement of malloc(), or None where it is not installed."""
    for folder in _FOLDERS:
        for path in sorted(glob.glob("%s/%s" % (folder, _LIBRARIES[name]))):
            return path
    return None


def environment(allocator):
    """(variables, None), or (None, why it cannot be had)."""
    variables = dict(ALLOCATORS[allocator])
    wanted = variables.get("LD_PRELOAD")
    if wanted:
        variables["LD_PRELOAD"] = library(wanted)
        if not variables["LD_PRELOAD"]:
            return None, "%s is not installed (tools/install_dependencies coverage)" % _LIBRARIES[wanted]
    return variables, None
