"""The suites of others that are run: CPython's own modules, and parts of large packages."""
import dataclasses
import pathlib
import subprocess
import tarfile

from tests import pythons
from tests.bench.environment import PEERS, installed, installer
from tests.e2e.targets import clean_environment

REQUIREMENTS = pathlib.Path(__file__).parent / "requirements.txt"
SOURCES = PEERS / "suites-sources"
PACKAGES_ON = "3.13"

# First what tracing may disturb most: allocators, processes, threads, signals, the interpreter's own inside.
CPYTHON = """
    test_gc test_weakref test_tracemalloc test_threading test_signal test_subprocess test_fork1 test_faulthandler test_sys
    test_os test_atexit test_mmap test_ctypes test_sys_settrace test_sys_setprofile test_threading_local test_thread
    test_generators test_coroutines test_asyncgen test_descr test_list test_dict test_set test_tuple test_bytes test_unicode
    test_str test_long test_float test_deque test_heapq test_functools test_itertools test_code test_frame test_monitoring
    test_exceptions test_traceback test_raise test_with test_contextlib test_context test_dataclasses test_enum test_copy
    test_pickle test_marshal test_json test_struct test_array test_memoryview test_io test_fileio test_queue test_select
    test_selectors test_socketserver test_sqlite test_sqlite3 test_zlib test_bz2 test_lzma test_hashlib test_decimal
    test_fractions test_re test_ast test_compile test_dis test_inspect test_import test_runpy test_cmd_line test_posix
    test_wait3 test_wait4 test_resource test_time test_random test_statistics test_datetime test_csv test_xml_etree
    test_xml_etree_c test_logging test_exception_group test_call test_class test_super test_property test_slice test_range
    test_memoryio test_bufio test_binascii test_base64 test_string test_textwrap test_operator test_bisect test_sort
    test_weakset test_userdict test_userlist test_typing test_types test_capi test_embed test_doctest test_unittest
    test_asyncio test_concurrent_futures test_multiprocessing_fork test_multiprocessing_spawn
""".split()

SYMPY = "core functions polys matrices solvers series integrals simplify sets logic printing utilities tensor ntheory".split()
SQLALCHEMY = "test/base test/sql test/engine test/orm test/ext test/dialect/test_sqlite.py".split()
DJANGO = ["model_fields queries", "aggregation annotations basic bulk_create", "forms_tests", "admin_views",
          "template_tests", "cache", "serializers signals dispatch", "utils_tests", "asgi async handlers requests_tests",
          "migrations schema transactions"]


# Tests that fail under any tool that stands before CPython's allocators, tracemalloc among them, and why.
EXPLAINED = {
    "test.test_sys.SysModuleTest.test_debugmallocstats":
        "CPython tells of its small blocks (`sys._debugmallocstats()`) only while nobody stands before its allocator",
}


@dataclasses.dataclass(frozen=True)
class Unit:
    suite: str       # "CPython 3.13.0-pyenv", "SymPy"
    part: str
    words: tuple     # of the command; {xml} is where it says what came out
    folder: str = "" # where it runs; empty: a fresh one
    skip: str = ""   # why it cannot be run

    @property
    def name(self):
        return "%s: %s" % (self.suite, self.part)


def cpython():
    """Modules of each CPython here that has its tests, module by module on all of them."""
    found = {}
    for python in pythons.interpreters():
        asked = subprocess.run([python.path, "-c", "import os, test; print(' '.join(os.listdir(os.path.dirname(test.__file__))))"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False,
                               env=clean_environment())
        modules = {name.removesuffix(".py") for name in asked.stdout.split()}
        if "test_gc" in modules and not python.free_threaded and not python.debug:
            found[python] = modules
    return [Unit("CPython " + python.name, module, (python.path, "-m", "test", "--junit-xml", "{xml}", module))
            for module in CPYTHON for python, modules in found.items() if module in modules]


def sources(name, executable):
    """The unpacked source distribution of a package in REQUIREMENTS' versions, and None; or why there is none."""
    version = next(line.split("==")[1].split()[0] for line in REQUIREMENTS.read_text().splitlines()
                   if line.startswith(name + "=="))
    folder = SOURCES / ("%s-%s" % (name, version))
    if folder.exists():
        return folder, None
    SOURCES.mkdir(parents=True, exist_ok=True)
    pip, failure = installer()
    if failure:
        return None, failure
    done = subprocess.run([pip, "-m", "pip", "--python", executable, "download", "-q", "--disable-pip-version-check",
                           "--no-deps", "--no-binary", name, "-d", SOURCES, "%s==%s" % (name, version)], check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    archive = SOURCES / ("%s-%s.tar.gz" % (name, version))
    if done.returncode or not archive.exists():
        return None, (done.stdout.strip() or "no sources").splitlines()[-1][:100]
    with tarfile.open(archive) as packed:
        packed.extractall(SOURCES, members=[m for m in packed if ".." not in m.name and not m.name.startswith("/")])
    return folder, None


def packages():
    python = next((p for p in reversed(pythons.every_minor()) if p.minor == PACKAGES_ON), None)
    executable, failure = installed(python.path, python.name + "-suites", REQUIREMENTS) if python else \
        (None, "no CPython %s here" % PACKAGES_ON)
    pytest = (str(executable), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junit-xml", "{xml}")
    sympy = (*pytest, "--noconftest", "--ignore-glob=*hypothesis*", "--pyargs")  # hypothesis is not installed
    units = [Unit("SymPy", part, (*sympy, "sympy." + part), skip=failure or "") for part in SYMPY]
    for name, suite, parts in (("sqlalchemy", "SQLAlchemy", SQLALCHEMY), ("django", "Django", DJANGO)):
        folder, absent = (None, failure) if failure else sources(name, executable)
        for part in parts:
            words = (*pytest, part) if name == "sqlalchemy" else (str(executable), "runtests.py", "--parallel=1", *part.split())
            where = "" if absent else str(folder if name == "sqlalchemy" else folder / "tests")
            units.append(Unit(suite, part, words, where, absent or ""))
    return units
