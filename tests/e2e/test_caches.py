"""caches, against what the caches in the process say of themselves."""
import json
import subprocess

import pytest

from tests.e2e.targets import clean_environment, holdfast, target, tell

# By file and hash, as pip checks it; none of it is part of holdfast.
CACHETOOLS = ("cachetools==5.5.2 --hash="
              "sha256:d26a22bcc62eb95c3beabd9f1ee5e820d3d2704fe2967cbe350e20c8ffcd3f0a")
SAY = """
import json, sys
def serve(state):
    for line in sys.stdin:
        print("STATE " + json.dumps(state()), flush=True)
"""
LRU = SAY + """
import functools
class Report:
    def __init__(self, n): self.n, self.load = n, bytes(1000)
    @functools.lru_cache(maxsize=None)
    def section(self, k): return [k] * 100
    @functools.cached_property
    def total(self): return [0] * 1000
@functools.lru_cache(maxsize=200, typed=True)
def price(x): return "p" * x
@functools.lru_cache(4)
def empty(x): return x
kept = [Report(i) for i in range(10)]
for report in kept: report.section(1), report.total
for i in range(500): Report(i).section(2)
for i in range(300): price(i), price(i)
def state():
    return {f.__wrapped__.__qualname__: f.cache_info()._asdict() for f in (Report.section, price)}
ready(); serve(state)
"""


def said(process):
    return json.loads(tell(process, "state", "STATE").split(" ", 1)[1])


def caches(process, *options):
    return holdfast("caches", process.pid, "--top", 1000, "--json", "-", *options, expect=0).json


def test_an_lru_cache_is_what_cache_info_says(python_minor):
    with target(python_minor, LRU) as process:
        found, hidden = caches(process), caches(process, "--no-values")
        text = holdfast("caches", process.pid, expect=0).stdout
        state = said(process)
    for answer in (found, hidden): # counts are no secrets
        rows = {row["function"].split(" ")[0]: row for row in answer["caches"] if row["function"]}
        assert "empty" not in rows
        for name, info in state.items():
            row = rows[name]
            assert (row["hits"], row["misses"]) == (info["hits"], info["misses"])
            assert row["entries"] == info["currsize"]
            assert row.get("bound") == info["maxsize"] and row["unbounded"] == (info["maxsize"] is None)
            assert row["saved_bytes"] == max(0, info["currsize"] - 128) * row["mean_entry_bytes"]
        assert rows["price"]["typed"] and not rows["Report.section"]["typed"]
        section = rows["Report.section"]
        assert section["self_instances"] == 510 and section["pinned_instances"] == 500
        assert section["pinned_bytes"] > 500 * 1000 and section["retained_bytes"] > 510 * 800
        assert section["key_type"] == "__main__.Report"
        prop, = [row for row in answer["caches"] if row["kind"] == "functools.cached_property" and
                 row["path"] == "module __main__.Report.total"]
        assert prop["entries"] == 10 and 10 * 8000 < prop["retained_bytes"] < 10 * 8200
    assert text.startswith("UNBOUNDED  ") and "as self: keeps 510 instances alive" in text


def test_a_bound_frees_what_was_foretold(python_minor):
    program = """
import functools, gc, sys
@functools.lru_cache(maxsize=None)
def page(n): return bytes(2000)
for i in range(1000): page(i)
ready()
sys.stdin.readline()
page.cache_clear()
page = functools.lru_cache(100)(page.__wrapped__)
for i in range(1000): page(i)
gc.collect()
print("DONE", flush=True)
"""
    with target(python_minor, program) as process:
        row, = [r for r in caches(process, "--bound", 100)["caches"] if r["path"] == "module __main__.page"]
        tell(process, "bound", "DONE")
        after, = [r for r in caches(process)["caches"] if r["path"] == "module __main__.page"]
    foretold = row["retained_bytes"] - row["own_bytes"] - row["saved_bytes"]
    # A bounded cache has a link for each entry, which an unbounded one has not.
    assert abs(foretold - (after["retained_bytes"] - after["own_bytes"])) <= 100 * 100
    assert row["saved_bytes"] > 900 * 2000


