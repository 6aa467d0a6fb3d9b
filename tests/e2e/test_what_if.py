"""what-if against the process that does it: the heap is as much smaller as was foretold."""
from tests.e2e.targets import holdfast, target, tell

PROGRAM = """
import sys
class Quote:
    def __init__(self, n): self.n, self.lines, self.note = n, [float(n)] * 10, "note %d" % n
quotes = {"sku-%d" % n: Quote(n) for n in range(2000)}
shared = [quotes["sku-%d" % n] for n in range(500)]
class Holder: pass
holder = Holder(); holder.quotes = quotes; holder.extra = [bytes(5000) for _ in range(100)]
both = [bytearray(100000)]; again = both
def f():
    ready()
    for line in sys.stdin:
        exec(line, globals())
        print("DONE", flush=True)
f()
"""


def heap(process):
    return holdfast("retained", process.pid, "--json", "-", expect=0).json["heap_bytes"]


def what_if(process, *arguments):
    return holdfast("what-if", process.pid, *arguments, "--json", "-", expect=0).json


def test_freed_bytes_are_gone_when_it_is_done(python):
    with target(python, PROGRAM) as process:
        tell(process, "pass", "DONE")
        cuts = ["--cut", "module __main__.quotes", "--cut", "module __main__.holder.quotes"]
        foretold = what_if(process, *cuts)
        before = heap(process)
        tell(process, "del quotes, holder.quotes", "DONE")
        after = heap(process)
    assert foretold["freed_bytes"] > 1500 * 200
    assert abs((before - after) - foretold["freed_bytes"]) < 4096
    assert [cut["freed"] for cut in foretold["cuts"]] == [True, True]


def test_what_else_holds_it_is_told(any_python):
    with target(any_python, PROGRAM) as process:
        one = what_if(process, "--cut", "module __main__.both")
        text = holdfast("what-if", process.pid, "--cut", "module __main__.both", expect=0).stdout
    assert one["verdict"] == "frees-nothing" and one["freed_bytes"] == 0
    assert one["cuts"][0]["held_by"] == ["module __main__.again"]
    assert text.startswith("FREES NOTHING  ") and "module __main__.again" in text


def test_types_and_addresses_can_be_cut(any_python):
    with target(any_python, PROGRAM) as process:
        types = what_if(process, "--cut-type", "__main__.Quote")
        found = holdfast("objects", process.pid, "--type", "__main__.Holder", "--json", "-").json
        row = found["objects"][0]
        one = what_if(process, "--cut", row["address"])
        extra = what_if(process, "--cut", row["address"] + ".extra")
    assert types["cuts"][0]["objects"] == 2000 and types["freed_objects"] > 6000
    assert one["freed_bytes"] == row["retained_bytes"]
    assert 500000 < extra["freed_bytes"] < one["freed_bytes"]


def test_a_mistake_is_told_with_what_is_near(any_python):
    with target(any_python, PROGRAM) as process:
        answer = holdfast("what-if", process.pid, "--cut", "module __main__.quotez", expect=3)
        holdfast("what-if", process.pid, expect=2)
        holdfast("what-if", process.pid, "--cut-type", "nobody.*", expect=3)
    assert "nearest: .quotes" in answer.stderr
