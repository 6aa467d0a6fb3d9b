"""Compares what references are called here with what the program calls them (targets/labels.py)."""
import collections
import os
import subprocess

from tests.oracle import comparison

KINDS = {"attribute": "1", "value": "3", "index": "4", "cell": "8"}
FIELD, LOCAL = "0", "6"


def read_truth(path):
    """({(kind, source): {(label, target)}}, {(function, name, target)}, {(function, name)} of those
    that closures share, {address: name}, {frame object: function})."""
    asked, variables, captured, names, frames = {}, set(), set(), {}, {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            kind, *rest = line.split()
            if kind == "end":
                return asked, variables, captured, names, frames
            if kind == "asked":
                asked[rest[0], int(rest[1], 16)] = set()
            elif kind == "frame":
                frames[int(rest[0], 16)] = rest[1]
            elif kind == "captured":
                captured.add((rest[1], rest[0]))
            elif kind == "name":
                names[int(rest[0], 16)] = rest[1]
            elif kind == "local":
                variables.add((rest[3], rest[2], int(rest[1], 16)))
            else:
                label = str(int(rest[2], 16)) if kind == "value" else rest[2]
                asked[kind, int(rest[0], 16)].add((label, int(rest[1], 16)))
    raise AssertionError("the account was cut off")


def read_found(pid, folder, frames):
    """({(kind, source): {(label, target)}}, {(function, name, target)}, {object: its __dict__},
    {target of a root}). Up to 3.10 the variables of a call belong to its frame object, one of `frames`."""
    objects, edges, roots = (os.path.join(folder, name) for name in ("objects", "edges", "roots"))
    subprocess.run([comparison.WALK, str(pid), "--objects", objects, "--edges", edges, "--roots", roots],
                   check=True, timeout=300, stdout=subprocess.DEVNULL)
    with open(objects, encoding="utf-8", errors="replace") as lines:
        addresses = [int(line.split("\t")[1], 16) for line in lines]
    found, dicts, variables = collections.defaultdict(set), {}, set()
    kinds = {number: kind for kind, number in KINDS.items()}
    with open(edges, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            source, target, kind, _, label = line.rstrip("\n").split("\t", 4)
            source, target = int(source, 16), addresses[int(target)]
            if kind in kinds:
                found[kinds[kind], source].add(("-" if kind == KINDS["cell"] else label, target))
            elif kind == FIELD and label == "__dict__":
                dicts[source] = target
            elif kind == LOCAL and source in frames:
                variables.add((frames[source], label, target))
    held = set()
    with open(roots, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            kind, target, name, place, *_ = (line.rstrip("\n") + "\t\t\t").split("\t")
            held.add(addresses[int(target)])
            if kind == "local" and name != "evaluation stack":
                variables.add((place.split(" (")[0], name, addresses[int(target)]))
    return found, variables, dicts, held


def compare(path, pid, folder, borrows=False):
    """({kind: references compared}, what is wrong, one line each). Where frames borrow, an argument
    that the caller holds too is no root of its own; it has to be one of the caller's."""
    asked, variables, captured, names, frames = read_truth(path)
    found, found_variables, dicts, held = read_found(pid, folder, frames)
    if borrows:
        found_variables |= {entry for entry in variables if entry[2] in held}
    compared, wrong = collections.Counter(), []
    for (kind, source), wanted in asked.items():
        mine = set(found.get((kind, source), ()))
        if kind == "attribute" and source in dicts:
            mine |= {(names.get(int(label), label), target)
                     for label, target in found.get(("value", dicts[source]), ())}
        compared[kind] += len(wanted)
        if mine != wanted:
            wrong.append("%s of %x: %s are missing, %s are not there"
                         % (kind, source, sorted(wanted - mine)[:4], sorted(mine - wanted)[:4]))
    functions = {function for function, _, _ in variables}
    mine = {entry for entry in found_variables if entry[0] in functions}
    compared["local"] = len(variables)
    extra = {entry for entry in mine - variables if entry[:2] not in captured}
    for entries, what in ((variables - mine, "is missing"), (extra, "is not there")):
        for function, name, target in sorted(entries):
            wrong.append("local %s of %s, %x, %s" % (name, function, target, what))
    return compared, wrong
