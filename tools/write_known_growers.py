#!/usr/bin/env python3
"""write_known_growers.py [--check] [--file FILE] - makes src/analyse/known_growers.c and
docs/known-growers.md of src/analyse/known_growers.toml, after having looked at every entry.

--check only says whether that would change anything. --file reads another file, and only looks at it.
"""
import argparse
import pathlib
import re
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
INPUT = ROOT / "src" / "analyse" / "known_growers.toml"
TABLE = ROOT / "src" / "analyse" / "known_growers.c"
PAGE = ROOT / "docs" / "known-growers.md"
GROWS = {"to a bound": "HF_GROWS_TO_A_BOUND", "weakly": "HF_GROWS_WEAKLY",
         "with code": "HF_GROWS_WITH_CODE", "with input": "HF_GROWS_WITH_INPUT"}
NEEDED = {"class": ("class", "grows", "says", "source"),
          "variable": ("module", "name", "grows", "says", "source"),
          "leak": ("package", "says", "fix", "source")}
ALLOWED = {"class": ("kind", "data", "bound", "size", "hits", "misses", "cache"),
           "variable": ("bound", "cache"),
           "leak": ("from", "before", "module", "name", "class", "pattern", "itself")}
BOOLEANS = ("cache", "itself")
MOST_CLASSES = 250  # their numbers are bytes


def label(sort, number, entry):
    name = entry.get("class") or ".".join(str(entry[key]) for key in ("module", "name") if key in entry)
    return "[[%s]] %d (%s)" % (sort, number + 1, name or entry.get("package", "without a name"))


def faults_of(sort, entry):
    for key in NEEDED[sort]:
        if key not in entry:
            yield "has no `%s`" % key
    for key, value in entry.items():
        if key not in NEEDED[sort] + ALLOWED[sort]:
            yield "`%s` is not known" % key
        elif not isinstance(value, bool if key in BOOLEANS else str) or value == "":
            yield "`%s` is not a %s" % (key, "boolean" if key in BOOLEANS else "text")
        elif isinstance(value, str) and not value.isprintable():
            yield "`%s` has characters that do not print" % key
    if entry.get("grows", "weakly") not in GROWS:
        yield "`grows` is one of: " + ", ".join(GROWS)
    if not re.match(r"https://[^ ]+\.[^ ]+$", str(entry.get("source", "https://a.b"))):
        yield "`source` is not an address"
    for key in ("from", "before"):
        if key in entry and not re.match(r"\d+(\.\d+)*$", str(entry[key])):
            yield "`%s` is not a version" % key
    if sort == "leak" and not (("class" in entry) ^ ("module" in entry)):
        yield "needs either `class` or `module` and `name`"
    if sort == "leak" and "module" in entry and "name" not in entry:
        yield "has a `module`, but no `name`"