def test_weak_and_named_and_the_standard_library(python_minor):
    program = SAY + """
import collections, linecache, re, weakref
class Page: pass
pages = [Page() for _ in range(50)]
weak = weakref.WeakValueDictionary(enumerate(pages))
_page_cache = {i: "x" * i for i in range(500)}
memory = {i: i for i in range(500)}
class Service:
    def __init__(self): self._lru = collections.OrderedDict((i, "y" * i) for i in range(100))
service = Service()
linecache.getlines(collections.__file__)
for i in range(30): re.compile("a%d" % i)
def state(): return {"re": len(re._cache), "max": re._MAXCACHE, "lines": len(linecache.cache)}
ready(); serve(state)
"""
    with target(python_minor, program) as process:
        rows = {row["path"]: row for row in caches(process)["caches"]}
        state = said(process)
    assert rows["module __main__.weak"]["sort"] == "weak" and rows["module __main__.weak"]["entries"] == 50
    assert not rows["module __main__.weak"]["saved_bytes"]
    assert rows["module __main__._page_cache"]["sort"] == "named"
    assert rows["module __main__.service._lru"]["kind"] == "collections.OrderedDict"
    assert "module __main__.memory" not in rows
    standard = [row for row in rows.values() if row["kind"] == "standard library"]
    assert (state["re"], state["max"]) in [(row["entries"], row.get("bound")) for row in standard]
    assert [row for row in standard if row["path"].endswith("linecache.cache") and
            row["entries"] == state["lines"] and row["unbounded"]]


@pytest.fixture(scope="module")
def cachetools(tmp_path_factory):
    """A folder with cachetools in it: pure Python, for all versions."""
    folder = tmp_path_factory.mktemp("cachetools")
    (folder / "requirements.txt").write_text(CACHETOOLS)
    done = subprocess.run(["python3", "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder,
                           "--require-hashes", "--only-binary", ":all:", "-r", folder / "requirements.txt"],
                          env=clean_environment(), stderr=subprocess.PIPE, timeout=120, check=False)
    if done.returncode:
        pytest.skip("cachetools cannot be fetched: %r" % done.stderr[-300:])
    return folder


def test_cachetools(python_minor, cachetools):
    program = "import sys; sys.path.insert(0, %r)\n" % str(cachetools) + SAY + """
import cachetools, time
lru = cachetools.LRUCache(100)
for i in range(150): lru[i] = "v" * i
sized = cachetools.LFUCache(10000, getsizeof=len)
for i in range(1, 60): sized[i] = "v" * 100
ttl = cachetools.TTLCache(1000, 0.05)
for i in range(50): ttl[i] = bytes(1000)
fresh = cachetools.TTLCache(1000, 3600, timer=time.time)
for i in range(50): fresh[i] = bytes(1000)
now = 0
ticking = cachetools.TTLCache(1000, 10, timer=lambda: now)
for now in range(40): cachetools.Cache.__setitem__(ticking, now, 0) or ticking.__setitem__(now, 1)
due = cachetools.TLRUCache(100, ttu=lambda key, value, at: at + value, timer=time.time)
due["long"] = 3600
due["short"] = 0.01
time.sleep(0.2)
def state(): return {n: [len(c._Cache__data), c.maxsize, c.currsize] for n, c in (("lru", lru), ("sized", sized))}
ready(); serve(state)
"""
    with target(python_minor, program) as process:
        rows = {row["path"]: row for row in caches(process)["caches"]}
        state = said(process)
    for name, (entries, bound, size) in state.items():
        row = rows["module __main__." + name]
        assert (row["entries"], row["bound"], row.get("size", row["entries"])) == (entries, bound, size)
    assert rows["module __main__.lru"]["kind"] == "cachetools.LRUCache"
    ttl, fresh = rows["module __main__.ttl"], rows["module __main__.fresh"]
    assert ttl["expired"] == 50 and ttl["lifetime_seconds"] == 0.05 and not ttl["expired_at_least"]
    assert 50 * 1000 < ttl["expired_bytes"] <= ttl["retained_bytes"]
    assert fresh["expired"] == 0 and not fresh["expired_at_least"]
    # Its clock is a lambda: only what the youngest entry proves is told.
    ticking = rows["module __main__.ticking"]
    assert ticking["expired_at_least"] and ticking["expired"] <= ticking["entries"]
    assert rows["module __main__.due"]["expired"] == 1
