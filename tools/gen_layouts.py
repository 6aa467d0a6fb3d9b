#!/usr/bin/env python3
"""Write src/cpython/layout_tables.c from the headers of CPython builds, or another table of that kind.

    tools/gen_layouts.py [--agent | --pending] [--include DIR]... [--discover] [--output FILE] [--check]

For each build a probe is compiled against its headers (Include/internal among them) and run; it
prints every entry of src/cpython/layout_fields.h. Builds whose answers are all equal become one row
with a range of versions. Nothing is linked with Python, so headers alone will do: a -dev package
unpacked somewhere is enough.

--include DIR   a folder with Python.h (repeatable); DIR=debug, DIR=free_threaded or DIR=jit defines the
                macros that such a build has, the last those on the compiler's command line
--discover      also every interpreter of ~/.pyenv, /usr/include and the holdfast cache of pythons;
                their headers are those of a free-threaded build too, and of one with the JIT
--agent         the few facts that a traced process needs (src/agent/layout_fields.h), of builds with a GIL
                (src/agent/layout_tables.c)
--pending       where requests to run something are put (src/cpython/pending_fields.h, pending_tables.c),
                of builds with a GIL
--check         write nothing; exit status 1 where the output would change
"""

import argparse
import glob
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIELDS = ROOT / "src/cpython/layout_fields.h"
PRIVATE = ROOT / "tools/private_structs.h"
OUTPUT = ROOT / "src/cpython/layout_tables.c"
EVER = "0, 0xffff, "
ABSENT = -(2**31)  # HF_ABSENT in private_structs.h
OLDEST = 0x0309  # of the versions that --discover takes
FREE_THREADED = 0x030D  # the first that can be built so: with the same headers
JIT = 0x030F  # the first where a thread's state depends on it

# Internal headers, in an order that compiles; those that a version lacks are left out.
HEADERS = """
    internal/pycore_mimalloc.h internal/pycore_interp.h internal/pycore_runtime.h internal/pycore_pystate.h
    internal/pycore_gc.h internal/pycore_gil.h internal/pycore_ceval_state.h internal/pycore_dict.h
    internal/pycore_frame.h internal/pycore_code.h internal/pycore_genobject.h
    internal/pycore_moduleobject.h internal/pycore_context.h internal/pycore_hamt.h
    internal/pycore_typeobject.h internal/pycore_descrobject.h internal/pycore_atexit.h
    internal/pycore_unionobject.h internal/pycore_memoryobject.h internal/pycore_long.h
    internal/pycore_hashtable.h internal/pycore_tracemalloc.h internal/pycore_namespace.h internal/pycore_import.h
    internal/pycore_symtable.h frameobject.h structmember.h datetime.h symtable.h
""".split()


def read_fields(path):
    """Yield (kind, first, end, name, rest) for each entry, in the order of the file."""
    for line in path.read_text().splitlines():
        found = re.match(r"HF_(ALSO(?=_IN)|ALSO_SIZE|ALSO_CONSTANT|FIELD|SIZE|BITS|CONSTANT)(_IN)?\((.*)\)$", line)
        if not found:
            if line.startswith("HF_"):
                sys.exit(f"{path}: not understood: {line}")
            continue
        arguments = found[3] if found[2] else EVER + found[3]
        parts = 4 if found[1] in ("FIELD", "ALSO", "BITS") else 3
        first, end, name, *rest = (part.strip() for part in arguments.split(",", parts))
        yield found[1], int(first, 16), int(end, 16), name, rest


def probe_source(include, version):
    """The C program that prints the answers for one build."""
    lines = ["#define Py_BUILD_CORE 1", "#include <Python.h>"]
    lines += [f'#include "{h}"' for h in HEADERS if (include / h).exists()]
    lines += [f'#include "{PRIVATE}"', "#include <stddef.h>", "#include <stdio.h>", "#include <string.h>"]
    lines += ["static unsigned char bits_[1 << 16];", "int main(void) {"]
    lines += ['printf("!version %d\\n", PY_VERSION_HEX);']
    lines += ["#ifdef Py_DEBUG", 'puts("!debug 1");', "#endif"]
    lines += ["#ifdef Py_GIL_DISABLED", 'puts("!free_threaded 1");', "#endif"]
    lines += ["#ifdef _Py_TIER2", 'puts("!jit 1");', "#endif"]
    answered = set()
    for kind, first, end, name, rest in read_fields(FIELDS):
        if not first <= version < end:
            continue
        if name in answered:
            sys.exit(f"{name}: two entries for version {version:#x}")
        answered.add(name)
        if kind.endswith("CONSTANT"):
            lines.append(f'printf("{name} %ld\\n", (long)({rest[0]}));')
        elif kind.endswith("SIZE"):
            lines.append(f'printf("{name} %ld\\n", (long)sizeof({rest[0]}));')
        elif kind == "BITS":
            lines.append(
                "{ union { unsigned char b[sizeof(%s)]; %s s; } u; memset(&u, 0, sizeof u);"
                " u.s.%s = ~0u; unsigned at = 0; while (!u.b[at]) at++; at &= ~3u;"
                " unsigned m; memcpy(&m, u.b + at, 4);"
                ' printf("%s %%u\\n%s_mask %%d\\n", at, (int)m); }'
                % (rest[0], rest[0], rest[1], name, name)
            )
        else:
            lines.append(f'printf("{name} %ld\\n", (long)offsetof({rest[0]}, {rest[1]}));')
    return "\n".join(lines + ["return 0; }", ""])


