"""A first opinion on one snapshot: what looks most like a mistake comes first, and is marked as an opinion."""
import json

from tests.e2e.targets import holdfast, target


def opinion(process, tmp_path):
    holdfast("snapshot", process.pid, "-o", tmp_path / "one.holdfast", expect=0)
    text = holdfast("diagnose", tmp_path / "one.holdfast", expect=4).stdout
    answer = holdfast("diagnose", tmp_path / "one.holdfast", "--json", "-", expect=4).json
    return text, answer


def test_where_memory_has_come_together(python_minor, tmp_path):
    program = """
import collections, functools
WORDS = {n: "word %d" % n for n in range(30000)}      # a constant by its name, and larger
recent = collections.deque((bytes(500) for _ in range(2000)), maxlen=2000)
@functools.lru_cache(maxsize=1500)
def page(n): return bytes(900)
for n in range(2000): page(n)
class Session:
    def __init__(self, n): self.name, self.data = "session %d" % n, [n] * 20
class Server:
    def __init__(self): self.sessions = {}
server = Server()
for n in range(3000): server.sessions[n] = Session(n)
"""
    with target(python_minor, program) as process:
        text, answer = opinion(process, tmp_path)
    first = answer["suspects"][0]
    assert answer["verdict"] == "too-early" and first["opinion"] and first["leak"]
    assert first["path"] == "module __main__.server.sessions" and first["pattern"] == "registry-growth"
    assert "Session" in first["type"] and first["length"] == 3000 and first["confidence"] <= 0.5
    assert first["grown_bytes"] == 0 and not first["bytes_per_second"]
    bounded = {s["path"] for s in answer["suspects"] if not s["leak"]}
    assert "module __main__.recent" in bounded and any("page" in path for path in bounded)
    assert "OPINION, and no finding" in text and "does not show growth" in text and "BOUNDED: no leak" in text
    assert "perhaps   registry-growth" in text and "if so " in text and "frees" not in text.split("BOUNDED")[0].split("OPINION")[-1]


def test_what_nobody_holds_and_what_nobody_lets_go(python_minor, tmp_path):
    program = """
import gc
gc.disable()
class Node:
    def __init__(self): self.me, self.load = self, bytes(300)
for _ in range(9000): Node()
failed = []
def work(n):
    rows = list(range(n, n + 200))
    raise ValueError(n)
for n in range(1000):
    try: work(n)
    except ValueError as error: failed.append(error)
TABLE = [{"row": n, "cells": [n] * 10} for n in range(4000)]
"""
    with target(python_minor, program) as process:
        answer = opinion(process, tmp_path)[1]
    patterns = [s["pattern"] for s in answer["suspects"][:2]]
    assert sorted(patterns) == ["cycle-gc-off", "traceback-retention"], json.dumps(answer["suspects"][:3])


def test_a_long_chain_is_charged_to_who_holds_its_head(python_minor, tmp_path):
    program = """
class Link:
    def __init__(self, before, n): self.before, self.text = before, "link %d" % n * 10
class Log: last = None
log = Log()
for n in range(5000): log.last = Link(log.last, n)
"""
    with target(python_minor, program) as process:
        answer = opinion(process, tmp_path)[1]
    assert answer["suspects"][0]["path"] == "module __main__.log.last"


def test_a_long_chain_of_wrappers_is_charged_to_who_holds_the_last(python_minor, tmp_path):
    program = """
def compose(table, inner):
    def composed(value): return table.get(value, value) if inner is None else inner(table.get(value, value))
    return composed
class Pipeline: transform = None
pipeline = Pipeline()
for n in range(1500): pipeline.transform = compose({k: n + k for k in range(20)}, pipeline.transform)
"""
    with target(python_minor, program) as process:
        answer = opinion(process, tmp_path)[1]
    first = answer["suspects"][0]
    assert first["path"].startswith("module __main__.pipeline") and first["pattern"] == "wrapper-chain"


def test_a_small_program_gives_no_opinion(python_minor, tmp_path):
    with target(python_minor, "x = 1") as process:
        answer = opinion(process, tmp_path)[1]
    assert not [s for s in answer["suspects"] if s["retained_bytes"] > 1 << 20]


