"""Which leaks of LeakBench the linter sees in the source alone: each program is linted by itself.

A leak is found when a finding has one of the patterns that its side-car accepts, or names its holder.
Leaks that no source of the program shows are listed with the reason and do not count. Controls must
not be accused.

    python3 tests/bench/lint_leakbench.py PATH_OF_LEAKBENCH
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tomllib

PROGRAM = os.environ.get("HOLDFAST", "build/holdfast")
INVISIBLE = {
    "record-parser-ext": "in C code", "strdup-ctypes": "in C code", "tls-session-property": "in CPython",
    "dispatch-method-cache": "in CPython", "sqlite-callback-cycle": "a reference that only SQLite holds",
    "sparse-survivors": "fragmentation", "mock-gateway": "in unittest.mock",
    "warn-registry": "in warnings", "timer-context": "in contextvars",
    "memory-database": "rows of a database",
}


def findings_of(path):
    done = subprocess.run([PROGRAM, "lint", path, "--json", "-"], stdout=subprocess.PIPE, check=False)
    return json.loads(done.stdout)


def is_hit(case, finding):
    if finding["pattern"] in case.get("accept_patterns", [case["pattern"]]):
        return True
    holder = (finding["holder"] or "").replace(":", ".")
    return bool(holder) and any(re.search(path, holder, re.IGNORECASE)
                                for path in case["culprit"].get("path", []))


def main():
    found, visible, accused, controls = 0, 0, 0, 0
    for side_car in sorted(pathlib.Path(sys.argv[1], "cases").rglob("*.toml")):
        case = tomllib.loads(side_car.read_text())
        entry = pathlib.Path(sys.argv[1], "cases", case["entry"])
        findings = findings_of(entry.parent if "/" in case["entry"] else entry)["findings"]
        if not case["leak"]:
            controls += 1
            accused += bool(findings)
            answer = "accused" if findings else "silent"
        elif case["id"] in INVISIBLE:
            answer = "not in the source: " + INVISIBLE[case["id"]]
        else:
            hits = sorted({finding["code"] for finding in findings if is_hit(case, finding)})
            visible += 1
            found += bool(hits)
            answer = " ".join(hits) if hits else "missed"
        print(f"| {case['id']} | {answer} |")
    print(f"found {found} of {visible} leaks that the source shows; accused {accused} of {controls} controls")


if __name__ == "__main__":
    main()
