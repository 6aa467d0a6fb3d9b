"""The ground truth on every interpreter of this machine, in every flavour: docs/coverage.md.

    python3 -m tests.oracle.coverage_table [--only PATTERN]... [--again | --missing] [--write-only]

Each row that was measured is kept in build/coverage-rows.json at once, so that a run may be ended and
taken up again: only rows are measured that another program than today's was measured for, or none.
--missing leaves those of another program alone, too, unless they failed, and takes exact ones that are not kept from
the page as it is; --again measures all.
--only (a part of "INTERPRETER FLAVOUR") keeps a run to some rows, HOLDFAST_TEST_PYTHONS to some
interpreters (otherwise all that are here); --write-only writes the page from
what there is. What failed stands in the page as it failed; what has not been measured, or cannot be,
stands there with the reason.
"""
import argparse
import dataclasses
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from tests import pythons
from tests.oracle import comparison, embedding, flavours

OUTPUT = os.path.join(comparison.ROOT, "docs", "coverage.md")
CACHE = os.path.join(comparison.ROOT, "build", "coverage-rows.json")
INTERPRETERS = "sub-interpreters"
EMBEDDED = {"embedded, %s" % link: link for link in embedding.LINKS}
FAILED = ("WRONG", "ERROR", "REFUSED")
COLUMNS = 10
FLAVOURS = [*flavours.ALLOCATORS, INTERPRETERS, *EMBEDDED]

ABSENT = """## What production runs and this machine does not have

| build | why not | what stands for it |
| --- | --- | --- |
| official images of containers (`python:3.x`) | no registry of images is reached from here | they are built from CPython's source with a shared libpython, as pyenv's here are; a row is generated from a build's own headers and proved before it is used, else the process is refused |
| the same on Alpine (musl) | no musl here | struct layouts do not depend on the C library but where they hold its types; a row that does not fit is refused |
| conda; python-build-standalone of 3.9, 3.12, 3.13 and 3.15 | no package that can be had here holds them; the builds of python-build-standalone that could be had (uv installs those) are listed above as standalone | they differ from other builds by compiler, link-time optimization, BOLT and a tail-calling interpreter, none of which moves a member of a struct; static or shared, `_PyRuntime` and the types stay exported symbols |
| 3.14.0 to 3.14.2, and 3.14.4 to 3.14.7 but for 3.14.6 | neither binaries nor headers are to be had | no table of their own: that of 3.14.3, which has the incremental collector as they have up to 3.14.4, or of 3.14.8, which has generations again, is tried as a sibling and proved, or one is calibrated from it, else the process is refused |
| patch releases that no suite and no package holds | not to be had | the nearest row of the same minor version, once the target's own numbers prove it |
"""


@dataclasses.dataclass
class Row:
    interpreter: str
    flavour: str
    version: str
    build: str
    link: str = ""
    table: str = ""
    objects: int = 0
    absent: int = 0
    referents: int = 0
    missed: int = 0
    over: int = 0
    sized: int = 0
    wrong_size: int = 0
    status: str = "not measured: the last run was ended before it came here"
    program: str = "" # that measured it
    told: list = None # its cells in the page, where they are all that is known of it


