"""Containers that are known to grow: told in `caches` and explained in `diagnose`, on the libraries themselves."""
import json
import subprocess

import pytest

from tests import libraries, pythons
from tests.e2e.targets import ROOT, holdfast, target, tell

WRITER = ROOT / "tools" / "write_known_growers.py"
STEPPING = """
import sys
def serve(step):
    ready()
    for line in sys.stdin:
        step()
        print("STEP", flush=True)
"""


def rows_of(path):
    import tomllib # pylint: disable=import-outside-toplevel; only the tests' own Python has it
    return tomllib.loads(path.read_text())


def diagnose(process, tmp_path, steps=3):
    """The answer over steps + 1 snapshots, one step of the program between each."""
    files = [tmp_path / "0.holdfast"]
    holdfast("snapshot", process.pid, "-o", files[0], expect=0)
    for number in range(1, steps + 1):
        tell(process, "step", "STEP")
        files.append(tmp_path / ("%d.holdfast" % number))
        holdfast("snapshot", process.pid, "-o", files[-1], expect=0)
    return holdfast("diagnose", *files, "--json", "-")


# The table

def test_the_table_is_up_to_date_and_each_entry_has_what_it_needs():
    done = subprocess.run([WRITER, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr or "run tools/write_known_growers.py"


@pytest.mark.parametrize("text, fault", [
    ("[[class]]\nclass = 'a.B'\ngrows = 'weakly'\nsays = 'x'", "[[class]] 1 (a.B): has no `source`"),
    ("[[class]]\nclass = 'a.B'\ngrows = 'fast'\nsays = 'x'\nsource = 'https://a.b/c'", "`grows` is one of: to a bound"),
    ("[[variable]]\nmodule = 'a'\nname = 'b'\ngrows = 'weakly'\nsays = 'x'\nsource = 'a book'", "`source` is not an address"),
    ("[[variable]]\nmodule = 'a'\nname = 7\ngrows = 'weakly'\nsays = 'x'\nsource = 'https://a.b/c'", "`name` is not a text"),
    ("[[variable]]\nmodule = 'a'\nname = 'b'\ngrows = 'weakly'\nsays = \"x\\u001b[0m\"\nsource = 'https://a.b/c'", "do not print"),
    ("[[leak]]\npackage = 'a'\nsays = 'x'\nfix = 'y'\nsource = 'https://a.b/c'", "needs either `class` or `module`"),
    ("[[leak]]\npackage = 'a'\nfrom = 'new'\nclass = 'a.B'\nsays = 'x'\nfix = 'y'\nsource = 'https://a.b/c'",
     "`from` is not a version"),
    ("[[growers]]\nx = 1", "[[growers]] is not known"),
    ("class = 3", "[[class]] is not an array of tables"),
    ("[[class]\n", "line 1"),
    (2 * "[[class]]\nclass = 'a.B'\ngrows = 'weakly'\nsays = 'x'\nsource = 'https://a.b/c'\n", "is there twice"),
])
def test_a_bad_entry_is_named(tmp_path, text, fault):
    path = tmp_path / "growers.toml"
    path.write_text(text)
    done = subprocess.run([WRITER, "--file", path], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and fault in done.stderr and "Traceback" not in done.stderr
    assert done.stderr.startswith("growers.toml: ")


def test_variables_of_the_standard_library_are_there():
    """Each of them on at least one version that is here: a name that was misspelt would never explain anything."""
    missing = {(row["module"], row["name"], row.get("bound")) for sort in ("variable", "leak")
               for row in rows_of(ROOT / "src" / "analyse" / "known_growers.toml")[sort]
               if row.get("module", "").split(".")[0] in STANDARD}
    program = """
import importlib, json, sys
left = []
for module, name, bound in json.loads(sys.argv[1]):
    try:
        found = top = importlib.import_module(module)
        for part in name.split("."): found = getattr(found, part)
        bound and getattr(top, bound)
    except (ImportError, AttributeError):
        left.append((module, name, bound))
print(json.dumps(left))
"""
    for python in pythons.interpreters():
        done = subprocess.run([python.path, "-c", program, json.dumps(sorted(missing, key=str))],
                              capture_output=True, text=True, check=True)
        missing = {tuple(row) for row in json.loads(done.stdout)}
    old = {("re", "_cache2", "_MAXCACHE2"), ("fnmatch", "_cache", "_MAXCACHE"),  # 3.12 and later; before 3.9
           ("urllib.parse", "_parse_cache", "MAX_CACHE_SIZE"), ("ctypes", "_pointer_type_cache", None),
           ("inspect", "_shadowed_dict_from_mro_tuple", None)}
    assert not missing - old


STANDARD = {"re", "linecache", "_strptime", "fnmatch", "mimetypes", "sys", "urllib", "encodings", "logging", "inspect",
            "ctypes", "copyreg", "gettext", "weakref", "threading"}


# diagnose

def test_a_cache_below_its_bound_is_explained_and_accuses_nobody(python_minor, tmp_path):
    program = STEPPING + """
import itertools, re
numbers = itertools.count()
def step():
    for n in itertools.islice(numbers, 70): re.compile("".join("(%d|%d)" % (n, k) for k in range(60)))
serve(step)
"""
    with target(python_minor, program) as process:
        done = diagnose(process, tmp_path)
    known, = [s for s in done.json["suspects"] if s["path"].endswith("re._cache")]
    assert known["pattern"] == "none" and known["leak"] is False
    assert "its bound is 512" in known["known"] and "https://" in known["known"]
    assert done.json["verdict"] != "suspects" and done.status != 1
    assert not [s for s in done.json["suspects"] if s["leak"]]


def test_a_spooled_file_without_max_size_stays_in_memory(python_minor, tmp_path):
    program = STEPPING + """
import tempfile
spool = tempfile.SpooledTemporaryFile()
def step():
    for n in range(4000): spool.write(b"booking %d of the day\\n" % n * 10)
serve(step)
"""
    with target(python_minor, program) as process:
        done = diagnose(process, tmp_path)
    first = done.json["suspects"][0]
    assert first["pattern"] == "buffer-growth" and "spool._file" in first["path"]
    assert "max_size" in first["known"] and "rollover()" in first["fix"]


def test_what_is_known_and_unbounded_is_a_suspect_all_the_same(python_minor, tmp_path):
    program = STEPPING + """
import itertools, linecache
numbers = itertools.count()
def step():
    for n in itertools.islice(numbers, 300):
        text = "".join("x_%d_%d = %d\\n" % (n, k, k) for k in range(20))
        linecache.cache["<made %d>" % n] = (len(text), None, text.splitlines(True), "<made %d>" % n)
serve(step)
"""
    with target(python_minor, program) as process:
        done = diagnose(process, tmp_path)
    first = done.json["suspects"][0]
    assert done.status == 1 and first["leak"] and first["path"] == "module linecache.cache"
    assert "made at run time" in first["known"] and "adaptix" in first["known"]


def test_a_leak_of_cpython_is_told_where_its_version_has_it(tmp_path):
    program = STEPPING + """
import inspect, typing
def step():
    for n in range(40):
        made = type("Made%d" % n, (), {"table": [float(k) for k in range(500)]})
        inspect.getattr_static(made(), "table", None)
serve(step)
"""
    seen = []
    for python in pythons.interpreters():
        if python.minor != "3.12" or python.debug or python.free_threaded:
            continue
        with target(python, program) as process:
            said = [s for s in diagnose(process, tmp_path).json["suspects"] if s["known"]]
        leaks = [s for s in said if "issues/118013" in s["known"]]
        assert bool(leaks) == (python.version < (3, 12, 4)), python.name
        assert all("3.12.4" in s["fix"] for s in leaks)
        seen.append(python.name)
    if not seen:
        pytest.skip("no CPython 3.12 is here")


# Deleting from these breaks what relies on them.
OWNED = [
    ("memory._objects", "Do not delete from _objects", """
import ctypes
memory = (ctypes.c_ubyte * 4096)()
cursor = ctypes.cast(memory, ctypes.POINTER(ctypes.c_ubyte))""", """
    global cursor
    for _ in range(3000): cursor = ctypes.cast(cursor, ctypes.POINTER(ctypes.c_ubyte))
"""),
    ("message._headers", "del msg[name]", """
import email.message, itertools
message = email.message.Message()
numbers = itertools.count()""", """
    for n in itertools.islice(numbers, 5000): message.add_header("X-Invoice", "invoice %d of the shop" % n)
"""),
    ("mock._patch._active_patches", "Call stop() on each patcher", """
import os
from unittest import mock""", """
    for _ in range(300): mock.patch.object(os, "getcwd", [str(n) for n in range(20)]).start()
"""),
]


@pytest.mark.parametrize("path, fix, setup, step", OWNED, ids=[row[0].rsplit(".", 1)[-1] for row in OWNED])
def test_what_the_standard_library_keeps_for_itself_is_left_to_it(python_minor, tmp_path, path, fix, setup, step):
    program = STEPPING + setup + "\ndef step():" + step + "serve(step)\n"
    with target(python_minor, program) as process:
        tell(process, "step", "STEP")
        done = diagnose(process, tmp_path)
    first = done.json["suspects"][0]
    assert first["leak"] and first["path"].endswith(path)
    assert fix in first["fix"] and "https://" in first["known"]


# The libraries themselves

@pytest.fixture(scope="module")
def library():
    """An interpreter and the beginning of a program that has the libraries on its path."""
    python = next((p for p in pythons.interpreters() if p.minor == libraries.MINOR and not p.debug), None)
    if not python:
        pytest.skip("the libraries are for CPython %s, which is not here" % libraries.MINOR)
    try:
        folder = libraries.folder("known")
    except libraries.NotInstalled as error:
        pytest.skip(str(error))
    return python, "import sys; sys.path.insert(0, %r)\n" % str(folder)


CACHES = """
import asyncio, time
import cachetools, expiringdict
from async_lru import alru_cache
lru = cachetools.LRUCache(100)
for i in range(150): lru[i] = "v" * i
tlru = cachetools.TLRUCache(1000, ttu=lambda key, value, now: now + 0.01)
for i in range(50): tlru[i] = bytes(1000)
fresh = cachetools.TTLCache(1000, 3600, timer=time.time)
for i in range(50): fresh[i] = bytes(1000)
old = expiringdict.ExpiringDict(max_len=100, max_age_seconds=60)
for i in range(120): old[i] = "e" * i
@alru_cache(maxsize=None)
async def page(n): return "r" * n
async def pages():
    for i in range(120): await page(i)
    await page(3)
asyncio.run(pages())

import django
from django.conf import settings
settings.configure(CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {"loaders": [
        ("django.template.loaders.cached.Loader", [("django.template.loaders.locmem.Loader", {"a": "hello"})])]}}])
django.setup()
from django.core.cache import cache
from django.template.loader import get_template
for i in range(200): cache.set("k%d" % i, "v" * 100, 0.01 if i % 2 else 100)
get_template("a").render({})

import sqlalchemy, sqlalchemy.orm
engine = sqlalchemy.create_engine("sqlite://")
with engine.connect() as connection:
    for i in range(50): connection.execute(sqlalchemy.select(sqlalchemy.literal(1).label("c%d" % i))).all()

import jinja2
env = jinja2.Environment(loader=jinja2.DictLoader({"t%d" % i: "x %d" % i for i in range(450)}))
for i in range(450): env.get_template("t%d" % i).render()

from dogpile.cache import make_region
region = make_region().configure("dogpile.cache.memory")
for i in range(150): region.set("k%d" % i, "x" * i)

import kombu.utils.functional
jobs = kombu.utils.functional.LRUCache(limit=64)
for i in range(100): jobs[i] = "j" * i

import urllib3
pools = urllib3.PoolManager(num_pools=5)
for i in range(9): pools.connection_from_url("http://h%d.example/" % i)

import botocore.session
client = botocore.session.get_session().create_client("sqs", region_name="eu-west-1", aws_access_key_id="a",
                                                      aws_secret_access_key="b")
ready()
sys.stdin.read()
"""


def test_caches_of_libraries(library):
    python, begin = library
    with target(python, begin + CACHES) as process:
        answer = holdfast("caches", process.pid, "--top", 1000, "--json", "-", expect=0).json
    by_path = {row["path"]: row for row in answer["caches"]}
    by_kind = {}
    for row in answer["caches"]:
        by_kind.setdefault(row["kind"], []).append(row)
    for name, entries, bound in (("lru", 100, 100), ("tlru", 50, 1000), ("fresh", 50, 1000), ("old", 100, 100),
                                 ("page", 120, None), ("env.cache", 400, 400), ("engine._compiled_cache", 50, 500),
                                 ("jobs", 64, 64)):
        row = by_path["module __main__." + name]
        assert (row["entries"], row.get("bound")) == (entries, bound), name
    locmem, = by_kind["django.core.cache.backends.locmem.LocMemCache"]
    assert locmem["entries"] == 200 and locmem["bound"] == 300 and locmem["expired"] == 100
    loader, = by_kind["django.template.loaders.cached.Loader"]
    assert loader["entries"] == 1 and loader["unbounded"]
    memory, = by_kind["dogpile.cache.backends.memory.MemoryBackend"]
    assert memory["entries"] == 150 and memory["unbounded"]
    assert [row["bound"] for row in by_kind["urllib3._collections.RecentlyUsedContainer"] if row["entries"] == 5] == [5]
    names, = by_kind["botocore"]
    assert names["path"] == "module botocore._xform_cache" and names["entries"] > 10
    assert by_path["module __main__.page"]["hits"] == 1 and by_path["module __main__.page"]["misses"] == 120
    assert by_path["module __main__.tlru"]["expired"] == 50 and not by_path["module __main__.fresh"]["expired"]


@pytest.mark.parametrize("name, setup, step", [
    ("SQLAlchemy", """
import sqlalchemy
engine = sqlalchemy.create_engine("sqlite://")
connection = engine.connect()""", """
        columns = [sqlalchemy.literal(k).label("c%d" % k) for k in range(12) if n >> k & 1]
        connection.execute(sqlalchemy.select(sqlalchemy.literal(0), *columns)).all()"""),
    ("jinja2", """
import jinja2
env = jinja2.Environment(loader=jinja2.FunctionLoader(lambda name: "x {{ a }} " * 20 + name))""", """
        env.get_template("t%d" % n).render(a=1)"""),
    ("django", """
import django
from django.conf import settings
settings.configure(CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}})
django.setup()
from django.core.cache import cache""", """
        cache.set("k%d" % n, "v" * 3000, 600)"""),
])
def test_a_cache_of_a_library_that_fills_up_is_no_leak(library, tmp_path, name, setup, step):
    python, begin = library
    program = begin + STEPPING + setup + """
import itertools
numbers = itertools.count()
def step():
    for n in itertools.islice(numbers, 50):""" + step + """
step()
serve(step)
"""
    with target(python, program) as process:
        answer = diagnose(process, tmp_path).json
    assert not [s for s in answer["suspects"] if s["leak"]], name
    assert any("its bound is" in (s["known"] or "") for s in answer["suspects"]), name


def test_the_leak_of_aiohttp_that_its_version_has(library, tmp_path):
    python, begin = library
    program = begin + STEPPING + """
import asyncio
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
@web.middleware
async def middleware(request, handler):
    try: return await handler(request)
    except web.HTTPException: return None
async def hello(request): return web.Response()
app = web.Application(middlewares=[middleware])
app.router.add_get("/", hello)
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
async def begin(): app.freeze()
loop.run_until_complete(begin())
def step():
    for n in range(60):
        request = make_mocked_request("POST", "/", headers={"X-Filler": "x" * 2000}, app=app)
        loop.run_until_complete(app._handle(request))
step()
serve(step)
"""
    with target(python, program) as process:
        answer = diagnose(process, tmp_path).json
    first = answer["suspects"][0]
    assert first["leak"] and "GHSA-27mf-ghqm-j3j8" in first["known"] and "3.10.11" in first["fix"]
    assert "_build_middlewares" in first["path"]


STANDARD_LIBRARY = """
import concurrent.futures, csv, http.cookiejar, io, logging, logging.handlers, sched, sys, threading, time, warnings, zipfile
class Sink:
    place = 0
    def write(self, data):
        self.place += len(data)
        return len(data)
    def flush(self): pass
number = 0
archive = zipfile.ZipFile(Sink(), "w")
jar = http.cookiejar.CookieJar()
events = sched.scheduler(time.monotonic, time.sleep)
pool = concurrent.futures.ThreadPoolExecutor(1)
stopped = threading.Event()
pool.submit(stopped.wait)
records = logging.getLogger("records")
records.propagate = False
records.addHandler(logging.handlers.MemoryHandler(10**9, logging.CRITICAL))
filtered = logging.getLogger("filtered")
class Filter(logging.Filter):
    def __init__(self, number): self.rows = [number] * 30
def cookie(host):
    return http.cookiejar.Cookie(0, "a", "b" * 80, None, False, host, True, False, "/", True, False, None, True, None, None, {}, False)
def step():
    global number
    for _ in range(1000):
        number += 1
        if sys.argv[1:] == ["archive"]: archive.writestr(zipfile.ZipInfo("member %d" % number), b"x")
        elif sys.argv[1:] == ["jar"]: jar.set_cookie(cookie("host%d.example" % number))
        elif sys.argv[1:] == ["events"]: events.enter(9999, 1, print, (number, [number] * 20))
        elif sys.argv[1:] == ["pool"]: pool.submit(print, number, [number] * 20)
        elif sys.argv[1:] == ["records"]: records.warning("record %d", number)
        elif sys.argv[1:] == ["filtered"]: filtered.addFilter(Filter(number))
        elif sys.argv[1:] == ["dialects"]: csv.register_dialect("dialect %d" % number, delimiter=";")
        elif sys.argv[1:] == ["warnings"]: warnings.filterwarnings("ignore", "report %d is old" % number) if number % 4 == 0 else None
for _ in range(8): step()  # what was free before is full
serve(step)
import os
os._exit(0)
"""


@pytest.mark.parametrize("what, word, cure", [
    ("archive", "parser-tree-retention", "Close the archive"),
    ("jar", None, "clear_session_cookies()"),
    ("events", "task-accumulation", "scheduler.cancel(event)"),
    ("pool", "queue-backlog", "BoundedSemaphore"),
    ("records", None, "MemoryHandler a target"),
    ("filtered", "listener-accumulation", "removeFilter()"),
    ("dialects", "registry-growth", "csv.unregister_dialect"),
    ("warnings", "registry-growth", "catch_warnings()"),
])
def test_what_the_standard_library_keeps_has_a_cure_of_its_own(what, word, cure, python_minor, tmp_path):
    program = STEPPING + "import sys\nsys.argv[1:] = [%r]\n" % what + STANDARD_LIBRARY
    with target(python_minor, program) as process:
        first = diagnose(process, tmp_path).json["suspects"][0]
    assert cure in first["fix"], first
    assert first["known"] and (word is None or first["pattern"] == word), first
