"""Captures for tests of reports: made ones, and those of a real run."""
import json
import pathlib
import subprocess

from tests.e2e.targets import PROGRAM

TOOL = pathlib.Path(PROGRAM).resolve().parent / "tests" / "tool_captures"


def make_captures(folder):
    """monday, tuesday, hostile-run and empty in a folder, as in tests/unit/trace/tool_captures.c."""
    subprocess.run([TOOL, folder], check=True)
    return folder


def holdfast(*words, **options):
    return subprocess.run([PROGRAM, *map(str, words)], timeout=120, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, **options)


def answer(*words):
    """What a command says as JSON."""
    done = holdfast(*words, "--json", "-")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def paths_of(tree):
    """{stack: own bytes} of `tree --json`: a stack is a tuple of (function, file, line), outermost first."""
    stacks, paths = {}, [()]
    for node in tree["nodes"]:
        if "parent" in node:
            frame = (node.get("function"), node.get("file"), node.get("line")) if node["kind"] == "python" else \
                (node["kind"], node.get("pid"), None)
            paths.append((*paths[node["parent"]], frame))
        own = node["own"]["bytes"]
        if own:
            stacks[paths[-1] if "parent" in node else ()] = own
    return stacks