def test_a_dict_that_is_deleted_from_comes_after_one_that_is_not(python_minor, tmp_path):
    program = """
expiring = {n: "page %d" % n for n in range(20000)}   # larger, and its oldest entries went
for n in range(4000): del expiring[n]
kept = {n: "page %d" % n for n in range(9000)}
settings = {n: "page %d" % n for n in range(15000)}   # what is called so was loaded on purpose
"""
    with target(python_minor, program) as process:
        text, answer = opinion(process, tmp_path)
    assert [s["path"] for s in answer["suspects"][:3]] == ["module __main__." + name
                                                           for name in ("kept", "expiring", "settings")]
    assert "16,000 entries (others were deleted not long ago) hold" in answer["suspects"][1]["evidence"]
    assert "deleted" not in answer["suspects"][0]["evidence"] + answer["suspects"][2]["evidence"]


def test_what_queues_picklers_and_mocks_keep_is_seen(python_minor, tmp_path):
    program = """
import pickle, queue, unittest.mock
class Sink:
    def write(self, data): return len(data)
pickler = pickle.Pickler(Sink(), 4)
for n in range(3000): pickler.dump([{"number": n}, "text %d" % n, (n, n + 0.5)])
waiting = queue.SimpleQueue()
for n in range(3000): waiting.put({"number": n, "text": "text %d" % n})
client = unittest.mock.Mock()
for n in range(3000): client.send(n, "text %d" % n)
"""
    with target(python_minor, program) as process:
        answer = opinion(process, tmp_path)[1]
    found = {s["path"]: s["pattern"] for s in answer["suspects"]}
    for name, pattern in (("waiting", "queue-backlog"), ("pickler", "serializer-memo"), ("client", "mock-call-list")):
        assert pattern in [found[path] for path in found if path.startswith("module __main__." + name)], found
    assert not any("interned" in path or path.endswith(".__dict__") for path in found), found


def test_what_is_newer_than_the_last_full_collection_comes_first(python_minor, tmp_path):
    program = """
import gc
class Article:
    def __init__(self, n): self.number, self.tags = n, ["tag %d" % n, n]
goods = {n: Article(n) for n in range(20000)}   # larger, and loaded before
batch = [[0]]
visits = [[n] for n in range(40)]
gc.collect()
gc.disable()                                     # what comes now stays in the youngest generation
batch[:] = [["row %d" % n, [n]] for n in range(4000)]
for n in range(3000): visits.append(["visit %d" % n, [n] * 250])
"""
    with target(python_minor, program) as process:
        suspects = opinion(process, tmp_path)[1]["suspects"]
    ages = {s["path"]: s["evidence"] for s in suspects}
    if python_minor.free_threaded:               # a collector without generations
        assert suspects[0]["path"] == "module __main__.goods" and "full collection" not in str(ages)
        return
    assert [s["path"] for s in suspects[:3]] == ["module __main__." + name for name in ("visits", "goods", "batch")]
    assert "nothing in it is newer than the last full collection" in ages["module __main__.goods"]
    assert "all in it is newer than the last full collection" in ages["module __main__.batch"]
    assert "full collection" not in ages["module __main__.visits"]


def test_members_of_as_many_classes_are_alike(any_python, tmp_path):
    program = """
import collections
kept = []
def imported(row):
    Row = collections.namedtuple("Row", row)
    return Row(*row.values())
for n in range(150): kept.append(imported({"a%d" % n: n, "b": "text %d" % n}))
"""
    with target(any_python, program) as process:
        first = opinion(process, tmp_path)[1]["suspects"][0]
    assert (first["path"], first["pattern"]) == ("module __main__.kept", "class-churn"), first


def test_the_table_of_interned_names_has_its_name(any_python):
    """Before 3.12 it is a static variable of the interpreter, which has no name in a binary that was stripped."""
    program = "import sys\nnames = [sys.intern('a name %d' % n) for n in range(100_000)]\n"
    with target(any_python, program) as process:
        [largest] = holdfast("objects", process.pid, "--type", "dict", "--sort", "length", "--top", "1",
                             "--json", "-").json["objects"]
    assert largest["length"] > 100_000 and largest["path"].endswith("state interned_strings"), largest


