"""holdfast lint from outside: what is read, what is left out, what is written, and what comes of files that
are no Python."""
import json
import os
import pathlib
import shutil
import stat
import subprocess
from random import Random

import pytest

from tests.e2e.targets import PROGRAM, ROOT

LEAK = "def record(event, batch=[]):\n    batch.append(event)\n"
HAS_LINT = subprocess.run([PROGRAM, "lint", "--help"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0
pytestmark = pytest.mark.skipif(
    not HAS_LINT, reason="this build has no linter: the parser's sources could not be fetched")


def lint(folder, *arguments):
    done = subprocess.run([PROGRAM, "lint", *arguments, "--json", "-"], cwd=folder, timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode in (0, 1), done.stderr.decode()
    return json.loads(done.stdout)


def places(report):
    return sorted((finding["path"], finding["line"], finding["code"]) for finding in report["findings"])


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_gitignore_is_what_git_says(tmp_path):
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    patterns = ["build/", "*.gen.py", "!keep.gen.py", "/top.py", "docs/**/old.py", "a?c.py", "[xy]1.py",
                "**/deep/skip.py", "lib/*.py", "# comment", "trailing.py   ", "\\#hash.py"]
    names = ["build/x.py", "src/build/x.py", "a.gen.py", "keep.gen.py", "top.py", "src/top.py",
             "docs/old.py", "docs/a/b/old.py", "abc.py", "abbc.py", "x1.py", "z1.py", "q/deep/skip.py",
             "deep/skip.py", "lib/m.py", "lib/sub/m.py", "trailing.py", "#hash.py", "plain.py",
             "sub/nested.py", "sub/kept.py"]
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    write(tmp_path, ".gitignore", "\n".join(patterns) + "\n")
    write(tmp_path, "sub/.gitignore", "nested.py\n")
    for name in names:
        write(tmp_path, name, LEAK)
    ignored = subprocess.run(["git", "check-ignore", *names], cwd=tmp_path, stdout=subprocess.PIPE,
                             text=True).stdout.split("\n")
    wanted = sorted(name for name in names if name not in ignored)
    assert sorted({path for path, _, _ in places(lint(tmp_path, "."))}) == wanted
    assert {path for path, _, _ in places(lint(tmp_path, "sub"))} == {"sub/kept.py"}


NAMES = ["a", "b", "ab", "a-b", "a b", "b ", "[a]", "#x", "!x", "a\\b", "\u00e9", "A1", "]", "ab.d", "a*"]
PARTS = [*NAMES, "*", "?", "a*", "*b", "?b", "[ab]", "[!a]", "[^ab]*", "[a-c]?", "[]a]", "[[:alpha:]]*", "[[:digit:]a]",
         "[[:nope:]]", "[a", "a[b]", "\\a", "\\#x", "\\!x", "\\[a\\]", "a\\ b", "b\\ ", "b  ", "*.d", "**", "a*b", "[\\]]",
         "[a-]*", "*a*", "a**b", "[b-a]", "\\"]


def random_patterns(random):
    """Lines of an ignore file: few enough parts that most of them meet something."""
    for _ in range(random.randint(1, 6)):
        if random.random() < 0.1:
            yield random.choice(["", "# x", "!", "/", " ", "*.py", "!*.py", "\t"])
            continue
        parts = [random.choice(PARTS) for _ in range(random.randint(1, 3))]
        last = random.choice(["", "", "/", ".py", "*", "*.py", "/**", "/*"])
        yield (random.choice(["", "", "", "!"]) + random.choice(["", "", "/", "**/"]) + "/".join(parts) + last
               + random.choice(["", "", "", " ", "\r"]))


def random_tree(folder, seed, name):
    """A repository whose folders have ignore files of that name; its .py files."""
    random = Random(seed)
    subprocess.run(["git", "init", "-q", folder], check=True)
    folders = [()] + [tuple(random.choice(NAMES) for _ in range(random.randint(1, 3))) for _ in range(14)]
    files = {"/".join([*parts, random.choice(NAMES) + ".py"]) for parts in folders for _ in range(4)}
    for file in sorted(files):
        write(folder, file, LEAK)
    for parts in sorted(set(folders), key=len):
        if not parts or random.random() < 0.3:
            text = random.choice(["\ufeff", "", "", ""]) + "\n".join(random_patterns(random))
            write(folder, "/".join([*parts, name]), text + random.choice(["\n", ""]))
    return sorted(files)


@pytest.mark.parametrize("seed", range(24))
def test_random_patterns_mean_what_git_says(tmp_path, seed):
    """Not tried: names with line ends."""
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    files = random_tree(tmp_path, seed, ".gitignore")
    done = subprocess.run(["git", "-c", "core.excludesFile=/dev/null", "check-ignore", "--no-index", "-z", "--stdin"],
                          cwd=tmp_path, input="\0".join(files).encode(), stdout=subprocess.PIPE)
    ignored = set(done.stdout.decode().split("\0"))
    assert sorted({path for path, _, _ in places(lint(tmp_path, "."))}) == [f for f in files if f not in ignored]
    assert sorted({path for path, _, _ in places(lint(tmp_path, ".", "--no-ignore"))}) == files


def test_ignore_goes_before_gitignore(tmp_path):
    """As ripgrep has it: in each folder above, and also where there is no repository."""
    top = tmp_path / "outside" / "repository"
    write(tmp_path, ".ignore", "generated/\n")
    write(top, ".ignore", "!kept.py\n/vendored.py\n")
    write(top, "sub/.gitignore", "kept.py\nother.py\n")
    write(top, "sub/deep/.ignore", "!vendored.py\n*.gen.py\n")
    for name in ("vendored.py", "sub/kept.py", "sub/other.py", "sub/vendored.py", "sub/deep/x.gen.py",
                 "generated/x.py", "sub/generated/y.py", "plain.py"):
        write(top, name, LEAK)
    wanted = ["plain.py", "sub/kept.py", "sub/vendored.py"]
    for _ in range(2):
        assert [path for path, _, _ in places(lint(top, "."))] == wanted
        assert [path for path, _, _ in places(lint(top, "sub"))] == wanted[1:]
        if shutil.which("git"):
            subprocess.run(["git", "init", "-q", top], check=True)
    assert len(places(lint(top, ".", "--no-ignore"))) == 8


def test_folders_that_are_left_out(tmp_path):
    for name in ("a.py", ".hidden/b.py", "node_modules/c.py", "__pycache__/d.py", "env/e.py", "f.txt"):
        write(tmp_path, name, LEAK)
    write(tmp_path, "env/pyvenv.cfg", "")
    os.symlink(tmp_path, tmp_path / "loop")
    os.symlink("nowhere.py", tmp_path / "broken.py")
    report = lint(tmp_path, ".")
    assert places(report) == [("a.py", 2, "HF106")]
    assert {(note["path"], note["text"]) for note in report["notes"]} == {
        ("loop", "symbolic link to a folder: not followed"), ("broken.py", "broken symbolic link")}


def test_other_files_of_the_package_count(tmp_path):
    write(tmp_path, "shop/__init__.py", "")
    write(tmp_path, "shop/store.py", "import json\n_seen = {}\n\ndef see(user, page):\n    _seen[(user, page)] = 1\n")
    assert places(lint(tmp_path, "shop")) == [("shop/store.py", 5, "HF103")]
    write(tmp_path, "shop/admin.py", "from . import store\n\ndef reset():\n    store._seen.clear()\n")
    assert places(lint(tmp_path, "shop")) == []
    write(tmp_path, "shop/admin.py", "from .store import _seen as seen\n\ndef reset():\n    seen.clear()\n")
    assert places(lint(tmp_path, "shop")) == []


def test_an_exception_that_another_file_drops(tmp_path):
    write(tmp_path, "task.py", "class Task:\n    def step(self):\n        try:\n            self.run()\n"
          "        except OSError as error:\n            self.stored_error = error\n            raise\n")
    assert places(lint(tmp_path, ".")) == [("task.py", 6, "HF301")]
    write(tmp_path, "future.py", "def result(future):\n    future.stored_error = None\n")
    assert places(lint(tmp_path, ".")) == []


def notebook(*cells):
    return json.dumps({"nbformat": 4, "metadata": {"x": [1, {"y": None}]},
                       "cells": [{"outputs": [{"data": "[{"}], "cell_type": kind, "source": source}
                                 for kind, source in cells]})


def test_notebook(tmp_path):
    write(tmp_path, "n.ipynb", notebook(
        ("markdown", ["# Title\n", "text"]),
        ("code", ["%matplotlib inline\n", "import functools\n", "!ls\n", "name = 'gr\u00fc\u00df \U0001f600'"]),
        ("code", "%%bash\nfor x in *; do echo $x; done"),
        ("code", ["class A:\n", "    @functools.cache\n", "    def f(self): pass\n"])))
    report = lint(tmp_path, "n.ipynb")
    assert [(f["cell"], f["line"], f["code"]) for f in report["findings"]] == [(4, 2, "HF101")]
    assert report["notes"] == []
    write(tmp_path, "n.ipynb", "{\"cells\": [{\"source\": \"x")
    assert lint(tmp_path, "n.ipynb")["notes"][0]["text"] == "no notebook that can be read: skipped"


BAD_INPUT = [
    ("latin1", b"# -*- coding: latin-1 -*-\n# gr\xfc\xdfe\n" + LEAK.encode(), ["HF106"], None),
    ("undeclared", b"# gr\xfc\xdfe\n" + LEAK.encode(), ["HF106"], None),
    ("mark", b"\xef\xbb\xbf" + LEAK.encode(), ["HF106"], None),
    ("utf16", LEAK.encode("utf-16"), ["HF106"], None),
    ("japanese", ("# coding: euc-jp\n# \u65e5\u672c\n" + LEAK).encode("euc-jp"), ["HF106"], None),
    ("unknown", b"# coding: klingon\n# \xff\n" + LEAK.encode(), [],
     "encoding that is not known here: skipped"),
    ("binary", b"\x7fELF\0\0\0" + LEAK.encode(), [], "binary: skipped"),
    ("empty", b"", [], None),
    ("crlf", LEAK.replace("\n", "\r\n").encode(), ["HF106"], None),
    ("python2", b"print 'x'\nexec 'y'\n" + LEAK.encode(), ["HF106"], None),
    ("broken", b"x = = 1\n" + LEAK.encode() + b"class (:\n", ["HF106"], "syntax error"),
    ("nested", b"x = " + b"[" * 100000 + b"]" * 100000 + b"\n" + LEAK.encode(), ["HF106"], None),
    ("open", b"x = " + b"(" * 100000 + b"\n", [], "syntax error"),
    ("calls", b"x = " + b"f(" * 50000 + b")" * 50000 + b"\n" + LEAK.encode(), ["HF106"], None),
    ("cp1252", b"# coding: cp1252\nx = '\x80\x93'\n" + LEAK.encode(), ["HF106"], None),
    ("utf32", LEAK.encode("utf-32"), ["HF106"], None),
    ("generics", b"class A[T]:\n    def f[U: int](self): pass\ntype B[*T] = tuple[*T]\n" + LEAK.encode(), ["HF106"], None),
    ("defaults", b"class A[T = int]: pass\n" + LEAK.encode(), ["HF106"], "syntax error"),
    ("fstrings", b"x = f\"{f\"{1:{2}}\"} {'a' 'b'!r:>{3}} {x = }\"\n" + LEAK.encode(), ["HF106"], None),
    ("templates", b"x = t'{x!r:>4} {x=}'\ny = rt'{x}'\n" + LEAK.encode(), ["HF106"], None),
    ("groups", b"try:\n    x()\nexcept* (A, B) as e:\n    y()\nexcept* C:\n    pass\n" + LEAK.encode(), ["HF106"], None),
    ("bare", b"try:\n    x()\nexcept A, B:\n    y()\n" + LEAK.encode(), ["HF106"], None),
    ("match", b"match x:\n    case {'a': [1, *b], **c} if b: pass\n    case P(x=0) | None as p: pass\n"
              b"match = case = type = 1\nmatch(x)\n" + LEAK.encode(), ["HF106"], None),
    ("indents", b"".join(b" " * n + b"if x:\n" for n in range(400)) + b" " * 400 + b"y\n", [], None),
]


def test_statements_of_ipython(tmp_path):
    """They are no Python and no reason for a note, also where they are all that a block has."""
    write(tmp_path, "n.ipynb", notebook(
        ("code", "%matplotlib inline\nif colab:\n    !pip install x\nfiles = !ls\nwhen, = %time f()\nf?\n?f\nos.path??"),
        ("code", "%%bash\nfor x in y; do\n\n  echo\ndone"),
        ("code", "%%time\ntext = ('%d'\n        % 3\n        != '3')\n" + LEAK)))
    report = lint(tmp_path, ".")
    assert places(report) == [("n.ipynb", 6, "HF106")] and not report["notes"], report


@pytest.mark.parametrize("name,text,codes,note", BAD_INPUT, ids=[case[0] for case in BAD_INPUT])
def test_bad_input(tmp_path, name, text, codes, note):
    write(tmp_path, name + ".py", text)
    report = lint(tmp_path, name + ".py")
    assert [finding["code"] for finding in report["findings"]] == codes
    notes = [entry["text"] for entry in report["notes"]]
    assert notes == [] if note is None else notes and notes[0].startswith(note)


def test_large_file_is_a_note(tmp_path):
    with open(tmp_path / "large.py", "wb") as stream:
        stream.truncate(9 << 20)
    assert lint(tmp_path, ".")["notes"][0]["text"] == "larger than 8 MB: skipped"


def test_unreadable_and_special_files(tmp_path):
    os.mkfifo(tmp_path / "pipe.py")
    assert lint(tmp_path, ".")["notes"][0]["text"] == "no regular file: skipped"
    done = subprocess.run([PROGRAM, "lint", tmp_path / "none.py"], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 3 and "none.py" in done.stderr


def test_whole_file_rules_are_silent_beside_damage(tmp_path):
    text = "_seen = {}\n\ndef see(user, page):\n    _seen[(user, page)] = 1\n"
    write(tmp_path, "a.py", text)
    assert [code for _, _, code in places(lint(tmp_path, "a.py"))] == ["HF103"]
    write(tmp_path, "a.py", text + "\ndef reset(:\n    _seen.clear()\n")
    assert places(lint(tmp_path, "a.py")) == []


def test_damage_silences_what_it_mentions(tmp_path):
    """A statement of a newer Python is left out; only what it speaks of is in doubt."""
    text = ("_seen = {}\n_kept = {}\n\ndef see(user, page):\n    _seen[(user, page)] = 1\n    _kept[(user, page)] = 1\n\n"
            "def newer[T = int](x): _kept.clear()\n")
    write(tmp_path, "a.py", text)
    report = lint(tmp_path, "a.py")
    assert places(report) == [("a.py", 5, "HF103")] and report["notes"][0]["line"] == 8


def test_a_file_on_standard_output_stands_alone(tmp_path):
    """And what is no regular file is not written over: not even by root, who could."""
    source = "import functools\nclass A:\n    @functools.lru_cache(None)\n    def f(self): pass\n"
    (tmp_path / "a.py").write_text(source)
    for option in ("--sarif", "--write-baseline"):
        done = subprocess.run([PROGRAM, "lint", "a.py", option, "-"], cwd=tmp_path, stdout=subprocess.PIPE, text=True,
                              check=False)
        assert done.returncode in (0, 1)
        if option == "--sarif":
            assert json.loads(done.stdout)["runs"][0]["results"]
        assert "written to" not in done.stdout and "HF101" in done.stdout
        os.mkfifo(tmp_path / option)
        refused = subprocess.run([PROGRAM, "lint", "a.py", option, "./" + option], cwd=tmp_path,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        assert refused.returncode == 3 and "is no regular file" in refused.stderr
        assert stat.S_ISFIFO(os.stat(tmp_path / option).st_mode)
    assert not (tmp_path / "-").exists()


def test_sarif(tmp_path):
    write(tmp_path, "a b.py", LEAK)
    done = subprocess.run([PROGRAM, "lint", "a b.py", "--sarif", "out.sarif"], cwd=tmp_path,
                          stdout=subprocess.DEVNULL)
    assert done.returncode == 1
    run = json.loads((tmp_path / "out.sarif").read_text())["runs"][0]
    result = run["results"][0]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b.py"
    assert place["region"]["startLine"] == 2
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "HF106"


def github(folder, path):
    done = subprocess.run([PROGRAM, "lint", path, "--format", "github"], cwd=folder, check=False,
                          stdout=subprocess.PIPE, text=True)
    assert done.returncode == 1
    return [line for line in done.stdout.split("\n") if line.startswith("::")]


def test_annotations_are_escaped(tmp_path):
    """A name of a file ends no property and begins no command."""
    name = "a,b:c%\n::error::x.py"
    write(tmp_path, name.split("/", maxsplit=1)[0], LEAK)
    lines = github(tmp_path, ".")
    assert len(lines) == 1 and lines[0].startswith("::warning file=a%2Cb%3Ac%25%0A%3A%3Aerror%3A%3Ax.py,line=2,")
    write(tmp_path, "n.ipynb", notebook(("code", "x = 1"), ("code", LEAK)))
    assert github(tmp_path, "n.ipynb")[0].endswith(" (cell 2)")


def test_files_that_are_named(tmp_path):
    """What cannot be read of several is a note; what is not there is an error."""
    write(tmp_path, "a.py", LEAK)
    os.symlink("two.py", tmp_path / "one.py")
    os.symlink("one.py", tmp_path / "two.py")
    report = lint(tmp_path, "a.py", "one.py", "/dev/zero")
    assert places(report) == [("a.py", 2, "HF106")]
    assert {note["path"] for note in report["notes"]} == {"one.py", "/dev/zero"}


def lint_input(folder, text, *arguments, status=1):
    done = subprocess.run([PROGRAM, "lint", *arguments], cwd=folder, timeout=120, input=text.encode(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == status, done.stderr.decode()
    return done.stdout.decode() if status < 2 else done.stderr.decode()


def test_standard_input(tmp_path):
    """As an editor hands over what is not saved yet."""
    write(tmp_path, "shop/pyproject.toml", '[tool.holdfast.lint]\nignore = ["HF109"]\n')
    draft = LEAK + MEMO
    report = json.loads(lint_input(tmp_path, draft, "-", "--select", "all", "--json", "-"))
    assert places(report) == [("<stdin>", 2, "HF106"), ("<stdin>", 7, "HF109")]
    name = "shop/not_saved.py"
    report = json.loads(lint_input(tmp_path, draft, "-", "--select", "all", "--stdin-filename", name, "--json", "-"))
    assert places(report) == [(name, 2, "HF106")]
    assert lint_input(tmp_path, draft, "-", "--stdin-filename", name).startswith(name + ":2:5 HF106")
    assert "1 file" in lint_input(tmp_path, "x = 1\n", "-", status=0)
    notebook = json.dumps({"cells": [{"cell_type": "code", "source": LEAK}]})
    report = json.loads(lint_input(tmp_path, notebook, "-", "--stdin-filename", "n.ipynb", "--json", "-"))
    assert places(report) == [("n.ipynb", 2, "HF106")]


def test_standard_input_is_the_only_path(tmp_path):
    write(tmp_path, "a.py", LEAK)
    assert "only PATH" in lint_input(tmp_path, LEAK, "-", "a.py", status=2)
    assert "--stdin-filename" in lint_input(tmp_path, LEAK, "a.py", "--stdin-filename", "b.py", status=2)


def test_configuration_and_baseline(tmp_path):
    write(tmp_path, "pyproject.toml", '[project]\nname = "x"\n[tool.holdfast.lint]  # ours\n'
          'ignore = ["HF703",\n  \'HF1\']\nexclude = ["old/"]\nbaseline = "known.txt"\n[tool.other]\nselect = 3\n')
    write(tmp_path, "known.txt", "")
    write(tmp_path, "a.py", LEAK)
    write(tmp_path, "old/b.py", "total = sum([x for x in range(3)])\n")
    assert places(lint(tmp_path, ".")) == []
    assert places(lint(tmp_path, ".", "--ignore", "HF2")) == [("a.py", 2, "HF106")]
    subprocess.run([PROGRAM, "lint", ".", "--ignore", "HF2", "--write-baseline", "known.txt"], cwd=tmp_path,
                   check=True, stdout=subprocess.DEVNULL)
    report = lint(tmp_path, ".", "--ignore", "HF2")
    assert places(report) == [] and report["in_baseline"] == 1
    write(tmp_path, "a.py", "\n\n" + LEAK + LEAK.replace("record", "other"))
    assert places(lint(tmp_path, ".", "--ignore", "HF2")) == [("a.py", 6, "HF106")]


MEMO = "_seen = {}\n\ndef look(a, b):\n    if (a, b) not in _seen:\n        _seen[(a, b)] = a(b)\n    return _seen[(a, b)]\n"


@pytest.mark.parametrize("arguments, found", [
    ((), False), (("--select", "HF1"), False), (("--select", "HF103"), False), (("--select", "HF109"), True),
    (("--select", "all"), True), (("--select", "all", "--ignore", "HF109"), False)])
def test_rules_of_low_confidence_wait_until_they_are_selected(tmp_path, arguments, found):
    write(tmp_path, "a.py", MEMO)
    findings = lint(tmp_path, "a.py", *arguments)["findings"]
    assert [(finding["code"], finding["confidence"]) for finding in findings] == [("HF109", "low")] * found


def test_tests_are_left_out_but_of_what_is_wrong_however_long_it_runs(tmp_path):
    text = LEAK + "\nimport asyncio\n\nasync def go():\n    asyncio.create_task(record(1))\n"
    write(tmp_path, "test_a.py", text)
    write(tmp_path, "a.py", text)
    assert places(lint(tmp_path, ".")) == [("a.py", 2, "HF106"), ("a.py", 7, "HF501"), ("test_a.py", 7, "HF501")]


def test_list_of_rules_is_up_to_date():
    done = subprocess.run([ROOT / "tools" / "write_lint_docs.py", "--check"],
                          env={**os.environ, "HOLDFAST": str(PROGRAM)}, cwd=ROOT)
    assert done.returncode == 0, "run tools/write_lint_docs.py"


# lint_variants: for each rule a mistake in other words than its example and its twin that is sound, both written
# without a look at how the rule decides
CASES = sorted(path for folder in ("lint_cases", "lint_variants")
               for path in (pathlib.Path(__file__).resolve().parent / folder).glob("HF*.py"))


def test_each_rule_has_cases_and_variants():
    rules = {rule["code"] for rule in json.loads(subprocess.run(
        [PROGRAM, "lint", "--explain", "all", "--json", "-"], stdout=subprocess.PIPE, check=True).stdout)["rules"]}
    for folder in ("lint_cases", "lint_variants"):
        assert {case.stem[:5] for case in CASES if case.parent.name == folder} == rules


@pytest.mark.parametrize("case", CASES, ids=["%s-%s" % (case.parent.name, case.stem) for case in CASES])
def test_case(case, tmp_path):
    """A line that ends in `# found` is found by the rule of that name, and no other line is."""
    shutil.copy(case, tmp_path / "case.py")
    wanted = [number for number, line in enumerate(case.read_text().splitlines(), 1) if line.endswith("# found")]
    assert [line for _, line, _ in places(lint(tmp_path, "case.py", "--select", case.stem[:5]))] == wanted


def test_functions_that_all_call_each_other(tmp_path):
    """How often each runs is told by its callers, and theirs: not by all ways between them."""
    calls = "".join("    f%d(x)\n" % number for number in range(150))
    write(tmp_path, "a.py", "_seen = []\n\n" + "".join("def f%d(x):\n    _seen.append(x)\n%s\n" % (number, calls)
                                                      for number in range(150)))
    assert lint(tmp_path, "a.py")["lines"] == 2 + 150 * 153


def test_one_thread_and_many_say_the_same(tmp_path):
    for number in range(40):
        write(tmp_path, "m%02d.py" % number, LEAK * (number % 3))
    assert lint(tmp_path, ".", "--jobs", "1") == lint(tmp_path, ".", "--jobs", "8")
