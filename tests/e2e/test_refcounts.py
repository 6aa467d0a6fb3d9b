"""refcounts: references that are forgotten on purpose are found, and those of an idle process are not."""
import json

from tests.e2e.targets import holdfast, target, tell

LIBRARIES = ("import argparse, asyncio, ctypes, datetime, decimal, email, json, logging, re, sqlite3, ssl, sys, threading, "
             "urllib.request, xml.etree.ElementTree, zlib\n")
LEAK = LIBRARIES + """
forget = ctypes.pythonapi.Py_IncRef
class Image:
    def __init__(self): self.pixels = bytes(1000)
for _ in range(200):
    image = Image()
    forget(ctypes.py_object(image))
del image
kept = ["kept by a module"]
for _ in range(77): forget(ctypes.py_object(kept))
shared = [Image() for _ in range(300)]
for image in shared: forget(ctypes.py_object(image))
del image
numbers = {"once": object()}
held = numbers["once"], [numbers["once"]], {numbers["once"]}
def state():
    return {"kept": sys.getrefcount(kept) - 1, "once": sys.getrefcount(numbers["once"]) - 1,
            "address": "%#x" % id(numbers["once"])}
ready()
for line in sys.stdin: print("STATE " + json.dumps(state()), flush=True)
"""


def look(process, *options):
    return holdfast("refcounts", process.pid, *options, "--json", "-", expect=0).json


def test_forgotten_references_are_found(python_minor):
    with target(python_minor, LEAK) as process:
        found, everything = look(process, "--top", 100), look(process, "--all", "--top", 100)
        text = holdfast("refcounts", process.pid, expect=0).stdout
        chosen = look(process, "--type", "*Image")
        kept = look(process, "module __main__.kept")
        state = json.loads(tell(process, "state", "STATE").split(" ", 1)[1])
        once = look(process, state["address"])
    rows = {row["type"]: row for row in found["types"]}
    image = rows["__main__.Image"]
    assert (image["objects"], image["references"], image["most"]) == (500, 500, 1)
    # Before 3.12 a list of free objects may still have a word where the last of them was made.
    assert image["alone"] in ((200,) if python_minor.version >= (3, 12) else (199, 200))
    assert 199 * 1050 < image["retained_bytes"] < 200 * 1400
    assert rows["list"]["path"] == "module __main__.kept"
    assert set(rows) <= {"__main__.Image", "list", "str"} and found["retained_bytes"] < 200 * 1400 + 10000
    assert [row["type"] for row in chosen["types"]] == ["__main__.Image"]
    assert everything["objects"] == found["objects"] + found["explained_objects"] > found["objects"]
    assert found["explained_objects"] == sum(row["objects"] for row in found["explained"])
    assert text.startswith("HELD BY C  ") and "LEFT OUT: known to be no mistake" in text
    assert (kept["counted"], kept["from_objects"]) == (state["kept"], 1)
    # Without a GIL the thread that waits may have the last argument of a call on its stack.
    assert kept["surplus"] == rows["list"]["most"] and kept["surplus"] in ((76, 77) if python_minor.free_threaded else (77,))
    assert (once["counted"], once["surplus"]) == (state["once"], 0) and once["counted"] == 4
    assert once["from_objects"] == 4 == len(once["references"])
    assert {row["type"] for row in once["references"]} == {"dict", "tuple", "list", "set"}


def test_an_idle_process_is_balanced(python_minor):
    with target(python_minor, LIBRARIES) as process:
        found = look(process)
    unusual = [(row["type"], row["objects"], row["most"], row["retained_bytes"]) for row in found["types"]]
    assert found["retained_bytes"] == 0, unusual
    assert found["objects"] < found["compared"] / 200, unusual


def test_objects_that_keep_no_count(python_minor):
    with target(python_minor, "x = [1]") as process:
        none = holdfast("refcounts", process.pid, "module builtins.None", "--json", "-")
        answer = holdfast("refcounts", process.pid, "module __main__.nothing")
    if none.status == 0:
        assert none.json["verdict"] in ("immortal", "cannot-tell") and none.json["surplus"] == 0
    assert answer.status != 0 and "nothing" in answer.stderr