@functools.lru_cache(maxsize=None)
def program():
    """What tells one build of the program from another."""
    with open(comparison.WALK, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()[:16]


def build_of(python):
    words = [python.how] + ["debug"] * python.debug + ["free-threaded"] * python.free_threaded
    return ", ".join(words)


def link_of(python, flavour):
    if flavour in EMBEDDED:
        return EMBEDDED[flavour]
    with open(python.path, "rb") as file:
        kind = file.read(18)[16] # e_type of the ELF header
    has = subprocess.run(["ldd", python.path], check=False, capture_output=True, text=True).stdout
    return "%s, %s" % ("shared" if "libpython" in has else "static", "PIE" if kind == 3 else "no PIE")


def empty_row(python, flavour, measured_by=""):
    row = Row(python.name, flavour, "%d.%d.%d" % python.version, build_of(python),
              link_of(python, flavour), program=measured_by)
    why = why_not(python, flavour)
    return dataclasses.replace(row, status="skipped: " + why) if why else row


def why_not(python, flavour):
    """Why an interpreter cannot be had in a flavour, as far as that shows without starting it."""
    if flavour in EMBEDDED:
        return embedding.why_not(python, EMBEDDED[flavour])
    variables, why = flavours.environment(flavour) if flavour != INTERPRETERS else ({}, None)
    if not why and python.free_threaded and "PYTHONMALLOC" in variables:
        why = "free-threaded builds have an allocator of their own"
    return why


def start(python, flavour, folder):
    """(process, path of its account, interpreters in it), or (None, why not, 0)."""
    if flavour == INTERPRETERS:
        target, path = comparison.run_target(python, "interpreters.py", folder)
        with open(path + ".ids", encoding="utf-8") as file:
            return target, path, 1 + len(json.load(file))
    if flavour in EMBEDDED:
        program, variables = embedding.build(python, EMBEDDED[flavour], folder)
        if not program:
            return None, variables, 0
        return *comparison.run_target_at([program, "main"], "zoo.py", folder, variables=variables), 1
    variables, why_not = flavours.environment(flavour)
    if why_not:
        return None, why_not, 0
    if "LD_PRELOAD" in variables and needs_glibc(python, variables):
        return None, "the C library that this interpreter brings is older than what the allocator needs", 0
    return *comparison.run_target(python, "zoo.py", folder, variables), 1


def table_of(pid, version):
    """The row that was proved, and how it came to be chosen."""
    run = subprocess.run([comparison.WALK, str(pid)], check=True, timeout=300, capture_output=True, text=True)
    name = json.loads(run.stdout)["table"]
    bounds = [tuple(map(int, part.split("."))) for part in re.findall(r"\d+\.\d+\.\d+", name)]
    exact = bounds and bounds[0] <= version <= bounds[-1]
    how = "calibrated" if name.startswith("calibrated") else "exact" if exact else "sibling"
    return "%s (%s)" % (name, how)


def needs_glibc(python, variables):
    """Whether the C library that an interpreter brings is too old for what is preloaded."""
    run = subprocess.run([python.path, "-c", ""], check=False, env={**os.environ, **variables}, timeout=60,
                         capture_output=True, text=True)
    return "version `GLIBC_" in run.stderr


def measure(python, flavour, row):
    folder = tempfile.mkdtemp(prefix="coverage-")
    target = None
    try:
        target, path, interpreters = start(python, flavour, folder)
        if not target:
            row.status = "skipped: " + path
            return
        row.table = table_of(target.pid, python.version)
        found = comparison.take(target.pid, folder)
        truth = comparison.read_truth(path)
        for number in range(1, interpreters):
            truth.update(comparison.read_truth("%s.%d" % (path, number)))
        rows = comparison.compare(truth, found)
        for column in ("objects", "absent", "referents", "missed", "over", "sized", "wrong_size"):
            setattr(row, column, comparison.total(rows, column))
        wrong = comparison.judge(rows, interpreters=interpreters)
        row.status = "WRONG: " + "; ".join(wrong) if wrong else "exact"
    except subprocess.CalledProcessError as error:
        said = error.stderr or ""
        row.status = "REFUSED: " + (said if isinstance(said, str) else said.decode()).strip()[-300:]
    except (AssertionError, OSError, subprocess.SubprocessError, ValueError) as error:
        row.status = "ERROR: " + str(error).strip()[-300:]
    finally:
        if target:
            target.kill()
            target.communicate()
        shutil.rmtree(folder, ignore_errors=True)


def share(part, whole):
    return "%.3f %%" % (100 * part / whole) if whole else ""


def cells(row):
    if row.told:
        return row.told
    recall = share(row.objects - row.absent, row.objects)
    equal = share(row.sized - row.wrong_size, row.sized)
    status = row.status.replace("|", "/").replace("\n", " ")
    objects = "{:,}".format(row.objects) if row.objects else ""
    return [row.version, row.build, row.link, row.flavour, row.table, objects, recall,
            str(row.over) if row.objects else "", equal, status]


def table_only(rows):
    """Rows of the tables that no process here has used."""
    used = {row.table.split(" ")[0] for row in rows}
    with open(os.path.join(comparison.ROOT, "src", "cpython", "layout_tables.c"), encoding="utf-8") as file:
        names = re.findall(r'^    \{"([^"]+)",', file.read(), re.M)
    return [name for name in names if name not in used]


def cannot_be_measured(rows):
    """The flavours that interpreters here cannot be had in, by reason."""
    reasons = {}
    for row in rows:
        if row.status.startswith("skipped"):
            reasons.setdefault(row.status[9:], {}).setdefault(row.interpreter, []).append(row.flavour)
    lines = []
    for reason, which in sorted(reasons.items()):
        lines += ["", "**%s:**" % (reason[0].upper() + reason[1:]), ""]
        lines += ["- %s: %s" % (name, ", ".join(these)) for name, these in which.items()]
    return ["", "## Cannot be measured"] + lines if lines else []


def text_of(rows):
    head = ["version", "build", "link", "flavour", "table", "objects", "recall", "over-counted",
            "sizes equal", "status"]
    lines = ["# What was read, and how exactly", "",
             "`make coverage-table` makes this page: one process for each row, whose heap is compared with what",
             "the process says of itself (`tests/oracle`). Recall: objects of the collector and what they refer to",
             "that were found. Over-counted: objects with more references found than they count. exact: these",
             "agree, and so do types, references and sizes, but for what `tests/oracle/comparison.py` lists with",
             "its reason. A table is exact where it was made from headers of this version, a sibling where it is",
             "of another patch release and the process's own numbers proved it.", "",
             "| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(cells(row)) + " |" for row in rows if not row.status.startswith("skipped")]
    lines += cannot_be_measured(rows)
    left = table_only(rows)
    if left:
        lines += ["", "## Table only", "", "Generated from headers; no process here has used them:",
                  ", ".join(left) + "."]
    return "\n".join(lines) + "\n\n" + ABSENT


def exact_rows_of_page():
    """The cells of each row that the page has as exact, by version, build, link and flavour."""
    rows = {}
    with open(OUTPUT, encoding="utf-8") as file:
        for line in file:
            cells_told = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if len(cells_told) == COLUMNS and cells_told[-1] == "exact":
                rows[tuple(cells_told[:4])] = cells_told
    return rows


def take_from_page(cache):
    """An earlier run's rows, which may have been of another machine."""
    told = exact_rows_of_page() if os.path.exists(OUTPUT) else {}
    for python in pythons.interpreters():
        for flavour in FLAVOURS:
            row = empty_row(python, flavour)
            cells_told = told.get((row.version, row.build, row.link, flavour))
            key = "%s %s" % (python.name, flavour)
            if cells_told and key not in cache:
                table = cells_told[4]
                cache[key] = dataclasses.replace(row, table=table, status="exact", told=cells_told)


def read_cache():
    if not os.path.exists(CACHE):
        return {}
    with open(CACHE, encoding="utf-8") as file:
        return {key: Row(**value) for key, value in json.load(file).items()}


def write(cache):
    with open(CACHE + ".part", "w", encoding="utf-8") as file:
        json.dump({key: dataclasses.asdict(row) for key, row in cache.items()}, file, indent=1)
    os.rename(CACHE + ".part", CACHE)


def is_done(row, options):
    """Whether what is known of a row may stay."""
    if row is None or options.again:
        return False
    failed = row.status.split(":")[0] in FAILED
    return row.program == program() and not failed or options.missing and not failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--missing", action="store_true")
    parser.add_argument("--write-only", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("HOLDFAST_TEST_PYTHONS", "all")
    cache = read_cache()
    if options.missing:
        take_from_page(cache)
    # One flavour after the other, so that a run that is ended has seen every interpreter.
    for flavour in FLAVOURS if not options.write_only else []:
        for python in pythons.interpreters():
            key = "%s %s" % (python.name, flavour)
            if is_done(cache.get(key), options) or (options.only and not any(o in key for o in options.only)):
                continue
            cache[key] = empty_row(python, flavour, program())
            if cache[key].status.startswith("not measured"):
                measure(python, flavour, cache[key])
            write(cache)
            print("%-44s %s" % (key, cache[key].status[:100]), flush=True)
    rows = [cache.get("%s %s" % (python.name, flavour)) or empty_row(python, flavour)
            for python in pythons.interpreters() for flavour in FLAVOURS]
    with open(OUTPUT, "w", encoding="utf-8") as file:
        file.write(text_of(rows))
    bad = [row for row in rows if row.status.split(":")[0] in FAILED]
    print("%s: %d rows, %d exact, %d cannot be measured, %d not measured, %d wrong, refused or in error"
          % (os.path.relpath(OUTPUT, comparison.ROOT), len(rows), sum(r.status == "exact" for r in rows),
             sum(r.status.startswith("skipped") for r in rows),
             sum(r.status.startswith("not measured") for r in rows), len(bad)))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
