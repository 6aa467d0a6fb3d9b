"""The gates of the source find what they are there to find."""
import shutil
import subprocess

import pytest

from tests.e2e.targets import ROOT

TOUR = "docs/ARCHITECTURE.md"
FINE = {TOUR: "**`src/base/`** has errors (`err.h`), `graph/graph.h` is elsewhere.\n",
        "src/base/err.h": "typedef int hf_err;\n",
        "src/graph/graph.c": '#include "base/err.h"\n\nint hf_one(void)\n{\n    return 1;\n}\n'}


TABLE = '/* clang-format off: a table */\n"%s",\n%s\n/* clang-format on */\n'


def answer(tmp_path, tool, files):
    """Exit status and output of a gate in a tree of these files."""
    for name, text in {**FINE, **files}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / tool, tmp_path / "tools" / tool)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    done = subprocess.run([tmp_path / "tools" / tool], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    return done.returncode, done.stdout


def function(body):
    return "int hf_long(int n)\n{\n%s    return n;\n}\n" % body


@pytest.mark.parametrize("tool", ["check_layers", "check_size", "check_text", "check_tour"])
def test_a_clean_tree_passes(tmp_path, tool):
    if tool == "check_size" and not shutil.which("pmccabe"):
        pytest.skip("pmccabe is not installed")
    assert answer(tmp_path, tool, {}) == (0, "")


@pytest.mark.parametrize("files, said", [
    ({"src/base/a.c": '#include "graph/graph.h"\n', "src/graph/graph.h": ""}, "base may not include"),
    ({"src/graph/a.c": '#include "nowhere.h"\n'}, "not a path from src/"),
    ({"src/utils/a.c": ""}, "has no place in the order"),
    ({"src/graph/a/b/c.c": ""}, "deeper than 3"),
])
def test_layers(tmp_path, files, said):
    status, output = answer(tmp_path, "check_layers", files)
    assert status == 1 and said in output


@pytest.mark.parametrize("files, said", [
    ({"src/base/a.h": ""}, "src/base/a.h is not named"),
    ({"src/graph/err.h": ""}, "src/graph/err.h is not named"),
    ({TOUR: "**`src/base/`** has `err.h`.\n\nAnd `graph.c`.\n"}, "src/graph/graph.c is not named"),
    ({TOUR: "**`src/base/`** has `err.h`, `graph/graph.c`,\nand `gone.h`.\n"},
     TOUR + ":2: there is no gone.h"),
])
def test_tour(tmp_path, files, said):
    status, output = answer(tmp_path, "check_tour", files)
    assert status == 1 and said in output


def test_forms_of_names_in_the_tour(tmp_path):
    files = {"src/base/cmd_a.c": "", "src/base/cmd_b.c": "", "src/base/rules/c.c": "",
             TOUR: "**`src/base/`**\n- `err.h`, `cmd_*.c`\n- `rules/*.c`\n\n**`src/graph/`** has `graph.c`.\n"}
    assert answer(tmp_path, "check_tour", files) == (0, "")


@pytest.mark.parametrize("text, said", [
    (function("    n++;\n" * 90), "80 allowed"),
    (function("    if (n) n++;\n" * 30), "25 allowed"),
    ("int x;\n" * 801, "800 allowed"),
])
def test_sizes(tmp_path, text, said):
    if not shutil.which("pmccabe"):
        pytest.skip("pmccabe is not installed")
    status, output = answer(tmp_path, "check_size", {"src/base/a.c": text})
    assert status == 1 and said in output


@pytest.mark.parametrize("name, text, said", [
    ("src/base/a.c", "char *x = strcpy(a, b);\n", "strcpy() is not used"),
    ("src/base/a.c", 'void f(void) { printf("x"); }\n', "printf() has no place"),
    ("a.py", "x = 1 \n", "trailing blanks"),
    ("a.py", "x = 1", "no newline"),
    ("a.c", "\tint x;\n", "tab"),
    ("a.c", "int x; /* %s */\n" % ("x" * 88), "a.c:1: ends beyond column 100"),
    ("a.h", "/* x\n * %s */\n" % ("x" * 95), "a.h:2: ends beyond column 100"),
    ("a.c", "int %s;\n" % ("x" * 96), "a.c:1: ends beyond column 100"),
    ("a.c", TABLE % ("x" * 99, "/* %s */" % ("x" * 95)), "a.c:3: ends beyond column 100"),
    ("a.c", TABLE % ("", "") + "int %s;\n" % ("x" * 96), "a.c:5: ends beyond column 100"),
    ("a.md", "see /ro" "ot/x\n", "folder of one machine"),
    ("a.md", "from pyp" "i.org\n", "package registry"),
])
def test_texts(tmp_path, name, text, said):
    status, output = answer(tmp_path, "check_text", {name: text})
    assert status == 1 and said in output


@pytest.mark.parametrize("text", [
    "int x; /* %s */\n" % ("x" * 87),
    "/* x\n * %s */\n" % ("x" * 94),
    TABLE % ("x" * 99, ""),
    "/* strcpy(a, b) is not for us */\n",
    'const char *x = "system(1)";\n',
    "int x = my_system(1) + hf_exit(2);\n",
    'hf_read("/proc/%d/root/x");\n',
])
def test_texts_that_are_fine(tmp_path, text):
    assert answer(tmp_path, "check_text", {"src/base/a.c": text}) == (0, "")
