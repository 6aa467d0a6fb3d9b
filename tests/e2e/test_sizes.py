"""slots and duplicates: what is said to be saved is what another way of writing it saves."""
import json

import pytest

from tests.e2e.targets import holdfast, target

CLASSES = """
class Plain:
    %s
    def __init__(self, n): self.n, self.name, self.load = n, None, None
class Odd:
    %s
    def __init__(self, n):
        self.a = n
        if n %% 10 == 0: self.rare = None
        if n %% 2: self.__dict__ if hasattr(self, "__dict__") else None
import weakref
class Watched:
    %s
    def __init__(self, n): self.n = n
plain = [Plain(i) for i in range(3000)]
odd = [Odd(i) for i in range(3000)]
watched = [Watched(i) for i in range(3000)]
refs = [weakref.ref(w) for w in watched]
class Error(Exception): pass
errors = [Error() for _ in range(300)]
class Number(int): pass
numbers = [Number(i) for i in range(300)]
"""
SLOTS = ('__slots__ = ("n", "name", "load")', '__slots__ = ("a", "rare")', '__slots__ = ("n", "__weakref__")')


def blocks(process, name):
    rows = holdfast("types", process.pid, "--type", name, "--json", "-", expect=0).json["types"]
    return sum(row["block"] for row in rows)


def test_the_saving_is_that_of_the_slotted_class(python):
    with target(python, CLASSES % ("", "", "")) as process:
        found = holdfast("slots", process.pid, "--top", 100, "--json", "-", expect=0).json
        text = holdfast("slots", process.pid, expect=0).stdout
    with target(python, CLASSES % SLOTS) as process:
        after = {name: blocks(process, name) for name in ("__main__.Plain", "__main__.Odd", "__main__.Watched")}
        again = holdfast("slots", process.pid, "--top", 100, "--json", "-", expect=0).json
    rows = {row["class"]: row for row in found["classes"]}
    for name, taken in after.items():
        assert rows[name]["instances"] == 3000
        assert rows[name]["slotted_bytes"] == taken, name
        assert rows[name]["saved_bytes"] == rows[name]["bytes"] - taken
    assert rows["__main__.Plain"]["saved_bytes"] > 0
    assert rows["__main__.Watched"]["weak_references"] and not rows["__main__.Plain"]["weak_references"]
    assert {a["name"]: a["instances"] for a in rows["__main__.Odd"]["attributes"]} == {"a": 3000, "rare": 300}
    assert "__main__.Error" not in rows and "__main__.Number" not in rows # their bases have dicts, items
    assert not [row for row in again["classes"] if row["class"] in after]
    assert '__slots__ = ("load", "n", "name")' in text and text.startswith("SLOTS  ")


def test_nothing_is_said_of_programs_without_many_instances(any_python):
    with target(any_python, "x = [1]") as process:
        found = holdfast("slots", process.pid, "--json", "-", expect=0).json
    assert found["verdict"] == "none" or all(row["saved_bytes"] > 0 for row in found["classes"][:1])