def read(path):
    """The entries by sort, and what is wrong with them."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return {}, ["%s" % error]
    faults = ["[[%s]] is not known" % sort for sort in data if sort not in NEEDED]
    seen = set()
    for sort in NEEDED:
        entries = data.setdefault(sort, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            faults.append("[[%s]] is not an array of tables" % sort)
            data[sort] = []
            continue
        for number, entry in enumerate(entries):
            faults += ["%s: %s" % (label(sort, number, entry), fault) for fault in faults_of(sort, entry)]
            key = (sort, *(str(entry.get(k)) for k in ("class", "module", "name", "from")))
            if key in seen:
                faults.append("%s: is there twice" % label(sort, number, entry))
            seen.add(key)
    if len(data["class"]) + sum("class" in entry for entry in data["leak"]) > MOST_CLASSES:
        faults.append("more than %d classes" % MOST_CLASSES)
    return data, faults


def c_text(text):
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')


def c_row(pairs):
    return "    {" + ",\n     ".join(".%s = %s" % pair for pair in pairs if pair[1] is not None) + "},\n"


def text_or_none(entry, key):
    return c_text(entry[key]) if key in entry else None


def holder_row(sort, entry):
    if sort == "variable":
        of_python = entry["module"].split(".")[0] in sys.stdlib_module_names
        entry = dict(entry, kind="standard library" if of_python else entry["module"])
    listed = entry.get("cache", sort == "class")
    return c_row([("holder", text_or_none(entry, "class" if sort == "class" else "module")),
                  ("name", text_or_none(entry, "name")),
                  *((key, text_or_none(entry, key)) for key in ("kind", "data", "bound", "size", "hits", "misses")),
                  ("grows", GROWS[entry["grows"]]), ("is_cache", "true" if listed else None),
                  *((key, text_or_none(entry, key)) for key in ("says", "source"))])


def leak_row(entry):
    return c_row([("package", c_text(entry["package"])), ("from", text_or_none(entry, "from")),
                  ("before", text_or_none(entry, "before")),
                  ("is_class", "true" if "class" in entry else None),
                  ("itself", "true" if entry.get("itself") else None),
                  ("holder", c_text(entry.get("class") or entry["module"])),
                  *((key, text_or_none(entry, key)) for key in ("name", "pattern", "says", "fix", "source"))])


def table(data):
    rows = "".join([holder_row("class", entry) for entry in data["class"]] +
                   [holder_row("variable", entry) for entry in data["variable"]])
    return ("/* Written by tools/write_known_growers.py of known_growers.toml. */\n"
            "/* clang-format off */\n"
            '#include "analyse/known.h"\n\n'
            "const hf_known_holder hf_known_holders[] = {\n%s};\n\n"
            "const size_t hf_known_holder_count = sizeof(hf_known_holders) / sizeof(*hf_known_holders);\n\n"
            "const hf_known_leak hf_known_leaks[] = {\n%s};\n\n"
            "const size_t hf_known_leak_count = sizeof(hf_known_leaks) / sizeof(*hf_known_leaks);\n"
            % (rows, "".join(leak_row(entry) for entry in data["leak"])))


def cell(text):
    return text.replace("|", "\\|")


def versions(entry):
    since, before = entry.get("from"), entry.get("before")
    return " ".join(word for word in ("from %s" % since if since else "", "before %s" % before if before else "")
                    if word) or "all"


def page(data):
    lines = ["""# Containers that are known to grow

`holdfast diagnose` explains a suspect that is one of these. It never hides it: what fills up to a bound
that it has not reached yet is told below the suspects, as growth that will end, and does not count as a
leak; all others are suspects like any other, with what is known beside them. `holdfast caches` lists
the caches among them with what they retain.

Which is which is told by the heap alone: by the class of the container, or by the module and the
variable that hold it. Bounds are read from the heap as well. Every row has its source.

To add one, write it into `src/analyse/known_growers.toml` and run `tools/write_known_growers.py`,
which looks at each entry and writes this page and the table that is compiled in.

## Containers

| container | grows | bound | what it keeps | source |
| --- | --- | --- | --- | --- |"""]
    for sort in ("class", "variable"):
        for entry in data[sort]:
            name = entry.get("class") or "%s.%s" % (entry["module"], entry["name"])
            bound = "`%s`" % entry["bound"] if "bound" in entry else "-"
            if name == "functools._lru_cache_wrapper":
                bound = "`maxsize`"
            what = "any `%s`" % name if sort == "class" else "`%s`" % name
            lines.append("| %s | %s | %s | %s | [source](%s) |" %
                         (cell(what), entry["grows"], cell(bound), cell(entry["says"]), entry["source"]))
    lines.append("""
Growth to a bound ends there. What grows weakly goes when nobody else uses it. What grows with code ends
when all code has run once, and is a leak where code is made at run time. What grows with input is a
leak where the inputs are unlimited.

## Leaks by version

| package | versions | what holds it | what happens | cure | source |
| --- | --- | --- | --- | --- | --- |""")
    for entry in data["leak"]:
        holder = ".".join(entry[key] for key in ("class", "module", "name") if key in entry)
        lines.append("| %s | %s | `%s` | %s | %s | [source](%s) |" %
                     (entry["package"], versions(entry), cell(holder), cell(entry["says"]), cell(entry["fix"]),
                      entry["source"]))
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--file", type=pathlib.Path)
    options = parser.parse_args()
    source = options.file or INPUT
    data, faults = read(source)
    for fault in faults:
        print("%s: %s" % (source.name, fault), file=sys.stderr)
    if faults or options.file:
        return 2 if faults else 0
    changed = False
    for path, text in ((TABLE, table(data)), (PAGE, page(data))):
        if path.exists() and path.read_text() == text:
            continue
        changed = True
        if not options.check:
            path.write_text(text)
    return 1 if changed and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