def first_path(python, program, tmp_path):
    with target(python, program) as process:
        return opinion(process, tmp_path)[1]["suspects"][0]


def test_collections_that_were_filled_side_by_side_are_told_and_not_their_owners(python_minor, tmp_path):
    shards = """
class Event:
    def __init__(self, n): self.number, self.text = n, "event %d" % n
class Shard:
    def __init__(self): self._events = []
shards = [Shard() for n in range(8)]
for n in range(20000): shards[n * 7 % 8]._events.append(Event(n))
"""
    first = first_path(python_minor, shards, tmp_path)
    assert first["path"] == "module __main__.shards[*]._events" and "Event" in first["type"], first
    assert first["pattern"] == "collection-growth" and "8 like this one hold" in first["evidence"]
    sessions = """
import random
chance = random.Random(4)
class Session:
    def __init__(self): self.visited = []
sessions = {n: Session() for n in range(2000)}
for n in range(60000): sessions[chance.randrange(2000)].visited.append("visited %d" % n)
"""
    assert first_path(python_minor, sessions, tmp_path)["path"] == "module __main__.sessions[*].visited"


def test_owners_that_came_with_all_that_they_have_are_told(python_minor, tmp_path):
    jobs = """
class Job:
    def __init__(self, number): self.rows = [(number, k, "row %d" % k) for k in range(4000)]
jobs = []
for n in range(12): jobs.append(Job(n))
"""
    assert first_path(python_minor, jobs, tmp_path)["path"] == "module __main__.jobs"
    sessions = """
import random
chance = random.Random(4)
class Session:
    def __init__(self, n): self.number, self.visited = n, []
sessions, active = {}, []
for n in range(3000):                      # many at a time, and each of them for a while
    sessions[n] = Session(n)
    active = active[-40:] + [sessions[n]]
    for k in range(20): chance.choice(active).visited.append("visited %d" % (n * 20 + k))
del active
"""
    assert first_path(python_minor, sessions, tmp_path)["path"] == "module __main__.sessions"


def test_modules_that_a_program_makes_are_its_own(python_minor, tmp_path):
    plugin = """
import sys, types
plugin = sys.modules["plugin"] = types.ModuleType("plugin")
exec("seen = {}\\ndef look(n): seen[n] = 'text %d' % n\\n", plugin.__dict__)
for n in range(20000): plugin.look(n)
shown = ["shown %d" % n for n in range(9000)]
"""
    assert first_path(python_minor, plugin, tmp_path)["path"] == "module plugin.seen"
    scripts = """
import sys, types
for n in range(400):
    module = sys.modules["script %d" % n] = types.ModuleType("script %d" % n)
    exec("limits = {n: n * 7.5 for n in range(40)}\\ndef run(event): return limits[event % 40]\\n", module.__dict__)
"""
    first = first_path(python_minor, scripts, tmp_path)
    assert (first["path"], first["pattern"]) == ("module sys.modules", "module-churn"), first


def test_tables_of_libraries_are_no_opinion(python_minor, tmp_path):
    program = """
import email, html.entities, json, encodings.idna, opcode, unicodedata
"""
    with target(python_minor, program) as process:
        suspects = opinion(process, tmp_path)[1]["suspects"]
    assert not [s["path"] for s in suspects if s["path"].startswith(("module html", "module opcode", "module encodings"))]


def test_before_the_first_full_collection_the_newest_quarter_tells_of_age(python_minor, tmp_path):
    program = """
import gc
gc.set_threshold(1000, 10, 1000)
class Article:
    def __init__(self, n): self.number, self.tags = n, ["tag %d" % n, n]
goods = {n: Article(n) for n in range(40000)}
window = []
for n in range(20000): window.append([n])
visits = []
for n in range(8000): visits.append(["visit %d" % n, [n] * 60])
"""
    with target(python_minor, program) as process:
        suspects = opinion(process, tmp_path)[1]["suspects"]
    ages = {s["path"]: s["evidence"] for s in suspects}
    if python_minor.free_threaded:               # a collector without generations
        assert suspects[0]["path"] == "module __main__.goods" and "newest quarter" not in str(ages)
        return
    assert suspects[0]["path"] == "module __main__.visits", suspects
    assert "nothing in it is of the newest quarter of all objects" in ages["module __main__.goods"]
