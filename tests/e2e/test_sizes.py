"""slots and duplicates: what is said to be saved is what another way of writing it saves."""
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


DUPLICATES = """
words = ["".join(["wo", "rd-", str(i %% 7)]) for i in range(7000)]
data = [bytes([65 + i %% 3]) * 40 for i in range(900)]
numbers = [float("1.5") for i in range(500)] + [int("123456789012") for i in range(500)]
unique = ["only-" + str(i) for i in range(1000)]
nearly = ["x" * 100 + str(i) for i in range(100)]
""".replace("%%", "%")


def test_copies_are_counted_and_only_copies(python):
    with target(python, DUPLICATES) as process:
        found = holdfast("duplicates", process.pid, "--top", 5000, "--json", "-", expect=0).json
        text = holdfast("duplicates", process.pid, expect=0).stdout
        hidden = holdfast("duplicates", process.pid, "--no-values", "--json", "-", expect=0).json
    copies = {(row["type"], row["value"]): row["copies"] for row in found["values"]}
    for i in range(7):
        assert copies["str", "word-%d" % i] == 1000
    assert [copies["bytes", letter * 40] for letter in "ABC"] == [300] * 3
    assert copies["float", "1.5"] >= 500 and copies["int", "123456789012"] >= 500
    assert not [value for _, value in copies if value.startswith(("only-", "xxx"))]
    assert found["too_long"] >= 100
    assert found["saved_bytes"] > 7 * 999 * 56
    assert text.startswith("DUPLICATES  ") and "word-" in text
    assert hidden["verdict"] == "cannot-tell" and not hidden["values"]


TUPLES = """
def name(i): return "".join(["na", "me-", str(i)])
rows = [(float(i % 5), name(i % 5), (i % 5, name(i % 5))) for i in range(4000)]
sets = [frozenset([name(i % 3), i % 3 + 1000]) for i in range(600)]
apart = [(i, [i]) for i in range(500)] + [([1], 2) for _ in range(500)]
"""


def test_copies_of_tuples_and_frozensets(python):
    with target(python, TUPLES) as process:
        found = holdfast("duplicates", process.pid, "--top", 5000, "--json", "-", expect=0).json
    rows = [row for row in found["values"] if row["type"] == "tuple" and row["copies"] == 800]
    assert len(rows) == 10 # five of the outer ones, five of the inner ones
    assert sum("'name-3'" in row["value"] for row in rows) == 2
    assert sorted(row["copies"] for row in found["values"] if row["type"] == "frozenset")[-3:] == [200] * 3
    assert not [row for row in found["values"] if row["type"] == "tuple" and 490 < row["copies"] < 510]
