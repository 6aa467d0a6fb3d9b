"""Transcripts of reports about trees of processes, which run: numbers are written as <pid>, <size>, <time> and
<n>. Lines are broken where numbers let them, so that what is compared is words; the files in trees/ are as printed.
HOLDFAST_GOLDEN_UPDATE=1 writes them anew."""
import os
import pathlib
import re

import pytest

from tests.e2e.prefork import server
from tests.e2e.targets import holdfast

HERE = pathlib.Path(__file__).resolve().parent / "trees"
UPDATE = os.environ.get("HOLDFAST_GOLDEN_UPDATE")

LOAD = """
class Quote:
    def __init__(self, number): self.lines = [number]
quotes = [Quote(number) for number in range(60000)]
handlers = []
class Listener:
    def called(self): pass
"""
LEAK = """
while True:
                for _ in range(40): handlers.append(Listener().called)
                time.sleep(0.02)
""".strip()

NUMBER = r"[+-]?\d[\d,]*(?:\.\d+)?"
RULES = (
    (r"0x[0-9a-f]{6,}", "<address>"),
    (r"-c .*", "-c <program>"), # as much of it as there is room for
    (r"(?:/[^\s:/]+)*/?python3(?:\.\d+)?", "<python>"),
    (r"CPython \d+\.\d+\.\d+\S*", "CPython <version>"),
    (r"\b\d+\.\d+\.\d+\b", "<version>"),
    (r"signature\s+[0-9a-f]{12}", "signature <signature>"),
    (NUMBER + r"\s?(?:KiB|MiB|GiB|B|bytes?)(?:/s)?(?!\w)", "<size>"),
    (NUMBER + r"\s?(?:µs|us|ms|s|min|h|m)(?!\w)", "<time>"),
    (NUMBER + r" ?%", "<share>"),
    (NUMBER, "<n>"),
)


def normalised(text, pids):
    for pid in pids:
        text = re.sub(r"\b%d\b" % pid, "<pid>", text)
    for pattern, word in RULES:
        text = re.sub(pattern, word, text)
    return re.sub(r" {3,}", "   ", text)


def words(text):
    """A cell may say "0" now and "+16 B" then, and a line may end between a number and its unit."""
    joined = re.sub("<(size|time|share)>", "<n>", " ".join(text.split()))
    return re.sub(r"<n> (?:[KMG]iB|B|us|ms|s|%)(?!\w)", "<n>", joined)


@pytest.mark.parametrize("name,arguments,status", [
    ("ps", ["ps", "--tree"], 0), ("snapshot", ["snapshot", "--tree"], 0), ("memory", ["memory", "--tree"], 0),
    ("diagnose", ["diagnose", "--tree", "--for", "4s"], 1)])
def test_transcript(any_python, name, arguments, status, tmp_path):
    with server(any_python, workers=2, load=LOAD, work="gc.collect()", after=LEAK) as (master, workers):
        answer = holdfast(*arguments, master.pid, expect=status, cwd=tmp_path)
    said = normalised(answer.stdout, [master.pid] + workers)
    if UPDATE:
        (HERE / name).write_text(said)
    assert words(said) == words((HERE / name).read_text())