def version_of(include):
    text = (include / "patchlevel.h").read_text()
    number = {k: int(v) for k, v in re.findall(r"#define PY_(MAJOR|MINOR|MICRO)_VERSION\s+(\d+)", text)}
    return number["MAJOR"] << 8 | number["MINOR"]


def probe(include, macros):
    """Compile and run the probe; a dict of the answers."""
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "probe.c"), Path(folder, "probe")
        source.write_text(probe_source(include, version_of(include)))
        # Debian's pyconfig.h is a forwarder to <triplet/pythonX.Y/pyconfig.h> beside its folder.
        paths = ["-I", include, "-I", include / "internal", "-I", include.parent]
        paths += ["-I", include / "internal/mimalloc"]
        command = ["cc", "-std=gnu11", "-w", *macros, *map(str, paths), str(source), "-o", str(program)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if "error:" in line]
            sys.exit(f"{include}: the probe does not compile:\n" + "\n".join(errors or [done.stderr]))
        answers = subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout
    return {key: int(value) for key, value in (line.split() for line in answers.splitlines())}


def names_of_columns():
    """Every member of hf_layout that layout_fields.h makes, in order."""
    for kind, _, _, name, _ in read_fields(FIELDS):
        if not kind.startswith("ALSO"):
            yield name
            if kind == "BITS":
                yield name + "_mask"


def discover():
    """Folders with Python.h and internal/ on this machine, of versions that the tool knows."""
    cache = os.environ.get("HOLDFAST_PYTHONS") or os.path.expanduser("~/.cache/holdfast/pythons")
    patterns = [
        os.path.expanduser("~/.pyenv/versions/*/include/python3*"),
        "/usr/include/python3*",
        "/usr/local/include/python3*",
        cache + "/*/usr/include/python3*",
        cache + "/*/include/python3*",
    ]
    for pattern in patterns:
        for folder in sorted(glob.glob(pattern)):
            if Path(folder, "internal/pycore_runtime.h").exists() and version_of(Path(folder)) >= OLDEST:
                yield folder
                yield folder + "=debug"
                if version_of(Path(folder)) >= FREE_THREADED:
                    yield folder + "=free_threaded"
                if version_of(Path(folder)) >= JIT:
                    yield folder + "=jit"
                    yield folder + "=debug=jit"


def text_of(version):
    release = {0xA: "a", 0xB: "b", 0xC: "rc"}.get(version >> 4 & 15, "")
    serial = f"{release}{version & 15}" if release else ""
    return f"{version >> 24}.{version >> 16 & 255}.{version >> 8 & 255}{serial}"


def choose(stage, name):
    """Another list of facts and its table."""
    global FIELDS, OUTPUT
    FIELDS, OUTPUT = ROOT / f"src/{stage}/{name}_fields.h", ROOT / f"src/{stage}/{name}_tables.c"


def merge(builds):
    """Equal answers to one row: [(versions, debug, free_threaded, jit, answers)], oldest first."""
    rows = {}
    for build in builds:
        facts = ("version", "debug", "free_threaded", "jit")
        version, debug, threaded, jit = (build.pop("!" + k, 0) for k in facts)
        key = (version >> 16, debug, threaded, tuple(sorted(build.items())))
        rows.setdefault(key, []).append((version, jit))
    listed = [
        (sorted({version for version, _ in v}), k[1], k[2], min(jit for _, jit in v), dict(k[3]))
        for k, v in rows.items()
    ]
    return sorted(listed, key=lambda row: (row[0][0], *row[1:4]))


def answer_text(answer):
    return "HF_ABSENT" if answer == ABSENT else str(answer)


