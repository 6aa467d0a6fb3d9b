"""Writes the tables of docs/extensions.md: how many of the references of each C extension type are
found, by scanning and with --ask-extensions, against gc.get_referents() in the program itself.

    python3 -m tests.extensions.table           for each interpreter that has the extensions
    python3 -m tests.extensions.table --check   compares only what must hold: see problems()

The program is use.py. The other measure are reference counts: objects of the type with more references
found than counted have false ones ("over"); those with fewer are held by C, or references to them were
missed ("under").
"""
import collections
import dataclasses
import pathlib
import sys
import tempfile

from tests import extensions
from tests.oracle import comparison

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "extensions.md"
START, END = "<!-- table -->\n", "<!-- end of table -->\n"


@dataclasses.dataclass
class Line:
    owner: str
    objects: int = 0
    referents: int = 0
    missed: list = dataclasses.field(default_factory=lambda: [0, 0]) # by the scan, by asking
    over: list = dataclasses.field(default_factory=lambda: [0, 0])
    under: list = dataclasses.field(default_factory=lambda: [0, 0])


def look(python):
    """(truth, [found by scanning, found by asking], {type: distribution})."""
    with tempfile.TemporaryDirectory() as folder:
        program = str(extensions.FOLDER / "use.py")
        target, path = comparison.run_target_at(extensions.interpreter(python), program, folder)
        try:
            found = [comparison.take(target.pid, folder, *options) for options in ((), ("--ask",))]
        finally:
            target.kill()
            target.communicate()
        with open(path + ".types", encoding="utf-8") as file:
            owners = dict(line.split() for line in file)
        return comparison.read_truth(path), found, owners


def missed_of(thing, mine, truth, found):
    """References of an object that the program told and that were not found."""
    if mine is None:
        return len(thing.referents)
    left = collections.Counter(thing.referents)
    left.subtract(target for target, _ in mine.referents)
    return sum(times for target, times in left.items() if times > 0
               # Dead objects on a free list that some traverse visits.
               and (target in found or target not in truth or truth[target].refcount > 0))


def measure(truth, found, owners):
    """{type: Line}."""
    lines = {}
    for address, thing in truth.items():
        owner = owners.get(thing.type)
        if not owner:
            continue
        line = lines.setdefault(thing.type, Line(owner))
        line.objects += 1
        line.referents += len(thing.referents)
        for way in (0, 1):
            mine = found[way].get(address)
            if thing.tracked:
                line.missed[way] += missed_of(thing, mine, truth, found[way])
            if mine and mine.refcount >= 0 and not mine.flags & (comparison.IMMORTAL | comparison.STATIC):
                line.over[way] += mine.strong > mine.refcount
                line.under[way] += mine.strong < mine.refcount
    return lines


def share(line, way):
    if not line.referents:
        return "-"
    percent = 100 * (line.referents - line.missed[way]) / line.referents
    return "%.1f %%" % (int(percent * 10) / 10) # 100 is said only where it is true


def row(name, line):
    return "| %s | %d | %d | %s | %s | %d / %d | %d / %d |" % (
        name, line.objects, line.referents, share(line, 0), share(line, 1), *line.over, *line.under)


def total(lines, owner):
    whole = Line(owner)
    for line in lines:
        whole.objects += line.objects
        whole.referents += line.referents
        for kind in ("missed", "over", "under"):
            sums = getattr(whole, kind)
            for way in (0, 1):
                sums[way] += getattr(line, kind)[way]
    return whole


HEAD = ["| type | objects | references | scanned | asked | over | under |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"]


def table(python, lines):
    """Types that the collector knows one by one; the others of a distribution in one line."""
    text = ["### CPython %d.%d.%d\n" % python.version, *HEAD,
            row("**all**", total(lines.values(), ""))]
    by_owner = collections.defaultdict(list)
    for name, line in sorted(lines.items()):
        by_owner[line.owner].append((name, line))
    for owner, ones in sorted(by_owner.items(), key=lambda item: item[0].lower()):
        text.append(row("**%s**" % owner, total([line for _, line in ones], owner)))
        text += [row(name.replace("|", "\\|"), line) for name, line in ones if line.referents]
        rest = [line for _, line in ones if not line.referents]
        if rest:
            text.append(row("%d types that tell none" % len(rest), total(rest, owner)))
    return "\n".join(text) + "\n"


def problems(lines):
    """What must hold of types that nobody here knew: asking finds all that the program tells."""
    return ["%s: %d of %d references missed" % (name, line.missed[1], line.referents)
            for name, line in sorted(lines.items()) if line.missed[1]]


def main():
    tables, wrong = [], []
    ready = [python for python in extensions.wanted() if extensions.interpreter(python)]
    if not ready:
        sys.exit("no extensions are installed: make extensions")
    for python in ready:
        lines = measure(*look(python))
        wrong += problems(lines)
        tables.append(table(python, lines))
    print("\n".join(wrong) or "nothing is missed when extensions are asked")
    if "--check" not in sys.argv:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
        after = rest.partition(END)[2]
        PAGE.write_text(before + START + "\n" + "\n".join(tables) + "\n" + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
