"""What holdfast --version says of itself is true."""
import re
import subprocess

import pytest

from tests.e2e.targets import PROGRAM, ROOT, holdfast


def facts():
    lines = holdfast("--version", expect=0).stdout.splitlines()
    assert re.fullmatch(r"holdfast \d+\.\d+\.\d+", lines[0])
    found, last = {}, None
    for line in lines[1:]:
        name, text = line[:13].strip(), line[13:]
        last = name or last
        found[last] = (found.get(last, "") + " " + text).strip()
    return found


def test_linkage_and_libc():
    dynamic = subprocess.run(["ldd", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             check=False).stdout
    assert facts()["linked"].startswith("dynamically" if "libc.so.6" in dynamic else "statically")


def test_every_row_of_the_tables_is_named():
    rows = re.findall(r'^    \{"([^"]+)", 0x', (ROOT / "src/cpython/layout_tables.c").read_text(), re.M)
    assert rows
    layouts = facts()["layouts"]
    assert all(row in layouts for row in rows), layouts


def test_source_is_the_checkout():
    git = ["git", "-c", "safe.directory=*", "-C", ROOT]
    done = subprocess.run([*git, "rev-parse", "HEAD"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, check=False)
    if done.returncode or not PROGRAM.startswith(str(ROOT)):
        pytest.skip("the program under test is not of a git checkout")
    changed = subprocess.run([*git, "status", "--porcelain", "--", "src", "CMakeLists.txt"],
                             stdout=subprocess.PIPE, text=True, check=True).stdout
    said = facts()["source"]
    match = re.fullmatch(r"commit ([0-9a-f]{12})(, changed)?", said)
    assert match and done.stdout.startswith(match[1]), said
    assert bool(match[2]) == bool(changed), said