def name_of(row):
    versions, debug, threaded, jit, _ = row
    name = "-".join(dict.fromkeys(map(text_of, (versions[0], versions[-1]))))
    return name + "d" * debug + "t" * threaded + "+jit" * jit


def name_macros(rows):
    """A macro for each row; those of one patch release may differ."""
    macros = []
    for row in rows:
        macro = "ROW_" + re.sub(r"\W", "_", name_of(row))
        while macro in macros:
            macro += "_other"
        macros.append(macro)
    return macros


def wrapped(items):
    """Lines of at most 100 columns, continued as a macro is."""
    lines, line = [], "   "
    for item in items:
        if len(line) + len(item) + 1 > 98:
            lines.append(line)
            line = "   "
        line += " " + item
    return " \\\n".join(lines + [line])


def row_text(rows, macros, at, columns):
    """A row as what differs from the row before it that is most like it."""
    answers = rows[at][-1]

    def differing(other):
        return [c for c in columns if answers.get(c, ABSENT) != rows[other][-1].get(c, ABSENT)]

    base = min(reversed(range(at)), key=lambda other: len(differing(other)), default=None)
    items = [] if base is None else [f"{macros[base]},"]
    names = columns if base is None else differing(base)
    items += [f".{name} = {answer_text(answers.get(name, ABSENT))}," for name in names]
    items[-1] = items[-1].rstrip(",")
    return f"#define {macros[at]} \\\n{wrapped(items)}\n"


def head_text(row, macro):
    versions, debug, threaded, _, _ = row
    flavours = f"{str(bool(debug)).lower()}, {str(bool(threaded)).lower()}"
    head = f'"{name_of(row)}", {versions[0]:#010x}, {versions[-1]:#010x}, {flavours}'
    return f"    {{{head}, {macro}}},"


def table_text(rows, columns, stage, name, prefix):
    macros = name_macros(rows)
    header = "layout.h" if name == "layout" else f"{name}_layout.h"
    return (
        f"/* {stage}/{name}_tables.c - generated by tools/gen_layouts.py; do not edit.\n"
        " *\n"
        " * Each row holds the answers of a C compiler, given one CPython build's own headers, to the\n"
        f" * questions of {name}_fields.h. A row is written as the row before it that is most like it,\n"
        " * and what differs. */\n"
        f'#include "{stage}/{header}"\n\n'
        "/* What is given again replaces what the other row said: meant so. */\n"
        '#pragma GCC diagnostic ignored "-Woverride-init"\n\n'
        "/* clang-format off */\n"
        + "\n".join(row_text(rows, macros, at, columns) for at in range(len(rows)))
        + f"\nconst {prefix} {prefix}s[] = {{\n"
        + "\n".join(map(head_text, rows, macros))
        + "\n};\n/* clang-format on */\n\n"
        f"const size_t {prefix}_count = sizeof({prefix}s) / sizeof({prefix}s[0]);\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--include", action="append", default=[], metavar="DIR")
    parser.add_argument("--discover", action="store_true")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--agent", action="store_true")
    kind.add_argument("--pending", action="store_true")
    parser.add_argument("--output", type=Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    stage, name, prefix = "cpython", "layout", "hf_layout"
    if options.agent:
        stage, prefix = "agent", "hf_agent_layout"
    elif options.pending:
        name, prefix = "pending", "hf_pending_layout"
    choose(stage, name)
    output = options.output or OUTPUT

    macros = {"debug": ["-DPy_DEBUG=1"], "free_threaded": ["-DPy_GIL_DISABLED=1"], "jit": ["-D_Py_TIER2=3", "-D_Py_JIT"]}
    builds = []
    for given in options.include + (list(discover()) if options.discover else []):
        folder, *flavours = given.split("=")
        if (options.agent or options.pending) and "free_threaded" in flavours:
            continue
        build = probe(Path(folder), [macro for f in flavours for macro in macros[f]])
        if not (options.pending and build.get("!free_threaded")):
            builds.append(build)
    if not builds:
        parser.error("no headers given: --include DIR or --discover")

    rows = merge(builds)
    text = table_text(rows, list(names_of_columns()), stage, name, prefix)
    if options.check:
        sys.exit(0 if output.exists() and output.read_text() == text else 1)
    output.write_text(text)
    for versions, debug, threaded, jit, answers in rows:
        kinds = "debug" * debug, "free-threaded" * threaded, "jit" * jit
        print(*map(text_of, versions), *filter(None, kinds), len(answers), "answers")


if __name__ == "__main__":
    main()
