#!/usr/bin/env python3
"""write_lint_docs.py [--check] - writes the list of rules in docs/lint.md from the program's own table.

What stands between the two marks is replaced. --check only says whether that would change anything.
"""
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("HOLDFAST", ROOT / "build" / "holdfast")
BEGIN, END = "<!-- rules: written by tools/write_lint_docs.py -->\n", "<!-- end of rules -->\n"


def rules():
    said = subprocess.run([PROGRAM, "lint", "--explain", "all", "--json", "-"], check=True,
                          stdout=subprocess.PIPE).stdout
    for rule in json.loads(said)["rules"]:
        yield (f"### {rule['code']} {rule['name']}\n\n{rule['reason']}\n\n"
               f"Found:\n\n```python\n{rule['bad']}```\n\nSound:\n\n```python\n{rule['good']}```\n\n"
               f"Fix: {rule['fix']}\n\nConfidence: {rule['confidence']}. "
               f"Pattern in a heap: `{rule['pattern']}`.\n\n")


def main():
    path = ROOT / "docs" / "lint.md"
    text = path.read_text()
    before, rest = text.split(BEGIN)
    new = before + BEGIN + "\n" + "".join(rules()) + END + rest.split(END)[1]
    if "--check" in sys.argv:
        return 0 if new == text else 1
    path.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
